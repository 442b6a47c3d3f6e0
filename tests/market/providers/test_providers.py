"""What each provider asks for and stores when all is well, and what of a well-formed answer it refuses."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from engine.errors import DataError, ProviderError
from engine.market.keys import SeriesKey
from engine.market.providers import bse, flows, fpi
from engine.market.providers.http import Form
from engine.market.providers.provider import Span
from engine.market.providers.roster import Name
from engine.market.ranks import DAILY_FILE, PUBLISHER, YAHOO, rank_of
from tests.market.providers.bench import Bench
from tests.market.providers.site import Reply
from tests.market.providers.world import RECORDED_FLOWS, World


def test_bse_asks_for_years_at_once_as_documented(bench: Bench) -> None:
    bench.update(Name.BSE, "sensex", since="2010-01-01")
    (newest, oldest) = bench.world.asked
    assert newest.query == {"strIndex": "SENSEX", "dtFromDate": "28/09/2016", "dtToDate": "28/09/2026", "period": "D"}
    assert oldest.query["dtFromDate"] == "01/01/2010"
    assert newest.path == "/BseIndiaAPI/api/ProduceCSVForDate/w"
    assert newest.headers["Referer"] == "https://www.bseindia.com/"
    rows = bench.rows("indices")["indices"]
    assert {row[:2] for row in rows} == {("BSE SENSEX", "PR")}
    assert rows[0] == ("BSE SENSEX", "PR", date(2010, 1, 6), 20978.25, 20993.5, 20963, 20983.75, None, "bseindia.com")
    assert len(rows) == 873  # the Wednesdays of 2010-01-06 to 2026-09-23


def test_bse_looks_a_code_up_in_the_list_of_the_site(bench: Bench) -> None:
    bench.update(Name.BSE, "BSE POWER", since="2026-01-01")
    assert [ask.path.rpartition("/api/")[2] for ask in bench.world.asked] == [
        "FillddlIndex/w",
        "ProduceCSVForDatePAR/w",
    ]
    assert bench.world.asked[1].query["strIndex"] == "81"
    with pytest.raises(ProviderError, match=r"BSE POWAR .*unknown index of BSE 'BSE POWAR'; did you mean 'BSE POWER"):
        bench.update(Name.BSE, "BSE POWAR")
    with pytest.raises(DataError, match="NIFTY 50 is no index of BSE"):
        bench.update(Name.BSE, "NIFTY 50")


def test_bse_does_not_take_one_index_for_another(bench: Bench) -> None:
    """The site has been seen to answer with the Sensex for a code it did not know."""
    csv = "Date,Open,High,Low,Close\n" + "".join(f"{day}-September-2026,21,24,20,{day}.5\n" for day in (21, 22, 23))
    bench.world.fault = lambda body: Reply(csv.encode() if body.startswith(b"Date") else body)
    with pytest.raises(ProviderError, match="BSE POWER .*the closes are those of BSE SENSEX, another index"):
        bench.update(Name.BSE, since="2026-09-01")
    assert {row[0] for row in bench.rows("indices")["indices"]} == {"BSE SENSEX"}


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("23-September-2026,82000.1,82100,81900,820", "as if the answer were cut off"),
        ("23-September-2026,82000.1,82100,81900", "3|4 cells where the header has 5"),
        ("23-September-2025,82000.1,82100,81900,82050", "which was not asked for"),
        ("22-September-2026,82000.1,82100,81900,82050", "contradicts another one of 2026-09-22"),
        ("23-September-2026,82000.1,82100,81900,-", "has no close"),
        ("23-September-2026,82000.1,82100,81900,-5", "is not above zero"),
        ("23/2026,82000.1,82100,81900,82050", "no day like '5-August-2024'"),
    ],
)
def test_bse_refuses(last: str, said: str) -> None:
    body = f"Date,Open,High,Low,Close\n22-September-2026,1,2,1,1.5,\n{last}".encode()
    with pytest.raises(ProviderError, match=said):
        bse.parse(body, "BSE SENSEX", Span(date(2026, 9, 1), date(2026, 9, 28)), "bse")


def test_the_recorded_snapshot_of_flows_is_appended(bench: Bench) -> None:
    """As the exchange had it on Friday, 31 July 2026; asked for on the Monday after."""
    world = bench.world
    world.today, world.flows = date(2026, 8, 3), lambda: RECORDED_FLOWS
    bench.update(Name.FLOWS)
    row = (date(2026, 7, 31), 19045.51, 18768.03, 277.48, 19885.8, 17625.43, 2260.37, "nseindia.com (provisional)")
    assert bench.rows("flows")["flows"] == [row]
    assert world.asked[0].cookie
    assert bench.store.retrieved("nseindia.com (provisional)", "FII and DII", "flows") == [(row[0], row[0])]
    world.today, world.flows = date(2026, 8, 4), World().flows
    bench.world.flows = lambda: RECORDED_FLOWS.replace("31-Jul", "04-Aug")
    bench.update(Name.FLOWS)
    assert [one[0] for one in bench.rows("flows")["flows"]] == [date(2026, 7, 31), date(2026, 8, 4)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"netValue":"277.48"', '"netValue":"-277.48"', "has the netValue -277.48, but bought 19045.51"),
        ('"FII/FPI"', '"DII"', "row 2 of the answer contradicts another one of DII"),
        ('"FII/FPI"', '"MF"', "is of 'MF', not of FII/FPI or DII"),
        (
            'FII/FPI","date":"31-Jul',
            'FII/FPI","date":"30-Jul',
            "of the same day were expected, there is DII of 2026-07-31",
        ),
        ('"buyValue":"19885.8"', '"buyValue":"-"', "has the buyValue '-'"),
        (
            "31-Jul-2026",
            "31-Jul-2025",
            "the latest day is 2025-07-31, and today is 2026-08-03: check this machine's clock",
        ),
    ],
)
def test_flows_refuses(old: str, new: str, said: str) -> None:
    assert old in RECORDED_FLOWS
    with pytest.raises(ProviderError, match=said):
        flows.parse(RECORDED_FLOWS.replace(old, new).encode(), date(2026, 8, 3), "flows")


def test_months_of_foreign_investment(bench: Bench) -> None:
    """Equity as published for January to April 2026; by hand: debt of 10 x month + 5 - 3, and 7 of hybrids."""
    bench.update(Name.FPI, since="2025-03-01")
    rows = bench.rows("fpi_monthly")["fpi_monthly"]
    assert [row[0] for row in rows[:2]] == [date(2025, 1, 31), date(2025, 2, 28)]  # whole years are asked for
    found = {row[0]: row[1:] for row in rows}
    assert [found[date(2026, month, day)][0] for month, day in ((1, 31), (2, 28), (3, 31), (4, 30))] == [
        -35962, 22615, -117775, -60847,
    ]  # fmt: skip
    assert found[date(2026, 1, 31)] == (-35962, 12, 7, -35962 + 12 + 7 + 1 + 2 + 4, "fpi.nsdl.co.in")
    assert rows[-1][0] == date(2026, 8, 31)  # September runs until the 30th
    assert bench.lines[0].endswith("September 2026 is not over and left out")
    first, second = bench.world.asked
    assert first.query == {"RptType": "6"}
    assert first.form == {}
    assert second.form == {
        "__VIEWSTATE": "state-2026", "__EVENTVALIDATION": "v", "ddl": "2025", "ddlCurr": "INR", "__EVENTTARGET": "ddl",
    }  # fmt: skip


def test_foreign_investment_is_another_series_than_flows(bench: Bench) -> None:
    bench.update(Name.FPI, since="2026-01-01")
    bench.update(Name.FLOWS)
    catalogue = bench.store.catalogue()
    assert catalogue is not None
    assert catalogue[SeriesKey("FPI", "net")].last == "2026-08-31"
    assert catalogue[SeriesKey("FII", "net")].observations == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Calendar Year - 2026", "Calendar Year - 2025", "the page is of 2025, 2026, not of 2026"),
        ("<td>-35,962</td>", "<td>35,962</td>", "January has a total that is not the sum of its columns"),
        ("<td>-35,962</td>", "", "January has 11 figures under 12 headings"),
        ("<td>February</td>", "<td>Febr</td>", "months are missing: 8 are over, there are January, March"),
        ("<td>February</td>", "<td>January</td>", "January stands there twice, with other figures"),
        ('value="INR" selected="selected"', 'value="INR"', None),
        ("September **", "September", None),  # not marked, and not over
        ('<option value="USD">', '<option selected value="USD">', "the figures are in dollars"),
        ('value="2011"', 'value="all"', "the form has no list of years"),
        ("__VIEWSTATE", "state", "a web page without the form of the site came"),
        ("</html>", "", "the page ends too early"),
    ],
)
def test_fpi_refuses(world: World, old: str, new: str, said: str | None) -> None:
    page = world.fpi(2026)
    assert old in page
    if said is None:
        assert len(fpi.parse(page.replace(old, new, 1).encode(), 2026, world.today, "fpi")[0]) == 8
        return
    with pytest.raises(ProviderError, match=said):
        fpi.parse(page.replace(old, new, 1).encode(), 2026, world.today, "fpi")


def test_an_older_page_without_the_columns_of_today() -> None:
    """Equity, debt and total, as until 2014; no hybrid figure is no zero. September 2005 is made up: 4,731 + 100."""
    months = ("January", "February")
    lines = "".join(f"<tr><td>{month}</td><td>4,731</td><td>100</td><td>4,831</td></tr>" for month in months)
    page = (
        '<html><input type="hidden" name="__VIEWSTATE" value="x"><select name="y">'
        '<option selected value="2005"></select>'
        f"<table><tr><th>Month</th><th>Equity</th><th>Debt</th><th>Total</th></tr>{lines}</table></html>"
    )
    rows, left_out = fpi.parse(page.encode(), 2005, date(2005, 3, 5), "fpi")
    assert rows[1] == {
        "date": date(2005, 2, 28), "equity_net": 4731, "debt_net": 100, "hybrid_net": None, "total_net": 4831,
    }  # fmt: skip
    assert left_out == ()
    marked = page.replace("February", "February **").encode()
    assert len(fpi.parse(marked, 2005, date(2005, 3, 5), "fpi")[0]) == 1  # marked as partial five days after its end
    assert len(fpi.parse(marked, 2005, date(2005, 3, 20), "fpi")[0]) == 2
    assert isinstance(Form({"a": "b"}), dict)


def test_the_recorded_daily_file(bench: Bench) -> None:
    """Friday, 25 September 2026: the Nifty 50 as published, and an index whose bar has dashes."""
    bench.update(Name.DAILY, since="2026-09-25")
    by_key = {(row[0], row[2]): row for row in bench.rows("indices")["indices"]}
    fifty = by_key["NIFTY 50", date(2026, 9, 25)]
    assert fifty[1:] == ("PR", date(2026, 9, 25), 23035, 23162.7, 23020.95, 23140.5, 242720711, "NSE daily index file")
    assert by_key["NIFTY SUGAR & ETHANOL", date(2026, 9, 25)][3:7] == (None, None, None, 2864.73)
    assert bench.rows("valuation")["valuation"][0] == ("NIFTY 50", date(2026, 9, 25), 19.56, 2.8, 1.22, fifty[-1])
    assert [ask.path for ask in bench.world.asked] == [
        "/content/indices/ind_close_all_28092026.csv", "/content/indices/ind_close_all_25092026.csv",
    ]  # fmt: skip
    assert {one.series: one.first for one in bench.store.appearances()} == {
        "NIFTY 50": date(2026, 9, 25), "NIFTY SUGAR & ETHANOL": date(2026, 9, 25),
    }  # fmt: skip


def test_a_daily_file_that_is_stored_is_never_fetched_again(bench: Bench) -> None:
    """One that is missing is told, looked for at the second site, and asked for at the next update."""
    world = bench.world
    world.lacking, world.moved = {date(2026, 9, 24)}, {date(2026, 9, 23)}
    told = bench.update(Name.DAILY, since="2026-09-22")
    assert told.chunks == 4  # of five sessions
    assert bench.lines.count("NSE daily index file: all indices (daily), 2026-09-24: nothing there") == 1
    assert {row[2].day for row in bench.rows("indices")["indices"]} == {22, 23, 25, 28}
    assert "/Daily_Snapshot/ind_close_all_23092026.csv" in [ask.path for ask in world.asked]
    world.asked.clear()
    world.lacking = set()
    assert bench.update(Name.DAILY).chunks == 1  # nothing said: since 22 September, as before
    assert [ask.path[-12:-4] for ask in world.asked] == ["24092026"]
    world.asked.clear()
    assert bench.update(Name.DAILY).chunks == 0
    assert world.asked == []


def test_a_site_without_any_daily_file_is_left_alone(bench: Bench) -> None:
    bench.world.fault = lambda _: Reply(b"<html>robot?</html>")
    with pytest.raises(ProviderError, match=r"2026-09-21: nothing there, as for the 5 chunks asked for before it"):
        bench.update(Name.DAILY, since="2020-01-01")
    assert len(bench.world.asked) == 12  # six sessions, two places


def test_sources_are_ranked_as_what_they_are() -> None:
    publishers = ("niftyindices.com", "bseindia.com", "fpi.nsdl.co.in", "nseindia.com (provisional)")
    assert {rank_of(source) for source in publishers} == {PUBLISHER}
    assert rank_of("NSE daily index file") == DAILY_FILE
    assert {rank_of(source) for source in ("Yahoo", "Yahoo (price only)")} == {YAHOO}


def test_since_when_an_update_begins(bench: Bench) -> None:
    """Said; else said before; else a week before the last stored day; else ten years ago."""

    def first_day() -> str:
        bench.world.asked.clear()
        bench.update(Name.BSE, "BSE SENSEX", since=since)
        asked = [ask.query["dtFromDate"] for ask in bench.world.asked]
        return min(asked, key=lambda text: text.split("/")[::-1])

    since: str | None = None
    assert first_day() == "28/09/2016"
    assert first_day() == "22/09/2026"  # the days that are not settled
    since = "2015-01-01"
    assert first_day() == "01/01/2015"
    since = None
    bench.world.today += timedelta(days=30)
    assert first_day() == "22/09/2026"
    assert bench.store.retrieved("bseindia.com", "BSE SENSEX", "price, wanted since")[-1][0] == date(2016, 9, 28)


def test_a_first_update_goes_on_from_an_import(bench: Bench) -> None:
    given = bench.store.path.with_name("indices.csv")
    given.write_text("date,index,variant,close\n2026-08-05,BSE SENSEX,PR,81000\n", "utf-8")
    bench.store.load(given)
    bench.update(Name.BSE, "BSE SENSEX")
    assert bench.world.asked[0].query["dtFromDate"] == "29/07/2026"


def test_an_interrupted_first_update_goes_on_without_being_told_since_when(bench: Bench) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt(line)

    bench.tell = stop
    with pytest.raises(KeyboardInterrupt):
        bench.update(Name.FPI, since="2024-01-01")
    bench.tell = None
    bench.update(Name.FPI)
    assert bench.rows("fpi_monthly")["fpi_monthly"][0][0] == date(2024, 1, 31)


def test_what_cannot_be_asked_for(bench: Bench) -> None:
    for name in (Name.FLOWS, Name.FPI, Name.DAILY):
        with pytest.raises(DataError, match="--series"):
            bench.update(name, "NIFTY 50")
    assert bench.world.asked == []
    assert json.loads(RECORDED_FLOWS)[0]["category"] == "DII"
