"""`backtest events` as a person meets it."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from engine.report.formats import day
from tests.cli.test_commands import FLAGSHIP, backtest, refused

pytestmark = pytest.mark.process

DROP = ["--set", "signals.drop={use: momentum, of: NIFTY IT, lookback: 20}", "--when", "drop < -5%"]


def test_one_object_says_everything_and_that_it_is_simulated(tmp_path: Path) -> None:
    done = backtest("events", FLAGSHIP, "--horizon", "20, 60,20", "--gap", "30", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["simulated"] is True
    assert "SIMULATED" in done.stderr
    assert (told["when"], told["horizons"], told["gap"]) == ("nifty_breakout and bank_breakout", [20, 60], 30)
    names = ["NIFTY 50", "NIFTY MIDCAP 100", "NIFTY SMALLCAP 100"]
    assert len(told["episodes"]) > 10
    for episode in told["episodes"]:
        assert list(episode["gains"]) == names
        assert list(episode["relative"]) == names[1:]
        assert all(len(values) == 2 for values in episode["gains"].values())
    assert [(one["asset"], one["horizon"]) for one in told["summaries"]] == [
        (name, horizon) for name in names for horizon in (20, 60)
    ]
    assert [one["relative"] is None for one in told["summaries"]] == [True, True, False, False, False, False]
    days = [episode["day"] for episode in told["episodes"]]
    assert days == sorted(days)
    assert list(tmp_path.iterdir()) == []


def test_the_tables_are_readable_at_a_hundred_columns_and_simulated(tmp_path: Path) -> None:
    told = json.loads(backtest("events", FLAGSHIP, "--json", cwd=tmp_path).stdout)
    done = backtest("events", FLAGSHIP, cwd=tmp_path, COLUMNS="80")  # narrower terminals lose no figure
    assert "SIMULATED: these are not real prices" in done.stdout
    lines = done.stdout.splitlines()
    rows = [line for line in lines if line.startswith(" ")]
    assert rows
    assert max(map(len, rows)) <= 100
    assert not any("…" in line for line in lines)
    first = next(line for line in rows if line.startswith(f" {day(date.fromisoformat(told['episodes'][0]['day']))} "))
    assert f"{100 * told['episodes'][0]['gains']['NIFTY 50'][0]:+.1f}%" in first
    (row,) = [line for line in rows if line.startswith(" NIFTY MIDCAP 100")][:1]
    (found,) = [one for one in told["summaries"] if (one["asset"], one["horizon"]) == ("NIFTY MIDCAP 100", 20)]
    spread = found["relative"]
    for part in (
        f"{100 * found['gain']['usual']:+.1f}%", f"{100 * spread['low']:+.1f} to {100 * spread['high']:+.1f}",
        f"{100 * found['hit_rate']:.0f}%",
    ):  # fmt: skip
        assert part in row


def test_a_signal_that_no_rule_reaches_is_loaded(tmp_path: Path) -> None:
    told = json.loads(backtest("events", FLAGSHIP, *DROP, "--json", cwd=tmp_path).stdout)
    assert told["when"] == "drop < -5%"
    assert told["episodes"]


def test_another_rules_condition(tmp_path: Path) -> None:
    config = str(Path(FLAGSHIP).with_name("oversold_midcaps.yaml"))
    told = json.loads(backtest("events", config, "--rule", "washout", "--json", cwd=tmp_path).stdout)
    assert told["when"] == "midcap_rsi < 35 and nifty_holds"


def test_few_episodes_are_said_to_be_no_sample(tmp_path: Path) -> None:
    told = backtest("events", FLAGSHIP, "--gap", "700", "--horizon", "5", cwd=tmp_path).stdout  # of 2,160 sessions
    assert re.search(r"note: over 5 sessions: [34] episodes are no sample", told)
    assert " – " in told  # where an interval would stand


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--when", "nifty_brekout"], "error: --when: unknown signal 'nifty_brekout'; did you mean 'nifty_breakout'?"),
        (["--when", "nifty_breakout and ("], "error: --when: this is not a condition"),
        (["--when", "nifty_breakout > 3"], "error: --when: 'nifty_breakout' is true or false"),
        (["--rule", "otherwise"], "error: the rule 'otherwise' has no `when`"),
        (["--rule", "breakot"], "error: --rule: unknown rule 'breakot'; did you mean 'breakout'?"),
        (["--rule", "breakout", "--when", "nifty_breakout"], "error: --when and --rule: say one of them"),
        (["--horizon", "20,soon"], "error: --horizon '20,soon': expected counts of sessions"),
        (["--horizon", "0"], "error: --horizon '0': expected counts of sessions"),
        (["--set", "signals.x={use: momentum, of: NOWHERE, lookback: 5}", "--when", "x > 0"], "has no NOWHERE (price)"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert said in refused("events", FLAGSHIP, *arguments, cwd=tmp_path)


def test_a_negative_gap_is_a_usage_mistake(tmp_path: Path) -> None:
    assert "--gap" in backtest("events", FLAGSHIP, "--gap", "-1", cwd=tmp_path, code=2).stderr
