"""Geometric attribution: effects that multiply, within a period and over time, to (1 + R) / (1 + B).

Bacon (2008), "Practical Portfolio Performance Measurement and Attribution", 2nd ed., chapters 5 and 8. Arithmetic
effects come in groups, the first level of the columns (allocation, selection, ...), in the order in which the columns
name them. The benchmark turns into the portfolio through one notional fund after another, each with the effects of one
more group: b, b + allocation (Bacon's semi-notional fund), b + allocation + selection, ..., r. A group's geometric
effect is the growth of its fund over that of the fund before it, and a segment's is its arithmetic effect over the
latter growth:

    allocation  (w - W) ((1 + R_i) / (1 + b) - 1)      what Brinson-Fachler says over 1 + b
    selection   w (r_i - R_i) / (1 + semi-notional)

so a group's segments add up to the group, and its groups multiply to (1 + r) / (1 + b). For the segments to multiply
as well, each is scaled a little, 1 + g_i -> (1 + g_i) ((1 + G) / prod(1 + g_j)) ^ (|g_i| / sum |g_j|): what multiplying
them would miss of their group G goes to each by its size. Bacon (2004), 1st ed., chapter 8. After that every number
multiplies with every other, over segments, groups and periods. The order of groups matters, that of periods does not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def geometric_effects(effects: pd.DataFrame, benchmark_returns: Floats) -> pd.DataFrame:
    """Geometric effects as Bacon prints them, from arithmetic ones that add up to each period's active return.

    Periods x columns, fractions. Those of a group and a period add up to the group's, and 1 + group multiplies to
    (1 + r) / (1 + b). Columns without levels are one group. Raises ValueError where a notional fund loses everything.
    """
    raw = np.empty(effects.shape)
    growth = 1.0 + np.asarray(benchmark_returns, dtype=np.float64)
    values = effects.to_numpy(dtype=float)
    for columns in _groups(effects.columns):
        if len(lost := np.flatnonzero(growth <= 0.0)):
            at = effects.index[lost[0]]
            raise ValueError(
                f"in period {at} the notional fund before {effects.columns[columns[0]]!r} loses everything"
            )
        raw[:, columns] = values[:, columns] / growth[:, None]
        growth = growth + values[:, columns].sum(axis=1)
    return pd.DataFrame(raw, effects.index, effects.columns)


def multiplied(effects: pd.DataFrame, benchmark_returns: Floats) -> Floats:
    """Geometric effects of which every one multiplies: those of a period to (1 + r) / (1 + b). Periods x columns.

    Raises ValueError as `geometric_effects` does, and for an effect of -100% or less, which nothing can make good.
    """
    raw = geometric_effects(effects, benchmark_returns).to_numpy()
    if len(bad := np.argwhere(raw <= -1.0)):
        row, column = bad[0]
        what = f"the effect {effects.columns[column]!r} of period {effects.index[row]} is {raw[row, column]:.6g}"
        raise ValueError(f"{what}: only effects above -1 can be multiplied")
    logs = np.log1p(raw)
    for columns in _groups(effects.columns):
        mine = raw[:, columns]
        size = np.abs(mine)
        missed = np.log1p(mine.sum(axis=1)) - logs[:, columns].sum(axis=1)
        logs[:, columns] += missed[:, None] * size / np.maximum(size.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    whole: Floats = np.expm1(logs)
    return whole


def _groups(columns: pd.Index) -> list[NDArray[np.intp]]:
    """Positions of each group's columns, groups in the order in which they are first named."""
    if columns.nlevels == 1:
        return [np.arange(len(columns))]
    codes, names = pd.factorize(columns.get_level_values(0))
    return [np.flatnonzero(codes == place) for place in range(len(names))]
