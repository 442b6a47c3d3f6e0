"""Who pays for an active weight: water-filling by hand, and against a search for the water level."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.allocators.funding import capped, spread, tilted


@pytest.mark.parametrize(
    ("amount", "parts", "room", "expected"),
    [
        # 2 to 1, and both have the room
        (0.3, {"A": 2.0, "B": 1.0}, {"A": 1.0, "B": 1.0}, {"A": 0.2, "B": 0.1}),
        # A takes 0.1 of its 0.2, B the rest
        (0.3, {"A": 2.0, "B": 1.0}, {"A": 0.1, "B": 1.0}, {"A": 0.1, "B": 0.2}),
        # 0.35 as 4 to 2 to 1 is 0.2, 0.1, 0.05; A stops at 0.08 and leaves 0.12, of which B has 0.08 and C 0.04; B
        # stops at 0.15 with 0.03 more to give, so C has 0.05 + 0.04 + 0.03
        (0.35, {"A": 4.0, "B": 2.0, "C": 1.0}, {"A": 0.08, "B": 0.15, "C": 1.0}, {"A": 0.08, "B": 0.15, "C": 0.12}),
        # less when there is no room left
        (0.5, {"A": 1.0, "B": 1.0}, {"A": 0.1, "B": 0.2}, {"A": 0.1, "B": 0.2}),
        (0.5, {"A": 1.0, "B": 0.0}, {"A": 0.1, "B": 0.2}, {"A": 0.1, "B": 0.0}),  # no part, no payment
        (0.5, {}, {}, {}),
        (0.0, {"A": 1.0}, {"A": 1.0}, {"A": 0.0}),
        (0.2, {"A": 1.0, "B": 1.0}, {"A": 0.0, "B": 1.0}, {"A": 0.0, "B": 0.2}),
    ],
)
def test_spread_by_hand(
    amount: float, parts: dict[str, float], room: dict[str, float], expected: dict[str, float]
) -> None:
    assert spread(amount, parts, room) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(40))
def test_spread_against_the_water_level(seed: int) -> None:
    """given = min(room, level x part) for one level, found here by bisection instead of by rounds."""
    draws = np.random.default_rng(seed)
    names = "ABCDEFG"
    parts = dict(zip(names, draws.random(7) * draws.integers(0, 2, 7), strict=True))
    room = dict(zip(names, draws.random(7) * 0.3, strict=True))
    amount = float(draws.random() * 1.5)
    low, high = 0.0, 1e9
    for _ in range(200):
        level = (low + high) / 2.0
        full = sum(min(room[name], level * parts[name]) for name in names) >= amount
        low, high = (low, level) if full else (level, high)
    expected = {name: min(room[name], high * parts[name]) for name in names}
    assert spread(amount, parts, room) == pytest.approx(expected, abs=1e-6)


BASE = {"A": 0.5, "B": 0.3, "C": 0.2}


@pytest.mark.parametrize(
    ("wanted", "funders", "most", "expected", "unpaid"),
    [
        # 0.1 for D, paid 5 to 3 to 2
        ({"D": 0.1}, "ABC", 1.0, {"A": 0.45, "B": 0.27, "C": 0.18, "D": 0.1}, 0.0),
        # 0.08 for A, paid by B and C 3 to 2; A does not pay for itself
        ({"A": 0.08}, "ABC", 1.0, {"A": 0.58, "B": 0.252, "C": 0.168}, 0.0),
        # what one gives the other gets: nobody else moves
        ({"A": -0.1, "D": 0.1}, "ABC", 1.0, {"A": 0.4, "B": 0.3, "C": 0.2, "D": 0.1}, 0.0),
        # 0.05 less is paid out to B and C, 3 to 2
        ({"A": -0.05}, "ABC", 1.0, {"A": 0.45, "B": 0.33, "C": 0.22}, 0.0),
        # only C pays, to nothing, and 0.05 is left over
        ({"D": 0.25}, "C", 1.0, {"A": 0.5, "B": 0.3, "C": 0.0, "D": 0.25}, 0.05),
        # nobody moves by over 0.06: of 0.15, A would pay 0.075, pays 0.06; B and C pay 0.09 as 3 to 2
        ({"D": 0.15}, "ABC", 0.06, {"A": 0.44, "B": 0.246, "C": 0.164, "D": 0.15}, 0.0),
        ({"D": 0.15}, "ABC", 0.04, {"A": 0.46, "B": 0.26, "C": 0.16, "D": 0.15}, 0.03),
        # the same upwards: B and C take 0.04 each of the 0.1 that leaves A
        ({"A": -0.1}, "ABC", 0.04, {"A": 0.4, "B": 0.34, "C": 0.24}, 0.02),
        # a funder without a base weight has nothing to pay with
        ({"D": 0.1}, "E", 1.0, {"A": 0.5, "B": 0.3, "C": 0.2, "D": 0.1}, 0.1),
        ({}, "ABC", 1.0, BASE, 0.0),
    ],
)
def test_tilted_by_hand(
    wanted: dict[str, float], funders: str, most: float, expected: dict[str, float], unpaid: float
) -> None:
    weights, left = tilted(BASE, wanted, funders, most)
    assert weights == pytest.approx(expected, abs=1e-12)
    assert left == pytest.approx(unpaid, abs=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_no_weight_appears_or_vanishes(seed: int) -> None:
    """The identity: the whole is what it was, but for what nobody paid for or took."""
    draws = np.random.default_rng(seed)
    base = dict(zip("ABCDE", draws.dirichlet(np.ones(5)) * draws.choice([0.8, 1.0]), strict=True))
    wanted = {"F": draws.random() * 0.4, "A": draws.random() * 0.2, "B": -base["B"] * draws.random()}
    net = sum(wanted.values())
    weights, left = tilted(base, wanted, base, draws.choice([0.05, 0.2, 1.0]))
    assert sum(weights.values()) == pytest.approx(sum(base.values()) + (left if net > 0 else -left), abs=1e-12)
    assert min(weights.values()) >= -1e-15


@pytest.mark.parametrize(
    ("most", "group", "free", "expected", "left"),
    [
        # A and B have 0.8; 0.2 is cut 5 to 3 and goes to C
        (0.6, {"A": 0.5, "B": 0.3}, {"C": 1.0}, {"A": 0.375, "B": 0.225, "C": 0.4}, 0.0),
        (0.8, {"A": 0.5, "B": 0.3}, {"C": 1.0}, BASE, 0.0),  # at the limit is not above it
        (0.6, {"A": 0.5, "B": 0.3}, {}, {"A": 0.375, "B": 0.225, "C": 0.2}, 0.0),  # nobody takes it: CASH
        (0.6, {"A": 0.5, "B": 0.3}, {"C": 0.05}, {"A": 0.375, "B": 0.225, "C": 0.25}, 0.0),  # 0.15 of it to CASH
        # A may fall by 0.1 (of its 0.125), B gives the other 0.1
        (0.6, {"A": 0.1, "B": 0.3}, {"C": 1.0}, {"A": 0.4, "B": 0.2, "C": 0.4}, 0.0),
        (0.6, {"A": 0.1, "B": 0.05}, {"C": 1.0}, {"A": 0.4, "B": 0.25, "C": 0.35}, 0.05),
        (0.0, {"A": 0.5, "B": 0.3}, {"C": 1.0}, {"A": 0.0, "B": 0.0, "C": 1.0}, 0.0),
    ],
)
def test_capped_by_hand(
    most: float, group: dict[str, float], free: dict[str, float], expected: dict[str, float], left: float
) -> None:
    weights, over = capped(BASE, most, group, free)
    assert weights == pytest.approx(expected, abs=1e-12)
    assert over == pytest.approx(left, abs=1e-12)


def test_nothing_that_was_given_is_changed() -> None:
    base, wanted = dict(BASE), {"A": -0.1, "D": 0.2}
    tilted(base, wanted, base, 0.1)
    capped(base, 0.1, {"A": 0.5}, {"B": 1.0})
    assert base == BASE
    assert wanted == {"A": -0.1, "D": 0.2}
