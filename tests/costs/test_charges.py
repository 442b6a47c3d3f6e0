"""Charges of one order: by hand on the days the rates changed, and against a slow reading of the fact file."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import indian_charges
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.costs import NAMES, Brokerage, Rates, charges
from engine.errors import DataError

FACTS = Path(engine.__file__).parent / "market" / "facts" / "charges.csv"
LAKH = 100_000.0
FIRST = {"share": "2004-10-01", "etf": "2004-10-01", "future": "2024-10-01"}
NO_DP = {"share": "2017-07-01", "etf": "2017-07-01", "future": "2024-10-01"}


def rows() -> list[dict[str, str]]:
    with FACTS.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


class Naive:
    """Charges as the note on the fact file says, in plain words and exact fractions."""

    def __init__(self) -> None:
        self.rows = rows()

    def rate(self, charge: str, vehicle: str, side: str, day: str) -> Fraction:
        """The latest rows of charge and vehicle on or before the day supersede every earlier one, whatever the side."""
        mine = [row for row in self.rows if row["charge"] == charge and row["vehicle"] == vehicle]
        if vehicle == "etf" and not mine:
            return self.rate(charge, "share", side, day)
        dates = [row["effective"] for row in mine if row["effective"] <= day]
        if not dates:
            raise LookupError(charge)
        newest = [row for row in mine if row["effective"] == max(dates)]
        return sum((Fraction(row["rate"]) for row in newest if row["side"] in {side, "both"}), Fraction(0))

    def charges(
        self, value: float, order: tuple[str, str, str], brokerage: Brokerage | None, dp: bool
    ) -> dict[str, Fraction]:
        side, vehicle, day = order
        worth = Fraction(value)
        found = {name: worth * self.rate(name, vehicle, side, day) for name in ("stt", "stamp", "exchange", "sebi")}
        offers = []
        if brokerage is not None and brokerage.bps is not None:
            offers.append(worth * Fraction(brokerage.bps) / 10_000)
        if brokerage is not None and brokerage.flat is not None and worth > 0:
            offers.append(Fraction(brokerage.flat))
        found["brokerage"] = min(offers, default=Fraction(0))
        fees = found["brokerage"] + found["exchange"] + found["sebi"]
        found["gst"] = fees * self.rate("gst", vehicle, side, day)
        owed = dp and vehicle != "future" and worth > 0
        found["dp"] = self.rate("dp", vehicle, side, day) if owed else Fraction(0)
        return found


def total(parts: Iterable[Mapping[str, float]]) -> float:
    return sum(sum(one.values()) for one in parts)


def test_the_worked_check() -> None:
    """A lakh of shares bought and sold at the rates of October 2024."""
    legs = [charges(LAKH, side, "share", dt.date(2024, 10, 15)) for side in ("buy", "sell")]
    both = {name: sum(leg[name] for leg in legs) for name in NAMES}
    expected = {"stt": 200.0, "stamp": 15.0, "exchange": 5.94, "sebi": 0.2, "gst": 1.1052, "dp": 0.0, "brokerage": 0.0}
    assert both == pytest.approx(expected, rel=1e-12)
    assert total(legs) == pytest.approx(222.2452, rel=1e-12)


ON_A_LAKH = [  # day, vehicle, side, what a lakh pays by name: worked by hand from the rates in the fact file
    ("2004-10-01", "share", "buy", {"stt": 75, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.3417}),
    ("2012-06-30", "share", "sell", {"stt": 125, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.41406}),
    ("2012-07-01", "share", "sell", {"stt": 100, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.41406}),
    ("2013-05-31", "etf", "buy", {"stt": 100, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.41406}),
    ("2013-06-01", "etf", "buy", {"stt": 0, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.41406}),
    ("2013-05-31", "etf", "sell", {"stt": 100, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.41406}),
    ("2013-06-01", "etf", "sell", {"stt": 1, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.41406}),
    ("2013-06-01", "share", "buy", {"stt": 100, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.41406}),
    ("2017-06-30", "share", "buy", {"stt": 100, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.5025}),
    ("2017-07-01", "share", "buy", {"stt": 100, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.603}),
    ("2020-06-30", "share", "sell", {"stt": 100, "stamp": 10, "exchange": 3.25, "sebi": 0.1, "gst": 0.603}),
    ("2020-07-01", "share", "sell", {"stt": 100, "stamp": 0, "exchange": 3.25, "sebi": 0.1, "gst": 0.603}),
    ("2020-07-01", "share", "buy", {"stt": 100, "stamp": 15, "exchange": 3.25, "sebi": 0.1, "gst": 0.603}),
    ("2020-07-01", "etf", "buy", {"stt": 0, "stamp": 15, "exchange": 3.25, "sebi": 0.1, "gst": 0.603}),
    ("2024-09-30", "etf", "sell", {"stt": 1, "stamp": 0, "exchange": 3.25, "sebi": 0.1, "gst": 0.603}),
    ("2024-10-01", "etf", "sell", {"stt": 1, "stamp": 0, "exchange": 2.97, "sebi": 0.1, "gst": 0.5526}),
    ("2024-10-01", "future", "buy", {"stt": 0, "stamp": 2, "exchange": 1.73, "sebi": 0.1, "gst": 0.3294}),
    ("2024-10-01", "future", "sell", {"stt": 20, "stamp": 0, "exchange": 1.73, "sebi": 0.1, "gst": 0.3294}),
    ("2026-03-31", "future", "sell", {"stt": 20, "stamp": 0, "exchange": 1.83, "sebi": 0.1, "gst": 0.3474}),
    ("2026-04-01", "future", "sell", {"stt": 50, "stamp": 0, "exchange": 1.83, "sebi": 0.1, "gst": 0.3474}),
    ("2026-04-01", "share", "sell", {"stt": 100, "stamp": 0, "exchange": 3.07, "sebi": 0.1, "gst": 0.5706}),
]


@pytest.mark.parametrize(("day", "vehicle", "side", "paid"), ON_A_LAKH)
def test_by_hand_around_every_change(day: str, vehicle: str, side: str, paid: dict[str, float]) -> None:
    expected = {**paid, "dp": 0.0, "brokerage": 0.0}
    assert charges(LAKH, side, vehicle, day) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("brokerage", "value", "taken"),
    [
        (Brokerage(bps=3, flat=20), 50_000.0, 15.0),
        (Brokerage(bps=3, flat=20), LAKH, 20.0),
        (Brokerage(flat=20), 1.0, 20.0),
        (Brokerage(bps=50), LAKH, 500.0),
        (Brokerage(bps=0), LAKH, 0.0),
    ],
)
def test_brokerage_pays_gst_too(brokerage: Brokerage, value: float, taken: float) -> None:
    paid = charges(value, "buy", "share", "2024-10-01", brokerage=brokerage)
    assert paid["brokerage"] == pytest.approx(taken, rel=1e-12)
    assert paid["gst"] == pytest.approx(0.18 * (taken + value * 0.0000307), rel=1e-12)  # 2.97 and 0.10 on a lakh


def test_dp_is_one_scrips_on_a_sale_and_only_if_asked_for() -> None:
    paid = {side: charges(LAKH, side, "etf", "2024-10-01", dp=True) for side in ("buy", "sell")}
    assert (paid["buy"]["dp"], paid["sell"]["dp"]) == (0.0, 15.34)
    assert paid["sell"]["gst"] == pytest.approx(0.5526)  # the 15.34 have their own GST within
    assert charges(LAKH, "sell", "future", "2024-10-01", dp=True)["dp"] == 0.0


def test_no_order_costs_nothing() -> None:
    paid = charges(0.0, "sell", "share", "2024-10-01", brokerage=Brokerage(flat=20), dp=True)
    assert paid == dict.fromkeys(NAMES, 0.0)


@pytest.mark.parametrize(
    "date",
    [
        dt.date(2020, 7, 1),
        dt.datetime(2020, 7, 1, 9, 15),
        "2020-07-01",
        np.datetime64("2020-07-01"),
        pd.Timestamp("2020-07-01 15:30"),
    ],
    ids=lambda date: type(date).__name__,
)
def test_a_date_in_any_clear_form(date: Any) -> None:
    assert charges(LAKH, "buy", "share", date)["stamp"] == pytest.approx(15.0)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((LAKH, "buy", "share", "2004-09-30"), "stt .* share on 2004-09-30: its first row .* 2004-10-01; an earlier"),
        ((LAKH, "sell", "etf", "1999-01-01"), "stt .* etf on 1999-01-01: .* (an etf with rows of its own takes none"),
        ((LAKH, "buy", "future", "2024-09-30"), "exchange .* future on 2024-09-30: its first row .* on 2024-10-01"),
        ((LAKH, "bought", "share", "2024-10-01"), "unknown side 'bought'.* Known: buy, sell"),
        ((LAKH, "buy", "shares", "2024-10-01"), "unknown vehicle 'shares'; did you mean 'share'?"),
        ((-1.0, "buy", "share", "2024-10-01"), "an order's value is rupees, 0 or more, not -1.0"),
        ((float("nan"), "buy", "share", "2024-10-01"), "an order's value is rupees, 0 or more, not nan"),
        ((LAKH, "buy", "share", "1 October 2024"), "a date is a day such as 2024-10-01, not '1 October 2024'"),
        ((LAKH, "buy", "share", pd.NaT), "a date is a day such as 2024-10-01, not NaT"),
        ((LAKH, "buy", "share", np.datetime64("NaT")), "no stt is known for share on NaT"),
    ],
)  # fmt: skip
def test_what_is_refused(order: tuple[Any, ...], message: str) -> None:
    with pytest.raises(DataError, match=message.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        charges(*order)


def test_dp_before_its_first_row_is_an_error_only_where_it_is_asked_for() -> None:
    assert charges(LAKH, "sell", "share", "2017-06-30")["dp"] == 0.0
    with pytest.raises(DataError, match="no dp is known for share on 2017-06-30: its first row .* 2017-07-01"):
        charges(LAKH, "sell", "share", "2017-06-30", dp=True)


BROKERAGES = st.none() | st.builds(
    lambda bps, flat: Brokerage(bps=bps, flat=flat),
    st.one_of(st.none(), st.floats(0.01, 500)),
    st.floats(0.01, 10_000),
) | st.builds(lambda bps: Brokerage(bps=bps), st.floats(0, 500))  # fmt: skip


def random_orders(count: int) -> Iterable[tuple[float, str, str, str, Brokerage | None, bool]]:
    rng = np.random.default_rng(20241001)
    offers = [None, Brokerage(bps=3, flat=20), Brokerage(flat=20), Brokerage(bps=30)]
    for _ in range(count):
        vehicle, dp = str(rng.choice(["share", "etf", "future"])), bool(rng.integers(2))
        first = np.datetime64((NO_DP if dp else FIRST)[vehicle])
        day = str(first + rng.integers((np.datetime64("2027-01-01") - first).astype(int)))
        value = float(rng.choice([0.0, 1.0, 10.0 ** rng.uniform(0, 8)]))
        yield value, str(rng.choice(["buy", "sell"])), vehicle, day, offers[rng.integers(4)], dp


def test_ten_thousand_orders_against_the_slow_reading() -> None:
    """One by one, and as arrays: one call for each brokerage, vehicles and days mixed."""
    naive, orders = Naive(), list(random_orders(10_000))
    for value, side, vehicle, day, brokerage, dp in orders:
        found = charges(value, side, vehicle, day, brokerage=brokerage, dp=dp)
        expected = naive.charges(value, (side, vehicle, day), brokerage, dp)
        assert list(found) == list(NAMES)
        for name, amount in found.items():
            assert amount == pytest.approx(float(expected[name]), rel=1e-12, abs=1e-15), (name, value, side, day)
    for brokerage, dp in {(order[4], order[5]) for order in orders}:
        mine = [order for order in orders if order[4:] == (brokerage, dp)]
        days = np.array([order[3] for order in mine], dtype="datetime64[D]")
        traded = np.array([order[0] if order[1] == "buy" else -order[0] for order in mine])
        rates = Rates.of([order[2] for order in mine], days, brokerage=brokerage, dp=dp)
        slow = [naive.charges(order[0], (order[1], order[2], order[3]), brokerage, dp) for order in mine]
        for name, column in rates.itemised(traded).items():
            np.testing.assert_allclose(column, [float(one[name]) for one in slow], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(rates.cost(traded), [float(sum(one.values())) for one in slow], rtol=1e-12)


def test_every_first_day_and_the_day_before_every_row_against_the_slow_reading() -> None:
    naive = Naive()
    days = {dt.date.fromisoformat(row["effective"]) for row in rows()}
    for day in sorted(days | {day - dt.timedelta(days=1) for day in days}):
        for vehicle, side in [(v, s) for v in FIRST for s in ("buy", "sell") if FIRST[v] <= str(day)]:
            slow = naive.charges(LAKH, (side, vehicle, str(day)), None, dp=False)
            expected = {name: float(amount) for name, amount in slow.items()}
            assert charges(LAKH, side, vehicle, day) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("vehicle", "segment", "fund"),
    [("share", "delivery", ""), ("etf", "delivery", "equity"), ("future", "futures", "")],
)
@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("value", [1_000.0, LAKH, 12_345_678.9])
def test_todays_rates_are_those_of_another_program(
    vehicle: str, segment: str, fund: str, side: str, value: float
) -> None:
    """It rounds every line to the paisa, and writes the investor protection fund's charge on a line of its own."""
    leg = indian_charges.leg(turnover=value, side=side, segment=segment, fund=fund, broker="none")
    ours = charges(value, side, vehicle, indian_charges.EFFECTIVE_FROM)
    theirs = {
        "stt": leg.stt,
        "stamp": leg.stamp_duty,
        "exchange": leg.exchange_txn + leg.ipft,
        "sebi": leg.sebi_fee,
        "gst": leg.gst,
        "dp": leg.dp_charge,
        "brokerage": leg.brokerage,
    }
    half_a_paisa = {name: 0.005 + 1e-9 + 0.005 * (name == "exchange") for name in NAMES}
    assert {name: abs(ours[name] - float(theirs[name])) <= half_a_paisa[name] for name in NAMES} == dict.fromkeys(
        NAMES, True
    )
    assert sum(ours.values()) == pytest.approx(float(leg.total), abs=0.02)


def test_todays_dp_is_that_of_another_program() -> None:
    leg = indian_charges.leg(turnover=LAKH, side="sell", segment="delivery", broker="zerodha", dp_scrips=1)
    assert charges(LAKH, "sell", "share", indian_charges.EFFECTIVE_FROM, dp=True)["dp"] == float(leg.dp_charge)


ORDERS = {
    "side": st.sampled_from(["buy", "sell"]),
    "vehicle": st.sampled_from(["share", "etf", "future"]),
    "day": st.dates(dt.date(2024, 10, 1), dt.date(2027, 1, 1)),
}


@given(value=st.floats(0, 1e12), more=st.floats(0, 1e12), brokerage=BROKERAGES, dp=st.booleans(), **ORDERS)
def test_never_negative_and_never_less_for_more(  # noqa: PLR0913, PLR0917
    value: float, more: float, brokerage: Brokerage | None, dp: bool, side: str, vehicle: str, day: dt.date
) -> None:
    less = charges(value, side, vehicle, day, brokerage=brokerage, dp=dp)
    whole = charges(value + more, side, vehicle, day, brokerage=brokerage, dp=dp)
    assert min(less.values()) >= 0.0
    assert all(whole[name] >= less[name] for name in NAMES)


@given(values=st.tuples(st.floats(1, 1e9), st.floats(1, 1e9)), bps=st.floats(0, 500), **ORDERS)
def test_what_is_proportional_adds_up(
    values: tuple[float, float], bps: float, side: str, vehicle: str, day: dt.date
) -> None:
    one, other = values
    one_paid, other_paid, both = (
        charges(value, side, vehicle, day, brokerage=Brokerage(bps=bps)) for value in (one, other, one + other)
    )
    assert both == pytest.approx({name: one_paid[name] + other_paid[name] for name in NAMES}, rel=1e-9)


@given(value=st.floats(-1e9, 1e9), brokerage=BROKERAGES, dp=st.booleans(), vehicle=ORDERS["vehicle"], day=ORDERS["day"])
def test_the_parts_are_the_cost_and_the_cost_is_what_the_formula_says(
    value: float, brokerage: Brokerage | None, dp: bool, vehicle: str, day: dt.date
) -> None:
    rates = Rates.of(vehicle, np.array([day], dtype="datetime64[D]"), brokerage=brokerage, dp=dp)
    traded, place = np.array([value]), int(value < 0)
    by_formula = rates.fraction_total[0, place] * abs(value) + rates.flat_total[0, place] * (value != 0)
    if rates.lower is not None:
        by_formula += min(rates.lower[0] * abs(value), rates.lower[1]) * (1 + rates.gst[0, place])
    assert rates.cost(traded)[0] == pytest.approx(by_formula, rel=1e-12)
    assert sum(part[0] for part in rates.itemised(traded).values()) == pytest.approx(by_formula, rel=1e-12, abs=1e-9)


def test_rates_of_assets_whose_vehicle_changes() -> None:
    """Two days by two assets: the second becomes an ETF on the second day, and a sale of it pays 0.001%."""
    days = np.array(["2015-01-01", "2015-01-02"], dtype="datetime64[D]")
    rates = Rates.of([["share", "share"], ["share", "etf"]], days[:, None])
    assert rates.fraction["stt"].tolist() == [[[0.001, 0.001], [0.001, 0.001]], [[0.001, 0.001], [0.0, 0.00001]]]
    traded = np.array([[0.0, -LAKH], [LAKH, -LAKH]])
    assert rates.itemised(traded)["stt"] == pytest.approx(np.array([[0.0, 100.0], [100.0, 1.0]]))


def test_rates_cannot_be_changed_from_outside() -> None:
    rates = Rates.of("share", np.array(["2024-10-01"], dtype="datetime64[D]"))
    for array in (rates.fraction["stt"], rates.flat["dp"], rates.gst):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1.0
