"""Less is held when the paper portfolio was rough: scales worked by hand, and the wait for the first window."""

from __future__ import annotations

import math
import statistics
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engine.blocks import Paper
from engine.plan.plan import Plan, make_plan
from engine.plan.schedule import decision_sessions
from strategies.overlays.target_volatility import TargetVolatility
from tests.markets import config_of, engine_market, history, strategy, weekdays


def adjusted(rows: list[list[float]], returns: list[float], decisions: list[int], **fields: Any) -> list[list[float]]:
    made = TargetVolatility(**{"window": 2, "sessions_per_year": 200, **fields})
    nav = np.full(len(returns), np.nan)  # this overlay looks at returns alone
    names = tuple("ABCD"[: len(rows[0])])
    after: list[list[float]] = made.adjust(
        Paper(names, np.array(decisions), np.array(rows), nav, np.array(returns))
    ).tolist()
    return after


# 1% and -1% have a mean of 0 and a deviation (n - 1) of sqrt(0.0002); times sqrt(200) that is 0.2 a year.
ROUGH = [math.nan, 0.01, -0.01]


@pytest.mark.parametrize(
    ("row", "fields", "expected"),
    [
        ([0.6, 0.4], {"target": 0.1}, [0.3, 0.2]),  # 0.1 / 0.2 is a half
        ([0.6, 0.4], {"target": 0.2}, [0.6, 0.4]),
        ([0.6, 0.4], {"target": 0.4}, [0.6, 0.4]),  # never twice the money
        ([0.6, 0.2], {"target": 0.4}, [0.6, 0.2]),  # nor is CASH put to work
        ([0.0, 0.0], {"target": 0.1}, [0.0, 0.0]),
        ([0.6, 0.4], {"target": 0.4, "cap": 0.8}, [0.48, 0.32]),  # quiet, but at most 80% of the whole
        ([0.6, 0.4], {"target": 0.1, "cap": 0.8}, [0.3, 0.2]),  # half is under the cap: scaled once, not twice
        ([0.6, 0.4], {"target": 0.1, "cap": 0.4}, [0.24, 0.16]),
        ([0.3, 0.2], {"target": 0.4, "cap": 0.8}, [0.3, 0.2]),  # the cap is of the whole, not of what was invested
    ],
)
def test_by_hand(row: list[float], fields: dict[str, Any], expected: list[float]) -> None:
    assert adjusted([row], ROUGH, [2], **fields)[0] == pytest.approx(expected)


def test_each_decision_has_the_window_that_ends_at_its_close() -> None:
    # windows of two: (1%, -1%) 0.2 a year, (-1%, -1%) 0, (-1%, 3%) sqrt(2 x 0.02^2 x 200) = 0.4, (3%, -3%) 0.6
    returns = [math.nan, 0.01, -0.01, -0.01, 0.03, -0.03]
    after = adjusted([[1.0]] * 4, returns, [2, 3, 4, 5], target=0.1)
    assert [row[0] for row in after] == pytest.approx([0.5, 1.0, 0.25, 1.0 / 6.0])


def test_a_portfolio_that_never_moved_is_held_whole() -> None:
    assert adjusted([[0.7]], [math.nan, 0.0, 0.0], [2], target=0.1) == [[0.7]]


@pytest.mark.parametrize(
    "fields",
    [{}, {"target": 0}, {"target": 15}, {"target": 0.1, "window": 1}, {"target": 0.1, "cap": 0}, {"target": "60"}],
)
def test_what_cannot_be_meant(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TargetVolatility.model_validate({"use": "target_volatility", **fields})


def test_the_sentence() -> None:
    said = TargetVolatility(target=0.12, cap=0.9).sentence()
    assert said == "scaled to a volatility of 12% a year from 60 sessions, at most 90% invested"


DAYS = weekdays(date(2020, 6, 1), 12)
CLOSES = {
    "A": [100.0, 102.0, 99.0, 103.0, 101.0, 104.0, 100.0, 105.0, 99.0, 106.0, 98.0, 107.0],
    "B": [50.0, 50.5, 51.0, 49.0, 49.5, 50.0, 52.0, 51.0, 53.0, 50.0, 54.0, 49.0],
}
TWO = {"benchmark": "A", "universe": ["A", "B"]}


def planned(plain: dict[str, Any], b_from: int = 0) -> Plan:
    histories = {"A": history(DAYS, CLOSES["A"]), "B": history(DAYS[b_from:], CLOSES["B"][b_from:])}
    market = engine_market("A", histories)
    config = config_of(plain)
    return make_plan(config, market, decision_sessions(market, config.schedule))


def target(window: int, **fields: Any) -> dict[str, Any]:
    return {"use": "target_volatility", "target": "10%", "window": window, "sessions_per_year": 240, **fields}


def test_a_plan_scales_by_the_unscaled_portfolio_from_before_the_first_decision_on() -> None:
    plan = planned(strategy(market=TWO, rules=[{"name": "r", "hold": {"A": 0.6, "B": 0.4}}], overlays=[target(3)]))
    assert plan.decisions.tolist() == list(range(3, 12))  # three returns need four closes
    moves = {name: [b / a - 1.0 for a, b in pairwise(closes)] for name, closes in CLOSES.items()}
    mixed = [0.6 * a + 0.4 * b for a, b in zip(moves["A"], moves["B"], strict=True)]  # decided, so reset, daily
    for place, session in enumerate(range(3, 12)):
        risk = statistics.stdev(mixed[session - 3 : session]) * math.sqrt(240)
        assert plan.weights[place] == pytest.approx([0.6 * 0.1 / risk, 0.4 * 0.1 / risk])
    assert plan.notes[0].startswith("the first decision is on 2020-06-04: on 2020-06-03 ")
    assert "overlays" in plan.notes[0]


def test_the_first_decision_waits_for_a_window_of_every_name_it_holds() -> None:
    both = [{"name": "r", "hold": {"A": 0.6, "B": 0.4}}]
    assert planned(strategy(market=TWO, rules=both, overlays=[target(3)]), b_from=2).decisions[0] == 5
    only = [{"name": "r", "hold": {"A": 1}}]
    assert planned(strategy(market=TWO, rules=only, overlays=[target(3)]), b_from=2).decisions[0] == 3
    # the longest of several overlays counts
    assert planned(strategy(rules=only, overlays=[target(2), target(6), target(4)])).decisions[0] == 6


def test_a_rule_that_is_not_on_at_the_opening_keeps_nobody_waiting() -> None:
    """B is never held, so its short history is no reason to wait."""
    signals = {"up": {"use": "momentum", "of": "A", "lookback": 1}}
    rules = [{"name": "b", "when": "up > 90%", "hold": {"B": 1}}, {"name": "a", "hold": {"A": 1}}]
    plan = planned(strategy(market=TWO, signals=signals, rules=rules, overlays=[target(3)]), b_from=2)
    assert plan.decisions[0] == 3


def test_an_opening_in_cash_waits_for_the_window_too() -> None:
    """Nothing is held at session 1, and the estimate would reach back to before the first session."""
    signals = {"up": {"use": "momentum", "of": "A", "lookback": 1}}
    rules = [{"name": "r", "when": "up > 3.9%", "hold": {"A": 1}}]
    plan = planned(strategy(signals=signals, rules=rules, overlays=[target(3)]))
    assert plan.decisions[0] == 3
    assert np.isfinite(plan.weights).all()
