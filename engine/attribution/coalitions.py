"""What a strategy would have held with only some of its parts: the plan of every coalition.

A coalition is a set of parts, written as a number whose bit i says whether part i is in it. It decides at the full
strategy's decisions, from its first one on, and what it remembers between decisions (which rule is on, what a
ranking chose, what an overlay looks back on) is its own. Signals are those of the full strategy, evaluated once. Where
rules are left but none is on, CASH is held; where no rule is left there is no plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.attribution.parts import Part, alike, even, left_of
from engine.blocks import in_words
from engine.config.expressions import Node
from engine.config.models import Config
from engine.config.settings import Rule
from engine.errors import StrategyError
from engine.market.market import Market
from engine.plan.overlaid import overlaid
from engine.plan.plan import Plan, View, changes, placing
from engine.plan.rules import Truths, rule_states, winners
from engine.plan.truth import truth

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Winners = NDArray[np.intp]


class Coalitions:
    """Makes the plan of any coalition of `parts`; what several of them share is worked out once."""

    def __init__(self, config: Config, market: Market, plan: Plan, parts: Sequence[Part]) -> None:
        self.config, self.market, self.plan, self.parts = config, market, plan, parts
        self.first = np.array(alike(config))
        self.view = View(config, market, plan.signals)
        self.conditions = {name: values[plan.decisions] for name, values in self.view.conditions.items()}
        self.exits = [frozenset(part.offset for part in parts if (part.owner, part.kind) == (place, "exit"))
                      for place in range(len(config.rules))]  # fmt: skip
        self.evened = tuple(map(_evened, config.rules))
        self._states: dict[tuple[int, frozenset[int], frozenset[int]], Flags] = {}
        self._weights: dict[tuple[bytes, frozenset[int]], Floats] = {}
        self._targets: dict[tuple[int, int, bool, tuple[str, ...]], tuple[Floats, tuple[str, ...]]] = {}

    def plan_of(self, coalition: int) -> Plan | None:
        """What the coalition decides; None where no rule is left. Raises StrategyError where it cannot be followed."""
        out = [part for place, part in enumerate(self.parts) if not coalition >> place & 1]
        gone = {part.owner for part in out if part.kind == "rule"}
        rules = range(len(self.config.rules))
        if len(gone) == len(rules):
            return None
        states = [self._off() if place in gone else self._state(place, out) for place in rules]
        won = winners(states)
        winner = np.where(won >= 0, self.first[won], -1)
        weights = self._followed(winner, out)
        forced = changes(winner, weights)
        placed = placing(self.config, forced)
        table = np.column_stack(states)
        return replace(self.plan, states=table, winner=winner, weights=weights, forced=forced, placed=placed)

    def _off(self) -> Flags:
        return np.zeros(len(self.plan.decisions), dtype=bool)

    def _state(self, place: int, out: Sequence[Part]) -> Flags:
        """Where a rule is on, with what is left of its conditions."""
        when, leave = (
            frozenset(part.offset for part in out if (part.owner, part.kind) == (place, kind))
            for kind in ("when", "exit")
        )
        if (place, when, leave) not in self._states:
            truths = self._truths(place, when, leave)
            self._states[place, when, leave] = rule_states(self.config.rules[place], truths, len(self.plan.decisions))
        return self._states[place, when, leave]

    def _truths(self, place: int, when: frozenset[int], leave: frozenset[int]) -> Truths | None:
        """Where what is left of `when` and `exit` is true; an exit of which nothing is left is absent."""
        turns_on, turns_off = self.config.rules[place].when_tree, self.config.rules[place].exit_tree
        if turns_on is None:
            return None
        absent = turns_off is None or leave == self.exits[place]
        return Truths(self._true(turns_on, when), None if absent or turns_off is None else self._true(turns_off, leave))

    def _true(self, tree: Node, out: frozenset[int]) -> Flags:
        left = left_of(tree, out)
        if isinstance(left, bool):
            return np.full(len(self.plan.decisions), left)
        return np.asarray(truth(left, self.conditions) == 1.0)

    def _followed(self, winner: Winners, out: Sequence[Part]) -> Floats:
        """Weights after the overlays that are left."""
        evenly = frozenset(part.owner for part in out if part.kind == "weighting")
        gone = {part.owner for part in out if part.kind == "overlay"}
        kept = tuple(overlay for place, overlay in enumerate(self.config.overlays) if place not in gone)
        config = self.config.model_copy(update={"overlays": kept})
        try:
            return overlaid(config, self.market, self.plan.decisions, self._allocated(winner, evenly))
        except StrategyError as error:
            without = in_words(tuple(part.says for part in out))
            raise StrategyError(f"without {without} the strategy cannot be followed: {error}") from error

    def _allocated(self, winner: Winners, evenly: frozenset[int]) -> Floats:
        """Weights before any overlay, decisions x assets."""
        key = (winner.tobytes(), evenly)
        if key not in self._weights:
            rows: list[Floats] = []
            chosen: tuple[str, ...] = ()
            before = -1
            for place, rule in enumerate(winner.tolist()):
                row, chosen = self._target(place, rule, rule in evenly, chosen if rule == before else ())
                rows.append(row)
                before = rule
            self._weights[key] = np.array(rows)
        return self._weights[key]

    def _target(self, place: int, rule: int, evenly: bool, chosen: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
        """A rule's weights at a decision, and what it chose, from what it chose at the one before."""
        key = (place, rule, evenly, chosen)
        if key not in self._targets:
            winning = self.evened[rule] if evenly else self.view.rule(rule)
            self._targets[key] = self.view.targets(int(self.plan.decisions[place]), winning, chosen)
        return self._targets[key]


def _evened(rule: Rule) -> Rule:
    """The rule with what it holds in equal parts."""
    hold = even(rule.hold)
    return rule if hold is None else rule.model_copy(update={"hold": hold})
