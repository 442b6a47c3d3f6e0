"""The daily index file of NSE, `ind_close_all_DDMMYYYY.csv`: every index's bar, volume and valuation of one day.

The dates inside drifted over the years (`02-01-2013`, but `09/06/2014`), so the day is the file name's. Names drifted
too: `aliases` maps them. It has no total returns.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePath
from typing import NamedTuple

from engine.errors import DataError
from engine.market.files.aliases import index_name
from engine.market.files.numbers import MISSING, level, number
from engine.market.files.shape import Asked, Cell, Columns, Part, Shape
from engine.market.files.table import Grid, Line, read_table

PROVIDER = "NSE daily index file"
FILE_NAME = re.compile(r"ind_close_all_(\d{2})(\d{2})(\d{4})(?: ?\(\d+\))?\.csv", re.IGNORECASE)

Row = dict[str, Cell]

NAME = "indexname"
BAR = {
    "openindexvalue": "open",
    "highindexvalue": "high",
    "lowindexvalue": "low",
    "closingindexvalue": "close",
}
RATIOS = {"pe": "pe", "pb": "pb", "divyield": "dy"}
NEEDED = (NAME, "closingindexvalue")


class Daily(NamedTuple):
    """The day of a file and its rows of the tables `indices` (variant PR) and `valuation`, in the file's order."""

    day: date
    indices: list[Row]
    valuation: list[Row]


def parse(body: bytes, name: str) -> Daily:
    """Read one daily file called `name`. An index without a close that day has no row, one without ratios no valuation.

    Raises DataError with the file's name and the line for whatever is not sound.
    """
    return rows_of(read_table(body, name), day_of(name))


def day_of(name: str) -> date:
    """The day a daily file is of, from its name. Raises DataError for another name or an impossible day."""
    found = FILE_NAME.fullmatch(name)
    if found is None:
        raise DataError(f"{name}: a daily index file is called ind_close_all_DDMMYYYY.csv; its day is read from there")
    day, month, year = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        raise DataError(f"{name}: {day:02d}-{month:02d}-{year} is no day (DDMMYYYY)") from error


def rows_of(table: Grid, day: date) -> Daily:
    """The rows of a daily file that is of `day`."""
    if lacking := [key for key in NEEDED if table.column(key) is None]:
        raise DataError(
            f"{table.file}: no column for {', '.join(lacking)}; a daily index file has Index Name, Closing Index Value "
            f"and more, this one {', '.join(table.header)[:160]}"
        )
    indices: list[Row] = []
    valuation: list[Row] = []
    named: dict[str, Line] = {}
    for line in table.lines:
        index = _name(table, line, day)
        if (other := named.setdefault(index, line)) is not line:
            raise DataError(f"{table.at(line)} is {index} again, as {table.word} {other.number} is")
        keys: Row = {"date": day, "index": index}
        bar, ratios = _bar(table, line), _ratios(table, line)
        if bar["close"] is not None:
            indices.append({**keys, "variant": "PR", **bar})
        if any(value is not None for value in ratios.values()):
            valuation.append({**keys, **ratios})
    if not indices:
        raise DataError(f"{table.file}: no index has a close")
    return Daily(day, indices, valuation)


def _name(table: Grid, line: Line, day: date) -> str:
    said = _cell(table, line, NAME)
    if not said:
        raise DataError(f"{table.at(line)} has no index name")
    return index_name(said, day, table.at(line))


def _cell(table: Grid, line: Line, key: str) -> str:
    place = table.column(key)
    return "" if place is None else line.cells[place]


def _bar(table: Grid, line: Line) -> Row:
    """Open, high, low and close; a zero among the first three is a dash by another name."""
    bar: Row = {}
    for key, column in BAR.items():
        text = _cell(table, line, key)
        if column != "close" and text not in MISSING and number(text, f"{table.at(line)}: the {column}") == 0:
            text = ""
        bar[column] = level(text, f"{table.at(line)}: the {column}")
    bar["volume"] = number(_cell(table, line, "volume"), f"{table.at(line)}: the volume")
    if isinstance(bar["volume"], float) and bar["volume"] < 0:
        raise DataError(f"{table.at(line)}: the volume {bar['volume']:g} is below zero")
    return bar


def _ratios(table: Grid, line: Line) -> Row:
    return {
        column: number(_cell(table, line, key), f"{table.at(line)}: the {column}") for key, column in RATIOS.items()
    }


class DailyIndices(Shape):
    """The file above, among others."""

    name = "daily"
    source = PROVIDER
    headers = ("Index Name", "Index Date", "Closing Index Value")
    optional = (
        "Open Index Value", "High Index Value", "Low Index Value", "Points Change", "Change(%)", "Volume",
        "Turnover (Rs. Cr.)", "P/E", "P/B", "Div Yield",
    )  # fmt: skip
    takes = frozenset()

    def read(self, table: Grid, _asked: Asked, /) -> list[Part]:
        """Rows of `indices` and, where there are any, of `valuation`."""
        found = rows_of(table, day_of(PurePath(table.file).name))
        parts = [Part("indices", _columns(found.indices), self.source)]
        if found.valuation:
            parts.append(Part("valuation", _columns(found.valuation), self.source))
        left = len(table.lines) - len(found.indices)
        note = (f"{left} indices without a close left out",) if left else ()
        return [parts[0]._replace(notes=note), *parts[1:]]


def _columns(rows: list[Row]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]}
