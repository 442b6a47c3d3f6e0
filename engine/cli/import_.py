"""`backtest data import`: files of many shapes into the market store."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from engine.cli.status import show, tables
from engine.cli.terminal import JsonOption, StoreOption, err, out, say_json, say_warning
from engine.errors import DataError, unknown

if TYPE_CHECKING:
    from engine.market.files.shape import Order
    from engine.market.importers import Found
    from engine.market.keys import Variant

LISTED = 12
"""Files told one by one; more of the same kind are counted."""


class VariantName(StrEnum):
    """What a series without a word about it is."""

    PRICE = "price"
    TOTAL = "total"


class DateOrder(StrEnum):
    """Which part of 03/04/2024 is the day."""

    DMY = "dmy"
    MDY = "mdy"


WhereArgument = Annotated[
    Path, typer.Argument(help="A folder, or one .csv, .parquet or .xlsx file.", show_default=False)
]
AsOption = Annotated[
    str | None, typer.Option("--as", help="Read every file as this shape, such as yahoo or wide.", metavar="SHAPE")
]
SeriesOption = Annotated[
    str | None, typer.Option("--series", help="Index or symbol of a file that does not say it.", metavar="NAME")
]
VariantOption = Annotated[VariantName | None, typer.Option("--variant", help="What a file's closes are.")]
DatesOption = Annotated[DateOrder | None, typer.Option("--dates", help="Order of numeric dates that nothing decides.")]
SheetOption = Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook; the first if not given.")]
UnadjustedOption = Annotated[
    bool, typer.Option("--unadjusted", help="Take a share's unadjusted prices: no split or bonus falls into them.")
]


def import_data(  # noqa: PLR0913, PLR0917  # one parameter per option of the command
    where: WhereArgument,
    store: StoreOption = None,
    shape: AsOption = None,
    series: SeriesOption = None,
    variant: VariantOption = None,
    dates: DatesOption = None,
    sheet: SheetOption = None,
    unadjusted: UnadjustedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Import index, stock, flow, valuation and weight history; newer rows replace older ones."""
    from engine.market.files.appearances import doubts  # noqa: PLC0415  # not needed for --help
    from engine.market.files.shape import Asked  # noqa: PLC0415
    from engine.market.files.shapes import SHAPES  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415

    if shape is not None and shape not in SHAPES:
        raise DataError(unknown("shape", shape, SHAPES))
    if series is not None and not series.strip():
        raise DataError("--series needs a name")
    asked = Asked(
        shape, series, cast("Variant | None", variant and variant.value), cast("Order | None", dates and dates.value),
        sheet, unadjusted,
    )  # fmt: skip
    target = open_source(store).store
    with err().status(f"reading {where}") as status:
        found = target.load(where, status.update, asked)
    doubted = doubts(target.appearances()) if any(item.shape == "daily" for item in found) else []
    if as_json:
        files = [
            {"file": item.path.name, "table": item.dataset and item.dataset.name, "shape": item.shape or None,
             "notes": [*item.notes]}
            for item in found
        ]  # fmt: skip
        told = {"store": str(target.path), "files": files, "doubts": doubted, "tables": tables(target)}
        say_json(told)
        return
    _tell(found)
    for sentence in doubted:
        say_warning(sentence)
    show(target)


def _tell(found: Sequence[Found]) -> None:
    """What became of each file; alike ones are counted where they are many."""
    alike: dict[str, list[Found]] = {}
    for item in found:
        kind = "" if item.shape == "tidy" else f" ({item.shape})"
        told = f"read into {item.dataset.name}{kind}" if item.dataset else f"passed over: {item.reason}"
        alike.setdefault(told, []).append(item)
    for told, items in alike.items():
        if len(items) > LISTED:
            noted = sum(bool(item.notes) for item in items)
            more = f"; rows of {noted:,} were left out, see --json" if noted else ""
            names = f"{len(items):,} files, {items[0].path.name} to {items[-1].path.name}"
            out().print(f"{names}: {told}{more}", markup=False)
            continue
        for item in items:
            out().print("; ".join([f"{item.path.name}: {told}", *item.notes]), markup=False)
