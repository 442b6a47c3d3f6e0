"""What an attached store holds, table by table, and the digests of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from engine.market.datasets import Dataset
from engine.market.importers import quoted_columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Table:
    """What a store holds of one dataset."""

    name: str
    rows: int
    series: int
    first: date
    last: date
    sources: tuple[str, ...]
    retrieved: str
    digest: str


def table_of(connection: DuckDBPyConnection, dataset: Dataset) -> Table:
    """What the store holds of a dataset it has."""
    named = [key for key in dataset.keys if key != "date"]
    series = f"count(DISTINCT ({quoted_columns(named)}))" if named else "1"
    found = connection.execute(
        f"SELECT count(*), {series}, min(date), max(date), list(DISTINCT source ORDER BY source), "
        f"max(retrieved)::VARCHAR FROM store.{dataset.name}"
    ).fetchone()
    digest = connection.execute("SELECT digest FROM store.digests WHERE name = ?", [dataset.name]).fetchone()
    assert found is not None  # an aggregate has one row
    assert digest is not None  # written in the transaction that wrote the rows
    count, many, first, last, sources, retrieved = found
    return Table(dataset.name, count, many, first, last, tuple(sources or ()), str(retrieved), digest[0])


def write_digest(connection: DuckDBPyConnection, dataset: Dataset) -> None:
    """Remember a digest of keys and values that does not depend on the order of the rows."""
    columns = (*dataset.keys, *dataset.values)
    row = " || chr(31) || ".join(f'coalesce("{column}"::VARCHAR, chr(30))' for column in columns)
    sums = connection.execute(
        f"SELECT count(*), sum(md5_number_upper({row}))::VARCHAR, sum(md5_number_lower({row}))::VARCHAR "
        f"FROM store.{dataset.name}"
    ).fetchone()
    digest = hashlib.sha256(f"{dataset.name} {sums}".encode()).hexdigest()
    connection.execute("DELETE FROM store.digests WHERE name = ?", [dataset.name])
    connection.execute("INSERT INTO store.digests VALUES (?, ?)", [dataset.name, digest])
