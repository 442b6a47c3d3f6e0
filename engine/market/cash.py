"""What idle money earns: the dated policy rate less a spread, compounded every calendar day."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

DAYS_PER_RATE_YEAR = 365.0


@cache
def policy_rate() -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Effective dates (days) and the RBI repo rate from each on, a fraction a year; sources in the fact file."""
    with (files("engine.market") / "facts" / "policy_rate.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    dates = np.array([row["effective"] for row in rows], dtype="datetime64[D]")
    rates = np.array([float(row["repo_pct"]) for row in rows]) / 100.0
    for array in (dates, rates):
        array.setflags(write=False)
    return dates, rates


def cash_index(sessions: NDArray[np.datetime64], spread: float) -> NDArray[np.float64]:
    """Value of one rupee of CASH at each session's close, 1.0 at the first; no interest before it.

    Each calendar day after the previous session up to and including this one multiplies it by 1 + rate(day) / 365,
    rate(day) being the latest policy rate effective on or before the day, less `spread` (a fraction a year).
    """
    days = np.arange(sessions[0], sessions[-1] + np.timedelta64(1, "D"))
    growth = 1.0 + cash_rate(days, spread) / DAYS_PER_RATE_YEAR
    growth[0] = 1.0
    index: NDArray[np.float64] = np.cumprod(growth)[(sessions - sessions[0]).astype(int)]
    return index


def cash_rate(days: NDArray[np.datetime64], spread: float) -> NDArray[np.float64]:
    """What CASH earns on each day, a fraction a year. Raises DataError before the first known policy rate."""
    effective, rates = policy_rate()
    if days[0] < effective[0]:
        raise DataError(f"no policy rate is known on {days[0]}; the first one took effect on {effective[0]}")
    earned: NDArray[np.float64] = rates[np.searchsorted(effective, days, side="right") - 1] - spread
    return earned
