"""Tax inside a simulation: what the tax book is told at every row, and what it says is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.accounting.terms import Terms
from engine.tax import TaxBook, TaxSettings, YearTax, year_ends

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Taxation:
    """Who is taxed, on what: `days` are all sessions, `fair_values` rupees a unit of 2018-01-31 by asset."""

    settings: TaxSettings
    assets: tuple[str, ...]
    days: Days
    fair_values: Mapping[str, float]

    def due(self, first: int, last: int) -> list[int]:
        """Sessions after `first` and up to `last` that pay the tax of a year."""
        return [first + end.first for end in year_ends(self.days[first : last + 1])]


class TaxAccount:
    """One portfolio's tax while it is simulated; sessions are positions, `cash` the value of a unit of CASH."""

    def __init__(self, taxation: Taxation, terms: Terms, cash: Floats, span: tuple[int, int]) -> None:
        first, last = span
        self.owed = 0.0
        self.paid: dict[int, float] = {}
        self._taxation, self._terms, self._cash = taxation, terms, cash
        self._book = TaxBook(taxation.settings, taxation.fair_values)
        ends = year_ends(taxation.days[first : last + 1])
        self._ends = [(end.year, first + end.last, first + end.first) for end in ends]
        self._at = first

    @property
    def years(self) -> tuple[YearTax, ...]:
        """The years that were closed, oldest first."""
        return tuple(self._book.closed)

    def until(self, session: int, cash_units: float) -> None:
        """Let time pass with so much CASH: interest is earned, and the years that end are closed and owe their tax."""
        while self._ends and self._ends[0][2] <= session:
            year, last, _ = self._ends.pop(0)
            self._earn(last, cash_units)
            self.owed += self._book.close_year(year).total
        self._earn(session, cash_units)

    def _earn(self, session: int, cash_units: float) -> None:
        if session > self._at:
            earned = cash_units * float(self._cash[session] - self._cash[self._at])
            self._book.interest(self._taxation.days[session].astype(object), earned)
            self._at = session

    def pay(self, session: int) -> float:
        """What is owed, which from now on is paid."""
        owed, self.owed = self.owed, 0.0
        self.paid[session] = owed
        return owed

    def trade(self, session: int, units: Floats, worth: Floats, cost: Floats) -> None:
        """Note trades: signed units and rupees of each asset, and what they cost, of which STT cannot be deducted."""
        day = self._taxation.days[session].astype(object)
        stt = self._terms.named("stt", session, worth)
        for place in np.flatnonzero(units):
            asset, charged = self._taxation.assets[place], float(cost[place] - stt[place])
            if units[place] > 0.0:
                self._book.buy(asset, day, float(units[place]), float(worth[place]) + charged)
            else:
                self._book.sell(asset, day, -float(units[place]), max(-float(worth[place]) - charged, 0.0))

    def liquidated(self, session: int, cash_units: float, worth: Floats, cost: Floats) -> YearTax:
        """The tax of the running year were all that is held sold at a session; the book stays as it is."""
        self.until(session, cash_units)
        stt = self._terms.named("stt", session, -worth)
        proceeds = np.maximum(worth - (cost - stt), 0.0)
        by_asset = dict(zip(self._taxation.assets, proceeds.tolist(), strict=True))
        return self._book.liquidation(self._taxation.days[session].astype(object), by_asset)
