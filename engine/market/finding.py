"""What a check of the store says, and how the store remembers it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.market.keys import INVESTORS, SeriesKey
from engine.market.layout import tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Severity = Literal["error", "warning"]
"""`error`: it cannot be true, and a run would use it without a word. `warning`: it is odd but may be true, or is
refused where it is used, or contradicts a figure that may be the wrong one itself."""

Unit = Literal["sessions", "rows", "share", "points", "crore", "level"]
"""What a value counts: sessions, rows, a share of 1, percentage points, Rs crore, or index points and rupees."""

OF_DATES = ("missing-sessions", "extra-sessions", "ended")
"""Checks of a table's dates: said of one of its columns, true of all."""


@dataclass(frozen=True)
class Finding:
    """One thing found. `value` is in the unit of its check; `action` is what becomes of the data, one clause."""

    check: str
    series: str
    date: dt.date
    value: float
    severity: Severity
    action: str


class Check(NamedTuple):
    """One question asked of a store, in a connection that `prepare` made ready; `of_rows` needs nothing but a row."""

    name: str
    says: str
    unit: Unit
    run: Callable[[DuckDBPyConnection], Iterable[Finding]]
    of_rows: bool = False


def order(finding: Finding) -> tuple[bool, str, str, dt.date]:
    """Errors first, then by check, series and date."""
    return finding.severity != "error", finding.check, finding.series, finding.date


def counts(some: Iterable[Finding]) -> dict[str, dict[str, int]]:
    """How many errors and warnings there are of each check, by its name; empty where nothing was found."""
    found: dict[str, dict[str, int]] = {}
    for one in some:
        found.setdefault(one.check, {"error": 0, "warning": 0})[one.severity] += 1
    return dict(sorted(found.items()))


def findings(  # noqa: PLR0913, PLR0917  # what a finding has, beside the rows
    connection: DuckDBPyConnection,
    check: str,
    select: str,
    action: str,
    severity: Severity = "warning",
    parameters: dict[str, object] | None = None,
) -> list[Finding]:
    """One finding for every row (series, date, value) that `select` gives."""
    rows = connection.execute(select, parameters or {}).fetchall()
    return [Finding(check, series, date, round(float(value), 6), severity, action) for series, date, value in rows]


def spoken(value: float, unit: Unit) -> str:
    """A value and its unit as people read it.

    >>> spoken(-0.2, "share"), spoken(1, "sessions"), spoken(1500, "rows"), spoken(973, "crore")
    ('-20.00%', '1 session', '1,500 rows', '+973.00 crore')
    """
    if unit == "share":
        return f"{value:+.2%}"
    if unit in ("sessions", "rows"):
        return f"{round(value):,} {unit if round(value) != 1 else unit.removesuffix('s')}"
    return f"{value:+,.2f}" + {"points": " points", "crore": " crore"}.get(unit, "")


def write_findings(connection: DuckDBPyConnection, found: Sequence[Finding]) -> None:
    """Keep these findings in the store that is being written, instead of those it had."""
    connection.execute("DELETE FROM store.findings")
    if found:
        columns = list(map(list, zip(*map(astuple, found), strict=True)))
        connection.execute(f"INSERT INTO store.findings SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)


def stored_findings(connection: DuckDBPyConnection, keys: Iterable[SeriesKey]) -> tuple[Finding, ...]:
    """What the store remembers about some series, errors first; nothing in a store that was never checked."""
    if "findings" not in tables(connection):
        return ()
    wanted: dict[str, list[SeriesKey]] = {}
    for key in keys:
        for name in {str(key), _table_of(key), key.name, "weights"}:
            wanted.setdefault(name, []).append(key)
    rows = connection.execute(
        'SELECT "check", series, date, value, severity, action FROM store.findings '
        "WHERE series IN (SELECT unnest($names))",
        {"names": list(wanted)},
    ).fetchall()
    found = (Finding(*row) for row in rows)
    mine = (one for one in found if any(_is_about(one, key) for key in wanted[one.series]))
    return tuple(sorted(mine, key=lambda one: (*order(one), one.action)))


def count_findings(connection: DuckDBPyConnection) -> dict[str, int]:
    """How many findings of each severity the store remembers."""
    if "findings" not in tables(connection):
        return {}
    return dict(connection.execute("SELECT severity, count(*) FROM store.findings GROUP BY severity").fetchall())


def _table_of(key: SeriesKey) -> str:
    """How the checks of dates and bars call the table that a series is a column of."""
    if key.variant in ("high", "volume"):
        return f"{key.name} (price)"
    if key.variant == "shares":
        return f"{key.name} (stock)"
    if key.variant in ("pe", "pb", "dy"):
        return f"{key.name} (pe)"
    return "FII (net)" if key.name in INVESTORS else str(key)


def _is_about(finding: Finding, key: SeriesKey) -> bool:
    """Whether a finding concerns a series: by its name, by its table's dates, or the bar that a high is part of.

    Findings on the sessions themselves carry the bare name of the benchmark, those on weights that of their table.
    """
    if finding.series == str(key) or (finding.series == "weights" and key.variant == "weight"):
        return True
    if finding.series == key.name:
        return key.variant in ("price", "total")
    same_bar = finding.check == "bar-order" and key.variant == "high"
    return finding.series == _table_of(key) and (finding.check in OF_DATES or same_bar)
