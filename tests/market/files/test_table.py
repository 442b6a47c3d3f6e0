"""Tables of text: what spreadsheets and downloads do to them is undone, what cannot be read is refused by its line."""

from __future__ import annotations

import pytest

from engine.errors import DataError
from engine.market.files.numbers import number
from engine.market.files.table import read_table

PLAIN = "Date ,Close\n2024-08-05,24055.6\n2024-08-06,23992.55\n"
LINES = [(2, ("2024-08-05", "24055.6")), (3, ("2024-08-06", "23992.55"))]


@pytest.mark.parametrize(
    "body",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace(",", ", ").encode(),
        (PLAIN + "\n,\n   \n").encode(),
        PLAIN.replace("\n", ",\n").encode(),
        (PLAIN + "Source: NSE Indices, Mumbai\n").encode(),
        (PLAIN + "\nNote: closes\n* provisional\n").encode(),
        PLAIN.replace("24055.6", '"24055.6"').encode(),
    ],
    ids=["plain", "mark", "utf-16", "utf-16 big end", "semicolons", "tabs", "carriage returns", "spaces", "empty ends",
         "trailing commas", "a source", "notes", "quotes"],
)  # fmt: skip
def test_read_right(body: bytes) -> None:
    table = read_table(body, "f.csv")
    assert table.keys == ("date", "close")
    assert [tuple(line) for line in table.lines] == LINES


def test_lines_keep_their_numbers_across_empty_ones() -> None:
    table = read_table(b"\n\nDate,Close\n\n2024-08-05,1\n", "f.csv")
    assert [line.number for line in table.lines] == [5]


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "f.csv: the file is empty"),
    "blank": (b" \n,,\n", "f.csv: the file is empty"),
    "a mark alone": (b"\xef\xbb\xbf", "f.csv: the file is empty"),
    "header alone": (b"Date,Close\n", r"there is a header \(Date, Close\) and no row below it"),
    "header and footer": (b"Date,Close\nSource: NSE,\n", "and no row below it"),
    "a short line": (b"Date,Close\n2024-08-05,1\n2024-08\n", "line 3 has 1 cells where the header has 2: '2024-08'"),
    "a long line": (b"Date,Close\n2024-08-05,1,2\n", "line 2 has 3 cells where the header has 2"),
    "thousands unquoted": (b"Date,Close\n2024-08-05,24,055.60\n", "line 2 has 3 cells"),
    "a footer among the rows": (b"Date,Close\nSource: NSE,\n2024-08-05\n", "line 3 has 1 cells"),
    "a column twice": (b"Date,Close,CLOSE\n2024-08-05,1,2\n", "the column 'CLOSE' stands there twice"),
    "a NUL": (b"Date,Close\n2024-08-05,1\n2024-08-06,\x002\n", "line 3 holds a NUL"),
    "utf-16 without its mark": (PLAIN.encode("utf-16-le"), "line 1 holds a NUL"),
    "half a sign of utf-16": (PLAIN.encode("utf-16")[:-1], "is no UTF-16-LE text"),
    "another alphabet": (b"Date,Close\n2024-08-05,1\xff\n", r"line 2 is no UTF-8 text \(byte 0xff\)"),
    "an open quote": (b'Date,Close\n"2024-08-05,1\n2024-08-06,2\n', "line 2"),
    "a quote over two lines": (b'Date,Close\n"2024-08\n-05",1\n', "line 2 opens a quote that is not closed on it"),
    "signs after a quote": (b'Date,Close\n"2024"-08-05,1\n', "line 2 cannot be read"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_refused(case: str) -> None:
    body, said = BROKEN[case]
    with pytest.raises(DataError, match=said) as refused:
        read_table(body, "f.csv")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [(".34", 0.34), ("-.53", -0.53), ("24,302.85", 24302.85), ("1,23,456", 123456.0), ("12,34,56,789.5", 123456789.5),
     ("0", 0.0), ("24055.", 24055.0), ("+5", 5.0), ("-", None), ("", None), ("–", None)],
)  # fmt: skip
def test_numbers(text: str, value: float | None) -> None:
    assert number(text, "the close") == value


@pytest.mark.parametrize(
    "text", ["n/a", "nan", "inf", "1,2", "1,2345", "24,55.6", "1e5", "1.2.3", "--5", "₹5", "5%", "(5)", "5 000", "."]
)
def test_no_numbers(text: str) -> None:
    with pytest.raises(DataError, match="the close .* is not a number"):
        number(text, "the close")


def test_numbers_that_cannot_be_meant() -> None:
    with pytest.raises(DataError, match="too large to be true"):
        number("9" * 40, "the close")
    with pytest.raises(DataError, match="may have a decimal comma"):
        number("24,055", "the close", decimal_commas=True)
