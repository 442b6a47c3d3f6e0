"""Effects of many periods to effects over all of them that add up, or multiply, to the compounded active return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attribution.geometric import multiplied

Floats = NDArray[np.float64]
Method = Literal["carino", "menchero", "grap", "frongello", "geometric"]
Returns: TypeAlias = "pd.Series | Sequence[float] | Floats"

METHODS: tuple[Method, ...] = ("carino", "menchero", "grap", "frongello", "geometric")
CLOSES = 1e-9  # how far a period's effects may be from adding up to its active return


def link(
    effects: pd.DataFrame, portfolio_returns: Returns, benchmark_returns: Returns, method: Method = "carino"
) -> pd.Series:
    """Linked effects, one per column of `effects`, over all periods; fractions.

    `effects` is periods x anything, such as (effect, segment), oldest first, each row adding up to that period's active
    return; the returns are one per period, fractions. With R and B compounded over all periods, the linked effects add
    up to R - B; those of "geometric" multiply, prod(1 + linked) = (1 + R) / (1 + B). `linked_periods` says how.
    Raises ValueError for a method that is not known, returns that are not those of the periods of `effects`, a missing
    number, a return of -100% or less, and effects that are further than 1e-9 from a period's active return.
    """
    periods = linked_periods(effects, portfolio_returns, benchmark_returns, method)
    if method == "geometric":
        return pd.Series(np.expm1(np.log1p(periods.to_numpy()).sum(axis=0)), index=effects.columns)
    return pd.Series(periods.to_numpy().sum(axis=0), index=effects.columns)


def linked_periods(
    effects: pd.DataFrame, portfolio_returns: Returns, benchmark_returns: Returns, method: Method = "carino"
) -> pd.DataFrame:
    """What every period's effects count over the whole window; same shape as `effects`, its columns make up `link`.

    With r and b the returns of portfolio and benchmark in period t of n, and R and B those compounded over all:

        carino     effects x k_t / K. Carino (1999), "Combining Attribution Effects Over Time", Journal of Performance
                   Measurement 3(4). The order of periods does not matter.
        menchero   effects x (M + a_t), M = ((R - B) / n) / ((1 + R)^(1/n) - (1 + B)^(1/n)) and a_t proportional to the
                   period's active return. Menchero (2000), "An Optimized Approach to Linking Attribution Effects Over
                   Time", Journal of Performance Measurement 5(1); Menchero (2004), "Multiperiod Arithmetic
                   Attribution", Financial Analysts Journal 60(4). The order of periods does not matter.
        grap       effects x the portfolio's growth before t x the benchmark's after it. Groupe de Recherche en
                   Attribution de Performance (1997), "Synthèse des modèles d'attribution de performance". The order of
                   periods matters.
        frongello  effects x the portfolio's growth before t, and b_t on all that the effect had come to before.
                   Frongello (2002), "Linking Single Period Attribution Results", Journal of Performance Measurement
                   6(3). The order of periods matters: an early effect earns the benchmark's later returns. Over the
                   whole window it comes to what GRAP comes to, but what a period shows does not hang on later ones.
        geometric  see `engine.attribution.geometric`: here rows multiply, and so do columns.

    Units, shapes and errors as for `link`.
    """
    if method not in METHODS:
        raise ValueError(f"unknown linking method {method!r}; known: {', '.join(METHODS)}")
    own = _returns("portfolio_returns", portfolio_returns, effects)
    theirs = _returns("benchmark_returns", benchmark_returns, effects)
    values = effects.to_numpy(dtype=float)
    _closes(values, own - theirs, effects.index)
    if method == "geometric":
        linked = multiplied(effects, theirs)
    elif method == "frongello":
        linked = _frongello(values, own, theirs)
    else:
        linked = WEIGHTS[method](own, theirs)[:, None] * values
    return pd.DataFrame(linked, effects.index, effects.columns)


def linking_weights(portfolio: Floats, benchmark: Floats) -> Floats:
    """What each period's effects count over the whole window by Carino: k_t / K."""
    total = np.array([np.prod(1.0 + portfolio) - 1.0, np.prod(1.0 + benchmark) - 1.0])
    return carino_factor(portfolio, benchmark) / carino_factor(total[:1], total[1:])


def carino_factor(portfolio: Floats, benchmark: Floats) -> Floats:
    """(ln(1 + rp) - ln(1 + rb)) / (rp - rb), and its limit 1 / (1 + rb) where they are equal.

    Carino (1999), "Combining Attribution Effects Over Time", eq. 4; written with log1p of the ratio so that it keeps
    its digits when the two returns are close.
    """
    gap = portfolio - benchmark
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.log1p(gap / (1.0 + benchmark)) / gap
    return np.where(gap == 0.0, 1.0 / (1.0 + benchmark), factor)


def _menchero(portfolio: Floats, benchmark: Floats) -> Floats:
    """M + a_t: the natural scale, and the smallest corrections (in squares) that leave nothing over.

    Where R = B the scale is its limit, (1 + R)^(1 - 1/n). What is left over by rounding alone is not worth correcting:
    spread over active returns that are rounding errors too it would blow up effects that cancel each other.
    """
    count, gap = len(portfolio), portfolio - benchmark
    whole, total = np.prod(1.0 + portfolio), np.prod(1.0 + benchmark)
    active = whole - total
    apart = total ** (1.0 / count) * np.expm1(np.log1p(active / total) / count)  # keeps its digits where R is near B
    scale = total ** (1.0 - 1.0 / count) if active == 0.0 else active / count / apart
    left = active - scale * gap.sum()
    if abs(left) <= count * np.finfo(float).eps * max(whole, total):
        return np.full(count, scale)
    corrected: Floats = scale + left * gap / (gap @ gap)
    return corrected


def _grap(portfolio: Floats, benchmark: Floats) -> Floats:
    """The portfolio's growth before each period times the benchmark's after it."""
    before = np.concatenate(([1.0], np.cumprod(1.0 + portfolio)[:-1]))
    after = np.concatenate((np.cumprod(1.0 + benchmark[::-1])[::-1][1:], [1.0]))
    return before * after


WEIGHTS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "carino": linking_weights,
    "menchero": _menchero,
    "grap": _grap,
}


def _frongello(effects: Floats, portfolio: Floats, benchmark: Floats) -> Floats:
    """Period by period, from what was known then: nothing that comes later changes an earlier row."""
    linked, so_far, growth = np.empty_like(effects), np.zeros(effects.shape[1]), 1.0
    for period, (own, theirs) in enumerate(zip(portfolio, benchmark, strict=True)):
        linked[period] = growth * effects[period] + theirs * so_far
        so_far += linked[period]
        growth *= 1.0 + own
    return linked


def _returns(name: str, returns: Returns, effects: pd.DataFrame) -> Floats:
    """The returns as an array, once it is sure that they are those of the periods of `effects` and can be linked."""
    if isinstance(returns, pd.Series) and len(returns) == len(effects) and not returns.index.equals(effects.index):
        raise ValueError(f"{name} has other periods than effects, or the same in another order")
    values = np.asarray(returns, dtype=np.float64)
    if values.shape != (len(effects),) or not len(effects):
        raise ValueError(
            f"{name}: {len(values)} returns for {len(effects)} periods of effects; one row per period each"
        )
    if len(bad := np.flatnonzero(~(np.isfinite(values) & (values > -1.0)))):
        what = f"{name} is {values[bad[0]]:g} in period {effects.index[bad[0]]}"
        raise ValueError(f"{what}: only a return above -1 (a loss of everything) can be linked")
    return values


def _closes(effects: Floats, active: Floats, periods: pd.Index) -> None:
    found = effects.sum(axis=1)
    if len(off := np.flatnonzero(~(np.abs(found - active) <= CLOSES))):
        at = off[0]
        raise ValueError(
            f"the effects of period {periods[at]} add up to {found[at]:.12g}, its active return is {active[at]:.12g}"
        )
