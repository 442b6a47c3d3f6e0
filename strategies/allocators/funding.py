"""How active weights are paid for: amounts spread over names in proportion, each only as far as it has room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
