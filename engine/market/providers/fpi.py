"""NSDL, the depository: what foreign portfolio investors put into India by month, in Rs crore, a page for each year.

Custodians' final figures, primary market included, of foreign investors alone: never to be joined to the exchange's
daily flows. The month that runs is left out. Debt is the sum of its general, VRR and FAR limits; mutual funds and
alternative funds, shown since 2024, are in the total alone. A total that is not the sum of its columns is refused.
"""

from __future__ import annotations

import calendar
import os
import re
from collections.abc import Sequence
from datetime import date

from engine.errors import DataError, ProviderError
from engine.market.files.numbers import number
from engine.market.keys import SeriesKey
from engine.market.providers.answers import reading, shown, strange, text_of
from engine.market.providers.http import BLOCKED, LATER, Client, Form, Limits, browser_session
from engine.market.providers.page import Page
from engine.market.providers.provider import DAY, Answer, Cut, Job, Row, Span, Wish, speaking_of

PROVIDER = "NSDL"
SOURCE = "fpi.nsdl.co.in"
BASE_VARIABLE = "BACKTEST_NSDL_URL"
BASE_URL = "https://www.fpi.nsdl.co.in"
YEARS = "/web/Reports/Yearwise.aspx?RptType=6"
MARKED_DAYS = 10  # a month marked as partial is taken for whole when it ended longer ago

MONTHS = [name.lower() for name in calendar.month_name]
_YEAR = re.compile(r"(?:calendar year|total)\s*-\s*(\d{4})\b", re.IGNORECASE)


def by_years(gaps: Sequence[Span], wanted: Span) -> list[Span]:
    """Whole calendar years, the last of them up to the end of what is wanted."""
    years = sorted({year for gap in gaps for year in range(gap.first.year, gap.last.year + 1)})
    return [Span(date(year, 1, 1), min(date(year, 12, 31), wanted.last)) for year in years]


class Fpi:
    """The site behind one session; `base_url` or $BACKTEST_NSDL_URL replace its address."""

    name = PROVIDER
    cut = Cut(by_years, shortest_days=366, unsettled_days=45)
    expects = frozenset(("Equity", "Hybrid", "Total"))

    def __init__(self, client: Client, base_url: str | None = None) -> None:
        self.client = client
        self._url = (base_url or os.environ.get(BASE_VARIABLE) or BASE_URL).rstrip("/") + YEARS
        self._form: Page | None = None
        self._today = date.max

    def jobs(self, wish: Wish) -> list[Job]:
        """The one series, back to 2002, when the site's begins."""
        if wish.names:
            raise DataError(f"{PROVIDER} has one series of foreign investment; --series is for indices and stocks")
        self._today = wish.today
        return [Job("FPI", "monthly", wish.since, SOURCE, SeriesKey("FPI", "net"), date(2002, 1, 1))]

    def fetch(self, job: Job, span: Span) -> Answer:
        """The months of one calendar year that are over, none of a year the site lacks. Raises ProviderError."""
        about, year = speaking_of(PROVIDER, job, span), str(span.first.year)
        if self._form is None:
            body = self.client.send("GET", self._url, about)
            self._form = opened(body, about)
        else:
            body = b""
        chooser = _chooser(self._form, about)
        if year not in self._form.selects[chooser].values:
            return Answer({}, body)
        if not body or self._form.selects[chooser].chosen != year:
            body = self.client.send("POST", self._url, about, _request(self._form, chooser, year))
        rows, left_out = parse(body, span.first.year, self._today, about)
        return Answer({"fpi_monthly": rows}, body, left_out)

    def no_such_series(self, job: Job, span: Span) -> ProviderError:
        """A year the site does not offer."""
        return ProviderError(
            f"{speaking_of(PROVIDER, job, span)}: no month of that year is over, or the site does not offer it; check "
            "--since"
        )

    def probe(self, today: date) -> tuple[Job, Span]:
        """The year of two months ago."""
        year = (today - 60 * DAY).year
        return self.jobs(Wish((), None, today))[0], Span(date(year, 1, 1), min(date(year, 12, 31), today))

    def close(self) -> None:
        """Let go of the connection."""
        self.client.session.close()


def connect(base_url: str | None = None, limits: Limits | None = None) -> Fpi:
    """The site, over the network."""
    return Fpi(Client(browser_session(BASE_URL + YEARS), limits or Limits()), base_url)


def opened(body: bytes, about: str) -> Page:
    """A page that came to its end and has a form to choose a year in. Raises ProviderError."""
    page = Page(text_of(body))
    if not page.whole:
        raise ProviderError(f"{about}: the page ends too early ({len(body)} bytes); {LATER}")
    if "__VIEWSTATE" not in page.hidden:
        raise ProviderError(f"{about}: a web page without the form of the site came; {BLOCKED}")
    return page


def parse(body: bytes, year: int, today: date, about: str) -> tuple[list[Row], tuple[str, ...]]:
    """The months of a page that are over, oldest first, and what was left out."""
    page = opened(body, about)
    texts = [text for row in page.rows for text, _ in row]
    said = {int(match[1]) for text in texts if (match := _YEAR.search(text))}
    said.add(int(page.selects[_chooser(page, about)].chosen))
    if said != {year}:
        raise strange(f"{about}:", f"the page is of {', '.join(map(str, sorted(said)))}, not of {year}")
    if any(select.chosen.upper() == "USD" for select in page.selects.values()):
        raise strange(f"{about}:", "the figures are in dollars")
    columns = _columns(page, about)
    found: dict[int, Row] = {}
    left_out: list[str] = []
    for row in page.rows:
        month = _month(row[0][0]) if row else 0
        if not month:
            continue
        end = date(year, month, calendar.monthrange(year, month)[1])
        marked = "*" in row[0][0] and today - end <= MARKED_DAYS * DAY
        if end >= today or marked:
            left_out.append(f"{end:%B %Y} is not over and left out")
            continue
        mine: Row = {"date": end, **_figures([text for text, _ in row[1:]], columns, f"{about}: {end:%B}")}
        if found.setdefault(month, mine) != mine:
            raise strange(f"{about}: {end:%B}", "stands there twice, with other figures")
    _refuse_holes(sorted(found), year, today, about)
    return [found[month] for month in sorted(found)], tuple(left_out)


def _chooser(page: Page, about: str) -> str:
    """The name of the list of years."""
    for name, select in page.selects.items():
        if select.values and all(re.fullmatch(r"\d{4}", value) for value in select.values):
            return name
    raise strange(f"{about}:", f"the form has no list of years; it has {shown(', '.join(page.selects))}")


def _request(page: Page, chooser: str, year: str) -> Form:
    """The form as a browser sends it when a year is chosen."""
    chosen = {name: select.chosen for name, select in page.selects.items()}
    return Form({**page.hidden, **chosen, chooser: year, "__EVENTTARGET": chooser, "__EVENTARGUMENT": ""})


def _columns(page: Page, about: str) -> list[str]:
    """What each figure of a row is, from the first line of the heading; a wide cell stands over several."""
    for row in page.rows:
        headings = [text for text, width in row for _ in range(width)]
        start = next((place for place, text in enumerate(headings) if text.lower() == "equity"), None)
        if start is not None and headings[-1].lower().startswith("total"):
            return headings[start:]
    raise strange(f"{about}:", "no heading has the columns Equity to Total")


def _month(text: str) -> int:
    word = text.strip(" *").lower()
    return MONTHS.index(word) if word and word in MONTHS else 0


def _figures(cells: Sequence[str], columns: Sequence[str], where: str) -> Row:
    """Net investment by kind. The total must be the sum of all the columns, each rounded to a crore."""
    if len(cells) != len(columns):
        raise strange(where, f"has {len(cells)} figures under {len(columns)} headings")
    with reading(where):
        values = [number(text, f"the {name}") for text, name in zip(cells, columns, strict=True)]
    known = [value or 0.0 for value in values]
    if values[0] is None or values[-1] is None or abs(sum(known[:-1]) - known[-1]) > len(columns):
        raise strange(where, f"has a total that is not the sum of its columns: {shown(', '.join(cells))}")
    debts = [value for value, name in zip(known, columns, strict=True) if name.lower().startswith("debt")]
    hybrids = [value for value, name in zip(values, columns, strict=True) if name.lower().startswith("hybrid")]
    return {
        "equity_net": values[0],
        "debt_net": sum(debts) if debts else None,
        "hybrid_net": hybrids[0] if hybrids else None,
        "total_net": values[-1],
    }


def _refuse_holes(months: Sequence[int], year: int, today: date, about: str) -> None:
    """Months come one after the other, up to the last one that is long over."""
    long_over = today - (MARKED_DAYS + 1) * DAY
    due = 12 if long_over.year > year else long_over.month - 1 if long_over.year == year else 0
    first, last = (months[0], months[-1]) if months else (1, 0)
    if len(months) != last - first + 1 or last < due:
        there = ", ".join(MONTHS[month].title() for month in months) or "none"
        raise strange(f"{about}:", f"months are missing: {due} are over, there are {there}")
