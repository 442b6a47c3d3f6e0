"""The dated rates of capital-gains tax and of the cess on it; sources stand in the fact files.

A rate holds until the next row, the last one without end: nobody knows which law is to come.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Protocol, TypeVar

from engine.errors import DataError


class Rates(NamedTuple):
    """Tax on gains of sales from a day on, fractions; long-term gains at a rate of 0 are exempt income."""

    since: date
    short: float
    long: float
    exemption: float
    """Rupees of long-term gains a year that are not taxed."""

    @property
    def long_exempt(self) -> bool:
        """Whether long-term gains are no income at all, and so long-term losses no losses."""
        return self.long == 0.0


class Cess(NamedTuple):
    """Cess on the tax of financial years from a day on, a fraction of tax and surcharge."""

    since: date
    cess: float


class _Dated(Protocol):
    @property
    def since(self) -> date: ...


Row = TypeVar("Row", bound=_Dated)


@cache
def rate_rows() -> tuple[Rates, ...]:
    """Every set of rates there ever was for listed equity with securities transaction tax paid, oldest first."""
    return tuple(
        Rates(
            date.fromisoformat(row["sale_from"]), float(row["stcg"]), float(row["ltcg"]),
            float(row["ltcg_exemption_rupees"]),
        )
        for row in _rows("capital_gains_tax.csv")
    )  # fmt: skip


@cache
def cess_rows() -> tuple[Cess, ...]:
    """Every cess on income tax since there is one, oldest first."""
    return tuple(Cess(date.fromisoformat(row["year_from"]), float(row["cess"])) for row in _rows("income_tax_cess.csv"))


def rates_on(day: date) -> Rates:
    """The rates for a sale on a day. Raises DataError before the first known ones."""
    return _in_force(rate_rows(), day, "rates of capital-gains tax are", "a sale on")


def exemption_of(year: int) -> float:
    """Rupees of long-term gains that are free in the financial year that ends in `year`: what its last day's law says.

    The exemption raised on 2024-07-23 holds for the whole of 2024-25.
    """
    return rates_on(date(year, 3, 31)).exemption


def cess_of(year: int) -> float:
    """The law's own cess in the financial year that ends in `year`. Raises DataError before the first known one."""
    return _in_force(cess_rows(), date(year - 1, 4, 1), "cess is", "the year from").cess


def _in_force(rows: Sequence[Row], day: date, what: str, when: str) -> Row:
    place = bisect_right(rows, day, key=lambda row: row.since)
    if place == 0:
        raise DataError(f"no {what} known for {when} {day}; the first took effect on {rows[0].since}")
    return rows[place - 1]


def _rows(file: str) -> list[dict[str, str]]:
    with (files("engine.market") / "facts" / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
