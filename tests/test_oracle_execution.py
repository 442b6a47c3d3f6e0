"""The engine against the oracle on how orders are carried out and taxed: random markets, terms and settings.

Sessions are some days apart, so that a small market crosses financial years and changes of charges and of tax rates.
Invariants, each on every example: fills with every named cost, NAV, cash and measures equal, after tax too; or both
refuse.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.aftertax import AfterTax
from engine.errors import EngineError
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.run import run
from tests.markets import History, config_of, engine_market, frame, oracle_market
from tests.oracle import OracleError, Taxed, book, decisions_of, taxed
from tests.oracle_data import with_facts
from tests.oracle_market import OracleMarket
from tests.test_oracle import EXACT, assert_same_books, assert_same_numbers, assert_same_plan

FIRST, SECOND, THIRD = NAMES = ["NIFTY 50", "NIFTY MIDCAP 100", "C"]  # two with funds, the second from 2011-01-31
FUNDS = {FIRST: "NIFTYBEES", SECOND: "MOM100"}
OPENINGS = [date(2010, 9, 1), date(2012, 3, 1), date(2016, 1, 4), date(2017, 2, 1), date(2019, 9, 2), date(2023, 3, 1)]
SIGNALS = {
    "up": {"use": "momentum", "of": FIRST, "lookback": 1},
    "trend": {"use": "above_average", "of": SECOND, "windows": [3]},
    "score": {"use": "momentum", "lookback": 3},
}


class World(NamedTuple):
    """What a random market is made from; `apart` is calendar days between sessions, `gap` the part that is missing."""

    seed: int
    opening: date
    apart: int
    gap: float

    @property
    def days(self) -> list[date]:
        return [self.opening + timedelta(days=self.apart * place) for place in range(60)]

    def walk(self, place: int) -> tuple[History, dict[date, float]]:
        """One index, or the units of a fund with their volumes; the benchmark has a price on every session."""
        rng, days = np.random.default_rng(self.seed * 10 + place), self.days
        price = 100.0 * np.exp(np.cumsum(rng.normal(0.004, 0.05, len(days))))
        opens = np.concatenate([price[:1], price[:-1]]) * np.exp(rng.normal(0.0, 0.02, len(days)))
        there = (rng.random((3, len(days))) >= (self.gap if place else 0.0)).tolist()
        kept = [day for day, known in zip(days, there[0], strict=True) if known or day == days[0]]
        at = {day: number for number, day in enumerate(days)}
        return History(
            {day: float(price[at[day]]) for day in kept},
            {day: float(price[at[day]] * 1.0005 ** at[day]) for day in kept},
            {day: float(opens[at[day]]) for day in kept if there[1][at[day]]},
        ), {day: float(rng.integers(10, 5_000)) for day in days if there[2][at[day]]}

    def markets(self) -> tuple[Market, OracleMarket]:
        """The same market for both, with the prices and volumes of the funds."""
        histories = {name: self.walk(place)[0] for place, name in enumerate(NAMES)}
        later = [self.days[-1] + timedelta(days=7 * place) for place in range(1, 5)]
        market, theirs = (made(FIRST, histories, later) for made in (engine_market, oracle_market))
        assert isinstance(market, Market)
        assert isinstance(theirs, OracleMarket)
        bars, readings = {**market.bars}, {}
        for place, symbol in enumerate(FUNDS.values()):
            units, volumes = self.walk(3 + place)
            bars[SeriesKey(symbol, "stock")] = frame(units.price, units.opens)
            dated = pd.Series(volumes)
            readings[SeriesKey(symbol, "volume")] = pd.Series(dated.to_numpy(), pd.DatetimeIndex(dated.index))
            theirs.readings.update({(symbol, "stock"): units.price, (symbol, "stock_open"): units.opens})
            theirs.readings[symbol, "volume"] = volumes
        return replace(market, bars=bars, readings=readings), with_facts(theirs)


WORLDS = st.builds(
    World, st.integers(0, 10_000), st.sampled_from(OPENINGS), st.sampled_from([3, 11, 18]),
    st.sampled_from([0.0, 0.0, 0.05, 0.12]),
)  # fmt: skip
OWN_DP = {"charge": "dp", "vehicle": "share", "side": "sell", "effective": "2004-10-01", "rate": 15.93,
          "unit": "rupees_per_scrip_per_day"}  # fmt: skip
OWN_STAMP = {"charge": "stamp", "vehicle": "share", "side": "buy", "effective": "2020-07-01", "rate": 0.0002,
             "unit": "fraction"}  # fmt: skip
OWN_ROWS = st.sampled_from([[OWN_DP], [OWN_DP, OWN_STAMP]])
BROKERAGES = st.sampled_from([{"bps": 3, "flat": 20}, {"flat": 20}, {"bps": 12}, {"bps": 50, "flat": 5}])
CHARGED = st.one_of(
    st.fixed_dictionaries({"buy_bps": st.sampled_from([0, 5, 37])}, optional={"sell_bps": st.sampled_from([0, 20])}),
    st.fixed_dictionaries(
        {"vehicle": st.sampled_from(["auto", "share", "etf"]), "charges": OWN_ROWS},
        optional={"brokerage": BROKERAGES, "dp": st.booleans()},
    ),
)  # fmt: skip
TRADED = st.fixed_dictionaries(
    {"capital": st.sampled_from([1_000_000.0, 60_000.0])},
    optional={
        "slippage_bps": st.sampled_from([5, {"default": 2, SECOND: 20}]),
        "impact": st.sampled_from([{"coefficient": 1, "window": 4}, {"coefficient": 0.1, "window": 9}]),
        "lots": st.booleans(),
        "investable": st.booleans(),
        "slices": st.integers(1, 4),
        "band": st.sampled_from([0.01, 0.05]),
        "min_trade": st.sampled_from([0.0, 100.0]),
    },
)
TAXES = st.fixed_dictionaries(
    {"regime": st.just("resident_equity")},
    optional={"surcharge": st.just(0.1), "cess": st.just(0.0), "slab": st.sampled_from([0.0, 0.2])},
)


@st.composite
def strategies(draw: st.DrawFn) -> dict[str, Any]:
    hold = st.one_of(
        st.sampled_from([{FIRST: 1.0}, {SECOND: 0.6, THIRD: 0.4}, {FIRST: 0.5, THIRD: 0.25}, {SECOND: 0.3}]),
        st.builds(lambda n: {"use": "top", "n": n, "by": "score"}, st.integers(1, 3)),
    )  # fmt: skip
    atoms = st.sampled_from(["up > 0", "trend", "not trend and up > -2%"])
    rules = [{"name": "first", "when": draw(atoms), "hold": draw(hold)}, {"name": "other", "hold": draw(hold)}]
    return {
        "name": "random",
        "market": {"benchmark": FIRST, "universe": NAMES, "returns": draw(st.sampled_from(["total", "price"]))},
        "signals": SIGNALS,
        "rules": rules,
        "schedule": {
            "decide": draw(st.sampled_from(["daily", "monthly", "quarterly", "on_change"])),
            "fill": draw(st.sampled_from(["next_close", "next_open"])),
        },
        "execution": draw(CHARGED) | draw(TRADED),
        "tax": draw(TAXES),
    }


@settings(max_examples=60)
@given(strategies(), WORLDS)
def test_engine_and_oracle_agree_on_execution_and_tax(plain: dict[str, Any], world: World) -> None:
    market, theirs = world.markets()
    try:
        plan = decisions_of(plain, theirs)
        expected, own = book(plain, theirs, plan), taxed(plain, theirs, plan)
    except OracleError:
        with pytest.raises(EngineError):
            run(config_of(plain), market)
        assume(False)
        return
    result = run(config_of(plain), market)
    assert_same_plan(result, expected)
    assert_same_books(result, expected)
    assert_same_numbers(result, expected)
    assert result.taxed is not None
    for mine, yours in zip((result.taxed.strategy, result.taxed.benchmark), own[:2], strict=True):
        assert_same_taxes(mine, yours, result.ledger.capital)
    assert result.taxed.deposit.iloc[-1] == pytest.approx(own[2], rel=1e-12)


def assert_same_taxes(mine: AfterTax, yours: Taxed, capital: float) -> None:
    """Values at every close, each year's tax, and what is left."""
    close = EXACT.nav * capital
    np.testing.assert_allclose(mine.ledger.nav, list(yours.nav.values()), EXACT.nav, EXACT.nav * capital)
    assert [year.total for year in (*mine.years, mine.last_year)] == pytest.approx(
        list(yours.taxes.values()), abs=close
    )
    assert mine.final == pytest.approx(yours.final, EXACT.nav, close)
