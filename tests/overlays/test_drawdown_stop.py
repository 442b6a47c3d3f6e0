"""Out after a fall and back after a rise: every decision by hand, and orders that are really placed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engine.blocks import Paper
from engine.config.load import load_config
from engine.errors import ConfigError
from engine.run import run
from strategies.overlays.drawdown_stop import DrawdownStop
from tests.markets import config_of, engine_market, history, strategy, weekdays


def held(nav: list[float], decisions: list[int] | None = None, **fields: Any) -> list[float]:
    """What is left of a target of 1 at every decision."""
    decided = np.arange(len(nav)) if decisions is None else np.array(decisions)
    made = DrawdownStop(**{"limit": 0.25, "recover": 0.5, **fields})
    nothing = np.full(len(nav), np.nan)  # this overlay looks at the NAV alone
    after: list[float] = made.adjust(Paper(("A",), decided, np.ones((len(decided), 1)), np.array(nav), nothing))[
        :, 0
    ].tolist()
    return after


def test_one_path_by_hand() -> None:
    path = [
        (1.0, 1), (2.0, 1), (1.6, 1),  # 20% below the peak of 2
        (1.5, 0),  # 25% below: out
        (1.0, 0), (1.5, 0),  # 50% above the low of 1, but only two decisions later
        (1.4, 0),  # three decisions later, but 40% above the low
        (1.5, 1),  # back; the peak is now 1.5
        (1.2, 1),  # 20% below it (and 40% below the old one)
        (1.125, 0),  # 25% below: out again
        (1.0, 0), (1.25, 0), (1.45, 0),  # the low is 1 again: 1.5 is needed
        (1.6, 1), (3.0, 1),
    ]  # fmt: skip
    assert held([nav for nav, _ in path], wait=3) == [on for _, on in path]


@pytest.mark.parametrize(
    ("nav", "decisions", "fields", "expected"),
    [
        # a peak between two decisions counts: 1.5 is 25% below 2
        ([1.0, 2.0, 1.5], [0, 2], {}, [1, 0]),
        # a fall between two decisions is not looked at
        ([1.0, 0.5, 0.8], [0, 2], {}, [1, 1]),
        # a low between two decisions counts: 0.75 is 50% above 0.5
        ([1.0, 0.7, 0.5, 0.75], [0, 1, 3], {}, [1, 0, 1]),
        # what happens after the last close of a decision is not known there
        ([1.0, 0.76, 0.1], [0, 1], {}, [1, 1]),
        # the fall counts from the opening, not from what the market did before
        ([9.0, 1.0, 0.8], [1, 2], {}, [1, 1]),
        # the session of the stop is a low as well: 1.05 is 40% above 0.75, 1.125 is 50%
        ([1.0, 0.75, 1.05, 1.125], None, {}, [1, 0, 0, 1]),
        # the low is the lowest close since the stop, not the last one
        ([1.0, 0.7, 0.6, 0.8, 0.7, 0.9], None, {}, [1, 0, 0, 0, 0, 1]),
        # and not the lowest before it: 1.6 is 60% above where it began, 2.1 is 50% above the low of 1.4
        ([1.0, 2.0, 1.4, 1.6, 2.1], None, {}, [1, 1, 0, 0, 1]),
        # the peak starts anew at the close it came back at: 1.8 was while it was out, and 1.35 is 15.6% below 1.6
        ([1.0, 0.75, 1.0, 1.8, 1.6, 1.35, 1.2], None, {"wait": 3}, [1, 0, 0, 0, 1, 1, 0]),
        # no rise is asked for: back after the wait
        ([1.0, 0.7, 0.6, 0.5, 0.4], None, {"recover": 0.0, "wait": 3}, [1, 0, 0, 0, 1]),
        # back on one decision, and out on the next that is 25% below that close
        ([1.0, 0.5, 0.8, 0.6, 0.9], None, {}, [1, 0, 1, 0, 1]),
        # it never comes back on the decision that stops it, whatever the wait
        ([1.0, 0.5, 0.5], None, {"recover": 0.0, "wait": 0}, [1, 0, 1]),
        # a part is kept
        ([1.0, 0.5, 0.4, 0.6], None, {"keep": 0.3}, [1, 0.3, 0.3, 1]),
        ([1.0, 0.5, 0.4, 0.6], None, {"keep": 1.0}, [1, 1, 1, 1]),
    ],
)
def test_by_hand(nav: list[float], decisions: list[int] | None, fields: dict[str, Any], expected: list[float]) -> None:
    assert held(nav, decisions, **fields) == expected


def test_every_weight_is_cut_alike_and_cash_gets_the_rest() -> None:
    paper = Paper(("A", "B"), np.arange(2), np.array([[0.5, 0.3], [0.2, 0.6]]), np.array([1.0, 0.5]), np.zeros(2))
    after = DrawdownStop(limit=0.25, recover=0.1, keep=0.5).adjust(paper)
    assert after.tolist() == [[0.5, 0.3], [0.1, 0.3]]


@pytest.mark.parametrize("fields", [{"limit": 0}, {"limit": 1}, {"limit": "150%"}, {"recover": -0.1}, {"keep": 1.5}])
def test_what_cannot_be_meant(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DrawdownStop.model_validate({"use": "drawdown_stop", "limit": 0.1, "recover": 0.1, **fields})


def test_the_sentence() -> None:
    assert DrawdownStop(limit=0.1, recover=0.05, wait=4).sentence() == (
        "cut to 0% after a fall of 10%, back after 4 decisions and a rise of 5% from the low"
    )


# A close a session. Falls of 10% stop, rises of 5% from the low re-enter, the wait is one decision.
# 99 is 10% below 110: out. The low is 90, 94.5 is 5% above it: back. 95 is 13.6% below the old peak of 110: still in.
DAYS = weekdays(date(2020, 6, 1), 10)
CLOSES = [100.0, 110.0, 105.0, 99.0, 90.0, 92.0, 94.5, 95.0, 96.0, 97.0]
IN = [True, True, True, False, False, False, True, True, True, True]
STOP = {"use": "drawdown_stop", "limit": "10%", "recover": "5%"}


@pytest.mark.parametrize("decide", ["daily", "on_change"])
def test_a_portfolio_leaves_and_comes_back(decide: str) -> None:
    market = engine_market("A", {"A": history(DAYS, CLOSES)})
    config = config_of(strategy(overlays=[STOP], schedule={"decide": decide}, execution={"band": "50%"}))
    result = run(config, market, lambda _: None)  # the second book is another test's
    assert (result.plan.weights[:, 0] == 1.0).tolist() == IN
    changes = [True, False, False, True, False, False, True, False, False, False]
    assert result.plan.forced.tolist() == changes
    assert result.plan.placed.tolist() == (changes if decide == "on_change" else [True] * 10)
    # bought at the close after the first decision (110), sold at 90, the close after the stop, bought again at 95
    fills = result.ledger.fills
    assert [str(day.date()) for day in fills["date"]] == [str(DAYS[place]) for place in (1, 4, 7)]
    assert (result.ledger.units["A"] > 0).tolist() == [True] * 3 + [False] * 3 + [True] * 3
    nav = result.ledger.nav.to_numpy()
    assert nav[3] == pytest.approx(1e6 * 90.0 / 110.0)
    assert nav[3] < nav[4] < nav[5] < nav[6] < 1.001 * nav[3]  # interest alone while out
    assert nav[8] == pytest.approx(nav[6] * 97.0 / 95.0)


def test_the_paper_portfolio_never_leaves_so_a_recovery_can_be_seen() -> None:
    """With its own money in CASH the portfolio itself could never rise 5% from its low."""
    market = engine_market("A", {"A": history(DAYS, CLOSES)})
    config = config_of(strategy(overlays=[STOP, {**STOP, "limit": "20%", "recover": "90%"}]))
    result = run(config, market, lambda _: None)
    # the second stop sees the same paper portfolio, down 18.2% at most, and not the first one's
    assert (result.plan.weights[:, 0] == 1.0).tolist() == IN


TEXT = """\
name: stop
market: {benchmark: A, universe: [A]}
rules:
  - {name: r, hold: {A: 1}}
schedule: {decide: on_change}
overlays:
  - {use: drawdown_stop, limit: 10%, recover: 5%, keep: 50%}
"""


def test_on_change_would_never_place_the_orders_of_a_partial_stop(tmp_path: Path) -> None:
    """Half of every name is the same rule and the same names: no change, no order, no stop."""
    file = tmp_path / "stop.yaml"
    file.write_text(TEXT, "utf-8")
    with pytest.raises(ConfigError, match=r"stop.yaml:7:5: drawdown_stop .*`decide: on_change` places no orders"):
        load_config(file)
    for change in (("keep: 50%", "keep: 0"), (", keep: 50%", ""), ("on_change", "daily")):
        file.write_text(TEXT.replace(*change), "utf-8")
        assert load_config(file).overlays[0].use == "drawdown_stop"
