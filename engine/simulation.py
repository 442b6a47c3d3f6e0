"""Target weights to exact signed units, replayed through vectorbt, to a ledger.

The accounting is done twice: once in numpy, vectorised over variants, and once by `vectorbt.Portfolio.from_orders`
on the event rows alone. Every run compares the two books and fails when they differ by more than 1e-9 of the value.
This is the only module that speaks to vectorbt.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.accounting import DUST, Book, Exchange, Orders, Rows, TaxAccount, keep_book
from engine.accounting.book import DONE, LATE, NO_CASH, NOT_WORTH_IT, SCALED, UNDER_A_UNIT, WAITS
from engine.accounting.rows import RAISE
from engine.errors import DataError, StrategyError
from engine.market.cash import cash_index
from engine.market.keys import Variant
from engine.market.market import Market, last_known

Floats = NDArray[np.float64]

BOOKS_AGREE = 1e-9
FAINT = 4e-9  # of the value: vectorbt may take an order this small for rounding
STARTING_CAPITAL = 1e6
RUIN = 1e-6  # of the capital
CHUNK = 200  # variants simulated together
LONGEST_GAP = 5  # sessions a held asset may be without a price
BOUGHT = 0  # vectorbt's side of a purchase
SIDES = {WAITS: "wait", UNDER_A_UNIT: "skip", NOT_WORTH_IT: "skip", NO_CASH: "skip"}  # what did not become a trade
NOTES = {
    DONE: "",
    WAITS: "no price at the fill: waits for the next one",
    LATE: "waited for a price",
    UNDER_A_UNIT: "less than one whole unit: not placed",
    SCALED: "scaled down to the cash there was",
    NOT_WORTH_IT: "would cost more than it brings: not placed",
    NO_CASH: "no cash to pay for it: not placed",
}


@dataclass(frozen=True)
class Ledger:
    """What happened to one portfolio, session by session; rupees, units of index points, from the first fill on.

    `units` and `weights` are at the close after fills, `pnl` is each asset's gain over the session, of which `traded`
    was earned by units bought or sold at an open, and `costs` has one column per name. `fills` is one row per order;
    `traded_share` is half of all traded value over the value before each trade, entry left out. `account` knows the
    taxes of a taxed portfolio, which are in `costs` as `tax`.
    """

    capital: float
    nav: pd.Series
    units: pd.DataFrame
    weights: pd.DataFrame
    cash: pd.Series
    cash_index: pd.Series
    values: pd.DataFrame
    pnl: pd.DataFrame
    traded: pd.DataFrame
    interest: pd.Series
    costs: pd.DataFrame
    fills: pd.DataFrame
    traded_share: float
    dropped: int
    account: TaxAccount | None = None

    @property
    def orders(self) -> int:
        """How many orders were carried out; those that wait or were not placed are in `fills` as well."""
        return int((self.fills["units"] != 0.0).sum())


def exchange_of(market: Market, assets: Sequence[str], variant: Variant, *, at_open: bool) -> Exchange:
    """Prices of `assets` in the variant that is earned."""
    closes = market.closes(assets, variant)
    fills = market.opens(assets, variant) if at_open else closes
    return Exchange(tuple(assets), market.sessions, closes.to_numpy(), last_known(closes), fills.to_numpy(), at_open)


@dataclass(frozen=True)
class Replay:
    """Every trade of a simulation as vectorbt takes it, and the holdings it must come to.

    Arrays are variants x rows x (assets + CASH), scaled so that every price starts near 1 and the capital at 1,000,000
    (vectorbt rounds absolute amounts): fill prices, signed units (0 is no order), cost fractions, costs in rupees
    beside them, and units held after the row. CASH is one more column, free to trade, bought with all the capital in a
    row of its own before the first event; a tax leaves as the cost of a sale of CASH, and what a sale costs beyond what
    it brings as one of the sales beside it.
    """

    price: Floats
    size: Floats
    fees: Floats
    fixed: Floats
    units: Floats
    capital: Floats
    loose: Floats  # rupees after each row that are too few to be an order for CASH

    @classmethod
    def of(cls, book: Book, rows: Rows, cash: Floats, capital: Floats) -> Replay:
        """From the first book; `cash` is the value of a unit of CASH at every session."""
        cash_price = cash[np.maximum(rows.session, 0)][:, :, None]
        start = capital / cash_price[:, 0, 0]  # in units of CASH: variants start when they start
        cash_held = np.concatenate([start[:, None], book.cash], axis=1)
        value = book.before / cash_price[:, :, 0]
        change = _cash_orders(cash_held, FAINT * value, DUST * value)[:, :, None]
        change[~rows.there] = 0.0
        bought = np.concatenate([start[:, None], change[:, :, 0]], axis=1).cumsum(axis=1)
        opening = np.zeros((len(capital), 1, book.traded.shape[2] + 1))
        opening[:, 0, -1] = start
        size = np.concatenate([opening, np.concatenate([book.traded, change], axis=2)], axis=1)
        price = np.concatenate([opening, np.concatenate([book.price, cash_price], axis=2)], axis=1)
        price[:, 0] = price[:, 1]
        price[price == 0.0] = 1.0  # never known, never traded
        fees = np.concatenate([opening * 0.0, np.concatenate([book.rate, np.zeros_like(cash_price)], axis=2)], axis=1)
        fixed = np.concatenate([opening * 0.0, np.concatenate([book.fixed, book.tax[:, :, None]], axis=2)], axis=1)
        units = np.zeros_like(size)
        units[:, 1:, :-1], units[:, :, -1] = book.units, bought
        scale = (STARTING_CAPITAL / capital)[:, None, None]
        unit = price[:, 1:2]
        return cls(
            price / unit, size * unit * scale, fees, _borne(size * price, fees, fixed) * scale, units * unit * scale,
            capital * scale[:, 0, 0], (cash_held - bought) * price[:, :, -1] * scale[:, :, 0],
        )  # fmt: skip


def _cash_orders(held: Floats, least: Floats, dust: Floats) -> Floats:
    """What is bought of CASH at every row, variants x rows, so that `held` (variants x rows and one more) is there.

    vectorbt works out the cash it has as a difference of large numbers, and takes a remainder under a billionth of the
    value for none. So an order is never smaller than `least`: a smaller purchase stays loose money, and in place of a
    smaller sale a little more is sold, or all. A change under `dust` is a rounding error.
    """
    orders = np.diff(held, axis=1)
    orders[np.abs(orders) <= dust] = 0.0
    if not ((orders != 0.0) & (np.abs(orders) <= least)).any():
        return orders
    bought = held[:, 0].copy()
    for row in range(orders.shape[1]):
        wanted, smallest = held[:, row + 1] - bought, least[:, row]
        sale = np.minimum(bought, np.maximum(-wanted, smallest))
        sale = np.where(bought - sale < smallest, bought, sale)
        orders[:, row] = np.where(wanted >= smallest, wanted, np.where(wanted < -dust[:, row], -sale, 0.0))
        bought += orders[:, row]
    return orders


def _borne(signed: Floats, fees: Floats, fixed: Floats) -> Floats:
    """The costs in rupees, each sale's at most what it brings: vectorbt refuses one that costs more.

    The rest is borne by what pays for it, the other sales of the row (that of CASH among them), in proportion.
    """
    brings = np.where(signed < 0.0, -signed * (1.0 - fees) - fixed, 0.0)
    lacks, pays = np.maximum(-brings, 0.0), np.maximum(brings, 0.0)
    if not lacks.any():
        return fixed
    lacking, paying = lacks.sum(axis=2, keepdims=True), pays.sum(axis=2, keepdims=True)
    share = np.divide(lacking, paying, out=np.zeros_like(lacking), where=paying > 0.0)
    borne: Floats = fixed - lacks + pays * np.minimum(share, 1.0)
    return borne


def warm_up() -> None:
    """Import what `replay` needs, for a process that has nothing better to do yet."""
    import vectorbt  # noqa: F401, PLC0415  # seconds to import, only where it is used


def replay(orders: Replay) -> None:
    """Keep the second book in vectorbt, on the event rows, and compare; a difference is a bug, and raised as one."""
    import vectorbt as vbt  # noqa: PLC0415  # seconds to import, only where it is used

    variants, events, columns = orders.size.shape
    sizes = np.where(orders.size == 0.0, np.nan, orders.size)
    price, size, fees, fixed = (
        part.transpose(1, 0, 2).reshape(events, -1) for part in (orders.price, sizes, orders.fees, orders.fixed)
    )
    portfolio = vbt.Portfolio.from_orders(
        pd.DataFrame(price), size=size, price=price, fees=fees, fixed_fees=fixed, size_type="amount",
        direction="longonly", cash_sharing=True, group_by=np.repeat(np.arange(variants), columns), call_seq="auto",
        init_cash=orders.capital, freq="1D",
    )  # fmt: skip
    _agree(portfolio.order_records, orders)


def _agree(records: NDArray[np.void], orders: Replay) -> None:
    """Every order carried out, and vectorbt's positions and cash equal to ours after every row.

    vectorbt records an order only when it fills it, and then what it filled: a rejected or ignored one is missing, a
    part of one leads to another position, and another fee to another cash.
    """
    if len(records) != (asked := int(np.count_nonzero(orders.size))):
        raise AssertionError(f"vectorbt carried out {len(records)} of {asked} orders")
    variants, events, columns = orders.size.shape
    place = (records["col"] // columns, records["idx"], records["col"] % columns)
    traded = np.where(records["side"] == BOUGHT, records["size"], -records["size"])
    theirs, spent = np.zeros(orders.size.shape), np.zeros((variants, events))
    theirs[place] = traded
    np.add.at(spent, place[:2], traded * records["price"] + records["fees"])
    units, price = orders.units, orders.price
    value = np.maximum.accumulate((units * price).sum(axis=2), axis=1)  # roundings are those of the most there was
    apart = float((np.abs(np.cumsum(theirs, axis=1) - units) * price / value[:, :, None]).max())
    spare = float((np.abs(orders.capital[:, None] - np.cumsum(spent, axis=1) - orders.loose) / value).max())
    if not max(apart, spare) <= BOOKS_AGREE:
        raise AssertionError(f"the two books differ by {max(apart, spare):.3g} of the value")


def simulate(
    variants: Sequence[Orders], exchange: Exchange, last: int, check: Callable[[Replay], None] = replay
) -> list[Ledger]:
    """Carry out every variant's orders up to session `last`; one ledger each.

    `check` is handed the trades for the second book; by default it is kept here and now. Raises DataError when a held
    asset has no price for more than five sessions, or its series ends.
    """
    rows, book, cash = _kept(variants, exchange, last)
    check(Replay.of(book, rows, cash, np.array([orders.execution.capital for orders in variants])))
    return [_ledger(place, orders, exchange, cash, rows, book, last) for place, orders in enumerate(variants)]


def _kept(variants: Sequence[Orders], exchange: Exchange, last: int) -> tuple[Rows, Book, Floats]:
    """The first book, and the value of a unit of CASH at every session."""
    first = min(int(orders.filled[0]) for orders in variants)
    days = exchange.sessions.to_numpy("datetime64[D]")
    spreads = {orders.execution.cash_spread for orders in variants}
    if len(spreads) > 1:
        raise ValueError("the variants of one simulation share their cash spread")
    cash = np.ones(len(days))
    cash[first : last + 1] = cash_index(days[first : last + 1], spreads.pop())
    rows, book = keep_book(variants, exchange, cash, last)
    _not_ruined(book, rows, exchange, variants)
    return rows, book, cash


def navs(variants: Sequence[Orders], exchange: Exchange, last: int, check: Callable[[Replay], None] = replay) -> Floats:
    """The daily value of many variants, variants x sessions up to `last`, NaN before a variant's first fill; rupees.

    What `simulate` does, in chunks that bound the memory, and without a ledger for each. Raises as it does.
    """
    values = np.full((len(variants), last + 1), np.nan)
    with _light(), ThreadPoolExecutor(1) as second:  # vectorbt works while the next chunk is kept in numpy
        waiting: Future[None] | None = None
        for start in range(0, len(variants), CHUNK):
            part = variants[start : start + CHUNK]
            rows, book, cash = _kept(part, exchange, last)
            orders = Replay.of(book, rows, cash, np.array([one.execution.capital for one in part]))
            if waiting is not None:
                waiting.result()
            gc.collect()
            waiting = second.submit(check, orders)
            values[start : start + len(part)] = _values(part, exchange, (cash, rows, book), last)
        if waiting is not None:
            waiting.result()
    return values


@contextmanager
def _light() -> Iterator[None]:
    """vectorbt's portfolios refer to themselves, so only the collector frees them: let it look at new things alone."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _values(variants: Sequence[Orders], exchange: Exchange, kept: tuple[Floats, Rows, Book], last: int) -> Floats:
    """Every variant's value at every session up to `last`, NaN before its first fill."""
    cash, rows, book = kept
    found = np.full((len(variants), last + 1), np.nan)
    alike = bool((rows.session == rows.session[0]).all())
    if alike and not exchange.gaps[1][int(rows.session[0, 0]) : last + 1].any():
        edges = [*rows.session[0].tolist(), last + 1]
        for row, (since, until) in enumerate(pairwise(edges)):  # nothing is traded between two rows
            prices = exchange.values[since:until].T
            found[:, since:until] = book.units[:, row] @ prices + np.outer(book.cash[:, row], cash[since:until])
        return found
    for place, orders in enumerate(variants):
        first = int(orders.filled[0])
        mine = np.flatnonzero(rows.session[place] >= 0)
        after = np.searchsorted(rows.session[place, mine], np.arange(first, last + 1), side="right") - 1
        units = book.units[place, mine][after]
        _priced_while_held(units, exchange, first)
        prices = np.nan_to_num(exchange.values[first : last + 1])
        idle = book.cash[place, mine][after] * cash[first : last + 1]
        found[place, first:] = np.einsum("ta,ta->t", units, prices) + idle
    return found


def _not_ruined(book: Book, rows: Rows, exchange: Exchange, variants: Sequence[Orders]) -> None:
    """Where almost nothing is left, what is left is rounding errors: say so instead of reporting them."""
    capital = np.array([orders.execution.capital for orders in variants])[:, None]
    ruined = rows.there & (book.before < RUIN * capital)
    if ruined.any():
        day = exchange.sessions[rows.session[ruined].min()].date()
        raise StrategyError(f"on {day} less than a millionth of the capital is left: prices or costs have eaten it up")


def _ledger(  # noqa: PLR0913, PLR0917  # the pieces of one simulation
    place: int, orders: Orders, exchange: Exchange, cash: Floats, rows: Rows, book: Book, last: int
) -> Ledger:
    """One variant's book, spread over the sessions from its first fill to `last`."""
    mine = np.flatnonzero(rows.session[place] >= 0)
    session, first = rows.session[place, mine], int(orders.filled[0])
    window = slice(first, last + 1)
    after = np.searchsorted(session, np.arange(first, last + 1), side="right") - 1
    units, cash_units = book.units[place, mine][after], book.cash[place, mine][after]
    _priced_while_held(units, exchange, first)
    values, index = exchange.values[window], cash[window]
    worth = np.where(units == 0.0, 0.0, units * values)
    idle = cash_units * index
    nav = worth.sum(axis=1) + idle
    traded = np.zeros_like(units)
    gap = np.where(book.traded[place, mine] == 0.0, 0.0, exchange.values[session] - book.price[place, mine])
    np.add.at(traded, session - first, book.traded[place, mine] * gap)
    held = units[:-1]
    pnl = traded.copy()
    pnl[1:] += np.where(held == 0.0, 0.0, held * np.diff(values, axis=0))
    interest = np.concatenate(([0.0], cash_units[:-1] * np.diff(index)))
    fills = _fills(place, orders, exchange, rows, book)
    days, assets = exchange.sessions[window], list(exchange.assets)
    names = exchange.terms_of(orders).names
    costs = fills[names].groupby(fills["date"]).sum().reindex(days, fill_value=0.0)
    account = book.accounts[place]
    if account is not None:
        costs["tax"] = pd.Series({exchange.sessions[at]: paid for at, paid in account.paid.items()}, days, float)
        costs["tax"] = costs["tax"].fillna(0.0)
    return Ledger(
        orders.execution.capital, pd.Series(nav, days), pd.DataFrame(units, days, assets),
        pd.DataFrame(worth / nav[:, None], days, assets), pd.Series(idle, days), pd.Series(index, days),
        pd.DataFrame(values, days, assets), pd.DataFrame(pnl, days, assets), pd.DataFrame(traded, days, assets),
        pd.Series(interest, days), costs, fills, _turnover(place, mine, rows, book), int(book.dropped[place]), account,
    )  # fmt: skip


def _turnover(place: int, mine: NDArray[np.intp], rows: Rows, book: Book) -> float:
    """Half of the traded value over the value before the trade, summed over all fills but the opening one."""
    value = np.abs(np.where(book.traded[place, mine] == 0.0, 0.0, book.traded[place, mine] * book.price[place, mine]))
    later = rows.event[place, mine] != 0
    return float((0.5 * value.sum(axis=1) / book.before[place, mine])[later].sum())


def _fills(place: int, orders: Orders, exchange: Exchange, rows: Rows, book: Book) -> pd.DataFrame:
    """One line per order: carried out, left waiting for a price, or not placed; values and costs in rupees."""
    fate = book.fate[place]
    acted = (book.traded[place] != 0.0) | np.isin(fate, list(SIDES))
    row, asset = np.nonzero(acted & (rows.session[place] >= 0)[:, None])
    event = np.maximum.accumulate(rows.event[place])[row]
    units, price = book.traded[place, row, asset], book.price[place, row, asset]
    signed = np.where(units == 0.0, 0.0, units * price)
    terms, session, mine = exchange.terms_of(orders), rows.session[place, row], fate[row, asset]
    notes = np.array([NOTES[int(code)] for code in mine], dtype=object)
    for said in (_sliced(rows, place, terms.slices), _for_tax(rows, place)):
        more = said[row]
        notes = np.where(more == "", notes, np.where(notes == "", more, notes + "; " + more))
    skipped = np.isin(mine, list(SIDES))
    side = np.where(units > 0, "buy", "sell").astype(object)
    side[skipped] = [SIDES[int(code)] for code in mine[skipped]]
    vehicle = {} if terms.vehicles is None else {"vehicle": terms.vehicles[session, asset]}
    return pd.DataFrame(
        {
            "date": exchange.sessions[session],
            "decided": exchange.sessions[orders.decided[event]],
            "asset": np.array(exchange.assets, dtype=object)[asset],
            "side": side,
            "units": units,
            "price": np.where(mine == WAITS, np.nan, price),
            "value": np.abs(signed),
            **vehicle,
            **terms.itemised(session, asset, signed),
            "note": notes,
        }
    )


def _sliced(rows: Rows, place: int, slices: int) -> NDArray[np.object_]:
    """What to say of each row of an order that is spread over sessions; the last one says if something was left."""
    said = np.full(rows.session.shape[1], "", dtype=object)
    if slices > 1:
        for row in np.flatnonzero((rows.part[place] < 1.0) | (rows.slice[place] > 0)):
            number = int(rows.slice[place, row]) + 1
            later = (rows.event[place] == rows.event[place, row]) & (rows.slice[place] == number)
            left = (
                ""
                if later.any() or number == slices
                else "; the rest was replaced by the next order, or had no session"
            )
            said[row] = f"slice {number} of {slices}{left}"
    return said


def _for_tax(rows: Rows, place: int) -> NDArray[np.object_]:
    return np.where(rows.event[place] == RAISE, "sold to pay the tax of the year", "").astype(object)


def _priced_while_held(units: Floats, exchange: Exchange, first: int) -> None:
    if not exchange.gaps[1][first : first + len(units)].any():
        return
    for place, name in enumerate(exchange.assets):
        held = np.flatnonzero(units[:, place] != 0.0) + first
        if not len(held):
            continue
        priced = np.flatnonzero(~np.isnan(exchange.closes[:, place]))
        if held[-1] > priced[-1]:
            raise DataError(f"{name} ends on {exchange.sessions[priced[-1]].date()} while the strategy still holds it")
        since = held - priced[np.searchsorted(priced, held, side="right") - 1]
        if since.max() > LONGEST_GAP:
            day = exchange.sessions[held[np.argmax(since > LONGEST_GAP)]].date()
            raise DataError(f"{name} is held on {day} but has had no price for more than {LONGEST_GAP} sessions")
