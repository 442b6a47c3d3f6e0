"""Performance attribution against a benchmark: parts that add up to the whole, with no unnamed residual."""

from engine.attribution.active import ActiveLedger, active_ledger
from engine.attribution.linking import link
from engine.attribution.regression import MarketModel, market_model

__all__ = ["ActiveLedger", "MarketModel", "active_ledger", "link", "market_model"]
