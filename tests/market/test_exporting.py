"""What is exported is what an import reads back, and nothing of anybody else's is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from engine.errors import ConfigError, DataError
from engine.market.exporting import Format, export
from engine.market.store import Store

TRICKY = {
    "indices": "date,index,variant,open,high,low,close,volume,source\n"
    '2024-01-19,"A, ""B"" & co",PR,0.1,0.30000000000000004,0.1,0.2,1e15,"one, two"\n'
    "2024-01-20,A,TR,,,,123456789.12345679,,'quoted'\n",
    "stocks": 'date,symbol,close,theme\n2024-01-19,M&M,33.333333333333336,""\n2024-01-20,M&M,1e-7,"line\nbreak"\n',
    "flows": "date,fii_net,dii_net\n2024-01-19,-0.1,\n2024-01-20,,\n",
    "weights": "date,symbol,weight_pct,sector\n2024-01-31,X,60,IT\n2024-01-31,Y,40,Banks\n",
    "actions": "date,symbol,kind,value\n2024-01-31,X,split,5\n",
    "constituents": "date,index,symbol,weight_pct\n2024-01-31,A,X,\n",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "in").mkdir()
    for name, text in TRICKY.items():
        (tmp_path / "in" / f"{name}.csv").write_text(text, "utf-8")
    store = Store(tmp_path / "market.duckdb")
    store.load(tmp_path / "in")
    return store


def digests(store: Store) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {table.name: (table.digest, table.sources) for table in store.tables()}


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_round_trip_keeps_every_digest_and_source(store: Store, tmp_path: Path, form: Format) -> None:
    files = export(store, tmp_path / "out", form=form)
    assert {path.name for path in files} == {"export.json", *(f"{name}.{form}" for name in TRICKY)}
    back = Store(tmp_path / "back.duckdb")
    back.load(tmp_path / "out")
    assert digests(back) == digests(store)
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


@pytest.mark.real
def test_the_real_history_comes_back(tmp_path: Path, market_folder: Path) -> None:
    store, back = Store(tmp_path / "market.duckdb"), Store(tmp_path / "back.duckdb")
    store.load(market_folder)
    export(store, tmp_path / "out")
    back.load(tmp_path / "out")
    assert digests(back) == digests(store)


def test_figures_that_are_not_used_are_written_for_reading(store: Store, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("date,index,variant,close,source\n2024-01-20,A,TR,1,yahoo\n", "utf-8")
    store.load(tmp_path / "more.csv")
    export(store, tmp_path / "out", ["others"], "csv")
    assert (
        (tmp_path / "out" / "others.csv")
        .read_text("utf-8")
        .splitlines()[1]
        .startswith("indices,A | TR,2024-01-20,close,1.0,yahoo,")
    )
    export(store, tmp_path / "out")
    back = Store(tmp_path / "back.duckdb")
    passed = [item.path.name for item in back.load(tmp_path / "out") if item.dataset is None]
    assert passed == ["others.parquet"]
    assert digests(back) == digests(store)


def test_an_older_export_is_replaced_and_nothing_else(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    export(store, out, form="csv")  # an empty folder may be filled
    export(store, out, ["flows"])
    assert {path.name for path in out.iterdir()} == {"export.json", "flows.parquet"}
    told = json.loads((out / "export.json").read_text("utf-8"))
    assert (told["tables"]["flows"]["rows"], told["layout"]) == (2, 2)
    for name in ("mine.txt", "flows.parquet", "export.json"):
        kept = (out / name).read_bytes() if (out / name).exists() else b""
        (out / name).write_bytes(b"{}")
        with pytest.raises(DataError, match=r"out: (mine.txt|flows.parquet) was not written by .*; name another"):
            export(store, out)
        (out / name).write_bytes(kept)
        if not kept:
            (out / name).unlink()
    (out / "flows.parquet").unlink()
    (out / "export.json").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="export.json is not that of an export"):
        export(store, out)
    assert (out / "export.json").read_text("utf-8") == "{}"


def test_what_cannot_be_written_is_not_begun(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown table 'flow'; did you mean 'flows'"):
        export(store, tmp_path / "out", ["flow"])
    with pytest.raises(DataError, match="there is nothing to export"):
        export(Store(tmp_path / "none.duckdb"), tmp_path / "out")
    with pytest.raises(DataError, match="cannot be used: Not a directory"):
        export(store, store.path)
    with pytest.raises(DataError, match="cannot be written"):
        export(store, Path("/proc/nowhere/out"))
    assert {path.name for path in tmp_path.iterdir()} == {"in", "market.duckdb"}


def test_an_export_of_an_older_store(store: Store, tmp_path: Path) -> None:
    with duckdb.connect(str(store.path)) as connection:
        for name in ("meta", "others", "findings", "retrievals"):
            connection.execute(f"DROP TABLE {name}")
    assert len(export(store, tmp_path / "out")) == 1 + len(TRICKY)
