"""Columns of a table as dates, numbers and names, and the checks that every shape makes of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from engine.errors import DataError
from engine.market.files.aliases import index_name
from engine.market.files.numbers import MISSING, level, number
from engine.market.files.shape import Cell, Columns
from engine.market.files.table import Grid

BAR = ("open", "high", "low", "close")


def texts(table: Grid, key: str) -> list[str]:
    """A column as written, empty where it is not there."""
    place = table.column(key)
    return [""] * len(table.lines) if place is None else [line.cells[place] for line in table.lines]


def filled(table: Grid, key: str, what: str) -> list[str]:
    """A column of names, of which none may be missing."""
    found = texts(table, key)
    for line, text in zip(table.lines, found, strict=True):
        if not text:
            raise DataError(f"{table.at(line)} has no {what}")
    return found


def numbers(table: Grid, key: str, what: str) -> list[Cell]:
    """A column of numbers of any sign, None for a dash."""
    return [
        number(text, f"{table.at(line)}: the {what}", decimal_commas=table.decimal_commas)
        for line, text in zip(table.lines, texts(table, key), strict=True)
    ]


def levels(table: Grid, key: str, what: str, *, zero_is_dash: bool = False) -> list[Cell]:
    """A column of prices above zero, None for a dash; `zero_is_dash` where there need be none."""
    found: list[Cell] = []
    for line, text in zip(table.lines, texts(table, key), strict=True):
        about = f"{table.at(line)}: the {what}"
        dash = zero_is_dash and text not in MISSING and number(text, about, decimal_commas=table.decimal_commas) == 0
        found.append(None if dash else level(text, about, decimal_commas=table.decimal_commas))
    return found


def bar(table: Grid, volume: str = "volume") -> Columns:
    """Open, high, low, close and volume, the four prices under their own names."""
    columns: Columns = {name: levels(table, name, name, zero_is_dash=name != "close") for name in BAR}
    columns["volume"] = numbers(table, volume, "volume")
    for line, count in zip(table.lines, columns["volume"], strict=True):
        if isinstance(count, float) and count < 0:
            raise DataError(f"{table.at(line)}: the volume {count:g} is below zero")
    return columns


def index_names(table: Grid, key: str, days: Sequence[date]) -> list[str]:
    """A column of index names as the store calls them."""
    said = filled(table, key, "index name")
    return [index_name(name, day, table.at(line)) for name, day, line in zip(said, days, table.lines, strict=True)]


def once(table: Grid, *keys: Sequence[object]) -> None:
    """Raise DataError for two lines with the same keys."""
    seen: dict[tuple[object, ...], int] = {}
    for line, values in zip(table.lines, zip(*keys, strict=True), strict=True):
        if (other := seen.setdefault(values, line.number)) != line.number:
            told = ", ".join(map(str, values))
            raise DataError(f"{table.at(line)} is of {told} again, as {table.word} {other} is")


def known(columns: Mapping[str, Iterable[Cell]], needed: Sequence[str]) -> tuple[Columns, tuple[str, ...]]:
    """The rows that have at least one of the needed values, and a note on those that have none."""
    rows = list(zip(*(columns[name] for name in needed), strict=True))
    keep = [any(value is not None for value in row) for row in rows]
    left = keep.count(False)
    kept: Columns = {
        name: [value for value, stays in zip(values, keep, strict=True) if stays] for name, values in columns.items()
    }
    which = " or ".join(needed)
    return kept, ((f"{left} row{'s' if left > 1 else ''} without a {which} left out",) if left else ())


def same(value: Cell, table: Grid) -> list[Cell]:
    """A column that says the same on every row."""
    return [value] * len(table.lines)
