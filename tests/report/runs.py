"""Results on a small synthetic market. Importing the simulator takes seconds, so equal runs are made once and shared:
results are frozen, and `test_tearsheet.test_the_page_leaves_the_result_alone` checks that the page only reads them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from engine.config.load import load_config
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.run import Result, run

NAMES = ("NIFTY 50", "NIFTY MIDCAP 100", "NIFTY IT")
PLACE = "/a/secret/place.duckdb"

HEAD = """
name: strategy
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
execution: {buy_bps: 0, sell_bps: 0}
"""
BENCHMARK_ONLY = """
rules:
  - name: always
    hold: {NIFTY 50: 100%}
execution: {buy_bps: 0, sell_bps: 0}
"""


def market(sessions: int, holes: tuple[str, ...], *, simulated: bool) -> Market:
    """Weekdays from January 2020 on; `holes` are days on which NIFTY IT has no price."""
    days = pd.bdate_range("2020-01-06", periods=sessions, name="date").astype("datetime64[s]")
    moves = np.random.default_rng(7).normal(0.0011, 0.011, (sessions, len(NAMES)))
    moves[:, 1:] += 0.8 * moves[:, :1]
    levels = 10_000.0 * np.exp(np.cumsum(moves, axis=0))
    bars = {}
    for place, name in enumerate(NAMES):
        frame = pd.DataFrame({"open": np.nan, "close": levels[:, place]}, index=days)
        if name == "NIFTY IT":
            frame = frame.drop(pd.DatetimeIndex(holes))
        bars[SeriesKey(name, "price")] = bars[SeriesKey(name, "total")] = frame
    return Market.of("NIFTY 50", bars, origin=PLACE, simulated=simulated)


@cache
def ran(
    body: str = ROTATION,
    title: str = "Midcaps after a breakout",
    sessions: int = 560,
    *,
    simulated: bool = False,
    holes: tuple[str, ...] = (),
) -> Result:
    """The result of a strategy: its YAML without the head, on the synthetic market."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "strategy.yaml"
        path.write_text(HEAD.format(title=title) + body, encoding="utf-8")
        return run(load_config(path), market(sessions, holes, simulated=simulated))
