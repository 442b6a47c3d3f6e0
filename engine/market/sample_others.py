"""Indices of the bundled sample market without a single published level in it: SIMULATED from end to end.

Shipped strategies speak of them. Each starts at 1000 and moves with the Nifty 50 of the sample, times a beta, and by
noise of its own. INDIA VIX is what the sample's volatility of the day would be a year ahead, and a premium.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.market.sample import (
    DAILY_VOLATILITY,
    MARKET_VOLATILITY,
    OVERNIGHT_SHARE,
    SESSIONS_PER_YEAR,
    Stage,
    date_index,
    market_moves,
    stream,
)
from engine.metrics import Floats

if TYPE_CHECKING:
    import pandas as pd

VIX = "INDIA VIX"
VIX_PREMIUM, VIX_SWING = 1.15, 0.45  # over the volatility that comes; how much of the day's unrest it takes to heart
VIX_FEAR, FEAR_MEMORY = 0.027, 0.95  # of its logarithm, for a usual day's fall of the Nifty 50; what stays a day later
VIX_NOISE = 0.015
BASE = 1000.0


class Free(NamedTuple):
    """How an index moves: `beta` times the Nifty 50, `own` volatility apart from it, a dividend `paid` a year."""

    beta: float
    own: float
    paid: float


# Rounded from how the indices of these names moved in 2017-2025 (tests/golden/sample_statistics.csv).
FREE = {
    "NIFTY CHEMICALS": Free(0.88, 0.14, 0.008),
    "NIFTY CONSUMER DURABLES": Free(0.85, 0.14, 0.005),
    "NIFTY OIL & GAS": Free(1.04, 0.15, 0.022),
    "NIFTY RURAL": Free(1.0, 0.068, 0.012),
}


def sample_free(name: str, stage: Stage, variant: str) -> pd.DataFrame:
    """Daily `open` and `close` of an index of FREE, index points, or INDIA VIX, per cent a year; by `date`."""
    import pandas as pd  # noqa: PLC0415  # the catalogue must not wait for pandas

    opens, closes = _vix(stage) if name == VIX else _walk(name, stage)
    if variant == "total":
        closes, opens = (closes * np.exp(FREE[name].paid * stage.years)).round(2), np.full(len(closes), np.nan)
    return pd.DataFrame({"open": opens, "close": closes}, index=date_index(stage.sessions))


def _walk(name: str, stage: Stage) -> tuple[Floats, Floats]:
    risk = FREE[name]
    noise = risk.own / math.sqrt(SESSIONS_PER_YEAR) * np.sqrt(stage.unrest)
    drawn = stream("free index", name).standard_normal(len(noise))
    moves = risk.beta * np.diff(np.log(stage.market)) + (noise * drawn)[1:]
    closes = (BASE * np.exp(np.append(0.0, np.cumsum(moves)))).round(2)
    stray = risk.beta * market_moves("open", stage.unrest) + noise * stream("free open", name).standard_normal(
        len(noise)
    )
    night = OVERNIGHT_SHARE * moves + math.sqrt(OVERNIGHT_SHARE * (1.0 - OVERNIGHT_SHARE)) * stray[1:]
    return np.append(closes[0], (closes[:-1] * np.exp(night)).round(2)), closes


def _vix(stage: Stage) -> tuple[Floats, Floats]:
    """It rises with the unrest and with every fall of the market, which it forgets within a month."""
    levels = 100.0 * MARKET_VOLATILITY * VIX_PREMIUM * stage.unrest**VIX_SWING
    falls = -np.diff(np.log(stage.market), prepend=math.log(stage.market[0])) / DAILY_VOLATILITY
    fear = np.array(list(accumulate(falls.tolist(), lambda last, new: FEAR_MEMORY * last + new)))
    closes = (levels * np.exp(VIX_FEAR * fear + VIX_NOISE * stream("vix").standard_normal(len(levels)))).round(2)
    return np.append(closes[0], closes[:-1]), closes
