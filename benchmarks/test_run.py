"""How long a warm run takes: 12 series, 10 years, no tearsheet.

`make bench` prints the table. The limits below are asserted on the median; machines differ, so read the ratio to the
numpy yardstick of the same run first.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.market.market import Market
from engine.run import run
from tests.markets import config_of, engine_market, history, weekdays

NAMES = [f"INDEX {place}" for place in range(12)]
DAYS = weekdays(date(2015, 1, 1), 2480)  # ten years of sessions

ROTATION = {
    "name": "rotation",
    "market": {"benchmark": NAMES[0], "universe": NAMES},
    "signals": {
        "first": {"use": "above_average", "of": NAMES[0], "windows": [50, 100]},
        "second": {"use": "above_average", "of": NAMES[1], "windows": [50, 100]},
        "strength": {"use": "momentum", "lookback": 126},
    },
    "rules": [
        {"name": "up", "when": "first and second", "hold": {"use": "top", "n": 3, "by": "strength"}},
        {"name": "rest", "hold": {NAMES[0]: 1.0}},
    ],
    "execution": {"buy_bps": 5, "sell_bps": 5, "slippage_bps": 5},
}


@pytest.fixture(scope="module")
def market() -> Market:
    rng = np.random.default_rng(0)
    walks = 100 * np.exp(np.cumsum(rng.normal(3e-4, 0.01, (len(NAMES), len(DAYS))), axis=1))
    return engine_market(
        NAMES[0], {name: history(DAYS, walk.tolist()) for name, walk in zip(NAMES, walks, strict=True)}
    )


@pytest.mark.parametrize("decide", ["monthly", "weekly"])
def test_warm_run(decide: str, market: Market, benchmark: Any) -> None:
    """At most 60 ms: signals, plan, both books, attribution and measures, nothing cached between rounds."""
    config = config_of({**ROTATION, "schedule": {"decide": decide}})

    def once() -> float | None:
        return run(config, Market.of(market.benchmark, market.bars)).measures["cagr"]

    benchmark.pedantic(once, rounds=30, warmup_rounds=5)
    assert benchmark.stats.stats.median <= 0.060


def test_numpy_yardstick(benchmark: Any) -> None:
    """A fixed piece of numpy work, to tell a slow machine from a slow engine."""
    values = np.random.default_rng(0).normal(size=(2480, 12))
    benchmark.pedantic(lambda: [np.cumsum(values, axis=0).std() for _ in range(50)], rounds=30, warmup_rounds=5)
