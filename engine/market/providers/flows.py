"""nseindia.com: what foreign and domestic institutions bought and sold in the cash market, on the latest day alone.

The exchange keeps no history of it: a series grows by one day an update, and older days come from files. The figures
are provisional, in Rs crore, trades on the exchange only: another series than the depositories' (`fpi`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date

from engine.errors import DataError, ProviderError
from engine.market.keys import SeriesKey
from engine.market.providers.answers import day, fields_of, listed, number, shown, strange
from engine.market.providers.http import Client, Limits, browser_session
from engine.market.providers.provider import DAY, Answer, Cut, Job, Row, Span, Wish, speaking_of

PROVIDER = "nseindia.com"
SOURCE = "nseindia.com (provisional)"
BASE_VARIABLE = "BACKTEST_NSE_URL"
BASE_URL = "https://www.nseindia.com"
WARM_UP = "/reports/fii-dii"
LATEST = "/api/fiidiiTradeReact"

INVESTORS = {"FII/FPI": "fii", "FII/FPI *": "fii", "DII": "dii", "DII **": "dii"}
FIELDS = {"buyValue": "buy", "sellValue": "sell", "netValue": "net"}
OLDEST_DAYS = 15  # between two sessions; an answer older than this is not the latest day
ROUNDING = 0.02  # Rs crore, by which a net may differ from what was bought less what was sold


class Flows:
    """The site behind one session; `base_url` or $BACKTEST_NSE_URL replace its address."""

    name = PROVIDER
    cut = Cut(lambda _gaps, wanted: [Span(wanted.last, wanted.last)], shortest_days=1)
    expects = frozenset(("category", "date", *FIELDS))

    def __init__(self, client: Client, base_url: str | None = None) -> None:
        self.client = client
        self._base = (base_url or os.environ.get(BASE_VARIABLE) or BASE_URL).rstrip("/")
        self._warm = False

    def jobs(self, wish: Wish) -> list[Job]:
        """The latest day, since which there is no choice."""
        if wish.names:
            raise DataError(f"{PROVIDER} has one series of flows; --series is for indices and stocks")
        return [Job("FII and DII", "flows", wish.today, SOURCE, SeriesKey("FII", "net"))]

    def fetch(self, job: Job, span: Span) -> Answer:
        """The latest day there is, which is the last session rather than the day asked for. Raises ProviderError."""
        about = speaking_of(PROVIDER, job, span)
        if not self._warm:
            self._warm = True
            with suppress(ProviderError):  # the request tells whether the cookie was missed
                self.client.once("GET", self._base + WARM_UP, f"{PROVIDER}: first visit")
        body = self.client.send("GET", self._base + LATEST, about)
        row = parse(body, span.last, about)
        on = row["date"]
        assert isinstance(on, date)  # `parse` made it one
        return Answer({"flows": [row]}, body, (f"of {on}, provisional",), Span(on, on))

    def no_such_series(self, job: Job, span: Span) -> ProviderError:
        """An answer without rows is refused before."""
        return strange(f"{speaking_of(PROVIDER, job, span)}:", "there is no row")

    def probe(self, today: date) -> tuple[Job, Span]:
        """The latest day."""
        return self.jobs(Wish((), None, today))[0], Span(today, today)

    def close(self) -> None:
        """Let go of the connection."""
        self.client.session.close()


def connect(base_url: str | None = None, limits: Limits | None = None) -> Flows:
    """The site, over the network."""
    return Flows(Client(browser_session(BASE_URL + WARM_UP), limits or Limits()), base_url)


def parse(body: bytes, today: date, about: str) -> Row:
    """The one row of a snapshot: both kinds of investors, of one day, each net being bought less sold."""
    days: dict[str, date] = {}
    figures: Row = {}
    for place, raw in enumerate(listed(body, about), start=1):
        where = f"{about}: row {place} of the answer"
        fields = fields_of(raw, ("category", "date", *FIELDS), where)
        who = INVESTORS.get(str(fields["category"]).strip())
        if who is None:
            raise strange(where, f"is of {shown(fields['category'])}, not of FII/FPI or DII")
        mine = _figures(fields, who, where)
        if who in days and any(figures[key] != value for key, value in mine.items()):
            raise strange(where, f"contradicts another one of {who.upper()}")
        figures |= mine
        days[who] = day(fields["date"], "date", where, "%d-%b-%Y", "31-Jul-2026")
    if set(days) != {"fii", "dii"} or len(set(days.values())) != 1:
        found = ", ".join(f"{who.upper()} of {on}" for who, on in days.items()) or "no row"
        raise strange(f"{about}:", f"one row of FII/FPI and one of DII of the same day were expected, there is {found}")
    on = days["fii"]
    if not today - OLDEST_DAYS * DAY <= on <= today:
        raise ProviderError(
            f"{about}: the latest day is {on}, and today is {today}: check this machine's clock; nothing was stored"
        )
    return {"date": on, **figures}


def _figures(fields: object, who: str, where: str) -> Row:
    assert isinstance(fields, dict)
    found: Row = {}
    for field, column in FIELDS.items():
        value = number(fields[field], field, where)
        if value is None or (value < 0 and column != "net"):
            raise strange(where, f"has the {field} {shown(fields[field])}")
        found[column] = value
    bought, sold, net = (float(str(found[column])) for column in ("buy", "sell", "net"))
    if abs(bought - sold - net) > ROUNDING:
        raise strange(where, f"has the netValue {net}, but bought {bought} and sold {sold}")
    return {f"{who}_{column}": value for column, value in found.items()}
