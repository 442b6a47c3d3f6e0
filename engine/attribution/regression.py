"""Regressions on the market: how much is the market's, is timing seen in it, and is what is left more than chance?

Every error is Newey and West's (1987), "A Simple, Positive Semi-Definite, Heteroskedasticity and Autocorrelation
Consistent Covariance Matrix", Econometrica 55(3), with lags 4 (n / 100)^(2/9) (Newey and West 1994, section 3) and the
small-sample correction n / (n - k).
"""

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


@dataclass(frozen=True)
class Timing:
    """The market model with one more regressor, whose slope `gamma` is positive where timing is seen.

    `alpha` is a fraction a year and no measure of selection alone: a strategy that times pays for it there.
    """

    alpha: float
    beta: float
    gamma: float
    alpha_t: float | None
    beta_t: float | None
    gamma_t: float | None
    r_squared: float | None
    lags: int


@dataclass(frozen=True)
class Fit:
    """Least squares: coefficients in the order of the design's columns, their t (None: nothing is left over), R2."""

    coefficients: Floats
    t: tuple[float | None, ...]
    r_squared: float | None
    lags: int


def market_model(returns: Floats, benchmark: Floats, cash: Floats, window: Window) -> MarketModel | None:
    """Daily fractions, one per session. None where the benchmark's excess return never varies."""
    excess, market = returns - cash, benchmark - cash
    if len(excess) < 3 or np.ptp(market) == 0.0 or not window.years:
        return None
    if np.array_equal(excess, market):
        return MarketModel(0.0, 1.0, None, None, 1.0, 0)
    fit = least_squares(excess, np.column_stack([np.ones(len(market)), market]))
    alpha, beta = fit.coefficients
    return MarketModel(
        float(alpha * window.sessions_per_year), float(beta), fit.t[0], fit.t[1], fit.r_squared, fit.lags
    )


def treynor_mazuy(returns: Floats, benchmark: Floats, cash: Floats, window: Window) -> Timing | None:
    """r - cash = alpha + beta m + gamma m^2, m = benchmark - cash: does beta rise with the market?

    Treynor and Mazuy (1966), "Can Mutual Funds Outguess the Market?", Harvard Business Review 44(4). Daily fractions,
    one per session; `gamma` is per unit of daily return. None where the three cannot be told apart.
    """
    market = benchmark - cash
    return _timing(returns - cash, market, market**2, window)


def henriksson_merton(returns: Floats, benchmark: Floats, cash: Floats, window: Window) -> Timing | None:
    """r - cash = alpha + beta m + gamma max(0, -m), m = benchmark - cash: is beta lower by `gamma` on days of losses?

    Henriksson and Merton (1981), "On Market Timing and Investment Performance II", Journal of Business 54(4): `gamma`
    counts the protective puts on the market that timing was worth. Daily fractions, one per session. None where the
    three cannot be told apart, as in a market that never fell.
    """
    market = benchmark - cash
    return _timing(returns - cash, market, np.maximum(0.0, -market), window)


def _timing(excess: Floats, market: Floats, extra: Floats, window: Window) -> Timing | None:
    design = np.column_stack([np.ones(len(market)), market, extra])
    if len(excess) < 4 or not window.years or not told_apart(design):
        return None
    if np.array_equal(excess, market):
        return Timing(0.0, 1.0, 0.0, None, None, None, 1.0, 0)
    fit = least_squares(excess, design)
    alpha, beta, gamma = (float(one) for one in fit.coefficients)
    return Timing(alpha * window.sessions_per_year, beta, gamma, fit.t[0], fit.t[1], fit.t[2], fit.r_squared, fit.lags)


def told_apart(design: Floats) -> bool:
    """Whether no column is a combination of the others, whatever units they are in."""
    length = np.sqrt((design**2).sum(axis=0))
    return bool(length.all()) and np.linalg.matrix_rank(design / length) == design.shape[1]


def least_squares(response: Floats, design: Floats) -> Fit:
    """Coefficients of `design` (sessions x columns, of full rank, more rows than columns) with HAC errors."""
    from statsmodels.regression.linear_model import OLS  # noqa: PLC0415  # over half a second, only where it is used

    lags = int(4 * (len(response) / 100.0) ** (2.0 / 9.0))
    fit = OLS(response, design).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    with np.errstate(divide="ignore", invalid="ignore"):
        t = fit.params / fit.bse
    explained = _finite(fit.rsquared) if np.ptp(response) > 0.0 else None
    return Fit(np.asarray(fit.params, dtype=np.float64), tuple(_finite(one) for one in t), explained, lags)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
