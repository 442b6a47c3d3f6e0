"""Allocators in a strategy: when the first decision falls, what it sees, and that nothing after it matters."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.errors import StrategyError
from engine.plan.plan import Plan, make_plan
from engine.plan.schedule import decision_sessions
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 40)
RNG = np.random.default_rng(3)
CLOSES = {
    name: 100.0 * np.exp(np.cumsum(RNG.normal(0.0, risk, len(DAYS))))
    for name, risk in (("A", 0.01), ("B", 0.02), ("C", 0.015))
}


def planned(hold: dict[str, Any], closes: dict[str, Any] = CLOSES, c_from: int = 0) -> Plan:
    histories = {name: history(DAYS, [float(close) for close in column]) for name, column in closes.items()}
    histories["C"] = history(DAYS[c_from:], [float(close) for close in closes["C"][c_from:]])
    market = engine_market("A", histories, weekdays(date(2020, 7, 27), 20))
    config = config_of(
        strategy(
            market={"benchmark": "A", "universe": ["A", "B", "C"]},
            signals={"s": {"use": "momentum", "lookback": 5}},
            rules=[{"name": "r", "hold": hold}],
        )
    )
    assert config_of(config.normalised()).normalised() == config.normalised()
    return make_plan(config, market, decision_sessions(market, config.schedule))


def moves(session: int, window: int) -> Any:
    """The returns known at the close of a session, worked out from closes alone."""
    closes = np.column_stack([CLOSES[name] for name in ("A", "B", "C")])[session - window : session + 1]
    return closes[1:] / closes[:-1] - 1.0


def test_the_weights_are_those_of_the_last_returns() -> None:
    plan = planned({"use": "inverse_volatility", "window": 20})
    assert plan.decisions.tolist() == list(range(20, 40))  # twenty returns need twenty-one closes
    for place, session in enumerate(plan.decisions.tolist()):
        calm = 1.0 / moves(session, 20).std(axis=0, ddof=1)
        assert plan.weights[place].tolist() == pytest.approx((calm / calm.sum()).tolist(), rel=1e-12)


@pytest.mark.parametrize("way", ["equal", "hrp", "inverse_volatility", "min_variance", "risk_parity", "score_weighted"])
def test_what_comes_later_does_not_matter(way: str) -> None:
    fields = {"equal": {}, "score_weighted": {"by": "s"}}.get(way, {"window": 20})
    later = {name: np.where(np.arange(40) > 25, column[::-1] * 3.0, column) for name, column in CLOSES.items()}
    before, after = planned({"use": way, **fields}), planned({"use": way, **fields}, later)
    known = before.decisions <= 25
    assert known.sum() >= 6
    np.testing.assert_array_equal(after.weights[known], before.weights[known])
    assert way == "equal" or (after.weights[~known] != before.weights[~known]).any()


def test_a_name_that_starts_later_is_waited_for() -> None:
    assert planned({"use": "inverse_volatility", "window": 20}, c_from=10).decisions[0] == 30
    assert planned({"use": "equal"}, c_from=10).decisions[0] == 10
    assert planned({"use": "score_weighted", "by": "s"}, c_from=10).decisions[0] == 15


def test_top_weighs_its_chosen_and_fails_where_one_lacks_history() -> None:
    top = {"use": "top", "n": 3, "by": "s", "weigh": "inverse_volatility"}
    with pytest.raises(StrategyError, match="no decision can be made"):
        planned(top)  # sixty returns are more than there are
    top = {"use": "top", "n": 2, "by": "s", "weigh": {"use": "inverse_volatility", "window": 10}}
    plan = planned(top)
    assert plan.decisions[0] == 10
    closes = np.column_stack(list(CLOSES.values()))
    for place, session in enumerate(plan.decisions.tolist()):
        gains = closes[session] / closes[session - 5]
        calm = np.where(gains > gains.min(), 1.0 / moves(session, 10).std(axis=0, ddof=1), 0.0)
        assert plan.weights[place].tolist() == pytest.approx((calm / calm.sum()).tolist(), rel=1e-12)
    with pytest.raises(StrategyError, match="rule 'r' on .*: C has .* of the last 10 returns"):
        planned(top, c_from=12)
    top["weigh"] = {"use": "inverse_volatility", "window": 10, "fallback": "equal"}
    assert 0.5 in planned(top, c_from=12).weights[:, 2]
