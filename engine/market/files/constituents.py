"""The composition of indices on one day: sector, symbol and weight."""

from __future__ import annotations

from engine.errors import DataError
from engine.market.files.aliases import index_name
from engine.market.files.columns import filled, numbers, once, texts
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Part, Shape
from engine.market.files.table import Grid


class Constituents(Shape):
    """Weights in per cent. Index codes with low lines (`NIFTY_PVT_BANK`) become the store's names."""

    name = "constituents"
    source = "composition file"
    headers = ("sector", "symbol", "weight", "as_of_date", "index")
    optional = ("sector_weight",)

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `constituents`."""
        when = days(table, "asofdate", asked.dates)
        said = filled(table, "index", "index name")
        names = [index_name(code.replace("_", " ")) for code in said]
        symbols = filled(table, "symbol", "symbol")
        once(table, names, symbols, when)
        weights = numbers(table, "weight", "weight")
        for line, weight in zip(table.lines, weights, strict=True):
            if isinstance(weight, float) and not 0 <= weight <= 100:
                raise DataError(f"{table.at(line)}: the weight {weight:g} is no per cent of an index")
        sectors = [text or None for text in texts(table, "sector")]
        return [
            Part(
                "constituents",
                {"date": [*when], "index": [*names], "symbol": [*symbols], "weight_pct": weights, "sector": [*sectors]},
                self.source,
            )
        ]
