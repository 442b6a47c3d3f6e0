"""Performance attribution against a benchmark: parts that add up to the whole, with no unnamed residual."""

from engine.attribution.active import ActiveLedger, active_ledger
from engine.attribution.brinson import brinson, brinson_periods
from engine.attribution.linking import link
from engine.attribution.regression import MarketModel, market_model

__all__ = ["ActiveLedger", "MarketModel", "active_ledger", "brinson", "brinson_periods", "link", "market_model"]
