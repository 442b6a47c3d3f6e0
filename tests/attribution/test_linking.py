"""Linking: Bacon's four quarters, and the identity that linked effects add up to the compounded active return."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.attribution import link
from engine.attribution.linking import carino_factor

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bacon_2008.json").read_text("utf-8"))
RETURNS = st.lists(st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)), min_size=1, max_size=60)


def test_bacon_four_quarters() -> None:
    wp, wb, rp, rb = (np.array(GOLDEN[key]) for key in
                      ("portfolio_weights", "benchmark_weights", "portfolio_returns", "benchmark_returns"))  # fmt: skip
    total = (wb * rb).sum(axis=1)
    effects = np.hstack([(wp - wb) * (rb - total[:, None]), wp * (rp - rb)])
    columns = pd.MultiIndex.from_product([["allocation", "selection"], GOLDEN["segments"]])
    linked = link(pd.DataFrame(effects, columns=columns), pd.Series((wp * rp).sum(axis=1)), pd.Series(total)) * 100
    np.testing.assert_allclose(linked["allocation"], GOLDEN["allocation_pct"], atol=5e-7)
    np.testing.assert_allclose(linked["selection"], GOLDEN["selection_pct"], atol=5e-7)
    assert linked.sum() == pytest.approx(GOLDEN["active_pct"], abs=5e-10)


@given(RETURNS)
def test_linked_effects_add_up(pairs: list[tuple[float, float]]) -> None:
    own, theirs = (np.array(column) for column in zip(*pairs, strict=True))
    effects = pd.DataFrame({"a": 0.3 * (own - theirs), "b": 0.7 * (own - theirs)})
    total = np.prod(1 + own) - np.prod(1 + theirs)
    assert abs(link(effects, pd.Series(own), pd.Series(theirs)).sum() - total) <= 1e-12 * (1 + abs(np.prod(1 + own)))


def test_one_period_is_its_own_link() -> None:
    effects = pd.DataFrame({"a": [0.01], "b": [0.02]})
    linked = link(effects, pd.Series([0.05]), pd.Series([0.02]))
    np.testing.assert_allclose(linked, [0.01, 0.02], rtol=1e-14)


def test_the_factor_has_a_limit_and_keeps_its_digits() -> None:
    np.testing.assert_allclose(carino_factor(np.array([0.1]), np.array([0.1])), [1 / 1.1], rtol=1e-15)
    near = carino_factor(np.array([0.1 + 1e-13]), np.array([0.1]))
    np.testing.assert_allclose(near, [1 / 1.1], rtol=1e-12)


def test_mistakes() -> None:
    effects = pd.DataFrame({"a": [0.01]})
    with pytest.raises(ValueError, match="unknown linking method 'menchero'; known: carino"):
        link(effects, pd.Series([0.1]), pd.Series([0.1]), method="menchero")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ValueError, match="one row per period"):
        link(effects, pd.Series([0.1, 0.2]), pd.Series([0.1, 0.2]))
