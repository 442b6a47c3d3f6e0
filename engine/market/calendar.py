"""The sessions of the National Stock Exchange: which days trade, known in advance.

Weekdays come from pandas_market_calendars, whose NSE calendar lists the closures of 1996-2026. The Saturdays
and Sundays on which NSE traded (budgets, Muhurat, other special sessions) come from the fact file
`weekend_sessions.csv`, which starts in 2013; earlier ones are not known here. Past 2026 no holiday is known and
every weekday counts as a session. The dates of a real series always overrule this calendar, which only tells
what they lack and what comes after them.
"""

from __future__ import annotations

import csv
import hashlib
from datetime import date
from importlib.metadata import version
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.cache import cached_bytes

FIRST_DAY, LAST_DAY = date(1996, 1, 1), date(2035, 12, 31)
STORED_AS = "<i4"  # days since 1970-01-01, little-endian whatever the machine

Days = NDArray[np.datetime64]


def weekend_sessions() -> tuple[date, ...]:
    """The Saturdays and Sundays since 2013 on which NSE holds a session, oldest first."""
    with (files("engine.market") / "facts" / "weekend_sessions.csv").open(encoding="utf-8") as lines:
        return tuple(sorted(date.fromisoformat(row["date"]) for row in csv.DictReader(lines)))


def nse_sessions(start: date, end: date) -> Days:
    """NSE sessions from `start` to `end`, both included, ascending; none before 1996 or after 2035."""
    return _between(np.datetime64(start, "D"), np.datetime64(end, "D"))


def continued(sessions: ArrayLike, months: int = 4) -> Days:
    """The ascending `sessions` as given, then NSE's own for `months` calendar months after the last of them.

    Four months reach past the end of the next quarter, so that the last session of a week, month or quarter
    is known as such. Through 2026 the continuation has the published weekday holidays and the weekend sessions
    known so far. Past 2026 every weekday is taken for a session, so a period that ends with a holiday is given
    a last session that will not be held.
    """
    known = np.asarray(sessions, dtype="datetime64[D]")
    if known.size == 0:
        return known
    last: np.datetime64 = known[-1]
    return np.concatenate([known, _between(last + 1, _months_later(last, months))])


def _months_later(day: np.datetime64, months: int) -> np.datetime64:
    """The same day of the month so many months on, or that month's last day where it is shorter."""
    month = day.astype("datetime64[M]")
    days_into_month = day - month.astype("datetime64[D]")
    last_of_month = (month + months + 1).astype("datetime64[D]") - 1
    return min((month + months).astype("datetime64[D]") + days_into_month, last_of_month)


def _between(start: np.datetime64, end: np.datetime64) -> Days:
    sessions = _known_sessions()
    return sessions[(sessions >= start) & (sessions <= end)]


def _known_sessions() -> Days:
    """Every session of 1996-2035, from the cache: importing the library takes half a second."""
    weekends = weekend_sessions()
    table = hashlib.sha256(" ".join(map(str, weekends)).encode()).hexdigest()
    made_from = f"{version('pandas_market_calendars')} {table}"
    stored = cached_bytes("nse-sessions", made_from, lambda: _computed(weekends).astype(STORED_AS).tobytes())
    return np.frombuffer(stored, dtype=STORED_AS).astype("datetime64[D]")


def _computed(weekends: tuple[date, ...]) -> Days:
    """The library's weekdays united with the weekend sessions.

    Not exchange_calendars: under pandas 3 it loses its special Saturdays without a word, and it lacks three
    Muhurat weekdays.
    """
    import pandas_market_calendars  # noqa: PLC0415  half a second, spent only while nothing is cached

    weekdays = pandas_market_calendars.get_calendar("NSE").valid_days(FIRST_DAY, LAST_DAY, tz=None)
    return np.union1d(weekdays.to_numpy().astype("datetime64[D]"), np.array(weekends, dtype="datetime64[D]"))
