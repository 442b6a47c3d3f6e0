"""bt's rule in numpy and what sets two accounts apart, by hand; whether it is bt's rule is for `make bench` to say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.peers.bt_rule import Account, apart, bt_account

PRICES = np.array([[10.0, math.nan], [11.0, 5.0], [12.0, 6.0]])
ALL_A, ALL_B, HALVES = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.5, 0.5])


def test_fees_come_out_of_purchases_on_top_of_partial_sales_and_out_of_cash_after_full_ones() -> None:
    """By hand, at 10%: 1,100 buy 1,000 of A; at 11 they are 1,100, which buy 1,000 of B while the sale of A costs 110.

    At 6 B is 1,200 and all is 1,090: 545 buy 545 / 1.1 of A at 12, and 655 / 0.9 of B are sold to raise 655.
    """
    account = bt_account(PRICES, {0: ALL_A, 1: ALL_B, 2: HALVES}, 0.1, 1_100.0)
    bought, sold = 545 / 1.1, 655 / 0.9
    fees = 0.1 * (bought + sold)
    np.testing.assert_allclose(account.fees, [100.0, 210.0, fees], rtol=1e-14)
    np.testing.assert_allclose(account.cash, [0.0, -110.0, 0.0], atol=1e-10)
    np.testing.assert_allclose(account.nav, [1_000.0, 890.0, 1_090.0 - fees], rtol=1e-14)
    halves = [bought / 12, (1_200 - sold) / 6]
    np.testing.assert_allclose(account.units, np.array([[100.0, 0.0], [0.0, 200.0], halves]), rtol=1e-14)


def test_credit_and_fees_of_a_switch() -> None:
    """The same switch, ours by hand: V' = 990 / 1.1 = 900 of B, 200 of fees, 1,080 at the end against bt's 1,090.

    bt earns 20% on 110 it does not own; it pays 10 more of fees, on which ours grows by 20%: -22 + 12 = -10.
    """
    ours = Account(
        np.array([1_000.0, 900.0, 1_080.0]),
        np.array([[100.0, 0.0], [0.0, 180.0], [0.0, 180.0]]),
        np.zeros(3),
        np.array([100.0, 200.0, 0.0]),
    )
    theirs = bt_account(PRICES, {0: ALL_A, 1: ALL_B}, 0.1, 1_100.0)
    assert apart(ours, theirs, PRICES) == pytest.approx((-22.0, 0.0, 12.0), abs=1e-10)


def test_what_became_of_a_difference() -> None:
    """All in A, against halves: A doubles and gains 100 against 50; then A gains a tenth, B nothing, and ours pays 6.

    The first 50 grow as our 200 do, to 200 * 1.1 - 6 = 214: 53.5. Theirs, 100 in A and 50 in B, had 10 more of B on
    credit and earned 10 on 160, a sixteenth: 150 * (1/10 - 1/16) and -10 / 16, both before the fee, so times 214 / 220.
    Our 6 on 220 would have been 48 / 11 on their 160.
    """
    prices = np.array([[1.0, 1.0], [2.0, 1.0], [2.2, 1.0]])
    whole = np.array([[100.0, 0.0], [100.0, 0.0], [214 / 2.2, 0.0]])
    halves = np.array([[50.0, 50.0], [50.0, 60.0], [50.0, 60.0]])
    ours = Account(np.array([100.0, 200.0, 214.0]), whole, np.zeros(3), np.array([0.0, 0.0, 6.0]))
    theirs = Account(np.array([100.0, 150.0, 160.0]), halves, np.array([0.0, -10.0, -10.0]), np.zeros(3))
    found = apart(ours, theirs, prices)
    assert found == pytest.approx(
        (-10 / 16 * 214 / 220, 53.5 + 150 * (1 / 10 - 1 / 16) * 214 / 220, -48 / 11), abs=1e-10
    )
    assert sum(found) == pytest.approx(214.0 - 160.0)
