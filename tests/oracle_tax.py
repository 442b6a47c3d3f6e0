"""Capital gains tax in the reference simulator: a second reading of docs/tax.md, in loops over lots."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from tests.oracle_data import day_of, rows_of
from tests.oracle_market import OracleError, Series

FAIR_DAY = date(2018, 1, 31)  # gains up to it stay untaxed in sales from LONG_TAXED on
LONG_TAXED = date(2018, 4, 1)  # long-term gains of earlier sales are no income
CARRIED = 8  # years a loss may be used in after its own
DUST = 1e-9  # units left of a lot, as a share, that are nothing


@cache
def rates() -> list[tuple[date, float, float, float]]:
    """Short-term rate, long-term rate and exemption in rupees, by the first day of sale."""
    return [
        (day_of(row["sale_from"]), float(row["stcg"]), float(row["ltcg"]), float(row["ltcg_exemption_rupees"]))
        for row in rows_of("capital_gains_tax.csv")
    ]


def rates_on(day: date) -> tuple[float, float, float]:
    """The row in force on a day of sale."""
    past = [row for row in rates() if row[0] <= day]
    if not past:
        raise OracleError(f"no tax rate is known on {day}")
    return past[-1][1:]


def year_of(day: date) -> int:
    """The calendar year in which the tax year of a day starts, on 1 April."""
    return day.year if (day.month, day.day) >= (4, 1) else day.year - 1


def full_year_after(day: date) -> date:
    """The day on which twelve calendar months are full; of 29 February, the 28th."""
    return date(day.year + 1, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


@dataclass
class Lot:
    """What is left of one purchase: its units and their cost in rupees."""

    day: date
    units: float
    cost: float


@dataclass(frozen=True)
class Gain:
    """What one part of a sale gained, below 0 for a loss; `rate` is that of the day of the sale."""

    term: str
    rate: float
    rupees: float


@dataclass
class TaxBook:
    """One taxpayer's shares: lots by name, the gains and the interest of the running year, losses by year and term."""

    surcharge: float
    slab: float
    cess: float | None
    fair: dict[str, float | None]
    lots: dict[str, list[Lot]] = field(default_factory=dict)
    gains: list[Gain] = field(default_factory=list)
    interest: float = 0.0
    losses: dict[int, dict[str, float]] = field(default_factory=dict)

    def traded(self, day: date, name: str, units: float, rupees: float) -> None:
        """A purchase of units that cost so many rupees in all, or a sale of -units that brought so many."""
        if units > 0:
            self.lots.setdefault(name, []).append(Lot(day, units, rupees))
        else:
            self._sell(day, name, -units, rupees)

    def _sell(self, day: date, name: str, units: float, rupees: float) -> None:
        """First in, first out; every part of a lot is a gain or a loss of its own."""
        left, lots = units, self.lots.get(name, [])
        while left > DUST * units:
            lot = lots[0]
            part = min(left, lot.units)
            if lot.units - part <= DUST * lot.units:
                part = lot.units
                lots.pop(0)
                cost = lot.cost
            else:
                cost = lot.cost * (part / lot.units)
                lot.units, lot.cost = lot.units - part, lot.cost - cost
            left -= part
            self._gain(day, name, (lot.day, part), (rupees * (part / units), cost))

    def _gain(self, day: date, name: str, lot: tuple[date, float], rupees: tuple[float, float]) -> None:
        (bought, units), (proceeds, cost) = lot, rupees
        short, long, _ = rates_on(day)
        if day <= full_year_after(bought):
            self.gains.append(Gain("short", short, proceeds - cost))
        elif day >= LONG_TAXED:
            fair = self.fair.get(name)
            if bought <= FAIR_DAY and fair is not None:
                cost = max(cost, min(fair * units, proceeds))
            self.gains.append(Gain("long", long, proceeds - cost))

    def close_year(self, year: int) -> float:
        """The tax of the year that started in April of `year`, in rupees; its losses are carried."""
        tax = self.tax_of(year)
        self.gains, self.interest = [], 0.0
        return tax

    def tax_of(self, year: int) -> float:
        """Losses, then the exemption, then rates, surcharge and cess."""
        self.losses = {since: left for since, left in self.losses.items() if year - since <= CARRIED}
        taxed = {term: self._by_rate(term) for term in ("short", "long")}
        self.losses[year] = {
            term: -sum(gain.rupees for gain in self.gains if gain.term == term and gain.rupees < 0)
            for term in ("short", "long")
        }
        for since in [year, *sorted(self.losses.keys() - {year})]:
            left = self.losses[since]
            left["short"] = met(taxed["short"], left["short"])
            left["long"] = met(taxed["long"], left["long"])
            left["short"] = met(taxed["long"], left["short"])
        met(taxed["long"], rates_on(date(year + 1, 3, 31))[2])
        tax = sum(rate * rupees for by_rate in taxed.values() for rate, rupees in by_rate.items())
        tax += self.slab * max(self.interest, 0.0)
        return tax * (1 + self.surcharge) * (1 + self.cess_of(year))

    def _by_rate(self, term: str) -> dict[float, float]:
        found: dict[float, float] = {}
        for gain in self.gains:
            if gain.term == term and gain.rupees > 0:
                found[gain.rate] = found.get(gain.rate, 0.0) + gain.rupees
        return found

    def cess_of(self, year: int) -> float:
        """The stated cess, or the year's own."""
        return cess_of(year) if self.cess is None else self.cess


def cess_of(year: int) -> float:
    """The cess of the year that started in April of `year`."""
    past = [row for row in rows_of("income_tax_cess.csv") if day_of(row["year_from"]) <= date(year, 4, 1)]
    return float(past[-1]["cess"])


def met(gains: dict[float, float], loss: float) -> float:
    """Take a loss, or an exemption, from gains by rate, the highest first; what is left of it."""
    for rate in sorted(gains, reverse=True):
        used = min(loss, gains[rate])
        gains[rate] -= used
        loss -= used
    return loss


def open_book(said: dict[str, Any], fair: dict[str, float | None]) -> TaxBook:
    """The settings of `tax`, with their defaults."""
    slab = said.get("slab")
    return TaxBook(said.get("surcharge") or 0.0, 0.30 if slab is None else slab, said.get("cess"), fair)


def deposit(days: list[date], growth: Series, book: TaxBook) -> dict[date, float]:
    """One rupee at the policy rate; the tax on a year's interest is taken at the first session of the next one."""
    money, interest, last, worth = 1.0, 0.0, days[0], {}
    for day in days:
        earned = money * (growth.get(day, 1.0) - 1)
        if year_of(day) != year_of(last):
            owed = _on_interest(interest, year_of(last), book)
            money, interest = money + earned - owed, earned
        else:
            money, interest = money + earned, interest + earned
        worth[day], last = money, day
    worth[days[-1]] = money - _on_interest(interest, year_of(last), book)
    return worth


def _on_interest(interest: float, year: int, book: TaxBook) -> float:
    return max(interest, 0.0) * book.slab * (1 + book.surcharge) * (1 + book.cess_of(year))
