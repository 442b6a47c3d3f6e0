"""Result folders: whole or not at all, the same bytes for the same run, and readable again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from engine import results
from engine.config.models import strategy_model
from engine.errors import ResultError
from engine.run import Result, run
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 60)
NAMES = {
    "config.yaml",
    "manifest.json",
    "summary.json",
    "nav.csv",
    "weights.csv",
    "trades.csv",
    "attribution.json",
    "page",
}


@pytest.fixture(scope="module")
def result() -> Result:
    rng = np.random.default_rng(2)
    a, b = (history(DAYS, [float(x) for x in 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 60)))]) for _ in range(2))
    plain = strategy(
        market={"benchmark": "A", "universe": ["A", "B"]},
        signals={"up": {"use": "momentum", "of": "A", "lookback": 3}},
        rules=[{"name": "up", "when": "up > 0", "hold": {"B": 0.7}}, {"name": "down", "hold": {"A": 1.0}}],
        schedule={"decide": "weekly"}, execution={"buy_bps": 10, "slippage_bps": 3},
    )  # fmt: skip
    return run(config_of(plain), engine_market("A", {"A": a, "B": b}))


def page(text: str) -> Mapping[str, str]:
    return {"page": text}


def test_the_folder_is_complete_and_the_same_run_gives_the_same_bytes(result: Result, tmp_path: Path) -> None:
    first = results.write(result, tmp_path / "one", ["backtest"], page)
    second = results.write(result, tmp_path / "two", ["backtest", "again"], page)
    assert {item.name for item in first.iterdir()} == NAMES
    assert first.name == second.name
    for name in NAMES - {"manifest.json"}:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert [item.name for item in (tmp_path / "one").iterdir()] == [first.name]


def test_a_complete_folder_is_kept_unless_forced(result: Result, tmp_path: Path) -> None:
    folder = results.write(result, tmp_path, [], page)
    (folder / "page").write_text("mine", "utf-8")
    assert results.write(result, tmp_path, [], page) == folder
    assert (folder / "page").read_text("utf-8") == "mine"
    results.write(result, tmp_path, [], page, force=True)
    assert (folder / "page").read_text("utf-8") != "mine"
    assert [item.name for item in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_behind(result: Result, tmp_path: Path, failure: type[BaseException]) -> None:
    def broken(text: str) -> Mapping[str, str]:
        raise failure

    with pytest.raises(failure):
        results.write(result, tmp_path, [], broken)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_one_message(result: Result, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ResultError, match="cannot be written"):
        results.write(result, tmp_path / "file", [], page)


def test_the_written_strategy_loads_back_to_the_same_identity(result: Result, tmp_path: Path) -> None:
    folder = results.write(result, tmp_path, [], page)
    again = strategy_model().model_validate(yaml.safe_load((folder / "config.yaml").read_text("utf-8")))
    assert again.normalised() == result.config.normalised()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["digest"].startswith(folder.name.rsplit("-", 1)[1])
    assert manifest["data_digest"] == result.market.digest


def test_summary_says_what_the_files_say(result: Result, tmp_path: Path) -> None:
    """The summary's numbers recomputed from nav.csv and trades.csv alone."""
    folder = results.write(result, tmp_path, [], page)
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    nav = pd.read_csv(folder / "nav.csv", parse_dates=["date"])
    trades = pd.read_csv(folder / "trades.csv")
    years = (nav["date"].iloc[-1] - nav["date"].iloc[0]).days / 365.25
    assert summary["cagr"] == pytest.approx((nav["strategy"].iloc[-1] / 1e6) ** (1 / years) - 1, rel=1e-9)
    returns = nav["strategy"].div(nav["strategy"].shift(fill_value=1e6)) - 1
    assert summary["volatility"] == pytest.approx(returns.std() * ((len(nav) - 1) / years) ** 0.5, rel=1e-9)
    assert summary["costs"] == pytest.approx(trades[["charges", "slippage"]].to_numpy().sum(), rel=1e-9)
    assert summary["sessions"] == len(nav)
    assert (summary["simulated"], summary["name"], summary["start"]) == (False, "test", str(nav["date"].iloc[0].date()))
    needed = {"name", "start", "end", "sessions", "simulated", "cagr", "volatility", "sharpe", "sortino"}
    needed |= {"max_drawdown", "calmar", "turnover", "costs", "final_value", "benchmark", "active"}
    assert needed <= set(summary)
    assert {"cagr", "volatility", "sharpe", "max_drawdown", "final_value"} <= set(summary["benchmark"])
    assert {"cagr", "tracking_error", "information_ratio", "beta", "alpha"} <= set(summary["active"])


def test_units_in_trades_add_up_to_the_weights(result: Result, tmp_path: Path) -> None:
    folder = results.write(result, tmp_path, [], page)
    weights = pd.read_csv(folder / "weights.csv")
    actual = weights[weights["kind"] == "actual"].set_index("date")
    target = weights[weights["kind"] == "target"].set_index("date")
    np.testing.assert_allclose(actual[["A", "B", "CASH"]].sum(axis=1), 1.0, rtol=1e-11)
    np.testing.assert_allclose(target[["A", "B", "CASH"]].sum(axis=1), 1.0, rtol=1e-11)
    assert set(target["rule"]) == {"up", "down"}
    nav = pd.read_csv(folder / "nav.csv").set_index("date")
    trades = pd.read_csv(folder / "trades.csv")
    held = trades[trades["asset"] == "B"]["units"].sum()
    price = result.ledger.values["B"].iloc[-1]
    assert held * price / nav["strategy"].iloc[-1] == pytest.approx(actual["B"].iloc[-1], abs=1e-9)


def test_attribution_closes_in_the_file(result: Result, tmp_path: Path) -> None:
    folder = results.write(result, tmp_path, [], page)
    found = json.loads((folder / "attribution.json").read_text("utf-8"))
    parts = found["parts"]
    total = sum(parts["static"].values()) + sum(parts["timing"].values()) + parts["cash"] + sum(parts["costs"].values())
    assert total == pytest.approx(found["active"], abs=1e-10)
    assert sum(rule["active"] for rule in found["by_rule"].values()) == pytest.approx(found["active"], abs=1e-10)
    assert found["residual_daily"] < 1e-12


def test_entries_lists_complete_folders_only(result: Result, tmp_path: Path) -> None:
    folder = results.write(result, tmp_path, [], page)
    (tmp_path / "half-12345678").mkdir()
    (tmp_path / ".draft.tmp").mkdir()
    assert [entry.folder for entry in results.entries(tmp_path)] == [folder]
    assert list(results.entries(tmp_path / "nowhere")) == []
    whole = json.loads((folder / "summary.json").read_text("utf-8"))
    changes: list[dict[str, object]] = [{"cagr": "x"}, {"active": None}, {"start": 3}, {"simulated": None}]
    for broken in ("{", "[]", "null", "[" * 9999, *(json.dumps(whole | change) for change in changes)):
        (folder / "summary.json").write_text(broken, "utf-8")
        with pytest.raises(ResultError, match="cannot be read as a result"):
            list(results.entries(tmp_path))
