"""Brinson: Bacon's one-period tables, what is refused, and the identities every answer has.

The identities: effects add up to the active return, the order of segments does not matter, a portfolio that is its
benchmark has no effects, and a segment split in two equal halves changes no total.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.attribution import brinson, brinson_periods
from engine.attribution.brinson import INTERACTIONS, METHODS, Interaction, Method

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bacon_2008.json").read_text("utf-8"))
INPUTS = ("portfolio_weights", "benchmark_weights", "portfolio_returns", "benchmark_returns")
NAN = float("nan")
Floats = NDArray[np.float64]
Case = tuple[Floats, Floats, Floats, Floats]
Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]


def bacon(quarter: int) -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    wp, wb, rp, rb = (pd.Series(GOLDEN[name][quarter], GOLDEN["segments"]) for name in INPUTS)
    return wp, wb, rp, rb


def bacon_frames() -> Frames:
    wp, wb, rp, rb = (pd.DataFrame(GOLDEN[name], columns=GOLDEN["segments"]) for name in INPUTS)
    return wp, wb, rp, rb


@pytest.mark.parametrize("method", METHODS)
def test_bacon_one_period(method: Method) -> None:
    """Tables 5.2 and 5.3: both methods have the same selection and interaction."""
    printed, found = GOLDEN["one_period_pct"], brinson(*bacon(0), method=method) * 100
    np.testing.assert_allclose(found["allocation"], printed[f"allocation_{method}"], atol=1e-13)
    np.testing.assert_allclose(found["selection"], printed["selection"], atol=1e-13)
    np.testing.assert_allclose(found["interaction"], printed["interaction"], atol=1e-13)
    assert found.sum().tolist() == pytest.approx([-1.2, 3.0, 0.1], abs=1e-13)
    assert found.columns.tolist() == ["allocation", "selection", "interaction"]
    assert found.index.tolist() == ["UK", "Japan", "US"]


def test_bacon_every_quarter_with_selection_including_interaction() -> None:
    """Table 8.1; printed in hundredths of a per cent."""
    found = brinson_periods(*bacon_frames(), interaction="with_selection") * 100
    np.testing.assert_allclose(found["allocation"], GOLDEN["quarters_pct"]["allocation"], atol=0.0051)
    np.testing.assert_allclose(found["selection"], GOLDEN["quarters_pct"]["selection"], atol=0.0051)
    assert not found["interaction"].to_numpy().any()
    np.testing.assert_allclose(found.sum(axis=1), [1.9, 1.2, 7.5, 2.5], atol=1e-12)  # active return, table 8.1


def test_all_periods_at_once_are_each_period_alone() -> None:
    wp, wb, rp, rb = bacon_frames()
    together = brinson_periods(wp, wb, rp[["US", "UK", "Japan"]], rb, method="hood_beebower")
    assert together.columns.names == ["effect", "segment"]
    for quarter in range(4):
        alone = brinson(*bacon(quarter), method="hood_beebower")
        np.testing.assert_array_equal(together.loc[quarter].unstack(0)[alone.columns].loc[alone.index], alone)


@pytest.mark.parametrize(
    "kind",
    [lambda one: one.tolist(), lambda one: one.to_numpy(), lambda one: one.to_dict(), lambda one: one.iloc[::-1]],
    ids=["list", "array", "mapping", "backwards"],
)
def test_whatever_carries_the_numbers(kind: Callable[[pd.Series], Any]) -> None:
    plain = brinson(*bacon(0))
    wp, wb, rp, rb = (kind(one) for one in bacon(0))
    found = brinson(wp, wb, rp, rb)
    labels = plain.index if isinstance(found.index, pd.RangeIndex) else found.index
    np.testing.assert_array_equal(found, plain.loc[labels])


def test_labels_count_and_not_their_order() -> None:
    wp, wb, rp, rb = bacon(0)
    pd.testing.assert_frame_equal(brinson(wp, wb[["US", "Japan", "UK"]], rp.to_dict(), rb), brinson(wp, wb, rp, rb))


def test_a_missing_return_that_nobody_held_is_the_other_sides() -> None:
    """B is outside the benchmark and C outside the portfolio; of D nobody knows anything.

    Benchmark 0.5 x 0.1 + 0.5 x 0.02 = 0.06. A: (0.6 - 0.5)(0.1 - 0.06) = 0.004, selection 0.5 (0.2 - 0.1) = 0.05,
    interaction 0.1 x 0.1 = 0.01. B: 0.4 (0.3 - 0.06) = 0.096. C: -0.5 (0.02 - 0.06) = 0.02. In all 0.18, which is
    0.6 x 0.2 + 0.4 x 0.3 - 0.06.
    """
    found = brinson(
        {"A": 0.6, "B": 0.4, "C": 0.0, "D": 0.0}, {"A": 0.5, "B": 0.0, "C": 0.5, "D": 0.0},
        {"A": 0.2, "B": 0.3, "C": NAN, "D": NAN}, {"A": 0.1, "B": NAN, "C": 0.02, "D": NAN},
    )  # fmt: skip
    expected = [[0.004, 0.05, 0.01], [0.096, 0.0, 0.0], [0.02, 0.0, 0.0], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(found, expected, atol=1e-16)
    assert found.to_numpy().sum() == pytest.approx(0.18, abs=1e-15)


A, B, C = {"x": 0.5, "y": 0.5}, {"x": 0.1, "y": 0.2}, {"x": 0.0, "y": 1.0}
MISTAKES: list[tuple[list[Any], dict[str, str], str]] = [
    ([{"x": 0.5, "y": 0.4}, A, B, B], {}, "portfolio_weights add up to 0.9, not to 1 (fractions, not per cents)"),
    ([A, {"x": 50, "y": 50}, B, B], {}, "benchmark_weights add up to 100, not to 1"),
    ([A, {"x": 0.5, "y": NAN}, B, B], {}, "benchmark_weights: the weight of 'y' is nan"),
    ([A, A, {"x": 0.1, "y": NAN}, B], {}, "portfolio_returns: the return of 'y' is nan, and its weight 0.5"),
    ([C, A, B, {"x": NAN, "y": 0.1}], {}, "benchmark_returns: the return of 'x' is nan, and its weight 0.5"),
    ([A, A, B, {"x": np.inf, "y": 0.1}], {}, "benchmark_returns: the return of 'x' is inf"),
    ([A, {"x": 1.0}, B, B], {}, "benchmark_weights lacks 'y': its segments are not those of portfolio_weights"),
    ([A, A, {**B, "z": 0.0}, B], {}, "portfolio_returns has 'z' too: its segments are not those of portfolio_weights"),
    ([A, A, B, pd.Series([0.1, 0.2, 0.2], ["x", "y", "y"])], {}, "benchmark_returns has the segment 'y' twice"),
    ([A, [0.5, 0.5], B, B], {}, "benchmark_weights has no labels while others have"),
    ([[0.5, 0.5], [0.5, 0.5], [0.1], [0.1, 0.2]], {}, "portfolio_returns has the shape (1,), portfolio_weights (2,)"),
    ([A, A, B, B], {"method": "brinson"}, "unknown method 'brinson'; known: fachler, hood_beebower"),
    ([A, A, B, B], {"interaction": "none"}, "unknown interaction 'none'; known: separate, with_selection"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "options", "message"), MISTAKES, ids=[message for *_, message in MISTAKES])
def test_mistakes(inputs: list[Any], options: Any, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # the whole message is looked at below
        brinson(*inputs, **options)
    assert str(raised.value).startswith(message)


def test_mistakes_name_their_period() -> None:
    days = pd.to_datetime(["2024-01-01", "2024-01-02"])
    weights = pd.DataFrame({"x": [0.5, 0.5], "y": [0.5, 0.6]}, days)
    half, returns = pd.DataFrame(0.5, days, ["x", "y"]), pd.DataFrame(0.1, days, ["x", "y"])
    with pytest.raises(ValueError, match="portfolio_weights add up to 1.1 in period 2024-01-02 00:00:00"):
        brinson_periods(weights, half, returns, returns)
    with pytest.raises(ValueError, match="benchmark_returns: the return of 'y' in period 2024-01-02 00:00:00 is nan"):
        brinson_periods(half, half, returns, returns.where(weights == 0.5))
    with pytest.raises(ValueError, match="portfolio_returns has other periods than portfolio_weights"):
        brinson_periods(half, half, returns.iloc[::-1], returns)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Weights (some short, some 0) that add up to 1, and returns of two to seven segments."""
    count = draw(st.integers(2, 7))
    numbers = st.lists(st.floats(-0.5, 0.5), min_size=count, max_size=count)
    wp, wb, rp, rb = (np.array(draw(numbers)) for _ in range(4))
    for weights in (wp, wb):
        weights[0] += 1.0 - weights.sum()
    return wp, wb, rp, rb


METHOD, WHERE = st.sampled_from(METHODS), st.sampled_from(INTERACTIONS)


@given(cases(), METHOD, WHERE)
def test_effects_add_up_to_the_active_return(case: Case, method: Method, interaction: Interaction) -> None:
    wp, wb, rp, rb = case
    effects = brinson(*case, method=method, interaction=interaction)
    assert effects.to_numpy().sum() == pytest.approx(wp @ rp - wb @ rb, abs=1e-14)
    alone = brinson(*case, method="hood_beebower")
    assert effects["allocation"].sum() == pytest.approx(alone["allocation"].sum(), abs=1e-14)


@given(cases(), METHOD, WHERE, st.randoms(use_true_random=False))
def test_the_order_of_segments_does_not_matter(
    case: Case, method: Method, interaction: Interaction, chance: Any
) -> None:
    order = list(range(len(case[0])))
    chance.shuffle(order)
    wp, wb, rp, rb = (one[order] for one in case)
    shuffled = brinson(wp, wb, rp, rb, method=method, interaction=interaction)
    plain = brinson(*case, method=method, interaction=interaction)
    np.testing.assert_allclose(shuffled, plain.iloc[order], atol=1e-15)


@given(cases(), METHOD, WHERE)
def test_a_portfolio_that_is_its_benchmark_has_no_effects(case: Case, method: Method, interaction: Interaction) -> None:
    wp, _, rp, _ = case
    assert not brinson(wp, wp, rp, rp, method=method, interaction=interaction).to_numpy().any()


@given(cases(), METHOD, WHERE)
def test_two_halves_are_the_whole(case: Case, method: Method, interaction: Interaction) -> None:
    wp, wb, rp, rb = (np.append(one, one[-1]) for one in case)
    for weights in (wp, wb):
        weights[-2:] /= 2
    halves = brinson(wp, wb, rp, rb, method=method, interaction=interaction)
    whole = brinson(*case, method=method, interaction=interaction)
    np.testing.assert_allclose(halves.sum(), whole.sum(), atol=1e-14)
    np.testing.assert_allclose(halves.iloc[-2:].sum(), whole.iloc[-1], atol=1e-14)
