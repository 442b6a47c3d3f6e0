"""No decision trades more than a limit: the way to a target, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.blocks import Paper
from engine.config.load import load_config
from engine.errors import ConfigError
from strategies.overlays.max_turnover import MaxTurnover

A, B, HALF_EACH, CASH = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0]


def adjusted(rows: list[list[float]], most: float) -> list[list[float]]:
    nothing = np.full(len(rows), np.nan)  # this overlay looks at weights alone
    paper = Paper(tuple("ABCD"[: len(rows[0])]), np.arange(len(rows)), np.array(rows), nothing, nothing)
    after: list[list[float]] = MaxTurnover(most=most).adjust(paper).tolist()
    return after


def turnover(before: list[float], after: list[float]) -> float:
    """Half of what is bought and sold, CASH being one more holding."""
    first, second = [*before, 1.0 - sum(before)], [*after, 1.0 - sum(after)]
    return sum(abs(now - then) for then, now in zip(first, second, strict=True)) / 2.0


@pytest.mark.parametrize(
    ("targets", "most", "expected"),
    [
        # a full switch is a turnover of 1: four steps of a quarter
        ([A, B, B, B, B, B], 0.25, [A, [0.75, 0.25], HALF_EACH, [0.25, 0.75], B, B]),
        # into CASH: what is sold is bought as CASH, so leaving is a turnover of 1 as well
        ([A, CASH, CASH, CASH], 0.4, [A, [0.6, 0.0], [0.2, 0.0], CASH]),
        # half of A for half of B, CASH stays at a half: a turnover of a half, done in two steps
        ([[0.5, 0.0], [0.0, 0.5], [0.0, 0.5]], 0.25, [[0.5, 0.0], [0.25, 0.25], [0.0, 0.5]]),
        # a step within the limit is made whole
        ([A, [0.7, 0.3], [0.7, 0.1]], 0.3, [A, [0.7, 0.3], [0.7, 0.1]]),
        # the wish turns back on the way: from where it got to, not from where it wanted to go
        ([A, B, A, A], 0.25, [A, [0.75, 0.25], A, A]),
        # the opening is bought whole, and a first target of nothing is one too
        ([B, B], 0.1, [B, B]),
        ([CASH, B, B], 0.5, [CASH, [0.0, 0.5], B]),
    ],
)
def test_by_hand(targets: list[list[float]], most: float, expected: list[list[float]]) -> None:
    assert adjusted(targets, most) == [pytest.approx(row, abs=1e-15) for row in expected]


def test_several_names_move_in_proportion() -> None:
    # sells 0.4 of A and 0.2 of B, buys 0.6 of C: a turnover of 0.6, of which a third is allowed
    after = adjusted([[0.5, 0.4, 0.1], [0.1, 0.2, 0.7]], 0.2)
    assert after[1] == pytest.approx([0.5 - 0.4 / 3, 0.4 - 0.2 / 3, 0.1 + 0.6 / 3])


@pytest.mark.parametrize("steps", [3, 7, 10, 30, 49])
def test_equal_steps_arrive_without_a_speck_of_the_old_name(steps: int) -> None:
    """Nine tenths and a tenth need not add up to one in binary; a name left at 1e-17 would count as held."""
    after = adjusted([A, *[B] * (steps + 1)], 1.0 / steps)
    assert after[steps] == B
    assert after[steps - 1] == pytest.approx([1.0 / steps, 1.0 - 1.0 / steps])


@pytest.mark.parametrize("seed", range(30))
def test_no_decision_exceeds_the_limit_and_the_rest_of_the_way_is_what_is_left(seed: int) -> None:
    draws = np.random.default_rng(seed)
    parts = draws.integers(0, 4, (8, 4))
    parts[:, 3] += 1  # CASH
    targets = (parts[:, :3] / parts.sum(axis=1, keepdims=True)).tolist()
    most = draws.integers(1, 100) / 100.0
    after = adjusted(targets, most)
    for before, now, wanted in zip(after, after[1:], targets[1:], strict=False):
        assert turnover(before, now) == pytest.approx(min(most, turnover(before, wanted)), abs=1e-11)
        # on the straight way to the target: the two parts of the way add up to the whole
        whole = turnover(before, now) + turnover(now, wanted)
        assert whole == pytest.approx(turnover(before, wanted), abs=1e-11)
        assert min(now) >= 0.0
        assert sum(now) <= 1.0 + 1e-12


TEXT = """\
name: slow
market: {benchmark: A, universe: [A, B]}
rules:
  - {name: r, hold: {A: 1}}
overlays:
  - {use: max_weight, most: 80%}
  - {use: max_turnover, most: 20%}
schedule: {decide: on_change}
"""


def test_on_change_is_refused_because_it_places_no_orders_on_the_way(tmp_path: Path) -> None:
    file = tmp_path / "slow.yaml"
    file.write_text(TEXT, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert str(refused.value) == (
        f"{file}:7:5: max_turnover moves over several decisions, and `decide: on_change` places no orders between "
        "changes; decide daily, weekly, monthly or quarterly"
    )
    file.write_text(TEXT.replace("on_change", "weekly"), "utf-8")
    assert [overlay.use for overlay in load_config(file).overlays] == ["max_weight", "max_turnover"]


def test_the_sentence() -> None:
    assert MaxTurnover(most=0.2).sentence() == "at most 20% of the whole changed at a decision"
