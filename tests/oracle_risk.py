"""Parts by risk, written out from the papers with lists and loops; every function wants strictly positive variances."""

from __future__ import annotations

import math
from itertools import combinations

from tests.oracle_market import mean, spread_of

Matrix = list[list[float]]

STILL = 1e-14  # parts that move by less are settled, slopes that differ by less are the same
ROUNDS = 100_000


class NoSolutionError(Exception):
    """There are no such parts."""


def covariance(returns: Matrix, shrinkage: str) -> Matrix:
    """Covariance of names from one list of returns each; its scale is of no matter to any of the parts below."""
    centres = [mean(one) for one in returns]
    centred = [[value - centre for value in one] for one, centre in zip(returns, centres, strict=True)]
    sample = [[mean([a * b for a, b in zip(x, y, strict=True)]) for y in centred] for x in centred]
    if any(sample[i][i] <= 0 for i in range(len(sample))):
        raise NoSolutionError("a name that never moved")
    return sample if shrinkage == "none" else ledoit_wolf(sample, centred)


def ledoit_wolf(sample: Matrix, centred: Matrix) -> Matrix:
    """Towards the mean variance times the identity.

    Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", lemmas 3.2 to
    3.4: m, d^2, b^2 and the weights b^2/d^2 and a^2/d^2 = 1 - b^2/d^2, with <A, B> = tr(AB')/p.
    """
    size, length = len(sample), len(centred[0])
    m = sum(sample[i][i] for i in range(size)) / size
    d2 = math.fsum((sample[i][j] - (m if i == j else 0.0)) ** 2 for i in range(size) for j in range(size)) / size
    squares = math.fsum(math.fsum(value**2 for value in day) ** 2 for day in zip(*centred, strict=True))
    b2 = (squares - length * math.fsum(value**2 for row in sample for value in row)) / size
    weight = min(b2 / length**2, d2) / d2 if d2 > 0 else 0.0
    return [[weight * (m if i == j else 0.0) + (1 - weight) * sample[i][j] for j in range(size)] for i in range(size)]


def inverse_volatility(returns: Matrix) -> list[float]:
    """Parts in inverse proportion to deviations."""
    risks = [spread_of(one) for one in returns]
    if min(risks) <= 0:
        raise NoSolutionError("a name that never moved")
    return scaled([1 / risk for risk in risks])


def scaled(parts: list[float]) -> list[float]:
    """The same proportions, 1 in sum."""
    whole = math.fsum(parts)
    return [part / whole for part in parts]


def risk_parity(matrix: Matrix) -> list[float]:
    """Equal contributions, by cyclical coordinate descent on w'Cw / 2 - sum of log(w) / n.

    Each coordinate has its minimum where C_ii w^2 + (sum over others of C_ij w_j) w = 1/n. Griveau-Billion, Richard
    and Roncalli (2013), "A Fast Algorithm for Computing High-Dimensional Risk Parity Portfolios", eq. 3.
    """
    size = len(matrix)
    parts = [1 / math.sqrt(matrix[i][i]) for i in range(size)]
    for _ in range(ROUNDS):
        moved = 0.0
        for i in range(size):
            others = math.fsum(matrix[i][j] * parts[j] for j in range(size) if j != i)
            found = (-others + math.sqrt(others**2 + 4 * matrix[i][i] / size)) / (2 * matrix[i][i])
            moved = max(moved, abs(found / parts[i] - 1))
            parts[i] = found
        if moved <= STILL:
            break
    return scaled(parts)


def min_variance(matrix: Matrix, most: float) -> list[float]:
    """Least variance with parts from 0 to `most`: move value between the pair that gains most by it, until none does.

    The optimum is where no name below `most` has a smaller slope of variance than one above 0 (Kuhn and Tucker).
    """
    size = len(matrix)
    if size == 1:
        return [1.0]
    if size * most < 1 - 1e-12:
        raise NoSolutionError(f"{size} names of at most {most} each do not make a whole")
    parts = [1 / size] * size
    for _ in range(ROUNDS):
        slopes = [math.fsum(a * b for a, b in zip(row, parts, strict=True)) for row in matrix]
        gain = min((i for i in range(size) if parts[i] < most - STILL), key=lambda i: slopes[i], default=None)
        loss = max((i for i in range(size) if parts[i] > STILL), key=lambda i: slopes[i])
        if gain is None or slopes[loss] - slopes[gain] <= STILL * abs(slopes[loss]):
            break
        curvature = matrix[gain][gain] + matrix[loss][loss] - 2 * matrix[gain][loss]
        step = min((slopes[loss] - slopes[gain]) / curvature, most - parts[gain], parts[loss])
        parts[gain] += step
        parts[loss] -= step
    return [part if part > STILL else 0.0 for part in parts]


def hrp(matrix: Matrix) -> list[float]:
    """Lopez de Prado (2016), snippets 16.1 to 16.4 of his book of 2018: cluster, order, halve."""
    size = len(matrix)
    apart = [
        [math.sqrt(max(1 - matrix[i][j] / math.sqrt(matrix[i][i] * matrix[j][j]), 0.0) / 2) for j in range(size)]
        for i in range(size)
    ]
    parts = [1.0] * size
    queue = [in_order(apart)]
    while queue:
        names = queue.pop()
        if len(names) < 2:
            continue
        left, right = names[: len(names) // 2], names[len(names) // 2 :]
        risk_left, risk_right = cluster_variance(matrix, left), cluster_variance(matrix, right)
        share = risk_right / (risk_left + risk_right)
        for i in names:
            parts[i] *= share if i in left else 1 - share
        queue += [left, right]
    return scaled(parts)


def in_order(apart: Matrix) -> list[int]:
    """Leaves of the single-linkage tree from left to right; of two clusters the one made first stands left."""
    clusters = {i: [i] for i in range(len(apart))}
    for made in range(len(apart), 2 * len(apart) - 1):
        pairs = combinations(clusters, 2)
        _, a, b = min((min(apart[i][j] for i in clusters[a] for j in clusters[b]), a, b) for a, b in pairs)
        clusters[made] = clusters.pop(a) + clusters.pop(b)
    (order,) = clusters.values()
    return order


def cluster_variance(matrix: Matrix, names: list[int]) -> float:
    """Variance of the names held by inverse variance."""
    parts = scaled([1 / matrix[i][i] for i in names])
    return math.fsum(
        a * b * matrix[i][j] for a, i in zip(parts, names, strict=True) for b, j in zip(parts, names, strict=True)
    )
