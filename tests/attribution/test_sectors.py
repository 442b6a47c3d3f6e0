"""The active return by the Nifty's sectors: by hand, against `brinson`, on real history, and closing everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from engine import load_config
from engine.attribution import SectorAttribution, brinson, no_sectors, sector_attribution
from engine.attribution.linking import METHODS
from engine.attribution.sectors import GAP, LONGEST_DRIFT, REST, UNKNOWN, segment_of
from engine.market.keys import SeriesKey, Variant
from engine.market.market import Market
from engine.market.registry import benchmark_sectors, sector_keys
from engine.run import Result, run
from tests.conftest import ROOT
from tests.markets import Prices, config_of, engine_market, frame, history, strategy, weekdays

IT, FINANCE, POWER = "Information Technology", "Financial Services", "Power"
MIDCAPS = "NIFTY MIDCAP 100, outside the benchmark"
DAYS = weekdays(date(2020, 6, 1), 7)  # Monday to next Tuesday
CLOSES = {
    "NIFTY 50": [100.0, 102.0, 101.0, 104.0, 103.0, 106.0, 105.0],
    "NIFTY IT": [50.0, 51.0, 53.0, 52.0, 54.0, 54.0, 57.0],
    "NIFTY FINANCIAL SERVICES": [80.0, 82.0, 80.0, 83.0, 81.0, 85.0, 83.0],
    "NIFTY MIDCAP 100": [30.0, 30.0, 31.0, 33.0, 32.0, 35.0, 34.0],
}
PUBLISHED = {
    date(2020, 6, 2): {IT: 20.0, FINANCE: 50.0, POWER: 30.0},
    date(2020, 6, 7): {IT: 40.0, FINANCE: 40.0, POWER: 20.0},  # a Sunday: Friday's close
}
HELD = {"NIFTY 50": 0.4, "NIFTY IT": 0.3, "NIFTY MIDCAP 100": 0.2}


def with_weights(market: Market, published: Mapping[date, Mapping[str, float]]) -> Market:
    index = pd.DatetimeIndex(np.array(list(published), "datetime64[s]"), name="date")
    readings = {
        SeriesKey(sector, "weight"): pd.Series([month.get(sector, np.nan) for month in published.values()], index)
        for sector in {sector for month in published.values() for sector in month}
    }
    return replace(market, readings=readings)


def made(published: Mapping[date, Mapping[str, float]] = PUBLISHED, leave: str = "") -> Market:
    histories = {name: history(DAYS, closes) for name, closes in CLOSES.items() if name != leave}
    return with_weights(engine_market("NIFTY 50", histories), published)


def held(market: Market, hold: Mapping[str, float] = HELD) -> Result:
    """Bought at the close of the second session, for 1%, and kept."""
    plain = strategy(
        market={
            "benchmark": "NIFTY 50",
            "universe": [name for name in CLOSES if SeriesKey(name, "total") in market.bars],
        },
        rules=[{"name": "all", "hold": dict(hold)}],
        schedule={"decide": "on_change"},
        execution={"buy_bps": 100, "cash_spread": 0},
    )
    return run(config_of(plain), market)


def apart(result: Result, market: Market | None = None) -> SectorAttribution:
    found = sector_attribution(result.attribution, result.ledger, market or result.market, "total")
    assert found is not None
    return found


def second(published: Mapping[date, Mapping[str, float]]) -> list[dict[str, float]]:
    """Weights at each close by a plain loop: set on the day they hold, moved on every other; {} before the first."""
    rows: list[dict[str, float]] = []
    now: dict[str, float] = {}
    for place in range(len(DAYS)):
        moves = {name: closes[place] / closes[place - 1] if place else 1.0 for name, closes in CLOSES.items()}
        growth = {IT: moves["NIFTY IT"], FINANCE: moves["NIFTY FINANCIAL SERVICES"], REST: moves["NIFTY 50"]}
        worth = {sector: weight * growth[sector] for sector, weight in now.items()}
        now = {sector: value / sum(worth.values()) for sector, value in worth.items()}
        later = DAYS[place + 1] if place + 1 < len(DAYS) else date.max
        for dated, month in published.items():
            if DAYS[place] <= dated < later:
                now = {IT: month[IT] / 100, FINANCE: month[FINANCE] / 100, REST: month[POWER] / 100}
        rows.append(now)
    return rows


def test_by_hand() -> None:
    """Bought for 1%: of 1 / 1.009 four tenths are the Nifty, three IT, two midcaps and one CASH."""
    result = held(made())
    found = apart(result)
    worth = {name: share / 1.009 * np.array(CLOSES[name][1:]) / CLOSES[name][1] for name, share in HELD.items()}
    cash = 0.1 / 1.009 * result.ledger.cash_index.to_numpy(dtype=float)
    nav = sum(worth.values(), cash)
    np.testing.assert_allclose(result.ledger.nav / 1e6, nav, rtol=1e-14)
    theirs = second(PUBLISHED)[1:]
    for day in range(1, 6):
        move = {name: closes[day + 1] / closes[day] - 1 for name, closes in CLOSES.items()}
        own = {name: worth[name][day - 1] / nav[day - 1] for name in HELD}
        market, before, bare = move["NIFTY 50"], theirs[day - 1], 1 - own["NIFTY 50"]
        bets = {
            IT: bare * before[IT] * (move["NIFTY IT"] - market),
            FINANCE: bare * before[FINANCE] * (move["NIFTY FINANCIAL SERVICES"] - market),
        }
        row = found.daily.iloc[day]
        expected = {
            ("allocation", IT): own["NIFTY IT"] * (move["NIFTY IT"] - market) - bets[IT],
            ("allocation", FINANCE): -bets[FINANCE],
            ("allocation", REST): 0.0,
            ("allocation", MIDCAPS): own["NIFTY MIDCAP 100"] * (move["NIFTY MIDCAP 100"] - market),
            ("gap", GAP): bets[IT] + bets[FINANCE],
            ("cash", "CASH"): cash[day - 1] / nav[day - 1] * (cash[day] / cash[day - 1] - 1 - market),
            ("costs", "charges"): 0.0,
        }
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, abs=1e-15), (day, name)
        assert found.benchmark_weights.iloc[day][[IT, FINANCE, REST]].to_dict() == pytest.approx(before, abs=1e-15)
        shares = {sector: own["NIFTY 50"] * weight for sector, weight in before.items()}
        assert found.own_weights.iloc[day][[IT, FINANCE, REST, MIDCAPS]].tolist() == pytest.approx(
            [shares[IT] + own["NIFTY IT"], shares[FINANCE], shares[REST], own["NIFTY MIDCAP 100"]], abs=1e-15
        )
    first = found.daily.iloc[0]
    assert first["costs", "charges"] == pytest.approx(-0.009 / 1.009, rel=1e-12)
    assert first.drop("costs").abs().sum() == 0.0
    assert (found.rest, found.without_weights) == ((POWER,), 0)
    assert UNKNOWN not in found.own_weights


def assert_closes(found: SectorAttribution, total: float) -> None:
    """Every day, and over the window by every method; weights are whole."""
    assert found.residual < 1e-12
    assert list(found.daily.index) == list(found.active.index)
    assert np.isfinite(found.daily.to_numpy()).all()
    for method in METHODS:
        linked = found.over_window(method)
        if method == "geometric":
            ratio = np.prod(1 + found.portfolio) / np.prod(1 + found.benchmark)
            assert np.prod(1 + linked) == pytest.approx(ratio, rel=1e-12)
        else:
            assert linked.sum() == pytest.approx(total, abs=1e-12 * max(1.0, float(np.prod(1 + found.portfolio))))
    known = found.benchmark_weights.dropna()
    np.testing.assert_allclose(known.sum(axis=1), 1.0, rtol=1e-13)
    assert (known.to_numpy() >= 0.0).all()


def test_it_closes() -> None:
    result = held(made())
    found = apart(result)
    assert_closes(found, result.attribution.total)
    table = found.by_segment()
    effects = table[["allocation", "selection", "gap", "cash", "costs"]]
    assert effects.to_numpy().sum() == pytest.approx(result.attribution.total, abs=1e-13)
    assert table.loc[REST, "benchmark"] == pytest.approx(found.benchmark_weights[REST].iloc[1:].mean())
    assert table["weight"].isna().loc[["CASH", GAP, "charges"]].all()


def test_the_benchmark_itself_has_no_effects_and_no_gap() -> None:
    result = held(made(), {"NIFTY 50": 1.0})
    found = apart(result)
    assert found.daily.drop(columns="costs").to_numpy().any() == np.False_
    np.testing.assert_allclose(found.own_weights.iloc[1:], found.benchmark_weights.iloc[1:], rtol=1e-14)


def test_days_before_the_first_weights_are_a_row_that_says_so() -> None:
    """The first weights are of Thursday the 4th: on the two sessions after the purchase no sector's bet is known."""
    result = held(made({date(2020, 6, 4): PUBLISHED[date(2020, 6, 2)]}))
    found = apart(result)
    assert found.without_weights == 2
    move = {name: np.array(closes[2:4]) / closes[1:3] - 1 for name, closes in CLOSES.items()}
    own = result.ledger.weights.iloc[:2]
    early = found.daily.iloc[1:3]
    expected = own["NIFTY IT"].to_numpy() * (move["NIFTY IT"] - move["NIFTY 50"])
    np.testing.assert_allclose(early["allocation", UNKNOWN], expected, atol=1e-15)
    assert not early["allocation"][[IT, FINANCE, REST]].to_numpy().any()
    assert not early["gap"].to_numpy().any()
    outside = own["NIFTY MIDCAP 100"].to_numpy() * (move["NIFTY MIDCAP 100"] - move["NIFTY 50"])
    np.testing.assert_allclose(early["allocation", MIDCAPS], outside, atol=1e-15)
    assert found.own_weights[UNKNOWN].tolist() == pytest.approx([0.0, *own["NIFTY 50"], 0.0, 0.0, 0.0], abs=1e-15)
    assert not found.daily["allocation", UNKNOWN].iloc[3:].any()
    assert_closes(found, result.attribution.total)


def test_where_there_are_no_weights_it_says_so() -> None:
    result = held(made())
    days = pd.DatetimeIndex(result.ledger.nav.index)
    bare = replace(result.market, readings={})
    late = made({date(2020, 6, 9): PUBLISHED[date(2020, 6, 2)]})  # the last close: nothing comes after it
    early = made({date(2020, 5, 29): PUBLISHED[date(2020, 6, 2)]})  # no session of this market is as old
    for market, reason in (
        (bare, "no sector weights in this store"),
        (late, "no sector weights in this store between 2020-06-02 and 2020-06-09"),
        (early, "no sector weights in this store"),
        (replace(result.market, benchmark="NIFTY IT"),
         "sector weights are known of the NIFTY 50 alone, not of the NIFTY IT"),
    ):  # fmt: skip
        assert no_sectors(market, days) == reason
        assert sector_attribution(result.attribution, result.ledger, market, "total") is None
    assert no_sectors(result.market, days) is None


def test_weights_grow_old() -> None:
    days = weekdays(date(2020, 1, 1), 100)
    assert (days[-1] - days[1]).days > LONGEST_DRIFT
    closes = [100.0 + place % 3 for place in range(100)]
    histories = {name: history(days, closes) for name in CLOSES}
    market = with_weights(engine_market("NIFTY 50", histories), {days[1]: {IT: 60.0, FINANCE: 40.0}})
    found = apart(held(market))
    known = found.benchmark_weights.notna().all(axis=1).to_numpy()
    closes_before = np.array(days[1:-1])
    assert known[1:].tolist() == [one - days[1] <= timedelta(days=LONGEST_DRIFT) for one in closes_before]
    assert 0 < found.without_weights == int((~known[1:]).sum())
    np.testing.assert_allclose(found.benchmark_weights.loc[known, [IT, FINANCE, REST]], [[0.6, 0.4, 0.0]] * known.sum())


def test_a_sector_without_its_index_is_part_of_the_rest() -> None:
    without = apart(held(made(leave="NIFTY FINANCIAL SERVICES"), {"NIFTY IT": 1.0}))
    assert without.rest == (FINANCE, POWER)
    assert FINANCE not in without.benchmark_weights
    assert without.benchmark_weights[REST].iloc[1] == pytest.approx(0.8)


def test_an_index_that_begins_later_or_ends_moves_with_the_benchmark_meanwhile() -> None:
    """Finance has closes of the 3rd to the 5th: its own moves are those of the 4th and the 5th."""
    market = made()
    short = {key: bars.loc["2020-06-03":"2020-06-05"] for key, bars in market.bars.items()
             if key.name == "NIFTY FINANCIAL SERVICES"}  # fmt: skip
    found = apart(held(replace(market, bars={**market.bars, **short}), {"NIFTY IT": 1.0}))
    gaps = found.daily["allocation", FINANCE].to_numpy() / -found.benchmark_weights[FINANCE].to_numpy()
    move = {name: np.array(closes[2:]) / closes[1:-1] - 1 for name, closes in CLOSES.items()}
    own = move["NIFTY FINANCIAL SERVICES"] - move["NIFTY 50"]
    np.testing.assert_allclose(gaps[1:], [0.0, own[1], own[2], 0.0, 0.0], atol=1e-15)


def test_weights_that_do_not_add_up() -> None:
    """What is missing is the rest; what is too much is scaled to the whole."""
    less = apart(held(made({date(2020, 6, 2): {IT: 20.0, FINANCE: 50.0}})))
    assert less.benchmark_weights.iloc[1][[IT, FINANCE, REST]].tolist() == pytest.approx([0.2, 0.5, 0.3], abs=1e-15)
    more = apart(held(made({date(2020, 6, 2): {IT: 50.0, FINANCE: 50.0, POWER: 25.0}})))
    assert more.benchmark_weights.iloc[1][[IT, FINANCE, REST]].tolist() == pytest.approx([0.4, 0.4, 0.2], abs=1e-15)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fill", ["next_close", "next_open"])
def test_a_switching_strategy_closes_and_agrees_with_brinson(seed: int, fill: str) -> None:
    """Random walks, two rules, costs, CASH, and opens away from the close before."""
    rng = np.random.default_rng(seed)
    days = weekdays(date(2020, 1, 1), 60)
    histories = {}
    for name in CLOSES:
        closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 60)))
        opens = np.append(closes[0], closes[:-1]) * np.exp(rng.normal(0, 0.005, 60))
        one = history(days, closes.tolist(), gain=1.5)
        histories[name] = replace(one, opens=dict(zip(days, opens.tolist(), strict=True)))
    months = {days[place]: {IT: 15.0 + place / 5, FINANCE: 30.0, POWER: 55.0 - place / 5} for place in (0, 20, 40)}
    market = with_weights(engine_market("NIFTY 50", histories), months)
    plain = strategy(
        market={"benchmark": "NIFTY 50", "universe": list(CLOSES)},
        signals={"up": {"use": "momentum", "of": "NIFTY 50", "lookback": 3}},
        rules=[{"name": "up", "when": "up > 0", "hold": {"NIFTY MIDCAP 100": 0.5, "NIFTY IT": 0.3}},
               {"name": "down", "hold": {"NIFTY FINANCIAL SERVICES": 0.6, "NIFTY IT": 0.4}}],
        schedule={"decide": "daily", "fill": fill},
        execution={"buy_bps": 20, "sell_bps": 10, "slippage_bps": 5},
    )  # fmt: skip
    result = run(config_of(plain), market)
    found = apart(result)
    assert_closes(found, result.attribution.total)
    assert not found.daily.iloc[0].drop("costs").any()  # weights are published, but nothing is held yet
    assert found.daily["selection"].to_numpy().any() == (fill == "next_open")
    values = {name: market.closes([name], "total").iloc[:, 0].pct_change() for name in CLOSES}
    moves = pd.DataFrame({IT: values["NIFTY IT"], FINANCE: values["NIFTY FINANCIAL SERVICES"],
                          REST: values["NIFTY 50"], MIDCAPS: values["NIFTY MIDCAP 100"], "CASH": 0.0})  # fmt: skip
    for day in found.daily.index[1:]:
        own, theirs = found.own_weights.loc[day].copy(), found.benchmark_weights.loc[day].copy()
        own["CASH"], theirs["CASH"] = 1 - own.sum(), 0.0
        returns = moves.loc[day, own.index]
        expected = brinson(own, theirs, returns, returns)["allocation"]
        missed = theirs @ returns - values["NIFTY 50"][day]  # brinson knows the sectors alone
        expected += (own - theirs) * missed
        for segment in (IT, FINANCE, REST, MIDCAPS):
            assert found.daily.loc[day, ("allocation", segment)] == pytest.approx(expected[segment], abs=1e-14)
        assert found.daily.loc[day, ("gap", GAP)] == pytest.approx(missed, abs=1e-14)


def test_every_index_has_its_segment() -> None:
    assert segment_of("NIFTY PHARMA") == "Healthcare"
    assert segment_of("NIFTY BANK") == "NIFTY BANK, outside the benchmark"
    assert segment_of("NIFTY 50") == REST
    keys = sector_keys("total")
    assert {key.name for key in keys if key.variant == "weight"} == set(benchmark_sectors())
    assert {key.name for key in keys if key.variant == "total"} == {*filter(None, benchmark_sectors().values())}
    assert len(keys) == 18 + 11


def real_market(folder: Path, keys: frozenset[SeriesKey]) -> Market:
    """The series asked for, straight from the files; all of history."""
    bars: dict[SeriesKey, pd.DataFrame] = {}
    kinds: tuple[tuple[Variant, str], ...] = (("price", "PR"), ("total", "TR"))
    for variant, kind in kinds:
        names = sorted({key.name for key in keys if key.variant == variant} | {"NIFTY 50"})
        rows = duckdb.execute(
            f"SELECT \"index\", date::DATE, open, close FROM '{folder}/indices.parquet' "
            "WHERE variant = $1 AND \"index\" IN $2", [kind, names],
        ).fetchall()  # fmt: skip
        closes: dict[str, Prices] = {name: {} for name in names}
        opens: dict[str, Prices] = {name: {} for name in names}
        for name, day, opened, close in rows:
            closes[name][day] = close
            opens[name][day] = np.nan if opened is None else opened
        bars |= {SeriesKey(name, variant): frame(closes[name], opens[name]) for name in names}
    weights = duckdb.execute(
        f"SELECT date::DATE, sector, sum(weight_pct) FROM '{folder}/nifty50_weights.parquet' GROUP BY ALL ORDER BY 1"
    ).fetchall()
    months: dict[date, dict[str, float]] = {}
    for day, sector, weight in weights:
        months.setdefault(day, dict.fromkeys(benchmark_sectors(), 0.0))[sector] = weight
    return with_weights(Market.of("NIFTY 50", bars), months)


@pytest.mark.real
@pytest.mark.parametrize("name", ["midcap_rotation", "sector_momentum"])
def test_real_history_closes(name: str, market_folder: Path) -> None:
    config = load_config(ROOT / "configs" / f"{name}.yaml")
    market = real_market(market_folder, frozenset({*config.reads(), *sector_keys("total")}))
    result = run(config, market)
    found = apart(result)
    assert_closes(found, result.attribution.total)
    assert found.without_weights == 0
    assert found.rest == ("Capital Goods", "Construction", "Construction Materials", "Consumer Services", POWER,
                          "Services", "Telecommunication")  # fmt: skip
    last = found.benchmark_weights.iloc[-1]
    assert last[FINANCE] == pytest.approx(0.368, abs=0.005)  # published for the end of August 2025: 36.82%
    bet = found.own_weights.iloc[1:].sum(axis=1)
    assert bet.between(0.99, 1 + 1e-12).all()


@pytest.mark.real
def test_drifted_weights_meet_the_next_published_ones(market_folder: Path) -> None:
    """A month's drift ends half a point off in the sector it misses most, half of what weights left alone would be.

    What is left is what the benchmark's changes and stocks that are not in the sectors' indices do.
    """
    market = real_market(market_folder, sector_keys("total"))
    config = load_config(ROOT / "configs" / "nifty_buy_and_hold.yaml")
    weights = apart(run(config, market)).benchmark_weights.to_numpy()
    days = market.sessions[-len(weights) :]
    dates = market.readings[SeriesKey(IT, "weight")].index
    closes = [place for place in days.searchsorted(dates, side="right") - 1 if 1 < place < len(days) - 1]
    drifted, published = weights[closes], weights[np.array(closes) + 1]  # rows are of the close before
    missed, moved = np.abs(published - drifted).max(axis=1), np.abs(np.diff(published, axis=0)).max(axis=1)
    assert len(closes) == 109
    assert np.median(missed) < 0.55 * np.median(moved)
    assert np.median(missed) < 0.005
