"""Which sessions decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.config.settings import Schedule
from engine.market.market import Market

Positions = NDArray[np.intp]
Days = NDArray[np.datetime64]


def _week(days: Days) -> NDArray[np.int64]:
    """Monday-to-Sunday weeks, counted; 1970-01-01 was a Thursday."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) // 7


def _month(days: Days) -> NDArray[np.int64]:
    return days.astype("datetime64[M]").astype(np.int64)


def _quarter(days: Days) -> NDArray[np.int64]:
    return _month(days) // 3


_PERIODS = {"weekly": _week, "monthly": _month, "quarterly": _quarter}


def decision_sessions(market: Market, schedule: Schedule) -> Positions:
    """Positions in `market.sessions` that decide: the last session of each period in the session calendar.

    The calendar goes on past the last session, so a week that is not over yet has not decided.
    """
    if schedule.decide not in _PERIODS:
        return np.arange(len(market.sessions))
    period = _PERIODS[schedule.decide](market.calendar)
    last = np.append(period[1:] != period[:-1], True)
    return np.flatnonzero(last[: len(market.sessions)])
