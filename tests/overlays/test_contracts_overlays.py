"""What every registered overlay must keep to; a new one is found and tested without a line here.

Causal (what comes after a decision is cut off, or poisoned: nothing at or before it changes), pure, deterministic,
indifferent to the order of columns and to the scale of the paper NAV, parts of 100% in and out, documented.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine import blocks
from engine.blocks import Overlay, Paper
from engine.config.models import Config
from tests.markets import config_of, strategy

blocks.load()
EXAMPLES: dict[str, dict[str, Any]] = {  # the fields an overlay cannot do without, such that it has something to do
    "drawdown_stop": {"limit": 0.08, "recover": 0.03, "wait": 2, "keep": 0.25},
    "glide": {"decisions": 4},
    "max_turnover": {"most": 0.2},
    "max_weight": {"most": 0.3, "excess": "others"},
    "target_volatility": {"target": 0.15, "window": 12, "cap": 0.9},
}
ASSETS = ("A", "B", "C", "D", "E")
SESSIONS, FIRST, STEP = 200, 15, 3  # the first decision has a window of returns behind it
CUTS = (0, 1, 7, 30, 60)
overlays = pytest.mark.parametrize("name", sorted(blocks.OVERLAYS))


def made(name: str) -> Overlay:
    return blocks.OVERLAYS[name].model_validate({"use": name, **EXAMPLES.get(name, {})})


def paper(seed: int = 0) -> Paper:
    """Targets that last a few decisions, on some of the names, partly CASH; a NAV of random walks."""
    draws = np.random.default_rng(seed)
    decisions = np.arange(FIRST, SESSIONS, STEP)
    weights = np.empty((len(decisions), len(ASSETS)))
    for place in range(len(decisions)):
        if place == 0 or draws.random() < 0.3:
            parts = draws.random(len(ASSETS)) * draws.integers(0, 2, len(ASSETS))
            whole = parts.sum() or 1.0
            weights[place] = parts / whole * draws.choice([0.5, 1.0])
        else:
            weights[place] = weights[place - 1]
    returns = draws.normal(0.0, 0.015, SESSIONS)
    returns[0] = np.nan
    nav = np.full(SESSIONS, np.nan)
    nav[FIRST:] = np.cumprod(1.0 + returns[FIRST:]) / (1.0 + returns[FIRST])
    return Paper(ASSETS, decisions, weights, nav, returns)


def cut(whole: Paper, place: int) -> Paper:
    end = int(whole.decisions[place]) + 1
    kept = slice(place + 1)
    return Paper(whole.assets, whole.decisions[kept], whole.weights[kept], whole.nav[:end], whole.returns[:end])


def poisoned(whole: Paper, place: int) -> Paper:
    """Other targets and another market after a decision, and the same ones before it."""
    draws = np.random.default_rng(99)
    weights, nav, returns = whole.weights.copy(), whole.nav.copy(), whole.returns.copy()
    later = int(whole.decisions[place]) + 1
    weights[place + 1 :] = draws.dirichlet(np.ones(len(ASSETS)), len(weights) - place - 1)
    nav[later:] *= draws.uniform(0.2, 5.0, SESSIONS - later)
    returns[later:] = draws.normal(0.0, 0.3, SESSIONS - later)
    return whole._replace(weights=weights, nav=nav, returns=returns)


@overlays
@pytest.mark.parametrize("place", CUTS)
def test_no_overlay_sees_the_future(name: str, place: int) -> None:
    whole = made(name).adjust(paper())
    np.testing.assert_array_equal(made(name).adjust(cut(paper(), place)), whole[: place + 1])
    np.testing.assert_array_equal(made(name).adjust(poisoned(paper(), place))[: place + 1], whole[: place + 1])


@overlays
def test_the_paper_of_these_tests_gives_it_something_to_do(name: str) -> None:
    """An overlay that leaves everything as it is would pass every other test."""
    mine = paper()
    moved = (made(name).adjust(mine) != mine.weights).any(axis=1)
    assert moved.sum() > 3
    assert moved[: CUTS[-2]].any()


@overlays
@pytest.mark.parametrize("seed", range(6))
def test_weights_stay_parts_of_a_whole(name: str, seed: int) -> None:
    mine = paper(seed)
    after = made(name).adjust(mine)
    assert after.shape == mine.weights.shape
    assert after.dtype == np.float64
    assert np.isfinite(after).all()
    assert (after >= 0.0).all()
    assert (after.sum(axis=1) <= 1.0 + 1e-12).all()


@overlays
def test_an_overlay_changes_nothing_and_repeats_itself(name: str) -> None:
    mine, before, block = paper(), paper(), made(name)
    for array in mine[1:]:
        array.setflags(write=False)
    first, second = block.adjust(mine), block.adjust(mine)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, made(name).adjust(before))
    for mine_array, untouched in zip(mine[1:], paper()[1:], strict=True):
        np.testing.assert_array_equal(mine_array, untouched)
    assert not np.shares_memory(first, mine.weights)
    assert block == made(name)


@overlays
def test_column_order_does_not_matter(name: str) -> None:
    mine, order = paper(), [3, 0, 4, 2, 1]
    turned = mine._replace(assets=tuple(ASSETS[place] for place in order), weights=mine.weights[:, order])
    np.testing.assert_allclose(made(name).adjust(turned), made(name).adjust(mine)[:, order], rtol=0, atol=1e-14)


@overlays
def test_a_name_that_no_rule_holds_changes_nothing_and_is_never_bought(name: str) -> None:
    mine = paper()
    more = mine._replace(assets=(*ASSETS, "F"), weights=np.column_stack([mine.weights, np.zeros(len(mine.weights))]))
    after = made(name).adjust(more)
    assert (after[:, -1] == 0.0).all()
    np.testing.assert_allclose(after[:, :-1], made(name).adjust(mine), rtol=0, atol=1e-14)


@overlays
def test_nothing_held_stays_nothing(name: str) -> None:
    mine = paper()
    assert not made(name).adjust(mine._replace(weights=np.zeros_like(mine.weights))).any()


@overlays
def test_the_scale_of_the_paper_nav_does_not_matter(name: str) -> None:
    mine = paper()
    np.testing.assert_array_equal(made(name).adjust(mine._replace(nav=mine.nav * 8.0)), made(name).adjust(mine))


@overlays
def test_it_asks_for_the_history_it_reads(name: str) -> None:
    """Returns older than `history` before the first decision are not looked at."""
    mine, block = paper(), made(name)
    blank = mine.returns.copy()
    blank[: FIRST - block.history + 1] = np.nan
    assert 0 <= block.history <= FIRST
    np.testing.assert_array_equal(block.adjust(mine._replace(returns=blank)), block.adjust(mine))


@overlays
def test_it_documents_itself(name: str) -> None:
    block = blocks.OVERLAYS[name]
    assert len(block.__doc__ or "") > 60
    for field, about in block.model_fields.items():
        assert field == "use" or about.description, f"{name}.{field} has no description"
    assert block.model_config["frozen"]
    assert block.model_config["extra"] == "forbid"


@overlays
def test_its_sentence_speaks_of_every_field_but_the_year(name: str) -> None:
    said = made(name).sentence()
    assert "{" not in said
    assert "  " not in said
    for field in set(blocks.OVERLAYS[name].model_fields) - {"use", "sessions_per_year"}:
        value = getattr(made(name), field)
        assert (f"{value * 100:g}%" if isinstance(value, float) else blocks.in_words(value)) in said, field


@overlays
def test_it_is_written_in_a_file_and_read_back(name: str) -> None:
    config: Config = config_of(strategy(overlays=[{"use": name, **EXAMPLES.get(name, {})}]))
    assert config.overlays == (made(name),)
    again = config_of(json.loads(json.dumps(config.normalised())))
    assert again.overlays == config.overlays
