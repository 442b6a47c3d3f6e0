"""The engine against the oracle: two simulators that share no code, over random markets and strategies.

Invariants, each on every example: decisions, rule states, winners and placed targets equal; NAV, cash, fills, measures
and attribution equal to 1e-9 of their size; or both refuse. Only parts of least variance are given leeway, see LOOSE.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.config.checks import mistakes_of
from engine.errors import EngineError
from engine.market.baskets import Rebalance, Recipe, with_baskets
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.market.registry import index_facts
from engine.run import Result, run
from tests import oracle_baskets
from tests.markets import History, config_of, engine_market, frame, oracle_market, weekdays
from tests.oracle import OracleError, OracleResult, backtest
from tests.oracle_data import with_facts
from tests.oracle_market import ROUNDING
from tests.oracle_measures import COSTS

NAMES = ["A", "B", "C"]
DAYS = weekdays(date(2019, 2, 27), 70)
LATER = weekdays(date(2019, 6, 5), 20)
CLOSE = 1e-9


class Leeway(NamedTuple):
    """How far apart the two may be: weights; NAV and cash as a part of it; fills and measures, relative."""

    weight: float
    nav: float
    number: float


EXACT = Leeway(weight=1e-11, nav=CLOSE, number=1e-7)
LOOSE = Leeway(weight=2e-5, nav=1e-4, number=1e-3)  # the engine's solver of least variance stops about 1e-5 away


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
    agree(plain | {"signals": SIGNALS}, world)


def agree(
    plain: dict[str, Any], world: World, leeway: Leeway = EXACT, dates: Mapping[str, date | None] | None = None
) -> None:
    """Both refuse, or both say the same of everything; `dates` are those of launches and funds."""
    histories = world.histories()
    known = dict(dates or {})
    try:
        market = replace(with_facts(oracle_market("A", histories, LATER)), launches=known, funds=known)
        expected = backtest(plain, market)
    except OracleError as refused:
        with pytest.raises(EngineError):
            run(config_of(plain), engine_market("A", histories, LATER))
        assume(str(refused) == "")  # a refusal is checked, but does not count as an example
        return
    result = run(config_of(plain), engine_market("A", histories, LATER))
    assert_same_plan(result, expected, leeway)
    assert_same_books(result, expected, leeway)
    assert_same_numbers(result, expected, leeway)


MORE_SIGNALS: dict[str, Any] = SIGNALS | {
    "near": {"use": "above_average", "of": "A", "windows": [3, 6], "average": "exponential", "lag": 1},
    "cross": {"use": "crossover", "of": "B", "fast": 2, "slow": 5},
    "broken": {"use": "breakout", "of": "A", "window": 4},
    "many": {"use": "breadth", "window": 4, "minimum": 0.6},
    "moving": {"use": "advance_decline", "window": 3, "average": "exponential"},
    "strong": {"use": "relative_strength", "of": "B", "to": "A", "window": 4},
    "leading": {"use": "rrg_quadrant", "of": "B", "to": "A", "quadrant": "leading", "window": 4, "momentum_window": 3},
    "turned": {"use": "rrg", "of": "B", "to": "A", "measure": "heading", "window": 4, "momentum_window": 3, "step": 2},
    "spring": {"use": "season", "months": [4, 6]},
    "counted": {"use": "days_since", "event": "election_result"},
    "vote": {"use": "window", "event": "election_result", "before": 8, "after": 5},
    "budget": {"use": "window", "event": "union_budget", "before": 20, "after": 5},
    "dual": {"use": "dual_momentum", "to": "A", "lookback": 4},
    "gain": {"use": "relative_strength", "to": "A", "window": 4, "measure": "slope"},
    "beta": {"use": "beta", "to": "A", "window": 3},
    "steep": {"use": "slope", "window": 4, "lag": 1},
    "rough": {"use": "volatility", "window": 3, "variant": "total"},
    "away": {"use": "zscore", "window": 5},
    "apart": {"use": "distance_from_average", "window": 4},
}
MORE_ATOMS = [*ATOMS, "near", "cross", "broken", "many > 40%", "moving < 60%", "strong > 0", "leading", "turned < 180",
              "spring", "counted < 10", "vote", "budget"]  # fmt: skip
SCORES = ["score", "total_score", "dual", "gain", "beta", "steep", "rough", "away", "apart"]
NAMED = ["named", "lately", "both"]
SOME = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
BY_RISK = ["risk_parity", "hrp", "min_variance"]


@st.composite
def mixed(draw: st.DrawFn, atoms: list[str]) -> str:
    one, other = draw(st.sampled_from(atoms)), draw(st.sampled_from(atoms))
    return draw(st.sampled_from([one, f"not {one}", f"({one}) and {other}", f"{one} or not ({other})"]))


@st.composite
def named_conditions(draw: st.DrawFn) -> dict[str, Any]:
    sessions = st.integers(1, 6)
    return {
        "named": draw(mixed(MORE_ATOMS)),
        "lately": {"when": draw(mixed(MORE_ATOMS)), "within": draw(sessions)},
        "both": {"when": draw(mixed(["named", "lately", "trend"])), "within": draw(sessions)},
    }


@st.composite
def weighings(draw: st.DrawFn, uses: list[str]) -> dict[str, Any]:
    hold: dict[str, Any] = {"use": draw(st.sampled_from(uses))}
    if hold["use"] == "score_weighted":
        hold["by"] = draw(st.sampled_from(SCORES))
        hold |= draw(st.sampled_from([{}, {"fallback": "B"}]))
    elif hold["use"] != "equal":
        hold["window"] = draw(st.integers(3, 8)) if hold["use"] == "inverse_volatility" else draw(st.integers(8, 20))
        hold |= draw(st.sampled_from([{}, {"fallback": "equal"}]))
    if hold["use"] in BY_RISK:
        hold["shrinkage"] = draw(st.sampled_from(["none", "ledoit_wolf"]))
    if hold["use"] == "min_variance":
        hold |= draw(st.sampled_from([{}, {"max_weight": 0.5}]))
    return hold


@st.composite
def spreads(draw: st.DrawFn, uses: list[str]) -> dict[str, Any]:
    """Over names of the universe, or over those that `top` chose."""
    weigh = draw(weighings(uses))
    if draw(st.booleans()):
        names = {"of": draw(SOME)} if draw(st.booleans()) and "max_weight" not in weigh else {}
        return weigh | names
    hold = {"use": "top", "n": draw(st.integers(1, 3)), "by": draw(st.sampled_from(SCORES)), "weigh": weigh}
    hold |= {"min_score": draw(st.sampled_from([-1.0, 0.0, 0.01])), "buffer": draw(st.integers(0, 2))}
    return hold | ({"fallback": draw(st.sampled_from(NAMES))} if draw(st.booleans()) else {})


@st.composite
def tilts(draw: st.DrawFn) -> dict[str, Any]:
    """Three names, one of which is over, one under, one pays; or fewer of these."""
    first, second, third = draw(st.permutations(NAMES))
    base = draw(st.sampled_from([{first: 0.5, second: 0.3, third: 0.2}, {second: 0.4, third: 0.3, "CASH": 0.3}]))
    hold: dict[str, Any] = {"use": "tilt", "base": base}
    optional = {
        "over": st.sampled_from([{first: 0.05}, {first: 0.15}]),
        "under": st.sampled_from([{second: 0.1}, {second: 0.2}]),
        "funded_by": st.just([third]),
        "max_active": st.just(0.25),
        "groups": st.builds(lambda names: {"few": {"of": names, "most": 0.4}}, SOME),
    }
    return hold | {key: draw(value) for key, value in optional.items() if draw(st.booleans())}


OVERLAYS = st.one_of(
    st.fixed_dictionaries(
        {"use": st.just("max_weight"), "most": st.sampled_from([0.3, 0.6])},
        optional={"excess": st.sampled_from(["cash", "others"]), "of": SOME},
    ),
    st.fixed_dictionaries({"use": st.just("max_turnover"), "most": st.sampled_from([0.1, 0.5])}),
    st.fixed_dictionaries({"use": st.just("glide"), "decisions": st.integers(1, 4)}),
    st.fixed_dictionaries(
        {"use": st.just("target_volatility"), "target": st.sampled_from([0.1, 0.3]), "window": st.integers(2, 8)},
        optional={"cap": st.just(0.7)},
    ),
    st.fixed_dictionaries(
        {"use": st.just("drawdown_stop"), "limit": st.sampled_from([0.02, 0.06]), "recover": st.just(0.02)},
        optional={"wait": st.integers(0, 3), "keep": st.just(0.5)},
    ),
)  # fmt: skip


@st.composite
def whole_files(draw: st.DrawFn, uses: list[str]) -> dict[str, Any]:
    """Strategies of the whole language; `uses` are the ways of weighing."""
    kinds = {"spread": spreads(uses), "tilt": tilts(), "old": holds()}
    rules = [
        draw(kinds[kind])
        for kind in draw(st.lists(st.sampled_from(["spread", "spread", "tilt", "old"]), min_size=1, max_size=3))
    ]
    plain = draw(strategies())
    plain["rules"] = [{"name": f"rule {place}", "hold": hold} for place, hold in enumerate(rules)]
    for rule in plain["rules"][: draw(st.integers(0, len(rules)))]:
        rule["when"] = draw(mixed([*MORE_ATOMS, *NAMED, *NAMED]))
        optional = {"exit": mixed([*MORE_ATOMS, *NAMED]), "confirm": st.integers(1, 3), "min_hold": st.integers(1, 4),
                    "cool_down": st.integers(1, 4)}  # fmt: skip
        rule |= {key: draw(value) for key, value in optional.items() if draw(st.booleans())}
    plain["signals"], plain["conditions"] = MORE_SIGNALS, draw(named_conditions())
    plain["overlays"] = draw(st.lists(OVERLAYS, max_size=2))
    if set(uses) & set(BY_RISK):
        plain["schedule"]["decide"] = "monthly"  # solvers are slow
    assume(not any(mistakes_of(config_of(plain))))
    return plain


@given(whole_files(["equal", "score_weighted", "inverse_volatility"]), WORLDS)
def test_engine_and_oracle_agree_on_the_whole_language(plain: dict[str, Any], world: World) -> None:
    agree(plain, world)


@settings(max_examples=20)
@given(whole_files(["risk_parity", "hrp"]), WORLDS)
def test_engine_and_oracle_agree_on_parts_by_risk(plain: dict[str, Any], world: World) -> None:
    agree(plain, world)


@settings(max_examples=12)
@given(whole_files(["min_variance"]), WORLDS)
def test_engine_and_oracle_agree_closely_on_least_variance(plain: dict[str, Any], world: World) -> None:
    agree(plain, world, LOOSE)


OPENINGS = st.lists(st.sampled_from([None, *DAYS[:40]]), min_size=3, max_size=3)


@settings(max_examples=40)
@given(whole_files(["equal", "inverse_volatility"]), WORLDS, st.sampled_from(["since_launch", "since_proxy"]), OPENINGS)
def test_engine_and_oracle_agree_on_what_a_horizon_holds_back(
    plain: dict[str, Any], world: World, horizon: str, days: list[date | None]
) -> None:
    """Funds may not exist; every index was launched at some time."""
    plain["market"]["horizon"] = horizon
    opened = {name: day if horizon == "since_proxy" else day or DAYS[0] for name, day in zip(NAMES, days, strict=True)}
    bank = index_facts()["NIFTY BANK"]
    facts = {
        name: bank._replace(name=name, launch_date=day, proxy="FUND" if day else None, proxy_from=day)
        for name, day in opened.items()
    }
    with patch("engine.market.horizon.index_facts", lambda: facts):
        agree(plain, world, dates=opened)


STOCKS = ["P", "Q", "R", "S"]
SPLIT = DAYS[30]


@given(WORLDS, st.sampled_from(["monthly", "quarterly", "yearly", "never"]), st.sampled_from(["market", "demerger"]))
@settings(max_examples=30)
def test_baskets_agree(world: World, rebalance: Rebalance, kind: str) -> None:
    """Stocks with gaps that start and end when they like; one of them falls by half, which is said to be a demerger."""
    prices = {name: walk(world.seed + place, world.gap, 5 * place) for place, name in enumerate(STOCKS)}
    halved = History(*({day: price / 2 if day >= SPLIT else price for day, price in one.items()}
                       for one in (prices["Q"].price, {}, prices["Q"].opens)))  # fmt: skip
    prices |= {"Q": halved, "S": History({d: p for d, p in prices["S"].price.items() if d < SPLIT}, {}, {})}
    said = {"Q": {min(day for day in halved.price if day >= SPLIT): kind}}
    histories = {"A": walk(world.seed, 0.0, 0)}
    market, bare = engine_market("A", histories, LATER), oracle_market("A", histories, LATER)
    bars = {SeriesKey(name, "stock"): frame(one.price, one.opens) for name, one in prices.items()}
    explained = {(name, day): what for name, days in said.items() for day, what in days.items()}
    recipe = Recipe("BASKET", tuple(STOCKS), rebalance, explained)
    market = Market.of("A", {**market.bars, **bars}, market.calendar)
    readings = {
        (name, kind): series
        for name, one in prices.items()
        for kind, series in (("stock", one.price), ("stock_open", one.opens))
    }
    plain = {"baskets": {"BASKET": {"stocks": STOCKS, "rebalance": rebalance, "moves": said}}}
    theirs = oracle_baskets.with_baskets(plain, replace(bare, readings=readings))
    for variant in ("price", "total"):
        mine = with_baskets(market, [recipe]).bars[SeriesKey("BASKET", variant)]
        for column, series in (("close", theirs.closes["BASKET", variant]), ("open", theirs.opens["BASKET", "price"])):
            known = mine[column].dropna()
            assert [day.date() for day in known.index] == sorted(series)
            np.testing.assert_allclose(known.to_numpy(), [series[day] for day in sorted(series)], rtol=1e-12)


def assert_same_plan(result: Result, expected: OracleResult, leeway: Leeway = EXACT) -> None:
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
        assert mine == pytest.approx({name: target.get(name, 0.0) for name in plan.assets}, abs=leeway.weight)


def assert_same_books(result: Result, expected: OracleResult, leeway: Leeway = EXACT) -> None:
    ledger = result.ledger
    assert [day.date() for day in ledger.nav.index] == list(expected.nav)
    capital = ledger.capital
    for mine, theirs in (
        (ledger.nav, expected.nav),
        (result.benchmark.nav, expected.benchmark_nav),
        (ledger.cash, expected.cash),
        (ledger.cash_index * capital, {day: value * capital for day, value in expected.cash_index.items()}),
    ):
        np.testing.assert_allclose(mine.to_numpy(), list(theirs.values()), rtol=leeway.nav, atol=leeway.nav * capital)
    carried = ledger.fills[ledger.fills["side"].isin(["buy", "sell"])]
    named = [cost for cost in COSTS if cost in carried]
    mine_fills = sorted(zip(carried["date"].dt.date, carried["asset"], carried["units"], carried["price"],
                            *(carried[cost] for cost in named), strict=True))  # fmt: skip
    their_fills = sorted(
        (f["date"], f["name"], f["units"], f["price"], *(f.get(cost, 0.0) for cost in named)) for f in expected.fills
    )
    assert all(not fill.get(cost) for fill in expected.fills for cost in COSTS if cost not in named)
    assert [fill[:2] for fill in mine_fills] == [fill[:2] for fill in their_fills]
    np.testing.assert_allclose(
        [f[2:] for f in mine_fills],
        [f[2:] for f in their_fills],
        leeway.number,
        1e-7 if leeway is EXACT else leeway.nav * capital,
    )


def assert_same_numbers(result: Result, expected: OracleResult, leeway: Leeway = EXACT) -> None:
    for mine, theirs in (
        (result.measures, expected.measures),
        (result.benchmark_measures, expected.benchmark_measures),
    ):
        for key, value in mine.items():
            if (
                key != "calmar" or abs(mine["max_drawdown"] or 0.0) > ROUNDING
            ):  # over a fall of rounding's size it is noise
                assert_same(key, value, theirs[key], leeway)
    for key in ("cagr", "tracking_error", "information_ratio"):
        assert_same(key, result.active_measures[key], expected.active[key], leeway)
    linked, parts = result.attribution.over_window(), expected.attribution
    for part in ("static", "timing"):
        for asset in result.plan.assets:
            assert_same(f"{part} {asset}", linked[part][asset], parts[part][asset], leeway)
    assert_same("cash", linked["cash"]["CASH"], parts["cash"], leeway)
    for cost, value in parts["costs"].items():
        assert_same(cost, linked["costs"].get(cost, 0.0), value, leeway)
    assert set(linked["costs"].index) <= set(parts["costs"])
    by_rule = result.attribution.by_rule()["active"]
    for rule, value in by_rule.items():
        assert_same(f"rule {rule}", value, parts["by_rule"].get(rule, parts["by_rule"].get(None)), leeway)
    assert result.attribution.residual <= 1e-12
    assert abs(linked.sum() - result.attribution.total) <= 1e-12 * (1.0 + abs(result.attribution.total))


def assert_same(what: str, mine: float | None, theirs: float | None, leeway: Leeway = EXACT) -> None:
    if mine is None or theirs is None:
        assert mine is None, what
        assert theirs is None, what
    else:
        assert math.isclose(mine, theirs, rel_tol=leeway.number, abs_tol=leeway.nav), f"{what}: {mine} against {theirs}"
