"""What conditions speak of, over whole histories."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.config.models import Config
from engine.market.market import Market
from engine.plan.truth import lately, truth

Floats = NDArray[np.float64]


def signals_of(config: Config, market: Market) -> dict[str, Floats]:
    """Every signal that some rule looks at: sessions x the series it covers, as known at each close."""
    return {name: config.signals[name].evaluate(market, config.scope) for name in config.reached}


def conditions_of(config: Config, signals: Mapping[str, Floats]) -> dict[str, Floats]:
    """Values of every signal and named condition in some rule's `when` or `exit`, at every session."""
    found = {name: signals[name][:, 0] for rule in config.rules for name in config.looks_at(rule)}
    for name in config.reached_conditions:
        condition = config.conditions[name]
        found[name] = lately(truth(condition.tree, found), condition.within)
    return found
