"""The claim check on the page and in the terminal says what the closes say, and only where there are claims."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

from engine.market.keys import SeriesKey
from engine.report.formats import DASH, day
from engine.report.tearsheet import tearsheet
from engine.report.terminal import print_summary
from engine.run import Result
from tests.report.reading import Page
from tests.report.runs import ROTATION, ran

CLAIMS = """
claims:
  - says: "<b>midcaps</b> did it, wrote A & B"
    from: 2021-02-01
    to: 2021-09-01
    gains: {NIFTY MIDCAP 100: 50%, NIFTY 50: -4%}
"""
SEARCHED = CLAIMS + "  - {says: again, from: 2021-02-01, to: search, gains: {NIFTY IT: 5%}}\n"
AFTER = CLAIMS.replace("2021-09-01", "2030-09-01")


@pytest.fixture(scope="module")
def result() -> Result:
    return ran(ROTATION + CLAIMS)


def gain(result: Result, name: str, start: str, end: str) -> float:
    closes = result.market.series(SeriesKey(name, "price"))
    return float(closes.loc[end] / closes.loc[start] - 1.0)


def said(result: Result) -> str:
    text = io.StringIO()
    print_summary(result, Console(file=text, width=1000))
    return text.getvalue()


def first_change(result: Result, name: str, start: str) -> pd.Timestamp:
    """The first session from `start` at whose close the strategy holds a name that it did not hold before."""
    held = result.ledger.weights[name] > 1e-9
    bought = held & ~held.shift(fill_value=False) & (held.index >= start)
    return pd.Timestamp(held.index[bought][0])


def test_the_page_has_the_figures_of_the_closes(result: Result) -> None:
    page = Page(tearsheet(result, "x"))
    table = page.table("Claim against the closes")
    rose = gain(result, "NIFTY MIDCAP 100", "2021-02-01", "2021-09-01")
    filled = first_change(result, "NIFTY MIDCAP 100", "2021-02-01")
    left = gain(result, "NIFTY MIDCAP 100", str(filled.date()), "2021-09-01")
    assert result.ledger.weights["NIFTY MIDCAP 100"].loc["2021-02-01"] == 0.0
    assert rose > 0.01
    share = f"{100 * left / rose:.0f}%"
    assert table["NIFTY MIDCAP 100"] == [
        "+50.00%", f"{100 * rose:+.2f}%", f"{100 * (rose - 0.5):+.2f}", "not borne out", "0%", day(filled),
        f"{100 * left:+.2f}%", share,
    ]  # fmt: skip
    assert table["NIFTY 50"][0] == "-4.00%"
    assert "“ <b>midcaps</b> did it, wrote A & B ”" in page.text
    assert "From the close of 1 Feb 2021 to that of 1 Sep 2021: 2 of 2 gains not borne out." in page.text
    assert "Within 5 sessions of these, " in page.text
    assert "Borne out: within 0.5 points" in page.text
    assert "Close: within 1.0, the deviation" in page.text


def test_the_terminal_has_them_too(result: Result) -> None:
    told = said(result)
    rose = gain(result, "NIFTY MIDCAP 100", "2021-02-01", "2021-09-01")
    filled = first_change(result, "NIFTY MIDCAP 100", "2021-02-01")
    assert "Claim: “<b>midcaps</b> did it, wrote A & B”" in told
    assert (
        f"  NIFTY MIDCAP 100: claimed +50.00%, measured {100 * rose:+.2f}%, {100 * (rose - 0.5):+.2f} points: "
        f"not borne out; 0% held at the start, bought {day(filled)} with "
    ) in told
    assert "SIMULATED" not in told


def test_several_claims_are_numbered_and_searched_ends_said() -> None:
    page = Page(tearsheet(ran(ROTATION + SEARCHED), "x"))
    assert "NIFTY IT" in page.table("Claim 2 against")
    assert "NIFTY 50" in page.table("Claim 1 against")
    assert "The end was not stated but searched within 45 sessions for the best fit, which favours" in page.text


def test_what_cannot_be_checked_is_said() -> None:
    page = Page(tearsheet(ran(ROTATION + AFTER), "x"))
    assert page.table("Claim against")["NIFTY 50"] == ["-4.00%", DASH, DASH, "cannot be checked", *[DASH] * 4]
    assert "It cannot be checked" in page.text
    assert "NIFTY 50: claimed -4.00%: cannot be checked\n" in said(ran(ROTATION + AFTER))


def test_without_claims_there_is_no_section() -> None:
    page = Page(tearsheet(ran(), "x"))
    assert "Claim" not in page.text
    assert "Claim" not in said(ran())


def test_made_up_prices_say_nothing_about_a_claim() -> None:
    simulated = ran(ROTATION + CLAIMS, simulated=True)
    assert "Made-up prices say nothing about a published claim." in Page(tearsheet(simulated, "x")).text
    assert "These prices are SIMULATED: they say nothing about the claim." in said(simulated)
    assert "Made-up" not in Page(tearsheet(ran(ROTATION + CLAIMS), "x")).text
