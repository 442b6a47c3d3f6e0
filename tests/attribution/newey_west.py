"""Least squares with Newey and West's errors a second time, by the textbook sum of autocovariances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fitted(response: Floats, *regressors: Floats) -> tuple[Floats, Floats]:
    """Coefficients, intercept first, and their t; lags are 4 (n / 100)^(2/9), rounded down."""
    count = len(response)
    design = np.column_stack([np.ones(count), *regressors])
    bread = np.linalg.inv(design.T @ design)
    coefficients: Floats = bread @ design.T @ response
    scores = design * (response - design @ coefficients)[:, None]
    lags = int(4 * (count / 100) ** (2 / 9))
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (cross + cross.T)
    errors = np.sqrt(np.diag(bread @ meat @ bread) * count / (count - design.shape[1]))
    return coefficients, coefficients / errors
