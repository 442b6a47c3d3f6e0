"""niftyindices.com, the site of NSE Indices: prices, total returns and valuations of any of its indices.

Requests and their parsing; what is asked for and where it is kept is `update`. The site publishes no rate limit: one
request at a time and at most one a second is what public clients do. Checked against recorded answers (INDEX_NAME,
HistoricalDate and so on are its own spelling); the live site may differ by the day.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from engine.errors import DataError, ProviderError, nearest
from engine.market.datasets import VARIANTS
from engine.market.keys import SeriesKey
from engine.market.providers.answers import day, fields_of, listed, number, shown, strange
from engine.market.providers.http import Client, Limits
from engine.market.providers.jugaad import Routes, niftyindices_routes
from engine.market.providers.provider import DAY, Answer, Cut, Job, Row, Span, Wish, by_days, speaking_of
from engine.market.registry import index_facts

PROVIDER = "niftyindices.com"
BASE_VARIABLE = "BACKTEST_NIFTYINDICES_URL"
WARM_UP = "/reports/historical-data"
CHUNK_DAYS = 365
SHORTEST_DAYS = 15  # a chunk this short may fall into days without sessions

# The site knows total returns of strategy indices by a short code besides the name (jugaad-data's changelog).
SHORT_CODES = {"NIFTY MIDCAP150 MOMENTUM 50": "NIFTYM150MOMNTM50"}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 &%:./()+-]*")  # goes between quotes into the request


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


class NiftyIndices:
    """The site behind one session; `base_url` or $BACKTEST_NIFTYINDICES_URL replace its address."""

    name = PROVIDER
    cut = Cut(by_days(CHUNK_DAYS), SHORTEST_DAYS)
    expects = frozenset(("RequestNumber", "Index Name", "INDEX_NAME", "HistoricalDate", *_BAR))

    def __init__(self, client: Client, routes: Routes, base_url: str | None = None) -> None:
        self.client = client
        self._routes = routes
        self._base = (base_url or os.environ.get(BASE_VARIABLE) or routes.base_url).rstrip("/")
        self._warm = False

    def jobs(self, wish: Wish) -> list[Job]:
        """See `jobs_for`."""
        return jobs_for(wish.names, wish.since, wish.today)

    def fetch(self, job: Job, span: Span) -> Answer:
        """One chunk of one history; no rows where the site has none or does not know the name. Raises ProviderError."""
        about, kind = speaking_of(PROVIDER, job, span), KINDS[job.kind]
        self._warm_up()
        path: str = getattr(self._routes, kind.name)
        body = self.client.send("POST", self._base + path, about, request_body(job.name, kind, span))
        named = {"index": job.name, **({"variant": kind.variant} if kind.variant else {})}
        return Answer({kind.dataset: [{**named, **row} for row in parse(body, job.name, kind, span)]}, body)

    def no_such_series(self, job: Job, span: Span) -> ProviderError:
        """The site answers an unknown name with an empty list."""
        hint = nearest(job.name, [index for index in index_facts() if index != job.name])
        code = " Total returns of strategy indices need a short code this program may lack." * (job.kind == "total")
        return ProviderError(
            f"{speaking_of(PROVIDER, job, span)}: no rows: the site does not know an index of this name, or has "
            f"nothing that recent{hint or '.'}{code} Check the spelling on the site's historical data page, and --since"
        )

    def probe(self, today: date) -> tuple[Job, Span]:
        """The last days of the Nifty 50."""
        return Job("NIFTY 50", "price", today, PROVIDER), Span(today - 10 * DAY, today)

    def close(self) -> None:
        """Let go of the connection."""
        self._routes.session.close()

    def _warm_up(self) -> None:
        """Get the session's cookie, once, as a visitor's browser does; the requests tell whether it was missed."""
        if not self._warm:
            self._warm = True
            with suppress(ProviderError):
                self.client.once("GET", self._base + WARM_UP, f"{PROVIDER}: first visit")


def connect(base_url: str | None = None, limits: Limits | None = None) -> NiftyIndices:
    """The site, over the network."""
    routes = niftyindices_routes()
    return NiftyIndices(Client(routes.session, limits or Limits()), routes, base_url)


def jobs_for(names: Sequence[str] | None, since: date | None, today: date) -> list[Job]:
    """Every kind of history of some indices, else of the indices of NSE that are described here, since a day.

    An index nobody can hold has levels alone. Raises DataError for what cannot be asked for.
    """
    facts = index_facts()
    spelled = {name.upper(): name for name in facts}
    chosen = [spelled.get(asked, asked) for name in names or () if (asked := " ".join(name.upper().split()))]
    jobs = []
    for name in dict.fromkeys(chosen or [name for name in facts if not name.startswith("BSE ")]):
        known = facts.get(name)
        if name.startswith("BSE "):
            raise DataError(f"{name} is an index of BSE, which {PROVIDER} does not have")
        base = (known.base_date if known else None) or date.min
        begins = max(since, base) if since else None
        for kind in KINDS.values() if known is None or known.tradable else [KINDS["price"]]:
            request_body(name, kind, Span(today, today))  # a name that cannot be asked for, before anything is
            held = SeriesKey(name, VARIANTS.get(kind.variant, "pe"))
            beside = "price" if kind.name == "valuation" else ""
            jobs.append(Job(name, kind.name, begins, PROVIDER, held, base, beside))
    return jobs


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


def parse(body: bytes, name: str, kind: Kind, span: Span) -> list[Row]:
    """The rows of an answer, oldest first, columns as in the store. Raises ProviderError for anything unforeseen."""
    about = speaking_of(PROVIDER, Job(name, kind.name, None, PROVIDER), span)
    by_day: dict[date, Row] = {}
    for place, raw in enumerate(listed(body, about), start=1):
        where = f"{about}: row {place} of the answer"
        on, row = _row(raw, name, kind, where)
        if not span.first <= on <= span.last:
            raise strange(where, f"is of {on}, which was not asked for")
        if by_day.setdefault(on, row) != row:
            raise strange(where, f"contradicts another one of {on}")
    kept = [by_day[on] for on in sorted(by_day) if any(by_day[on][column] is not None for column in kind.needed)]
    if by_day and not kept:
        raise strange(f"{about}:", f"no row of the answer has a value of {', '.join(kind.fields)}")
    return kept


def _row(raw: object, name: str, kind: Kind, where: str) -> tuple[date, Row]:
    fields = fields_of(raw, (kind.date_field, *kind.fields), where)
    _check_name(fields, name, kind, where)
    on = day(fields[kind.date_field], kind.date_field, where, "%d %b %Y", "05 Aug 2024")
    row: Row = {"date": on}
    for field, column in kind.fields.items():
        value = number(fields[field], field, where)
        if value == 0 and column not in kind.needed and kind.positive:
            value = None  # no level is zero: a dash by another name
        if kind.positive and value is not None and value <= 0:
            raise strange(where, f"has the {field} {shown(fields[field])}, which is not above zero")
        row[column] = value
    return on, row


def _check_name(raw: Mapping[str, object], name: str, kind: Kind, where: str) -> None:
    """An answer about another index is no answer; spaces, signs and capitals may differ."""
    said = next((text for field in kind.name_fields if (text := raw.get(field))), None)
    if said is not None and _bare(str(said)) not in (_bare(name), _bare(SHORT_CODES.get(name, name))):
        raise strange(where, f"is of {shown(said)}, another index")


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
