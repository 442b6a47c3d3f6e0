"""Which units are sold, what they had cost and how long they were held: first in, first out.

Money is in rupees. The cost of a lot is the value bought plus the charges of the purchase, and the proceeds of a sale
its value less the charges of the sale, in both without securities transaction tax, which section 48 of the Income-tax
Act does not let anyone deduct.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from engine.errors import DataError
from engine.tax.rates import rates_on

FAIR_VALUE_DAY = date(2018, 1, 31)
ROUNDING = 1e-9  # of the most units ever held: nothing, or no more than is held
WHOLE = 1e-12  # of the units held: the end of a lot, reached by another sum


class Lot(NamedTuple):
    """Units bought on one day, and what they cost."""

    bought: date
    units: float
    cost: float


@dataclass(frozen=True, slots=True)
class Disposal:
    """Units of one lot, sold; `fair_value` is what one unit was worth on 2018-01-31, if that is known.

    `long_term`: held for more than twelve calendar months, so sold after the same day of the next year. A lot of 29
    February has its twelve months full on 28 February, the last day of the month that has no such day.
    """

    asset: str
    bought: date
    sold: date
    units: float
    cost: float
    proceeds: float
    fair_value: float | None = None

    @property
    def long_term(self) -> bool:
        """Whether it was held for more than twelve calendar months."""
        return self.sold > _twelve_months_after(self.bought)

    @property
    def exempt(self) -> bool:
        """Whether its gain, or its loss, is none to the law: long term, and sold while such gains were not taxed."""
        return self.long_term and rates_on(self.sold).long_exempt

    @property
    def grandfathered(self) -> bool:
        """Whether the gain up to 2018-01-31 stays untaxed: a taxable long-term sale of what was bought by then."""
        return self.bought <= FAIR_VALUE_DAY and self.long_term and not self.exempt

    @property
    def allowed_cost(self) -> float:
        """What the law lets go off the proceeds: the cost, or the higher of it and the lower of fair value and sale.

        Raises DataError where a fair value is needed and not known.
        """
        if not self.grandfathered:
            return self.cost
        if self.fair_value is None:
            raise DataError(
                f"{self.asset} bought on {self.bought} and sold on {self.sold} is taxed on the gain since "
                f"{FAIR_VALUE_DAY}, but what it was worth on that day is not known"
            )
        return max(self.cost, min(self.fair_value * self.units, self.proceeds))

    @property
    def gain(self) -> float:
        """Proceeds less the allowed cost; a loss is negative."""
        return self.proceeds - self.allowed_cost


def _twelve_months_after(day: date) -> date:
    """The same day of the next year; 28 February for 29 February."""
    return day.replace(year=day.year + 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


class Lots:
    """The lots of one asset, oldest first. Bought and sold in the order of time; a misuse is a ValueError."""

    def __init__(self, asset: str, fair_value: float | None = None) -> None:
        self.asset, self.fair_value = asset, fair_value
        self._lots: deque[Lot] = deque()
        self._latest = date.min
        self._most = 0.0

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots)

    @property
    def units(self) -> float:
        """Units held."""
        return math.fsum(lot.units for lot in self._lots)

    @property
    def cost(self) -> float:
        """What the units held had cost."""
        return math.fsum(lot.cost for lot in self._lots)

    @property
    def empty(self) -> bool:
        """Whether nothing is held, rounding errors apart."""
        return self.units <= ROUNDING * self._most

    def copy(self) -> Lots:
        """The same lots, to try something on."""
        other = Lots(self.asset, self.fair_value)
        other._lots, other._latest, other._most = self._lots.copy(), self._latest, self._most
        return other

    def buy(self, day: date, units: float, cost: float) -> None:
        """Add a lot; `cost` includes charges other than securities transaction tax."""
        self._check(day, units, cost)
        self._lots.append(Lot(day, units, cost))
        self._most = max(self._most, self.units)

    def sell(self, day: date, units: float, proceeds: float) -> list[Disposal]:
        """Sell the oldest units; `proceeds` are after charges other than securities transaction tax.

        Proceeds are shared by units, and the last piece gets what is left of them. Units that differ from a whole
        number of lots by a rounding error are those lots. Selling such a remainder of nothing is no disposal.
        """
        self._check(day, units, proceeds)
        held = self.units
        if units > held + ROUNDING * self._most:
            raise ValueError(f"{self.asset}: {units} units sold on {day}, {held} held")
        pieces = list(self._taken(units, WHOLE * held))
        taken, left = math.fsum(piece.units for piece in pieces), proceeds
        sold = []
        for place, piece in enumerate(pieces):
            part = left if place == len(pieces) - 1 else proceeds * (piece.units / taken)
            left -= part
            sold.append(Disposal(self.asset, piece.bought, day, piece.units, piece.cost, part, self.fair_value))
        return sold

    def _taken(self, units: float, rounding: float) -> Iterator[Lot]:
        """Whole lots while they last, then a part of the next one; what stays keeps what is left of its cost."""
        while self._lots and units > 0.0:
            lot = self._lots.popleft()
            if lot.units > units + rounding:
                part = Lot(lot.bought, units, lot.cost * (units / lot.units))
                self._lots.appendleft(Lot(lot.bought, lot.units - part.units, lot.cost - part.cost))
                yield part
                return
            yield lot
            units = 0.0 if lot.units >= units - rounding else units - lot.units

    def _check(self, day: date, units: float, rupees: float) -> None:
        if day < self._latest:
            raise ValueError(f"{self.asset}: {day} comes after {self._latest}")
        if not (0.0 < units < math.inf and 0.0 <= rupees < math.inf):
            raise ValueError(f"{self.asset} on {day}: {units} units for ₹{rupees}")
        self._latest = day
