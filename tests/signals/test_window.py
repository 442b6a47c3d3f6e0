"""Window: sessions around a dated event, counted on the calendar once the date is public, by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from engine.market.registry import Event
from strategies.signals.window import Window

NAN = math.nan
# Thursday, Friday, Monday, Wednesday (no session on Tuesday), Thursday, Friday, Monday
CALENDAR = np.array(
    ["2024-02-01", "2024-02-02", "2024-02-05", "2024-02-07", "2024-02-08", "2024-02-09", "2024-02-12"], "datetime64[D]"
)


def vote(day: str, announced: str = "2024-01-01") -> Event:
    return Event(date.fromisoformat(day), date.fromisoformat(announced), "a vote")


def values(monkeypatch: pytest.MonkeyPatch, votes: list[Event], around: tuple[int, int]) -> list[float]:
    monkeypatch.setattr("strategies.signals.window.events", lambda: {"vote": tuple(votes)})
    return list(Window(event="vote", before=around[0], after=around[1]).of_days(CALENDAR, CALENDAR))


@pytest.mark.parametrize(
    ("event", "around", "expected"),
    [
        (vote("2024-02-07"), (0, 0), [0, 0, 0, 1, 0, 0, 0]),
        (vote("2024-02-07"), (2, 1), [0, 1, 1, 1, 1, 0, 0]),
        (vote("2024-02-06"), (2, 1), [0, 1, 1, 1, 1, 0, 0]),  # no session: the next one is day 0
        (vote("2024-02-07", "2024-02-03"), (2, 1), [0, 0, 1, 1, 1, 0, 0]),  # not public on the Friday
        (vote("2024-02-07", "2024-02-05"), (2, 1), [0, 0, 1, 1, 1, 0, 0]),  # public by that day's close
        (vote("2024-02-07", "2024-02-07"), (2, 1), [0, 0, 0, 1, 1, 0, 0]),
        (vote("2024-02-12"), (1, 9), [0, 0, 0, 0, 0, 1, 1]),
        (vote("2024-02-01"), (9, 1), [1, 1, 0, 0, 0, 0, 0]),
        # beyond the calendar: the Tuesday after it may be the next session or a later one
        (vote("2024-02-13"), (2, 0), [0, 0, 0, 0, 0, NAN, NAN]),
        (vote("2024-02-19"), (2, 0), [0, 0, 0, 0, 0, NAN, NAN]),  # six days between: perhaps no session
        (vote("2024-02-20"), (2, 0), [0, 0, 0, 0, 0, 0, NAN]),  # seven: one at least
        (vote("2024-02-20", "2024-02-20"), (2, 0), [0] * 7),
        # before it: day 0 may have been the first session here or an earlier one
        (vote("2024-01-31"), (0, 2), [NAN, NAN, NAN, 0, 0, 0, 0]),
        (vote("2024-01-26"), (0, 2), [NAN, NAN, NAN, 0, 0, 0, 0]),  # six days between: perhaps no session
        (vote("2024-01-25"), (0, 2), [NAN, NAN, 0, 0, 0, 0, 0]),  # seven: one at least
        (vote("2023-01-24", "2023-01-01"), (0, 2), [0] * 7),
    ],
)
def test_by_hand(monkeypatch: pytest.MonkeyPatch, event: Event, around: tuple[int, int], expected: list[float]) -> None:
    assert values(monkeypatch, [event], around) == pytest.approx(expected, nan_ok=True)


def test_any_of_the_events_will_do_and_what_is_true_is_not_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    votes = [vote("2024-01-31"), vote("2024-02-02"), vote("2024-02-12"), vote("2024-02-13")]
    assert values(monkeypatch, votes, (1, 1)) == [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]


def test_sessions_to_come_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategies.signals.window.events", lambda: {"vote": (vote("2024-02-08"),)})
    assert Window(event="vote", before=2).of_days(CALENDAR[:3], CALENDAR).tolist() == [0.0, 0.0, 1.0]


def test_a_budget_on_a_saturday_with_a_session() -> None:
    """The budget of Saturday 2025-02-01, announced on 2024-12-23 (engine/market/facts/events.csv)."""
    calendar = np.array(["2024-12-20", "2024-12-23", "2025-01-31", "2025-02-01", "2025-02-03"], "datetime64[D]")
    assert Window(event="union_budget", before=9, after=1).of_days(calendar, calendar).tolist() == [0, 1, 1, 1, 1]


def test_an_unknown_event_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ValidationError, match="unknown event 'union_budgt'; did you mean 'union_budget'?"):
        Window(event="union_budgt")
