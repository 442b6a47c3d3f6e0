"""The shape of an allocator: what a rule holds while it wins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, Protocol

from pydantic import Field

from engine.blocks.fields import Block, Names
from engine.blocks.signals import Mistake, OfSignal, Scope
from engine.errors import unknown
from engine.market.keys import CASH, SeriesKey
from engine.market.registry import nearest_series

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Past(Protocol):
    """History up to one decision close, and nothing after it."""

    def returns(self, names: Sequence[str], window: int) -> NDArray[np.float64]:
        """Returns of the last `window` sessions as fractions, oldest first, sessions x names.

        NaN where a name lacks either close; fewer rows while history is short.
        """

    def latest(self, key: SeriesKey) -> float | None:
        """The latest value that was published by this close; None before there is one."""


class Moment(NamedTuple):
    """What an allocator may know at a decision close."""

    universe: tuple[str, ...]
    priced: frozenset[str]  # names with a price at this close
    scores: Mapping[str, Mapping[str, float]]  # signal -> series -> value; unknown values are left out
    chosen: tuple[str, ...]  # what the same rule chose at its previous decision, if no other rule won since
    past: Past | None = None


class Allocation(NamedTuple):
    """Weights by name (what is missing to 1 is CASH) and the names that were chosen."""

    weights: Mapping[str, float]
    chosen: tuple[str, ...]


class Allocator(Block, ABC):
    """Turns what is known at a decision close into weights; `lacking` says what it waits for while it is not ready."""

    lacking: ClassVar[str] = "a name without the history it is held by"

    @abstractmethod
    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """Every name it may ever hold, CASH left out."""

    @abstractmethod
    def certain(self) -> tuple[str, ...]:
        """The names it holds whatever the scores say: they need a price before the first decision."""

    @property
    def scores(self) -> tuple[str, ...]:
        """The signals it ranks or weighs by."""
        return ()

    def reads(self) -> frozenset[SeriesKey]:
        """Series it looks at apart from prices and scores."""
        return frozenset()

    @abstractmethod
    def ready(self, moment: Moment) -> bool:
        """Whether what it looks at has history at this close."""

    @abstractmethod
    def allocate(self, moment: Moment) -> Allocation:
        """The weights at this close. Raises StrategyError where they cannot be found."""

    @abstractmethod
    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """What this file cannot mean, with paths relative to the allocator."""


def unlisted(
    where: tuple[str | int, ...], names: Sequence[str] | Mapping[str, object], allowed: Sequence[str]
) -> Iterator[Mistake]:
    """Names, in a list or as keys of a mapping, that cannot be held, and names listed twice."""
    listed = tuple(names)
    for place, name in enumerate(listed):
        path, key = ((*where, name), True) if isinstance(names, Mapping) else ((*where, place), False)
        if name not in allowed:
            yield Mistake(path, unknown("name in the universe", name, allowed, nearest_series), key=key)
        elif name in listed[:place]:
            yield Mistake(path, f"{name!r} is listed twice")


def score_mistakes(by: str, candidates: Sequence[str], scope: Scope) -> Iterator[Mistake]:
    """What keeps the signal `by` from being a score of the candidates, at the path `by`."""
    signal = scope.signals.get(by)
    if signal is None:
        yield Mistake(("by",), unknown("signal", by, scope.signals))
    elif signal.single:
        said = "says one thing of the market; a score needs a value for each series"
        if isinstance(signal, OfSignal):
            said = f"speaks of {signal.of!r} alone; a score needs a list in `of`, or no `of`"
        yield Mistake(("by",), f"{by!r} {said}")
    elif uncovered := sorted({*candidates} & {*scope.universe} - {*signal.covers(scope)}):
        yield Mistake(("by",), f"the signal {by!r} does not cover {', '.join(uncovered)}")


class Weighing(Allocator):
    """An allocator that spreads the whole over a set of names; `top` can use it for the names it chose (`weigh`)."""

    of: Annotated[Names | None, Field(description="names to spread over; the universe if absent")] = None

    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """The names it spreads over."""
        return self.of or universe

    def certain(self) -> tuple[str, ...]:
        """None: a name counts from its first price."""
        return ()

    def able(self, moment: Moment) -> tuple[str, ...]:
        """Names with a price at this close."""
        return tuple(name for name in self.of or moment.universe if name in moment.priced)

    def ready(self, moment: Moment) -> bool:
        """Every name has a price, and enough history to be weighed."""
        names = self.of or moment.universe
        return set(names) <= moment.priced and self.weighable(names, moment)

    def weighable(self, names: tuple[str, ...], moment: Moment) -> bool:  # noqa: ARG002  # equal parts need nothing
        """Whether `share` has the history it needs for these names."""
        return True

    @abstractmethod
    def share(self, names: tuple[str, ...], moment: Moment) -> Mapping[str, float]:
        """Parts of the whole for at least one name; what is missing to 1 is CASH. May raise StrategyError."""

    def allocate(self, moment: Moment) -> Allocation:
        """The whole over every name with a price; CASH while none has one."""
        names = self.able(moment)
        return Allocation(self.share(names, moment) if names else {}, names)

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names outside the universe or listed twice."""
        yield from unlisted(("of",), self.of or (), scope.universe)


def not_held(where: tuple[str | int, ...], name: str, scope: Scope) -> Iterator[Mistake]:
    """A single name that cannot be held; CASH always can."""
    yield from (one._replace(path=where) for one in unlisted(where, (name,), (*scope.universe, CASH)))


def weigh_mistakes(weigh: Weighing, candidates: tuple[str, ...], scope: Scope) -> Iterator[Mistake]:
    """In a `weigh`: names of its own, a score that does not cover the candidates, something that cannot be held."""
    if weigh.of is not None:
        yield Mistake(("weigh", "of"), "`top` says who is weighed: `of` stands beside `by`, not in `weigh`", key=True)
    for signal in weigh.scores:
        for mistake in score_mistakes(signal, candidates, scope):
            yield mistake._replace(path=("weigh", *mistake.path))
    for name in weigh.certain():
        yield from not_held(("weigh", "fallback"), name, scope)
