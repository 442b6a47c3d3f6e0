"""The commands about the language itself: explain, schema, list blocks, and plugins from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.config.yaml12 import parse
from tests.cli.test_commands import FLAGSHIP, ROOT, backtest, refused

pytestmark = pytest.mark.process

OWN = """
name: own
market: {universe: [NIFTY 50]}
plugins: [blocks_of_mine.py]
signals: {up: {use: mine, of: NIFTY 50}}
rules:
  - {name: up, when: up, hold: {NIFTY 50: 100%}}
  - {name: rest, hold: {CASH: 100%}}
"""
MINE = '''
from typing import ClassVar, Literal
from engine.blocks import SeriesSignal, register

@register
class Mine(SeriesSignal):
    """Above the close before. Nobody's idea but mine."""
    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "{of} rose"
    use: Literal["mine"] = "mine"

    def of_series(self, closes):
        return (closes > closes.shift(1)).astype(float).where(closes.shift(1).notna())
'''


def test_a_strategy_is_said_back(tmp_path: Path) -> None:
    told = " ".join(backtest("explain", FLAGSHIP, cwd=tmp_path).stdout.split())
    assert "decides at the close of each week's last session; orders are filled at the next session's close." in told
    assert "1. breakout: while NIFTY 50 closes above its 50- and 100-session averages and NIFTY BANK closes" in told
    assert "holds 60% NIFTY MIDCAP 100 and 40% NIFTY SMALLCAP 100. 2. otherwise: holds 100% NIFTY 50." in told
    assert "Trading: purchases cost 5 basis points of their value and sales 5; slippage adds 5 basis points" in told
    as_json = json.loads(backtest("explain", FLAGSHIP, "--json", cwd=tmp_path).stdout)
    assert as_json["strategies"][0]["sentences"][0].startswith("midcap_rotation: Midcaps and smallcaps")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_strategy_can_be_said(path: Path) -> None:
    from engine.config.load import load_config  # noqa: PLC0415  # in this process: 21 of them
    from engine.research.explain import explain  # noqa: PLC0415

    lines = explain(load_config(path))
    assert not any(mark in line for line in lines for mark in ("{", "}", "  holds", "..", "None", "_session"))
    assert any(" holds " in line for line in lines)


def test_the_schema_is_written_whole_and_accepts_the_flagship(tmp_path: Path) -> None:
    done = backtest("schema", "--write", "strategy.schema.json", cwd=tmp_path)
    assert done.stdout == "strategy.schema.json\n"
    schema = json.loads((tmp_path / "strategy.schema.json").read_text("utf-8"))
    assert json.loads(backtest("schema", cwd=tmp_path).stdout) == schema
    text = Path(FLAGSHIP).read_text("utf-8")
    assert not list(Draft202012Validator(schema).iter_errors(parse(text, "flagship").value))
    wrong = parse(text.replace("NIFTY MIDCAP 100: 60%", "NIFTY MIDCAP 10: 60%"), "flagship").value
    assert list(Draft202012Validator(schema).iter_errors(wrong))
    assert [path.name for path in tmp_path.iterdir()] == ["strategy.schema.json"]
    assert "cannot be written" in refused("schema", "--write", "no/such/folder/s.json", cwd=tmp_path)


def test_a_schema_replaces_nothing_but_a_schema(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    (tmp_path / "link.json").symlink_to(tmp_path / "thesis.txt")
    for name in ("thesis.txt", "link.json", "."):
        assert "only a schema written before is replaced" in refused("schema", "--write", name, cwd=tmp_path)
    assert (tmp_path / "thesis.txt").read_text("utf-8") == "years of work"
    for _ in range(2):
        backtest("schema", "--write", "strategy.schema.json", cwd=tmp_path)


def test_nested_conditions_are_said_by_name(tmp_path: Path) -> None:
    """Said in full they double at every level: twenty levels would be a million lines."""
    levels = "".join(f"  c{place}: c{place - 1} and c{place - 1}\n" for place in range(1, 21))
    text = Path(FLAGSHIP).read_text("utf-8").replace("when: nifty_breakout and bank_breakout", "when: c20")
    (tmp_path / "deep.yaml").write_text(f"{text}\nconditions:\n  c0: nifty_breakout\n{levels}", "utf-8")
    told = backtest("explain", "deep.yaml", cwd=tmp_path).stdout
    assert "the condition 'c20' holds" in told or "the condition 'c19' holds" in told
    assert len(told) < 5_000


def test_blocks_are_listed_with_their_own_words(tmp_path: Path) -> None:
    told = backtest("list", "blocks", cwd=tmp_path).stdout
    assert told.startswith("SIGNALS\n")
    assert "Wilder's RSI, 0 to 100" in told
    assert max(map(len, told.splitlines())) <= 110
    listed = json.loads(backtest("list", "blocks", "--json", cwd=tmp_path).stdout)["blocks"]
    assert {one["shape"] for one in listed} == {"signal", "allocator", "overlay"}
    assert "unknown" in next(one["about"] for one in listed if one["name"] == "momentum")


def test_plugins_run_when_the_command_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN.lstrip(), "utf-8")
    (tmp_path / "blocks_of_mine.py").write_text(MINE, "utf-8")
    for command in ("run", "validate", "explain", "events"):
        assert "own.yaml:3:11: this strategy runs code of its own" in refused(command, "own.yaml", cwd=tmp_path)
    assert "while NIFTY 50 rose, holds" in backtest("explain", "own.yaml", "--allow-plugins", cwd=tmp_path).stdout
    done = backtest("own.yaml", "--allow-plugins", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["decisions"] > 100
    backtest("events", "own.yaml", "--allow-plugins", cwd=tmp_path)
