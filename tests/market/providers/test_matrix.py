"""Every provider against every fault: one message, nothing half-written, and a later healthy run completes.

The first chunk is stored, then everything goes wrong, then all is well again.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from engine.errors import ProviderError
from engine.market.providers.daily import DailyFiles
from engine.market.providers.http import Limits
from engine.market.providers.roster import Name
from engine.market.store import Store
from tests.market.providers.bench import Bench
from tests.market.providers.site import Reply
from tests.market.providers.world import PAGE, Fault, turning

CHANGED = "changed columns"
MONTH_ROW = r"<tr><td>[A-Z][a-z]+( \*\*)?</td>.*?</tr>"
Contents = tuple[dict[str, list[Any]], list[Any]]
TRY = ("run the same command again", "look for a newer version", "check ", "import files", "wait ")


class Line(NamedTuple):
    """What is asked of a provider, how its messages begin, and faults of its own form."""

    series: tuple[str, ...]
    since: str | None
    says: str
    chunks: int  # that an update which goes on behind its first chunk has
    edits: dict[str, Callable[[str], str]]


def edited(old: str, new: str, times: int = 1) -> Callable[[str], str]:
    """A change that must change something."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, times)

    return change


def twice(text: str) -> str:
    """Every row once more, whatever the form."""
    if text.startswith("["):
        return json.dumps([row for row in json.loads(text) for _ in range(2)])
    if text.startswith("{"):
        whole = json.loads(text)
        result = whole["chart"]["result"][0]
        columns = result["indicators"]["quote"][0]
        for column in columns:
            columns[column] = [value for value in columns[column] for _ in range(2)]
        result["indicators"]["adjclose"][0]["adjclose"] = columns["close"]
        result["timestamp"] = [value for value in result["timestamp"] for _ in range(2)]
        return json.dumps(whole)
    if text.startswith("<"):
        return re.sub(MONTH_ROW, lambda row: row[0] * 2, text)
    header, *lines = text.splitlines()
    return "\n".join([header, *(line for line in lines for _ in range(2)), ""])


LINES: dict[Name, Line] = {
    Name.NIFTYINDICES: Line(
        ("INDIA VIX",), "2025-03-03", r"niftyindices.com: INDIA VIX \(price\)", 2,
        {
            "empty list": lambda _: "[]",
            "wrong types": edited('"CLOSE": "', '"CLOSE": ["x"], "was": "'),
            CHANGED: edited('"CLOSE"', '"Close"', 999),
        },
    ),
    Name.BSE: Line(
        ("BSE SENSEX",), "2010-01-01", r"bseindia.com: BSE SENSEX \(price\)", 2,
        {
            "empty list": lambda text: text.splitlines()[0],
            "wrong types": edited(".75,", "n/a,"),
            CHANGED: edited("Close", "Last"),
        },
    ),
    Name.DAILY: Line(
        (), "2026-09-24", r"NSE daily index file: all indices \(daily\)", 2,
        {
            "empty list": lambda text: text.splitlines()[0],
            "wrong types": edited(",19.56,", ",high,"),
            CHANGED: edited("Closing", "Final"),
        },
    ),
    Name.YAHOO: Line(
        ("NTPC", "GVT&D"), "2026-08-03", r"Yahoo: NTPC \(stock\)", 2,
        {
            "empty list": lambda _: '{"chart": {"result": [], "error": null}}',
            "wrong types": edited('"close": [', '"close": ["x", '),
            CHANGED: edited('"close"', '"last"'),
        },
    ),
    Name.FLOWS: Line(
        (), None, r"nseindia.com: FII and DII \(flows\)", 1,
        {
            "empty list": lambda _: "[]",
            "wrong types": edited('"150.5"', '{"a": 1}'),
            CHANGED: edited("netValue", "net", 2),
        },
    ),
    Name.FPI: Line(
        (), "2025-01-01", r"NSDL: FPI \(monthly\)", 2,
        {
            "empty list": lambda text: re.sub(MONTH_ROW, "", text),
            "wrong types": edited("<td>-3</td>", "<td>none</td>"),
            CHANGED: edited("<th>Equity</th>", "<th>Shares</th>"),
        },
    ),
}  # fmt: skip


def always(*reply: Any, **how: Any) -> Fault:
    return lambda _body: Reply(*reply, **how)


FAULTS: dict[str, Fault] = {
    "time-out": always(b"", hang=True),
    "reset mid-body": lambda body: Reply(body[: len(body) // 2], told_length=10**6),
    "403": always(b"<html>no</html>", 403),
    "429 with Retry-After": always(b"", 429, (("Retry-After", "7"),)),
    "500": always(b"<html>oh</html>", 500),
    "bot page": always(PAGE),
    "empty body": always(b""),
    "truncated": lambda body: Reply(body[: body.rindex(b",", 0, len(body) * 2 // 3) - 1]),
    "gzip garbage": always(b"this was never compressed", 200, (("Content-Encoding", "gzip"),)),
    "10 MB": always(b" " * (10 * 1024 * 1024 + 1)),
}
SAID = {
    "time-out": "no complete answer in time",
    "reset mid-body": "the connection failed",
    "403": "refused (HTTP 403)",
    "429 with Retry-After": "too many requests (HTTP 429), 4 times in a row",
    "bot page": "robot",
    "500": "the server failed (HTTP 500), 4 times in a row",
    "gzip garbage": "cannot be unpacked, 4 times in a row",
    "10 MB": "larger than 10 MB",
    CHANGED: "look for a newer version",
}
FORMS = ("empty list", "wrong types", "duplicated rows", CHANGED)
CLOCK = "clock moved back"

# What ends without a fault: the same rows at once, or an answer that says there is nothing (told, never remembered).
SAME = {(name, "duplicated rows") for name in Name if name is not Name.DAILY} | {(name, CLOCK) for name in Name} - {
    (Name.FLOWS, CLOCK)
}
TOLD = {(Name.NIFTYINDICES, "empty list"), (Name.BSE, "empty list")}


class Begun(NamedTuple):
    """A store after the first chunk, what is in it, and what a run without a fault makes of it."""

    path: Path
    before: Contents
    whole: dict[str, list[Any]]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Name], Begun]:
    """By provider; an update is stopped behind its first chunk, and a copy goes on."""
    found: dict[Name, Begun] = {}

    def stop(line: str) -> None:
        raise KeyboardInterrupt(line)

    def made(name: Name) -> Begun:
        if name not in found:
            path = tmp_path_factory.mktemp(name) / "market.duckdb"
            with turning() as world:
                bench = Bench(world, Store(path), tell=stop)
                if LINES[name].chunks > 1:
                    with pytest.raises(KeyboardInterrupt):
                        update(bench, name)
                before = contents(bench)
                other = Bench(world, copied(path, path.with_name("other.duckdb")))
                update(other, name)
            found[name] = Begun(path, before, other.rows())
            assert len(other.lines) == LINES[name].chunks
        return found[name]

    return made


def update(bench: Bench, name: Name) -> None:
    bench.update(name, *LINES[name].series, since=LINES[name].since)


def contents(bench: Bench) -> Contents:
    """Every row of data and every note of a retrieval."""
    if not bench.store.path.exists():
        return {}, []
    with duckdb.connect(str(bench.store.path), read_only=True) as connection:
        return bench.rows(), connection.execute("FROM retrievals ORDER BY ALL").fetchall()


def copied(path: Path, to: Path) -> Store:
    if path.exists():
        shutil.copy(path, to)
    return Store(to)


def fault_of(name: Name, fault: str) -> Fault | None:
    if fault == "duplicated rows":
        return lambda body: Reply(twice(body.decode()).encode())
    if fault in LINES[name].edits:
        return lambda body: Reply(LINES[name].edits[fault](body.decode()).encode())
    return FAULTS.get(fault)


@pytest.mark.parametrize("fault", [*FAULTS, *FORMS, CLOCK])
@pytest.mark.parametrize("name", list(Name))
def test_a_fault_is_one_message_and_changes_nothing(
    bench: Bench, begun: Callable[[Name], Begun], name: Name, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and notes are what they were, so that a later run is the one of `begun`, which completes; where no fault
    was seen, or only the clock was wrong, the later run is made here."""
    monkeypatch.setattr(DailyFiles, "cut", replace(DailyFiles.cut, holes=1))  # two sessions without a file are too many
    known, line = begun(name), LINES[name]
    bench.store = copied(known.path, bench.store.path)
    bench.world.fault = fault_of(name, fault)
    bench.behind = timedelta(days=3 if fault == CLOCK else 0)
    bench.limits = Limits(connect_s=0.02, read_s=0.05) if fault == "time-out" else Limits()
    message = ""
    try:
        update(bench, name)
    except ProviderError as error:
        message = str(error)
    if (name, fault) not in SAME | TOLD:
        assert re.match(rf"{line.says}, \d{{4}}-\d\d-\d\d( to \d{{4}}-\d\d-\d\d)?: ", message), message
        assert SAID.get(fault, "") in message
        assert any(word in message.lower() for word in TRY), message
        assert "\n" not in message
        assert len(message) < 900
    else:
        assert message == ""
    if (name, fault) in SAME:
        assert fault == CLOCK or bench.rows() == known.whole
        bench.world.fault, bench.behind = None, timedelta(0)
        update(bench, name)
        assert bench.rows() == known.whole
    else:
        assert contents(bench) == known.before
        assert (name, fault) not in TOLD or re.match(f"{line.says}, .*no rows there", bench.lines[-1])
