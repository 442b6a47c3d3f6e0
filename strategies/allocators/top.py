"""The best few by a score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from engine.blocks import (
    Allocation,
    Allocator,
    Count,
    CountOrZero,
    Fraction,
    Mistake,
    Moment,
    Scope,
    Text,
    register,
)
from engine.errors import unknown
from engine.market.keys import CASH


@register
class Top(Allocator):
    """The `n` candidates with the highest score, 1/n each; ties go in universe order.

    A candidate needs a price and a score at the decision close, and a score of at least `min_score` where one is
    set; empty slots go to `fallback`. With `buffer: b` a name chosen at this rule's previous decision stays while its
    rank is at most n + b, unless another rule won in between.
    """

    use: Literal["top"] = "top"
    n: Annotated[Count, Field(description="how many to hold")]
    by: Annotated[Text, Field(description="the signal to rank by, highest first")]
    of: Annotated[tuple[Text, ...] | None, Field(min_length=1, description="candidates; the universe if absent")] = None
    buffer: Annotated[CountOrZero, Field(description="ranks below n that a held name may fall to")] = 0
    min_score: Annotated[Fraction | None, Field(description="the lowest score that may be held")] = None
    fallback: Annotated[Text, Field(description="what empty slots hold")] = CASH

    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """The candidates and the fallback."""
        candidates = self.of or universe
        return tuple(dict.fromkeys((*candidates, *self.certain())))

    def certain(self) -> tuple[str, ...]:
        """The fallback, unless it is CASH."""
        return () if self.fallback == CASH else (self.fallback,)

    @property
    def scores(self) -> tuple[str, ...]:
        """The ranking signal."""
        return (self.by,)

    def ready(self, moment: Moment) -> bool:
        """At least n candidates have a price and a score."""
        return len(self._ranked(moment)) >= self.n

    def allocate(self, moment: Moment) -> Allocation:
        """Equal parts of 1/n to the chosen, the empty parts to the fallback."""
        scores = moment.scores[self.by]
        ranked = [name for name in self._ranked(moment) if self.min_score is None or scores[name] >= self.min_score]
        kept = [name for name in ranked[: self.n + self.buffer] if name in moment.chosen]
        others = [name for name in ranked if name not in kept]
        chosen = tuple(kept + others[: self.n - len(kept)])
        weights = dict.fromkeys(chosen, 1.0 / self.n)
        if self.fallback != CASH and len(chosen) < self.n:
            weights[self.fallback] = weights.get(self.fallback, 0.0) + (self.n - len(chosen)) / self.n
        return Allocation(weights, chosen)

    def _ranked(self, moment: Moment) -> list[str]:
        scores, order = moment.scores[self.by], {name: place for place, name in enumerate(moment.universe)}
        able = [name for name in self.of or moment.universe if name in moment.priced and name in scores]
        return sorted(able, key=lambda name: (-scores[name], order[name]))

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names outside the universe, too few candidates, a ranking signal that does not cover them."""
        for place, name in enumerate(self.of or ()):
            if name not in scope.universe:
                yield Mistake(("of", place), unknown("name in the universe", name, scope.universe))
            elif name in (self.of or ())[:place]:
                yield Mistake(("of", place), f"{name!r} is listed twice")
        if self.fallback not in (*scope.universe, CASH):
            yield Mistake(("fallback",), unknown("name in the universe", self.fallback, (*scope.universe, CASH)))
        candidates = self.of or scope.universe
        if self.n > len(candidates):
            yield Mistake(("n",), f"n is {self.n} but there are only {len(candidates)} candidates")
        yield from self._score_mistakes(scope, candidates)

    def _score_mistakes(self, scope: Scope, candidates: tuple[str, ...]) -> Iterator[Mistake]:
        signal = scope.signals.get(self.by)
        if signal is None:
            yield Mistake(("by",), unknown("signal", self.by, scope.signals))
        elif signal.single:
            yield Mistake(
                ("by",),
                f"{self.by!r} speaks of {signal.of!r} alone; a score needs a list in `of`, or no `of`",
            )
        elif uncovered := sorted({*candidates} & {*scope.universe} - {*signal.covers(scope.universe)}):
            yield Mistake(("by",), f"the signal {self.by!r} does not cover {', '.join(uncovered)}")
