"""bseindia.com, the site of BSE: price histories of its indices, one request for years of one index.

It has no total returns: its series are price indices and said to be. The site answers 200 with a web page when it has
nothing or refuses; a code it does not know has been seen answered with the Sensex, so codes are never guessed: the
short list below is documented, every other one is looked up in the site's own list of indices.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from engine.errors import DataError, ProviderError, unknown
from engine.market.files.numbers import level
from engine.market.files.table import Grid, Line, bare, read_table
from engine.market.keys import SeriesKey
from engine.market.providers.answers import fields_of, json_of, reading, refuse_page, shown, strange
from engine.market.providers.http import Client, Limits, browser_session
from engine.market.providers.provider import DAY, Answer, Cut, Job, Row, Span, Wish, by_days, speaking_of
from engine.market.registry import index_facts

PROVIDER = "bseindia.com"
BASE_VARIABLE = "BACKTEST_BSE_URL"
BASE_URL = "https://api.bseindia.com"
REFERER = "https://www.bseindia.com/"
HISTORY = "/BseIndiaAPI/api/ProduceCSVForDate/w"
HISTORY_BY_CODE = "/BseIndiaAPI/api/ProduceCSVForDatePAR/w"  # takes the codes of the list of indices
LIST = "/BseIndiaAPI/api/FillddlIndex/w?fmdt=&todt="
CHUNK_DAYS = 3653
SHORTEST_DAYS = 60

CODES = {"BSE SENSEX": "SENSEX", "BSE 100": "BSE100", "BSE 200": "BSE200", "BSE 500": "BSE500"}
BY_ITSELF = ("BSE SENSEX", "BSE POWER")  # the benchmark of BSE, and the only long history of power companies alone
HEADER = {"date": "Date", "open": "Open", "high": "High", "low": "Low", "close": "Close"}
_DAYS = ("%d-%B-%Y", "%d-%b-%Y", "%d/%m/%Y")


class Bse:
    """The site behind one session; `base_url` or $BACKTEST_BSE_URL replace its address."""

    name = PROVIDER
    cut = Cut(by_days(CHUNK_DAYS), SHORTEST_DAYS)
    expects = frozenset(HEADER.values())

    def __init__(self, client: Client, base_url: str | None = None) -> None:
        self.client = client
        self._base = (base_url or os.environ.get(BASE_VARIABLE) or BASE_URL).rstrip("/")
        self._listed: dict[str, str] | None = None
        self._closes: dict[str, dict[date, float]] = {}

    def jobs(self, wish: Wish) -> list[Job]:
        """Prices of some indices, else of the Sensex and of BSE Power. Raises DataError for one that is not BSE's."""
        jobs = []
        for name in dict.fromkeys(" ".join(name.upper().split()) for name in wish.names or BY_ITSELF):
            if not name.startswith(("BSE ", "SENSEX")):
                raise DataError(f"{name} is no index of BSE: they are called BSE SENSEX, BSE POWER and so on")
            full = name if name.startswith("BSE ") else f"BSE {name}"
            known = index_facts().get(full)
            base = (known.base_date if known else None) or date.min
            begins = max(wish.since, base) if wish.since else None
            jobs.append(Job(full, "price", begins, PROVIDER, SeriesKey(full, "price"), base))
        return jobs

    def fetch(self, job: Job, span: Span) -> Answer:
        """One chunk of one history; no rows where the site has none. Raises ProviderError."""
        about = speaking_of(PROVIDER, job, span)
        path, code = (HISTORY, CODES[job.name]) if job.name in CODES else (HISTORY_BY_CODE, self._code(job, about))
        asked = {"strIndex": code, "dtFromDate": f"{span.first:%d/%m/%Y}", "dtToDate": f"{span.last:%d/%m/%Y}"}
        query = urlencode({**asked, "period": "D"}, safe="/")
        body = self.client.send("GET", f"{self._base}{path}?{query}", about)
        rows = parse(body, job.name, span, about)
        self._refuse_another(job.name, rows, about)
        return Answer({"indices": rows}, body)

    def no_such_series(self, job: Job, span: Span) -> ProviderError:
        """A header without a row."""
        return ProviderError(
            f"{speaking_of(PROVIDER, job, span)}: no rows: the site has nothing of this index that recent; check its "
            "name on the site's page of index archives, and --since"
        )

    def probe(self, today: date) -> tuple[Job, Span]:
        """The last days of the Sensex."""
        return Job("BSE SENSEX", "price", today, PROVIDER), Span(today - 10 * DAY, today)

    def close(self) -> None:
        """Let go of the connection."""
        self.client.session.close()

    def _code(self, job: Job, about: str) -> str:
        """What the site calls an index, from its own list, fetched once."""
        if self._listed is None:
            self._listed = codes_of(self.client.send("GET", self._base + LIST, f"{about}: list of indices"), about)
        for name in (bare(job.name), bare(job.name.removeprefix("BSE "))):
            for listed, code in self._listed.items():
                if bare(listed).removeprefix("sp") == name:
                    return code
        raise ProviderError(f"{about}: {unknown('index of BSE', job.name, self._listed)}")

    def _refuse_another(self, name: str, rows: Sequence[Row], about: str) -> None:
        """Two indices do not close alike on three days: one of the answers is about the other."""
        closes = {
            on: value
            for row in rows
            if isinstance(on := row["date"], date) and isinstance(value := row["close"], float)
        }
        for other, theirs in self._closes.items():
            common = closes.keys() & theirs.keys()
            if other != name and len(common) >= 3 and all(closes[on] == theirs[on] for on in common):
                raise strange(f"{about}:", f"the closes are those of {other}, another index")
        self._closes.setdefault(name, {}).update(closes)


def connect(base_url: str | None = None, limits: Limits | None = None) -> Bse:
    """The site, over the network."""
    return Bse(Client(browser_session(REFERER), limits or Limits()), base_url)


def codes_of(body: bytes, about: str) -> dict[str, str]:
    """The site's list of indices: code by name. Raises ProviderError."""
    whole = fields_of(json_of(body, about), ("Table",), f"{about}: the list of indices")
    table = whole["Table"]
    if not isinstance(table, list) or not table:
        raise strange(f"{about}: the list of indices", f"is {shown(table)}")
    rows = [fields_of(row, ("shortalias", "Indx_cd"), f"{about}: the list of indices") for row in table]
    return {str(row["shortalias"]): str(row["Indx_cd"]) for row in rows}


def parse(body: bytes, name: str, span: Span, about: str) -> list[Row]:
    """The rows of a CSV answer, oldest first. Raises ProviderError for whatever is not sound."""
    refuse_page(body, about)
    header, _, rest = body.strip().partition(b"\n")
    if header and not rest.strip():
        _columns(tuple(cell.strip() for cell in header.decode("utf-8", "replace").split(",")), about)
        return []
    with reading(about):
        table = read_table(body, "the answer")
        columns = _columns(table.header, about)
        by_day: dict[date, Row] = {}
        for line in table.lines:
            where = f"{about}: line {line.number} of the answer"
            row = _row(table, line, columns, where)
            on = row[0]
            if not span.first <= on <= span.last:
                raise strange(where, f"is of {on}, which was not asked for")
            if line is table.lines[-1] and not body.endswith((b"\n", b",")):
                _refuse_cut(row[1], where)
            if by_day.setdefault(on, row[1]) != row[1]:
                raise strange(where, f"contradicts another one of {on}")
    return [{"index": name, "variant": "PR", "date": on, **by_day[on]} for on in sorted(by_day)]


def _columns(header: Sequence[str], about: str) -> dict[str, int]:
    keys = [bare(cell) for cell in header]
    for key, called in HEADER.items():
        if key not in keys:
            raise strange(f"{about}:", f"the answer has no column {called}; it has {shown(', '.join(header))}")
    return {key: keys.index(key) for key in HEADER}


def _row(table: Grid, line: Line, columns: dict[str, int], where: str) -> tuple[date, Row]:
    """The day of a line and its bar; a zero that is not the close is a dash by another name."""
    on = _day(line.cells[columns["date"]], where)
    bar: Row = {}
    for key in ("open", "high", "low", "close"):
        text = line.cells[columns[key]]
        empty = key != "close" and text.strip("0.") == ""
        bar[key] = level("" if empty else text, f"{table.at(line)}: the {key}")
    if bar["close"] is None:
        raise strange(where, "has no close")
    return on, bar


def _refuse_cut(bar: Row, where: str) -> None:
    """The last line, when nothing shows that it is whole, has a close between its low and its high."""
    low, close, high = (value if isinstance(value := bar[key], float) else None for key in ("low", "close", "high"))
    if close is None or (low is not None and close < low) or (high is not None and close > high):
        raise strange(where, "is the last one and its close is not between low and high, as if the answer were cut off")


def _day(text: str, where: str) -> date:
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise strange(where, f"has the Date {shown(text)}, no day like '5-August-2024'")
