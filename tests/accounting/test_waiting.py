"""Orders that wait, by hand: what replaces them, at which price they are filled, and what else is sold meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from engine.errors import StrategyError
from engine.market.market import Market
from engine.run import Result, run
from tests.markets import History, config_of, engine_market, history, strategy, weekdays

Closes = Sequence[float | None]


def market_of(days: list[date], **closes: Closes) -> Market:
    """The first is the benchmark; None is a session without a price."""
    histories: dict[str, History] = {}
    for name, column in closes.items():
        known = {day: close for day, close in zip(days, column, strict=True) if close is not None}
        histories[name] = history(list(known), list(known.values()))
    return engine_market(next(iter(closes)), histories, weekdays(days[-1] + timedelta(days=1), 10))


def ran(
    market: Market, execution: dict[str, Any], up: dict[str, float], other: dict[str, float], **more: Any
) -> Result:
    """Hold `up` where C rose over one session, `other` elsewhere."""
    names = [key.name for key in market.bars if key.variant == "price"]
    plain = strategy(
        market={"benchmark": "C", "universe": names},
        signals={"rose": {"use": "momentum", "of": "C", "lookback": 1}},
        rules=[{"name": "up", "when": "rose > 0", "hold": up}, {"name": "other", "hold": other}],
        execution=execution, **{"schedule": {"decide": "on_change"}, **more},
    )  # fmt: skip
    return run(config_of(plain), market)


def test_a_newer_order_forgets_a_purchase_that_waits() -> None:
    """B waits for two sessions; in between half goes to A after all, and B's price comes back to nobody."""
    days = weekdays(date(2024, 10, 1), 8)
    market = market_of(days, C=[1, 2, 1, 2, 3, 4, 5, 6], A=[9.0] * 8, B=[5.0, 5.0, 5.0, None, None, 5.0, 5.0, 5.0])
    fills = ran(market, {}, {"A": 0.5}, {"B": 1.0}).ledger.fills
    assert fills[["side", "asset"]].to_numpy().tolist() == [["buy", "A"], ["sell", "A"], ["wait", "B"], ["buy", "A"]]


def test_a_purchase_gets_what_cash_there_is_and_says_so() -> None:
    """Half is in A, whose sale waits: all was meant for B, half of it is there."""
    days = weekdays(date(2024, 10, 1), 6)
    market = market_of(days, C=[1, 2, 1, 0.9, 0.8, 0.7], A=[9.0, 9.0, 9.0, None, 9.0, 9.0], B=[5.0] * 6)
    fills = ran(market, {"cash_spread": 0.065}, {"A": 0.5}, {"B": 1.0}).ledger.fills
    bought = fills[fills["asset"] == "B"].iloc[0]
    assert (bought["date"].date(), bought["note"]) == (days[3], "scaled down to the cash there was")
    assert bought["value"] == pytest.approx(500_000.0)


@pytest.mark.parametrize("missing", ["B", "BD"])
def test_only_what_has_a_price_is_sold_for_a_tax(missing: str) -> None:
    """A gained 50%, 104,000 are due on 1 April, when B has no price: D pays; where neither has one nobody can."""
    days = weekdays(date(2025, 3, 10), 20)  # decided on Fridays: A, then B and D, filled on the 24th
    prices: dict[str, list[float | None]] = {"B": [50.0] * 20, "D": [20.0] * 20}
    for name in missing:
        prices[name][16] = None
    benchmark = [*[1.0] * 4, *[2.0] * 5, *[1.5] * 5, *[1.2] * 5, 1.0]
    market = market_of(days, C=benchmark, A=[*[100.0] * 10, *[150.0] * 10], **prices)
    held: dict[str, Any] = {"tax": {}, "schedule": {"decide": "weekly"}}
    if missing == "BD":
        with pytest.raises(StrategyError, match=r"on 2025-04-01 the tax of the year, ₹104,000 more than the cash"):
            ran(market, {}, {"A": 1.0}, {"B": 0.5, "D": 0.5}, **held)
        return
    taxed = ran(market, {}, {"A": 1.0}, {"B": 0.5, "D": 0.5}, **held).taxed
    assert taxed is not None
    fills = taxed.strategy.ledger.fills
    sold = fills[fills["date"] == "2025-04-01"]
    assert sold["asset"].tolist() == ["D"]
    assert sold["value"].tolist() == pytest.approx([104_000.0])


def test_a_sale_that_waited_sells_no_more_than_the_tax_has_left() -> None:
    """A gained 50%: 20% and cess of 500,000 are due on 1 April, from A; what is left of A is sold, and no more."""
    days = weekdays(date(2025, 3, 24), 9)
    market = market_of(
        days, C=[100, 101, 100, 101, 100, 99, 98, 97, 96], B=[50.0] * 9,
        A=[100.0, 100.0, 100.0, 150.0, 150.0, None, 150.0, 150.0, 150.0],
    )  # fmt: skip
    taxed = ran(market, {}, {"A": 1.0}, {"B": 1.0}, tax={}).taxed
    assert taxed is not None
    ledger = taxed.strategy.ledger
    sold = ledger.fills[ledger.fills["date"] == "2025-04-01"]
    assert sold["value"].tolist() == pytest.approx([104_000.0, 1_500_000.0 - 104_000.0])
    assert sold["note"].tolist() == ["sold to pay the tax of the year", "waited for a price"]
    assert ledger.units["A"].iloc[-1] == 0.0


def test_only_sales_that_cost_more_than_they_bring_are_left_out() -> None:
    """A's sale waits, and nothing else can pay for B's, which brings 13.5 rupees for 15.34; D's brings 15.5."""
    days = weekdays(date(2024, 10, 1), 6)
    free = {"vehicle": "share", "side": "both", "effective": "2024-10-01", "rate": 0, "unit": "fraction"}
    charges = [free | {"charge": charge} for charge in ("stt", "stamp", "exchange", "sebi")]
    market = market_of(days, C=[1, 2, 1, 0.9, 0.8, 0.7], A=[9.0, 9.0, 9.0, None, 9.0, 9.0], B=[5.0] * 6, D=[4.0] * 6)
    start, then = {"A": 0.5, "B": 0.25, "D": 0.25}, {"B": 0.249998, "D": 0.249996}
    fills = ran(market, {"vehicle": "share", "dp": True, "charges": charges}, start, then).ledger.fills
    after = fills[fills["date"].dt.date == days[3]].set_index("asset")
    assert after["side"].to_dict() == {"A": "wait", "B": "skip", "D": "sell"}
    assert after["note"]["B"] == "would cost more than it brings: not placed"
    left = 1_000_000 - 3 * 15.34
    assert after["value"]["D"] == pytest.approx(250_000 - 0.249996 * left, abs=1e-6)
