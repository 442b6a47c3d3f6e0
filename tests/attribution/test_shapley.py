"""Shares of a strategy's parts: by hand on small markets, and what holds on any."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.attribution import Drawing, RuleShares, rule_shapley
from engine.config.models import Config
from engine.errors import StrategyError
from engine.market.market import Market
from engine.plan.plan import plan_of
from engine.run import run
from tests.markets import config_of, engine_market, history, strategy, weekdays

QUICK = Drawing(resamples=50)
NAMES = ("A", "B", "C")
ALL = {"benchmark": "A", "universe": list(NAMES)}
SIGNALS = {
    "up": {"use": "momentum", "of": "A", "lookback": 1},
    "trend": {"use": "above_average", "of": "A", "windows": [10]},
    "other": {"use": "above_average", "of": "B", "windows": [5]},
    "score": {"use": "momentum", "lookback": 8},
}
COST = 0.01  # of what is bought

A = [100.0, 99.0, 110.0, 104.5, 104.5, 115.0]
B = [50.0, 50.0, 51.0, 55.0, 66.0, 60.0]
C = [80.0, 80.0, 84.0, 84.0, 82.0, 85.0]
SIX = weekdays(date(2020, 6, 1), 6)
CLOSES = {"A": A, "B": B, "C": C}


def small() -> Market:
    return engine_market("A", {name: history(SIX, closes) for name, closes in CLOSES.items()})


def growth(first: int, targets: list[str], cost: float = COST) -> float:
    """ln(final / capital) of holding one name at a time, decided at closes from `first` on and filled a session later.

    Everything is sold for nothing and buys the next name; a purchase takes its part of what is bought.
    """
    value, held = 1.0, ""
    for session, target in enumerate(targets, first + 1):
        if held:
            value *= CLOSES[held][session] / CLOSES[held][session - 1]
        if target != held:
            value, held = value / (1.0 + cost), target
    return math.log(value)


def shares(plain: dict[str, Any], market: Market, drawing: Drawing = QUICK) -> RuleShares:
    config = config_of(plain)
    return rule_shapley(config, market, plan_of(config, market), drawing)


def long_market(seed: int = 5, sessions: int = 200) -> Market:
    days, rng = weekdays(date(2020, 1, 1), sessions), np.random.default_rng(seed)
    walks = 100 * np.exp(np.cumsum(rng.normal(5e-4, 0.012, (len(NAMES), sessions)), axis=1))
    return engine_market("A", {name: history(days, walk.tolist()) for name, walk in zip(NAMES, walks, strict=True)})


def test_two_rules_by_hand() -> None:
    """B first, C never wins beside it; the benchmark A costs nothing. Decided from day 1 on, filled from day 2."""
    rules = [{"name": "b", "hold": {"B": 1.0}}, {"name": "c", "hold": {"C": 1.0}}]
    found = shares(strategy(market=ALL, rules=rules, execution={"buy_bps": 100}), small())
    years = (SIX[5] - SIX[1]).days / 365.25
    base, b, c = (growth(0, [name] * 5, cost) for name, cost in (("A", 0.0), ("B", COST), ("C", COST)))
    assert b == pytest.approx(math.log(60 / 50 / 1.01))
    assert found.base == pytest.approx(base / years, rel=1e-12)
    assert found.total == pytest.approx(b / years, rel=1e-12)
    expected = [((b - base) + (b - c)) / 2 / years, ((c - base) + (b - b)) / 2 / years]
    assert found.table["share"].tolist() == pytest.approx(expected, rel=1e-12)
    assert found.table["leave_one_out"].tolist() == pytest.approx([(b - c) / years, 0.0], rel=1e-12, abs=1e-15)
    both = (b - b - c + base) / years  # what C adds beside B, less what it adds alone
    assert found.interactions.loc["rules.b", "rules.c"] == pytest.approx(both, rel=1e-12)
    assert np.isnan(np.diag(found.interactions)).all()
    assert (found.coalitions, found.permutations, found.block) == (4, 0, 0)
    assert found.table[["low", "high"]].isna().all(axis=None)  # five sessions
    assert found.uncertain("rules.b")


def test_three_parts_by_hand() -> None:
    """`up` (a rule and its condition) holds B after a rise of A, else A; 8 coalitions, 5 portfolios."""
    rules = [{"name": "up", "when": "up > 0", "hold": {"B": 1.0}}, {"name": "rest", "hold": {"C": 1.0}}]
    plain = strategy(market=ALL, signals={"up": SIGNALS["up"]}, rules=rules, execution={"buy_bps": 100})
    found = shares(plain, small())
    years = (SIX[5] - SIX[2]).days / 365.25
    base = growth(1, ["A"] * 4, 0.0)
    always_b, always_c = growth(1, ["B"] * 4), growth(1, ["C"] * 4)
    full = growth(1, ["C", "B", "C", "C"])  # A fell on day 2, rose on 3, fell on 4, stood still on 5
    alone = _b_or_cash(plain)
    value = {"": base, "u": always_b, "w": base, "r": always_c, "uw": alone, "ur": always_b, "wr": always_c,
             "uwr": full}  # fmt: skip
    expected = {}
    for player, others in (("u", ("w", "r")), ("w", ("u", "r")), ("r", ("u", "w"))):
        one, two = others

        def gain(before: str, player: str = player) -> float:
            after = "".join(letter for letter in "uwr" if letter in before + player)
            return value[after] - value[before]

        expected[player] = gain("") / 3 + (gain(one) + gain(two)) / 6 + gain(one + two) / 3
    assert found.table["share"].tolist() == pytest.approx([part / years for part in expected.values()], rel=1e-11)
    assert found.table.index.tolist() == ["rules.up", "rules.up.when.up > 0", "rules.rest"]
    losses = [full - value["wr"], full - value["ur"], full - value["uw"]]
    assert found.table["leave_one_out"].tolist() == pytest.approx([loss / years for loss in losses], rel=1e-11)
    assert found.daily.sum().tolist() == pytest.approx(list(expected.values()), rel=1e-11)


def _b_or_cash(plain: dict[str, Any]) -> float:
    """The rule `up` alone: CASH, B from day 4 to day 5, CASH; interest is a few basis points a day, from a run."""
    plain = {**plain, "rules": plain["rules"][:1], "market": {**ALL, "start": str(SIX[1])}}
    ledger = run(config_of(plain), small()).ledger
    rises = ledger.cash_index.to_numpy()
    by_hand = rises[1] / (1.0 + COST) * B[4] / B[3] * rises[3] / rises[2]
    assert ledger.nav.iloc[-1] / ledger.capital == pytest.approx(by_hand, rel=1e-12)
    return math.log(by_hand)


RICH: list[dict[str, Any]] = [
    {"name": "one", "when": "trend and up > -1%", "exit": "not other", "min_hold": 2, "hold": {"B": 0.6, "C": 0.4}},
    {"name": "two", "hold": {"use": "top", "n": 2, "by": "score", "buffer": 1,
                             "weigh": {"use": "inverse_volatility", "window": 10}}},
]  # fmt: skip
OVERLAYS = [{"use": "max_weight", "most": 0.55}, {"use": "target_volatility", "target": 0.15, "window": 20}]


def rich(**changes: Any) -> dict[str, Any]:
    """Eight parts."""
    costs = {"buy_bps": 20, "sell_bps": 30, "slippage_bps": 5}
    plain = strategy(market=ALL, signals=SIGNALS, rules=RICH, overlays=OVERLAYS, execution=costs)
    return {**plain, "schedule": {"decide": "weekly"}, **changes}


@pytest.fixture(scope="module")
def market() -> Market:
    return long_market()


@pytest.fixture(scope="module")
def eight(market: Market) -> RuleShares:
    return shares(rich(), market, Drawing())


def test_shares_add_up_every_day_and_over_the_window(eight: RuleShares, market: Market) -> None:
    result = run(config_of(rich()), market)
    assert len(eight.parts) == 8
    assert eight.coalitions == 256
    own, theirs = result.ledger.nav.to_numpy(), result.benchmark.nav.to_numpy()
    logs = [np.diff(np.log(np.concatenate(([1e6], nav)))) for nav in (own, theirs)]
    assert eight.daily.index.equals(result.ledger.nav.index)
    np.testing.assert_allclose(eight.daily.sum(axis=1), logs[0] - logs[1], atol=1e-12)
    years = result.window.years
    assert eight.total == pytest.approx(math.log(own[-1] / 1e6) / years, rel=1e-12)
    assert eight.base == pytest.approx(math.log(theirs[-1] / 1e6) / years, rel=1e-12)
    assert eight.table["share"].sum() == pytest.approx(eight.total - eight.base, abs=1e-12)
    np.testing.assert_allclose(eight.table["share"], eight.daily.sum() / years, atol=1e-14)


def test_an_interval_holds_its_share_and_is_the_same_every_time(eight: RuleShares, market: Market) -> None:
    again = shares(rich(), market, Drawing())
    assert again.table.equals(eight.table)
    assert again.interactions.equals(eight.interactions)
    assert ((eight.table["low"] < eight.table["share"]) & (eight.table["share"] < eight.table["high"])).all()
    other = shares(rich(), market, Drawing(seed=1))
    assert other.table["share"].equals(eight.table["share"])
    assert not other.table["low"].equals(eight.table["low"])


def test_sampling_agrees_with_following_every_coalition(eight: RuleShares, market: Market) -> None:
    sampled = shares(rich(), market, Drawing(exact=0, permutations=64))
    assert sampled.permutations == 64
    assert sampled.coalitions < 256
    error = sampled.table["error"]
    assert (error > 0.0).all()
    assert ((sampled.table["share"] - eight.table["share"]).abs() < 3 * error).all()
    assert sampled.table["share"].sum() == pytest.approx(eight.total - eight.base, abs=1e-12)
    np.testing.assert_allclose(sampled.daily.sum(axis=1), eight.daily.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(sampled.table["leave_one_out"], eight.table["leave_one_out"], rtol=1e-12)
    assert shares(rich(), market, Drawing(exact=0, permutations=64)).table.equals(sampled.table)


def test_the_order_in_which_things_are_said_does_not_matter(eight: RuleShares, market: Market) -> None:
    turned = [{**RICH[0], "when": "up > -1% and trend"}, RICH[1]]
    found = shares(rich(rules=turned), market)
    for part in found.parts:
        assert found.table["share"][part.name] == pytest.approx(eight.table["share"][part.name], rel=1e-12)


@pytest.mark.parametrize("decide", ["daily", "on_change"])
def test_what_never_matters_gets_exactly_nothing(decide: str, market: Market) -> None:
    """A condition that always holds, one that never does under `or`, a limit out of reach, a gliding of one step."""
    rules = [{"name": "r", "when": "(trend or up > 900%) and up > -100%", "hold": {"B": 0.7, "C": 0.3}},
             {"name": "rest", "hold": {"A": 1.0}}]  # fmt: skip
    idle = [{"use": "max_weight", "most": 1.0}, {"use": "glide", "decisions": 1}]
    costs = {"buy_bps": 10, "sell_bps": 10}
    plain = strategy(market=ALL, signals=SIGNALS, rules=rules, overlays=idle, execution=costs)
    found = shares({**plain, "schedule": {"decide": decide}}, market)
    for name in ("rules.r.when.up > 900%", "rules.r.when.up > -100%", "overlays.1.max_weight", "overlays.2.glide"):
        assert not found.table.loc[[name]].to_numpy().any(), name
        assert not found.daily[name].to_numpy().any()
        assert np.nansum(np.abs(found.interactions[name])) == 0.0
        assert found.uncertain(name)
    assert found.table["share"]["rules.r"] != 0.0


@pytest.mark.parametrize("band", [None, 0.05])
@pytest.mark.parametrize("decide", ["weekly", "on_change"])
def test_the_same_rule_said_twice_shares_equally(decide: str, band: float | None, market: Market) -> None:
    rule = {"when": "trend and up > -1%", "exit": "not other",
            "hold": {"use": "top", "n": 2, "by": "score", "weigh": "inverse_volatility", "buffer": 1}}  # fmt: skip
    rules = [{"name": "a", **rule}, {"name": "b", **rule}]
    plain = strategy(market=ALL, signals=SIGNALS, rules=rules, schedule={"decide": decide},
                     execution={"buy_bps": 20, "sell_bps": 20, "band": band})  # fmt: skip
    found = shares(plain, market, Drawing(exact=9, resamples=50))
    mine = found.table["share"]
    for part in found.parts:
        if part.owner == 0 and part.kind != "weighting":
            twin = part.name.replace("rules.a", "rules.b")
            assert mine[part.name] == pytest.approx(mine[twin], rel=1e-10)
    assert mine["rules.a"] != 0.0
    assert found.table["leave_one_out"]["rules.a"] == 0.0  # the other does it


def test_a_rounding_error_is_no_difference(market: Market) -> None:
    """(0.7 + 0.7 + 0.7) / 3 is not 0.7 to the last digit; a target that never moves has nothing to glide to."""
    assert (0.7 + 0.7 + 0.7) / 3 != 0.7
    rules = [{"name": "r", "hold": {"B": 0.7, "C": 0.3}}]
    glide = [{"use": "glide", "decisions": 3}]
    found = shares(strategy(market=ALL, rules=rules, overlays=glide, execution={"buy_bps": 10}), market)
    assert found.table["share"]["overlays.1.glide"] == 0.0
    assert found.table["share"]["rules.r"] != 0.0


def test_a_change_of_rule_that_trades_is_a_difference(market: Market) -> None:
    """Two rules hold the same; within the band only a change of rule trades, so the first one earns something."""
    both = {"B": 0.6, "C": 0.4}
    rules = [{"name": "one", "when": "trend", "hold": both}, {"name": "two", "hold": both}]
    plain = strategy(market=ALL, signals=SIGNALS, rules=rules, execution={"buy_bps": 100, "band": 0.5})
    found, full = shares(plain, market), run(config_of(plain), market)
    first = str(full.market.sessions[full.plan.decisions[0]].date())
    alone = run(config_of({**plain, "rules": rules[1:], "market": {**ALL, "start": first}}), market)
    lost = math.log(full.ledger.nav.iloc[-1] / alone.ledger.nav.iloc[-1]) / full.window.years
    assert abs(lost) > 1e-6
    assert found.table["leave_one_out"]["rules.one"] == pytest.approx(lost, rel=1e-9)


@pytest.mark.parametrize("fill", ["next_close", "next_open"])
def test_costs_and_prices_are_those_of_the_strategy(fill: str, market: Market) -> None:
    """Dated charges and what the funds cost, which the benchmark does not pay."""
    names = dict(zip(NAMES, ("NIFTY 50", "NIFTY BANK", "NIFTY IT"), strict=True))
    renamed = {names[key.name]: frame for key, frame in market.bars.items() if key.variant == "total"}
    rules = [{"name": "trend", "when": "trend", "hold": {"NIFTY 50": 0.6, "NIFTY BANK": 0.4}},
             {"name": "rest", "hold": {"NIFTY IT": 1.0}}]  # fmt: skip
    closes = {name: [float(close) for close in frame["close"]] for name, frame in renamed.items()}
    days = weekdays(date(2020, 1, 1), 200)
    there = engine_market("NIFTY 50", {name: history(days, walk) for name, walk in closes.items()})
    plain = strategy(
        market={"benchmark": "NIFTY 50", "universe": list(closes)}, rules=rules,
        signals={"trend": {"use": "above_average", "of": "NIFTY 50", "windows": [10]}},
        execution={"vehicle": "auto", "dp": True, "investable": True, "band": 0.02},
        schedule={"decide": "weekly", "fill": fill},
    )  # fmt: skip
    found, result = shares(plain, there), run(config_of(plain), there)
    assert found.base == pytest.approx(math.log(result.benchmark.nav.iloc[-1] / 1e6) / result.window.years, rel=1e-12)
    assert found.total == pytest.approx(math.log(result.ledger.nav.iloc[-1] / 1e6) / result.window.years, rel=1e-12)


def test_a_window_of_one_session_has_no_growth_a_year() -> None:
    plain = strategy(market={**ALL, "start": str(SIX[4])})
    with pytest.raises(StrategyError, match="a single session"):
        shares(plain, small())


def test_a_run_says_why_it_has_no_shares(market: Market) -> None:
    dealt = run(config_of(rich(execution={"vehicle": "share", "brokerage": {"bps": 3, "flat": 20}})), market)
    assert dealt.rule_shares == (
        "with charges per order a run follows 64 combinations of parts at most, and there are 256; "
        "engine.attribution.rule_shapley(config, market, plan) follows them all"
    )
    opening = run(config_of(strategy(market={**ALL, "start": str(SIX[4])})), small())
    assert opening.rule_shares == "the window is a single session: no part of it has a growth a year"
    assert isinstance(run(config_of(rich()), market).rule_shares, RuleShares)


def test_the_second_book_is_kept_of_every_coalition(market: Market) -> None:
    seen = []
    config: Config = config_of(rich())
    rule_shapley(config, market, plan_of(config, market), QUICK, lambda orders: seen.append(orders.size.shape[0]))
    assert sum(seen) > 50
    assert seen[-1] == 1  # the benchmark
