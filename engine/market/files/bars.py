"""Open, high, low and close under a date, and nothing that says of what: BSE's download, or anybody's table."""

from __future__ import annotations

import re
from typing import ClassVar

from engine.errors import DataError
from engine.market.datasets import VARIANTS
from engine.market.files.aliases import index_name
from engine.market.files.columns import bar, known, once, same
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Part, Shape, file_stem
from engine.market.files.table import Grid


class Bars(Shape):
    """The user says of which index, and of which variant: neither can be seen."""

    name = "bars"
    source = "file of bars"
    headers = ("Date", "Open", "High", "Low", "Close")
    optional: ClassVar[tuple[str, ...]] = ("Volume",)
    takes = frozenset({"dates", "series", "variant"})

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `indices`."""
        if asked.series is None or asked.variant is None:
            raise DataError(
                f"{table.file}: nothing in it says which index it is of, nor whether these are prices or total "
                "returns; say --series NAME and --variant price or --variant total"
            )
        return [_rows(table, asked, index_name(asked.series), self.source)]


class Bse(Bars):
    """BSE's index download, which has price indices alone; the index is in the file's name or in --series."""

    name = "bse"
    source = "bseindia.com download"
    optional = ()
    takes = frozenset({"dates", "series"})

    def fits(self, table: Grid, asked: Asked, /) -> bool:
        """By its columns and a name that is an index of BSE's: others write the same columns."""
        return super().fits(table, asked) and asked.variant is None and bse_name(asked.series or file_stem(table)) != ""

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `indices`, variant PR."""
        name = bse_name(asked.series or file_stem(table))
        if not name:
            raise DataError(
                f"{table.file}: {asked.series or file_stem(table)!r} is no index of BSE; say --series with a name such "
                "as 'BSE SENSEX'"
            )
        return [_rows(table, asked, name, self.source)]


def bse_name(said: str) -> str:
    """The store's name of an index of BSE, `` for any other: `SENSEX` and `S&P BSE Sensex` are BSE SENSEX."""
    words = re.sub(r"^S&P ", "", " ".join(said.upper().replace("_", " ").split()))
    if words == "SENSEX":
        return "BSE SENSEX"
    return index_name(words) if re.fullmatch(r"BSE[ -]?[A-Z0-9].*", words) else ""


def _rows(table: Grid, asked: Asked, name: str, source: str) -> Part:
    code = next(code for code, kind in VARIANTS.items() if kind == (asked.variant or "price"))
    when = days(table, "date", asked.dates)
    once(table, when)
    columns, notes = known(
        {"date": [*when], "index": same(name, table), "variant": same(code, table), **bar(table)}, ("close",)
    )
    return Part("indices", columns, source, notes)
