"""What a file is: one of the store's own tables, written its way, or a table of text for the shapes."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DataError, unknown
from engine.market.datasets import DATASETS, Dataset
from engine.market.files.excel import read_sheet
from engine.market.files.shapes import nearest_shape
from engine.market.files.table import Grid, Line, grid, read_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENDINGS = (".parquet", ".csv", ".xlsx")
_NOT_MEANT = (".", "~$")  # hidden files, and the marks of workbooks that are open
_HEAD_BYTES = 1 << 16


def files_of(where: Path) -> list[Path]:
    """The files of a folder that may hold data, by name, or the one file. Raises DataError where there is none."""
    try:
        if where.is_dir():
            found = (path for path in where.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
            return sorted(_named(path) for path in found if not path.name.startswith(_NOT_MEANT))
        if where.is_file():
            if where.suffix.lower() not in ENDINGS:
                raise DataError(f"{where}: expected a {endings()} file")
            return [_named(where)]
        raise DataError(f"{where}: {'neither a folder nor a file' if where.exists() else 'no such file or folder'}")
    except OSError as error:
        raise DataError(f"{str(where)[:100]}: cannot be read: {error.strerror or error}") from error


def _named(path: Path) -> Path:
    """A file whose name is text. Raises DataError for bytes that are none."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{str(path)!a}: the name of this file is no text; rename it") from error
    return path


def endings() -> str:
    """Which files are read, for messages."""
    return f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"


def written_plainly(connection: DuckDBPyConnection, path: Path) -> tuple[Dataset, dict[str, str]] | None:
    """The dataset of a file with exactly its columns and ISO dates, and those columns with their SQL types."""
    kind = path.suffix.lower()
    columns = _columns(connection, path) if kind == ".parquet" else _plain_csv(path) if kind == ".csv" else {}
    named = _by_name(path)
    fitting = [d for d in ([named] if named else DATASETS.values()) if d.known >= columns.keys() >= set(d.required)]
    return (fitting[0], columns) if fitting else None


def _plain_csv(path: Path) -> dict[str, str]:
    """The columns of a text file with commas and an ISO date in its first row; none for any other file."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8-sig", errors="replace").splitlines()[:2]
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(head) < 2 or "date" not in (names := head[0].split(",")) or len(set(names)) < len(names):
        return {}
    first = dict(zip(names, next(csv.reader(head[1:2])), strict=False)).get("date", "")
    try:
        date.fromisoformat(first[:10])
    except ValueError:
        return {}
    return dict.fromkeys(names, "VARCHAR")


def table_of(connection: DuckDBPyConnection, path: Path, sheet: str | None) -> Grid:
    """Any file as a table of text."""
    kind = path.suffix.lower()
    if kind == ".xlsx":
        return read_sheet(path, sheet)
    if kind == ".parquet":
        return grid(_parquet_lines(connection, path), str(path), word="row")
    try:
        return read_table(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parquet_lines(connection: DuckDBPyConnection, path: Path) -> Iterator[Line]:
    yield Line(0, tuple(_columns(connection, path)))
    rows = _fetched(connection, path, f"SELECT COLUMNS(*)::VARCHAR FROM {relation(path, {})}")
    for number, row in enumerate(rows, start=1):
        yield Line(number, tuple("" if cell in (None, "nan") else str(cell).strip() for cell in row))


def relation(path: Path, columns: Collection[str]) -> str:
    quoted = literal(re.sub(r"([\[*?])", r"[\1]", str(path)))  # DuckDB takes these signs for patterns of other files
    if path.suffix.lower() == ".parquet":
        return f"read_parquet({quoted})"
    named = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)  # nothing is guessed, nothing skipped
    return (
        f"read_csv({quoted}, auto_detect=false, header=true, columns={{{named}}}, delim=',', quote='\"', "
        "escape='\"', null_padding=false, strict_mode=true)"
    )


def _columns(connection: DuckDBPyConnection, path: Path) -> dict[str, str]:
    rows = _fetched(connection, path, f"DESCRIBE SELECT * FROM {relation(path, {})}")
    return {str(name): str(kind) for name, kind, *_ in rows}


def _fetched(connection: DuckDBPyConnection, path: Path, query: str) -> list[tuple[object, ...]]:
    import duckdb  # noqa: PLC0415  # only when something is imported

    try:
        return connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise DataError(f"{path}: cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}") from error


def _by_name(path: Path) -> Dataset | None:
    return next((dataset for dataset in DATASETS.values() if path.stem in dataset.files), None)


def why_not(path: Path, table: Grid) -> str:
    """Why a file is passed over. Raises DataError for one that is almost a dataset, by its name or its columns."""
    columns = {name.strip().lower() for name in table.header}
    almost = [d for d in DATASETS.values() if columns <= d.known and columns >= set(d.keys) - {"variant"}]
    named = _by_name(path) or next(iter(almost), None)
    if named is None:
        return (
            f"its columns ({', '.join(sorted(table.header))[:300]}) are those of no known table{nearest_shape(table)}"
        )
    for column in named.required:
        if column not in columns:
            hint = ", or say --variant" if column == "variant" else ""
            raise DataError(
                f"{path}: the column {column!r} is missing; {named.name} need {', '.join(named.required)}{hint}"
            )
    strange = sorted(columns - named.known)
    raise DataError(f"{path}: {unknown('column', strange[0] if strange else '', sorted(named.known))}")


def literal(text: str) -> str:
    """Text for SQL."""
    return "'" + text.replace("'", "''") + "'"
