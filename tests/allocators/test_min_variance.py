"""The least variance: closed forms, corners, the limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.blocks import Scope
from engine.errors import StrategyError
from strategies.allocators.min_variance import MinVariance
from tests.allocators.moments import exactly, ledoit_wolf, made_up, moment

NEAR = 2e-5  # parts, where a solver stops within 1e-9 of the least variance


@pytest.mark.parametrize("covariance", [-4e-4, -1e-4, 0.0, 0.5e-4, 0.9e-4])
def test_two_names_in_closed_form(covariance: float) -> None:
    """w1 = (s2^2 - c) / (s1^2 + s2^2 - 2c)."""
    moves = exactly([[2e-4, covariance], [covariance, 9e-4]])
    parts = MinVariance(window=16, shrinkage="none").share(("A", "B"), moment(moves))
    first = (9e-4 - covariance) / (11e-4 - 2 * covariance)
    assert parts == pytest.approx({"A": first, "B": 1.0 - first}, abs=NEAR)


def test_nothing_is_sold_short() -> None:
    """With c above the smaller variance the closed form would short B; long only, A is all."""
    parts = MinVariance(window=16, shrinkage="none").share(("A", "B"), moment(exactly([[1e-4, 2e-4], [2e-4, 9e-4]])))
    assert parts == {"A": 1.0, "B": 0.0}


def test_without_correlation_it_is_inverse_variance() -> None:
    """Variances of 1, 4 and 16: parts of 16 to 4 to 1."""
    moves = exactly(np.diag([1e-4, 4e-4, 16e-4]))
    parts = MinVariance(window=16, shrinkage="none").share(("A", "B", "C"), moment(moves))
    assert parts == pytest.approx({"A": 16 / 21, "B": 4 / 21, "C": 1 / 21}, abs=NEAR)


def test_the_limit_by_hand() -> None:
    """A stops at one half; the other half is inverse variance, 4 to 1."""
    moves = exactly(np.diag([1e-4, 4e-4, 16e-4]))
    parts = MinVariance(window=16, shrinkage="none", max_weight=0.5).share(("A", "B", "C"), moment(moves))
    assert parts == pytest.approx({"A": 0.5, "B": 0.4, "C": 0.1}, abs=NEAR)


def test_two_names_of_a_shrunken_covariance() -> None:
    moves = made_up(2, 250)
    (a, c), (_, b) = ledoit_wolf(np.column_stack(list(moves.values())))
    parts = MinVariance().share(("A", "B"), moment(moves))
    assert parts["A"] == pytest.approx((b - c) / (a + b - 2 * c), abs=NEAR)


def test_no_small_move_of_weight_lowers_the_variance() -> None:
    """At the optimum no name that is held moves more with the whole than any other name does."""
    moves = made_up(12, 250)
    parts = np.array(list(MinVariance().share(tuple(moves), moment(moves)).values()))
    together = ledoit_wolf(np.column_stack(list(moves.values()))) @ parts
    assert (together[parts > 0.0] <= together.min() * 1.0001).all()
    assert (parts == 0.0).any()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"max_weight": 0.3}, "3 names of at most 30% make no 100%"),
        (
            {"shrinkage": "none", "window": 3},
            "the least variance of 3 names needs more than 3 returns, not 3, or `shrinkage: ledoit_wolf`",
        ),
        ({"max_weight": 0.5}, None),
        ({"shrinkage": "none", "window": 4}, None),
        ({"window": 3}, None),
    ],
)
def test_what_has_no_answer_is_a_mistake_and_an_error(fields: dict[str, Any], said: str | None) -> None:
    mine, moves = MinVariance(**{"window": 16, **fields}), exactly(np.diag([1e-4, 4e-4, 16e-4]))
    found = [(mistake.path, mistake.message) for mistake in mine.mistakes(Scope(("A", "B", "C")))]
    assert found == ([((next(name for name in fields if name != "shrinkage"),), said)] if said else [])
    if said:
        with pytest.raises(StrategyError) as error:
            mine.share(("A", "B", "C"), moment(moves))
        assert str(error.value).startswith(said)


def test_what_it_says() -> None:
    of = "the mix of A and B with the least variance over 250 sessions"
    assert MinVariance(of=("A", "B")).sentence() == of
    assert MinVariance(of=("A", "B"), max_weight=0.6).sentence() == f"{of}, at most 60% each"
