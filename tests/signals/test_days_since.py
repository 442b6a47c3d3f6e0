"""Days since: calendar days from the latest event on or before each session, by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from engine.market.registry import Event
from strategies.signals.days_since import DaysSince


def test_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    dates = [date(2024, 2, 2), date(2024, 2, 29), date(2024, 3, 3)]  # the last on a Sunday
    known = {"vote": tuple(Event(day, date(2024, 1, 1), "a vote") for day in dates)}
    for module in ("window", "days_since"):
        monkeypatch.setattr(f"strategies.signals.{module}.events", lambda: known)
    days = np.array(
        ["2024-02-01", "2024-02-02", "2024-02-05", "2024-02-28", "2024-02-29", "2024-03-04"], "datetime64[D]"
    )
    expected = [math.nan, 0.0, 3.0, 26.0, 0.0, 1.0]
    assert DaysSince(event="vote").of_days(days, days).tolist() == pytest.approx(expected, nan_ok=True)


def test_an_unknown_event_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ValidationError, match="unknown event 'election_results'; did you mean 'election_result'?"):
        DaysSince(event="election_results")
