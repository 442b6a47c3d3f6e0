"""`backtest data`: the market store."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.check import check
from engine.cli.export import export_data
from engine.cli.status import show, status_of_data, tables
from engine.cli.terminal import JsonOption, StoreOption, err, out, say_json

data = typer.Typer(no_args_is_help=True, help="The market store: import or fetch history, see what is there.")
data.command("check")(check)
data.command("status")(status_of_data)
data.command("export")(export_data)


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
        say_json({"store": str(target.path), "files": files, "tables": tables(target)})
        return
    for item in found:
        told = f"read into {item.dataset.name}" if item.dataset else f"passed over: {item.reason}"
        out().print(f"{item.path.name}: {told}", markup=False)
    show(target)


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
        say_json({"store": str(target.path), "chunks": told.chunks, "rows": told.rows, "tables": tables(target)})
        return
    out().print(f"{told.rows:,} rows fetched, chunks: {told.chunks:,}", markup=False)
    show(target)
