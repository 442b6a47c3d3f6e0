"""Where the active return came from, every day, with nothing left over.

On each session the active return is the sum of four parts, each the rupee gain over the previous close's value:
holding an asset at its average weight (static), holding it at another weight than that (timing), holding cash, and
paying costs. The benchmark's return is taken off every weight, so the parts need no residual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import metrics
from engine.attribution.linking import linking_weights
from engine.simulation import Ledger

Floats = NDArray[np.float64]
ROUNDING = 1e-14  # between the benchmark's quoted return and that of its value


@dataclass(frozen=True)
class ActiveLedger:
    """Daily effects as fractions of the previous close's value; sessions x assets, or sessions.

    static = mean(w_i) (r_i - r_b); timing = (w_i - mean(w_i)) (r_i - r_b) plus the gain of units traded at an open;
    w_i is the weight at the previous close, its mean over the sessions on which i has a return, both effects 0 on
    others. cash = w_cash (r_cash - r_b); costs are negative, one column per name. `rule` is the rule whose orders were
    in force at the previous close. `linked` weights (Carino) turn daily effects into effects over the window.
    """

    static: pd.DataFrame
    timing: pd.DataFrame
    cash: pd.Series
    costs: pd.DataFrame
    rule: pd.Series
    active: pd.Series
    portfolio: pd.Series
    benchmark: pd.Series
    linked: pd.Series

    @property
    def daily(self) -> pd.DataFrame:
        """Sessions x (part, name): every effect."""
        parts = {"static": self.static, "timing": self.timing, "cash": self.cash.to_frame("CASH"), "costs": self.costs}
        return pd.concat(parts, axis=1)

    @property
    def residual(self) -> float:
        """The largest daily difference between the active return and the sum of its parts."""
        return float((self.active - self.daily.sum(axis=1)).abs().max())

    @property
    def total(self) -> float:
        """The compounded active return over the window: R - R_b."""
        return float(np.prod(1.0 + self.portfolio) - np.prod(1.0 + self.benchmark))

    def over_window(self) -> pd.Series:
        """Linked effects by (part, name); they add up to `total`."""
        daily = self.daily
        return pd.Series(self.linked.to_numpy() @ daily.to_numpy(), index=daily.columns)

    def by_rule(self) -> pd.DataFrame:
        """Linked effects by rule: sessions in force, each part, and their sum; the sums add up to `total`."""
        weighted = self.daily.mul(self.linked, axis=0)
        parts = weighted.T.groupby(level=0, sort=False).sum().T
        table = parts.groupby(self.rule.to_numpy()).sum()
        table.insert(0, "sessions", self.rule.groupby(self.rule.to_numpy()).size())
        table["active"] = table.drop(columns="sessions").sum(axis=1)
        return table.loc[list(dict.fromkeys(self.rule))]

    def by_year(self) -> pd.DataFrame:
        """Effects linked within each calendar year; each row's parts add up to that year's active return."""
        parts = self.daily.T.groupby(level=0, sort=False).sum().T
        years = parts.index.year  # type: ignore[attr-defined]  # a DatetimeIndex
        rows = {}
        for year, mine in parts.groupby(years):
            own, theirs = self.portfolio.loc[mine.index].to_numpy(), self.benchmark.loc[mine.index].to_numpy()
            rows[int(str(year))] = {
                **dict(zip(parts.columns, linking_weights(own, theirs) @ mine.to_numpy(), strict=True)),
                "portfolio": np.prod(1.0 + own) - 1.0,
                "benchmark": np.prod(1.0 + theirs) - 1.0,
                "active": np.prod(1.0 + own) - np.prod(1.0 + theirs),
            }
        return pd.DataFrame.from_dict(rows, orient="index")


def active_ledger(ledger: Ledger, benchmark: Ledger, benchmark_name: str, rules: Sequence[str]) -> ActiveLedger:
    """Split the daily active return of `ledger` against `benchmark`; `rules` names the rule each session belongs to."""
    nav, days = ledger.nav.to_numpy(), ledger.nav.index
    before = np.concatenate(([ledger.capital], nav[:-1]))
    returns = _change(ledger.values.to_numpy())
    own, market = (
        metrics.returns_of(nav, ledger.capital),
        metrics.returns_of(benchmark.nav.to_numpy(), benchmark.capital),
    )
    quoted = returns[:, list(ledger.values.columns).index(benchmark_name)]
    theirs = np.where(np.abs(market - quoted) <= ROUNDING, quoted, market)  # bitwise the asset's own where it is held
    gap = np.where(np.isnan(returns), 0.0, returns - theirs[:, None])
    weights = np.vstack([np.zeros(gap.shape[1]), ledger.weights.to_numpy()[:-1]])
    known = ~np.isnan(returns)
    known[0] = False
    mean = np.where(known, weights, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    static = np.where(known, mean * gap, 0.0)
    opened = ledger.traded.to_numpy() / before[:, None]
    timing = np.where(known, (weights - mean) * gap, 0.0) + opened
    idle = np.concatenate(([0.0], ledger.cash.to_numpy()[:-1] / nav[:-1]))
    cash = np.where(idle == 0.0, 0.0, idle * (_change(ledger.cash_index.to_numpy()) - theirs))
    assets = ledger.values.columns
    return ActiveLedger(
        static=pd.DataFrame(static, days, assets),
        timing=pd.DataFrame(timing, days, assets),
        cash=pd.Series(cash, days),
        costs=-ledger.costs.div(before, axis=0),
        rule=pd.Series(list(rules), days, dtype=object),
        active=pd.Series(own - market, days),
        portfolio=pd.Series(own, days),
        benchmark=pd.Series(market, days),
        linked=pd.Series(linking_weights(own, market), days),
    )


def _change(values: Floats) -> Floats:
    """Returns between sessions, 0 on the first; NaN where there is no earlier value."""
    changes = np.zeros_like(values)
    changes[1:] = values[1:] / values[:-1] - 1.0
    return changes
