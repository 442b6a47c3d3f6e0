"""Which days NSE trades. Dates and counts are those of the exchange's own daily reports."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import engine
from engine.market import calendar
from engine.market.calendar import continued, nse_sessions, weekend_sessions

WEEKENDS_SINCE_2019 = [
    date(2019, 10, 27),
    date(2020, 2, 1),
    date(2020, 11, 14),
    date(2023, 11, 12),
    date(2024, 1, 20),
    date(2024, 3, 2),
    date(2024, 5, 18),
    date(2025, 2, 1),
    date(2026, 2, 1),
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path))
    return tmp_path


def is_session(day: date) -> bool:
    return day in nse_sessions(day, day).tolist()


def test_the_weekend_sessions() -> None:
    weekends = weekend_sessions()
    assert [day for day in weekends if day.year >= 2019] == WEEKENDS_SINCE_2019
    assert len(weekends) == 14
    assert weekends[0] == date(2013, 5, 11)
    assert {day.weekday() for day in weekends} == {5, 6}


@pytest.mark.parametrize("day", WEEKENDS_SINCE_2019, ids=str)
def test_a_weekend_session_trades_and_its_neighbour_rests(day: date) -> None:
    other = day + timedelta(days=1 if day.weekday() == 5 else -1)
    assert is_session(day)
    assert not is_session(other)


@pytest.mark.parametrize(
    "day",
    [
        date(2020, 4, 10),  # Good Friday
        date(2024, 1, 22),  # Monday after a Saturday session
        date(2025, 2, 26),  # Mahashivratri
        date(2025, 8, 15),  # Independence Day
    ],
    ids=str,
)
def test_a_holiday_is_no_session(day: date) -> None:
    assert not is_session(day)


@pytest.mark.parametrize("day", [date(2022, 10, 24), date(2024, 11, 1), date(2025, 10, 21)], ids=str)
def test_muhurat_evenings_on_weekdays_are_sessions(day: date) -> None:
    assert is_session(day)


@pytest.mark.parametrize(
    ("year", "count"),
    [
        (2013, 250),
        (2014, 244),
        (2015, 248),
        (2016, 247),
        (2017, 248),
        (2018, 246),
        (2019, 245),
        (2020, 252),
        (2021, 248),
        (2022, 248),
        (2023, 246),
        (2024, 249),
    ],
)
def test_sessions_in_a_year(year: int, count: int) -> None:
    """Expected: the dates in a year of published Nifty 50 closes."""
    assert len(nse_sessions(date(year, 1, 1), date(year, 12, 31))) == count


def test_both_ends_are_included_in_ascending_order() -> None:
    sessions = nse_sessions(date(2025, 1, 30), date(2025, 2, 3))
    assert sessions.dtype == np.dtype("datetime64[D]")
    assert sessions.astype(str).tolist() == ["2025-01-30", "2025-01-31", "2025-02-01", "2025-02-03"]
    assert (np.diff(nse_sessions(date(1996, 1, 1), date(2035, 12, 31))) > np.timedelta64(0, "D")).all()


def test_nothing_is_known_outside_1996_to_2035() -> None:
    assert nse_sessions(date(1980, 1, 1), date(1996, 1, 2)).tolist() == [date(1996, 1, 1), date(1996, 1, 2)]
    assert nse_sessions(date(2035, 12, 31), date(2050, 1, 1)).tolist() == [date(2035, 12, 31)]
    assert nse_sessions(date(2025, 2, 3), date(2025, 1, 30)).size == 0


def test_past_the_published_holidays_every_weekday_counts() -> None:
    republic_day_and_sunday = nse_sessions(date(2027, 1, 24), date(2027, 1, 26)).tolist()
    assert republic_day_and_sunday == [date(2027, 1, 25), date(2027, 1, 26)]
    assert not is_session(date(2026, 1, 26))


def test_the_calendar_goes_on_where_the_data_end() -> None:
    known = nse_sessions(date(2025, 9, 1), date(2025, 9, 17))
    sessions = continued(known)
    assert sessions[: len(known)].tolist() == known.tolist()
    assert sessions[len(known)].item() == date(2025, 9, 18)
    assert sessions[-1].item() == date(2026, 1, 16)  # 17 January is a Saturday
    assert date(2025, 10, 21) in sessions.tolist()
    assert date(2025, 10, 22) not in sessions.tolist()  # Balipratipada


def test_the_continuation_has_the_known_weekend_sessions_and_ends_with_a_shorter_month() -> None:
    sessions = continued([np.datetime64("2025-10-31")]).tolist()
    assert date(2026, 2, 1) in sessions
    assert sessions[-1] == date(2026, 2, 27)  # 28 February is a Saturday
    month_end = continued([np.datetime64("2025-12-31")], months=2).tolist()
    assert month_end[-1] == date(2026, 2, 27)


def test_the_data_overrule_the_calendar() -> None:
    """A session the calendar does not know stays, and one it knows is not put in between."""
    index = pd.DatetimeIndex(["2025-09-10", "2025-09-13", "2025-09-17"])
    sessions = continued(index, months=1)
    assert sessions[:4].astype(str).tolist() == ["2025-09-10", "2025-09-13", "2025-09-17", "2025-09-18"]
    assert sessions.dtype == np.dtype("datetime64[D]")


def test_nothing_has_no_continuation() -> None:
    assert continued(pd.DatetimeIndex([])).size == 0


def test_the_second_answer_comes_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    first = nse_sessions(date(1996, 1, 1), date(2035, 12, 31))
    monkeypatch.setitem(sys.modules, "pandas_market_calendars", None)  # an import is now an error
    assert nse_sessions(date(1996, 1, 1), date(2035, 12, 31)).tolist() == first.tolist()


@pytest.mark.parametrize("changed", ["library", "table"])
def test_a_cache_made_from_something_else_is_not_believed(monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    nse_sessions(date(2025, 1, 1), date(2025, 1, 31))
    if changed == "library":
        monkeypatch.setattr(calendar, "version", lambda _: "another one")
    else:
        monkeypatch.setattr(calendar, "weekend_sessions", lambda: (date(2025, 1, 4),))
    monkeypatch.setitem(sys.modules, "pandas_market_calendars", None)
    with pytest.raises(ImportError):
        nse_sessions(date(2025, 1, 1), date(2025, 1, 31))


def test_a_new_weekend_session_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_session(date(2025, 1, 4))
    monkeypatch.setattr(calendar, "weekend_sessions", lambda: (date(2025, 1, 4),))
    assert is_session(date(2025, 1, 4))


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x00" * 4096])
def test_a_broken_cache_changes_nothing(cache: Path, content: bytes) -> None:
    first = nse_sessions(date(2024, 1, 1), date(2024, 12, 31)).tolist()
    (stored,) = cache.iterdir()
    stored.write_bytes(content)
    assert nse_sessions(date(2024, 1, 1), date(2024, 12, 31)).tolist() == first


def test_an_unwritable_cache_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path / "file"))
    assert len(nse_sessions(date(2024, 1, 1), date(2024, 12, 31))) == 249


def test_neither_the_import_nor_a_cached_answer_loads_pandas(cache: Path) -> None:
    nse_sessions(date(2024, 1, 1), date(2024, 12, 31))
    program = (
        "import sys; from datetime import date; from engine.market.calendar import nse_sessions\n"
        "print(len(nse_sessions(date(2024, 1, 1), date(2024, 12, 31))), 'pandas' in sys.modules)"
    )
    root = str(Path(engine.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["249", "False"]
