"""The shape of a signal: what a condition or a ranking looks at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from engine.blocks.fields import Block, CountOrZero, Names, SeriesName
from engine.errors import StrategyError
from engine.market.keys import SeriesKey, Variant, latest_publication

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.market.market import Market


class Scope(NamedTuple):
    """What a strategy file offers to its blocks: names to hold, signals by name, and baskets with their stocks."""

    universe: tuple[str, ...]
    signals: Mapping[str, Signal] = MappingProxyType({})
    baskets: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Mistake(NamedTuple):
    """Something that cannot be meant, and where it stands in the file; `key` when a key is meant, not its value."""

    path: tuple[str | int, ...]
    message: str
    key: bool = False


class Signal(Block, ABC):
    """A quantity computed from history, each value known at its session's close.

    `kind` says what the values are: a `condition` holds 1.0 (true), 0.0 (false) or NaN (unknown), a `number` any
    value or NaN. A signal of one column can stand in `when`; one with a column per series is a score for `by`.
    """

    kind: ClassVar[Literal["condition", "number"]]

    @property
    def fraction(self) -> bool:
        """Whether its numbers are fractions (0.1 is 10%), not on a scale of their own such as that of an RSI."""
        return self.kind == "number"

    lag: Annotated[CountOrZero, Field(description="sessions to look back before anything is known")] = 0

    @property
    def single(self) -> bool:
        """Whether the signal has one column, and so can stand in a condition."""
        return True

    def covers(self, scope: Scope) -> tuple[str, ...]:  # noqa: ARG002  # one that speaks of the market has one column
        """The series the signal has a column for; its own name where it speaks of the market as a whole."""
        return (self.use,)

    @abstractmethod
    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """Every series that has to be loaded for it."""

    def evaluate(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """Values, sessions x `covers(scope)`, as they can be known at each close.

        They are late by `lag` sessions and by the longest publication lag of what the signal reads.
        """
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        values = self.compute(market, scope)
        if values.shape != (len(market.sessions), len(self.covers(scope))):
            raise StrategyError(f"the signal {self.use} gave values of the wrong shape, {values.shape}")
        late = self.lag + latest_publication(self.reads(scope))
        known = np.full_like(values, np.nan)
        known[late:] = values[: max(len(values) - late, 0)]
        return known

    @abstractmethod
    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """Values, sessions x `covers(scope)`, at the dates the data carry; must look only backwards."""

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:  # noqa: ARG002  # most have nothing to look up
        """What this file cannot mean, with paths relative to the signal."""
        yield from ()


class OfSignal(Signal):
    """A signal of one series, of a list, or, without `of`, of the whole universe."""

    of: Annotated[SeriesName | Names | None, Field(description="a series, a list, or the whole universe")] = None

    @property
    def single(self) -> bool:
        """Whether it speaks of one series."""
        return isinstance(self.of, str)

    def covers(self, scope: Scope) -> tuple[str, ...]:
        """The series it speaks of."""
        if self.of is None:
            return scope.universe
        return (self.of,) if isinstance(self.of, str) else self.of


class PriceSignal(OfSignal):
    """A signal of price histories."""

    variant: Annotated[Variant, Field(description="read the price index or total return")] = "price"

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """All of them, in its variant."""
        return frozenset(SeriesKey(name, self.variant) for name in self.covers(scope))


class SeriesSignal(PriceSignal):
    """A signal that looks at each series by itself; windows count the series' own observations."""

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """`of_series` of every name, put on the sessions; unknown on a session without an observation."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        keys = [SeriesKey(name, self.variant) for name in self.covers(scope)]
        return np.column_stack([market.align(self.of_series(market.series(key))) for key in keys])

    @abstractmethod
    def of_series(self, closes: pd.Series) -> pd.Series:
        """Values of one series on its own dates from its closes (index points); must look only backwards."""


class PairSignal(PriceSignal):
    """A signal that sets each series against `to`, of the same variant; windows count the dates both have.

    Unknown on a session on which either has no observation.
    """

    to: Annotated[SeriesName, Field(description="the series each one is compared with")] = "NIFTY 50"

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """Every series it covers, and `to`."""
        return super().reads(scope) | {SeriesKey(self.to, self.variant)}

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """`of_pair` of every name, put on the sessions."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        other = market.series(SeriesKey(self.to, self.variant))
        keys = [SeriesKey(name, self.variant) for name in self.covers(scope)]
        pairs = [market.series(key).align(other, join="inner") for key in keys]
        return np.column_stack([market.align(self.of_pair(closes, against)) for closes, against in pairs])

    @abstractmethod
    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """Values of one series from its closes and those of `to` on their common dates; must look only backwards."""


class CalendarSignal(Signal):
    """A signal of the date alone: known in advance and read from no series."""

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:  # noqa: ARG002  # dates are not data
        """Nothing."""
        return frozenset()

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:  # noqa: ARG002  # the same for every file
        """`of_days` of the sessions, one column."""
        return self.of_days(market.days, market.calendar)[:, None]

    @abstractmethod
    def of_days(self, days: NDArray[np.datetime64], calendar: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """A value for each day; `calendar` holds the sessions known in advance, later ones included."""
