"""Workbooks, written here by hand: dates that are dates, numbers that are numbers, sheets by name."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import DataError
from engine.market.files.shape import Asked
from tests.market.files.conftest import Desk

Cell = str | float
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
SPACE = "http://schemas.openxmlformats.org/"


def workbook(path: Path, **sheets: Sequence[Sequence[Cell]]) -> Path:
    """A workbook of sheets; a cell of text that begins with = is a date's serial number, shown as a date."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{SPACE}package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="{TYPES}worksheet+xml"/>'
            for place in range(len(names))
        )
        + "</Types>",
        "_rels/.rels": _relations(["officeDocument"], ["xl/workbook.xml"]),
        "xl/workbook.xml": f'<workbook xmlns="{SPACE}spreadsheetml/2006/main" '
        f'xmlns:r="{SPACE}officeDocument/2006/relationships"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{at + 1}" r:id="r{at}"/>' for at, name in enumerate(names))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            ["worksheet"] * len(names) + ["styles"],
            [f"worksheets/sheet{place}.xml" for place in range(len(names))] + ["styles.xml"],
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{SPACE}spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for place, name in enumerate(names):
        parts[f"xl/worksheets/sheet{place}.xml"] = (
            f'<worksheet xmlns="{SPACE}spreadsheetml/2006/main"><sheetData>'
            + "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in sheets[name])
            + "</sheetData></worksheet>"
        )
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def _relations(kinds: Sequence[str], targets: Sequence[str]) -> str:
    return (
        f'<Relationships xmlns="{SPACE}package/2006/relationships">'
        + "".join(
            f'<Relationship Id="r{at}" Type="{SPACE}officeDocument/2006/relationships/{kind}" Target="{target}"/>'
            for at, (kind, target) in enumerate(zip(kinds, targets, strict=True))
        )
        + "</Relationships>"
    )


def _cell(value: Cell) -> str:
    if isinstance(value, float):
        return f"<c><v>{value!r}</v></c>"
    if value.startswith("="):
        return f'<c s="1"><v>{value[1:]}</v></c>'
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


HEADER = ["Index Name", "Date", "Open", "High", "Low", "Close"]
ROW: list[Cell] = ["Nifty 50", "=45509", 24302.85, 24350.05, 23893.7, 24055.6]  # 45509 days after 1899-12-30
CLOSES = '"index", variant, date, close'


def test_a_workbook_is_read_like_a_file(desk: Desk) -> None:
    path = workbook(desk.folder / "pr.xlsx", Sheet1=[HEADER, ROW, [], ["Source: NSE Indices"]])
    (found,) = desk.store.load(path)
    assert found.shape == "niftyindices-price"
    assert desk.rows("indices", CLOSES) == [("NIFTY 50", "PR", "2024-08-05", 24055.6)]


def test_a_sheet_by_its_name(desk: Desk) -> None:
    wide: list[list[Cell]] = [["Date", "Nifty 50"], ["=45509", 24055.0]]
    path = workbook(desk.folder / "two.xlsx", Notes=[["a", "b"], ["c", "d"]], Closes=wide)
    with pytest.raises(DataError, match="nothing to import"):
        desk.store.load(path)
    with pytest.raises(DataError, match="unknown sheet 'Close'; did you mean 'Closes'.*Known: Notes, Closes"):
        desk.store.load(path, asked=Asked(sheet="Close"))
    desk.store.load(path, asked=Asked(sheet="Closes", variant="price"))
    assert desk.rows("indices", CLOSES) == [("NIFTY 50", "PR", "2024-08-05", 24055.0)]


def test_the_store_s_own_columns_in_a_workbook(desk: Desk) -> None:
    path = workbook(
        desk.folder / "mine.xlsx", S=[["Date", "Symbol", "Close", "Volume"], ["=45509", "TCS", 4184.5, 12345678.0]]
    )
    desk.store.load(path)
    assert desk.rows("stocks", "symbol, date, close, volume, source") == [
        ("TCS", "2024-08-05", 4184.5, 12345678.0, "mine.xlsx")
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["Nifty 50", "=45509.4", 1.0, 2.0, 0.5, 1.5], "row 3: the date '2024-08-05 09:36:00' is no day"),
        (["Nifty 50", "=45510", 1.0, 2.0, 0.5, "#N/A"], "row 3: the close '#N/A' is not a number"),
        (["Nifty 50", "06/08/2024", 1.0, 2.0, 0.5, 1.5], "row 3: the date '06/08/2024' is written in another way"),
        (["Nifty 50", "=45509", 1.0, 2.0, 0.5, 1.5], "row 3 is of NIFTY 50, 2024-08-05 again, as row 2 is"),
        (["Nifty 50", 45510.0, 1.0, 2.0, 0.5, 1.5], "row 3: the date '45510' is no day"),
    ],
)
def test_traps(desk: Desk, row: list[Cell], said: str) -> None:
    path = workbook(desk.folder / "pr.xlsx", S=[HEADER, ROW, row])
    with pytest.raises(DataError) as refused:
        desk.store.load(path)
    assert str(refused.value).startswith(f"{path}: {said}")
    assert not desk.store.path.exists()


def test_rows_are_numbered_as_the_program_shows_them(desk: Desk) -> None:
    path = workbook(desk.folder / "pr.xlsx", S=[[], [], HEADER, ROW, ["Nifty 50", "never", 1.0, 2.0, 0.5, 1.5]])
    with pytest.raises(DataError, match="row 5: the date 'never' is no day"):
        desk.store.load(path)


def test_what_is_no_workbook(desk: Desk) -> None:
    for body in (b"", b"no workbook", b"PK\x03\x04 cut"):
        path = desk.write("x.xlsx", body)
        with pytest.raises(DataError, match="x.xlsx: cannot be read as an Excel workbook"):
            desk.store.load(path)
    whole = workbook(desk.folder / "pr.xlsx", S=[HEADER, ROW]).read_bytes()
    for end in range(50, len(whole), len(whole) // 9):
        path = desk.write("x.xlsx", whole[:end])
        with pytest.raises(DataError, match="x.xlsx: "):
            desk.store.load(path)
    with pytest.raises(DataError, match="the file is empty"):
        desk.store.load(workbook(desk.folder / "pr.xlsx", S=[]))
