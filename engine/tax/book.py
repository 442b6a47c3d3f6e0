"""The tax affairs of one portfolio, from its first purchase on, year after year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from engine.tax.assessment import YEARS_CARRIED, Loss, YearTax, year_tax
from engine.tax.lots import Disposal, Lots
from engine.tax.settings import TaxSettings
from engine.tax.years import financial_year_of, year_name


class TaxBook:
    """Lots of every asset, disposals and interest of the years still open, losses carried, and the years closed.

    Owned by one portfolio and told everything in the order of time; days are `datetime.date`. `fair_values` is what one
    unit of each asset was worth on 2018-01-31, rupees. A misuse, such as selling more than is held, is a ValueError.
    """

    def __init__(self, settings: TaxSettings, fair_values: Mapping[str, float] | None = None) -> None:
        self.settings = settings
        self.closed: list[YearTax] = []
        self._fair_values = dict(fair_values or {})
        self._lots: dict[str, Lots] = {}
        self._disposals: defaultdict[int, list[Disposal]] = defaultdict(list)
        self._interest: defaultdict[int, float] = defaultdict(float)
        self._latest = date.min

    @property
    def years(self) -> list[dict[str, str | float]]:
        """One row for each closed year, oldest first: see `YearTax.row`."""
        return [year.row() for year in self.closed]

    @property
    def carried(self) -> tuple[Loss, ...]:
        """Losses that the next year to be closed may use."""
        return self.closed[-1].carried if self.closed else ()

    def units(self, asset: str) -> float:
        """Units held of an asset, by this book."""
        return self._lots[asset].units if asset in self._lots else 0.0

    def buy(self, asset: str, day: date, units: float, cost: float) -> None:
        """Units bought; `cost` in rupees, with charges other than securities transaction tax."""
        self._in_order(day)
        if asset not in self._lots:
            self._lots[asset] = Lots(asset, self._fair_values.get(asset))
        self._lots[asset].buy(day, units, cost)

    def sell(self, asset: str, day: date, units: float, proceeds: float) -> list[Disposal]:
        """Units sold, first in, first out; `proceeds` after charges other than securities transaction tax."""
        self._in_order(day)
        if asset not in self._lots:
            raise ValueError(f"{asset} is sold on {day} and was never bought")
        sold = self._lots[asset].sell(day, units, proceeds)
        self._disposals[financial_year_of(day)] += sold
        return sold

    def interest(self, day: date, rupees: float) -> None:
        """Interest credited on a day."""
        self._in_order(day)
        self._interest[financial_year_of(day)] += rupees

    def close_year(self, year: int) -> YearTax:
        """The tax of the financial year that ends in `year`, due now; later years see what losses it leaves.

        What was already told of later years, such as the sales of the session that pays this tax, stays with them.
        """
        if self.closed and year <= self.closed[-1].year:
            raise ValueError(f"the year {year_name(year)} is closed")
        self._nothing_before(year)
        due = year_tax(
            self._disposals.pop(year, []), self._interest.pop(year, 0.0), self._usable(year), year, self.settings
        )
        self.closed.append(due)
        return due

    def liquidation(self, day: date, proceeds: Mapping[str, float]) -> YearTax:
        """The whole tax of the running year if everything held were sold on a day; the book stays as it is.

        `proceeds` is what each held asset would bring. What was sold and earned in this year before is in the tax.
        """
        year = financial_year_of(day)
        self._nothing_before(year)
        held = {asset for asset, lots in self._lots.items() if not lots.empty}
        if missing := sorted(held - set(proceeds)):
            raise ValueError(f"{missing} are held on {day} and have no proceeds")
        sold = [
            piece
            for asset in sorted(held)
            for piece in self._lots[asset].copy().sell(day, self._lots[asset].units, proceeds[asset])
        ]
        everything = [*self._disposals.get(year, []), *sold]
        return year_tax(everything, self._interest.get(year, 0.0), self._usable(year), year, self.settings)

    def _usable(self, year: int) -> tuple[Loss, ...]:
        """Losses that may still be used in a year, should years have passed without being closed."""
        return tuple(loss for loss in self.carried if year - loss.year <= YEARS_CARRIED)

    def _nothing_before(self, year: int) -> None:
        unpaid = sorted({before for before in (*self._disposals, *self._interest) if before < year})
        if unpaid:
            raise ValueError(f"close the year {year_name(unpaid[0])} before {year_name(year)}")

    def _in_order(self, day: date) -> None:
        if day < self._latest:
            raise ValueError(f"{day} comes after {self._latest}")
        if self.closed and financial_year_of(day) <= self.closed[-1].year:
            raise ValueError(f"{day} is in a year that is closed")
        self._latest = day
