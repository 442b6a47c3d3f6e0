"""What a file shape is: columns it is recognised by, and how its table becomes rows of the store's tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from typing import ClassVar, Literal, NamedTuple

from engine.errors import DataError
from engine.market.files.table import Grid, bare
from engine.market.keys import Variant

Order = Literal["dmy", "mdy"]
Cell = str | date | float | None
Columns = dict[str, list[Cell]]


@dataclass(frozen=True)
class Asked:
    """What the user says of the files beside what stands in them; None and False where nothing is said."""

    shape: str | None = None
    series: str | None = None
    variant: Variant | None = None
    dates: Order | None = None
    sheet: str | None = None
    unadjusted: bool = False


class Part(NamedTuple):
    """Rows of one table of the store, column by column, who they are from, and what the user should know of them."""

    dataset: str
    columns: Columns
    source: str
    notes: tuple[str, ...] = ()


class Shape(ABC):
    """One layout of files. `headers` are its columns as its publisher writes them."""

    name: ClassVar[str]
    source: ClassVar[str]
    headers: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]] = ()  # columns a file may also have
    spellings: ClassVar[Mapping[str, str]] = {}  # the bare name of a column by another bare name of it
    takes: ClassVar[frozenset[str]] = frozenset({"dates"})  # which fields of Asked it listens to

    def fits(self, table: Grid, _asked: Asked, /) -> bool:
        """Whether the table is of this shape, by its columns alone."""
        keys = set(self.spelled(table).keys)
        return keys >= self.required() and keys <= self.required() | {bare(name) for name in self.optional}

    @abstractmethod
    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """The rows of a table that has the columns. Raises DataError, with the line, for what is not sound."""

    @classmethod
    def required(cls) -> set[str]:
        """The bare names of the columns it must have."""
        return {bare(name) for name in cls.headers}

    def spelled(self, table: Grid) -> Grid:
        """The table with columns under the names this shape knows them by."""
        return replace(table, header=tuple(self.spellings.get(bare(name), name) for name in table.header))

    def checked(self, table: Grid) -> Grid:
        """The same, for a table the user says is of this shape. Raises DataError naming a column that is not there."""
        found = self.spelled(table)
        lacking = [name for name in self.headers if bare(name) not in found.keys]
        if lacking:
            there = ", ".join(table.header)[:200]
            raise DataError(f"{table.file}: a {self.name} file has the column {lacking[0]!r}, this one {there}")
        return found


def file_stem(table: Grid) -> str:
    """The file's name without folder, ending and the ` (1)` of a browser."""
    stem = PurePath(table.file).stem
    return (
        stem[: stem.rindex("(")].rstrip() if stem.endswith(")") and stem[stem.rfind("(") + 1 : -1].isdigit() else stem
    )
