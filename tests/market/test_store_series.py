"""Every kind of series in the store: which dates it has, what is unknown on them, and what the catalogue says."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import DataError
from engine.market.keys import SeriesKey, Span
from engine.market.source import open_source
from engine.market.store import Store

INDICES = """\
date,index,variant,open,high,low,close,volume
2024-01-19,A,PR,99,101,98,100,5
2024-01-20,A,PR,,,,101.5,0
2024-01-22,A,PR,102,104.5,,103,
2024-01-23,A,PR,,,,104,7
2024-01-19,A,TR,,,,200,
2024-01-20,B,PR,,,,50,
2024-01-20,B,TR,,60,,50,9
"""
STOCKS = """\
date,symbol,open,close,volume
2024-01-22,S,9.5,10,100
2024-01-19,S,,11,
2024-01-19,A,1,2,3
"""
FLOWS = """\
date,fii_net,dii_net,fii_buy,fii_sell,dii_buy
2024-01-19,-5.5,7,,4,
2024-01-20,,8,100,,
2024-01-22,2.5,9,110,107.5,
2024-01-23,3.5,,,,
"""
VALUATION = """\
date,index,pe,pb,dy
2024-01-19,A,22,,1.25
2024-01-22,A,,,1.5
2024-01-20,C,18,2,
"""
# Month ends and one change of the index in between. Steel is absent in January, IT on the last date.
WEIGHTS = """\
date,symbol,weight_pct,sector
2024-01-31,Y,25.5,IT
2024-01-31,X,50,Banks
2024-01-31,Z,24.5,IT
2024-02-12,Y,40,IT
2024-02-12,X,,Banks
2024-02-12,S,5,Steel
2024-02-12,V,10,Banks
2024-02-29,X,90,Banks
2024-02-29,S,10,Steel
"""
FILES = {"indices": INDICES, "stocks": STOCKS, "flows": FLOWS, "valuation": VALUATION, "nifty50_weights": WEIGHTS}

SPANS = {
    ("A", "price"): ("2024-01-19", "2024-01-23", 4),
    ("A", "total"): ("2024-01-19", "2024-01-19", 1),
    ("B", "price"): ("2024-01-20", "2024-01-20", 1),
    ("B", "total"): ("2024-01-20", "2024-01-20", 1),
    ("A", "high"): ("2024-01-19", "2024-01-22", 2),
    ("A", "volume"): ("2024-01-19", "2024-01-23", 2),
    ("S", "stock"): ("2024-01-19", "2024-01-22", 2),
    ("A", "stock"): ("2024-01-19", "2024-01-19", 1),
    ("S", "shares"): ("2024-01-22", "2024-01-22", 1),
    ("A", "shares"): ("2024-01-19", "2024-01-19", 1),
    ("FII", "net"): ("2024-01-19", "2024-01-23", 3),
    ("DII", "net"): ("2024-01-19", "2024-01-22", 3),
    ("FII", "buy"): ("2024-01-20", "2024-01-22", 2),
    ("FII", "sell"): ("2024-01-19", "2024-01-22", 2),
    ("A", "pe"): ("2024-01-19", "2024-01-19", 1),
    ("A", "dy"): ("2024-01-19", "2024-01-22", 2),
    ("C", "pe"): ("2024-01-20", "2024-01-20", 1),
    ("C", "pb"): ("2024-01-20", "2024-01-20", 1),
    ("IT", "weight"): ("2024-01-31", "2024-02-29", 3),
    ("Banks", "weight"): ("2024-01-31", "2024-02-29", 2),
    ("Steel", "weight"): ("2024-01-31", "2024-02-29", 3),
}
NAN = math.nan
FLOW_DATES = ["2024-01-19", "2024-01-20", "2024-01-22", "2024-01-23"]
WEIGHT_DATES = ["2024-01-31", "2024-02-12", "2024-02-29"]
VALUES: dict[tuple[str, str], tuple[list[str], list[float]]] = {
    ("A", "high"): (["2024-01-19", "2024-01-22"], [101.0, 104.5]),
    ("A", "volume"): (["2024-01-19", "2024-01-23"], [5.0, 7.0]),
    ("A", "shares"): (["2024-01-19"], [3.0]),
    ("A", "pe"): (["2024-01-19"], [22.0]),
    ("A", "dy"): (["2024-01-19", "2024-01-22"], [1.25, 1.5]),
    ("C", "pb"): (["2024-01-20"], [2.0]),
    ("FII", "net"): (FLOW_DATES, [-5.5, NAN, 2.5, 3.5]),
    ("DII", "net"): (FLOW_DATES, [7.0, 8.0, 9.0, NAN]),
    ("FII", "buy"): (FLOW_DATES, [NAN, 100.0, 110.0, NAN]),
    ("FII", "sell"): (FLOW_DATES, [4.0, NAN, 107.5, NAN]),
    ("IT", "weight"): (WEIGHT_DATES, [50.0, 40.0, 0.0]),
    ("Banks", "weight"): (WEIGHT_DATES, [50.0, NAN, 90.0]),
    ("Steel", "weight"): (WEIGHT_DATES, [0.0, 5.0, 10.0]),
}


def imported(folder: Path, *names: str) -> Store:
    """A store with some of the made-up files."""
    (folder / "in").mkdir()
    for name in names:
        (folder / "in" / f"{name}.csv").write_text(FILES[name], "utf-8")
    store = Store(folder / "market.duckdb")
    store.load(folder / "in")
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return imported(tmp_path, *FILES)


def catalogue(store: Store) -> dict[SeriesKey, Span]:
    spans = store.catalogue()
    assert spans is not None
    return spans


def key(name: str, variant: str) -> SeriesKey:
    return SeriesKey(name, variant)  # type: ignore[arg-type]  # from a table of words


def dates(index: pd.Index) -> list[str]:
    return index.astype(str).tolist()


def test_the_catalogue_counts_what_is_known(store: Store) -> None:
    """DII gross figures are nowhere, and A has no P/B: neither is a series."""
    assert catalogue(store) == SPANS


@pytest.mark.parametrize("name", sorted(VALUES), ids=" ".join)
def test_a_reading_has_its_own_dates_and_nan_where_unknown(store: Store, name: tuple[str, str]) -> None:
    days, values = VALUES[name]
    reading = store.readings([key(*name)])[key(*name)]
    assert dates(reading.index) == days
    assert reading.tolist() == pytest.approx(values, nan_ok=True)
    assert reading.dtype == "float64"


def test_a_stock_is_a_price_history(store: Store) -> None:
    bars = store.bars([key("S", "stock"), key("A", "stock")])
    assert dates(bars[key("S", "stock")].index) == ["2024-01-19", "2024-01-22"]
    assert bars[key("S", "stock")]["close"].tolist() == [11.0, 10.0]
    assert bars[key("S", "stock")]["open"].tolist() == pytest.approx([NAN, 9.5], nan_ok=True)
    assert bars[key("A", "stock")].to_numpy().tolist() == [[1.0, 2.0]]


def test_one_look_reads_every_kind_on_alike_dates(store: Store) -> None:
    wanted = sorted(catalogue(store))
    bars, readings = store.read(iter(wanted))
    assert sorted([*bars, *readings]) == wanted
    assert {one.variant for one in bars} == {"price", "total", "stock"}
    assert bars[key("A", "price")]["close"].tolist() == [100.0, 101.5, 103.0, 104.0]
    assert bars[key("B", "price")]["close"].tolist() == [50.0]
    indices = [*(frame.index for frame in bars.values()), *(reading.index for reading in readings.values())]
    assert {(index.name, str(index.dtype)) for index in indices} == {("date", "datetime64[s]")}
    assert store.readings([key("B", "price"), key("A", "pe")]).keys() == {key("A", "pe")}
    assert store.bars([key("B", "price"), key("A", "pe")]).keys() == {key("B", "price")}


def test_a_window_over_missing_gross_figures_is_unknown(store: Store) -> None:
    bought = store.readings([key("FII", "buy")])[key("FII", "buy")]
    assert bought.rolling(2).sum().tolist() == pytest.approx([NAN, NAN, 210.0, NAN], nan_ok=True)


def test_a_store_without_some_tables_has_the_series_of_the_others(tmp_path: Path) -> None:
    store = imported(tmp_path, "flows", "nifty50_weights")
    assert catalogue(store) == {
        name: span for name, span in SPANS.items() if name[0] in ("FII", "DII", "IT", "Banks", "Steel")
    }
    with pytest.raises(DataError, match="has no history"):
        open_source(store.path).market("FII", [key("FII", "net")])


def test_sums_of_weights_do_not_depend_on_the_order_of_imports(tmp_path: Path) -> None:
    """0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1 to the last bit: the symbols say which it is."""
    rows = {symbol: f"2024-01-31,{symbol},{weight},IT" for symbol, weight in (("a", 0.1), ("b", 0.2), ("c", 0.3))}
    sums = []
    for order in ("abc", "cba"):
        store = Store(tmp_path / f"{order}.duckdb")
        for symbol in order:
            (tmp_path / "weights.csv").write_text(f"date,symbol,weight_pct,sector\n{rows[symbol]}\n", "utf-8")
            store.load(tmp_path / "weights.csv")
        sums.append(store.readings([key("IT", "weight")])[key("IT", "weight")].iloc[0])
    assert sums == [0.1 + 0.2 + 0.3] * 2


def test_a_market_gets_its_readings(store: Store) -> None:
    source = open_source(store.path)
    market = source.market("A", [key("FII", "buy"), key("S", "stock"), key("Steel", "weight")])
    assert set(market.bars) == {key("A", "price"), key("A", "total"), key("S", "stock")}
    assert set(market.readings) == {key("FII", "buy"), key("Steel", "weight")}
    assert dates(market.sessions) == ["2024-01-19", "2024-01-20", "2024-01-22", "2024-01-23"]
    assert market.series(key("Steel", "weight")).tolist() == [0.0, 5.0, 10.0]
    assert market.align(market.series(key("FII", "buy"))).tolist() == pytest.approx([NAN, 100, 110, NAN], nan_ok=True)
    assert market.calendar[-1].astype(object).isoformat() == "2024-05-23"  # goes on past the last session


def test_the_real_catalogue_is_told_quickly(tmp_path: Path, market_folder: Path) -> None:
    """Counts of the folder's own description; the weights' dates are 216, whichever sector it is."""
    store = Store(tmp_path / "market.duckdb")
    store.load(market_folder)
    store.catalogue()  # imports do not count
    began = time.process_time()  # what others do on the machine is not its doing
    spans = catalogue(store)
    assert time.process_time() - began < 0.5  # usually 0.1
    assert spans[key("NIFTY 50", "pe")] == ("1999-01-01", "2025-09-17", 6649)
    assert spans[key("FII", "buy")] == ("2007-04-02", "2024-12-02", 4278)
    assert {span.observations for one, span in spans.items() if one.variant == "weight"} == {216}
    assert sum(one.variant == "stock" for one in spans) == 198
    _, readings = store.read(one for one in spans if one.variant == "weight")
    whole = pd.DataFrame({one.name: weights for one, weights in readings.items()}).sum(axis=1)
    assert whole.tolist() == pytest.approx([100.0] * 216)
