"""The import as a whole: the store's own tables in other spellings, and what the user may say."""

from __future__ import annotations

import duckdb
import pytest

from engine.errors import DataError
from engine.market.files.shape import Asked
from engine.market.importers import stage
from tests.market.files.conftest import Desk

CLOSES = '"index", variant, date, close, source'


@pytest.mark.parametrize(
    "body",
    [
        "date,index,variant,close\n2024-08-05,NIFTY 50,PR,24055.6\n",
        "\ufeffdate,index,variant,close\r\n2024-08-05,NIFTY 50,PR,24055.6\r\n",
        "date;index;variant;close\n2024-08-05;NIFTY 50;PR;24055.6\n",
        "Date,Index,Variant,Close\n05 Aug 2024,NIFTY 50,PR,\"24,055.60\"\n",
        "date,index,variant,close\n2024-08-05,NIFTY 50,PR,24055.6\n\nSource: NSE Indices\n",
        "close,date,variant,index\n24055.6,2024-08-05,PR,NIFTY 50\n",
    ],
    ids=["plain", "mark", "semicolons", "dates and thousands", "a footer", "another order"],
)  # fmt: skip
def test_tidy_files_in_other_spellings(desk: Desk, body: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        desk.load("mine.csv", body.removeprefix("\ufeff" if encoding == "utf-16" else "").encode(encoding))
        assert desk.rows("indices", CLOSES) == [("NIFTY 50", "PR", "2024-08-05", 24055.6, "mine.csv")]


def test_the_variant_a_tidy_file_lacks_is_the_user_s_to_say(desk: Desk) -> None:
    text = "date,index,close\n2024-08-05,NIFTY 50,24055.6\n"
    with pytest.raises(DataError, match="the column 'variant' is missing; .*, or say --variant"):
        desk.load("mine.csv", text)
    desk.load("mine.csv", text, Asked(variant="total"))
    assert desk.rows("indices", CLOSES) == [("NIFTY 50", "TR", "2024-08-05", 24055.6, "mine.csv")]
    with pytest.raises(DataError, match="its column 'variant' says what its rows are"):
        desk.load("mine.csv", "date,index,variant,close\n2024-08-05,NIFTY 50,PR,1\n", Asked(variant="total"))
    with pytest.raises(DataError, match="its column 'Variant' says what its rows are"):
        desk.load("mine.csv", "Date,Index,Variant,Close\n2024-08-05,NIFTY 50,PR,1\n", Asked(variant="total"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(series="NIFTY 50"), "--series says nothing about files of the shape tidy"),
        (Asked(unadjusted=True), "--unadjusted says nothing about files of the shape tidy"),
        (Asked(sheet="S"), "--sheet is for .xlsx files"),
        (Asked(shape="yahoo"), "a yahoo file has the column 'Open', this one date, index, variant, close"),
    ],
)
def test_nothing_the_user_says_goes_unheard(desk: Desk, asked: Asked, said: str) -> None:
    with pytest.raises(DataError) as refused:
        desk.load("mine.csv", "date,index,variant,close\n2024-08-05,NIFTY 50,PR,1\n", asked)
    assert said in str(refused.value)
    assert not desk.store.path.exists()


@pytest.mark.parametrize("said", ["Nifty 50", "nifty  50", "NIFTY50", "CNX Nifty"])
def test_an_index_known_here_is_stored_under_its_name(desk: Desk, said: str) -> None:
    """Beside NIFTY 50 it would be another series, and every run would silently end before it."""
    desk.load("tidy.csv", f"date,index,variant,close\n2024-08-05,{said},PR,24055.6\n2024-08-05,My Own Index,PR,1\n")
    assert desk.rows("indices", '"index", close') == [("My Own Index", 1.0), ("NIFTY 50", 24055.6)]


def test_one_name_is_for_one_file(desk: Desk) -> None:
    for name in ("a.csv", "b.csv"):
        desk.write(name, "Date,Open,High,Low,Close,Adj Close,Volume\n2024-08-05,1,2,0.5,1.5,1.5,0\n")
    with pytest.raises(DataError, match="--series names one series, and 2 files are there"):
        desk.store.load(desk.folder, asked=Asked(series="^NSEI"))


def test_an_unknown_file_is_told_the_shapes_and_the_nearest(desk: Desk) -> None:
    with pytest.raises(DataError) as refused:
        desk.load("prices.csv", "Date,Open,High,Low,Price,Adj Close,Volume\n2024-08-05,1,2,0.5,1.5,1.5,0\n")
    said = str(refused.value)
    assert "the nearest shape is yahoo, without Close and with Price" in said
    assert "niftyindices-total: Index Name, Date, Total Returns Index" in said
    assert "\n" not in said


def test_a_date_twice_is_told_with_both_lines(desk: Desk) -> None:
    with pytest.raises(DataError, match="line 4 is of 2024-08-05 again, as line 2 is"):
        desk.load("SENSEX.csv", "Date,Open,High,Low,Close\n" + "".join(
            f"2024-08-{day},1,2,0.5,1.5\n" for day in ("05", "06", "05")))  # fmt: skip


def test_two_sources_keep_their_names(desk: Desk) -> None:
    desk.load("^NSEI.csv", "Date,Open,High,Low,Close,Adj Close,Volume\n2024-08-05,1,2,0.5,1.5,1.5,0\n")
    desk.load("pr.csv", "Index Name,Date,Open,High,Low,Close\nNifty 50,06 Aug 2024,1,2,0.5,1.6\n")
    (table,) = desk.store.tables()
    assert table.sources == ("Yahoo download", "niftyindices.com download")


def test_a_name_said_wrongly_is_pointed_out(desk: Desk) -> None:
    text = "Date,Open,High,Low,Close,Shares Traded\n05-AUG-2024,1,2,0.5,1.5,0\n"
    (found,) = desk.load("x.csv", text, Asked(series="NIFTY BNAK"))
    assert found.notes == ("NIFTY BNAK is no index described here; did you mean 'NIFTY BANK'?",)


def test_marks_of_open_workbooks_and_hidden_files_are_not_meant(desk: Desk) -> None:
    desk.write("~$mine.xlsx", b"\x05user")
    desk.write(".mine.csv", "")
    desk.write("mine.csv", "date,index,variant,close\n2024-08-05,NIFTY 50,PR,1\n")
    assert [item.path.name for item in desk.store.load(desk.folder)] == ["mine.csv"]


def test_endings_in_capitals(desk: Desk) -> None:
    desk.load("MINE.CSV", "date,index,variant,close\n2024-08-05,NIFTY 50,PR,1\n")
    assert desk.store.tables()[0].rows == 1


def test_the_database_draws_nothing_on_the_output(desk: Desk) -> None:
    desk.write("mine.csv", "date,index,variant,close\n2024-08-05,NIFTY 50,PR,1\n")
    with duckdb.connect() as connection:
        stage(connection, desk.folder, lambda _: None)
        assert connection.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


@pytest.mark.parametrize("name", ["data[1].csv", "a*.csv", "a?.csv"])
def test_signs_of_patterns_are_part_of_a_name(desk: Desk, name: str) -> None:
    """The database would read the neighbours that fit the pattern instead."""
    for other in ("data1.csv", "ab.csv"):
        desk.write(other, "date,index,variant,close\n2024-08-05,MINE,PR,999\n")
    desk.load(name, "date,index,variant,close\n2024-08-05,MINE,PR,100\n")
    assert desk.rows("indices", "close") == [(100.0,)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,symbol,kind,value\n2024-08-05,S,merger,2\n", "the kind 'merger' on 2024-08-05 is no split, bonus or"),
        ("date,symbol,kind,value\n2024-08-05,S,split,0\n", "the value '0' on 2024-08-05 is not above zero"),
        ("date,index,variant,close,volume\n2024-08-05,MINE,PR,1,-5\n", "the volume '-5' on 2024-08-05 is below zero"),
        ("date,index,variant,close\n2024-08-05,Cash,PR,1\n", "CASH is no index"),
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        desk.load("tidy.csv", text)
    assert not desk.store.path.exists()
