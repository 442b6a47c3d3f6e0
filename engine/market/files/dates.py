"""Dates as files write them. Which of `03/04/2024` is the day is decided by the file's own rows or by the user."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from engine.errors import DataError
from engine.market.files.shape import Order
from engine.market.files.table import Grid, Line

FORMS = "2024-08-05, 05 Aug 2024, 05-AUG-2024 or 05/08/2024"
_MIDNIGHT = r"(?:[ T]00:00(?::00(?:\.0+)?)?(?:\+05:?30)?)?"  # as programs write a day; another time is no day
_ISO = re.compile(rf"(\d{{4}})-(\d{{2}})-(\d{{2}}){_MIDNIGHT}")
_NAMED = re.compile(r"(\d{1,2})([ /-])([A-Za-z]{3,9})\2(\d{4})")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9}) (\d{1,2}), (\d{4})")
_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
         "december"), start=1,
    )
    for name in (names, names[:3], *(["sept"] if number == 9 else []))
}  # fmt: skip


class _Said(NamedTuple):
    """One date as written: its line, its form, and year, month and day, or its parts where their order is not known."""

    line: Line
    text: str
    form: str
    parts: tuple[int, int, int]


def days(table: Grid, key: str, order: Order | None = None, today: date | None = None) -> list[date]:
    """The dates of a column. Raises DataError for what is no date, for mixed forms and for an order nothing decides."""
    place = table.column(key)
    assert place is not None  # a shape's columns are there before it reads them
    said = [_said(table, line, line.cells[place]) for line in table.lines]
    for one in said:
        if one.form != said[0].form:
            raise DataError(
                f"{table.at(one.line)}: the date {one.text!r} is written in another way than {said[0].text!r} of "
                f"{table.word} {said[0].line.number}"
            )
    if said[0].form.startswith("numeric"):
        said = [_ordered(one, order or _order(table, said)) for one in said]
    return [_day(table, one, today or datetime.now().date()) for one in said]


def _said(table: Grid, line: Line, text: str) -> _Said:
    for pattern, read in _READERS:
        if (found := pattern.fullmatch(text)) and (one := read(line, text, found)):
            return one
    told = f"the date {text[:40]!r} is no day" if text else "there is no date"
    raise DataError(f"{table.at(line)}: {told}; expected a form such as {FORMS}")


def _iso(line: Line, text: str, found: re.Match[str]) -> _Said:
    year, month, day = map(int, found.groups())
    return _Said(line, text, "iso", (year, month, day))


def _named(line: Line, text: str, found: re.Match[str]) -> _Said | None:
    day, sign, month, year = found.groups()
    number = _MONTHS.get(month.lower())
    return _Said(line, text, f"named {sign}", (int(year), number, int(day))) if number else None


def _named_first(line: Line, text: str, found: re.Match[str]) -> _Said | None:
    month, day, year = found.groups()
    number = _MONTHS.get(month.lower())
    return _Said(line, text, "named first", (int(year), number, int(day))) if number else None


def _numeric(line: Line, text: str, found: re.Match[str]) -> _Said:
    first, sign, second, year = found.groups()
    return _Said(line, text, f"numeric {sign}", (int(year), int(first), int(second)))


_Reader = Callable[[Line, str, "re.Match[str]"], _Said | None]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_ISO, _iso),
    (_NAMED, _named),
    (_NAMED_FIRST, _named_first),
    (_NUMERIC, _numeric),
)


def _order(table: Grid, said: Sequence[_Said]) -> Order:
    """The order that some row proves, a part above 12 being the day, and none contradicts."""
    day_first = next((one for one in said if one.parts[1] > 12), None)
    day_second = next((one for one in said if one.parts[2] > 12), None)
    if day_first and day_second:
        raise DataError(
            f"{table.at(day_second.line)}: the date {day_second.text!r} has its day second, {day_first.text!r} of "
            f"{table.word} {day_first.line.number} has it first"
        )
    unsure = next((one for one in said if one.parts[1] != one.parts[2]), None)
    if unsure and not day_first and not day_second:
        _, first, second = unsure.parts
        one, other = (f"{date(2000, month, 1):%B}" for month in (second, first))
        raise DataError(
            f"{table.at(unsure.line)}: {unsure.text} may be {first} {one} or {second} {other}, and no row of the file "
            "decides it; say --dates dmy or --dates mdy"
        )
    return "mdy" if day_second else "dmy"


def _ordered(one: _Said, order: Order) -> _Said:
    year, first, second = one.parts
    return one._replace(parts=(year, second, first) if order == "dmy" else one.parts)


def _day(table: Grid, one: _Said, today: date) -> date:
    try:
        day = date(*one.parts)
    except ValueError as error:
        raise DataError(f"{table.at(one.line)}: the date {one.text!r} is no day of the calendar") from error
    if day > today:
        raise DataError(f"{table.at(one.line)}: the date {one.text!r} lies in the future")
    return day
