"""When each index of the registry first appears in the store, and whether that agrees with its dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from engine.errors import DataError
from engine.market.datasets import VARIANTS
from engine.market.registry import IndexFacts, index_facts
from engine.market.store import Store

DAILY_FILE = "daily index file"
"""The source of rows from the exchange's own file of each day, which lists no index before it is published."""

NEAR = timedelta(days=7)
"""A first close within so many days after the launch is that of the launch."""

Verdict = Literal["contradicts", "before base", "back-filled", "late", "agrees", "no evidence", "unknown"]


@dataclass(frozen=True)
class Appearance:
    """The first close of one index in one variant from one source; `days` after its launch (before it: negative)."""

    index: str
    variant: str
    source: str
    first: date
    base_date: date | None
    launch_date: date | None
    verified: bool
    days: int | None
    verdict: Verdict


def appearances(store: Store) -> list[Appearance]:
    """Every first close of an index that the registry describes, in its order. Raises DataError for an empty store."""
    if not any(table.name == "indices" for table in store.tables()):
        raise DataError(f"{store.path} has no index history; import some with: backtest data import DIR")
    with store._open() as connection:  # the store's own way in, as the checks take it
        rows = connection.execute(
            'SELECT "index", variant, source, min(date)::DATE FROM store.indices WHERE close IS NOT NULL GROUP BY ALL'
        ).fetchall()
    begins: dict[tuple[str, str], date] = {}
    for _, code, source, first in rows:
        begins[code, source] = min(first, begins.get((code, source), first))
    facts = index_facts()
    order = {name: place for place, name in enumerate(facts)}
    mine = sorted((row for row in rows if row[0] in facts), key=lambda row: (order[row[0]], *row[1:]))
    return [
        _appearance(facts[name], VARIANTS.get(code, code), source, (first, begins[code, source]))
        for name, code, source, first in mine
    ]


def _appearance(facts: IndexFacts, variant: str, source: str, dates: tuple[date, date]) -> Appearance:
    """`dates` are the index's first close and the first of any index from that source in that variant."""
    first, begin = dates
    launch = facts.launch_date
    days = None if launch is None else (first - launch).days
    verdict = _verdict(facts, source, first)
    if verdict == "late" and first == begin:
        verdict = "no evidence"
    return Appearance(facts.name, variant, source, first, facts.base_date, launch, facts.verified, days, verdict)


def _verdict(facts: IndexFacts, source: str, first: date) -> Verdict:
    """What the first close says; in a source other than the daily file, an early one says nothing of the launch."""
    if facts.base_date is not None and first < facts.base_date:
        return "before base"
    if facts.launch_date is None:
        return "unknown"
    if first < facts.launch_date:
        return "contradicts" if source == DAILY_FILE else "back-filled"
    return "agrees" if first <= facts.launch_date + NEAR else "late"
