"""Hierarchical risk parity: by hand, and against the steps of the paper written out in plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.allocators.hrp import Hrp
from tests.allocators.moments import Floats, exactly, ledoit_wolf, made_up, moment


def leaves(covariance: Floats) -> list[int]:
    """Quasi-diagonal order: join the two nearest clusters, nearest by their nearest names, until one is left."""
    deviation = np.sqrt(np.diag(covariance))
    correlation = np.minimum(covariance / np.outer(deviation, deviation), 1.0)
    distance = np.sqrt((1.0 - correlation) / 2.0)
    clusters = {name: [name] for name in range(len(covariance))}
    made = len(covariance)
    while len(clusters) > 1:
        pairs = [(a, b) for a in clusters for b in clusters if a < b]
        apart = {(a, b): min(distance[i, j] for i in clusters[a] for j in clusters[b]) for a, b in pairs}
        first, second = min(pairs, key=apart.__getitem__)
        clusters[made] = clusters.pop(first) + clusters.pop(second)
        made += 1
    return next(iter(clusters.values()))


def cluster_variance(covariance: Floats, names: list[int]) -> float:
    """Variance of the inverse-variance mix of a cluster."""
    parts = {i: 1.0 / covariance[i, i] for i in names}
    return float(sum(parts[i] * parts[j] * covariance[i, j] for i in names for j in names) / sum(parts.values()) ** 2)


def bisected(covariance: Floats, names: list[int], whole: float = 1.0) -> dict[int, float]:
    """Recursive bisection: each half by the inverse of its variance."""
    if len(names) == 1:
        return {names[0]: whole}
    left, right = names[: len(names) // 2], names[len(names) // 2 :]
    mine, theirs = cluster_variance(covariance, left), cluster_variance(covariance, right)
    part = 1.0 - mine / (mine + theirs)
    return {**bisected(covariance, left, whole * part), **bisected(covariance, right, whole * (1.0 - part))}


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.8])
def test_two_names_are_inverse_variance(correlation: float) -> None:
    """Variances of 1 and 9: parts of 9 to 1."""
    moves = exactly([[1e-4, 3e-4 * correlation], [3e-4 * correlation, 9e-4]])
    parts = Hrp(window=16, shrinkage="none").share(("A", "B"), moment(moves))
    assert parts == pytest.approx({"A": 0.9, "B": 0.1}, rel=1e-10)


def test_without_correlation_it_is_inverse_variance_whatever_the_tree() -> None:
    moves = exactly(np.diag([1e-4, 4e-4, 16e-4, 2e-4]))
    parts = Hrp(window=16, shrinkage="none").share(("A", "B", "C", "D"), moment(moves))
    assert parts == pytest.approx({"A": 16 / 29, "B": 4 / 29, "C": 1 / 29, "D": 8 / 29}, rel=1e-10)


def test_three_names_by_hand() -> None:
    """A and B, of variance 1 and correlation 1/2, are one half of the tree and C, of variance 4, the other. A and B in
    equal parts have a variance of 3/4, so C gets 0.75 / 4.75 and A and B half of the rest each.
    """
    moves = exactly(np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 4.0]]) * 1e-4)
    parts = Hrp(window=16, shrinkage="none").share(("A", "B", "C"), moment(moves))
    assert parts == pytest.approx({"A": 8 / 19, "B": 8 / 19, "C": 3 / 19}, rel=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_the_steps_of_the_paper(seed: int) -> None:
    moves = made_up(9, 260, seed)
    recent = np.column_stack(list(moves.values()))[-250:]
    for shrinkage, covariance in (("none", np.cov(recent, rowvar=False)), ("ledoit_wolf", ledoit_wolf(recent))):
        parts = Hrp.model_validate({"shrinkage": shrinkage}).share(tuple(moves), moment(moves))
        expected = bisected(covariance, leaves(covariance))
        assert list(parts.values()) == pytest.approx([expected[place] for place in range(9)], rel=1e-9)
