"""Where a run's history comes from: the store, or the bundled sample market while the store is empty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.market.keys import PRICED, SeriesKey, Span
from engine.market.store import Look, Store, default_store

if TYPE_CHECKING:
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
        from engine.market.sample_series import sample_catalogue  # noqa: PLC0415  # only while the store is empty

        return sample_catalogue()

    def market(self, benchmark: str, keys: Iterable[SeriesKey]) -> Market:
        """The series asked for and every price history of the benchmark, all of which must be in the catalogue."""
        from engine.market.calendar import continued  # noqa: PLC0415  # pandas is not for commands that only look
        from engine.market.market import Market  # noqa: PLC0415

        mine = [SeriesKey(benchmark, variant) for variant in PRICED]
        wanted = sorted({*keys, *(key for key in mine if key in self.catalogue)})
        bars, readings, findings = self._look(wanted)
        build = partial(
            Market.of,
            benchmark,
            bars,
            origin=self.name,
            simulated=self.simulated,
            readings=readings,
            findings=findings,
        )
        return build(calendar=continued(build().days))

    def _look(self, wanted: list[SeriesKey]) -> Look:
        if not self.simulated:
            return self.store.look(wanted)
        from engine.market.sample_series import sample_read  # noqa: PLC0415  # only while the store is empty

        return Look(*sample_read(wanted), findings=())


def open_source(path: Path | None = None) -> Source:
    """The store at `path`, else the default one."""
    return Source(Store(path or default_store()))
