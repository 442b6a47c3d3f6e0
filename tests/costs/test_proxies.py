"""What an asset is traded as: an ETF from its first day on, a share before and wherever none is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from engine.costs import has_proxy, vehicle_of, vehicles


@pytest.mark.parametrize(
    ("asset", "day", "expected"),
    [
        ("NIFTY INDIA DEFENCE", "2024-08-18", "share"),  # MODEFENCE: 2024-08-19
        ("NIFTY INDIA DEFENCE", "2024-08-19", "etf"),
        ("NIFTY MIDCAP 100", "2011-01-31", "etf"),  # MOM100
        ("NIFTY MIDCAP 100", "2011-01-30", "share"),
        ("NIFTY METAL", "2026-01-01", "share"),  # METALIETF, whose first day is not known
        ("NIFTY 500", "2026-01-01", "share"),  # no fund is known
        ("FERTILISER", "2026-01-01", "share"),  # a basket of stocks
    ],
)
def test_from_the_first_day_of_its_fund_on(asset: str, day: str, expected: str) -> None:
    assert vehicle_of(asset, dt.date.fromisoformat(day)) == expected
    assert vehicle_of(asset, np.datetime64(day)) == expected


def test_days_by_assets() -> None:
    days = np.array(["2004-05-26", "2004-05-27"], dtype="datetime64[ns]")  # BANKBEES: 2004-05-27
    assets = ["NIFTY 50", "NIFTY BANK", "NIFTY RURAL"]
    assert vehicles(assets, days).tolist() == [["etf", "share", "share"], ["etf", "etf", "share"]]
    assert has_proxy(assets, days).tolist() == [[True, False, False], [True, True, False]]
