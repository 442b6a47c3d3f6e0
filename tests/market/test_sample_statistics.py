"""The sample market moves like the real one, and is the same on every machine.

The figures of tests/golden/sample_statistics.csv come from real history, by a script of its own.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import math
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pytest

from engine.market.keys import SeriesKey
from engine.market.registry import themes
from engine.market.sample_series import sample_catalogue, sample_read

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
NIFTY = SeriesKey("NIFTY 50", "price")

# SHA-256 over every series, in millionths. When a constant of the sample changes, so does this, with a line in
# CHANGELOG.md; when nothing was changed and it differs, this machine makes another sample than others do: a bug.
DIGEST = "13f54172634eb9e6a3e49443561078ce71a96fe7a4c5850a708bad5d07d915e4"


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def figures(kind: str) -> list[dict[str, str]]:
    with (GOLDEN / "sample_statistics.csv").open(encoding="utf-8") as lines:
        return [row for row in csv.DictReader(lines) if row["kind"] == kind]


@cache
def moves() -> dict[SeriesKey, pd.Series]:
    """Daily log moves of every price index and stock."""
    bars, _ = sample_read(key for key in sample_catalogue() if key.variant in {"price", "stock"})
    return {key: frame["close"].map(math.log).diff().iloc[1:] for key, frame in bars.items()}


def measured(key: SeriesKey) -> tuple[float, float]:
    """Volatility a year and correlation with the Nifty 50."""
    mine = moves()[key]
    return float(mine.std() * math.sqrt(248)), float(mine.corr(moves()[NIFTY].reindex(mine.index)))


def test_there_is_a_figure_for_every_index_and_theme() -> None:
    assert {row["name"] for row in figures("index")} == {key.name for key in moves() if key.variant == "price"}
    assert {row["name"] for row in figures("theme")} == set(themes())


@pytest.mark.parametrize("row", figures("index"), ids=lambda row: row["name"])
def test_an_index_moves_like_the_real_one(row: dict[str, str]) -> None:
    volatility, correlation = measured(SeriesKey(row["name"], "price"))
    assert volatility == pytest.approx(float(row["volatility"]), rel=0.15)
    assert correlation == pytest.approx(float(row["correlation"]), abs=0.1)


@pytest.mark.parametrize("row", figures("theme"), ids=lambda row: row["name"])
def test_the_stocks_of_a_theme_move_like_the_real_ones(row: dict[str, str]) -> None:
    found = [measured(SeriesKey(symbol, "stock")) for symbol in themes()[row["name"]]]
    assert median(one[0] for one in found) == pytest.approx(float(row["volatility"]), rel=0.15)
    assert median(one[1] for one in found) == pytest.approx(float(row["correlation"]), abs=0.1)


def test_the_whole_sample_is_the_one_that_was_shipped() -> None:
    """Rounded, so that the last bit of an exponential, which processors may disagree on, does not count."""
    total = hashlib.sha256()
    bars, readings = sample_read(sample_catalogue())
    columns = {(key, name): frame[name] for key, frame in bars.items() for name in ("open", "close")}
    columns |= {(key, "value"): values for key, values in readings.items()}
    for (key, name), values in sorted(columns.items(), key=lambda item: (*item[0][0], item[0][1])):
        total.update(f"{key}\0{name}\0{len(values)}\0".encode())
        total.update(values.index.to_numpy("datetime64[D]").astype("<i8").tobytes())
        known = values.dropna().to_numpy()
        total.update(np.rint(known * 1e6).astype("<i8").tobytes())
    assert total.hexdigest() == DIGEST


@pytest.mark.real
def test_the_figures_are_those_of_the_real_history(market_folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("sample_statistics", GOLDEN / "sample_statistics.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = [*script.index_rows(market_folder), *script.theme_rows(market_folder)]
    assert made == [list(row.values()) for kind in ("index", "theme") for row in figures(kind)]
