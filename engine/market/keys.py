"""How a series is called: its name and what of it is meant, which are never guessed for one another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Variant = Literal["price", "total"]
Reading = Literal["high", "volume", "pe", "pb", "dy", "net", "buy", "sell", "weight", "stock", "shares"]

CASH = "CASH"
INVESTORS = ("FII", "DII")
PRICED: tuple[Variant, ...] = ("price", "total")

# Sessions until the public can know a value; what is absent is known at its own close.
PUBLICATION_LAGS: dict[str, int] = {"pe": 1, "pb": 1, "dy": 1, "net": 1, "buy": 1, "sell": 1, "weight": 7}


class SeriesKey(NamedTuple):
    """One stored series: `NIFTY 50` as a price index is another series than `NIFTY 50` as total return.

    `variant` is what of the name is meant. `price` and `total` are histories that can be held; the others can only be
    read: an index's intraday `high`, its `volume` (shares), `pe`, `pb` (ratios) and `dy` (per cent a year); the flows
    `net`, `buy` and `sell` of FII and DII (Rs crore); a benchmark sector's `weight` (per cent, at month ends); the
    price of a `stock` (rupees, adjusted for splits and bonuses) and the `shares` of it that changed hands.
    """

    name: str
    variant: Variant | Reading

    def __str__(self) -> str:
        return f"{self.name} ({self.variant})"

    @property
    def priced(self) -> bool:
        """Whether it is a price history, with opens and closes."""
        return self.variant in (*PRICED, "stock")

    @property
    def publication_lag(self) -> int:
        """Sessions from a value's date until a decision may use it."""
        return PUBLICATION_LAGS.get(self.variant, 0)


class Span(NamedTuple):
    """What is known of a series without reading it: ISO dates of the first and last observation, and how many."""

    first: str
    last: str
    observations: int


def latest_publication(keys: Iterable[SeriesKey]) -> int:
    """The longest publication lag among some series, in sessions."""
    return max((key.publication_lag for key in keys), default=0)
