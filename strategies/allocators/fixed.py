"""Fixed weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from engine.blocks import Allocation, Allocator, Mistake, Moment, Scope, Text, Weight, register
from engine.errors import unknown
from engine.market.keys import CASH

ROUNDING = 1e-9


@register
class Fixed(Allocator):
    """The same weights at every decision; what is missing to 100% is CASH."""

    use: Literal["fixed"] = "fixed"
    weights: Annotated[dict[Text, Weight], Field(min_length=1, description="fraction or per cent of value by name")]

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
        for name in self.weights:
            if name not in (*scope.universe, CASH):
                yield Mistake(
                    ("weights", name), unknown("name in the universe", name, (*scope.universe, CASH)), key=True
                )
        total = sum(self.weights.values())
        if total > 1.0 + ROUNDING:
            yield Mistake((), f"the weights add up to {total * 100:g}%, over 100%")
