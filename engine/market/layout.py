"""How a store is laid out: its version, the tables beside the data, and the way up from older versions.

Version 1 had the data, their digests and (once something was fetched) the retrievals, and said no version.
Version 2 says its version in `meta`, and keeps what other sources said (`others`) and the checks found (`findings`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine import __version__
from engine.errors import DataError
from engine.market.datasets import DATASETS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VERSION = 2
NO_STORE = "this is no market store, or a damaged one"

# `others`: the latest figure that a source gave for a cell and that is not the one used; `series` are the keys of the
# row but its date, written one after the other. `value` is text so that numbers and words fit, exact both ways.
TABLES = MappingProxyType(
    {
        "meta": "version INTEGER, engine VARCHAR, made TIMESTAMP",
        "digests": "name VARCHAR, digest VARCHAR",
        "retrievals": "provider VARCHAR, series VARCHAR, kind VARCHAR, first DATE, last DATE, rows BIGINT, "
        "digest VARCHAR, retrieved TIMESTAMP",
        "others": "dataset VARCHAR, series VARCHAR, date DATE, field VARCHAR, value VARCHAR, source VARCHAR, "
        "retrieved TIMESTAMP",
        "findings": '"check" VARCHAR, series VARCHAR, date DATE, value DOUBLE, severity VARCHAR, action VARCHAR',
    }
)


def tables(connection: DuckDBPyConnection) -> frozenset[str]:
    """The names of every table of the attached store."""
    rows = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'store'").fetchall()
    return frozenset(str(name) for (name,) in rows)


def data_tables(connection: DuckDBPyConnection) -> list[str]:
    """The names of the datasets the attached store has, in the order of the alphabet."""
    return sorted(tables(connection) & DATASETS.keys())


def version_of(connection: DuckDBPyConnection, path: Path) -> int:
    """The version of the attached store, 0 when it is an empty file. Raises DataError for what cannot be read here."""
    there = tables(connection)
    if not there:
        return 0
    if "meta" not in there:
        if "digests" in there:
            return 1
        raise DataError(f"{path}: {NO_STORE} (it has the tables {', '.join(sorted(there)[:5])})")
    row = connection.execute("SELECT version, engine FROM store.meta").fetchone()
    if row is None:
        raise DataError(f"{path}: {NO_STORE} (its table meta is empty)")
    version, engine = row
    if not isinstance(version, int) or version < 1:
        raise DataError(f"{path}: {NO_STORE} (its layout version is {version})")
    if version > VERSION:
        raise DataError(
            f"{path}: this store has layout {version}, written by version {engine} of this program; this is version "
            f"{__version__}, which reads layouts up to {VERSION}: use the newer one, or another store with --store"
        )
    return int(version)


def bring_up_to_date(connection: DuckDBPyConnection, path: Path) -> None:
    """Change an older store, or an empty file, into one of this version, inside the transaction that is open."""
    version = version_of(connection, path)
    if version == VERSION:
        return
    for older in range(max(version, 1), VERSION):
        MIGRATIONS[older](connection)
    connection.execute("DELETE FROM store.meta")
    connection.execute(
        "INSERT INTO store.meta VALUES (?, ?, (now() AT TIME ZONE 'UTC')::TIMESTAMP)", [VERSION, __version__]
    )


def _to_2(connection: DuckDBPyConnection) -> None:
    """The tables beside the data; what is there stays as it is."""
    for name, columns in TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS store.{name} ({columns})")


MIGRATIONS: dict[int, Callable[[DuckDBPyConnection], None]] = {1: _to_2}
"""By the version they start from; each makes the next."""
