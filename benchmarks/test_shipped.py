"""How long every shipped strategy takes on real history: file, market, run with both books, without the tearsheet.

Real history is read from $MARKET_DATA or the folder beside the project; without it there is nothing to time.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine.config.data import market_of
from engine.config.load import load_config
from engine.market.source import Source
from engine.market.store import Store
from engine.run import run

ROOT = Path(__file__).resolve().parents[1]
HISTORY = Path(os.environ.get("MARKET_DATA", ROOT.parent / "shared" / "market"))
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
SLOWEST = 5.0  # seconds, the median of a strategy


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    if not (HISTORY / "indices.parquet").exists():
        pytest.skip(f"real market data are not in {HISTORY}; set MARKET_DATA to a folder that has them")
    store = Store(tmp_path_factory.mktemp("store") / "market.duckdb")
    store.load(HISTORY)
    return Source(store)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_strategy(path: Path, source: Source, benchmark: Any) -> None:
    def once() -> int:
        config = load_config(path)
        return run(config, market_of(config, source)).window.sessions

    assert benchmark.pedantic(once, rounds=3, warmup_rounds=1) > 500
    assert benchmark.stats.stats.median <= SLOWEST
