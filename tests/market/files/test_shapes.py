"""Every shape, from files written by hand in its publisher's layout to rows of the store."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from engine.errors import DataError
from engine.market.files.shape import Asked
from engine.market.files.shapes import SHAPES
from engine.market.files.yahoo import symbols
from tests.market.files.conftest import Desk

INDICES = '"index", variant, date, open, high, low, close, volume, source'
CLOSES = '"index", variant, date, close'
NIFTY_BAR = (24302.85, 24350.05, 23893.7, 24055.6)


def test_niftyindices_prices(desk: Desk) -> None:
    desk.load(
        "NIFTY 50_Historical_PR.csv",
        "Index Name,Date,Open,High,Low,Close\n"
        '"Nifty 50","06 Aug 2024","24189.85","24382.60","23960.40","23992.55"\n'
        '"Nifty 50","05 Aug 2024","24302.85","24350.05","23893.7","24055.60"\n'
        '"Nifty Bank","05 Aug 2024","-","-","-","50092.10"\n',
    )
    mine = "niftyindices.com download"
    assert desk.rows("indices", INDICES) == [
        ("NIFTY 50", "PR", "2024-08-05", *NIFTY_BAR, None, mine),
        ("NIFTY 50", "PR", "2024-08-06", 24189.85, 24382.6, 23960.4, 23992.55, None, mine),
        ("NIFTY BANK", "PR", "2024-08-05", None, None, None, 50092.1, None, mine),
    ]


@pytest.mark.parametrize("header", ["Index Name,Date,Total Returns Index", "INDEX NAME , DATE,TotalReturnsIndex"])
def test_niftyindices_total_returns(desk: Desk, header: str) -> None:
    desk.load("tri.csv", f"{header}\nNIFTY 50,05 Aug 2024,35646.37\nNifty Pharma,05 Aug 2024,27000.5\n")
    assert desk.rows("indices", CLOSES) == [
        ("NIFTY 50", "TR", "2024-08-05", 35646.37),
        ("NIFTY PHARMA", "TR", "2024-08-05", 27000.5),
    ]


def test_net_total_returns_are_another_series_and_no_stand_in(desk: Desk) -> None:
    header = "Index Name,Date,Total Returns Index,NTR_Value\n"
    (found,) = desk.load(
        "tri.csv", header + "Nifty 50,31 Jan 2024,31939.59,28933.54\nNifty 50,01 Feb 2024,-,28900.10\n"
    )
    assert desk.rows("indices", CLOSES) == [("NIFTY 50", "TR", "2024-01-31", 31939.59)]
    assert found.notes == ("1 row without a close left out",)


@pytest.mark.parametrize("header", ["Index Name,Date,P/E,P/B,Div Yield %", "Index Name,Date,P/E ,P/B,DIV YIELD"])
def test_niftyindices_valuation(desk: Desk, header: str) -> None:
    desk.load("pe.csv", f"{header}\nNifty 50,05 Aug 2024,22.38,4.05,1.22\nNifty IT,05 Aug 2024,-,9.1,.9\n")
    assert desk.rows("valuation", '"index", date, pe, pb, dy') == [
        ("NIFTY 50", "2024-08-05", 22.38, 4.05, 1.22),
        ("NIFTY IT", "2024-08-05", None, 9.1, 0.9),
    ]


NSE_INDEX = (
    "Date ,Open ,High ,Low ,Close ,Shares Traded ,Turnover (₹ Cr)\n"
    "05-AUG-2024,24302.85,24350.05,23893.7,24055.6,494136843,45866.09\n"
)


@pytest.mark.parametrize(
    ("name", "series", "index"),
    [
        ("NIFTY 50-01-08-2024-to-06-08-2024.csv", None, "NIFTY 50"),
        ("NIFTY PVT BANK-01-08-2024-to-06-08-2024 (1).csv", None, "NIFTY PRIVATE BANK"),
        ("whatever.csv", "nifty midcap 100", "NIFTY MIDCAP 100"),
    ],
)
def test_nse_index(desk: Desk, name: str, series: str | None, index: str) -> None:
    desk.load(name, NSE_INDEX, Asked(series=series))
    assert desk.rows("indices", INDICES) == [
        (index, "PR", "2024-08-05", *NIFTY_BAR, 494136843.0, "nseindia.com download")
    ]


def test_days_outside_the_span_in_the_file_s_name_are_refused(desk: Desk) -> None:
    with pytest.raises(DataError, match="line 2 is of 2024-08-05; the file's name says 2024-08-06 to 2024-08-31"):
        desk.load("NIFTY 50-06-08-2024-to-31-08-2024.csv", NSE_INDEX)
    with pytest.raises(DataError, match="nothing in it says which index it is of; keep the name"):
        desk.load("table.csv", NSE_INDEX)
    with pytest.raises(DataError, match="the file's name has no span of days"):
        desk.load("NIFTY 50-31-02-2024-to-31-08-2024.csv", NSE_INDEX)


NSE_EQUITY = (
    '"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","52W H ","52W L ","VOLUME ",'
    '"VALUE ","No of trades "\n'
    '"05-Aug-2024","EQ","2,950.00","2,977.00","2,866.40","2,997.55","2,893.00","2,894.65","2,911.39","3,217.90",'
    '"2,220.30","1,04,03,962","30,28,99,45,062.35","3,85,404"\n'
)


def test_nse_shares_are_unadjusted_and_wait_for_a_word(desk: Desk) -> None:
    name = "Quote-Equity-RELIANCE-EQ-01-08-2024-to-06-08-2024.csv"
    with pytest.raises(DataError, match=r"not adjusted for splits and bonuses.*say --unadjusted"):
        desk.load(name, NSE_EQUITY)
    desk.load(name, NSE_EQUITY, Asked(unadjusted=True))
    assert desk.rows("stocks", "symbol, date, open, high, low, close, volume, source") == [
        ("RELIANCE", "2024-08-05", 2950.0, 2977.0, 2866.4, 2894.65, 10403962.0, "nseindia.com download, unadjusted")
    ]
    with pytest.raises(DataError, match="line 2 is of the series 'N1', not a share's"):
        desk.load(name, NSE_EQUITY.replace('"EQ"', '"N1"'), Asked(unadjusted=True))


YAHOO = (
    "Date,Open,High,Low,Close,Adj Close,Volume\n"
    "2024-08-02,24789.0,24851.9,24686.85,24717.7,24000.0,354800\n"
    "2024-08-03,null,null,null,null,null,null\n"
    "2024-08-05,24302.85,24350.05,23893.7,24055.6,23400.0,0\n"
)


@pytest.mark.parametrize(
    ("name", "series", "index"),
    [
        ("^NSEI.csv", None, "NIFTY 50"),
        ("%5ENSEBANK (2).csv", None, "NIFTY BANK"),
        ("x.csv", "^CNXAUTO", "NIFTY AUTO"),
        ("x.csv", "Nifty 50", "NIFTY 50"),
        ("NIFTY_FIN_SERVICE.NS.csv", None, "NIFTY FINANCIAL SERVICES"),
        ("^BSESN.csv", None, "BSE SENSEX"),
    ],
)
def test_yahoo_indices_are_prices(desk: Desk, name: str, series: str | None, index: str) -> None:
    (found,) = desk.load(name, YAHOO, Asked(series=series))
    assert desk.rows("indices", INDICES) == [
        (index, "PR", "2024-08-02", 24789.0, 24851.9, 24686.85, 24717.7, 354800.0, "Yahoo download"),
        (index, "PR", "2024-08-05", *NIFTY_BAR, 0.0, "Yahoo download"),
    ]
    assert found.notes == ("1 row without a close left out",)


def test_yahoo_shares_take_the_close_adjusted_for_splits_alone(desk: Desk) -> None:
    desk.load("M&M.NS.csv", YAHOO)
    assert desk.rows("stocks", "symbol, date, close") == [
        ("M&M", "2024-08-02", 24717.7),
        ("M&M", "2024-08-05", 24055.6),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("BSE-MIDCAP.BO.csv", "BSE-MIDCAP.BO is not the index its name says"),
        ("^CNXFIN.csv", "silently given to another index"),
        ("^NSIE.csv", "unknown Yahoo symbol '^NSIE'; did you mean '^NSEI'?"),
        ("table.csv", "keep the name of the download or say --series SYMBOL"),
    ],
)
def test_yahoo_symbols_that_stand_for_nothing_here(desk: Desk, name: str, said: str) -> None:
    with pytest.raises(DataError) as refused:
        desk.load(name, YAHOO)
    assert said in str(refused.value)


def test_a_close_that_may_be_adjusted_for_dividends_is_not_taken_for_yahoo_s(desk: Desk) -> None:
    text = "Date,Open,High,Low,Close,Volume\n2024-08-05,1,2,0.5,1.5,7\n"
    with pytest.raises(DataError, match=r"say --series NAME and --variant price"):
        desk.load("XYZ.NS.csv", text)
    with pytest.raises(DataError, match="a yahoo file has the column 'Adj Close', this one Date, Open"):
        desk.load("XYZ.NS.csv", text, Asked(shape="yahoo"))


BSE = "Date,Open,High,Low,Close\n5-August-2024,78588.19,79780.61,78295.86,78759.4\n"


@pytest.mark.parametrize(
    ("name", "series", "index"),
    [
        ("SENSEX.csv", None, "BSE SENSEX"),
        ("S&P BSE Sensex.csv", None, "BSE SENSEX"),
        ("x.csv", "BSE Power", "BSE POWER"),
    ],
)
def test_bse(desk: Desk, name: str, series: str | None, index: str) -> None:
    desk.load(name, BSE, Asked(series=series))
    assert desk.rows("indices", f"{CLOSES}, source") == [(index, "PR", "2024-08-05", 78759.4, "bseindia.com download")]


def test_bars_of_anything_are_what_the_user_says(desk: Desk) -> None:
    with pytest.raises(DataError, match="nothing in it says which index"):
        desk.load("mine.csv", BSE)
    desk.load("mine.csv", BSE, Asked(series="CNX Nifty", variant="total"))
    assert desk.rows("indices", f"{CLOSES}, source") == [("NIFTY 50", "TR", "2024-08-05", 78759.4, "file of bars")]


@pytest.mark.parametrize(
    "header",
    [
        (
            "Date,FII Gross Purchase,FII Gross Sales,FII Net Purchase / Sales,DII Gross Purchase,DII Gross Sales,"
            "DII Net Purchase / Sales"
        ),
        (
            "date,FII/FPI Buy Value (Rs Cr),FII/FPI Sell Value (Rs Cr),FII/FPI Net Value (Rs Cr),DII Buy Value (Rs Cr),"
            "DII Sell Value (Rs Cr),DII Net Value (Rs Cr)"
        ),
    ],
)
def test_flows_gross_and_net(desk: Desk, header: str) -> None:
    desk.load("flows of july.csv", f'{header}\n31-Jul-2024,"19,045.51",18768.03,277.48,19885.8,17625.43,2260.37\n')
    assert desk.rows("flows", "date, fii_buy, fii_sell, fii_net, dii_buy, dii_sell, dii_net, source") == [
        ("2024-07-31", 19045.51, 18768.03, 277.48, 19885.8, 17625.43, 2260.37, "FII and DII table")
    ]


def test_flows_without_a_net_and_with_a_wrong_one(desk: Desk) -> None:
    gross = "Date,FII Gross Purchase,FII Gross Sales,DII Gross Purchase,DII Gross Sales\n"
    desk.load("a.csv", f"{gross}31-Jul-2024,19045.51,18768.03,19885.8,-\n")
    assert desk.rows("flows", "date, fii_net, dii_net") == [("2024-07-31", 277.48, None)]
    wrong = gross.replace("\n", ",FII Net,DII Net\n")
    with pytest.raises(DataError, match="line 2: the fii_net 300 is not what was bought less what was sold, 277.48"):
        desk.load("b.csv", f"{wrong}30-Jul-2024,19045.51,18768.03,19885.8,17625.43,300,2260.37\n")


def test_fpi_figures_of_the_depositories_are_never_flows(desk: Desk) -> None:
    desk.load(
        "monthwise.csv",
        "Month,Equity,Debt-General Limit,Debt-VRR,Debt-FAR,Hybrid,Mutual Funds,Total\n"
        'January 2024,"-25,744",19837,100,300,118,-7,"-5,396"\n'
        "February 2024,1539,22419,-,1,2,3,4\n",
    )
    assert desk.rows("fpi_monthly", "date, equity_net, debt_net, hybrid_net, total_net, source") == [
        ("2024-01-31", -25744.0, 20237.0, 118.0, -5396.0, "NSDL table"),
        ("2024-02-29", 1539.0, None, 2.0, 4.0, "NSDL table"),
    ]
    assert [table.name for table in desk.store.tables()] == ["fpi_monthly"]


WIDE = "Date,Nifty 50,CNX Bank\n05/08/2024,24055.6,50092.1\n13/08/2024,,49831.85\n"


def test_wide(desk: Desk) -> None:
    with pytest.raises(DataError, match="prices or total returns, which are never guessed; say --variant price or"):
        desk.load("closes.csv", WIDE)
    desk.load("closes.csv", WIDE, Asked(variant="total"))
    assert desk.rows("indices", CLOSES) == [
        ("NIFTY 50", "TR", "2024-08-05", 24055.6),
        ("NIFTY BANK", "TR", "2024-08-05", 50092.1),
        ("NIFTY BANK", "TR", "2024-08-13", 49831.85),
    ]


def test_a_wide_table_of_unknown_names_needs_the_word(desk: Desk) -> None:
    text = WIDE.replace("CNX Bank", "My Own Index")
    with pytest.raises(DataError, match="nothing to import"):
        desk.load("closes.csv", text, Asked(variant="price"))
    desk.load("closes.csv", text, Asked(shape="wide", variant="price"))
    assert {row[0] for row in desk.rows("indices", CLOSES)} == {"NIFTY 50", "MY OWN INDEX"}
    with pytest.raises(DataError, match="the columns 'Nifty 50' and 'CNX Nifty' are both NIFTY 50"):
        desk.load("closes.csv", WIDE.replace("CNX Bank", "CNX Nifty"), Asked(variant="price"))


def test_constituents_by_their_codes(desk: Desk) -> None:
    desk.load(
        "members.csv",
        "sector,sector_weight,symbol,weight,as_of_date,index\n"
        "Financial Services,33.07,HDFCBANK,12.5,31-07-2026,NIFTY_50\n"
        "Capital Goods,100,BEL,20.1,31-07-2026,NIFTY_IND_DEFENCE\n",
    )
    assert desk.rows("constituents", '"index", symbol, date, weight_pct, sector') == [
        ("NIFTY 50", "HDFCBANK", "2026-07-31", 12.5, "Financial Services"),
        ("NIFTY INDIA DEFENCE", "BEL", "2026-07-31", 20.1, "Capital Goods"),
    ]


@pytest.mark.parametrize("weight", ["-1", "101"])
def test_a_weight_that_is_no_share_of_an_index(desk: Desk, weight: str) -> None:
    header = "sector,symbol,weight,as_of_date,index\n"
    with pytest.raises(DataError, match=f"line 2: the weight {weight} is no per cent of an index"):
        desk.load("members.csv", f"{header}Financial Services,HDFCBANK,{weight},31-07-2026,NIFTY_50\n")


@pytest.mark.real
def test_the_real_composition(desk: Desk, market_folder: Path) -> None:
    """Weights of an index sum to 100 within the rounding of its members."""
    (found,) = desk.store.load(market_folder / "index_members_2026-07-31.parquet")
    assert found.shape == "constituents"
    with duckdb.connect() as connection:
        (total,) = connection.execute(
            "SELECT sum(weight) FROM read_parquet($1) WHERE \"index\" = 'NIFTY_PVT_BANK'",
            [str(market_folder / "index_members_2026-07-31.parquet")],
        ).fetchall()[0]
    held = desk.rows("constituents", '"index", weight_pct')
    mine = [float(str(weight)) for index, weight in held if index == "NIFTY PRIVATE BANK"]
    assert sum(mine) == pytest.approx(total, abs=1e-9)
    assert sum(mine) == pytest.approx(100, abs=0.05)
    assert len(held) == 10_899


def test_daily_files_of_a_folder(desk: Desk) -> None:
    header = (
        "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index Value,Points Change,"
        "Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield\n"
    )
    defence = "Nifty India Defence,x,-,-,-,1100.5,-,-,-,-,-,-,-\n"
    media = "Nifty Rural,x,-,-,-,15000,-,-,-,-,-,-,-\n"
    nifty = "Nifty 50,x,-,-,-,{},1,.1,1,1,22.5,4,.9\n"
    desk.write("ind_close_all_18012022.csv", header + nifty.format(18113.05))
    desk.write("ind_close_all_19012022.csv", header + nifty.format(17938.4) + media)
    desk.write("ind_close_all_20012022.csv", header + nifty.format(17757.0) + defence)
    found = desk.store.load(desk.folder)
    assert {(item.shape, item.dataset and item.dataset.name) for item in found} == {
        ("daily", "indices"), ("daily", "valuation"),
    }  # fmt: skip
    assert desk.rows("indices", CLOSES) == [
        ("NIFTY 50", "PR", "2022-01-18", 18113.05),
        ("NIFTY 50", "PR", "2022-01-19", 17938.4),
        ("NIFTY 50", "PR", "2022-01-20", 17757.0),
        ("NIFTY INDIA DEFENCE", "PR", "2022-01-20", 1100.5),
        ("NIFTY RURAL", "PR", "2022-01-19", 15000.0),
    ]
    assert desk.rows("valuation", '"index", date, dy')[0] == ("NIFTY 50", "2022-01-18", 0.9)


def test_every_shape_says_what_it_is_recognised_by() -> None:
    for name, shape in SHAPES.items():
        assert shape.name == name
        assert shape.headers
        assert type(shape).__doc__


def test_every_symbol_of_yahoo_s_stands_for_an_index_or_says_why_not() -> None:
    assert {symbol for symbol, index in symbols().items() if index is None} == {
        "BSE-MIDCAP.BO", "BSE-SMLCAP.BO", "^CNXFIN",
    }  # fmt: skip
