"""Breadth by hand: who is asked, who answers, and how many must."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from engine.blocks import Scope
from engine.market.keys import SeriesKey
from engine.market.market import Market
from strategies.signals.breadth import Breadth
from tests.markets import engine_market, history, weekdays

NAN = math.nan
DAYS = weekdays(date(2024, 1, 1), 5)
SCOPE = Scope(("A", "B", "C"), baskets={"defence": ("A", "B", "C"), "power": ("P",)})


def market() -> Market:
    """Over averages of 2: A above, below, above, below; B above, above, level, below; C from the fourth session on."""
    indices = {
        "A": history(DAYS, [10.0, 12.0, 11.0, 13.0, 12.0]),
        "B": history(DAYS, [5.0, 6.0, 7.0, 7.0, 6.0]),
        "C": history(DAYS[3:], [1.0, 2.0]),
    }
    return engine_market("A", indices)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [NAN, 2 / 2, 1 / 2, 1 / 2, 1 / 3]),
        ({"minimum": "66%"}, [NAN, 2 / 2, 1 / 2, 1 / 2, 1 / 3]),
        ({"minimum": 0.67}, [NAN, NAN, NAN, NAN, 1 / 3]),
        ({"minimum": 0.0}, [NAN, 2 / 2, 1 / 2, 1 / 2, 1 / 3]),
        ({"among": ["A", "C"]}, [NAN, 1, 0, 1, 1 / 2]),  # half of them is enough
        ({"among": ["B"]}, [NAN, 1, 1, 0, 0]),  # level with the average is not above it
        ({"window": 3}, [NAN, NAN, 1 / 2, 2 / 2, 0]),  # A is level with 12 at the end, B at 6 below 20 / 3
    ],
)
def test_by_hand(fields: dict[str, Any], expected: list[float]) -> None:
    signal = Breadth.model_validate({"use": "breadth", "window": 2, **fields})
    assert signal.evaluate(market(), SCOPE)[:, 0].tolist() == pytest.approx(expected, nan_ok=True)


def test_a_session_without_an_observation_counts_on_neither_side() -> None:
    whole = market()
    bars = {key: bar.drop(whole.sessions[2]) if key.name == "B" else bar for key, bar in whole.bars.items()}
    found = Breadth(window=2, minimum=0.3).evaluate(Market.of("A", bars), SCOPE)
    assert found[:, 0].tolist() == pytest.approx([NAN, 2 / 2, 0, 2 / 2, 1 / 3], nan_ok=True)  # B: 7 above 6.5, 6 below


def test_a_basket_is_its_stocks() -> None:
    signal = Breadth(window=2, among="defence")
    assert signal.reads(SCOPE) == {SeriesKey(name, "stock") for name in "ABC"}
    stocks = {SeriesKey(key.name, "stock"): bars for key, bars in market().bars.items() if key.variant == "price"}
    found = signal.evaluate(Market.of("A", {**market().bars, **stocks}), SCOPE)
    assert found[:, 0].tolist() == pytest.approx([NAN, 1, 1 / 2, 1 / 2, 1 / 3], nan_ok=True)
    assert Breadth(window=2, among=("A", "power")).reads(SCOPE) == {
        SeriesKey("A", "price"),
        SeriesKey("power", "price"),
    }


def test_a_basket_must_exist() -> None:
    (mistake,) = Breadth(window=2, among="defense").mistakes(SCOPE)
    assert mistake.path == ("among",)
    assert mistake.message == "unknown basket 'defense'; did you mean 'defence'? Known: defence, power"
    assert not list(Breadth(window=2, among="power").mistakes(SCOPE))
    assert not list(Breadth(window=2, among=("X", "Y")).mistakes(SCOPE))


def test_a_share_is_at_most_one() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Breadth(window=2, minimum=50.0)


def test_it_is_said() -> None:
    assert Breadth(window=50).sentence() == "the share above their 50-session averages among the universe"
    assert Breadth(window=9, among=("A", "B")).sentence() == "the share above their 9-session averages among A and B"
