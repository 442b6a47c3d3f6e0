"""Checks of dates: sessions a series lacks or has too many, and where it begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.market.calendar import nse_sessions
from engine.market.finding import Check, Finding, findings
from engine.market.quality.tables import BENCHMARK
from engine.market.registry import IndexFacts, index_facts

if TYPE_CHECKING:
    import datetime as dt

    from duckdb import DuckDBPyConnection


def _missing(connection: DuckDBPyConnection) -> list[Finding]:
    """Holes inside a series' span, one finding each: dated at its first session, the value counts its sessions."""
    return findings(
        connection,
        "missing-sessions",
        """
        WITH numbered AS (
            SELECT series, n, lag(n) OVER (PARTITION BY series ORDER BY n) AS last FROM dated JOIN sessions USING (date)
        )
        SELECT series, sessions.date, numbered.n - last - 1
        FROM numbered JOIN sessions ON sessions.n = last + 1 WHERE numbered.n > last + 1
        """,
        "nothing is filled in: a price is carried at its last close, a reading stays unknown",
    )


def _extra(connection: DuckDBPyConnection) -> list[Finding]:
    """Dates on which the benchmark, between its first and last date, has none; one finding each."""
    return findings(
        connection,
        "extra-sessions",
        """
        SELECT series, date, 1 FROM dated ANTI JOIN sessions USING (date)
        WHERE date BETWEEN (SELECT min(date) FROM sessions) AND (SELECT max(date) FROM sessions)
        """,
        f"left out by runs: only the {BENCHMARK}'s dates are sessions",
    )


def _calendar(connection: DuckDBPyConnection) -> list[Finding]:
    """The benchmark's dates against the exchange's; Saturdays and Sundays it has are no findings, known or not.

    The list of weekend sessions starts in 2013, so that earlier ones can be neither expected nor doubted.
    """
    mine = _days(connection)
    if not len(mine):
        return _without_benchmark(connection)
    theirs = nse_sessions(mine[0].item(), mine[-1].item())
    more = np.setdiff1d(mine, theirs)
    on_weekdays = more[np.is_busday(more)]
    action = "a session all the same: real dates overrule it"
    return [
        *(_of_calendar(day, "no session: two days' returns are one") for day in np.setdiff1d(theirs, mine).tolist()),
        *(_of_calendar(day, action) for day in on_weekdays.tolist()),
    ]


def _of_calendar(day: dt.date, action: str) -> Finding:
    """A warning, for the calendar may be what is wrong: exchanges close without notice."""
    return Finding("calendar", BENCHMARK, day, 1.0, "warning", action)


def _days(connection: DuckDBPyConnection) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    days = connection.execute("SELECT date FROM sessions ORDER BY date").fetchall()
    return np.array([day for (day,) in days], dtype="datetime64[D]")


def _without_benchmark(connection: DuckDBPyConnection) -> list[Finding]:
    """A store of other things has no sessions to hold them against, which must not look like soundness."""
    return findings(
        connection,
        "calendar",
        f"SELECT '{BENCHMARK}', max(date), 0 FROM dated HAVING max(date) IS NOT NULL",
        "it is not there: no dates can be checked against its sessions",
    )


def _ended(connection: DuckDBPyConnection) -> list[Finding]:
    """Dated at the last value; the value counts the sessions since (days, where there are no sessions)."""
    return findings(
        connection,
        "ended",
        """
        WITH ends AS (SELECT series, max(date) AS last FROM dated GROUP BY series),
        whole AS (SELECT coalesce((SELECT max(date) FROM sessions), (SELECT max(date) FROM dated)) AS last)
        SELECT series, ends.last, coalesce(
            (SELECT nullif(count(*), 0) FROM sessions WHERE date > ends.last), whole.last - ends.last
        ) FROM ends, whole WHERE ends.last < whole.last
        """,
        "unknown from then on: what is still held is carried at its last value",
    )


def _before_base(connection: DuckDBPyConnection) -> list[Finding]:
    """Closes from before an index's base date, one finding a series: dated at its first, the value counts the rows."""
    based = [facts for facts in index_facts().values() if facts.base_date is not None]
    rows = connection.execute(
        "SELECT name, series, min(date), count(*) FROM bars "
        "JOIN (SELECT unnest($names) AS name, unnest($bases) AS base) USING (name) "
        "WHERE variant <> 'stock' AND date < base GROUP BY name, series",
        {"names": [facts.name for facts in based], "bases": [facts.base_date for facts in based]},
    ).fetchall()
    return [_too_early(index_facts()[name], series, first, count) for name, series, first, count in rows]


def _too_early(facts: IndexFacts, series: str, first: dt.date, rows: int) -> Finding:
    doubt = "" if facts.verified else " (not verified, so the fact may be what is wrong)"
    action = f"kept as it is: the index starts at {facts.base_date}{doubt}"
    return Finding("before-base", series, first, float(rows), "error" if facts.verified else "warning", action)


SESSIONS = (
    Check("missing-sessions", f"a value on every date of the {BENCHMARK}", "sessions", _missing),
    Check("extra-sessions", f"no date that the {BENCHMARK} has not", "sessions", _extra),
    Check("calendar", f"the {BENCHMARK} has the exchange's weekdays", "sessions", _calendar),
    Check("ended", "values up to the store's last session", "sessions", _ended),
    Check("before-base", "no close before the index's base date", "rows", _before_base, of_rows=True),
)
