"""Everything the sample market serves beside index prices: spans, and what must hold whatever was drawn.

Figures expected here are those of the real series, 2017-01 to 2025-09.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.market import sample_series, sample_stocks
from engine.market.datasets import RATIOS, SIDES
from engine.market.keys import INVESTORS, PRICED, SeriesKey, Span
from engine.market.sample import RISKS, sample_bars
from engine.market.sample_others import FREE, VIX
from engine.market.sample_readings import SECTOR_WEIGHTS, VOLUMES, sample_flows, sample_valuation
from engine.market.sample_series import sample_catalogue, sample_read
from engine.market.source import open_source

ROOT = Path(__file__).resolve().parents[2]
NIFTY, BANK = "NIFTY 50", "NIFTY BANK"
LATE = "NIFTY INDIA DEFENCE"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def stocks() -> dict[str, pd.DataFrame]:
    bars, _ = sample_read(key for key in sample_catalogue() if key.variant == "stock")
    return {key.name: frame for key, frame in bars.items()}


def index_day(name: str) -> pd.DataFrame:
    """Open, close, high and volume of an index."""
    bars, readings = sample_read([SeriesKey(name, "price"), SeriesKey(name, "high"), SeriesKey(name, "volume")])
    return bars[SeriesKey(name, "price")].assign(**{key.variant: values for key, values in readings.items()})


def test_the_catalogue_lists_every_kind() -> None:
    counts = pd.Series([key.variant for key in sample_catalogue()]).value_counts().to_dict()
    assert counts == {
        "price": 29, "total": 28, "high": 24, "volume": 24, "pe": 1, "pb": 1, "dy": 1, "net": 2, "buy": 2, "sell": 2,
        "weight": 17, "stock": 98,
    }  # fmt: skip
    assert set(RISKS) == set(VOLUMES)
    assert sum(SECTOR_WEIGHTS.values()) == 100


def test_the_catalogue_tells_what_every_series_holds() -> None:
    spans = sample_catalogue()
    bars, readings = sample_read(spans)
    values = {**{key: frame["close"] for key, frame in bars.items()}, **readings}
    made = {
        key: Span(str(one.index[0].date()), str(one.index[-1].date()), int(one.count())) for key, one in values.items()
    }
    assert made == spans
    for one in values.values():
        assert one.notna().all()
        assert one.dtype == np.float64
        assert (one.index.name, str(one.index.dtype)) == ("date", "datetime64[us]")
        assert one.index.is_monotonic_increasing


@pytest.mark.parametrize(
    ("key", "span"),
    [
        (SeriesKey(NIFTY, "high"), ("2016-12-30", "2025-09-17", 2161)),
        (SeriesKey("FII", "net"), ("2016-12-30", "2025-09-17", 2161)),
        (SeriesKey("Power", "weight"), ("2016-12-31", "2025-08-31", 105)),  # 2016-12, eight years, eight months
        (SeriesKey("NTPC", "stock"), ("2016-12-30", "2025-09-17", 2161)),
    ],
    ids=str,
)
def test_known_spans(key: SeriesKey, span: tuple[str, str, int]) -> None:
    assert sample_catalogue()[key] == span


def test_stocks_start_when_their_real_prices_do() -> None:
    """First days from the fact file; 2018-06-18 was a Monday, and 2020-02-19 a Wednesday."""
    made = stocks()
    starts = {"ADANIGREEN": "2018-06-18", "ALOKINDS": "2020-02-19", "CYIENTDLM": "2023-07-10"}
    assert {name: str(made[name].index[0].date()) for name in starts} == starts
    assert (made["ADANIGREEN"]["open"] > 0).all()
    assert made["CYIENTDLM"]["open"].iloc[0] == made["CYIENTDLM"]["close"].iloc[0]


def test_a_start_between_sessions_is_the_next_one_and_the_earliest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = [("LATE", "2025-10-01"), ("SAT", "2025-09-13"), *(("TWICE", f"2025-09-{day}") for day in (17, 16, 17))]
    table = [{"symbol": symbol, "from": start, "theme": "POWER"} for symbol, start in starts]
    monkeypatch.setattr(sample_stocks, "facts", lambda _: table)
    spans = {key.name: span for key, span in sample_catalogue().items() if key.variant == "stock"}
    assert spans == {"SAT": ("2025-09-15", "2025-09-17", 3), "TWICE": ("2025-09-16", "2025-09-17", 2)}
    assert len(stocks()["TWICE"]) == 2


def test_the_catalogue_is_quick_and_needs_no_pandas() -> None:
    sample_catalogue()  # the calendar is cached from here on
    began = time.process_time()  # what others do on the machine is not its doing
    sample_catalogue()
    assert time.process_time() - began < 0.05
    program = (
        "import sys; from engine.market.sample_series import sample_catalogue\n"
        "print(len(sample_catalogue()), 'pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["229", "False"]


def test_only_what_is_asked_for_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("sample_stock", "sample_flows", "sample_valuation", "sample_weights", "sample_high", "sample_volume"):
        monkeypatch.delattr(sample_series, part)
    bars, readings = sample_read([SeriesKey(NIFTY, "price"), SeriesKey(BANK, "total")])
    assert (list(bars), readings) == ([(NIFTY, "price"), (BANK, "total")], {})
    for key, frame in bars.items():
        pd.testing.assert_frame_equal(frame, sample_bars()[key], check_exact=True)
    monkeypatch.delattr(sample_series, "sample_bars")
    assert sample_read([]) == ({}, {})


@pytest.mark.parametrize("name", [NIFTY, BANK, "NIFTY METAL", LATE, "BSE SENSEX"])
def test_no_close_or_open_is_above_the_high(name: str) -> None:
    day = index_day(name)
    assert (day["high"] >= day[["open", "close"]].max(axis=1)).all()
    np.testing.assert_allclose(day["high"] * 100, (day["high"] * 100).round(), atol=1e-6)


@pytest.mark.parametrize(("name", "above"), [(NIFTY, 0.0021), (BANK, 0.0034), ("NIFTY METAL", 0.0046), (LATE, 0.0057)])
def test_highs_lie_as_far_above_open_and_close_as_the_real_ones(name: str, above: float) -> None:
    day = index_day(name)
    assert (day["high"] / day[["open", "close"]].max(axis=1) - 1).mean() == pytest.approx(above, rel=0.4)


@pytest.mark.parametrize(("name", "usual"), [(NIFTY, 1.91e8), (BANK, 7.93e7), ("NIFTY IT", 1.54e7)])
def test_volumes_start_at_their_real_size_and_grow(name: str, usual: float) -> None:
    volume = index_day(name)["volume"]
    assert (volume >= 1).all()
    assert (volume == volume.round()).all()
    assert volume["2017"].median() == pytest.approx(usual, rel=0.2)
    assert volume["2025"].median() > 1.4 * volume["2017"].median()


def test_volume_is_higher_on_the_day_of_a_large_move_and_runs_in_waves() -> None:
    """Real: 0.24 to 0.37 with the day's size, and 0.38 to 0.6 with the day before, around a year's median."""
    for name in (NIFTY, "NIFTY IT"):
        day = index_day(name)
        around = day["volume"].map(np.log)
        around -= around.rolling(250, center=True, min_periods=60).median()
        assert around.corr(day["close"].pct_change().abs()) == pytest.approx(0.33, abs=0.12)
        assert around.autocorr(1) == pytest.approx(0.45, abs=0.12)


def test_weights_are_those_of_month_ends_and_add_up() -> None:
    _, readings = sample_read(key for key in sample_catalogue() if key.variant == "weight")
    weights = pd.DataFrame({key.name: values for key, values in readings.items()})
    assert list(weights) == list(SECTOR_WEIGHTS)
    assert weights.index.equals(pd.date_range("2016-12-31", "2025-08-31", freq="ME", unit="us"))
    assert (weights >= 0).all(axis=None)
    np.testing.assert_allclose(weights.sum(axis=1), 100.0, rtol=1e-12)
    np.testing.assert_allclose(weights.mean(), list(SECTOR_WEIGHTS.values()), rtol=0.3)
    assert np.abs(np.diff(weights.to_numpy(), axis=0)).max() < 5  # slow
    assert (weights.std() > 0.02).all()


def test_flows_and_valuation_are_served_as_they_are() -> None:
    keys = [SeriesKey(who, side) for who in INVESTORS for side in SIDES]
    _, readings = sample_read([*keys, *(SeriesKey(NIFTY, ratio) for ratio in RATIOS)])
    flows, valuation = sample_flows(), sample_valuation()
    for (name, variant), values in readings.items():
        same = valuation[variant] if name == NIFTY else flows[f"{name.lower()}_{variant}"]
        assert values.equals(same)
    assert len(readings) == 9


def test_no_stock_moves_beyond_the_exchange_s_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    wild = {theme: middle._replace(own=1.5) for theme, middle in sample_stocks.THEMES.items()}
    monkeypatch.setattr(sample_stocks, "THEMES", wild)  # or the limit is never met
    made, met = stocks(), 0
    for frame in (made[name] for name in ("NTPC", "FACT", "LT", "SRF")):
        before = frame["close"].shift()
        moves, gaps = frame["close"] / before - 1, frame["open"] / before - 1
        assert max(moves.abs().max(), gaps.abs().max()) <= 0.2
        met += int((moves.abs() > 0.19).sum())
    assert met > 20


def test_stocks_follow_the_nifty_each_in_its_own_way() -> None:
    """Real: correlations of 0.21 to 0.69 and betas of 0.48 to 1.38."""
    nifty = sample_bars()[NIFTY, "price"]["close"].pct_change()
    moves = pd.DataFrame({name: frame["close"].pct_change(fill_method=None) for name, frame in stocks().items()})
    linked = moves.corrwith(nifty)
    assert linked.min() > 0.2
    assert linked.max() < 0.75
    apart = moves.sub(nifty * 1.05, axis=0)[["NTPC", "LT", "SRF", "PAGEIND"]].corr().to_numpy()
    assert np.abs(apart[np.triu_indices(4, 1)]).max() < 0.25
    betas = moves.apply(lambda own: own.cov(nifty) / nifty[own.notna()].var())
    assert ((betas > 0.45) & (betas < 1.5)).all()


def test_the_source_serves_the_sample(tmp_path: Path) -> None:
    source = open_source(tmp_path / "nothing.duckdb")
    assert source.catalogue == sample_catalogue()
    wanted = [SeriesKey("FII", "net"), SeriesKey("NTPC", "stock"), SeriesKey(NIFTY, "volume")]
    market = source.market(NIFTY, wanted)
    assert set(market.bars) == {(NIFTY, "price"), (NIFTY, "total"), ("NTPC", "stock")}
    assert set(market.readings) == {("FII", "net"), (NIFTY, "volume")}
    assert market.simulated
    assert market.calendar[-1] > market.days[-1]
    assert not np.isnan(market.align(market.series(SeriesKey("FII", "net")))).any()


def test_indices_without_a_published_level_walk_freely() -> None:
    bars, _ = sample_read(SeriesKey(name, variant) for name in FREE for variant in PRICED)
    nifty = sample_read([SeriesKey(NIFTY, "price")])[0][SeriesKey(NIFTY, "price")]["close"].pct_change()
    for name, risk in FREE.items():
        price, total = bars[SeriesKey(name, "price")], bars[SeriesKey(name, "total")]
        moves = price["close"].pct_change()
        assert price["close"].iloc[0] == 1000.0
        assert moves.cov(nifty) / nifty.var() == pytest.approx(risk.beta, abs=0.1)
        years = (total.index[-1] - total.index[0]).days / 365.25
        gained = (total["close"].iloc[-1] / price["close"].iloc[-1]) ** (1 / years) - 1
        assert gained == pytest.approx(np.expm1(risk.paid), abs=1e-4)
        assert total["open"].isna().all()


def test_fear_is_up_when_the_market_is_rough() -> None:
    key = SeriesKey(VIX, "price")
    vix = sample_read([key])[0][key]["close"]
    nifty = sample_read([SeriesKey(NIFTY, "price")])[0][SeriesKey(NIFTY, "price")]["close"].pct_change()
    assert vix.rolling(20).mean().corr(nifty.rolling(20).std()) > 0.6
    assert 10 < vix.median() < 20
    assert vix.min() > 4
    assert vix.max() < 90
