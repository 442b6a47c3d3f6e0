"""Target weights after the overlays, which see only the plan: what it would have been worth on paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.blocks import Paper
from engine.config.models import Config
from engine.errors import StrategyError
from engine.market.cash import cash_index
from engine.market.market import Market, last_known
from engine.plan.schedule import Positions

Floats = NDArray[np.float64]
ROUNDING = 1e-9


def overlaid(config: Config, market: Market, decisions: Positions, weights: Floats) -> Floats:
    """Weights, decisions x assets, after every overlay in the order of the file.

    Raises StrategyError when one leaves weights below zero, above 100% in all, or unknown.
    """
    if not config.overlays:
        return weights
    paper = paper_of(config, market, decisions, weights)
    for overlay in config.overlays:
        adjusted = np.asarray(overlay.adjust(paper), dtype=float)
        sound = adjusted.shape == weights.shape and bool(np.isfinite(adjusted).all())
        if not sound or (adjusted < 0.0).any() or (adjusted.sum(axis=1) > 1.0 + ROUNDING).any():
            raise StrategyError(f"the overlay {overlay.use} left weights that are no parts of 100%")
        whole = np.maximum(adjusted.sum(axis=1, keepdims=True), 1.0)  # a sum over 1 by a rounding error
        paper = paper._replace(weights=adjusted / whole)
    return paper.weights


def paper_of(config: Config, market: Market, decisions: Positions, weights: Floats) -> Paper:
    """The targets as a portfolio on paper: bought at each decision close without cost, drifting at closes."""
    assets, first = config.assets, int(decisions[0])
    closes = last_known(market.closes(assets, config.market.returns))
    cash = cash_index(market.days[first:], config.execution.cash_spread)
    nav = np.full(len(market.sessions), np.nan)
    nav[first:] = _drifted(closes[first:], cash, decisions - first, weights)
    returns = np.full(len(nav), np.nan)
    returns[first + 1 :] = nav[first + 1 :] / nav[first:-1] - 1.0
    _extend_backwards(config, market, returns, first, weights[0])
    return Paper(assets, decisions, weights, nav, returns)


def _drifted(closes: Floats, cash: Floats, decisions: Positions, weights: Floats) -> Floats:
    """The value at every session from the first decision on, 1 there; positions count from it."""
    sessions = np.arange(len(closes))
    held = np.maximum(np.searchsorted(decisions, sessions, "left") - 1, 0)  # the last decision before each session
    since = decisions[held]
    mine = weights[held]
    grown = np.where(mine > 0.0, closes / closes[since], 0.0)
    idle = 1.0 - weights.sum(axis=1)
    factor = np.einsum("ta,ta->t", grown, mine) + idle[held] * cash / cash[since]
    factor[0] = 1.0
    value = np.concatenate(([1.0], np.cumprod(factor[decisions[1:]])))
    nav: Floats = value[held] * factor
    return nav


def _extend_backwards(config: Config, market: Market, returns: Floats, first: int, weights: Floats) -> None:
    """Before the first decision: the returns of the first targets at constant weights, as far as overlays look."""
    start = max(first - max((overlay.history for overlay in config.overlays), default=0), 0)
    if start == first:
        return
    held = weights > 0.0
    closes = market.closes(config.assets, config.market.returns).to_numpy()[start : first + 1, held]
    cash = cash_index(market.days[start : first + 1], config.execution.cash_spread)
    moves = closes[1:] / closes[:-1] - 1.0
    idle = 1.0 - weights.sum()
    returns[start + 1 : first + 1] = moves @ weights[held] + idle * (cash[1:] / cash[:-1] - 1.0)
