"""The value that is left after flat fees: by hand, and against every combination of orders in exact fractions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accounting.postcost import Prices, post_cost_value_exact

NOTHING = Fraction(0)
FREE = (NOTHING, NOTHING, NOTHING, NOTHING)
Cost = tuple[Fraction, Fraction, Fraction, Fraction]  # rate, flat, bps, cap
Form = tuple[Fraction | float, Fraction | float, Fraction, Fraction]  # from V', to V', costs at V' = 0, costs per V'


@dataclass(frozen=True)
class Case:
    """One rebalance in exact fractions; a cap is only looked at where there are bps."""

    value: Fraction
    weights: tuple[Fraction, ...]
    holdings: tuple[Fraction, ...]
    buys: tuple[Cost, ...]
    sells: tuple[Cost, ...]
    least: Fraction

    def spent(self, after: Fraction) -> Fraction:
        """V' + costs(V' w - h), as defined."""
        return after + sum((self.order_cost(place, after) for place in range(len(self.weights))), start=NOTHING)

    def order_cost(self, place: int, after: Fraction) -> Fraction:
        order = after * self.weights[place] - self.holdings[place]
        if order == 0 or abs(order) < self.least:
            return NOTHING
        rate, flat, bps, cap = self.buys[place] if order > 0 else self.sells[place]
        return rate * abs(order) + flat + min(bps * abs(order), cap)

    def forms(self, place: int) -> Iterator[Form]:
        """Every form an asset's cost can take, and the V' for which it does, ends included."""
        weight, held = self.weights[place], self.holdings[place]
        if weight == 0:
            yield -math.inf, math.inf, self.order_cost(place, NOTHING), NOTHING
            return
        yield (held - self.least) / weight, (held + self.least) / weight, NOTHING, NOTHING
        for sign, (rate, flat, bps, cap) in ((1, self.buys[place]), (-1, self.sells[place])):
            full = cap / bps if bps else math.inf
            for least, most, share, fee in (
                (self.least, full, rate + bps, flat),
                (max(full, self.least), math.inf, rate, flat + cap),
            ):
                if least > most or least == math.inf:
                    continue
                ends = sorted(
                    (held + sign * size) / weight if size < math.inf else sign * size for size in (least, most)
                )
                yield ends[0], ends[1], fee - sign * share * held, sign * share * weight

    def largest(self) -> Fraction | None:
        """Over all combinations of forms, the largest V' that can be paid; None if there is none."""
        best = None
        for forms in itertools.product(*(tuple(self.forms(place)) for place in range(len(self.weights)))):
            lowest, highest = max(NOTHING, *(one[0] for one in forms)), min(one[1] for one in forms)
            if lowest <= highest:
                free = (self.value - sum(one[2] for one in forms)) / (1 + sum(one[3] for one in forms))
                if free >= lowest:
                    after = min(free, highest)
                    best = after if best is None else max(best, after)
        return None if best is None else Fraction(best)

    def moved(self, fraction: float) -> Case:
        return Case(self.value * Fraction(1 + fraction), *list(self.__dict__.values())[1:])


SPECK = 1e-8


def after_costs(case: Case) -> float:
    """The value that is left, by the code under test; no order is smaller than a speck of the value."""
    sides = [np.array([[float(part) for part in cost] for cost in costs]) for costs in (case.buys, case.sells)]
    (buy, flat_buy, fraction, cap), (sell, flat_sell, _, _) = (side.T for side in sides)
    prices = Prices(buy, sell, flat_buy, flat_sell, fraction, cap, np.zeros(len(buy)))
    weights, held = (np.array([float(part) for part in parts]) for parts in (case.weights, case.holdings))
    return post_cost_value_exact(float(case.value), weights, held, prices, float(case.least))


def simple(
    value: int, targets: Sequence[tuple[str, int | str]], flat: tuple[str, str] = ("0", "0"), least: int = 0
) -> Case:
    """Targets as (weight, rupees held); flat fees for purchases and sales, nothing else."""
    buy, sell = ((NOTHING, Fraction(fee), NOTHING, NOTHING) for fee in flat)
    weights, held = tuple(Fraction(weight) for weight, _ in targets), tuple(Fraction(rupees) for _, rupees in targets)
    return Case(Fraction(value), weights, held, (buy,) * len(targets), (sell,) * len(targets), Fraction(least))


@pytest.mark.parametrize(
    ("case", "after"),
    [
        # 1000 in cash, all of it to be invested for a fee of 20.
        (simple(1000, [("1", 0)], ("20", "0")), 980.0),
        # Held as wanted: no order, no fee.
        (simple(1000, [("0.5", 500), ("0.5", 500)], ("20", "20")), 1000.0),
        # The same in thirds, which no binary number is: what rounding leaves to trade is no order.
        (simple(10_000, [("1/3", "10000/3")] * 3, ("20", "20")), 10_000.0),
        # 600 and 400 to be made equal: a sale for 10 and a purchase for 20; 970 / 2 = 485.
        (simple(1000, [("0.5", 600), ("0.5", 400)], ("20", "10")), 970.0),
        # 1010 with 10 in cash: selling 0.4 and 0.4 of the holdings would cost 10 each; standing still is worth 1000.
        (simple(1010, [("0.5", 500), ("0.5", 500)], ("20", "10")), 1000.0),
        # 505 held of 1000: at V' = 1000 both would trade for 30; at 990 the second stands still at 495 and the first
        # sells 10 for a fee of 10, which the 10 left over pay exactly.
        (simple(1000, [("0.5", 505), ("0.5", 495)], ("20", "10")), 990.0),
        # Orders under 50 are none: both 490s may grow to just under 540, but there is only 1000.
        (simple(1000, [("0.5", 490), ("0.5", 490)], ("20", "10"), 50), 1000.0),
        # 1100: beyond 1080 both would be bought for 40 together, 1060; so 1080, and 40 more than that stays cash.
        (simple(1100, [("0.5", 490), ("0.5", 490)], ("20", "10"), 50), 1080.0),
        # An order of 1 is none where the least is 2, even if it would be free.
        (simple(2000, [("0.5", 1001), ("0.5", 999)], least=2), 2000.0),
        # Everything is sold, and what has no weight is always a sale.
        (simple(1000, [("0", 1000)], ("20", "10")), 990.0),
        # A fee that is more than there is: nothing is bought.
        (simple(10, [("1", 0)], ("20", "0")), 0.0),
        # A sale that cannot be paid for: nothing is left.
        (simple(10, [("0", 10)], ("20", "20")), 0.0),
    ],
)  # fmt: skip
def test_by_hand(case: Case, after: float) -> None:
    assert after_costs(case) == pytest.approx(after, rel=1e-13)


def test_the_brokerage_is_under_its_cap_once_the_fees_are_paid() -> None:
    """The lower of Rs 5 and 3% is Rs 5 from an order of 166.67 on: 167 at V' = 1000, but less where the money ends.

    V' + 0.03 (V' - 833) = 1000, so V' = 1024.99 / 1.03; with the full Rs 5 it would be 995.
    """
    broker = ((NOTHING, NOTHING, Fraction("0.03"), Fraction(5)),)
    case = Case(Fraction(1000), (Fraction(1),), (Fraction(833),), broker, broker, NOTHING)
    assert after_costs(case) == pytest.approx(1024.99 / 1.03, rel=1e-14)


def test_what_only_rounding_puts_out_of_reach_can_be_paid() -> None:
    """One asset stands at its 100.2, a sale of the other costs 20.1: 120.3 to the rupee, not to the last bit."""
    assert 100.2 + 20.1 > 120.3
    fee = (NOTHING, Fraction("20.1"), NOTHING, NOTHING)
    held = (Fraction("100.2"), Fraction(20))
    case = Case(Fraction("120.3"), (Fraction(1), NOTHING), held, (fee, fee), (fee, fee), NOTHING)
    assert after_costs(case) == 100.2


RATES = st.sampled_from([Fraction(0), Fraction("0.001"), Fraction("0.0123")])
FLATS = st.sampled_from([Fraction(0), Fraction("15.34"), Fraction(20)])
BROKERS = st.sampled_from([(NOTHING, NOTHING), (Fraction("0.0003"), Fraction(20)), (Fraction("0.03"), Fraction(5))])
COSTS = st.builds(lambda rate, flat, broker: (rate, flat, *broker), RATES, FLATS, BROKERS)


@st.composite
def cases(draw: st.DrawFn, most: int = 4) -> Case:
    """Round numbers, so that limits coincide; sometimes some or all assets stand at their targets exactly."""
    parts = draw(st.lists(st.integers(0, 8), min_size=1, max_size=most))
    whole = sum(parts) + draw(st.sampled_from([0, 0, 1, 5])) or 1
    weights = tuple(Fraction(part, whole) for part in parts)
    value = Fraction(draw(st.sampled_from([10, 100, 1_000, 1_000, 10_000, 100_000, 1_000_000])))
    wanted = draw(
        st.lists(st.sampled_from(["target", "none", "near", "any"]), min_size=len(parts), max_size=len(parts))
    )
    held = []
    for weight, how in zip(weights, wanted, strict=True):
        drift = {"target": NOTHING, "none": Fraction(-1), "near": draw(st.integers(-20, 20)) * Fraction("0.001")}.get(
            how
        )
        any_ = draw(st.integers(0, 1000)) * value / 1000
        held.append(any_ if drift is None else weight * value * (1 + drift))
    least = draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(1), Fraction(50)]))
    buys = tuple(draw(COSTS) for _ in parts)
    sells = tuple((draw(RATES), draw(FLATS), *cost[2:]) for cost in buys)  # one broker for both sides
    total = sum(held, start=NOTHING) if draw(st.booleans()) else NOTHING
    return Case(max(value, total), weights, tuple(held), buys, sells, least)


def check(case: Case, after: float) -> None:
    """Costs jump: an answer counts if a hair's breadth more or less money would give it."""
    exact, less, more = case.largest(), case.moved(-1e-13).largest(), case.moved(1e-13).largest()
    if more is None:
        assert after == 0.0
        return
    tolerance = 1e-12 * float(case.value)
    assert (-1.0 if less is None else float(less)) - tolerance <= after <= float(more) + tolerance
    if exact is not None and less is not None and more - less <= Fraction(1e-10) * case.value:
        assert after == pytest.approx(float(exact), rel=1e-12, abs=tolerance * 1e-3)


@settings(max_examples=300)
@given(cases())
def test_against_every_combination_of_orders(case: Case) -> None:
    check(case, after_costs(case))


@settings(max_examples=25)
@given(cases(most=6))
def test_against_every_combination_of_orders_of_up_to_six_assets(case: Case) -> None:
    plain = tuple((rate, flat, NOTHING, NOTHING) for rate, flat, _, _ in case.buys)
    sold = tuple((rate, flat, NOTHING, NOTHING) for rate, flat, _, _ in case.sells)
    bare = Case(case.value, case.weights, case.holdings, plain, sold, case.least)
    check(bare, after_costs(bare))


@settings(max_examples=200)
@given(cases(most=6))
def test_nothing_larger_can_be_paid(case: Case) -> None:
    """By the definition alone: V' from just over the answer up to V, the limits among them."""
    after = after_costs(case)
    start = Fraction(after) + case.value / 10**10
    grid = [start + (case.value - start) * step / 100 for step in range(101)]
    limits = [
        (held + way * case.least) / weight
        for weight, held in zip(case.weights, case.holdings, strict=True)
        if weight > 0
        for way in (-1, 0, 1)
    ]
    for one in (*grid, *limits):
        assert not start <= one <= case.value or case.spent(one) > case.value * (1 - Fraction(1, 10**13))


def test_what_moves_prices_is_paid_as_well() -> None:
    """Impact bends the equation: the answer pays for its orders, and no larger one of a fine grid does."""
    rng = np.random.default_rng(11)
    for _ in range(60):
        count = int(rng.integers(1, 6))
        weights = rng.dirichlet(np.ones(count + 1))[:count] * (rng.random(count) < 0.8)
        held = rng.uniform(0, 1e5, count) * (rng.random(count) < 0.8)
        value = float(held.sum() + rng.uniform(1, 1e5))
        rates, flats = rng.uniform(0, 0.01, (2, count)), rng.choice([0.0, 15.34], (2, count))
        broker = np.full(count, 0.0003), np.full(count, 20.0)
        prices = Prices(rates[0], rates[1], flats[0], flats[1], *broker, rng.uniform(0, 1e-4, count))

        def spent(after: float, weights=weights, held=held, prices=prices) -> float:  # type: ignore[no-untyped-def]  # bound
            orders = [after * share - rupees for share, rupees in zip(weights, held, strict=True)]
            orders = [order if abs(order) >= 1.0 else 0.0 for order in orders]
            return after + float(prices.cost(np.array(orders)).sum())

        after = post_cost_value_exact(value, weights, held, prices, 1.0)
        assert spent(after) <= value * (1 + 1e-13)
        larger = [one for one in np.linspace(after, value, 400) if one > after * (1 + 1e-9)]
        assert all(spent(one) > value for one in larger)
