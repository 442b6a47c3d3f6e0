"""The best few: ranks, ties, buffer and fallback, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blocks import Moment, Scope
from strategies.allocators.top import Top
from strategies.signals.momentum import Momentum

UNIVERSE = ("A", "B", "C", "D")


def moment(scores: dict[str, float], chosen: tuple[str, ...] = (), priced: str = "ABCD") -> Moment:
    return Moment(UNIVERSE, frozenset(priced), {"s": scores}, chosen)


def weights(
    scores: dict[str, float], chosen: tuple[str, ...] = (), priced: str = "ABCD", **fields: Any
) -> dict[str, float]:
    return dict(Top(by="s", **{"n": 2, **fields}).allocate(moment(scores, chosen, priced)).weights)


SCORES = {"A": 1.0, "B": 3.0, "C": 2.0, "D": 2.0}


@pytest.mark.parametrize(
    ("fields", "chosen", "expected"),
    [
        ({}, (), {"B": 0.5, "C": 0.5}),  # C and D tie: universe order
        ({"n": 3}, (), {"B": 1 / 3, "C": 1 / 3, "D": 1 / 3}),
        ({"of": ("D", "C", "A")}, (), {"C": 0.5, "D": 0.5}),  # ties by the universe's order, not the list's
        ({"buffer": 1}, ("D",), {"D": 0.5, "B": 0.5}),  # D is third, within 2 + 1
        ({"buffer": 1}, ("A",), {"B": 0.5, "C": 0.5}),  # A is fourth
        ({"buffer": 2}, ("A", "D"), {"D": 0.5, "A": 0.5}),
        ({"min_score": 2.5}, (), {"B": 0.5}),  # the other half is CASH
        ({"min_score": 2.5, "fallback": "A"}, (), {"B": 0.5, "A": 0.5}),
        ({"min_score": 2.5, "fallback": "B"}, (), {"B": 1.0}),
        ({"min_score": 9.0}, ("B",), {}),
    ],
)
def test_by_hand(fields: dict[str, Any], chosen: tuple[str, ...], expected: dict[str, float]) -> None:
    assert weights(SCORES, chosen, **fields) == pytest.approx(expected)


def test_a_candidate_needs_a_price_and_a_score() -> None:
    assert weights(SCORES, priced="ACD") == {"C": 0.5, "D": 0.5}
    assert weights({"A": 1.0, "D": 0.5}) == {"A": 0.5, "D": 0.5}
    assert not Top(by="s", n=2).ready(moment({"B": 1.0, "A": 2.0}, priced="BCD"))
    assert Top(by="s", n=2).ready(moment({"B": 1.0, "C": 2.0}, priced="BCD"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"of": ("A", "Z")}, "unknown name in the universe 'Z'"),
        ({"of": ("A", "B", "A")}, "'A' is listed twice"),
        ({"fallback": "Z"}, "unknown name in the universe 'Z'"),
        ({"n": 5}, "n is 5 but there are only 4 candidates"),
        ({"by": "t"}, "unknown signal 't'"),
        ({"by": "one"}, "'one' speaks of 'A' alone"),
        ({"by": "some"}, "the signal 'some' does not cover C, D"),
        ({"by": "some", "of": ("A", "B")}, None),
        ({}, None),
    ],
)
def test_mistakes(fields: dict[str, Any], said: str | None) -> None:
    signals = {
        "s": Momentum(lookback=2),
        "one": Momentum(lookback=2, of="A"),
        "some": Momentum(lookback=2, of=("A", "B")),
    }
    found = list(Top(**{"by": "s", "n": 2, **fields}).mistakes(Scope(UNIVERSE, signals)))
    assert [mistake.message.startswith(said or "?") for mistake in found] == ([True] if said else [])
