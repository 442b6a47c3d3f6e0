"""Putting staged rows into the store: where two sources differ the better one is used and the other is kept.

A source speaks for the columns it has any figure in. What it says replaces what it said before, an empty cell
included; a cell it leaves empty is filled with what another source says. Rows that say nothing new are not touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from engine.market.datasets import Dataset
from engine.market.importers import quoted_columns, table_columns
from engine.market.ranks import rank_of, sources_of, told

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEPARATOR = " | "
"""Between the keys of a row in `others`."""


def merge(connection: DuckDBPyConnection, dataset: Dataset, now: datetime) -> bool:
    """Put the staged rows of a dataset (a temporary table called as it) into the attached store.

    Returns whether the table changed: not when the store had everything, or had better.
    """
    table = f"store.{dataset.name}"
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({table_columns(dataset)}, retrieved TIMESTAMP)")
    filled = connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
    if filled:
        _note_who_speaks(connection, dataset)
        _pass_over_known(connection, dataset)
        if _find_meetings(connection, dataset):
            _settle(connection, dataset, now)
            _pass_over_known(connection, dataset)
        connection.execute(f"DELETE FROM {table} AS old USING {_staged(dataset)} AS new WHERE {_same(dataset)}")
    columns = (*dataset.keys, *dataset.values, "source")
    connection.execute(
        f"INSERT INTO {table} SELECT {quoted_columns(columns)}, TIMESTAMP '{_literal(now)}' "
        f"FROM {_staged(dataset)} ORDER BY {quoted_columns(dataset.keys)}"
    )
    return not filled or connection.execute(f"SELECT 1 FROM {_staged(dataset)} LIMIT 1").fetchone() is not None


def series_text(dataset: Dataset, row: str = "") -> str:
    """SQL for the keys of a row but its date, as `others` has them."""
    named = [f'{row}"{key}"' for key in dataset.keys if key != "date"]
    return f"concat_ws('{SEPARATOR}', {', '.join(named)})" if named else "''"


def _staged(dataset: Dataset) -> str:
    return f'temp."{dataset.name}"'


def _same(dataset: Dataset, left: str = "old", right: str = "new") -> str:
    return " AND ".join(f'{left}."{key}" = {right}."{key}"' for key in dataset.keys)


def _literal(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _pass_over_known(connection: DuckDBPyConnection, dataset: Dataset) -> None:
    """Unstage rows that the store has already, cell for cell: the time they were retrieved stays the first."""
    cells = (*dataset.values, "source")
    alike = " AND ".join(f'old."{cell}" IS NOT DISTINCT FROM new."{cell}"' for cell in cells)
    connection.execute(
        f"DELETE FROM {_staged(dataset)} AS new USING store.{dataset.name} AS old WHERE {_same(dataset)} AND {alike}"
    )


def _note_who_speaks(connection: DuckDBPyConnection, dataset: Dataset) -> None:
    """`speaks`: which source has staged figures in which fields."""
    spoken = " UNION ALL ".join(
        f"SELECT source, '{field}' AS field FROM {_staged(dataset)} WHERE \"{field}\" IS NOT NULL GROUP BY source"
        for field in dataset.values
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE speaks AS {spoken}")


def _find_meetings(connection: DuckDBPyConnection, dataset: Dataset) -> bool:
    """Note in `meeting` the keys of staged rows about which another source has spoken; whether there are any."""
    silent = " OR ".join(
        f"old.\"{field}\" IS NOT NULL AND new.source NOT IN (SELECT source FROM speaks WHERE field = '{field}')"
        for field in dataset.values
    )
    keys = quoted_columns(dataset.keys)
    of_new = ", ".join(f'new."{key}"' for key in dataset.keys)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE meeting AS SELECT DISTINCT {keys}, {series_text(dataset)} AS series FROM ("
        f"SELECT {of_new} FROM {_staged(dataset)} AS new JOIN store.{dataset.name} AS old ON {_same(dataset)} "
        f"WHERE old.source IS DISTINCT FROM new.source OR {silent} "
        f"UNION ALL SELECT {of_new} FROM {_staged(dataset)} AS new JOIN store.others AS kept "
        f"ON kept.dataset = '{dataset.name}' AND kept.date = new.date AND kept.series = {series_text(dataset, 'new.')})"
    )
    return connection.execute("SELECT 1 FROM meeting LIMIT 1").fetchone() is not None


def _settle(connection: DuckDBPyConnection, dataset: Dataset, now: datetime) -> None:
    """Replace the staged rows that meet others by what is to be used, and keep the rest in `others`."""
    keys = quoted_columns(dataset.keys)
    _collect(connection, dataset, now)
    _note(connection, "ranks", ((source, rank_of(source)) for source in _distinct(connection, "source", "candidates")))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ordered AS SELECT candidates.*, row_number() OVER best AS place, "
        "first_value(value) OVER best AS used FROM candidates JOIN ranks ON ranks.text = candidates.source "
        f"WINDOW best AS (PARTITION BY {keys}, field ORDER BY ranks.what::INTEGER, age, retrieved DESC, source)"
    )
    connection.execute("DROP TABLE candidates")  # a second source of every index is five million cells
    connection.execute(
        f"DELETE FROM store.others AS kept USING meeting WHERE kept.dataset = '{dataset.name}' "
        "AND kept.series = meeting.series AND kept.date = meeting.date"
    )
    connection.execute(
        f"INSERT INTO store.others SELECT '{dataset.name}', {series_text(dataset)}, date, field, value, source, "
        f"retrieved FROM ordered WHERE place > 1 AND (age = {_KEPT} OR value <> used) ORDER BY ALL"
    )
    _stage_used(connection, dataset)
    for name in ("ordered", "settled", "meeting"):
        connection.execute(f"DROP TABLE {name}")


_NEW, _OLD, _KEPT = 0, 1, 2  # of equal rank the new figure is used before the stored one, and that before the kept ones


def _collect(connection: DuckDBPyConnection, dataset: Dataset, now: datetime) -> None:
    """`candidates`: every figure that any source says of the keys that meet, one row for each cell and source."""
    keys = quoted_columns(dataset.keys)
    stored = f"store.{dataset.name} SEMI JOIN meeting USING ({keys})"
    texts = _distinct(connection, "source", stored)
    _note(connection, "origins", (
        (f"{field} {text}", source) for text in texts for field, source in sources_of(text, dataset.values).items()
    ))  # fmt: skip
    parts = []
    for field in dataset.values:
        cell = f"{keys}, '{field}' AS field, \"{field}\"::VARCHAR AS value"
        parts.append(
            f"SELECT {cell}, source, {_NEW} AS age, TIMESTAMP '{_literal(now)}' AS retrieved "
            f'FROM {_staged(dataset)} SEMI JOIN meeting USING ({keys}) WHERE "{field}" IS NOT NULL'
        )
        parts.append(
            f"SELECT {cell}, origins.what, {_OLD}, retrieved FROM {stored} "
            f"JOIN origins ON origins.text = '{field} ' || source WHERE \"{field}\" IS NOT NULL"
        )
    kept = ", ".join(f'meeting."{key}"' for key in dataset.keys)
    parts.append(
        f"SELECT {kept}, field, value, source, {_KEPT}, retrieved FROM store.others AS kept JOIN meeting "
        f"ON kept.dataset = '{dataset.name}' AND kept.series = meeting.series AND kept.date = meeting.date"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {' UNION ALL '.join(parts)}")
    connection.execute(
        f"DELETE FROM candidates AS old USING {_staged(dataset)} AS new, speaks WHERE old.age <> {_NEW} "
        f"AND {_same(dataset)} AND old.source = new.source AND speaks.source = new.source AND speaks.field = old.field"
    )


def _stage_used(connection: DuckDBPyConnection, dataset: Dataset) -> None:
    """Stage what is used of each row; one of which nothing is known any more stays as it came, without figures."""
    keys = quoted_columns(dataset.keys)
    used = ", ".join(
        f"max({what}) FILTER (field = '{field}' AND place = 1) AS \"{field}{of}\""
        for field in dataset.values
        for what, of in (("value", ""), ("source", " of"))
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE settled AS SELECT {keys}, {used} FROM ordered GROUP BY {keys}")
    names = ", ".join(f'coalesce("{field} of", chr(30))' for field in dataset.values)
    joined = f"concat_ws(chr(31), {names})"
    first = [field for field in dataset.required if field in dataset.values]
    texts = _distinct(connection, joined, "settled")
    _note(connection, "composed", ((text, told(_known(text, dataset), first)) for text in texts))
    connection.execute(f"DELETE FROM {_staged(dataset)} AS new USING settled AS old WHERE {_same(dataset)}")
    connection.execute(
        f"INSERT INTO {_staged(dataset)} BY NAME SELECT {quoted_columns((*dataset.keys, *dataset.values))}, "
        f"composed.what AS source FROM settled JOIN composed ON composed.text = {joined}"
    )


def _known(text: str, dataset: Dataset) -> dict[str, str]:
    """The sources of the fields that are known."""
    told_of = zip(dataset.values, text.split("\x1f"), strict=True)
    return {field: source for field, source in told_of if source != "\x1e"}


def _distinct(connection: DuckDBPyConnection, what: str, table: str) -> list[str]:
    return [str(text) for (text,) in connection.execute(f"SELECT DISTINCT {what} FROM {table}").fetchall()]


def _note(connection: DuckDBPyConnection, table: str, rows: Iterable[tuple[str, object]]) -> None:
    """A temporary table of a few texts and what stands for them."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (text VARCHAR, what VARCHAR)")
    if given := [(text, str(what)) for text, what in rows]:
        texts, whats = map(list, zip(*given, strict=True))
        connection.execute(f"INSERT INTO {table} SELECT unnest(?), unnest(?)", [texts, whats])
