"""`backtest data`: the market store."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.check import check
from engine.cli.terminal import JsonOption, StoreOption, err, out, say_json
from engine.cli.verify_registry import verify_registry

if TYPE_CHECKING:
    from engine.market.source import Source
    from engine.market.store import Store

data = typer.Typer(no_args_is_help=True, help="The market store: import or fetch history, see what is there.")
data.command("check")(check)
data.command("verify-registry")(verify_registry)


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


class Provider(StrEnum):
    """Who can be asked for history."""

    NIFTYINDICES = "niftyindices"


@data.command("update")
def update_data(
    since: Annotated[
        datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="First day wanted, YYYY-MM-DD.", metavar="DAY")
    ],
    only: Annotated[Provider, typer.Option("--only", help="Who is asked.")] = Provider.NIFTYINDICES,
    series: Annotated[
        list[str] | None,
        typer.Option(
            "--series", help="Name of an index; may be repeated. Every NSE index described here if not given."
        ),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch prices, total returns and valuations that the store lacks, at most one request a second.

    Every chunk is stored as it comes: an update that was interrupted goes on where it ended.
    """
    from engine.market.providers.niftyindices import connect  # noqa: PLC0415  # the network is for this command alone
    from engine.market.providers.update import INDIA, Update, jobs_for  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415  # not needed for --help

    del only  # there is one so far
    target = open_source(store).store
    jobs = jobs_for(series, since.date(), (datetime.now(UTC) + INDIA).date())

    def tell(line: str) -> None:
        err().print(line, markup=False)

    with closing(connect()) as site:
        told = Update(target, site, lambda: datetime.now(UTC), tell).run(jobs)
    if as_json:
        say_json({"store": str(target.path), "chunks": told.chunks, "rows": told.rows, "tables": _tables(target)})
        return
    out().print(f"{told.rows:,} rows fetched, chunks: {told.chunks:,}", markup=False)
    _show(target)


@data.command("status")
def status_of_data(
    store: StoreOption = None,
    series: Annotated[bool, typer.Option("--series", help="List every series and its dates.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What the store holds: tables, dates, sources and digests."""
    from engine.market.source import open_source  # noqa: PLC0415  # not needed for --help

    source = open_source(store)
    if as_json:
        say_json({"store": str(source.store.path), "simulated": source.simulated, "tables": _tables(source.store)})
    elif series:
        _show_series(source)
    elif source.simulated:
        spans = source.catalogue.values()
        out().print(
            f"Nothing is in {source.store.path}: runs use the bundled sample market, SIMULATED paths through published "
            f"levels ({len(spans)} series, {min(span.first for span in spans)} to {max(span.last for span in spans)}), "
            "flows, valuations, volumes and stocks included.\nImport real history with: backtest data import DIR",
            markup=False,
        )
    else:
        _show(source.store)


def _tables(store: Store) -> list[dict[str, object]]:
    return [{**asdict(table), "first": str(table.first), "last": str(table.last)} for table in store.tables()]


def _show(store: Store) -> None:
    out().print(str(store.path), markup=False)
    for held in store.tables():
        counts = f"{held.series:,} series, {held.rows:,} rows" if held.series > 1 else f"{held.rows:,} rows"
        out().print(f"  {held.name}: {counts}, {held.first} to {held.last}, digest {held.digest[:8]}", markup=False)
        out().print(f"    retrieved {held.retrieved} UTC; sources: {', '.join(held.sources)}", markup=False)


def _show_series(source: Source) -> None:
    """Histories first, price before total; then what can only be looked at; stocks on one line."""
    names: dict[str, list[str]] = {}
    for key, span in sorted(source.catalogue.items(), key=lambda item: (not item[0].priced, item[0])):
        if key.variant != "stock":
            names.setdefault(key.name, []).append(f"{key.variant} {span.first} to {span.last}")
    for name, variants in names.items():
        out().print(f"{name}: {'; '.join(variants)}", markup=False)
    stocks = sorted(key.name for key in source.catalogue if key.variant == "stock")
    if stocks:
        out().print(f"{len(stocks)} stocks, for baskets: {', '.join(stocks)}", markup=False)
