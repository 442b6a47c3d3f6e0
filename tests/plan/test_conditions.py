"""Conditions by name: what they mean, alone and inside each other, and what a file cannot mean by them.

One letter per session: T true, f false, ? unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.config.load import load_config, warnings
from engine.config.models import Config
from engine.errors import ConfigError, StrategyError
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.plan.plan import Plan, make_plan
from engine.plan.schedule import decision_sessions
from engine.plan.truth import lately
from tests.markets import config_of, engine_market, frame, history, strategy, weekdays

VALUES = {"T": 1.0, "f": 0.0, "?": np.nan}


@pytest.mark.parametrize(
    ("letters", "sessions", "expected"),
    [
        ("fT?fT", 1, "fT?fT"),
        # true for three sessions from the one on which it was; what came before the first session is unknown
        ("fTfffff", 3, "?TTTfff"),
        ("fffff", 3, "??fff"),
        ("Tffff", 5, "TTTTT"),
        ("fff", 9, "???"),
        ("ffT", 9, "??T"),
        # an unknown session might have been a true one, until it is too long ago; a true one next to it settles it
        ("ff?fff", 2, "?f??ff"),
        ("T?fff", 2, "TT?ff"),
        ("?Tfff", 3, "?TTTf"),
        ("TffTff", 2, "TTfTTf"),
    ],
)
def test_within_by_hand(letters: str, sessions: int, expected: str) -> None:
    found = lately(np.array([VALUES[letter] for letter in letters]), sessions)
    assert ["T" if value == 1.0 else "f" if value == 0.0 else "?" for value in found] == list(expected)


DAYS = weekdays(date(2020, 6, 1), 16)  # a Monday; Fridays are 4, 9 and 14
LATER = weekdays(date(2020, 6, 23), 8)


def market(**letters: str) -> Market:
    """An index that never moves, and one series per name that rises on T, falls on f and is not there on ?.

    The letters start at session 1: at session 0 nobody knows yet whether it rose.
    """
    count = max(map(len, letters.values())) + 1
    days = DAYS[:count]
    plain = engine_market("A", {"A": history(days, [100.0] * count)}, [*DAYS[count:], *LATER])
    bars = dict(plain.bars)
    for name, moves in letters.items():
        closes, close = {days[0]: 100.0}, 100.0
        for day, letter in zip(days[1:], moves, strict=False):
            close *= {"T": 1.1, "f": 0.9, "?": 1.0}[letter]
            if letter != "?":
                closes[day] = close
        bars[SeriesKey(name, "price")] = frame(closes, {})
    return Market.of("A", bars, plain.calendar)


def config(conditions: Mapping[str, object], when: str, decide: str = "daily", **rule: Any) -> Config:
    """A rule that holds A, by what the series S and R do."""
    signals = {name: {"use": "momentum", "of": name.upper(), "lookback": 1} for name in ("s", "r")}
    rules = [{"name": "on", "when": when, "hold": {"A": 1}, **rule}, {"name": "off", "hold": {"CASH": 1}}]
    return config_of(strategy(signals=signals, conditions=conditions, rules=rules, schedule={"decide": decide}))


def planned(made: Config, mine: Market) -> Plan:
    return make_plan(made, mine, decision_sessions(mine, made.schedule))


def states(made: Config, mine: Market) -> str:
    """The rule at every session: # on, . off, a blank before the first decision."""
    plan = planned(made, mine)
    return " " * int(plan.decisions[0]) + "".join("#" if on else "." for on in plan.states[:, 0])


#            sessions 1 to 11
S, R = "ffTfffTffff", "fTTTffffTTT"


@pytest.mark.parametrize(
    ("conditions", "when", "expected"),
    [
        ({"up": "s > 0"}, "up", " ..#...#...."),
        ({"up": "s > 0"}, "not up", " ##.###.####"),
        # looking back over two sessions it is unknown at session 1, where the one before it is
        ({"up": {"when": "s > 0", "within": 2}}, "up", "  .##..##..."),
        ({"up": {"when": "s > 0", "within": 2}, "calm": "not up"}, "calm", "  #..##..###"),
        # the order of the file does not matter
        ({"both": "up and r > 0", "up": {"when": "s > 0", "within": 2}}, "both", "  .##......."),
        ({"lately": {"when": "up", "within": 3}, "up": "s > 0"}, "lately", "   ###.###.."),
        # both on one and the same of the last three sessions; then each on any of them
        ({"both": {"when": "s > 0 and r > 0", "within": 3}}, "both", "   ###......"),
        ({"a": {"when": "s > 0", "within": 3}, "b": {"when": "r > 0", "within": 3}}, "a and b", "   ###...#.."),
        # one that looks back inside one that looks back: two sessions, and one more before them
        ({"a": {"when": "s > 0", "within": 2}, "b": {"when": "a", "within": 2}}, "b", "   ###.###.."),
        ({"x": "r > 0", "y": "x or s > 0", "z": "y and not (x and s > 0)"}, "z", " .#.#..#.###"),
    ],
)
def test_named_conditions_inside_each_other(conditions: Mapping[str, object], when: str, expected: str) -> None:
    assert states(config(conditions, when), market(S=S, R=R)) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        # at session 3 nobody knows, but session 2 was true; at 4 session 3 might have been; from 5 on it was not
        ("up", "  ##...."),
        ("not up", "  ...###"),
        ("up or not up", "  ##.###"),
    ],
)
def test_an_unknown_session_stays_unknown_as_long_as_it_matters(when: str, expected: str) -> None:
    made = config({"up": {"when": "s > 0", "within": 2}}, when)
    assert states(made, market(S="fT?ffff", R="fffffff")) == expected


def test_an_exit_reads_conditions_too() -> None:
    made = config({"up": "s > 0", "gone": {"when": "r > 0", "within": 2}}, "up", exit="gone")
    # on at 3, where R rises as well: not on. R is quiet from 6 on: on at 7, stays on after S is quiet, off at 9
    assert states(made, market(S=S, R=R)) == "  .....##..."


@pytest.mark.parametrize(
    ("within", "decided", "expected"),
    [
        (3, [4, 9, 14], [False, False, False]),  # Wednesday to Friday
        (4, [4, 9, 14], [False, True, False]),  # from Tuesday on
        (5, [9, 14], [True, False]),  # five sessions at session 4 would need what came before the first change
    ],
)
def test_within_counts_sessions_not_decisions(within: int, decided: list[int], expected: list[bool]) -> None:
    """S rises on Tuesday, session 6, alone; decisions fall on Fridays."""
    plan = planned(
        config({"up": {"when": "s > 0", "within": within}}, "up", "weekly"), market(S="fffffT" + "f" * 9, R="f" * 15)
    )
    assert plan.decisions.tolist() == decided
    assert plan.states[:, 0].tolist() == expected


def test_only_what_a_rule_reaches_keeps_the_first_decision_waiting() -> None:
    slow: dict[str, object] = {"up": "s > 0", "slow": {"when": "r > 0", "within": 6}}
    mine = market(S="f" * 9, R="f" * 9)
    assert planned(config(slow, "up"), mine).decisions[0] == 1
    assert config(slow, "up").reached == ("s",)
    assert config(slow, "up").reached_conditions == ("up",)
    plan = planned(config(slow, "up", exit="slow"), mine)
    assert plan.decisions[0] == 6  # sessions 1 to 6 are known
    assert "on 2020-06-08 " in plan.notes[0]
    assert "'slow' is unknown" in plan.notes[0]
    with pytest.raises(StrategyError, match="on 2020-06-05 .*'slow' is unknown"):
        planned(config(slow, "slow"), market(S="ffff", R="ffff"))


def test_signals_behind_conditions_are_loaded_in_the_order_of_the_file() -> None:
    made = config({"c": "b and s > 0", "b": {"when": "a", "within": 2}, "a": "r > 0"}, "c")
    assert made.looks_at(made.rules[0]) == ("s", "r")
    assert made.reached == ("s", "r")
    assert made.reached_conditions == ("a", "b", "c")  # each after those it is made of
    assert {key.name for key in made.reads()} == {"A", "S", "R"}


@pytest.mark.parametrize("session", [2, 4, 7, 10])
def test_no_condition_sees_the_future(session: int) -> None:
    made = config({"a": {"when": "s > 0", "within": 2}, "b": {"when": "a or r > 0", "within": 3}}, "b and not a")
    whole = planned(made, market(S=S, R=R))
    if session < whole.decisions[0] + 1:
        return
    mine = market(S=S, R=R)
    cut = planned(made, mine.until(pd.Timestamp(DAYS[session])))
    np.testing.assert_array_equal(cut.states, whole.states[: len(cut.states)])
    assert cut.decisions[-1] == session


def test_a_long_chain_of_conditions_is_followed_to_its_end() -> None:
    chain = {f"c{place}": f"c{place + 1}" for place in range(199)} | {"c199": "s > 0"}
    assert states(config(chain, "c0"), market(S=S, R=R)) == " ..#...#...."
    twice = {f"c{place}": f"c{place + 1} and not (not c{place + 1})" for place in range(60)} | {"c60": "s > 0"}
    assert states(config(twice, "c0"), market(S=S, R=R)) == " ..#...#...."  # and not in 2 to the 60th steps


TEXT = """\
name: named
market: {benchmark: A, universe: [A, B]}
signals:
  heat: {use: rsi, of: A}
  trend: {use: above_average, of: A, windows: [5]}
  strength: {use: momentum, lookback: 5}
conditions:
  calm: heat < 70
  fresh: {when: trend, within: 10}
  good: calm and fresh
rules:
  - {name: on, when: good, hold: {A: 1}}
  - {name: off, hold: {CASH: 1}}
"""


def read(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "named.yaml"
    file.write_text(text, "utf-8")
    return load_config(file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # what a name may be
        ("  calm:", "  heat:", "8:3: a signal is called 'heat' too"),
        ("  calm:", "  too hot:", "8:3: a condition's name is letters, digits and _, and no word of Python"),
        ("  calm:", "  or:", "8:3: a condition's name is letters, digits and _, and no word of Python"),
        ("  calm:", "  calm: trend\n  calm:", "9:3: the key 'calm' is repeated"),
        # what it may be made of
        ("heat < 70", "good", "8:3: the condition is made of itself: calm -> good -> calm"),
        ("heat < 70", "not calm", "8:3: the condition is made of itself: calm -> calm"),
        ("calm and fresh", "calm and (trend or good)", "10:3: the condition is made of itself: good -> good"),
        ("when: trend", "when: good", "9:3: the condition is made of itself: fresh -> good -> fresh"),
        ("heat < 70", "heat", "8:9: 'heat' is a number: compare it with one, such as heat > 0 (at character 1 of"),
        ("heat < 70", "trend > 1", "8:9: 'trend' is true or false: use it as it is, without a comparison"),
        ("heat < 70", "strength > 0", "8:9: 'strength' has no single `of`: it is a score for `by`, not a condition"),
        ("calm and fresh", "calm > 0", "10:9: 'calm' is true or false: use it as it is, without a comparison (at char"),
        ("calm and fresh", "calm and fres", "10:9: unknown signal 'fres'; did you mean 'fresh'? Known: heat"),
        ("when: trend", "when: trnd", "9:17: unknown signal 'trnd'; did you mean 'trend'? Known: "),
        ("calm and fresh", "calm &", "10:9: conditions.good: this is not a condition"),
        ("calm and fresh", "", "10:8: conditions.good: expected"),
        ("calm and fresh", "3", "10:9: conditions.good: expected"),
        # how far it may look back
        ("within: 10", "within: 0", "9:32: conditions.fresh.within: expected at least 1, not 0"),
        ("within: 10", "within: 2.5", "9:32: conditions.fresh.within: expected a whole number, not 2.5"),
        ("within: 10", "for: 10", "9:24: unknown key 'for'. Known: when, within"),
        ("{when: trend, within: 10}", "{within: 10}", "9:10: the key 'when' is missing in conditions.fresh"),
        # what rules say about them
        ("when: good", "when: good > 50%", "12:22: 'good' is true or false: use it as it is, without a comparison"),
        ("when: good", "when: god", "12:22: unknown signal 'god'; did you mean 'good'? Known: heat, trend, "),
        ("when: good", "when: calm, exit: heat", "12:34: 'heat' is a number: compare it with one"),
        ("hold: {CASH: 1}", "hold: {use: top, n: 1, by: good}", "13:44: unknown signal 'good'"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, TEXT.replace(old, new, 1))
    assert str(refused.value).removeprefix(f"{tmp_path}/named.yaml:").startswith(said)


def test_one_circle_is_told_once_and_a_condition_that_leads_to_it_is_no_part_of_it(tmp_path: Path) -> None:
    text = TEXT.replace("heat < 70", "fresh").replace("{when: trend, within: 10}", "later\n  later: fresh")
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert str(refused.value).endswith("8:3: the condition is made of itself: fresh -> later -> fresh")


def test_a_condition_may_be_called_like_an_asset_but_is_none(tmp_path: Path) -> None:
    config = read(tmp_path, TEXT.replace("  good:", "  B:").replace("when: good", "when: B"))
    assert config.reached_conditions == ("calm", "fresh", "B")
    assert config.assets == ("A",)


def test_what_is_written_is_what_is_meant(tmp_path: Path) -> None:
    config = read(tmp_path, TEXT)
    assert config.conditions["calm"].model_dump() == {"when": "heat < 70", "within": 1}
    assert config.conditions["fresh"].model_dump() == {"when": "trend", "within": 10}
    assert config_of(config.normalised()).conditions == config.conditions
    assert warnings(config) == (f"{tmp_path}/named.yaml:6:13: no rule uses the signal 'strength'",)


def test_what_no_rule_reaches_is_warned_of(tmp_path: Path) -> None:
    config = read(tmp_path, TEXT.replace("when: good", "when: calm"))
    assert [said.removeprefix(f"{tmp_path}/named.yaml:") for said in warnings(config)] == [
        "5:10: no rule uses the signal 'trend'",
        "6:13: no rule uses the signal 'strength'",
        "9:10: no rule uses the condition 'fresh'",
        "10:9: no rule uses the condition 'good'",
    ]


def test_there_is_an_end_to_the_number_of_conditions(tmp_path: Path) -> None:
    many = "".join(f"  c{place}: trend\n" for place in range(198))
    with pytest.raises(ConfigError, match="conditions"):
        read(tmp_path, TEXT.replace("conditions:\n", f"conditions:\n{many}"))
