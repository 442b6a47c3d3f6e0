"""The facts shipped with the engine: indices, themes, sectors of the benchmark, dated events and large stock moves.

Each comes from a file of `facts/` whose rows name their source and say in `verified` whether the figures were read
there. Read once, with the standard library alone: commands that load no data need these names too.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple, TypeVar

Value = TypeVar("Value")


class IndexFacts(NamedTuple):
    """One index; values from `base_date` up to `launch_date` were computed backwards, and None means not known here."""

    name: str
    base_date: dt.date | None
    launch_date: dt.date | None
    verified: bool
    theme: str
    proxy: str | None
    """The exchange-traded fund that holds the index, where there is one."""
    tradable: bool
    """False for what nobody can hold, such as a volatility index."""


class Event(NamedTuple):
    """One dated event; nobody could know its date before `announced`, the earliest day a source shows it public."""

    date: dt.date
    announced: dt.date
    what: str


@cache
def index_facts() -> Mapping[str, IndexFacts]:
    """Every index described here, by name."""
    return MappingProxyType({row["index"]: _index(row) for row in read_facts("indices.csv")})


@cache
def themes() -> Mapping[str, tuple[str, ...]]:
    """The stocks of each theme for which no index can be used, by theme."""
    return _grouped((row["theme"], row["symbol"]) for row in read_facts("themes.csv"))


@cache
def benchmark_sectors() -> Mapping[str, str | None]:
    """The index that stands for each sector of the Nifty 50, None where none has total returns that go back enough."""
    return MappingProxyType({row["sector"]: row["index"] or None for row in read_facts("benchmark_sectors.csv")})


@cache
def events() -> Mapping[str, tuple[Event, ...]]:
    """Events by name, such as `union_budget`, oldest first. One never announced was known from its own date on."""
    return _grouped(sorted((row["name"], _event(row)) for row in read_facts("events.csv")))


@cache
def explained_moves() -> Mapping[tuple[str, dt.date], str]:
    """What a stock's move beyond 25% was, by symbol and session.

    `market` is a gain or loss its holders really had; `demerger` a business handed out, whose value left the price
    but not the holders.
    """
    rows = read_facts("stock_moves.csv")
    return MappingProxyType({(row["symbol"], dt.date.fromisoformat(row["date"])): row["kind"] for row in rows})


def _index(row: Mapping[str, str]) -> IndexFacts:
    return IndexFacts(
        name=row["index"],
        base_date=_day(row["base_date"]),
        launch_date=_day(row["launch_date"]),
        verified=row["verified"] == "yes",
        theme=row["theme"],
        proxy=row["proxy"] or None,
        tradable=row["tradable"] == "yes",
    )


def _event(row: Mapping[str, str]) -> Event:
    day = dt.date.fromisoformat(row["date"])
    return Event(day, _day(row["announced"]) or day, row["what"])


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _grouped(pairs: Iterable[tuple[str, Value]]) -> Mapping[str, tuple[Value, ...]]:
    """The values of each name, names and values in the order they came."""
    lists: dict[str, list[Value]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return MappingProxyType({name: tuple(values) for name, values in lists.items()})


def read_facts(file: str) -> list[dict[str, str]]:
    """The rows of a file of `facts/`."""
    with (files("engine.market") / "facts" / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
