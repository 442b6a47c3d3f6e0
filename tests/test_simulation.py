"""The simulation by hand: what a purchase buys, what waits, what is refused, and that the second book can object.

Invariants (hypothesis): the post-cost value spends exactly what there is and is the largest that does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import accounting, simulation
from engine.accounting import Orders, post_cost_value
from engine.config.settings import Execution
from engine.errors import DataError, StrategyError
from engine.run import Result, run
from engine.simulation import exchange_of, simulate
from tests.markets import History, config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 8)  # the repo rate is 4.00% throughout
COSTS = st.floats(0.0, 0.05)
SHARES = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4)


def ran(plain: dict[str, object], **histories: History) -> Result:
    later = weekdays(max(histories["A"].price) + timedelta(days=1), 20)
    return run(config_of(plain), engine_market("A", histories, later))


def series(*closes: float, days: list[date] | None = None) -> History:
    return history(days or DAYS[: len(closes)], list(closes))


def costs(shares: list[float], held: list[float], value: float, buy: float, sell: float) -> float:
    trades = [value * share - holding for share, holding in zip(shares, held, strict=True)]
    return sum(trade * buy if trade > 0 else -trade * sell for trade in trades)


@given(SHARES, SHARES, COSTS, COSTS)
def test_the_post_cost_value_is_the_largest_that_pays_for_its_trades(
    weights: list[float], held: list[float], buy: float, sell: float
) -> None:
    total = max(sum(weights), 1.0)
    shares, rupees = [weight / total for weight in weights], [holding * 1e6 for holding in held]
    value = sum(rupees) + 1e5
    (mine,) = post_cost_value(
        np.array([value]), np.array([shares]), np.array([rupees]), np.array([buy]), np.array([sell])
    )
    low, high = 0.0, value
    for _ in range(200):  # bisection: V' + costs(V') rises with V'
        middle = (low + high) / 2
        low, high = (middle, high) if middle + costs(shares, rupees, middle, buy, sell) <= value else (low, middle)
    assert mine == pytest.approx(low, rel=1e-12)


def test_the_opening_position_pays_its_costs_out_of_the_capital() -> None:
    """By hand: V' = 1,000,000 / 1.002 buys 998003.992... of A at 200; NAV is V' on the first session."""
    result = ran(strategy(execution={"buy_bps": 15, "slippage_bps": 5}), A=series(190, 200, 210))
    assert [str(day.date()) for day in result.ledger.nav.index] == ["2020-06-02", "2020-06-03"]
    worth = 1_000_000 / 1.002
    np.testing.assert_allclose(result.ledger.nav, [worth, worth * 210 / 200], rtol=1e-14)
    np.testing.assert_allclose(result.ledger.units["A"], worth / 200, rtol=1e-14)
    np.testing.assert_allclose(result.ledger.costs.iloc[0], [worth * 0.0015, worth * 0.0005], rtol=1e-12)
    np.testing.assert_allclose(result.benchmark.nav, [1_000_000, 1_050_000], rtol=1e-14)


def test_cash_earns_from_the_first_session_on_and_before_the_fill() -> None:
    """Half in cash at 4.00% - 0.35% over one calendar day, then all of it buys A at the next close."""
    rules = [{"name": "late", "when": "up > 0", "hold": {"A": 1.0}}, {"name": "half", "hold": {"A": 0.5}}]
    signals = {"up": {"use": "momentum", "of": "A", "lookback": 1}}
    result = ran(strategy(signals=signals, rules=rules), A=series(100, 100, 110, 110, 110))
    # decided on day 1 (half), 2 (all), 3 (half); filled at 110 on day 2, 3 and 4
    grown = 500_000 * (1 + 0.0365 / 365)
    np.testing.assert_allclose(result.ledger.nav, [1_000_000, 500_000 + grown, 500_000 + grown], rtol=1e-14)
    np.testing.assert_allclose(result.ledger.cash, [500_000, 0.0, (500_000 + grown) / 2], rtol=1e-14)
    np.testing.assert_allclose(result.ledger.interest, [0.0, grown - 500_000, 0.0], rtol=1e-9)


def test_orders_under_the_least_trade_are_counted_not_hidden() -> None:
    plain = strategy(
        market={"benchmark": "A", "universe": ["A", "B"]},
        rules=[{"name": "both", "hold": {"A": 0.5, "B": 0.5}}],
        execution={"min_trade": 10_000},
    )
    result = ran(plain, A=series(100, 100, 101, 101), B=series(100, 100, 100, 100))
    assert len(result.ledger.fills) == 2  # the opening alone
    assert result.ledger.dropped == 4  # 2,500 rupees of each on both later fills
    assert result.notes == ("4 orders under ₹10000 were not placed",)


def test_an_order_without_a_price_waits_and_says_so() -> None:
    """B has no close on the fill session, Monday: its half stays in cash, earns a day, and buys on Tuesday at 50."""
    week = weekdays(date(2020, 6, 1), 7)
    plain = strategy(
        market={"benchmark": "A", "universe": ["A", "B"]},
        rules=[{"name": "split", "hold": {"A": 0.5, "B": 0.5}}],
        schedule={"decide": "weekly"},
    )
    b = history([day for place, day in enumerate(week) if place != 5], [50.0] * 6)  # Monday
    result = ran(plain, A=series(100, 100, 100, 100, 100, 101.5, 102, days=week), B=b)
    fills = result.ledger.fills
    assert fills["side"].tolist() == ["buy", "wait", "buy"]
    assert [str(day.date()) for day in fills["date"]] == ["2020-06-08", "2020-06-08", "2020-06-09"]
    assert fills["units"].tolist() == pytest.approx([500_000 / 101.5, 0.0, 500_000 / 50])
    assert fills["note"].tolist() == ["", "no price at the fill: waits for the next one", "waited for a price"]
    assert result.ledger.cash.iloc[-1] == pytest.approx(500_000 * 0.0365 / 365, rel=1e-9)
    assert result.notes == ("1 times an order found no price at its fill and waited; trades.csv names them",)


def test_a_held_series_that_ends_is_an_error_naming_it() -> None:
    plain = strategy(market={"benchmark": "A", "universe": ["A", "B"]}, rules=[{"name": "b", "hold": {"B": 1.0}}],
                     schedule={"decide": "monthly"})  # fmt: skip
    days = weekdays(date(2020, 5, 28), 20)
    with pytest.raises(DataError, match="B ends on 2020-06-11 while the strategy still holds it"):
        ran(plain, A=history(days, [100.0] * 20), B=history(days[:11], [50.0] * 11))


def test_a_held_series_with_a_long_gap_is_an_error_naming_it() -> None:
    plain = strategy(market={"benchmark": "A", "universe": ["A", "B"]}, rules=[{"name": "b", "hold": {"B": 1.0}}],
                     schedule={"decide": "monthly"})  # fmt: skip
    days = weekdays(date(2020, 5, 28), 30)
    kept = [*days[:6], *days[12:]]
    with pytest.raises(DataError, match="B is held on 2020-06-12 but has had no price for more than 5 sessions"):
        ran(plain, A=history(days, [100.0] * 30), B=history(kept, [50.0] * len(kept)))


def test_a_fixed_target_without_a_price_when_decided_is_an_error() -> None:
    plain = strategy(market={"benchmark": "A", "universe": ["A", "B"]}, rules=[{"name": "b", "hold": {"B": 1.0}}])
    days = [DAYS[0], DAYS[1], DAYS[3], DAYS[4]]
    with pytest.raises(StrategyError, match="B has no price on 2020-06-03, when the rule 'b' decides to hold it"):
        ran(plain, A=series(100, 100, 100, 100, 100), B=history(days, [50.0] * 4))


@pytest.mark.parametrize(
    ("capital", "least", "level"), [(10.0, 0.0, 90_000.0), (1e15, 1.0, 0.01), (1e6, 0.0, 1e-6), (25.0, 0.0, 1e7)]
)
def test_both_books_agree_at_any_scale(capital: float, least: float, level: float) -> None:
    rng = np.random.default_rng(4)
    days = weekdays(date(2020, 6, 1), 40)
    a, b = (history(days, [float(x) for x in level * np.exp(np.cumsum(rng.normal(0, 0.05, 40)))]) for _ in "ab")
    plain = strategy(
        market={"benchmark": "A", "universe": ["A", "B"]}, rules=[{"name": "x", "hold": {"A": 0.3, "B": 0.3}}],
        execution={"buy_bps": 100, "sell_bps": 1000, "capital": capital, "min_trade": least},
    )  # fmt: skip
    result = ran(plain, A=a, B=b)
    assert result.attribution.residual < 1e-9
    assert len(result.ledger.fills) > 30


def test_a_strategy_that_loses_everything_is_told_so() -> None:
    closes = [100.0 * 0.5**place for place in range(30)]
    with pytest.raises(StrategyError, match="less than a millionth of the capital is left"):
        ran(strategy(), A=history(weekdays(date(2020, 6, 1), 30), closes))


@pytest.mark.parametrize("part", ["units", "cash"])
def test_the_second_book_objects_to_a_wrong_first_one(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = accounting.keep_book

    def wrong(*given: Any) -> Any:
        rows, book = real(*given)
        return rows, replace(book, **{part: getattr(book, part) * (1 + 1e-6) + (part == "cash")})

    monkeypatch.setattr(simulation, "keep_book", wrong)
    with pytest.raises(AssertionError, match="books differ|vectorbt carried out"):
        ran(strategy(rules=[{"name": "a", "hold": {"A": 0.6}}]), A=series(100, 101, 102, 103))


def test_buy_and_hold_is_its_benchmark_bitwise() -> None:
    closes = [float(x) for x in 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.02, 300)))]
    result = run(
        config_of(strategy(schedule={"decide": "weekly"})),
        engine_market("A", {"A": history(weekdays(date(2020, 6, 1), 300), closes)}),
    )
    np.testing.assert_array_equal(result.ledger.nav, result.benchmark.nav)
    assert result.attribution.active.abs().max() == 0.0
    assert result.active_measures["tracking_error"] == 0.0
    assert (result.attribution.over_window() == 0.0).all()
    assert result.attribution.by_rule()["active"].tolist() == [0.0]


def test_many_variants_at_once_are_what_each_is_alone() -> None:
    """Different costs, bands, dates and gaps, simulated together and one by one."""
    rng = np.random.default_rng(8)
    days = weekdays(date(2020, 6, 1), 60)
    walks = {name: 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 60))) for name in "AB"}
    kept = [place for place in range(60) if place not in (20, 21, 40)]
    histories = {
        "A": history(days, walks["A"].tolist()),
        "B": history([days[i] for i in kept], walks["B"][kept].tolist()),
    }
    exchange = exchange_of(engine_market("A", histories), ["A", "B"], "price", at_open=False)
    variants = []
    for start, step, bps, band in ((9, 5, 0.0, None), (1, 7, 20.0, 0.05), (4, 3, 5.0, None)):
        decided = np.arange(start, 58, step)
        weights = rng.dirichlet([1, 1, 1], len(decided))[:, :2]
        costs = Execution(buy_bps=bps, sell_bps=2 * bps, band=band)
        variants.append(Orders(decided, weights, np.arange(len(decided)) % 3 == 0, costs))
    for together, orders in zip(simulate(variants, exchange, 59), variants, strict=True):
        (alone,) = simulate([orders], exchange, 59)
        both = len(alone.nav)
        # the cash index starts at the first variant's first fill; only its growth counts
        np.testing.assert_allclose(together.nav.to_numpy()[-both:], alone.nav, rtol=1e-12)
        np.testing.assert_allclose(together.fills["value"], alone.fills["value"], rtol=1e-9)
        assert together.fills["side"].tolist() == alone.fills["side"].tolist()
