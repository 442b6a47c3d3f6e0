"""Every mistake in a strategy file is one message: file, line, column, what came, what was expected, what exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.load import load_config, warnings
from engine.config.models import strategy_model
from engine.errors import ConfigError

GOOD = """\
name: rotation
market:
  benchmark: NIFTY 50
  universe: [NIFTY 50, NIFTY MIDCAP 100, NIFTY SMALLCAP 100]
signals:
  trend: {use: above_average, of: NIFTY 50, windows: [50, 100]}
  heat: {use: rsi, of: NIFTY MIDCAP 100}
  strength: {use: momentum, lookback: 126}
rules:
  - name: up
    when: trend and heat < 70
    hold: {NIFTY MIDCAP 100: 60%, NIFTY SMALLCAP 100: 40%}
  - name: rest
    hold: {use: top, n: 1, by: strength}
schedule: {decide: weekly}
execution: {buy_bps: 5}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rotation.yaml"


def message(file: Path, text: str) -> str:
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert "\n" not in str(refused.value)
    return str(refused.value).removeprefix(f"{file}:")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: rotation", "nam: rotation", "1:1: unknown key 'nam'; did you mean 'name'? Known: name, title, market"),
        ("name: rotation\n", "", "1:1: the key 'name' is missing"),
        ("name: rotation", "name: ../evil", "1:7: name: expected letters, digits, _ . and -"),
        ("name: rotation", "name: 3", "1:7: name: expected text, not 3"),
        ("  benchmark", "  bench", "3:3: unknown key 'bench'; did you mean 'benchmark'? Known: benchmark, universe"),
        ("[NIFTY 50, NIFTY MIDCAP 100, NIFTY SMALLCAP 100]", "[]", "4:13: market.universe: it is empty"),
        ("[NIFTY 50, NIFTY MIDCAP 100, NIFTY SMALLCAP 100]", "NIFTY 50", "4:13: market.universe: expected a list"),
        ("NIFTY SMALLCAP 100]", "NIFTY 50]", "4:42: 'NIFTY 50' is listed twice"),
        ("NIFTY SMALLCAP 100]", "CASH]", "4:42: CASH is always there"),
        (
            "windows: [50, 100]",
            "windows: [50, 1.5]",
            "6:59: signals.trend.windows[1]: expected a whole number, not 1.5",
        ),
        ("windows: [50, 100]", "windows: [50, 0]", "6:59: signals.trend.windows[1]: expected at least 1, not 0"),
        ("windows: [50, 100]", "window: 50", "6:45: unknown key 'window'; did you mean 'windows'? Known: use, lag, of"),
        (", windows: [50, 100]", "", "6:10: the key 'windows' is missing in signals.trend"),
        ("use: above_average", "use: above_avrage", "6:10: signals.trend: unknown block 'above_avrage'; did you mean"),
        ("{use: above_average, ", "{", "6:10: signals.trend: a block says which one it is"),
        (
            "lookback: 126",
            "lookback: 20, skip: 20",
            "8:13: signals.strength: skip (20) must be less than lookback (20)",
        ),
        ("trend and", "trnd and", "11:11: unknown signal 'trnd'; did you mean 'trend'? Known: trend, heat, strength"),
        ("heat < 70", "heat", "11:11: 'heat' is a number: compare it with one"),
        ("trend and", "trend > 3 and", "11:11: 'trend' is true or false: use it as it is"),
        ("trend and", "strength > 0 and", "11:11: 'strength' has no single `of`: it is a score for `by`"),
        ("heat < 70", "heat <", "11:11: rules[0].when: this is not a condition"),
        ("when: trend and heat < 70", "when: true", "11:11: rules[0].when: expected text, not True"),
        ("60%", "60", "12:30: rules[0].hold.NIFTY MIDCAP 100: 60 means 6000%: write 60% or 0.6"),
        ("60%", "-60%", "12:30: rules[0].hold.NIFTY MIDCAP 100: expected at least 0, not '-60%'"),
        ("60%", "sixty", "12:30: rules[0].hold.NIFTY MIDCAP 100: expected a number, not 'sixty'"),
        ("60%", "160%", "12:30: rules[0].hold.NIFTY MIDCAP 100: at most 100% can be meant, not 160%"),
        ("60%", ".nan", "12:30: rules[0].hold.NIFTY MIDCAP 100: expected a finite number"),
        ("60%", "61%", "12:11: the weights add up to 101%, over 100%"),
        (
            "{NIFTY MIDCAP 100: 60%",
            "{NIFTY MIDCAP 10: 60%",
            "12:12: unknown name in the universe 'NIFTY MIDCAP 10'; did",
        ),
        ("name: rest", "name: up", "13:11: two rules are called 'up'"),
        ("n: 1", "n: 4", "14:25: n is 4 but there are only 3 candidates"),
        ("by: strength", "by: trend", "14:32: 'trend' speaks of 'NIFTY 50' alone; a score needs a list"),
        ("by: strength", "by: strenght", "14:32: unknown signal 'strenght'; did you mean 'strength'?"),
        ("decide: weekly", "decide: fortnightly", "15:20: schedule.decide: expected 'daily', 'weekly'"),
        ("buy_bps: 5", "buy_bps: -5", "16:22: execution.buy_bps: expected at least 0, not -5"),
        ("buy_bps: 5", "buy_bps: '5'", "16:22: execution.buy_bps: expected a number, not '5'"),
        ("buy_bps: 5", "capital: 0", "16:22: execution.capital: expected more than 0, not 0"),
        (
            "buy_bps: 5",
            "slippage_bps: {NIFTY MIDCAP 1000: 5}",
            "16:28: unknown name to hold, or `default`, 'NIFTY MIDCAP 1000'; did you mean 'NIFTY MIDCAP 100'?",
        ),
        ("buy_bps: 5", "fee: 5", "16:13: unknown key 'fee'. Known: buy_bps"),
        ("signals:", "signals:\n  not: {use: rsi, of: NIFTY 50}", "6:3: a signal's name is letters, digits and _"),
        ("universe:", "start: 2020-02-30\n  universe:", "4:10: market.start: there is no day 2020-02-30"),
        ("universe:", "start: July\n  universe:", "4:10: market.start: a date is written YYYY-MM-DD"),
        ("universe:", "start: 2020-01-02\n  end: 2020-01-02\n  universe:", "4:10: start 2020-01-02 is not before end"),
    ],
)
def test_mistakes(file: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert message(file, GOOD.replace(old, new, 1)).startswith(said)


def test_the_first_mistake_of_several_is_told_and_the_others_counted(file: Path) -> None:
    text = GOOD.replace("60%", "60").replace("lookback", "lokback")
    assert message(file, text).endswith(
        "Known: use, lag, of, variant, lookback, skip (2 more mistakes: `backtest validate` lists them)"
    )


def test_an_exit_needs_a_when(file: Path) -> None:
    text = GOOD.replace("  - name: rest\n", "  - name: rest\n    exit: trend\n")
    assert message(file, text).startswith("14:11: the rule 'rest' has an `exit` but no `when`")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("- a\n", "is not a mapping"),
        ("just words", "is not a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_files_that_are_no_strategy(file: Path, text: str, said: str) -> None:
    assert said in message(file, text)


def test_a_missing_file_names_its_neighbours(file: Path) -> None:
    file.write_text(GOOD, "utf-8")
    with pytest.raises(ConfigError, match=r"no such file; did you mean 'rotation.yaml'\? There: rotation.yaml"):
        load_config(file.with_name("rotaton.yaml"))


def test_a_folder_and_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this is a folder"):
        load_config(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(ConfigError, match=r"not UTF-8 text \(byte 7\)"):
        load_config(tmp_path / "x.yaml")


def test_overrides_reach_every_part_and_name_themselves_in_mistakes(file: Path) -> None:
    file.write_text(GOOD, "utf-8")
    config = load_config(
        file, ["execution.buy_bps=7.5", "rules.0.hold.NIFTY MIDCAP 100=10%", "market.start=2020-01-01"]
    )
    assert config.execution.buy_bps == 7.5
    assert config.rules[0].hold.model_dump()["weights"]["NIFTY MIDCAP 100"] == 0.1
    assert str(config.market.start) == "2020-01-01"
    for override, said in [
        ("execution.buy=7", "--set execution.buy=7: unknown key 'buy'; did you mean 'buy_bps'?"),
        ("execution.buy_bps=x", "--set execution.buy_bps=x: execution.buy_bps: expected a number"),
        ("execution.buy_bps", "--set execution.buy_bps: expected key.path=value"),
        ("rules[1].confirm=x", "--set rules[1].confirm=x: rules[1].confirm: expected a whole number, not 'x'"),
        ("rules.7.name=x", "--set rules.7.name=x: '7' does not exist there; there is an item from 0 to 1"),
        ("name.first=x", "--set name.first=x: 'first' does not exist there; there is nothing below it"),
    ]:
        with pytest.raises(ConfigError) as refused:
            load_config(file, [override])
        assert str(refused.value).startswith(said)


def test_what_is_written_is_what_is_meant(file: Path) -> None:
    file.write_text(GOOD, "utf-8")
    config = load_config(file)
    assert config.execution.model_dump() == {
        "buy_bps": 5.0, "sell_bps": 0.0, "slippage_bps": 0.0, "capital": 1e6, "band": None, "min_trade": 1.0,
        "cash_spread": 0.0035, "vehicle": None, "brokerage": None, "dp": False, "charges": (), "impact": None,
        "lots": False, "investable": False, "slices": 1,
    }  # fmt: skip
    assert config.assets == ("NIFTY 50", "NIFTY MIDCAP 100", "NIFTY SMALLCAP 100")
    again = strategy_model().model_validate(config.normalised())
    assert again.normalised() == config.normalised()


def test_warnings_name_their_place(file: Path) -> None:
    text = GOOD.replace("trend and heat < 70", "trend").replace(
        "  - name: up", "  - name: all\n    hold: {CASH: 1}\n  - name: up"
    )
    file.write_text(text, "utf-8")
    assert [one.removeprefix(f"{file}:") for one in warnings(load_config(file))] == [
        "12:5: the rule 'up' can never win: 'all' before it is always on",
        "15:5: the rule 'rest' can never win: 'all' before it is always on",
        "7:9: no rule uses the signal 'heat'",
    ]
    file.write_text(GOOD.replace("  - name: rest\n    hold: {use: top, n: 1, by: strength}\n", ""), "utf-8")
    assert any("no rule without `when`" in one for one in warnings(load_config(file)))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("fall < -10", "'fall' is a fraction: -10 means -1000%; if -10% is meant, write -10% or -0.1"),
        ("not (fall < -10%) and fall > 2", "'fall' is a fraction: 2 means 200%; if 2% is meant, write 2% or 0.02"),
        ("heat < 30%", "'heat' has a scale of its own: 30% means 0.3; if 30 is meant, write it without the sign"),
        ("heat < 30 and fall < -0.1 and fall > -100%", ""),
    ],
)
def test_numbers_of_the_wrong_unit_are_pointed_out(file: Path, condition: str, said: str) -> None:
    text = f"""
name: units
market: {{universe: [NIFTY 50]}}
signals:
  fall: {{use: drawdown, of: NIFTY 50}}
  heat: {{use: rsi, of: NIFTY 50}}
rules:
  - {{name: one, when: "{condition}", hold: {{NIFTY 50: 100%}}}}
  - {{name: rest, hold: {{CASH: 100%}}}}
""".lstrip()
    file.write_text(text, "utf-8")
    told = [one for one in warnings(load_config(file)) if "no rule uses" not in one]
    assert [one.split(": ", 1)[1] for one in told] == ([said] if said else [])
