"""docs/data.md: its commands run, its table is that of the shapes, and what it says is refused is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine.market.files.shapes import SHAPES
from engine.market.files.table import bare
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "data.md").read_text("utf-8")
FILES = {
    "pr.csv": "Index Name,Date,Open,High,Low,Close\nNifty 50,05 Aug 2024,24302.85,24350.05,23893.7,24055.60\n",
    "table.csv": "Date,Open,High,Low,Close,Adj Close,Volume\n2024-08-06,24189.85,24382.6,23960.4,23992.55,23992.55,0\n",
    "closes.csv": "Date,Nifty Bank\n03/04/2024,47624.25\n",
    "daily/ind_close_all_07082024.csv": "Index Name,Index Date,Closing Index Value\nNifty 50,x,24297.5\n",
}


def test_every_shape_is_in_the_table_with_its_columns() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", PAGE, flags=re.MULTILINE))
    assert list(rows) == list(SHAPES)
    for name in ("niftyindices-price", "niftyindices-total", "nse-index", "nse-equity", "yahoo", "bse", "constituents"):
        told = {bare(word) for word in re.sub(r"\[.*?\]", "", rows[name]).split(",")}
        assert {bare(header) for header in SHAPES[name].headers} <= told


@pytest.mark.process
def test_the_commands_run(tmp_path: Path) -> None:
    (tmp_path / "downloads" / "daily").mkdir(parents=True)
    for name, text in FILES.items():
        (tmp_path / "downloads" / name).write_text(text, "utf-8")
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    said = ""
    for line in block.splitlines():
        command = [sys.executable, "-c", "from engine.cli import script; script()", *shlex.split(line)[1:]]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        said = done.stdout
    rows = [re.split(r"  +", line) for line in said.splitlines()]
    spans = {row[0]: tuple(row[1:3]) for row in rows if row[0].startswith("NIFTY")}
    assert spans == {
        "NIFTY 50 (price)": ("2024-08-05", "2024-08-07"),
        "NIFTY 50 (high)": ("2024-08-05", "2024-08-06"),
        "NIFTY BANK (price)": ("2024-04-03", "2024-04-03"),
    }


@pytest.mark.process
def test_a_refusal_is_one_line_and_leaves_with_two(tmp_path: Path) -> None:
    (tmp_path / "closes.csv").write_text(FILES["closes.csv"], "utf-8")
    words = ["data", "import", "closes.csv", "--variant", "price", "--store", "s"]
    command = [sys.executable, "-c", "from engine.cli import script; script()", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: closes.csv: line 2: 03/04/2024 may be 3 April or 4 March, and no row of the file decides it; say "
        "--dates dmy or --dates mdy\n"
    )
    assert not (tmp_path / "s").exists()
