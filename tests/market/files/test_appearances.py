"""First appearances in the daily files, across imports, against the launch dates of the facts."""

from __future__ import annotations

from datetime import date

from engine.market.files.appearances import Appearance, doubts
from tests.market.files.conftest import Desk

HEADER = "Index Name,Index Date,Closing Index Value\n"


def daily(desk: Desk, day: str, *names: str) -> None:
    desk.load(f"ind_close_all_{day}.csv", HEADER + "".join(f"{name},x,100\n" for name in names))


def test_appearances_are_remembered_across_imports(desk: Desk) -> None:
    assert desk.store.appearances() == []
    daily(desk, "20012022", "Nifty 50", "Nifty India Defence")
    assert desk.store.appearances() == [
        Appearance("NIFTY 50", date(2022, 1, 20), None),
        Appearance("NIFTY INDIA DEFENCE", date(2022, 1, 20), None),
    ]
    daily(desk, "21012022", "Nifty 50", "Nifty India Defence", "Nifty Rural")
    daily(desk, "19012022", "Nifty 50")  # an older file, read later
    daily(desk, "21012022", "Nifty 50", "Nifty India Defence", "Nifty Rural")
    assert desk.store.appearances() == [
        Appearance("NIFTY 50", date(2022, 1, 19), None),
        Appearance("NIFTY INDIA DEFENCE", date(2022, 1, 20), date(2022, 1, 19)),
        Appearance("NIFTY RURAL", date(2022, 1, 21), date(2022, 1, 20)),
    ]


def test_another_file_s_rows_are_no_appearance(desk: Desk) -> None:
    desk.load("x.csv", "date,index,variant,close\n2024-01-01,NIFTY 50,PR,1\n")
    assert desk.store.appearances() == []


def test_launch_dates_that_the_files_contradict() -> None:
    """NIFTY INDIA DEFENCE was launched on 2022-01-19, NIFTY RURAL on 2024-07-25, NIFTY PSE on no known day."""
    early = Appearance("NIFTY RURAL", date(2024, 7, 1), date(2024, 6, 28))
    late = Appearance("NIFTY INDIA DEFENCE", date(2022, 3, 2), date(2022, 3, 1))
    assert doubts([early, late]) == [
        "NIFTY RURAL stands in the daily file of 2024-07-01, before its launch on 2024-07-25",
        (
            "NIFTY INDIA DEFENCE is first in the daily file of 2022-03-02 and not in that of 2022-03-01, though "
            "launched on 2022-01-19"
        ),
    ]
    assert (
        doubts(
            [
                Appearance("NIFTY INDIA DEFENCE", date(2022, 1, 20), date(2022, 1, 19)),  # as it should be
                Appearance("NIFTY INDIA DEFENCE", date(2023, 1, 20), None),  # no older file was read
                Appearance("NIFTY INDIA DEFENCE", date(2022, 1, 19), date(2022, 1, 18)),  # on the very day
                Appearance("NIFTY PSE", date(2013, 1, 20), date(2013, 1, 19)),
                Appearance("NIFTY SUGAR & ETHANOL", date(2026, 8, 20), date(2026, 8, 19)),
            ]
        )
        == []
    )
