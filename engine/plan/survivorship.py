"""How much hindsight is in a basket: a list of stocks has those that lasted, and nobody had the list back then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from engine.config.models import Config
from engine.config.settings import Basket
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.market.registry import theme_made

Letter = Literal["A", "B", "C", "D"]
WORDS: dict[Letter, str] = {"A": "none", "B": "mild", "C": "severe", "D": "very severe"}


class Grade(NamedTuple):
    """What can be checked of a basket over a window; `made` is the day of its list, None where nobody says.

    Of its `members`, `listed` had a price by the first session and `joined` got their first one later in the window.
    Membership is never dated in this language: whoever left before the list was made is not known.
    """

    basket: str
    letter: Letter
    members: int
    listed: int
    joined: int
    made: date | None

    @property
    def word(self) -> str:
        """The letter in words."""
        return WORDS[self.letter]

    def plain(self) -> dict[str, object]:
        """For `summary.json`."""
        return {**self._asdict(), "word": self.word, "dated": False, "says": self.sentence()}

    def sentence(self) -> str:
        """The grade and what it rests on."""
        when = "its list has no date" if self.made is None else f"its list is of {self.made}"
        late = f", {self.joined} came later" if self.joined else ""
        return (
            f"{self.basket}: survivorship grade {self.letter} ({self.word}): {when}, {self.listed} of {self.members} "
            f"stocks had a price at the start of the window{late}, and who had left by then is not known"
        )


def grades(config: Config, market: Market, window: tuple[date, date]) -> tuple[Grade, ...]:
    """One grade for every basket that the strategy holds or looks at."""
    asked = set(config.asks())
    return tuple(
        grade(name, basket, market, window)
        for name, basket in config.baskets.items()
        if {key.name for key in asked} & {name} or asked & {SeriesKey(one, "stock") for one in basket.members}
    )


def grade(name: str, basket: Basket, market: Market, window: tuple[date, date]) -> Grade:
    """A: the list was there at the first session. B: from the first half of the window on. C: later, or nobody says
    when, and every stock had a price at the start. D: so, and some got their first price on the way, or had none.
    """
    start, end = window
    made = None if basket.theme is None else theme_made(basket.theme)
    firsts = [day for day in _first_prices(basket.members, market) if day is not None]
    listed = sum(day <= start for day in firsts)
    joined = sum(start < day <= end for day in firsts)
    letter: Letter = "C" if listed == len(basket.members) else "D"
    if made is not None and made <= start:
        letter = "A"
    elif made is not None and made - start <= (end - start) / 2:
        letter = "B"
    return Grade(name, letter, len(basket.members), listed, joined, made)


def _first_prices(members: Sequence[str], market: Market) -> list[date | None]:
    """The day of each stock's first price, None for one that has none."""
    firsts: list[date | None] = []
    for symbol in members:
        prices = market.series(SeriesKey(symbol, "stock")).dropna()
        firsts.append(prices.index[0].date() if len(prices) else None)
    return firsts
