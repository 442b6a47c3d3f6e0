"""Measures of a daily return series: one convention, stated beside every number.

Conventions: returns are fractions, one per session of the evaluation window, the first being the first session's
net asset value over the capital; years are actual days / 365.25; a year has (sessions - 1) / years sessions;
deviations divide by n - 1. A ratio with no deviation below it is `None`, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS_PER_YEAR = 365.25
NO_DEVIATION = 1e-14  # of daily returns: rounding errors, not risk


@dataclass(frozen=True)
class Window:
    """The evaluation window: first and last session and how many sessions it has."""

    start: date
    end: date
    sessions: int

    @property
    def years(self) -> float:
        """Actual days / 365.25."""
        return (self.end - self.start).days / DAYS_PER_YEAR

    @property
    def sessions_per_year(self) -> float:
        """Intervals between sessions per year, or not-a-number for a window of a single day."""
        return (self.sessions - 1) / self.years if self.years else float("nan")


def returns_of(nav: Floats, capital: float) -> Floats:
    """Daily returns, the first from `capital` to the first value; same length as `nav` (rupees)."""
    return nav / np.concatenate(([capital], nav[:-1])) - 1.0


def cagr(nav: Floats, capital: float, window: Window) -> float | None:
    """(last value / capital) ** (1 / years) - 1."""
    if not window.years:
        return None
    with np.errstate(over="ignore"):
        growth = float((nav[-1] / capital) ** (1.0 / window.years) - 1.0)
    return growth if np.isfinite(growth) else None  # a few days of a wild series annualise to nothing


def volatility(returns: Floats, window: Window) -> float | None:
    """Standard deviation (n - 1) times the root of the sessions per year."""
    if len(returns) < 2 or not window.years:
        return None
    return float(np.std(returns, ddof=1) * np.sqrt(window.sessions_per_year))


def _annual_ratio(returns: Floats, deviation: float, window: Window) -> float | None:
    if not window.years or not deviation > NO_DEVIATION:
        return None
    return float(np.mean(returns) / deviation * np.sqrt(window.sessions_per_year))


def sharpe(returns: Floats, cash: Floats, window: Window) -> float | None:
    """Annualised mean of (return - cash return) over its annualised deviation (Sharpe 1994, eq. 3-6)."""
    excess = returns - cash
    return _annual_ratio(excess, float(np.std(excess, ddof=1)) if len(excess) > 1 else 0.0, window)


def sortino(returns: Floats, cash: Floats, window: Window) -> float | None:
    """Annualised mean excess over the root mean square of its negatives across all sessions (Sortino 1994)."""
    excess = returns - cash
    return _annual_ratio(excess, float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2))), window)


def drawdown(nav: Floats, capital: float) -> Floats:
    """Value over its highest value so far, less one; the peak is at least `capital`. Never positive."""
    return nav / np.maximum.accumulate(np.maximum(nav, capital)) - 1.0


def max_drawdown(nav: Floats, capital: float) -> float:
    """The deepest drawdown on daily values, a fraction at or below zero."""
    return float(drawdown(nav, capital).min())


def calmar(nav: Floats, capital: float, window: Window) -> float | None:
    """CAGR over the depth of the maximum drawdown (Young 1991, here over the whole window)."""
    growth, depth = cagr(nav, capital, window), max_drawdown(nav, capital)
    return None if growth is None or depth == 0.0 else growth / -depth


def information_ratio(active: Floats, window: Window) -> float | None:
    """Annualised mean of daily active returns over their deviation (Grinold and Kahn 2000, ch. 5)."""
    return _annual_ratio(active, float(np.std(active, ddof=1)) if len(active) > 1 else 0.0, window)


def measure(nav: Floats, capital: float, cash: Floats, window: Window) -> dict[str, float | None]:
    """The measures of one series, in the order of `MEASURES`; `nav` in rupees, `cash` daily returns of CASH."""
    returns = returns_of(nav, capital)
    return {
        "cagr": cagr(nav, capital, window),
        "volatility": volatility(returns, window),
        "sharpe": sharpe(returns, cash, window),
        "sortino": sortino(returns, cash, window),
        "max_drawdown": max_drawdown(nav, capital),
        "calmar": calmar(nav, capital, window),
        "final_value": float(nav[-1]),
    }


@dataclass(frozen=True)
class Measure:
    """How a measure is shown: its label, its kind of number and the formula printed beside it."""

    label: str
    kind: str  # percent, ratio or rupees
    formula: str


MEASURES: Mapping[str, Measure] = {
    "cagr": Measure(
        "Return a year (CAGR)", "percent", "(final value / capital)^(1 / years) - 1; years = days / 365.25"
    ),
    "volatility": Measure("Volatility a year", "percent", "deviation of daily returns (n - 1) × √(sessions a year)"),
    "sharpe": Measure("Sharpe ratio", "ratio", "annualised mean of (daily return - cash return) / its deviation"),
    "sortino": Measure("Sortino ratio", "ratio", "the same mean / root mean square of its negatives, all sessions"),
    "max_drawdown": Measure("Maximum drawdown", "percent", "lowest of daily value / highest value so far - 1"),
    "calmar": Measure("Calmar ratio", "ratio", "CAGR / -maximum drawdown"),
    "turnover": Measure("Turnover a year", "percent", "half of traded value / value before the trade, entry left out"),
    "costs": Measure("Costs paid", "rupees", "charges and slippage, all fills"),
    "final_value": Measure("Final value", "rupees", "value at the last close"),
    "tracking_error": Measure("Tracking error a year", "percent", "deviation of daily active returns, annualised"),
    "information_ratio": Measure("Information ratio", "ratio", "annualised mean active return / tracking error"),
    "beta": Measure("Beta", "ratio", "slope of (return - cash) on (benchmark - cash), least squares"),
    "alpha": Measure("Alpha a year", "percent", "intercept of the same regression × sessions a year"),
}
