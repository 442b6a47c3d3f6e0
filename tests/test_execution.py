"""Execution by hand: dated charges, flat fees, whole units, slices, impact and funds, in both books.

Every run here also goes through vectorbt, which must agree on units and cash to 1e-9.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import DataError, StrategyError
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.run import Result, run
from tests.markets import History, config_of, engine_market, frame, history, strategy, weekdays

STT_OF = {"charge": "stt", "vehicle": "share", "side": "buy", "rate": 0, "unit": "fraction"}
OCTOBER = weekdays(date(2024, 10, 1), 12)
INDEX = "NIFTY 50"  # its fund, NIFTYBEES, is there from 2001-12-28


def market_of(days: list[date], stocks: dict[str, list[float]] | None = None, **closes: list[float]) -> Market:
    """Histories by name (underscores are spaces), the first one the benchmark, and stocks with their closes."""
    histories: dict[str, History] = {name.replace("_", " "): history(days, column) for name, column in closes.items()}
    market = engine_market(next(iter(histories)), histories, weekdays(days[-1] + timedelta(days=1), 10))
    bars = {**market.bars}
    for symbol, column in (stocks or {}).items():
        bars[SeriesKey(symbol, "stock")] = frame(dict(zip(days, column, strict=True)), {})
    return replace(market, bars=bars)


def ran(market_: Market, execution: dict[str, Any], /, **changes: Any) -> Result:
    name = market_.benchmark
    plain = {
        "market": {"benchmark": name, "universe": [name]},
        "rules": [{"name": "all", "hold": {name: 1.0}}],
        "execution": execution,
        **changes,
    }
    return run(config_of(strategy(**plain)), market_)


def switching(held: str = "A") -> dict[str, Any]:
    """All in A or B at each daily decision: A while A rose over one session, else B."""
    return {
        "market": {"benchmark": held, "universe": [held, "B"]},
        "signals": {"up": {"use": "momentum", "of": held, "lookback": 1}},
        "rules": [{"name": "a", "when": "up > 0", "hold": {held: 1.0}}, {"name": "b", "hold": {"B": 1.0}}],
        "schedule": {"decide": "on_change"},
    }


def test_shares_pay_the_charges_of_the_day_by_name() -> None:
    """₹10,00,000 of shares bought in October 2024: V (1 + 0.00118567...) = 10,00,000, charge by charge."""
    result = ran(market_of(OCTOBER[:4], A=[100, 100, 110, 110]), {"vehicle": "auto"})
    fees = 0.0000297 + 0.000001
    rate = 0.001 + 0.00015 + fees * 1.18
    worth = 1_000_000 / (1 + rate)
    (fill,) = result.ledger.fills.to_dict("records")
    assert fill["vehicle"] == "share"
    assert fill["value"] == pytest.approx(worth, rel=1e-13)
    named = {name: fill[name] for name in ("stt", "stamp", "exchange", "sebi", "gst", "brokerage", "slippage")}
    assert named == pytest.approx({
        "stt": worth * 0.001, "stamp": worth * 0.00015, "exchange": worth * 0.0000297, "sebi": worth * 0.000001,
        "gst": worth * fees * 0.18, "brokerage": 0.0, "slippage": 0.0,
    }, rel=1e-12)  # fmt: skip
    assert fill["value"] + sum(named.values()) == pytest.approx(1_000_000, abs=1e-6)
    np.testing.assert_allclose(result.ledger.costs.sum(axis=1).to_numpy(), [1_000_000 - worth, 0, 0], atol=1e-6)


def test_neither_basis_points_nor_a_vehicle_is_auto_and_a_fund_pays_no_stt_on_purchases() -> None:
    market = market_of(OCTOBER[:4], NIFTY_50=[100, 100, 110, 110])
    config = config_of({**strategy(), "market": {"benchmark": INDEX, "universe": [INDEX]},
                        "rules": [{"name": "all", "hold": {INDEX: 1.0}}], "execution": {}})  # fmt: skip
    assert config.execution.vehicle == "auto"
    (fill,) = run(config, market).ledger.fills.to_dict("records")
    assert (fill["vehicle"], fill["stt"]) == ("etf", 0.0)
    assert fill["stamp"] == pytest.approx(fill["value"] * 0.00015, rel=1e-12)


def test_a_day_before_the_first_row_of_a_charge_is_one_message() -> None:
    with pytest.raises(DataError, match="no exchange is known for future on 2024-09-"):
        ran(market_of(weekdays(date(2024, 9, 2), 4), A=[100, 100, 110, 110]), {"vehicle": "future"})


def test_flat_fees_are_paid_by_every_order_once() -> None:
    """₹20 and 18% GST to buy; to change over, a sale's ₹20 + GST and ₹15.34 to the depository, and a purchase's."""
    market = market_of(OCTOBER[:6], A=[100, 101, 100, 100, 100, 100], B=[50.0] * 6)
    free = {"vehicle": "share", "side": "both", "effective": "2024-10-01", "rate": 0, "unit": "fraction"}
    none = [free | {"charge": charge} for charge in ("stt", "stamp", "exchange", "sebi")]
    result = ran(market, {"vehicle": "share", "brokerage": {"flat": 20}, "dp": True, "charges": none}, **switching())
    fills = result.ledger.fills
    assert fills["side"].tolist() == ["buy", "sell", "buy"]
    first = 1_000_000 - 20 * 1.18
    assert fills["value"].tolist() == pytest.approx([first, first, first - 20 * 1.18 - 15.34 - 20 * 1.18], rel=1e-13)
    assert fills["dp"].tolist() == [0.0, 15.34, 0.0]
    assert fills["brokerage"].tolist() == [20.0] * 3
    assert fills["gst"].tolist() == pytest.approx([3.6] * 3)


def test_the_lower_of_a_flat_brokerage_and_basis_points() -> None:
    """0.03% of a purchase of ₹50,000 is ₹15, of one of ₹10,00,000 it would be ₹300: ₹20 is less."""
    for capital, fee in ((50_000.0, None), (1_000_000.0, 20.0)):
        market = market_of(OCTOBER[:3], A=[100, 100, 110])
        execution = {"vehicle": "share", "brokerage": {"bps": 3, "flat": 20}, "capital": capital}
        (fill,) = ran(market, execution).ledger.fills.to_dict("records")
        expected = fill["value"] * 0.0003 if fee is None else fee
        assert fill["brokerage"] == pytest.approx(expected, rel=1e-12)
        assert fill["gst"] == pytest.approx(0.18 * (expected + fill["exchange"] + fill["sebi"]), rel=1e-12)


def test_slippage_by_name() -> None:
    market = market_of(OCTOBER[:6], A=[100, 101, 100, 100, 100, 100], B=[50.0] * 6)
    execution = {"buy_bps": 0, "slippage_bps": {"default": 5, "B": 20}}
    fills = ran(market, execution, **switching()).ledger.fills
    assert (fills["slippage"] / fills["value"]).tolist() == pytest.approx([0.0005, 0.0005, 0.0020])


def test_whole_units_leave_the_rest_in_cash() -> None:
    """₹1,000 buys three units of ₹270 of the fund; ₹190 stays, and earns; a whole sale sells everything."""
    market = market_of(OCTOBER[:4], {"NIFTYBEES": [260, 270, 280, 290]}, NIFTY_50=[100, 100, 110, 120])
    result = ran(market, {"buy_bps": 0, "lots": True, "capital": 1000})
    (fill,) = result.ledger.fills.to_dict("records")[:1]
    assert fill["value"] == pytest.approx(810.0)
    assert result.ledger.cash.iloc[0] == pytest.approx(190.0)
    later = result.ledger.fills.iloc[1:]
    assert later["side"].unique().tolist() == ["skip"]
    assert later["note"].unique().tolist() == ["less than one whole unit: not placed"]
    assert (later["value"] == 0.0).all()


def test_an_asset_without_a_price_of_its_fund_is_traded_in_any_part() -> None:
    market = market_of(OCTOBER[:4], NIFTY_50=[100, 100, 110, 120])
    (fill,) = ran(market, {"buy_bps": 0, "lots": True, "capital": 1000}).ledger.fills.to_dict("records")
    assert fill["value"] == pytest.approx(1000.0)


def test_the_result_says_what_was_traded_in_parts_and_what_was_not_placed() -> None:
    bees = {"NIFTYBEES": [260.0, 270.0, 280.0, 290.0]}
    market = market_of(OCTOBER[:4], bees, NIFTY_50=[100, 100, 110, 120], B=[50.0] * 4)
    held = {"market": {"benchmark": INDEX, "universe": [INDEX, "B"]},
            "rules": [{"name": "both", "hold": {INDEX: 0.5, "B": 0.5}}]}  # fmt: skip
    notes = ran(market, {"buy_bps": 0, "lots": True, "capital": 1000}, **held).notes
    assert "lots: no price of a fund's unit is known for B, traded in parts" in notes
    assert any(note.endswith("orders were not placed; trades.csv says why") for note in notes)


def test_capital_too_small_for_one_unit_is_one_message() -> None:
    market = market_of(OCTOBER[:4], {"NIFTYBEES": [260, 270, 280, 290]}, NIFTY_50=[100, 100, 110, 120])
    with pytest.raises(StrategyError, match="₹250 does not buy one unit of NIFTYBEES, the fund on NIFTY 50, at ₹270"):
        ran(market, {"buy_bps": 0, "lots": True, "capital": 250})


def test_the_opening_buys_whole_units_at_the_close_whichever_fill_is_set() -> None:
    """The second session's close of ₹250 buys four units of ₹1,000; its open of ₹270 would have bought three."""
    market = market_of(OCTOBER[:4], {"NIFTYBEES": [260, 250, 255, 290]}, NIFTY_50=[100, 100, 110, 120])
    market.bars[SeriesKey("NIFTYBEES", "stock")]["open"] = [260, 270, 200, 200]
    execution = {"buy_bps": 0, "lots": True, "capital": 1000}
    result = ran(market, execution, schedule={"decide": "daily", "fill": "next_open"})
    assert result.ledger.fills["value"].iloc[0] == pytest.approx(1000.0)


def test_a_purchase_without_cash_is_listed_and_not_forgotten() -> None:
    """All goes from A to B on a session without a price of A: its sale waits, and nothing can pay for B."""
    a = history([day for place, day in enumerate(OCTOBER[:8]) if place != 3], [100, 101, 100, 100, 100, 100, 100])
    c = history(OCTOBER[:8], [1.0] * 8)
    market = engine_market("C", {"C": c, "A": a, "B": history(OCTOBER[:8], [50.0] * 8)}, weekdays(date(2024, 11, 1), 5))
    rules = {
        "market": {"benchmark": "C", "universe": ["A", "B", "C"]},
        "signals": {"up": {"use": "momentum", "of": "A", "lookback": 1}},
    }
    result = ran(market, {"buy_bps": 0}, **switching() | rules)
    assert result.ledger.fills[["side", "asset", "note"]].to_numpy().tolist()[1:4] == [
        ["wait", "A", "no price at the fill: waits for the next one"],
        ["skip", "B", "no cash to pay for it: not placed"],
        ["sell", "A", "waited for a price"],
    ]


def test_slices_go_a_third_a_half_and_the_rest_of_the_way() -> None:
    """From all in A to all in B over three sessions at unchanged prices: a third of the money each."""
    market = market_of(OCTOBER[:8], A=[100, 101, 100, 100, 100, 100, 100, 100], B=[50.0] * 8)
    result = ran(market, {"buy_bps": 0, "slices": 3}, **switching())
    fills = result.ledger.fills
    whole = 1_000_000 * 100 / 100  # bought at the close of the third session, at 100
    assert fills["value"].tolist() == pytest.approx([whole] + [whole / 3] * 6)
    assert fills["note"].tolist()[1:] == [text for k in (1, 2, 3) for text in [f"slice {k} of 3"] * 2]
    assert result.ledger.weights["B"].iloc[:5].tolist() == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0, 1.0])


def test_a_newer_order_replaces_what_is_left_of_a_sliced_one() -> None:
    market = market_of(OCTOBER[:8], A=[100, 101, 100, 101, 101, 101, 101, 101], B=[50.0] * 8)
    fills = ran(market, {"buy_bps": 0, "slices": 5}, **switching()).ledger.fills
    said = [note for note in fills["note"] if "replaced" in note]
    assert said
    assert all(note.startswith("slice 1 of 5; the rest was replaced") for note in said[:2])


def test_a_decision_that_the_band_holds_back_does_not_end_a_sliced_order() -> None:
    """From A to B in three slices, while every session decides again what is already on its way (90% is any drift)."""
    market = market_of(OCTOBER[:8], A=[100, 101, 100, 100, 100, 100, 100, 100], B=[50.0] * 8)
    plain = switching() | {"schedule": {"decide": "daily"}}
    fills = ran(market, {"buy_bps": 0, "slices": 3, "band": 0.9}, **plain).ledger.fills
    assert fills["note"].tolist() == ["", *(text for k in (1, 2, 3) for text in [f"slice {k} of 3"] * 2)]
    assert fills["decided"].nunique() == 2
    assert fills["value"].tolist()[1:] == pytest.approx([1_000_000 / 3] * 6)


def test_impact_grows_with_the_root_of_what_is_traded() -> None:
    """By hand: the fund's volatility over the four returns known, and its mean turnover, of the sessions before."""
    days = weekdays(date(2024, 10, 1), 8)
    prices = [100.0, 102.0, 101.0, 103.0, 102.0, 104.0, 103.0, 105.0]
    volumes = [1000.0] * 8
    market = market_of(days, {"NIFTYBEES": prices}, NIFTY_50=[100.0] * 8)
    index = market.bars[SeriesKey("NIFTYBEES", "stock")].index
    market = replace(market, readings={SeriesKey("NIFTYBEES", "shares"): pd.Series(volumes, index)})
    start = {"benchmark": INDEX, "universe": [INDEX], "start": days[5]}
    market_rules = {"market": start, "schedule": {"decide": "on_change"}}
    result = ran(market, {"buy_bps": 0, "impact": {"coefficient": 2, "window": 4}}, **market_rules)
    (fill,) = result.ledger.fills.to_dict("records")
    assert fill["date"].date() == days[6]
    moves = np.diff(prices[1:6]) / np.array(prices[1:5])  # four returns up to the session before the fill
    turnover = np.mean(np.array(prices[2:6]) * 1000.0)
    expected = 2 * moves.std(ddof=1) * fill["value"] * np.sqrt(fill["value"] / turnover)
    assert fill["impact"] == pytest.approx(expected, rel=1e-9)
    assert fill["value"] + fill["impact"] == pytest.approx(1_000_000, rel=1e-12)


def test_no_return_is_made_up_for_a_session_without_a_close_of_the_fund() -> None:
    """Of four sessions the second has no close, so two returns are known, which is not more than half: no impact."""
    days = weekdays(date(2024, 10, 1), 8)
    market = market_of(
        days, {"NIFTYBEES": [100.0, 102.0, 101.0, 103.0, 102.0, 104.0, 103.0, 105.0]}, NIFTY_50=[1.0] * 8
    )
    stock, volume = SeriesKey("NIFTYBEES", "stock"), SeriesKey("NIFTYBEES", "volume")
    bars = {**market.bars, stock: market.bars[stock].drop(index=pd.Timestamp(days[3]))}
    volumes = pd.Series([1000.0] * 8, market.bars[stock].index)
    market = replace(market, bars=bars, readings={volume: volumes})
    setting = {"market": {"benchmark": INDEX, "universe": [INDEX], "start": days[5]}}
    (fill,) = ran(
        market, {"buy_bps": 0, "impact": {"window": 4}}, schedule={"decide": "on_change"}, **setting
    ).ledger.fills.to_dict("records")
    assert (fill["date"].date(), fill["impact"]) == (days[6], 0.0)


def test_a_fund_costs_its_expenses_and_the_benchmark_none() -> None:
    """NIFTYBEES at 0.05% a year: after 365 days at an unchanged index 0.9995 of the money is left."""
    days = [date(2024, 1, 1) + timedelta(days=place) for place in range(400)]
    days = [day for day in days if day.weekday() < 5]
    market = market_of(days, NIFTY_50=[100.0] * len(days))
    result = ran(market, {"buy_bps": 0, "investable": True}, schedule={"decide": "on_change"})
    nav = result.ledger.nav
    since = (nav.index - nav.index[0]).days.to_numpy()
    np.testing.assert_allclose(nav.to_numpy(), 1_000_000 * 0.9995 ** (since / 365), rtol=1e-12)
    np.testing.assert_array_equal(result.benchmark.nav.to_numpy(), 1_000_000.0)


def test_a_fund_costs_nothing_before_its_first_day() -> None:
    """MODEFENCE (0.41% a year) came on Monday 2024-08-19: on Tuesday a holder has lost one day of it."""
    days = weekdays(date(2024, 8, 12), 10)
    market = market_of(days, NIFTY_INDIA_DEFENCE=[100.0] * 10)
    nav = ran(market, {"buy_bps": 0, "investable": True}, schedule={"decide": "on_change"}).ledger.nav
    since = [0, 0, 0, 0, 0, 1, 2, 3, 4]  # calendar days after the first one, from the session of the opening on
    assert [day.date() for day in nav.index[4:6]] == [date(2024, 8, 19), date(2024, 8, 20)]
    expected = [1_000_000 * 0.9959 ** (one / 365) for one in since]
    np.testing.assert_allclose(nav.to_numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("execution", "said"),
    [
        ({"buy_bps": 5, "vehicle": "auto"}, "buy_bps and vehicle are two ways"),
        ({"sell_bps": 5, "brokerage": {"bps": 3}}, "sell_bps and brokerage are two ways"),
        ({"vehicle": "option"}, "'auto', 'share', 'etf' or 'future'"),
        ({"brokerage": {"bps": -1}}, "greater than or equal to 0"),
        ({"brokerage": {}}, "a brokerage has `bps`, `flat`, or both"),
        ({"slippage_bps": -5}, "greater than or equal to 0"),
        ({"slippage_bps": {"A": -5}}, "greater than or equal to 0"),
        ({"slices": 0}, "greater than or equal to 1"),
        ({"impact": {"coefficient": 11}}, "less than or equal to 10"),
        ({"impact": {"window": 1}}, "greater than or equal to 2"),
        ({"charges": [STT_OF | {"effective": "20200101"}]}, "a day is written YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_meant_is_refused(execution: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        config_of({**strategy(), "execution": execution})


def test_slices_of_a_series_that_starts_after_the_first_session() -> None:
    """The benchmark's padded rows have neither a price nor a value; nobody divides by it (warnings are errors)."""
    late = history(OCTOBER[:6], [100.0] * 6)
    late = History(late.price, {day: close for day, close in late.total.items() if day > OCTOBER[0]}, late.opens)
    market = engine_market("A", {"A": late}, weekdays(OCTOBER[6], 5))
    result = ran(market, {"buy_bps": 0, "slices": 2})
    assert result.ledger.nav.tolist() == [1_000_000.0] * 4


def test_a_sale_that_costs_more_than_it_brings_is_paid_by_the_cash_there_is() -> None:
    """From 50% to 49.9995%: V' = V - 15.34, so about 5 + 7.67 rupees are sold, for 15.34 to the depository."""
    zero = [
        {"charge": charge, "vehicle": "share", "side": "both", "effective": "2024-10-01", "rate": 0, "unit": "fraction"}
        for charge in ("stt", "stamp", "exchange", "sebi")
    ]
    rules = [{"name": "less", "when": "up > 0", "hold": {"A": 0.499995}}, {"name": "half", "hold": {"A": 0.5}}]
    result = ran(
        market_of(OCTOBER[:6], A=[100, 101, 100, 101, 101, 101]),
        {"vehicle": "share", "dp": True, "charges": zero, "cash_spread": 0.065},  # the repo rate: CASH earns nothing
        signals={"up": {"use": "momentum", "of": "A", "lookback": 1}}, rules=rules,
        schedule={"decide": "on_change"}, market={"benchmark": "A", "universe": ["A"]}, tax={},
    )  # fmt: skip
    small = result.ledger.fills.iloc[2]
    before = 1_000_000 + 4_999.95 - 15.34  # what 4,999.95 units gained, and the depository's charge of the first sale
    assert small["value"] == pytest.approx(0.000005 * before + 0.499995 * 15.34, abs=1e-7)
    assert small["value"] < small["dp"] == 15.34
    assert result.taxed is not None  # whose book takes it for a sale that brought nothing


@pytest.mark.parametrize("capital", [1e10, 1e11, 1e12])
def test_what_rounding_to_units_leaves_of_a_fortune(capital: float) -> None:
    """The rest is a billionth of the value and less, which vectorbt takes for none: it waits until it is more."""
    days = weekdays(date(2024, 1, 1), 120)
    rng = np.random.default_rng(3)
    walks = [(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 120)))).tolist() for _ in range(2)]
    funds = {fund: [2.5 * price for price in walk] for fund, walk in zip(("NIFTYBEES", "MOM100"), walks, strict=True)}
    market = market_of(days, funds, NIFTY_50=walks[0], NIFTY_MIDCAP_100=walks[1])
    held = {"market": {"benchmark": INDEX, "universe": [INDEX, "NIFTY MIDCAP 100"]},
            "rules": [{"name": "both", "hold": {INDEX: 0.6, "NIFTY MIDCAP 100": 0.4}}]}  # fmt: skip
    result = ran(market, {"vehicle": "auto", "lots": True, "capital": capital}, **held)
    assert len(result.ledger.fills) > 150
    assert result.ledger.cash.min() >= -1e-6


def test_a_benchmark_of_less_than_a_rupee_is_bought_all_the_same() -> None:
    market = market_of(OCTOBER[:4], A=[100, 100, 110, 120])
    result = ran(market, {"buy_bps": 0, "capital": 0.5, "min_trade": 0})
    assert result.benchmark.nav.iloc[-1] == pytest.approx(0.6)
    assert result.ledger.nav.iloc[-1] == pytest.approx(0.6)
