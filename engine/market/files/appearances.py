"""The first day on which the daily index files have an index, held against the launch date of the facts.

A daily file has the indices published on its day, so it knows nothing of values computed backwards later. An index that
stands in the oldest file read may be older than it: only one that is missing from an earlier file has appeared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from engine.market.files.daily import PROVIDER
from engine.market.registry import index_facts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LISTED_WITHIN = timedelta(days=31)
"""How long after its launch an index may be missing from the files before its launch date is doubted."""


class Appearance(NamedTuple):
    """One index: the first daily file that has it, and the last one before that, None where none was read."""

    series: str
    first: date
    before: date | None


def remember(connection: DuckDBPyConnection) -> None:
    """Note the staged rows of daily files in the store: which days were read, and where each index first stands."""
    staged = f"FROM temp.indices WHERE source = '{PROVIDER}'"
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE temporary AND table_name = 'indices'").fetchone():
        return
    if not connection.execute(f"SELECT 1 {staged} LIMIT 1").fetchone():
        return
    connection.execute("CREATE TABLE IF NOT EXISTS store.daily_files (date DATE)")
    connection.execute('CREATE TABLE IF NOT EXISTS store.appearances ("index" VARCHAR, first DATE)')
    connection.execute(f"INSERT INTO store.daily_files SELECT DISTINCT date {staged} EXCEPT FROM store.daily_files")
    connection.execute(
        'CREATE OR REPLACE TEMP TABLE appeared AS SELECT "index", min(first) AS first FROM (FROM store.appearances '
        f'UNION ALL SELECT "index", date {staged}) GROUP BY ALL'
    )
    connection.execute("DELETE FROM store.appearances")
    connection.execute("INSERT INTO store.appearances FROM temp.appeared ORDER BY ALL")


def appearances(connection: DuckDBPyConnection) -> list[Appearance]:
    """Every index of the daily files, by name."""
    rows = connection.execute(
        'SELECT "index", first, (SELECT max(date) FROM store.daily_files WHERE date < first) FROM store.appearances '
        "ORDER BY ALL"
    ).fetchall()
    return [Appearance(*row) for row in rows]


def doubts(found: Iterable[Appearance]) -> list[str]:
    """Sentences on launch dates of the facts that the daily files contradict."""
    told = []
    for one in found:
        facts = index_facts().get(one.series)
        if facts is None or facts.launch_date is None:
            continue
        if facts.launch_date > one.first:
            told.append(
                f"{one.series} stands in the daily file of {one.first}, before its launch on {facts.launch_date}"
            )
        elif one.before is not None and facts.launch_date + LISTED_WITHIN < one.before:
            told.append(
                f"{one.series} is first in the daily file of {one.first} and not in that of {one.before}, though "
                f"launched on {facts.launch_date}"
            )
    return told
