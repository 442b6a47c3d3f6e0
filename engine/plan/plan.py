"""From history to target weights, everything as of the decision close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import compress
from math import isnan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.blocks import Moment
from engine.config.models import Config
from engine.config.settings import Rule
from engine.errors import ConfigError, StrategyError
from engine.market.market import Market
from engine.plan.conditions import conditions_of, signals_of
from engine.plan.horizon import Openings
from engine.plan.overlaid import ROUNDING, overlaid
from engine.plan.past import History
from engine.plan.remarks import about_baskets, about_conditions, about_launches, about_winners, marks_of
from engine.plan.rules import Truths, rule_states, winners
from engine.plan.schedule import Positions, decision_sessions
from engine.plan.truth import truth

Floats = NDArray[np.float64]
NO_RULE = "(no rule: cash)"


@dataclass(frozen=True)
class Plan:
    """Every decision of the window; positions count `market.sessions`.

    `states` is decisions x rules, `winner` the winning rule's place (-1: none), `weights` decisions x `assets`
    (what is missing to 1 is CASH), `placed` marks decisions that place orders, `forced` those that change the rule
    or the names held. `last` is the window's last session, `marks` says what a reader must know beside an asset's name.
    """

    rules: tuple[str, ...]
    assets: tuple[str, ...]
    signals: Mapping[str, Floats]
    decisions: Positions
    states: NDArray[np.bool_]
    winner: NDArray[np.intp]
    weights: Floats
    placed: NDArray[np.bool_]
    forced: NDArray[np.bool_]
    last: int
    notes: tuple[str, ...]
    marks: Mapping[str, str]

    @property
    def filled(self) -> NDArray[np.intp]:
        """The decisions, by place, that place orders and have a session left to fill them."""
        return np.flatnonzero(self.placed & (self.decisions < self.last))

    @property
    def rule_names(self) -> list[str]:
        """The winning rule's name at every decision."""
        return [self.rules[place] if place >= 0 else NO_RULE for place in self.winner]


def make_plan(config: Config, market: Market, decisions: Positions) -> Plan:
    """Signals, rule states and target weights at every decision of the window.

    Raises StrategyError when there is no decision to make, or a fixed target has no price when it is decided.
    """
    view = View(config, market)
    start, last, notes = window_of(config, market)
    inside = decisions[(decisions >= start) & (decisions <= last)]
    first = view.first_ready(inside)
    mine = inside[first:]
    if not len(mine):
        raise StrategyError(view.never_ready(inside, start, last))
    if mine[0] >= last:
        raise StrategyError(f"the first decision falls on the last session, {view.day(mine[0])}: nothing can be filled")
    notes += _about_start(view, inside, first, start)
    states = [rule_states(rule, view.truths(rule, mine), len(mine)) for rule in config.rules]
    winner = winners(states)
    weights = overlaid(config, market, mine, _targets(view, mine, winner))
    forced = changes(winner, weights)
    table = np.column_stack(states)
    notes += (
        *about_launches(config, market, mine, weights),
        *about_baskets(config),
        *about_conditions(config, market, view.conditions, (int(mine[0]), last)),
        *about_winners(config, winner, table),
    )
    placed = placing(config, forced)
    return Plan(
        tuple(rule.name for rule in config.rules), config.assets, view.signals, mine, table, winner,
        weights, placed, forced, last, notes,
        marks_of(config, market, mine, weights),
    )  # fmt: skip


def plan_of(config: Config, market: Market) -> Plan:
    """The plan at the decision sessions of the strategy's own schedule."""
    return make_plan(config, market, decision_sessions(market, config.schedule))


def window_of(config: Config, market: Market) -> tuple[int, int, tuple[str, ...]]:
    """Positions of the first and last session of the window, and what there is to say about them."""
    first, final = market.sessions[0].date(), market.sessions[-1].date()
    start, end = config.market.start or first, final if config.market.end == "latest" else config.market.end
    if start > final:
        raise ConfigError(f"market.start {start} is after the last session, {final}")
    if end < first:
        raise ConfigError(f"market.end {end} is before the first session, {first}")
    notes = (f"market.start {start} is before the first session, {first}",) if start < first else ()
    days = market.days
    return (
        int(np.searchsorted(days, np.datetime64(start))),
        int(np.searchsorted(days, np.datetime64(end), "right")) - 1,
        notes,
    )


def _about_start(view: View, decisions: Positions, first: int, start: int) -> tuple[str, ...]:
    """What kept the first decision from an earlier session, and what could not be held at first."""
    said: tuple[str, ...] = ()
    if first > 0 and decisions[first - 1] >= start:
        earlier = int(decisions[first - 1])
        why = f"on {view.day(earlier)} {view.missing(earlier)[0]}"
        said = (f"the first decision is on {view.day(decisions[first])}: {why}",)
    absent = [name for place, name in enumerate(view.universe) if not view.priced[decisions[first], place]]
    return said + tuple(view.openings.later(absent, int(decisions[first])))


class View:
    """What the plan looks at, evaluated once over all sessions; `signals` are given where they were evaluated before.

    `conditions` are the values of every signal and named condition in some rule's `when` or `exit`, by session.
    """

    def __init__(self, config: Config, market: Market, signals: Mapping[str, Floats] | None = None) -> None:
        self.config = config
        self.market = market
        self.universe = config.tradable
        self.signals = signals_of(config, market) if signals is None else signals
        prices = market.closes(self.universe, config.market.returns).to_numpy()
        self.openings = Openings(config, market)
        self.priced = ~np.isnan(prices) & self.openings.open
        self.benchmark = ~np.isnan(market.closes([config.market.benchmark], config.market.returns).to_numpy()[:, 0])
        self.conditions = conditions_of(config, self.signals)
        self.past = History(market, config)
        self.column = {name: place for place, name in enumerate(config.assets)}

    def day(self, session: int) -> date:
        return self.market.sessions[session].date()

    def rule(self, place: int) -> Rule | None:
        """The rule at a place; none at -1."""
        return self.config.rules[place] if place >= 0 else None

    def truths(self, rule: Rule, decisions: Positions) -> Truths | None:
        if rule.when_tree is None:
            return None
        when = truth(rule.when_tree, self.conditions)[decisions] == 1.0
        leave = None if rule.exit_tree is None else truth(rule.exit_tree, self.conditions)[decisions] == 1.0
        return Truths(when, leave)

    def missing(self, session: int) -> list[str]:
        """What has no history yet at a session, in words."""
        lacks = [f"the benchmark {self.config.market.benchmark} has no price"] if not self.benchmark[session] else []
        lacks += [
            f"the {'condition' if name in self.config.conditions else 'signal'} {name!r} is unknown"
            for name, values in self.conditions.items()
            if np.isnan(values[session])
        ]
        certain = dict.fromkeys(name for rule in self.config.rules for name in rule.hold.certain())
        unpriced = [name for name in certain if not self.priced[session, self.universe.index(name)]]
        lacks += [self.openings.lacks(name, session) for name in unpriced]
        lacks += [
            f"the rule {rule.name!r} has {rule.hold.lacking}{self.openings.left_out(session)}"
            for rule in self.config.rules
            if not rule.hold.ready(self.moment(rule, session, ()))
        ]
        return lacks or self.opening_lacks(session)

    def first_ready(self, decisions: Positions) -> int:
        return next((place for place, session in enumerate(decisions) if not self.missing(session)), len(decisions))

    def never_ready(self, decisions: Positions, start: int, last: int) -> str:
        between = (
            f"between {self.day(start)} and {self.day(last)}" if start <= last else f"on or before {self.day(last)}"
        )
        if not len(decisions):
            return f"no {self.config.schedule.decide} decision falls {between}"
        return f"no decision can be made {between}: on {self.day(decisions[-1])} " + "; ".join(
            self.missing(decisions[-1])
        )

    def moment(self, rule: Rule, session: int, chosen: tuple[str, ...]) -> Moment:
        """What the rule's allocator may know at a session's close."""
        priced = frozenset(compress(self.universe, self.priced[session].tolist()))
        scores = {}
        for signal in rule.hold.scores:
            covered = self.config.signals[signal].covers(self.config.scope)
            values = zip(covered, self.signals[signal][session].tolist(), strict=True)
            scores[signal] = {name: value for name, value in values if not isnan(value)}
        return Moment(self.config.market.universe, priced, scores, chosen, self.past.until(session))

    def targets(self, session: int, winning: Rule | None, chosen: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
        """Weights of the winning rule by asset, and what it chose; nothing where no rule is on."""
        weights = np.zeros(len(self.config.assets))
        if winning is None:
            return weights, ()
        try:
            allocation = winning.hold.allocate(self.moment(winning, session, chosen))
        except StrategyError as error:
            raise StrategyError(f"rule {winning.name!r} on {self.day(session)}: {error}") from error
        whole = list(allocation.weights.values())
        if not np.isfinite(whole).all() or any(part < 0.0 for part in whole) or sum(whole) > 1.0 + ROUNDING:
            raise StrategyError(
                f"rule {winning.name!r} on {self.day(session)}: {winning.hold.use} gave weights that are no parts of a "
                "whole"
            )
        for name, weight in allocation.weights.items():
            if not self.priced[session, self.universe.index(name)]:
                raise StrategyError(f"{name} has no price on {self.day(session)}, when the rule "
                                    f"{winning.name!r} decides to hold it")  # fmt: skip
            weights[self.column[name]] = weight
        return weights, allocation.chosen

    def opening_lacks(self, session: int) -> list[str]:
        """Which names the overlays know too little of, were this the first decision."""
        history = max((overlay.history for overlay in self.config.overlays), default=0)
        if not history:
            return []
        if session < history:
            return [f"there are fewer than {history} sessions of returns for the overlays"]
        states = [rule_states(rule, self.truths(rule, np.array([session])), 1) for rule in self.config.rules]
        weights, _ = self.targets(session, self.rule(int(winners(states)[0])), ())
        names = list(compress(self.config.assets, weights > 0))
        moves = self.past.until(session).returns(names, history)
        return [
            f"{name} has too short a history for the overlays ({history} sessions)"
            for place, name in enumerate(names)
            if len(moves) < history or np.isnan(moves[:, place]).any()
        ]


def _targets(view: View, decisions: Positions, winner: NDArray[np.intp]) -> Floats:
    """Target weights at every decision, before any overlay."""
    weights = np.zeros((len(decisions), len(view.config.assets)))
    chosen: tuple[str, ...] = ()
    for place, (session, rule) in enumerate(zip(decisions, winner, strict=True)):
        same = place > 0 and winner[place - 1] == rule
        weights[place], chosen = view.targets(int(session), view.rule(int(rule)), chosen if same else ())
    return weights


def changes(winner: NDArray[np.intp], weights: Floats) -> NDArray[np.bool_]:
    """Decisions whose winning rule or set of names differs from that of the last one; the first is one of them."""
    held = weights > 0
    changed = (winner[1:] != winner[:-1]) | (held[1:] != held[:-1]).any(axis=1)
    return np.concatenate(([True], changed))


def placing(config: Config, forced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Decisions that place orders: every one, or with `on_change` those that change something."""
    return forced if config.schedule.decide == "on_change" else np.ones(len(forced), dtype=bool)


def targets_frame(plan: Plan, market: Market) -> pd.DataFrame:
    """Target weights by decision date, CASH last."""
    frame = pd.DataFrame(plan.weights, index=market.sessions[plan.decisions], columns=list(plan.assets))
    return frame.assign(CASH=1.0 - plan.weights.sum(axis=1))
