"""What an index was called: names that drifted, each with the days on which it stood for the index.

The days are not exact (`facts/aliases.csv` says whether they were read anywhere), so a month is allowed beyond them.
Further off, a name is refused: the file's date is wrong, or the name has become another index's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from engine.errors import DataError
from engine.market.files.table import bare
from engine.market.registry import index_facts, read_facts

GRACE = timedelta(days=31)


class Alias(NamedTuple):
    """A former name of an index, with its first and last day; None where it has no end."""

    alias: str
    stands_for: str
    first: date | None
    last: date | None


@cache
def aliases() -> Mapping[str, Alias]:
    """Every former or short name, by its bare letters and digits."""
    return MappingProxyType({bare(row["alias"]): _alias(row) for row in read_facts("aliases.csv")})


def index_name(said: str, day: date | None = None, where: str = "") -> str:
    """The store's name of the index called `said` on `day`: today's name in capitals. Names not known stay themselves.

    `where` begins the message of the DataError for a name that stood for an index at another time only.
    """
    known = _known_names().get(bare(said))
    if known is not None:
        return known
    alias = aliases().get(bare(said))
    if alias is None:
        return " ".join(said.upper().split())
    if day is not None and not _within(alias, day):
        span = f"from {alias.first or 'the beginning'} to {alias.last or 'today'}"
        raise DataError(
            f"{where}: {said!r} was a name of {alias.stands_for} {span}, and the row is of {day}; is its date right?"
        )
    return alias.stands_for


def todays_name(said: str) -> str | None:
    """The store's name of an index called `said` at any time; None for one that is not known here."""
    alias = aliases().get(bare(said))
    return _known_names().get(bare(said)) or (None if alias is None else alias.stands_for)


@cache
def _known_names() -> Mapping[str, str]:
    return MappingProxyType({bare(name): name for name in index_facts()})


def _within(alias: Alias, day: date) -> bool:
    early = alias.first is not None and day < alias.first - GRACE
    late = alias.last is not None and day > alias.last + GRACE
    return not (early or late)


def _alias(row: Mapping[str, str]) -> Alias:
    first, last = (date.fromisoformat(row[column]) if row[column] else None for column in ("from", "to"))
    return Alias(row["alias"], row["index"], first, last)
