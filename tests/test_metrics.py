"""Measures, worked by hand on three or four sessions."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from engine import metrics
from engine.metrics import MEASURES, Window

NAV = np.array([990_000.0, 1_089_000.0, 980_100.0])  # -1%, +10%, -10% from a capital of 1,000,000
WINDOW = Window(date(2021, 1, 1), date(2023, 1, 1), 3)  # 730 days, so 730 / 365.25 years
NO_CASH = np.zeros(3)


def test_returns_start_from_the_capital() -> None:
    np.testing.assert_allclose(metrics.returns_of(NAV, 1e6), [-0.01, 0.1, -0.1], rtol=1e-12)


def test_by_hand() -> None:
    years = 730 / 365.25
    per_year = 2 / years
    mean, deviation = (
        -0.01 / 3,
        math.sqrt(((-0.01 + 0.01 / 3) ** 2 + (0.1 + 0.01 / 3) ** 2 + (-0.1 + 0.01 / 3) ** 2) / 2),
    )
    downside = math.sqrt((0.01**2 + 0.1**2) / 3)
    found = metrics.measure(NAV, 1e6, NO_CASH, WINDOW)
    assert found["cagr"] == pytest.approx(0.9801 ** (1 / years) - 1, rel=1e-12)
    assert found["volatility"] == pytest.approx(deviation * math.sqrt(per_year), rel=1e-12)
    assert found["sharpe"] == pytest.approx(mean / deviation * math.sqrt(per_year), rel=1e-12)
    assert found["sortino"] == pytest.approx(mean / downside * math.sqrt(per_year), rel=1e-12)
    assert found["max_drawdown"] == pytest.approx(-0.1, rel=1e-12)
    assert found["calmar"] == pytest.approx((0.9801 ** (1 / years) - 1) / 0.1, rel=1e-12)
    assert found["final_value"] == 980_100.0


def test_the_peak_is_at_least_the_capital() -> None:
    np.testing.assert_allclose(
        metrics.drawdown(np.array([900.0, 950.0, 1100.0, 990.0]), 1000.0), [-0.1, -0.05, 0, -0.1]
    )


def test_cash_is_taken_off_before_the_ratio() -> None:
    cash = np.array([0.0, 0.001, 0.002])
    shifted = metrics.sharpe(metrics.returns_of(NAV, 1e6), cash, WINDOW)
    assert shifted == pytest.approx(metrics.sharpe(metrics.returns_of(NAV, 1e6) - cash, NO_CASH, WINDOW), rel=1e-12)


def test_information_ratio_by_hand() -> None:
    active = np.array([0.0, 0.02, -0.01])
    deviation = math.sqrt(((1 / 300) ** 2 + (0.02 - 1 / 300) ** 2 + (-0.01 - 1 / 300) ** 2) / 2)
    expected = (1 / 300) / deviation * math.sqrt(2 / (730 / 365.25))
    assert metrics.information_ratio(active, WINDOW) == pytest.approx(expected, rel=1e-12)


def test_what_cannot_be_measured_is_none_not_zero() -> None:
    flat, single = np.array([1e6, 1e6, 1e6]), Window(date(2021, 1, 1), date(2021, 1, 1), 1)
    still = metrics.measure(flat, 1e6, NO_CASH, WINDOW)
    assert (still["cagr"], still["sharpe"], still["sortino"], still["calmar"]) == (0.0, None, None, None)
    one = metrics.measure(np.array([1e6]), 1e6, np.zeros(1), single)
    assert (one["cagr"], one["volatility"], one["sharpe"], one["calmar"]) == (None, None, None, None)
    assert one["max_drawdown"] == 0.0


def test_every_measure_is_described() -> None:
    assert set(metrics.measure(NAV, 1e6, NO_CASH, WINDOW)) <= set(MEASURES)
    assert all(measure.formula and measure.kind in ("percent", "ratio", "rupees") for measure in MEASURES.values())
