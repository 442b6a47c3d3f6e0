"""Performance attribution against a benchmark: parts that add up to the whole, with no unnamed residual."""

from engine.attribution.active import ActiveLedger, active_ledger
from engine.attribution.linking import link
from engine.attribution.regression import MarketModel, market_model
from engine.attribution.shapley import Drawing, RuleShares, rule_shapley

__all__ = ["ActiveLedger", "Drawing", "MarketModel", "RuleShares", "active_ledger", "link", "market_model",
           "rule_shapley"]  # fmt: skip
