"""Financial years, 1 April to 31 March, called by the calendar year in which they end."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]


class YearEnd(NamedTuple):
    """Where a financial year ends among sessions: positions of its last session and of the one that pays its tax."""

    year: int
    last: int
    first: int


def financial_year_of(day: date) -> int:
    """The calendar year in which the financial year of a day ends: 2025 for 2024-04-01 to 2025-03-31."""
    return day.year + (day.month > 3)


def year_name(year: int) -> str:
    """A financial year as it is written: `2024-25` for the one that ends in 2025."""
    return f"{year - 1}-{year % 100:02d}"


def year_ends(sessions: Days) -> tuple[YearEnd, ...]:
    """For each 31 March with a session after it: the last session on or before it, and the next; oldest first.

    `sessions` are days, ascending. A year of which no session is there shares both with its neighbour.
    """
    if not len(sessions):
        return ()
    years = range(*(financial_year_of(sessions[place].astype(object)) for place in (0, -1)))
    after = [int(np.searchsorted(sessions, np.datetime64(date(year, 4, 1)))) for year in years]
    return tuple(YearEnd(year, first - 1, first) for year, first in zip(years, after, strict=True))
