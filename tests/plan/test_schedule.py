"""Which sessions decide, on a calendar with a Saturday and a Sunday session and an end that is no period's end."""

from __future__ import annotations

from datetime import date

import pytest

from engine.config.settings import Schedule
from engine.market.market import Market
from engine.plan.schedule import decision_sessions
from tests.markets import engine_market, history

DAYS = [
    date(2024, 1, 18), date(2024, 1, 19), date(2024, 1, 20),  # Thursday, Friday, Saturday session
    date(2024, 1, 23), date(2024, 1, 31), date(2024, 2, 1),
    date(2024, 3, 28), date(2024, 4, 1), date(2024, 4, 2),
]  # fmt: skip


def market(days: list[date], later: list[date]) -> Market:
    return engine_market("A", {"A": history(days, [100.0] * len(days))}, later)


@pytest.mark.parametrize(
    ("decide", "expected"),
    [
        ("daily", DAYS),
        ("on_change", DAYS),
        ("weekly", [DAYS[2], DAYS[3], DAYS[5], DAYS[6]]),  # the Saturday ends its week; 2 April does not, 5 April does
        ("monthly", [DAYS[4], DAYS[5], DAYS[6]]),
        ("quarterly", [DAYS[6]]),
    ],
)
def test_the_last_session_of_each_period(decide: str, expected: list[date]) -> None:
    mine = market(DAYS, [date(2024, 4, 5), date(2024, 4, 8), date(2024, 5, 2), date(2024, 7, 1)])
    found = decision_sessions(mine, Schedule.model_validate({"decide": decide}))
    assert [mine.sessions[place].date() for place in found] == expected


def test_a_sunday_session_ends_the_week_it_belongs_to() -> None:
    days = [date(2023, 11, 10), date(2023, 11, 12), date(2023, 11, 13)]  # Friday, Muhurat Sunday, Monday
    mine = market(days, [date(2023, 11, 15)])
    assert decision_sessions(mine, Schedule(decide="weekly")).tolist() == [1]


def test_the_calendar_is_no_part_of_a_cut() -> None:
    whole = market(DAYS, [date(2024, 4, 5)])
    for place in range(len(DAYS)):
        cut = whole.until(whole.sessions[place])
        for decide in ("weekly", "monthly", "quarterly"):
            schedule = Schedule.model_validate({"decide": decide})
            everything = decision_sessions(whole, schedule)
            assert decision_sessions(cut, schedule).tolist() == everything[everything <= place].tolist()
