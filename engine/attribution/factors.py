"""The factor model: which of several returns a strategy moves with, and whether they can be told apart at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.attribution.regression import least_squares, told_apart
from engine.metrics import Window

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FactorModel:
    """r - cash = alpha + sum beta_i f_i + e, daily, with HAC standard errors as in `engine.attribution.regression`.

    `alpha` is a fraction a year (the daily intercept times the sessions a year). `table` is factors x (beta, t, vif), t
    NaN where nothing is left over;
    vif is 1 / (1 - R2) of the factor on all others (Marquardt 1970): above 10 its beta says little by itself.
    `condition` is the largest over the smallest singular value of the design, intercept included, columns of length 1
    (Belsley, Kuh and Welsch 1980, ch. 3): above 30 no beta says much by itself. `left_out` counts sessions on which a
    return was missing.
    """

    alpha: float
    alpha_t: float | None
    table: pd.DataFrame
    r_squared: float | None
    condition: float
    lags: int
    sessions: int
    left_out: int


def factor_model(
    returns: pd.Series | Floats, factors: pd.DataFrame, cash: pd.Series | Floats | None = None, *, window: Window
) -> FactorModel | None:
    """Regress excess returns on factor returns; daily fractions, one row per session, all of the same sessions.

    `factors` is sessions x factors, each the return of a position that needs no money (long-short, or over cash):
    nothing is taken off them. `cash` is what money earns, 0 if not given. Sessions on which anything is missing are
    left out, and counted. None where fewer sessions are left than two more than there are coefficients.
    Raises ValueError for returns of other sessions, and for a factor that never varies or is made of others.
    """
    excess = _excess(returns, factors, cash)
    values = factors.to_numpy(dtype=np.float64)
    known = np.isfinite(excess) & np.isfinite(values).all(axis=1)
    if known.sum() < values.shape[1] + 3 or not window.years:
        return None
    excess, values = excess[known], values[known]
    design = np.column_stack([np.ones(len(excess)), values])
    for place in range(1, design.shape[1]):
        if not told_apart(design[:, : place + 1]):
            name, others = factors.columns[place - 1], ", ".join(map(str, factors.columns[: place - 1]))
            raise ValueError(f"the factor {name!r} is constant" + (f", or a combination of {others}" if others else ""))
    fit = least_squares(excess, design)
    shown = {"beta": fit.coefficients[1:], "t": np.array(fit.t[1:], dtype=np.float64), "vif": _vif(values)}
    table = pd.DataFrame(shown, factors.columns)
    alpha = float(fit.coefficients[0] * window.sessions_per_year)
    return FactorModel(
        alpha, fit.t[0], table, fit.r_squared, _condition(design), fit.lags, len(excess), int((~known).sum())
    )


def rolling_betas(
    returns: pd.Series | Floats, factors: pd.DataFrame, cash: pd.Series | Floats | None = None, *, sessions: int
) -> pd.DataFrame:
    """Betas of the factor model over the last `sessions` sessions, sessions x factors; inputs as for `factor_model`.

    NaN until there are as many, where anything in the window is missing, and where the factors cannot be told apart.
    Raises ValueError for returns of other sessions, and a window that is not longer than there are coefficients.
    """
    count = factors.shape[1]
    if sessions < count + 2:
        raise ValueError(f"a window of {sessions} sessions has no betas of {count} factors: at least {count + 2}")
    data = np.column_stack([_excess(returns, factors, cash), factors.to_numpy(dtype=np.float64)])
    betas = np.full(factors.shape, np.nan)
    if len(data) >= sessions:
        windows = sliding_window_view(data, sessions, axis=0).transpose(0, 2, 1)
        for place, one in enumerate(windows, start=sessions - 1):
            design = np.column_stack([np.ones(sessions), one[:, 1:]])
            if np.isfinite(one).all() and told_apart(design):
                betas[place] = np.linalg.lstsq(design, one[:, 0])[0][1:]
    return pd.DataFrame(betas, factors.index, factors.columns)


def _excess(returns: pd.Series | Floats, factors: pd.DataFrame, cash: pd.Series | Floats | None) -> Floats:
    """Returns over cash, once it is sure that both are of the sessions of `factors`."""
    for name, given in (("returns", returns), ("cash", cash)):
        if given is None:
            continue
        if len(given) != len(factors):
            raise ValueError(f"{name}: {len(given)} for {len(factors)} sessions of factors")
        if isinstance(given, pd.Series) and not given.index.equals(factors.index):
            raise ValueError(f"{name} are of other sessions than the factors, or of the same in another order")
    over = 0.0 if cash is None else np.asarray(cash, dtype=np.float64)
    excess: Floats = np.asarray(returns, dtype=np.float64) - over
    return excess


def _vif(values: Floats) -> Floats:
    """The diagonal of the inverse of the correlations."""
    if values.shape[1] == 1:
        return np.ones(1)
    inflation: Floats = np.diag(np.linalg.inv(np.corrcoef(values, rowvar=False)))
    return inflation


def _condition(design: Floats) -> float:
    spread = np.linalg.svd(design / np.sqrt((design**2).sum(axis=0)), compute_uv=False)
    return float(spread[0] / spread[-1])
