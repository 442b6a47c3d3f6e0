"""What could have been had then, on the page and the terminal."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from engine.market import horizon
from engine.market.finding import Finding
from engine.market.registry import index_facts
from engine.plan.survivorship import Grade
from engine.report.horizons import badges, horizons_lines, horizons_words, shaded
from engine.report.tearsheet import tearsheet
from engine.report.terminal import print_summary
from engine.results import summary
from engine.run import Result
from tests.report.reading import Page
from tests.report.runs import ran

LAUNCH = date(2021, 1, 4)
FUNDS = {"NIFTY IT": ("ITBEES", date(2021, 6, 1)), "NIFTY MIDCAP 100": (None, None)}


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> Result:
    """A run of its own, with NIFTY IT launched in its second year and no fund for the midcaps."""
    known = dict(index_facts())
    for name, (fund, since) in FUNDS.items():
        known[name] = known[name]._replace(proxy=fund, proxy_from=since)
    known["NIFTY IT"] = known["NIFTY IT"]._replace(launch_date=LAUNCH)
    monkeypatch.setattr(horizon, "index_facts", lambda: known)
    return replace(ran())


def test_the_table_has_a_column_for_each_horizon_and_the_reason_for_a_missing_one(result: Result) -> None:
    page = Page(tearsheet(result, "name: x\n"))
    table = page.table("Measures by what could have been had then")
    assert table[""] == ["Measure", "Whole window", "Since the last launch", "Since funds"]
    later = [day for day in result.ledger.nav.index if day.date() >= LAUNCH]
    assert table["From the close of"][1:] == ["4 Jan 2021", "–"]
    assert table["Sessions"] == [str(len(result.ledger.nav)), str(len(later)), "–"]
    launched = summary(result)["horizons"]["since_launch"]
    assert table["Return a year (CAGR)"][1] == f"{launched['cagr']:.1%}"
    assert table["Return a year (CAGR), NIFTY 50"][1] == f"{launched['benchmark']['cagr']:.1%}"
    assert table["Return a year (CAGR), active"][1] == f"{launched['active']['cagr']:+.1%}"
    assert {cells[2] for label, cells in table.items() if label} == {"–"}
    assert page.text.count("no measures, because no fund that holds NIFTY MIDCAP 100 is known here.") == 2  # on top too


def test_the_back_filled_part_is_shaded_and_the_legend_says_so_in_words(result: Result) -> None:
    flags, days = result.horizons.backfilled, result.ledger.nav.index
    assert 0 < flags.sum() < len(flags)
    assert sum(span.sessions for span in shaded(result)) == flags.sum()
    page = Page(tearsheet(result, "name: x\n"))
    assert page.text.count("Shaded: sessions on which something held, or the benchmark, had not been launched") == 2
    for name in ("chart-growth", "chart-drawdown"):
        (text,) = [
            rows for rows in json.loads(page.blocks[name])["datasets"].values() if rows.startswith("since,until")
        ]
        rows = list(csv.DictReader(StringIO(text)))
        assert len(rows) == len(shaded(result))
        assert rows[-1]["until"] == str(max(day for day, flag in zip(days, flags, strict=True) if flag).date())
        assert all(row["until"] < str(LAUNCH) for row in rows)


def test_nothing_is_said_where_everything_could_have_been_had(monkeypatch: pytest.MonkeyPatch) -> None:
    old = {
        name: one._replace(launch_date=date(2000, 1, 3), proxy="FUND", proxy_from=date(2001, 1, 1), verified=True,
                           proxy_verified=True)
        for name, one in index_facts().items()
    }  # fmt: skip
    monkeypatch.setattr(horizon, "index_facts", lambda: old)
    result = replace(ran())
    assert horizons_words(result) == []
    assert horizons_lines(result) == []
    assert shaded(result) == []
    page = Page(tearsheet(result, "name: x\n"))
    assert "Everything held had been launched, and a fund held it, before the window began." in page.text
    assert "Shaded" not in page.text
    assert "What was done" not in page.text  # no finding, no block of data


def test_the_terminal_says_it_in_two_lines(result: Result) -> None:
    console = Console(record=True, width=2000, file=StringIO())
    print_summary(result, console)
    text = console.export_text()
    flags = result.horizons.backfilled
    mine = [line for line in text.splitlines() if line.startswith("Since ")]
    assert len(mine) == 2
    assert mine[0].startswith("Since the last launch of what it holds (4 Jan 2021): ")
    assert f"on {flags.sum()} of {len(flags)} sessions it held what was not there yet." in mine[0]
    assert mine[1].endswith("no measures, because no fund that holds NIFTY MIDCAP 100 is known here.")


def test_a_short_horizon_says_that_it_is_short(monkeypatch: pytest.MonkeyPatch, result: Result) -> None:
    short = "A horizon shorter than a year: its figures a year are extrapolated."
    assert short not in horizons_words(result)  # 4 Jan 2021 to 25 Feb 2022
    known = {name: one._replace(launch_date=date(2021, 12, 1)) for name, one in index_facts().items()}
    monkeypatch.setattr(horizon, "index_facts", lambda: known)
    assert short in horizons_words(replace(result))


def test_a_basket_wears_the_grade_of_its_hindsight(result: Result) -> None:
    graded = replace(result)
    grade = Grade("THEME", "D", 9, 4, 5, None)
    graded.__dict__["survivorship"] = (grade, grade._replace(basket="POLLED", letter="C"))
    graded = graded_with(graded, {"THEME": "survivorship-biased"})
    assert badges(graded) == [
        "THEME: survivorship-biased, grade D (very severe)", "POLLED, looked at: grade C (severe)",
    ]  # fmt: skip
    assert grade.sentence() in graded.notes
    assert summary(graded)["survivorship"][0]["letter"] == "D"


def graded_with(result: Result, marks: dict[str, str]) -> Result:
    """The same result whose plan marks other names."""
    other = replace(result, plan=replace(result.plan, marks=marks))
    other.__dict__["survivorship"] = result.survivorship
    return other


FINDINGS = (
    Finding("stale", "NIFTY IT (price)", date(2020, 6, 1), 9.0, "warning", "kept as it is"),
    Finding("jumps", "NIFTY IT (price)", date(2020, 7, 1), -0.21, "warning", "kept as it is: look it up"),
    Finding("high-low", "NIFTY IT (price)", date(2020, 8, 3), 0.5, "error", "kept as it is"),
    Finding("ended", "NIFTY 50 (price)", date(2012, 1, 2), 90.0, "warning", "unknown from then on"),
    *(Finding("stale", "NIFTY 50 (price)", date(2020, 9, day), float(day), "warning", "kept") for day in (1, 2, 3)),
)


def test_what_the_checks_found_is_counted_and_the_worst_are_shown(result: Result) -> None:
    found = replace(result, market=replace(result.market, findings=FINDINGS))
    assert summary(found)["data_findings"] == {
        "ended": {"error": 0, "warning": 1}, "high-low": {"error": 1, "warning": 0},
        "jumps": {"error": 0, "warning": 1}, "stale": {"error": 0, "warning": 4},
    }  # fmt: skip
    page = Page(tearsheet(found, "name: x\n"))
    counts = page.table("Findings of the data checks")
    assert counts["ended"] == ["0", "0", "1", "0"]  # long before the window
    assert counts["stale"] == ["0", "0", "4", "4"]
    (rows,) = [rows for caption, rows in page.tables.items() if caption.startswith("The worst of the window (5 of 6)")]
    assert [row[0] for row in rows[1:]] == ["3 Aug 2020", "1 Jun 2020", "3 Sep 2020", "2 Sep 2020", "1 Sep 2020"]
    assert [row[4] for row in rows[1:]] == ["error", *["warning"] * 4]
    assert summary(result)["data_findings"] == {}
