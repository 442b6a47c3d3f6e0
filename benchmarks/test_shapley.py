"""How long the shares of eight parts take on ten years of daily data: 256 coalitions, both books, the intervals.

At most three seconds of processor time, both threads together, so that a busy machine does not decide; on a quiet one
with two cores the clock shows less. The signals are not part of it: they are those of the plan that is attributed.
"""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.attribution import rule_shapley
from engine.market.market import Market
from engine.plan.plan import plan_of
from tests.markets import config_of, engine_market, history, weekdays

NAMES = [f"INDEX {place}" for place in range(12)]
DAYS = weekdays(date(2015, 1, 1), 2480)  # ten years of sessions
LIMIT = 3.0  # seconds of processor time

EIGHT = {
    "name": "eight",
    "market": {"benchmark": NAMES[0], "universe": NAMES},
    "signals": {
        "first": {"use": "above_average", "of": NAMES[0], "windows": [50, 100]},
        "second": {"use": "above_average", "of": NAMES[1], "windows": [50, 100]},
        "calm": {"use": "volatility", "of": NAMES[0], "window": 20},
        "strength": {"use": "momentum", "lookback": 126},
    },
    "rules": [
        {"name": "up", "when": "first and second", "exit": "not first", "min_hold": 2,
         "hold": {"use": "top", "n": 3, "by": "strength", "buffer": 1, "weigh": "inverse_volatility"}},
        {"name": "rest", "hold": {NAMES[0]: 1.0}},
    ],
    "overlays": [{"use": "max_weight", "most": 0.4}, {"use": "target_volatility", "target": 0.15}],
    "execution": {"buy_bps": 5, "sell_bps": 5, "slippage_bps": 5},
}  # fmt: skip
CONDITIONS = {
    **EIGHT,
    "rules": [
        {"name": "up", "when": "first and second and calm < 16%", "exit": "not first or calm > 25%",
         "hold": {NAMES[1]: 0.6, NAMES[2]: 0.4}},
        {"name": "down", "when": "not first", "hold": {NAMES[3]: 0.5, NAMES[4]: 0.5}},
    ],
    "overlays": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def market() -> Market:
    rng = np.random.default_rng(0)
    walks = 100 * np.exp(np.cumsum(rng.normal(3e-4, 0.01, (len(NAMES), len(DAYS))), axis=1))
    return engine_market(
        NAMES[0], {name: history(DAYS, walk.tolist()) for name, walk in zip(NAMES, walks, strict=True)}
    )


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("decide", ["monthly", "weekly", "daily"])
@pytest.mark.parametrize("file", [EIGHT, CONDITIONS], ids=["overlays", "conditions"])
def test_eight_parts(file: dict[str, Any], decide: str, market: Market, benchmark: Any) -> None:
    """Whether the strategy decides monthly or every day."""
    config = config_of({**file, "schedule": {"decide": decide}})
    plan = plan_of(config, market)
    found = benchmark.pedantic(lambda: rule_shapley(config, market, plan), rounds=3, warmup_rounds=1)
    assert (len(found.parts), found.coalitions) == (8, 256)
    assert abs(found.table["share"].sum() - (found.total - found.base)) < 1e-12
    assert benchmark.stats.stats.median <= LIMIT
