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
    in_words,
    register,
    unlisted,
)
from engine.blocks.allocators import not_held, score_mistakes, weigh_mistakes
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

    def sentence(self) -> str:
        """How many of which, what keeps one in, how they share and what fills an empty place."""
        least = "" if self.min_score is None else f" that reach {self.min_score:g}"
        kept = f", kept down to rank {self.n + self.buffer}" if self.buffer else ""
        shared = "in equal parts" if self.weigh is None else f"shared by {self.weigh.use}"
        names = in_words(self.of) if self.of else "the universe"
        return f"the {self.n} of {names} highest by {self.by}{least}{kept}, {shared}, else {self.fallback}"

    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """The candidates and the fallback."""
        return tuple(dict.fromkeys((*(self.of or universe), *self.certain())))

    def certain(self) -> tuple[str, ...]:
        """The fallback, and that of `weigh`, unless it is CASH."""
        return tuple(dict.fromkeys((*({self.fallback} - {CASH}), *(self.weigh.certain() if self.weigh else ()))))

    @property
    def scores(self) -> tuple[str, ...]:
        """The ranking signal, and what `weigh` looks at."""
        return tuple(dict.fromkeys((self.by, *(self.weigh.scores if self.weigh else ()))))

    def reads(self) -> frozenset[SeriesKey]:
        """What `weigh` looks at."""
        return self.weigh.reads() if self.weigh else frozenset()

    def ready(self, moment: Moment) -> bool:
        """At least n candidates have a price and a score, and those it would choose can be weighed."""
        enough = len(ranked(self, moment)) >= self.n
        return enough and (self.weigh is None or self.weigh.weighable(chosen(self, moment), moment))

    def allocate(self, moment: Moment) -> Allocation:
        """Parts of 1/n each to the chosen, the empty parts to the fallback."""
        names = chosen(self, moment)
        weights = dict.fromkeys(names, 1.0 / self.n)
        if self.weigh is not None and names:
            shares = self.weigh.share(names, moment)
            weights = {name: share * len(names) / self.n for name, share in shares.items()}
        if self.fallback != CASH and len(names) < self.n:
            weights[self.fallback] = weights.get(self.fallback, 0.0) + (self.n - len(names)) / self.n
        return Allocation(weights, names)

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names outside the universe, too few candidates, a score that does not cover them."""
        candidates = self.of or scope.universe
        yield from unlisted(("of",), self.of or (), scope.universe)
        yield from not_held(("fallback",), self.fallback, scope)
        if self.n > len(candidates):
            yield Mistake(("n",), f"n is {self.n} but there are only {len(candidates)} candidates")
        yield from score_mistakes(self.by, candidates, scope)
        if self.weigh is not None:
            yield from weigh_mistakes(self.weigh, candidates, scope)


def ranked(top: Top, moment: Moment) -> list[str]:
    """Candidates with a price and a score, highest score first, ties in universe order."""
    scores, order = moment.scores[top.by], {name: place for place, name in enumerate(moment.universe)}
    able = [name for name in top.of or moment.universe if name in moment.priced and name in scores]
    return sorted(able, key=lambda name: (-scores[name], order[name]))


def chosen(top: Top, moment: Moment) -> tuple[str, ...]:
    """The first n of those with a score high enough; names that were chosen before stay within the buffer."""
    scores = moment.scores[top.by]
    able = [name for name in ranked(top, moment) if top.min_score is None or scores[name] >= top.min_score]
    kept = [name for name in able[: top.n + top.buffer] if name in moment.chosen]
    return tuple(kept + [name for name in able if name not in kept][: top.n - len(kept)])
