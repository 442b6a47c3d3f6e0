"""The store's own tables as text files whose dates, numbers or columns are not written its way.

Files written exactly its way are read faster, by the importer itself.
"""

from __future__ import annotations

from pathlib import PurePath

from engine.errors import DataError
from engine.market.datasets import DATASETS, VARIANTS, Dataset
from engine.market.files.columns import numbers, once, texts
from engine.market.files.dates import days
from engine.market.files.shape import Asked, Cell, Columns, Part, Shape
from engine.market.files.table import Grid, bare


class Tidy(Shape):
    """One row for each date and series, under the store's column names; capitals, spaces and signs do not matter."""

    name = "tidy"
    source = ""  # the file's name
    headers = ("date", "index", "variant", "open", "high", "low", "close", "volume")
    takes = frozenset({"dates", "variant"})

    def fits(self, table: Grid, asked: Asked, /) -> bool:
        """Whether it has what some table requires and nothing that table does not know."""
        return self._dataset(table, asked) is not None

    def checked(self, table: Grid) -> Grid:
        """Which table it is decides which columns it needs: the importer says what is missing."""
        return table

    def read(self, table: Grid, asked: Asked, /) -> list[Part]:
        """Rows of the table it holds. A variant that has no column is the one the user says."""
        dataset = self._dataset(table, asked)
        if dataset is None:
            known = "; ".join(f"{one.name} need {', '.join(one.required)}" for one in DATASETS.values())
            raise DataError(
                f"{table.file}: its columns ({', '.join(table.header)[:200]}) are those of no table. {known}"
            )
        columns: Columns = {}
        for column in sorted((*dataset.keys, *dataset.values, "source")):
            if bare(column) in table.keys:
                columns[column] = _column(table, dataset, column, asked)
        if "variant" in dataset.keys and "variant" not in columns:
            columns["variant"] = [*_variants(table, asked)]
        once(table, *(columns[key] for key in dataset.keys))
        return [Part(dataset.name, columns, PurePath(table.file).name)]

    @staticmethod
    def _dataset(table: Grid, asked: Asked) -> Dataset | None:
        said = {"variant"} if asked.variant else set()
        keys = set(table.keys) | said
        return next(
            (
                one
                for one in DATASETS.values()
                if keys >= set(map(bare, one.required)) and set(table.keys) <= set(map(bare, one.known))
            ),
            None,
        )


def _column(table: Grid, dataset: Dataset, column: str, asked: Asked) -> list[Cell]:
    key = bare(column)
    if column == "date":
        return [*days(table, key, asked.dates)]
    if column in (*dataset.positive, *dataset.numbers):
        return numbers(table, key, column)
    return [text or None for text in texts(table, key)]


def _variants(table: Grid, asked: Asked) -> list[str]:
    code = next(code for code, kind in VARIANTS.items() if kind == asked.variant)
    return [code] * len(table.lines)
