"""The active return by sector reaches the files and the page whole."""

from __future__ import annotations

import pytest

from engine import load_config, load_market, run
from engine.report.sectors import sectors_table, sectors_words
from engine.results import attribution
from engine.run import Result
from tests.conftest import ROOT
from tests.report.runs import ran


@pytest.fixture(scope="module")
def result() -> Result:
    """On the sample market, which has sector weights."""
    config = load_config(ROOT / "configs" / "sector_momentum.yaml")
    return run(config, load_market(config, ROOT / "no" / "store"))


def test_the_file_adds_up_to_the_active_return(result: Result) -> None:
    told = attribution(result)
    segments = told["sectors"]["segments"]
    effects = [
        value for row in segments.values() for effect, value in row.items() if effect not in ("weight", "benchmark")
    ]
    assert sum(filter(None, effects)) == pytest.approx(told["active"], abs=1e-9)
    assert told["sectors"]["residual_daily"] < 1e-12
    weights = [row["benchmark"] for row in segments.values() if row["benchmark"]]
    assert sum(weights) == pytest.approx(1.0, abs=1e-6)


def test_the_table_says_the_same(result: Result) -> None:
    table = sectors_table(result)
    assert table is not None
    assert table.rows[-1].cells[-1].text == f"{result.attribution.total * 100:+.2f}"
    assert "Gap between the sectors' indices and the benchmark" in [row.label for row in table.rows]
    assert "Rest of Nifty" in sectors_words(result)


def test_without_weights_it_says_why() -> None:
    bare = ran()
    assert sectors_table(bare) is None
    assert sectors_words(bare) == "There is no attribution by sector: no sector weights in this store."
    assert attribution(bare)["sectors"] == {"why": "no sector weights in this store"}
