"""The facts shipped with the engine: indices, themes, sectors of the benchmark, styles, dated events, stock moves.

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
from typing import Literal, NamedTuple, TypeVar

from engine.errors import nearest
from engine.market.keys import SeriesKey, Variant

Value = TypeVar("Value")

SECTORED = "NIFTY 50"
"""The benchmark whose sectors are known."""


class IndexFacts(NamedTuple):
    """One index; values from `base_date` up to `launch_date` were computed backwards, and None means not known here.

    `base_value` is in index points, what a proxy costs and falls short by in fractions a year. `verified` speaks of
    the base and the launch, `proxy_verified` of the proxy.
    """

    name: str
    provider: Literal["nse", "bse"]
    base_date: dt.date | None
    base_value: float | None
    launch_date: dt.date | None
    theme: str
    tradable: bool
    """False for what nobody can hold, such as a volatility index."""
    proxy: str | None
    """The exchange-traded fund that holds the index, where there is one."""
    proxy_from: dt.date | None
    proxy_expense: float | None
    proxy_tracking_difference: float | None
    proxy_verified: bool
    aliases: tuple[str, ...]
    """What else people call it, and funds they know it by; for hints alone, never read as the index."""
    source: str
    verified: bool


class StyleFactor(NamedTuple):
    """One style as a position that needs no money: one index held, another owed."""

    long: str
    short: str


class Event(NamedTuple):
    """One dated event; nobody could know its date before `announced`, the earliest day a source shows it public."""

    date: dt.date
    announced: dt.date
    what: str


@cache
def index_facts() -> Mapping[str, IndexFacts]:
    """Every index described here, by name."""
    return MappingProxyType({row["index"]: _index(row) for row in read_facts("indices.csv")})


def nearest_series(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'NIFTY BANK'?` for what people call a series that is known, else for the nearest spelling."""
    names = list(known)
    called = _called().get(_bare(name))
    return f"; did you mean {called!r}?" if called in names else nearest(name, names)


@cache
def _called() -> Mapping[str, str]:
    """Every index by its aliases and its name, bare."""
    return {_bare(text): one.name for one in index_facts().values() for text in (*one.aliases, one.name)}


def _bare(name: str) -> str:
    """A name without its case, spaces and signs: `Bank-Nifty` is `BANKNIFTY`."""
    return "".join(sign for sign in name.upper() if sign.isalnum())


@cache
def themes() -> Mapping[str, tuple[str, ...]]:
    """The stocks of each theme for which no index can be used, by theme."""
    return _grouped((row["theme"], row["symbol"]) for row in read_facts("themes.csv"))


@cache
def theme_made(theme: str) -> dt.date:
    """The day a shipped list is of: its stocks were chosen among those that still had a price then."""
    return max(dt.date.fromisoformat(row["to"]) for row in read_facts("themes.csv") if row["theme"] == theme)


@cache
def benchmark_sectors() -> Mapping[str, str | None]:
    """The index that stands for each sector of the Nifty 50, None where none has total returns that go back enough."""
    return MappingProxyType({row["sector"]: row["index"] or None for row in read_facts("benchmark_sectors.csv")})


@cache
def style_factors() -> Mapping[str, StyleFactor]:
    """The shipped style factors by name, such as `momentum`."""
    return MappingProxyType(
        {row["factor"]: StyleFactor(row["long"], row["short"]) for row in read_facts("style_factors.csv")}
    )


def sector_keys(variant: Variant) -> frozenset[SeriesKey]:
    """What SECTORED is taken apart by: its sectors' published weights, and the index of each in a variant."""
    sectors = benchmark_sectors()
    indices = {SeriesKey(index, variant) for index in sectors.values() if index}
    return frozenset({SeriesKey(sector, "weight") for sector in sectors} | indices)


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
        provider="bse" if row["provider"] == "bse" else "nse",
        base_date=_day(row["base_date"]),
        base_value=_number(row["base_value"]),
        launch_date=_day(row["launch_date"]),
        theme=row["theme"],
        tradable=row["tradable"] == "yes",
        proxy=row["proxy"] or None,
        proxy_from=_day(row["proxy_from"]),
        proxy_expense=_number(row["proxy_expense_pct"], 100.0),
        proxy_tracking_difference=_number(row["proxy_tracking_difference_pct"], 100.0),
        proxy_verified=row["proxy_verified"] == "yes",
        aliases=tuple(filter(None, row["aliases"].split(";"))),
        source=row["source"],
        verified=row["verified"] == "yes",
    )


def _event(row: Mapping[str, str]) -> Event:
    day = dt.date.fromisoformat(row["date"])
    return Event(day, _day(row["announced"]) or day, row["what"])


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _number(text: str, unit: float = 1.0) -> float | None:
    return float(text) / unit if text else None


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
