"""The quality of a store: what in it is wrong, or odd enough for somebody to look at, and what that does to a run.

Nothing is mended here and nothing is left out of a run because of a finding: each says what becomes of it. An import
that brings an error is refused; warnings are kept in the store and go with the series into every run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.errors import ConfigError, DataError, unknown
from engine.market.datasets import Dataset
from engine.market.finding import Check, Finding, Severity, order, spoken
from engine.market.opening import in_memory, reading
from engine.market.providers.log import stage_rows
from engine.market.quality.moves import MOVES
from engine.market.quality.prices import PRICES
from engine.market.quality.readings import READINGS
from engine.market.quality.sessions import SESSIONS
from engine.market.quality.sources import SOURCES
from engine.market.quality.tables import prepare

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from engine.market.store import Store

__all__ = ["CHECKS", "Check", "Finding", "Severity", "check_rows", "check_store", "refusal", "run_checks"]

CHECKS = MappingProxyType({check.name: check for check in (*PRICES, *SESSIONS, *MOVES, *READINGS, *SOURCES)})


def run_checks(connection: DuckDBPyConnection, only: Collection[str] = ()) -> tuple[Finding, ...]:
    """The findings of the attached store, errors first, then by check, series and date; `only` names checks."""
    prepare(connection)
    asked = [check for check in CHECKS.values() if not only or check.name in only]
    return tuple(sorted((one for check in asked for one in check.run(connection)), key=order))


def check_rows(dataset: Dataset, rows: Sequence[Mapping[str, object]]) -> tuple[Finding, ...]:
    """What is wrong with some rows by themselves, whatever else is known: they are made a little store of their own."""
    with in_memory() as connection:
        stage_rows(connection, dataset, rows, "")
        connection.execute("ATTACH ':memory:' AS store")
        connection.execute(f'CREATE TABLE store.{dataset.name} AS FROM temp."{dataset.name}"')
        connection.execute(f'DROP TABLE temp."{dataset.name}"')
        return run_checks(connection, [check.name for check in CHECKS.values() if check.of_rows])


def refusal(where: str, errors: Sequence[Finding]) -> str:
    """Why rows are not stored: the first of their errors, how many more there are, and what to do."""
    first = errors[0]
    check = CHECKS[first.check]
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    return (
        f"{where}: {first.series} on {first.date}: {check.name} {spoken(first.value, check.unit)}{more}, "
        f"but {check.says}. Nothing was stored: correct those rows or leave them out"
    )


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
    with reading(store.path, store.patience) as connection:
        found = run_checks(connection, only)
    if series is None:
        return found
    return tuple(one for one in found if series in (one.series, one.series.rpartition(" (")[0]))
