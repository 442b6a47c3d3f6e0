"""The sample market: published levels hit exactly, and in between a market that could have been.

Volatilities, correlations and flow figures expected here are those of the real series, 2017-01 to 2025-09.
"""

import csv
import math
import os
import subprocess
import sys
import time
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import engine
from engine.market import sample
from engine.market.calendar import nse_sessions
from engine.market.sample import sample_bars
from engine.market.sample_readings import sample_flows, sample_valuation

Bars = dict[tuple[str, str], pd.DataFrame]

DIGEST = """
import hashlib
from engine.market.sample_series import sample_catalogue, sample_read
digest = hashlib.sha256()
bars, readings = sample_read(sample_catalogue())
for part in (*bars.values(), *readings.values()):
    digest.update(part.to_csv(float_format="%r").encode())
print(digest.hexdigest())
"""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def bars() -> Bars:
    return sample_bars()


def closes(bars: Bars) -> pd.DataFrame:
    return pd.DataFrame({name: frame["close"] for (name, variant), frame in bars.items() if variant == "price"})


def log_moves(bars: Bars) -> pd.DataFrame:
    return closes(bars).map(math.log).diff().iloc[1:]


def published() -> list[dict[str, str]]:
    with (files("engine.market") / "facts" / "index_anchor_levels.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def in_new_process(program: str, **environment: str) -> str:
    root = str(Path(engine.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": root, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.mark.parametrize(
    ("name", "day", "level"),
    [
        ("NIFTY 50", "2025-04-07", 22161.60),
        ("NIFTY MIDCAP 100", "2025-04-07", 48809.45),
        ("NIFTY SMALLCAP 100", "2025-04-24", 16963.50),
        ("BSE SENSEX", "2020-03-23", 25981.24),
        ("NIFTY INDIA DEFENCE", "2022-03-31", 1434.58),
    ],
)
def test_published_closes(bars: Bars, name: str, day: str, level: float) -> None:
    assert bars[name, "price"].loc[day, "close"] == level


def test_every_published_level_is_hit_to_the_last_bit(bars: Bars) -> None:
    cells = [(name, row["date"], level) for row in published() for name, level in row.items() if name != "date"]
    levels = {(name, day): float(level) for name, day, level in cells if level}
    assert len(levels) == 51 * 24 - 29 - 1  # defence starts 29 dates later, the Sensex lacks one
    assert {key: bars[key[0], "price"].loc[key[1], "close"] for key in levels} == levels


def test_the_series_are_those_of_the_published_table_from_their_first_level_on(bars: Bars) -> None:
    names = [name for name in published()[0] if name != "date"]
    assert set(bars) == {(name, variant) for name in names for variant in ("price", "total")}
    late = {name: frame.index[0] for (name, _), frame in bars.items() if frame.index[0].year > 2016}
    assert late == {"NIFTY INDIA DEFENCE": pd.Timestamp("2022-03-31")}


def test_the_sessions_are_nse_s_own(bars: Bars) -> None:
    dates = bars["NIFTY 50", "price"].index
    sessions = nse_sessions(date(2016, 12, 30), date(2025, 9, 17))
    assert dates.equals(pd.DatetimeIndex(sessions).as_unit("us"))
    assert dates.name == "date"
    assert dates.dtype == "datetime64[us]"
    assert pd.Timestamp("2020-02-01") in dates  # a Saturday
    assert len(dates) == 2161  # published closes of the Nifty 50 in that time


def test_closes_are_complete_positive_hundredths(bars: Bars) -> None:
    for frame in bars.values():
        assert list(frame.columns) == ["open", "close"]
        assert (frame.dtypes == np.float64).all()
        assert (frame["close"] > 0).all()
        np.testing.assert_allclose(frame["close"] * 100, (frame["close"] * 100).round(), atol=1e-6)


def test_a_hole_in_the_published_levels_is_bridged_beside_the_nifty(bars: Bars) -> None:
    """The Sensex has no level for 2019-03-29; it was 3.32 times the Nifty 50 before and 3.34 after."""
    ratio = bars["BSE SENSEX", "price"]["close"] / bars["NIFTY 50", "price"]["close"]
    assert ratio["2019-01":"2019-06"].between(3.26, 3.40).all()


@pytest.mark.parametrize(
    ("name", "volatility"),
    [
        ("NIFTY 50", 0.165),
        ("NIFTY MIDCAP 100", 0.191),
        ("NIFTY IT", 0.212),
        ("NIFTY METAL", 0.281),
        ("NIFTY PSU BANK", 0.324),
        ("NIFTY INDIA DEFENCE", 0.285),
    ],
)
def test_volatility_is_like_the_real_one(bars: Bars, name: str, volatility: float) -> None:
    assert log_moves(bars)[name].std() * math.sqrt(248) == pytest.approx(volatility, rel=0.1)


@pytest.mark.parametrize(
    ("one", "other", "correlation"),
    [
        ("NIFTY 50", "NIFTY BANK", 0.89),
        ("NIFTY 50", "NIFTY MIDCAP 100", 0.83),
        ("NIFTY MIDCAP 100", "NIFTY SMALLCAP 100", 0.93),
        ("NIFTY BANK", "NIFTY PRIVATE BANK", 0.99),
        ("NIFTY BANK", "NIFTY IT", 0.38),
        ("NIFTY FMCG", "NIFTY INDIA CONSUMPTION", 0.82),
        ("NIFTY PSE", "NIFTY CPSE", 0.95),
    ],
)
def test_correlation_is_like_the_real_one(bars: Bars, one: str, other: str, correlation: float) -> None:
    moves = log_moves(bars)
    assert moves[one].corr(moves[other]) == pytest.approx(correlation, abs=0.06)


def test_the_sensex_is_the_nifty_by_another_name(bars: Bars) -> None:
    moves = log_moves(bars)
    assert 0.99 < moves["NIFTY 50"].corr(moves["BSE SENSEX"]) < 0.999


def test_rough_days_come_in_clusters_and_directions_do_not(bars: Bars) -> None:
    """Real: 0.25 for the sizes of moves a week apart, -0.04 for the moves of successive days."""
    moves = log_moves(bars)
    nifty = moves["NIFTY 50"]
    assert nifty.abs().autocorr(5) > 0.12
    assert abs(nifty.autocorr(1)) < 0.08
    assert nifty["2020"].std() > 1.4 * nifty["2017"].std()
    assert moves.abs().max().max() < 0.2  # the real worst day was -0.197, private banks on 2020-03-23


def test_the_open_lies_a_third_of_a_day_after_the_close(bars: Bars) -> None:
    for name in ("NIFTY 50", "NIFTY METAL", "NIFTY INDIA DEFENCE"):
        bar = bars[name, "price"]
        opens, ends = bar["open"].map(math.log), bar["close"].map(math.log)
        overnight, session, whole = opens - ends.shift(), ends - opens, ends.diff()
        assert bar["open"].iloc[0] == bar["close"].iloc[0]
        assert overnight.var() / whole.var() == pytest.approx(1 / 3, abs=0.06)
        assert abs(overnight.corr(session)) < 0.1  # the bridge: what comes after owes nothing to what came before
        assert bar["open"].notna().all()


def test_indices_gap_together(bars: Bars) -> None:
    opens = pd.DataFrame({name: bars[name, "price"]["open"] for name in ("NIFTY 50", "NIFTY BANK", "NIFTY IT")})
    gaps = opens / closes(bars)[opens.columns].shift() - 1
    assert gaps["NIFTY 50"].corr(gaps["NIFTY BANK"]) == pytest.approx(0.89, abs=0.05)
    assert gaps["NIFTY BANK"].corr(gaps["NIFTY IT"]) == pytest.approx(0.38, abs=0.12)


@pytest.mark.parametrize(
    ("name", "percent_a_year"),
    [
        ("NIFTY 50", 1.22),
        ("NIFTY INDIA DEFENCE", 1.01),
        ("NIFTY CPSE", 3.75),
        ("BSE SENSEX", 1.22),  # has no row of its own: the Nifty 50's
    ],
)
def test_total_return_is_the_price_and_its_dividends(bars: Bars, name: str, percent_a_year: float) -> None:
    price, total = bars[name, "price"]["close"], bars[name, "total"]["close"]
    dividends = np.log(total / price)
    years = (price.index - price.index[0]) / pd.Timedelta(days=365.25)
    assert total.iloc[0] == price.iloc[0]
    np.testing.assert_allclose(dividends, percent_a_year / 100 * years, atol=2e-5)
    assert bars[name, "total"]["open"].isna().all()


def test_two_processes_make_the_same_market() -> None:
    digests = {in_new_process(DIGEST, PYTHONHASHSEED=seed) for seed in ("1", "2")}
    assert len(digests) == 1


def test_another_seed_is_another_market_through_the_same_levels(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "SAMPLE_SEED", 1)
    other = closes(sample_bars())
    same = (other == closes(bars))["NIFTY 50"]
    assert same[[row["date"] for row in published()]].all()
    assert same.mean() < 0.05


def test_series_do_not_share_their_random_numbers(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking one index out leaves all the others, the flows and the valuation as they were."""
    flows, valuation = sample_flows(), sample_valuation()
    monkeypatch.delitem(sample.RISKS, "NIFTY MEDIA")
    fewer = sample_bars()
    assert set(bars) - set(fewer) == {("NIFTY MEDIA", "price"), ("NIFTY MEDIA", "total")}
    for key, frame in fewer.items():
        pd.testing.assert_frame_equal(frame, bars[key], check_exact=True)
    pd.testing.assert_frame_equal(sample_flows(), flows, check_exact=True)
    pd.testing.assert_frame_equal(sample_valuation(), valuation, check_exact=True)


def test_the_bars_are_made_in_less_than_a_second() -> None:
    sample_bars()  # imports and the cached calendar do not count
    began = time.perf_counter()
    sample_bars()
    assert time.perf_counter() - began < 1.0


def test_flows_add_up(bars: Bars) -> None:
    flows = sample_flows()
    assert set(flows) == {f"{who}_{what}" for who in ("fii", "dii") for what in ("buy", "sell", "net")}
    assert flows.index.equals(bars["NIFTY 50", "price"].index)
    for who in ("fii", "dii"):
        assert (flows[[f"{who}_buy", f"{who}_sell"]] > 0).all(axis=None)
        net = flows[f"{who}_buy"] - flows[f"{who}_sell"]
        np.testing.assert_allclose(flows[f"{who}_net"], net, rtol=0, atol=1e-6)


def test_flows_behave_like_the_real_ones(bars: Bars) -> None:
    """Real: FII -430 a day and DII +850 on average, deviations 2490 and 1900; the correlations stand beside."""
    flows, moves = sample_flows(), log_moves(bars)["NIFTY 50"]
    fii, dii = flows["fii_net"], flows["dii_net"]
    assert fii.corr(moves) == pytest.approx(0.32, abs=0.08)
    assert dii.corr(moves) == pytest.approx(-0.12, abs=0.08)
    assert fii.corr(dii) == pytest.approx(-0.62, abs=0.08)
    assert fii.autocorr(1) == pytest.approx(0.42, abs=0.1)
    assert dii.autocorr(1) == pytest.approx(0.56, abs=0.1)
    assert -900 < fii.mean() < 0 < dii.mean() < 1300
    assert fii.std() == pytest.approx(2490, rel=0.25)
    assert dii.std() == pytest.approx(1900, rel=0.25)
    assert flows["fii_buy"].mean() == pytest.approx(8260, rel=0.35)
    assert max(abs(net.corr(moves.shift(-1))) for net in (fii, dii)) < 0.06  # they do not know tomorrow


def test_valuation_follows_the_price_over_slow_earnings(bars: Bars) -> None:
    valuation = sample_valuation()
    close = bars["NIFTY 50", "price"]["close"]
    assert list(valuation.columns) == ["index", "pe", "pb", "dy"]
    assert set(valuation["index"]) == {"NIFTY 50"}
    assert valuation.index.equals(close.index)
    earnings = (close / valuation["pe"]).map(math.log)
    assert earnings.diff().std() < 0.015
    assert earnings.iloc[-1] - earnings.iloc[0] == pytest.approx(math.log(25330.25 / 8185.8), abs=0.3)
    assert valuation["pe"].between(10, 42).all()
    assert valuation["pe"].median() == pytest.approx(24, abs=2.5)
    assert valuation["pe"]["2020-03"].min() == valuation["pe"].min()


def test_valuation_ratios_agree_with_each_other() -> None:
    """Real averages: P/B 3.76, dividend yield 1.26%; book value and payout are constant shares of earnings."""
    valuation = sample_valuation()
    np.testing.assert_allclose(valuation["pb"], valuation["pe"] * 0.15, atol=0.006)
    np.testing.assert_allclose(valuation["dy"] * valuation["pe"], 30.0, rtol=0.006)
    assert valuation["pb"].mean() == pytest.approx(3.76, rel=0.15)
    assert valuation["dy"].mean() == pytest.approx(1.26, rel=0.15)
