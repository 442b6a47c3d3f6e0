"""What a tilt cannot mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine.blocks import Mistake, unlisted


class Sides(NamedTuple):
    """Who is to have more, who less, who is named to pay, and the most that any may move."""

    over: Mapping[str, float]
    under: Mapping[str, float]
    payers: tuple[str, ...]
    most: float


def tilt_mistakes(sides: Sides, based: tuple[str, ...], universe: tuple[str, ...]) -> Iterator[Mistake]:
    """Names that cannot be held or have nothing to give, names on two sides, moves over the limit."""
    names = tuple(dict.fromkeys((*universe, *based)))
    yield from unlisted(("over",), sides.over, universe)
    yield from unlisted(("under",), sides.under, names)
    yield from unlisted(("funded_by",), sides.payers, names)
    for name in sides.under:
        if name in names and name not in based:
            yield Mistake(("under", name), f"{name!r} has no weight in the base that could be less", key=True)
    for place, name in enumerate(sides.payers):
        if name in names and name not in based:
            yield Mistake(("funded_by", place), f"{name!r} has no weight in the base to pay with")
    for name, weight in (*sides.over.items(), *sides.under.items()):
        if weight > sides.most:
            yield Mistake(("max_active",), f"{name} is to leave its base by {weight:.4g}, over max_active")
    for name in sorted({*sides.over} & {*sides.under, *sides.payers} | {*sides.under} & {*sides.payers}):
        side = "over" if name in sides.over else "under"
        yield Mistake((side, name), f"{name!r} stands on two sides of the tilt", key=True)
