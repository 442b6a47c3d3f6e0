"""The tables of the market store: which columns they have, which row is which, and which series they hold."""

from __future__ import annotations

from dataclasses import dataclass

from engine.market.keys import INVESTORS, Reading, Variant


@dataclass(frozen=True)
class Dataset:
    """One table. `keys` tell rows apart, `required` must be in a file, `positive` are prices, `numbers` may be any.

    Prices are in points or rupees, flows in Rs crore, weights in per cent, as their sources publish them.
    """

    name: str
    files: tuple[str, ...]  # names of files that hold it, without their ending
    keys: tuple[str, ...]
    required: tuple[str, ...]
    positive: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # columns that files carry and the store has no use for

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that are no key."""
        return (*self.positive, *self.numbers, *self.texts)

    @property
    def known(self) -> frozenset[str]:
        """Every column a file of this dataset may have."""
        return frozenset((*self.keys, *self.values, *self.ignored, "source"))


_BAR = ("open", "high", "low", "close")

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "indices", ("indices",), ("index", "variant", "date"), ("date", "index", "variant", "close"),
            positive=_BAR, numbers=("volume",),
        ),
        Dataset(
            "stocks", ("stocks",), ("symbol", "date"), ("date", "symbol", "close"),
            positive=_BAR, numbers=("volume",), texts=("theme",),
        ),
        Dataset(
            "flows", ("flows",), ("date",), ("date", "fii_net", "dii_net"),
            numbers=("fii_buy", "fii_sell", "fii_net", "dii_buy", "dii_sell", "dii_net"), ignored=("is_trading_day",),
        ),
        Dataset(
            "valuation", ("valuation",), ("index", "date"), ("date", "index", "pe", "pb", "dy"),
            numbers=("pe", "pb", "dy"),
        ),
        Dataset(
            "weights", ("nifty50_weights", "weights"), ("date", "symbol"), ("date", "symbol", "weight_pct", "sector"),
            numbers=("weight_pct",), texts=("sector", "sector_source"),
        ),
        # Depositories' figures for foreign portfolio investors alone, primary market included: never the flows above.
        Dataset(
            "fpi_monthly", ("fpi_monthly",), ("date",), ("date", "equity_net"),
            numbers=("equity_net", "debt_net", "hybrid_net", "total_net"),
        ),
        Dataset(
            "constituents", ("constituents",), ("index", "symbol", "date"), ("date", "index", "symbol"),
            numbers=("weight_pct",), texts=("sector",),
        ),
        # `value`: new shares for one old one of a split or bonus, rupees a share of a dividend.
        Dataset(
            "actions", ("actions",), ("symbol", "kind", "date"), ("date", "symbol", "kind", "value"),
            numbers=("value",),
        ),
    )
}  # fmt: skip

VARIANTS: dict[str, Variant] = {"PR": "price", "TR": "total"}
RATIOS: tuple[Reading, ...] = ("pe", "pb", "dy")
SIDES: tuple[Reading, ...] = ("net", "buy", "sell")


@dataclass(frozen=True)
class Holding:
    """A kind of series that a table holds, in SQL: what its series are called, and their values (NULL: unknown).

    A row that `where` leaves out is a date the series does not have; a row without a value is a date it does have.
    """

    dataset: str
    variant: Variant | Reading
    name: str
    value: str
    where: str = "TRUE"
    opening: str = "NULL::DOUBLE"
    rows: str = ""  # what stands for the table where its rows are not those of the series

    @property
    def select(self) -> str:
        """Its series, one below the other: name, variant, date, open and value."""
        return (
            f"SELECT {self.name} AS name, '{self.variant}' AS variant, date, {self.opening} AS open, "
            f"{self.value} AS value FROM {self.rows or f'store.{self.dataset}'} WHERE {self.where}"
        )


# A sector without a symbol among a date's weights had no weight then; one with an unknown weight has an unknown sum.
# Adding up in the order of the symbols gives the same last bit every time.
_SECTOR_WEIGHTS = """(
    SELECT sector, date, CASE WHEN held.sector IS NULL THEN 0.0 ELSE held.weight END AS weight
    FROM (SELECT DISTINCT sector FROM store.weights) CROSS JOIN (SELECT DISTINCT date FROM store.weights)
    LEFT JOIN (
        SELECT sector, date, CASE WHEN count(weight_pct) = count(*) THEN sum(weight_pct ORDER BY symbol) END AS weight
        FROM store.weights GROUP BY sector, date
    ) AS held USING (sector, date)
)"""
_INDEX = '"index"'

# Flows keep the dates whose figure is missing: a window over them is unknown there instead of reaching further back.
HOLDINGS: tuple[Holding, ...] = (
    *(
        Holding("indices", kind, _INDEX, "close", f"variant = '{code}'", opening="open")
        for code, kind in VARIANTS.items()
    ),
    Holding("indices", "high", _INDEX, "high", "variant = 'PR' AND high IS NOT NULL"),
    Holding("indices", "volume", _INDEX, "volume", "variant = 'PR' AND volume > 0"),  # none traded: not reported
    Holding("stocks", "stock", "symbol", "close", opening="open"),
    Holding("stocks", "shares", "symbol", "volume", "volume > 0"),
    *(Holding("valuation", ratio, _INDEX, ratio, f"{ratio} IS NOT NULL") for ratio in RATIOS),
    *(Holding("flows", side, f"'{who}'", f"{who.lower()}_{side}") for who in INVESTORS for side in SIDES),
    Holding("fpi_monthly", "net", "'FPI'", "equity_net"),
    Holding("weights", "weight", "sector", "weight", rows=_SECTOR_WEIGHTS),
)
