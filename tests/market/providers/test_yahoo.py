"""Yahoo: stocks with their actions, indices by price alone, and everything that is refused there."""

from __future__ import annotations

import json
from datetime import date

import pytest

from engine.errors import DataError, ProviderError
from engine.market.keys import SeriesKey
from engine.market.providers.chart import refuse_jumps
from engine.market.providers.provider import Span, Wish
from engine.market.providers.roster import Name
from engine.market.providers.yahoo import bad_symbols, connect
from engine.market.registry import index_facts
from tests.market.providers.bench import Bench
from tests.market.providers.site import Reply
from tests.market.providers.world import stamp

EX_DAY = date(2026, 8, 21)  # a Friday


def test_a_stock_comes_with_its_splits_and_dividends(bench: Bench) -> None:
    """Prices are as Yahoo has them, adjusted for the split; new shares for an old one, rupees a share."""
    world = bench.world
    world.splits["NTPC.NS"] = {EX_DAY: (5, 1)}
    world.dividends["NTPC.NS"] = {date(2026, 8, 7): 2.75}
    told = bench.update(Name.YAHOO, "ntpc", since="2026-07-01")
    stocks = bench.rows("stocks")["stocks"]
    assert stocks[0] == ("NTPC", date(2026, 7, 1), 102.5, 105, 101, 103, 1000, None, "Yahoo")
    assert stocks[-1][1] == date(2026, 9, 25)  # Friday; Monday still runs
    assert bench.rows("actions")["actions"] == [
        ("NTPC", "dividend", date(2026, 8, 7), 2.75, "Yahoo"), ("NTPC", "split", EX_DAY, 5, "Yahoo"),
    ]  # fmt: skip
    assert "mended" not in bench.lines[0]
    assert told.rows == len(stocks) + 2
    (ask,) = world.asked
    assert ask.path == "/v8/finance/chart/NTPC.NS"
    days = {key: int(ask.query[key]) + 19_800 for key in ("period1", "period2")}
    assert days == {"period1": 1782864000, "period2": 1790553600}  # midnights in India: 1 July, 28 September 2026
    assert ask.query["events"] == "div,splits"


def test_a_history_is_asked_for_whole_each_time(bench: Bench) -> None:
    """A split taken out of the past reaches rows that were stored long ago."""
    bench.update(Name.YAHOO, "NTPC", since="2026-06-01")
    before = bench.rows("stocks")["stocks"]
    bench.world.jumps["NTPC.NS"] = {date(2000, 1, 1): 0.2}
    bench.world.splits["NTPC.NS"] = {date(2026, 9, 25): (5, 1)}
    bench.update(Name.YAHOO, "NTPC", since="2026-09-01")
    after = bench.rows("stocks")["stocks"]
    assert [row[1] for row in after] == [row[1] for row in before]
    assert [row[5] for row in after] == pytest.approx([row[5] / 5 for row in before])


def test_closes_on_another_basis_are_not_put_behind_each_other(bench: Bench) -> None:
    given = bench.store.path.with_name("stocks.csv")
    given.write_text("date,symbol,close\n2026-06-30,NTPC,105\n2026-07-01,NTPC,515\n", "utf-8")
    bench.store.load(given)
    with pytest.raises(
        ProviderError, match=r"on 2026-07-01 the close is 103, and 515 is stored from stocks.csv: one of"
    ):
        bench.update(Name.YAHOO, "NTPC", since="2026-07-01")
    assert len(bench.rows("stocks")["stocks"]) == 2
    assert "actions" not in bench.rows()


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_a_jump_without_a_recorded_action_is_refused(bench: Bench, factor: float) -> None:
    """Naming stock and date, and holding nobody back."""
    bench.world.jumps["NTPC.NS"] = {EX_DAY: factor}
    with pytest.raises(
        ProviderError, match=r"Yahoo: NTPC \(stock\), .*% on 2026-08-21, and no split, bonus or dividend"
    ):
        bench.update(Name.YAHOO, "NTPC", "POWERGRID", since="2026-07-01")
    assert {row[0] for row in bench.rows("stocks")["stocks"]} == {"POWERGRID"}


def test_which_jumps_are_refused() -> None:
    """From 100 to 50: no reason; a split of 2 for 1 that is still in; a demerger; a split of another ratio."""
    closes = [(date(2026, 8, 20), 100.0), (EX_DAY, 50.0)]
    for explained, splits, said in (
        ({}, {}, "the close moves -50.0% on 2026-08-21, and no split"),
        ({EX_DAY: "split"}, {EX_DAY: 2.0}, "the split of 2 for 1 recorded there is not rightly out of the prices"),
        ({EX_DAY: "split"}, {EX_DAY: 0.5}, "the split of 0.5 for 1 recorded there is not rightly out"),
    ):
        with pytest.raises(ProviderError, match=said):
            refuse_jumps(closes, explained, splits, "Yahoo")
    refuse_jumps(closes, {EX_DAY: "demerger"}, {}, "Yahoo")
    refuse_jumps(closes, {EX_DAY: "split"}, {EX_DAY: 10.0}, "Yahoo")
    refuse_jumps([(date(2026, 8, 20), 100.0), (EX_DAY, 70.1)], {}, {}, "Yahoo")


def test_a_price_in_paise_is_mended_and_told(bench: Bench) -> None:
    """One close a hundred times too large among quiet ones, as Yahoo has them now and then."""

    def wrong(body: bytes) -> Reply:
        whole = json.loads(body)
        result = whole["chart"]["result"][0]
        place = result["timestamp"].index(stamp(EX_DAY))
        for field in ("open", "high", "low", "close"):
            result["indicators"]["quote"][0][field][place] *= 100
        return Reply(json.dumps(whole).encode())

    bench.world.fault = wrong
    bench.update(Name.YAHOO, "NTPC", since="2026-07-01")
    closes = {row[1]: row[5] for row in bench.rows("stocks")["stocks"]}
    assert closes[EX_DAY] == pytest.approx(100 + EX_DAY.toordinal() % 7)
    assert bench.lines[0].endswith("closes mended by yfinance: 1, the first of 2026-08-21")


def test_what_only_other_prices_could_mend_stays_missing(bench: Bench) -> None:
    def wrong(body: bytes) -> Reply:
        whole = json.loads(body)
        result = whole["chart"]["result"][0]
        place = result["timestamp"].index(stamp(EX_DAY))
        for field in ("open", "high", "low", "close", "volume"):
            result["indicators"]["quote"][0][field][place] = None
        return Reply(json.dumps(whole).encode())

    bench.world.fault = wrong
    bench.update(Name.YAHOO, "NTPC", since="2026-07-01")
    assert EX_DAY not in {row[1] for row in bench.rows("stocks")["stocks"]}
    assert len(bench.world.asked) == 1


def test_an_index_is_a_price_and_says_so(bench: Bench) -> None:
    for asked in ("Nifty 50", "^BSESN"):
        bench.update(Name.YAHOO, asked, since="2026-09-01")
    rows = bench.rows("indices")["indices"]
    assert {(row[0], row[1], row[7], row[8]) for row in rows} == {
        ("NIFTY 50", "PR", None, "Yahoo (price only)"), ("BSE SENSEX", "PR", None, "Yahoo (price only)"),
    }  # fmt: skip
    assert SeriesKey("NIFTY 50", "total") not in (bench.store.catalogue() or {})


def test_a_better_source_is_not_replaced(bench: Bench) -> None:
    bench.update(Name.BSE, "BSE SENSEX", since="2026-09-01")
    before = {row[2]: row[6] for row in bench.rows("indices")["indices"]}
    bench.update(Name.YAHOO, "BSE SENSEX", since="2026-09-01")
    after = {row[2]: row[6] for row in bench.rows("indices")["indices"]}
    assert {day: after[day] for day in before} == before
    assert len(after) > len(before)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("^CNXSC", "has no history"),
        ("NIFTY SMALLCAP 100", "CNXSC has no history"),
        ("NIFTY SMALLCAP 250", "NIFTYSMLCAP250.NS has no history"),
        ("BSE-MIDCAP.BO", "closes are another index's"),
        ("BSE-SMLCAP.BO", "closes are another index's"),
        ("^CNXFIN", "silently given to another index"),
        ("^CRSMID", "is broken"),
        ("BSE-BANKEX.BO", "does not exist"),
        ("NIFTY INDIA DEFENCE", "no symbol for 'NIFTY INDIA DEFENCE' that is known to be good"),
        ("../etc", "no symbol for '../ETC'"),
    ],
)
def test_known_bad_symbols_are_refused_before_anything_is_asked(bench: Bench, name: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        bench.update(Name.YAHOO, "NTPC", name)
    assert bench.world.asked == []


def test_what_is_brought_without_a_choice(bench: Bench) -> None:
    """The stocks of the themes and the funds that stand for indices; no index."""
    jobs = bench.connect(Name.YAHOO).jobs(Wish((), None, bench.world.today))
    names = {job.name for job in jobs}
    assert {job.kind for job in jobs} == {"stock"}
    assert {"COROMANDEL", "NIFTYBEES", "MOM100"} <= names
    assert not names & set(index_facts())
    assert len(bad_symbols()) == 8


@pytest.mark.parametrize("kind", ["dead", "empty"])
def test_a_symbol_without_history_holds_nobody_back(bench: Bench, kind: str) -> None:
    getattr(bench.world, kind).add("GONE.NS")
    with pytest.raises(ProviderError, match=r"Yahoo: GONE \(stock\), .*nothing under GONE.NS; the stock may have been"):
        bench.update(Name.YAHOO, "GONE", "NTPC", since="2026-09-01")
    assert {row[0] for row in bench.rows("stocks")["stocks"]} == {"NTPC"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"currency": "INR"', '"currency": "USD"', "the currency is 'USD', not INR"),
        ('"symbol": "NTPC.NS"', '"symbol": "NTPC.BO"', "the symbol is 'NTPC.BO', not NTPC.NS"),
        ("Asia/Kolkata", "America/New_York", "the exchangeTimezoneName is 'America/New_York'"),
        ('"amount": 2.5', '"amount": 2.5, "currency": "USD"', "is in 'USD', not in rupees"),
        ('"amount": 2.5', '"amount": "x"', "has the amount 'x', which is no number"),
        ('"amount": 2.5', '"amount": -2.5', "one of the dividends is {'date'"),
        ('"volume": [1000, ', '"volume": [', "the columns are not lists of one length"),
        ('"volume": [1000, ', '"volume": [-1, ', "has figures below zero"),
        ('"timestamp": [', '"timestamp": [1, ', "the columns are not lists of one length"),
        ('"quote": [{', '"quotes": [{', "has no quote"),
        ('"result": [', '"result": [1, ', "the chart has the result"),
    ],
)
def test_yahoo_refuses(bench: Bench, old: str, new: str, said: str) -> None:
    bench.world.dividends["NTPC.NS"] = {EX_DAY: 2.5}

    def wrong(body: bytes) -> Reply:
        assert old in body.decode()
        return Reply(body.decode().replace(old, new, 1).encode())

    bench.world.fault = wrong
    with pytest.raises(ProviderError, match=said):
        bench.update(Name.YAHOO, "NTPC", since="2026-08-03")
    assert not bench.store.path.exists()


def test_two_bars_of_one_day_are_refused_unless_they_are_one(bench: Bench) -> None:
    def wrong(body: bytes) -> Reply:
        whole = json.loads(body)
        result = whole["chart"]["result"][0]
        result["timestamp"][1] = result["timestamp"][0] + 60
        return Reply(json.dumps(whole).encode())

    bench.world.fault = wrong
    with pytest.raises(ProviderError, match="day 2 of the answer contradicts another one of 2026-09-01"):
        bench.update(Name.YAHOO, "NTPC", since="2026-09-01")
    assert Span(EX_DAY, EX_DAY).days == 1


def test_a_split_that_yahoo_left_in_is_taken_out(bench: Bench) -> None:
    """Recorded as five for one, and still in the prices: what was before it is a fifth, its volume fivefold."""
    bench.world.jumps["NTPC.NS"] = {EX_DAY: 0.2}
    bench.world.splits["NTPC.NS"] = {EX_DAY: (5, 1)}
    bench.update(Name.YAHOO, "NTPC", since="2026-01-01")
    rows = {row[1]: row for row in bench.rows("stocks")["stocks"]}
    assert rows[date(2026, 8, 20)][5] == pytest.approx((100 + date(2026, 8, 20).toordinal() % 7) / 5)
    assert rows[EX_DAY][5] == pytest.approx((100 + EX_DAY.toordinal() % 7) / 5)
    assert (rows[date(2026, 8, 20)][6], rows[EX_DAY][6]) == (5000, 1000)
    assert "closes mended by yfinance: 157, the first of 2026-01-01" in bench.lines[0]


def test_without_the_optional_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.market.providers.yahoo.find_spec", lambda _name: None)
    with pytest.raises(ProviderError, match="Yahoo: yfinance is not installed; install it with: pip install yfinance"):
        connect()
