"""The store: what goes in comes out, newer rows replace older ones, and nothing unsound gets in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from engine.config.data import load_market
from engine.errors import ConfigError, DataError
from engine.market.keys import SeriesKey
from engine.market.source import open_source
from engine.market.store import Store
from tests.markets import config_of, strategy

HEADER = "date,index,variant,open,high,low,close,volume,source"
ROWS = [
    "2024-01-19,A,PR,99,101,98,100,5,exchange",
    "2024-01-20,A,PR,,,,101.5,,exchange",
    "2024-01-19,A,TR,,,,200,,exchange",
    "2024-01-20,A,TR,,,,203.25,,exchange",
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "deep" / "market.duckdb")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def csv(path: Path, rows: list[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def parquet(path: Path, select: str) -> Path:
    duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_what_goes_in_comes_out(store: Store, folder: Path) -> None:
    csv(folder / "indices.csv", ROWS)
    store.load(folder)
    assert store.catalogue() == {
        SeriesKey("A", "price"): ("2024-01-19", "2024-01-20", 2),
        SeriesKey("A", "total"): ("2024-01-19", "2024-01-20", 2),
        SeriesKey("A", "high"): ("2024-01-19", "2024-01-19", 1),
        SeriesKey("A", "volume"): ("2024-01-19", "2024-01-19", 1),
    }
    bars = store.bars([SeriesKey("A", "price")])[SeriesKey("A", "price")]
    assert [str(day.date()) for day in bars.index] == ["2024-01-19", "2024-01-20"]  # a Saturday session stays
    assert bars["close"].tolist() == [100.0, 101.5]
    assert bars["open"].tolist() == pytest.approx([99.0, float("nan")], nan_ok=True)


def test_parquet_is_read_like_csv(store: Store, folder: Path) -> None:
    values = "SELECT TIMESTAMP '2024-01-19' AS date, 'A' AS index, 'PR' AS variant, 100.0::DOUBLE AS close"
    parquet(folder / "indices.parquet", values)
    store.load(folder)
    assert store.bars([SeriesKey("A", "price")])[SeriesKey("A", "price")]["close"].tolist() == [100.0]


def test_newer_rows_replace_older_ones_and_the_digest_follows(store: Store, folder: Path) -> None:
    store.load(csv(folder / "indices.csv", ROWS))
    first = store.tables()[0]
    store.load(folder / "indices.csv")
    assert store.tables()[0].digest == first.digest
    store.load(csv(folder / "indices.csv", ["2024-01-20,A,PR,,,,102,,later", "2024-01-22,A,PR,,,,103,,later"]))
    second = store.tables()[0]
    assert (first.rows, second.rows) == (4, 5)
    assert second.digest != first.digest
    assert second.sources == ("exchange", "later")
    assert store.bars([SeriesKey("A", "price")])[SeriesKey("A", "price")]["close"].tolist() == [100.0, 102.0, 103.0]


def test_every_kind_of_table(store: Store, folder: Path) -> None:
    csv(folder / "indices.csv", ROWS)
    csv(folder / "stocks.csv", ["2024-01-19,S,10,steel"], "date,symbol,close,theme")
    csv(folder / "flows.csv", ["2024-01-19,-5.5,7"], "date,fii_net,dii_net")
    csv(folder / "valuation.csv", ["2024-01-19,A,22,4,1.2"], "date,index,pe,pb,dy")
    csv(folder / "nifty50_weights.csv", ["2024-01-31,S,12.5,Steel"], "date,symbol,weight_pct,sector")
    csv(folder / "other.csv", ["1,2"], "left,right")
    found = {item.path.name: item.dataset.name if item.dataset else item.reason for item in store.load(folder)}
    assert found.pop("other.csv") == "its columns (left, right) are those of no known table"
    assert set(found.values()) == {"indices", "stocks", "flows", "valuation", "weights"}
    assert {table.name: table.rows for table in store.tables()} == {
        "flows": 1, "indices": 4, "stocks": 1, "valuation": 1, "weights": 1,
    }  # fmt: skip


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing column": (
        lambda f: csv(f / "indices.csv", ["2024-01-22,A,PR"], "date,index,variant"),
        "the column 'close' is missing; indices need date, index, variant, close",
    ),
    "missing column under another name": (
        lambda f: csv(f / "mine.csv", ["2024-01-22,A,PR"], "date,index,variant"),
        "the column 'close' is missing",
    ),
    "missing column in parquet": (
        lambda f: parquet(f / "indices.parquet", "SELECT DATE '2024-01-22' AS date, 'A' AS index, 1.0 AS close"),
        "the column 'variant' is missing",
    ),
    "unknown column": (
        lambda f: csv(f / "indices.csv", ["2024-01-22,A,PR,1,2"], "date,index,variant,close,clsoe"),
        "unknown column 'clsoe'; did you mean 'close'?",
    ),
    "text in a price": (
        lambda f: csv(f / "indices.csv", [*ROWS, "2024-01-22,A,PR,,,,n/a,,x"]),
        "row 5 of A: the close 'n/a' on 2024-01-22 is not a number",
    ),
    "text column of prices in parquet": (
        lambda f: parquet(
            f / "indices.parquet", "SELECT DATE '2024-01-22' AS date, 'A' AS index, 'PR' AS variant, '101' AS close"
        ),
        "the column 'close' holds text; numbers are expected",
    ),
    "a date twice": (
        lambda f: csv(f / "indices.csv", [*ROWS, ROWS[1]]),
        "A, PR, 2024-01-20 stands there 2 times",
    ),
    "a date twice across files": (
        lambda f: (csv(f / "indices.csv", ROWS), csv(f / "more.csv", [ROWS[1]])),
        "indices.csv and .*more.csv: A, PR, 2024-01-20 stands there 2 times",
    ),
    "no price": (lambda f: csv(f / "indices.csv", ["2024-01-22,A,PR,1,1,1,,,x"]), "the close on 2024-01-22 is missing"),
    "zero price": (
        lambda f: csv(f / "indices.csv", ["2024-01-22,A,PR,,,,0,,x"]),
        "the close '0' on 2024-01-22 is not above",
    ),
    "infinite price": (
        lambda f: csv(f / "indices.csv", ["2024-01-22,A,PR,,,,inf,,x"]),
        "the close 'inf' .* is not finite",
    ),
    "bad date": (
        lambda f: csv(f / "indices.csv", [*ROWS, "22-01-2024,A,PR,,,,1,,x"]),
        "the date 22-01-2024 is no day written",
    ),
    "impossible date": (
        lambda f: csv(f / "indices.csv", ["2024-02-30,A,PR,,,,1,,x"]),
        "the date '2024-02-30' is no day",
    ),
    "time of day": (
        lambda f: parquet(
            f / "indices.parquet",
            "SELECT TIMESTAMP '2024-01-22 09:15:00' AS date, 'A' AS index, 'PR' AS variant, 1.0::DOUBLE AS close",
        ),
        "the date 2024-01-22 09:15:00 is no day",
    ),
    "unknown variant": (
        lambda f: csv(f / "indices.csv", ["2024-01-22,A,XX,,,,1,,x"]),
        "the variant 'XX' is neither PR",
    ),
    "no sector": (
        lambda f: csv(f / "weights.csv", ["2024-01-31,S,5, "], "date,symbol,weight_pct,sector"),
        "row 1 of S: a row on 2024-01-31 has no sector",
    ),
    "a name that is none": (
        lambda f: csv(f / "indices.csv", ["2024-01-22,N.A.,PR,,,,1,,x"]),
        "row 1 of N.A.: the index 'N.A.' on 2024-01-22 is no name",
    ),
    "a number for a name": (lambda f: csv(f / "indices.csv", ["2024-01-22,24055.6,PR,,,,1,,x"]), "is no name"),
    "a NUL in a name": (lambda f: csv(f / "indices.csv", ["2024-01-22,A\0,PR,,,,1,,x"]), "is no name"),
    "the future": (
        lambda f: csv(f / "indices.csv", [*ROWS, "3024-01-22,A,PR,,,,1,,x"]),
        "row 5 of A: the date 3024-01-22 lies in the future",
    ),
    "no name": (lambda f: csv(f / "indices.csv", ["2024-01-22,,PR,,,,1,,x"]), "a row on 2024-01-22 has no index"),
    "a series called CASH": (lambda f: csv(f / "indices.csv", ["2024-01-22,CASH,PR,,,,1,,x"]), "CASH is no index"),
    "not parquet": (lambda f: (f / "indices.parquet").write_bytes(b"no"), "cannot be read as parquet"),
    "ragged rows": (lambda f: csv(f / "indices.csv", ["2024-01-22,A,PR"]), "indices.csv: "),
    "nothing known": (lambda f: csv(f / "x.csv", ["1"], "a"), r"nothing to import. x.csv: its columns \(a\)"),
    "empty folder": (lambda f: f.exists(), "nothing to import. No .parquet, .csv or .xlsx file is there"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_unsound_files_are_refused_and_leave_no_trace(store: Store, folder: Path, case: str) -> None:
    make, said = BROKEN[case]
    make(folder)
    with pytest.raises(DataError, match=said) as refused:
        store.load(folder)
    assert "\n" not in str(refused.value)
    assert not store.path.exists()


def test_a_refused_import_leaves_the_store_as_it_was(store: Store, folder: Path) -> None:
    store.load(csv(folder / "indices.csv", ROWS))
    before = store.tables()
    csv(folder / "flows.csv", ["2024-01-19,1,2", "2024-01-20,x,2"], "date,fii_net,dii_net")
    csv(folder / "indices.csv", ["2024-01-25,A,PR,,,,105,,x"])
    with pytest.raises(DataError, match="the fii_net 'x' on 2024-01-20 is not a number"):
        store.load(folder)
    assert store.tables() == before


def test_paths_that_are_no_store(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        Store(tmp_path / "s").load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"expected a .parquet, .csv or .xlsx file"):
        Store(tmp_path / "s").load(csv(folder / "x.txt", ROWS))
    (tmp_path / "text").write_text("not a database, but long enough to look like one " * 100, "utf-8")
    with pytest.raises(DataError, match="this is no market store"):
        Store(tmp_path / "text").catalogue()
    with pytest.raises(DataError, match="this is no market store"):
        Store(tmp_path).catalogue()
    for long in (tmp_path / ("x" * 300), Path("x" * 5000)):
        with pytest.raises(DataError, match="cannot be used: File name too long"):
            Store(long).catalogue()
        with pytest.raises(DataError, match="cannot be read: File name too long"):
            Store(tmp_path / "s").load(long)
    with pytest.raises(DataError, match="neither a folder nor a file"):
        Store(tmp_path / "s").load(Path("/dev/null"))


def test_a_damaged_or_foreign_store_is_one_message(store: Store, folder: Path) -> None:
    store.load(csv(folder / "indices.csv", ROWS * 1))
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[: len(whole) // 2])
    for use in (store.catalogue, store.tables, lambda: store.load(folder)):
        with pytest.raises(DataError, match="no market store, or a damaged one"):
            use()
    foreign = Store(store.path.with_name("foreign.duckdb"))
    with duckdb.connect(str(foreign.path)) as connection:
        connection.execute("CREATE TABLE indices (a INTEGER)")
    for use in (foreign.catalogue, foreign.tables, lambda: foreign.load(folder)):
        with pytest.raises(DataError, match="no market store, or a damaged one"):
            use()


def test_an_import_that_finds_the_store_taken_leaves_it_alone(store: Store, folder: Path) -> None:
    """The other process has just made it: nothing of it may go."""
    csv(folder / "indices.csv", ROWS)
    store.path.parent.mkdir(parents=True)
    script = f"import duckdb, sys; c = duckdb.connect({str(store.path)!r}); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    store.patience = 0.2
    with pytest.raises(DataError, match=r"another process \(PID \d+\) is writing to it, or reading it; try again"):
        store.load(folder)
    assert store.path.exists()
    other.communicate()


def test_an_empty_store_means_the_sample_market_and_says_so(store: Store) -> None:
    source = open_source(store.path)
    assert source.simulated
    assert "SIMULATED" in source.name
    wanted = {"benchmark": "NIFTY 50", "universe": ["NIFTY BANK"]}
    rules = [{"name": "bank", "hold": {"NIFTY BANK": 1.0}}]
    market = load_market(config_of(strategy(market=wanted, rules=rules)), store.path)
    assert market.simulated
    assert not store.path.exists()


def test_a_store_that_lacks_a_series_is_never_mixed_with_the_sample(store: Store, folder: Path) -> None:
    store.load(csv(folder / "indices.csv", ROWS))
    wanted = strategy(market={"benchmark": "A", "universe": ["A", "NIFTY 50", "NIFTY BANK"]})
    with pytest.raises(
        ConfigError, match=r"has no NIFTY 50 \(total\)\. Total series there: A\. Also missing: NIFTY BANK"
    ):
        load_market(config_of(wanted), store.path)
    with pytest.raises(ConfigError, match=r"market.start 2024-01-21 is after the last session, 2024-01-20"):
        load_market(
            config_of(strategy(market={"benchmark": "A", "universe": ["A"], "start": "2024-01-21"})), store.path
        )
    flows = Store(store.path.with_name("flows.duckdb"))
    flows.load(csv(folder / "flows.csv", ["2024-01-19,-5.5,7"], "date,fii_net,dii_net"))
    assert not open_source(flows.path).simulated


def test_a_missing_variant_says_which_there_is(store: Store, folder: Path) -> None:
    store.load(csv(folder / "indices.csv", ROWS[:2]))
    with pytest.raises(ConfigError, match=r"has no A \(total\); of A it has .*price 2024-01-19 to 2024-01-20"):
        load_market(config_of(strategy(market={"benchmark": "A", "universe": ["A"]})), store.path)
