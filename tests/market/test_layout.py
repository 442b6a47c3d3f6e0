"""Versions of a store: an older one is read as it is and brought up by the next write, a newer one is refused."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

import engine
from engine.errors import DataError
from engine.market.keys import SeriesKey
from engine.market.quality import check_store
from engine.market.store import Store

# As the first version wrote it, by hand.
VERSION_1 = """
CREATE TABLE indices ("index" VARCHAR, "variant" VARCHAR, "date" DATE, "open" DOUBLE, "high" DOUBLE, "low" DOUBLE,
    "close" DOUBLE, "volume" DOUBLE, "source" VARCHAR, retrieved TIMESTAMP);
INSERT INTO indices VALUES
    ('A', 'PR', '2024-01-01', 99, 101, 98, 100, 5, 'niftyindices.com; volume: exchange', '2024-02-01 10:00:00'),
    ('A', 'PR', '2024-01-02', NULL, NULL, NULL, 101.5, NULL, 'exchange', '2024-02-01 10:00:00');
CREATE TABLE digests (name VARCHAR, digest VARCHAR);
INSERT INTO digests VALUES ('indices', 'of the first version');
"""
NEXT = "date,index,variant,close,source\n2024-01-03,A,PR,102,exchange\n"
AUXILIARY = {"meta", "digests", "retrievals", "others", "findings"}


@pytest.fixture
def old(tmp_path: Path) -> Store:
    store = Store(tmp_path / "old.duckdb")
    with duckdb.connect(str(store.path)) as connection:
        connection.execute(VERSION_1)
    return store


def names(store: Store) -> set[str]:
    with duckdb.connect(str(store.path), read_only=True) as connection:
        return {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def test_an_older_store_is_read_as_it_is(old: Store) -> None:
    key = SeriesKey("A", "price")
    look = old.look([key])
    assert look.bars[key]["close"].tolist() == [100.0, 101.5]
    assert look.findings == ()
    (table,) = old.tables()
    assert (table.rows, table.digest) == (2, "of the first version")
    assert old.retrieved("niftyindices.com", "A", "price") == []
    assert [one.check for one in check_store(old)] == ["calendar"]
    assert names(old) == {"indices", "digests"}


def test_the_next_import_brings_it_up(old: Store, tmp_path: Path) -> None:
    (tmp_path / "indices.csv").write_text(NEXT, "utf-8")
    old.load(tmp_path / "indices.csv")
    assert names(old) == {"indices", *AUXILIARY}
    with duckdb.connect(str(old.path), read_only=True) as connection:
        assert connection.execute("SELECT version, engine FROM meta").fetchall() == [(2, engine.__version__)]
        rows = connection.execute("SELECT close, source, retrieved::VARCHAR FROM indices ORDER BY date").fetchall()
    assert rows[:2] == [
        (100.0, "niftyindices.com; volume: exchange", "2024-02-01 10:00:00"),
        (101.5, "exchange", "2024-02-01 10:00:00"),
    ]
    assert [close for close, *_ in rows] == [100.0, 101.5, 102.0]
    fresh = Store(tmp_path / "fresh.duckdb")
    fresh.load(tmp_path / "indices.csv")
    assert names(fresh) == names(old)
    assert [one.check for one in old.look([SeriesKey("A", "price")]).findings] == []
    assert len(old.check_and_store()) == 1


def test_a_refused_import_leaves_it_of_its_version(old: Store, tmp_path: Path) -> None:
    (tmp_path / "indices.csv").write_text("date,index,variant,close,high\n2024-01-03,A,PR,102,90\n", "utf-8")
    with pytest.raises(DataError, match="bar-order"):
        old.load(tmp_path / "indices.csv")
    assert names(old) == {"indices", "digests"}
    assert old.tables()[0].digest == "of the first version"


def test_a_newer_store_is_refused_by_everything(tmp_path: Path) -> None:
    store = Store(tmp_path / "new.duckdb")
    (tmp_path / "indices.csv").write_text(NEXT, "utf-8")
    store.load(tmp_path / "indices.csv")
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("UPDATE meta SET version = 3, engine = '9.1'")
    before = store.path.read_bytes()
    for use in (store.catalogue, store.tables, store.check_and_store, lambda: store.load(tmp_path / "indices.csv")):
        with pytest.raises(DataError, match=r"this store has layout 3, written by version 9.1 .* layouts up to 2: use"):
            use()
    assert store.path.read_bytes() == before


def test_what_was_never_a_store(tmp_path: Path) -> None:
    empty, strange = Store(tmp_path / "empty.duckdb"), Store(tmp_path / "strange.duckdb")
    duckdb.connect(str(empty.path)).close()
    assert empty.catalogue() is None
    (tmp_path / "indices.csv").write_text(NEXT, "utf-8")
    empty.load(tmp_path / "indices.csv")  # an empty database becomes one
    assert names(empty) == {"indices", *AUXILIARY}
    with duckdb.connect(str(strange.path)) as connection:
        connection.execute("CREATE TABLE meta (version INTEGER, engine VARCHAR)")
    with pytest.raises(DataError, match=r"no market store, or a damaged one \(its table meta is empty\)"):
        strange.catalogue()


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_a_new_store_is_whole_from_its_first_moment(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made beside its place and put there; a file system may have no links."""
    store, drafts, link = Store(tmp_path / "new.duckdb"), [], os.link

    def linked(draft: Path, path: Path) -> None:
        assert not path.exists()
        with duckdb.connect(str(draft), read_only=True) as connection:
            drafts.extend(connection.execute("SELECT version FROM meta").fetchall())
        if not links:
            raise PermissionError
        link(draft, path)

    monkeypatch.setattr(os, "link", linked)
    (tmp_path / "indices.csv").write_text(NEXT, "utf-8")
    store.load(tmp_path / "indices.csv")
    assert drafts == [(2,)]
    assert store.tables()[0].rows == 1
    assert {path.name for path in tmp_path.iterdir()} == {"indices.csv", "new.duckdb"}


def test_a_store_that_another_process_made_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other, link = Store(tmp_path / "new.duckdb"), Store(tmp_path / "other.duckdb"), os.link
    (tmp_path / "indices.csv").write_text(NEXT, "utf-8")
    other.load(tmp_path / "indices.csv")

    def late(draft: Path, path: Path) -> None:
        other.path.rename(path)
        link(draft, path)

    monkeypatch.setattr(os, "link", late)
    (tmp_path / "indices.csv").write_text(NEXT.replace("01-03", "01-04"), "utf-8")
    store.load(tmp_path / "indices.csv")
    assert store.tables()[0].rows == 2
