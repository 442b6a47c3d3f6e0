"""No name above a limit: what is cut, and who gets it, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engine.blocks import Paper
from engine.plan.plan import make_plan
from engine.plan.schedule import decision_sessions
from strategies.overlays.max_weight import MaxWeight
from tests.markets import config_of, engine_market, history, strategy, weekdays


def adjusted(*rows: list[float], **fields: Any) -> list[list[float]]:
    weights = np.array(rows)
    nothing = np.full(len(rows), np.nan)  # this overlay looks at weights alone
    names = tuple("ABCDEFGH"[: weights.shape[1]])
    paper = Paper(names, np.arange(len(rows)), weights, nothing, nothing)
    rows_after: list[list[float]] = MaxWeight(**fields).adjust(paper).tolist()
    return rows_after


@pytest.mark.parametrize(
    ("row", "fields", "expected"),
    [
        # what is cut goes to CASH
        ([0.6, 0.3, 0.1], {"most": 0.4}, [0.4, 0.3, 0.1]),
        ([0.4, 0.4, 0.2], {"most": 0.4}, [0.4, 0.4, 0.2]),  # at the limit is not above it
        ([0.6, 0.3, 0.1], {"most": 1.0}, [0.6, 0.3, 0.1]),
        ([0.0, 0.0, 0.0], {"most": 0.4}, [0.0, 0.0, 0.0]),
        # 0.2 is cut and goes 3 to 1: B would have 0.45 and stops at 0.4, C has 0.15 and gets the last 0.05
        ([0.6, 0.3, 0.1], {"most": 0.4, "excess": "others"}, [0.4, 0.4, 0.2]),
        # B and C share 0.4 as 1 to 1, to 0.35 each, under the limit
        ([0.7, 0.15, 0.15], {"most": 0.4, "excess": "others"}, [0.4, 0.3, 0.3]),
        # no room: 0.2 stays CASH
        ([0.7, 0.3], {"most": 0.4, "excess": "others"}, [0.4, 0.4]),
        ([1.0, 0.0], {"most": 0.4, "excess": "others"}, [0.4, 0.0]),  # a name the rules did not choose is not bought
        # what was CASH before stays CASH: the names had 0.8 and have 0.8
        ([0.6, 0.2, 0.0], {"most": 0.5, "excess": "others"}, [0.5, 0.3, 0.0]),
        ([0.3, 0.3, 0.1], {"most": 0.4, "excess": "others"}, [0.3, 0.3, 0.1]),
    ],
)
def test_by_hand(row: list[float], fields: dict[str, Any], expected: list[float]) -> None:
    assert adjusted(row, **fields)[0] == pytest.approx(expected, abs=1e-15)


def test_every_decision_is_cut_by_itself() -> None:
    after = adjusted([0.6, 0.4], [0.2, 0.3], [0.0, 1.0], most=0.5, excess="others")
    assert after == [pytest.approx([0.5, 0.5]), pytest.approx([0.2, 0.3]), pytest.approx([0.0, 0.5])]


@pytest.mark.parametrize("seed", range(50))
def test_names_below_the_limit_keep_their_proportions(seed: int) -> None:
    """The defining property, without the rounds: w' = min(limit, c * w) with one c >= 1 for all names."""
    draws = np.random.default_rng(seed)
    parts = np.append(draws.integers(0, 100, 7) * draws.integers(0, 2, 7), 10)  # some names are not held
    invested, most = draws.choice([0.3, 0.75, 1.0]), draws.integers(1, 100) / 100.0
    wanted = (parts * invested / parts.sum()).tolist()
    (after,) = adjusted(wanted, most=most, excess="others")
    held = [(now, before) for now, before in zip(after, wanted, strict=True) if before > 0]
    assert all(now == 0.0 for now, before in zip(after, wanted, strict=True) if before == 0)
    assert max(after) <= most
    assert sum(after) == pytest.approx(min(invested, most * len(held)), abs=1e-12)
    free = [now / before for now, before in held if now < most - 1e-12]
    if free:
        assert max(free) == pytest.approx(min(free))
        assert min(free) >= 1.0 - 1e-12
        assert all(before * free[0] >= most - 1e-9 for now, before in held if now >= most - 1e-12)


def test_a_limit_is_a_fraction_or_per_cent() -> None:
    assert MaxWeight.model_validate({"use": "max_weight", "most": "35%"}).most == 0.35
    with pytest.raises(ValidationError, match="35 means 3500%: write 35% or 0.35"):
        MaxWeight(most=35)
    with pytest.raises(ValidationError, match="greater than 0"):
        MaxWeight(most=0)
    said = MaxWeight(most=0.25, excess="others").sentence()
    assert said == "at most 25% of the whole in each name of the universe, the rest to others"


@pytest.mark.parametrize(("excess", "expected"), [("cash", [0.5, 0.4]), ("others", [0.5, 0.5])])
def test_in_a_plan(excess: str, expected: list[float]) -> None:
    days = weekdays(date(2020, 6, 1), 6)
    market = engine_market("A", {name: history(days, [100.0] * 6) for name in "AB"})
    config = config_of(
        strategy(
            market={"benchmark": "A", "universe": ["A", "B"]},
            rules=[{"name": "r", "hold": {"A": "60%", "B": "40%"}}],
            overlays=[{"use": "max_weight", "most": "50%", "excess": excess}],
        )
    )
    plan = make_plan(config, market, decision_sessions(market, config.schedule))
    assert plan.weights.tolist() == [pytest.approx(expected)] * 6
