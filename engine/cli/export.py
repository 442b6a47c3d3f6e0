"""`backtest data export`: the store's tables as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.terminal import JsonOption, StoreOption, err, out, say_json


class Format(StrEnum):
    """What files are written."""

    PARQUET = "parquet"
    CSV = "csv"


def export_data(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new, or an older export.")],
    tables: Annotated[
        list[str] | None, typer.Option("--tables", help="Write this table alone. May be repeated.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="What files are written.")] = Format.PARQUET,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the store's tables to files that `data import` reads back to the same content."""
    from engine.market.exporting import export  # noqa: PLC0415  # not needed for --help
    from engine.market.source import open_source  # noqa: PLC0415

    held = open_source(store).store
    with err().status(f"writing {folder}"):
        files = export(held, folder, tables or (), form.value)
    if as_json:
        say_json({"store": str(held.path), "folder": str(folder), "files": [path.name for path in files]})
        return
    for path in files:
        out().print(str(folder / path.name), markup=False)
