"""A new target in equal steps, by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from engine.blocks import Paper
from engine.config.load import load_config
from engine.errors import ConfigError
from engine.plan.plan import make_plan
from engine.plan.schedule import decision_sessions
from strategies.overlays.glide import Glide
from tests.markets import config_of, engine_market, history, strategy, weekdays

A, B, CASH = [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]


def adjusted(rows: list[list[float]], decisions: int) -> list[list[float]]:
    nothing = np.full(len(rows), np.nan)  # this overlay looks at weights alone
    paper = Paper(tuple("ABCD"[: len(rows[0])]), np.arange(len(rows)), np.array(rows), nothing, nothing)
    after: list[list[float]] = Glide(decisions=decisions).adjust(paper).tolist()
    return after


@pytest.mark.parametrize(
    ("targets", "decisions", "expected"),
    [
        # the first quarter at the decision that sees the new target, the last one three decisions later
        ([A, B, B, B, B, B], 4, [A, [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], B, B]),
        ([A, B, A], 1, [A, B, A]),
        # a target that lasts one decision is never reached: (A + A + B) / 3, then (A + B + A) / 3, then (B + A + A) / 3
        ([A, A, B, A, A, A], 3, [A, A, [2 / 3, 1 / 3], [2 / 3, 1 / 3], [2 / 3, 1 / 3], A]),
        # into CASH and out of it
        ([A, CASH, CASH, B, B], 2, [A, [0.5, 0.0], CASH, [0.0, 0.5], B]),
        # the opening is bought whole, also with fewer decisions than steps: (9 A + B) / 10, (8 A + 2 B) / 10
        ([A, B, B], 10, [A, [0.9, 0.1], [0.8, 0.2]]),
        ([B], 5, [B]),
    ],
)
def test_by_hand(targets: list[list[float]], decisions: int, expected: list[list[float]]) -> None:
    assert adjusted(targets, decisions) == [pytest.approx(row) for row in expected]


def test_a_name_that_is_left_is_left_without_a_speck() -> None:
    after = adjusted([[0.1, 0.9]] * 5 + [[0.9, 0.0]] * 5, 3)
    assert after[7][1] == 0.0
    assert [row[1] > 0.0 for row in after] == [True] * 7 + [False] * 3


@pytest.mark.parametrize("decisions", range(1, 13))
def test_against_a_queue_of_the_last_targets(decisions: int) -> None:
    targets = (np.random.default_rng(decisions).integers(0, 10, (9, 3)) / 27.0).tolist()
    queue = [targets[0]] * decisions
    expected = []
    for target in targets:
        queue = [*queue[1:], target]
        expected.append([sum(row[column] for row in queue) / decisions for column in range(3)])
    assert adjusted(targets, decisions) == [pytest.approx(row) for row in expected]


# B rises by 2% on day 3 (0 is the first) and never again.
DAYS = weekdays(date(2020, 6, 1), 10)


def test_in_a_plan_every_step_places_orders_and_the_band_is_left_to_the_simulation() -> None:
    b = [50.0] * 3 + [51.0] * 7
    market = engine_market("A", {"A": history(DAYS, [100.0] * 10), "B": history(DAYS, b)})
    config = config_of(
        strategy(
            market={"benchmark": "A", "universe": ["A", "B"]},
            signals={"new": {"use": "momentum", "of": "B", "lookback": 3}},
            rules=[{"name": "b", "when": "new > 1%", "hold": {"B": 1}}, {"name": "a", "hold": {"A": 1}}],
            overlays=[{"use": "glide", "decisions": 2}],
            execution={"band": "90%"},
        )
    )
    plan = make_plan(config, market, decision_sessions(market, config.schedule))
    # momentum over 3 is known from day 3 on, and 2% on days 3 to 5: B first, then a half of A, then A
    assert plan.decisions.tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert plan.weights.tolist() == [[0, 1], [0, 1], [0, 1], [0.5, 0.5], [1, 0], [1, 0], [1, 0]]
    assert plan.placed.all()
    # the half way house holds other names than before and after it: a band does not hold these orders back
    assert plan.forced.tolist() == [True, False, False, True, True, False, False]


TEXT = """\
name: slow
market: {benchmark: A, universe: [A, B]}
rules:
  - {name: r, hold: {A: 1}}
schedule: {decide: on_change}
overlays:
  - use: glide
    decisions: 3
"""


def test_on_change_is_refused_because_it_places_no_orders_on_the_way(tmp_path: Path) -> None:
    file = tmp_path / "slow.yaml"
    file.write_text(TEXT, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert str(refused.value) == (
        f"{file}:7:5: glide moves over several decisions, and `decide: on_change` places no orders between changes; "
        "decide daily, weekly, monthly or quarterly"
    )


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("0", ":8:16: overlays[0].decisions: expected at least 1, not 0"),
        ("2.5", ":8:16: overlays[0].decisions: expected a whole number, not 2.5"),
        ("[2]", ":8:16: overlays[0].decisions: expected a whole number"),
        ("2\n    step: 3", ":9:5: unknown key 'step'. Known: use, decisions"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, steps: str, said: str) -> None:
    file = tmp_path / "slow.yaml"
    file.write_text(TEXT.replace("on_change", "weekly").replace("decisions: 3", f"decisions: {steps}"), "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert str(refused.value).startswith(f"{file}{said}")


def test_the_sentence() -> None:
    assert Glide(decisions=4).sentence() == "a new target is reached in 4 equal steps"
