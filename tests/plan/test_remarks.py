"""What a reader is told about a plan: conditions that never moved, rules that never won, indices before their time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.config.load import load_config
from engine.errors import ConfigError
from engine.plan.plan import Plan, make_plan
from engine.plan.remarks import about_baskets
from engine.plan.schedule import decision_sessions
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 10)  # Monday 1 June to Friday 12 June
RISES = [100.0 + place for place in range(10)]


def planned(plain: Mapping[str, object], days: list[date] = DAYS, **closes: list[float]) -> Plan:
    """A rises by a point every session; other series as given."""
    histories = {"A": history(days, [100.0 + place for place in range(len(days))])}
    histories |= {name.replace("_", " "): history(days, values) for name, values in closes.items()}
    market = engine_market("A", histories, weekdays(days[-1], 5)[1:])
    config = config_of(plain)
    return make_plan(config, market, decision_sessions(market, config.schedule))


SIGNALS = {
    "a": {"use": "momentum", "of": "A", "lookback": 1},
    "b": {"use": "momentum", "of": "B", "lookback": 1},
}


def ruled(rules: list[dict[str, Any]], conditions: Mapping[str, object] | None = None, **changes: Any) -> list[str]:
    """The notes of a plan; B rises on Monday 8 June, session 5, alone."""
    plain = strategy(signals=SIGNALS, rules=rules, conditions=conditions or {}, **changes)
    return list(planned(plain, B=[50.0] * 5 + [51.0] * 5).notes)


HELD, REST = {"A": 1}, {"name": "rest", "hold": {"CASH": 1}}
WINDOW = "from 2020-06-02 to 2020-06-12"


@pytest.mark.parametrize(
    ("rules", "conditions", "said"),
    [
        ([{"name": "r", "when": "a > 0", "hold": HELD}, REST], {},
         [f"'when' of the rule 'r' was always true {WINDOW}"]),
        ([{"name": "r", "when": "a < 0", "hold": HELD}, REST], {},
         [f"'when' of the rule 'r' was never true {WINDOW}"]),
        # one session is enough
        ([{"name": "r", "when": "b > 0", "hold": HELD}, REST], {}, []),
        ([{"name": "r", "when": "not b > 0", "hold": HELD}, REST], {}, []),
        ([{"name": "r", "when": "b > 0", "exit": "b > 3%", "hold": HELD}, REST], {},
         [f"'exit' of the rule 'r' was never true {WINDOW}"]),
        ([{"name": "r", "when": "b > 0", "exit": "a > 0", "hold": HELD}, REST], {},
         [f"'exit' of the rule 'r' was always true {WINDOW}"]),
        # named ones are told by their name, and so is what a rule makes of them
        ([{"name": "r", "when": "b > 0 or up", "hold": HELD}, REST], {"up": "a > 0", "idle": "a < 0"},
         [f"the condition 'up' was always true {WINDOW}", f"'when' of the rule 'r' was always true {WINDOW}"]),
        ([{"name": "r", "when": "b > 0 and not up", "hold": HELD}, REST], {"up": "a > 3%"},
         [f"the condition 'up' was never true {WINDOW}"]),
    ],
)  # fmt: skip
def test_conditions_that_were_never_or_always_true(
    rules: list[dict[str, Any]], conditions: Mapping[str, object], said: list[str]
) -> None:
    assert [note for note in ruled(rules, conditions) if " true " in note] == said


def test_the_window_starts_with_the_first_decision_and_ends_with_the_last_session() -> None:
    rules = [{"name": "r", "when": "b > 0", "hold": HELD}, REST]
    never = "'when' of the rule 'r' was never true from 2020-06-09 to 2020-06-12"
    market = {"benchmark": "A", "universe": ["A"]}
    assert never in ruled(rules, market={**market, "start": "2020-06-09"})  # the rise of the 8th is before it
    assert ruled(rules, market={**market, "start": "2020-06-08"}) == []
    never = "'when' of the rule 'r' was never true from 2020-06-02 to 2020-06-05"
    assert never in ruled(rules, market={**market, "end": "2020-06-05"})
    assert not [note for note in ruled(rules, market={**market, "end": "2020-06-08"}) if "never" in note]
    # every session counts, not only those that decide: B rose on Monday, decisions are on Fridays
    assert ruled(rules, schedule={"decide": "weekly"}) == []


def test_an_unknown_session_is_not_true() -> None:
    days = [DAYS[place] for place in (0, 1, 2, 4, 5, 6, 7, 8, 9)]
    signals = {"b": {"use": "momentum", "of": "B", "lookback": 1}}
    rules = [{"name": "r", "when": "b > 0", "hold": HELD}, REST]
    config = config_of(strategy(signals=signals, rules=rules))
    market = engine_market("A", {"A": history(DAYS, RISES), "B": history(days, RISES[:9])})
    plan = make_plan(config, market, decision_sessions(market, config.schedule))
    assert [note for note in plan.notes if "true" in note] == []  # neither never nor always


def test_a_rule_that_never_won_is_named() -> None:
    low = {"name": "low", "when": "b > 0", "hold": {"A": 0.5}}
    always = {"name": "high", "when": "a > 0", "hold": HELD}
    never_won = "the rule 'low' never won: a rule before it was on whenever it was"
    assert never_won in ruled([always, low])
    assert never_won not in ruled([low, always])
    # the last one is never reached, and is on all the time
    assert "the rule 'rest' never won: a rule before it was on whenever it was" in ruled([always, REST])
    # one that was never on has not lost: its condition was never true
    notes = ruled([always, {**low, "when": "b > 9%"}])
    assert not [note for note in notes if "never won" in note]
    assert f"'when' of the rule 'low' was never true {WINDOW}" in notes


# Indices before their time: NIFTY MIDSMALLCAP 400 was launched on 2016-04-01 and starts on 2005-04-01, both read in its
# factsheet; NIFTY PSU BANK was launched on 2007-08-30, which was not.
SPRING = [date(2016, 3, 30), date(2016, 3, 31), date(2016, 4, 1), date(2016, 4, 4)]
MIDCAP = {"benchmark": "A", "universe": ["A", "NIFTY MIDSMALLCAP 400"]}
FOUR = [100.0, 101.0, 102.0, 103.0]
ALL_MIDCAP = [{"name": "m", "hold": {"NIFTY MIDSMALLCAP 400": 1}}]


def test_holding_an_index_before_its_launch_is_noted_with_decisions_and_date() -> None:
    plan = planned(strategy(market=MIDCAP, rules=ALL_MIDCAP), SPRING, NIFTY_MIDSMALLCAP_400=FOUR)
    assert list(plan.notes) == [
        (
            "NIFTY MIDSMALLCAP 400 was launched on 2016-04-01; 2 decisions from 2016-03-30 on hold a back-filled index "
            "that nobody could have followed then"
        )
    ]
    late = {**MIDCAP, "start": "2016-03-31"}
    plan = planned(strategy(market=late, rules=ALL_MIDCAP), SPRING, NIFTY_MIDSMALLCAP_400=FOUR)
    assert plan.notes[0].startswith(
        "NIFTY MIDSMALLCAP 400 was launched on 2016-04-01; 1 decision from 2016-03-31 on hold"
    )
    plan = planned(
        strategy(market={**MIDCAP, "start": "2016-04-01"}, rules=ALL_MIDCAP), SPRING, NIFTY_MIDSMALLCAP_400=FOUR
    )
    assert plan.notes == ()  # on the day of the launch it exists


def test_only_decisions_that_hold_it_count() -> None:
    signals = {"fell": {"use": "momentum", "of": "B", "lookback": 1}}
    rules = [{"name": "m", "when": "fell < 0", "hold": {"NIFTY MIDSMALLCAP 400": 0.5}}, {"name": "rest", "hold": HELD}]
    days = [date(2016, 3, 28), date(2016, 3, 29), *SPRING]
    fallen = {"NIFTY_MIDSMALLCAP_400": [100.0] * 6, "B": [50.0, 50.0, 49.0, 49.0, 48.0, 47.0]}
    plan = planned(strategy(market=MIDCAP, signals=signals, rules=rules), days, **fallen)
    # held on 30 March, 1 and 4 April, of which one decision is before the launch
    launched = [note for note in plan.notes if "launched" in note]
    assert [note.split("; ")[1][:30] for note in launched] == ["1 decision from 2016-03-30 on "]
    # what an overlay takes out is not held
    overlays = [{"use": "drawdown_stop", "limit": 0.01, "recover": 1.0}]
    down = {"NIFTY_MIDSMALLCAP_400": [100.0, 90.0, 80.0, 70.0]}
    plan = planned(strategy(market=MIDCAP, rules=ALL_MIDCAP, overlays=overlays), SPRING, **down)
    assert plan.weights[:, 1 if len(plan.assets) > 1 else 0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert "; 1 decision from 2016-03-30 on " in plan.notes[0]


def test_a_launch_nobody_verified_says_so() -> None:
    days = weekdays(date(2007, 8, 27), 5)
    bank = {"benchmark": "A", "universe": ["A", "NIFTY PSU BANK"]}
    rules = [{"name": "b", "hold": {"A": 0.5, "NIFTY PSU BANK": 0.5}}]
    plan = planned(strategy(market=bank, rules=rules), days, NIFTY_PSU_BANK=[100.0] * 5)
    said = "NIFTY PSU BANK was launched on 2007-08-30 (date not verified); 3 decisions from 2007-08-27 on hold"
    assert plan.notes[0].startswith(said)


def test_an_index_cannot_be_held_before_its_base_date() -> None:
    days = [date(2005, 3, 30), date(2005, 3, 31), date(2005, 4, 1), date(2005, 4, 4)]
    said = "NIFTY MIDSMALLCAP 400 starts on its base date, 2005-04-01: it cannot be held on 2005-03-30"
    with pytest.raises(ConfigError, match=f"{said}$"):
        planned(strategy(market=MIDCAP, rules=ALL_MIDCAP), days, NIFTY_MIDSMALLCAP_400=FOUR)
    plan = planned(
        strategy(market={**MIDCAP, "start": "2005-04-01"}, rules=ALL_MIDCAP), days, NIFTY_MIDSMALLCAP_400=FOUR
    )
    assert "; 2 decisions from 2005-04-01 on hold" in plan.notes[0]


def test_an_index_that_is_only_looked_at_may_be_as_old_as_it_likes() -> None:
    signals = {"m": {"use": "momentum", "of": "NIFTY MIDSMALLCAP 400", "lookback": 1}}
    rules = [{"name": "r", "when": "m > 0", "hold": HELD}, REST]
    plan = planned(strategy(market=MIDCAP, signals=signals, rules=rules), SPRING, NIFTY_MIDSMALLCAP_400=FOUR)
    assert not [note for note in plan.notes if "launched" in note]


TEXT = """\
name: names
market: {universe: [NIFTY 50, INDIA VIX]}
baskets:
  THEME: {theme: FERTILISER}
signals:
  fear: {use: rsi, of: INDIA VIX}
rules:
  - {name: r, when: fear > 50, hold: {NIFTY 50: 1}}
  - {name: rest, hold: {CASH: 1}}
"""


def test_what_nobody_can_hold_is_refused_in_the_universe_and_may_be_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(TEXT, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert str(refused.value) == f"{file}:2:31: 'INDIA VIX' can be looked at by signals but cannot be held"
    file.write_text(TEXT.replace(", INDIA VIX]", "]"), "utf-8")
    assert load_config(file).reached == ("fear",)


def test_a_basket_is_remarked_on_where_it_is_used() -> None:
    baskets = {"THEME": {"stocks": ["X", "Y"]}, "IDLE": {"stocks": ["Z"]}}
    said = (
        "THEME is a basket of 2 stocks chosen with hindsight (survivorship bias), priced without dividends and "
        "rebalanced without cost"
    )
    held = strategy(market={"benchmark": "A", "universe": ["A", "THEME"]}, baskets=baskets)
    assert list(about_baskets(config_of(held))) == [said]
    signals = {"t": {"use": "momentum", "of": "THEME", "lookback": 1}}
    looked = strategy(baskets=baskets, signals=signals, rules=[{"name": "r", "when": "t > 0", "hold": HELD}])
    assert list(about_baskets(config_of(looked))) == [said]
    assert list(about_baskets(config_of(strategy(baskets=baskets)))) == []
