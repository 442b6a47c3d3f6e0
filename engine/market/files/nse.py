"""Downloads of nseindia.com: the history of an index, and that of a share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from engine.errors import DataError
from engine.market.files.aliases import index_name
from engine.market.files.columns import bar, filled, known, once, same
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Part, Shape, file_stem
from engine.market.files.table import Grid

_SPAN = re.compile(r"(?P<name>.+?)[-_ ]+(?P<first>\d\d-\d\d-\d{4})-to-(?P<last>\d\d-\d\d-\d{4})")
_SHARES = ("EQ", "BE", "BZ")  # series in which shares trade; the others are debt, rights and the like


class NseIndex(Shape):
    """An index's price history. The index is in the file's name alone: `NIFTY 50-01-08-2023-to-01-08-2024.csv`."""

    name = "nse-index"
    source = "nseindia.com download"
    headers = ("Date", "Open", "High", "Low", "Close", "Shares Traded")
    optional = ("Turnover (₹ Cr)", "Turnover (Rs Cr)", "Turnover (Rs. Cr)", "Turnover", "Index Name")
    takes = frozenset({"dates", "series"})

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `indices`, variant PR."""
        when = days(table, "date", asked.dates)
        name = asked.series or _named(table, when, "index")
        once(table, when)
        columns, notes = known(
            {
                "date": [*when],
                "index": same(index_name(name), table),
                "variant": same("PR", table),
                **bar(table, "sharestraded"),
            },
            ("close",),
        )
        return [Part("indices", columns, self.source, notes)]


class NseEquity(Shape):
    """A share's history, NOT adjusted for splits and bonuses: refused unless the user says that none falls into it.

    A basket of such prices would lose half its value at a 1:1 bonus that cost its holders nothing.
    """

    name = "nse-equity"
    source = "nseindia.com download, unadjusted"
    headers = ("Date", "series", "OPEN", "HIGH", "LOW", "PREV. CLOSE", "ltp", "close", "vwap", "VOLUME")
    optional = ("52W H", "52W L", "VALUE", "No of trades")
    takes = frozenset({"dates", "series", "unadjusted"})

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `stocks`."""
        if not asked.unadjusted:
            raise DataError(
                f"{table.file}: prices of a share as NSE publishes them are not adjusted for splits and bonuses, and "
                "baskets need adjusted ones, such as a Yahoo download. If no split or bonus falls into these dates, "
                "say --unadjusted"
            )
        for line, series in zip(table.lines, filled(table, "series", "series"), strict=True):
            if series.upper() not in _SHARES:
                raise DataError(f"{table.at(line)} is of the series {series!r}, not a share's ({', '.join(_SHARES)})")
        when = days(table, "date", asked.dates)
        symbol = asked.series or _named(table, when, "share")
        found = re.fullmatch(r"(?:Quote-Equity-)?(.+?)(?:-(?:EQ|BE|BZ))?", symbol, re.IGNORECASE)
        assert found is not None  # any text is
        once(table, when)
        columns, notes = known({"date": [*when], "symbol": same(found[1].upper(), table), **bar(table)}, ("close",))
        return [Part("stocks", columns, self.source, notes)]


def _named(table: Grid, when: Sequence[date], what: str) -> str:
    """The name in a file's name, whose days must be those the file name says."""
    found = _SPAN.fullmatch(file_stem(table))
    if found is None:
        raise DataError(
            f"{table.file}: nothing in it says which {what} it is of; keep the name it was downloaded under (... "
            "01-08-2023-to-01-08-2024.csv) or say --series NAME"
        )
    try:
        first, last = (datetime.strptime(found[key], "%d-%m-%Y").date() for key in ("first", "last"))
    except ValueError as error:
        raise DataError(f"{table.file}: the file's name has no span of days; say --series NAME") from error
    for line, day in zip(table.lines, when, strict=True):
        if not first <= day <= last:
            raise DataError(f"{table.at(line)} is of {day}; the file's name says {first} to {last}")
    return found["name"]
