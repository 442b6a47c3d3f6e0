"""The active return by the sectors of the benchmark, for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.attribution.sectors import GAP
from engine.report.formats import cost_label, percent, points
from engine.report.tables import Cell, Row, Table

if TYPE_CHECKING:
    from engine.run import Result

EFFECTS = {"allocation": "Allocation", "selection": "Selection", "gap": "Proxy gap", "cash": "Cash", "costs": "Costs"}
LEAST = 5e-7  # of the active return: less is shown as nothing in every column


def sectors_table(result: Result) -> Table | None:
    """Mean weights of strategy and benchmark and linked effects by segment, points over the window; None: see words."""
    found = result.sectors
    if found is None:
        return None
    table = found.by_segment()
    known = [effect for effect in EFFECTS if effect in table and table[effect].abs().max() >= LEAST]
    rows = []
    for segment, row in table.iterrows():
        if row.drop(["weight", "benchmark"]).abs().max() < LEAST and not row["weight"] > LEAST:
            continue
        means = [Cell(percent(row[side]) if row[side] == row[side] else "") for side in ("weight", "benchmark")]  # NaN
        cells = [Cell(points(row[effect], 2) if row[effect] else "") for effect in known]
        total = Cell(points(float(row[known].sum()), 2), "strong")
        rows.append(Row(_named(str(segment)), (*means, *cells, total)))
    sums = [float(table[one].sum()) for one in known]
    last = (Cell(""), Cell(""), *(Cell(points(part, 2)) for part in sums), Cell(points(sum(sums), 2), "strong"))
    rows.append(Row("Sum = active return", last, look="sum"))
    head = ("Sector", "Mean weight", result.config.market.benchmark, *(EFFECTS[one] for one in known), "Sum")
    return Table("Active return by the sectors of the benchmark, points over the window", head, tuple(rows))


def _named(segment: str) -> str:
    if segment == GAP:
        return "Gap between the sectors' indices and the benchmark"
    return cost_label(segment) if segment.islower() else segment


def sectors_words(result: Result) -> str:
    """What the table rests on, or why there is none."""
    found = result.sectors
    if found is None:
        return f"There is no attribution by sector: {result.no_sectors}."
    rest = f" Without an index, and so part of the Rest of Nifty: {', '.join(found.rest)}." if found.rest else ""
    gone = f" On {found.without_weights:,} sessions no weights are known." if found.without_weights else ""
    return (
        "Weights are those published at month ends, drifted with the sectors' returns in between. A sector is measured "
        "by its index, which is not the benchmark's own stocks: what the indices miss of the benchmark is one row, the "
        f"gap.{rest}{gone}"
    )
