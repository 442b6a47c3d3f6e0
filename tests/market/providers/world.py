"""A loopback server that answers as each provider's does, and goes wrong on demand.

Forms are the documented ones. Figures are recorded where a day or a month was (see `RECORDED`) and made up elsewhere.
"""

from __future__ import annotations

import json
import threading
from calendar import month_name, monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from engine.market.calendar import nse_sessions
from tests.market.providers.site import Reply, Server, Site

DAY = timedelta(1)
RECORDED_FLOWS = (
    '[{"buyValue":"19885.8","category":"DII","date":"31-Jul-2026","netValue":"2260.37","sellValue":"17625.43"},'
    '{"buyValue":"19045.51","category":"FII/FPI","date":"31-Jul-2026","netValue":"277.48","sellValue":"18768.03"}]'
)
DAILY_HEADER = (
    "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index Value,Points Change,"
    "Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield"
)
RECORDED_DAILY = {
    date(2026, 9, 25): "Nifty 50,25-09-2026,23035,23162.7,23020.95,23140.5,77.4,.34,242720711,18949.25,19.56,2.8,1.22"
}
RECORDED_FPI = {(2026, 1): -35962, (2026, 2): 22615, (2026, 3): -117775, (2026, 4): -60847}  # equity, Rs crore
FORM = (
    '<input type="hidden" name="__VIEWSTATE" value="state-{year}"/>'
    '<input type="hidden" name="__EVENTVALIDATION" value="v"/>'
)
BSE_LIST = [{"shortalias": "BSE SENSEX", "Indx_cd": "16"}, {"shortalias": "BSE POWER ", "Indx_cd": "81"}]
PAGE = b"<!DOCTYPE html><html><head><title>Pardon our interruption</title></head></html>"

Fault = Callable[[bytes], Reply]


class Ask(NamedTuple):
    """One request for data: where, with which parameters or form, and whether the cookie came with it."""

    path: str
    query: dict[str, str]
    form: dict[str, str]
    cookie: bool
    headers: dict[str, str]


class World:
    """What the server knows, what was asked of it, and when it goes wrong."""

    def __init__(self) -> None:
        self.today = date(2026, 9, 28)  # a Monday; the last day of which anything is known
        self.asked: list[Ask] = []
        self.fault: Fault | None = None
        self.faulty: Callable[[int], bool] = lambda _number: True
        self.lacking: set[date] = set()  # sessions without a daily file
        self.moved: set[date] = set()  # of which the second site has the file
        self.dead: set[str] = set()  # symbols that Yahoo does not know
        self.empty: set[str] = set()  # symbols without a day
        self.splits: dict[str, dict[date, tuple[int, int]]] = {}
        self.dividends: dict[str, dict[date, float]] = {}
        self.jumps: dict[str, dict[date, float]] = {}  # factors from a day on, whatever Yahoo records
        self.flows = self._flows
        self.over = threading.Event()
        self.site = Site()  # niftyindices.com
        self.site.last = self.today
        self.url = ""

    def reply(self, ask: Ask, raw: bytes) -> Reply:
        """The answer to one request, in order or not."""
        self.asked.append(ask)
        good = self.answer(ask, raw)
        if self.fault and self.faulty(len(self.asked)) and good.status == 200:
            return self.fault(good.body)
        return good

    def answer(self, ask: Ask, raw: bytes) -> Reply:
        """As the providers answer when all is well."""
        if ask.path.startswith("/BackPage/"):
            return self.site.reply(ask.path, raw, ask.cookie)
        if "/ind_close_all_" in ask.path:
            return self._daily(ask.path)
        if ask.path.startswith("/v8/finance/chart/"):
            return self._chart(unquote(ask.path.rpartition("/")[2]), ask.query)
        texts: dict[str, Callable[[], str]] = {
            "/BseIndiaAPI/api/FillddlIndex/w": lambda: json.dumps({"Table": BSE_LIST}),
            "/BseIndiaAPI/api/ProduceCSVForDate/w": lambda: self._bse(ask),
            "/BseIndiaAPI/api/ProduceCSVForDatePAR/w": lambda: self._bse(ask),
            "/api/fiidiiTradeReact": self.flows,
            "/web/Reports/Yearwise.aspx": lambda: self.fpi(int(ask.form.get("ddl", self.today.year))),
        }
        text = texts.get(ask.path)
        return Reply(text().encode()) if text else Reply(b"<html>not here</html>", 404)

    def _bse(self, ask: Ask) -> str:
        """A header and a line for each Wednesday, oldest first; a page where the referer is missing."""
        if ask.headers.get("Referer") != "https://www.bseindia.com/":
            return "<!DOCTYPE html><html>no</html>"
        first, last = (datetime.strptime(ask.query[key], "%d/%m/%Y").date() for key in ("dtFromDate", "dtToDate"))
        base = {"SENSEX": 20_000, "81": 2_000}[ask.query["strIndex"]]
        days = [first + n * DAY for n in range((min(last, self.today) - first).days + 1)]
        lines = ["Date,Open,High,Low,Close"]
        for on in (on for on in days if on.weekday() == 2):
            close = base + on.toordinal() % 997
            lines.append(f"{on.day}-{on:%B-%Y},{close - 5}.25,{close + 10}.50,{close - 20}.00,{close}.75,")
        return "\n".join(lines) + "\n"

    def _flows(self) -> str:
        on = f"{self.today:%d-%b-%Y}"
        row = {"buyValue": "150.5", "sellValue": "100.25", "netValue": "50.25", "date": on}
        return json.dumps([{**row, "category": "DII **"}, {**row, "category": "FII/FPI *"}])

    def _daily(self, path: str) -> Reply:
        text = path.rpartition("_")[2].removesuffix(".csv")
        on = datetime.strptime(text, "%d%m%Y").date()
        second = path.startswith("/Daily_Snapshot/")
        if on in self.lacking or (on in self.moved and not second) or on not in set(nse_sessions(on, on).tolist()):
            return Reply(PAGE) if second else Reply(b"no", 404)
        level = 20_000 + on.toordinal() % 997
        fifty = f"Nifty 50,{on:%d-%m-%Y},{level},{level + 9},{level - 9},{level}.5,1,.34,1000,1.5,19.56,2.8,1.22"
        new = f"Nifty Sugar & Ethanol,{on:%d-%m-%Y},-,-,-,2864.73,154.78,5.71,405949718,3965.22,28.98,2.59,.42"
        return Reply("\n".join([DAILY_HEADER, RECORDED_DAILY.get(on, fifty), new, ""]).encode())

    def fpi(self, year: int) -> str:
        """The page of a year as it is since 2024: debt in three columns, five of mutual funds, a month that runs."""

        def options(values: list[int]) -> str:
            return "".join(f'<option {"selected" * (one == year)} value="{one}">{one}</option>' for one in values)

        lines = []
        for month in range(1, 13 if year < self.today.year else self.today.month + 1):
            running = date(year, month, monthrange(year, month)[1]) >= self.today
            equity = RECORDED_FPI.get((year, month), 100 * month - year)
            figures = [equity, 10 * month, 5, -3, 7, 1, 2, 0, 0, 0, 4]
            lines.append([month_name[month] + " **" * running, *figures, sum(figures)])
        cells = "".join(
            f"<tr>{''.join(f'<td>{cell:,}</td>' if isinstance(cell, int) else f'<td>{cell}</td>' for cell in one)}</tr>"
            for one in lines
        )
        second = "".join(f"<th>{name}</th>" for name in ("Equity", "Debt", "Hybrid", "Solution Oriented", "Other"))
        return (
            f"<!DOCTYPE html><html><body><form>{FORM.format(year=year)}"
            f'<select name="ddl">{options([*range(2002, self.today.year + 1)])}</select>'
            '<select name="ddlCurr"><option value="INR" selected="selected">INR</option>'
            f'<option value="USD">USD</option></select></form>'
            f"<table><tr><td>FPI Net Investments - Calendar Year - {year}</td></tr></table>"
            '<table><tr><th rowspan="2">Month</th><th>Equity</th><th>Debt-General Limit</th><th>Debt-VRR</th>'
            '<th>Debt-FAR</th><th>Hybrid</th><th colspan="5">Mutual Funds</th><th>AIF</th><th>Total</th></tr>'
            f"<tr>{second}</tr>{cells}<tr><td>Total - {year}</td><td>1</td></tr></table></body></html>"
        )

    def _chart(self, symbol: str, query: dict[str, str]) -> Reply:
        """Days between the periods, splits and dividends; 404 with a JSON for a symbol that is not known."""
        if symbol in self.dead:
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return Reply(json.dumps({"chart": {"result": None, "error": error}}).encode(), 404)
        first, last = (datetime.fromtimestamp(int(query[key]) + 19_800, UTC).date() for key in ("period1", "period2"))
        days = [] if symbol in self.empty else nse_sessions(first, min(last - DAY, self.today)).tolist()
        return Reply(json.dumps({"chart": {"result": [self._result(symbol, days)], "error": None}}).encode())

    def _result(self, symbol: str, days: list[date]) -> dict[str, Any]:
        kind = "INDEX" if symbol.startswith("^") else "EQUITY"
        meta = {
            "currency": "INR", "symbol": symbol, "instrumentType": kind, "exchangeTimezoneName": "Asia/Kolkata",
            "gmtoffset": 19800, "timezone": "IST", "validRanges": ["1d", "max"], "dataGranularity": "1d",
            "regularMarketTime": stamp(self.today), "priceHint": 2,
        }  # fmt: skip
        if not days:
            return {"meta": meta, "indicators": {"quote": [{}]}}
        quote: dict[str, list[float | int]] = {field: [] for field in ("open", "high", "low", "close", "volume")}
        for on in days:
            close = 100.0 + on.toordinal() % 7
            for begin, factor in self.jumps.get(symbol, {}).items():
                close = close * factor if on >= begin else close
            for field, value in zip(quote, (close - 0.5, close + 2, close - 2, close, 1000), strict=True):
                quote[field].append(value)
        events: dict[str, dict[str, dict[str, Any]]] = {}
        for on, (new, old) in self.splits.get(symbol, {}).items():
            one = {"date": stamp(on), "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
            events.setdefault("splits", {})[str(stamp(on))] = one
        for on, rupees in self.dividends.get(symbol, {}).items():
            events.setdefault("dividends", {})[str(stamp(on))] = {"date": stamp(on), "amount": rupees}
        indicators = {"quote": [quote], "adjclose": [{"adjclose": quote["close"]}]}
        return {"meta": meta, "timestamp": [stamp(on) for on in days], "events": events, "indicators": indicators}


def stamp(on: date) -> int:
    """The opening of a session, 09:15 in India, in seconds."""
    return int(datetime(on.year, on.month, on.day, 3, 45, tzinfo=UTC).timestamp())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    world: World

    def do_GET(self) -> None:
        if self.path in ("/reports/historical-data", "/reports/fii-dii"):
            self._send(Reply(b"<html></html>", 200, (("Set-Cookie", "visit=1; Path=/"),)))
        else:
            self._send(self.world.reply(self._ask({}), b""))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        form = parse_qs(raw.decode()) if "form" in self.headers.get("Content-Type", "") else {}
        self._send(self.world.reply(self._ask({key: values[0] for key, values in form.items()}), raw))

    def _ask(self, form: dict[str, str]) -> Ask:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return Ask(parts.path, query, form, "visit=1" in self.headers.get("Cookie", ""), dict(self.headers.items()))

    def _send(self, reply: Reply) -> None:
        if reply.hang:
            self.world.over.wait(10)
            self.close_connection = True
            return
        self.send_response(reply.status)
        length = len(reply.body) if reply.told_length is None else reply.told_length
        self.send_header("Content-Length", str(length))
        for header in reply.headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = length != len(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


@contextmanager
def turning() -> Iterator[World]:
    """A world on a free port of this machine."""
    world = World()
    handler = type("Handler", (_Handler,), {"world": world})
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        world.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield world
        finally:
            world.over.set()
            server.shutdown()
            thread.join()
