"""Bringing the store up to date: what is missing is asked for chunk by chunk, and each chunk is stored at once.

Chunks are asked for newest first, so that a name the site does not know is found out by one request, and a history is
followed back until the site has no more. An answer without rows is never remembered: it may be a passing fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import cast

from engine.errors import ProviderError
from engine.market.datasets import DATASETS
from engine.market.keys import SeriesKey
from engine.market.keys import Span as Held
from engine.market.providers.http import LATER, TimedOutError
from engine.market.providers.log import Retrieval
from engine.market.providers.provider import (
    DAY,
    Answer,
    Job,
    LackingError,
    Provider,
    Span,
    halves,
    missing,
    settled,
    speaking_of,
)
from engine.market.store import Store, UntrueError

INDIA = timedelta(hours=5, minutes=30)
FIRST_UPDATE_YEARS = 10
OTHER_BASIS = 0.10  # closes of one stock and day do not differ so much but for a split or bonus
NAMED = 20  # histories in one message
OVERLAP_DAYS = 7  # how far a first update reaches into what was stored by other means


@dataclass(frozen=True)
class Told:
    """What was done: chunks stored and their rows."""

    chunks: int
    rows: int


@dataclass
class Update:
    """Fetches what the store lacks from one provider. `now` is UTC; `progress` gets a line per chunk."""

    store: Store
    site: Provider
    now: Callable[[], datetime]
    progress: Callable[[str], None]
    _chunks: int = 0
    _rows: int = 0
    _wished: date = date.max  # since when the history in hand is remembered to be wanted

    def run(self, jobs: Sequence[Job]) -> Told:
        """Every job in its order. A history the site lacks does not keep the others back and is told at the end.

        Raises ProviderError; what was stored before stays.
        """
        lacking: dict[str, str] = {}
        for job in jobs:
            try:
                self._bring(job)
            except LackingError as error:
                lacking[f"{job.name} ({job.kind})"] = str(error)
        if lacking:
            (_, first), *others = lacking.items()
            named = ", ".join(name for name, _ in others[:NAMED]) + (", ..." if len(others) > NAMED else "")
            more = f" (and {len(others)} more: {named}; run them one by one with --series)" if others else ""
            raise ProviderError(first + more)
        return Told(self._chunks, self._rows)

    def _bring(self, job: Job) -> None:
        stored = self._spans(job, job.kind)
        wanted = Span(self._begin(job, stored), self._today())
        pending, holes = self.site.cut.chunks(missing(wanted, stored), wanted), 0
        longest = max((span.days for span in pending), default=0)
        while pending:
            span = pending.pop()
            if span.days > longest:
                pending += halves(span)
                continue
            try:
                answer = self.site.fetch(job, span)
            except TimedOutError:
                if span.days <= self.site.cut.shortest_days:
                    raise
                longest = (span.days + 1) // 2
                self.progress(f"{self._about(job, span)}: no answer in time, asking for less at once")
                pending.append(span)
                continue
            if any(answer.rows.values()):
                self._keep(job, span, answer, wanted.first)
                stored.append(span)
                holes = 0
            elif self.site.cut.holes:
                holes = self._count_hole(job, span, holes)
            elif self._ends_here(job, span, stored):
                return

    def _keep(self, job: Job, span: Span, answer: Answer, begin: date) -> None:
        """Store a chunk, and with it since when the history is wanted, so that the next update need not be told."""
        dates, count = answer.dates, sum(map(len, answer.rows.values()))
        safe = self._today() - self.site.cut.unsettled_days * DAY
        days = answer.covers or settled(span, max(dates), safe)
        at = self.now().astimezone(UTC).replace(tzinfo=None, microsecond=0)
        digest = hashlib.sha256(answer.body).hexdigest()
        entry = Retrieval(job.source, job.name, job.kind, days.first, days.last, count, digest, at)
        wish = entry._replace(kind=_wish_of(job), first=begin, last=span.last, rows=0, digest="")
        known = self._wished <= begin
        self._refuse_other_basis(job, span, answer)
        tables = [(DATASETS[name], rows) for name, rows in answer.rows.items() if rows]
        try:
            self.store.keep_all(tables, entry, *([] if known else [wish]))
        except UntrueError as error:
            raise LackingError(f"{self._about(job, span)}: {error}; {LATER}") from error
        self._wished = min(self._wished, begin)
        self._chunks += 1
        self._rows += count
        self.progress(f"{self._about(job, span)}: {count} rows stored{''.join(f'; {note}' for note in answer.notes)}")

    def _refuse_other_basis(self, job: Job, span: Span, answer: Answer) -> None:
        """Raise LackingError where another source's closes of a stock are on another basis, as after a split.

        The better source's figures stay where both have a day: put together, the two would jump where they meet.
        """
        rows = answer.rows.get("stocks", ())
        theirs = self.store.closes_of_others(job.name, job.source) if rows else {}
        for row in rows:
            close, who = theirs.get(cast("date", row["date"]), (None, ""))
            mine = cast("float", row["close"])
            if close is not None and abs(close / mine - 1) > OTHER_BASIS:
                raise LackingError(
                    f"{self._about(job, span)}: on {row['date']} the close is {mine:g}, and {close:g} is stored from "
                    f"{who}: one of them knows a split that the other does not, so neither is put behind the other; "
                    "import the stock again, or use another store (--store); nothing of it was stored"
                )

    def _ends_here(self, job: Job, span: Span, stored: Iterable[Span]) -> bool:
        """Whether an answer without rows is the beginning of a history, not merely days without sessions."""
        older, newer = ([known for known in stored if (known.first < span.first) is before] for before in (True, False))
        optional = job.beside and self._spans(job, job.beside)
        if not older and not newer and not optional:
            raise LackingError(str(self.site.no_such_series(job, span)))
        if older and span.days > self.site.cut.shortest_days:
            raise LackingError(
                f"{self._about(job, span)}: no rows, though older ones are stored: a passing fault of "
                f"the site, or the end of the index; {LATER}"
            )
        self.progress(f"{self._about(job, span)}: no rows there")
        return not older

    def _count_hole(self, job: Job, span: Span, before: int) -> int:
        """How many chunks in a row the site lacks now; too many are no holes."""
        if before >= self.site.cut.holes:
            raise ProviderError(
                f"{self._about(job, span)}: nothing there, as for the {before} chunks asked for before it: the site "
                f"may have moved, take this for a robot, or have nothing that old; {LATER}, and check --since"
            )
        self.progress(f"{self._about(job, span)}: nothing there")
        return before + 1

    def _begin(self, job: Job, stored: Sequence[Span]) -> date:
        """Since when a history is wanted, which was said now or earlier, or follows from what is stored."""
        self._wished = min((span.first for span in self._spans(job, _wish_of(job))), default=date.max)
        if job.since:
            begin = job.since
        elif self._wished < date.max:
            begin = self._wished
        elif not self.site.cut.whole and (held := self._held(job)):
            begin = date.fromisoformat(held.last) - OVERLAP_DAYS * DAY
        else:
            begin = self._today() - FIRST_UPDATE_YEARS * timedelta(days=365.25)
        if self.site.cut.whole:
            held = self._held(job)
            begin = min([begin, *(span.first for span in stored), *([date.fromisoformat(held.first)] if held else [])])
        return max(min(begin, self._today()), job.not_before)

    def _held(self, job: Job) -> Held | None:
        """What is stored of a history, whoever gave it."""
        return self._catalogue.get(job.held) if job.held else None

    @cached_property
    def _catalogue(self) -> dict[SeriesKey, Held]:
        """What is stored when it is first asked for."""
        return self.store.catalogue() or {}

    def _spans(self, job: Job, kind: str) -> list[Span]:
        return [Span(*days) for days in self.store.retrieved(job.source, job.name, kind)]

    def _about(self, job: Job, span: Span) -> str:
        return speaking_of(self.site.name, job, span)

    def _today(self) -> date:
        """In India, where the index closes."""
        return today_in_india(self.now())


def today_in_india(now: datetime) -> date:
    """The day there at a moment."""
    return (now.astimezone(UTC) + INDIA).date()


def _wish_of(job: Job) -> str:
    """The kind under which it is remembered since when a history is wanted."""
    return f"{job.kind}, wanted since"
