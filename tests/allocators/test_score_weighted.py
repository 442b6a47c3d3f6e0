"""Parts by a score: by hand, and what keeps a signal from being one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.blocks import CalendarSignal, Moment, Scope
from strategies.allocators.score_weighted import ScoreWeighted
from strategies.signals.momentum import Momentum

UNIVERSE = ("A", "B", "C", "D")


def moment(scores: dict[str, float], priced: str = "ABCD") -> Moment:
    return Moment(UNIVERSE, frozenset(priced), {"s": scores}, ())


@pytest.mark.parametrize(
    ("fields", "scores", "expected"),
    [
        ({}, {"A": 1.0, "B": 2.0, "C": 4.0, "D": 1.0}, {"A": 0.125, "B": 0.25, "C": 0.5, "D": 0.125}),
        ({}, {"A": -1.0, "B": 3.0, "C": 1.0, "D": 0.0}, {"B": 0.75, "C": 0.25}),
        ({}, {"B": 3.0, "C": 1.0}, {"B": 0.75, "C": 0.25}),  # unknown at a later decision
        ({"of": ("C", "A")}, {"A": 0.02, "B": 9.0, "C": 0.06, "D": 9.0}, {"A": 0.25, "C": 0.75}),
        ({}, {"A": -1.0, "B": -2.0, "C": 0.0, "D": -0.5}, {}),  # all of it CASH
        ({"fallback": "A"}, {"A": -1.0, "B": -2.0, "C": 0.0, "D": -0.5}, {"A": 1.0}),
        ({"of": ("B", "C"), "fallback": "A"}, {}, {"A": 1.0}),
    ],
)
def test_by_hand(fields: dict[str, Any], scores: dict[str, float], expected: dict[str, float]) -> None:
    assert ScoreWeighted(by="s", **fields).allocate(moment(scores)).weights == pytest.approx(expected, rel=1e-15)


def test_the_first_decision_waits_for_a_price_and_a_score_of_every_name() -> None:
    whole = {"A": 1.0, "B": -2.0, "C": 4.0, "D": 1.0}
    assert ScoreWeighted(by="s").ready(moment(whole))
    assert not ScoreWeighted(by="s").ready(moment(whole, "ABC"))
    assert not ScoreWeighted(by="s").ready(moment({"A": 1.0, "B": 2.0, "C": 4.0}))
    assert ScoreWeighted(by="s", of=("A", "B", "C")).ready(moment({"A": 1.0, "B": 2.0, "C": 4.0}))


def test_what_it_may_hold_and_looks_at() -> None:
    assert ScoreWeighted(by="s", of=("B", "C"), fallback="A").holds(UNIVERSE) == ("B", "C", "A")
    assert ScoreWeighted(by="s", of=("B", "C"), fallback="A").certain() == ("A",)
    assert ScoreWeighted(by="s").holds(UNIVERSE) == UNIVERSE
    assert ScoreWeighted(by="s").certain() == ()
    assert ScoreWeighted(by="s").scores == ("s",)
    assert ScoreWeighted(by="s", of=("B", "C")).sentence() == "parts of B and C in proportion to s"


class Mondays(CalendarSignal):
    """One thing about the day."""

    kind = "condition"
    says = "a Monday"
    use: str = "mondays"

    def of_days(self, days: NDArray[np.datetime64], calendar: NDArray[np.datetime64]) -> NDArray[np.float64]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"of": ("A", "Z")}, "unknown name in the universe 'Z'"),
        ({"of": ("A", "B", "A")}, "'A' is listed twice"),
        ({"fallback": "Z"}, "unknown name in the universe 'Z'"),
        ({"by": "t"}, "unknown signal 't'"),
        ({"by": "one"}, "'one' speaks of 'A' alone; a score needs a list in `of`, or no `of`"),
        ({"by": "day"}, "'day' says one thing of the market; a score needs a value for each series"),
        ({"by": "some"}, "the signal 'some' does not cover C, D"),
        ({"by": "some", "of": ("A", "B"), "fallback": "D"}, None),
        ({}, None),
    ],
)
def test_mistakes(fields: dict[str, Any], said: str | None) -> None:
    signals = {
        "s": Momentum(lookback=2),
        "one": Momentum(lookback=2, of="A"),
        "some": Momentum(lookback=2, of=("A", "B")),
        "day": Mondays(),
    }
    found = list(ScoreWeighted(**{"by": "s", **fields}).mistakes(Scope(UNIVERSE, signals)))
    assert [mistake.message.startswith(said or "?") for mistake in found] == ([True] if said else [])
