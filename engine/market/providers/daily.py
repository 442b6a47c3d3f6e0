"""The daily index file of NSE, over the network: one plain GET for each session, from its archives or the index site.

It is the only source with the volumes of indices, and it shows an index from its first day on: the first date of this
source in the store is a check of a launch date. A day stored is never asked for again. No total returns.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date

from engine.errors import DataError, ProviderError
from engine.market.calendar import nse_sessions
from engine.market.files.daily import PROVIDER as SOURCE
from engine.market.files.daily import parse
from engine.market.providers.answers import reading, text_of
from engine.market.providers.http import LATER, Client, Limits, NotThereError, browser_session
from engine.market.providers.niftyindices import BASE_VARIABLE as INDEX_SITE_VARIABLE
from engine.market.providers.provider import DAY, Answer, Cut, Job, Span, Wish, speaking_of

PROVIDER = "NSE daily index file"
BASE_VARIABLE = "BACKTEST_NSE_ARCHIVES_URL"
BASE_URL = "https://nsearchives.nseindia.com"
INDEX_SITE_URL = "https://www.niftyindices.com"
ARCHIVES, SNAPSHOTS = "/content/indices/", "/Daily_Snapshot/"
FIRST_DAY = date(2013, 1, 1)  # the oldest file seen is of 15 January 2013
HOLES = 5  # sessions in a row without a file: holidays this program does not know come one by one


def by_sessions(gaps: Sequence[Span], _wanted: Span) -> list[Span]:
    """One chunk for each session of the exchange."""
    days = [day for gap in gaps for day in nse_sessions(gap.first, gap.last).tolist()]
    return [Span(day, day) for day in days]


class DailyFiles:
    """The two sites behind one session; $BACKTEST_NSE_ARCHIVES_URL and $BACKTEST_NIFTYINDICES_URL replace them."""

    name = PROVIDER
    cut = Cut(by_sessions, shortest_days=1, unsettled_days=0, holes=HOLES)
    expects = frozenset(
        (
            "Index Name", "Index Date", "Open Index Value", "High Index Value", "Low Index Value",
            "Closing Index Value", "Points Change", "Change(%)", "Volume", "Turnover (Rs. Cr.)", "P/E", "P/B",
            "Div Yield",
        )
    )  # fmt: skip

    def __init__(self, client: Client, base_url: str | None = None, index_site: str | None = None) -> None:
        self.client = client
        archives = (base_url or os.environ.get(BASE_VARIABLE) or BASE_URL).rstrip("/")
        site = (index_site or os.environ.get(INDEX_SITE_VARIABLE) or INDEX_SITE_URL).rstrip("/")
        self._places = (archives + ARCHIVES, site + SNAPSHOTS)

    def jobs(self, wish: Wish) -> list[Job]:
        """Every index there is, of every session."""
        if wish.names:
            raise DataError(f"{PROVIDER} has every index of a day in one file; --series cannot choose among them")
        return [Job("all indices", "daily", wish.since, SOURCE, not_before=FIRST_DAY)]

    def fetch(self, job: Job, span: Span) -> Answer:
        """One file, from the second place where the first has none; no rows where neither has. Raises ProviderError."""
        about = speaking_of(PROVIDER, job, span)
        file = f"ind_close_all_{span.first:%d%m%Y}.csv"
        body = self._found(self._places[0] + file, about) or self._found(self._places[1] + file, about)
        if body is None:
            return Answer({}, b"")
        if not body.strip():
            raise ProviderError(f"{about}: the file is empty; {LATER}")
        with reading(about):
            daily = parse(body, file)
        return Answer({"indices": daily.indices, "valuation": daily.valuation}, body)

    def no_such_series(self, job: Job, span: Span) -> ProviderError:
        """A day without its file is told, not refused."""
        return ProviderError(f"{speaking_of(PROVIDER, job, span)}: no file there; {LATER}")

    def probe(self, today: date) -> tuple[Job, Span]:
        """The file of the last session but one, which has had its evening to be published."""
        day = nse_sessions(today - 20 * DAY, today).tolist()[-2]
        return self.jobs(Wish((), None, today))[0], Span(day, day)

    def close(self) -> None:
        """Let go of the connection."""
        self.client.session.close()

    def _found(self, url: str, about: str) -> bytes | None:
        """A file, None where there is none: the one place says so with 404, the other with a web page."""
        try:
            body = self.client.send("GET", url, about)
        except NotThereError:
            return None
        return None if text_of(body[:1000]).startswith("<") else body


def connect(base_url: str | None = None, limits: Limits | None = None) -> DailyFiles:
    """The two sites, over the network."""
    return DailyFiles(Client(browser_session("https://www.nseindia.com/all-reports"), limits or Limits()), base_url)
