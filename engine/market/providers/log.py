"""What a store remembers of providers: rows given in memory, and which days of a history were retrieved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from engine.market.datasets import Dataset
from engine.market.importers import quoted_columns, table_columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Retrieval(NamedTuple):
    """One chunk as a provider gave it: the days that need not be asked for again, and the SHA-256 of the answer."""

    provider: str
    series: str
    kind: str
    first: date
    last: date
    rows: int
    digest: str
    retrieved: datetime  # UTC, without a zone


def stage_rows(
    connection: DuckDBPyConnection, dataset: Dataset, rows: Sequence[Mapping[str, object]], source: str
) -> None:
    """A temporary table, called as the dataset, of checked rows given in memory."""
    columns = (*dataset.keys, *dataset.values, "source")
    connection.execute(f'CREATE TEMP TABLE "{dataset.name}" ({table_columns(dataset)})')
    values = ", ".join("unnest(?)" for _ in columns)  # row by row takes a hundred times as long
    connection.execute(
        f'INSERT INTO temp."{dataset.name}" ({quoted_columns(columns)}) SELECT {values}',
        [[{**row, "source": source}.get(column) for row in rows] for column in columns],
    )


def note(connection: DuckDBPyConnection, retrieval: Retrieval) -> None:
    """Remember a chunk."""
    connection.execute(f"INSERT INTO store.retrievals VALUES ({', '.join('?' * len(retrieval))})", list(retrieval))


def closes_of_others(connection: DuckDBPyConnection, symbol: str, source: str) -> dict[date, tuple[float, str]]:
    """Every stored close of a stock that another source gave, with who that is."""
    rows = connection.execute(
        "SELECT date, close, source FROM store.stocks WHERE symbol = ? AND source <> ?", [symbol, source]
    ).fetchall()
    return {day: (close, who) for day, close, who in rows}


def noted(connection: DuckDBPyConnection, provider: str, series: str, kind: str) -> list[tuple[date, date]]:
    """First and last day of every chunk remembered of one history, oldest first."""
    return connection.execute(
        "SELECT first, last FROM store.retrievals WHERE provider = ? AND series = ? AND kind = ? ORDER BY ALL",
        [provider, series, kind],
    ).fetchall()
