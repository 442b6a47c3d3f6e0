"""What the README says a person can do works: its commands, its strategy, its table of columns."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from engine.blocks import load
from engine.config.catalogue import blocks_markdown
from engine.config.load import load_config
from engine.config.models import Config
from engine.config.settings import Basket, Claim, Execution, MarketSettings, NamedCondition, Rule, Schedule
from engine.market.datasets import DATASETS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def test_the_strategy_in_the_readme_is_the_shipped_one(tmp_path: Path) -> None:
    (text,) = blocks("yaml")
    (tmp_path / "readme.yaml").write_text(text, "utf-8")
    told, shipped = load_config(tmp_path / "readme.yaml"), load_config(ROOT / "configs" / "midcap_rotation.yaml")
    for part in ("signals", "rules", "schedule", "execution"):
        assert told.normalised()[part] == shipped.normalised()[part]


def test_the_columns_in_the_readme_are_those_of_the_importer() -> None:
    rows = re.findall(
        r"^\| (indices|stocks|flows|valuation|nifty50_weights|fpi_monthly|constituents|actions)\b[^|]* \| (.*) \|$",
        README,
        flags=re.M,
    )
    assert len(rows) == len(DATASETS)
    for table, columns in rows:
        dataset = next(one for one in DATASETS.values() if table in one.files)
        bare = re.sub(r"\(.*?\)|, Rs crore", "", columns)
        optional = re.findall(r"\[(.*?)\]", bare)
        required = [name.strip() for name in re.sub(r"\[.*?\]", "", bare).split(",") if name.strip()]
        assert set(required) == set(dataset.required)
        for names in optional:
            assert {name.strip() for name in names.split(",")} <= dataset.known


def test_make_targets_do_what_the_readme_says() -> None:
    """`make -n` shows each target's recipe without running it."""
    (start, plain, history) = blocks("sh")
    for line in start.splitlines():
        target = line.split()[1]
        shown = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert "backtest configs/midcap_rotation.yaml" in shown if target == "run" else "pytest" in shown
    assert "-r requirements.lock" in plain
    assert "data import DIR" in history


def test_ci_runs_exactly_the_two_targets() -> None:
    lines = [
        line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    assert lines[-2:] == ["make check", "make test"]
    assert len(lines) == 4  # strict mode and the change of folder are the others


def test_the_lock_names_versions_and_no_hosts() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line) for line in lines)
    assert any(line.startswith("vectorbt-rust==") for line in lines)


@pytest.mark.process
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    """Every backtest line, with DIR replaced by a folder that has one made-up history of every series it needs."""
    rows = ["date,index,variant,close"]
    for name in ("NIFTY 50", "NIFTY BANK", "NIFTY MIDCAP 100", "NIFTY SMALLCAP 100"):
        for place in range(200):
            day = f"{2020 + place // 336}-{place // 28 % 12 + 1:02d}-{place % 28 + 1:02d}"
            rows += [f"{day},{name},{variant},{100 + place + len(name)}" for variant in ("PR", "TR")]
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "indices.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    ran = 0
    for line in "\n".join(blocks("sh")).splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] == ".venv/bin/backtest":
            words = [word.replace("DIR", "history") for word in words[1:]]
            command = [sys.executable, "-c", "from engine.cli import main; main()", *words]
            env = {**os.environ, "PYTHONPATH": str(ROOT)}
            done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}: {done.stderr}"
            ran += 1
    assert ran == 4


def test_every_config_is_named_like_its_file_and_says_what_it_tests() -> None:
    paths = sorted((ROOT / "configs").glob("*.yaml"))
    assert {path.stem for path in paths} >= {
        "midcap_rotation",
        "momentum_sectors",
        "oversold_midcaps",
        "nifty_buy_and_hold",
    }
    told = re.findall(r"^\| [a-z, ]+ \| ((?:\w+, )*\w+) \|$", README, flags=re.M)
    assert sorted(name for row in told for name in row.split(", ") if "_" in name) == [path.stem for path in paths]
    for path in paths:
        text = path.read_text("utf-8")
        assert yaml.safe_load(text)["name"] == path.stem
        assert text.startswith("# Tests ")
        assert load_config(path).title


def test_every_key_of_a_strategy_is_in_the_semantics() -> None:
    """The table of keys names every field of every part of a strategy; blocks have a page of their own."""
    text = (ROOT / "docs" / "semantics.md").read_text("utf-8").split("## Text and numbers")[0]
    load()
    models: list[type[BaseModel]] = [
        Config, MarketSettings, Schedule, Execution, Rule, NamedCondition, Basket, Claim,
    ]  # fmt: skip
    fields = {about.alias or field for model in models for field, about in model.model_fields.items()}
    assert [field for field in sorted(fields) if not re.search(rf"[`.]{field}\b", text)] == []


def test_the_page_of_blocks_is_made_from_the_blocks() -> None:
    """Make it again with: backtest list blocks --markdown > docs/blocks.md."""
    assert (ROOT / "docs" / "blocks.md").read_text("utf-8") == blocks_markdown()
