"""`backtest data`: the market store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.check import check
from engine.cli.doctor import doctor
from engine.cli.import_ import import_data, show_tables, tables_of
from engine.cli.terminal import JsonOption, StoreOption, out, say_json
from engine.cli.update import update
from engine.cli.verify_registry import verify_registry

if TYPE_CHECKING:
    from engine.market.source import Source

data = typer.Typer(no_args_is_help=True, help="The market store: import or fetch history, see what is there.")
data.command("import")(import_data)
data.command("check")(check)
data.command("verify-registry")(verify_registry)
data.command("update")(update)
data.command("doctor")(doctor)


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
        say_json({"store": str(source.store.path), "simulated": source.simulated, "tables": tables_of(source.store)})
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
        show_tables(source.store)


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
