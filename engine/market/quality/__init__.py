"""The quality of a store: what in it is wrong, or odd enough for somebody to look at, and what that does to a run.

Nothing is mended here and nothing is left out of a run because of a finding: each says what becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType

from engine.errors import ConfigError, DataError, unknown
from engine.market.finding import Check, Finding, Severity, order
from engine.market.quality.moves import MOVES
from engine.market.quality.prices import PRICES
from engine.market.quality.readings import READINGS
from engine.market.quality.sessions import SESSIONS
from engine.market.quality.tables import prepare
from engine.market.store import Store

__all__ = ["CHECKS", "Check", "Finding", "Severity", "check_store"]

CHECKS = MappingProxyType({check.name: check for check in (*PRICES, *SESSIONS, *MOVES, *READINGS)})


def check_store(store: Store, only: Collection[str] = (), series: str | None = None) -> tuple[Finding, ...]:
    """Every finding of a store, errors first, then by check, series and date.

    `only` names the checks to make (all of them if empty); `series` keeps the findings of one name, in any variant or,
    as in `NIFTY 50 (total)`, in one. Raises ConfigError for a check or a series there is not, DataError for a store
    with nothing in it.
    """
    for name in only:
        if name not in CHECKS:
            raise ConfigError(unknown("check", name, CHECKS))
    catalogue = store.catalogue()
    if not catalogue:
        raise DataError(
            f"nothing is in {store.path}: there is nothing to check; import history with: backtest data import DIR"
        )
    names = {*(key.name for key in catalogue), *map(str, catalogue)}
    if series is not None and series not in names:
        raise ConfigError(unknown("series", series, sorted({key.name for key in catalogue})))
    found: list[Finding] = []
    with store._open() as connection:  # the store's own way in: read-only, and speaking of a damaged file
        prepare(connection)
        for check in CHECKS.values():
            if not only or check.name in only:
                found.extend(check.run(connection))
    if series is not None:
        found = [one for one in found if series in (one.series, one.series.rpartition(" (")[0])]
    return tuple(sorted(found, key=order))
