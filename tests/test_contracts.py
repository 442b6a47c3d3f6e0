"""What every registered block must keep to; a new block is found and tested without a line here.

Causal (cut anywhere, the warm-up included, and poisoned after the cut: nothing before it changes), late by what is
published late, pure, deterministic, indifferent to column order and to the scale of prices, documented, said in words.
"""

from __future__ import annotations

import ast
import inspect
import zlib
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import blocks
from engine.blocks import Scope, Signal
from engine.market.keys import INVESTORS, Reading, SeriesKey, latest_publication
from engine.market.market import Market
from tests.markets import engine_market, history, weekdays

blocks.load()
NAMES = ("A", "B", "C")
SCOPE = Scope(NAMES)
DAYS = weekdays(date(2020, 12, 1), 150)  # the P/E changes its basis on the way
VIX = SeriesKey("INDIA VIX", "price")
READINGS: dict[Reading, float] = {"high": 1.0, "volume": 1e8, "pe": 25.0, "pb": 3.5, "dy": 1.3}  # where they start
EXAMPLES: dict[str, dict[str, Any]] = {  # the fields a block cannot do without
    "above_average": {"windows": [5, 20]},
    "beta": {"to": "B", "window": 20},
    "crossover": {"fast": 5, "slow": 20},
    "relative_strength": {"to": "B", "window": 20},
    "momentum": {"lookback": 21, "skip": 2},
    "dual_momentum": {"to": "B", "lookback": 21, "skip": 2},
    "rrg": {"to": "B", "window": 20, "measure": "distance"},
    "rrg_quadrant": {"to": "B", "window": 20, "quadrant": "leading"},
    "season": {"months": [1, 6]},
    "window": {"event": "union_budget", "before": 10, "after": 5},
    "days_since": {"event": "union_budget"},
    "flow": {"of": "DII", "less": "FII", "window": 20},
    "easing": {"window": 10},
    "valuation": {"ratio": "pe", "measure": "percentile", "window": 60, "minimum": 5},
    "vix": {"measure": "change", "window": 5},
    "fixed": {"weights": {"A": 1.0}},
    "tilt": {"base": "equal"},
    "top": {"n": 1, "by": "strength"},
    "score_weighted": {"by": "strength"},
    "drawdown_stop": {"limit": 0.1, "recover": 0.05},
    "glide": {"decisions": 4},
    "max_turnover": {"most": 0.5},
    "max_weight": {"most": 0.3},
    "target_volatility": {"target": 0.12},
}
CUTS = (3, 19, 60, 75, 148)


def needed(block: type[blocks.Block]) -> dict[str, int]:
    """A usual number of sessions for every field that has no default and takes a whole number."""
    return {name: 20 for name, one in block.model_fields.items() if one.is_required() and one.annotation is int}


def made(name: str, **fields: Any) -> Signal:
    block = blocks.SIGNALS[name]
    return block.model_validate({"use": name, **EXAMPLES.get(name, needed(block)), **fields})


def drawn(name: str) -> np.random.Generator:
    """The same numbers for the same name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def walk(name: str, start: float) -> list[float]:
    steps: list[float] = (start * np.exp(np.cumsum(drawn(name).normal(0, 0.02, len(DAYS))))).tolist()
    return steps


@cache
def market(order: tuple[str, ...] = NAMES, scale: float = 1.0) -> Market:
    """Made-up histories of some indices and of everything else that a signal may read, on every session."""
    histories = {name: history(DAYS, [close * scale for close in walk(name, 100.0)]) for name in order}
    prices = engine_market("A", histories | {VIX.name: history(DAYS, walk(VIX.name, 15.0))})
    values = {SeriesKey(name, kind): walk(name + kind, start) for name in order for kind, start in READINGS.items()}
    for who in INVESTORS:
        bought, sold = drawn(who).uniform(5e3, 1e4, (2, len(DAYS)))
        values |= {SeriesKey(who, "buy"): bought, SeriesKey(who, "sell"): sold, SeriesKey(who, "net"): bought - sold}
    readings = {key: pd.Series(column, index=prices.sessions) for key, column in values.items()}
    for name in order:
        closes = prices.bars[SeriesKey(name, "price")]["close"]
        readings[SeriesKey(name, "high")] = closes * np.maximum(readings[SeriesKey(name, "high")], 1.0)
    return replace(prices, readings=readings)


def poisoned(clean: Market, cut: int) -> Market:
    """The same market with everything after the cut multiplied by noise."""
    rng = np.random.default_rng(1)
    after = clean.sessions[cut + 1 :]
    bars = {key: frame.copy() for key, frame in clean.bars.items()}
    readings = {key: values.copy() for key, values in clean.readings.items()}
    for frame in bars.values():
        frame.loc[after] *= rng.uniform(0.2, 5.0, (len(after), 2))
    for values in readings.values():
        values.loc[after] *= rng.uniform(0.2, 5.0, len(after))
    return Market.of("A", bars, clean.calendar, readings=readings)


BLOCKS: dict[str, type[blocks.Block]] = {**blocks.SIGNALS, **blocks.ALLOCATORS, **blocks.OVERLAYS}
signals = pytest.mark.parametrize("name", sorted(blocks.SIGNALS))
of_each_series = pytest.mark.parametrize(
    "name",
    [
        name
        for name, block in sorted(blocks.SIGNALS.items())
        if issubclass(block, blocks.OfSignal) and "of" not in EXAMPLES.get(name, {})
    ],
)


@signals
@pytest.mark.parametrize("cut", CUTS)
def test_no_signal_sees_the_future(name: str, cut: int) -> None:
    whole = made(name).evaluate(market(), SCOPE)
    until = made(name).evaluate(market().until(market().sessions[cut]), SCOPE)
    np.testing.assert_array_equal(until, whole[: cut + 1])
    np.testing.assert_array_equal(made(name).evaluate(poisoned(market(), cut), SCOPE)[: cut + 1], whole[: cut + 1])


@signals
def test_a_signal_changes_nothing_and_repeats_itself(name: str) -> None:
    mine = market()
    bars = {key: frame.copy() for key, frame in mine.bars.items()}
    readings = {key: values.copy() for key, values in mine.readings.items()}
    first, second = made(name).evaluate(mine, SCOPE), made(name).evaluate(mine, SCOPE)
    np.testing.assert_array_equal(first, second)
    assert all(frame.equals(mine.bars[key]) for key, frame in bars.items())
    assert all(values.equals(mine.readings[key]) for key, values in readings.items())


@signals
def test_column_order_does_not_matter(name: str) -> None:
    turned = made(name).evaluate(market(NAMES[::-1]), Scope(NAMES[::-1]))
    np.testing.assert_array_equal(turned[:, ::-1], made(name).evaluate(market(), SCOPE))


@signals
def test_the_scale_of_prices_does_not_matter(name: str) -> None:
    np.testing.assert_allclose(
        made(name).evaluate(market(scale=8.0), SCOPE), made(name).evaluate(market(), SCOPE), rtol=1e-12
    )


@signals
def test_values_are_of_their_kind_and_known_in_the_end(name: str) -> None:
    signal, values = made(name), made(name).evaluate(market(), SCOPE)
    assert values.shape == (len(DAYS), len(signal.covers(SCOPE)))
    assert not np.isnan(values[-1]).any()
    if signal.kind == "condition":
        assert set(np.unique(values[~np.isnan(values)])) <= {0.0, 1.0}


@of_each_series
def test_a_session_without_an_observation_is_unknown_and_windows_skip_it(name: str) -> None:
    mine = market()
    gap = mine.sessions[100]
    bars = {key: frame.drop(gap) if key.name == "B" else frame for key, frame in mine.bars.items()}
    readings = {key: values.drop(gap) if key.name == "B" else values for key, values in mine.readings.items()}
    values = made(name).evaluate(Market.of("A", bars, mine.calendar, readings=readings), SCOPE)
    shown = 100 + latest_publication(made(name).reads(SCOPE))
    assert np.isnan(values[shown, 1])
    alone = {key: frame for key, frame in bars.items() if key.name == "B"}
    own = made(name).evaluate(Market.of("B", alone, None, readings=readings), Scope(("B",)))
    np.testing.assert_array_equal(np.delete(values[:, 1], shown), own[:, 0])


@signals
def test_a_lag_is_so_many_sessions_late(name: str) -> None:
    now, late = made(name).evaluate(market(), SCOPE), made(name, lag=4).evaluate(market(), SCOPE)
    np.testing.assert_array_equal(late[4:], now[:-4])
    assert np.isnan(late[:4]).all()
    assert np.isnan(made(name, lag=200).evaluate(market(), SCOPE)).all()


@signals
def test_a_signal_is_late_by_its_publication_lag(name: str) -> None:
    """What is dated on a session and published later changes nothing at its close, but does once it is published."""
    mine, dated = market(), 100
    late = latest_publication(made(name).reads(SCOPE))
    clean, known = made(name).evaluate(mine, SCOPE), dated + late if late else len(DAYS)
    found = []
    for shock in (-1e9, 1e9):
        readings = {key: values.copy() for key, values in mine.readings.items()}
        for key, values in readings.items():
            if key.publication_lag:
                values.iloc[dated] = shock * (1.0 if key.name != "FII" else 2.0)  # a difference of both moves too
        shocked = made(name).evaluate(replace(mine, readings=readings), SCOPE)
        np.testing.assert_array_equal(shocked[:known], clean[:known])
        found.append(shocked[known : known + 1])
    assert not np.isnan(found).any()
    assert (found[0] != found[1]).all()


@signals
def test_reads_are_declared(name: str) -> None:
    wanted = made(name).reads(SCOPE)
    mine = market()
    bars = {key: frame for key, frame in mine.bars.items() if key in {*wanted, SeriesKey("A", "price")}}
    readings = {key: values for key, values in mine.readings.items() if key in wanted}
    narrow = Market.of("A", bars, mine.calendar, readings=readings)
    np.testing.assert_array_equal(made(name).evaluate(narrow, SCOPE), made(name).evaluate(mine, SCOPE))


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_every_block_says_itself(name: str) -> None:
    said = BLOCKS[name].model_validate({"use": name, **EXAMPLES.get(name, needed(BLOCKS[name]))}).sentence()
    assert said == said.strip() != ""
    assert not set("{}") & set(said)


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_every_block_documents_itself(name: str) -> None:
    block = BLOCKS[name]
    assert len(block.__doc__ or "") > 60
    for field, about in block.model_fields.items():
        assert field == "use" or about.description, f"{name}.{field} has no description"
    assert block.model_config["frozen"]
    assert block.model_config["extra"] == "forbid"


def test_two_blocks_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match="two blocks are called 'rsi': Rsi and Rsi"):
        blocks.register(blocks.SIGNALS["rsi"])


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_every_block_is_small_and_alone_in_its_file(name: str) -> None:
    """Under 60 lines of a class, its documentation and blank lines aside."""
    block = BLOCKS[name]
    path = Path(inspect.getfile(block))
    tree = ast.parse(path.read_text("utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert sum(any("register" in ast.unparse(mark) for mark in node.decorator_list) for node in classes) == 1
    (mine,) = (node for node in classes if node.name == block.__name__)
    told = {
        line
        for node in ast.walk(mine)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = path.read_text("utf-8").splitlines()
    code = [n for n in range(mine.lineno, (mine.end_lineno or 0) + 1) if n not in told and lines[n - 1].strip()]
    assert len(code) < 60
    assert path.stem == name
