"""Dates: every form that is read, and every trap that is refused with its line."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import DataError
from engine.market.files.dates import days
from engine.market.files.shape import Order
from engine.market.files.table import read_table

TODAY = date(2024, 8, 31)


def read(*cells: str, order: Order | None = None) -> list[date]:
    lines = "\n".join(f'"{cell}",1' for cell in cells)
    return days(read_table(f"Date,Close\n{lines}\n".encode(), "f.csv"), "date", order, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "2024-08-05", "2024-08-05 00:00:00", "2024-08-05T00:00:00.000", "2024-08-05 00:00:00+05:30",
        "05 Aug 2024", "5 aug 2024", "05-AUG-2024", "05/Aug/2024", "05 August 2024", "Aug 05, 2024", "August 5, 2024",
    ],
)  # fmt: skip
def test_forms_that_can_mean_one_day_alone(text: str) -> None:
    assert read(text) == [date(2024, 8, 5)]


@pytest.mark.parametrize("sign", ["/", "-", "."])
def test_a_row_of_the_file_decides_the_order(sign: str) -> None:
    day_first = [f"03{sign}04{sign}2024", f"13{sign}04{sign}2024"]
    assert read(*day_first) == [date(2024, 4, 3), date(2024, 4, 13)]
    month_first = [f"03{sign}04{sign}2024", f"03{sign}13{sign}2024"]
    assert read(*month_first) == [date(2024, 3, 4), date(2024, 3, 13)]


def test_the_user_decides_what_no_row_does() -> None:
    assert read("03/04/2024", order="dmy") == [date(2024, 4, 3)]
    assert read("03/04/2024", order="mdy") == [date(2024, 3, 4)]


def test_a_day_that_is_its_month_needs_no_order() -> None:
    assert read("03/03/2024", "04/04/2024") == [date(2024, 3, 3), date(2024, 4, 4)]


TRAPS: dict[str, tuple[tuple[str, ...], Order | None, str]] = {
    "nothing decides": (
        ("03/03/2024", "03/04/2024"), None,
        "f.csv: line 3: 03/04/2024 may be 3 April or 4 March, and no row of the file decides it; say --dates dmy or",
    ),
    "rows contradict each other": (
        ("13/04/2024", "04/13/2024"), None, "line 3: .* '04/13/2024' has its day second, '13/04/2024' of line 2 has it"
    ),
    "a row contradicts the user": (("13/04/2024",), "mdy", "line 2: the date '13/04/2024' is no day of the calendar"),
    "both parts above 12": (("13/13/2024",), None, "line 2: the date '13/13/2024' has its day second"),
    "mixed forms": (
        ("2024-08-05", "05/08/2024"), None,
        "line 3: the date '05/08/2024' is written in another way than '2024-08-05' of line 2",
    ),
    "mixed signs": (("05/08/2024", "06-08-2024"), None, "line 3: .* is written in another way"),
    "named and numeric": (("05 Aug 2024", "05-Aug-2024"), None, "line 3: .* is written in another way"),
    "the 13th month": (("2024-13-05",), None, "line 2: the date '2024-13-05' is no day of the calendar"),
    "30 February": (("30 Feb 2024",), None, "line 2: the date '30 Feb 2024' is no day of the calendar"),
    "two digits of a year": (("05-Aug-24",), None, "line 2: the date '05-Aug-24' is no day"),
    "two digits of every part": (("05/08/24",), None, "line 2: the date '05/08/24' is no day"),
    "a time of day": (("2024-08-05 09:15:00",), None, "line 2: the date '2024-08-05 09:15:00' is no day"),
    "another zone": (("2024-08-05 00:00:00+00:00",), None, "is no day"),
    "an unknown month": (("05 Agu 2024",), None, "line 2: the date '05 Agu 2024' is no day; expected a form such as"),
    "a serial number": (("45509",), None, "line 2: the date '45509' is no day"),
    "nothing": (("2024-08-05", ""), None, "line 3: there is no date"),
    "the future": (("2024-08-30", "2924-08-05"), None, "line 3: the date '2924-08-05' lies in the future"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(TRAPS))
def test_traps(case: str) -> None:
    cells, order, said = TRAPS[case]
    with pytest.raises(DataError, match=said):
        read(*cells, order=order)
