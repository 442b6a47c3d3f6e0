"""Real history: published levels, the 2025 breakout, and the oracle on every shipped strategy.

Skipped where the real market data are absent; nothing of them is in the repository.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from engine import load_config, load_market, run
from engine.config.models import Config
from engine.market.cash import policy_rate
from engine.market.keys import SeriesKey
from engine.market.source import open_source
from engine.market.store import Store
from engine.research.events import asking, condition_of, events
from engine.run import Result
from tests.conftest import ROOT
from tests.oracle import OracleMarket, backtest
from tests.test_oracle import assert_same_books, assert_same_numbers, assert_same_plan

pytestmark = pytest.mark.real
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Every test imports the same store; nothing writes to it after."""
    return Store(tmp_path_factory.mktemp("real") / "market.duckdb")


@pytest.fixture
def filled(store: Store, market_folder: Path) -> Store:
    if not store.path.exists():
        store.load(market_folder)
    return store


def ran(config: Config, store: Store) -> Result:
    return run(config, load_market(config, store.path))


def test_published_levels_survive_the_store(filled: Store) -> None:
    """Closing levels as the exchange published them."""
    names = {"NIFTY 50": 22161.60, "NIFTY MIDCAP 100": 48809.45, "NIFTY SMALLCAP 100": 15067.90}
    bars = filled.bars([SeriesKey(name, "price") for name in names])
    for name, level in names.items():
        assert bars[SeriesKey(name, "price")]["close"].loc["2025-04-07"] == pytest.approx(level, abs=1e-9)
    moves = {name: bars[SeriesKey(name, "price")]["close"] for name in names}
    gains = {name: round(100 * (one.loc["2025-04-24"] / one.loc["2025-04-07"] - 1), 2) for name, one in moves.items()}
    assert gains == {"NIFTY 50": 9.41, "NIFTY MIDCAP 100": 12.62, "NIFTY SMALLCAP 100": 12.58}


def test_everything_the_folder_has_is_read_or_named(filled: Store, market_folder: Path) -> None:
    rows = {table.name: table.rows for table in filled.tables()}
    for table, file in {"indices": "indices", "stocks": "stocks", "flows": "flows", "valuation": "valuation",
                        "weights": "nifty50_weights"}.items():  # fmt: skip
        (count,) = duckdb.execute(f"SELECT count(*) FROM '{market_folder}/{file}.parquet'").fetchall()[0]
        assert rows[table] == count


def test_weekend_sessions_survive_every_step(filled: Store) -> None:
    result = ran(load_config(ROOT / "configs" / "midcap_rotation.yaml"), filled)
    days = {day.date() for day in result.ledger.nav.index}
    assert {date(2020, 2, 1), date(2020, 11, 14), date(2023, 11, 12), date(2024, 1, 20), date(2024, 3, 2),
            date(2024, 5, 18), date(2025, 2, 1)} <= days  # fmt: skip


def test_the_rotation_of_april_2025(filled: Store) -> None:
    """Both indices closed above their averages from 2025-04-16; Thursday the 17th ended that week, Monday filled."""
    result = ran(load_config(ROOT / "configs" / "midcap_rotation.yaml"), filled)
    assert not result.market.simulated
    signals = {name: result.plan.signals[name][:, 0] for name in ("nifty_breakout", "bank_breakout")}
    both = (signals["nifty_breakout"] == 1.0) & (signals["bank_breakout"] == 1.0)
    since = result.market.sessions[result.market.sessions >= pd.Timestamp("2025-04-07")]
    first = next(day for day in since if both[result.market.sessions.get_loc(day)])
    assert first.date() == date(2025, 4, 16)
    weights = result.ledger.weights.loc["2025-04-15":"2025-04-22"]
    assert weights["NIFTY 50"].round(12).tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert weights["NIFTY MIDCAP 100"].loc["2025-04-21"] == pytest.approx(0.6, abs=1e-12)


ARTICLE = """claims=[
  {says: since the low, from: 2025-04-07, to: search, near: 2025-04-24,
   gains: {NIFTY MIDCAP 100: 13.2%, NIFTY SMALLCAP 100: 11.4%, NIFTY 50: 9.6%, BSE SENSEX: 8.6%}},
  {says: this year, from: 2024-12-31, to: search, near: 2025-04-24,
   gains: {NIFTY MIDCAP 100: -4%, NIFTY SMALLCAP 100: -9.5%}},
]"""


def test_the_claims_of_april_2025(filled: Store) -> None:
    """Gains from published closes; the end that fits both claims best is the 24th."""
    result = ran(load_config(ROOT / "configs" / "midcap_rotation.yaml", [ARTICLE]), filled)
    low, year = result.claims
    assert (low.since, low.to) == (date(2025, 4, 7), date(2025, 4, 24))
    assert (year.since, year.to) == (date(2024, 12, 31), date(2025, 4, 24))
    measured = [round(100 * (gain.measured or 0), 2) for check in (low, year) for gain in check.gains]
    assert measured == [12.62, 12.58, 9.41, 9.11, -3.90, -9.62]
    verdicts = [gain.verdict for check in (low, year) for gain in check.gains]
    assert verdicts == ["close", "not borne out", "borne out", "close", "borne out", "borne out"]
    assert [check.nearby and (check.nearby.since, check.nearby.to) for check in (low, year)] == [
        (low.since, low.to), (year.since, year.to),
    ]  # fmt: skip


def test_what_was_left_of_the_rise_of_april_2025(filled: Store, market_folder: Path) -> None:
    """The first bar after the breakout is the close of Monday the 21st: see the rotation above."""
    result = ran(load_config(ROOT / "configs" / "midcap_rotation.yaml", [ARTICLE]), filled)
    for gain in result.claims[0].gains[:2]:
        rows = duckdb.execute(
            f"SELECT close FROM '{market_folder}/indices.parquet' WHERE index = ? AND variant = 'PR' "
            "AND date::DATE IN ('2025-04-07', '2025-04-21', '2025-04-24') ORDER BY date",
            [gain.index],
        ).fetchall()
        start, filled_at, end = (close for (close,) in rows)
        assert gain.capture is not None
        assert (gain.capture.held, gain.capture.filled) == (0.0, date(2025, 4, 21))
        assert gain.capture.gain == pytest.approx(end / filled_at - 1)
        assert gain.capture.share == pytest.approx((end / filled_at - 1) / (end / start - 1))
    assert result.claims[0].gains[3].capture is None  # no rule holds the Sensex


def test_what_followed_the_fall_of_4_april_2025(filled: Store) -> None:
    """The Nifty fell by 1.5% on the 4th: entered at the close of the 7th, ten sessions on is the 24th."""
    drop = ["signals.drop={use: momentum, of: NIFTY 50, lookback: 1}", "market.returns=price"]
    asked = asking(load_config(ROOT / "configs" / "midcap_rotation.yaml", drop), "drop < -1%")
    study = events(asked, load_market(asked, filled.path), (10,), 0)
    (fall,) = [episode for episode in study.episodes if episode.day == date(2025, 4, 4)]
    assert fall.entered == date(2025, 4, 7)
    gains = {name: round(100 * (gain or 0), 2) for name, (gain,) in fall.gains.items()}
    assert gains == {"NIFTY 50": 9.41, "NIFTY MIDCAP 100": 12.62, "NIFTY SMALLCAP 100": 12.58}
    assert fall.relative["NIFTY MIDCAP 100"][0] == pytest.approx(0.1262 - 0.0941, abs=1e-4)


def test_the_breakout_of_16_april_2025_is_an_event(filled: Store) -> None:
    config = load_config(ROOT / "configs" / "midcap_rotation.yaml")
    asked = asking(config, condition_of(config))
    study = events(asked, load_market(asked, filled.path), (20, 5000), 0)
    days = [episode.day for episode in study.episodes]
    assert [day for day in days if date(2025, 4, 7) <= day <= date(2025, 4, 30)] == [date(2025, 4, 16)]
    assert "over 5000 sessions: no episode is complete" in study.notes
    assert any(note.startswith("over 20 sessions: ") and "share days" in note for note in study.notes)


def plain(config: Config) -> dict[str, Any]:
    """The strategy as the oracle reads it."""
    written = config.normalised()
    for rule in written["rules"]:
        if rule["hold"]["use"] == "fixed":
            rule["hold"] = rule["hold"]["weights"]
    written["market"]["start"] = date.fromisoformat(written["market"]["start"])
    return written


def oracle_market(config: Config, folder: Path, later: list[date]) -> OracleMarket:
    closes: dict[tuple[str, str], dict[date, float]] = {}
    opens: dict[tuple[str, str], dict[date, float]] = {}
    for name, variant in {*config.reads(), SeriesKey(config.market.benchmark, "price")}:
        rows = duckdb.execute(
            f"SELECT date::DATE, open, close FROM '{folder}/indices.parquet' WHERE index = ? AND variant = ?",
            [name, "PR" if variant == "price" else "TR"],
        ).fetchall()
        closes[name, variant] = {day: close for day, _, close in rows}
        if variant == "price":
            opens[name, variant] = {day: opened for day, opened, _ in rows if opened is not None}
    effective, rates = policy_rate()
    dated = [(day.astype(object), float(rate) * 100) for day, rate in zip(effective, rates, strict=True)]
    benchmark = {day for (name, _), series in closes.items() if name == config.market.benchmark for day in series}
    return OracleMarket(sorted(benchmark), later, closes, opens, dated)


@pytest.mark.parametrize("fill", ["next_close", "next_open"])
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_oracle_agrees_on_every_shipped_strategy(path: Path, fill: str, filled: Store, market_folder: Path) -> None:
    config = load_config(path, [f"schedule.fill={fill}"])
    source = open_source(filled.path)
    market = source.market(config.market.benchmark, config.reads())
    later = [day for day in market.calendar.astype(object) if day > market.sessions[-1].date()]
    result = run(config, market)
    expected = backtest(plain(config), oracle_market(config, market_folder, later))
    assert_same_plan(result, expected)
    assert_same_books(result, expected)
    assert_same_numbers(result, expected)
    assert result.attribution.residual < 1e-12
