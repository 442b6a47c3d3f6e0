"""The naive reference simulator: a second reading of docs/semantics.md and of every block's own documentation.

It shares no code with `engine`. One loop over sessions, dictionaries, floats; clarity over speed: the engine is tested
against it to 1e-9 relative. Units throughout: fractions (never per cents), rupees, sessions. An unknown value is an
absent key or None, never NaN. 'Rule 4.13' in a docstring is the numbered paragraph of docs/semantics.md.

The strategy is plain data as `Config.normalised` gives it (`extends` and `params` are text processing, already done);
a key that is missing has its documented default. Data come in as `OracleMarket`; `oracle_data` reads them from files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracle_baskets import with_baskets
from tests.oracle_desk import buy_and_hold, free_of_cost, open_desk
from tests.oracle_ledger import after_tax, simulate
from tests.oracle_market import OracleError, OracleMarket, Weights, growth_of_cash
from tests.oracle_measures import Measures, attribute, make_tracks, measure, measure_active
from tests.oracle_plan import Decision, make_plan, window
from tests.oracle_tax import FAIR_DAY, deposit, open_book

__all__ = ["OracleError", "OracleMarket", "OracleResult", "backtest", "book", "decisions_of"]


@dataclass(frozen=True)
class OracleResult:
    """`states`, `winners` run along `decisions`, `targets` along `placed`; a fill's `value` is positive."""

    decisions: list[date]
    states: list[dict[str, bool]]
    winners: list[str | None]
    placed: list[date]
    targets: list[Weights]
    nav: dict[date, float]
    benchmark_nav: dict[date, float]
    cash_index: dict[date, float]
    units: dict[date, dict[str, float]]
    cash: dict[date, float]
    fills: list[dict[str, Any]]
    measures: Measures
    benchmark_measures: Measures
    active: Measures
    attribution: dict[str, Any]


def backtest(strategy: dict[str, Any], market: OracleMarket) -> OracleResult:
    """Run one strategy: plan, then ledger, then measures; the plan never looks at the ledger."""
    market = with_baskets(strategy, market)
    return book(strategy, market, decisions_of(strategy, market))


def decisions_of(strategy: dict[str, Any], market: OracleMarket) -> list[Decision]:
    """The plan, on a market that has the strategy's baskets; how orders are filled makes no difference to it."""
    return make_plan(strategy, market, window(strategy["market"], market))


def book(strategy: dict[str, Any], market: OracleMarket, plan: list[Decision]) -> OracleResult:
    """What a plan earns."""
    days = window(strategy["market"], market)
    days = days[days.index(plan[0].day) + 1 :]
    desk = open_desk(strategy, market, days)
    name = strategy["market"]["benchmark"]
    free = free_of_cost(desk, name, strategy, market)
    ledger = simulate(plan, desk)
    benchmark = simulate(buy_and_hold(plan[0].day, name), free)
    tracks = make_tracks(desk, ledger, benchmark)
    return OracleResult(
        decisions=[decision.day for decision in plan],
        states=[decision.states for decision in plan],
        winners=[decision.winner for decision in plan],
        placed=[decision.day for decision in ledger.placed],
        targets=[decision.target for decision in ledger.placed],
        nav=ledger.nav,
        benchmark_nav=benchmark.nav,
        cash_index=desk.cash_index,
        units=ledger.units,
        cash=ledger.cash,
        fills=ledger.fills,
        measures=measure(tracks, ledger, tracks.strategy),
        benchmark_measures=measure(tracks, benchmark, tracks.benchmark),
        active=measure_active(tracks),
        attribution=attribute(strategy, tracks),
    )


@dataclass(frozen=True)
class Taxed:
    """One portfolio that pays taxes: its value at every close, what it paid by year, and what is left at the end."""

    nav: dict[date, float]
    taxes: dict[int, float]
    final: float


def taxed(strategy: dict[str, Any], market: OracleMarket, plan: list[Decision]) -> tuple[Taxed, Taxed, float]:
    """Strategy and benchmark after tax, and what a rupee in a fixed deposit becomes."""
    days = window(strategy["market"], market)
    days = days[days.index(plan[0].day) + 1 :]
    name, desk = strategy["market"]["benchmark"], open_desk(strategy, market, days)
    free, books = free_of_cost(desk, name, strategy, market), []
    for dealt, decided in ((desk, plan), (free, buy_and_hold(plan[0].day, name))):
        fair = {one: asset.known.get(last_session(market, FAIR_DAY)) for one, asset in dealt.assets.items()}
        ledger = simulate(decided, dealt, open_book(strategy["tax"], fair))
        books.append(Taxed(dict(ledger.nav), ledger.taxes, after_tax(ledger, dealt)))
    plain = growth_of_cash(days, market, 0.0)
    return books[0], books[1], deposit(days, plain, open_book(strategy["tax"], {}))[days[-1]]


def last_session(market: OracleMarket, day: date) -> date:
    """The last session on or before a day; the day itself where there is none."""
    return max((one for one in market.sessions if one <= day), default=day)
