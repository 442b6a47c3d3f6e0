"""The best few by a score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from engine.blocks import (
    Allocation,
    Allocator,
    Count,
    CountOrZero,
    Fraction,
    Mistake,
    Moment,
    Names,
    Scope,
    SeriesName,
    Text,
    Weighing,
    as_weighing,
    register,
    unlisted,
)
from engine.blocks.allocators import score_mistakes
from engine.errors import unknown
from engine.market.keys import CASH, SeriesKey


@register
class Top(Allocator):
    """The `n` candidates with the highest score, 1/n each or by `weigh`; ties go in universe order.

    A candidate needs a price and a score at the decision close, and a score of at least `min_score` where one is
    set; empty slots go to `fallback`. With `buffer: b` a name chosen at this rule's previous decision stays while its
    rank is at most n + b, unless another rule won in between. With `weigh` the chosen share their part of the whole
    (chosen / n) as that allocator does, from what it needs to know of each.
    """

    lacking: ClassVar[str] = "too few candidates with a price and a score"
    says: ClassVar[str] = "the {n} highest by {by}"
    use: Literal["top"] = "top"
    n: Annotated[Count, Field(description="how many to hold")]
    by: Annotated[Text, Field(description="the signal to rank by, highest first")]
    of: Annotated[Names | None, Field(description="candidates; the universe if absent")] = None
    buffer: Annotated[CountOrZero, Field(description="ranks below n that a held name may fall to")] = 0
    min_score: Annotated[Fraction | None, Field(description="the lowest score that may be held")] = None
    fallback: Annotated[SeriesName, Field(description="what empty slots hold")] = CASH
    weigh: Annotated[
        Weighing | None, BeforeValidator(as_weighing), Field(description="how the chosen share; equal parts if absent")
    ] = None

    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """The candidates and the fallback."""
        candidates = self.of or universe
        return tuple(dict.fromkeys((*candidates, *self.certain())))

    def certain(self) -> tuple[str, ...]:
        """The fallback, unless it is CASH, and that of `weigh`."""
        mine = () if self.fallback == CASH else (self.fallback,)
        return mine if self.weigh is None else tuple(dict.fromkeys((*mine, *self.weigh.certain())))

    @property
    def scores(self) -> tuple[str, ...]:
        """The ranking signal, and what `weigh` looks at."""
        return (self.by,) if self.weigh is None else tuple(dict.fromkeys((self.by, *self.weigh.scores)))

    def reads(self) -> frozenset[SeriesKey]:
        """What `weigh` looks at."""
        return frozenset() if self.weigh is None else self.weigh.reads()

    def ready(self, moment: Moment) -> bool:
        """At least n candidates have a price and a score, and those it would choose can be weighed."""
        ranked = self._ranked(moment)
        return len(ranked) >= self.n and (self.weigh is None or self.weigh.weighable(self._choose(moment), moment))

    def allocate(self, moment: Moment) -> Allocation:
        """Parts of 1/n each to the chosen, the empty parts to the fallback."""
        chosen = self._choose(moment)
        weights = dict.fromkeys(chosen, 1.0 / self.n)
        if self.weigh is not None and chosen:
            shares = self.weigh.share(chosen, moment)
            weights = {name: share * len(chosen) / self.n for name, share in shares.items()}
        if self.fallback != CASH and len(chosen) < self.n:
            weights[self.fallback] = weights.get(self.fallback, 0.0) + (self.n - len(chosen)) / self.n
        return Allocation(weights, chosen)

    def _choose(self, moment: Moment) -> tuple[str, ...]:
        scores = moment.scores[self.by]
        ranked = [name for name in self._ranked(moment) if self.min_score is None or scores[name] >= self.min_score]
        kept = [name for name in ranked[: self.n + self.buffer] if name in moment.chosen]
        others = [name for name in ranked if name not in kept]
        return tuple(kept + others[: self.n - len(kept)])

    def _ranked(self, moment: Moment) -> list[str]:
        scores, order = moment.scores[self.by], {name: place for place, name in enumerate(moment.universe)}
        able = [name for name in self.of or moment.universe if name in moment.priced and name in scores]
        return sorted(able, key=lambda name: (-scores[name], order[name]))

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names outside the universe, too few candidates, a ranking signal that does not cover them."""
        yield from unlisted(("of",), self.of or (), scope.universe)
        if self.fallback not in (*scope.universe, CASH):
            yield Mistake(("fallback",), unknown("name in the universe", self.fallback, (*scope.universe, CASH)))
        candidates = self.of or scope.universe
        if self.n > len(candidates):
            yield Mistake(("n",), f"n is {self.n} but there are only {len(candidates)} candidates")
        yield from score_mistakes(self.by, candidates, scope)
        if self.weigh is not None:
            yield from _weigh_mistakes(self.weigh, candidates, scope)


def _weigh_mistakes(weigh: Weighing, candidates: tuple[str, ...], scope: Scope) -> Iterator[Mistake]:
    """Names of its own, a score that does not cover the candidates, something to hold that cannot be held."""
    if weigh.of is not None:
        yield Mistake(("weigh", "of"), "`top` says who is weighed: `of` stands beside `by`, not in `weigh`", key=True)
    for signal in weigh.scores:
        for mistake in score_mistakes(signal, candidates, scope):
            yield mistake._replace(path=("weigh", *mistake.path))
    for mistake in unlisted(("weigh", "fallback"), weigh.certain(), scope.universe):
        yield mistake._replace(path=("weigh", "fallback"))
