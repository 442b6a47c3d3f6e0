"""Shared fixtures: where the real history is, and settings under which every run of the tests is the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.market.store import Store

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture
def market_folder() -> Path:
    """The folder of real history, `$MARKET_DATA` or beside the project; the test is skipped where it is absent."""
    folder = Path(os.environ.get("MARKET_DATA", ROOT.parent / "shared" / "market"))
    if not (folder / "indices.parquet").exists():
        pytest.skip(f"real market data are not in {folder}; set MARKET_DATA to a folder that has them")
    return folder


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Every test of real history imports the same store; nothing writes to it after."""
    return Store(tmp_path_factory.mktemp("real") / "market.duckdb")


@pytest.fixture
def filled(store: Store, market_folder: Path) -> Store:
    """The store with the real history in it."""
    if not store.path.exists():
        store.load(market_folder)
    return store


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the store of the person who runs it."""
    monkeypatch.setenv("BACKTEST_STORE", str(tmp_path / "no-store.duckdb"))
