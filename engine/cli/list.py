"""`backtest list`: the results there are."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from engine.cli.terminal import RESULTS, JsonOption, OutOption, out, say_json


def list_results(results: OutOption = RESULTS, as_json: JsonOption = False) -> None:
    """List complete results, newest first."""
    from engine.results import entries  # noqa: PLC0415  # not needed for --help

    found = list(entries(results))
    if as_json:
        say_json({"results": [{"folder": str(entry.folder), **entry.summary} for entry in found]})
        return
    if not found:
        out().print(f"No results in {results}. Make one: backtest configs/midcap_rotation.yaml", markup=False)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("result", "window"):
        table.add_column(title, no_wrap=True, overflow="ignore")
    for title in ("CAGR", "active", "max DD"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("data", no_wrap=True)
    for entry in found:
        table.add_row(*(Text(cell) for cell in _cells(entry.folder.name, entry.summary)))
    out().print(table)


def _cells(name: str, summary: dict[str, Any]) -> list[str]:
    def shown(value: float | None, form: str) -> str:
        return "–" if value is None else format(value, form)

    return [
        name,
        f"{summary['start'][:7]} – {summary['end'][:7]}",
        shown(summary["cagr"], ".1%"),
        shown(summary["active"]["cagr"], "+.1%"),
        shown(summary["max_drawdown"], ".1%"),
        "SIMULATED" if summary["simulated"] else "real",
    ]
