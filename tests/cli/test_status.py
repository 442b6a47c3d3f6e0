"""`backtest data status` and `backtest data export` as a person meets them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.cli.status import headline
from tests.cli.test_commands import backtest, refused

pytestmark = pytest.mark.process

ROWS = [
    "2024-01-18,NIFTY 50,PR,100,5,mine", "2024-01-19,NIFTY 50,PR,101,,mine", "2024-01-20,NIFTY 50,PR,102,6,mine",
    "2024-01-18,A,TR,9,,mine", "2024-01-20,A,TR,9,,mine",
]  # fmt: skip


def imported(folder: Path) -> None:
    (folder / "indices.csv").write_text("\n".join(["date,index,variant,close,volume,source", *ROWS]) + "\n", "utf-8")
    backtest("data", "import", "indices.csv", "--store", "s.duckdb", cwd=folder)


def age() -> int:
    return ((datetime.now(UTC) + timedelta(hours=5.5)).date() - date(2024, 1, 20)).days


def test_the_first_line_says_what_to_do() -> None:
    """Friday 2024-01-19 and Saturday the 20th were sessions, Monday the 22nd was none, Tuesday was one."""
    update = "run backtest data update"
    assert headline(date(2024, 1, 19), date(2024, 1, 20)) == "last session 19 Jan 2024, 1 day ago"
    assert headline(date(2024, 1, 19), date(2024, 1, 21)) == f"last session 19 Jan 2024, 2 days ago: {update}"
    assert headline(date(2024, 1, 20), date(2024, 1, 23)) == "last session 20 Jan 2024, 3 days ago"
    assert headline(date(2024, 1, 20), date(2024, 1, 24)) == f"last session 20 Jan 2024, 4 days ago: {update}"
    assert headline(date(2025, 9, 17), date(2026, 11, 27)) == f"last session 17 Sep 2025, 436 days ago: {update}"


def test_status(tmp_path: Path) -> None:
    imported(tmp_path)
    before = age()
    lines = backtest("data", "status", "--store", "s.duckdb", cwd=tmp_path).stdout.splitlines()
    assert lines[0] == f"last session 20 Jan 2024, {before:,} days ago: run backtest data update"
    assert lines[1] == "s.duckdb"
    assert lines[-1] == "  findings: 0 errors, 1 warning; see them with: backtest data check"  # A lacks the 19th
    assert lines[2].startswith("  indices: 2 series, 5 rows, 2024-01-18 to 2024-01-20, digest ")
    listed = backtest("data", "status", "--series", "--store", "s.duckdb", cwd=tmp_path).stdout.splitlines()
    assert listed[0] == lines[0]
    assert [line.split() for line in listed[2:]] == [
        ["A", "(total)", "2024-01-18", "2024-01-20", "2", "1", "0", f"{before:,}", "mine"],
        ["NIFTY", "50", "(price)", "2024-01-18", "2024-01-20", "3", "0", "0", f"{before:,}", "mine"],
        ["NIFTY", "50", "(volume)", "2024-01-18", "2024-01-20", "2", "1", "0", f"{before:,}", "mine"],
    ]
    told = json.loads(backtest("data", "status", "--json", "--store", "s.duckdb", cwd=tmp_path).stdout)
    assert (told["last_session"], told["days_behind"], told["simulated"]) == ("2024-01-20", before, False)
    assert told["series"][0] == {
        "name": "A", "variant": "total", "first": "2024-01-18", "last": "2024-01-20", "values": 2, "gaps": 1,
        "sessions_behind": 0, "days_behind": before, "sources": ["mine"],
    }  # fmt: skip


def test_export(tmp_path: Path) -> None:
    imported(tmp_path)
    done = backtest("data", "export", "out", "--format", "csv", "--store", "s.duckdb", cwd=tmp_path)
    assert done.stdout == "out/export.json\nout/indices.csv\n"
    told = json.loads(backtest("data", "export", "out", "--json", "--store", "s.duckdb", cwd=tmp_path).stdout)
    assert told == {"store": "s.duckdb", "folder": "out", "files": ["export.json", "indices.parquet"]}
    one = backtest("data", "import", "out", "--store", "t.duckdb", "--json", cwd=tmp_path).stdout
    two = backtest("data", "status", "--store", "s.duckdb", "--json", cwd=tmp_path).stdout
    assert json.loads(one)["tables"][0]["digest"] == json.loads(two)["tables"][0]["digest"]
    assert "indices.csv was not written by an export" in refused(
        "data", "export", ".", "--store", "s.duckdb", cwd=tmp_path
    )
    assert "did you mean 'indices'" in refused(
        "data", "export", "x", "--tables", "indexes", "--store", "s.duckdb", cwd=tmp_path
    )
