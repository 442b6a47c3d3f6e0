"""Sixty damaged files: each is read right where it was not touched, or refused in one line with the store as it was.

The damage is drawn with a seed, over the layouts of `ORIGINALS`. A line that was touched may be read as what it now
says; every other row must be the one of the whole file.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from engine.errors import DataError
from engine.market.files.shape import Asked
from engine.market.importers import stage
from engine.market.store import Store

DAYS = ["05", "06", "07", "08", "09", "12", "13", "14"]  # of August 2024
CLOSES = [24055.6, 23992.55, 24297.5, 24117.0, 24367.5, 24347.0, 24139.0, 24143.75]

Row = tuple[object, ...]


class Original:
    """A sound file: its name, header and lines, what must be said of it, and the row that each line stands for."""

    def __init__(self, name: str, header: str, line: str, asked: Asked, row: Callable[[str, float], Row]) -> None:
        self.name, self.header, self.asked = name, header, asked
        self.lines = [
            line.format(d=day, c=close, o=close - 10, h=close + 20, l=close - 30)
            for day, close in zip(DAYS, CLOSES, strict=True)
        ]
        self.rows = [row(f"2024-08-{day}", close) for day, close in zip(DAYS, CLOSES, strict=True)]


def _bars(name: str, variant: str = "PR") -> Callable[[str, float], Row]:
    return lambda day, close: ("indices", name, variant, day, close)


NONE = Asked()
ORIGINALS = [
    Original("indices.csv", "date,index,variant,open,high,low,close", "2024-08-{d},A,PR,{o},{h},{l},{c}", NONE,
             _bars("A")),
    Original("pr.csv", "Index Name,Date,Open,High,Low,Close", '"Nifty 50","{d} Aug 2024","{o}","{h}","{l}","{c}"', NONE,
             _bars("NIFTY 50")),
    Original("tri.csv", "Index Name,Date,Total Returns Index", "Nifty 50,{d} Aug 2024,{c}", NONE,
             _bars("NIFTY 50", "TR")),
    Original("pe.csv", "Index Name,Date,P/E,P/B,Div Yield %", "Nifty 50,{d} Aug 2024,{c},4.05,1.22", NONE,
             lambda day, close: ("valuation", "NIFTY 50", day, close, 4.05, 1.22)),
    Original("NIFTY 50-01-08-2024-to-31-08-2024.csv", "Date ,Open ,High ,Low ,Close ,Shares Traded ,Turnover (₹ Cr)",
             "{d}-AUG-2024,{o},{h},{l},{c},494136843,45866.09", NONE, _bars("NIFTY 50")),
    Original("^NSEI.csv", "Date,Open,High,Low,Close,Adj Close,Volume", "2024-08-{d},{o},{h},{l},{c},{c},0", NONE,
             _bars("NIFTY 50")),
    Original("SENSEX.csv", "Date,Open,High,Low,Close", "{d}/08/2024,{o},{h},{l},{c}", NONE, _bars("BSE SENSEX")),
    Original("f.csv", "Date,FII Gross Purchase,FII Gross Sales,DII Net", "{d}-Aug-2024,{h},{l},{c}", NONE,
             lambda day, close: ("flows", day, 50.0, close)),
    Original("w.csv", "Date,Nifty 50,Nifty Bank", "{d}-08-2024,{c},{h}", Asked(variant="price"), _bars("NIFTY 50")),
    Original("ind_close_all_05082024.csv", "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,"
             "Closing Index Value,Volume", "Nifty {d},05-08-2024,{o},{h},{l},{c},-", NONE,
             lambda day, close: ("indices", f"NIFTY {day[-2:]}", "PR", "2024-08-05", close)),
]  # fmt: skip


def damage(original: Original, draw: random.Random) -> tuple[bytes, set[int], str]:
    """The bytes of a damaged file, which lines were touched, and what was done."""
    lines = [original.header, *original.lines]
    place = draw.randrange(1, len(lines))
    kind = draw.choice(sorted(DAMAGES))
    touched = DAMAGES[kind](lines, place, draw)
    body = ("\n".join(lines) + "\n").encode()
    if kind == "flip bytes":
        start = len("\n".join(lines[:place]).encode()) + 1
        at = start + draw.randrange(len(lines[place].encode()))
        body = body[:at] + bytes([body[at] ^ (1 << draw.randrange(8))]) + body[at + 1 :]
    if kind == "cut the file":
        body = body[: draw.randrange(len(body) // 4, len(body) - 2)]
        whole = body.count(b"\n")
        touched = set(range(whole, len(lines)))
    return body, touched, kind


def _columns(lines: list[str], change: Callable[[list[str]], list[str]]) -> None:
    lines[:] = [",".join(change(line.split(","))) for line in lines]


def _drop_column(lines: list[str], place: int, draw: random.Random) -> set[int]:
    at = draw.randrange(lines[0].count(",") + 1)
    _columns(lines, lambda cells: cells[:at] + cells[at + 1 :])
    return set()


def _double_column(lines: list[str], place: int, draw: random.Random) -> set[int]:
    at = draw.randrange(lines[0].count(",") + 1)
    _columns(lines, lambda cells: [*cells, cells[at]])
    return set()


def _reorder_columns(lines: list[str], place: int, draw: random.Random) -> set[int]:
    order = list(range(lines[0].count(",") + 1))
    draw.shuffle(order)
    _columns(lines, lambda cells: [cells[at] for at in order])
    return set()


def _cell(lines: list[str], place: int, draw: random.Random, text: str) -> set[int]:
    cells = lines[place].split(",")
    cells[draw.randrange(len(cells))] = text
    lines[place] = ",".join(cells)
    return {place}


def _cut_line(lines: list[str], place: int, draw: random.Random) -> set[int]:
    lines[place] = lines[place][: draw.randrange(1, len(lines[place]))]
    return {place}


def _double_line(lines: list[str], place: int, draw: random.Random) -> set[int]:
    lines.insert(place, lines[place])
    return set()


def _quote(lines: list[str], place: int, draw: random.Random) -> set[int]:
    at = draw.randrange(len(lines[place]))
    lines[place] = lines[place][:at] + '"' + lines[place][at:]
    return {place}


def _nul(lines: list[str], place: int, draw: random.Random) -> set[int]:
    at = draw.randrange(len(lines[place]))
    lines[place] = lines[place][:at] + "\0" + lines[place][at:]
    return {place}


def _month_13(lines: list[str], place: int, draw: random.Random) -> set[int]:
    old = lines[place]
    if "Index Date" in lines[0]:  # where the dates inside are not read
        return {place}
    for month, wrong in (("-08-", "-13-"), ("/08/", "/13/"), ("Aug", "Agu"), ("AUG", "AGU")):
        lines[place] = lines[place].replace(month, wrong)
    assert lines[place] != old
    return {place}


def _delimiter(lines: list[str], place: int, draw: random.Random) -> set[int]:
    if draw.random() < 0.5:
        lines[:] = [line.replace(",", ";") for line in lines]
        return set()
    lines[place] = lines[place].replace(",", ";")
    return {place}


def _nothing(lines: list[str], place: int, draw: random.Random) -> set[int]:
    return {place}


def _drop_header(lines: list[str], place: int, draw: random.Random) -> set[int]:
    lines.pop(0)
    return set()


DAMAGES: dict[str, Callable[[list[str], int, random.Random], set[int]]] = {
    "drop a column": _drop_column,
    "double a column": _double_column,
    "reorder columns": _reorder_columns,
    "text for a cell": lambda lines, place, draw: _cell(lines, place, draw, "n.a."),
    "nothing for a cell": lambda lines, place, draw: _cell(lines, place, draw, ""),
    "a huge number": lambda lines, place, draw: _cell(lines, place, draw, "9" * 320),
    "a number below zero": lambda lines, place, draw: _cell(lines, place, draw, "-24055.6"),
    "cut a line": _cut_line,
    "double a line": _double_line,
    "a quote somewhere": _quote,
    "a NUL": _nul,
    "the 13th month": _month_13,
    "another delimiter": _delimiter,
    "flip bytes": _nothing,
    "cut the file": _nothing,
    "drop the header": _drop_header,
}  # fmt: skip


def held(store: Store) -> list[Row]:
    """Every row of the store that a line of an original stands for."""
    columns = {
        "indices": "'indices', \"index\", variant, date::VARCHAR, close",
        "valuation": "'valuation', \"index\", date::VARCHAR, pe, pb, dy",
        "flows": "'flows', date::VARCHAR, fii_net, dii_net",
    }
    with duckdb.connect(str(store.path), read_only=True) as connection:
        found: list[Row] = []
        for table in store.tables():
            where = "WHERE \"index\" <> 'NIFTY BANK'" if table.name == "indices" else ""
            found += connection.execute(f"SELECT {columns[table.name]} FROM {table.name} {where}").fetchall()
    return found


def refusal(store: Store, path: Path, asked: Asked) -> str | None:
    """What is said of a file that is refused; None for one that is imported. Anything but a DataError is a bug."""
    try:
        store.load(path, asked=asked)
    except DataError as refused:
        return str(refused)
    return None


SEEDS = range(60)


@pytest.mark.parametrize("original", ORIGINALS, ids=lambda original: str(original.name))
def test_the_whole_files_are_read_right(tmp_path: Path, original: Original) -> None:
    path = tmp_path / original.name
    path.write_text("\n".join([original.header, *original.lines]) + "\n", "utf-8")
    store = Store(tmp_path / "store")
    store.load(path, asked=original.asked)
    assert sorted(held(store), key=str) == sorted(original.rows, key=str)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_damaged_file_is_read_right_or_refused(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    original = ORIGINALS[seed % len(ORIGINALS)]
    body, touched, kind = damage(original, draw)
    path, store = tmp_path / original.name, Store(tmp_path / "store")
    (tmp_path / "before.csv").write_text("date,index,variant,close\n2024-08-01,BEFORE,PR,1\n", "utf-8")
    store.load(tmp_path / "before.csv")
    before = store.path.read_bytes()
    path.write_bytes(body)
    said = refusal(store, path, original.asked)
    if said is not None:
        assert "\n" not in said
        assert original.name in said
        assert store.path.read_bytes() == before
        return
    mine = [row for row in held(store) if row[1] != "BEFORE"]
    untouched = [row for place, row in enumerate(original.rows, start=1) if place not in touched]
    if (original.name, kind) == ("w.csv", "drop a column") and b"Nifty 50" not in body:
        untouched = []  # a matrix of fewer indices is a whole one
    assert [row for row in untouched if row not in mine] == [], kind
    assert len(mine) <= len(original.rows), kind
    strange = [row for row in mine if row not in original.rows]
    assert len(strange) <= len(touched), kind


def test_some_damage_can_be_read_past_and_most_cannot(tmp_path: Path) -> None:
    """Were all refused, or none, the test above would show little. Most damage leaves no whole table."""
    refused = 0
    for seed in SEEDS:
        original = ORIGINALS[seed % len(ORIGINALS)]
        path = tmp_path / original.name
        path.write_bytes(damage(original, random.Random(seed))[0])
        with suppress(DataError), duckdb.connect() as connection:
            stage(connection, path, lambda _: None, original.asked)
            continue
        refused += 1
    assert len(SEEDS) // 2 < refused < len(SEEDS) - 5
