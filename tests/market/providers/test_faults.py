"""Whatever the site does, an update ends in one message, keeps what it had, and a later one completes."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import duckdb
import pytest

from engine.errors import ProviderError
from engine.market.keys import SeriesKey
from engine.market.providers.http import Client, Limits, TimedOutError
from engine.market.providers.jugaad import niftyindices_routes
from engine.market.providers.log import Retrieval, note
from engine.market.store import Store
from tests.market.providers.conftest import NOON, Desk
from tests.market.providers.site import Fault, Reply, Site, served

Rows = list[dict[str, Any]]
NAME = "INDIA VIX"  # nobody can hold it: its levels are all that is asked for
LATER = "run the same command again"
CHANGED = "the site may have changed"


def changed(change: Callable[[Rows], object]) -> Fault:
    return lambda rows: Reply(json.dumps(change(rows)).encode())


def status(code: int, *headers: tuple[str, str], body: bytes = b"<html>no</html>") -> Fault:
    return lambda _: Reply(body, code, headers)


def with_first(**values: object) -> Fault:
    return changed(lambda rows: [{**rows[0], **values}, *rows[1:]])


def half(rows: Rows) -> bytes:
    body = json.dumps(rows).encode()
    return body[: len(body) // 2]


PAGE = b"<!DOCTYPE html><html><head><title>Pardon our interruption</title></head></html>"


class Case(NamedTuple):
    """A fault, what the message must hold besides provider, series and chunk, and how often the chunk is asked for."""

    fault: Fault
    said: tuple[str, ...]
    asked: int = 1


FAULTS: dict[str, Case] = {
    "time-out": Case(lambda _: Reply(b"", hang=True), ("no complete answer in time", LATER), 6),
    "reset mid-body": Case(
        lambda rows: Reply(half(rows), told_length=10**6), ("the connection failed", "4 times in a row", LATER), 4
    ),
    "403": Case(status(403), ("refused (HTTP 403)", "home or office connection", "data import")),
    "429 with Retry-After": Case(status(429, ("Retry-After", "7")), ("too many requests (HTTP 429)", LATER), 4),
    "429 for too long": Case(status(429, ("Retry-After", "3600")), ("left alone for 3600 seconds", LATER)),
    "429 with nonsense": Case(status(429, ("Retry-After", "soon")), ("HTTP 429", LATER), 4),
    "429 until a day long past": Case(
        status(429, ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")), ("HTTP 429", "4 times in a row"), 4
    ),
    "429 for years": Case(status(429, ("Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT")), ("to be left alone for",)),
    "500": Case(status(500), ("the server failed (HTTP 500)", LATER), 4),
    "504": Case(status(504), ("no complete answer in time", LATER), 6),
    "moved": Case(status(302, ("Location", "https://elsewhere.example/")), ("HTTP 302 to https://elsewhere", "moved")),
    "404": Case(status(404), ("HTTP 404", "the site may have moved")),
    "bot page": Case(lambda _: Reply(PAGE), ("a web page came instead of data", "robot", "data import")),
    "empty body": Case(lambda _: Reply(b""), ("ends too early or is no JSON (0 bytes)", LATER)),
    "truncated JSON": Case(lambda rows: Reply(half(rows)), ("ends too early or is no JSON", LATER)),
    "no UTF-8": Case(lambda _: Reply(b"\xff\xfe\x00"), ("no JSON", LATER)),
    "deep JSON": Case(lambda _: Reply(b"[" * 200_000), ("no JSON", LATER)),
    "an object": Case(changed(lambda rows: {"d": rows}), ("no list of rows", CHANGED)),
    "rows of text": Case(changed(lambda _: ["a", "b"]), ("row 1 of the answer is 'a'", CHANGED)),
    "a list for a number": Case(with_first(CLOSE=[1]), ("has the CLOSE [1], which is no number", CHANGED)),
    "a word for a number": Case(with_first(CLOSE="n/a"), ("has the CLOSE 'n/a', which is no number", CHANGED)),
    "a truth for a number": Case(with_first(CLOSE=True), ("has the CLOSE True, which is no number", CHANGED)),
    "no finite number": Case(with_first(CLOSE=float("nan")), ("which is no number", CHANGED)),
    "zero": Case(with_first(CLOSE="0"), ("has the CLOSE '0', which is not above zero", CHANGED)),
    "a date of another form": Case(with_first(HistoricalDate="2024-08-05"), ("no day like '05 Aug 2024'", CHANGED)),
    "a date not asked for": Case(with_first(HistoricalDate="05 Aug 2019"), ("which was not asked for", CHANGED)),
    "another index": Case(with_first(INDEX_NAME="Nifty Bank"), ("is of 'Nifty Bank', another index", CHANGED)),
    "all missing": Case(
        changed(lambda rows: [{**one, "CLOSE": "-"} for one in rows]), ("no row of the answer has a value", CHANGED)
    ),
    "contradicting rows": Case(
        changed(lambda rows: [{**rows[0], "CLOSE": "1.5"}, *rows]), ("row 2 of the answer contradicts", CHANGED)
    ),
    "changed column names": Case(
        changed(lambda rows: [{key.title(): value for key, value in one.items()} for one in rows]),
        ("has no HistoricalDate; it has", CHANGED),
    ),
    "gzip garbage": Case(
        status(200, ("Content-Encoding", "gzip"), body=b"this was never compressed"), ("cannot be unpacked", LATER), 4
    ),
    "10 MB": Case(
        lambda _: Reply(b"[" + b" " * 10 * 1024 * 1024 + b"]"), ("larger than 10 MB", "run the same command again")
    ),
}  # fmt: skip


def stored(store: Store) -> list[tuple[Any, ...]]:
    """All rows; when each was retrieved is left out."""
    with duckdb.connect(str(store.path), read_only=True) as connection:
        return connection.execute("SELECT * EXCLUDE (retrieved) FROM indices ORDER BY ALL").fetchall()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What a healthy update stores."""
    with served() as site:
        healthy = Desk(site, Store(tmp_path_factory.mktemp("healthy") / "market.duckdb"))
        healthy.update(NAME)
    return stored(healthy.store)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_message_and_a_later_run_completes(desk: Desk, whole: list[tuple[Any, ...]], name: str) -> None:
    """The first chunk is answered, then everything goes wrong, then all is well again."""
    case, site = FAULTS[name], desk.site
    site.fault, site.faulty = case.fault, lambda number, _: number > 1
    desk.limits = Limits(read_s=0.2 if name == "time-out" else 30.0)
    with pytest.raises(ProviderError) as failed:
        desk.update(NAME)
    message = str(failed.value)
    assert re.match(r"niftyindices.com: INDIA VIX \(price\), \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d: ", message)
    assert "\n" not in message
    assert all(part.lower() in message.lower() for part in case.said), message
    assert len(site.asked) == 1 + case.asked
    (first,) = desk.store.retrieved("niftyindices.com", NAME, "price")
    assert first == (date(2023, 8, 7), date(2024, 7, 29))  # the last seven days are not settled

    site.fault, desk.limits = None, Limits()
    site.asked.clear()
    desk.update(NAME)
    assert stored(desk.store) == whole
    assert not [one for one in site.asked if one.first <= first[1] and one.last >= first[0]]  # never fetched again


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_once_leaves_no_store(desk: Desk, name: str) -> None:
    desk.site.fault = FAULTS[name].fault
    desk.limits = Limits(read_s=0.05 if name == "time-out" else 30.0)
    with pytest.raises(ProviderError):
        desk.update(NAME, since="2024-08-01")
    assert not desk.store.path.exists()


@pytest.mark.parametrize("name", ["reset mid-body", "429 with Retry-After", "500", "gzip garbage"])
def test_what_passes_is_asked_again(desk: Desk, whole: list[tuple[Any, ...]], name: str) -> None:
    """Three failures in a row are not the end; the pauses grow and are those the server asks for where it does."""
    desk.site.fault, desk.site.faulty = FAULTS[name].fault, lambda number, _: 2 <= number <= 4
    desk.update(NAME)
    assert stored(desk.store) == whole
    waits = [pause for pause in desk.pauses if pause > desk.limits.pause_s or name.startswith("429")]
    if name.startswith("429"):
        assert [pause for pause in waits if pause > desk.limits.pause_s] == [7.0, 7.0, pytest.approx(7.0, abs=1.0)]
    else:
        assert all(low <= wait <= high for wait, low, high in zip(waits, (1, 2, 4), (2, 4, 8), strict=True)), waits


def test_a_write_that_is_stopped_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped between the rows of the second chunk and the note that they were retrieved."""

    def stopped(connection: duckdb.DuckDBPyConnection, retrieval: Retrieval) -> None:
        if desk.lines:
            raise RuntimeError("Query interrupted")
        note(connection, retrieval)

    monkeypatch.setattr("engine.market.store.note", stopped)
    with pytest.raises(KeyboardInterrupt):
        desk.update(NAME)
    assert len(stored(desk.store)) == 261  # the first chunk's
    assert len(desk.store.retrieved("niftyindices.com", NAME, "price")) == 1


def test_a_library_without_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(s=SimpleNamespace(headers={}), path_map={}, base_url="")
    monkeypatch.setattr("engine.market.providers.jugaad.NSEIndexHistory", lambda: other)
    with pytest.raises(ProviderError, match="jugaad-data has no path 'index_history'; install the version"):
        niftyindices_routes()


def test_duplicated_rows_are_one(desk: Desk, whole: list[tuple[Any, ...]]) -> None:
    desk.site.fault = changed(lambda rows: [one for one in rows for _ in range(2)])
    desk.update(NAME)
    assert stored(desk.store) == whole


def test_a_dash_is_no_value(desk: Desk) -> None:
    """A row without its close is not stored; an open that is missing, or zero, is."""
    desk.site.fault = changed(lambda rows: [{**rows[0], "OPEN": "0"}, {**rows[1], "CLOSE": "-"}, *rows[2:]])
    desk.update(NAME, since="2024-07-31")
    bars = desk.store.bars([SeriesKey(NAME, "price")])[SeriesKey(NAME, "price")]
    assert [f"{day:%m-%d}" for day in bars.index] == ["07-31", "08-01", "08-05"]  # 2 August had no close
    assert bars["open"].isna().all()


def test_a_slow_year_is_asked_for_in_halves(desk: Desk, whole: list[tuple[Any, ...]]) -> None:
    desk.site.fault = lambda _: Reply(b"", hang=True)
    desk.site.faulty = lambda _, asked: (asked.last - asked.first).days > 200
    desk.limits = Limits(read_s=0.5)
    desk.update(NAME)
    assert stored(desk.store) == whole
    assert [(one.last - one.first).days + 1 for one in desk.site.asked] == [
        365,
        183,
        182,
        183,
        182,
        6,
    ]  # once too many, then never again


def test_a_trickle_is_too_late(site: Site) -> None:
    """Bytes keep coming, so that no silence is too long, but the answer takes longer than an answer may."""
    routes = niftyindices_routes()
    ticks = itertools.count(0.0, 20.0)  # each look at the clock is twenty seconds after the last one
    client = Client(routes.session, Limits(), lambda _: None, lambda: next(ticks))
    site.fault = lambda _: Reply(b"[" + b" " * 2 * 1024 * 1024 + b"]")
    body = {"cinfo": "{'indexName': 'A', 'startDate': '01-Jan-2024', 'endDate': '02-Jan-2024'}"}
    with closing(routes.session), pytest.raises(TimedOutError, match="this chunk: no complete answer in time"):
        client.send("POST", site.url + routes.price, "this chunk", body)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nowhere", "the address is none"),
        ("ftp://127.0.0.1/", "the address is none"),
        ("http://127.0.0.1:9", "the connection failed"),
        ("https://127.0.0.1:{port}", "the server's certificate|the connection failed"),
    ],
)
def test_an_address_that_leads_nowhere(desk: Desk, url: str, said: str) -> None:
    desk.site.url = url.format(port=desk.site.url.rpartition(":")[2])
    with pytest.raises(ProviderError, match=f"INDIA VIX .price., .*{said}"):
        desk.update(NAME)


def test_a_clock_that_was_moved_back(desk: Desk, whole: list[tuple[Any, ...]]) -> None:
    """What is stored counts whenever it was retrieved, and nothing after the day that the clock shows is asked for."""
    desk.update(NAME)
    desk.site.asked.clear()
    desk.now = datetime(2023, 1, 2, 12, tzinfo=UTC)
    assert desk.update(NAME).chunks == 0
    assert desk.site.asked == []
    assert stored(desk.store) == whole
    desk.now = NOON
    desk.update(NAME)
    assert {(one.first, one.last) for one in desk.site.asked} == {(date(2024, 7, 30), date(2024, 8, 5))}
    assert stored(desk.store) == whole


def test_a_clock_that_runs_ahead_hides_nothing(desk: Desk, whole: list[tuple[Any, ...]]) -> None:
    desk.now = datetime(2025, 3, 1, tzinfo=UTC)
    desk.update(NAME)
    desk.now = NOON
    desk.site.asked.clear()
    desk.update(NAME)
    assert stored(desk.store) == whole
    spans = desk.store.retrieved("niftyindices.com", NAME, "price")
    assert max(last for _, last in spans) == date(2024, 8, 5)  # the last row there was, not the day of the clock
