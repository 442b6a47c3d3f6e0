"""The registry's dates against the first closes in a store."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from engine.cli import app
from engine.market.appearances import appearances
from engine.market.store import Store

# Launches in the registry: Defence 2022-01-19 (base 2018-04-02), Rural 2024-07-25 (base 2005-04-01), Chemicals
# 2025-03-11, Railways 2024-11-25 (base 2021-04-01); none is known of PSE. TREND is not described there.
ROWS = [
    ("NIFTY INDIA DEFENCE", "PR", "2022-01-19", "daily index file", "agrees"),
    ("NIFTY INDIA DEFENCE", "TR", "2018-04-02", "site", "back-filled"),
    ("NIFTY RURAL", "PR", "2024-07-24", "daily index file", "contradicts"),
    ("NIFTY RURAL", "TR", "2024-07-24", "site", "back-filled"),
    ("NIFTY CHEMICALS", "PR", "2025-03-18", "site", "agrees"),
    ("NIFTY CHEMICALS", "PR", "2025-03-19", "daily index file", "late"),
    ("NIFTY INDIA RAILWAYS PSU", "PR", "2021-03-31", "old", "before base"),
    ("NIFTY INDIA RAILWAYS PSU", "TR", "2025-01-01", "young", "no evidence"),
    ("NIFTY PSE", "PR", "2023-01-02", "site", "unknown"),
    ("TREND", "PR", "2020-01-01", "site", ""),
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """One row a history; keys are index, variant and date."""
    values = ", ".join(f"('{day}'::DATE, '{name}', '{code}', 100.0, '{source}')" for name, code, day, source, _ in ROWS)
    table = f"(VALUES {values}) AS rows(date, index, variant, close, source)"
    duckdb.execute(f"COPY (SELECT * FROM {table}) TO '{tmp_path}/indices.parquet'")
    target = tmp_path / "market.duckdb"
    Store(target).load(tmp_path / "indices.parquet")
    return target


def test_each_first_close_has_its_verdict(store: Path) -> None:
    found = {(one.index, one.first, one.source): one.verdict for one in appearances(Store(store))}
    assert found == {
        (name, date.fromisoformat(day), source): verdict for name, _, day, source, verdict in ROWS if verdict
    }


def test_days_are_counted_from_the_launch(store: Path) -> None:
    days = {(one.index, one.variant, one.source): one.days for one in appearances(Store(store))}
    assert days["NIFTY RURAL", "price", "daily index file"] == -1
    assert days["NIFTY CHEMICALS", "price", "site"] == 7
    assert days["NIFTY PSE", "price", "site"] is None


def test_the_command_shows_a_table_and_leaves_with_nothing_wrong(store: Path) -> None:
    shown = CliRunner().invoke(app, ["data", "verify-registry", "--store", str(store)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "contradicts: 1; listed by the exchange before its launch" in shown.output
    assert any("NIFTY RURAL" in line and line.rstrip().endswith("contradicts") for line in shown.output.splitlines())
    assert "9 first closes of indices that the registry describes." in shown.output
    plain = CliRunner().invoke(app, ["data", "verify-registry", "--store", str(store), "--json"])
    told = json.loads(plain.stdout)["appearances"]
    assert [one["verdict"] for one in told if one["index"] == "NIFTY RURAL"] == ["contradicts", "back-filled"]
    assert {one["launch_date"] for one in told if one["index"] == "NIFTY INDIA DEFENCE"} == {"2022-01-19"}
    assert [one["launch_date"] for one in told if one["index"] == "NIFTY PSE"] == [None]


def test_an_empty_store_is_one_message(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["data", "verify-registry", "--store", str(tmp_path / "none.duckdb")])
    assert shown.exit_code != 0
    assert "has no index history; import some with: backtest data import DIR" in str(shown.exception or shown.output)
