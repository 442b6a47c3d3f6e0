"""What an allocator may look at: history that ends at the decision close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.config.models import Config
from engine.market.keys import SeriesKey
from engine.market.market import Market

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Until:
    """A history as it was known at the close of one session."""

    history: History
    session: int

    def returns(self, names: Sequence[str], window: int) -> Floats:
        """Returns of the last `window` sessions, oldest first; NaN where a name lacks either close."""
        columns = [self.history.place[name] for name in names]
        closes = self.history.closes[max(self.session - window, 0) : self.session + 1, columns]
        return closes[1:] / closes[:-1] - 1.0

    def latest(self, key: SeriesKey) -> float | None:
        """The latest value that was published by this close; None before there is one."""
        known, values = self.history.published(key)
        place = int(np.searchsorted(known, self.session, "right")) - 1
        return None if place < 0 else float(values[place])


class History:
    """Closes of everything that can be held, and readings by the session at which they became known."""

    def __init__(self, market: Market, config: Config) -> None:
        self.market = market
        self.place = {name: place for place, name in enumerate(config.tradable)}
        self.closes: Floats = market.closes(config.tradable, config.market.returns).to_numpy()
        self._published: dict[SeriesKey, tuple[NDArray[np.intp], Floats]] = {}

    def until(self, session: int) -> Until:
        """The past of one decision close."""
        return Until(self, session)

    def published(self, key: SeriesKey) -> tuple[NDArray[np.intp], Floats]:
        """The session from which each known value of a reading could be used, and the values.

        Lags count sessions after a value's date; without one it is known at the first session on or after that date.
        """
        if key not in self._published:
            reading = self.market.series(key).dropna()
            dates = reading.index.to_numpy("datetime64[D]")
            after = np.searchsorted(self.market.days, dates, "right") - 1 + key.publication_lag
            known = np.maximum(after, np.searchsorted(self.market.days, dates))
            self._published[key] = known, reading.to_numpy(dtype=float)
        return self._published[key]
