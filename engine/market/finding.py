"""What a check of the store says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Severity = Literal["error", "warning"]
"""`error`: the figure cannot be right. `warning`: it may be, and somebody should look."""

Unit = Literal["sessions", "rows", "share", "points", "crore", "level"]
"""What a value counts: sessions, rows, a share of 1, percentage points, Rs crore, or index points and rupees."""


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
    """One question asked of a store, in a connection that `prepare` made ready."""

    name: str
    says: str
    unit: Unit
    run: Callable[[DuckDBPyConnection], Iterable[Finding]]


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
