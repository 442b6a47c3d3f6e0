"""What orders cost, by the day, the vehicle and the side: one implementation for one order and for whole arrays."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.costs.rows import NAMES, SIDES, VEHICLES, Brokerage
from engine.costs.schedule import Days, Floats, Schedule
from engine.errors import DataError, unknown

BPS = 1e-4
PROPORTIONAL = ("stt", "stamp", "exchange", "sebi")


@dataclass(frozen=True)
class Rates:
    """What an order of any value costs, by name; arrays are `...` (days, or days x assets) x 2 (purchase, sale).

    An order of `v` rupees pays `fraction_total * v + flat_total`, and where `lower` is given
    `min(lower[0] * v, lower[1]) * (1 + gst)` besides. GST is on brokerage, exchange and SEBI charges and stands under
    its own name; the rupees of dp are what the depository participant's bill says, its GST within.
    """

    fraction: Mapping[str, Floats]
    """Of the order's value: stt, stamp, exchange, sebi, gst, and a brokerage in basis points."""
    flat: Mapping[str, Floats]
    """Rupees an order whatever its value: dp (one scrip), and a brokerage in rupees with its gst."""
    lower: tuple[float, float] | None
    """A brokerage that is the lower of a fraction of value and so many rupees."""
    gst: Floats
    """Of the fees."""

    @classmethod
    def of(
        cls,
        vehicles: npt.ArrayLike,
        days: Days,
        *,
        brokerage: Brokerage | None = None,
        dp: bool = False,
        schedule: Schedule | None = None,
    ) -> Rates:
        """The rates of vehicles on days, which are broadcast: `share` x T days, or T x N vehicles and T x 1 days.

        Raises DataError for an unknown vehicle, and for a day before a charge's first row (dp only where asked for).
        """
        table = _Lookup(vehicles, days, schedule or Schedule.shipped())
        fraction = {name: table.rate(name) for name in PROPORTIONAL}
        gst, none = table.rate("gst"), table.nothing()
        bps, flat, lower = _split(brokerage)
        fraction["gst"] = gst * (fraction["exchange"] + fraction["sebi"] + bps)
        fraction["brokerage"] = none + bps
        rupees = {"gst": gst * flat, "dp": table.rate("dp") if dp else none, "brokerage": none + flat}
        for array in (*fraction.values(), *rupees.values(), gst):
            array.setflags(write=False)
        return cls(fraction, rupees, lower, gst)

    @property
    def fraction_total(self) -> Floats:
        """Everything proportional, of an order's value."""
        total: Floats = np.sum(list(self.fraction.values()), axis=0)
        return total

    @property
    def flat_total(self) -> Floats:
        """Everything flat, rupees an order."""
        total: Floats = np.sum(list(self.flat.values()), axis=0)
        return total

    def cost(self, traded: Floats) -> Floats:
        """Rupees that orders cost; purchases are positive rupees, sales negative; 0 is no order and costs nothing."""
        value, place = np.abs(traded), _side_of(traded)
        brokerage = 0.0 if self.lower is None else self._lower(value) * (1.0 + _at(self.gst, place))
        cost: Floats = (
            _at(self.fraction_total, place) * value + _at(self.flat_total, place) * (value != 0.0) + brokerage
        )
        return cost

    def itemised(self, traded: Floats) -> dict[str, Floats]:
        """What `cost` is made of, rupees by name, every name; not rounded, so that they add up to it."""
        value, place = np.abs(traded), _side_of(traded)
        parts = {name: np.zeros(value.shape) for name in NAMES}
        for name, rates in self.fraction.items():
            parts[name] += _at(rates, place) * value
        for name, rupees in self.flat.items():
            parts[name] += _at(rupees, place) * (value != 0.0)
        if self.lower is not None:
            brokerage = self._lower(value)
            parts["brokerage"] += brokerage
            parts["gst"] += brokerage * _at(self.gst, place)
        return parts

    def _lower(self, value: Floats) -> Floats:
        bps, cap = self.lower or (0.0, 0.0)
        return np.minimum(bps * value, cap)


def charges(  # noqa: PLR0913  # a public contract: what is traded, and three ways to say on which terms
    value: float,
    side: str,
    vehicle: str,
    date: dt.date | np.datetime64 | str,
    *,
    brokerage: Brokerage | None = None,
    dp: bool = False,
    schedule: Schedule | None = None,
) -> dict[str, float]:
    """What one order of `value` rupees is charged, rupees by name: every name of `NAMES`, 0.0 where nothing is due.

    In full precision: nothing is rounded to the paisa, as a contract note would, so that charges stay proportional.
    `dp` asks for one scrip's. Raises DataError for a value that is none, an unknown side or vehicle, and a date before
    a charge's first row.
    """
    if not (math.isfinite(value) and value >= 0.0):
        raise DataError(f"an order's value is rupees, 0 or more, not {value!r}")
    if side not in SIDES:
        raise DataError(unknown("side", side, SIDES))
    rates = Rates.of(vehicle, _day(date), brokerage=brokerage, dp=dp, schedule=schedule)
    parts = rates.itemised(np.array([value if side == "buy" else -value], dtype=float))
    return {name: float(part[0]) for name, part in parts.items()}


def _day(date: dt.date | np.datetime64 | str) -> Days:
    """One day, as an array."""
    try:
        day = dt.date.fromisoformat(date) if isinstance(date, str) else date
        return np.array([day], dtype="datetime64[D]")
    except (TypeError, ValueError) as error:
        raise DataError(f"a date is a day such as 2024-10-01, not {date!r}") from error


def _split(brokerage: Brokerage | None) -> tuple[float, float, tuple[float, float] | None]:
    """A brokerage as a fraction of value, rupees an order, or the lower of both; the others nothing."""
    if brokerage is None:
        return 0.0, 0.0, None
    if brokerage.bps is None or brokerage.flat is None:
        return (brokerage.bps or 0.0) * BPS, brokerage.flat or 0.0, None
    return 0.0, 0.0, (brokerage.bps * BPS, brokerage.flat)


def _side_of(traded: Floats) -> npt.NDArray[np.intp]:
    return (traded < 0.0).astype(np.intp)


def _at(rates: Floats, place: npt.NDArray[np.intp]) -> Floats:
    """Each order's side of the rates."""
    chosen: Floats = np.where(place == 0, rates[..., 0], rates[..., 1])
    return chosen


class _Lookup:
    """Vehicles and days brought to one shape, and the charges they meet."""

    def __init__(self, vehicles: npt.ArrayLike, days: Days, schedule: Schedule) -> None:
        self.schedule = schedule
        named, self.days = np.broadcast_arrays(np.asarray(vehicles, dtype=str), days.astype("datetime64[D]"))
        self.where = {vehicle: named == vehicle for vehicle in VEHICLES}
        strange = ~np.logical_or.reduce(list(self.where.values()))
        if strange.any():
            raise DataError(unknown("vehicle", str(named[strange][0]), VEHICLES))

    def nothing(self) -> Floats:
        return np.zeros((*self.days.shape, 2))

    def rate(self, charge: str) -> Floats:
        """The rates of one charge, shape x 2."""
        found = self.nothing()
        for vehicle, here in self.where.items():
            if here.any():
                found[here] = self.schedule.rate(charge, vehicle, self.days[here])
        return found
