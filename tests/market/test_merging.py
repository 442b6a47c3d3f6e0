"""Two sources of the same day: whose figure is used, and that the other is kept.

Random sequences of imports are held against `Naive`, which goes through them cell by cell in plain Python: every
figure a source gave last is remembered, the best one is used.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from engine.market import ranks
from engine.market.datasets import DATASETS
from engine.market.keys import SeriesKey
from engine.market.providers.log import Retrieval
from engine.market.quality import check_store
from engine.market.ranks import rank_of, sources_of, told
from engine.market.store import Store
from tests.conftest import ROOT

Rows = dict[str, dict[str, float | None]]
FIELDS = ("open", "high", "low", "close", "volume")
RANKS = {
    "mine": 1, "exchange": 1, "indices.csv": 1, "nse_fix.csv": 1, "eod2": 1, "soori-1(trendlyne)": 1, "sense": 1,
    "niftyindices.com": 2, "www.niftyindices.com": 2, "NSDL": 2, "bseindia.com": 2, "NiftyIndices.com ": 2,
    "NSE daily index file": 3, "nsearchives.nseindia.com": 3, "ind_close_all_05082024.csv from nse": 3,
    "arvindbaid_niftyindices": 4, "pradeggg_nse": 4, "niftyindices.com: NIFTY 50.csv": 4, "NSE bhavcopy": 4,
    "singla_yahoo": 5, "Yahoo Finance": 5, "yfinance": 5,
}  # fmt: skip


@pytest.mark.parametrize("source", RANKS)
def test_ranks(source: str) -> None:
    assert rank_of(source) == RANKS[source]


def test_the_manual_has_the_ranks_of_the_code() -> None:
    table = [line for line in (ranks.__doc__ or "").splitlines() if line.startswith("|")]
    assert len(table) == 7
    assert "\n".join(table) in (ROOT / "docs" / "store.md").read_text("utf-8")


def test_a_row_says_whose_its_figures_are() -> None:
    sources = {"open": "a", "high": "a; b: c", "close": "main", "volume": "a"}
    text = told(sources, ["close"])
    assert text == "main; open, volume: a; high: a; b: c"
    assert sources_of(text, FIELDS) == {**sources, "low": "main"}
    assert told({"volume": "x"}, ["close"]) == "x"


@dataclass
class Naive:
    """What each source said last of each cell, and which of them is used: (source, value, when)."""

    said: dict[tuple[str, str], dict[str, tuple[float, int]]] = field(default_factory=dict)
    used: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, moment: int, source: str, rows: Rows) -> None:
        """A source speaks for the fields it has any figure of; its silence elsewhere takes nothing back."""
        spoken = {name for row in rows.values() for name, value in row.items() if value is not None}
        for day, row in rows.items():
            for name in FIELDS:
                self._cell(moment, source, (day, name), row.get(name), name in spoken)

    def _cell(self, moment: int, source: str, cell: tuple[str, str], value: float | None, speaks: bool) -> None:
        said, before = self.said.setdefault(cell, {}), self.used.get(cell)
        kept = before is not None and source != before and value == said[before][0]
        if speaks:
            said.pop(source, None)
        if value is not None:
            said[source] = (value, moment)
        if not said:
            self.used.pop(cell, None)
            return
        best = min(
            said, key=lambda who: (rank_of(who), who != source or value is None, who != before, -said[who][1], who)
        )
        self.used[cell] = best
        if best == source and kept and before is not None:
            del said[before]  # it said the same: there is nothing to keep
        elif best == before and kept:
            del said[source]

    @property
    def rows(self) -> dict[tuple[str, str], tuple[float, str]]:
        return {cell: (self.said[cell][who][0], who) for cell, who in self.used.items()}

    @property
    def others(self) -> set[tuple[str, str, float, str]]:
        return {
            (*cell, value, who)
            for cell, said in self.said.items()
            for who, (value, _) in said.items()
            if who != self.used.get(cell)
        }


def rows_of(store: Store) -> dict[tuple[str, str], tuple[float, str]]:
    with duckdb.connect(str(store.path), read_only=True) as connection:
        found = connection.execute(f"SELECT date::VARCHAR, source, {', '.join(FIELDS)} FROM indices").fetchall()
    return {
        (day, name): (value, sources_of(source, FIELDS)[name])
        for day, source, *values in found
        for name, value in zip(FIELDS, values, strict=True)
        if value is not None
    }


def others_of(store: Store) -> list[tuple[str, str, float, str]]:
    with duckdb.connect(str(store.path), read_only=True) as connection:
        return connection.execute(
            "SELECT date::VARCHAR, field, value::DOUBLE, source FROM others "
            "WHERE dataset = 'indices' AND series = 'A | PR' ORDER BY ALL"
        ).fetchall()


def written(folder: Path, source: str, rows: Rows) -> Path:
    """A file of some rows of A."""
    lines = [
        ",".join(
            [day, "A", "PR", *("" if (value := row.get(name)) is None else repr(value) for name in FIELDS), source]
        )
        for day, row in rows.items()
    ]
    path = folder / "indices.csv"
    path.write_text("\n".join([f"date,index,variant,{','.join(FIELDS)},source", *lines]) + "\n", "utf-8")
    return path


SOURCES = ("mine", "yours", "niftyindices.com", "ind_close_all", "some_nse", "yahoo")


def batches(seed: int) -> Iterator[tuple[str, Rows]]:
    """Imports of a few days by random sources; figures from a small set, so that some agree and some do not."""
    rng = random.Random(seed)
    days = [str(date(2024, 1, 1) + timedelta(place)) for place in range(4)]
    for _ in range(7):
        columns = ["close", *rng.sample(["open", "high", "low", "volume"], rng.randint(0, 4))]
        rows: Rows = {}
        for day in rng.sample(days, rng.randint(1, 4)):
            rows[day] = {name: rng.choice([100.0, 100.1, 101.0 / 3 + 66, None]) for name in columns}
            rows[day]["close"] = rng.choice([100.0, 100.1, 100.2])
        yield rng.choice(SOURCES), rows


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_imports_leaves_what_a_plain_reading_of_the_rules_does(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.market.store._check", lambda *_: None)  # the quality of these figures is not the point
    store, naive = Store(tmp_path / "market.duckdb"), Naive()
    for moment, (source, rows) in enumerate(batches(seed)):
        store.load(written(tmp_path, source, rows))
        naive.take(moment, source, rows)
        assert rows_of(store) == naive.rows
        kept = others_of(store)
        assert len(kept) == len(set(kept))
        assert set(kept) == naive.others
        state = store.tables(), kept
        store.load(tmp_path / "indices.csv")  # again: nothing changes
        assert (store.tables(), others_of(store)) == state


def both(tmp_path: Path, first: str, second: str) -> Store:
    store = Store(tmp_path / "market.duckdb")
    store.load(written(tmp_path, first, {"2024-01-01": {"close": 100.0, "volume": 7.0}}))
    store.load(written(tmp_path, second, {"2024-01-01": {"open": 99.9, "close": 100.06}}))
    return store


def test_the_better_rank_is_used_and_filled_from_the_other(tmp_path: Path) -> None:
    """By hand: mine is before yahoo, whose open fills a gap and whose close, 6 bp off, is kept and told."""
    store = both(tmp_path, "mine", "yahoo")
    assert [table.sources for table in store.tables()] == [("mine; open: yahoo",)]
    assert rows_of(store) == {
        ("2024-01-01", "open"): (99.9, "yahoo"),
        ("2024-01-01", "close"): (100.0, "mine"),
        ("2024-01-01", "volume"): (7.0, "mine"),
    }
    assert others_of(store) == [("2024-01-01", "close", 100.06, "yahoo")]
    (found,) = check_store(store, only=("cross-source",))
    assert (found.series, str(found.date), found.value, found.severity) == (
        "A (price)",
        "2024-01-01",
        0.0006,
        "warning",
    )
    assert found.action == "close 100 of mine is used, 100.06 of yahoo is not"
    assert store.look([SeriesKey("A", "price")]).findings[0].check in {"calendar", "cross-source"}


def test_equal_ranks_the_newer_is_used(tmp_path: Path) -> None:
    store = both(tmp_path, "mine", "yours")
    assert [table.sources for table in store.tables()] == [("yours; volume: mine",)]
    assert others_of(store) == [("2024-01-01", "close", 100.0, "mine")]
    (found,) = check_store(store, only=("cross-source",))
    assert found.value == round(100 / 100.06 - 1, 6)


def test_five_basis_points_are_no_finding(tmp_path: Path) -> None:
    store = Store(tmp_path / "market.duckdb")
    store.load(written(tmp_path, "mine", {"2024-01-01": {"close": 10000.0}, "2024-01-02": {"close": 10000.0}}))
    store.load(written(tmp_path, "yahoo", {"2024-01-01": {"close": 10004.9}, "2024-01-02": {"close": 10005.1}}))
    assert len(others_of(store)) == 2
    assert [str(one.date) for one in check_store(store, only=("cross-source",))] == ["2024-01-02"]


def test_a_source_that_takes_its_figure_back_leaves_it_to_the_next(tmp_path: Path) -> None:
    """Mine has an open in the file, but not of this day any more."""
    store = Store(tmp_path / "market.duckdb")
    days: Rows = {"2024-01-01": {"open": 98.0, "close": 100.0}, "2024-01-02": {"open": 99.0, "close": 100.0}}
    store.load(written(tmp_path, "mine", days))
    store.load(written(tmp_path, "yahoo", {"2024-01-01": {"open": 97.0, "close": 100.0}}))
    store.load(written(tmp_path, "mine", {**days, "2024-01-01": {"close": 100.0}}))
    assert rows_of(store)["2024-01-01", "open"] == (97.0, "yahoo")
    assert others_of(store) == []


def test_what_is_used_keeps_the_time_it_came(tmp_path: Path) -> None:
    """A chunk of a lesser source changes nothing of a row, not even when it was retrieved."""
    store = Store(tmp_path / "market.duckdb")
    store.load(written(tmp_path, "mine", {"2024-01-01": {"close": 100.0}}))
    before = store.tables()
    later = datetime(2030, 1, 1, 12)
    retrieval = Retrieval("niftyindices.com", "A", "price", date(2024, 1, 1), date(2024, 1, 1), 1, "", later)
    row = {
        "index": "A",
        "variant": "PR",
        "date": date(2024, 1, 1),
        "open": None,
        "high": None,
        "low": None,
        "close": 99.0,
    }
    for _ in range(2):
        store.keep(DATASETS["indices"], [row], retrieval)
        assert store.tables() == before
        assert others_of(store) == [("2024-01-01", "close", 99.0, "niftyindices.com")]


def test_words_meet_like_numbers(tmp_path: Path) -> None:
    store = Store(tmp_path / "market.duckdb")
    for source, sector in (("mine", "IT"), ("yahoo", "Tech")):
        (tmp_path / "weights.csv").write_text(
            f"date,symbol,weight_pct,sector,source\n2024-01-31,X,{0.1 + 0.2!r},{sector},{source}\n", "utf-8"
        )
        store.load(tmp_path / "weights.csv")
    with duckdb.connect(str(store.path), read_only=True) as connection:
        assert connection.execute("SELECT weight_pct, sector, source FROM weights").fetchall() == [
            (0.1 + 0.2, "IT", "mine")
        ]
        assert connection.execute("SELECT dataset, series, field, value, source FROM others").fetchall() == [
            ("weights", "X", "sector", "Tech", "yahoo")
        ]
