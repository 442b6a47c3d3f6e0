"""Beta: the slope of returns on those of another series, from one common date to the next."""

from __future__ import annotations

import math
from datetime import date

import pytest

from engine.blocks import Scope
from strategies.signals.beta import Beta
from tests.markets import engine_market, history, weekdays

NAN = math.nan
DAYS = weekdays(date(2024, 1, 1), 5)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (2, [NAN, NAN, NAN, 1.0, 0.25]),  # (0.2 - 0) / (0.1 + 0.1), then (0.1 - 0) / (0.3 + 0.1)
        (3, [NAN, NAN, NAN, NAN, 0.25]),  # off their means of 0.1: (0 + 0.2 * 0.1 + 0) / (0 + 0.04 + 0.04)
        (4, [NAN] * 5),
    ],
)
def test_by_hand_on_the_dates_both_have(window: int, expected: list[float]) -> None:
    market = engine_market(
        "TO",
        {
            "TO": history(DAYS, [100.0, 110.0, 200.0, 99.0, 128.7]),  # 10%, (-10% over two days), 30%
            "OWN": history([*DAYS[:2], *DAYS[3:]], [100.0, 120.0, 120.0, 132.0]),  # 20%, 0%, 10%
        },
    )
    found = Beta(window=window, to="TO").evaluate(market, Scope(("OWN", "TO")))
    assert found[:, 0].tolist() == pytest.approx(expected, nan_ok=True)
    assert found[window:, 1].tolist() == pytest.approx([1.0] * (5 - window))


def test_against_what_stands_still_is_unknown_whatever_it_did_before() -> None:
    against = [112.0, 173.0, 208.0, 236.0, 229.0, *[230.0] * 7]  # its moves leave a rest in a rolling variance
    own = [72.0, 65.0, 57.0, 52.0, 60.0, 68.0, 68.0, 88.0, 65.0, 82.0, 87.0, 96.0]
    days = weekdays(date(2024, 1, 1), 12)
    market = engine_market("TO", {"TO": history(days, against), "OWN": history(days, own)})
    found = Beta(window=3, to="TO").evaluate(market, Scope(("OWN",)))[:, 0]
    assert [math.isnan(value) for value in found] == [True] * 3 + [False] * 5 + [True] * 4
