"""Timing, factors and rolling betas against a second implementation, Longley's data and hand-made series."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from engine.attribution import (
    Timing,
    factor_model,
    henriksson_merton,
    rolling_betas,
    style_keys,
    style_returns,
    treynor_mazuy,
)
from engine.market.keys import SeriesKey
from engine.market.registry import StyleFactor, style_factors
from engine.metrics import Window
from tests.attribution.newey_west import fitted
from tests.markets import engine_market, history, weekdays

Floats = NDArray[np.float64]
GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "longley_1967.json").read_text("utf-8"))
YEAR = Window(date(2020, 1, 1), date(2021, 1, 1), 200)
A_YEAR = 199 / (366 / 365.25)  # sessions


@pytest.fixture
def days() -> tuple[Floats, Floats, Floats]:
    """Market and cash, and noise; 200 sessions."""
    rng = np.random.default_rng(5)
    return rng.normal(0.0005, 0.01, 200), np.full(200, 1e-4), rng.normal(0.0, 0.003, 200)


@pytest.mark.parametrize(("model", "extra"), [
    (treynor_mazuy, lambda excess: excess**2),
    (henriksson_merton, lambda excess: np.where(excess < 0, -excess, 0.0)),
])  # fmt: skip
def test_timing_agrees_with_the_second_implementation(
    model: Any, extra: Any, days: tuple[Floats, Floats, Floats]
) -> None:
    market, cash, noise = days
    excess = market - cash
    own = cash + 0.0002 + 0.9 * excess + 0.4 * extra(excess) + noise
    found = model(own, market, cash, YEAR)
    coefficients, t = fitted(own - cash, excess, extra(excess))
    assert (found.alpha, found.beta, found.gamma) == pytest.approx(
        (coefficients[0] * A_YEAR, coefficients[1], coefficients[2]), rel=1e-9
    )
    assert (found.alpha_t, found.beta_t, found.gamma_t) == pytest.approx(tuple(t), rel=1e-8)
    left = own - cash - np.column_stack([np.ones(200), excess, extra(excess)]) @ coefficients
    assert found.r_squared == pytest.approx(1 - left.var() / (own - cash).var(), rel=1e-10)
    assert found.lags == 4


def test_perfect_timing_is_one_put() -> None:
    """Whoever holds the market when it rises and cash when it falls has beta 1 and one put, and no alpha."""
    market = np.array([0.02, -0.01, 0.015, -0.03, 0.01, -0.02, 0.005])
    found = henriksson_merton(np.maximum(market, 0.0), market, np.zeros(7), YEAR)
    assert found is not None
    assert (found.alpha, found.beta, found.gamma) == pytest.approx((0.0, 1.0, 1.0), abs=1e-12)


@pytest.mark.parametrize("model", [treynor_mazuy, henriksson_merton])
def test_timing_where_there_is_nothing_to_see(model: Any) -> None:
    market, cash = np.array([0.01, -0.01, 0.02, 0.0, -0.03]), np.zeros(5)
    assert model(market, market, cash, YEAR) == Timing(0.0, 1.0, 0.0, None, None, None, 1.0, 0)
    assert model(market, np.zeros(5), cash, YEAR) is None
    assert model(market[:3], market[:3], cash[:3], YEAR) is None
    assert model(market, market, cash, Window(date(2020, 1, 1), date(2020, 1, 1), 5)) is None
    two = np.array([0.01, -0.02, 0.01, -0.02, 0.01])  # two values have no curve
    assert model(market, two, cash, YEAR) is None
    flat = model(cash, market, cash, YEAR)
    assert (flat.beta, flat.gamma, flat.r_squared) == (0.0, 0.0, None)


def test_a_market_that_never_fell_shows_no_puts() -> None:
    rising = np.array([0.01, 0.02, 0.005, 0.03, 0.0])
    assert henriksson_merton(rising * 2, rising, np.zeros(5), YEAR) is None
    assert treynor_mazuy(rising * 2, rising, np.zeros(5), YEAR) is not None


def test_the_factor_model_agrees_with_the_second_implementation(days: tuple[Floats, Floats, Floats]) -> None:
    market, cash, noise = days
    factors = pd.DataFrame({"market": market - cash, "size": np.roll(noise, 7) + 0.2 * market})
    own = cash + 0.0001 + 0.8 * factors["market"] + 0.3 * factors["size"] + noise
    found = factor_model(own, factors, cash, window=YEAR)
    assert found is not None
    coefficients, t = fitted((own - cash).to_numpy(), *(factors[name].to_numpy() for name in factors))
    assert found.alpha == pytest.approx(coefficients[0] * A_YEAR, rel=1e-9)
    assert found.alpha_t == pytest.approx(t[0], rel=1e-8)
    np.testing.assert_allclose(found.table["beta"], coefficients[1:], rtol=1e-9)
    np.testing.assert_allclose(found.table["t"], t[1:], rtol=1e-8)
    both = 1 / (1 - np.corrcoef(factors["market"], factors["size"])[0, 1] ** 2)
    np.testing.assert_allclose(found.table["vif"], [both, both], rtol=1e-12)
    assert (found.sessions, found.left_out, found.lags) == (200, 0, 4)
    bare = factor_model((own - cash).to_numpy(), factors, window=YEAR)
    assert bare is not None
    pd.testing.assert_frame_equal(bare.table, found.table)


def test_longley() -> None:
    """Certified coefficients, and what the textbooks say of the collinearity; 15 intervals in 15 years."""
    data = pd.DataFrame(GOLDEN["rows"], columns=GOLDEN["columns"], dtype=float)
    window = Window(date(1947, 1, 1), date(1947, 1, 1) + timedelta(days=5479), 16)
    found = factor_model(data["TOTEMP"], data.drop(columns="TOTEMP"), window=window)
    assert found is not None
    assert found.alpha == pytest.approx(GOLDEN["intercept"] * 15 / window.years, rel=1e-6)
    np.testing.assert_allclose(found.table["beta"], GOLDEN["coefficients"], rtol=1e-6)
    assert found.r_squared == pytest.approx(GOLDEN["r_squared"], abs=1e-12)
    np.testing.assert_allclose(found.table["vif"], GOLDEN["vif"], atol=0.005)
    assert round(found.condition) == GOLDEN["condition"]


def test_one_factor_inflates_nothing_and_missing_sessions_are_counted() -> None:
    factor = pd.DataFrame({"f": [0.01, -0.01, np.nan, 0.02, 0.0, -0.02, 0.01]})
    own = pd.Series([0.02, -0.01, 0.5, np.nan, 0.001, -0.03, 0.02])
    found = factor_model(own, factor, window=YEAR)
    assert found is not None
    assert (found.sessions, found.left_out) == (5, 2)
    assert found.table["vif"].tolist() == [1.0]
    known = [0, 1, 4, 5, 6]
    slope = np.polyfit(factor["f"][known], own[known], 1)[0]
    assert found.table.loc["f", "beta"] == pytest.approx(slope, rel=1e-12)
    assert factor_model(own[:5], factor[:5], window=YEAR) is None  # three sessions are left
    assert factor_model(own, factor, window=Window(date(2020, 1, 1), date(2020, 1, 1), 7)) is None


def test_a_strategy_that_is_a_factor_has_nothing_left_over() -> None:
    factor = pd.DataFrame({"f": np.tile([0.25, -0.25, 0.5, 0.0], 4)})
    found = factor_model(factor["f"], factor, window=YEAR)
    assert found is not None
    assert (found.alpha, found.table.loc["f", "beta"], found.r_squared) == pytest.approx((0.0, 1.0, 1.0), abs=1e-12)


def test_rolling_betas_are_those_of_each_window() -> None:
    rng = np.random.default_rng(3)
    index = pd.date_range("2024-01-01", periods=30)
    factors = pd.DataFrame(rng.normal(0, 0.01, (30, 2)), index, ["a", "b"])
    own = pd.Series(0.5 * factors["a"] - 0.2 * factors["b"] + rng.normal(0, 0.001, 30), index)
    own.iloc[20] = factors.iloc[21, 0] = np.nan
    found = rolling_betas(own, factors, np.full(30, 1e-4), sessions=8)
    pd.testing.assert_index_equal(found.index, index)
    expected = found.copy() * np.nan
    for place in [*range(7, 20), 29]:  # the windows without a missing return
        window = slice(place - 7, place + 1)
        coefficients, _ = fitted(own.to_numpy()[window] - 1e-4, *factors.to_numpy()[window].T)
        expected.iloc[place] = coefficients[1:]
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)
    assert rolling_betas(own[:5], factors[:5], sessions=8).isna().to_numpy().all()
    still = factors.assign(b=np.where(np.arange(30) < 15, 0.0, factors["b"]))
    assert rolling_betas(own, still, sessions=8)["a"].first_valid_index() == index[15]


FACTORS = pd.DataFrame({"a": [0.01, -0.02, 0.03, 0.0, 0.01], "b": 0.001, "c": [0.02, -0.04, 0.06, 0.0, 0.02]})


@pytest.mark.parametrize(
    ("factors", "own", "options", "message"),
    [
        (FACTORS[["b"]], [0.01] * 5, {}, "the factor 'b' is constant"),
        (FACTORS[["c", "a"]].head(5), [0.01] * 5, {}, "the factor 'a' is constant, or a combination of c"),
        (FACTORS[["a"]], [0.01] * 4, {}, "returns: 4 for 5 sessions of factors"),
        (FACTORS[["a"]], [0.01] * 5, {"cash": np.zeros(6)}, "cash: 6 for 5 sessions of factors"),
        (FACTORS[["a"]], pd.Series([0.01] * 5, [4, 3, 2, 1, 0]), {}, "returns are of other sessions than the factors"),
    ],
)
def test_mistakes(factors: pd.DataFrame, own: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        factor_model(np.array(own) if isinstance(own, list) else own, factors, window=YEAR, **options)


def test_a_window_too_short_for_betas() -> None:
    with pytest.raises(ValueError, match="a window of 3 sessions has no betas of 2 factors: at least 4"):
        rolling_betas(np.zeros(5), FACTORS[["a", "c"]], sessions=3)


def test_style_returns_by_hand() -> None:
    """Size: small companies rise 10% while the Nifty falls 5%; on day 3 small companies have no close."""
    days = weekdays(date(2024, 1, 1), 5)
    nifty = history(days, [100.0, 95.0, 95.0, 99.75, 99.75])
    small = history([days[0], days[1], days[3], days[4]], [200.0, 220.0, 231.0, 231.0])
    market = engine_market("NIFTY 50", {"NIFTY 50": nifty, "NIFTY SMALLCAP 250": small, "NIFTY 200": nifty})
    found = style_returns(market)
    assert found.columns.tolist() == ["size"]  # momentum has one of its two indices
    assert found["size"].tolist() == pytest.approx([np.nan, 0.15, np.nan, np.nan, 0.0], nan_ok=True)
    assert style_returns(engine_market("A", {"A": nifty})).shape == (5, 0)


def test_the_shipped_styles() -> None:
    assert list(style_factors()) == ["momentum", "low_volatility", "quality", "value", "size"]
    assert style_factors()["size"] == StyleFactor("NIFTY SMALLCAP 250", "NIFTY 50")
    assert SeriesKey("NIFTY200 MOMENTUM 30", "total") in style_keys()
    assert {key.variant for key in style_keys("price")} == {"price"}
