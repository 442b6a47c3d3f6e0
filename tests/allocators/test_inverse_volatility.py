"""Parts in inverse proportion to volatility: by hand, and against skfolio's."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.allocators.inverse_volatility import InverseVolatility
from tests.allocators.moments import exactly, made_up, moment


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.6])
def test_two_names_by_hand(correlation: float) -> None:
    """w1 = s2 / (s1 + s2), whatever the correlation: 1% and 3% a day are 3/4 and 1/4."""
    moves = exactly([[1e-4, 3e-4 * correlation], [3e-4 * correlation, 9e-4]])
    parts = InverseVolatility(window=16).share(("A", "B"), moment(moves))
    assert parts == pytest.approx({"A": 0.75, "B": 0.25}, rel=1e-12)


def test_three_names_by_hand() -> None:
    """Deviations of 1%, 2% and 4%: parts of 4 to 2 to 1."""
    parts = InverseVolatility(window=16).share(("A", "B", "C"), moment(exactly(np.diag([1e-4, 4e-4, 16e-4]))))
    assert parts == pytest.approx({"A": 4 / 7, "B": 2 / 7, "C": 1 / 7}, rel=1e-12)


def test_the_same_as_skfolio() -> None:
    from skfolio.optimization import InverseVolatility as Theirs  # noqa: PLC0415  # takes a second to load

    moves = made_up(8, 100)
    mine = InverseVolatility().share(tuple(moves), moment(moves))
    theirs = Theirs().fit(np.column_stack(list(moves.values()))[-60:]).weights_
    assert list(mine.values()) == pytest.approx(theirs.tolist(), rel=1e-12)
