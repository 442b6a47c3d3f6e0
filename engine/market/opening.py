"""Opening the file of a store: one process writes or several read, and whoever comes too early waits a little."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DataError
from engine.market.layout import NO_STORE, bring_up_to_date, data_tables, version_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PATIENCE = 10.0
"""Seconds to wait for another process: an import of twenty years holds the file for about five."""

PAUSE = 0.05
"""Seconds between two tries."""


def there(path: Path) -> bool:
    """Whether there is a file; a path that cannot be one is an error."""
    try:
        return path.exists()
    except OSError as error:
        raise DataError(f"{str(path)[:100]}: cannot be used: {error.strerror or error}") from error


def in_memory() -> DuckDBPyConnection:
    """A connection of its own, which never draws its progress on standard output: that is for results alone."""
    import duckdb  # noqa: PLC0415  # only when a store is used

    connection = duckdb.connect(":memory:")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET python_enable_replacements = false")  # a missing table is no variable of this program
    return connection


@contextmanager
def speaking_of(path: Path) -> Iterator[None]:
    """Whatever is wrong with a store is one message about it, and an interrupt is an interrupt."""
    import duckdb  # noqa: PLC0415  # only when a store is used

    try:
        yield
    except duckdb.Error as error:
        raise DataError(f"{path}: {NO_STORE} ({str(error).splitlines()[0]})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be used: {error.strerror or error}") from error
    except RuntimeError as error:
        if "interrupted" in str(error).lower():  # how DuckDB calls it
            raise KeyboardInterrupt from error
        raise


@contextmanager
def reading(path: Path, patience: float = PATIENCE) -> Iterator[DuckDBPyConnection]:
    """The store at `path`, attached as `store` to a connection of its own: as long as it is open nobody writes."""
    with speaking_of(path), in_memory() as connection:
        _attach(connection, path, patience, read_only=True)
        version_of(connection, path)
        yield connection


@contextmanager
def writing(connection: DuckDBPyConnection, path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """One transaction on the store at `path`, made if need be; when it fails, a store that it made is gone again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = not there(path) and _make(path)
    _attach(connection, path, patience, read_only=False)
    try:
        connection.execute("BEGIN")
        bring_up_to_date(connection, path)
        yield
        connection.execute("COMMIT")
        connection.execute("DETACH store")
    except BaseException:
        if made and _is_empty(connection):
            path.unlink(missing_ok=True)  # while this process has it to itself
        connection.close()
        raise


def _is_empty(connection: DuckDBPyConnection) -> bool:
    """Whether nothing was ever committed to the attached store; what was begun is given up."""
    import duckdb  # noqa: PLC0415  # only when a store is written

    try:
        connection.execute("ROLLBACK")
        return not data_tables(connection)
    except duckdb.Error:  # nothing was begun, or the file cannot be read: it stays
        return False


def _make(path: Path) -> bool:
    """Put an empty store in its place, whole from the first moment on; False when another process was quicker.

    DuckDB writes the head of a new file in several steps, and one killed between them leaves what nothing can open.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as room:
        draft = Path(room) / "market.duckdb"
        with in_memory() as connection:
            connection.execute(f"ATTACH '{_literal(draft)}' AS store (TYPE duckdb)")
            bring_up_to_date(connection, path)
            connection.execute("DETACH store")
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links: here two could overtake each other
            draft.replace(path)
    return True


def _attach(connection: DuckDBPyConnection, path: Path, patience: float, *, read_only: bool) -> None:
    """Attach the file as `store`, trying again while another holds it. Raises DataError when it still does."""
    import duckdb  # noqa: PLC0415  # only when a store is used

    connection.execute("SET enable_progress_bar = false")  # DuckDB draws it on stdout, among what is told there
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute(f"ATTACH '{_literal(path)}' AS store (TYPE duckdb{', READ_ONLY' if read_only else ''})")
        except duckdb.Error as error:
            if not (holder := _holder(str(error))):
                raise
            if time.monotonic() >= until:
                doing = "writing to it" if read_only else "writing to it, or reading it"
                waited = f", waited for {patience:.0f} seconds" if patience >= 1 else ""
                raise DataError(f"{path}: {holder} is {doing}{waited}; try again when it is done") from error
            time.sleep(PAUSE)
        else:
            return


def _holder(message: str) -> str:
    """Who holds a file, from what DuckDB says when it cannot be opened; empty when that is not the reason."""
    if "already attached" in message:
        return "another part of this process"
    if "lock" not in message.lower():
        return ""
    process = re.search(r"\(PID (\d+)\)", message)
    return "another process" + (f" (PID {process[1]})" if process else "")


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")
