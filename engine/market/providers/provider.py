"""What every provider is: histories it can bring, and one chunk of one of them as rows and the answer they stand in.

What is asked for when, what is halved, kept and remembered is `update`; requests are `http`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from engine.errors import DataError, ProviderError
from engine.market.keys import SeriesKey
from engine.market.providers.http import Client

Row = dict[str, object]
DAY = timedelta(days=1)


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


@dataclass(frozen=True)
class Job:
    """One history to bring up to date: whose, which kind, and since when (None: since what is stored)."""

    name: str
    kind: str
    since: date | None
    source: str
    """Who is said to have given the rows, and under whom the chunks are remembered."""
    held: SeriesKey | None = None
    """The stored series, whoever gave it, after which a first update begins."""
    not_before: date = date.min
    beside: str = ""
    """A kind of this provider whose presence makes the lack of this one no fault."""


class Answer(NamedTuple):
    """Rows by dataset, oldest first, each with all its keys, and the answer they were read from."""

    rows: Mapping[str, Sequence[Mapping[str, object]]]
    body: bytes
    notes: tuple[str, ...] = ()
    """What a reader must know of these rows."""
    covers: Span | None = None
    """The days answered for, where they are not the ones asked for."""

    @property
    def dates(self) -> list[date]:
        """The day of every row, in no order."""
        return [day for rows in self.rows.values() for row in rows if isinstance(day := row["date"], date)]


@dataclass(frozen=True)
class Cut:
    """How a provider's histories are cut into chunks. `chunks` gets the missing spans and the whole one wanted."""

    chunks: Callable[[Sequence[Span], Span], list[Span]]
    shortest_days: int  # a chunk this short is not halved again
    unsettled_days: int = 7  # the latest days are asked for again: a valuation comes late, a close may be corrected
    holes: int = 0  # so many chunks in a row may lack, each told; none: the first that lacks is where a history begins
    whole: bool = False  # the stored days are asked for again with the new ones


@dataclass(frozen=True)
class Wish:
    """What a user asks for: series by name (none: those a provider brings by itself), and since when."""

    names: tuple[str, ...]
    since: date | None
    today: date

    def __post_init__(self) -> None:
        """Raise DataError for a day that has not come."""
        if self.since and self.since > self.today:
            raise DataError(f"--since {self.since} lies in the future; today is {self.today} in India")


class LackingError(ProviderError):
    """Nothing to be had of one history, which says nothing about the others."""


class Provider(Protocol):
    """A site: `name` begins its messages, `expects` are the fields of the answer to its `probe`."""

    name: str
    cut: Cut
    client: Client
    expects: frozenset[str]

    def jobs(self, wish: Wish) -> list[Job]:
        """The histories of a wish. Raises DataError for what cannot be asked for, before anything is."""

    def fetch(self, job: Job, span: Span) -> Answer:
        """One chunk; no rows where the site has none. Raises ProviderError for anything else."""

    def no_such_series(self, job: Job, span: Span) -> ProviderError:
        """What to say when there is no row at all of a history."""

    def probe(self, today: date) -> tuple[Job, Span]:
        """One small thing that is always there to be asked for."""

    def close(self) -> None:
        """Let go of the connection."""


def speaking_of(provider: str, job: Job, span: Span) -> str:
    """How every message begins: provider, series, chunk."""
    days = str(span.first) if span.first == span.last else str(span)
    return f"{provider}: {job.name} ({job.kind}), {days}"


def missing(wanted: Span, stored: Iterable[Span]) -> list[Span]:
    """The days of `wanted` that no stored span has, oldest first."""
    gaps, begin = [], wanted.first
    for known in sorted(span for span in stored if span.days > 0):
        if known.first > begin:
            gaps.append(Span(begin, min(known.first - DAY, wanted.last)))
        begin = max(begin, known.last + DAY)
        if begin > wanted.last:
            break
    else:
        gaps.append(Span(begin, wanted.last))
    return [gap for gap in gaps if gap.days > 0]


def chunks(gaps: Iterable[Span], longest: int) -> list[Span]:
    """Spans of at most `longest` days, oldest first; the short one of a gap is its oldest."""
    found = []
    for gap in gaps:
        last, parts = gap.last, []
        while last >= gap.first:
            first = max(gap.first, last - (longest - 1) * DAY)
            parts.append(Span(first, last))
            last = first - DAY
        found += parts[::-1]
    return found


def by_days(longest: int) -> Callable[[Sequence[Span], Span], list[Span]]:
    """Cut what is missing into spans of so many days."""
    return lambda gaps, _wanted: chunks(gaps, longest)


def halves(span: Span) -> list[Span]:
    """The older half and the newer one, which is no shorter."""
    middle = span.first + (span.days // 2 - 1) * DAY
    return [Span(span.first, middle), Span(middle + DAY, span.last)]


def settled(span: Span, newest: date, safe: date) -> Span:
    """The days of an answer that need not be asked for again: up to its last row where it reaches past `safe`."""
    return span if span.last <= safe else Span(span.first, min(newest, safe))
