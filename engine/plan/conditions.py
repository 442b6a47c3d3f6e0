"""What conditions speak of, over whole histories."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.config.models import Config
from engine.errors import EngineError, StrategyError
from engine.market.market import Market
from engine.plan.truth import lately, truth

Floats = NDArray[np.float64]


def signals_of(config: Config, market: Market) -> dict[str, Floats]:
    """Every signal that some rule looks at: sessions x the series it covers, as known at each close."""
    return {name: _evaluated(config, name, market) for name in config.reached}


def _evaluated(config: Config, name: str, market: Market) -> Floats:
    """One signal; whatever a user's own block raises is told as its mistake."""
    signal = config.signals[name]
    try:
        return signal.evaluate(market, config.scope)
    except EngineError:
        raise
    except Exception as error:
        if not signal.plugin:
            raise
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise StrategyError(
            f"{config.place(('signals', name))}: the block {signal.use} of {signal.plugin} failed: {told[:300]}"
        ) from error


def conditions_of(config: Config, signals: Mapping[str, Floats]) -> dict[str, Floats]:
    """Values of every signal and named condition in some rule's `when` or `exit`, at every session."""
    found = {name: signals[name][:, 0] for rule in config.rules for name in config.looks_at(rule)}
    for name in config.reached_conditions:
        condition = config.conditions[name]
        found[name] = lately(truth(condition.tree, found), condition.within)
    return found
