"""The stationary bootstrap: the same every time, and as wide as the truth asks for."""

from __future__ import annotations

import numpy as np
import pytest

from engine.attribution.intervals import block_length, intervals, resampled_sums


def autoregressive(rng: np.random.Generator, sessions: int, memory: float) -> np.ndarray:
    """Mean zero and memory of the day before; long-run deviation a day 1 / (1 - memory)."""
    values = np.zeros(sessions)
    shocks = rng.normal(size=sessions)
    for place in range(1, sessions):
        values[place] = memory * values[place - 1] + shocks[place]
    return values


def test_longer_memory_asks_for_longer_blocks() -> None:
    rng = np.random.default_rng(0)
    blocks = [block_length(autoregressive(rng, 2000, memory)[:, None]) for memory in (0.0, 0.5, 0.9)]
    assert blocks == sorted(blocks)
    assert blocks[0] <= 4
    assert blocks[2] >= 15


def test_the_longest_column_decides_and_still_ones_say_nothing() -> None:
    rng = np.random.default_rng(1)
    slow, quick = autoregressive(rng, 1000, 0.8), autoregressive(rng, 1000, 0.0)
    assert block_length(np.column_stack([quick, slow, np.zeros(1000)])) == block_length(slow[:, None])
    assert block_length(np.zeros((100, 2))) == 1


def test_a_column_that_moves_on_one_day_alone() -> None:
    daily = np.zeros((100, 1))
    daily[0] = 1.0
    assert block_length(daily) >= 1


def test_sums_are_seeded_and_what_never_moves_sums_to_nothing() -> None:
    daily = np.random.default_rng(2).normal(size=(200, 2))
    daily[:, 1] = 0.0
    one, again, other = (resampled_sums(daily, 3, 50, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one[:, 0] != other[:, 0]).any()
    assert not one[:, 1].any()


def test_a_block_of_one_is_the_bootstrap_of_single_days() -> None:
    """Variance of the sum: sessions times the variance of a day (n), and whole sessions are drawn together."""
    daily = np.random.default_rng(3).normal(size=(300, 1))
    both = resampled_sums(np.hstack([daily, -daily]), 1, 3000, 0)
    np.testing.assert_array_equal(both[:, 0], -both[:, 1])
    assert both[:, 0].var() == pytest.approx(300 * daily.var(), rel=0.1)
    assert both[:, 0].mean() == pytest.approx(daily.sum(), abs=4 * np.sqrt(300 * daily.var() / 3000))


def test_the_error_of_sampling_widens_an_interval() -> None:
    """A column of nothing with an error of 2 alone: 1.96 x 2 either side; with none, exactly nothing."""
    daily = np.random.default_rng(5).normal(size=(100, 3)) * [1.0, 0.0, 0.0]
    found = intervals(daily, np.array([0.0, 2.0, 0.0]), 0.95, 4000, 0)
    assert found.low[1] == pytest.approx(-3.92, rel=0.05)
    assert found.high[1] == pytest.approx(3.92, rel=0.05)
    assert (found.low[2], found.high[2]) == (0.0, 0.0)
    narrow = intervals(daily, np.zeros(3), 0.5, 4000, 0)
    assert found.low[0] < narrow.low[0] < daily[:, 0].sum() < narrow.high[0] < found.high[0]


def test_a_few_sessions_say_nothing() -> None:
    found = intervals(np.ones((59, 2)), np.zeros(2), 0.95, 10, 0)
    assert found.block == 0
    assert np.isnan([*found.low, *found.high]).all()
    assert intervals(np.ones((60, 2)), np.zeros(2), 0.95, 10, 0).low.tolist() == [60.0, 60.0]


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """150 histories of 400 sessions with memory 0.3, true sum zero: 95% intervals that miss in about one of twenty."""
    rng = np.random.default_rng(4)
    hits = 0
    for seed in range(150):
        daily = autoregressive(rng, 400, 0.3)[:, None]
        low, high = np.quantile(resampled_sums(daily, block_length(daily), 200, seed), [0.025, 0.975])
        hits += low <= 0.0 <= high
    assert 0.87 <= hits / 150 <= 0.99
