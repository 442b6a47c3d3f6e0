"""Rule states, worked by hand: one letter per decision session, T true, f false, ? unknown; # on, . off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.config.settings import Rule
from engine.plan.rules import Truths, rule_states, winners
from strategies.allocators.fixed import Fixed


def rule(**fields: Any) -> Rule:
    return Rule.model_construct(name="r", when="w", exit=None, hold=Fixed(weights={"CASH": 1.0}), **fields)


def states(when: str, leave: str | None, **fields: Any) -> str:
    counts = {"confirm": 1, "min_hold": 0, "cool_down": 0, **fields}
    truths = Truths(
        np.array([letter == "T" for letter in when]),
        None if leave is None else np.array([letter == "T" for letter in leave]),
    )
    return "".join("#" if on else "." for on in rule_states(rule(**counts), truths, len(when)))


@pytest.mark.parametrize(
    ("when", "leave", "counts", "expected"),
    [
        # without an exit the rule follows `when`; unknown is not true
        ("TTfT?T", None, {}, "##.#.#"),
        # an exit keeps it on until the exit is true, and an exit that is true now keeps it from turning on
        ("TfffTT", "ffTfTf", {}, "##...#"),
        # at most one change a session: it cannot leave and come back on the same one
        ("TTTT", "fTfT", {}, "#.#."),
        # confirm counts decisions in a row, and counts on while the rule is on
        ("TTfTTT", None, {"confirm": 2}, ".#..##"),
        ("TTTT", "ffTf", {"confirm": 3}, "...#"),
        # min_hold: on at session 1, may leave at 1 + 3 = 4
        ("fTfffff", None, {"min_hold": 3}, ".###..."),
        # min_hold with an exit that is true only while it may not leave: it stays on
        ("Tffffff", "fTTffff", {"min_hold": 3}, "#######"),
        # cool_down: off at session 2, may return at 2 + 3 = 5
        ("TTfTTTT", None, {"cool_down": 3}, "##...##"),
        # no cool-down before the first time off
        ("fT", None, {"cool_down": 9}, ".#"),
        # confirm and cool_down together: off at 1, `when` true again from 2, confirmed at 3, cooled down at 4
        ("TfTTTT", None, {"confirm": 1, "cool_down": 3}, "#...##"),
        ("TTfTTTT", None, {"confirm": 2, "cool_down": 1}, ".#..###"),
        # min_hold and cool_down overlapping with an exit
        ("TTTTTTTT", "fTTfffTf", {"min_hold": 2, "cool_down": 2}, "##..##.."),
    ],
)
def test_by_hand(when: str, leave: str | None, counts: dict[str, int], expected: str) -> None:
    assert states(when, leave, **counts) == expected


def test_a_rule_without_when_is_always_on() -> None:
    assert rule_states(rule(confirm=1, min_hold=0, cool_down=0), None, 3).all()


def test_the_first_rule_that_is_on_wins() -> None:
    first, second = np.array([False, True, False]), np.array([True, True, False])
    assert winners([first, second]).tolist() == [1, 0, -1]
