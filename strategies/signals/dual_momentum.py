"""Momentum: how far has the price come beyond another series and beyond CASH?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Fraction, PairSignal, Scope, SeriesSignal, in_words, register
from strategies.signals.momentum import Stretch

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.market.keys import SeriesKey
    from engine.market.market import Market


@register
class DualMomentum(Stretch, PairSignal, SeriesSignal):
    """Momentum less the higher of two hurdles: the momentum of `to`, and what CASH earned over the same sessions.

    A fraction, above zero where the series gained more than both, at most zero for `to`. Unknown until `lookback`
    earlier dates on which both have a close, and where these begin before the first policy rate on record. Antonacci
    (2014), "Dual Momentum Investing": of two stock indices he takes the one that gained more over twelve months, in
    total return (`variant: total`), while stocks beat Treasury bills; here every series is held against both hurdles
    itself, and CASH, the policy rate less `spread` compounded every calendar day, stands for the bills.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the gain of {of} less the higher of those of {to} and CASH"
    use: Literal["dual_momentum"] = "dual_momentum"
    relative: Annotated[bool, Field(strict=True, description="`to` is a hurdle; if not, CASH alone is")] = True
    spread: Annotated[Fraction, Field(ge=-1, le=1, description="what CASH earns below the policy rate a year")] = 0.0035

    def sentence(self) -> str:
        """With the hurdles that count and the sessions it is measured over."""
        hurdles = super().sentence() if self.relative else f"the gain of {in_words(self.of)} less that of CASH"
        return f"{hurdles}, {self.ends()}"

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """Every series it covers, and `to` where that is a hurdle."""
        return super().reads(scope) if self.relative else SeriesSignal.reads(self, scope)

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """`of_pair` of every name, or `of_series` where CASH is the only hurdle."""
        return super().compute(market, scope) if self.relative else SeriesSignal.compute(self, market, scope)

    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """The momentum beyond both hurdles, a fraction."""
        return self.of_series(closes).clip(upper=self.gain(closes) - self.gain(against))

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The momentum beyond CASH, a fraction."""
        from engine.market.cash import cash_index, policy_rate  # noqa: PLC0415  # loads numpy, `validate` needs none

        days = closes.index.to_numpy().astype("datetime64[D]")
        rated = days >= policy_rate()[0][0]
        cash = closes.where(rated)  # unknown before the first rate
        if rated.any():
            cash[rated] = cash_index(days[rated], self.spread)
        return self.gain(closes) - self.gain(cash)
