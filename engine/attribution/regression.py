"""The market model: how much of the return is the market's, and is what is left distinguishable from zero?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.metrics import Window

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MarketModel:
    """r - cash = alpha + beta (benchmark - cash) + e, daily, with HAC standard errors.

    `alpha` is a fraction a year (the daily intercept times the sessions a year); `lags` the Newey-West lag count.
    """

    alpha: float
    beta: float
    alpha_t: float | None
    beta_t: float | None
    r_squared: float | None
    lags: int


def market_model(returns: Floats, benchmark: Floats, cash: Floats, window: Window) -> MarketModel | None:
    """Least squares with Newey-West (1987) errors, lags 4 (n / 100)^(2/9) (Newey and West 1994, section 3).

    Daily fractions, one per session. None where the benchmark's excess return never varies.
    """
    excess, market = returns - cash, benchmark - cash
    if len(excess) < 3 or np.ptp(market) == 0.0 or not window.years:
        return None
    if np.array_equal(excess, market):
        return MarketModel(0.0, 1.0, None, None, 1.0, 0)
    from statsmodels.regression.linear_model import OLS  # noqa: PLC0415  # over half a second, only where it is used

    lags = int(4 * (len(excess) / 100.0) ** (2.0 / 9.0))
    design = np.column_stack([np.ones(len(market)), market])
    fit = OLS(excess, design).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    alpha, beta = fit.params
    return MarketModel(
        float(alpha * window.sessions_per_year), float(beta), _finite(fit.tvalues[0]), _finite(fit.tvalues[1]),
        _finite(fit.rsquared) if np.ptp(excess) > 0.0 else None, lags,
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
