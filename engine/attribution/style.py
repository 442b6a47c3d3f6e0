"""Style factors: what momentum, low volatility, quality, value and size earned, as one index less another.

The long index is held against the broader one its stocks are chosen from (size: small companies against the Nifty 50),
so that the market itself is mostly out of it, though not all: low volatility has a beta below its parent's. These
indices are young; most of their history was computed backwards by the provider, and the rules that made it into an
index are rules that had worked.
"""

from __future__ import annotations

import pandas as pd

from engine.market.keys import SeriesKey, Variant
from engine.market.market import Market
from engine.market.registry import style_factors


def style_keys(variant: Variant = "total") -> frozenset[SeriesKey]:
    """The series that all shipped factors are made of."""
    return frozenset(SeriesKey(name, variant) for one in style_factors().values() for name in (one.long, one.short))


def style_returns(market: Market, variant: Variant = "total") -> pd.DataFrame:
    """Daily return of each factor, long less short, fractions; sessions x factors.

    NaN on a session on which one of the four closes it takes is not known: nothing is carried over a gap. A factor of
    which the market has not both indices in the variant is no column; compare with `style_factors()`.
    """
    found = {}
    for name, factor in style_factors().items():
        if all(SeriesKey(leg, variant) in market.bars for leg in (factor.long, factor.short)):
            closes = market.closes([factor.long, factor.short], variant)
            gains = closes / closes.shift(1) - 1.0
            found[name] = gains[factor.long] - gains[factor.short]
    return pd.DataFrame(found, index=market.sessions)
