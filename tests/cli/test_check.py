"""`backtest data check` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.cli.test_commands import backtest, refused

pytestmark = pytest.mark.process

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"]
LONG = "NIFTY INDIA CORPORATE GROUP INDEX - ADITYA BIRLA GROUP WITH A NAME THAT GOES ON AND ON AND ON"


def imported(folder: Path, rows: list[str]) -> None:
    (folder / "indices.csv").write_text("\n".join(["date,index,variant,open,high,low,close", *rows]) + "\n", "utf-8")
    backtest("data", "import", "indices.csv", "--store", "s.duckdb", cwd=folder)


def bars(name: str, days: list[str]) -> list[str]:
    return [f"{day},{name},PR,,,,{100 + DAYS.index(day) % 3}" for day in days]


def test_a_clean_store_says_so(tmp_path: Path) -> None:
    imported(tmp_path, bars("NIFTY 50", DAYS))
    done = backtest("data", "check", "--store", "s.duckdb", cwd=tmp_path)
    assert done.stdout.endswith("\nNothing was found.\n")
    assert done.stderr == ""


def test_warnings_alone_leave_with_zero_and_the_worst_come_first(tmp_path: Path) -> None:
    imported(tmp_path, [*bars("NIFTY 50", DAYS), *(
        row for place in range(1, 7) for row in bars(f"{LONG} {place}", [DAYS[0], *DAYS[place + 1:]])
    )])  # fmt: skip
    done = backtest("data", "check", "--store", "s.duckdb", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert "  missing-sessions       -         6  a value on every date of the NIFTY 50" in lines
    place = lines.index("missing-sessions: the worst 5 of 6")
    assert [line.split()[2] for line in lines[place + 1 : place + 6]] == ["6", "5", "4", "3", "2"]
    assert lines[place + 6] == "  nothing is filled in: a price is carried at its last close, a reading stays unknown"
    assert lines[-1] == "6 findings. See every one with: backtest data check --json"
    assert max(map(len, lines[1:])) <= 100


def test_an_error_leaves_with_two_and_one_sentence(tmp_path: Path) -> None:
    imported(tmp_path, [*bars("NIFTY 50", DAYS), "2024-01-01,A,PR,93,101,92,100", *bars("A", DAYS[1:-1])])
    with duckdb.connect(str(tmp_path / "s.duckdb")) as connection:  # other hands: an import would be refused
        connection.execute("UPDATE indices SET high = 94 WHERE index = 'A' AND high = 101")
    done = backtest("data", "check", "--store", "s.duckdb", cwd=tmp_path, code=2)
    assert done.stderr == "error: s.duckdb: 1 finding cannot be right; whatever reads those rows is off\n"
    assert "  error    2024-01-01  +6.38%  A (price)" in done.stdout.splitlines()
    done = backtest("data", "check", "--store", "s.duckdb", "--json", cwd=tmp_path, code=2)
    told = json.loads(done.stdout)
    assert (told["store"], told["errors"], told["warnings"]) == ("s.duckdb", 1, 1)
    assert told["findings"][0] == {
        "check": "bar-order", "series": "A (price)", "date": "2024-01-01", "value": 0.06383, "severity": "error",
        "action": "kept as it is: a rule on highs and a fill at the open may meet a wrong figure",
    }  # fmt: skip
    assert [(one["check"], one["date"], one["value"]) for one in told["findings"][1:]] == [("ended", "2024-01-09", 1)]
    for choice in (["--only", "ended"], ["--series", "NIFTY 50"]):
        backtest("data", "check", "--store", "s.duckdb", *choice, cwd=tmp_path)


def test_an_import_that_brings_an_error_leaves_with_two_and_no_store(tmp_path: Path) -> None:
    rows = [*bars("NIFTY 50", DAYS), "2024-01-01,A,PR,93,94,92,100"]
    (tmp_path / "indices.csv").write_text("\n".join(["date,index,variant,open,high,low,close", *rows]) + "\n", "utf-8")
    assert refused("data", "import", "indices.csv", "--store", "s.duckdb", cwd=tmp_path) == (
        "error: indices.csv: A (price) on 2024-01-01: bar-order +6.38%, but open and close lie between low and high. "
        "Nothing was stored: correct those rows or leave them out\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["indices.csv"]


def test_what_cannot_be_asked(tmp_path: Path) -> None:
    assert "nothing is in s.duckdb" in refused("data", "check", "--store", "s.duckdb", cwd=tmp_path)
    imported(tmp_path, bars("NIFTY 50", DAYS))
    assert "did you mean 'jumps'?" in refused("data", "check", "--store", "s.duckdb", "--only", "jump", cwd=tmp_path)
    assert "did you mean 'NIFTY 50'?" in refused(
        "data", "check", "--store", "s.duckdb", "--series", "NIFTY50", cwd=tmp_path
    )
