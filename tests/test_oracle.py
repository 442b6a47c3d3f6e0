"""The engine against the oracle: two simulators that share no code, over random markets and strategies.

Invariants, each on every example: decisions, rule states, winners and placed targets equal; NAV, cash, fills, measures
and attribution equal to 1e-9 of their size; or both refuse.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.run import Result, run
from tests.markets import History, config_of, engine_market, oracle_market, weekdays
from tests.oracle import OracleError, OracleResult, backtest

NAMES = ["A", "B", "C"]
DAYS = weekdays(date(2019, 2, 27), 70)
LATER = weekdays(date(2019, 6, 5), 20)
CLOSE = 1e-9


def walk(seed: int, gap: float, start: int, *, sessions: bool = False) -> History:
    """A random index with an overnight move, dividends, and missing observations after its first few."""
    rng = np.random.default_rng(seed)
    steps, nights = rng.normal(0.0005, 0.02, len(DAYS)), rng.normal(0.0, 0.01, len(DAYS))
    price = 100.0 * np.exp(np.cumsum(steps))
    opens = np.concatenate([price[:1], price[:-1]]) * np.exp(nights)
    total = price * np.exp(np.arange(len(DAYS)) * 5e-5)
    there, priced, opened = (rng.random((3, len(DAYS))) >= gap).tolist()
    kept = range(start, len(DAYS))
    priced = [True] * len(DAYS) if sessions else priced  # the benchmark's price index gives the sessions
    return History(
        {DAYS[i]: float(price[i]) for i in kept if priced[i]},
        {DAYS[i]: float(total[i]) for i in kept if there[i]},
        {DAYS[i]: float(opens[i]) for i in kept if opened[i] and priced[i]},
    )


class World(NamedTuple):
    """What a random market is made from."""

    seed: int
    gap: float
    starts: tuple[int, int]

    def histories(self) -> dict[str, History]:
        starts = (0, *self.starts)
        return {
            name: walk(self.seed + place, self.gap * (place > 0), starts[place]) for place, name in enumerate(NAMES)
        }


WORLDS = st.builds(
    World, st.integers(0, 10_000), st.sampled_from([0.0, 0.0, 0.03, 0.15]),
    st.tuples(st.sampled_from([0, 0, 12]), st.sampled_from([0, 0, 12])),
)  # fmt: skip


SIGNALS: dict[str, Any] = {
    "trend": {"use": "above_average", "of": "A", "windows": [3, 5]},
    "trend_b": {"use": "above_average", "of": "B", "windows": [4], "variant": "total"},
    "push": {"use": "momentum", "of": "B", "lookback": 4, "skip": 1},
    "heat": {"use": "rsi", "of": "A", "window": 3},
    "fall": {"use": "drawdown", "of": "A", "window": 6},
    "depth": {"use": "drawdown", "of": "B"},
    "score": {"use": "momentum", "lookback": 5},
    "total_score": {"use": "momentum", "of": NAMES, "lookback": 3, "variant": "total"},
}
ATOMS = ["trend", "trend_b", "push > 0", "heat < 45", "fall > -3%", "-2% > depth", "heat >= 55.5", "30 < heat < 80"]


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(ATOMS))
    if draw(st.integers(0, 3)) == 0:
        return f"not ({draw(conditions(depth - 1))})"
    return f"({draw(conditions(depth - 1))} {draw(st.sampled_from(['and', 'or']))} {draw(conditions(depth - 1))})"


@st.composite
def holds(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.integers(0, 2)) == 0:
        hold: dict[str, Any] = {
            "use": "top",
            "n": draw(st.integers(1, 3)),
            "by": draw(st.sampled_from(["score", "total_score"])),
        }
        optional = {
            "buffer": st.integers(0, 2),
            "min_score": st.sampled_from([0.0, -0.02]),
            "fallback": st.sampled_from(NAMES),
        }
        return hold | {key: draw(value) for key, value in optional.items() if draw(st.booleans())}
    parts = draw(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 1.0]), min_size=3, max_size=3))
    scale = max(sum(parts), 1.0)
    weights = {name: part / scale for name, part in zip(NAMES, parts, strict=True) if part}
    return weights or {"CASH": 1.0}


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for place in range(draw(st.integers(1, 3))):
        rule: dict[str, Any] = {"name": f"rule {place}", "hold": draw(holds())}
        if draw(st.integers(0, 3)):
            rule["when"] = draw(conditions())
            if draw(st.booleans()):
                rule["exit"] = draw(conditions())
            for count, most in (("confirm", 3), ("min_hold", 4), ("cool_down", 4)):
                if draw(st.booleans()):
                    rule[count] = draw(st.integers(1, most))
        made.append(rule)
    return made


@st.composite
def strategies(draw: st.DrawFn) -> dict[str, Any]:
    bps = st.sampled_from([0.0, 5.0, 37.0])
    execution: dict[str, Any] = {key: draw(bps) for key in ("buy_bps", "sell_bps", "slippage_bps")}
    execution["capital"] = draw(st.sampled_from([1_000_000.0, 25_000.0]))
    if draw(st.booleans()):
        execution["band"] = draw(st.sampled_from([0.002, 0.01, 0.05]))
    if draw(st.booleans()):
        execution["min_trade"] = draw(st.sampled_from([100.0, 5_000.0]))
    return {
        "name": "random",
        "market": {
            "benchmark": "A",
            "universe": NAMES,
            "returns": draw(st.sampled_from(["total", "price"])),
            "start": draw(st.sampled_from([DAYS[0], DAYS[7], date(2018, 1, 1)])),
            "end": draw(st.sampled_from(["latest", DAYS[-1], DAYS[55]])),
        },
        "rules": draw(rules()),
        "schedule": {
            "decide": draw(st.sampled_from(["daily", "weekly", "monthly", "quarterly", "on_change"])),
            "fill": draw(st.sampled_from(["next_close", "next_open"])),
        },
        "execution": execution,
    }


@given(strategies(), WORLDS)
def test_engine_and_oracle_agree(plain: dict[str, Any], world: World) -> None:
    histories = world.histories()
    plain = plain | {"signals": SIGNALS}
    try:
        expected = backtest(plain, oracle_market("A", histories, LATER))
    except OracleError as refused:
        with pytest.raises(EngineError):
            run(config_of(plain), engine_market("A", histories, LATER))
        assume(str(refused) == "")  # a refusal is checked, but does not count as an example
        return
    result = run(config_of(plain), engine_market("A", histories, LATER))
    assert_same_plan(result, expected)
    assert_same_books(result, expected)
    assert_same_numbers(result, expected)


def assert_same_plan(result: Result, expected: OracleResult) -> None:
    plan, sessions = result.plan, result.market.sessions
    assert [day.date() for day in sessions[plan.decisions]] == expected.decisions
    names = plan.rules
    assert [dict(zip(names, map(bool, row), strict=True)) for row in plan.states] == expected.states
    assert [names[place] if place >= 0 else None for place in plan.winner] == expected.winners
    targets = {sessions[plan.decisions[place]].date(): plan.weights[place] for place in plan.filled}
    if result.config.execution.band is None:  # else the oracle leaves out what the band held back
        assert list(targets) == expected.placed
    for day, target in zip(expected.placed, expected.targets, strict=True):
        mine = dict(zip(plan.assets, targets[day], strict=True))
        assert mine == pytest.approx({name: target.get(name, 0.0) for name in plan.assets}, abs=1e-12)


def assert_same_books(result: Result, expected: OracleResult) -> None:
    ledger = result.ledger
    assert [day.date() for day in ledger.nav.index] == list(expected.nav)
    capital = ledger.capital
    for mine, theirs in (
        (ledger.nav, expected.nav),
        (result.benchmark.nav, expected.benchmark_nav),
        (ledger.cash, expected.cash),
        (ledger.cash_index * capital, {day: value * capital for day, value in expected.cash_index.items()}),
    ):
        np.testing.assert_allclose(mine.to_numpy(), list(theirs.values()), rtol=CLOSE, atol=CLOSE * capital)
    carried = ledger.fills[ledger.fills["side"] != "wait"]
    mine_fills = sorted(zip(carried["date"].dt.date, carried["asset"], carried["units"], carried["price"],
                            carried["charges"], carried["slippage"], strict=True))  # fmt: skip
    their_fills = sorted(
        (f["date"], f["name"], f["units"], f["price"], f["charges"], f["slippage"]) for f in expected.fills
    )
    assert [fill[:2] for fill in mine_fills] == [fill[:2] for fill in their_fills]
    np.testing.assert_allclose([f[2:] for f in mine_fills], [f[2:] for f in their_fills], rtol=1e-7, atol=1e-7)


def assert_same_numbers(result: Result, expected: OracleResult) -> None:
    for mine, theirs in (
        (result.measures, expected.measures),
        (result.benchmark_measures, expected.benchmark_measures),
    ):
        for key, value in mine.items():
            assert_same(key, value, theirs[key])
    for key in ("cagr", "tracking_error", "information_ratio"):
        assert_same(key, result.active_measures[key], expected.active[key])
    linked, parts = result.attribution.over_window(), expected.attribution
    for part in ("static", "timing"):
        for asset in result.plan.assets:
            assert_same(f"{part} {asset}", linked[part][asset], parts[part][asset])
    assert_same("cash", linked["cash"]["CASH"], parts["cash"])
    for cost in ("charges", "slippage"):
        assert_same(cost, linked["costs"][cost], parts[cost])
    by_rule = result.attribution.by_rule()["active"]
    for rule, value in by_rule.items():
        assert_same(f"rule {rule}", value, parts["by_rule"].get(rule, parts["by_rule"].get(None)))
    assert result.attribution.residual <= 1e-12
    assert abs(linked.sum() - result.attribution.total) <= 1e-12 * (1.0 + abs(result.attribution.total))


def assert_same(what: str, mine: float | None, theirs: float | None) -> None:
    if mine is None or theirs is None:
        assert mine is None, what
        assert theirs is None, what
    else:
        assert math.isclose(mine, theirs, rel_tol=1e-7, abs_tol=CLOSE), f"{what}: {mine} against {theirs}"
