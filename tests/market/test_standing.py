"""How series stand, counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.market.keys import SeriesKey
from engine.market.standing import Standing
from engine.market.store import Store

# The benchmark has six sessions, a Saturday among them.
INDICES = """\
date,index,variant,close,volume,source
2024-01-18,NIFTY 50,PR,100,5,mine
2024-01-19,NIFTY 50,PR,101,,mine
2024-01-20,NIFTY 50,PR,102,7,mine
2024-01-23,NIFTY 50,TR,200,,other
2024-01-24,NIFTY 50,TR,200,,other
2024-01-25,NIFTY 50,TR,201,,other
2024-01-18,A,PR,9,,first
2024-01-22,A,PR,9,,second
2024-01-24,A,PR,9,,second
"""
FLOWS = "date,fii_net,dii_net,source\n2024-01-18,1,2,x\n2024-01-19,,3,x\n2024-01-20,4,,y\n"
WEIGHTS = "date,symbol,weight_pct,sector,source\n2024-01-31,X,60,IT,w\n2024-01-31,Y,40,Banks,w\n2024-02-29,X,100,IT,v\n"
STOCKS = "date,symbol,close\n2024-01-19,S,1\n2024-01-20,S,2\n"
WANTED = {  # first, last, values, gaps, behind, sources
    ("A", "price"): ("18", "24", 3, 3, 1, ("first", "second")),  # the 22nd is no session; 19, 20 and 23 are missing
    ("NIFTY 50", "price"): ("18", "20", 3, 0, 3, ("mine",)),
    ("NIFTY 50", "total"): ("23", "25", 3, 0, 0, ("other",)),
    ("NIFTY 50", "volume"): ("18", "20", 2, 1, 3, ("mine",)),
    ("DII", "net"): ("18", "19", 2, 0, 4, ("x",)),
    ("FII", "net"): ("18", "20", 2, 1, 3, ("x", "y")),
    ("Banks", "weight"): ("31", "29", 2, None, None, ("v", "w")),
    ("IT", "weight"): ("31", "29", 2, None, None, ("v", "w")),
    ("S", "stock"): ("19", "20", 2, 0, 3, ("stocks.csv",)),
}


def stored(folder: Path, **files: str) -> Store:
    (folder / "in").mkdir()
    for name, text in files.items():
        (folder / "in" / f"{name}.csv").write_text(text, "utf-8")
    store = Store(folder / "market.duckdb")
    store.load(folder / "in")
    return store


def test_by_hand(tmp_path: Path) -> None:
    found = stored(tmp_path, indices=INDICES, flows=FLOWS, weights=WEIGHTS, stocks=STOCKS).standings()
    order = [("A", "price"), ("NIFTY 50", "price"), ("NIFTY 50", "total"), ("Banks", "weight"), ("DII", "net"),
             ("FII", "net"), ("IT", "weight"), ("NIFTY 50", "volume"), ("S", "stock")]  # fmt: skip
    assert [one.series for one in found] == order
    for one in found:
        first, last, *rest = WANTED[one.series]
        month = 2 if one.series.variant == "weight" else 1
        assert one == Standing(one.series, date(2024, 1, int(first)), date(2024, month, int(last)), *rest)  # type: ignore[arg-type]


def test_the_last_session_is_the_benchmarks(tmp_path: Path) -> None:
    store = stored(tmp_path, indices=INDICES, flows="date,fii_net,dii_net\n2024-01-26,1,2\n")
    assert store.last_session() == date(2024, 1, 25)
    assert Store(tmp_path / "none.duckdb").last_session() is None
    assert Store(tmp_path / "none.duckdb").standings() == ()


def test_without_the_benchmark_nothing_is_counted(tmp_path: Path) -> None:
    store = stored(tmp_path, flows=FLOWS, weights=WEIGHTS)
    assert store.last_session() == date(2024, 1, 20)
    assert {(one.gaps, one.behind) for one in store.standings()} == {(None, None)}


def test_composed_sources_are_taken_apart(tmp_path: Path) -> None:
    """The volume is from elsewhere than the close."""
    store = stored(tmp_path, indices="date,index,variant,close,source\n2024-01-18,A,PR,9,niftyindices.com\n")
    (tmp_path / "yahoo.csv").write_text("date,index,variant,close,volume,source\n2024-01-18,A,PR,9,7,yahoo\n", "utf-8")
    store.load(tmp_path / "yahoo.csv")
    assert [(one.series.variant, one.sources) for one in store.standings()] == [
        ("price", ("niftyindices.com",)), ("volume", ("yahoo",)),
    ]  # fmt: skip


@pytest.mark.real
def test_the_real_history(tmp_path: Path, market_folder: Path) -> None:
    """What the folder says of itself: the overnight rate lacks 524 sessions, CPSE's total return ends 2023-07-13."""
    store = Store(tmp_path / "market.duckdb")
    store.load(market_folder)
    found = {one.series: one for one in store.standings()}
    assert store.last_session() == date(2025, 9, 17)
    assert found[SeriesKey("NIFTY 1D RATE INDEX", "price")].gaps == 524
    assert found[SeriesKey("NIFTY CPSE", "total")].last == date(2023, 7, 13)
    assert (found[SeriesKey("NIFTY 50", "price")].gaps, found[SeriesKey("NIFTY 50", "price")].behind) == (0, 0)
    assert sum(one.series.variant == "stock" for one in found.values()) == 198
