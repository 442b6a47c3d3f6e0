"""What the checks of the store found in the series of a run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.report.formats import amount, day, grouped
from engine.report.tables import Cell, Row, Table

if TYPE_CHECKING:
    from engine.market.finding import Finding
    from engine.run import Result

WORST = 5


def findings_table(result: Result) -> Table:
    """How many findings of each check, over all time and in the window."""
    every, inside = result.market.findings, _in_window(result)
    counts = [Counter((one.check, one.severity) for one in some) for some in (every, inside)]
    rows = tuple(
        Row(
            check,
            tuple(Cell(grouped(count[check, severity])) for severity in ("error", "warning") for count in counts),
        )
        for check in sorted({one.check for one in every})
    )
    head = ("Check", "Errors", "In the window", "Warnings", "In the window")
    return Table("Findings of the data checks, in the series this run read", head, rows)


def worst_table(result: Result) -> Table:
    """The worst of the window: errors first, then the largest."""
    from engine.market.quality import CHECKS  # noqa: PLC0415  # the units, only where something was found

    worst = sorted(
        _in_window(result), key=lambda one: (one.severity != "error", -abs(one.value), one.date, one.series, one.check)
    )[:WORST]
    rows = tuple(
        Row(
            day(one.date),
            (
                Cell(one.series),
                Cell(one.check),
                Cell(amount(one.value, CHECKS[one.check].unit if one.check in CHECKS else "level")),
                Cell(one.severity),
                Cell(one.action),
            ),
        )
        for one in worst
    )
    head = ("Session", "Series", "Check", "Found", "Severity", "What was done")
    return Table(f"The worst of the window ({len(rows)} of {len(_in_window(result))})", head, rows, words=True)


def _in_window(result: Result) -> list[Finding]:
    window = result.window
    return [one for one in result.market.findings if window.start <= one.date <= window.end]
