"""`backtest data`: the market store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from engine.cli.terminal import JsonOption, StoreOption, err, out, say_json

if TYPE_CHECKING:
    from engine.market.store import Store

data = typer.Typer(no_args_is_help=True, help="The market store: import history, see what is there.")


@data.command("import")
def import_data(
    where: Annotated[Path, typer.Argument(help="A folder, or one .parquet or .csv file.", show_default=False)],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import index, stock, flow, valuation and weight history; newer rows replace older ones."""
    from engine.market.source import open_source  # noqa: PLC0415  # not needed for --help

    target = open_source(store).store
    with err().status(f"reading {where}") as status:
        found = target.load(where, status.update)
    if as_json:
        files = [{"file": item.path.name, "table": item.dataset and item.dataset.name} for item in found]
        say_json({"store": str(target.path), "files": files, "tables": _tables(target)})
        return
    for item in found:
        told = f"read into {item.dataset.name}" if item.dataset else f"passed over: {item.reason}"
        out().print(f"{item.path.name}: {told}", markup=False)
    _show(target)


@data.command("status")
def status_of_data(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """What the store holds: tables, dates, sources and digests."""
    from engine.market.source import open_source  # noqa: PLC0415  # not needed for --help

    source = open_source(store)
    if as_json:
        say_json({"store": str(source.store.path), "simulated": source.simulated, "tables": _tables(source.store)})
    elif source.simulated:
        spans = source.catalogue.values()
        out().print(
            f"Nothing is in {source.store.path}: runs use the bundled sample market, SIMULATED paths through published "
            f"levels ({len(spans)} series, {min(span.first for span in spans)} to {max(span.last for span in spans)}), "
            "with simulated FII/DII flows and Nifty 50 valuation.\nImport real history with: backtest data import DIR",
            markup=False,
        )
    else:
        _show(source.store)


def _tables(store: Store) -> list[dict[str, object]]:
    return [{**asdict(table), "first": str(table.first), "last": str(table.last)} for table in store.tables()]


def _show(store: Store) -> None:
    table = Table(title=Text(str(store.path)), box=box.SIMPLE_HEAD, title_justify="left")
    for title in ("table", "first", "last", "retrieved (UTC)", "digest", "sources"):
        table.add_column(title, overflow="fold")
    for title in ("series", "rows"):
        table.add_column(title, justify="right")
    for held in store.tables():
        cells = (held.name, str(held.first), str(held.last), held.retrieved, held.digest[:8], ", ".join(held.sources))
        table.add_row(*map(Text, (*cells, f"{held.series:,}", f"{held.rows:,}")))
    out().print(table)
