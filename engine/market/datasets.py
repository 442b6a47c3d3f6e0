"""The tables of the market store: which columns they have and which row is which."""

from __future__ import annotations

from dataclasses import dataclass


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
    )
}  # fmt: skip

VARIANTS = {"PR": "price", "TR": "total"}
