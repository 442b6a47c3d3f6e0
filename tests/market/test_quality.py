"""The checks of a store: a clean one has no finding, one fault has its own, and the real history has those it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from engine.errors import ConfigError, DataError
from engine.market.baskets import Recipe, with_baskets
from engine.market.calendar import nse_sessions
from engine.market.datasets import DATASETS
from engine.market.keys import SeriesKey
from engine.market.providers.log import Retrieval
from engine.market.quality import CHECKS, Finding, check_store
from engine.market.source import open_source
from engine.market.store import Store

HEADERS = {
    "indices": "date,index,variant,open,high,low,close",
    "stocks": "date,symbol,close",
    "flows": "date,fii_buy,fii_sell,fii_net,dii_net",
    "valuation": "date,index,pe,pb,dy",
    "weights": "date,symbol,weight_pct,sector",
}
DAYS = [str(day) for day in nse_sessions(date(2024, 1, 1), date(2024, 2, 29))]  # with Saturday 20 January
Rows = dict[tuple[str, ...], list[object]]
Market = dict[str, Rows]


def clean() -> Market:
    """Two indices in both variants, one in one, a stock, flows, a valuation and weights, all of them sound.

    Every price goes round the five below: log returns of 1.00, 1.96, -0.98, -1.48 and -0.50%, which have a median of
    -0.50%, a MAD of 0.98% and so a robust deviation of 1.46%.
    """
    market: Market = {name: {} for name in HEADERS}
    for place, day in enumerate(DAYS):
        close = (100.0, 101.0, 103.0, 102.0, 100.5)[place % 5]
        for index, variant in (("NIFTY 50", "PR"), ("NIFTY AUTO", "PR"), ("NIFTY IT", "PR")):
            market["indices"][day, index, variant] = [close, close + 1, close - 1, close]
        for index in ("NIFTY 50", "NIFTY AUTO"):
            market["indices"][day, index, "TR"] = ["", "", "", close * 1.5]
        market["stocks"][day, "STEEL"] = [close]
        market["flows"][day,] = [1000, 900.5, 99.5, -7]
        market["valuation"][day, "NIFTY 50"] = [20, 3, 1.25]
    market["weights"] = {(DAYS[-1], "STEEL"): [60, "Metals"], (DAYS[-1], "BANK"): [40, "Banks"]}
    return market


def stored(market: Market, folder: Path) -> Store:
    (folder / "in").mkdir()
    for name, rows in market.items():
        lines = [",".join(map(str, (*key, *values))) for key, values in rows.items()]
        (folder / "in" / f"{name}.csv").write_text("\n".join([HEADERS[name], *lines]) + "\n", "utf-8")
    store = Store(folder / "market.duckdb")
    store.load(folder / "in")
    return store


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports refuse nothing, as those of older versions did not."""
    monkeypatch.setattr("engine.market.store._check", lambda *_: None)


def told(found: tuple[Finding, ...]) -> list[tuple[str, str, str, float, str]]:
    return [(one.check, one.series, str(one.date), round(one.value, 4), one.severity) for one in found]


def drop(market: Market, table: str, *days: str, of: tuple[str, ...] = ()) -> None:
    for key in [key for key in market[table] if key[0] in days and key[1:] == (of or key[1:])]:
        del market[table][key]


def close(market: Market, key: tuple[str, str, str], factor: float) -> None:
    market["indices"][key] = ["", "", "", market["indices"][key][3] * factor]  # type: ignore[operator]


def everywhere(market: Market, day: str, like: str | None) -> None:
    """A date that no series has, or that each has with the values of another date."""
    for table in ("indices", "stocks", "flows", "valuation"):
        if like is None:
            drop(market, table, day)
        else:
            market[table] |= {(day, *key[1:]): values for key, values in market[table].items() if key[0] == like}


def weekday_missing(market: Market) -> None:
    everywhere(market, "2024-01-17", None)


def weekday_too_many(market: Market) -> None:
    everywhere(market, "2024-01-22", "2024-01-20")  # closed for the consecration at Ayodhya


def two_sessions_missing(market: Market) -> None:
    drop(market, "indices", "2024-01-19", "2024-01-20", of=("NIFTY AUTO", "PR"))


def flows_missing(market: Market) -> None:
    drop(market, "flows", "2024-02-01")


def date_nobody_has(market: Market) -> None:
    market["stocks"]["2024-01-26", "STEEL"] = [101]  # Republic Day


def still_for_a_week(market: Market) -> None:
    for day in DAYS[3:8]:  # before them 103, after them 102
        market["stocks"][day, "STEEL"] = [99]


def rows_copied_for_a_week(market: Market) -> None:
    for day in DAYS[3:8]:
        market["indices"][day, "NIFTY IT", "PR"] = [99, 100, 98, 99]


def twenty_per_cent_off(market: Market) -> None:
    close(market, (DAYS[10], "NIFTY IT", "PR"), 1.2)  # 120 between 100.5 and 101: 12 deviations there, 11 back


def taken_back(market: Market) -> None:
    """+7.5%, five deviations, is a jump for being undone at once; the way back, four, is none of its own."""
    close(market, (DAYS[10], "NIFTY IT", "PR"), 1.08)


def benchmark_off(market: Market) -> None:
    for variant in ("PR", "TR"):
        close(market, (DAYS[10], "NIFTY 50", variant), 1.2)
    drop(market, "indices", *DAYS, of=("NIFTY 50", "TR"))


def high_below_close(market: Market) -> None:
    market["indices"][DAYS[0], "NIFTY 50", "PR"] = [99, 98, 97, 100]  # 100 is 2.04% above 98


def high_far_below_close(market: Market) -> None:
    market["indices"][DAYS[0], "NIFTY 50", "PR"] = [93, 94, 92, 100]  # 100 is 6.38% above 94


def low_far_above_close(market: Market) -> None:
    market["indices"][DAYS[0], "NIFTY 50", "PR"] = ["", "", 106, 100]  # 100 is 5.66% below 106


def open_far_above_high(market: Market) -> None:
    market["indices"][DAYS[0], "NIFTY 50", "PR"] = [120, 101, 99, 100]  # 120 is 18.81% above 101


def high_a_moment_late(market: Market) -> None:
    market["indices"][DAYS[0], "NIFTY 50", "PR"] = [99, 99.95, 97, 100]  # 100 is 0.05% above 99.95


def ends_early(market: Market) -> None:
    drop(market, "indices", *DAYS[-3:], of=("NIFTY AUTO", "TR"))


def before_its_base(market: Market) -> None:
    for day in ("2018-03-27", "2018-03-28", *DAYS):  # the base date of the index is 2018-04-02
        market["indices"][day, "NIFTY INDIA DEFENCE", "PR"] = [
            "",
            "",
            "",
            (500 if day < "2019" else 1000) + 10 * (int(day[-1]) % 2),
        ]


def dividend_of_three_per_cent(market: Market) -> None:
    for day in DAYS[10:]:
        close(market, (day, "NIFTY AUTO", "TR"), 1.03)


def dividends_of_nine_per_cent(market: Market) -> None:
    for variant, level in (("PR", 100), ("TR", 150 / 1.09)):
        market["indices"]["2023-01-02", "NIFTY AUTO", variant] = ["", "", "", level]


def stock_falls(factor: float) -> Callable[[Market], None]:
    def change(market: Market) -> None:
        for day in DAYS[9:]:  # 100.5 after 102
            market["stocks"][day, "STEEL"] = [market["stocks"][day, "STEEL"][0] * factor]  # type: ignore[operator]

    return change


def loss(market: Market) -> None:
    market["valuation"][DAYS[10], "NIFTY 50"] = [-5, 3, 1.25]


def no_earnings(market: Market) -> None:
    market["valuation"][DAYS[10], "NIFTY 50"] = [0, 3, 1.25]


def book_value_below_zero(market: Market) -> None:
    market["valuation"][DAYS[10], "NIFTY 50"] = [20, -3, 1.25]


def yield_below_zero(market: Market) -> None:
    market["valuation"][DAYS[10], "NIFTY 50"] = [20, 3, -1.25]


def book_value_leaps(market: Market) -> None:
    for day in DAYS[10:]:
        market["valuation"][day, "NIFTY 50"] = [20, 4.2, 1.25]


def net_of_another_sign(market: Market) -> None:
    market["flows"][DAYS[10],] = [1000, 900.5, -99.5, -7]


def weights_short(market: Market) -> None:
    market["weights"][DAYS[-1], "BANK"] = [39, "Banks"]


FAULTS: dict[Callable[[Market], None], list[tuple[str, str, str, float, str]]] = {
    weekday_missing: [("calendar", "NIFTY 50", "2024-01-17", 1, "warning")],
    weekday_too_many: [("calendar", "NIFTY 50", "2024-01-22", 1, "warning")],
    two_sessions_missing: [("missing-sessions", "NIFTY AUTO (price)", "2024-01-19", 2, "warning")],
    flows_missing: [("missing-sessions", "FII (net)", "2024-02-01", 1, "warning")],
    date_nobody_has: [("extra-sessions", "STEEL (stock)", "2024-01-26", 1, "warning")],
    still_for_a_week: [("stale", "STEEL (stock)", DAYS[3], 5, "warning")],
    rows_copied_for_a_week: [("stale", "NIFTY IT (price)", DAYS[3], 5, "warning")],
    twenty_per_cent_off: [
        ("jumps", "NIFTY IT (price)", DAYS[10], 0.194, "warning"),
        ("jumps", "NIFTY IT (price)", DAYS[11], -0.1583, "warning"),
    ],
    taken_back: [("jumps", "NIFTY IT (price)", DAYS[10], 0.0746, "warning")],
    benchmark_off: [
        ("jumps", "NIFTY 50 (price)", DAYS[10], 0.194, "warning"),
        ("jumps", "NIFTY 50 (price)", DAYS[11], -0.1583, "warning"),
    ],
    high_below_close: [("bar-order", "NIFTY 50 (price)", DAYS[0], 0.0204, "warning")],
    high_far_below_close: [("bar-order", "NIFTY 50 (price)", DAYS[0], 0.0638, "error")],
    low_far_above_close: [("bar-order", "NIFTY 50 (price)", DAYS[0], 0.0566, "error")],
    open_far_above_high: [("bar-order", "NIFTY 50 (price)", DAYS[0], 0.1881, "warning")],
    high_a_moment_late: [("bar-order", "NIFTY 50 (price)", DAYS[0], 0.0005, "warning")],
    ends_early: [("ended", "NIFTY AUTO (total)", DAYS[-4], 3, "warning")],
    before_its_base: [("before-base", "NIFTY INDIA DEFENCE (price)", "2018-03-27", 2, "error")],
    dividend_of_three_per_cent: [("total-return", "NIFTY AUTO (total)", DAYS[10], 0.03, "warning")],
    dividends_of_nine_per_cent: [("total-return", "NIFTY AUTO (total)", "2024-01-02", 0.09, "error")],
    stock_falls(0.7): [("stock-moves", "STEEL (stock)", DAYS[9], -0.3103, "warning")],  # 70.35 / 102
    stock_falls(0.2): [("stock-moves", "STEEL (stock)", DAYS[9], -0.8029, "warning")],  # 20.1 / 102
    loss: [("valuation", "NIFTY 50 (pe)", DAYS[10], -5, "warning")],
    no_earnings: [("valuation", "NIFTY 50 (pe)", DAYS[10], 0, "error")],
    book_value_below_zero: [("valuation", "NIFTY 50 (pb)", DAYS[10], -3, "error")],
    yield_below_zero: [("valuation", "NIFTY 50 (dy)", DAYS[10], -1.25, "error")],
    book_value_leaps: [("valuation", "NIFTY 50 (pb)", DAYS[10], 0.4, "warning")],
    net_of_another_sign: [("flows", "FII (net)", DAYS[10], -199, "warning")],
    weights_short: [("weights", "weights", DAYS[-1], -1, "warning")],
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_fault_has_its_own_finding(fault: Callable[[Market], None], tmp_path: Path, unchecked: None) -> None:
    market = clean()
    fault(market)
    found = check_store(stored(market, tmp_path))
    assert told(found) == FAULTS[fault]
    assert all(one.action and one.check in CHECKS for one in found)


ERRORS: dict[Callable[[Market], None], str] = {
    high_far_below_close: r"NIFTY 50 \(price\) on 2024-01-01: bar-order \+6.38%, but open and close lie between",
    before_its_base: r"NIFTY INDIA DEFENCE \(price\) on 2018-03-27: before-base 2 rows, but no close before",
    dividends_of_nine_per_cent: r"NIFTY AUTO \(total\) on 2024-01-02: total-return \+9.00%, but total return over",
    no_earnings: r"NIFTY 50 \(pe\) on 2024-01-15: valuation \+0.00%, but ratios are above zero",
}


@pytest.mark.parametrize("fault", ERRORS, ids=lambda fault: fault.__name__)
def test_an_import_that_brings_an_error_is_refused(fault: Callable[[Market], None], tmp_path: Path) -> None:
    market = clean()
    store = stored(market, tmp_path)
    before = store.tables()
    fault(market)
    (tmp_path / "again").mkdir()
    with pytest.raises(DataError, match=ERRORS[fault]) as refused:
        stored(market, tmp_path / "again")
    assert "in: " in str(refused.value)
    assert str(refused.value).endswith("Nothing was stored: correct those rows or leave them out")
    assert not (tmp_path / "again" / "market.duckdb").exists()
    with pytest.raises(DataError, match=ERRORS[fault]):
        store.load(tmp_path / "again" / "in")
    assert store.tables() == before
    assert store.look([SeriesKey("NIFTY 50", "price")]).findings == ()


def test_the_refusal_counts_the_other_errors(tmp_path: Path) -> None:
    market = clean()
    for fault in (no_earnings, high_far_below_close, before_its_base):
        fault(market)
    with pytest.raises(DataError, match=r"bar-order \+6.38% and 2 more, but open"):
        stored(market, tmp_path)


def test_an_error_that_was_there_before_does_not_stop_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = clean()
    high_far_below_close(market)
    with monkeypatch.context() as older:
        older.setattr("engine.market.store._check", lambda *_: None)
        store = stored(market, tmp_path)
    (tmp_path / "flows.csv").write_text("date,fii_net,dii_net\n2024-03-01,1,2\n", "utf-8")
    store.load(tmp_path / "flows.csv")
    key = SeriesKey("NIFTY 50", "price")
    assert [(one.check, one.severity) for one in store.look([key]).findings] == [("bar-order", "error")]
    (tmp_path / "valuation.csv").write_text("date,index,pe,pb,dy\n2024-03-01,NIFTY 50,0,3,1\n", "utf-8")
    with pytest.raises(DataError, match=r"on 2024-03-01: valuation \+0.00%, but"):
        store.load(tmp_path / "valuation.csv")


def test_what_is_found_goes_with_the_series_into_a_market(tmp_path: Path) -> None:
    market = clean()
    for fault in (weekday_missing, two_sessions_missing, high_below_close, flows_missing, loss, weights_short):
        fault(market)
    source = open_source(stored(market, tmp_path).path)

    def of(*keys: SeriesKey) -> list[tuple[str, str]]:
        return [(one.check, one.series) for one in source.market("NIFTY 50", keys).findings]

    mine = [("bar-order", "NIFTY 50 (price)"), ("calendar", "NIFTY 50")]
    assert of() == mine  # the benchmark's, in either variant, and those of the sessions
    assert of(SeriesKey("NIFTY AUTO", "price")) == [*mine, ("missing-sessions", "NIFTY AUTO (price)")]
    assert of(SeriesKey("NIFTY AUTO", "total")) == mine
    assert of(SeriesKey("NIFTY AUTO", "high")) == [*mine, ("missing-sessions", "NIFTY AUTO (price)")]
    assert of(SeriesKey("DII", "net")) == [*mine, ("missing-sessions", "FII (net)")]
    assert of(SeriesKey("NIFTY 50", "pe")) == [*mine, ("valuation", "NIFTY 50 (pe)")]
    assert of(SeriesKey("NIFTY 50", "pb")) == mine
    assert of(SeriesKey("Metals", "weight")) == [*mine, ("weights", "weights")]
    with_auto, without = (source.market("NIFTY 50", keys) for keys in ([SeriesKey("NIFTY AUTO", "price")], []))
    assert with_auto.findings[-1].date == date(2024, 1, 19)
    assert with_auto.until(with_auto.sessions[3]).findings == with_auto.findings
    recipe = Recipe("STEELS", ("STEEL",), "monthly", {})
    steel = source.market("NIFTY 50", [SeriesKey("STEEL", "stock")])
    assert with_baskets(steel, [recipe]).findings == steel.findings == without.findings


def test_findings_are_those_of_the_last_import(tmp_path: Path) -> None:
    market = clean()
    two_sessions_missing(market)
    store = stored(market, tmp_path)
    key = SeriesKey("NIFTY AUTO", "price")
    assert store.look([key]).findings == check_store(store)
    (tmp_path / "more").mkdir()
    for name in ("indices", "stocks", "flows", "valuation", "weights"):
        (tmp_path / "in" / f"{name}.csv").unlink()
    rows = [f"{day},NIFTY AUTO,PR,,,,{close}" for day, close in (("2024-01-19", 100.5), ("2024-01-20", 100))]
    (tmp_path / "more.csv").write_text("\n".join([HEADERS["indices"], *rows]) + "\n", "utf-8")
    store.load(tmp_path / "more.csv")
    assert not [one for one in store.look([key]).findings if one.check == "missing-sessions"]


CHUNK = {"index": "NIFTY AUTO", "variant": "PR", "date": date(2024, 3, 1), "open": 9.0, "high": 11.0, "low": 9.0}
TAKEN = Retrieval("niftyindices.com", "NIFTY AUTO", "price", CHUNK["date"], CHUNK["date"], 1, "", datetime(2024, 3, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("close", "said"),
    [
        (
            (0.0,),
            r"niftyindices.com: NIFTY AUTO .price., 2024-03-01 to 2024-03-01: NIFTY AUTO .price. on .*-positive \+0.00",
        ),
        ((12.0,), r"bar-order \+9.09%"),
        ((10.0, 10.0), r"duplicates 2 rows"),
    ],
    ids=["zero", "outside", "twice"],
)
def test_a_chunk_with_an_impossible_row_is_refused(tmp_path: Path, close: tuple[float, ...], said: str) -> None:
    store = stored(clean(), tmp_path)
    before = store.tables()
    with pytest.raises(DataError, match=said):
        store.keep(DATASETS["indices"], [{**CHUNK, "close": one} for one in close], TAKEN)
    assert store.tables() == before
    assert store.retrieved("niftyindices.com", "NIFTY AUTO", "price") == []


def test_the_end_of_an_update_checks_the_whole_once(tmp_path: Path) -> None:
    """The chunk makes the last session: what did not come is told only when the update is done."""
    store = stored(clean(), tmp_path)
    for name in ("NIFTY 50", "NIFTY AUTO"):
        store.keep(DATASETS["indices"], [{**CHUNK, "index": name, "open": 101, "high": 104, "close": 102.0}], TAKEN)
    key = SeriesKey("NIFTY IT", "price")
    assert store.look([key]).findings == ()
    found = store.check_and_store()
    assert found == check_store(store)
    assert told(store.look([key]).findings) == [("ended", "NIFTY IT (price)", DAYS[-1], 1, "warning")]
    assert Store(tmp_path / "none.duckdb").check_and_store() == ()


def nothing(market: Market) -> None:
    """Sound as it is, a Saturday session included."""
    assert "2024-01-20" in DAYS


def whole_market_falls(market: Market) -> None:
    """12% in a day, the benchmark as well, which has no second witness here; the sector twice as much."""
    drop(market, "indices", *DAYS, of=("NIFTY 50", "TR"))
    for key in [key for key in market["indices"] if key[0] >= DAYS[10]]:
        close(market, (key[0], key[1], key[2]), 0.76 if key[1] == "NIFTY IT" else 0.88)


def both_variants_leap(market: Market) -> None:
    """Two witnesses: something happened to carmakers."""
    for key in [key for key in market["indices"] if key[0] >= DAYS[10] and key[1] == "NIFTY AUTO"]:
        close(market, (key[0], key[1], key[2]), 1.2)


def news(market: Market) -> None:
    """+7.5%, five deviations, that stay."""
    for day in DAYS[10:]:
        close(market, (day, "NIFTY IT", "PR"), 1.08)


def cheap_stock_comes_back(market: Market) -> None:
    for day in DAYS[3:10]:  # it traded at other prices as well, each session in another range
        market["indices"][day, "NIFTY IT", "PR"] = [99, 100 + int(day[-1]) / 10, 98, 99]


def four_sessions_still(market: Market) -> None:
    for day in DAYS[3:7]:
        market["stocks"][day, "STEEL"] = [99]


def fixed_price(market: Market) -> None:
    market["stocks"] |= {(day, "LIQUID"): [1000] for day in DAYS}


def known_demerger(market: Market) -> None:
    market["stocks"] |= {("2025-04-04", "SIEMENS"): [100], ("2025-04-07", "SIEMENS"): [57]}


def known_break(market: Market) -> None:
    market["valuation"] |= {("2021-03-30", "NIFTY 50"): [40, 3, 1.25], ("2021-03-31", "NIFTY 50"): [25, 3, 1.25]}


def rounded(market: Market) -> None:
    market["flows"][DAYS[10],] = [1000, 900.5, 99, -7]
    market["weights"][DAYS[-1], "BANK"] = [39.6, "Banks"]
    market["valuation"] |= {(day, "NIFTY IT"): [20, 3, 0.28 if day == DAYS[10] else 0.2] for day in DAYS}


def gross_unknown(market: Market) -> None:
    market["flows"][DAYS[10],] = ["", "", 12345, -7]


SOUND = (
    nothing, whole_market_falls, both_variants_leap, news, cheap_stock_comes_back, four_sessions_still, fixed_price,
    known_demerger, known_break, rounded, gross_unknown,
)  # fmt: skip


@pytest.mark.parametrize("change", SOUND, ids=lambda change: change.__name__)
def test_what_is_no_fault_has_none(change: Callable[[Market], None], tmp_path: Path) -> None:
    market = clean()
    change(market)
    assert told(check_store(stored(market, tmp_path))) == []


def test_what_the_importer_refuses_is_found_when_other_hands_put_it_there(tmp_path: Path) -> None:
    store = stored(clean(), tmp_path)
    with duckdb.connect(str(store.path)) as connection:
        connection.execute(f"INSERT INTO flows SELECT * FROM flows WHERE date = '{DAYS[4]}'")
        connection.execute(f"UPDATE stocks SET close = -3 WHERE date = '{DAYS[5]}'")
    assert told(check_store(store, only=("not-positive", "duplicates"))) == [
        ("duplicates", "flows", DAYS[4], 2, "error"),
        ("not-positive", "STEEL (stock)", DAYS[5], -3, "error"),
    ]


def test_a_store_without_the_benchmark_says_what_was_not_checked(tmp_path: Path) -> None:
    market = clean()
    drop(market, "indices", *DAYS, of=("NIFTY 50", "PR"))
    drop(market, "indices", *DAYS, of=("NIFTY 50", "TR"))
    drop(market, "stocks", DAYS[-1])
    assert told(check_store(stored(market, tmp_path))) == [
        ("calendar", "NIFTY 50", DAYS[-1], 0, "warning"),
        ("ended", "STEEL (stock)", DAYS[-2], 1, "warning"),
    ]


def test_a_store_may_lack_tables(tmp_path: Path) -> None:
    assert check_store(stored({"indices": clean()["indices"]}, tmp_path)) == ()


def test_order_and_choice(tmp_path: Path, unchecked: None) -> None:
    market = clean()
    for fault in (net_of_another_sign, two_sessions_missing, high_far_below_close, ends_early):
        fault(market)
    store = stored(market, tmp_path)
    found = check_store(store)
    checks = ["bar-order", "ended", "flows", "missing-sessions"]
    assert [one.check for one in found] == checks
    assert [one.severity for one in found] == ["error", "warning", "warning", "warning"]
    assert check_store(store, series="NIFTY AUTO") == (found[1], found[3])
    assert check_store(store, series="NIFTY AUTO (total)") == found[1:2]
    assert check_store(store, only=("flows", "ended")) == found[1:3]
    with pytest.raises(ConfigError, match="unknown check 'flow'; did you mean 'flows'"):
        check_store(store, only=("flow",))
    with pytest.raises(ConfigError, match="unknown series 'NIFTY AUT'; did you mean 'NIFTY AUTO'"):
        check_store(store, series="NIFTY AUT")
    with pytest.raises(DataError, match="there is nothing to check"):
        check_store(Store(tmp_path / "none.duckdb"))


@pytest.mark.real
def test_the_real_history(tmp_path: Path, market_folder: Path) -> None:
    """What it is known to have: each looked at, and judged a fault or an oddity of its source."""
    store = Store(tmp_path / "market.duckdb")
    store.load(market_folder)
    found = check_store(store)
    assert {one.severity for one in found} == {"warning"}
    assert Counter(one.check for one in found) == {
        "bar-order": 2, "stale": 30, "missing-sessions": 1295, "extra-sessions": 2, "calendar": 1, "ended": 31,
        "jumps": 5, "stock-moves": 14, "total-return": 1, "valuation": 38, "flows": 2,
    }  # fmt: skip
    of = {check: told(tuple(one for one in found if one.check == check)) for check in CHECKS}
    # No session of the Nifty 50 is missing; the calendar is wrong on one weekday, and on no Saturday or Sunday.
    assert of["calendar"] == [("calendar", "NIFTY 50", "2005-07-27", 1, "warning")]
    assert not any(one.series.startswith("NIFTY 50 (") for one in found if one.check == "missing-sessions")
    assert of["extra-sessions"] == [  # gold funds traded on the festivals of gold
        ("extra-sessions", "GOLDBEES (stock)", day, 1, "warning") for day in ("2010-05-16", "2012-11-11")
    ]
    assert not any(one.date.year == 2020 for one in found if one.check == "jumps")
    assert ("stale", "NIFTY METAL (price)", "2011-07-21", 5, "warning") in of["stale"]
    # The published totals of both months differ from the sums of the daily nets by these same amounts.
    assert of["flows"] == [
        ("flows", "DII (net)", "2007-05-28", -27.8, "warning"), ("flows", "DII (net)", "2022-04-11", 973, "warning"),
    ]  # fmt: skip
    assert ("stock-moves", "ENGINERSIN (stock)", "2010-05-06", -0.8, "warning") in of["stock-moves"]
    assert [of[check] for check in ("duplicates", "not-positive", "before-base", "weights")] == [[], [], [], []]
