"""The market store: one DuckDB file that remembers where every row came from and when.

A table has one row for each series, variant and date with all its figures, not one for each figure: the real history
as 4.2 million figures instead of 1.15 million rows takes 27 MB instead of 16, 3.5 times as long to write and 2.5 times
as long to load, and gives nothing. Figures of a row mostly have one source; where not, `source` says whose each is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import DataError
from engine.market.contents import Table, table_of, write_digest
from engine.market.datasets import DATASETS, HOLDINGS, Dataset
from engine.market.files.appearances import Appearance, appearances, remember
from engine.market.files.shape import Asked
from engine.market.finding import Finding, count_findings, stored_findings, write_findings
from engine.market.histories import histories, union
from engine.market.importers import Found, stage
from engine.market.keys import SeriesKey, Span
from engine.market.layout import data_tables, tables
from engine.market.merging import merge
from engine.market.opening import PATIENCE, in_memory, reading, speaking_of, there, writing
from engine.market.providers.log import Retrieval, closes_of_others, note, noted, stage_rows

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

    from engine.market.standing import Standing

STORE_VARIABLE = "BACKTEST_STORE"
APPLICATION = "sector-rotation-backtest"

__all__ = ["STORE_VARIABLE", "Look", "Store", "Table", "default_store"]


def default_store() -> Path:
    """$BACKTEST_STORE if it is set, else a file in this user's data folder."""
    chosen = os.environ.get(STORE_VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path  # noqa: PLC0415  # not needed when a store is named

    return user_data_path(APPLICATION) / "market.duckdb"


class Look(NamedTuple):
    """Some series at one moment, and what the checks found about them."""

    bars: dict[SeriesKey, pd.DataFrame]
    readings: dict[SeriesKey, pd.Series]
    findings: tuple[Finding, ...]


class UntrueError(DataError):
    """Rows that somebody gave cannot be true."""


class Store:
    """A market store at `path`, which need not exist yet; `patience` is how many seconds to wait for its turn."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        self.patience = patience

    def catalogue(self) -> dict[SeriesKey, Span] | None:
        """Every series with the first and last date of a known value and how many there are.

        None when nothing was ever imported. A series without any known value is not there.
        """
        if not there(self.path):
            return None
        with reading(self.path, self.patience) as connection:
            held = data_tables(connection)
            series = union(holding for holding in HOLDINGS if holding.dataset in held)
            if not series:
                return {} if held else None
            rows = connection.execute(
                f"SELECT name, variant, min(date)::VARCHAR, max(date)::VARCHAR, count(*) FROM ({series}) "
                "WHERE value IS NOT NULL GROUP BY name, variant"
            ).fetchall()
        return {SeriesKey(name, variant): Span(first, last, count) for name, variant, first, last, count in rows}

    def look(self, keys: Iterable[SeriesKey]) -> Look:
        """The series among `keys`, all of them in the catalogue, and the findings about them, in one look.

        Each is on its own dates (a DatetimeIndex called date): a price history has `open` and `close` (index points,
        rupees), another quantity values in the units of its variant. NaN where missing. The findings are those of the
        last import or update, errors first.
        """
        wanted = list(keys)
        with reading(self.path, self.patience) as connection:
            bars, readings = histories(connection, wanted)
            return Look(bars, readings, stored_findings(connection, wanted))

    def read(self, keys: Iterable[SeriesKey]) -> tuple[dict[SeriesKey, pd.DataFrame], dict[SeriesKey, pd.Series]]:
        """The price histories among `keys` and the other quantities; see `look`."""
        found = self.look(keys)
        return found.bars, found.readings

    def bars(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, pd.DataFrame]:
        """Open and close of the price histories among `keys`; see `look`."""
        return self.look(keys).bars

    def readings(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, pd.Series]:
        """The quantities among `keys` that are no price histories; see `look`."""
        return self.look(keys).readings

    def tables(self) -> list[Table]:
        """What is in the store, one line per dataset. Raises DataError when the file is no market store."""
        if not there(self.path):
            return []
        with reading(self.path, self.patience) as connection:
            return [table_of(connection, DATASETS[name]) for name in data_tables(connection)]

    def finding_counts(self) -> dict[str, int]:
        """How many findings of each severity the last import or update stored."""
        if not there(self.path):
            return {}
        with reading(self.path, self.patience) as connection:
            return count_findings(connection)

    def standings(self) -> tuple[Standing, ...]:
        """How every series stands, those that can be held first; () for an empty store."""
        from engine.market.standing import standings  # noqa: PLC0415  # not for commands that only read

        if not there(self.path):
            return ()
        with reading(self.path, self.patience) as connection:
            return standings(connection)

    def last_session(self) -> date | None:
        """The benchmark's last date, else the last date of any daily table; None for an empty store."""
        from engine.market.standing import last_session  # noqa: PLC0415  # not for commands that only read

        if not there(self.path):
            return None
        with reading(self.path, self.patience) as connection:
            return last_session(connection)

    def load(
        self, where: Path, progress: Callable[[str], None] = lambda _: None, asked: Asked | None = None
    ) -> list[Found]:
        """Import a folder or file in one transaction, and check what the store then holds.

        Where a row is there already the better source is used, see `engine.market.ranks`. Raises DataError, with the
        store untouched, when anything in the files is not sound, or brings a finding that is an error.
        """
        now = datetime.now(UTC).replace(tzinfo=None)
        with speaking_of(self.path), in_memory() as connection:
            found = stage(connection, where, progress, asked)
            with writing(connection, self.path, self.patience):
                remember(connection)
                for dataset in {item.dataset.name: item.dataset for item in found if item.dataset}.values():
                    progress(f"writing {dataset.name}")
                    _put(connection, dataset, now)
                progress("checking")
                _check(connection, str(where))
        return found

    def keep(self, dataset: Dataset, rows: Sequence[Mapping[str, object]], *retrievals: Retrieval) -> None:
        """Store the rows of one chunk, at least one, and remember its retrieval, in one transaction.

        Only the rows themselves are checked: `check_and_store` looks at the whole when an update is done. Raises
        UntrueError, with the store untouched, for a row that cannot be true.
        """
        self.keep_all([(dataset, rows)], *retrievals)

    def keep_all(self, chunk: Sequence[tuple[Dataset, Sequence[Mapping[str, object]]]], *retrievals: Retrieval) -> None:
        """`keep` for a chunk with rows of several tables; the first retrieval says who gave them and when."""
        from engine.market.quality import check_rows, refusal  # noqa: PLC0415  # not for commands that only look

        first = retrievals[0]
        for dataset, rows in chunk:
            if errors := [one for one in check_rows(dataset, rows) if one.severity == "error"]:
                where = f"{first.provider}: {first.series} ({first.kind}), {first.first} to {first.last}"
                raise UntrueError(refusal(where, errors))
        with speaking_of(self.path), in_memory() as connection:
            for dataset, rows in chunk:
                stage_rows(connection, dataset, rows, first.provider)
            with writing(connection, self.path, self.patience):
                remember(connection)
                for dataset, _ in chunk:
                    _put(connection, dataset, first.retrieved)
                for retrieval in retrievals:
                    note(connection, retrieval)

    def check_and_store(self) -> tuple[Finding, ...]:
        """Check the whole store and keep what is found for the runs that read it, errors first; () for an empty one."""
        from engine.market.quality import run_checks  # noqa: PLC0415  # not for commands that only look

        if not self.catalogue():
            return ()
        with speaking_of(self.path), in_memory() as connection:
            with writing(connection, self.path, self.patience):
                found = run_checks(connection)
                write_findings(connection, found)
            return found

    def retrieved(self, provider: str, series: str, kind: str) -> list[tuple[date, date]]:
        """First and last day of every chunk retrieved of one history, oldest first."""
        if not there(self.path):
            return []
        with reading(self.path, self.patience) as connection:
            return noted(connection, provider, series, kind) if "retrievals" in tables(connection) else []

    def closes_of_others(self, symbol: str, source: str) -> dict[date, tuple[float, str]]:
        """Every stored close of a stock that another source gave, with who that is."""
        if not there(self.path):
            return {}
        with reading(self.path, self.patience) as connection:
            return closes_of_others(connection, symbol, source) if "stocks" in tables(connection) else {}

    def appearances(self) -> list[Appearance]:
        """Where each index first stands in the daily index files that were read."""
        if not there(self.path):
            return []
        with reading(self.path, self.patience) as connection:
            return appearances(connection) if "appearances" in tables(connection) else []


def _put(connection: DuckDBPyConnection, dataset: Dataset, now: datetime) -> None:
    """Put staged rows into the store that is being written, with the digest of what it then has."""
    if merge(connection, dataset, now):
        write_digest(connection, dataset)
    connection.execute(f'DROP TABLE temp."{dataset.name}"')


def _check(connection: DuckDBPyConnection, where: str) -> None:
    """Check the store that is being written and keep what is found. Raises DataError for an error that is new in it."""
    from engine.market.quality import refusal, run_checks  # noqa: PLC0415  # not for commands that only look

    found = run_checks(connection)
    if errors := [one for one in found if one.severity == "error"]:
        with connection.cursor() as committed:  # sees the store as it was
            committed.execute("SET enable_progress_bar = false")
            known = {(one.check, one.series, one.date) for one in run_checks(committed)}
        if brought := [one for one in errors if (one.check, one.series, one.date) not in known]:
            raise DataError(refusal(where, brought))
    write_findings(connection, found)
