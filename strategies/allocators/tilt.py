"""Active weights around a base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.blocks import (
    Allocation,
    Allocator,
    Mistake,
    Moment,
    Names,
    Scope,
    SeriesName,
    Text,
    Weight,
    register,
    unlisted,
)
from engine.market.keys import SeriesKey
from strategies.allocators.bases import base_mistakes, base_names, base_reads, base_weights
from strategies.allocators.funding import TINY, Bounds, funded, grouped
from strategies.allocators.sides import Sides, tilt_mistakes

Amounts = dict[SeriesName, Weight]
WORDS = {"benchmark_sectors": "the Nifty 50's sectors", "equal": "equal parts"}


class Group(BaseModel):
    """Names that together stay under a limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Annotated[Names, Field(description="the names of the group")]
    most: Annotated[Weight, Field(description="the largest weight of all of them, a fraction or per cent")]


@register
class Tilt(Allocator):
    """Over- and underweights around a base, paid for by the other names of it.

    `benchmark_sectors` are the Nifty 50's sectors at the latest month end known by then: each in the index of the
    fact file, those without one in NIFTY 50. An underweight stops at zero. What is over or under is paid by, or to,
    `funded_by` in proportion to base weights. What a group is cut by goes to names without a tilt or a group, in
    proportion to their weights. Grinold and Kahn (2000), "Active Portfolio Management", chapter 1.
    """

    says: ClassVar[str] = "the weights of {base}"
    use: Literal["tilt"] = "tilt"
    base: Annotated[Literal["benchmark_sectors", "equal"] | Amounts, Field(description="weights to start from")]
    over: Annotated[Amounts, Field(default_factory=dict, description="points of weight added, by name")]
    under: Annotated[Amounts, Field(default_factory=dict, description="points of weight taken away, by name")]
    funded_by: Annotated[Literal["pro_rata"] | Names, Field(description="who pays: all others, or these")] = "pro_rata"
    max_active: Annotated[Weight, Field(gt=0, description="the most that a weight may leave its base by")] = 1.0
    groups: Annotated[dict[Text, Group], Field(default_factory=dict, description="groups of names with a limit")]

    def sentence(self) -> str:
        """The base, what is over and under, and who pays."""
        base = WORDS.get(str(self.base), "fixed weights")
        moves = [f"{weight * 100:g}% more {name}" for name, weight in self.over.items()]
        moves += [f"{weight * 100:g}% less {name}" for name, weight in self.under.items()]
        payers = ", ".join(self.payers) or "all others in proportion"
        return f"{base} with {', '.join(moves) or 'no tilt'}, paid by {payers}"

    @property
    def payers(self) -> tuple[str, ...]:
        """Those named to pay; none are named when all others do."""
        return self.funded_by if isinstance(self.funded_by, tuple) else ()

    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """The base's names, and what is put over it."""
        return tuple(dict.fromkeys((*base_names(self.base, universe), *self.over)))

    def certain(self) -> tuple[str, ...]:
        """What is put over the base."""
        return tuple(self.over)

    def reads(self) -> frozenset[SeriesKey]:
        """The benchmark's sector weights, where they are the base."""
        return base_reads(self.base)

    def ready(self, moment: Moment) -> bool:
        """The base is known and all of it has a price."""
        base = base_weights(self.base, moment)
        names = moment.universe if self.base == "equal" else base or ()
        return bool(base) and set(names) <= moment.priced

    def allocate(self, moment: Moment) -> Allocation:
        """The tilted weights. Raises StrategyError where nobody can pay or the limits contradict each other."""
        base = base_weights(self.base, moment) or {}
        wanted = dict(self.over) | {name: -min(less, base.get(name, 0.0)) for name, less in self.under.items()}
        weights = funded(base, wanted, self.payers or tuple(base), self.max_active)
        limits = {key: (group.of, group.most) for key, group in self.groups.items()}
        weights = grouped(weights, base, limits, Bounds(tuple(wanted), self.max_active))
        return Allocation({name: weight for name, weight in weights.items() if weight > TINY}, tuple(weights))

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names that cannot be held, the same one over and under, limits that cannot be kept."""
        sides = Sides(self.over, self.under, self.payers, self.max_active)
        based = base_names(self.base, scope.universe)
        yield from tilt_mistakes(sides, based, scope.universe)
        if isinstance(self.base, dict):
            yield from base_mistakes(self.base, scope.universe)
        for key, group in self.groups.items():
            yield from unlisted(("groups", key, "of"), group.of, (*scope.universe, *based))
