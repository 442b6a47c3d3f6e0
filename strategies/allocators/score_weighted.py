"""Parts by a score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import fsum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Mistake, Moment, Scope, SeriesName, Text, Weighing, register
from engine.blocks.allocators import score_mistakes
from engine.errors import unknown
from engine.market.keys import CASH


@register
class ScoreWeighted(Weighing):
    """Parts in proportion to a score, in whatever unit it has; a score at or below zero gets nothing.

    Where no name has a score above zero, everything goes to `fallback`. The first decision waits until every name has
    a price and a score; at a later one a name whose score is unknown gets nothing.
    """

    says: ClassVar[str] = "parts of {of} in proportion to {by}"
    use: Literal["score_weighted"] = "score_weighted"
    by: Annotated[Text, Field(description="the signal that parts are in proportion to")]
    fallback: Annotated[SeriesName, Field(description="what is held where no score is above zero")] = CASH

    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """The names it spreads over and the fallback."""
        return tuple(dict.fromkeys((*super().holds(universe), *self.certain())))

    def certain(self) -> tuple[str, ...]:
        """The fallback, unless it is CASH."""
        return () if self.fallback == CASH else (self.fallback,)

    @property
    def scores(self) -> tuple[str, ...]:
        """The score."""
        return (self.by,)

    def weighable(self, names: tuple[str, ...], moment: Moment) -> bool:
        """Every name has a score."""
        return set(names) <= set(moment.scores[self.by])

    def share(self, names: tuple[str, ...], moment: Moment) -> Mapping[str, float]:
        """Each score above zero over the sum of them."""
        scores = moment.scores[self.by]
        above = {name: scores[name] for name in names if scores.get(name, 0.0) > 0.0}
        total = fsum(above.values())  # whatever the order
        return {name: score / total for name, score in above.items()} or dict.fromkeys(self.certain(), 1.0)

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names outside the universe, a score that does not cover them."""
        yield from super().mistakes(scope)
        if self.fallback not in (*scope.universe, CASH):
            yield Mistake(("fallback",), unknown("name in the universe", self.fallback, (*scope.universe, CASH)))
        yield from score_mistakes(self.by, self.of or scope.universe, scope)
