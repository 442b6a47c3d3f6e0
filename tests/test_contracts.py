"""What every registered block must keep to; a new block is found and tested without a line here.

Causal (cut anywhere, the warm-up included, and poisoned after the cut: nothing before it changes), pure, deterministic,
indifferent to column order and to the scale of prices, documented.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import blocks
from engine.blocks import Signal
from engine.market.keys import SeriesKey
from engine.market.market import Market
from tests.markets import engine_market, history, weekdays

blocks.load()
NAMES = ("A", "B", "C")
DAYS = weekdays(date(2020, 1, 1), 150)
EXAMPLES: dict[str, dict[str, Any]] = {  # the fields a block cannot do without
    "above_average": {"windows": [5, 20]},
    "beta": {"to": "B", "window": 20},
    "breakout": {"window": 20},
    "crossover": {"fast": 5, "slow": 20},
    "distance_from_average": {"window": 20},
    "relative_strength": {"to": "B", "window": 20},
    "slope": {"window": 20},
    "volatility": {"window": 20},
    "zscore": {"window": 20},
    "momentum": {"lookback": 21, "skip": 2},
}
CUTS = (3, 19, 60, 75, 148)


def made(name: str, **fields: Any) -> Signal:
    return blocks.SIGNALS[name].model_validate({"use": name, **EXAMPLES.get(name, {}), **fields})


def market(order: tuple[str, ...] = NAMES, scale: float = 1.0) -> Market:
    histories = {}
    for name in order:
        rng = np.random.default_rng(ord(name))
        histories[name] = history(
            DAYS, [float(x) * scale for x in 100.0 * np.exp(np.cumsum(rng.normal(0, 0.02, len(DAYS))))]
        )
    return engine_market("A", histories)


def poisoned(clean: Market, cut: int) -> Market:
    """The same market with everything after the cut multiplied by noise."""
    rng = np.random.default_rng(1)
    bars = {key: frame.copy() for key, frame in clean.bars.items()}
    for frame in bars.values():
        frame.iloc[cut + 1 :] *= rng.uniform(0.2, 5.0, (len(frame) - cut - 1, 2))
    return Market.of("A", bars, clean.calendar)


signals = pytest.mark.parametrize("name", sorted(blocks.SIGNALS))


@signals
@pytest.mark.parametrize("cut", CUTS)
def test_no_signal_sees_the_future(name: str, cut: int) -> None:
    whole = made(name).evaluate(market(), NAMES)
    until = made(name).evaluate(market().until(market().sessions[cut]), NAMES)
    np.testing.assert_array_equal(until, whole[: cut + 1])
    np.testing.assert_array_equal(made(name).evaluate(poisoned(market(), cut), NAMES)[: cut + 1], whole[: cut + 1])


@signals
def test_a_signal_changes_nothing_and_repeats_itself(name: str) -> None:
    mine = market()
    before = {key: frame.copy() for key, frame in mine.bars.items()}
    first, second = made(name).evaluate(mine, NAMES), made(name).evaluate(mine, NAMES)
    np.testing.assert_array_equal(first, second)
    for key, frame in before.items():
        pd.testing.assert_frame_equal(mine.bars[key], frame)


@signals
def test_column_order_does_not_matter(name: str) -> None:
    turned = made(name).evaluate(market(NAMES[::-1]), NAMES[::-1])
    np.testing.assert_array_equal(turned[:, ::-1], made(name).evaluate(market(), NAMES))


@signals
def test_the_scale_of_prices_does_not_matter(name: str) -> None:
    np.testing.assert_allclose(
        made(name).evaluate(market(scale=8.0), NAMES), made(name).evaluate(market(), NAMES), rtol=1e-12
    )


@signals
def test_values_are_of_their_kind_and_known_in_the_end(name: str) -> None:
    signal, values = made(name), made(name).evaluate(market(), NAMES)
    assert values.shape == (len(DAYS), len(NAMES))
    assert not np.isnan(values[-1]).any()
    if signal.kind == "condition":
        assert set(np.unique(values[~np.isnan(values)])) <= {0.0, 1.0}


@signals
def test_a_session_without_an_observation_is_unknown_and_windows_skip_it(name: str) -> None:
    mine = market()
    gap = mine.sessions[100]
    bars = {key: frame.drop(gap) if key.name == "B" else frame for key, frame in mine.bars.items()}
    values = made(name).evaluate(Market.of("A", bars, mine.calendar), NAMES)
    assert np.isnan(values[100, 1])
    own = Market.of("B", {key: frame for key, frame in bars.items() if key.name == "B"}, None)
    np.testing.assert_array_equal(np.delete(values[:, 1], 100), made(name).evaluate(own, ("B",))[:, 0])


@signals
def test_a_lag_is_so_many_sessions_late(name: str) -> None:
    now, late = made(name).evaluate(market(), NAMES), made(name, lag=4).evaluate(market(), NAMES)
    np.testing.assert_array_equal(late[4:], now[:-4])
    assert np.isnan(late[:4]).all()
    assert np.isnan(made(name, lag=200).evaluate(market(), NAMES)).all()


@signals
def test_reads_are_declared(name: str) -> None:
    wanted = made(name).reads(NAMES)
    mine = market()
    narrow = Market.of("A", {key: mine.bars[key] for key in {*wanted, SeriesKey("A", "price")}}, mine.calendar)
    np.testing.assert_array_equal(made(name).evaluate(narrow, NAMES), made(name).evaluate(mine, NAMES))


@pytest.mark.parametrize("name", sorted({**blocks.SIGNALS, **blocks.ALLOCATORS}))
def test_every_block_documents_itself(name: str) -> None:
    block: type[blocks.Block] = {**blocks.SIGNALS, **blocks.ALLOCATORS}[name]
    assert len(block.__doc__ or "") > 60
    for field, about in block.model_fields.items():
        assert field == "use" or about.description, f"{name}.{field} has no description"
    assert block.model_config["frozen"]
    assert block.model_config["extra"] == "forbid"


def test_two_blocks_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match="two blocks are called 'rsi': Rsi and Rsi"):
        blocks.register(blocks.SIGNALS["rsi"])
