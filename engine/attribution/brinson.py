"""Brinson attribution: what the weights of segments earned against the benchmark's, and what their contents earned."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Method = Literal["fachler", "hood_beebower"]
Interaction = Literal["separate", "with_selection"]
Segments: TypeAlias = "pd.Series | Mapping[Hashable, float] | Sequence[float] | Floats"

EFFECTS = ("allocation", "selection", "interaction")
METHODS = ("fachler", "hood_beebower")
INTERACTIONS = ("separate", "with_selection")
NAMES = ("portfolio_weights", "benchmark_weights", "portfolio_returns", "benchmark_returns")
WHOLE = 1e-9  # how far weights may be from adding up to 1


def brinson(  # noqa: PLR0913, PLR0917  # the two portfolios' weights and returns, and how they are taken apart
    portfolio_weights: Segments,
    benchmark_weights: Segments,
    portfolio_returns: Segments,
    benchmark_returns: Segments,
    method: Method = "fachler",
    interaction: Interaction = "separate",
) -> pd.DataFrame:
    """Segments x (allocation, selection, interaction), fractions of one period; they add up to the active return.

    Weights at the period's start and returns over it, fractions, one per segment: Series or mappings, matched by
    label in any order (the result has the order of `portfolio_weights`), or sequences, all in one order. With w and W
    the weights of portfolio and benchmark, r and R their returns within the segment, and B the benchmark's return,

        allocation   (w - W) (R - B)    "fachler": Brinson and Fachler (1985), "Measuring Non-US Equity Portfolio
                                        Performance"; Bacon (2008), 2nd ed., table 5.3
                     (w - W) R          "hood_beebower": Brinson, Hood and Beebower (1986), "Determinants of Portfolio
                                        Performance"; Bacon, table 5.2
        selection    W (r - R)
        interaction  (w - W) (r - R)

    `interaction="with_selection"` puts both into the selection, w (r - R); the column `interaction` stays, at 0.
    A return that is missing (NaN) on a side whose weight is 0 is taken to be the other side's, so that the segment has
    no selection; one that is missing on both sides, with both weights 0, has no effect at all.
    Raises ValueError for weights that do not add up to 1 within 1e-9, segments that differ, a missing weight, a missing
    return of a weight that is not 0, and a method or interaction that is not known.
    """
    labels, parts = _labelled((portfolio_weights, benchmark_weights, portfolio_returns, benchmark_returns))
    found = _effects([part[None, :] for part in parts], labels, None, method, interaction)
    return pd.DataFrame({name: effect[0] for name, effect in zip(EFFECTS, found, strict=True)}, index=labels)


def brinson_periods(  # noqa: PLR0913, PLR0917  # as above
    portfolio_weights: pd.DataFrame,
    benchmark_weights: pd.DataFrame,
    portfolio_returns: pd.DataFrame,
    benchmark_returns: pd.DataFrame,
    method: Method = "fachler",
    interaction: Interaction = "separate",
) -> pd.DataFrame:
    """`brinson` of every period at once: periods x (effect, segment), as `link` takes it.

    Four frames, periods x segments, matched by label in any order of segments; periods must be the same and in the same
    order. A row's effects add up to that period's active return. Raises ValueError as `brinson` does, naming the first
    period that is wrong.
    """
    frames = (portfolio_weights, benchmark_weights, portfolio_returns, benchmark_returns)
    labels, parts = _same_segments([frame.columns for frame in frames]), []
    for name, frame in zip(NAMES, frames, strict=True):
        if not frame.index.equals(portfolio_weights.index):
            raise ValueError(f"{name} has other periods than portfolio_weights; all four need the same, in one order")
        parts.append(frame.reindex(columns=labels).to_numpy(dtype=float))
    found = _effects(parts, labels, portfolio_weights.index, method, interaction)
    columns = pd.MultiIndex.from_product([EFFECTS, labels], names=["effect", "segment"])
    return pd.DataFrame(np.hstack(found), portfolio_weights.index, columns)


def _effects(
    parts: Sequence[Floats], labels: pd.Index, periods: pd.Index | None, method: str, interaction: str
) -> tuple[Floats, Floats, Floats]:
    """Allocation, selection and interaction, each periods x segments."""
    for name, given, known in (("method", method, METHODS), ("interaction", interaction, INTERACTIONS)):
        if given not in known:
            raise ValueError(f"unknown {name} {given!r}; known: {', '.join(known)}")
    own_weight, their_weight, own, theirs = parts
    for name, weights in zip(NAMES, (own_weight, their_weight), strict=False):
        _add_up(name, weights, labels, periods)
    for name, weights, returns in ((NAMES[2], own_weight, own), (NAMES[3], their_weight, theirs)):
        _known_where_held(name, weights, returns, labels, periods)
    own, theirs = np.where(np.isnan(own), theirs, own), np.where(np.isnan(theirs), own, theirs)
    own, theirs = np.nan_to_num(own), np.nan_to_num(theirs)  # nobody holds it, nobody knows it
    benchmark = (their_weight * theirs).sum(axis=1, keepdims=True)
    apart, better = own_weight - their_weight, own - theirs
    allocation = apart * (theirs - benchmark if method == "fachler" else theirs)
    if interaction == "with_selection":
        return allocation, own_weight * better, np.zeros_like(apart)
    return allocation, their_weight * better, apart * better


def _add_up(name: str, weights: Floats, labels: pd.Index, periods: pd.Index | None) -> None:
    if len(bad := np.argwhere(~np.isfinite(weights))):
        row, column = bad[0]
        raise ValueError(f"{name}: the weight of {labels[column]!r}{_at(periods, row)} is {weights[row, column]}")
    total = weights.sum(axis=1)
    if len(off := np.flatnonzero(np.abs(total - 1.0) > WHOLE)):
        raise ValueError(
            f"{name} add up to {total[off[0]]:.12g}{_at(periods, off[0])}, not to 1 (fractions, not per cents)"
        )


def _known_where_held(name: str, weights: Floats, returns: Floats, labels: pd.Index, periods: pd.Index | None) -> None:
    unknown = np.isinf(returns) | (np.isnan(returns) & (weights != 0.0))
    if len(bad := np.argwhere(unknown)):
        row, column = bad[0]
        raise ValueError(
            f"{name}: the return of {labels[column]!r}{_at(periods, row)} is {returns[row, column]}, "
            f"and its weight {weights[row, column]:g}"
        )


def _at(periods: pd.Index | None, row: int) -> str:
    return "" if periods is None else f" in period {periods[row]}"


def _labelled(inputs: Sequence[Segments]) -> tuple[pd.Index, list[Floats]]:
    """The segments, and every input as an array in their order."""
    named = [pd.Series(one, dtype=float) if isinstance(one, (pd.Series, Mapping)) else None for one in inputs]
    series = [one for one in named if one is not None]
    if len(series) == len(inputs):
        labels = _same_segments([one.index for one in series])
        return labels, [np.asarray(one.reindex(labels), dtype=np.float64) for one in series]
    if series:
        plain = NAMES[next(place for place, one in enumerate(named) if one is None)]
        raise ValueError(f"{plain} has no labels while others have: give all four as Series or mappings, or none")
    arrays = [np.asarray(one, dtype=np.float64) for one in inputs]
    for name, array in zip(NAMES, arrays, strict=True):
        if array.ndim != 1 or len(array) != len(arrays[0]):
            shapes = f"{array.shape}, portfolio_weights {arrays[0].shape}"
            raise ValueError(f"{name} has the shape {shapes}: one number per segment (brinson_periods takes frames)")
    return pd.RangeIndex(len(arrays[0])), arrays


def _same_segments(indexes: Sequence[pd.Index]) -> pd.Index:
    """The first one's labels, once it is sure that all have the same ones and none twice."""
    for name, index in zip(NAMES, indexes, strict=True):
        if not index.is_unique:
            raise ValueError(f"{name} has the segment {index[index.duplicated()][0]!r} twice")
        lacks, more = indexes[0].difference(index, sort=False), index.difference(indexes[0], sort=False)
        if len(lacks) or len(more):
            what = f"lacks {lacks[0]!r}" if len(lacks) else f"has {more[0]!r} too"
            raise ValueError(f"{name} {what}: its segments are not those of portfolio_weights")
    return indexes[0]
