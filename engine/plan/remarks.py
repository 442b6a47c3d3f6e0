"""What a reader has to know about a plan: conditions that never moved, indices held before they existed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.config.models import Config
from engine.errors import ConfigError
from engine.market.market import Market
from engine.market.registry import index_facts
from engine.plan.truth import truth

Floats = NDArray[np.float64]

SURVIVORS = "survivorship-biased"
BACKFILLED = "back-filled"


def about_conditions(
    config: Config, market: Market, conditions: Mapping[str, Floats], window: tuple[int, int]
) -> Iterator[str]:
    """Conditions that were never, or always, true at any session of the window."""
    first, last = window
    between = f"from {market.days[first]} to {market.days[last]}"
    named = {f"the condition {name!r}": conditions[name] for name in config.reached_conditions}
    for rule in config.rules:
        for key, tree in (("when", rule.when_tree), ("exit", rule.exit_tree)):
            if tree is not None:
                named[f"{key!r} of the rule {rule.name!r}"] = truth(tree, conditions)
    for what, values in named.items():
        true = values[first : last + 1] == 1.0
        if not true.any():
            yield f"{what} was never true {between}"
        elif true.all():
            yield f"{what} was always true {between}"


def about_winners(config: Config, winner: NDArray[np.intp], states: NDArray[np.bool_]) -> Iterator[str]:
    """Rules that were on at some decision but never the first one that was."""
    for place, rule in enumerate(config.rules):
        if states[:, place].any() and not (winner == place).any():
            yield f"the rule {rule.name!r} never won: a rule before it was on whenever it was"


def about_launches(config: Config, market: Market, decisions: NDArray[np.intp], weights: Floats) -> Iterator[str]:
    """Indices that were to be held before their launch: computed backwards, and nobody could buy them.

    Raises ConfigError for one to be held before its base date, when it cannot have had a value.
    """
    facts = index_facts()
    days = market.days[decisions]
    for column, name in enumerate(config.assets):
        held = weights[:, column] > 0.0
        if name not in facts or name in config.baskets or not held.any():
            continue
        based, launched = facts[name].base_date, facts[name].launch_date
        first: date = days[held][0].item()
        if based is not None and first < based:
            universe = config.market.universe
            path = ("market", "universe", universe.index(name)) if name in universe else ("rules",)
            raise ConfigError(
                f"{config.place(path)}: {name} starts on its base date, {based}: it cannot be held on {first}"
            )
        if launched is not None and first < launched:
            early = int((held & (days < np.datetime64(launched))).sum())
            source = "" if facts[name].verified else " (date not verified)"
            many = "1 decision" if early == 1 else f"{early} decisions"
            yield (
                f"{name} was launched on {launched}{source}; {many} from {first} on hold a back-filled index that "
                "nobody could have followed then"
            )


def about_baskets(config: Config) -> Iterator[str]:
    """What is wrong with a list of stocks made today."""
    asked = {key.name for key in config.asks()}
    for name, basket in config.baskets.items():
        if name in asked:
            yield (
                f"{name} is a basket of {len(basket.members)} stocks chosen with hindsight (survivorship bias), "
                "priced without dividends and rebalanced without cost"
            )


def marks_of(config: Config, market: Market, decisions: NDArray[np.intp], weights: Floats) -> dict[str, str]:
    """What to say beside the name of an asset wherever it stands: a basket, or an index held before its launch."""
    marks = {name: SURVIVORS for name in config.assets if name in config.baskets}
    facts, days = index_facts(), market.days[decisions]
    for column, name in enumerate(config.assets):
        launched = facts[name].launch_date if name in facts and name not in config.baskets else None
        if launched is not None and (weights[days < np.datetime64(launched), column] > 0.0).any():
            marks[name] = BACKFILLED
    return marks
