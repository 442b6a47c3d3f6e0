"""Linking: Bacon's four quarters, three other implementations, and what every method promises.

The promises: linked effects add up (geometric ones multiply) to the compounded active return, a single period is its
own link, effects that are all 0 stay 0, and splitting a column in two changes nothing else.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import attriblink
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.attribution import brinson_periods, geometric_effects, link, linked_periods
from engine.attribution.linking import METHODS, Method, carino_factor, linking_weights
from tests.attribution import second_linking as second

Floats = NDArray[np.float64]
Case = tuple[list[tuple[float, float]], list[float]]
Arithmetic = Literal["carino", "menchero", "grap", "frongello"]

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "bacon_2008.json").read_text("utf-8"))
MORNINGSTAR = json.loads((FOLDER / "morningstar_geometric.json").read_text("utf-8"))
RETURNS = st.lists(st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)), min_size=1, max_size=60)
SUMS: tuple[Arithmetic, ...] = ("carino", "menchero", "grap", "frongello")
NAN = float("nan")


def bacon() -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Effects with selection including interaction, and the returns of both."""
    wp, wb, rp, rb = (
        pd.DataFrame(GOLDEN[key], columns=GOLDEN["segments"])
        for key in ("portfolio_weights", "benchmark_weights", "portfolio_returns", "benchmark_returns")
    )
    effects = brinson_periods(wp, wb, rp, rb, interaction="with_selection")
    return effects[["allocation", "selection"]], (wp * rp).sum(axis=1), (wb * rb).sum(axis=1)


def test_bacon_carino() -> None:
    linked = link(*bacon()) * 100
    np.testing.assert_allclose(linked["allocation"], GOLDEN["allocation_pct"], atol=5e-7)
    np.testing.assert_allclose(linked["selection"], GOLDEN["selection_pct"], atol=5e-7)
    assert linked.sum() == pytest.approx(GOLDEN["active_pct"], abs=5e-10)


@pytest.mark.parametrize("method", ["menchero", "grap", "frongello"])
def test_bacon_by_other_methods(method: Method) -> None:
    """Tables 8.3 to 8.5, by country and in all; held to a hundredth of a per cent, as they were read."""
    linked, printed = link(*bacon(), method=method) * 100, GOLDEN["linked_pct"][method]
    for effect in ("allocation", "selection"):
        found = [*linked[effect], linked[effect].sum()]
        np.testing.assert_allclose(found, printed[effect], atol=0.01)
    assert linked.sum() == pytest.approx(GOLDEN["active_pct"], abs=5e-10)


def test_bacon_frongello_quarter_by_quarter() -> None:
    """Table 8.5; nothing that comes later changes what a quarter shows."""
    effects, own, theirs = bacon()
    found = linked_periods(effects, own, theirs, "frongello")
    for effect, printed in GOLDEN["frongello_quarters_pct"].items():
        np.testing.assert_allclose(found[effect] * 100, printed, atol=0.01)
    earlier = linked_periods(effects[:2], own[:2], theirs[:2], "frongello")
    pd.testing.assert_frame_equal(earlier, found[:2])


def test_bacon_geometric() -> None:
    """Tables 5.5 and 8.6: effects by country, by quarter, and over the four."""
    effects, own, theirs = bacon()
    printed, found = GOLDEN["geometric_pct"], geometric_effects(effects, theirs.to_numpy()) * 100
    for effect in ("allocation", "selection"):
        np.testing.assert_allclose(found[effect], GOLDEN["geometric_quarters_pct"][effect], atol=0.01)
        np.testing.assert_allclose(found[effect].to_numpy().sum(axis=1), printed[f"{effect}_quarters"], atol=0.01)
    linked = link(effects, own, theirs, "geometric")
    for effect in ("allocation", "selection"):
        assert 100 * (np.prod(1 + linked[effect]) - 1) == pytest.approx(printed[effect], abs=0.01)
    assert 100 * (np.prod(1 + linked) - 1) == pytest.approx(printed["active"], abs=5e-10)


MILLIONTHS = st.integers(-500_000, 500_000).map(lambda number: number / 1e6)
ANY = st.floats(-0.5, 0.5)


def cases(most: int, returns: st.SearchStrategy[float] = ANY) -> st.SearchStrategy[Case]:
    """Returns of both, and what part of each period's active return the first effect is, on top of offsetting ones.

    Returns in millionths are for second implementations, which have no digits for differences smaller than that.
    """
    pairs = st.lists(st.tuples(returns, returns), min_size=1, max_size=most)
    return st.tuples(pairs, st.lists(st.floats(-1.0, 1.0), min_size=most, max_size=most))


def test_morningstar_geometric() -> None:
    """Selection by segment; the three levels of allocation multiply to the one level of the segments."""
    wp, wb, rp, rb = (
        pd.DataFrame([MORNINGSTAR[key]], columns=MORNINGSTAR["segments"])
        for key in ("portfolio_weights", "benchmark_weights", "portfolio_returns", "benchmark_returns")
    )
    effects = brinson_periods(wp, wb, rp, rb, interaction="with_selection")
    found = geometric_effects(effects, (wb * rb).to_numpy().sum(axis=1)).loc[0]
    np.testing.assert_allclose(found["selection"], MORNINGSTAR["selection"], atol=8e-5)
    assert found["selection"].sum() == pytest.approx(MORNINGSTAR["selection_total"], abs=8e-5)
    levels = np.prod(1 + np.array(MORNINGSTAR["allocation_levels"])) - 1
    assert found["allocation"].sum() == pytest.approx(levels, abs=2e-4)  # three roundings
    both = (1 + found["allocation"].sum()) * (1 + found["selection"].sum()) - 1
    assert both == pytest.approx(MORNINGSTAR["active"], abs=8e-5)


@pytest.mark.parametrize("method", ["grap", "frongello"])
def test_frongellos_own_example(method: Method) -> None:
    """21% against 11%, of which 6% allocation, then 14% against 9%, of which 2%: 37.94% against 20.99%.

    The two periods are on page 3 of Frongello's slides "Linking Single Period Arithmetic Attribution Results" (Sydney,
    2004; read at pdfslide.us). By hand: allocation 6% x 1.09 + 2% x 1.21, selection 4% x 1.09 + 3% x 1.21.
    """
    effects = pd.DataFrame({"allocation": [0.06, 0.02], "selection": [0.04, 0.03]})
    linked = link(effects, [0.21, 0.14], [0.11, 0.09], method)
    assert linked.tolist() == pytest.approx([0.0896, 0.0799], abs=1e-15)
    assert linked.sum() == pytest.approx(0.1695, abs=1e-15)


def test_what_multiplying_would_miss_goes_to_each_by_its_size() -> None:
    """1.2 x 0.9 = 1.08 lacks a factor 1.1 / 1.08: two thirds of it (as a power) to 0.2, one to -0.1, none to 0."""
    missed = 1.1 / 1.08
    linked = link(pd.DataFrame({"a": [0.2], "b": [-0.1], "c": [0.0]}), [0.1], [0.0], "geometric")
    assert linked.tolist() == pytest.approx([1.2 * missed ** (2 / 3) - 1, 0.9 * missed ** (1 / 3) - 1, 0.0], abs=1e-15)


def growth(returns: Floats) -> float:
    return float(np.prod(1.0 + returns))


def framed(case: Case) -> tuple[pd.DataFrame, Floats, Floats]:
    pairs, part = case
    own, theirs = (np.array(column) for column in zip(*pairs, strict=True))
    gap, share = own - theirs, np.array(part[: len(pairs)])
    columns = pd.MultiIndex.from_tuples([("allocation", "x"), ("allocation", "y"), ("selection", "x")])
    effects = np.column_stack([share * gap, 0.1 * share, gap - share * gap - 0.1 * share])
    return pd.DataFrame(effects, columns=columns), own, theirs


@pytest.mark.parametrize("method", SUMS)
@given(case=cases(40))
def test_linked_effects_add_up(method: Arithmetic, case: Case) -> None:
    effects, own, theirs = framed(case)
    total, wealth = growth(own) - growth(theirs), max(growth(own), growth(theirs), 1.0)
    linked = link(effects, own, theirs, method)
    assert np.isfinite(linked).all()
    assert abs(linked.sum() - total) <= 1e-12 * wealth
    np.testing.assert_allclose(linked_periods(effects, own, theirs, method).sum(), linked, atol=1e-13 * wealth)


@given(case=cases(40))
def test_geometric_effects_multiply(case: Case) -> None:
    effects, own, theirs = framed(case)
    effects = effects.mul(0.4)  # so that no single effect loses everything
    own = theirs + 0.4 * (own - theirs)
    ratio = growth(own) / growth(theirs)
    linked = link(effects, own, theirs, "geometric")
    assert np.prod(1 + linked) == pytest.approx(ratio, rel=1e-12)
    periods = linked_periods(effects, own, theirs, "geometric")
    np.testing.assert_allclose((1 + periods).prod(axis=1), (1 + own) / (1 + theirs), rtol=1e-13)
    halves = effects.copy()
    halves["allocation", "z"] = halves["allocation", "x"] = effects["allocation", "x"] / 2
    split = link(halves, own, theirs, "geometric")
    for effect in ("allocation", "selection"):
        assert np.prod(1 + split[effect]) == pytest.approx(np.prod(1 + linked[effect]), rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("spread", [0.01, 1e-6, 1e-12, 0.0])
def test_three_thousand_days(method: Method, spread: float) -> None:
    """Twelve years of days in which effects of a per cent cancel each other, down to no active return at all."""
    rng = np.random.default_rng(7)
    theirs = rng.normal(0.0005, 0.01, 3000)
    own = theirs + rng.normal(0.0, spread, 3000)
    first = rng.normal(0.0, 0.01, 3000)
    effects = pd.DataFrame({"a": first, "b": own - theirs - first})
    linked, whole, total = link(effects, own, theirs, method), growth(own), growth(theirs)
    if method == "geometric":
        assert np.prod(1 + linked) == pytest.approx(whole / total, rel=1e-12)
    else:
        assert abs(linked.sum() - (whole - total)) <= 1e-12 * max(whole, total, 1.0)
    if spread < 1e-9 and method != "geometric":  # b is -a: neither may be blown up by rounding errors
        assert linked["a"] == pytest.approx(-linked["b"], rel=1e-6)
        assert abs(linked["a"]) < 10 * max(whole, 1.0) * 0.01 * np.sqrt(3000)


@pytest.mark.parametrize("method", SUMS)
@given(case=cases(12, MILLIONTHS))
def test_the_second_implementation_agrees(method: Arithmetic, case: Case) -> None:
    effects, own, theirs = framed(case)
    exact = [[Fraction(float(one)) for one in row] for row in effects.to_numpy()]
    ours, market = ([Fraction(float(one)) for one in returns] for returns in (own, theirs))
    expected = getattr(second, method)(exact, ours, market)
    if method == "frongello":
        rows = linked_periods(effects, own, theirs, method)
        np.testing.assert_allclose(rows, np.array(expected, dtype=float), rtol=1e-10, atol=1e-12)
        expected = [sum(column) for column in zip(*expected, strict=True)]
    close = (1e-8 if method == "menchero" else 1e-11) * max(growth(own), growth(theirs), 1.0)
    np.testing.assert_allclose(link(effects, own, theirs, method), np.array(expected, dtype=float), atol=close)


@given(case=cases(12))
def test_the_second_geometric_implementation_agrees(case: Case) -> None:
    effects, own, theirs = framed(case)
    effects, own = effects.mul(0.4), theirs + 0.4 * (own - theirs)
    groups = [[[Fraction(float(x)), Fraction(float(y))], [Fraction(float(z))]] for x, y, z in effects.to_numpy()]
    expected = second.geometric(groups, [Fraction(float(one)) for one in theirs])
    linked = link(effects, own, theirs, "geometric")
    found = [growth(linked[effect]) - 1 for effect in ("allocation", "selection")]
    np.testing.assert_allclose(found, np.array(expected, dtype=float), rtol=1e-10, atol=1e-12)


@given(case=cases(30, MILLIONTHS))
def test_attriblink_agrees_on_carino(case: Case) -> None:
    """Another program, and what it makes of the same periods; it subtracts logarithms, so near nothing it is vague."""
    effects, own, theirs = framed(case)
    effects.columns = pd.Index(["a", "b", "c"])
    assume(abs(growth(own) - growth(theirs)) > 1e-6)
    other = attriblink.link(effects, pd.Series(own), pd.Series(theirs), check_effects_sum=False)
    np.testing.assert_allclose(link(effects, own, theirs), other.linked_effects, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("method", SUMS)
@given(case=cases(1))
def test_one_period_is_its_own_link(method: Arithmetic, case: Case) -> None:
    effects, own, theirs = framed(case)
    np.testing.assert_allclose(link(effects, own, theirs, method), effects.iloc[0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
@given(pairs=RETURNS)
def test_no_effects_stay_none(method: Method, pairs: list[tuple[float, float]]) -> None:
    own = np.array([one for one, _ in pairs])
    effects = pd.DataFrame(0.0, range(len(own)), ["a", "b"])
    assert link(effects, own, own, method).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("method", SUMS)
@given(case=cases(20))
def test_a_column_in_two_halves(method: Arithmetic, case: Case) -> None:
    effects, own, theirs = framed(case)
    halves = effects / 2
    doubled = link(pd.concat({"first": halves, "second": halves}, axis=1), own, theirs, method)
    np.testing.assert_allclose(doubled["first"] + doubled["second"], link(effects, own, theirs, method), atol=1e-12)


def test_where_order_matters_and_where_it_does_not() -> None:
    effects, own, theirs = bacon()
    for method, matters in (("carino", False), ("menchero", False), ("grap", True), ("frongello", True)):
        one, other = (link(effects[::step], own[::step], theirs[::step], method) for step in (1, -1))  # type: ignore[arg-type]
        assert bool(np.abs(one - other).max() > 1e-4) is matters, method


def test_the_limits_where_both_compound_to_the_same() -> None:
    """(1.1)(0.9) = (0.9)(1.1): the scale of Menchero is 0.99^(1/2), and Carino's weights are k_t x 0.99."""
    effects, own, theirs = pd.DataFrame({"a": [0.2, -0.2]}), [0.1, -0.1], [-0.1, 0.1]
    for method in SUMS:
        assert link(effects, own, theirs, method)["a"] == pytest.approx(0.0, abs=1e-15)
    uneven = pd.DataFrame({"a": [0.2, 0.0], "b": [0.0, -0.2]})
    assert link(uneven, own, theirs, "menchero").tolist() == pytest.approx([0.2 * 0.99**0.5, -0.2 * 0.99**0.5])
    assert link(uneven, own, theirs, "carino")["a"] == pytest.approx(np.log(1.1 / 0.9) * 0.99, rel=1e-12)


def test_the_factor_has_a_limit_and_keeps_its_digits() -> None:
    np.testing.assert_allclose(carino_factor(np.array([0.1]), np.array([0.1])), [1 / 1.1], rtol=1e-15)
    near = carino_factor(np.array([0.1 + 1e-13]), np.array([0.1]))
    np.testing.assert_allclose(near, [1 / 1.1], rtol=1e-12)


def test_the_weights_of_days_are_what_link_multiplies_by() -> None:
    effects, own, theirs = bacon()
    weights = linking_weights(own.to_numpy(), theirs.to_numpy())
    np.testing.assert_allclose(weights @ effects.to_numpy(), link(effects, own, theirs), rtol=1e-14)


EFFECTS = pd.DataFrame({"a": [0.01, 0.02]}, pd.Index(["May", "June"]))
JUNE_FIRST = pd.Series([0.03, 0.04], ["June", "May"])


@pytest.mark.parametrize(
    ("effects", "own", "theirs", "method", "message"),
    [
        (EFFECTS, [0.1, 0.1], [0.1, 0.1], "bacon",
         "unknown linking method 'bacon'; known: carino, menchero, grap, frongello, geometric"),
        (EFFECTS, [0.1], [0.1, 0.1], "carino", "portfolio_returns: 1 returns for 2 periods of effects; one row"),
        (EFFECTS[:0], [], [], "grap", "portfolio_returns: 0 returns for 0 periods of effects"),
        (EFFECTS, [0.04, 0.06], JUNE_FIRST, "carino", "benchmark_returns has other periods than effects, or"),
        (EFFECTS, [0.04, -1.0], [0.03, 0.04], "grap", "portfolio_returns is -1 in period June: only a return above -1"),
        (EFFECTS, [0.04, 0.06], [0.03, NAN], "grap", "benchmark_returns is nan in period June: only a return above -1"),
        (EFFECTS, [0.04, 0.07], [0.03, 0.04], "geometric",
         "the effects of period June add up to 0.02, its active return is 0.03"),
        (EFFECTS * NAN, [0.04, 0.06], [0.03, 0.04], "carino", "the effects of period May add up to nan"),
        (pd.DataFrame({"a": [-1.2], "b": [1.2]}), [0.1], [0.1], "geometric",
         "the effect 'a' of period 0 is -1.09091: only effects above -1 can be multiplied"),
        (pd.DataFrame([[-1.2, 1.2]], columns=[["a", "b"], ["x", "x"]]), [0.1], [0.1], "geometric",
         "in period 0 the notional fund before ('b', 'x') loses everything"),
    ],
)  # fmt: skip
def test_mistakes(effects: pd.DataFrame, own: Any, theirs: Any, method: Any, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # the whole message is looked at below
        link(effects, own, theirs, method)
    assert str(raised.value).startswith(message)
