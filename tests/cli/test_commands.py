"""The command as a person meets it: a process of its own, exit codes, one message per mistake, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
BACKTEST = [sys.executable, "-c", "from engine.cli import script; script()"]
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # as in a terminal, anywhere
INTERRUPTIBLE = [sys.executable, "-c", HEARING + "from engine.cli import script; script()"]
FLAGSHIP = str(ROOT / "configs" / "midcap_rotation.yaml")

pytestmark = pytest.mark.process


def backtest(*arguments: str, cwd: Path, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **environment}
    done = subprocess.run([*BACKTEST, *arguments], cwd=cwd, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def refused(*arguments: str, cwd: Path, code: int = 2) -> str:
    done = backtest(*arguments, cwd=cwd, code=code)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def test_the_sample_market_run_says_simulated_everywhere(tmp_path: Path) -> None:
    done = backtest(FLAGSHIP, cwd=tmp_path)
    assert "SIMULATED" in done.stdout
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name.startswith("midcap_rotation-")
    assert done.stdout.splitlines()[-1] == f"results/{folder.name}/tearsheet.html"
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert summary["simulated"] is True
    page = (folder / "tearsheet.html").read_text("utf-8")
    assert "SIMULATED" in page.split("</title>")[0]
    again = backtest("run", FLAGSHIP, "--json", "--out", "other", cwd=tmp_path)
    told = json.loads(again.stdout)
    assert told.pop("folder") == f"other/{folder.name}"
    assert told == summary
    for name in (
        "summary.json",
        "nav.csv",
        "weights.csv",
        "trades.csv",
        "attribution.json",
        "config.yaml",
        "tearsheet.html",
    ):
        assert (folder / name).read_bytes() == (tmp_path / "other" / folder.name / name).read_bytes(), name
    listed = json.loads(backtest("list", "--json", cwd=tmp_path).stdout)["results"]
    assert [one["folder"] for one in listed] == [f"results/{folder.name}"]
    assert "SIMULATED" in backtest("list", cwd=tmp_path).stdout
    assert (
        backtest("-q", str(folder / "config.yaml"), cwd=tmp_path).stdout.strip().startswith("results/midcap_rotation-")
    )


def test_buy_and_hold_is_exactly_its_benchmark(tmp_path: Path) -> None:
    told = json.loads(backtest(str(ROOT / "configs" / "nifty_buy_and_hold.yaml"), "--json", cwd=tmp_path).stdout)
    assert told["active"]["cagr"] == 0.0
    assert told["active"]["tracking_error"] == 0.0
    assert told["active"]["total"] == 0.0
    found = json.loads((tmp_path / told["folder"] / "attribution.json").read_text("utf-8"))
    parts = found["parts"]
    assert [*parts["static"].values(), *parts["timing"].values(), parts["cash"], *parts["costs"].values()] == [0.0] * 5
    nav = pd.read_csv(tmp_path / told["folder"] / "nav.csv")
    assert (nav["strategy"] == nav["benchmark"]).all()


def test_mistakes_in_what_is_asked(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: bad\nname: worse\n", "utf-8")
    good = Path(FLAGSHIP).read_text("utf-8")
    (tmp_path / "typo.yaml").write_text(good.replace("NIFTY SMALLCAP 100]", "NIFTY SMALCAP 100]").replace(
        "NIFTY SMALLCAP 100: 40%", "NIFTY SMALCAP 100: 40%"), "utf-8")  # fmt: skip
    (tmp_path / "late.yaml").write_text(good.replace("2016-07-08", "2031-01-01"), "utf-8")
    assert "bad.yaml:2:1: the key 'name' is repeated" in refused("bad.yaml", cwd=tmp_path)
    assert "no such file" in refused("missing.yaml", cwd=tmp_path)
    assert "this is a folder" in refused(".", cwd=tmp_path)
    assert "typo.yaml:7:42: " in (said := refused("typo.yaml", cwd=tmp_path))
    assert "did you mean 'NIFTY SMALLCAP 100'?" in said
    assert "market.start 2031-01-01 is after the last session, 2025-09-17" in refused("late.yaml", cwd=tmp_path)
    assert "--set execution.fee=3: unknown key 'fee'" in refused(FLAGSHIP, "--set", "execution.fee=3", cwd=tmp_path)
    assert "no such file or folder" in refused("data", "import", "nowhere", cwd=tmp_path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["bad.yaml", "late.yaml", "typo.yaml"]


def test_validate_tells_every_mistake_and_run_the_first(tmp_path: Path) -> None:
    text = (
        Path(FLAGSHIP).read_text("utf-8").replace("60%", "60").replace("windows", "window").replace("decide", "decid")
    )
    (tmp_path / "bad.yaml").write_text(text, "utf-8")
    done = backtest("validate", "bad.yaml", cwd=tmp_path, code=2)
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1].removeprefix("bad.yaml:") for line in lines] == [
        "12:54", "12:19", "13:55", "13:18", "17:30", "20:12",
    ]  # fmt: skip
    assert refused("bad.yaml", cwd=tmp_path) == lines[0] + " (5 more mistakes: `backtest validate` lists them)\n"


def test_simulated_numbers_are_never_quiet(tmp_path: Path) -> None:
    done = backtest(str(ROOT / "configs" / "nifty_buy_and_hold.yaml"), "-q", "--store", "mistyped.duckdb", cwd=tmp_path)
    assert done.stderr.startswith(
        "warning: nothing is in mistyped.duckdb: the bundled sample market (SIMULATED) is used"
    )


def test_series_are_listed(tmp_path: Path) -> None:
    lines = backtest("data", "status", "--series", cwd=tmp_path).stdout.splitlines()
    span = "2022-03-31 to 2025-09-17"
    assert f"NIFTY INDIA DEFENCE: price {span}; total {span}; high {span}; volume {span}" in lines
    assert sum("; total " in line for line in lines) == 28
    assert lines[-1].startswith("98 stocks, for baskets: AARTIIND, ABB")
    assert any(line.startswith("FII: buy ") for line in lines)


def test_a_mistyped_command_is_told_the_right_one(tmp_path: Path) -> None:
    assert "list" in backtest("lst", cwd=tmp_path, code=2).stderr


def test_usage_mistakes_exit_with_two(tmp_path: Path) -> None:
    for arguments in (["run"], [FLAGSHIP, "--nonsense"], ["data", "imprt"], []):
        backtest(*arguments, cwd=tmp_path, code=2)


def test_validate_warns_and_passes(tmp_path: Path) -> None:
    text = Path(FLAGSHIP).read_text("utf-8").replace("nifty_breakout and bank_breakout", "nifty_breakout")
    (tmp_path / "loose.yaml").write_text(text, "utf-8")
    done = backtest("validate", "loose.yaml", cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert lines[0] == "warning: loose.yaml:13:18: no rule uses the signal 'bank_breakout'"
    assert lines[1] == "warning: loose.yaml: market.start 2016-07-08 is before the first session, 2016-12-30"
    assert lines[2].startswith("warning: loose.yaml: the first decision is on 2017-05-26")
    assert done.stdout.startswith("loose.yaml: valid. 2 rules, 434 decisions, 4 series, all in the bundled sample")
    told = json.loads(backtest("validate", "loose.yaml", "--json", cwd=tmp_path).stdout)
    assert (told["simulated"], told["files"][0]["valid"], len(told["files"][0]["warnings"])) == (True, True, 3)


def test_data_goes_in_and_is_seen(tmp_path: Path) -> None:
    rows = ["date,index,variant,close", *(f"2024-01-{day:02d},A,TR,{100 + day}" for day in range(1, 32))]
    (tmp_path / "indices.csv").write_text("\n".join(rows), "utf-8")
    assert "SIMULATED" in backtest("data", "status", "--store", "s", cwd=tmp_path).stdout
    done = backtest("data", "import", ".", "--store", "s", cwd=tmp_path)
    assert "indices.csv: read into indices" in done.stdout
    again = json.loads(backtest("data", "import", "indices.csv", "--store", "s", "--json", cwd=tmp_path).stdout)
    assert again["files"] == [{"file": "indices.csv", "table": "indices", "shape": "tidy", "notes": []}]
    told = json.loads(backtest("data", "status", "--store", "s", "--json", cwd=tmp_path).stdout)
    assert [(table["name"], table["rows"], table["first"]) for table in told["tables"]] == [
        ("indices", 31, "2024-01-01")
    ]
    strategy = (
        "name: a\nmarket: {benchmark: A, universe: [A]}\nrules: [{name: a, hold: {A: 1}}]\nschedule: {decide: daily}\n"
    )
    (tmp_path / "a.yaml").write_text(strategy, "utf-8")
    summary = json.loads(backtest("a.yaml", "--store", "s", "--json", cwd=tmp_path).stdout)
    assert (summary["simulated"], summary["start"], summary["end"]) == (False, "2024-01-02", "2024-01-31")
    # bought as shares in January 2024: STT 0.1%, stamp 0.015%, exchange 0.00325%, SEBI 0.0001%, 18% GST on the last two
    paid = 0.001 + 0.00015 + 1.18 * (0.0000325 + 0.000001)
    assert summary["final_value"] == pytest.approx(1e6 / (1 + paid) * 131 / 102, rel=1e-9)


def test_plain_output_has_no_colour_codes_and_survives_a_closed_pipe(tmp_path: Path) -> None:
    done = backtest("validate", FLAGSHIP, cwd=tmp_path, NO_COLOR="1")
    assert "\x1b" not in done.stdout
    command = f"{sys.executable} -c 'from engine.cli import script; script()' list --help | head -1"
    piped = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Traceback" not in piped.stderr


def wait_until(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Until the command is at work: a slow machine takes a while to start it."""
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, "it ended before it began"
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks at processes through /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0.0, 1.5])
def test_an_interrupted_run_leaves_nothing_half_written(tmp_path: Path, sent: signal.Signals, after: float) -> None:
    """As a terminal does it: the signal goes to every process of the command."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*INTERRUPTIBLE, FLAGSHIP], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    wait_until(process, lambda: Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8") != "")
    time.sleep(after)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)
    else:
        process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "error: interrupted; nothing half-written is left\n"
    left = list((tmp_path / "results").iterdir()) if (tmp_path / "results").exists() else []
    assert all((folder / "manifest.json").exists() for folder in left)


def test_a_terminal_that_knows_only_ascii_is_served_too(tmp_path: Path) -> None:
    done = backtest("list", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert "No results" in done.stdout
    done = backtest(str(ROOT / "configs" / "nifty_buy_and_hold.yaml"), cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert "Final value" in done.stdout


@pytest.mark.real
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks at processes through /proc")
@pytest.mark.parametrize("after", [0.3, 1.0])
def test_an_interrupted_import_leaves_no_store(tmp_path: Path, market_folder: Path, after: float) -> None:
    command = [*INTERRUPTIBLE, "data", "import", str(market_folder), "--store", "s.duckdb"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(process, lambda: "duckdb" in Path(f"/proc/{process.pid}/maps").read_text("utf-8"))
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "error: interrupted; nothing half-written is left\n")
    assert list(tmp_path.iterdir()) == []
