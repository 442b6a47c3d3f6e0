"""Sales with a stated gain, for tests of what becomes of gains."""

from __future__ import annotations

from datetime import date, timedelta

from engine.tax import Disposal

COST = 10_000_000.0


def short(day: str, gain: float) -> Disposal:
    """Held for thirty days."""
    return _sale(day, gain, days=30)


def long(day: str, gain: float) -> Disposal:
    """Held for four hundred days; worth nothing on 2018-01-31, so that its cost is its cost."""
    return _sale(day, gain, days=400)


def _sale(day: str, gain: float, days: int) -> Disposal:
    sold = date.fromisoformat(day)
    return Disposal("A", sold - timedelta(days), sold, 1.0, COST, COST + gain, fair_value=0.0)
