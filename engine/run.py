"""The pipeline on one screen: a strategy and a market in, a result out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType

import numpy as np
import pandas as pd

from engine import metrics
from engine.aftertax import Taxed, taxed
from engine.attribution import (
    ActiveLedger,
    MarketModel,
    RuleShares,
    SectorAttribution,
    active_ledger,
    market_model,
    no_sectors,
    rule_shapley,
    sector_attribution,
)
from engine.attribution.parts import parts_of
from engine.blocks import in_words
from engine.claims import Check, check_claims
from engine.config.models import Config
from engine.errors import EngineError
from engine.horizons import Horizons, Run, Stretch, horizons_of
from engine.market.market import Market
from engine.metrics import Window
from engine.plan.plan import Plan, plan_of
from engine.plan.survivorship import Grade, grades
from engine.portfolios import Portfolio, parted, portfolios_of, simulated
from engine.simulation import Ledger, Replay, replay

UNHEARD_OF = 0.1  # of an order
FOLLOWED = 64  # combinations under charges that are no fraction of an order's value: a quarter of a second each


@dataclass(frozen=True)
class Result:
    """Everything a run found out; `benchmark` is the buy-and-hold of the benchmark, free of cost."""

    config: Config
    market: Market
    plan: Plan
    ledger: Ledger
    benchmark: Ledger
    attribution: ActiveLedger
    portfolio: Portfolio
    taxed: Taxed | None = None
    check: Callable[[Replay], None] = field(default=replay, repr=False, compare=False)

    @property
    def window(self) -> Window:
        """First and last session of the evaluation and how many there are."""
        days = self.ledger.nav.index
        return Window(days[0].date(), days[-1].date(), len(days))

    @cached_property
    def regression(self) -> MarketModel | None:
        """The market model of the strategy's excess returns."""
        return market_model(
            self.attribution.portfolio.to_numpy(), self.attribution.benchmark.to_numpy(), self.cash_returns, self.window
        )

    @cached_property
    def horizons(self) -> Horizons:
        """What of it could have been had then, and the measures since everything was launched, or had a fund."""
        fit = self.regression
        active = {**self.active_measures, "alpha_t": fit.alpha_t if fit else None, "total": self.attribution.total}
        whole = Stretch(self.window, self.measures, self.benchmark_measures, active)
        return horizons_of(Run(self.config, self.market, self.plan, self.ledger, self.benchmark), whole)

    @cached_property
    def rule_shares(self) -> RuleShares | str:
        """What each part of the strategy's file earned; in words why not, where that is not worked out in a run."""
        terms, combinations = self.portfolio.orders.terms, 2 ** len(parts_of(self.config))
        if combinations > FOLLOWED and terms is not None and not terms.proportional:
            return (
                f"with charges per order a run follows {FOLLOWED} combinations of parts at most, and there are "
                f"{combinations:,}; engine.attribution.rule_shapley(config, market, plan) follows them all"
            )
        try:
            return rule_shapley(self.config, self.market, self.plan, check=self.check)
        except EngineError as error:
            return str(error)

    @cached_property
    def survivorship(self) -> tuple[Grade, ...]:
        """How much hindsight is in every basket that was held or looked at."""
        return grades(self.config, self.market, (self.window.start, self.window.end))

    @cached_property
    def sectors(self) -> SectorAttribution | None:
        """The active return by the benchmark's sectors; None where they are not known: `no_sectors` says why."""
        return sector_attribution(self.attribution, self.ledger, self.market, self.config.market.returns)

    @property
    def no_sectors(self) -> str | None:
        """Why there is no attribution by sector."""
        return no_sectors(self.market, pd.DatetimeIndex(self.ledger.nav.index))

    @cached_property
    def claims(self) -> tuple[Check, ...]:
        """The published statements of the strategy's file, held against the data."""
        return check_claims(self.config, self.market, self.plan, self.ledger)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know about this run."""
        dropped, least = self.ledger.dropped, self.config.execution.min_trade
        small = (f"{dropped} orders under ₹{least:g} were not placed",) if dropped else ()
        waited = int((self.ledger.fills["side"] == "wait").sum())
        late = (
            (f"{waited} times an order found no price at its fill and waited; trades.csv names them",) if waited else ()
        )
        skipped = int((self.ledger.fills["side"] == "skip").sum())
        unplaced = (f"{skipped} orders were not placed; trades.csv says why",) if skipped else ()
        parts = parted(self.portfolio, self.ledger)
        whole = (f"lots: no price of a fund's unit is known for {in_words(parts)}, traded in parts",) if parts else ()
        rough = (
            "impact: turnover is close x volume as stored; where volumes are not adjusted for splits it is too "
            "low before a split, and the impact too high"
        )
        moved = (rough, *self._beyond_belief) if self.config.execution.impact is not None else ()
        bare = "returns: price: neither the portfolio nor the benchmark earns dividends, while CASH earns its interest"
        prices = (bare,) if self.config.market.returns == "price" else ()
        hindsight = tuple(grade.sentence() for grade in self.survivorship)
        return (*prices, *self.plan.notes, *hindsight, *small, *late, *unplaced, *whole, *moved)

    @property
    def _beyond_belief(self) -> tuple[str, ...]:
        """Orders whose impact is beyond what the square-root law was ever seen to describe."""
        fills = self.ledger.fills
        many = int((fills["impact"] > UNHEARD_OF * fills["value"]).sum())
        said = f"impact took more than {UNHEARD_OF:.0%} of {many} orders: too much capital to believe it"
        return (said,) if many else ()

    @property
    def cash_returns(self) -> metrics.Floats:
        """Daily returns of CASH, 0 on the first session."""
        return metrics.returns_of(self.ledger.cash_index.to_numpy(), 1.0)

    @cached_property
    def measures(self) -> dict[str, float | None]:
        """The strategy's measures, in the order of `metrics.MEASURES`."""
        own = metrics.measure(self.ledger.nav.to_numpy(), self.ledger.capital, self.cash_returns, self.window)
        years = self.window.years
        own["turnover"] = self.ledger.traded_share / years if years else None
        own["costs"] = float(self.ledger.costs.to_numpy().sum())
        return own

    @cached_property
    def benchmark_measures(self) -> dict[str, float | None]:
        """The benchmark's measures over the same sessions."""
        return metrics.measure(self.benchmark.nav.to_numpy(), self.benchmark.capital, self.cash_returns, self.window)

    @cached_property
    def active_measures(self) -> dict[str, float | None]:
        """Measures of the difference: compounded a year, tracking error, information ratio, beta and alpha."""
        active, own, theirs = self.attribution.active.to_numpy(), self.measures["cagr"], self.benchmark_measures["cagr"]
        fit = self.regression
        return {
            "cagr": None if own is None or theirs is None else own - theirs,
            "tracking_error": metrics.volatility(active, self.window),
            "information_ratio": metrics.information_ratio(active, self.window),
            "beta": fit.beta if fit else None,
            "alpha": fit.alpha if fit else None,
        }


def run(config: Config, market: Market, check: Callable[[Replay], None] = replay) -> Result:
    """Decide, simulate and attribute one strategy. Raises StrategyError or DataError where it cannot be followed.

    `check` keeps the second book; one that keeps it elsewhere must have agreed before the result is shown to anyone.
    """
    plan = plan_of(config, market)
    own, theirs = portfolios_of(config, market, plan)
    ledger, benchmark = simulated(own, theirs, plan.last, check)
    rules = _rule_in_force(plan, len(ledger.nav))
    after_tax = None if config.tax is None else taxed([own, theirs], config.tax, plan.last, check)
    active = active_ledger(ledger, benchmark, config.market.benchmark, rules)
    return Result(config, market, plan, ledger, benchmark, active, own, after_tax, check)


def _rule_in_force(plan: Plan, sessions: int) -> list[str]:
    """The rule whose orders were the last filled ones at each session's previous close; the opening's on the first."""
    filled, names = plan.filled, plan.rule_names
    first = plan.decisions[filled[0]] + 1
    fills = plan.decisions[filled] + 1
    latest = np.searchsorted(fills, np.arange(first - 1, first - 1 + sessions), side="right") - 1
    return [names[filled[max(place, 0)]] for place in latest]


class _CallableModule(ModuleType):
    """`engine.run` is this module and the package's public function `run`: calling the module calls the function."""

    def __call__(self, config: Config, market: Market) -> Result:
        return run(config, market)


sys.modules[__name__].__class__ = _CallableModule
