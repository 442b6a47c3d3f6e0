"""Series built from stocks: values by hand, members that come and go, moves that need an explanation, no future.

`naive` keeps rupees by member and moves them by each stock's own return; the engine keeps units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.config.data import load_market
from engine.config.load import load_config
from engine.errors import ConfigError, DataError
from engine.market.baskets import Rebalance, Recipe, basket_bars, with_baskets
from engine.market.finding import Finding
from engine.market.keys import PRICED, SeriesKey
from engine.market.market import Market
from engine.market.registry import explained_moves, themes
from engine.market.store import Store
from engine.plan.plan import make_plan
from engine.plan.schedule import decision_sessions
from tests.markets import Prices, engine_market, frame, history, weekdays

# A dozen sessions; quarters end at 2, 6 and 11, of which the last one is known to end because October follows.
DAYS = [
    date(2020, 3, 27), date(2020, 3, 30), date(2020, 3, 31),
    date(2020, 4, 1), date(2020, 5, 15), date(2020, 6, 29), date(2020, 6, 30),
    date(2020, 7, 1), date(2020, 7, 2), date(2020, 8, 3), date(2020, 9, 29), date(2020, 9, 30),
]  # fmt: skip
OCTOBER = [date(2020, 10, 1)]
Stocks = Mapping[str, Mapping[date, float]]


def prices(closes: list[float | None], days: list[date] = DAYS) -> Prices:
    """Closes by day; None where the stock did not trade."""
    return {day: close for day, close in zip(days, closes, strict=False) if close is not None}


def stock_market(
    stocks: Stocks, opens: Stocks | None = None, days: list[date] = DAYS, later: list[date] = OCTOBER
) -> Market:
    plain = engine_market("INDEX", {"INDEX": history(days, [100.0] * len(days))}, later)
    bars = {
        SeriesKey(name, "stock"): frame(dict(closes), dict((opens or {}).get(name, {})))
        for name, closes in stocks.items()
    }
    return Market.of("INDEX", {**plain.bars, **bars}, plain.calendar)


def built(
    stocks: Stocks,
    opens: Stocks | None = None,
    rebalance: Rebalance = "quarterly",
    moves: Mapping[tuple[str, date], str] | None = None,
) -> pd.DataFrame:
    return basket_bars(stock_market(stocks, opens), Recipe("THEME", tuple(stocks), rebalance, moves or {}))


def closes_of(bars: pd.DataFrame) -> dict[date, float]:
    return dict(zip(pd.DatetimeIndex(bars.index).date, bars["close"].tolist(), strict=True))


def naive(stocks: Stocks, sessions: list[date], turns: list[date]) -> dict[date, float]:
    """Rupees by member, each moved by the stock's own return from its last price."""
    rupees: dict[str, float] = {}
    last: dict[str, float] = {}
    found = {}
    for day in sessions:
        priced = [name for name in stocks if day in stocks[name]]
        for name in set(priced) & set(rupees):
            rupees[name] *= stocks[name][day] / last[name]
        last |= {name: stocks[name][day] for name in priced}
        if not rupees and priced:
            rupees = {name: 1000.0 / len(priced) for name in priced}
        if set(priced) & set(rupees):
            found[day] = sum(rupees.values())
        if day in turns and rupees:
            rupees = {name: sum(rupees.values()) / len(priced) for name in priced}
    return found


A = prices([100, 110, 125, 125, 130, 135, 150, 150, 120, 150, 160, 150])
B = prices([50, 45, 50, 55, 60])  # no price after 15 May
C = prices([None, 20, 25, 24, 30, 27, 30, 33, 36, 30, 30, 27])  # from 30 March on
BY_HAND = [
    1000.0,  # 500 in A (5 shares), 500 in B (10)
    1000.0,  # 550 + 450; C has a price and does not count yet
    1125.0,  # 625 + 500; then 375 each: 3 shares of A, 7.5 of B, 15 of C
    1147.5,  # 375 + 412.5 + 360
    1290.0,  # 390 + 450 + 450
    1260.0,  # 405 + 450, B at its last price, + 405
    1350.0,  # 450 + 450 + 450; then B leaves and 675 each: 4.5 shares of A, 22.5 of C
    1417.5,  # 675 + 742.5
    1350.0,  # 540 + 810
    1350.0,  # 675 + 675
    1395.0,  # 720 + 675
    1282.5,  # 675 + 607.5
]


def test_equal_parts_at_quarter_ends_by_hand() -> None:
    bars = built({"A": A, "B": B, "C": C})
    assert [day.date() for day in bars.index] == DAYS
    assert bars["close"].tolist() == pytest.approx(BY_HAND)


def test_opens_are_of_the_shares_held_over_night() -> None:
    opens = {
        "A": {DAYS[2]: 120.0, DAYS[6]: 140.0, DAYS[8]: 140.0},
        "C": {DAYS[1]: 19.0, DAYS[6]: 28.0, DAYS[7]: 31.0, DAYS[8]: 34.0},
    }
    known = {
        2: 600.0 + 450.0,  # 5 shares of A, and B at the close of 30 March, 10 x 45
        6: 420.0 + 450.0 + 420.0,  # before the rebalance: 3 x 140, B at its last price, 15 x 28
        7: 675.0 + 697.5,  # A at its close of 150, C at 22.5 x 31
        8: 630.0 + 765.0,  # 4.5 x 140 + 22.5 x 34
    }  # fmt: skip
    found = built({"A": A, "B": B, "C": C}, opens)["open"].tolist()
    # on 30 March only C opens, which is not in the basket yet: nobody knows what the basket opened at
    assert found == pytest.approx([known.get(place, np.nan) for place in range(12)], nan_ok=True)


@pytest.mark.parametrize(
    ("rebalance", "turns"),
    [
        ("monthly", [DAYS[2], DAYS[3], DAYS[4], DAYS[6], DAYS[8], DAYS[9], DAYS[11]]),
        ("quarterly", [DAYS[2], DAYS[6], DAYS[11]]),
        ("yearly", []),
        ("never", []),
    ],
)
def test_every_rhythm_against_rupees_by_member(rebalance: Rebalance, turns: list[date]) -> None:
    stocks = {"A": A, "B": B, "C": C}
    assert closes_of(built(stocks, rebalance=rebalance)) == pytest.approx(naive(stocks, DAYS, turns))


def test_a_year_ends_in_december() -> None:
    days = [date(2019, 12, 30), date(2019, 12, 31), date(2020, 1, 1), date(2020, 1, 31), date(2020, 2, 3)]
    market = stock_market({"A": prices([100, 120, 130, 140, 150], days), "B": prices([10, 10, 11, 9, 9], days)}, None,
                          days, [])  # fmt: skip
    bars = basket_bars(market, Recipe("THEME", ("A", "B"), "yearly", {}))
    # 600 + 500, then 550 each: 55/12 shares of A and 55 of B
    shares = 55.0 / 12.0
    expected = [1000.0, 1100.0, 130 * shares + 605.0, 140 * shares + 495.0, 150 * shares + 495.0]
    assert bars["close"].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rebalance", ["monthly", "quarterly", "never"])
def test_made_up_stocks_against_rupees_by_member(seed: int, rebalance: Rebalance) -> None:
    """Stocks that start late, are suspended, and stop; one always trades."""
    draws = np.random.default_rng(seed)
    days = weekdays(date(2020, 1, 1), 200)
    stocks = {}
    for place, name in enumerate("ABCDE"):
        closes = 100.0 * np.exp(np.cumsum(draws.uniform(-0.1, 0.1, 200)))
        traded = draws.random(200) < (0.7 if place else 1.0)
        start, stop = (draws.integers(0, 100), draws.integers(120, 201)) if place else (0, 200)
        stocks[name] = {
            day: float(close)
            for at, (day, close) in enumerate(zip(days, closes, strict=True))
            if start <= at < stop and traded[at]
        }
    moves = {(name, day): "market" for name in stocks for day in days}  # a suspension may hide a large one
    market = stock_market(stocks, None, days, [date(2020, 10, 8)])
    bars = basket_bars(market, Recipe("THEME", tuple(stocks), rebalance, moves))
    months = {"monthly": 1, "quarterly": 3, "never": 99}[rebalance]
    turns = [day for day, after in pairwise(days) if (day.month - 1) // months != (after.month - 1) // months]
    assert closes_of(bars) == pytest.approx(naive(stocks, days, turns))


def test_the_order_of_members_does_not_matter() -> None:
    one, other = built({"A": A, "B": B, "C": C}), built({"C": C, "B": B, "A": A})
    pd.testing.assert_frame_equal(one, other, rtol=1e-14)


def test_it_starts_with_its_first_member_alone() -> None:
    bars = built({"B": prices([None, None, None, None, 50, 55, 50, 55]), "A": A})
    assert bars["close"].iloc[0] == 1000.0
    assert bars["close"].iloc[6] == pytest.approx(1500.0)  # A alone went from 100 to 150
    late = built({"C": C, "B": prices([None, None, None, 10, 11, 12, 13])})
    assert late.index[0].date() == DAYS[1]
    assert late["close"].iloc[0] == 1000.0


def test_a_session_without_a_price_of_any_member_is_a_gap() -> None:
    """The price of a stock that is not in yet is no quotation of the basket."""
    gone = prices([100, 110, 120, 126])  # until 1 April
    later = prices([None, None, None, None, 10, 11, 12, 15, 12, None, 15, 12])  # from 15 May, in from 30 June
    bars = built({"A": gone, "B": later})
    # carried at 1260 to 30 June, then all in B at 12
    assert [day.date() for day in bars.index] == [*DAYS[:4], DAYS[7], DAYS[8], DAYS[10], DAYS[11]]
    assert bars["close"].tolist() == pytest.approx([1000.0, 1100.0, 1200.0, 1260.0, 1575.0, 1260.0, 1575.0, 1260.0])


def test_a_rebalance_without_a_priced_stock_is_refused() -> None:
    with pytest.raises(DataError, match="the basket THEME has no stock with a price on 2020-06-30$"):
        built({"A": prices([100, 110, 120, 126, 130]), "B": prices([50])})
    # the last session is no quarter's end: a stock that has no price yet today is no mistake
    open_end = stock_market({"A": prices([100, 110, 120, 126])}, None, DAYS[:5], [date(2020, 5, 18)])
    assert len(basket_bars(open_end, Recipe("THEME", ("A",), "quarterly", {}))) == 4
    with pytest.raises(DataError, match="no stock of the basket THEME has a price in memory"):
        built({"A": {date(2020, 3, 28): 100.0}})  # a Saturday the index did not trade on


# Moves


def test_a_move_beyond_a_quarter_is_refused_with_what_to_write(tmp_path: Path) -> None:
    stocks = {"UP": prices([100, 140, 140]), "DOWN": prices([100, 75, 56, 30]), "M&M": prices([100, 125, 94])}
    with pytest.raises(DataError) as refused:
        built(stocks)
    # 140/100, 56/75 = 0.747 and 30/56 = 0.536; a quarter exactly, and 94/125 = 0.752, are not beyond a quarter
    assert str(refused.value) == (
        "the basket THEME has moves beyond 25% that no recorded action explains: UP +40% on 2020-03-30, DOWN -25% on "
        "2020-03-31, DOWN -46% on 2020-04-01. Say under the basket's `moves` what each one was, such as {UP: "
        "{2020-03-30: market}} (a move its holders earned or lost) or demerger (a business handed out, no loss), or "
        "leave the stock out"
    )
    # the text, pasted, explains the move it speaks of
    example = re.findall(r"such as (\{.*?\}\})", str(refused.value))[0]
    file = tmp_path / "pasted.yaml"
    file.write_text(FILE.replace("rebalance: quarterly", f"rebalance: quarterly\n    moves: {example}"), "utf-8")
    explained = load_config(file).baskets["THEME"].explained
    assert explained == {("UP", DAYS[1]): "market"}
    with pytest.raises(DataError, match="explains: DOWN -25% on 2020-03-31, DOWN -46% on 2020-04-01. Say"):
        built(stocks, moves=explained)


def test_a_long_list_of_moves_is_cut_short() -> None:
    wild = prices([100.0 * 1.3**place for place in range(12)])
    with pytest.raises(DataError, match=r"A \+30% on 2020-03-30, .*, B \+30% on 2020-03-30 and 10 more\. Say"):
        built({"A": wild, "B": wild})


def test_a_move_of_the_market_is_earned() -> None:
    moves = {("A", DAYS[1]): "market", ("A", DAYS[2]): "market"}
    bars = built({"A": prices([100, 140, 70])}, rebalance="never", moves=moves)
    assert bars["close"].tolist() == pytest.approx([1000.0, 1400.0, 700.0])


@pytest.mark.parametrize(
    ("opens", "expected"),
    [
        # 100 to an open of 60 is the business that left; from 60 to 66 is the holder's 10%
        ({DAYS[1]: 95.0, DAYS[2]: 60.0}, [1000.0, 1000.0, 1100.0, 1200.0]),
        # without an open the whole day is taken out
        ({}, [1000.0, 1000.0, 1000.0, 1090.909090909]),
    ],
)
def test_a_demerger_is_neutral_to_its_holder(opens: dict[date, float], expected: list[float]) -> None:
    moves = {("A", DAYS[2]): "demerger"}
    bars = built({"A": prices([100, 100, 66, 72])}, {"A": opens}, rebalance="never", moves=moves)
    assert bars["close"].tolist() == pytest.approx(expected)
    known = [950.0, 1000.0] if opens else [np.nan, np.nan]
    assert bars["open"].tolist() == pytest.approx([np.nan, *known, np.nan], nan_ok=True)


def test_a_demerger_leaves_the_parts_of_the_others_alone() -> None:
    """A hands out 40%, opens at 60 and closes at 63; B earns nothing. 500 x 1.05 + 500, then 525 x 66/63 + 550."""
    bars = built(
        {"A": prices([100, 100, 63, 66]), "B": prices([10, 10, 10, 11])},
        {"A": {DAYS[2]: 60.0}},
        rebalance="never",
        moves={("A", DAYS[2]): "demerger"},
    )
    assert bars["close"].tolist() == pytest.approx([1000.0, 1000.0, 1025.0, 1100.0])


def test_small_and_repeated_demergers_count_too() -> None:
    moves = {("A", DAYS[1]): "demerger", ("A", DAYS[3]): "demerger"}
    opens = {"A": {DAYS[1]: 90.0, DAYS[3]: 49.5}}
    bars = built({"A": prices([100, 90, 99, 50, 55])}, opens, rebalance="never", moves=moves)
    # 0%, 10%, 50/49.5, 10%
    assert bars["close"].tolist() == pytest.approx([1000.0, 1000.0, 1100.0, 1100.0 * 50 / 49.5, 1100.0 * 55 / 49.5])


def test_a_demerger_on_a_day_without_a_price_is_refused() -> None:
    """A date that is off by one would leave a fall that was none."""
    with pytest.raises(DataError, match=f"basket THEME has a demerger of A on {DAYS[2]}, when it has no price"):
        built({"A": prices([100, 100, None, 66, 70])}, rebalance="never", moves={("A", DAYS[2]): "demerger"})


def test_the_shipped_moves_are_known_and_can_be_overruled() -> None:
    day = date(2025, 4, 7)
    assert explained_moves()["SIEMENS", day] == "demerger"
    days = [date(2025, 4, 4), day, date(2025, 4, 8)]
    market = stock_market({"SIEMENS": prices([5000, 2800, 2900], days)}, None, days, [])
    assert basket_bars(market, Recipe("T", ("SIEMENS",), "never", {}))["close"].iloc[1] == pytest.approx(1000.0)
    lost = basket_bars(market, Recipe("T", ("SIEMENS",), "never", {("SIEMENS", day): "market"}))
    assert lost["close"].iloc[1] == pytest.approx(560.0)


# What was known


def restless() -> tuple[Market, Recipe]:
    """Late members, gaps, a demerger and opens over five months."""
    draws = np.random.default_rng(7)
    days = weekdays(date(2020, 1, 1), 110)
    stocks, opens = {}, {}
    for name, start in (("A", 0), ("B", 3), ("C", 40), ("D", 90)):
        closes = 100.0 * np.exp(np.cumsum(draws.uniform(-0.05, 0.05, 110)))
        if name == "B":
            closes[60:] *= 0.5
        stocks[name] = {day: float(closes[at]) for at, day in enumerate(days) if at >= start and draws.random() < 0.95}
        opens[name] = {day: close * 1.01 for day, close in stocks[name].items() if draws.random() < 0.9}
        stocks[name][days[64]] = float(closes[64])  # the end of March
    # B's demerger is on its first price from session 60 on
    fallen = next(day for day in days[60:] if day in stocks["B"])
    return stock_market(stocks, opens, days, weekdays(date(2020, 6, 3), 60)), Recipe(
        "THEME", tuple(stocks), "quarterly", {("B", fallen): "demerger"}
    )


@pytest.mark.parametrize("place", [0, 2, 3, 39, 45, 58, 59, 60, 61, 63, 64, 65, 89, 95, 108])
def test_a_basket_of_a_cut_market_is_the_cut_of_the_basket(place: int) -> None:
    market, recipe = restless()
    session = market.sessions[place]
    whole = basket_bars(market, recipe).loc[:session]
    pd.testing.assert_frame_equal(basket_bars(market.until(session), recipe), whole, rtol=1e-12, check_exact=False)


def test_nothing_that_was_given_is_changed() -> None:
    market, recipe = restless()
    before = {key: bars.copy() for key, bars in market.bars.items()}
    first, second = basket_bars(market, recipe), basket_bars(market, recipe)
    pd.testing.assert_frame_equal(first, second)
    for key, bars in before.items():
        pd.testing.assert_frame_equal(market.bars[key], bars)


def test_a_basket_is_a_series_like_any_other_in_both_variants() -> None:
    bare = stock_market({"A": A, "B": B, "C": C}, {"A": {DAYS[8]: 140.0}, "C": {DAYS[8]: 34.0}})
    weights = {SeriesKey("IT", "weight"): pd.Series([20.0], bare.sessions[:1])}
    plain = Market.of("INDEX", bare.bars, bare.calendar, readings=weights)
    market = with_baskets(plain, [Recipe("X", ("A", "B", "C"), "quarterly", {}), Recipe("Y", ("A",), "never", {})])
    for variant in PRICED:
        closes = market.closes(["X", "Y", "INDEX"], variant)
        assert closes["X"].tolist() == pytest.approx(BY_HAND)
        assert closes["Y"].tolist() == pytest.approx([10.0 * close for close in A.values()])
        opens = market.opens(["X"], variant)["X"].to_numpy()
        assert opens[8] == pytest.approx(1395.0)
        assert np.isnan(np.delete(opens, 8)).all()
    assert market.readings.keys() == {SeriesKey("IT", "weight")}
    assert market.sessions.equals(plain.sessions)
    assert market.calendar.tolist() == plain.calendar.tolist()
    assert {*market.bars} - {*plain.bars} == {SeriesKey(name, variant) for name in "XY" for variant in PRICED}
    assert with_baskets(plain, []) is plain


# In a strategy file

FILE = """\
name: themed
market: {benchmark: INDEX, universe: [INDEX, THEME]}
baskets:
  THEME:
    stocks: [UP, DOWN]
    rebalance: quarterly
signals:
  strong: {use: momentum, of: THEME, lookback: 2}
rules:
  - {name: theme, when: strong > 0, hold: {THEME: 1}}
  - {name: rest, hold: {INDEX: 1}}
schedule: {decide: daily}
"""


def read(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "themed.yaml"
    file.write_text(text, "utf-8")
    return load_config(file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("stocks: [UP, DOWN]", "theme: FERTILIZER", "5:5: baskets.THEME: unknown theme 'FERTILIZER'; did you mean"),
        ("stocks: [UP, DOWN]", "stocks: [UP]\n    theme: POWER", "5:5: baskets.THEME: a basket has either `stocks` or"),
        ("    stocks: [UP, DOWN]\n", "", "5:5: baskets.THEME: a basket has either `stocks` or"),
        ("stocks: [UP, DOWN]", "stocks: [UP, DOWN, UP]", "5:5: baskets.THEME: 'UP' is listed twice"),
        ("stocks: [UP, DOWN]", "stocks: []", "5:13: baskets.THEME.stocks: it is empty"),
        ("rebalance: quarterly", "rebalance: weekly", "6:16: baskets.THEME.rebalance: expected 'monthly', 'quarterly'"),
        ("rebalance: quarterly", "weigh: cap", "6:12: baskets.THEME.weigh: expected 'equal', not 'cap'"),
        ("rebalance: quarterly", "moves: {UP: {2020-02-30: market}}", "baskets.THEME.moves.UP.2020-02-30"),
        ("rebalance: quarterly", "moves: {UP: {2020-03-30: split}}", "6:30: baskets.THEME.moves.UP.2020-03-30: exp"),
        ("rebalance: quarterly", "cap: 10%", "6:5: unknown key 'cap'. Known: stocks, theme, weigh, rebalance, moves"),
        ("  THEME:\n    stocks", "  CASH:\n    stocks", "4:3: a basket cannot be called 'CASH'"),
        ("  THEME:\n    stocks", "  INDEX:\n    stocks", "4:3: a basket cannot be called 'INDEX'"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, FILE.replace(old, new, 1))
    assert said in str(refused.value)


def test_themes_are_lists_of_symbols(tmp_path: Path) -> None:
    config = read(tmp_path, FILE.replace("stocks: [UP, DOWN]", "theme: FERTILISER"))
    assert config.baskets["THEME"].members == themes()["FERTILISER"]
    assert {key.name for key in config.reads() if key.variant == "stock"} == set(themes()["FERTILISER"])


def test_a_file_says_the_same_after_a_round_trip(tmp_path: Path) -> None:
    text = FILE.replace("rebalance: quarterly", "moves: {UP: {2020-03-30: market, 2020-04-01: demerger}}")
    config = read(tmp_path, text)
    again = type(config).model_validate(config.normalised())
    assert again.baskets == config.baskets
    assert again.baskets["THEME"].explained == {("UP", DAYS[1]): "market", ("UP", DAYS[3]): "demerger"}


def stored(tmp_path: Path, stocks: Stocks) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    index = [f"{day},INDEX,{kind},{100 + place}" for place, day in enumerate(DAYS) for kind in ("PR", "TR")]
    (folder / "indices.csv").write_text("\n".join(["date,index,variant,close", *index]), "utf-8")
    rows = [f"{day},{name},{close}" for name, closes in stocks.items() for day, close in closes.items()]
    (folder / "stocks.csv").write_text("\n".join(["date,symbol,close", *rows]), "utf-8")
    Store(tmp_path / "market.duckdb").load(folder)
    return tmp_path / "market.duckdb"


def test_a_strategy_looks_at_a_basket_and_holds_it(tmp_path: Path) -> None:
    config = read(tmp_path, FILE.replace("  THEME:\n", "  IDLE:\n    stocks: [NOWHERE]\n  THEME:\n", 1))
    market = load_market(config, stored(tmp_path, {"UP": A, "DOWN": B}))
    assert {key.name for key in market.bars} == {"INDEX", "UP", "DOWN", "THEME"}  # nobody asks for IDLE
    plan = make_plan(config, market, decision_sessions(market, config.schedule))
    # 1000, 1000, 1125; 562.5 each: 4.5 of UP, 11.25 of DOWN: 1181.25, 1260 and on, DOWN carried at 60 or 675: 1282.5,
    # 1350, then 9 of UP alone: 1350, 1080, 1350, 1440, 1350. Up over two sessions but at 2 July, 3 August, 30 September
    assert market.closes(["THEME"], "total")["THEME"].tolist() == pytest.approx(
        [1000, 1000, 1125, 1181.25, 1260, 1282.5, 1350, 1350, 1080, 1350, 1440, 1350]
    )
    assert plan.decisions.tolist() == list(range(2, 12))
    rule = ["theme"] * 6 + ["rest", "rest", "theme", "rest"]
    assert plan.rule_names == rule
    assert plan.weights[:, plan.assets.index("THEME")].tolist() == [float(name == "theme") for name in rule]
    assert (
        "THEME is a basket of 2 stocks chosen with hindsight (survivorship bias), priced without dividends and "
        "rebalanced without cost"
    ) in plan.notes


def test_what_the_checks_found_is_not_lost_with_a_basket() -> None:
    found = Finding("stale", "UP (stock)", DAYS[3], 5.0, "warning", "kept as it is")
    market = replace(stock_market({"UP": A}), findings=(found,))
    assert with_baskets(market, [Recipe("THEME", ("UP",), "never", {})]).findings == (found,)


def test_a_move_without_an_explanation_stops_the_strategy_at_its_baskets(tmp_path: Path) -> None:
    store = stored(tmp_path, {"UP": prices([100, 140, *[150.0] * 10]), "DOWN": B})
    with pytest.raises(ConfigError, match=r"themed.yaml:4:3: the basket THEME has moves .* explains: UP \+40% on 2020"):
        load_market(read(tmp_path, FILE), store)
    text = FILE.replace("rebalance: quarterly", "moves: {UP: {2020-03-30: market}}")
    market = load_market(read(tmp_path, text), store)
    assert market.closes(["THEME"], "price")["THEME"].iloc[1] == pytest.approx(700.0 + 450.0)
    with pytest.raises(ConfigError, match=r"themed.yaml:5:5: the store .* has no OUT \(stock\)"):
        load_market(read(tmp_path, FILE.replace("[UP, DOWN]", "[UP, OUT]")), store)
