"""Writing the tables of a store to files that an import reads back to the same content."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine import __version__
from engine.errors import ConfigError, DataError, unknown
from engine.market.contents import table_of
from engine.market.datasets import DATASETS
from engine.market.importers import quoted_columns
from engine.market.layout import VERSION, data_tables, tables
from engine.market.opening import reading
from engine.market.store import Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Format = Literal["parquet", "csv"]
MANIFEST = "export.json"
OTHERS = "others"
_OPTIONS: dict[Format, str] = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}


def export(store: Store, folder: Path, names: Collection[str] = (), form: Format = "parquet") -> list[Path]:
    """Write the tables called `names`, else every one, to `folder`, whole or not at all; the files that are there.

    Columns are those of an import, with the source of every row. Figures that another source contradicted and that are
    not used are in `others`, which an import passes over. An older export there is replaced if nobody touched it.
    Raises DataError for an empty store and for a folder with anything else in it, ConfigError for an unknown table.
    """
    folder = Path(os.path.abspath(folder))
    if not store.catalogue():
        raise DataError(f"nothing is in {store.path}: there is nothing to export")
    _refuse_foreign(folder)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        draft.mkdir(parents=True)
        with reading(store.path, store.patience) as connection:
            _write(connection, draft, names, form)
        swap(draft, folder)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return sorted(folder.iterdir())


def _write(connection: DuckDBPyConnection, draft: Path, names: Collection[str], form: Format) -> None:
    """One file for each table, and the manifest that says what they are."""
    import duckdb  # noqa: PLC0415  # only when something is exported

    there = data_tables(connection)
    if OTHERS in tables(connection) and connection.execute("SELECT 1 FROM store.others LIMIT 1").fetchone():
        there.append(OTHERS)
    for name in names:
        if name not in there:
            raise ConfigError(unknown("table", name, there))
    chosen = [name for name in there if not names or name in names]
    for name in chosen:
        dataset = DATASETS.get(name)
        columns = quoted_columns((*dataset.keys, *dataset.values, "source")) if dataset else "*"
        order = quoted_columns(dataset.keys) if dataset else "ALL"
        target = str(draft / f"{name}.{form}").replace("'", "''")
        try:
            connection.execute(
                f"COPY (SELECT {columns} FROM store.{name} ORDER BY {order}) TO '{target}' ({_OPTIONS[form]})"
            )
        except duckdb.IOException as error:
            raise OSError(str(error).splitlines()[0]) from error
    held = {name: table_of(connection, DATASETS[name]) for name in chosen if name in DATASETS}
    told = {
        "layout": VERSION,
        "engine": __version__,
        "tables": {name: {"rows": table.rows, "digest": table.digest} for name, table in held.items()},
        "files": {path.name: _sha256(path) for path in sorted(draft.iterdir())},
    }
    (draft / MANIFEST).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _refuse_foreign(folder: Path) -> None:
    """Raise DataError unless the folder can be made, is empty, or holds an export just as it was written."""
    try:
        if not folder.exists():
            return
        files = {path.name: path for path in folder.iterdir()}
        written = _manifest(folder / MANIFEST)
        for name, path in sorted(files.items()):
            if name != MANIFEST and (not path.is_file() or written.get(name) != _sha256(path)):
                said = f"{name} was not written by an export, or was changed since; name another folder or move it"
                raise DataError(f"{folder}: {said}")
        if MANIFEST in files and not written:
            raise DataError(f"{folder}: {MANIFEST} is not that of an export; name another folder or move it away")
    except OSError as error:
        raise DataError(f"{folder}: cannot be used: {error.strerror or error}") from error


def _manifest(path: Path) -> Mapping[str, str]:
    """The files an export wrote and their SHA-256; nothing when it is none."""
    if not path.is_file():
        return {}
    try:
        files = json.loads(path.read_text("utf-8")).get("files")
    except (ValueError, AttributeError):
        return {}
    return files if isinstance(files, dict) else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def swap(draft: Path, folder: Path) -> None:
    """Rename the finished draft into place; what is there goes only when the new one is ready."""
    if folder.exists():
        old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
        folder.rename(old)
        draft.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        draft.rename(folder)
