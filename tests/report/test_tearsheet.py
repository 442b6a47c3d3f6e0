"""The page says what the result says: numbers recomputed here from the daily values, by loops a reader can follow."""

from __future__ import annotations

import copy
import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from engine.metrics import MEASURES
from engine.report import tearsheet as module
from engine.report.formats import DASH, MONTHS
from engine.report.tearsheet import tearsheet
from engine.run import Result
from tests.report.reading import Page
from tests.report.runs import BENCHMARK_ONLY, CASH_ONLY, PLACE, ran

YAML = "name: strategy  # as it was written\nrules: [<b>, &amp;]\n"
EVIL = "<script>alert(1)</script> 🚀 \u202eמגזרים\u202c & \"quoted\" 'twice'"


@pytest.fixture(scope="module")
def result() -> Result:
    return ran()


@pytest.fixture(scope="module")
def html(result: Result) -> str:
    return tearsheet(result, YAML)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def month_end_values(values: pd.Series, capital: float) -> dict[str, float]:
    """The last value of each month and year, and the capital before the first."""
    last = {"": capital}
    for day, value in values.items():
        assert isinstance(day, pd.Timestamp)
        last[f"{day.year}"] = last[f"{day.year}-{day.month}"] = float(value)
    return last


def growth(values: pd.Series, capital: float) -> dict[str, float]:
    """Return of every month and year from value to value."""
    last = month_end_values(values, capital)
    months = [key for key in last if "-" in key]
    years = [key for key in last if key and "-" not in key]
    found = {}
    for keys in (months, years):
        for before, key in zip(["", *keys[:-1]], keys, strict=True):
            found[key] = last[key] / last[before] - 1.0
    return found


def test_measures_are_the_results(page: Page, result: Result) -> None:
    table = page.table("Measures over")
    assert table[""] == ["Measure", "Strategy", "NIFTY 50", "Active"]
    cagr, volatility = result.measures["cagr"], result.benchmark_measures["volatility"]
    active, error = result.active_measures["cagr"], result.active_measures["tracking_error"]
    assert cagr is not None
    assert cagr > 0  # so that a sign would show
    assert table["Return a year (CAGR)"] == [
        f"{100 * cagr:.1f}%", f"{100 * (result.benchmark_measures['cagr'] or 0):.1f}%", f"{100 * (active or 0):+.1f}%",
    ]  # fmt: skip
    assert table["Volatility a year"][1:] == [f"{100 * (volatility or 0):.1f}%", ""]
    assert table["Tracking error a year"] == ["", "", f"{100 * (error or 0):.1f}%"]
    assert table["Beta"] == ["", "", f"{result.active_measures['beta']:.2f}"]
    assert set(table) == {"", *(measure.label for measure in MEASURES.values())}


def test_summary_has_the_ten_second_numbers(page: Page, result: Result) -> None:
    own, theirs = result.measures, result.benchmark_measures
    final = result.ledger.nav.iloc[-1]
    for part in (
        f"Return a year {100 * (own['cagr'] or 0):.1f}% NIFTY 50 {100 * (theirs['cagr'] or 0):.1f}%",
        f"Maximum drawdown {100 * (own['max_drawdown'] or 0):.1f}% NIFTY 50 {100 * (theirs['max_drawdown'] or 0):.1f}%",
        f"Sharpe ratio {own['sharpe']:.2f} NIFTY 50 {theirs['sharpe']:.2f}",
        f"Turnover a year {100 * (own['turnover'] or 0):.0f}% {len(result.ledger.fills)} orders",
    ):
        assert part in page.text
    lakhs = f"{final:.0f}"
    assert f"Final value of ₹25,00,000 ₹{lakhs[:-5]},{lakhs[-5:-3]},{lakhs[-3:]}" in page.text


def test_header_says_what_was_run(page: Page, result: Result) -> None:
    assert page.title == "Midcaps after a breakout · tearsheet"
    first, last = result.ledger.nav.index[[0, -1]]
    window = f"{first.day} {MONTHS[first.month - 1]} {first.year} to {last.day} {MONTHS[last.month - 1]} {last.year}"
    assert f"Window {window}, {len(result.ledger.nav)} sessions" in page.text
    assert "Universe NIFTY 50, NIFTY MIDCAP 100, NIFTY IT" in page.text
    assert "Decides at the last session of each week; filled at the next session's close" in page.text


def test_monthly_returns_follow_the_value_of_the_portfolio(page: Page, result: Result) -> None:
    table = page.table("Return of the strategy by month")
    expected = growth(result.ledger.nav, result.ledger.capital)
    for year in {key[:4] for key in expected}:
        cells = table[year]
        assert cells[-1] == f"{100 * expected[year]:.1f}"
        for month in range(1, 13):
            key = f"{year}-{month}"
            assert cells[month - 1] == (f"{100 * expected[key] + 0.0:.1f}" if key in expected else "")


def test_monthly_active_returns_are_differences(page: Page, result: Result) -> None:
    table = page.table("Active return by month")
    own, theirs = (growth(one.nav, one.capital) for one in (result.ledger, result.benchmark))
    shown = {f"{year}-{month}": table[year][month - 1] for year in table if year for month in range(1, 13)}
    for key in (key for key in own if "-" in key):
        assert float(shown[key]) == pytest.approx(100 * (own[key] - theirs[key]), abs=0.0501)


def test_calendar_years_add_up_and_mark_what_is_not_whole(page: Page, result: Result) -> None:
    table = page.table("Calendar years")
    first, last = result.ledger.nav.index[[0, -1]]
    assert list(table)[1:] == [
        f"2020 (from {first.day} {MONTHS[first.month - 1]})", "2021", f"2022 (to {last.day} {MONTHS[last.month - 1]})",
    ]  # fmt: skip
    own = growth(result.ledger.nav, result.ledger.capital)
    for label, cells in list(table.items())[1:]:
        assert cells[0] == f"{100 * own[label[:4]]:.1f}%"
        active, *parts = map(float, cells[2:])
        assert active == pytest.approx(sum(parts), abs=0.051 * 5)


def test_a_year_that_ends_with_the_window_is_whole_when_only_a_weekend_follows() -> None:
    days = pd.bdate_range("2020-01-06", "2021-12-31")  # the last one a Friday
    table = Page(tearsheet(ran(sessions=len(days)), YAML)).table("Calendar years")
    assert list(table)[-1] == "2021"


def test_the_parts_add_up_to_the_active_return(page: Page, result: Result) -> None:
    table = page.table("Active return by asset")
    total = (
        result.ledger.nav.iloc[-1] / result.ledger.capital - result.benchmark.nav.iloc[-1] / result.benchmark.capital
    )
    assert float(table["Sum = active return"][-1]) == pytest.approx(100 * total, abs=0.00501)
    names = [name for name in table if name not in ("", "Sum = active return")]
    assert list(table)[-1] == "Sum = active return"
    assert names == ["NIFTY 50", "NIFTY MIDCAP 100", "NIFTY IT", "CASH", "Charges", "Slippage"]
    for column in range(5):
        cells = [float(table[name][column] or 0) for name in names]
        assert float(table["Sum = active return"][column]) == pytest.approx(sum(cells), abs=0.006 * len(names))
    assert "by less than 0.000001 points over the window and by less than 0.000001 on any day" in page.text


def test_every_rule_says_what_it_earned(page: Page, result: Result) -> None:
    table = page.table("Active return by the rule")
    rules = {name: row for name, row in table.items() if name in ("breakout", "otherwise")}
    sessions = {name: int(row[0].replace(",", "")) for name, row in rules.items()}
    assert sessions == result.attribution.rule.value_counts().to_dict()
    total = sum(float(row[-1]) for row in rules.values())
    assert total == pytest.approx(float(table["Sum = active return"][-1]), abs=0.011)
    earned = float(rules["breakout"][-1])
    told = re.search(r"While “breakout” was in force \((\d+) of (\d+) sessions\): (\S+) points; all rules", page.text)
    assert told
    assert [int(told[1]), int(told[2])] == [sessions["breakout"], len(result.ledger.nav)]
    assert float(told[3]) == pytest.approx(earned, abs=0.0501)


def test_a_rule_never_in_force_is_said() -> None:
    body = BENCHMARK_ONLY.replace("execution", "  - {name: never, hold: {NIFTY IT: 100%}}\nexecution")
    assert "“never” was never in force." in Page(tearsheet(ran(body=body), YAML)).text


def test_rule_changes_are_all_there_and_the_latest_first_open(page: Page, result: Result) -> None:
    changed = np.flatnonzero(result.plan.winner[1:] != result.plan.winner[:-1]) + 1
    assert len(changed) > module.SHOWN
    rows = page.tables["Rule changes"]
    assert len(rows) == 1 + 1 + len(changed)  # head, the first rule of all, changes
    assert rows[1][2] == DASH
    day = result.market.sessions[result.plan.decisions[changed[-1]]]
    assert rows[-1][0] == f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    assert page.tables["Latest rule changes"][1:] == rows[-module.SHOWN :]


def test_switch_dates_are_one_session_apart(page: Page, result: Result) -> None:
    sessions = [f"{day.day} {MONTHS[day.month - 1]} {day.year}" for day in result.market.sessions]
    *filled_rows, last = page.tables["Rule changes"][1:]
    assert last[:2] == [sessions[-1], "after the window"]  # decided at the last close, a Friday's
    for decided, filled, before, after in filled_rows:
        assert sessions.index(filled) == sessions.index(decided) + 1
        assert before != after


def test_missing_measures_are_dashes() -> None:
    table = Page(tearsheet(ran(body=CASH_ONLY), YAML)).table("Measures over")
    assert [table[label][0] for label in ("Sharpe ratio", "Sortino ratio", "Calmar ratio")] == [DASH, DASH, DASH]
    assert table["Maximum drawdown"][0] == "0.0%"


def test_all_cash_is_drawn_as_cash() -> None:
    page = Page(tearsheet(ran(body=CASH_ONLY), YAML))
    (lines, *_) = json.loads(page.blocks["chart-weights"])["datasets"].values()
    assert lines.startswith("date,asset,place,weight\n")
    assert "CASH" in lines
    assert "NIFTY" not in lines
    assert "Costs paid ₹0" in page.text


def test_the_benchmark_itself_has_no_active_return() -> None:
    page = Page(tearsheet(ran(body=BENCHMARK_ONLY), YAML))
    assert page.table("Measures over")["Return a year (CAGR)"][2] == "0.0%"
    assert "Active return a year 0.0%" in page.text
    assert (
        "returned as much as NIFTY 50 (total return); at a beta of 1.00 that leaves a market-model alpha of 0.0%"
        in page.text
    )
    assert "chart-parts" not in page.blocks
    assert {cell for row in page.tables["Active return by month, points"][1:] for cell in row[1:]} == {"", "0.0"}


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_prices_are_called_so_in_words(simulated: bool) -> None:
    page = Page(tearsheet(ran(simulated=simulated), YAML))
    assert page.title.startswith("SIMULATED · ") is simulated
    assert ("SIMULATED. These prices are made up, not market history." in page.text) is simulated
    assert ("SIMULATED" in page.text) is simulated


def test_texts_of_the_user_are_texts() -> None:
    title = json.dumps(EVIL, ensure_ascii=False)
    html = tearsheet(ran(title=title, sessions=120), EVIL + YAML, [EVIL])
    page = Page(html)
    assert page.title == f"{EVIL} · tearsheet"
    assert page.texts.count(EVIL) == 2  # heading and note
    assert EVIL + YAML in page.texts
    assert "<script>alert" not in html
    assert [tag for tag, _ in page.tags].count("script") == 2 + 1 + len(page.blocks)  # library, starter, options


def test_names_with_markup_stay_inside_their_data_block() -> None:
    rule = json.dumps("</script><script>alert(2)</script> <!-- & ' \u2028")
    body = f"rules:\n  - name: {rule}\n    hold: {{NIFTY IT: 100%}}\n"
    page = Page(tearsheet(ran(body=body, sessions=120), YAML))
    assert [tag for tag, _ in page.tags].count("script") == 2 + 1 + len(page.blocks)
    assert not any(set("<>&") & set(block) for block in page.blocks.values())
    (lines, *_) = json.loads(page.blocks["chart-growth"])["datasets"].values()
    assert "</script><script>alert(2)</script> <!-- & '" in lines


def test_nothing_is_fetched(html: str, page: Page) -> None:
    links = [
        (tag, value) for tag, attributes in page.tags for name, value in attributes.items()
        if name in ("src", "href", "action", "data", "srcset", "poster", "background")
    ]  # fmt: skip
    assert links == [("link", "data:,")]
    assert "@import" not in html
    assert not re.search(r"url\(", html[: html.index("</style>")])
    assert all("http" not in block for block in page.blocks.values())
    (policy,) = [attributes["content"] for _, attributes in page.tags if "http-equiv" in attributes]
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy


def test_no_place_of_this_machine_is_on_the_page(html: str) -> None:
    assert ran().market.origin == PLACE
    assert "secret" not in html
    warned = tearsheet(ran(), YAML, ["/home/me/x.yaml:3:14: rules: the last rule has a `when`"])
    assert "<bdi>rules: the last rule has a `when`</bdi>" in warned
    assert "/home/me" not in warned


def test_it_is_small(html: str) -> None:
    assert len(html.encode()) < 3_000_000


def test_equal_results_give_equal_bytes(html: str) -> None:
    other = ran.__wrapped__()
    assert other is not ran()
    assert tearsheet(other, YAML) == html


def test_the_page_leaves_the_result_alone(result: Result) -> None:
    fields = ("plan", "ledger", "benchmark", "attribution")
    before = pickle.dumps([copy.deepcopy(getattr(result, name)) for name in fields])
    tearsheet(result, YAML)
    assert pickle.dumps([copy.deepcopy(getattr(result, name)) for name in fields]) == before


def test_orders_that_waited_are_listed() -> None:
    whole = ran()
    bought = whole.ledger.fills.query("asset == 'NIFTY IT' and side == 'buy'")["date"].iloc[3]
    page = Page(tearsheet(ran(holes=(str(bought.date()),)), YAML))
    rows = page.tables["Orders that waited, were spread, or were not placed whole"]
    day = f"{bought.day} {MONTHS[bought.month - 1]} {bought.year}"
    assert rows[1][1:4] == [day, "NIFTY IT", "wait"]
    assert "Orders that waited, were spread, or were not placed whole" not in Page(tearsheet(whole, YAML)).tables


def test_tables_are_accessible(page: Page) -> None:
    assert all(caption for caption in page.tables)
    heads = [attributes for tag, attributes in page.tags if tag == "th"]
    assert all(attributes["scope"] in ("row", "col") for attributes in heads)
    drawn = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
    assert len(drawn) == len(page.blocks) == 5
    assert all(attributes["aria-label"] for attributes in drawn)


def test_formulas_stand_beside_the_measures_and_at_the_end(page: Page) -> None:
    titles = {attributes["title"] for tag, attributes in page.tags if tag == "th" and "title" in attributes}
    assert titles == {measure.formula for measure in MEASURES.values()}
    table = page.table("How each measure")
    assert all(table[measure.label] == [measure.formula] for measure in MEASURES.values())


def test_the_strategy_file_is_shown_as_given(page: Page) -> None:
    assert YAML in page.texts


def test_the_legends_name_every_rule_and_name_held(html: str, result: Result) -> None:
    """Drawn by the page, in the colours of the charts."""
    legends = re.findall(r'<ul class="swatches".*?</ul>', html, flags=re.S)
    told = [re.findall(r"background:(#\w+)\"></i><bdi>(.*?)</bdi>", legend) for legend in legends]
    assert [name for _, name in told[0]] == list(dict.fromkeys(result.attribution.rule))
    assert {name for _, name in told[1]} == {name for name, held in (result.ledger.weights > 0).any().items() if held}
    assert all(len({colour for colour, _ in legend}) == len(legend) for legend in told)
