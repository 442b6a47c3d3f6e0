"""The plug-in shapes a strategy is built from, and their registries.

A block is one frozen model with typed, documented fields and one method; its fields are its YAML. Blocks live in
`strategies/`, one per file, and are found by `load()`.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.market.keys import SeriesKey, Variant

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.market.market import Market

_B = TypeVar("_B", bound="Block")

MOST = 100_000  # sessions, decisions or ranks: four centuries of sessions

Text = Annotated[str, Field(strict=True, min_length=1)]
Count = Annotated[int, Field(strict=True, ge=1, le=MOST)]
CountOrZero = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Names = Annotated[tuple[Text, ...], Field(min_length=1)]


def as_fraction(value: Any) -> Any:
    """A number, or text such as `60%` as its hundredth; anything else is left to the type to refuse."""
    if isinstance(value, str) and value.strip().endswith("%"):
        number = value.strip()[:-1].strip()
        try:
            return float(f"{number}e-2")
        except ValueError:
            return value
    return value


def _as_weight(value: Any) -> Any:
    fraction = as_fraction(value)
    if isinstance(fraction, float | int) and not isinstance(fraction, bool) and fraction > 1:
        if isinstance(value, str):
            raise ValueError(f"a weight is at most 100%, not {value}")
        raise ValueError(f"{value} means {value * 100:g}%: write {value}% or {value / 100:g}")
    return fraction


Fraction = Annotated[Number, BeforeValidator(as_fraction)]
Weight = Annotated[Number, BeforeValidator(_as_weight), Field(ge=0)]


class Block(BaseModel):
    """Frozen and closed: an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: str


class Signal(Block, ABC):
    """A quantity computed from history, one column per series, each value known at its session's close.

    `kind` says what the values are: a `condition` holds 1.0 (true), 0.0 (false) or NaN (unknown), a `number` any
    value or NaN. With a single `of` it can stand in `when`; with a list, or without `of` (then the whole universe),
    it is a score for `by`.
    """

    kind: ClassVar[Literal["condition", "number"]]

    of: Annotated[Text | Names | None, Field(description="a series, a list, or the whole universe")] = None
    variant: Annotated[Variant, Field(description="read the price index or total return")] = "price"
    lag: Annotated[CountOrZero, Field(description="sessions to look back before anything is known")] = 0

    @property
    def single(self) -> bool:
        """Whether the signal speaks of one series, and so can stand in a condition."""
        return isinstance(self.of, str)

    def covers(self, universe: Sequence[str]) -> tuple[str, ...]:
        """The series the signal has a column for."""
        if self.of is None:
            return tuple(universe)
        return (self.of,) if isinstance(self.of, str) else self.of

    def reads(self, universe: Sequence[str]) -> frozenset[SeriesKey]:
        """Every series that has to be loaded for it."""
        return frozenset(SeriesKey(name, self.variant) for name in self.covers(universe))

    def evaluate(self, market: Market, universe: Sequence[str]) -> NDArray[np.float64]:
        """Values, sessions x `covers(universe)`, as they are known at each close: `lag` sessions late."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        values = self.compute(market, self.covers(universe))
        known = np.full_like(values, np.nan)
        known[self.lag :] = values[: max(len(values) - self.lag, 0)]
        return known

    @abstractmethod
    def compute(self, market: Market, names: tuple[str, ...]) -> NDArray[np.float64]:
        """Values, sessions x names, from what is known at each close without any lag; must look only backwards."""


class SeriesSignal(Signal):
    """A signal that looks at each series by itself; windows count the series' own observations."""

    def compute(self, market: Market, names: tuple[str, ...]) -> NDArray[np.float64]:
        """`of_series` of every name, put on the sessions; unknown on a session without an observation."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        columns = [market.align(self.of_series(market.series(SeriesKey(name, self.variant)))) for name in names]
        return np.column_stack(columns)

    @abstractmethod
    def of_series(self, closes: pd.Series) -> pd.Series:
        """Values of one series on its own dates from its closes (index points); must look only backwards."""


class PairSignal(Signal):
    """A signal that sets each series against `to`, of the same variant; windows count the dates both have.

    Unknown on a session on which either has no observation.
    """

    to: Annotated[Text, Field(description="the series each one is compared with")] = "NIFTY 50"

    def reads(self, universe: Sequence[str]) -> frozenset[SeriesKey]:
        """Every series it covers, and `to`."""
        return super().reads(universe) | {SeriesKey(self.to, self.variant)}

    def compute(self, market: Market, names: tuple[str, ...]) -> NDArray[np.float64]:
        """`of_pair` of every name, put on the sessions."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        other = market.series(SeriesKey(self.to, self.variant))
        pairs = [market.series(SeriesKey(name, self.variant)).align(other, join="inner") for name in names]
        return np.column_stack([market.align(self.of_pair(closes, against)) for closes, against in pairs])

    @abstractmethod
    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """Values of one series from its closes and those of `to` on their common dates; must look only backwards."""


class Moment(NamedTuple):
    """What an allocator may know at a decision close."""

    universe: tuple[str, ...]
    priced: frozenset[str]  # names with a price at this close
    scores: Mapping[str, Mapping[str, float]]  # signal -> series -> value; unknown values are left out
    chosen: tuple[str, ...]  # what the same rule chose at its previous decision, if no other rule won since


class Allocation(NamedTuple):
    """Weights by name (what is missing to 1 is CASH) and the names that were chosen."""

    weights: Mapping[str, float]
    chosen: tuple[str, ...]


class Scope(NamedTuple):
    """What a strategy file offers to its blocks: names to hold, and signals by name."""

    universe: tuple[str, ...]
    signals: Mapping[str, Signal]


class Mistake(NamedTuple):
    """Something that cannot be meant, and where it stands in the file; `key` when a key is meant, not its value."""

    path: tuple[str | int, ...]
    message: str
    key: bool = False


class Allocator(Block, ABC):
    """Turns what is known at a decision close into weights."""

    @abstractmethod
    def holds(self, universe: tuple[str, ...]) -> tuple[str, ...]:
        """Every name it may ever hold, CASH left out."""

    @abstractmethod
    def certain(self) -> tuple[str, ...]:
        """The names it holds whatever the scores say: they need a price before the first decision."""

    @property
    def scores(self) -> tuple[str, ...]:
        """The signals it ranks by."""
        return ()

    @abstractmethod
    def ready(self, moment: Moment) -> bool:
        """Whether its scores have history at this close."""

    @abstractmethod
    def allocate(self, moment: Moment) -> Allocation:
        """The weights at this close."""

    @abstractmethod
    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """What this file cannot mean, with paths relative to the allocator."""


SIGNALS: dict[str, type[Signal]] = {}
ALLOCATORS: dict[str, type[Allocator]] = {}


def register(block: type[_B]) -> type[_B]:
    """Class decorator: enter a block in the registry of its shape under the literal of its `use` field."""
    name = block.model_fields["use"].default
    registry: dict[str, Any] = SIGNALS if issubclass(block, Signal) else ALLOCATORS
    if name in registry:
        raise TypeError(f"two blocks are called {name!r}: {registry[name].__name__} and {block.__name__}")
    registry[name] = block
    return block


@cache
def load() -> None:
    """Import every module below `strategies/`, so that its blocks are registered."""
    package = importlib.import_module("strategies")
    for module in pkgutil.walk_packages(package.__path__, "strategies."):
        importlib.import_module(module.name)
