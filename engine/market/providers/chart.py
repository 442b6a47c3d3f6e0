"""An answer of Yahoo's chart service: checked before anything else reads it, then mended by yfinance.

yfinance gets the answer that is here already, so that one history is one request, and it mends nothing with prices of
other intervals, which would be another source: what only those could mend stays missing.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from yfinance.scrapers.history import PriceHistory

from engine.errors import ProviderError
from engine.market.providers.answers import CHANGED, fields_of, json_of, number, shown, strange, text_of
from engine.market.providers.provider import DAY, LackingError, Span

if TYPE_CHECKING:
    import pandas as pd

ZONE, ZONE_SECONDS = "Asia/Kolkata", 19_800
EPOCH = date(1970, 1, 1)
BAR = ("open", "high", "low", "close", "volume")
LARGEST_MOVE = 0.30
NO_OTHER = '{"chart": {"result": null, "error": {"code": "none", "description": "only days are asked for"}}}'


@dataclass(frozen=True)
class Reply:
    """What yfinance takes for the answer to a request of its own."""

    text: str

    def json(self) -> object:
        """Its JSON."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Door:
    """Stands where yfinance goes out: the answer for days that was fetched before, nothing else."""

    body: bytes

    def get(self, url: str, params: Mapping[str, object], timeout: float | None = None) -> Reply:
        """No request is made."""
        del url, timeout
        return Reply(self.body.decode("utf-8", "replace") if params.get("interval") == "1d" else NO_OTHER)

    cache_get = get


def check(body: bytes, symbol: str, span: Span, about: str) -> bool:
    """Whether a chart has any day at all. Raises ProviderError for whatever is not as expected, down to every bar."""
    chart = fields_of(json_of(body, about), ("chart",), f"{about}: the answer")["chart"]
    results = fields_of(chart, ("result",), f"{about}: the chart")["result"]
    if not isinstance(results, list) or len(results) != 1:
        raise strange(f"{about}:", f"the chart has the result {shown(results)}")
    result = fields_of(results[0], ("meta", "indicators"), f"{about}: the result")
    meta = fields_of(result["meta"], ("symbol", "currency", "exchangeTimezoneName", "instrumentType"), f"{about}: meta")
    expected = {"symbol": symbol, "currency": "INR", "exchangeTimezoneName": ZONE}
    for field, value in expected.items():
        if meta[field] != value:
            raise strange(f"{about}:", f"the {field} is {shown(meta[field])}, not {value}")
    if not result.get("timestamp"):
        return False
    _check_bars(result, span, about)
    _check_events(result.get("events") or {}, about)
    return True


def _check_bars(result: Mapping[str, object], span: Span, about: str) -> None:
    indicators = fields_of(result["indicators"], ("quote",), f"{about}: indicators")
    quotes = indicators["quote"]
    if not isinstance(quotes, list) or len(quotes) != 1:
        raise strange(f"{about}:", f"there are the quotes {shown(quotes)}")
    quote, times = fields_of(quotes[0], BAR, f"{about}: the quote"), result["timestamp"]
    columns = {"timestamp": times, **{field: quote[field] for field in BAR}}
    adjusted = indicators.get("adjclose")
    if isinstance(adjusted, list) and adjusted:
        columns["adjclose"] = fields_of(adjusted[0], ("adjclose",), f"{about}: adjclose")["adjclose"]
    lists = {name: column for name, column in columns.items() if isinstance(column, list)}
    if len(lists) != len(columns) or len({len(column) for column in lists.values()}) != 1:
        raise strange(f"{about}:", f"the columns are not lists of one length: {shown(columns)}")
    seen: dict[date, list[float | None]] = {}
    for place, values in enumerate(zip(*lists.values(), strict=True), start=1):
        where = f"{about}: day {place} of the answer"
        on = day_of(values[0], where)
        bar = [number(value, name, where) for value, name in zip(values[1:], list(lists)[1:], strict=True)]
        if not span.first <= on <= span.last + DAY:  # the running day comes whatever is asked for
            raise strange(where, f"is {on}, which was not asked for")
        if any(value is not None and value < 0 for value in bar):
            raise strange(where, f"has figures below zero: {shown(bar)}")
        if on <= span.last and seen.setdefault(on, bar) != bar:
            raise strange(where, f"contradicts another one of {on}")


def _check_events(events: object, about: str) -> None:
    """Dividends in rupees and splits with both sides."""
    needed = {"dividends": ("amount", "date"), "splits": ("numerator", "denominator", "date")}
    if not isinstance(events, dict):
        raise strange(f"{about}:", f"the events are {shown(events)}")
    for kind, fields in needed.items():
        group = events.get(kind) or {}
        if not isinstance(group, dict):
            raise strange(f"{about}:", f"the {kind} are {shown(group)}")
        for raw in group.values():
            event = fields_of(raw, fields, f"{about}: one of the {kind}")
            figures = [number(event[field], field, f"{about}: one of the {kind}") for field in fields]
            if any(figure is None or figure <= 0 for figure in figures):
                raise strange(f"{about}: one of the {kind}", f"is {shown(raw)}")
            if event.get("currency") not in (None, "", "INR"):
                raise strange(f"{about}: one of the {kind}", f"is in {shown(event['currency'])}, not in rupees")


def day_of(seconds: object, where: str) -> date:
    """The day in India of a count of seconds."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds < 4e9:
        raise strange(where, f"has the timestamp {shown(seconds)}")
    return EPOCH + timedelta(days=(seconds + ZONE_SECONDS) // 86_400)


def mended(body: bytes, symbol: str, span: Span, about: str, *, repair: bool) -> pd.DataFrame:
    """Open to Volume, Dividends, Stock Splits and, when repaired, `Repaired?`, by day in India.

    Prices are adjusted for splits, as Yahoo's are, and not for dividends. Raises ProviderError.
    """
    log = logging.getLogger("yfinance")
    log.setLevel(logging.CRITICAL)  # what it says of an answer is said here
    history = PriceHistory(Door(body), symbol, ZONE, session=object())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own, about pandas
            found: pd.DataFrame = history.history(
                start=span.first, end=span.last + DAY, interval="1d", auto_adjust=False, repair=repair
            )
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ProviderError(f"{about}: yfinance cannot read the answer ({shown(error)}). {CHANGED}") from error
    if found.empty:
        raise strange(f"{about}:", "yfinance finds no day in the answer")
    return found


def closes_before(body: bytes) -> dict[date, float]:
    """The closes of a checked answer as they came, by day."""
    result = json.loads(text_of(body))["chart"]["result"][0]
    came = zip(result["timestamp"], result["indicators"]["quote"][0]["close"], strict=True)
    return {day_of(seconds, ""): float(close) for seconds, close in came if close is not None}


def refuse_jumps(
    closes: Sequence[tuple[date, float]], explained: Mapping[date, str], splits: Mapping[date, float], about: str
) -> None:
    """Raise LackingError for a move beyond 30% without a recorded action, or with a split that is still in the price.

    Yahoo misses splits, and takes some out twice: what is left is a move nobody had.
    """
    for (_, before), (on, close) in pairwise(closes):
        move = close / before - 1
        if abs(move) <= LARGEST_MOVE:
            continue
        ratio = splits.get(on)
        left_in = ratio is not None and (
            abs(close / before * ratio - 1) < 0.15 or abs(close / before / ratio - 1) < 0.15
        )
        if left_in or on not in explained:
            why = (
                f"the split of {ratio:g} for 1 recorded there is not rightly out of the prices"
                if left_in
                else ("no split, bonus or dividend is recorded there")
            )
            raise LackingError(
                f"{about}: the close moves {move:+.1%} on {on}, and {why}: Yahoo misses or doubles a split now "
                "and then; import this stock from files with `backtest data import`, or name the move in the facts of "
                "stock moves; nothing of it was stored"
            )
