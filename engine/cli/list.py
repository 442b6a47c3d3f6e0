"""`backtest list`: the results there are."""

from __future__ import annotations

import sys
import textwrap
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from engine.cli.terminal import RESULTS, JsonOption, OutOption, out, say_json


class What(StrEnum):
    """What can be listed."""

    results = "results"
    blocks = "blocks"


WhatArgument = Annotated[What, typer.Argument(help="results, or the blocks a strategy is made of.")]


MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Blocks as a page of Markdown.")]


def list_results(
    what: WhatArgument = What.results,
    results: OutOption = RESULTS,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
) -> None:
    """List complete results, newest first, or document every block of the strategy language."""
    if what is What.blocks:
        _list_blocks(as_json, markdown)
        return
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


def _list_blocks(as_json: bool, markdown: bool) -> None:
    """Every block with what its own docstring and fields say."""
    from engine.config.catalogue import block_entries, blocks_markdown  # noqa: PLC0415  # not needed for --help

    if markdown:
        sys.stdout.write(blocks_markdown())
        return
    found = block_entries()
    if as_json:
        say_json({"blocks": [entry._asdict() | {"fields": [one._asdict() for one in entry.fields]} for entry in found]})
        return
    for place, entry in enumerate(found):
        if not place or found[place - 1].shape != entry.shape:
            out().print(Text(f"{entry.shape.upper()}S\n", style="bold"))
        out().print(Text(f"{entry.name} ({entry.kind})", style="bold"))
        for paragraph in entry.about.split("\n\n"):
            out().print(
                Text(textwrap.fill(" ".join(paragraph.split()), 100, initial_indent="  ", subsequent_indent="  "))
            )
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        for one in entry.fields:
            table.add_row(Text(f"    {one.name}"), Text(one.takes), Text(one.about))
        out().print(table)
        out().print()


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
