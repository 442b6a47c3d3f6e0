"""Equal parts."""

from __future__ import annotations

import pytest

from engine.blocks import Moment
from strategies.allocators.equal import Equal

UNIVERSE = ("A", "B", "C", "D")


@pytest.mark.parametrize(
    ("of", "priced", "expected"),
    [
        (None, "ABCD", {"A": 0.25, "B": 0.25, "C": 0.25, "D": 0.25}),
        (("D", "B"), "ABCD", {"D": 0.5, "B": 0.5}),
        (("D", "B"), "ABC", {"B": 1.0}),
        (("D",), "ABC", {}),  # CASH
    ],
)
def test_by_hand(of: tuple[str, ...] | None, priced: str, expected: dict[str, float]) -> None:
    assert Equal(of=of).allocate(Moment(UNIVERSE, frozenset(priced), {}, ())).weights == expected


def test_the_first_decision_waits_for_every_price() -> None:
    assert not Equal().ready(Moment(UNIVERSE, frozenset("ABC"), {}, ()))
    assert Equal(of=("A", "C")).ready(Moment(UNIVERSE, frozenset("ABC"), {}, ()))


def test_what_it_says() -> None:
    assert Equal(of=("A", "C")).sentence() == "equal parts of A and C"
