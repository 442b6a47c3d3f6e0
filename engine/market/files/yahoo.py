"""Downloads of Yahoo Finance: index prices by symbol, and split-adjusted prices of NSE's shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from urllib.parse import unquote

from engine.errors import DataError, unknown
from engine.market.files.columns import bar, known, once, same
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Columns, Part, Shape, file_stem
from engine.market.files.table import Grid
from engine.market.registry import index_facts, read_facts


@cache
def symbols() -> Mapping[str, str | None]:
    """The index of each symbol; None for a symbol that is another index than it seems."""
    return MappingProxyType({row["symbol"]: row["index"] or None for row in read_facts("yahoo_symbols.csv")})


@cache
def _warnings() -> Mapping[str, str]:
    return MappingProxyType({row["symbol"]: row["note"] for row in read_facts("yahoo_symbols.csv") if row["note"]})


class Yahoo(Shape):
    """`Close` is adjusted for splits, `Adj Close` for dividends too and in a way of Yahoo's own.

    So `Close` is taken, for an index as its price: an `Adj Close` is no published total return. A file without that
    column is not taken for this shape: its `Close` may be the adjusted one.
    """

    name = "yahoo"
    source = "Yahoo download"
    headers = ("Date", "Open", "High", "Low", "Close", "Adj Close", "Volume")
    takes = frozenset({"dates", "series"})

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `indices` (variant PR) or of `stocks`, by the symbol."""
        table = _without_nulls(table)
        when = days(table, "date", asked.dates)
        once(table, when)
        dataset, named = _dataset(table, asked.series)
        columns: Columns = {"date": [*when], **{name: same(value, table) for name, value in named.items()}}
        kept, notes = known({**columns, **bar(table)}, ("close",))
        return [Part(dataset, kept, self.source, notes)]


def _dataset(table: Grid, series: str | None) -> tuple[str, dict[str, str]]:
    """The table and the name that a symbol stands for. Raises DataError for one that is not known."""
    said = series or unquote(file_stem(table))
    symbol = said.strip().upper()
    if symbol in symbols():
        index = symbols()[symbol]
        if index is None:
            raise DataError(f"{table.file}: {symbol} {_warnings()[symbol]}")
        return "indices", {"index": index, "variant": "PR"}
    if symbol in index_facts():
        return "indices", {"index": symbol, "variant": "PR"}
    if symbol.endswith(".NS") and len(symbol) > 3:
        return "stocks", {"symbol": symbol.removesuffix(".NS")}
    raise DataError(
        f"{table.file}: {unknown('Yahoo symbol', said, symbols())}. Shares of NSE end in .NS; keep the name of the "
        "download or say --series SYMBOL"
    )


def _without_nulls(table: Grid) -> Grid:
    """Days without trading, where Yahoo writes `null`."""
    return replace(
        table,
        lines=tuple(
            line._replace(cells=tuple("" if cell == "null" else cell for cell in line.cells)) for line in table.lines
        ),
    )
