"""The newcomer's recipe in CONTRIBUTING, followed to the letter in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.process
def test_a_new_signal_is_one_file_and_one_test(tmp_path: Path) -> None:
    recipe = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## A new signal")[1]
    names = re.findall(r"`((?:strategies|tests)/signals/\w+\.py)`", recipe)
    files = re.findall(r"```python\n(.*?)```", recipe, flags=re.S)
    assert len(names) == len(files) == 2
    for folder in ("strategies", "tests", "engine"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in zip(names, files, strict=True):
        (tmp_path / name).write_text(text, "utf-8")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "BACKTEST_CACHE": str(tmp_path / "cache")}

    def said(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    tested = said("-m", "pytest", "-q", "-p", "no:cacheprovider", names[1], "tests/test_contracts.py", "-k", "up_days")
    assert re.search(r"\b1[0-9] passed", tested), tested  # its own test and the contracts of a signal
    listed = said("-c", "from engine.cli import main; main()", "list", "blocks")
    assert "up_days (number)" in listed
    assert "changes to count" in listed
    assert said("-m", "ruff", "check", "--quiet", *names) == ""
    assert said("-m", "ruff", "format", "--check", "--quiet", *names) == ""
