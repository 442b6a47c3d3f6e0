"""A loopback server that answers as niftyindices.com does, and goes wrong on demand.

Its answers are the recorded ones where a day was recorded (Nifty 50, 31 Jan and 5 Aug 2024), and made up on the other
weekdays; all have the recorded form: a list in `text/html`, newest row first, numbers as text, a date key per method.
"""

from __future__ import annotations

import ast
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

RECORDED: dict[tuple[str, date], dict[str, str]] = {
    ("getHistoricaldatatabletoString", date(2024, 8, 5)): {
        "OPEN": "24302.85", "HIGH": "24350.05", "LOW": "23893.7", "CLOSE": "24055.60",
    },
    ("getTotalReturnIndexString", date(2024, 1, 31)): {"TotalReturnsIndex": "31939.59", "NTR_Value": "28933.54"},
    ("getTotalReturnIndexString", date(2024, 8, 5)): {"TotalReturnsIndex": "35646.37", "NTR_Value": "32209.37"},
    ("getpepbHistoricaldataDBtoString", date(2024, 8, 5)): {"pe": "22.38", "pb": "4.05", "divYield": "1.22"},
}  # fmt: skip
DATE_KEYS = {
    "getHistoricaldatatabletoString": "HistoricalDate",
    "getTotalReturnIndexString": "Date",
    "getpepbHistoricaldataDBtoString": "DATE",
}
LAST = date(2024, 8, 5)


class Asked(NamedTuple):
    """One POST: the method, the name and the days asked for, and whether the session's cookie came with it."""

    method: str
    name: str
    first: date
    last: date
    cookie: bool


class Reply(NamedTuple):
    """What goes over the wire."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    told_length: int | None = None  # when another than the true one
    hang: bool = False  # say nothing until the test is over


Fault = Callable[[list[dict[str, Any]]], Reply]


class Site:
    """What the server knows (index: first day), what was asked of it, and when it goes wrong."""

    def __init__(self) -> None:
        self.begins = {"NIFTY 50": date(1990, 7, 3), "INDIA VIX": date(2008, 3, 3), "NIFTY YOUNG": date(2023, 3, 1)}
        self.no_valuation: set[str] = set()
        self.asked: list[Asked] = []
        self.fault: Fault | None = None
        self.faulty: Callable[[int, Asked], bool] = lambda _number, _asked: True
        self.last = LAST
        self.over = threading.Event()
        self.url = ""

    def reply(self, path: str, raw: bytes, cookie: bool) -> Reply:
        """The answer to one POST."""
        method = path.removeprefix("/BackPage/")
        cinfo = json.loads(raw)["cinfo"]
        if method not in DATE_KEYS or not isinstance(cinfo, str):  # nested JSON is rejected
            return Reply(b"<!DOCTYPE html><html>Not found</html>")
        info = ast.literal_eval(cinfo)
        first, last = (datetime.strptime(info[key], "%d-%b-%Y").date() for key in ("startDate", "endDate"))
        asked = Asked(method, info["indexName"], first, last, cookie)
        self.asked.append(asked)
        rows = self.rows(asked)
        if self.fault and self.faulty(len(self.asked), asked):
            return self.fault(rows)
        return Reply(json.dumps(rows).encode())

    def rows(self, asked: Asked) -> list[dict[str, Any]]:
        """Newest first; none of an unknown index or before its beginning."""
        begin = self.begins.get(asked.name, date.max)
        if asked.method.startswith("getpepb") and asked.name in self.no_valuation:
            return []
        days = [asked.last - timedelta(days=back) for back in range((asked.last - asked.first).days + 1)]
        return [row(asked.method, asked.name, day) for day in days if begin <= day <= self.last and day.weekday() < 5]


def row(method: str, name: str, day: date) -> dict[str, Any]:
    """One row as it was recorded, or as it might be."""
    told = f"{1000 + (day - date(1990, 1, 1)).days / 8:.2f}"
    values = {
        "getHistoricaldatatabletoString": {"OPEN": "-", "HIGH": "-", "LOW": "-", "CLOSE": told},
        "getTotalReturnIndexString": {"TotalReturnsIndex": told, "NTR_Value": "-"},
        "getpepbHistoricaldataDBtoString": {"pe": "20.5", "pb": "3.50", "divYield": "-"},
    }[method]
    if name == "NIFTY 50":
        values = RECORDED.get((method, day), values)
    title = name.title()
    names = {"Index Name": "", "INDEX_NAME": title} if method.startswith("getHist") else {"Index Name": title}
    return {"RequestNumber": "His639", **names, DATE_KEYS[method]: f"{day:%d %b %Y}", **values}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    site: Site

    def do_GET(self) -> None:
        known = self.path == "/reports/historical-data"
        self._send(Reply(b"<html></html>", 200 if known else 404, (("Set-Cookie", "visit=1; Path=/"),)))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(self.site.reply(self.path, raw, "visit=1" in self.headers.get("Cookie", "")))

    def _send(self, reply: Reply) -> None:
        if reply.hang:
            self.site.over.wait(10)
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        length = len(reply.body) if reply.told_length is None else reply.told_length
        self.send_header("Content-Length", str(length))
        for header in reply.headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = length != len(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def served() -> Iterator[Site]:
    """A site on a free port of this machine."""
    site = Site()
    handler = type("Handler", (_Handler,), {"site": site})
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        site.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield site
        finally:
            site.over.set()
            server.shutdown()
            thread.join()
