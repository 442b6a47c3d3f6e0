"""Performance attribution against a benchmark: parts that add up to the whole, with no unnamed residual."""

from engine.attribution.active import ActiveLedger, active_ledger
from engine.attribution.brinson import brinson, brinson_periods
from engine.attribution.geometric import geometric_effects
from engine.attribution.linking import link, linked_periods
from engine.attribution.regression import MarketModel, market_model

__all__ = [
    "ActiveLedger",
    "MarketModel",
    "active_ledger",
    "brinson",
    "brinson_periods",
    "geometric_effects",
    "link",
    "linked_periods",
    "market_model",
]
