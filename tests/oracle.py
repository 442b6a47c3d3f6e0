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
from tests.oracle_ledger import buy_and_hold, free_of_cost, open_desk, simulate
from tests.oracle_market import OracleError, OracleMarket, Weights
from tests.oracle_measures import Measures, attribute, make_tracks, measure, measure_active
from tests.oracle_plan import Decision, make_plan, window

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
    ledger = simulate(plan, desk)
    benchmark = simulate(buy_and_hold(plan[0].day, strategy["market"]["benchmark"]), free_of_cost(desk))
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
