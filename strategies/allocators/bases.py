"""The weights that a tilt starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from engine.blocks import Mistake, Moment, unlisted
from engine.market.keys import CASH, SeriesKey
from engine.market.registry import benchmark_sectors

Base = Literal["benchmark_sectors", "equal"] | Mapping[str, float]

ROUNDING = 1e-9
BENCHMARK = "NIFTY 50"  # whose sectors they are; it also stands for those without an index


def base_names(base: Base, universe: tuple[str, ...]) -> tuple[str, ...]:
    """Every name that can have a base weight, CASH left out."""
    if base == "benchmark_sectors":
        return (*(index for index in benchmark_sectors().values() if index), BENCHMARK)
    return universe if base == "equal" else tuple(name for name in base if name != CASH)


def base_reads(base: Base) -> frozenset[SeriesKey]:
    """The weights of sectors that have an index."""
    sectors = benchmark_sectors() if base == "benchmark_sectors" else {}
    return frozenset(SeriesKey(sector, "weight") for sector, index in sectors.items() if index)


def base_weights(base: Base, moment: Moment) -> dict[str, float] | None:
    """Weights by name at a decision close; None while none has been published. `equal` is over names with a price.

    Weights that add up to more than 1, by rounding, are scaled to 1.
    """
    if base == "equal":
        names = [name for name in moment.universe if name in moment.priced]
        return {name: 1.0 / len(names) for name in names}
    if base != "benchmark_sectors":
        whole = max(sum(base.values()), 1.0)
        return {name: weight / whole for name, weight in base.items() if name != CASH and weight > 0}
    weights: dict[str, float] = {}
    for sector, index in benchmark_sectors().items():
        published = moment.past.latest(SeriesKey(sector, "weight")) if index and moment.past else 0.0
        if published is None:
            return None
        if index and published:
            weights[index] = weights.get(index, 0.0) + published / 100.0
    total = sum(weights.values())
    scaled = {name: weight / max(total, 1.0) for name, weight in weights.items()}
    return {**scaled, BENCHMARK: max(1.0 - total, 0.0)}


def base_mistakes(base: Mapping[str, float], universe: tuple[str, ...]) -> Iterator[Mistake]:
    """Names of a written base that cannot be held, and weights over 100%."""
    yield from unlisted(("base",), base, (*universe, CASH))
    if sum(base.values()) > 1.0 + ROUNDING:
        yield Mistake(("base",), f"the weights add up to {sum(base.values()) * 100:g}%, over 100%")
