"""The active ledger by hand: three sessions, two assets, a switch and a cost."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from engine.attribution.regression import market_model
from engine.metrics import Window
from engine.run import Result, run
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 5)
SIGNALS = {"up": {"use": "momentum", "of": "A", "lookback": 1}}
RULES = [{"name": "up", "when": "up > 0", "hold": {"B": 1.0}}, {"name": "down", "hold": {"A": 1.0}}]


@pytest.fixture
def result() -> Result:
    plain = strategy(market={"benchmark": "A", "universe": ["A", "B"]}, signals=SIGNALS, rules=RULES,
                     execution={"buy_bps": 100})  # fmt: skip
    a, b = history(DAYS, [100.0, 99.0, 110.0, 104.5, 104.5]), history(DAYS, [50.0, 50.0, 50.0, 55.0, 66.0])
    return run(config_of(plain), engine_market("A", {"A": a, "B": b}))


def test_by_hand(result: Result) -> None:
    """Decided on day 1 (down: A), 2 (up: B), 3 (down: A); filled on day 2, 3 and 4; a purchase costs 1%."""
    ledger = result.attribution
    bought = 1 / 1.01
    switched = 0.95 * bought / 1.01  # A falls 5% on day 3, then all of it buys B for 1% of what is bought
    np.testing.assert_allclose(result.ledger.nav / 1e6, [bought, switched, switched * 1.2 / 1.01], rtol=1e-14)
    np.testing.assert_allclose(ledger.benchmark, [0.0, -0.05, 0.0], atol=1e-15)
    # weights at the previous close: A 0, 1, 0 and B 0, 0, 1; the means are over days 3 and 4
    gap_b = np.array([0.0, 0.1 + 0.05, 0.2 - 0.0])
    np.testing.assert_allclose(ledger.static["A"], 0.0, atol=1e-16)
    np.testing.assert_allclose(ledger.static["B"], 0.5 * gap_b, atol=1e-14)
    np.testing.assert_allclose(ledger.timing["B"], [0.0, -0.5 * 0.15, 0.5 * 0.2], atol=1e-14)
    np.testing.assert_allclose(
        ledger.costs["charges"], [bought - 1, -0.95 * 0.01 / 1.01, -1.2 * 0.01 / 1.01], rtol=1e-12
    )
    assert ledger.costs["slippage"].tolist() == [0.0, 0.0, 0.0]
    assert ledger.residual < 1e-15
    assert ledger.rule.tolist() == ["down", "down", "up"]


def test_by_rule_and_by_year_add_up(result: Result) -> None:
    ledger = result.attribution
    by_rule = ledger.by_rule()
    assert by_rule["sessions"].to_dict() == {"down": 2, "up": 1}
    assert by_rule["active"].sum() == pytest.approx(ledger.total, rel=1e-12)
    year = ledger.by_year().loc[2020]
    assert year[["static", "timing", "cash", "costs"]].sum() == pytest.approx(year["active"], rel=1e-12)
    assert year["active"] == pytest.approx(ledger.total, rel=1e-12)
    assert ledger.over_window().sum() == pytest.approx(ledger.total, rel=1e-12)


def test_the_market_model_agrees_with_its_own_arithmetic() -> None:
    """Slope and intercept from the covariance, and Newey-West by the textbook sum of autocovariances."""
    rng = np.random.default_rng(11)
    market = rng.normal(0, 0.01, 200)
    own, cash = 0.0003 + 1.2 * market + rng.normal(0, 0.004, 200), np.full(200, 1e-4)
    fit = market_model(own, market, cash, Window(date(2020, 1, 1), date(2021, 1, 1), 200))
    assert fit is not None
    x, y = market - cash, own - cash
    slope = np.cov(x, y, ddof=1)[0, 1] / np.var(x, ddof=1)
    intercept = y.mean() - slope * x.mean()
    design = np.column_stack([np.ones(200), x])
    scores = design * (y - intercept - slope * x)[:, None]
    lags = 4  # 4 (200 / 100)^(2/9) = 4.67, rounded down
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (cross + cross.T)
    bread = np.linalg.inv(design.T @ design)
    errors = np.sqrt(np.diag(bread @ meat @ bread) * 200 / 198)
    assert fit.lags == lags
    assert fit.beta == pytest.approx(slope, rel=1e-10)
    assert fit.alpha == pytest.approx(intercept * 199 / (366 / 365.25), rel=1e-10)
    assert fit.alpha_t == pytest.approx(intercept / errors[0], rel=1e-8)
    assert fit.beta_t == pytest.approx(slope / errors[1], rel=1e-8)


def test_the_market_model_of_the_market_is_exact_and_of_nothing_is_none() -> None:
    window = Window(date(2020, 1, 1), date(2021, 1, 1), 4)
    market = np.array([0.0, 0.01, -0.02, 0.03])
    fit = market_model(market, market, np.zeros(4), window)
    assert fit is not None
    assert (fit.alpha, fit.beta, fit.alpha_t) == (0.0, 1.0, None)
    assert market_model(market, np.zeros(4), np.zeros(4), window) is None
