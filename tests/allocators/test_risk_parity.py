"""Equal contributions to risk: two names by hand, and any number recomputed from the covariance."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import StrategyError
from strategies.allocators.risk_parity import RiskParity
from tests.allocators.moments import Floats, exactly, ledoit_wolf, made_up, moment

SPREAD = 1e-9


def contributions(parts: Floats, covariance: Floats) -> list[float]:
    """Each name's part of the variance, by double loop."""
    names = range(len(parts))
    variance = sum(parts[i] * parts[j] * covariance[i, j] for i in names for j in names)
    return [float(sum(parts[i] * parts[j] * covariance[i, j] for j in names) / variance) for i in names]


@pytest.mark.parametrize("correlation", [-0.95, -0.3, 0.0, 0.5, 0.99])
def test_two_names_are_inverse_volatility_whatever_the_correlation(correlation: float) -> None:
    """Maillard et al. (2010), section 2.2: w1 = s2 / (s1 + s2)."""
    moves = exactly([[1e-4, 3e-4 * correlation], [3e-4 * correlation, 9e-4]])
    parts = RiskParity(window=16, shrinkage="none").share(("A", "B"), moment(moves))
    assert parts == pytest.approx({"A": 0.75, "B": 0.25}, rel=1e-10)


def test_without_correlation_it_is_inverse_volatility() -> None:
    moves = exactly(np.diag([1e-4, 4e-4, 16e-4]))
    parts = RiskParity(window=16, shrinkage="none").share(("A", "B", "C"), moment(moves))
    assert parts == pytest.approx({"A": 4 / 7, "B": 2 / 7, "C": 1 / 7}, rel=1e-10)


def test_three_names_by_hand() -> None:
    """Variances 1, covariance 1/2 of A and B, C apart. With a of A and of B and c of C: a (a + a/2) = c c, so that
    c = a sqrt(1.5), and 2a + c = 1.
    """
    a = 1.0 / (2.0 + 1.5**0.5)
    moves = exactly(np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]) * 1e-4)
    parts = RiskParity(window=16, shrinkage="none").share(("A", "B", "C"), moment(moves))
    assert parts == pytest.approx({"A": a, "B": a, "C": 1.0 - 2.0 * a}, rel=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_contributions_are_equal(seed: int) -> None:
    moves = made_up(9, 300, seed)
    recent = np.column_stack(list(moves.values()))[-250:]
    for shrinkage, covariance in (("none", np.cov(recent, rowvar=False)), ("ledoit_wolf", ledoit_wolf(recent))):
        parts = RiskParity.model_validate({"shrinkage": shrinkage}).share(tuple(moves), moment(moves))
        assert contributions(np.array(list(parts.values())), covariance) == pytest.approx([1 / 9] * 9, rel=SPREAD)


def test_very_different_risks() -> None:
    """A name that moves a thousandth as much as another."""
    moves = made_up(4, 250)
    moves["A"] = moves["A"] / 1000.0
    parts = RiskParity(shrinkage="none").share(tuple(moves), moment(moves))
    covariance = np.cov(np.column_stack(list(moves.values())), rowvar=False)
    assert contributions(np.array(list(parts.values())), covariance) == pytest.approx([0.25] * 4, rel=1e-6)


def test_uneven_risks_are_no_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategies.allocators.risk_parity.EVEN", -1.0)
    with pytest.raises(StrategyError, match="risk_parity has no solution: the risks stay uneven"):
        RiskParity(window=16).share(("A", "B"), moment(exactly(np.diag([1e-4, 4e-4]))))
