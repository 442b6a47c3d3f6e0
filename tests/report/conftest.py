"""A small synthetic market and the results made on it; importing the simulator takes seconds, so results are shared.

Results are frozen and the page only reads them, which `test_tearsheet.test_the_page_leaves_the_result_alone` checks.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.config.load import load_config
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.run import Result, run

NAMES = ("NIFTY 50", "NIFTY MIDCAP 100", "NIFTY IT")
Build = Callable[..., Result]

HEAD = """
name: {name}
title: {title}
market:
  benchmark: NIFTY 50
  universe: [NIFTY 50, NIFTY MIDCAP 100, NIFTY IT]
"""
ROTATION = """
signals:
  trend: {use: above_average, of: NIFTY 50, windows: [5, 20]}
rules:
  - name: breakout
    when: trend
    hold: {NIFTY MIDCAP 100: 60%, NIFTY IT: 40%}
  - name: otherwise
    hold: {NIFTY 50: 100%}
schedule: {decide: weekly, fill: next_close}
execution: {buy_bps: 5, sell_bps: 10, slippage_bps: 5, capital: 2500000}
"""
CASH_ONLY = """
rules:
  - name: wait
    hold: {CASH: 100%}
"""
BENCHMARK_ONLY = """
rules:
  - name: always
    hold: {NIFTY 50: 100%}
"""


def market(*, simulated: bool, holes: tuple[str, ...] = (), sessions: int = 560) -> Market:
    """Weekdays from January 2020 on; `holes` are days on which NIFTY IT has no price."""
    days = pd.bdate_range("2020-01-06", periods=sessions, name="date").astype("datetime64[s]")
    moves = np.random.default_rng(7).normal(0.0006, 0.011, (sessions, len(NAMES)))
    moves[:, 1:] += 0.8 * moves[:, :1]
    levels = 10_000.0 * np.exp(np.cumsum(moves, axis=0))
    bars = {}
    for place, name in enumerate(NAMES):
        frame = pd.DataFrame({"open": np.nan, "close": levels[:, place]}, index=days)
        if name == "NIFTY IT":
            frame = frame.drop(pd.DatetimeIndex(holes))
        bars[SeriesKey(name, "price")] = bars[SeriesKey(name, "total")] = frame
    return Market.of("NIFTY 50", bars, origin="/a/secret/place.duckdb", simulated=simulated)


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The bundled script is made once for all tests, outside the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKTEST_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Run a strategy (its YAML without the head) on the synthetic market, once per set of arguments."""
    folder: Path = tmp_path_factory.mktemp("strategies")

    @cache
    def made(  # noqa: PLR0913, PLR0917  # what varies between tests
        body: str = ROTATION,
        title: str = "Midcaps after a breakout",
        simulated: bool = False,
        holes: tuple[str, ...] = (),
        sessions: int = 560,
        again: int = 0,
    ) -> Result:
        path = folder / "strategy.yaml"
        path.write_text(HEAD.format(name="strategy", title=title) + body, encoding="utf-8")
        return run(load_config(path), market(simulated=simulated, holes=holes, sessions=sessions))

    return made
