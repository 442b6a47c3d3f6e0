"""How a series is called: its name and its variant, which are never guessed for one another."""

from __future__ import annotations

from typing import Literal, NamedTuple

Variant = Literal["price", "total"]

CASH = "CASH"


class SeriesKey(NamedTuple):
    """One stored series: `NIFTY 50` as a price index is another series than `NIFTY 50` as total return."""

    name: str
    variant: Variant

    def __str__(self) -> str:
        return f"{self.name} ({self.variant})"


class Span(NamedTuple):
    """What is known of a series without reading it: ISO dates of the first and last observation, and how many."""

    first: str
    last: str
    observations: int
