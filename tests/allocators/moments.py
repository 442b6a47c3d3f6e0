"""Decision closes for tests: a past of given returns, and returns that have exactly a given covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.blocks import Moment
from engine.market.keys import SeriesKey

Floats = NDArray[np.float64]
PAIR = np.array([[1.0, 1.0], [1.0, -1.0]])
HADAMARD = np.kron(np.kron(PAIR, PAIR), np.kron(PAIR, PAIR))  # Sylvester's, 16 x 16


@dataclass(frozen=True)
class GivenPast:
    """Serves the rows up to one session, and none after it."""

    moves: Mapping[str, Sequence[float] | Floats]
    session: int

    def returns(self, names: Sequence[str], window: int) -> Floats:
        known = np.column_stack([np.asarray(self.moves[name], dtype=float) for name in names])[: self.session + 1]
        return known[-window:]

    def latest(self, key: SeriesKey) -> float | None:
        raise AssertionError(f"nobody asked to see {key}")


def moment(moves: Mapping[str, Sequence[float] | Floats], session: int | None = None) -> Moment:
    """The close of a session, the last one if not said, at which every name has a price."""
    universe = tuple(moves)
    length = min(len(column) for column in moves.values())
    return Moment(universe, frozenset(universe), {}, (), GivenPast(moves, length - 1 if session is None else session))


def exactly(covariance: Sequence[Sequence[float]] | Floats) -> dict[str, Floats]:
    """Sixteen returns of A, B, ... whose sample covariance (n - 1) is the given one, as fractions a day squared.

    The columns of a Hadamard matrix after the first add up to zero and are orthogonal.
    """
    matrix = np.asarray(covariance, dtype=float)
    base = HADAMARD[:, 1 : 1 + len(matrix)] * np.sqrt(15.0 / 16.0)
    columns = base @ np.linalg.cholesky(matrix).T
    return {chr(ord("A") + place): columns[:, place] for place in range(len(matrix))}


def made_up(names: int, sessions: int, seed: int = 7) -> dict[str, Floats]:
    """Daily returns with one common cause and different own risks."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0005, 0.01, sessions)
    return {
        chr(ord("A") + place): rng.uniform(0.5, 1.5) * market
        + rng.normal(0.0, rng.uniform(0.004, 0.016), sessions)
        for place in range(names)
    }  # fmt: skip


def ledoit_wolf(returns: Floats) -> Floats:
    """The estimator of the 2004 paper, section 3.3, written out session by session: S is the matrix over n, m the mean
    variance, d2 the distance of S from m I, b2 that of the sessions' own matrices from S, all norms over p.
    """
    sessions, names = returns.shape
    centred = returns - returns.mean(axis=0)
    sample = sum(np.outer(row, row) for row in centred) / sessions
    mean = float(np.trace(sample)) / names
    d2 = float(((sample - mean * np.eye(names)) ** 2).sum()) / names
    b2 = sum(float(((np.outer(row, row) - sample) ** 2).sum()) / names for row in centred) / sessions**2
    pull = min(b2, d2) / d2
    shrunk: Floats = pull * mean * np.eye(names) + (1.0 - pull) * sample
    return shrunk
