"""Performance attribution against a benchmark: parts that add up to the whole, with no unnamed residual."""

from engine.attribution.active import ActiveLedger, active_ledger
from engine.attribution.brinson import brinson, brinson_periods
from engine.attribution.factors import FactorModel, factor_model, rolling_betas
from engine.attribution.geometric import geometric_effects
from engine.attribution.linking import link, linked_periods
from engine.attribution.regression import MarketModel, Timing, henriksson_merton, market_model, treynor_mazuy
from engine.attribution.sectors import SectorAttribution, no_sectors, sector_attribution
from engine.attribution.shapley import Drawing, RuleShares, rule_shapley
from engine.attribution.style import style_keys, style_returns

__all__ = [
    "ActiveLedger",
    "Drawing",
    "FactorModel",
    "MarketModel",
    "RuleShares",
    "SectorAttribution",
    "Timing",
    "active_ledger",
    "brinson",
    "brinson_periods",
    "factor_model",
    "geometric_effects",
    "henriksson_merton",
    "link",
    "linked_periods",
    "market_model",
    "no_sectors",
    "rolling_betas",
    "rule_shapley",
    "sector_attribution",
    "style_keys",
    "style_returns",
    "treynor_mazuy",
]
