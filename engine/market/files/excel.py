"""A sheet of an Excel workbook as a table of text; a date cell is a date whatever it looks like on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.errors import DataError, unknown
from engine.market.files.table import Grid, Line, grid


def read_sheet(path: Path, sheet: str | None) -> Grid:
    """The named sheet, else the first. Raises DataError for what is no workbook, or has no such sheet."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  # only for workbooks

    try:
        book = CalamineWorkbook.from_path(path)
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise DataError(f"{path}: {unknown('sheet', sheet, names)}")
        if not names:
            raise DataError(f"{path}: the workbook has no sheet")
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise DataError(f"{path}: cannot be read as an Excel workbook: {_one_line(error)}") from error
    return grid(_lines(rows), str(path), word="row")


def _lines(rows: list[list[Any]]) -> Iterator[Line]:
    for number, row in enumerate(rows, start=1):
        yield Line(number, tuple(_text(value) for value in row))


def _text(value: object) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(str(value).split())


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
