"""Active weights around a base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from engine.errors import StrategyError
from engine.market.keys import CASH, SeriesKey
from strategies.allocators.bases import base_names, base_reads, base_weights
from strategies.allocators.funding import TINY, capped, tilted

Amounts = dict[SeriesName, Weight]


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
        base = {"benchmark_sectors": "the Nifty 50's sectors", "equal": "equal parts"}.get(
            str(self.base), "fixed weights"
        )
        moves = [f"{weight * 100:g}% more {name}" for name, weight in self.over.items()]
        moves += [f"{weight * 100:g}% less {name}" for name, weight in self.under.items()]
        payers = "all others in proportion" if self.funded_by == "pro_rata" else ", ".join(self.funded_by)
        return f"{base} with {', '.join(moves) or 'no tilt'}, paid by {payers}"

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
        funders = tuple(base) if self.funded_by == "pro_rata" else self.funded_by
        weights, unpaid = tilted(base, wanted, funders, self.max_active)
        if unpaid > TINY and sum(wanted.values()) > 0.0:
            payers = ", ".join(name for name in funders if name not in wanted) or "anyone"
            limit = f" or moves by over {self.max_active:.4g} (max_active)" if self.max_active < 1.0 else ""
            raise StrategyError(
                f"{unpaid:.2%} of the overweights cannot be paid for by {payers}: none goes below zero{limit}"
            )
        weights = self._grouped(weights, base, wanted)
        return Allocation({name: weight for name, weight in weights.items() if weight > TINY}, tuple(weights))

    def _grouped(
        self, weights: dict[str, float], base: Mapping[str, float], wanted: Mapping[str, float]
    ) -> dict[str, float]:
        """Weights with every group cut to its limit; names with a tilt of their own take nothing of what is cut."""
        tied = {*wanted, *(name for group in self.groups.values() for name in group.of)}
        for key, group in self.groups.items():
            lowest = {name: max(base.get(name, 0.0) - self.max_active, 0.0) for name in group.of if name in weights}
            down = {name: weights[name] - least for name, least in lowest.items()}
            up = {name: base[name] + self.max_active - weight for name, weight in weights.items() if name not in tied}
            weights, left = capped(weights, group.most, down, up)
            if left > TINY:
                raise StrategyError(
                    f"the group {key!r} cannot be cut to {group.most:.4g}: it stays {left:.2%} above, because no name "
                    f"moves by over {self.max_active:.4g} (max_active)"
                )
        return weights

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names that cannot be held, the same one over and under, limits that cannot be kept."""
        based = base_names(self.base, scope.universe)
        names = tuple(dict.fromkeys((*scope.universe, *based)))
        payers = self.funded_by if isinstance(self.funded_by, tuple) else ()
        yield from unlisted(("over",), self.over, scope.universe)
        yield from unlisted(("under",), self.under, names)
        yield from unlisted(("base",), self.base if isinstance(self.base, dict) else (), (*scope.universe, CASH))
        yield from unlisted(("funded_by",), payers, names)
        for name in self.under:
            if name in names and name not in based:
                yield Mistake(("under", name), f"{name!r} has no weight in the base that could be less", key=True)
        for place, name in enumerate(payers):
            if name in names and name not in based:
                yield Mistake(("funded_by", place), f"{name!r} has no weight in the base to pay with")
        for key, group in self.groups.items():
            yield from unlisted(("groups", key, "of"), group.of, names)
        for name, weight in (*self.over.items(), *self.under.items()):
            if weight > self.max_active:
                yield Mistake(("max_active",), f"{name} is to leave its base by {weight:.4g}, over max_active")
        for name in sorted({*self.over} & {*self.under, *payers} | {*self.under} & {*payers}):
            yield Mistake(
                ("over" if name in self.over else "under", name), f"{name!r} stands on two sides of the tilt", key=True
            )
        if isinstance(self.base, dict) and sum(self.base.values()) > 1.0 + 1e-9:
            yield Mistake(("base",), f"the weights add up to {sum(self.base.values()) * 100:g}%, over 100%")
