"""Where a condition is true: three-valued logic over whole histories.

1.0 is true, 0.0 false, not-a-number unknown (Kleene 1952, "Introduction to Metamathematics", section 64).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.config.expressions import COMPARISONS, Comparison, Every, Name, Node, Not, Some

Floats = NDArray[np.float64]


def truth(node: Node, signals: Mapping[str, Floats]) -> Floats:
    """The condition's truth at every session, from each signal's values over the same sessions."""
    match node:
        case Name(name):
            return signals[name]
        case Comparison(name, kind, number):
            values = signals[name]
            return np.where(np.isnan(values), np.nan, COMPARISONS[kind](values, number))
        case Not(operand):
            return 1.0 - truth(operand, signals)
        case Every(operands):
            return _every([truth(operand, signals) for operand in operands])
        case Some(operands):
            return 1.0 - _every([1.0 - truth(operand, signals) for operand in operands])


def lately(values: Floats, sessions: int) -> Floats:
    """True where it was true at one of the last `sessions` sessions, today's included; three-valued like `or`."""
    if sessions == 1:
        return values
    true = _over(values == 1.0, sessions)
    early = np.arange(len(values)) < sessions - 1  # what came before the first session is unknown
    unknown = _over(np.isnan(values), sessions) | early
    return np.where(true, 1.0, np.where(unknown, np.nan, 0.0))


def _over(flags: NDArray[np.bool_], sessions: int) -> NDArray[np.bool_]:
    """Whether any flag is set among the last so many."""
    total = np.concatenate(([0], np.cumsum(flags)))
    start = np.maximum(np.arange(len(flags)) + 1 - sessions, 0)
    return np.asarray(total[1:] > total[start])


def _every(parts: list[Floats]) -> Floats:
    stack = np.stack(parts)
    unknown = np.where(np.isnan(stack).any(axis=0), np.nan, 1.0)
    return np.where((stack == 0.0).any(axis=0), 0.0, unknown)
