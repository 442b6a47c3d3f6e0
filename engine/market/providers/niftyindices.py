"""niftyindices.com, the site of NSE Indices: prices, total returns and valuations of any of its indices.

Requests and their parsing; what is asked for and where it is kept is `update`. The site publishes no rate limit: one
request at a time and at most one a second is what public clients do. Checked against recorded answers (INDEX_NAME,
HistoricalDate and so on are its own spelling); the live site may differ by the day.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import NamedTuple

from engine.errors import DataError, ProviderError, nearest
from engine.market.providers.http import BLOCKED, LATER, Client, Limits
from engine.market.providers.jugaad import Routes, niftyindices_routes
from engine.market.registry import index_facts

PROVIDER = "niftyindices.com"
BASE_VARIABLE = "BACKTEST_NIFTYINDICES_URL"
WARM_UP = "/reports/historical-data"

# The site knows total returns of strategy indices by a short code besides the name (jugaad-data's changelog).
SHORT_CODES = {"NIFTY MIDCAP150 MOMENTUM 50": "NIFTYM150MOMNTM50"}

_NUMBER = re.compile(r"[-+]?(\d[\d,]*)?\.?\d+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 &%:./()+-]*")  # goes between quotes into the request
_MISSING = ("", "-")

Row = dict[str, date | float | None]


class Kind(NamedTuple):
    """One kind of history: where it is stored and which field of an answer becomes which column."""

    name: str
    dataset: str
    variant: str  # of the dataset `indices`
    date_field: str
    name_fields: tuple[str, ...]
    fields: Mapping[str, str]  # column by field
    needed: tuple[str, ...]  # columns of which a row must have at least one to be kept
    positive: bool = True


_BAR = {"OPEN": "open", "HIGH": "high", "LOW": "low", "CLOSE": "close"}
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("price", "indices", "PR", "HistoricalDate", ("INDEX_NAME", "Index Name"), _BAR, ("close",)),
        # TotalReturnsIndex alone: NTR_Value is net of tax and there for three indices only, CLOSE is no total return.
        Kind("total", "indices", "TR", "Date", ("Index Name",), {"TotalReturnsIndex": "close"}, ("close",)),
        Kind(
            "valuation", "valuation", "", "DATE", ("Index Name",), {"pe": "pe", "pb": "pb", "divYield": "dy"},
            ("pe", "pb", "dy"), positive=False,
        ),
    )
}  # fmt: skip


class Span(NamedTuple):
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class Answer(NamedTuple):
    """The rows of one chunk, oldest first, and the answer they were read from."""

    rows: list[Row]
    body: bytes


class NiftyIndices:
    """The site behind one session; `base_url` or $BACKTEST_NIFTYINDICES_URL replace its address."""

    def __init__(self, client: Client, routes: Routes, base_url: str | None = None) -> None:
        self._client = client
        self._routes = routes
        self._base = (base_url or os.environ.get(BASE_VARIABLE) or routes.base_url).rstrip("/")
        self._warm = False

    def fetch(self, name: str, kind: Kind, span: Span) -> Answer:
        """One chunk of one history; no rows where the site has none or does not know the name. Raises ProviderError."""
        about = speaking_of(name, kind, span)
        self._warm_up()
        path: str = getattr(self._routes, kind.name)
        body = self._client.send("POST", self._base + path, about, request_body(name, kind, span))
        return Answer(parse(body, name, kind, span), body)

    def close(self) -> None:
        """Let go of the connection."""
        self._routes.session.close()

    def _warm_up(self) -> None:
        """Get the session's cookie, once, as a visitor's browser does; the requests tell whether it was missed."""
        if not self._warm:
            self._warm = True
            with suppress(ProviderError):
                self._client.once("GET", self._base + WARM_UP, f"{PROVIDER}: first visit")


def connect(base_url: str | None = None, limits: Limits | None = None) -> NiftyIndices:
    """The site, over the network."""
    routes = niftyindices_routes()
    return NiftyIndices(Client(routes.session, limits or Limits()), routes, base_url)


def speaking_of(name: str, kind: Kind, span: Span) -> str:
    """How every message begins."""
    return f"{PROVIDER}: {name} ({kind.name}), {span}"


def request_body(name: str, kind: Kind, span: Span) -> dict[str, str]:
    """The JSON of a request: its one value is a string that looks like a Python dict, never nested JSON."""
    if not _NAME.fullmatch(name):
        raise DataError(f"{name!r} cannot be the name of an index: letters, digits, spaces and & % : . / ( ) + - only")
    cinfo = {
        "name": SHORT_CODES.get(name, name) if kind.name == "total" else name,
        "startDate": f"{span.first:%d-%b-%Y}",
        "endDate": f"{span.last:%d-%b-%Y}",
        "indexName": name,
    }
    return {"cinfo": str(cinfo)}


def no_such_series(name: str, kind: Kind, span: Span) -> ProviderError:
    """What to say when the site has no row at all."""
    known = [index for index in index_facts() if index != name]
    hint = nearest(name, known)
    code = " Total returns of strategy indices need a short code this program may lack." if kind.name == "total" else ""
    return ProviderError(
        f"{speaking_of(name, kind, span)}: no rows: the site does not know an index of this name, or has nothing that "
        f"recent{hint or '.'}{code} Check the spelling on the site's historical data page, and --since"
    )


def parse(body: bytes, name: str, kind: Kind, span: Span) -> list[Row]:
    """The rows of an answer, oldest first, columns as in the store. Raises ProviderError for anything unforeseen."""
    about = speaking_of(name, kind, span)
    by_day: dict[date, Row] = {}
    for number, raw in enumerate(_listed(body, about), start=1):
        where = f"{about}: row {number} of the answer"
        row = _row(raw, name, kind, where)
        day = row["date"]
        if not isinstance(day, date) or not span.first <= day <= span.last:
            raise _strange(where, f"is of {day}, which was not asked for")
        if by_day.setdefault(day, row) != row:
            raise _strange(where, f"contradicts another one of {day}")
    kept = [by_day[day] for day in sorted(by_day) if any(by_day[day][column] is not None for column in kind.needed)]
    if by_day and not kept:
        raise _strange(f"{about}:", f"no row of the answer has a value of {', '.join(kind.fields)}")
    return kept


def _listed(body: bytes, about: str) -> list[object]:
    """The list an answer is, whatever its content type says: the site calls its JSON text/html."""
    text = body.decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")
    if text.startswith("<"):
        raise ProviderError(f"{about}: a web page came instead of data; {BLOCKED}")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProviderError(f"{about}: the answer ends too early or is no JSON ({len(body)} bytes); {LATER}") from error
    if not isinstance(found, list):
        raise _strange(f"{about}:", f"the answer is no list of rows but {_shown(found)}")
    return found


def _row(raw: object, name: str, kind: Kind, where: str) -> Row:
    if not isinstance(raw, dict):
        raise _strange(where, f"is {_shown(raw)}")
    for field in (kind.date_field, *kind.fields):
        if field not in raw:
            raise _strange(where, f"has no {field}; it has {_shown(', '.join(map(str, raw)))}")
    _check_name(raw, name, kind, where)
    row: Row = {"date": _day(raw[kind.date_field], kind.date_field, where)}
    for field, column in kind.fields.items():
        value = _number(raw[field], field, where)
        if value == 0 and column not in kind.needed and kind.positive:
            value = None  # no level is zero: a dash by another name
        if kind.positive and value is not None and value <= 0:
            raise _strange(where, f"has the {field} {_shown(raw[field])}, which is not above zero")
        row[column] = value
    return row


def _check_name(raw: Mapping[object, object], name: str, kind: Kind, where: str) -> None:
    """An answer about another index is no answer; spaces, signs and capitals may differ."""
    said = next((text for field in kind.name_fields if (text := raw.get(field))), None)
    if said is not None and _bare(str(said)) not in (_bare(name), _bare(SHORT_CODES.get(name, name))):
        raise _strange(where, f"is of {_shown(said)}, another index")


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _day(value: object, field: str, where: str) -> date:
    try:
        return datetime.strptime(str(value).strip(), "%d %b %Y").date()
    except ValueError as error:
        raise _strange(where, f"has the {field} {_shown(value)}, no day like '05 Aug 2024'") from error


def _number(value: object, field: str, where: str) -> float | None:
    """A number written as text, None for a dash."""
    text = value.strip() if isinstance(value, str) else value
    if text is None or text in _MISSING:
        return None
    if isinstance(text, str) and _NUMBER.fullmatch(text):
        text = float(text.replace(",", ""))
    if isinstance(text, int | float) and not isinstance(text, bool) and abs(text) < 1e15 and math.isfinite(text):
        return float(text)
    raise _strange(where, f"has the {field} {_shown(value)}, which is no number")


def _strange(where: str, what: str) -> ProviderError:
    return ProviderError(
        f"{where} {what}. The site may have changed: look for a newer version of this program, or import files with "
        "`backtest data import`; nothing of this chunk was stored"
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
