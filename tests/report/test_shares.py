"""Shares of the parts on the page, on the terminal and in the file: never more than the numbers say."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from engine.attribution import RuleShares
from engine.attribution.parts import Part
from engine.report.shares import pairs_table, shares_lines, shares_table, shares_words
from engine.report.tearsheet import tearsheet
from engine.report.terminal import print_summary
from engine.results import attribution, rounded
from engine.run import Result
from tests.report.reading import Page
from tests.report.runs import ran

NAMES = ("rules.a", "rules.b", "overlays.1.glide")
SAYS = ("the rule 'a'", "the rule 'b'", "the overlay 1, glide")


def made(low: tuple[float, ...], high: tuple[float, ...], *, block: int = 4, permutations: int = 0) -> RuleShares:
    """Two rules that share 3 points a year, 2.5 and 0.5, and an overlay that made no difference."""
    parts = tuple(Part(name, says, "rule", ("rules", place), place)
                  for place, (name, says) in enumerate(zip(NAMES, SAYS, strict=True)))  # fmt: skip
    share, alone = [0.025, 0.005, 0.0], [0.02, -0.001, 0.0]
    table = {"share": share, "low": low, "high": high, "error": [0.0012 * bool(permutations)] * 3,
             "leave_one_out": alone}  # fmt: skip
    pairs = np.array([[np.nan, 0.011, 0.0], [0.011, np.nan, np.nan], [0.0, np.nan, np.nan]])
    daily = pd.DataFrame([[0.01, 0.002, 0.0], [0.015, 0.003, 0.0]], columns=list(NAMES))
    return RuleShares(
        parts, 0.1, 0.13, pd.DataFrame(table, index=list(NAMES)), pd.DataFrame(pairs, list(NAMES), list(NAMES)), daily,
        8, permutations, block, 0.95,
    )  # fmt: skip


def with_shares(shares: RuleShares | str) -> Result:
    result = replace(ran())
    result.__dict__["rule_shares"] = shares
    return result


def test_a_share_whose_interval_spans_zero_is_indistinguishable_from_it() -> None:
    sure = with_shares(made((0.001, -0.004, 0.0), (0.05, 0.02, 0.0)))
    assert shares_lines(sure) == [
        (
            "Which part of the file earned it: of +3.00 points a year over NIFTY 50 (log growth after costs), "
            "the rule 'a' +2.50, the rule 'b' +0.50. No difference at all: the overlay 1, glide."
        ),
        (
            "  Distinguishable from zero, each by itself at 95%: the rule 'a' (+0.10 to +5.00). "
            "The others are indistinguishable from zero."
        ),
    ]
    below = with_shares(made((-0.05, -0.004, 0.0), (-0.001, -0.001, 0.0)))
    assert shares_lines(below)[1] == (
        "  Distinguishable from zero, each by itself at 95%: the rule 'a' (-5.00 to -0.10), "
        "the rule 'b' (-0.40 to -0.10)."
    )
    neither = with_shares(made((-0.001, 0.0, 0.0), (0.05, 0.02, 0.0)))  # an interval that ends at zero spans it
    assert shares_lines(neither)[1] == (
        "  Every 95% interval spans zero: each share by itself is indistinguishable from zero."
    )


def test_without_intervals_nothing_is_distinguishable() -> None:
    few = with_shares(made((np.nan,) * 3, (np.nan,) * 3, block=0))
    assert shares_lines(few)[1] == ("  With so few sessions no share has an interval, and none can be told from zero.")
    table = shares_table(few)
    assert table is not None
    assert [row.cells[1].text for row in table.rows[:-1]] == ["–"] * 3
    assert shares_words(few).endswith("With fewer than 60 sessions there are no intervals.")


def test_the_table_says_what_the_numbers_say() -> None:
    table = shares_table(with_shares(made((0.001, -0.004, 0.0), (0.05, 0.02, 0.0))))
    assert table is not None
    assert table.head == ("Part", "Share", "95% interval", "From zero", "Lost without it")
    assert [(row.label, *(cell.text for cell in row.cells)) for row in table.rows] == [
        ("rule 'a'", "+2.50", "+0.10 to +5.00", "distinguishable", "+2.00"),
        ("rule 'b'", "+0.50", "-0.40 to +2.00", "indistinguishable", "-0.10"),
        ("overlay 1, glide", "0.00", "0.00 to 0.00", "no difference", "0.00"),
        ("Sum = growth over the benchmark", "+3.00", "", "", ""),
    ]


def test_sampled_shares_say_by_how_much_they_may_be_off() -> None:
    sampled = with_shares(made((0.001, -0.004, 0.0), (0.05, 0.02, 0.0), permutations=64))
    table = shares_table(sampled)
    assert table is not None
    assert table.head[-1] == "Sampling error"
    assert [row.cells[-1].text for row in table.rows] == ["0.12", "0.12", "0.12", ""]
    assert all(len(row.cells) == len(table.head) - 1 for row in table.rows)
    assert "along 64 orders drawn from a fixed seed" in shares_words(sampled)


def test_interactions_are_listed_once_and_those_not_known_left_out() -> None:
    table = pairs_table(with_shares(made((0.0,) * 3, (0.0,) * 3)))
    assert table is not None
    assert [(row.label, row.cells[0].text) for row in table.rows] == [("rule 'a' – rule 'b'", "+1.10")]


def test_why_shares_are_not_known_is_said() -> None:
    unknown = with_shares("without the rule 'a' the strategy cannot be followed")
    said = "Which part of the file earned it is not known: without the rule 'a' the strategy cannot be followed."
    assert shares_lines(unknown) == [said]
    assert shares_table(unknown) is pairs_table(unknown) is None
    assert said.replace("earned it", "earned what") in Page(tearsheet(unknown, "name: x\n")).text
    assert attribution(unknown)["rule_shares"] == {"unknown": "without the rule 'a' the strategy cannot be followed"}


def test_a_run_has_its_shares_everywhere() -> None:
    result = ran()
    found = attribution(result)["rule_shares"]
    assert [part["name"] for part in found["parts"]] == ["rules.breakout", "rules.breakout.when.trend",
                                                         "rules.otherwise"]  # fmt: skip
    assert [part["place"] for part in found["parts"]] == ["rules[0]", "rules[0].when", "rules[1]"]
    assert sum(part["share"] for part in found["parts"]) == pytest.approx(found["total"] - found["base"], abs=1e-11)
    assert len(found["interactions"]) == 3
    assert all(part["low"] < part["share"] < part["high"] for part in found["parts"])
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    page = Page(tearsheet(result, "name: x\n"))
    table = page.table("What each part of the file earned")
    assert table["Sum = growth over the benchmark"][0] == f"{(found['total'] - found['base']) * 100:+.2f}"
    assert len(page.table("How parts depend on each other")) == 4
    console = Console(record=True, width=2000, file=StringIO())
    print_summary(result, console)
    assert shares_lines(result)[0] in console.export_text()


def test_what_is_not_known_is_null_in_the_file() -> None:
    plain = rounded(made((np.nan,) * 3, (np.nan,) * 3, block=0).plain())
    assert [part["low"] for part in plain["parts"]] == [None] * 3
    assert plain["interactions"] == [
        {"parts": ["rules.a", "rules.b"], "value": 0.011},
        {"parts": ["rules.a", "overlays.1.glide"], "value": 0.0},
    ]


def test_a_benchmark_bought_and_held_is_owed_to_nobody() -> None:
    always = "\nrules:\n  - name: always\n    hold: {NIFTY 50: 100%}\nexecution: {buy_bps: 0, sell_bps: 0}\n"
    (line,) = shares_lines(ran(always))
    assert line.startswith(
        "Which part of the file earned it: 0.00 points a year over NIFTY 50 (log growth after costs)"
    )
    assert line.endswith("), and no part made a difference.")
