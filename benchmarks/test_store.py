"""How long the store takes: importing the real history, and loading a market from it.

The import is a process of its own, so that its time and its peak memory are those of the command. Skipped where the
real market data are absent.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.market.keys import SeriesKey
from engine.market.source import open_source
from engine.market.store import Store
from tests.conftest import ROOT

LONGEST, LARGEST = 20.0, 1.2e9
"""Seconds and bytes an import of 545,511 index rows and 600,901 stock rows may take."""

OLDEST = ["NIFTY 50", "NIFTY 500", "NIFTY NEXT 50", "NIFTY MIDCAP 150", "NIFTY SMALLCAP 250"]  # twenty years each
SECTORS = ["NIFTY BANK", "NIFTY IT", "NIFTY AUTO", "NIFTY FMCG", "NIFTY PHARMA", "NIFTY METAL", "NIFTY ENERGY"]

MEASURE = """
import resource, sys, time
from pathlib import Path
began = time.perf_counter()
from engine.market.store import Store
Store(Path(sys.argv[2])).load(Path(sys.argv[1]))
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def imported(folder: Path, store: Path) -> tuple[float, float]:
    """Seconds and peak bytes of an import in a process of its own."""
    command = [sys.executable, "-c", MEASURE, str(folder), str(store)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def store(room: Path, market_folder: Path) -> Store:
    path = room / "market.duckdb"
    if not path.exists():
        imported(market_folder, path)
    return Store(path)


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_import(again: bool, room: Path, market_folder: Path, benchmark: Any) -> None:
    """Reading, merging and checking everything, into a new file and into one that has it all."""
    path = room / "imported.duckdb"
    assert path.exists() is again
    seconds, peak = benchmark.pedantic(imported, (market_folder, path), rounds=1)
    print(f"\nimport: {seconds:.1f} s, peak {peak / 1e6:,.0f} MB")
    assert seconds < LONGEST
    assert peak < LARGEST


def test_import_of_a_second_source(room: Path, store: Store, market_folder: Path, benchmark: Any) -> None:
    """The dearest there is: every index row met by another source, one close in ten apart; five million cells."""
    import duckdb  # noqa: PLC0415  # only to make the other source

    other = room / "other" / "indices.parquet"
    other.parent.mkdir(exist_ok=True)
    rows = f"SELECT *, row_number() OVER () AS n FROM '{market_folder}/indices.parquet'"
    apart = "close * (1 + (n % 10 = 0)::INT / 1e3) AS close, 'yahoo' AS source"
    duckdb.sql(f"COPY (SELECT * EXCLUDE n REPLACE ({apart}) FROM ({rows})) TO '{other}' (FORMAT parquet)")
    copy = room / "second.duckdb"
    copy.write_bytes(store.path.read_bytes())
    seconds, peak = benchmark.pedantic(imported, (other.parent, copy), rounds=1)
    print(f"\nsecond source: {seconds:.1f} s, peak {peak / 1e6:,.0f} MB")
    assert seconds < 1.5 * LONGEST
    assert peak < 1.5 * LARGEST


def test_load(store: Store, benchmark: Any) -> None:
    """At most 150 ms: twelve series of up to twenty years, in both variants, opening the file included."""
    source = open_source(store.path)
    names = [*OLDEST, *SECTORS]
    keys = [SeriesKey(name, "price") for name in names]
    assert set(keys) <= source.catalogue.keys()
    market = benchmark.pedantic(lambda: source.market("NIFTY 50", keys), rounds=20, warmup_rounds=2)
    assert len(market.bars) == 13  # and the benchmark's total return
    assert benchmark.stats.stats.median <= 0.150


def test_catalogue(store: Store, benchmark: Any) -> None:
    """What a run looks at before it loads anything."""
    benchmark.pedantic(store.catalogue, rounds=10, warmup_rounds=1)
