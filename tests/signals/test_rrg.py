"""Relative rotation by hand: ratios to averages, compass and quadrants, and the benchmark in the middle of them."""

from __future__ import annotations

import math
from datetime import date

import pytest

from engine.blocks import Scope
from strategies.signals.rrg import Rrg
from strategies.signals.rrg_quadrant import RrgQuadrant
from tests.markets import engine_market, history, weekdays

NAN = math.nan
DAYS = weekdays(date(2024, 1, 1), 6)
TO = [100.0, 200.0, 50.0, 100.0, 100.0, 300.0]
MARKET = engine_market(
    "TO",
    {
        "TO": history(DAYS, TO),
        "OWN": history(DAYS, [100.0, 300.0, 50.0, 100.0, 300.0, 900.0]),  # RS 1, 1.5, 1, 1, 3, 3
        "THRICE": history(DAYS, [3 * close for close in (100.1, 200.7, 50.3, 100.9, 100.3, 300.1)]),
        "CIRCLES": history(DAYS, [close * (6, 3)[place % 2] for place, close in enumerate(TO)]),
        "ONCE": history(DAYS, [100.1, 200.7, 50.3, 100.9, 100.3, 300.1]),
    },
)
# averages of two RS 1.25, 1.25, 1, 2, 3: ratios 120, 80, 100, 150, 100
# their averages of two 100, 90, 125, 125: momenta 80, 1000/9, 120, 80
RATIO = [NAN, 120.0, 80.0, 100.0, 150.0, 100.0]
MOMENTUM = [NAN, NAN, 80.0, 1000 / 9, 120.0, 80.0]
EAST_NORTH = [(20.0, 280 / 9), (50.0, 80 / 9), (-50.0, -40.0)]


def values(name: str, to: str = "TO", **fields: object) -> list[float]:
    fields = {"use": "rrg", "of": name, "to": to, "window": 2, "momentum_window": 2, **fields}
    return list(Rrg.model_validate(fields).evaluate(MARKET, Scope(()))[:, 0])


def test_coordinates_by_hand() -> None:
    assert values("OWN") == pytest.approx(RATIO, nan_ok=True)
    assert values("OWN", measure="momentum") == pytest.approx(MOMENTUM, nan_ok=True)
    distances = [math.hypot(-20, -20), 100 / 9, math.hypot(50, 20), 20.0]
    assert values("OWN", measure="distance") == pytest.approx([NAN, NAN, *distances], nan_ok=True)


def test_headings_are_read_on_a_compass() -> None:
    # north by east, east by north, and back to the south-west
    angles = [
        math.degrees(math.atan(20 / (280 / 9))),
        90 - math.degrees(math.atan((80 / 9) / 50)),
        180 + math.degrees(math.atan(50 / 40)),
    ]
    assert values("OWN", measure="heading", step=1) == pytest.approx([NAN, NAN, NAN, *angles], nan_ok=True)
    # over two steps: from (80, 80) to (150, 120), from (100, 1000/9) to (100, 80), which is due south
    two = [math.degrees(math.atan(70 / 40)), 180.0]
    assert values("OWN", measure="heading", step=2)[4:] == pytest.approx(two)


@pytest.mark.parametrize(("name", "to"), [("TO", "TO"), ("THRICE", "ONCE")])  # three times is the same but for rounding
def test_what_moves_as_the_benchmark_stands_exactly_in_the_middle(name: str, to: str) -> None:
    assert values(name, to)[2:] == values(name, to, measure="momentum")[2:] == [100.0] * 4
    assert values(name, to, measure="distance")[2:] == [0.0] * 4
    assert all(math.isnan(value) for value in values(name, to, measure="heading", step=1))


def test_what_is_back_where_it_was_has_no_heading() -> None:
    assert all(math.isnan(value) for value in values("CIRCLES", measure="heading", step=2))
    assert not math.isnan(values("CIRCLES", measure="heading", step=1)[-1])


def test_one_quadrant_at_a_time() -> None:
    def quadrant(name: str, of: str = "OWN") -> list[float]:
        fields = {"use": "rrg_quadrant", "of": of, "to": "TO", "window": 2, "momentum_window": 2, "quadrant": name}
        return list(RrgQuadrant.model_validate(fields).evaluate(MARKET, Scope(()))[:, 0])

    # (80, 80), (100, 111), (150, 120), (100, 80): a ratio of 100 is not above it
    assert quadrant("lagging") == pytest.approx([NAN, NAN, 1, 0, 0, 1], nan_ok=True)
    assert quadrant("improving") == pytest.approx([NAN, NAN, 0, 1, 0, 0], nan_ok=True)
    assert quadrant("leading") == pytest.approx([NAN, NAN, 0, 0, 1, 0], nan_ok=True)
    assert quadrant("weakening") == pytest.approx([NAN, NAN, 0, 0, 0, 0], nan_ok=True)
    assert quadrant("lagging", "TO")[2:] == [1.0] * 4
