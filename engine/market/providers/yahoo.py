"""Yahoo, a last resort: stocks and funds with their splits and dividends, and indices without total returns.

Yahoo takes every split out of the whole past at once, so a history is asked for whole, one request a stock. The day
that runs is left out. Its index histories are price indices, some of them broken: those are refused by name.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from engine.errors import DataError, ProviderError
from engine.market.keys import SeriesKey
from engine.market.providers.http import Client, Limits, NotThereError
from engine.market.providers.provider import DAY, Answer, Cut, Job, Row, Span, Wish, speaking_of
from engine.market.registry import explained_moves, index_facts, read_facts, themes

if TYPE_CHECKING:
    import pandas as pd

PROVIDER = "Yahoo"
PRICE_ONLY = "Yahoo (price only)"
BASE_VARIABLE = "BACKTEST_YAHOO_URL"
BASE_URL = "https://query2.finance.yahoo.com"

BROKEN: dict[str, str] = {
    "^CNXSC": "has no history",
    "NIFTYSMLCAP250.NS": "has no history",
    "^CRSMID": "is broken; NIFTY_MIDCAP_100.NS is the Midcap 100",
    "^CNXMC": "is broken; NIFTY_MIDCAP_100.NS is the Midcap 100",
    "BSE-BANKEX.BO": "does not exist (HTTP 404); BSE-BANK.BO is the Bankex",
}
_STOCK = re.compile(r"[A-Z0-9][A-Z0-9&-]{0,19}")


class Yahoo:
    """The chart service behind one session; `base_url` or $BACKTEST_YAHOO_URL replace its address."""

    name = PROVIDER
    cut = Cut(
        lambda gaps, wanted: [Span(wanted.first, wanted.last - DAY)] if gaps and wanted.days > 1 else [],
        shortest_days=1_000_000,
        whole=True,
    )
    expects = frozenset(("chart",))

    def __init__(self, client: Client, base_url: str | None = None) -> None:
        self.client = client
        self._base = (base_url or os.environ.get(BASE_VARIABLE) or BASE_URL).rstrip("/")

    def jobs(self, wish: Wish) -> list[Job]:
        """Stocks and funds by their symbol at NSE and indices by name, else the stocks and funds described here.

        Raises DataError for an index whose history at Yahoo is broken or another's.
        """
        names = wish.names or (*sorted({stock for theme in themes().values() for stock in theme}), *_proxies())
        return [self._job(" ".join(name.upper().split()), wish.since) for name in dict.fromkeys(names)]

    def fetch(self, job: Job, span: Span) -> Answer:
        """One history, whole; no rows where Yahoo has none. Raises ProviderError, for an unexplained jump above all."""
        from engine.market.providers import chart  # noqa: PLC0415  # pandas and yfinance, only when one was fetched

        about, symbol, stock = speaking_of(PROVIDER, job, span), symbol_of(job.name), job.kind == "stock"
        query = {
            "period1": int((span.first - chart.EPOCH).days) * 86_400 - chart.ZONE_SECONDS,
            "period2": int((span.last + DAY - chart.EPOCH).days) * 86_400 - chart.ZONE_SECONDS,
            "interval": "1d",
            "includePrePost": "false",
            "events": "div,splits",
        }
        url = f"{self._base}/v8/finance/chart/{quote(symbol)}?{urlencode(query, safe=',')}"
        try:
            body = self.client.send("GET", url, about)
        except NotThereError:
            return Answer({}, b"")
        if not chart.check(body, symbol, span, about):
            return Answer({}, body)
        found = chart.mended(body, symbol, span, about, repair=stock)
        rows, actions = rows_of(found, job.name, span), actions_of(found, job.name)
        chart.refuse_jumps(
            [(row["date"], row["close"]) for row in rows],  # type: ignore[misc]  # a day and a number each
            _explained(job.name, actions),
            {row["date"]: row["value"] for row in actions if row["kind"] == "split"},  # type: ignore[misc]
            about,
        )
        notes = _mended(rows, chart.closes_before(body))
        if stock:
            return Answer({"stocks": rows, "actions": actions}, body, notes)
        bars = [
            {"index": job.name, "variant": "PR", **{k: v for k, v in row.items() if k in _INDEX_BAR}} for row in rows
        ]
        return Answer({"indices": bars}, body, notes)

    def no_such_series(self, job: Job, span: Span) -> ProviderError:
        """Yahoo says 404, or has a name without a day."""
        return ProviderError(
            f"{speaking_of(PROVIDER, job, span)}: no rows: Yahoo has nothing under {symbol_of(job.name)}; the stock "
            "may have been renamed, merged or delisted: check its symbol at NSE, and --since"
        )

    def probe(self, today: date) -> tuple[Job, Span]:
        """A month of the oldest fund on the Nifty 50."""
        return self._job("NIFTYBEES", None), Span(today - 31 * DAY, today - DAY)

    def close(self) -> None:
        """Let go of the connection."""
        self.client.session.close()

    def _job(self, name: str, since: date | None) -> Job:
        name = next((index for index, symbol in symbols().items() if symbol == name), name)
        refuse(name)
        if name in symbols():
            return Job(name, "price", since, PRICE_ONLY, SeriesKey(name, "price"))
        name = name.removesuffix(".NS")
        if name in index_facts() or not _STOCK.fullmatch(name):
            raise DataError(
                f"{PROVIDER} has no symbol for {name!r} that is known to be good here; ask the exchange's own site for "
                "an index (--only niftyindices or bse), and name a stock by its symbol at NSE, such as NTPC"
            )
        return Job(name, "stock", since, PROVIDER, SeriesKey(name, "stock"))


_INDEX_BAR = ("date", "open", "high", "low", "close")


def connect(base_url: str | None = None, limits: Limits | None = None) -> Yahoo:
    """The chart service, over the network. Raises ProviderError where yfinance is not installed."""
    if lacking := [package for package in ("yfinance", "curl_cffi") if not find_spec(package)]:
        raise ProviderError(f"{PROVIDER}: {lacking[0]} is not installed; install it with: pip install yfinance")
    from engine.market.providers.browser import Browser, browser  # noqa: PLC0415  # an optional extra

    chosen = limits or Limits()
    return Yahoo(Browser(browser(chosen), chosen), base_url)


@cache
def symbols() -> Mapping[str, str]:
    """Yahoo's symbol of each index it has, by the index's name, good or not."""
    return MappingProxyType({row["index"]: row["symbol"] for row in read_facts("yahoo_symbols.csv") if row["index"]})


@cache
def bad_symbols() -> Mapping[str, str]:
    """Why a symbol is refused: it is another index than it seems, or has nothing when asked for."""
    notes = {row["symbol"]: row["note"] for row in read_facts("yahoo_symbols.csv") if not row["index"]}
    return MappingProxyType({**notes, **BROKEN})


def symbol_of(name: str) -> str:
    """What Yahoo calls an index or a stock of NSE."""
    return symbols().get(name, f"{name}.NS")


def refuse(name: str) -> None:
    """Raise DataError for a name, or a symbol, whose history at Yahoo is known to be bad."""
    symbol = name if name in bad_symbols() else symbol_of(name)
    if symbol in bad_symbols():
        raise DataError(
            f"{PROVIDER}: {name} is refused: {symbol} {bad_symbols()[symbol]}. Ask the exchange's own site: --only "
            "niftyindices, or --only bse"
        )


def rows_of(found: pd.DataFrame, name: str, span: Span) -> list[Row]:
    """A row for every day with a close; a zero is no price, and a volume of zero none reported."""
    rows: list[Row] = []
    columns = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
    for stamp, values in zip(found.index, found[list(columns.values())].itertuples(index=False), strict=True):
        bar: Row = {key: float(value) if value > 0 else None for key, value in zip(columns, values, strict=True)}
        if bar["close"] is not None and span.first <= stamp.date() <= span.last:
            rows.append({"symbol": name, "date": stamp.date(), **bar})
    return rows


def actions_of(found: pd.DataFrame, name: str) -> list[Row]:
    """New shares for one old one, and rupees a share in today's shares, where either is."""
    rows: list[Row] = []
    for kind, column in (("dividend", "Dividends"), ("split", "Stock Splits")):
        there = found.loc[found[column] != 0, column]
        rows += [
            {"symbol": name, "kind": kind, "date": stamp.date(), "value": float(value)}
            for stamp, value in zip(there.index, there, strict=True)
        ]
    return rows


def _mended(rows: list[Row], before: Mapping[date, float]) -> tuple[str, ...]:
    """What is said of closes that are no longer as Yahoo sent them."""
    closes = {
        on: close for row in rows if isinstance(on := row["date"], date) and isinstance(close := row["close"], float)
    }
    changed = [
        on for on, close in closes.items() if on not in before or not math.isclose(close, before[on], rel_tol=1e-6)
    ]
    return (f"closes mended by yfinance: {len(changed)}, the first of {changed[0]}",) if changed else ()


def _explained(name: str, actions: list[Row]) -> Mapping[date, str]:
    """The days on which a large move has its reason, recorded by Yahoo or described here."""
    known = {on: what for (symbol, on), what in explained_moves().items() if symbol == name}
    return known | {on: str(row["kind"]) for row in actions if isinstance(on := row["date"], date)}


def _proxies() -> list[str]:
    """The funds that hold an index described here."""
    return sorted({facts.proxy for facts in index_facts().values() if facts.proxy})
