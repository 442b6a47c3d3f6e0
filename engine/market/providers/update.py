"""Bringing the store up to date: what is missing is asked for chunk by chunk, and each chunk is stored at once.

Chunks are asked for newest first, so that a name the site does not know is found out by one request, and a history is
followed back until the site has no more. An answer without rows is never remembered: it may be a passing fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from engine.errors import DataError, ProviderError
from engine.market.datasets import DATASETS
from engine.market.providers.http import LATER, TimedOutError
from engine.market.providers.log import Retrieval
from engine.market.providers.niftyindices import (
    KINDS,
    PROVIDER,
    Answer,
    Kind,
    NiftyIndices,
    Span,
    no_such_series,
    request_body,
    speaking_of,
)
from engine.market.registry import index_facts
from engine.market.store import Store

CHUNK_DAYS = 365
SHORTEST_DAYS = 15  # a chunk this short is not halved again, and may fall into days without sessions
UNSETTLED_DAYS = 7  # the latest days are asked for again: a valuation comes late, a close may be corrected
INDIA = timedelta(hours=5, minutes=30)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Job:
    """One history to bring up to date: which, and since when."""

    name: str
    kind: Kind
    since: date


@dataclass(frozen=True)
class Told:
    """What was done: chunks stored and their rows."""

    chunks: int
    rows: int


@dataclass
class Update:
    """Fetches what the store lacks. `now` is UTC; `progress` gets a line per chunk."""

    store: Store
    site: NiftyIndices
    now: Callable[[], datetime]
    progress: Callable[[str], None]
    _chunks: int = 0
    _rows: int = 0

    def run(self, jobs: Sequence[Job]) -> Told:
        """Every job in its order. A history the site lacks does not keep the others back and is told at the end.

        Raises ProviderError; what was stored before stays.
        """
        lacking = []
        for job in jobs:
            try:
                self._bring(job)
            except _LackingError as error:
                lacking.append(str(error))
        if lacking:
            more = f" (and {len(lacking) - 1} more: run them one by one with --series)" if len(lacking) > 1 else ""
            raise ProviderError(lacking[0] + more)
        return Told(self._chunks, self._rows)

    def _bring(self, job: Job) -> None:
        stored = [Span(*days) for days in self.store.retrieved(PROVIDER, job.name, job.kind.name)]
        pending = chunks(missing(Span(job.since, self._today()), stored))
        longest = CHUNK_DAYS
        while pending:
            span = pending.pop()
            if span.days > longest:
                pending += halves(span)
                continue
            try:
                if self._ask(job, span, stored):
                    return
            except TimedOutError:
                if span.days <= SHORTEST_DAYS:
                    raise
                longest = (span.days + 1) // 2
                self.progress(f"{speaking_of(job.name, job.kind, span)}: no answer in time, asking for less at once")
                pending.append(span)

    def _ask(self, job: Job, span: Span, stored: list[Span]) -> bool:
        """Fetch and store one chunk, noting it in `stored`; whether there is nothing before it."""
        answer = self.site.fetch(job.name, job.kind, span)
        if not answer.rows:
            return self._ends_here(job, span, stored)
        self._keep(job, span, answer)
        stored.append(span)
        return False

    def _keep(self, job: Job, span: Span, answer: Answer) -> None:
        dataset = DATASETS[job.kind.dataset]
        named = {"index": job.name, **({"variant": job.kind.variant} if job.kind.variant else {})}
        days = settled(span, answer.rows, self._today())
        digest = hashlib.sha256(answer.body).hexdigest()
        at = self.now().astimezone(UTC).replace(tzinfo=None, microsecond=0)
        entry = Retrieval(PROVIDER, job.name, job.kind.name, days.first, days.last, len(answer.rows), digest, at)
        self.store.keep(dataset, [{**named, **row} for row in answer.rows], entry)
        self._chunks += 1
        self._rows += len(answer.rows)
        self.progress(f"{speaking_of(job.name, job.kind, span)}: {len(answer.rows)} rows stored")

    def _ends_here(self, job: Job, span: Span, stored: Iterable[Span]) -> bool:
        """Whether an answer without rows is the beginning of a history, not merely days without sessions."""
        older, newer = ([known for known in stored if (known.first < span.first) is before] for before in (True, False))
        optional = job.kind.name == "valuation" and bool(self.store.retrieved(PROVIDER, job.name, "price"))
        if not older and not newer and not optional:  # the site has the index, but no valuation of it
            raise _LackingError(str(no_such_series(job.name, job.kind, span)))
        if older and span.days > SHORTEST_DAYS:
            raise _LackingError(
                f"{speaking_of(job.name, job.kind, span)}: no rows, though older ones are stored: a passing fault of "
                f"the site, or the end of the index; {LATER}"
            )
        self.progress(f"{speaking_of(job.name, job.kind, span)}: no rows there")
        return not older

    def _today(self) -> date:
        """In India, where the index closes."""
        return (self.now().astimezone(UTC) + INDIA).date()


class _LackingError(ProviderError):
    """The site has nothing of one history, which says nothing about the others."""


def jobs_for(names: Sequence[str] | None, since: date, today: date) -> list[Job]:
    """Every kind of history of some indices, else of the indices of NSE that are described here, since a day.

    An index nobody can hold has levels alone. Raises DataError for what cannot be asked for.
    """
    if since > today:
        raise DataError(f"--since {since} lies in the future; today is {today} in India")
    facts = index_facts()
    spelled = {name.upper(): name for name in facts}
    chosen = [spelled.get(asked, asked) for name in names or () if (asked := " ".join(name.upper().split()))]
    jobs = []
    for name in dict.fromkeys(chosen or [name for name in facts if not name.startswith("BSE ")]):
        known = facts.get(name)
        if name.startswith("BSE "):
            raise DataError(f"{name} is an index of BSE, which {PROVIDER} does not have")
        begins = max(since, known.base_date) if known and known.base_date else since
        for kind in KINDS.values() if known is None or known.tradable else [KINDS["price"]]:
            request_body(name, kind, Span(begins, begins))  # a name that cannot be asked for, before anything is
            jobs.append(Job(name, kind, begins))
    return jobs


def missing(wanted: Span, stored: Iterable[Span]) -> list[Span]:
    """The days of `wanted` that no stored span has, oldest first."""
    gaps, begin = [], wanted.first
    for known in sorted(span for span in stored if span.days > 0):
        if known.first > begin:
            gaps.append(Span(begin, min(known.first - _DAY, wanted.last)))
        begin = max(begin, known.last + _DAY)
        if begin > wanted.last:
            break
    else:
        gaps.append(Span(begin, wanted.last))
    return [gap for gap in gaps if gap.days > 0]


def chunks(gaps: Iterable[Span]) -> list[Span]:
    """Spans of at most CHUNK_DAYS, oldest first; the short one of a gap is its oldest."""
    found = []
    for gap in gaps:
        last, parts = gap.last, []
        while last >= gap.first:
            first = max(gap.first, last - (CHUNK_DAYS - 1) * _DAY)
            parts.append(Span(first, last))
            last = first - _DAY
        found += parts[::-1]
    return found


def halves(span: Span) -> list[Span]:
    """The older half and the newer one, which is no shorter."""
    middle = span.first + (span.days // 2 - 1) * _DAY
    return [Span(span.first, middle), Span(middle + _DAY, span.last)]


def settled(span: Span, rows: Sequence[dict[str, date | float | None]], today: date) -> Span:
    """The days of an answer that need not be asked for again: up to its last row where it reaches the latest days."""
    safe = today - UNSETTLED_DAYS * _DAY
    if span.last <= safe:
        return span
    newest = max(day for row in rows if isinstance(day := row["date"], date))
    return Span(span.first, min(newest, safe))
