"""Tax inside the simulation by hand: when it is paid, out of what, and what is left when everything is sold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from engine.aftertax import fair_values
from engine.run import Result, run
from engine.simulation import exchange_of
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2022, 6, 1), 320)  # to 22 August 2023
TURN = date(2023, 1, 16)
PAID = date(2023, 4, 3)  # the first session after 31 March 2023, a Friday
SHORT_2022 = 0.15 * 1.04  # short-term gains in 2022-23, with 4% cess


def ran(levels: dict[str, list[float]], rules: list[dict[str, Any]], execution: dict[str, Any] | None = None) -> Result:
    """Decided daily with orders at changes alone; trades are free and CASH earns nothing unless told otherwise."""
    plain = strategy(
        market={"benchmark": "A", "universe": list(levels)},
        signals={"early": {"use": "season", "months": [6, 7, 8, 9, 10, 11, 12]}},
        rules=rules,
        schedule={"decide": "on_change"},
        execution=execution or {"cash_spread": 0.065},
        tax={"regime": "resident_equity"},
    )
    histories = {name: history(DAYS, closes) for name, closes in levels.items()}
    return run(config_of(plain), engine_market("A", histories, weekdays(DAYS[-1] + timedelta(days=1), 10)))


def steps(*parts: tuple[date, float]) -> list[float]:
    """A level that changes on some days."""
    return [next(level for since, level in reversed(parts) if day >= since) for day in DAYS]


FIRST = DAYS[0]
UNTIL_NEW_YEAR: list[dict[str, Any]] = [
    {"name": "first", "when": "early", "cool_down": 1000, "hold": {"A": 1.0}},
    {"name": "then", "hold": {"B": 1.0}},
]
RISES = {"A": steps((FIRST, 100.0), (date(2022, 9, 1), 120.0)), "B": steps((FIRST, 50.0))}


def test_a_short_term_gain_is_paid_in_april_by_selling_what_is_held() -> None:
    """A is sold in January 2023 for 20% more: 15% and cess of ₹2,00,000 is ₹31,200, raised out of B on 3 April."""
    taxed = ran(RISES, UNTIL_NEW_YEAR).taxed
    assert taxed is not None
    ledger = taxed.strategy.ledger
    paid = ledger.costs["tax"]
    assert paid[paid != 0.0].tolist() == [pytest.approx(200_000 * SHORT_2022, rel=1e-12)]
    assert paid.loc[str(PAID)] != 0.0
    fills = ledger.fills
    (sale,) = fills[fills["note"] == "sold to pay the tax of the year"].to_dict("records")
    assert (sale["asset"], sale["date"].date()) == ("B", PAID)
    assert sale["value"] == pytest.approx(31_200, rel=1e-9)
    assert ledger.nav.loc[str(PAID)] == pytest.approx(1_200_000 - 31_200, rel=1e-12)
    assert ledger.cash.loc[str(PAID)] == pytest.approx(0.0, abs=1e-6)


def test_before_tax_nothing_has_changed() -> None:
    result = ran(RISES, UNTIL_NEW_YEAR)
    assert result.ledger.nav.iloc[-1] == pytest.approx(1_200_000, rel=1e-12)
    assert "tax" not in result.ledger.costs


def test_the_year_is_paid_for_out_of_cash_first_and_interest_at_the_slab() -> None:
    """All in CASH from January: the gain's tax, and 30% with cess of what was credited up to 31 March."""
    rules: list[dict[str, Any]] = [
        {"name": "first", "when": "early", "cool_down": 1000, "hold": {"A": 1.0}},
        {"name": "then", "hold": {"CASH": 1.0}},
    ]
    taxed = ran(RISES, rules, {"cash_spread": 0.0}).taxed
    assert taxed is not None
    ledger = taxed.strategy.ledger
    credited = float(ledger.interest.loc[:"2023-03-31"].sum())
    assert credited > 10_000
    assert ledger.costs["tax"].loc[str(PAID)] == pytest.approx(200_000 * SHORT_2022 + credited * 0.3 * 1.04, rel=1e-12)
    assert not (ledger.fills["note"] == "sold to pay the tax of the year").any()


def test_the_end_sells_everything_and_the_exemption_is_used() -> None:
    """The benchmark, bought in June 2022 and sold in August 2023: long term, ₹1,00,000 of ₹2,00,000 exempt, 10%."""
    taxed = ran(RISES, UNTIL_NEW_YEAR).taxed
    assert taxed is not None
    benchmark = taxed.benchmark
    assert benchmark.years[0].total == 0.0
    assert benchmark.last_year.total == pytest.approx((200_000 - 100_000) * 0.10 * 1.04, rel=1e-12)
    assert benchmark.final == pytest.approx(1_200_000 - 10_400, rel=1e-12)
    assert benchmark.tax == pytest.approx(10_400, rel=1e-12)


def test_a_loss_of_one_year_meets_the_gain_of_the_next() -> None:
    """A is sold 20% lower in January; B has doubled by August and is short term: losses come off what it gained."""
    levels = {
        "A": steps((FIRST, 100.0), (date(2022, 9, 1), 80.0)),
        "B": steps((FIRST, 50.0), (date(2023, 6, 1), 100.0)),
    }
    taxed = ran(levels, UNTIL_NEW_YEAR).taxed
    assert taxed is not None
    own = taxed.strategy
    assert own.years[0].total == 0.0
    assert own.last_year.total == pytest.approx((800_000 - 200_000) * SHORT_2022, rel=1e-12)
    assert own.final == pytest.approx(1_600_000 - 93_600, rel=1e-12)


def test_securities_transaction_tax_is_no_cost_of_a_lot_and_other_charges_are() -> None:
    """10 bps of charges a side come off the gain; dated charges do so without their STT."""
    bps = ran(RISES, UNTIL_NEW_YEAR, {"buy_bps": 10, "sell_bps": 10, "cash_spread": 0.065}).taxed
    dated = ran(RISES, UNTIL_NEW_YEAR, {"vehicle": "share", "cash_spread": 0.065}).taxed
    assert bps is not None
    assert dated is not None
    bought = 1_000_000 / 1.001
    gain = bought * 1.2 * 0.999 - 1_000_000
    assert bps.strategy.years[0].total == pytest.approx(gain * SHORT_2022, rel=1e-12)
    fees = 1.18 * (0.0000345 + 0.000001)  # exchange and SEBI in 2022, with GST
    bought = 1_000_000 / (1 + 0.001 + 0.00015 + fees)
    gain = bought * 1.2 * (1 - fees) - bought * (1 + 0.00015 + fees)
    assert dated.strategy.years[0].total == pytest.approx(gain * SHORT_2022, rel=1e-9)


def test_the_deposit_is_as_long_as_the_window() -> None:
    result = ran(RISES, UNTIL_NEW_YEAR)
    assert result.taxed is not None
    assert result.taxed.deposit.index.equals(result.ledger.nav.index)
    assert result.taxed.deposit.iloc[0] == 1.0
    assert 1.03 < result.taxed.deposit.iloc[-1] < 1.07


def test_every_session_adds_up_after_tax() -> None:
    """The change of the value is what was earned less what was paid, tax among it."""
    taxed = ran(RISES, UNTIL_NEW_YEAR, {"buy_bps": 10, "sell_bps": 20, "slippage_bps": 5}).taxed
    assert taxed is not None
    ledger = taxed.strategy.ledger
    earned = ledger.pnl.sum(axis=1) + ledger.interest - ledger.costs.sum(axis=1)
    change = np.diff(np.concatenate(([ledger.capital], ledger.nav.to_numpy())))
    np.testing.assert_allclose(change, earned.to_numpy(), atol=1e-6)


def test_what_would_cost_more_than_it_brings_is_not_sold_at_the_end() -> None:
    """₹20 in B in all, and ₹15.34 to the depository with ₹20 to the broker for the sale: it counts as nothing."""
    execution = {"vehicle": "share", "dp": True, "brokerage": {"flat": 20}, "capital": 60.0, "min_trade": 0}
    taxed = ran(RISES, UNTIL_NEW_YEAR, execution).taxed
    assert taxed is not None
    assert taxed.strategy.final >= 0.0


@pytest.mark.parametrize(("gone", "value"), [(None, 103.0), (date(2018, 1, 31), 102.0)])
def test_the_fair_value_is_that_of_the_day_itself(gone: date | None, value: float) -> None:
    """31 January 2018 was a Wednesday; without a close on it, the one before."""
    days = [day for day in weekdays(date(2018, 1, 29), 5) if day != gone]
    closes = [101.0 + (day - date(2018, 1, 29)).days for day in days]
    exchange = exchange_of(engine_market("A", {"A": history(days, closes)}), ["A"], "price", at_open=False)
    assert fair_values(exchange, exchange.sessions.to_numpy("datetime64[D]")) == {"A": value}
