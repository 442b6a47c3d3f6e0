"""A matrix of closes: dates in the first column, an index in every other one."""

from __future__ import annotations

from engine.errors import DataError
from engine.market.datasets import VARIANTS
from engine.market.files.aliases import index_name
from engine.market.files.columns import levels
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Columns, Part, Shape
from engine.market.files.table import Grid
from engine.market.registry import index_facts


class Wide(Shape):
    """Recognised where every column is an index known by name; others with --as wide. An empty cell is no row."""

    name = "wide"
    source = "wide table"
    headers = ("Date", "NIFTY 50", "NIFTY BANK", "...")
    takes = frozenset({"dates", "variant"})

    def fits(self, table: Grid, _asked: Asked, /) -> bool:
        """Dates, then known indices alone."""
        names = table.header[1:]
        return (
            table.keys[0] in ("date", "") and bool(names) and all(index_name(name) in index_facts() for name in names)
        )

    def checked(self, table: Grid) -> Grid:
        """Any names will do, if they are there."""
        if len(table.header) < 2 or not all(table.header[1:]):
            raise DataError(f"{table.file}: a wide file has dates, then one named column for each index")
        return table

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `indices` of the variant the user says."""
        if asked.variant is None:
            raise DataError(
                f"{table.file}: nothing in it says whether these are prices or total returns, which are never guessed; "
                "say --variant price or --variant total"
            )
        code = next(code for code, kind in VARIANTS.items() if kind == asked.variant)
        when = days(table, table.keys[0], asked.dates)
        columns: Columns = {"date": [], "index": [], "variant": [], "close": []}
        seen: dict[str, str] = {}
        for header, key in zip(table.header[1:], table.keys[1:], strict=True):
            name = index_name(header)
            if name in seen:
                raise DataError(f"{table.file}: the columns {seen[name]!r} and {header!r} are both {name}")
            seen[name] = header
            closes = levels(table, key, f"close of {header}")
            there = [(day, close) for day, close in zip(when, closes, strict=True) if close is not None]
            columns["date"] += [day for day, _ in there]
            columns["index"] += [name] * len(there)
            columns["variant"] += [code] * len(there)
            columns["close"] += [close for _, close in there]
        if not columns["date"]:
            raise DataError(f"{table.file}: no cell has a close")
        return [Part("indices", columns, self.source)]
