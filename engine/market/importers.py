"""Files to checked rows: Parquet and tidy CSV with the columns of a dataset.

Everything is read and checked in memory first; only rows that are all sound reach the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DataError, unknown
from engine.market.datasets import DATASETS, VARIANTS, Dataset
from engine.market.keys import CASH

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENDINGS = (".parquet", ".csv")


@dataclass(frozen=True)
class Found:
    """A file and the dataset it holds, or why it is passed over."""

    path: Path
    dataset: Dataset | None
    reason: str = ""


def stage(connection: DuckDBPyConnection, where: Path, progress: Callable[[str], None]) -> list[Found]:
    """Read a folder or a file into one checked table per dataset, called as the dataset, in `connection`.

    Raises DataError for the first thing that is no market data: a missing column, text among prices, a date twice.
    """
    found = [_recognise(connection, path) for path in _files(where)]
    if not any(item.dataset for item in found):
        reasons = "; ".join(f"{item.path.name}: {item.reason}" for item in found)
        known = "; ".join(f"{dataset.name} need {', '.join(dataset.required)}" for dataset in DATASETS.values())
        found_none = f"{reasons}. Tables: {known}" if reasons else "No .parquet or .csv file is there"
        raise DataError(f"{where}: nothing to import. {found_none}")
    for item in found:
        if item.dataset is not None:
            progress(f"reading {item.path.name}")
            _read(connection, item.path, item.dataset)
    for dataset in {item.dataset.name: item.dataset for item in found if item.dataset}.values():
        _refuse_twice(connection, dataset)
    return found


def _files(where: Path) -> list[Path]:
    try:
        if where.is_dir():
            return sorted(path for path in where.iterdir() if path.suffix in ENDINGS and path.is_file())
        if where.is_file():
            if where.suffix not in ENDINGS:
                raise DataError(f"{where}: expected a .parquet or .csv file")
            return [where]
        raise DataError(f"{where}: {'neither a folder nor a file' if where.exists() else 'no such file or folder'}")
    except OSError as error:
        raise DataError(f"{str(where)[:100]}: cannot be read: {error.strerror or error}") from error


def _relation(path: Path) -> str:
    literal = "'" + str(path).replace("'", "''") + "'"
    if path.suffix == ".parquet":
        return f"read_parquet({literal})"
    return f"read_csv({literal}, header=true, all_varchar=true, delim=',', quote='\"', escape='\"', null_padding=false)"


def _columns(connection: DuckDBPyConnection, path: Path) -> dict[str, str]:
    import duckdb  # noqa: PLC0415  # only when something is imported

    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {_relation(path)}").fetchall()
    except duckdb.Error as error:
        raise DataError(f"{path}: cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}") from error
    return {str(name): str(kind) for name, kind, *_ in rows}


def _recognise(connection: DuckDBPyConnection, path: Path) -> Found:
    """By its name or by its columns; a file that is almost a dataset is an error, not something to pass over."""
    columns = set(_columns(connection, path))
    named = next((dataset for dataset in DATASETS.values() if path.stem in dataset.files), None)
    if named is None:
        fitting = [d for d in DATASETS.values() if columns <= d.known and columns >= set(d.required)]
        almost = [d for d in DATASETS.values() if columns <= d.known and columns >= set(d.keys)]
        named = next(iter(fitting or almost), None)
    if named is None:
        return Found(path, None, f"its columns ({', '.join(sorted(columns))}) are those of no known table")
    for column in named.required:
        if column not in columns:
            raise DataError(f"{path}: the column {column!r} is missing; {named.name} need {', '.join(named.required)}")
    if strange := sorted(columns - named.known):
        raise DataError(f"{path}: {unknown('column', strange[0], sorted(named.known))}")
    return Found(path, named)


def _read(connection: DuckDBPyConnection, path: Path, dataset: Dataset) -> None:
    import duckdb  # noqa: PLC0415  # only when something is imported

    columns = _columns(connection, path)
    for column in (*dataset.positive, *dataset.numbers):
        if path.suffix == ".parquet" and columns.get(column) == "VARCHAR":
            raise DataError(f"{path}: the column {column!r} holds text; numbers are expected")
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE raw AS SELECT * FROM {_relation(path)}")
        for check, sentence in _checks(dataset, columns):
            _refuse(connection, path, check, sentence)
        _create(connection, dataset)
        connection.execute(
            f"INSERT INTO {_quoted(dataset.name)} BY NAME SELECT {_casts(path, dataset, columns)} FROM raw"
        )
    except duckdb.Error as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]}") from error


def _checks(dataset: Dataset, columns: dict[str, str]) -> list[tuple[str, str]]:
    """SQL conditions that no row may meet, and what to say of one that does."""
    checks = [(f"{_day('date')} IS NULL", "the date {date} is no day written YYYY-MM-DD")]
    for column in (*dataset.positive, *dataset.numbers):
        if column in columns:
            shown = f"the {column} {{{column}}} on {{date}}"
            checks.append((f"{_filled(column)} AND {_number(column)} IS NULL", f"{shown} is not a number"))
            checks.append((f"isinf({_number(column)})", f"{shown} is not finite"))
    for column in dataset.positive:
        if column in columns:
            checks.append((f"{_number(column)} <= 0", f"the {column} {{{column}}} on {{date}} is not above zero"))
    for column in dataset.required:
        if column in dataset.positive:
            checks.append((f"{_known(column)} IS NULL", f"the {column} on {{date}} is missing"))
        if column in dataset.texts:
            checks.append((f"NOT ({_filled(column)})", f"a row on {{date}} has no {column}"))
    for column in (key for key in dataset.keys if key not in ("date", "variant")):
        checks.append((f"NOT ({_filled(column)})", f"a row on {{date}} has no {column}"))
        checks.append(
            (f"trim({_quoted(column)}) = '{CASH}'", f"{CASH} is no {column}: it is what idle money is called")
        )
    if "variant" in dataset.keys:
        known = ", ".join(f"'{variant}'" for variant in VARIANTS)
        checks.append(
            (
                f"coalesce(variant, '') NOT IN ({known})",
                "the variant {variant} is neither PR (price) nor TR (total return)",
            )
        )
    return checks


def _refuse(connection: DuckDBPyConnection, path: Path, check: str, sentence: str) -> None:
    """Raise with the first row that meets `check`, if one does."""
    bad = connection.execute(f"SELECT rowid + 1 AS row_number, * FROM raw WHERE {check} ORDER BY rowid LIMIT 1")
    names = [column[0] for column in bad.description or []]
    row = bad.fetchone()
    if row is None:
        return
    values = dict(zip(names, row, strict=True))
    who = next((f" of {values[key]}" for key in ("index", "symbol") if values.get(key)), "")
    place = f"row {values['row_number']}{who}"
    shown = {
        name: repr(value) if isinstance(value, str) and name != "date" else _plain(value)
        for name, value in values.items()
    }
    raise DataError(f"{path}: {place}: {sentence.format(**shown)}")


def _plain(value: object, *, quoted: bool = False) -> str:
    if isinstance(value, str) and quoted:
        return repr(value)
    return "missing" if value is None else str(value).removesuffix(" 00:00:00")


def _refuse_twice(connection: DuckDBPyConnection, dataset: Dataset) -> None:
    keys = ", ".join(map(_quoted, dataset.keys))
    row = connection.execute(
        f"SELECT {keys}, count(*), min(file), max(file) FROM {_quoted(dataset.name)} GROUP BY {keys} "
        f"HAVING count(*) > 1 ORDER BY {keys} LIMIT 1"
    ).fetchone()
    if row is not None:
        *values, count, first, last = row
        where = first if first == last else f"{first} and {last}"
        raise DataError(
            f"{where}: {', '.join(map(_plain, values))} stands there {count} times; each row must be one of a kind"
        )


def _create(connection: DuckDBPyConnection, dataset: Dataset) -> None:
    connection.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {_quoted(dataset.name)} ({table_columns(dataset)}, file VARCHAR)"
    )


def table_columns(dataset: Dataset) -> str:
    """The SQL column list of a dataset's table, `source` last."""
    kinds = {"date": "DATE", **dict.fromkeys((*dataset.positive, *dataset.numbers), "DOUBLE")}
    columns = (*dataset.keys, *dataset.values, "source")
    return ", ".join(f"{_quoted(column)} {kinds.get(column, 'VARCHAR')}" for column in columns)


def _casts(path: Path, dataset: Dataset, columns: dict[str, str]) -> str:
    numbers = {*dataset.positive, *dataset.numbers}
    parts = [f"{_day('date')} AS date"]
    for column in (*dataset.keys, *dataset.values):
        if column != "date" and column in columns:
            words = f"nullif(trim({_quoted(column)}), '')"  # as a CSV has it: no text is no text
            parts.append(f"{_known(column) if column in numbers else words} AS {_quoted(column)}")
    literal = path.name.replace("'", "''")
    parts.append(f"coalesce(source, '{literal}') AS source" if "source" in columns else f"'{literal}' AS source")
    return ", ".join([*parts, f"'{str(path).replace(chr(39), chr(39) * 2)}' AS file"])


def _quoted(column: str) -> str:
    return f'"{column}"'


def _filled(column: str) -> str:
    """Whether a cell says anything at all."""
    return f"coalesce(trim({_quoted(column)}::VARCHAR), '') <> ''"


def _number(column: str) -> str:
    return f"TRY_CAST({_quoted(column)} AS DOUBLE)"


def _known(column: str) -> str:
    """A number, NULL where it is missing or NaN."""
    return f"CASE WHEN isnan({_number(column)}) THEN NULL ELSE {_number(column)} END"


def _day(column: str) -> str:
    """A day from a date, a midnight or ISO text; anything else, a time of day above all, is no day."""
    text = f"{_quoted(column)}::VARCHAR"
    return (
        f"CASE WHEN regexp_full_match({text}, '\\d{{4}}-\\d{{2}}-\\d{{2}}([ T]00:00:00(\\.0+)?)?') "
        f"THEN TRY_CAST(left({text}, 10) AS DATE) END"
    )


def quoted_columns(columns: Sequence[str]) -> str:
    """Column names for SQL."""
    return ", ".join(map(_quoted, columns))
