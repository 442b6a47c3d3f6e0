"""First in, first out; twelve months; the cost that stood still on 2018-01-31. Worked by hand.

Invariants: units and cost are conserved through any purchases and sales, and gains add up to proceeds less cost.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DataError
from engine.tax import Disposal, Lots


def held(bought: str, sold: str) -> Disposal:
    return Disposal("A", date.fromisoformat(bought), date.fromisoformat(sold), 1.0, 100.0, 150.0)


def test_the_oldest_lots_are_sold_first_and_the_last_one_is_split() -> None:
    """Three lots at 10, 12 and 15; 160 of the 180 units are sold at 20 less a charge of 32.

    bought      units   cost   sold   its cost          proceeds of 3,168
    2020-01-06    100  1,000    100   1,000             1,980.00 (100/160)
    2020-02-03     50    600     50     600               990.00 (50/160)
    2020-03-02     30    450     10     150 (10/30)       198.00 (the rest)
    """
    lots = Lots("A")
    lots.buy(date(2020, 1, 6), 100.0, 1_000.0)
    lots.buy(date(2020, 2, 3), 50.0, 600.0)
    lots.buy(date(2020, 3, 2), 30.0, 450.0)
    sold = lots.sell(date(2021, 2, 3), 160.0, 3_168.0)
    assert [(one.bought.month, one.units, one.cost, one.proceeds) for one in sold] == [
        (1, 100.0, 1_000.0, 1_980.0),
        (2, 50.0, 600.0, 990.0),
        (3, 10.0, 150.0, 198.0),
    ]
    assert [one.gain for one in sold] == [980.0, 390.0, 48.0]
    assert [one.long_term for one in sold] == [True, False, False]  # 3 February to 3 February is twelve months
    assert [tuple(lot) for lot in lots] == [(date(2020, 3, 2), 20.0, 300.0)]
    (rest,) = lots.sell(date(2021, 3, 3), 20.0, 400.0)
    assert (rest.cost, rest.gain, rest.long_term, lots.units, lots.cost) == (300.0, 100.0, True, 0.0, 0.0)


@pytest.mark.parametrize(
    ("bought", "sold", "long"),
    [
        ("2023-03-15", "2024-03-15", False), ("2023-03-15", "2024-03-16", True),  # exactly twelve months, a day more
        ("2023-03-01", "2024-02-29", False), ("2023-03-01", "2024-03-01", False), ("2023-03-01", "2024-03-02", True),
        ("2023-02-28", "2024-02-28", False), ("2023-02-28", "2024-02-29", True),
        ("2024-02-29", "2025-02-28", False), ("2024-02-29", "2025-03-01", True),  # no such day: the month's last
        ("2023-12-31", "2024-12-31", False), ("2023-12-31", "2025-01-01", True),
        ("2023-03-15", "2023-03-15", False),
    ],
)  # fmt: skip
def test_long_term_is_more_than_twelve_calendar_months(bought: str, sold: str, long: bool) -> None:
    assert held(bought, sold).long_term is long


@pytest.mark.parametrize(
    ("cost", "fair", "proceeds", "gain"),
    [
        (1_000.0, 150.0, 1_800.0, 300.0),  # cost 1,000 < fair 1,500 < sale 1,800: 1,800 - 1,500
        (1_000.0, 250.0, 1_800.0, 0.0),  # fair 2,500 over the sale: min(2,500, 1,800), 1,800 - 1,800
        (2_000.0, 150.0, 1_800.0, -200.0),  # cost over fair value: max(2,000, 1,500), a true loss
        (2_000.0, 250.0, 2_200.0, 0.0),  # cost 2,000 < sale 2,200 < fair 2,500: 2,200 - 2,200
        (1_000.0, 80.0, 700.0, -300.0),  # fair 800 under the cost, sale under both: 700 - 1,000
    ],
)
def test_the_gain_before_february_2018_is_not_taxed(cost: float, fair: float, proceeds: float, gain: float) -> None:
    """Ten units bought in 2016, sold in May 2019, `fair` what one was worth on 2018-01-31."""
    sale = Disposal("A", date(2016, 5, 4), date(2019, 5, 6), 10.0, cost, proceeds, fair)
    assert (sale.grandfathered, sale.gain) == (True, gain)


@pytest.mark.parametrize(
    ("bought", "sold", "grandfathered"),
    [
        ("2018-01-31", "2019-02-01", True),
        ("2018-02-01", "2019-02-02", False),  # a day too late
        ("2016-05-04", "2018-03-31", False),  # exempt altogether
        ("2016-05-04", "2018-04-01", True),
        ("2018-01-15", "2018-06-15", False),  # short term
    ],
)
def test_what_is_grandfathered(bought: str, sold: str, grandfathered: bool) -> None:
    sale = Disposal("A", date.fromisoformat(bought), date.fromisoformat(sold), 1.0, 100.0, 150.0, 130.0)
    assert sale.grandfathered is grandfathered
    assert sale.gain == (20.0 if grandfathered else 50.0)


def test_an_unknown_fair_value_is_an_error_where_it_is_needed() -> None:
    assert held("2018-02-01", "2019-05-06").gain == 50.0
    with pytest.raises(DataError, match="A bought on 2016-05-04 and sold on 2019-05-06 .* since 2018-01-31, but what"):
        _ = held("2016-05-04", "2019-05-06").gain


def test_a_rounding_error_more_or_less_is_the_whole_lot() -> None:
    day, later = date(2020, 1, 6), date(2020, 2, 3)
    for units in (300.0 * (1 + 1e-13), 300.0 * (1 - 1e-13)):
        lots = Lots("A")
        lots.buy(day, 100.0, 1_000.0)
        lots.buy(day, 200.0, 2_000.0)
        assert [one.units for one in lots.sell(later, units, 3_300.0)] == [100.0, 200.0]
        assert (list(lots), lots.empty) == ([], True)
        assert lots.sell(later, 1e-9, 1e-8) == []


def test_a_rounding_error_is_not_taken_from_the_next_lot() -> None:
    lots = Lots("A")
    for day in (6, 7, 8):
        lots.buy(date(2020, 1, day), 100.0, 1_000.0)
    assert [one.units for one in lots.sell(date(2020, 2, 3), 200.0 * (1 + 1e-13), 2_200.0)] == [100.0, 100.0]
    assert [lot.units for lot in lots] == [100.0]


def test_the_last_piece_gets_what_is_left_of_the_proceeds() -> None:
    """A third of 0.1 three times is not 0.1 in floating point; what is left after two of them is."""
    lots = Lots("A")
    for _ in range(3):
        lots.buy(date(2020, 1, 6), 1.0, 1.0)
    first, second, last = (one.proceeds for one in lots.sell(date(2020, 2, 3), 3.0, 0.1))
    assert last == 0.1 - first - second != first


def test_what_cannot_be_is_refused() -> None:
    lots = Lots("A")
    lots.buy(date(2020, 1, 6), 100.0, 1_000.0)
    with pytest.raises(ValueError, match="A: 101.0 units sold on 2020-01-07, 100.0 held"):
        lots.sell(date(2020, 1, 7), 101.0, 1_000.0)
    with pytest.raises(ValueError, match="A: 2020-01-03 comes after 2020-01-07"):
        lots.buy(date(2020, 1, 3), 1.0, 1.0)
    for units, rupees in ((0.0, 1.0), (-1.0, 1.0), (math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan), (1.0, -1.0)):
        with pytest.raises(ValueError, match="A on 2020-01-08"):
            lots.buy(date(2020, 1, 8), units, rupees)


def test_a_copy_is_on_its_own() -> None:
    lots = Lots("A", 5.0)
    lots.buy(date(2020, 1, 6), 100.0, 1_000.0)
    other = lots.copy()
    other.sell(date(2020, 1, 7), 100.0, 1_000.0)
    assert (lots.units, other.units, other.fair_value) == (100.0, 0.0, 5.0)


AMOUNTS = st.floats(1e-3, 1e7)
TRADES = st.lists(st.tuples(st.booleans(), AMOUNTS, AMOUNTS, st.floats(0.0, 1.0), st.integers(0, 90)), max_size=40)


@given(TRADES)
def test_units_and_rupees_are_conserved(trades: list[tuple[bool, float, float, float, int]]) -> None:
    lots, day = Lots("A", fair_value=0.0), date(2019, 1, 1)
    bought, cost, sold, paid = [0.0], [0.0], list[Disposal](), [0.0]
    for buys, units, rupees, share, days in trades:
        day += timedelta(days)
        if buys:
            lots.buy(day, units, rupees)
            bought.append(units)
            cost.append(rupees)
        elif (part := share * (had := lots.units)) > 0.0:
            pieces = lots.sell(day, part, rupees)
            assert [one.bought for one in pieces] == sorted(one.bought for one in pieces)
            assert math.fsum(one.units for one in pieces) == pytest.approx(part, rel=1e-12, abs=1e-12 * had)
            sold += pieces
            paid.append(rupees)
    assert math.fsum(one.units for one in sold) + lots.units == pytest.approx(math.fsum(bought), rel=1e-12)
    assert math.fsum(one.cost for one in sold) + lots.cost == pytest.approx(math.fsum(cost), rel=1e-12)
    assert math.fsum(one.proceeds for one in sold) == pytest.approx(math.fsum(paid), rel=1e-12)
    gained = math.fsum(one.gain for one in sold)
    spent = math.fsum(one.cost for one in sold)
    assert gained == pytest.approx(math.fsum(paid) - spent, rel=1e-9, abs=1e-12 * (math.fsum(paid) + spent))
