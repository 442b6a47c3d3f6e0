"""What a coalition decides, against the same strategy written without the parts that are left out."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.attribution.coalitions import Coalitions
from engine.attribution.parts import parts_of
from engine.errors import StrategyError
from engine.market.market import Market
from engine.plan.plan import Plan, plan_of
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 1, 1), 160)
NAMES = ("A", "B", "C", "D")
SIGNALS = {
    "up": {"use": "momentum", "of": "A", "lookback": 3},
    "trend": {"use": "above_average", "of": "A", "windows": [10]},
    "other": {"use": "above_average", "of": "B", "windows": [5]},
    "score": {"use": "momentum", "lookback": 8},
}
TRUE, FALSE = "up > -100%", "up < -100%"
RULES: list[dict[str, Any]] = [
    {"name": "one", "when": "trend and (up > 1% or not other)", "exit": "up < -2% or other", "confirm": 2,
     "min_hold": 2, "cool_down": 3, "hold": {"B": 0.6, "C": 0.4}},
    {"name": "two", "when": "not trend", "hold": {"use": "top", "n": 2, "by": "score", "buffer": 1,
                                                  "weigh": {"use": "inverse_volatility", "window": 10}}},
    {"name": "three", "when": "0 < up < 2%", "hold": {"use": "inverse_volatility", "of": ["A", "D"], "window": 15}},
]  # fmt: skip
OVERLAYS = [{"use": "max_weight", "most": 0.5}, {"use": "glide", "decisions": 2}]


@pytest.fixture(scope="module")
def market() -> Market:
    rng = np.random.default_rng(5)
    walks = 100 * np.exp(np.cumsum(rng.normal(5e-4, 0.012, (len(NAMES), len(DAYS))), axis=1))
    return engine_market("A", {name: history(DAYS, walk.tolist()) for name, walk in zip(NAMES, walks, strict=True)})


def plain(**changes: Any) -> dict[str, Any]:
    universe = {"benchmark": "A", "universe": list(NAMES)}
    return strategy(market=universe, signals=SIGNALS, rules=RULES, overlays=OVERLAYS, **changes)


def without(names: set[str], plan: Plan, market: Market, given: dict[str, Any]) -> Plan:
    """The plan of the coalition."""
    config = config_of(given)
    parts = parts_of(config)
    known = {part.name for part in parts}
    assert names <= known, names - known
    coalition = sum(1 << place for place, part in enumerate(parts) if part.name not in names)
    found = Coalitions(config, market, plan, parts).plan_of(coalition)
    assert found is not None
    return found


def at(place: int, **changes: Any) -> Callable[[dict[str, Any]], None]:
    """Change a rule; None takes a key away."""

    def edit(file: dict[str, Any]) -> None:
        rule = {**file["rules"][place], **changes}
        file["rules"][place] = {key: value for key, value in rule.items() if value is not None}

    return edit


def drop(key: str, place: int) -> Callable[[dict[str, Any]], None]:
    return lambda file: file[key].pop(place)


EDITS: dict[str, tuple[set[str], list[Callable[[dict[str, Any]], None]]]] = {
    "nothing": (set(), []),
    "a rule": ({"rules.one"}, [drop("rules", 0)]),
    "the last rule": ({"rules.three"}, [drop("rules", 2)]),
    "under and": ({"rules.one.when.trend"}, [at(0, when="up > 1% or not other")]),
    "under or": ({"rules.one.when.up > 1%"}, [at(0, when="trend and not other")]),
    "a not under or": ({"rules.one.when.not other"}, [at(0, when="trend and up > 1%")]),
    "all of an or": ({"rules.one.when.up > 1%", "rules.one.when.not other"}, [at(0, when=FALSE)]),
    "alone": ({"rules.two.when.not trend"}, [at(1, when=TRUE)]),
    "a chain": ({"rules.three.when.up > 0 and up < 2%"}, [at(2, when=TRUE)]),
    "a part of an exit": ({"rules.one.exit.other"}, [at(0, exit="up < -2%")]),
    "all of an exit": ({"rules.one.exit.other", "rules.one.exit.up < -2%"}, [at(0, exit=None)]),
    "a weighting inside a ranking": ({"rules.two.hold.weigh"},
                                     [at(1, hold={"use": "top", "n": 2, "by": "score", "buffer": 1})]),
    "a weighting": ({"rules.three.hold.weigh"}, [at(2, hold={"use": "equal", "of": ["A", "D"]})]),
    "an overlay": ({"overlays.1.max_weight"}, [drop("overlays", 0)]),
    "all overlays": ({"overlays.1.max_weight", "overlays.2.glide"}, [drop("overlays", 0), drop("overlays", 0)]),
    "a rule and its conditions": ({"rules.two", "rules.two.when.not trend"}, [drop("rules", 1)]),
    "several": ({"rules.one", "rules.two.when.not trend", "overlays.2.glide", "rules.two.hold.weigh"},
                [at(1, when=TRUE, hold={"use": "top", "n": 2, "by": "score", "buffer": 1}), drop("overlays", 1),
                 drop("rules", 0)]),
}  # fmt: skip


@pytest.mark.parametrize("decide", ["daily", "on_change"])
@pytest.mark.parametrize("name", EDITS)
def test_a_coalition_is_the_file_without_its_parts(name: str, decide: str, market: Market) -> None:
    given = plain(schedule={"decide": decide})
    plan = plan_of(config_of(given), market)
    names, edits = EDITS[name]
    written = copy.deepcopy(given)
    written["market"] |= {"start": str(DAYS[int(plan.decisions[0])])}
    for edit in edits:
        edit(written)
    expected = plan_of(config_of(written), market)
    found = without(names, plan, market, given)
    np.testing.assert_array_equal(found.decisions, expected.decisions)
    columns = [plan.assets.index(asset) for asset in expected.assets]
    np.testing.assert_allclose(found.weights[:, columns], expected.weights, rtol=1e-15)
    assert found.weights.sum() == pytest.approx(expected.weights.sum(), rel=1e-14)  # and nothing in other columns
    np.testing.assert_array_equal(found.filled, expected.filled)
    np.testing.assert_array_equal(found.forced, expected.forced)


def test_the_edits_make_a_difference(market: Market) -> None:
    """Otherwise they would prove nothing."""
    given = plain()
    plan = plan_of(config_of(given), market)
    for name, (names, edits) in EDITS.items():
        same = np.array_equal(without(names, plan, market, given).weights, plan.weights)
        assert same == (not edits), name


def test_without_any_rule_there_is_no_plan(market: Market) -> None:
    config = config_of(plain())
    parts, plan = parts_of(config), plan_of(config, market)
    rules = sum(1 << place for place, part in enumerate(parts) if part.kind == "rule")
    coalitions = Coalitions(config, market, plan, parts)
    assert coalitions.plan_of(0) is None
    assert coalitions.plan_of(((1 << len(parts)) - 1) & ~rules) is None


def test_the_same_rule_said_twice_remembers_what_it_chose(market: Market) -> None:
    """Whichever of the two wins, it is one rule: a ranking's buffer goes on, and nothing is traded at the change."""
    hold = {"use": "top", "n": 1, "by": "score", "buffer": 2}
    twice = [{"name": name, "when": "trend", "hold": hold} for name in ("a", "b")]
    given = plain(schedule={"decide": "on_change"}) | {"rules": twice, "overlays": []}
    config = config_of(given)
    parts, plan = parts_of(config), plan_of(config, market)
    names = [part.name for part in parts]
    assert names == ["rules.a", "rules.a.when.trend", "rules.b", "rules.b.when.trend"]
    coalitions = Coalitions(config, market, plan, parts)
    always = coalitions.plan_of(0b0100)
    assert always is not None
    assert not always.placed.all()
    for mixed in (0b0111, 0b1101):  # one of them asks for the trend, the other is always on
        found = coalitions.plan_of(mixed)
        assert found is not None
        np.testing.assert_array_equal(found.weights, always.weights)
        np.testing.assert_array_equal(found.forced, always.forced)


def test_every_coalition_has_sound_weights(market: Market) -> None:
    config = config_of(plain())
    parts, plan = parts_of(config), plan_of(config, market)
    coalitions = Coalitions(config, market, plan, parts)
    assert len(parts) == 14
    for coalition in itertools.chain(range(0, 1 << 14, 197), [(1 << 14) - 1]):
        found = coalitions.plan_of(coalition)
        if found is not None:
            assert (found.weights >= 0.0).all()
            assert (found.weights.sum(axis=1) <= 1.0 + 1e-12).all()


def test_a_coalition_that_cannot_be_followed_is_named(market: Market) -> None:
    """B ends early; the full strategy leaves it in time, and without its condition would not."""
    days = DAYS[:20]
    early = [*(100.0 + place for place in range(5)), *(50.0 - place for place in range(15))]
    short = engine_market("A", {"A": history(days, early), "B": history(days[:10], early[:10])})
    rules = [{"name": "r", "when": "up > 0", "hold": {"B": 1.0}}, {"name": "rest", "hold": {"A": 1.0}}]
    two = {"benchmark": "A", "universe": ["A", "B"]}
    config = config_of(strategy(market=two, signals={"up": SIGNALS["up"]}, rules=rules))
    parts, plan = parts_of(config), plan_of(config, short)
    with pytest.raises(StrategyError, match=r"^without the condition 'up > 0' of the rule 'r' the strategy cannot be "
                                            r"followed: B has no price on 2020-01-15, when the rule 'r'"):  # fmt: skip
        Coalitions(config, short, plan, parts).plan_of(0b101)
