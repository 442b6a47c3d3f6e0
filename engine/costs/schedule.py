"""The dated table of charges: what is in force on a day, for a vehicle and a side."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from engine.costs.rows import CHARGES, VEHICLES, ChargeRow, clash
from engine.errors import ConfigError, DataError

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Schedule:
    """Rows of charges; no two of them speak of the same charge, vehicle, day and side."""

    rows: tuple[ChargeRow, ...]

    def __post_init__(self) -> None:
        if found := clash(self.rows):
            raise ConfigError(found)

    @classmethod
    def shipped(cls) -> Schedule:
        """The table that comes with the engine; sources in the fact file, and what nobody has read is marked there."""
        return _shipped()

    def extended(self, rows: Iterable[ChargeRow]) -> Schedule:
        """With rows of one's own, which also take the place of rows of the same charge, vehicle and day, all sides.

        Raises ConfigError when two of the new rows speak of the same charge, vehicle, day and side.
        """
        new = tuple(rows)
        taken = {(row.charge, row.vehicle, row.effective) for row in new}
        return Schedule((*(row for row in self.rows if (row.charge, row.vehicle, row.effective) not in taken), *new))

    def rate(self, charge: str, vehicle: str, days: Days) -> Floats:
        """What is in force, days x 2 (purchase, sale), in the charge's unit; 0 for a side that pays nothing.

        A future is in no demat account and pays no dp. Raises DataError for a day before the charge's first row.
        """
        if (charge, vehicle) == ("dp", "future"):
            return np.zeros((*days.shape, 2))
        effective, rates = self._tables[charge, vehicle]
        early = (
            ~(days >= effective[0]) if len(effective) else np.full(days.shape, fill_value=True)
        )  # so is no day (NaT)
        if early.any():
            raise DataError(_unknown(charge, vehicle, days[early].min(), effective))
        in_force: Floats = rates[np.searchsorted(effective, days, side="right") - 1]
        return in_force

    def unverified(self, vehicle: str, first: np.datetime64, last: np.datetime64) -> tuple[str, ...]:
        """Charges of which some figure in force from `first` to `last` was read in no source."""
        return tuple(
            charge
            for charge in CHARGES
            for rows in [self._of(charge, vehicle)]
            if any(
                not row.verified and start <= last and (end is None or end > first)
                for row, start, end in _in_force(rows)
            )
        )

    @cached_property
    def _tables(self) -> dict[tuple[str, str], tuple[Days, Floats]]:
        """Days on which something changes, and what both sides pay from each on, by charge and vehicle."""
        return {(charge, vehicle): _table(self._of(charge, vehicle)) for charge in CHARGES for vehicle in VEHICLES}

    def _of(self, charge: str, vehicle: str) -> list[ChargeRow]:
        """The rows a vehicle goes by, oldest first: an ETF's own, or without any those of shares."""
        own = [row for row in self.rows if (row.charge, row.vehicle) == (charge, vehicle)]
        if not own and vehicle == "etf":
            return self._of(charge, "share")
        return sorted(own, key=lambda row: row.effective)


def _table(rows: list[ChargeRow]) -> tuple[Days, Floats]:
    """Each day's rows alone: whatever stood before it is superseded, on both sides."""
    days = sorted({row.effective for row in rows})
    rates = np.zeros((len(days), 2))
    for row in rows:
        rates[days.index(row.effective), row.sides] = row.rate
    return np.array(days, dtype="datetime64[D]"), rates


def _in_force(rows: list[ChargeRow]) -> list[tuple[ChargeRow, np.datetime64, np.datetime64 | None]]:
    """Each row with its first day and the first day of what supersedes it, None where nothing does."""
    days = [np.datetime64(row.effective, "D") for row in rows]
    return [
        (row, day, min((one for one in days if one > day), default=None)) for row, day in zip(rows, days, strict=True)
    ]


def _unknown(charge: str, vehicle: str, day: np.datetime64, effective: Days) -> str:
    what = f"no {charge} is known for {vehicle} on {day}"
    if not len(effective):
        return f"{what}: it has no row"
    own = "" if vehicle != "etf" else " (an etf with rows of its own takes none from share)"
    return f"{what}: its first row takes effect on {effective[0]}{own}; an earlier one goes under execution.charges"


@cache
def _shipped() -> Schedule:
    with (files("engine.market") / "facts" / "charges.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    read = [{**row, "rate": float(row["rate"]), "verified": row["verified"] == "yes"} for row in rows]
    return Schedule(tuple(ChargeRow.model_validate(row) for row in read))
