"""How each series of a store stands: its span, what it lacks inside it, and how far behind it is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from engine.market.datasets import DATASETS, HOLDINGS, Holding
from engine.market.keys import SeriesKey
from engine.market.layout import data_tables
from engine.market.quality.tables import BENCHMARK
from engine.market.ranks import sources_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAILY = ("indices", "stocks", "flows", "valuation")
"""Tables that should have a value every session; the others have one a month or now and then."""


@dataclass(frozen=True)
class Standing:
    """One series. `values` counts the dates with a known value.

    `gaps` are the sessions between its first and last value on which it has none, `behind` the store's sessions after
    its last value; both None where there are no sessions to count: for monthly series, or without the benchmark.
    """

    series: SeriesKey
    first: date
    last: date
    values: int
    gaps: int | None
    behind: int | None
    sources: tuple[str, ...]


def standings(connection: DuckDBPyConnection) -> tuple[Standing, ...]:
    """Every series of the attached store with a known value: prices, then what can only be read, then stocks."""
    there = data_tables(connection)
    held = [holding for holding in HOLDINGS if holding.dataset in there]
    _make_sessions(connection, "indices" in there)
    found = [one for holding in held for one in _of(connection, holding)]
    return tuple(sorted(found, key=lambda one: (one.series.variant == "stock", not one.series.priced, one.series)))


def last_session(connection: DuckDBPyConnection) -> date | None:
    """The benchmark's last date, else the last date of any daily table; None in a store without either."""
    days = []
    there = data_tables(connection)
    if "indices" in there:
        days += connection.execute('SELECT max(date) FROM store.indices WHERE "index" = ?', [BENCHMARK]).fetchall()
    if not any(day for (day,) in days):
        days += [row for name in DAILY if name in there
                 for row in connection.execute(f"SELECT max(date) FROM store.{name}").fetchall()]  # fmt: skip
    return max((day for (day,) in days if day is not None), default=None)


def _make_sessions(connection: DuckDBPyConnection, indices: bool) -> None:
    """`sessions`: the benchmark's dates and how many there are up to each."""
    mine = f"SELECT DISTINCT date FROM store.indices WHERE \"index\" = '{BENCHMARK}'"
    dates = mine if indices else "SELECT NULL::DATE"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sessions AS SELECT date, row_number() OVER (ORDER BY date) AS n "
        f"FROM ({dates}) AS known(date) WHERE date IS NOT NULL"
    )


def _of(connection: DuckDBPyConnection, holding: Holding) -> list[Standing]:
    sources = _sources(connection, holding)
    rows = connection.execute(
        f"""
        WITH known AS (SELECT name, date FROM ({holding.select}) WHERE value IS NOT NULL),
        spans AS (
            SELECT name, min(date) AS first, max(date) AS last, count(*) AS known,
                count(*) FILTER (date IN (SELECT date FROM sessions)) AS met FROM known GROUP BY name
        ),
        counted AS (
            SELECT *, (SELECT count(*) FROM sessions WHERE date <= spans.last) AS until,
                (SELECT count(*) FROM sessions WHERE date < spans.first) AS before FROM spans
        )
        SELECT name, first, last, known, until - before - met, (SELECT count(*) FROM sessions) - until FROM counted
        """
    ).fetchall()
    counts = holding.dataset in DAILY and bool(connection.execute("SELECT 1 FROM sessions LIMIT 1").fetchone())
    return [
        Standing(
            series=SeriesKey(name, holding.variant),
            first=first,
            last=last,
            values=known,
            gaps=gaps if counts else None,
            behind=behind if counts else None,
            sources=tuple(sorted(sources[name] or sources[""])),
        )
        for name, first, last, known, gaps, behind in rows
    ]


def _sources(connection: DuckDBPyConnection, holding: Holding) -> dict[str, set[str]]:
    """The sources of a kind of series by name; where rows are not those of a table, the table's under no name."""
    fields = DATASETS[holding.dataset].values
    known = f"({holding.where}) AND {holding.value} IS NOT NULL"
    name, where = ("''", "TRUE") if holding.rows else (holding.name, known)
    rows = connection.execute(f"SELECT DISTINCT {name}, source FROM store.{holding.dataset} WHERE {where}").fetchall()
    found: dict[str, set[str]] = defaultdict(set)
    for series, text in rows:
        of = sources_of(text, fields)
        found[series] |= {of[holding.value]} if holding.value in of else set(of.values())
    return found
