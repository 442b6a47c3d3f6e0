"""The moments at which something is traded or paid, variant by variant, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.accounting.orders import Exchange, Orders
from engine.accounting.postcost import Prices
from engine.accounting.terms import Terms

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

RAISE, PAY = -2, -3  # rows that sell to raise a tax, and that pay it


@dataclass(frozen=True)
class Rows:
    """Trading moments, variants x rows, padded at the end: `session` -1 is no row, `event` -1 waits for a price.

    `part` is how much of the way to its target an event's row goes (1: all of it), `slice` which of its rows it is. A
    row whose event a band holds back is handed to the order before it, while that has slices left.
    """

    session: Ints
    at_close: Flags
    event: Ints
    part: Floats
    slice: Ints

    @property
    def there(self) -> Flags:
        """Rows that are no padding."""
        return self.session >= 0


_Row = tuple[int, bool, int, float, int]


def rows_of_one(orders: Orders, exchange: Exchange, last: int) -> list[_Row]:
    """Session, at the close?, event, part and slice in order of time.

    There is a row for every slice of an event, one wherever a missing price comes back, and two for every tax. What is
    left of an order when the next one is filled is replaced by it; the opening is bought at once.
    """
    slices = 1 if orders.terms is None else orders.terms.slices
    rows: dict[tuple[int, bool, int], tuple[int, float, int]] = {}
    until = [*map(int, orders.filled[1:]), last + 1]
    for event, (session, following) in enumerate(zip(map(int, orders.filled), until, strict=True)):
        at_close = event == 0 or not exchange.at_open
        many = 1 if event == 0 else slices
        for place in range(min(many, following - session, last + 1 - session)):
            now = session + place
            rows[now, at_close, 2] = (event, 1.0 / (many - place), place)
            _comebacks(rows, exchange, now, at_close, last)
    if orders.tax is not None:
        for session in orders.tax.due(int(orders.filled[0]), last):
            rows[session, True, 0], rows[session, True, 1] = (RAISE, 1.0, 0), (PAY, 1.0, 0)
    return [(session, at_close, *rows[session, at_close, rank]) for session, at_close, rank in sorted(rows)]


def _comebacks(
    rows: dict[tuple[int, bool, int], tuple[int, float, int]],
    exchange: Exchange,
    session: int,
    at_close: bool,
    last: int,
) -> None:
    """A row where each price that is missing at a session comes back."""
    if not exchange.gaps[at_close][session]:
        return
    prices = exchange.closes if at_close else exchange.fills
    for asset in np.flatnonzero(np.isnan(prices[session])):
        later = np.flatnonzero(~np.isnan(prices[session + 1 : last + 1, asset]))
        if len(later):
            rows.setdefault((session + 1 + int(later[0]), at_close, 2), (-1, 1.0, 0))


def rows_of(variants: Sequence[Orders], exchange: Exchange, last: int) -> Rows:
    """The rows of all variants, padded to the longest."""
    found: dict[bytes, list[_Row]] = {}
    mine = []
    for orders in variants:
        alike = orders.decided.tobytes()  # variants of one sweep often decide on the same sessions, and rows are many
        if orders.tax is not None or (orders.terms is not None and orders.terms.slices > 1):
            mine.append(rows_of_one(orders, exchange, last))
        else:
            if alike not in found:
                found[alike] = rows_of_one(orders, exchange, last)
            mine.append(found[alike])
    width = max(map(len, mine))
    tables = {id(rows): np.array(rows + [(-1, True, -1, 1.0, 0)] * (width - len(rows)), dtype=float) for rows in mine}
    session, at_close, event, part, place = np.moveaxis(np.array([tables[id(rows)] for rows in mine]), 2, 0)
    return Rows(
        session.astype(np.intp), at_close.astype(bool), event.astype(np.intp), part.copy(), place.astype(np.intp)
    )


class RowPrices:
    """What every row trades at, variants x rows x assets."""

    def __init__(self, rows: Rows, exchange: Exchange, cash: Floats) -> None:
        session = np.maximum(rows.session, 0)
        closing = rows.at_close[:, :, None]
        fill = np.where(closing, exchange.closes[session], exchange.fills[session])
        known = np.where(closing, exchange.values[session], exchange.values[np.maximum(session - 1, 0)])
        self.unknown = np.isnan(fill)
        self.size = np.nan_to_num(np.where(self.unknown, known, fill), nan=0.0)
        self.per_rupee = np.divide(1.0, self.size, out=np.zeros_like(self.size), where=self.size > 0.0)
        self.cash = cash[session]
        self.missing = np.asarray((self.unknown & rows.there[:, :, None]).any(axis=(0, 2)))


class RowCosts:
    """What orders cost at every row, variants x rows x assets."""

    def __init__(self, rows: Rows, terms: Sequence[Terms]) -> None:
        shape = (*rows.session.shape, terms[0].buying.shape[1])
        session = np.maximum(rows.session, 0)
        groups: dict[int, list[int]] = {}
        for place, one in enumerate(terms):
            groups.setdefault(id(one), []).append(place)
        self.proportional = all(terms[places[0]].proportional for places in groups.values())
        self.bent = [place for place, one in enumerate(terms) if not one.proportional]
        self.buy, self.sell = np.empty(shape), np.empty(shape)
        self.rest = None if self.proportional else np.zeros((5, *shape))
        whole = any(one.unit is not None for one in terms)
        self.unit = np.zeros(shape) if whole else None
        for places in groups.values():
            one = terms[places[0]]
            self.buy[places], self.sell[places] = one.buying[session[places]], one.selling[session[places]]
            if self.rest is not None:
                found = one.prices(session[places])
                parts = (found.flat_buy, found.flat_sell, found.fraction, found.cap, found.impact)
                for kept, part in zip(self.rest, parts, strict=True):
                    kept[places] = part
            if self.unit is not None and one.unit is not None and one.unit_at_close is not None:
                at_close, mine = rows.at_close[places][:, :, None], session[places]  # the opening is, and a tax
                self.unit[places] = np.where(at_close, one.unit_at_close[mine], one.unit[mine])

    def at(self, row: int) -> Prices:
        """Of all variants at one row."""
        rest = np.zeros(5) if self.rest is None else self.rest[:, :, row]
        return Prices(self.buy[:, row], self.sell[:, row], *rest)

    def of(self, row: int, orders: Floats) -> Floats:
        """Rupees that signed orders cost, variants x assets."""
        if self.proportional:
            cost: Floats = np.abs(orders) * np.where(orders > 0.0, self.buy[:, row], self.sell[:, row])
            return cost
        return self.at(row).cost(orders)


def of_one(prices: Prices, variant: int) -> Prices:
    """One variant's."""
    return Prices(*(np.broadcast_to(part, prices.buy.shape)[variant] for part in vars(prices).values()))
