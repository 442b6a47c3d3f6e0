"""`market.horizon`: an asset cannot be held before its launch, or before a fund that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from engine.blocks import in_words
from engine.config.models import Config
from engine.market.horizon import Since, since
from engine.market.market import Market


class Openings:
    """Which names may be held at which session; with `horizon: all` every one at every session."""

    def __init__(self, config: Config, market: Market) -> None:
        self.horizon = config.market.horizon
        self.days = market.days
        self.names = config.tradable
        self.since: dict[str, Since] = {}
        if self.horizon != "all":
            self.since = {name: since(name, self.horizon, config.baskets) for name in self.names}
        self.open: NDArray[np.bool_] = np.column_stack([self._open(name) for name in self.names])

    def _open(self, name: str) -> NDArray[np.bool_]:
        """Sessions on or after the day of one name."""
        if name not in self.since:
            return np.ones(len(self.days), dtype=bool)
        day = self.since[name].day
        return np.zeros(len(self.days), dtype=bool) if day is None else self.days >= np.datetime64(day)

    def closed(self, session: int) -> tuple[str, ...]:
        """The names that cannot be held yet."""
        return tuple(compress(self.names, (~self.open[session]).tolist()))

    def lacks(self, name: str, session: int) -> str:
        """Why a name has no price to trade at on a session, in words."""
        if name in self.closed(session):
            return f"{name} cannot be held (market.horizon: {self.horizon}): {self.since[name].why}"
        return f"{name} has no price"

    def left_out(self, session: int) -> str:
        """What to add where a rule waits for candidates; nothing when all of them may be held."""
        names = self.closed(session)
        return f" (market.horizon: {self.horizon} leaves out {in_words(names)})" if names else ""

    def later(self, names: Sequence[str], session: int) -> Iterator[str]:
        """What is said of names without a price to trade at the first decision."""
        for name in names:
            if name not in self.closed(session):
                yield f"{name} has no price at the first decision and could only be held later"
                continue
            day, why = self.since[name].day, self.since[name].why
            when = "could never be held" if day is None else f"could only be held from {day} on"
            yield f"{name} {when} (market.horizon: {self.horizon}): {why}{self._unverified(name)}"

    def _unverified(self, name: str) -> str:
        return "" if self.since[name].verified else " (date not verified)"
