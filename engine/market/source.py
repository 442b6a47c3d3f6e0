"""Where a run's history comes from: the store, or the bundled sample market while the store is empty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from engine.market.keys import SeriesKey, Span, Variant
from engine.market.store import Store, default_store

if TYPE_CHECKING:
    import pandas as pd

    from engine.market.market import Market

SAMPLE = "the bundled sample market (SIMULATED)"


@dataclass(frozen=True)
class Source:
    """The store at a path, or the sample market when nothing is in it; never a mixture."""

    store: Store

    @cached_property
    def _stored(self) -> dict[SeriesKey, Span] | None:
        return self.store.catalogue()

    @property
    def simulated(self) -> bool:
        """Whether the sample market is used."""
        return self._stored is None

    @property
    def name(self) -> str:
        """How messages call it."""
        return SAMPLE if self.simulated else f"the store {self.store.path}"

    @cached_property
    def catalogue(self) -> dict[SeriesKey, Span]:
        """Every series it has."""
        if self._stored is not None:
            return self._stored
        from engine.market.sample import sample_catalogue  # noqa: PLC0415  # only while the store is empty

        spans = sample_catalogue()
        return {
            SeriesKey(name, cast("Variant", variant)): Span(str(first), str(last), count)
            for (name, variant), (first, last, count) in spans.items()
        }

    def market(self, benchmark: str, keys: Iterable[SeriesKey]) -> Market:
        """The series asked for and every variant of the benchmark, all of which must be in the catalogue."""
        from engine.market.calendar import continued  # noqa: PLC0415  # pandas is not for commands that only look
        from engine.market.market import Market  # noqa: PLC0415

        mine = [SeriesKey(benchmark, "price"), SeriesKey(benchmark, "total")]
        wanted = sorted({*keys, *(key for key in mine if key in self.catalogue)})
        bars = self._sample(wanted) if self.simulated else self.store.bars(wanted)
        found = Market.of(benchmark, bars, origin=self.name, simulated=self.simulated)
        return Market.of(benchmark, bars, continued(found.days), origin=self.name, simulated=self.simulated)

    def _sample(self, wanted: list[SeriesKey]) -> dict[SeriesKey, pd.DataFrame]:
        from engine.market.sample import sample_bars  # noqa: PLC0415  # only while the store is empty

        bars = sample_bars()
        return {key: bars[key.name, key.variant] for key in wanted}


def open_source(path: Path | None = None) -> Source:
    """The store at `path`, else the default one."""
    return Source(Store(path or default_store()))
