"""Fixed weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import (
    Allocation,
    Allocator,
    Mistake,
    Moment,
    Scope,
    SeriesName,
    Weight,
    in_words,
    register,
    unlisted,
)
from engine.market.keys import CASH

ROUNDING = 1e-9


@register
class Fixed(Allocator):
    """The same weights at every decision; what is missing to 100% is CASH."""

    says: ClassVar[str] = "fixed weights"
    use: Literal["fixed"] = "fixed"
    weights: Annotated[
        dict[SeriesName, Weight], Field(min_length=1, description="fraction or per cent of value by name")
    ]

    def sentence(self) -> str:
        """The weights by name, largest first as written."""
        cash = 1.0 - sum(weight for name, weight in self.weights.items() if name != CASH)
        whole = {**self.weights, CASH: cash} if cash > ROUNDING else self.weights
        return in_words(tuple(f"{weight * 100:g}% {name}" for name, weight in whole.items() if weight > 0))

    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002  # the weights name them
        """The names with a positive weight."""
        return tuple(name for name, weight in self.weights.items() if weight > 0 and name != CASH)

    def certain(self) -> tuple[str, ...]:
        """All of them."""
        return self.holds(())

    def ready(self, moment: Moment) -> bool:  # noqa: ARG002  # nothing is ranked
        """Always: fixed weights need no scores."""
        return True

    def allocate(self, moment: Moment) -> Allocation:  # noqa: ARG002  # fixed
        """The weights as written, CASH left out; a sum over 1 by a rounding error is scaled to 1."""
        held = self.certain()
        total = max(sum(self.weights.values()), 1.0)
        return Allocation({name: self.weights[name] / total for name in held}, held)

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names outside the universe, and weights over 100%."""
        yield from unlisted(("weights",), self.weights, (*scope.universe, CASH))
        total = sum(self.weights.values())
        if total > 1.0 + ROUNDING:
            yield Mistake((), f"the weights add up to {total * 100:g}%, over 100%")
