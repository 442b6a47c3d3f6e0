"""Small markets for tests: made-up histories, once for the engine and once for the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from engine.config.models import Config, strategy_model
from engine.market.cash import policy_rate
from engine.market.keys import SeriesKey, Variant
from engine.market.market import Market
from tests.oracle import OracleMarket

Prices = dict[date, float]


@dataclass(frozen=True)
class History:
    """One index: price and total-return closes and price opens, on its own dates."""

    price: Prices
    total: Prices
    opens: Prices


def weekdays(first: date, count: int) -> list[date]:
    """So many weekdays from a day on."""
    days: list[date] = []
    day = first
    while len(days) < count:
        if day.weekday() < 5:  # Saturday
            days.append(day)
        day += timedelta(days=1)
    return days


def history(days: list[date], closes: list[float], *, gain: float = 1.0) -> History:
    """The same closes as price and total return (times `gain`), opening at the previous close."""
    opens = [closes[0], *closes[:-1]]
    return History(
        dict(zip(days, closes, strict=True)),
        {day: close * gain for day, close in zip(days, closes, strict=True)},
        dict(zip(days, opens, strict=True)),
    )


def engine_market(benchmark: str, histories: Mapping[str, History], later: list[date] | None = None) -> Market:
    """As the engine sees it."""
    bars: dict[SeriesKey, pd.DataFrame] = {}
    for name, one in histories.items():
        bars[SeriesKey(name, "price")] = frame(one.price, one.opens)
        bars[SeriesKey(name, "total")] = frame(one.total, {})
    calendar = np.array(
        [*sorted({*histories[benchmark].price, *histories[benchmark].total}), *(later or [])], "datetime64[D]"
    )
    return Market.of(benchmark, bars, calendar)


def frame(closes: Prices, opens: Prices) -> pd.DataFrame:
    """Open and close on the series' own dates."""
    days = sorted(closes)
    index = pd.DatetimeIndex(np.array(days, "datetime64[s]"), name="date")
    columns = {"open": [opens.get(day, np.nan) for day in days], "close": [closes[day] for day in days]}
    return pd.DataFrame(columns, index=index, dtype=float)


def oracle_market(benchmark: str, histories: Mapping[str, History], later: list[date] | None = None) -> OracleMarket:
    """As the oracle sees it."""
    kinds: tuple[Variant, Variant] = ("price", "total")
    closes: dict[tuple[str, str], Prices] = {
        (name, kind): dict(getattr(one, kind)) for name, one in histories.items() for kind in kinds
    }
    opens = {(name, "price"): dict(one.opens) for name, one in histories.items()}
    effective, rates = policy_rate()
    dated = [(day.astype(object), float(rate) * 100.0) for day, rate in zip(effective, rates, strict=True)]
    sessions = sorted({*histories[benchmark].price, *histories[benchmark].total})
    return OracleMarket(sessions, list(later or []), closes, opens, dated)


def strategy(**changes: object) -> dict[str, object]:
    """A plain strategy as parsed from YAML, with parts replaced; trades are free unless `execution` says otherwise."""
    plain: dict[str, object] = {
        "name": "test",
        "market": {"benchmark": "A", "universe": ["A"]},
        "rules": [{"name": "all", "hold": {"A": 1.0}}],
        "schedule": {"decide": "daily"},
    }
    given = changes.get("execution", {})
    assert isinstance(given, dict)
    free = {} if "vehicle" in given else {"buy_bps": 0, "sell_bps": 0}
    return {**plain, **changes, "execution": {**free, **given}}


def config_of(plain: Mapping[str, object]) -> Config:
    """The engine's reading of a plain strategy."""
    return strategy_model().model_validate(plain)
