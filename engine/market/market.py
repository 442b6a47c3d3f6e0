"""The market as a run sees it: aligned, read-only history with a calendar that is known in advance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import DataError
from engine.market.finding import Finding
from engine.market.keys import PRICED, SeriesKey, Variant

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """Histories of the series a run reads, seen from the sessions of its benchmark.

    `bars` holds each price history on its own dates (`open`, `close`; index points; open is NaN where unknown),
    `readings` every other quantity (volumes, valuations, flows, weights) on the dates it is dated, which is not when
    it was published: see `SeriesKey.publication_lag`.
    `findings` is what the store's checks found about these series: it changes no number and decides nothing.
    `sessions` are the benchmark's dates, weekends included. `calendar` is `sessions` and the exchange's published
    sessions after them, as days; it is known in advance, so a cut in time (`until`) keeps it whole.
    """

    benchmark: str
    sessions: pd.DatetimeIndex
    calendar: NDArray[np.datetime64]
    bars: Mapping[SeriesKey, pd.DataFrame]
    origin: str
    simulated: bool = False
    readings: Mapping[SeriesKey, pd.Series] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    _aligned: dict[tuple[SeriesKey, str], Floats] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(  # noqa: PLR0913  # what a market is made of
        cls,
        benchmark: str,
        bars: Mapping[SeriesKey, pd.DataFrame],
        calendar: NDArray[np.datetime64] | None = None,
        *,
        origin: str = "memory",
        simulated: bool = False,
        readings: Mapping[SeriesKey, pd.Series] | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> Market:
        """A market whose sessions are the benchmark's dates in any variant; `calendar` holds the days after them."""
        mine = [frame.index for key, frame in bars.items() if key.name == benchmark and key.variant in PRICED]
        if not mine or not any(len(index) for index in mine):
            raise DataError(f"the benchmark {benchmark} has no history in {origin}")
        sessions = pd.DatetimeIndex(
            np.unique(np.concatenate([index.to_numpy("datetime64[s]") for index in mine])), name="date"
        )
        days = sessions.to_numpy("datetime64[D]")
        later = np.empty(0, "datetime64[D]") if calendar is None else calendar[calendar > days[-1]]
        whole = np.concatenate([days, later])
        return cls(benchmark, sessions, whole, dict(bars), origin, simulated, dict(readings or {}), findings)

    @cached_property
    def _seconds(self) -> NDArray[np.datetime64]:
        return self.sessions.to_numpy("datetime64[s]")

    @cached_property
    def days(self) -> NDArray[np.datetime64]:
        """The sessions as days."""
        return self.sessions.to_numpy("datetime64[D]")

    def series(self, key: SeriesKey) -> pd.Series:
        """Closes, or readings, of one series on its own dates. Raises DataError naming what there is."""
        if key in self.bars:
            return self.bars[key]["close"].copy(deep=False)
        if key in self.readings:
            return self.readings[key].copy(deep=False)
        known = ", ".join(sorted(map(str, (*self.bars, *self.readings))))
        raise DataError(f"{key} was not loaded from {self.origin}; loaded: {known}")

    def align(self, values: pd.Series) -> Floats:
        """Values on a series' own dates, put on the sessions; NaN on a session without one."""
        own = values.index.to_numpy().astype("datetime64[s]")
        place = np.minimum(np.searchsorted(self._seconds, own), len(self._seconds) - 1)
        inside = self._seconds[place] == own
        aligned = np.full(len(self._seconds), np.nan)
        aligned[place[inside]] = values.to_numpy(dtype=float)[inside]
        return aligned

    def closes(self, names: Sequence[str], variant: Variant) -> pd.DataFrame:
        """Closes, sessions x names; NaN where a series has none."""
        return self._panel([self._field(SeriesKey(name, variant), "close") for name in names], names)

    def opens(self, names: Sequence[str], variant: Variant) -> pd.DataFrame:
        """Opening prices, sessions x names; NaN where unknown.

        A total-return series has no open: it is its previous close times the price index's move from its previous
        close to the open.
        """
        return self._panel([self._open(name, variant) for name in names], names)

    def _open(self, name: str, variant: Variant) -> Floats:
        price = self._field(SeriesKey(name, "price"), "open")
        if variant == "price":
            return price
        overnight = price / _previous(self._field(SeriesKey(name, "price"), "close"))
        total = self._field(SeriesKey(name, "total"), "close")
        return np.where(np.isnan(total), np.nan, _previous(total) * overnight)

    def _field(self, key: SeriesKey, column: str) -> Floats:
        if (key, column) not in self._aligned:
            self.series(key)
            values = self.align(self.bars[key][column])
            values.setflags(write=False)
            self._aligned[key, column] = values
        return self._aligned[key, column]

    def _panel(self, columns: Sequence[Floats], names: Sequence[str]) -> pd.DataFrame:
        values = np.column_stack(columns) if columns else np.empty((len(self.sessions), 0))
        values.setflags(write=False)
        return pd.DataFrame(values, index=self.sessions, columns=list(names), copy=False)

    def until(self, session: pd.Timestamp) -> Market:
        """The market as it was known at the close of `session`; the calendar stays whole."""
        bars = {key: frame.loc[:session] for key, frame in self.bars.items()}
        readings = {key: values.loc[:session] for key, values in self.readings.items()}
        return Market(
            self.benchmark,
            self.sessions[self.sessions <= session],
            self.calendar,
            bars,
            self.origin,
            self.simulated,
            readings,
            self.findings,
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every loaded series and reading: name, variant, dates and values."""
        total = hashlib.sha256()
        for key in sorted(self.bars):
            frame = self.bars[key]
            total.update(f"{key.name}\0{key.variant}\0{len(frame)}\0".encode())
            total.update(frame.index.to_numpy("datetime64[D]").astype("<i8").tobytes())
            for column in ("open", "close"):
                total.update(_plain(frame[column]).tobytes())
        for key in sorted(self.readings):
            reading = self.readings[key]
            total.update(f"{key.name}\0{key.variant}\0{len(reading)}\0".encode())
            total.update(reading.index.to_numpy("datetime64[D]").astype("<i8").tobytes())
            total.update(_plain(reading).tobytes())
        for finding in self.findings:  # a result's pages show them
            total.update(repr(finding).encode())
        return total.hexdigest()


def _plain(column: pd.Series) -> Floats:
    """The values with one kind of not-a-number."""
    values = column.to_numpy(dtype="<f8")
    return np.where(np.isnan(values), np.nan, values)


def _previous(values: Floats) -> Floats:
    """The last known value before each session."""
    known = np.where(np.isnan(values), 0, np.arange(len(values)))
    last = values[np.maximum.accumulate(known)]
    return np.concatenate(([np.nan], last[:-1]))


def last_known(panel: pd.DataFrame) -> Floats:
    """Each column's latest value at or before every session (what a position is valued at), sessions x names."""
    return panel.ffill().to_numpy()
