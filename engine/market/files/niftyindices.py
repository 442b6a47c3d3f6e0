"""Downloads of niftyindices.com's `Historical Data` page: prices, total returns and valuations."""

from __future__ import annotations

from typing import ClassVar

from engine.market.files.columns import bar, index_names, known, levels, numbers, once, same
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Part, Shape
from engine.market.files.table import Grid

SOURCE = "niftyindices.com download"


class NiftyPrice(Shape):
    """The price index."""

    name = "niftyindices-price"
    source = SOURCE
    headers = ("Index Name", "Date", "Open", "High", "Low", "Close")
    optional = ("Volume",)

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `indices`, variant PR."""
        when = days(table, "date", asked.dates)
        names = index_names(table, "indexname", when)
        once(table, names, when)
        columns, notes = known(
            {"date": [*when], "index": [*names], "variant": same("PR", table), **bar(table)}, ("close",)
        )
        return [Part("indices", columns, self.source, notes)]


class NiftyTotal(Shape):
    """The total return index. A net total return (after tax) that stands beside it is another series, and left."""

    name = "niftyindices-total"
    source = SOURCE
    headers = ("Index Name", "Date", "Total Returns Index")
    optional = ("NTR Value", "Net Total Returns Index", "Net Total Return Index")
    spellings: ClassVar = {"totalreturnindex": "Total Returns Index", "totalreturns": "Total Returns Index"}

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `indices`, variant TR, with closes alone."""
        when = days(table, "date", asked.dates)
        names = index_names(table, "indexname", when)
        once(table, names, when)
        closes = levels(table, "totalreturnsindex", "total returns index")
        columns, notes = known(
            {"date": [*when], "index": [*names], "variant": same("TR", table), "close": closes}, ("close",)
        )
        return [Part("indices", columns, self.source, notes)]


class NiftyValuation(Shape):
    """Price to earnings, price to book and dividend yield (per cent a year)."""

    name = "niftyindices-valuation"
    source = SOURCE
    headers = ("Index Name", "Date", "P/E", "P/B", "Div Yield %")
    spellings: ClassVar = {"dividendyield": "Div Yield %", "divyieldpercent": "Div Yield %"}

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `valuation`."""
        when = days(table, "date", asked.dates)
        names = index_names(table, "indexname", when)
        once(table, names, when)
        ratios = {name: numbers(table, key, name) for key, name in (("pe", "pe"), ("pb", "pb"), ("divyield", "dy"))}
        columns, notes = known({"date": [*when], "index": [*names], **ratios}, ("pe", "pb", "dy"))
        return [Part("valuation", columns, self.source, notes)]
