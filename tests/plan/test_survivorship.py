"""How much hindsight is in a basket: grades by hand."""

from __future__ import annotations

from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from engine.config.settings import Basket
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.market.registry import theme_made, themes
from engine.plan import survivorship
from engine.plan.survivorship import Grade, grade, grades
from tests.markets import config_of, frame, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 11)  # Monday 1 June to Monday 15 June
START, END = DAYS[2], DAYS[10]  # Wednesday the 3rd to Monday the 15th, half of which is the 9th
EARLY, AT_START, LATE, AFTER = DAYS[0], DAYS[2], DAYS[3], date(2020, 6, 16)


def market(**firsts: date) -> Market:
    """Stocks with a price every weekday from their first on; the exchange knows no price before it."""
    bars = {SeriesKey("A", "price"): frame(history(DAYS, [100.0] * 11).price, {})}
    for symbol, first in firsts.items():
        days = weekdays(EARLY, 13)
        closes = [10.0 if day >= first else np.nan for day in days]
        index = pd.DatetimeIndex(np.array(days, "datetime64[s]"), name="date")
        bars[SeriesKey(symbol, "stock")] = pd.DataFrame({"open": closes, "close": closes}, index=index)
    return Market.of("A", bars)


def graded(made: date | None, monkeypatch: pytest.MonkeyPatch, **firsts: date) -> Grade:
    themed = made is not None
    monkeypatch.setattr(survivorship, "theme_made", lambda _: made)
    basket = Basket(stocks=tuple(firsts))
    if themed:  # a theme whose stocks are these
        basket = Basket.model_construct(stocks=tuple(firsts), theme="THEME", moves={})
    return grade("BASKET", basket, market(**firsts), (START, END))


@pytest.mark.parametrize(
    ("made", "second", "letter", "listed", "joined"),
    [
        (START, EARLY, "A", 2, 0),
        (START, LATE, "A", 1, 1),  # who came later was on the list before
        (date(2020, 6, 4), LATE, "B", 1, 1),
        (date(2020, 6, 9), EARLY, "B", 2, 0),  # the sixth day of twelve
        (date(2020, 6, 10), EARLY, "C", 2, 0),
        (AFTER, AT_START, "C", 2, 0),  # a price at the start is in time
        (AFTER, LATE, "D", 1, 1),
        (None, EARLY, "C", 2, 0),
        (None, END, "D", 1, 1),
        (None, AFTER, "D", 1, 0),  # not there within the window
    ],
)
def test_the_scale(  # noqa: PLR0913, PLR0917  # a row of the table
    made: date | None, second: date, letter: Literal["A"], listed: int, joined: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = graded(made, monkeypatch, P=EARLY, Q=second)
    assert (found.letter, found.members, found.listed, found.joined, found.made) == (letter, 2, listed, joined, made)


def test_the_words_are_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = graded(None, monkeypatch, P=EARLY, Q=LATE, R=LATE)
    assert found.sentence() == (
        "BASKET: survivorship grade D (very severe): its list has no date, 1 of 3 stocks had a price at the start of "
        "the window, 2 came later, and who had left by then is not known"
    )
    assert found.plain()["word"] == "very severe"
    assert found.plain()["dated"] is False


def test_a_basket_that_is_only_looked_at_is_graded_and_an_idle_one_is_not() -> None:
    plain = strategy(
        baskets={"HELD": {"stocks": ["P"]}, "POLLED": {"stocks": ["Q"]}, "IDLE": {"stocks": ["R"]}},
        market={"benchmark": "A", "universe": ["A", "HELD"]},
        signals={"many": {"use": "breadth", "among": "POLLED", "window": 2}},
        rules=[{"name": "all", "when": "many > 10%", "hold": {"HELD": 1.0}}, {"name": "rest", "hold": {"A": 1.0}}],
    )
    found = grades(config_of(plain), market(P=EARLY, Q=LATE), (START, END))
    assert [(one.basket, one.letter) for one in found] == [("HELD", "C"), ("POLLED", "D")]


def test_a_shipped_list_is_of_the_last_day_its_stocks_had_a_price() -> None:
    """Every theme was chosen among stocks that still traded in September 2025."""
    assert {theme_made(theme) for theme in themes()} == {date(2025, 9, 17)}
