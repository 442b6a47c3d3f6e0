"""Files to checked rows: the store's own tables in Parquet and CSV by SQL, any other shape through `files`.

Everything is read and checked in memory first; only rows that are all sound reach the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DataError
from engine.market.datasets import DATASETS, VARIANTS, Dataset
from engine.market.files.aliases import todays_name
from engine.market.files.recognise import endings, files_of, literal, relation, table_of, why_not, written_plainly
from engine.market.files.shape import Asked, Part
from engine.market.files.shapes import SHAPES, listed, shape_of
from engine.market.keys import CASH

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAMELESS = ("n.a.", "n/a", "na", "nan", "null", "none", "-", "#n/a")
_TIDY = "tidy"


KINDS_OF_ACTION = ("split", "bonus", "dividend")


@dataclass(frozen=True)
class Found:
    """A file and a dataset it holds, or why it is passed over. `notes` are what its reader left out."""

    path: Path
    dataset: Dataset | None
    reason: str = ""
    shape: str = ""
    notes: tuple[str, ...] = ()


def stage(
    connection: DuckDBPyConnection, where: Path, progress: Callable[[str], None], asked: Asked | None = None
) -> list[Found]:
    """Read a folder or a file into one checked table per dataset, called as the dataset, in `connection`.

    Raises DataError for the first thing that is no market data: a missing column, text among prices, a date twice.
    """
    connection.execute("SET enable_progress_bar = false")  # DuckDB draws it on stdout, among what is told there
    asked = asked or Asked()
    found: list[Found] = []
    read: list[tuple[Path, Part]] = []
    for path in files_of(where):
        progress(f"reading {path.name}")
        found += _take(connection, path, asked, read)
    _stage(connection, where, read)
    if not any(item.dataset for item in found):
        reasons = "; ".join(f"{item.path.name}: {item.reason}" for item in found)
        known = "; ".join(f"{dataset.name} need {', '.join(dataset.required)}" for dataset in DATASETS.values())
        found_none = (
            f"{reasons}. Tables: {known}. Other shapes: {listed()}" if reasons else f"No {endings()} file is there"
        )
        raise DataError(f"{where}: nothing to import. {found_none}")
    _refuse_unheard(where, found, asked)
    for dataset in {item.dataset.name: item.dataset for item in found if item.dataset}.values():
        _refuse_twice(connection, dataset)
    return found


def _take(connection: DuckDBPyConnection, path: Path, asked: Asked, read: list[tuple[Path, Part]]) -> list[Found]:
    """Stage a file by SQL where it is written the store's own way, else let its shape add what it reads to `read`."""
    if asked.shape in (None, _TIDY) and (plain := written_plainly(connection, path)):
        dataset, columns = plain
        if asked.variant and "variant" in columns:
            raise DataError(f"{path}: its column 'variant' says what its rows are; --variant is for files without")
        if _read(connection, path, dataset, columns):
            return [Found(path, dataset, shape=_TIDY)]
    table = table_of(connection, path, asked.sheet)
    shape = shape_of(table, asked)
    if shape is None:
        return [Found(path, None, why_not(path, table))]
    parts = shape.read(shape.checked(table), asked)
    read += [(path, part) for part in parts]
    return [Found(path, DATASETS[part.dataset], shape=shape.name, notes=part.notes) for part in parts]


def _refuse_unheard(where: Path, found: Sequence[Found], asked: Asked) -> None:
    """Nothing the user says goes unheard, and one name is not given to two series."""
    shapes = [SHAPES[item.shape] for item in {item.path: item for item in found if item.dataset}.values()]
    for option in ("series", "variant", "dates", "unadjusted"):
        if getattr(asked, option) and not any(option in shape.takes for shape in shapes):
            names = ", ".join(sorted({shape.name for shape in shapes}))
            raise DataError(f"{where}: --{option} says nothing about files of the shape {names}")
    if asked.sheet and not any(item.path.suffix.lower() == ".xlsx" for item in found):
        raise DataError(f"{where}: --sheet is for .xlsx files")
    if asked.series and (count := sum("series" in shape.takes for shape in shapes)) > 1:
        raise DataError(f"{where}: --series names one series, and {count} files are there; import them one by one")


def _stage(connection: DuckDBPyConnection, where: Path, parts: Sequence[tuple[Path, Part]]) -> None:
    """Rows that shapes have read, through the same checks as any; those of files alike go at once."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[tuple[Path, Part]]] = {}
    for path, part in parts:
        alike.setdefault((part.dataset, part.source, tuple(part.columns)), []).append((path, part))
    for (name, source, given), group in alike.items():
        dataset = DATASETS[name]
        kinds = {"date": "DATE", **dict.fromkeys((*dataset.positive, *dataset.numbers), "DOUBLE")}
        columns = {column: kinds.get(column, "VARCHAR") for column in (*given, "file")}
        rows = [[cell for _, part in group for cell in part.columns[column]] for column in given]
        rows.append([str(path) for path, part in group for _ in part.columns["date"]])
        named = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns.items())
        values = ", ".join(f"unnest(?::{kind}[])" for kind in columns.values())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE raw ({named})")
        connection.execute(f"INSERT INTO raw SELECT {values}", rows)
        _settle(connection, where, dataset, columns, source)


def _read(connection: DuckDBPyConnection, path: Path, dataset: Dataset, columns: dict[str, str]) -> bool:
    """Stage a file by SQL; False for a text file whose lines are not all as its header is."""
    import duckdb  # noqa: PLC0415  # only when something is imported

    for column in (*dataset.positive, *dataset.numbers):
        if path.suffix.lower() == ".parquet" and columns.get(column) == "VARCHAR":
            raise DataError(f"{path}: the column {column!r} holds text; numbers are expected")
    file = literal(str(path))
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE raw AS SELECT *, {file} AS file FROM {relation(path, columns)}"
        )
    except duckdb.Error as error:
        if path.suffix.lower() == ".csv":
            return False
        raise DataError(f"{path}: {str(error).splitlines()[0]}") from error
    _settle(connection, path, dataset, columns, path.name)
    return True


def _settle(
    connection: DuckDBPyConnection, where: Path, dataset: Dataset, columns: dict[str, str], source: str
) -> None:
    """Check the rows of `raw`, which have their file with them, and add them to the dataset's table."""
    import duckdb  # noqa: PLC0415  # only when something is imported

    try:
        for check, sentence in _checks(dataset, columns):
            _refuse(connection, check, sentence, numbered="file" not in columns)
        if "index" in dataset.keys:
            _call_by_todays_names(connection)
        _create(connection, dataset)
        connection.execute(
            f"INSERT INTO {_quoted(dataset.name)} BY NAME SELECT {_casts(dataset, columns, source)} FROM raw"
        )
    except duckdb.Error as error:
        raise DataError(f"{where}: {str(error).splitlines()[0]}") from error


def _call_by_todays_names(connection: DuckDBPyConnection) -> None:
    """In `raw`, give indices known here the store's name: `Nifty 50` beside `NIFTY 50` would be another series."""
    for (said,) in connection.execute('SELECT DISTINCT "index" FROM raw').fetchall():
        name = todays_name(str(said))
        if name is not None and name != said:
            connection.execute('UPDATE raw SET "index" = ? WHERE "index" = ?', [name, said])


def _checks(dataset: Dataset, columns: dict[str, str]) -> list[tuple[str, str]]:
    """SQL conditions that no row may meet, and what to say of one that does."""
    checks = [
        (f"{_day('date')} IS NULL", "the date {date} is no day written YYYY-MM-DD"),
        (f"{_day('date')} > current_date + 1", "the date {date} lies in the future"),
    ]
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
            (f"upper(trim({_quoted(column)})) = '{CASH}'", f"{CASH} is no {column}: it is what idle money is called")
        )
        checks.append((_no_name(column), f"the {column} {{{column}}} on {{date}} is no name"))
    if "volume" in dataset.numbers and "volume" in columns:
        checks.append((f"{_number('volume')} < 0", "the volume {volume} on {date} is below zero"))
    if dataset.name == "actions":
        checks.append((f"kind NOT IN {KINDS_OF_ACTION}", "the kind {kind} on {date} is no split, bonus or dividend"))
        checks.append((f"{_number('value')} <= 0", "the value {value} on {date} is not above zero"))
    if "variant" in dataset.keys:
        known = ", ".join(f"'{variant}'" for variant in VARIANTS)
        checks.append(
            (
                f"coalesce(variant, '') NOT IN ({known})",
                "the variant {variant} is neither PR (price) nor TR (total return)",
            )
        )
    return checks


def _refuse(connection: DuckDBPyConnection, check: str, sentence: str, *, numbered: bool) -> None:
    """Raise with the first row that meets `check`, if one does; its number where the rows are one whole file."""
    bad = connection.execute(f"SELECT rowid + 1 AS row_number, * FROM raw WHERE {check} ORDER BY rowid LIMIT 1")
    names = [column[0] for column in bad.description or []]
    row = bad.fetchone()
    if row is None:
        return
    values = dict(zip(names, row, strict=True))
    who = next((f" of {values[key]}" for key in ("index", "symbol") if values.get(key)), "")
    place = f"row {values['row_number']}{who}" if numbered else f"a row{who}"
    shown = {
        name: repr(value) if isinstance(value, str) and name != "date" else _plain(value)
        for name, value in values.items()
    }
    raise DataError(f"{values['file']}: {place}: {sentence.format(**shown)}")


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


def _casts(dataset: Dataset, columns: dict[str, str], source: str) -> str:
    numbers = {*dataset.positive, *dataset.numbers}
    parts = [f"{_day('date')} AS date"]
    for column in (*dataset.keys, *dataset.values):
        if column != "date" and column in columns:
            words = f"nullif(trim({_quoted(column)}), '')"  # as a CSV has it: no text is no text
            parts.append(f"{_known(column) if column in numbers else words} AS {_quoted(column)}")
    told = literal(source)
    parts.append(f"coalesce(source, {told}) AS source" if "source" in columns else f"{told} AS source")
    return ", ".join([*parts, "file"])


def _no_name(column: str) -> str:
    """Whether a name is what programs write where there is none, has signs nobody types, or is a number.

    A share may be called by a number, an index not.
    """
    text = _quoted(column)
    number = f" OR NOT regexp_matches({text}, '[A-Za-z]')" if column == "index" else ""
    return f"regexp_matches({text}, '[[:cntrl:]]') OR lower(trim({text})) IN {NAMELESS}{number}"


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
