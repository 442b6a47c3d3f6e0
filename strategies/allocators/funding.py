"""How active weights are paid for: amounts spread over names in proportion, each only as far as it has room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.errors import StrategyError

TINY = 1e-12


def spread(amount: float, parts: Mapping[str, float], room: Mapping[str, float]) -> dict[str, float]:
    """`amount` over the names of `parts` in their proportion, none beyond its room; less when there is no room left."""
    given = dict.fromkeys(parts, 0.0)
    left, open_names = amount, [name for name, part in parts.items() if part > 0.0]
    while left > TINY and open_names:
        total = sum(parts[name] for name in open_names)
        steps = {name: min(left * parts[name] / total, room[name] - given[name]) for name in open_names}
        for name, step in steps.items():
            given[name] += step
        left = amount - sum(given.values())
        open_names = [name for name in open_names if room[name] - given[name] > TINY]
    return given


class Bounds(NamedTuple):
    """Names with a tilt of their own, and the most that any name may leave its base by."""

    tilted: tuple[str, ...]
    most: float


def tilted(
    base: Mapping[str, float], wanted: Mapping[str, float], funders: Iterable[str], most: float
) -> tuple[dict[str, float], float]:
    """Weights after the `wanted` changes, and how much of them nobody could pay for or take.

    Overweights are paid by the funders in proportion to their base weights, underweights paid out to them alike; a
    funder moves at most `most` from its base and never below zero.
    """
    weights = {name: base.get(name, 0.0) + change for name, change in wanted.items()}
    parts = {name: base[name] for name in funders if base.get(name, 0.0) > 0.0 and name not in wanted}
    net = sum(wanted.values())
    room = {name: min(part, most) if net > 0.0 else most for name, part in parts.items()}
    paid = spread(abs(net), parts, room)
    sign = -1.0 if net > 0.0 else 1.0
    rest = {name: weight + sign * paid.get(name, 0.0) for name, weight in base.items() if name not in wanted}
    return {**rest, **weights}, abs(net) - sum(paid.values())


def funded(
    base: Mapping[str, float], wanted: Mapping[str, float], funders: Iterable[str], most: float
) -> dict[str, float]:
    """`tilted`, where what nobody can take stays CASH and what nobody can pay raises StrategyError."""
    funders = tuple(funders)
    weights, unpaid = tilted(base, wanted, funders, most)
    if unpaid > TINY and sum(wanted.values()) > 0.0:
        payers = ", ".join(name for name in funders if name not in wanted) or "anyone"
        limit = f" or moves by over {most:.4g} (max_active)" if most < 1.0 else ""
        raise StrategyError(
            f"{unpaid:.2%} of the overweights cannot be paid for by {payers}: none goes below zero{limit}"
        )
    return weights


def grouped(
    weights: Mapping[str, float],
    base: Mapping[str, float],
    limits: Mapping[str, tuple[tuple[str, ...], float]],
    bounds: Bounds,
) -> dict[str, float]:
    """Weights with every group cut to its limit; names with a tilt of their own take nothing of what is cut.

    Raises StrategyError where a group cannot be cut because none of its names may move so far.
    """
    tied = {*bounds.tilted, *(name for names, _ in limits.values() for name in names)}
    after = dict(weights)
    for key, (names, most) in limits.items():
        lowest = {name: max(base.get(name, 0.0) - bounds.most, 0.0) for name in names if name in after}
        down = {name: after[name] - least for name, least in lowest.items()}
        up = {name: base[name] + bounds.most - weight for name, weight in after.items() if name not in tied}
        after, left = capped(after, most, down, up)
        if left > TINY:
            raise StrategyError(
                f"the group {key!r} cannot be cut to {most:.4g}: it stays {left:.2%} above, because no name moves by "
                f"over {bounds.most:.4g} (max_active)"
            )
    return after


def capped(
    weights: Mapping[str, float], most: float, group: Mapping[str, float], free: Mapping[str, float]
) -> tuple[dict[str, float], float]:
    """Weights with those of a group cut to `most` in all, and how much of that no name of it could give up.

    `group` and `free` say how far each name may go, down and up; both move in proportion to their weights. What the
    free names cannot take goes to CASH.
    """
    excess = max(sum(weights[name] for name in group) - most, 0.0)
    cut = spread(excess, {name: weights[name] for name in group}, group)
    taken = sum(cut.values())
    given = spread(taken, {name: weights[name] for name in free}, free)
    after = {name: weight - cut.get(name, 0.0) + given.get(name, 0.0) for name, weight in weights.items()}
    return after, excess - taken
