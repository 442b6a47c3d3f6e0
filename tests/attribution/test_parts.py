"""The parts of a strategy file, and what is left of a condition without some of them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from engine.attribution.parts import Part, alike, conditions, left_of, parts_of
from engine.config.expressions import Every, Node, Some, parse_condition
from engine.config.load import load_config
from engine.plan.truth import truth
from tests.markets import config_of, strategy

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TWO = {"benchmark": "A", "universe": ["A", "B"]}


def names(parts: tuple[Part, ...]) -> list[str]:
    return [part.name for part in parts]


def test_the_parts_of_the_rotation() -> None:
    parts = parts_of(load_config(CONFIGS / "midcap_rotation.yaml"))
    assert names(parts) == [
        "rules.breakout",
        "rules.breakout.when.nifty_breakout",
        "rules.breakout.when.bank_breakout",
        "rules.otherwise",
    ]
    assert [part.place for part in parts] == ["rules[0]", "rules[0].when", "rules[0].when", "rules[1]"]
    assert [part.says for part in parts] == [
        "the rule 'breakout'",
        "the condition 'nifty_breakout' of the rule 'breakout'",
        "the condition 'bank_breakout' of the rule 'breakout'",
        "the rule 'otherwise'",
    ]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("policy_themes", ["rules.public spending", "rules.public spending.when.policy_season",
                           "rules.public spending.hold.weigh", "rules.otherwise", "overlays.1.max_weight"]),
        ("oversold_midcaps", ["rules.washout", "rules.washout.when.midcap_rsi < 35", "rules.washout.when.nifty_holds",
                              "rules.washout.exit.midcap_rsi > 60", "rules.washout.exit.not nifty_holds",
                              "rules.otherwise"]),
        ("breadth_thrust", ["rules.thrust", "rules.thrust.when.thrust", "rules.thrust.exit.above_50 < 30%",
                            "rules.otherwise"]),
        ("sector_momentum", ["rules.leaders", "rules.leaders.hold.weigh"]),
        ("equal_sectors", ["rules.equal"]),
        ("defence_fertiliser_power", ["rules.policy tilt"]),
    ],
)  # fmt: skip
def test_the_parts_of_shipped_strategies(file: str, expected: list[str]) -> None:
    assert names(parts_of(load_config(CONFIGS / f"{file}.yaml"))) == expected


def test_where_the_weighting_stands() -> None:
    places = {
        part.name: part.place
        for file in ("policy_themes", "sector_momentum")
        for part in parts_of(load_config(CONFIGS / f"{file}.yaml"))
    }
    assert places["rules.public spending.hold.weigh"] == "rules[0].hold"
    assert places["rules.leaders.hold.weigh"] == "rules[0].hold.weigh"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ["a"]),
        ("not a", ["not a"]),
        ("a and (b or not c)", ["a", "b", "not c"]),
        ("not (a and not b)", ["a", "not b"]),
        ("rsi < 30 and drop < -10%", ["rsi < 30", "drop < -10%"]),
        ("30 < rsi <= 70 or a", ["rsi > 30 and rsi <= 70", "a"]),
        ("rsi > 30 and rsi <= 70", ["rsi > 30", "rsi <= 70"]),
        ("not 30 < rsi < 70", ["not rsi > 30 and rsi < 70"]),
    ],
)
def test_conditions_are_what_stands_between_the_operators(text: str, expected: list[str]) -> None:
    assert [told for _, told in conditions(parse_condition(text))] == expected


def test_a_condition_said_twice_is_two_parts() -> None:
    rules = [{"name": "r", "when": "a and b or a and c", "exit": "not a", "hold": {"A": 1.0}}]
    assert names(parts_of(config_of(strategy(rules=rules)))) == [
        "rules.r", "rules.r.when.a", "rules.r.when.b", "rules.r.when.a (2)", "rules.r.when.c", "rules.r.exit.not a",
    ]  # fmt: skip


def test_adjacent_rules_that_say_the_same_are_one_rule_said_twice() -> None:
    hold = {"use": "inverse_volatility"}
    rules = [
        {"name": "one", "when": "a", "hold": hold},
        {"name": "two", "when": "a", "hold": hold},
        {"name": "three", "when": "b", "hold": hold},
        {"name": "four", "when": "a", "hold": hold},
    ]
    config = config_of(strategy(market=TWO, rules=rules))
    assert alike(config) == (0, 0, 2, 3)
    weighing = [part.name for part in parts_of(config) if part.kind == "weighting"]
    assert weighing == ["rules.one.hold.weigh", "rules.three.hold.weigh", "rules.four.hold.weigh"]


VALUES = (0.0, 1.0, np.nan)


def always(value: bool) -> Node:
    """A tree that says the same whatever the signals are: a true (false) signal called `t`."""
    return parse_condition("t") if value else parse_condition("not t")


@pytest.mark.parametrize(
    ("text", "out", "means"),
    [
        ("a and b", "a", "b"),
        ("a or b", "a", "b"),
        ("a and b", "ab", "t"),
        ("a or b", "ab", "not t"),
        ("a", "a", "t"),
        ("not a", "a", "t"),
        ("not a and b", "a", "b"),
        ("not a or b", "a", "b"),
        ("not (a and b)", "a", "not b"),
        ("not (a or b)", "b", "not a"),
        ("not not a or b", "a", "b"),
        ("(a or b) and c", "a", "b and c"),
        ("(a or b) and c", "ab", "not t"),
        ("(a and b) or c", "ab", "t"),
        ("(a and b) or c", "b", "a or c"),
        ("not (a or b) and c", "c", "not (a or b)"),
        ("not (a or b) and c", "ab", "c"),
    ],
)
def test_what_is_left_means_the_same(text: str, out: str, means: str) -> None:
    """Compared as tables of truth over all values of a, b and c, unknown among them."""
    tree, meant = parse_condition(text), parse_condition(means)
    offsets = frozenset(offset for offset, told in conditions(tree) if told[-1] in out)
    left = left_of(tree, offsets)
    table = np.array(list(itertools.product(VALUES, repeat=3))).T
    signals = {**dict(zip("abc", table, strict=True)), "t": np.ones(table.shape[1])}
    found = truth(always(left) if isinstance(left, bool) else left, signals)
    np.testing.assert_array_equal(found, truth(meant, signals))


def test_a_chain_of_comparisons_goes_whole() -> None:
    tree = parse_condition("10 < x < 20 or y > 1")
    assert isinstance(tree, Some)
    offset = next(iter(conditions(tree)))[0]
    assert left_of(tree, frozenset({offset})) == tree.operands[1]
    both = parse_condition("x > 10 and x < 20")
    assert isinstance(both, Every)
    assert left_of(both, frozenset({next(iter(conditions(both)))[0]})) == both.operands[1]
