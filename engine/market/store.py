"""The market store: one DuckDB file that remembers where every row came from and when."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DataError
from engine.market.datasets import DATASETS, HOLDINGS, Dataset, Holding
from engine.market.files.appearances import Appearance, appearances, remember
from engine.market.files.shape import Asked
from engine.market.importers import Found, quoted_columns, stage, table_columns
from engine.market.keys import Reading, SeriesKey, Span, Variant
from engine.market.providers.log import Retrieval, keep_other_columns, note, noted, stage_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

STORE_VARIABLE = "BACKTEST_STORE"
APPLICATION = "sector-rotation-backtest"


def default_store() -> Path:
    """$BACKTEST_STORE if it is set, else a file in this user's data folder."""
    chosen = os.environ.get(STORE_VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path  # noqa: PLC0415  # not needed when a store is named

    return user_data_path(APPLICATION) / "market.duckdb"


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


class Store:
    """A market store at `path`, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def catalogue(self) -> dict[SeriesKey, Span] | None:
        """Every series with the first and last date of a known value and how many there are.

        None when nothing was ever imported. A series without any known value is not there.
        """
        if not _there(self.path):
            return None
        with self._open() as connection:
            tables = _tables(connection)
            series = _union(holding for holding in HOLDINGS if holding.dataset in tables)
            if not series:
                return {} if tables else None
            rows = connection.execute(
                f"SELECT name, variant, min(date)::VARCHAR, max(date)::VARCHAR, count(*) FROM ({series}) "
                "WHERE value IS NOT NULL GROUP BY name, variant"
            ).fetchall()
        return {SeriesKey(name, variant): Span(first, last, count) for name, variant, first, last, count in rows}

    def read(self, keys: Iterable[SeriesKey]) -> tuple[dict[SeriesKey, pd.DataFrame], dict[SeriesKey, pd.Series]]:
        """The price histories among `keys` and the other quantities, all of them in the catalogue, in one look.

        Each is on its own dates (a DatetimeIndex called date): a price history has `open` and `close` (index points,
        rupees), another quantity values in the units of its variant. NaN where missing.
        """
        import pandas as pd  # noqa: PLC0415  # not for commands that only look

        kinds: dict[Variant | Reading, list[str]] = {}
        for key in keys:
            kinds.setdefault(key.variant, []).append(key.name)
        bars, readings = {}, {}
        with self._open() as connection:
            for variant, names in kinds.items():
                for name, (dates, opens, values) in _histories(connection, variant, names).items():
                    key, index = SeriesKey(name, variant), pd.DatetimeIndex(dates, name="date")
                    if key.priced:
                        bars[key] = pd.DataFrame({"open": opens, "close": values}, index=index)
                    else:
                        readings[key] = pd.Series(values, index=index)
        return bars, readings

    def bars(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, pd.DataFrame]:
        """Open and close of the price histories among `keys`; see `read`."""
        return self.read(keys)[0]

    def readings(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, pd.Series]:
        """The quantities among `keys` that are no price histories; see `read`."""
        return self.read(keys)[1]

    def tables(self) -> list[Table]:
        """What is in the store, one line per dataset. Raises DataError when the file is no market store."""
        if not _there(self.path):
            return []
        with self._open() as connection:
            return [_table(connection, DATASETS[name]) for name in _tables(connection) if name in DATASETS]

    def load(
        self, where: Path, progress: Callable[[str], None] = lambda _: None, asked: Asked | None = None
    ) -> list[Found]:
        """Import a folder or file: newer rows replace older ones with the same keys, in one transaction.

        Raises DataError, with the store untouched, when anything in the files is not sound.
        """
        import duckdb  # noqa: PLC0415  # only when something is imported

        now = datetime.now(UTC).replace(tzinfo=None)
        with _speaking_of(self.path), duckdb.connect(":memory:") as connection:
            found = stage(connection, where, progress, asked)
            with self._writing(connection):
                for dataset in {item.dataset.name: item.dataset for item in found if item.dataset}.values():
                    progress(f"writing {dataset.name}")
                    _upsert(connection, dataset, now)
                    _write_digest(connection, dataset)
                remember(connection)
        return found

    def keep(self, dataset: Dataset, rows: Sequence[Mapping[str, object]], *retrievals: Retrieval) -> None:
        """Store the checked rows of one chunk, at least one, and remember its retrieval, in one transaction."""
        self.keep_all([(dataset, rows)], *retrievals)

    def keep_all(
        self, tables: Sequence[tuple[Dataset, Sequence[Mapping[str, object]]]], *retrievals: Retrieval
    ) -> None:
        """`keep` for a chunk with rows of several tables; the first retrieval says who gave them and when."""
        import duckdb  # noqa: PLC0415  # only when something is fetched

        source, at = retrievals[0].provider, retrievals[0].retrieved
        with _speaking_of(self.path), duckdb.connect(":memory:") as connection:
            for dataset, rows in tables:
                stage_rows(connection, dataset, rows, source)
            with self._writing(connection):
                for dataset, rows in tables:
                    if dataset.name in _tables(connection):
                        keep_other_columns(connection, dataset, rows[0])
                    _upsert(connection, dataset, at)
                    _write_digest(connection, dataset)
                remember(connection)
                for retrieval in retrievals:
                    note(connection, retrieval)

    def retrieved(self, provider: str, series: str, kind: str) -> list[tuple[date, date]]:
        """First and last day of every chunk retrieved of one history, oldest first."""
        if not _there(self.path):
            return []
        with self._open() as connection:
            return noted(connection, provider, series, kind) if "retrievals" in _tables(connection) else []

    def appearances(self) -> list[Appearance]:
        """Where each index first stands in the daily index files that were imported."""
        if not _there(self.path):
            return []
        with self._open() as connection:
            return appearances(connection) if "appearances" in _tables(connection) else []

    @contextmanager
    def _writing(self, connection: DuckDBPyConnection) -> Iterator[None]:
        """One transaction; when it fails, a store that it made is gone again."""
        there = _there(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _attach(connection, self.path, read_only=False)
        fresh = not there and not _tables(connection)
        try:
            connection.execute("BEGIN")
            yield
            connection.execute("COMMIT")
            connection.execute("DETACH store")
        except BaseException:
            connection.close()
            if fresh:  # made by this import, which holds it alone
                for leftover in (self.path, self.path.with_name(self.path.name + ".wal")):
                    leftover.unlink(missing_ok=True)
            raise

    @contextmanager
    def _open(self) -> Iterator[DuckDBPyConnection]:
        import duckdb  # noqa: PLC0415  # only when a store is read

        with _speaking_of(self.path), duckdb.connect(":memory:") as connection:
            _attach(connection, self.path, read_only=True)
            yield connection


@contextmanager
def _speaking_of(path: Path) -> Iterator[None]:
    """Whatever is wrong with a store is one message about it, and an interrupt is an interrupt."""
    import duckdb  # noqa: PLC0415  # only when a store is used

    try:
        yield
    except duckdb.Error as error:
        raise DataError(f"{path}: this is no market store, or a damaged one ({str(error).splitlines()[0]})") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be used: {error.strerror or error}") from error
    except RuntimeError as error:
        if "interrupted" in str(error).lower():  # how DuckDB calls it
            raise KeyboardInterrupt from error
        raise


def _union(holdings: Iterable[Holding]) -> str:
    return " UNION ALL ".join(holding.select for holding in holdings)


def _histories(
    connection: DuckDBPyConnection, variant: Variant | Reading, names: Sequence[str]
) -> dict[str, tuple[NDArray[np.datetime64], NDArray[np.float64], NDArray[np.float64]]]:
    """Dates, opens and values of each name in one variant, oldest first; one query is quicker than one for each."""
    import numpy as np  # noqa: PLC0415  # not for commands that only look

    there = _tables(connection)
    mine = _union(held for held in HOLDINGS if held.variant == variant and held.dataset in there)
    found = connection.execute(
        f"SELECT place, date, open, value FROM ({mine}) "
        "JOIN (SELECT unnest($names) AS name, unnest(range(len($names))) AS place) USING (name) ORDER BY place, date",
        {"names": list(names)},
    ).fetchnumpy()
    edges = np.searchsorted(found["place"], np.arange(1, len(names)))
    dates = np.split(np.asarray(found["date"]).astype("datetime64[s]"), edges)
    opens, values = (np.split(_with_gaps(found[column]), edges) for column in ("open", "value"))
    return dict(zip(names, zip(dates, opens, values, strict=True), strict=True))


def _with_gaps(column: Any) -> NDArray[np.float64]:
    """A column as DuckDB hands it out, masked where missing, with NaN there."""
    import numpy as np  # noqa: PLC0415  # not for commands that only look

    values: NDArray[np.float64] = np.ma.filled(np.ma.asarray(column, dtype=float), np.nan)
    return values


def _attach(connection: DuckDBPyConnection, path: Path, *, read_only: bool) -> None:
    import duckdb  # noqa: PLC0415  # only when a store is used

    literal = str(path).replace("'", "''")
    connection.execute("SET enable_progress_bar = false")  # DuckDB draws it on stdout, among what is told there
    try:
        connection.execute(f"ATTACH '{literal}' AS store (TYPE duckdb{', READ_ONLY' if read_only else ''})")
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise DataError(f"{path}: another process is writing to it; try again when it is done") from error
        raise


def _there(path: Path) -> bool:
    """Whether there is a file; a path that cannot be one is an error."""
    try:
        return path.exists()
    except OSError as error:
        raise DataError(f"{str(path)[:100]}: cannot be used: {error.strerror or error}") from error


def _tables(connection: DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'store' ORDER BY 1"
    ).fetchall()
    return [str(name) for (name,) in rows]


def _upsert(connection: DuckDBPyConnection, dataset: Dataset, now: datetime) -> None:
    table, columns = f"store.{dataset.name}", (*dataset.keys, *dataset.values, "source")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({table_columns(dataset)}, retrieved TIMESTAMP)")
    same = " AND ".join(f'old."{key}" = new."{key}"' for key in dataset.keys)
    connection.execute(f'DELETE FROM {table} AS old USING temp."{dataset.name}" AS new WHERE {same}')
    connection.execute(
        f"INSERT INTO {table} SELECT {quoted_columns(columns)}, TIMESTAMP '{now:%Y-%m-%d %H:%M:%S}' "
        f'FROM temp."{dataset.name}" ORDER BY {quoted_columns(dataset.keys)}'
    )


def _table(connection: DuckDBPyConnection, dataset: Dataset) -> Table:
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


def _write_digest(connection: DuckDBPyConnection, dataset: Dataset) -> None:
    """Remember a digest of keys and values that does not depend on the order of the rows."""
    columns = (*dataset.keys, *dataset.values)
    row = " || chr(31) || ".join(f'coalesce("{column}"::VARCHAR, chr(30))' for column in columns)
    sums = connection.execute(
        f"SELECT count(*), sum(md5_number_upper({row}))::VARCHAR, sum(md5_number_lower({row}))::VARCHAR "
        f"FROM store.{dataset.name}"
    ).fetchone()
    digest = hashlib.sha256(f"{dataset.name} {sums}".encode()).hexdigest()
    connection.execute("CREATE TABLE IF NOT EXISTS store.digests (name VARCHAR, digest VARCHAR)")
    connection.execute("DELETE FROM store.digests WHERE name = ?", [dataset.name])
    connection.execute("INSERT INTO store.digests VALUES (?, ?)", [dataset.name, digest])
