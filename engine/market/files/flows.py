"""Flows of foreign and domestic institutions: the exchanges' daily figures, and the depositories' monthly ones."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from engine.errors import DataError
from engine.market.files.columns import numbers, once
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Cell, Columns, Part, Shape
from engine.market.files.table import Grid

_UNIT = re.compile(r"(?:in)?(?:rs|inr)?(?:crores?|cr)$")
_SIDES = {
    "buy": "buy|buyvalue|purchases?|grosspurchases?",
    "sell": "sell|sellvalue|sales|grosssales?",
    "net": "net|netvalue|netpurchases?|netpurchasesales|netpurchasessales|netinvestments?",
}
_COLUMN = re.compile(
    "(?P<who>fiifpi|fpifii|fii|dii)(?:" + "|".join(f"(?P<{side}>{names})" for side, names in _SIDES.items()) + ")"
)
ROUNDING = 0.05
"""Rs crore by which bought less sold may differ from the net, all three being rounded."""


class Flows(Shape):
    """The exchanges' provisional figures of the cash market, Rs crore, gross and net, FII or FII/FPI and DII."""

    name = "flows"
    source = "FII and DII table"
    headers = ("Date", "FII Gross Purchase", "FII Gross Sales", "FII Net", "DII Gross Purchase", "DII Gross Sales",
               "DII Net")  # fmt: skip

    def fits(self, table: Grid, _asked: Asked, /) -> bool:
        """A date, and what both bought and sold, or the net of it, and nothing else."""
        found = _columns(table)
        return "date" in table.keys and len(found) == len(table.keys) - 1 and all(_whole(found, who) for who in _WHO)

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of `flows`; a net that has no column is what was bought less what was sold."""
        found = _columns(table)
        for who in _WHO:
            if not _whole(found, who):
                raise DataError(f"{table.file}: no column for what {who.upper()} bought and sold, or their net")
        when = days(table, "date", asked.dates)
        once(table, when)
        columns: Columns = {"date": [*when]}
        for column, key in found.items():
            columns[column] = numbers(table, key, column)
        for who in _WHO:
            _net(table, columns, who)
        return [Part("flows", columns, self.source)]

    def checked(self, table: Grid) -> Grid:
        """Its columns have many names, which `read` looks for."""
        if "date" not in table.keys:
            raise DataError(
                f"{table.file}: a {self.name} file has the column 'Date', this one {', '.join(table.header)}"
            )
        return table


_WHO = ("fii", "dii")


def _columns(table: Grid) -> dict[str, str]:
    """The store's columns that the table has, and what each is called in it."""
    found = {}
    for key in table.keys:
        if match := _COLUMN.fullmatch(_UNIT.sub("", key)):
            side = next(name for name in _SIDES if match[name])
            found[f"{'dii' if match['who'] == 'dii' else 'fii'}_{side}"] = key
    return found


def _whole(found: dict[str, str], who: str) -> bool:
    return f"{who}_net" in found or {f"{who}_buy", f"{who}_sell"} <= found.keys()


def _net(table: Grid, columns: Columns, who: str) -> None:
    """Fill in or check a net against its two sides, where both are known."""
    bought, sold, net = (columns.get(f"{who}_{side}") for side in ("buy", "sell", "net"))
    if bought is None or sold is None:
        return
    differences = [
        round(b - s, 2) if isinstance(b, float) and isinstance(s, float) else None
        for b, s in zip(bought, sold, strict=True)
    ]
    if net is None:
        columns[f"{who}_net"] = [*differences]
        return
    for line, computed, said in zip(table.lines, differences, net, strict=True):
        if isinstance(said, float) and computed is not None and abs(computed - said) > ROUNDING:
            raise DataError(
                f"{table.at(line)}: the {who}_net {said:g} is not what was bought less what was sold, {computed:g}"
            )


class FpiMonthly(Shape):
    """NSDL's net investment of foreign portfolio investors by month, Rs crore: primary market and debt included.

    Another measure than the exchanges' flows, so never part of them. Debt routes (general limit, VRR, FAR) are added.
    """

    name = "fpi-monthly"
    source = "NSDL table"
    headers = ("Month", "Equity", "Debt", "Hybrid", "Total")
    takes = frozenset()

    def fits(self, table: Grid, _asked: Asked, /) -> bool:
        """A month first, equity, and only columns of such a table."""
        rest = [_plain_key(key) for key in table.keys[1:]]
        return table.keys[0] in _MONTH_KEYS and "equity" in rest and all(_asset(key) for key in rest)

    def checked(self, table: Grid) -> Grid:
        """Its columns have several names, which `read` looks for."""
        if "equity" not in [_plain_key(key) for key in table.keys]:
            raise DataError(
                f"{table.file}: a {self.name} file has the column 'Equity', this one {', '.join(table.header)}"
            )
        return table

    def read(self, table: Grid, _asked: Asked, /) -> list[Part]:
        """Rows of `fpi_monthly`, each dated at the last day of its month."""
        when = [_month_end(table, place) for place in range(len(table.lines))]
        once(table, when)
        columns: Columns = {"date": [*when]}
        for asset in ("equity", "debt", "hybrid", "total"):
            mine = [key for key in table.keys[1:] if _asset(_plain_key(key)) == asset]
            if mine:
                columns[f"{asset}_net"] = _sum([numbers(table, key, asset) for key in mine])
        return [Part("fpi_monthly", columns, self.source)]


_MONTH_KEYS = ("month", "monthyear", "calendarmonth", "date")
_MONTH = re.compile(r"([A-Za-z]{3,9})[ \-/,']+(\d{4})|(\d{4})-(\d{2})")
_OTHER = re.compile(r"mutualfunds?\w*|aifs?|solutionoriented|others?|usdmn|totalusdmn|totalusmn|conversion\w*")


def _plain_key(key: str) -> str:
    """A column's name without the unit and the words for net investment."""
    return re.sub(r"(netinvestments?|net)$", "", _UNIT.sub("", key)) or key


def _asset(key: str) -> str:
    """Which kind of asset a column is of; `other` for what the store has no use for, `` for no such column."""
    if key in ("equity", "hybrid", "total"):
        return key
    if re.fullmatch(r"debt(generallimit|general|vrr|far)?", key):
        return "debt"
    return "other" if _OTHER.fullmatch(key) else ""


def _month_end(table: Grid, place: int) -> date:
    line = table.lines[place]
    text = line.cells[0]
    found = _MONTH.fullmatch(text)
    if found is None:
        raise DataError(f"{table.at(line)}: {text[:40]!r} is no month such as Jan 2024 or 2024-01")
    year, month = int(found[2] or found[3]), int(found[4] or 0) or _month(found[1])
    if not 1 <= month <= 12:
        raise DataError(f"{table.at(line)}: {text[:40]!r} is no month of the calendar")
    return date(year, month, monthrange(year, month)[1])


def _month(name: str) -> int:
    names = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    short = name.lower()[:3]
    full = f"{date(2000, names.index(short) + 1, 1):%B}".lower() if short in names else ""
    return names.index(short) + 1 if name.lower() in (short, full, "sept") and full else 0


def _sum(columns: Sequence[list[Cell]]) -> list[Cell]:
    """Sums row by row, unknown where a part is."""
    sums: list[Cell] = []
    for row in zip(*columns, strict=True):
        amounts = [value for value in row if isinstance(value, float)]
        sums.append(round(sum(amounts), 2) if len(amounts) == len(row) else None)
    return sums
