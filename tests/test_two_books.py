"""The numpy book and vectorbt's, over random markets, orders, terms and taxes; a case is one variant.

Invariants, each on every case: vectorbt ends every session with the same value and has paid the same, order by order;
cash is never below zero; an order that is not carried out is listed with its reason; and the value changes by gains and
interest less costs and taxes. 2,000 cases by default, `BACKTEST_CASES` of them if set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import simulation
from engine.accounting import Exchange, Orders, Taxation
from engine.accounting.dealing import Desk, investable, terms_of
from engine.accounting.rows import rows_of
from engine.aftertax import fair_values
from engine.config.settings import Execution
from engine.errors import EngineError
from engine.market.market import Market
from engine.simulation import BOUGHT, STARTING_CAPITAL, Ledger, Replay, exchange_of, simulate
from engine.tax import TaxSettings
from tests.test_oracle_execution import BROKERAGES, NAMES, OPENINGS, OWN_DP, OWN_ROWS, SECOND, WORLDS, World

VARIANTS = 40  # of one market, simulated together
CASES = int(os.environ.get("BACKTEST_CASES", "2000"))
LAST = 45
AGREE = 1e-9
WORLD_OPENING = OPENINGS[2]
BASKET = {"C": ("P", "Q", "R")}

CHARGES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"buy_bps": st.sampled_from([0, 5, 200])}, optional={"sell_bps": st.sampled_from([0, 20])}),
    st.fixed_dictionaries(
        {"vehicle": st.sampled_from(["auto", "share", "etf"]), "charges": OWN_ROWS, "brokerage": BROKERAGES},
        optional={"dp": st.booleans()},
    ),
    st.just({"vehicle": "auto"}),
)
EXECUTIONS = st.builds(
    lambda charges, more: Execution(**charges, **more),
    CHARGES,
    st.fixed_dictionaries(
        {"capital": st.sampled_from([1_000_000.0, 60_000.0, 2e8])},
        optional={
            "slippage_bps": st.sampled_from([5.0, {"default": 2.0, SECOND: 20.0}]),
            "impact": st.sampled_from([{"coefficient": 1, "window": 4}, {"coefficient": 0.1, "window": 9}]),
            "lots": st.booleans(),
            "slices": st.integers(1, 4),
            "band": st.sampled_from([0.01, 0.05]),
            "min_trade": st.sampled_from([0.0, 100.0]),
        },
    ),
)
TERMS = st.lists(st.tuples(EXECUTIONS, st.booleans()), min_size=4, max_size=4)  # of ten variants each, taxed or not


class Case(NamedTuple):
    """One variant, what it trades on, its ledger, and vectorbt's trades of it: rupees and units, rows x columns."""

    orders: Orders
    exchange: Exchange
    ledger: Ledger
    sessions: NDArray[np.intp]  # of the rows, -1 where there is none
    units: NDArray[np.float64]  # traded
    fees: NDArray[np.float64]  # paid, CASH last: what is paid there is tax


def drawn(
    world: World, terms: Sequence[tuple[Execution, bool]], market: Market, exchange: Exchange
) -> Iterator[Orders]:
    """Variants that decide at random sessions on random weights, some of them nothing, some of them everything."""
    rng = np.random.default_rng(world.seed)
    days = exchange.sessions.to_numpy("datetime64[D]")
    for place in range(VARIANTS):
        execution, taxed = terms[place % len(terms)]
        decided = np.flatnonzero(rng.random(LAST) < rng.choice([0.1, 0.3]))
        decided = decided[decided >= 5] if (decided >= 5).any() else np.array([6])
        weights = rng.dirichlet(np.ones(4), len(decided))[:, :3] * rng.integers(0, 2, (len(decided), 3))
        whole = weights.sum(axis=1, keepdims=True)
        full = (rng.random((len(decided), 1)) < 0.5) & (whole > 0.0)
        weights = np.where(full, weights / np.where(whole > 0.0, whole, 1.0), weights)
        desk = Desk(execution, BASKET, int(decided[0]) + 1, LAST)
        tax = Taxation(TaxSettings(), exchange.assets, days, fair_values(exchange, days)) if taxed else None
        yield Orders(decided, weights, rng.random(len(decided)) < 0.4, execution, terms_of(desk, exchange, market), tax)


def cases_of(variants: Sequence[Orders], exchange: Exchange) -> list[Case]:
    """Both books of all variants; where one cannot be followed, each by itself, and the others of them."""
    kept: list[tuple[Any, Replay]] = []
    agree = simulation._agree

    def spy(records: Any, orders: Replay) -> None:
        agree(records, orders)
        kept.append((records, orders))

    try:
        with patch.object(simulation, "_agree", spy):
            ledgers = simulate(variants, exchange, LAST)
    except EngineError:
        return [] if len(variants) == 1 else [case for one in variants for case in cases_of([one], exchange)]
    ((records, replayed),) = kept
    sessions = rows_of(variants, exchange, LAST).session
    traded, fees = np.zeros(replayed.size.shape), np.zeros(replayed.size.shape)
    place = (records["col"] // 4, records["idx"], records["col"] % 4)
    traded[place] = np.where(records["side"] == BOUGHT, records["size"], -records["size"])
    fees[place] = records["fees"]
    loose = replayed.loose / replayed.price[:, :, -1]  # what `_agree` has found to be vectorbt's free cash is CASH here
    traded[:, :, -1] += np.diff(loose, axis=1, prepend=0.0)
    return [
        Case(orders, exchange, ledger, sessions[at], *_in_rupees(orders, exchange, ledger, traded[at], fees[at]))
        for at, (orders, ledger) in enumerate(zip(variants, ledgers, strict=True))
    ]


def _in_rupees(  # the replay is scaled to one capital and to prices near 1
    orders: Orders, exchange: Exchange, ledger: Ledger, traded: NDArray[np.float64], fees: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first = np.nan_to_num(exchange.values[int(orders.filled[0])], nan=1.0)
    price = np.append(first, ledger.cash_index.iloc[0])
    scale = STARTING_CAPITAL / orders.execution.capital
    return traded / price / scale, fees / scale


@settings(max_examples=max(CASES // VARIANTS, 1))
@given(WORLDS, TERMS, st.booleans(), st.booleans())
def test_two_books_agree(world: World, terms: list[tuple[Execution, bool]], at_open: bool, wears: bool) -> None:
    market, _ = world.markets()
    exchange = exchange_of(market, NAMES, "total", at_open=at_open)
    exchange = investable(exchange) if wears else exchange
    for case in cases_of(list(drawn(world, terms, market, exchange)), exchange):
        most = float(case.ledger.nav.max())
        assert_the_same_value_every_session(case, most)
        assert_the_same_fees(case, most)
        assert_the_value_changes_by_its_parts(case.ledger, most)
        assert case.ledger.cash.min() >= -1e-6
        assert_nothing_is_forgotten(case)


def assert_the_same_value_every_session(case: Case, most: float) -> None:
    """Vectorbt's units at each session's last known closes."""
    first = int(case.orders.filled[0])
    held = np.cumsum(case.units, axis=0)[1:][case.sessions >= 0]
    after = np.searchsorted(case.sessions[case.sessions >= 0], np.arange(first, LAST + 1), side="right") - 1
    prices = np.column_stack([np.nan_to_num(case.exchange.values[first : LAST + 1]), case.ledger.cash_index])
    theirs = (held[after] * prices).sum(axis=1)
    np.testing.assert_allclose(case.ledger.nav.to_numpy(), theirs, rtol=0.0, atol=AGREE * most)


def assert_the_same_fees(case: Case, most: float) -> None:
    """By session and asset; only by session where sales bore what others cost beyond what they brought."""
    there = case.sessions >= 0
    paid = pd.DataFrame(case.fees[1:][there], case.exchange.sessions[case.sessions[there]], [*NAMES, "CASH"])
    by_session = paid.groupby(level=0).sum().reindex(case.ledger.nav.index, fill_value=0.0)
    costs = case.ledger.costs
    np.testing.assert_allclose(by_session.sum(axis=1), costs.sum(axis=1), rtol=0.0, atol=AGREE * most)
    fills = case.ledger.fills
    names = [name for name in costs if name != "tax"]
    cost = fills[names].sum(axis=1)
    if not ((fills["side"] == "sell") & (cost > fills["value"])).any():
        mine = cost.groupby([fills["date"], fills["asset"]]).sum().unstack(fill_value=0)
        mine = mine.reindex(index=by_session.index, columns=NAMES, fill_value=0.0)
        np.testing.assert_allclose(by_session[NAMES], mine, rtol=0.0, atol=AGREE * most)
        tax = costs["tax"] if "tax" in costs else 0.0 * by_session["CASH"]
        np.testing.assert_allclose(by_session["CASH"], tax, rtol=0.0, atol=AGREE * most)


def assert_the_value_changes_by_its_parts(ledger: Ledger, most: float) -> None:
    """Gains and interest, less every cost by name and taxes."""
    change = np.diff(ledger.nav.to_numpy(), prepend=ledger.capital)
    parts = ledger.pnl.sum(axis=1) + ledger.interest - ledger.costs.sum(axis=1)
    np.testing.assert_allclose(change, parts, rtol=0.0, atol=AGREE * most)
    assert (ledger.costs.to_numpy() >= -AGREE * most).all()


def assert_nothing_is_forgotten(case: Case) -> None:
    """After an order, what is far off its target has a line that says why; leeway is what costs and units come to."""
    fills, exchange, execution = case.ledger.fills, case.exchange, case.orders.execution
    due = set(case.orders.tax.due(int(case.orders.filled[0]), LAST)) if case.orders.tax else set()
    explained = {(one.date, one.asset) for one in fills.itertuples() if one.side in ("wait", "skip") or one.note}
    for event, session in enumerate(case.orders.filled):
        held_back = event > 0 and (execution.slices > 1 or execution.band is not None)
        if held_back or execution.impact or (session in due and exchange.at_open):
            continue
        day = exchange.sessions[session]
        opens = exchange.at_open and event > 0
        known = exchange.values[session - 1] if opens else exchange.values[session]
        fill = exchange.fills[session] if opens else exchange.closes[session]
        held = case.ledger.units.loc[day].to_numpy() * np.nan_to_num(np.where(np.isnan(fill), known, fill))
        total = held.sum() + case.ledger.cash.loc[day]
        off = np.abs(held - case.orders.weights[event] * total)
        leeway = 0.02 * total + 300.0 + execution.min_trade + 500.0 * execution.lots
        for name in np.array(NAMES)[off > leeway]:
            assert (day, name) in explained, f"{name} is {off} rupees off its target after {day}, and nothing says why"


def test_the_spy_sees_what_is_wrong() -> None:
    """The checks themselves: a changed fee, a lost order and a wrong gain are each noticed."""
    world = World(3, WORLD_OPENING, 11, 0.0)
    market, _ = world.markets()
    exchange = exchange_of(market, NAMES, "total", at_open=False)
    execution = Execution(vehicle="share", charges=[OWN_DP], dp=True)
    case = cases_of(list(drawn(world, [(execution, False)], market, exchange))[:1], exchange)[0]
    most = float(case.ledger.nav.max())
    with pytest.raises(AssertionError):
        assert_the_same_fees(case._replace(fees=case.fees * 1.0001), most)
    with pytest.raises(AssertionError):
        assert_the_same_value_every_session(case._replace(units=case.units * 1.0001), most)
    lost = case.orders.weights.copy()
    lost[-1] = np.where(lost[-1] == 0.0, 1.0, 0.0)
    changed = case._replace(orders=Orders(case.orders.decided, lost, case.orders.forced, execution))
    with pytest.raises(AssertionError, match="nothing says why"):
        assert_nothing_is_forgotten(changed)
