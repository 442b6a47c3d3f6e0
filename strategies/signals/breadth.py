"""Breadth: how many take part?"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Fraction, Mistake, Names, Scope, Signal, Text, in_words, register
from engine.errors import unknown
from engine.market.keys import SeriesKey

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.market.market import Market


class Poll(Signal):
    """The share of several series that vote for, among those that vote; each votes by its own history."""

    among: Annotated[
        Names | Text | None, Field(description="series, or a basket for its stocks; the whole universe if absent")
    ] = None
    minimum: Annotated[
        Fraction, Field(ge=0, le=1, description="share of the names that must be known, a fraction or per cent")
    ] = 0.5

    def sentence(self) -> str:
        """With the universe as a whole, where nothing is chosen from it."""
        return super().sentence().replace(in_words(None), "the universe")

    def asked(self, scope: Scope) -> tuple[SeriesKey, ...]:
        """The series that are asked: price indices (a basket in a list is one), or the stocks of a basket."""
        if isinstance(self.among, str):
            return tuple(SeriesKey(symbol, "stock") for symbol in scope.baskets.get(self.among, ()))
        return tuple(SeriesKey(name, "price") for name in self.among or scope.universe)

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """All of them."""
        return frozenset(self.asked(scope))

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """A basket that does not exist."""
        if isinstance(self.among, str) and self.among not in scope.baskets:
            yield Mistake(("among",), unknown("basket", self.among, scope.baskets))

    def share(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """Votes for over votes for and against at each session; NaN where too few are known or nobody votes."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        votes = np.column_stack([market.align(self.votes(market.series(key))) for key in self.asked(scope)])
        enough = (~np.isnan(votes)).mean(axis=1) >= self.minimum
        ups, voters = (votes > 0.0).sum(axis=1), (np.abs(votes) > 0.0).sum(axis=1)
        return np.where(enough & (voters > 0), ups / np.maximum(voters, 1), np.nan)

    @abstractmethod
    def votes(self, closes: pd.Series) -> pd.Series:
        """1.0 for, -1.0 against, 0.0 neither, NaN unknown, on a series' own dates; must look only backwards."""


@register
class Breadth(Poll):
    """The share of names, 0 to 1, whose close is strictly above its simple average of `window` observations.

    Today's close is in the average. A name is unknown until its window is full and on a session without an observation,
    and then counts on neither side; where less than `minimum` of the names is known, the share is unknown. Kirkpatrick
    and Dahlquist (2011), "Technical Analysis", 2nd ed., chapter 8 (number of stocks above their 30-week average), on
    sessions. A basket's stocks are read as stored, adjusted for splits and bonuses but not for demergers.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the share above their {window}-session averages among {among}"
    use: Literal["breadth"] = "breadth"
    window: Annotated[int, Field(strict=True, ge=2, le=100_000, description="sessions in each average")]

    def votes(self, closes: pd.Series) -> pd.Series:
        """For above the average, against at or below it."""
        average = closes.rolling(self.window).mean()
        return (2.0 * (closes > average) - 1.0).where(average.notna())

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """The share, one column."""
        return self.share(market, scope)[:, None]
