"""Bytes of a text file to a table of cells, as written: every line as long as the header, or refused by its number.

What downloads and spreadsheets do to a table is undone where it cannot be misread: a byte order mark, UTF-16, other
signs between cells (semicolons, tabs), spaces around them, empty lines, a closing line such as `Source: ...`.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.errors import DataError

DELIMITERS = (",", ";", "\t")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FOOTER = re.compile(r"(source|notes?|disclaimer|copyright|downloaded|generated)\b|[*©]", re.IGNORECASE)


class Line(NamedTuple):
    """One line below the header: its number in the file, the first being 1, and its stripped cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table of text. `file` is how messages call it, `word` what its lines are called there."""

    file: str
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    decimal_commas: bool = False  # semicolons between cells: a comma in a number may be its decimal point
    word: str = "line"
    keys: tuple[str, ...] = field(init=False)  # the header without spaces, signs and capitals

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(bare(name) for name in self.header))

    def at(self, line: Line) -> str:
        """How a message about a line begins."""
        return f"{self.file}: {self.word} {line.number}"

    def column(self, key: str) -> int | None:
        """Where the column with this bare name is."""
        return self.keys.index(key) if key in self.keys else None


def bare(name: str) -> str:
    """Letters and digits alone, small: `Div Yield %` and `DIV  YIELD` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def read_table(body: bytes, file: str) -> Grid:
    """The table in a text file. Raises DataError for what is no whole table, with the number of the line."""
    text = _decoded(body, file)
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise DataError(f"{file}: the file is empty")
    delimiter = max(DELIMITERS, key=lambda sign: re.sub(r'"[^"]*"', "", first).count(sign))
    return grid(_split(text, delimiter, file), file, decimal_commas=delimiter == ";")


def grid(lines: Iterable[Line], file: str, *, decimal_commas: bool = False, word: str = "line") -> Grid:
    """A table from lines of cells, the first that says anything being the header. Raises DataError."""
    filled = [line for line in lines if any(line.cells)]
    if not filled:
        raise DataError(f"{file}: the file is empty")
    header, rest = filled[0].cells, filled[1:]
    while header and not header[-1]:
        header = header[:-1]
    seen: dict[str, str] = {}
    for name in header:
        if (key := bare(name)) in seen:
            raise DataError(f"{file}: the column {name!r} stands there twice")
        seen[key] = name
    while rest and _FOOTER.match(rest[-1].cells[0]):
        rest.pop()
    if not rest:
        raise DataError(f"{file}: there is a header ({', '.join(header)[:120]}) and no row below it")
    body = tuple(_fitted(line, len(header), f"{file}: {word} {line.number}") for line in rest)
    return Grid(file, header, body, decimal_commas, word)


def _fitted(line: Line, width: int, where: str) -> Line:
    """A line as wide as the header; only empty cells may stand beyond it."""
    cells = line.cells
    if len(cells) < width or any(cells[width:]):
        raise DataError(f"{where} has {len(cells)} cells where the header has {width}: {_shown(cells)}")
    return line._replace(cells=cells[:width])


def _decoded(body: bytes, file: str) -> str:
    mark, encoding = next(((mark, name) for mark, name in _MARKS if body.startswith(mark)), (b"", "utf-8"))
    try:
        text = body[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        number = 1 + body[len(mark) :][: error.start].decode(encoding, errors="replace").count("\n")
        raise DataError(
            f"{file}: line {number} is no {encoding.upper()} text (byte {error.object[error.start]:#04x}); save the "
            "file as CSV UTF-8"
        ) from error
    if "\0" in text:
        number = 1 + text[: text.index("\0")].count("\n")
        raise DataError(f"{file}: line {number} holds a NUL, which no text does; the file is damaged or no CSV")
    return text


def _split(text: str, delimiter: str, file: str) -> Iterator[Line]:
    """Lines of stripped cells, numbered. A quote left open, which would swallow lines, is refused."""
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True, skipinitialspace=True)
    begin = 1
    try:
        for cells in reader:
            if any("\n" in cell or "\r" in cell for cell in cells):
                raise DataError(f"{file}: line {begin} opens a quote that is not closed on it")
            yield Line(begin, tuple(cell.strip() for cell in cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{file}: line {begin} cannot be read: {error}") from error


def _shown(cells: Sequence[str]) -> str:
    text = repr(",".join(cells))
    return text if len(text) <= 80 else text[:77] + "..."
