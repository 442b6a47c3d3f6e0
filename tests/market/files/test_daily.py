"""The daily index file: its day from its name, its dashes and bare decimals, its drifting names."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import DataError
from engine.market.files.aliases import aliases, index_name
from engine.market.files.daily import parse
from engine.market.registry import index_facts

HEADER = (
    "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index Value,Points Change,"
    "Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield"
)
NIFTY = "Nifty 50,25-09-2026,23035,23162.7,23020.95,23140.5,77.4,.34,242720711,18949.25,19.56,2.8,1.22"
SUGAR = "Nifty Sugar & Ethanol,20-08-2026,-,-,-,2864.73,154.78,5.71,405949718,3965.22,28.98,2.59,.42"
VIX = "India VIX,25-09-2026,12.6875,12.835,11.77,12.16,-0.53,-4.16,-,-,-,-,-"
NAME = "ind_close_all_25092026.csv"
DAY = date(2026, 9, 25)


def file(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def test_a_day_by_hand() -> None:
    found = parse(file(NIFTY, SUGAR, VIX), NAME)
    assert found.day == DAY
    bar = {"date": DAY, "variant": "PR"}
    assert found.indices == [
        {**bar, "index": "NIFTY 50", "open": 23035.0, "high": 23162.7, "low": 23020.95, "close": 23140.5,
         "volume": 242720711.0},
        {**bar, "index": "NIFTY SUGAR & ETHANOL", "open": None, "high": None, "low": None, "close": 2864.73,
         "volume": 405949718.0},
        {**bar, "index": "INDIA VIX", "open": 12.6875, "high": 12.835, "low": 11.77, "close": 12.16, "volume": None},
    ]  # fmt: skip
    assert found.valuation == [
        {"date": DAY, "index": "NIFTY 50", "pe": 19.56, "pb": 2.8, "dy": 1.22},
        {"date": DAY, "index": "NIFTY SUGAR & ETHANOL", "pe": 28.98, "pb": 2.59, "dy": 0.42},
    ]


def test_the_day_is_the_name_s_and_not_the_one_inside() -> None:
    line = NIFTY.replace("25-09-2026", "09/06/2014")  # is it 9 June or 6 September? The name knows
    assert parse(file(line), "ind_close_all_09062014.csv").day == date(2014, 6, 9)
    assert parse(file(line), "IND_CLOSE_ALL_09062014 (1).CSV").indices[0]["date"] == date(2014, 6, 9)


NIFTY_2013 = NIFTY.replace("Nifty 50", "S&P CNX Nifty")


@pytest.mark.parametrize(
    ("said", "day", "index"),
    [
        ("S&P CNX Nifty", date(2013, 1, 15), "NIFTY 50"),
        ("CNX Nifty", date(2014, 6, 9), "NIFTY 50"),
        ("Nifty 50", date(2015, 11, 9), "NIFTY 50"),
        ("CNX Bank", date(2014, 6, 9), "NIFTY BANK"),
        ("Bank Nifty", date(2013, 1, 15), "NIFTY BANK"),
        ("CNX Nifty Junior", date(2014, 6, 9), "NIFTY NEXT 50"),
        ("CNX Midcap", date(2015, 11, 6), "NIFTY MIDCAP 100"),
        ("Nifty Free Float Midcap 100", date(2016, 7, 5), "NIFTY MIDCAP 100"),
        ("Nifty Full Midcap 100", date(2016, 7, 5), "NIFTY FULL MIDCAP 100"),  # another index
        ("NIFTY Oil &  Gas", date(2024, 7, 5), "NIFTY OIL & GAS"),
        ("Nifty Healthcare Index", date(2024, 7, 5), "NIFTY HEALTHCARE"),
    ],
)
def test_names_that_drifted(said: str, day: date, index: str) -> None:
    assert index_name(said, day) == index
    (row,) = parse(file(NIFTY.replace("Nifty 50", said)), f"ind_close_all_{day:%d%m%Y}.csv").indices
    assert row["index"] == index


def test_aliases_are_no_index_s_own_name_and_end_after_they_begin() -> None:
    facts = {name.lower() for name in index_facts()}
    for alias in aliases().values():
        assert alias.alias.lower() not in facts
        assert alias.first is None or alias.last is None or alias.first < alias.last


def without(column: str) -> str:
    return ",".join(name for name in HEADER.split(",") if name != column)


BROKEN: dict[str, tuple[bytes, str, str]] = {
    "no day in the name": (file(NIFTY), "today.csv", "today.csv: a daily index file is called ind_close_all_DDMM"),
    "an impossible day": (file(NIFTY), "ind_close_all_13132024.csv", "13-13-2024 is no day"),
    "text for a close": (file(VIX, NIFTY.replace("23140.5", "n/a")), NAME, "line 3: the close 'n/a' is not a number"),
    "a close of zero": (file(NIFTY.replace("23140.5", "0")), NAME, "line 2: the close '0' is not above zero"),
    "a low below zero": (file(NIFTY.replace("23020.95", "-5")), NAME, "line 2: the low '-5' is not above zero"),
    "text for a ratio": (file(NIFTY.replace("19.56", "x")), NAME, "line 2: the pe 'x' is not a number"),
    "a volume below zero": (file(NIFTY.replace("242720711", "-2")), NAME, "line 2: the volume -2 is below zero"),
    "an index twice": (file(NIFTY, VIX, NIFTY), NAME, "line 4 is NIFTY 50 again, as line 2 is"),
    "an index under two names": (
        file(NIFTY, NIFTY_2013), "ind_close_all_01112015.csv", "line 3 is NIFTY 50 again, as line 2 is"
    ),
    "a name long gone": (file(NIFTY_2013), NAME, "'S&P CNX Nifty' was a name of NIFTY 50 .* to 2015-11-06"),
    "no name": (file(NIFTY.replace("Nifty 50", "")), NAME, "line 2 has no index name"),
    "a cut line": (file(NIFTY, VIX[:30]), NAME, "line 3 has 4 cells where the header has 13"),
    "no column of closes": (
        file(NIFTY.replace(",23140.5", ""), header=without("Closing Index Value")), NAME, "no column for closing"
    ),
    "nobody closed": (file(SUGAR.replace("2864.73", "-")), NAME, "no index has a close"),
    "header alone": (file(), NAME, "there is a header .* and no row below it"),
    "nothing": (b"", NAME, "the file is empty"),
    "a web page": (b"<html><body>Access Denied</body></html>", NAME, "and no row below it"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_what_is_not_sound_is_one_message(case: str) -> None:
    body, name, said = BROKEN[case]
    with pytest.raises(DataError, match=said) as refused:
        parse(body, name)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(name)


def test_a_level_of_zero_is_a_dash_where_there_need_be_none() -> None:
    (row,) = parse(file(NIFTY.replace("23035,23162.7,23020.95", "0,0,0")), NAME).indices
    assert (row["open"], row["high"], row["low"], row["close"]) == (None, None, None, 23140.5)
