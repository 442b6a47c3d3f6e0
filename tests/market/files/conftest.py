"""A folder for files and the store that they are imported into."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from engine.market.files.shape import Asked
from engine.market.importers import Found
from engine.market.store import Store

Rows = list[tuple[object, ...]]


class Desk:
    """Files written and imported, and the rows that came of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "in"
        self.folder.mkdir()
        self.store = Store(folder / "market.duckdb")

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def load(self, name: str, text: str | bytes, asked: Asked | None = None) -> list[Found]:
        return self.store.load(self.write(name, text), asked=asked)

    def rows(self, table: str, columns: str) -> Rows:
        """Rows of a table in the order of all columns, dates as text."""
        with duckdb.connect(str(self.store.path), read_only=True) as connection:
            found = connection.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()
        return [tuple(str(cell) if hasattr(cell, "isoformat") else cell for cell in row) for row in found]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
