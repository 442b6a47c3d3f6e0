"""Every provider against every fault: one message, nothing half-written, and a later healthy run completes.

The first chunk is answered, then everything goes wrong, then all is well again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from engine.errors import ProviderError
from engine.market.providers.daily import DailyFiles
from engine.market.providers.http import Limits
from engine.market.providers.roster import Name
from engine.market.store import Store
from tests.market.providers.bench import Bench
from tests.market.providers.site import Reply
from tests.market.providers.world import PAGE, Fault, turning

MONTH_ROW = r"<tr><td>[A-Z][a-z]+( \*\*)?</td>.*?</tr>"
TRY = ("run the same command again", "look for a newer version", "check ", "import files", "wait ")


class Line(NamedTuple):
    """What is asked of a provider, how its messages begin, how many answers are healthy, and faults of its own form."""

    series: tuple[str, ...]
    since: str | None
    says: str
    healthy: int
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
        ("INDIA VIX",), "2025-03-03", r"niftyindices.com: INDIA VIX \(price\)", 1,
        {
            "empty list": lambda _: "[]",
            "wrong types": edited('"CLOSE": "', '"CLOSE": ["x"], "was": "'),
            "changed columns": edited('"CLOSE"', '"Close"', 999),
        },
    ),
    Name.BSE: Line(
        ("BSE SENSEX",), "2010-01-01", r"bseindia.com: BSE SENSEX \(price\)", 1,
        {
            "empty list": lambda text: text.splitlines()[0],
            "wrong types": edited(".75,", "n/a,"),
            "changed columns": edited("Close", "Last"),
        },
    ),
    Name.DAILY: Line(
        (), "2026-09-24", r"NSE daily index file: all indices \(daily\)", 1,
        {
            "empty list": lambda text: text.splitlines()[0],
            "wrong types": edited(",19.56,", ",high,"),
            "changed columns": edited("Closing", "Final"),
        },
    ),
    Name.YAHOO: Line(
        ("NTPC", "GVT&D"), "2026-08-03", r"Yahoo: GVT&D \(stock\)", 1,
        {
            "empty list": lambda _: '{"chart": {"result": [], "error": null}}',
            "wrong types": edited('"close": [', '"close": ["x", '),
            "changed columns": edited('"close"', '"last"'),
        },
    ),
    Name.FLOWS: Line(
        (), None, r"nseindia.com: FII and DII \(flows\)", 0,
        {
            "empty list": lambda _: "[]",
            "wrong types": edited('"150.5"', '{"a": 1}'),
            "changed columns": edited("netValue", "net", 2),
        },
    ),
    Name.FPI: Line(
        (), "2025-01-01", r"NSDL: FPI \(monthly\)", 1,
        {
            "empty list": lambda text: re.sub(MONTH_ROW, "", text),
            "wrong types": edited("<td>-3</td>", "<td>none</td>"),
            "changed columns": edited("<th>Equity</th>", "<th>Shares</th>"),
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
FORMS = ("empty list", "wrong types", "duplicated rows", "changed columns")
CLOCK = "clock moved back"

# What ends without a fault: the same rows at once, or an answer that says there is nothing (told, never remembered).
SAME = {(name, "duplicated rows") for name in Name if name is not Name.DAILY} | {(name, CLOCK) for name in Name} - {
    (Name.FLOWS, CLOCK)
}
TOLD = {(Name.NIFTYINDICES, "empty list"), (Name.BSE, "empty list")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Name], dict[str, list[Any]]]:
    """What a run without a fault stores, by provider."""
    found: dict[Name, dict[str, list[Any]]] = {}

    def healthy(name: Name) -> dict[str, list[Any]]:
        if name not in found:
            with turning() as world:
                bench = Bench(world, Store(tmp_path_factory.mktemp(name) / "market.duckdb"))
                bench.update(name, *LINES[name].series, since=LINES[name].since)
                found[name] = bench.rows()
        return found[name]

    return healthy


def fault_of(name: Name, fault: str) -> Fault | None:
    if fault == "duplicated rows":
        return lambda body: Reply(twice(body.decode()).encode())
    if fault in LINES[name].edits:
        return lambda body: Reply(LINES[name].edits[fault](body.decode()).encode())
    return FAULTS.get(fault)


@pytest.mark.parametrize("fault", [*FAULTS, *FORMS, CLOCK])
@pytest.mark.parametrize("name", list(Name))
def test_a_fault_is_one_message_and_a_later_run_completes(
    bench: Bench,
    whole: Callable[[Name], dict[str, list[Any]]],
    name: Name,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DailyFiles, "cut", replace(DailyFiles.cut, holes=1))  # two sessions without a file are too many
    line, world = LINES[name], bench.world
    expected = whole(name)
    world.fault, world.faulty = fault_of(name, fault), lambda number: number > line.healthy
    if fault == CLOCK:
        bench.behind = timedelta(days=3)
    if fault == "time-out":
        bench.limits = Limits(connect_s=0.02, read_s=0.05)
    message = ""
    try:
        bench.update(name, *line.series, since=line.since)
    except ProviderError as error:
        message = str(error)
    if (name, fault) in SAME:
        assert message == ""
    elif (name, fault) in TOLD:
        assert message == ""
        assert re.match(f"{line.says}, .*no rows there", bench.lines[-1])
    else:
        assert re.match(rf"{line.says}, \d{{4}}-\d\d-\d\d( to \d{{4}}-\d\d-\d\d)?: ", message), message
        assert any(word in message.lower() for word in TRY), message
        assert "\n" not in message
        assert len(message) < 900
    half = bench.rows()
    assert all(set(rows) <= set(expected[table]) for table, rows in half.items()) or fault == CLOCK
    if (name, fault) in SAME and fault != CLOCK:
        assert half == expected
    elif line.healthy and fault != CLOCK:
        assert half != {}
        assert half != expected
    elif not line.healthy:
        assert not bench.store.path.exists()

    world.fault, bench.behind, bench.limits = None, timedelta(0), Limits()
    bench.update(name, *line.series, since=line.since)
    assert bench.rows() == expected
