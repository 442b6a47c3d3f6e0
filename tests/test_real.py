"""Real history: published levels, the 2025 breakout, and the oracle on every shipped strategy.

Skipped where the real market data are absent; nothing of them is in the repository.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from engine import blocks, load_config, load_market, run
from engine.attribution import Drawing, rule_shapley
from engine.config.checks import mistakes_of
from engine.config.models import Config
from engine.market.keys import SeriesKey
from engine.market.store import Store
from engine.research.events import asking, condition_of, events
from engine.run import Result
from tests.conftest import ROOT
from tests.markets import config_of
from tests.oracle import OracleResult
from tests.oracle_baskets import with_baskets
from tests.oracle_data import real_market, stocks_of, with_stocks
from tests.oracle_signals import Scope, make_signal
from tests.real import both, plain
from tests.test_oracle import EXACT, LOOSE, Leeway, assert_same_books, assert_same_numbers, assert_same_plan

pytestmark = pytest.mark.real
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
OPENING = ["bank_and_nifty_breakout", "defence_fertiliser_power", "midcap_rotation", "policy_themes", "sector_momentum",
           "trend_to_cash", "valuation_discipline"]  # fmt: skip


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


def assert_agree(result: Result, expected: OracleResult, leeway: Leeway) -> None:
    assert_same_plan(result, expected, leeway)
    assert_same_books(result, expected, leeway)
    assert_same_numbers(result, expected, leeway)
    assert result.attribution.residual < 1e-12


def leeway_of(config: Config) -> Leeway:
    """Nothing but rounding, except for parts of least variance."""
    return LOOSE if any(rule.hold.use == "min_variance" for rule in config.rules) else EXACT


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_oracle_agrees_on_every_shipped_strategy(path: Path, filled: Store, market_folder: Path) -> None:
    config = load_config(path)
    assert_agree(*both(config, filled, market_folder), leeway_of(config))


@pytest.mark.parametrize("stem", OPENING)
def test_the_oracle_agrees_on_fills_at_the_open(stem: str, filled: Store, market_folder: Path) -> None:
    config = load_config(ROOT / "configs" / f"{stem}.yaml", ["schedule.fill=next_open"])
    assert_agree(*both(config, filled, market_folder), leeway_of(config))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_shares_of_every_shipped_strategy_add_up(path: Path, filled: Store) -> None:
    """Over the last years; without its first rule a strategy is the file without it, from the same session on."""
    config = load_config(path, ["market.start=2023-01-02"])
    result = ran(config, filled)
    found = rule_shapley(config, result.market, result.plan, Drawing(resamples=20))
    years, start = result.window.years, config.execution.capital
    own, theirs = (math.log(ledger.nav.iloc[-1] / start) / years for ledger in (result.ledger, result.benchmark))
    assert found.table["share"].sum() == pytest.approx(own - theirs, abs=1e-12)
    logs = np.diff(np.log(np.concatenate(([1.0], (result.ledger.nav / result.benchmark.nav).to_numpy()))))
    np.testing.assert_allclose(found.daily.sum(axis=1), logs, atol=1e-12)
    lost, plain = found.table["leave_one_out"].iloc[0], config.normalised()
    if len(config.rules) == 1:
        assert lost == pytest.approx(own - theirs, abs=1e-12)
        return
    opening = str(result.market.days[result.plan.decisions[0]])
    without = config.changed(rules=plain["rules"][1:], market={**plain["market"], "start": opening})
    other = run(without, result.market).ledger.nav.iloc[-1]
    assert lost == pytest.approx(own - math.log(other / start) / years, abs=1e-12)


def only(**hold: Any) -> dict[str, Any]:
    return {"rules": [{"name": "only", "hold": hold}]}


# What no shipped strategy uses, on the real history of one that is near: parts of its file, replaced.
VARIED: dict[str, tuple[str, dict[str, Any]]] = {
    "hrp": ("risk_parity_sectors", only(use="hrp", window=120)),
    "sample covariance": ("risk_parity_sectors", only(use="risk_parity", window=60, shrinkage="none")),
    "least variance of eleven": ("risk_parity_sectors", only(use="min_variance", max_weight=0.3)),
    "parts by score": (
        "momentum_sectors",
        only(use="top", n=5, by="strength", min_score=0.0, weigh={"use": "score_weighted", "by": "strength"})
        | {"overlays": [{"use": "glide", "decisions": 3}, {"use": "max_weight", "most": 0.15, "excess": "others"}]},
    ),
    "stopped": (
        "momentum_sectors",
        only(use="score_weighted", by="strength", fallback="NIFTY IT")
        | {
            "overlays": [
                {"use": "drawdown_stop", "limit": 0.1, "recover": 0.05, "wait": 2, "keep": 0.3},
                {"use": "max_turnover", "most": 0.25},
                {"use": "target_volatility", "target": 0.12, "cap": 0.9},
            ]
        },
    ),
    "tilt both ways": (
        "defence_fertiliser_power",
        only(
            use="tilt",
            base="benchmark_sectors",
            over={"NIFTY INDIA DEFENCE": 0.02},
            under={"NIFTY IT": 0.05, "NIFTY OIL & GAS": 0.05, "NIFTY METAL": 0.05},
            funded_by=["NIFTY FINANCIAL SERVICES", "NIFTY FMCG", "NIFTY AUTO"],
            max_active=0.05,
            groups={"money": {"of": ["NIFTY FINANCIAL SERVICES", "NIFTY FMCG"], "most": 0.4}},
        ),
    ),
    "baskets at all paces": (
        "policy_themes",
        {
            "baskets": {
                "RAILWAYS": {"theme": "RAILWAYS", "rebalance": "monthly"},
                "DEFENCE": {"theme": "DEFENCE", "rebalance": "yearly"},
                "CAPITAL GOODS": {"theme": "CAPITAL GOODS", "rebalance": "never"},
            },
            "schedule": {"decide": "weekly"},
        },
    ),
}


@pytest.mark.parametrize("name", VARIED)
def test_the_oracle_agrees_on_what_no_shipped_strategy_uses(name: str, filled: Store, market_folder: Path) -> None:
    stem, parts = VARIED[name]
    config = load_config(ROOT / "configs" / f"{stem}.yaml").changed(**parts)
    assert not list(mistakes_of(config))
    assert_agree(*both(config, filled, market_folder), leeway_of(config))


LISTED = {"of": ["NIFTY BANK", "NIFTY IT", "NIFTY 50", "CHEMICALS"]}
INDICES = {"of": ["NIFTY BANK", "NIFTY IT", "NIFTY 50"]}
EVERY_SIGNAL: list[dict[str, Any]] = [
    {"use": "above_average", "windows": [20, 50]},
    {"use": "above_average", "windows": [20, 50], "average": "exponential", "lag": 2, **LISTED},
    {"use": "advance_decline", "window": 5},
    {"use": "advance_decline", "among": "CHEMICALS", "average": "exponential", "minimum": 0.7},
    {"use": "beta", "window": 60, **LISTED},
    {"use": "breadth", "window": 20, "among": "CHEMICALS", "minimum": 0.9},
    {"use": "breakout", "window": 20, **LISTED},
    {"use": "breakout", "window": 20, "channel": "high", "of": ["NIFTY BANK", "NIFTY 50"]},
    {"use": "crossover", "fast": 12, "slow": 26, "average": "exponential"},
    {"use": "crossover", "fast": 5, "slow": 30, "variant": "total", **LISTED},
    {"use": "days_since", "event": "union_budget", "lag": 5},
    {"use": "distance_from_average", "window": 50},
    {"use": "drawdown", "window": 100},
    {"use": "dual_momentum", "lookback": 250, "skip": 21},
    {"use": "dual_momentum", "lookback": 60, "relative": False, "spread": 0.01, "variant": "total", **LISTED},
    {"use": "easing", "window": 20},
    {"use": "flow", "of": "FII", "window": 20},
    {"use": "flow", "of": "DII", "less": "FII", "window": 5, "measure": "change"},
    {"use": "flow", "of": "DII", "what": "buy", "window": 10, "measure": "average", "lag": 1},
    {"use": "momentum", "lookback": 126, "skip": 5},
    {"use": "relative_strength", "window": 100},
    {"use": "relative_strength", "window": 60, "measure": "slope", "to": "NIFTY BANK", **LISTED},
    *({"use": "rrg", "measure": measure} for measure in ("ratio", "momentum", "heading", "distance")),
    *({"use": "rrg_quadrant", "quadrant": place} for place in ("leading", "weakening", "improving", "lagging")),
    {"use": "rsi"},
    {"use": "season", "months": [6, 7], "lag": 3},
    {"use": "slope", "window": 90, **LISTED},
    *({"use": "valuation", "of": "NIFTY 50", "ratio": ratio, "measure": "percentile"} for ratio in ("pe", "pb", "dy")),
    {"use": "valuation", "of": "NIFTY 50", "ratio": "pe", "measure": "percentile", "window": 500},
    {
        "use": "valuation",
        "of": "NIFTY 50",
        "ratio": "pe",
        "measure": "percentile",
        "window": 1000,
        "across_bases": True,
    },
    {"use": "valuation", "of": ["NIFTY 50", "NIFTY BANK"], "ratio": "dy"},
    {"use": "vix"},
    {"use": "vix", "measure": "change", "window": 5},
    {"use": "volatility", "window": 60, **LISTED},
    {"use": "volume", "window": 20, **INDICES},
    {"use": "window", "event": "union_budget", "before": 20, "after": 10},
    {"use": "window", "event": "election_result", "before": 5, "after": 60, "lag": 1},
    {"use": "zscore", "window": 20, **LISTED},
]


def test_the_oracle_agrees_on_every_signal(filled: Store, market_folder: Path) -> None:
    """Values and gaps of every registered signal over all of history; a heading is as good as small moves allow."""
    signals = {f"signal_{place}": spec for place, spec in enumerate(EVERY_SIGNAL)}
    file = {
        "name": "signals",
        "market": {"universe": ["NIFTY 50", "NIFTY BANK", "NIFTY MIDCAP 100", "CHEMICALS"], "start": "2016-07-08"},
        "baskets": {"CHEMICALS": {"theme": "CHEMICALS"}},
        "signals": signals,
    }
    config = config_of(file | only(use="equal"))
    assert {signal.use for signal in config.signals.values()} == set(blocks.SIGNALS)
    asking = [
        name if signal.kind == "condition" else f"{name} > 0"
        for name, signal in config.signals.items()
        if signal.single
    ]
    ranking = [
        {"name": name, "hold": {"use": "top", "n": 1, "by": name}}
        for name, signal in config.signals.items()
        if not signal.single
    ]
    config = config_of(
        file | {"rules": [{"name": "ask", "when": " or ".join(asking), "hold": {"CASH": 1.0}}, *ranking]}
    )
    market, written = load_market(config, filled.path), plain(json.dumps(config.normalised()))
    later = [day for day in market.calendar.astype(object) if day > market.sessions[-1].date()]
    mine = replace(real_market(market_folder, "NIFTY 50"), later=later)
    with_stocks(mine, market_folder, stocks_of(written, mine))
    mine = with_baskets(written, mine)
    scope = Scope(written["market"]["universe"], {"CHEMICALS": mine.themes["CHEMICALS"]})
    for name, signal in config.signals.items():
        values, expected = signal.evaluate(market, config.scope), make_signal(written["signals"][name], scope, mine)
        assert list(expected.values) == list(signal.covers(config.scope))
        table = [[float(one.get(day, math.nan)) for one in expected.values.values()] for day in mine.sessions]
        leeway = 1e-5 if getattr(signal, "measure", "") == "heading" else 1e-8
        np.testing.assert_allclose(values, table, rtol=leeway, atol=leeway, err_msg=str(signals[name]))
