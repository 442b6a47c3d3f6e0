"""An update stores what the site published, asks for nothing twice and goes on where it was stopped."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import DataError, ProviderError
from engine.market.keys import SeriesKey
from engine.market.providers.niftyindices import KINDS, jobs_for, parse, request_body
from engine.market.providers.provider import Span, Wish, chunks, halves, missing
from engine.market.registry import index_facts
from tests.conftest import ROOT
from tests.market.providers.conftest import Desk
from tests.market.providers.site import Reply, row

DAY = date(2024, 8, 5)


def last_value(desk: Desk, name: str, variant: str) -> float:
    key = SeriesKey(name, variant)  # type: ignore[arg-type]  # one of the variants
    bars, readings = desk.store.read([key])
    return float((bars[key]["close"] if key.priced else readings[key]).iloc[-1])


def test_recorded_values_come_out_of_the_store(desk: Desk) -> None:
    """The values published for Nifty 50 on 5 August 2024."""
    told = desk.update("Nifty 50", since="2023-01-01")
    assert {name: last_value(desk, "NIFTY 50", name) for name in ("price", "total", "pe", "pb", "dy", "high")} == {
        "price": 24055.60, "total": 35646.37, "pe": 22.38, "pb": 4.05, "dy": 1.22, "high": 24350.05,
    }  # fmt: skip
    total = desk.store.bars([SeriesKey("NIFTY 50", "total")])[SeriesKey("NIFTY 50", "total")]
    assert total["close"]["2024-01-31"] == 31939.59
    assert total.index.is_monotonic_increasing
    assert (told.chunks, told.rows) == (6, 3 * 416)
    assert {table.sources for table in desk.store.tables()} == {("niftyindices.com",)}
    assert desk.store.tables()[0].retrieved == "2024-08-05 12:00:00"
    assert len(desk.lines) == 6


def test_total_return_is_never_anything_else() -> None:
    """No index return net of tax, no price: a row without a total return is no row."""
    kind, span = KINDS["total"], Span(DAY - timedelta(1), DAY)
    rows = [row("getTotalReturnIndexString", "NIFTY 50", day) for day in (span.last, span.first)]
    rows[0] |= {"TotalReturnsIndex": "-", "CLOSE": "24055.60"}
    (kept,) = parse(json.dumps(rows).encode(), "NIFTY 50", kind, span)
    assert kept["date"] == span.first
    for one in rows:
        del one["TotalReturnsIndex"]
    with pytest.raises(ProviderError, match="has no TotalReturnsIndex"):
        parse(json.dumps(rows).encode(), "NIFTY 50", kind, span)


def test_the_request_is_the_documented_one() -> None:
    span = Span(date(2024, 8, 1), DAY)
    assert request_body("NIFTY 50", KINDS["price"], span) == {
        "cinfo": "{'name': 'NIFTY 50', 'startDate': '01-Aug-2024', 'endDate': '05-Aug-2024', 'indexName': 'NIFTY 50'}"
    }
    momentum = request_body("NIFTY MIDCAP150 MOMENTUM 50", KINDS["total"], span)["cinfo"]
    assert "'name': 'NIFTYM150MOMNTM50'" in momentum
    assert "'indexName': 'NIFTY MIDCAP150 MOMENTUM 50'" in momentum


def test_polite(desk: Desk) -> None:
    """A first visit for the cookie, at most one request a second, nothing that is stored asked for again."""
    desk.update("NIFTY 50", since="2023-01-01")
    assert all(asked.cookie for asked in desk.site.asked)
    assert desk.pauses == [1.0] * 6  # six chunks after the first visit
    desk.site.asked.clear()
    desk.update("NIFTY 50", since="2022-12-28")
    spans = [(asked.first, asked.last) for asked in desk.site.asked if asked.method.startswith("getTotal")]
    assert spans == [(date(2024, 7, 30), DAY), (date(2022, 12, 28), date(2022, 12, 31))]


def test_an_interrupted_update_goes_on(desk: Desk) -> None:
    """Stopped just after its second chunk, of three: the third is left, and the days that are not settled."""

    def stop(line: str) -> None:
        desk.lines.append(line)
        if len(desk.lines) == 2:
            raise KeyboardInterrupt

    desk.tell = stop
    with pytest.raises(KeyboardInterrupt):
        desk.update("INDIA VIX", since="2021-09-01")
    desk.site.asked.clear()
    desk.update("INDIA VIX", since="2021-09-01")
    spans = [(asked.first, asked.last) for asked in desk.site.asked]
    assert spans == [(date(2024, 7, 30), DAY), (date(2021, 9, 1), date(2022, 8, 6))]
    catalogue = desk.store.catalogue()
    assert catalogue is not None
    assert catalogue[SeriesKey("INDIA VIX", "price")] == ("2021-09-01", "2024-08-05", 764)  # every weekday


def test_an_unknown_name_is_told_with_the_nearest_one_and_holds_nobody_back(desk: Desk) -> None:
    with pytest.raises(ProviderError, match=r"NIFTY BNAK \(price\), 2024-01-01 to 2024-08-05: no rows: .*'NIFTY BANK'"):
        desk.update("NIFTY BNAK", "NIFTY 50", since="2024-01-01")
    assert len(desk.site.asked) == 6  # one for each kind of the unknown one, and three more
    assert last_value(desk, "NIFTY 50", "total") == 35646.37
    assert desk.store.retrieved("niftyindices.com", "NIFTY BNAK", "price") == []


def test_a_history_that_begins_late_and_one_without_valuation(desk: Desk) -> None:
    desk.site.no_valuation.add("NIFTY YOUNG")
    desk.update("NIFTY YOUNG", since="2016-01-01")
    catalogue = desk.store.catalogue()
    assert catalogue is not None
    assert {key.variant: span.first for key, span in catalogue.items()} == {
        "price": "2023-03-01",
        "total": "2023-03-01",
    }
    assert len(desk.site.asked) == 3 + 3 + 1  # two years and the empty one before them; no valuation at all
    assert any("2021-08-07 to 2022-08-06: no rows there" in line for line in desk.lines)


def test_an_empty_answer_amid_a_history_is_no_history(desk: Desk) -> None:
    desk.update("INDIA VIX", since="2008-03-03")
    kept = desk.store.retrieved("niftyindices.com", "INDIA VIX", "price")
    desk.now += timedelta(days=60)
    desk.site.fault = lambda _: Reply(b"[]")
    with pytest.raises(ProviderError, match="no rows, though older ones are stored"):
        desk.update("INDIA VIX", since="2008-03-03")
    assert desk.store.retrieved("niftyindices.com", "INDIA VIX", "price") == kept


def test_volumes_of_an_import_outlive_an_update(desk: Desk, tmp_path: Path) -> None:
    """The site has none; the row says whose they are, however often it is fetched. The site's close is used."""
    imported = tmp_path / "indices.csv"
    imported.write_text("date,index,variant,close,volume,source\n2024-08-05,NIFTY 50,PR,1,77,yahoo\n", "utf-8")
    desk.store.load(imported)
    for _ in range(2):
        desk.update("NIFTY 50", since="2024-08-01")
        assert last_value(desk, "NIFTY 50", "volume") == 77
        assert last_value(desk, "NIFTY 50", "price") == 24055.60
        assert desk.store.tables()[0].sources == ("niftyindices.com", "niftyindices.com; volume: yahoo")


def test_which_days_are_missing() -> None:
    def spans(*days: tuple[int, int]) -> list[Span]:
        return [Span(date(2024, 1, first), date(2024, 1, last)) for first, last in days]

    (wanted,) = spans((5, 20))
    assert missing(wanted, []) == [wanted]
    assert missing(wanted, spans((1, 31))) == []
    assert missing(wanted, spans((8, 9), (1, 5), (9, 12))) == spans((6, 7), (13, 20))
    assert missing(wanted, spans((20, 25), (25, 31))) == spans((5, 19))
    assert missing(wanted, spans((1, 3), (25, 31))) == [wanted]
    assert missing(wanted, [Span(date(2024, 1, 10), date(2024, 1, 9))]) == [wanted]  # nothing settled


def test_chunks_and_halves_are_all_the_days_once() -> None:
    whole = Span(date(2016, 1, 1), DAY)
    for parts in (chunks([whole], 365), halves(whole), [end for one in chunks([whole], 365) for end in halves(one)]):
        assert (parts[0].first, parts[-1].last) == whole
        assert all(after.first - before.last == timedelta(1) for before, after in itertools.pairwise(parts))
    assert {one.days for one in chunks([whole], 365)[1:]} == {365}


def test_which_histories_are_asked_for() -> None:
    jobs = jobs_for(None, date(2016, 1, 1), DAY)
    assert {job.name for job in jobs} == {name for name in index_facts() if not name.startswith("BSE ")}
    assert {job.kind for job in jobs if job.name == "INDIA VIX"} == {"price"}
    assert {job.since for job in jobs if job.name == "NIFTY INDIA DEFENCE"} == {date(2018, 4, 2)}  # its base date
    with pytest.raises(DataError, match="an index of BSE"):
        jobs_for(["bse sensex"], DAY, DAY)
    with pytest.raises(DataError, match="lies in the future"):
        Wish((), DAY + timedelta(1), DAY)
    with pytest.raises(DataError, match="cannot be the name of an index"):
        jobs_for(["X', 'name':'Y"], DAY, DAY)


def command(*arguments: str, url: str, store: Path) -> subprocess.CompletedProcess[str]:
    script = "from engine.cli import script; script()"
    env = {**os.environ, "BACKTEST_NIFTYINDICES_URL": url, "NO_PROXY": "127.0.0.1", "COLUMNS": "200"}
    start = [sys.executable, "-c", script, "data", "update", "--only", "niftyindices", "--store", str(store)]
    return subprocess.run([*start, *arguments], cwd=ROOT, capture_output=True, text=True, env=env, check=False)


@pytest.mark.process
def test_the_command(desk: Desk) -> None:
    """One request a second, in earnest: one chunk after the first visit."""
    desk.site.last = date.max  # the command reads the clock of this machine
    since = datetime.now(UTC).date() - timedelta(30)
    given = ("--since", str(since), "--series", "india vix")
    done = command(*given, url=desk.site.url, store=desk.store.path)
    assert done.returncode == 0, done.stderr
    assert "rows fetched, chunks: 1" in done.stdout
    assert done.stderr.startswith(f"niftyindices.com: INDIA VIX (price), {since} to ")
    desk.site.fault = lambda _: Reply(b"<html></html>")
    failed = command(*given, url=desk.site.url, store=desk.store.path)
    assert failed.returncode == 3
    assert failed.stdout == ""
    (line,) = failed.stderr.splitlines()
    assert line.startswith("error: niftyindices.com: INDIA VIX (price), 20")
    assert command("--since", "soon", url=desk.site.url, store=desk.store.path).returncode == 2
