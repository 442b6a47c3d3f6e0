"""When the first decision falls, what is known then, and what cannot be planned."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.errors import ConfigError, StrategyError
from engine.plan.plan import NO_RULE, Plan, make_plan, targets_frame
from engine.plan.schedule import decision_sessions
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 12)
LATER = weekdays(date(2020, 6, 17), 40)
TWO = {"benchmark": "A", "universe": ["A", "B"]}


def planned(plain: dict[str, Any], b_from: int = 0, until: int = 12) -> tuple[Plan, list[date]]:
    days = DAYS[:until]
    a = history(days, [100.0 + place for place in range(until)])
    b = history(days[b_from:], [50.0 + place for place in range(until - b_from)])
    market = engine_market("A", {"A": a, "B": b}, [*DAYS[until:], *LATER])
    config = config_of(plain)
    plan = make_plan(config, market, decision_sessions(market, config.schedule))
    return plan, [market.sessions[place].date() for place in plan.decisions]


def test_the_first_decision_waits_for_every_signal_a_rule_reaches() -> None:
    signals = {
        "slow": {"use": "above_average", "of": "A", "windows": [5]},
        "idle": {"use": "momentum", "of": "B", "lookback": 9},
    }
    rules = [{"name": "r", "when": "slow", "hold": {"A": 1.0}}, {"name": "rest", "hold": {"CASH": 1.0}}]
    assert planned(strategy(signals=signals, rules=rules))[1][0] == DAYS[4]  # `idle` is reached by no rule
    rules[0]["exit"] = "idle > 100%"
    assert planned(strategy(signals=signals, rules=rules))[1][0] == DAYS[9]


def test_the_first_decision_waits_for_a_price_of_every_fixed_name() -> None:
    rules = [{"name": "r", "hold": {"A": 1.0}}, {"name": "never", "hold": {"B": 1.0}}]
    assert planned(strategy(market=TWO, rules=rules), b_from=3)[1][0] == DAYS[3]


def test_a_ranking_waits_for_n_candidates_not_for_all() -> None:
    signals = {"score": {"use": "momentum", "lookback": 2}}
    for n, first in ((1, 2), (2, 6)):
        rules = [{"name": "r", "hold": {"use": "top", "n": n, "by": "score"}}]
        assert planned(strategy(market=TWO, signals=signals, rules=rules), b_from=4)[1][0] == DAYS[first]


def test_no_decision_before_start_and_none_after_end() -> None:
    plain = strategy(market=TWO | {"start": str(DAYS[2]), "end": str(DAYS[6])}, schedule={"decide": "weekly"})
    plan, decided = planned(plain)
    assert decided == [DAYS[4]]  # Friday; the next Friday is after the end
    assert plan.last == 6


def test_an_early_start_is_noted_and_not_an_error() -> None:
    plan, decided = planned(strategy(market=TWO | {"start": "1999-01-01"}))
    assert decided[0] == DAYS[0]
    assert plan.notes == ("market.start 1999-01-01 is before the first session, 2020-06-01",)


def test_what_kept_the_first_decision_waiting_is_noted() -> None:
    signals = {"score": {"use": "momentum", "lookback": 2}}
    rules = [{"name": "r", "hold": {"use": "top", "n": 1, "by": "score"}}]
    plan, _ = planned(strategy(market=TWO, signals=signals, rules=rules), b_from=4)
    few = "the rule 'r' has too few candidates with a price and a score"
    assert plan.notes == (
        f"the first decision is on 2020-06-03: on 2020-06-02 {few}",
        "B has no price at the first decision and could only be held later",
    )


def test_what_cannot_be_planned() -> None:
    slow = {"slow": {"use": "above_average", "of": "A", "windows": [50]}}
    rules = [{"name": "r", "when": "slow", "hold": {"B": 1.0}}]
    with pytest.raises(StrategyError, match="no decision can be made between 2020-06-01 and 2020-06-16: "
                                            "on 2020-06-16 the signal 'slow' is unknown"):  # fmt: skip
        planned(strategy(market=TWO, signals=slow, rules=rules))
    with pytest.raises(StrategyError, match="no monthly decision falls between 2020-06-01 and 2020-06-16"):
        planned(strategy(market=TWO, schedule={"decide": "monthly"}))
    with pytest.raises(StrategyError, match="falls on the last session, 2020-06-16: nothing can be filled"):
        planned(strategy(market=TWO | {"start": str(DAYS[11])}))
    with pytest.raises(ConfigError, match="market.start 2020-06-17 is after the last session, 2020-06-16"):
        planned(strategy(market=TWO | {"start": "2020-06-17"}))
    with pytest.raises(ConfigError, match="market.end 2020-05-29 is before the first session, 2020-06-01"):
        planned(strategy(market=TWO | {"end": "2020-05-29"}))


def test_no_rule_on_is_cash_and_changes_are_marked() -> None:
    signals = {"up": {"use": "momentum", "of": "B", "lookback": 1}}
    rules = [{"name": "r", "when": "up > 1.95%", "hold": {"A": 0.5}}]
    plan, decided = planned(strategy(market=TWO, signals=signals, rules=rules, schedule={"decide": "on_change"}))
    # B gains 1/50, 1/51 (1.96%), 1/52 (1.92%), ...: on for the first two decisions, then nothing is held
    assert plan.rule_names[:4] == ["r", "r", NO_RULE, NO_RULE]
    assert plan.placed.tolist() == [True, False, True] + [False] * 8
    market = engine_market("A", {"A": history(DAYS, [100.0] * 12)}, LATER)
    frame = targets_frame(plan, market)
    assert frame["CASH"].tolist() == [0.5, 0.5] + [1.0] * 9
    assert decided[0] == DAYS[1]
