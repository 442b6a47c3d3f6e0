"""The paper portfolio that overlays look at, worked by hand, and weights that no overlay may leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import Field

from engine import blocks
from engine.blocks import Overlay, Paper
from engine.config.models import Config
from engine.errors import StrategyError
from engine.market.market import Market
from engine.plan.overlaid import overlaid, paper_of
from engine.plan.plan import make_plan
from engine.plan.schedule import decision_sessions
from tests.markets import History, config_of, engine_market, history, strategy, weekdays

# Monday 1 June to Wednesday 10 June 2020. The policy rate was 4.00% from 22 May on; less 0.35% CASH earns 3.65% a
# year, which is 0.0001 a calendar day: 1.0001 over a night, 1.0001 cubed over a weekend.
DAYS = weekdays(date(2020, 6, 1), 8)
NIGHT, WEEKEND = 1.0001, 1.0001**3
A = [100.0, 110.0, 99.0, 108.0, 120.0, 114.0, 126.0, 120.0]
B = [50.0, 50.0, 52.0, 50.0, 40.0, 44.0, 48.0, 45.0]
LOOKS_BACK = {"use": "target_volatility", "target": 0.1, "window": 2}
Floats = NDArray[np.float64]


def market(b_missing: tuple[int, ...] = (), order: tuple[str, ...] = ("A", "B")) -> Market:
    there = [place for place in range(8) if place not in b_missing]
    both = {
        "A": history(DAYS, A),
        "B": history([DAYS[place] for place in there], [B[place] for place in there], gain=3.0),
    }
    return engine_market("A", {name: both[name] for name in order}, [date(2020, 6, 11), date(2020, 6, 12)])


def config(*overlays: dict[str, Any], **changes: Any) -> Config:
    rules = [{"name": "r", "hold": {"A": 0.5, "B": 0.5}}]
    two = {"benchmark": "A", "universe": ["A", "B"]}
    return config_of(strategy(**{"market": two, "rules": rules, "overlays": list(overlays), **changes}))


def paper(decisions: list[int], weights: list[list[float]], window: int = 0, **missing: Any) -> Paper:
    """With an overlay that looks back `window` sessions, where it is not 0."""
    looks = [{"use": "target_volatility", "target": 0.1, "window": window}] if window else []
    return paper_of(config(*looks), market(**missing), np.array(decisions), np.array(weights))


def test_targets_are_bought_at_decision_closes_and_drift_between_them() -> None:
    made = paper([1, 4], [[0.5, 0.5], [0.2, 0.8]])
    assert made.assets == ("A", "B")
    assert np.isnan(made.nav[0])
    # from session 1 on half in each: A 110, 99, 108, 120; B 50, 52, 50, 40
    drift = [1.0, 0.5 * 99 / 110 + 0.5 * 52 / 50, 0.5 * 108 / 110 + 0.5, 0.5 * 120 / 110 + 0.5 * 40 / 50]
    # from session 4 on a fifth and four fifths of what was there: A 120, 114, 126, 120; B 40, 44, 48, 45
    after = [drift[3] * (0.2 * a / 120 + 0.8 * b / 40) for a, b in ((114, 44), (126, 48), (120, 45))]
    nav = [*drift, *after]
    assert made.nav[1:].tolist() == pytest.approx(nav)
    assert made.returns[2:].tolist() == pytest.approx([now / then - 1.0 for then, now in pairwise(nav)])
    assert np.isnan(made.returns[:2]).all()


def test_cash_earns_the_policy_rate_every_calendar_day() -> None:
    # session 2 is Wednesday 3 June, 4 Friday, 5 Monday; half in A, a half idle; from Friday on everything idle
    made = paper([2, 4], [[0.5, 0.0], [0.0, 0.0]])
    friday = 0.5 * 120 / 99 + 0.5 * NIGHT**2
    expected = [1.0, 0.5 * 108 / 99 + 0.5 * NIGHT, friday, friday * WEEKEND, friday * WEEKEND * NIGHT]
    assert made.nav[2:7].tolist() == pytest.approx(expected, rel=1e-13)


def test_the_spread_of_the_strategy_is_what_idle_money_loses() -> None:
    made = paper_of(config(execution={"cash_spread": "4%"}), market(), np.array([0]), np.zeros((1, 2)))
    assert made.nav.tolist() == [1.0] * 8  # 4% less 4%


def test_what_is_earned_is_what_the_market_settings_say() -> None:
    """B pays 2 a unit between sessions 0 and 1, so its total return is 52 / 50 where its price stands still."""
    days = DAYS[:3]
    b = History(dict.fromkeys(days, 50.0), dict(zip(days, [500.0, 520.0, 520.0], strict=True)), {})
    mine = engine_market("A", {"A": history(days, A[:3]), "B": b})
    two = {"benchmark": "A", "universe": ["A", "B"]}
    for returns, expected in (("total", 1.04), ("price", 1.0)):
        made = paper_of(config(market={**two, "returns": returns}), mine, np.array([0]), np.array([[0.0, 1.0]]))
        assert made.nav.tolist() == pytest.approx([1.0, expected, expected])
        looks = config(LOOKS_BACK, market={**two, "returns": returns})
        before = paper_of(looks, mine, np.array([2]), np.array([[0.0, 1.0]]))
        assert before.returns[1:].tolist() == pytest.approx([expected - 1.0, 0.0])


def test_a_name_without_a_price_is_carried_at_its_last_one() -> None:
    made = paper([1], [[0.0, 1.0]], b_missing=(2, 3, 5))
    assert made.nav[1:].tolist() == pytest.approx([1.0, 1.0, 1.0, 0.8, 0.8, 48 / 50, 45 / 50])


def test_before_the_first_decision_the_first_targets_count_at_constant_weights() -> None:
    # the first decision is at session 4, three returns are wanted: those of sessions 2, 3 and 4
    made = paper([4], [[0.5, 0.3]], window=3)
    expected = [
        0.5 * (99 / 110 - 1) + 0.3 * (52 / 50 - 1) + 0.2 * (NIGHT - 1),
        0.5 * (108 / 99 - 1) + 0.3 * (50 / 52 - 1) + 0.2 * (NIGHT - 1),
        0.5 * (120 / 108 - 1) + 0.3 * (40 / 50 - 1) + 0.2 * (NIGHT - 1),
    ]
    assert made.returns[2:5].tolist() == pytest.approx(expected, abs=1e-15)
    assert np.isnan(made.returns[:2]).all()
    assert np.isnan(made.nav[:4]).all()
    assert made.nav[4] == 1.0
    # after it they drift, and the two parts meet without a gap
    assert made.returns[5] == pytest.approx(
        0.5 * (114 / 120 - 1) + 0.3 * (44 / 40 - 1) + 0.2 * (WEEKEND - 1), abs=1e-15
    )


def test_a_weekend_before_the_first_decision_has_its_interest_too() -> None:
    made = paper([6], [[0.0, 0.0]], window=2)
    assert made.returns[5:7].tolist() == pytest.approx([WEEKEND - 1, NIGHT - 1], abs=1e-15)


def test_the_stretch_is_as_long_as_the_longest_overlay_looks() -> None:
    looks = [{"use": "target_volatility", "target": 0.1, "window": window} for window in (2, 4, 3)]
    made = paper_of(config(*looks), market(), np.array([5]), np.array([[1.0, 0.0]]))
    assert np.isnan(made.returns).tolist() == [True, True, *[False] * 6]


@pytest.mark.parametrize("session", [4, 5, 6])
def test_the_paper_of_a_cut_market_is_the_cut_of_the_paper(session: int) -> None:
    weights = np.array([[0.5, 0.3], [0.1, 0.8], [1.0, 0.0]])
    looks = config(LOOKS_BACK)
    whole = paper_of(looks, market(), np.array([3, 4, 6]), weights)
    made = [place for place in (3, 4, 6) if place <= session]
    mine = market()
    cut = paper_of(looks, mine.until(mine.sessions[session]), np.array(made), weights[: len(made)])
    np.testing.assert_array_equal(cut.nav, whole.nav[: session + 1])
    np.testing.assert_array_equal(cut.returns, whole.returns[: session + 1])


# Overlays in order


@pytest.fixture
def spoiler() -> Iterator[None]:
    """A block of this test alone: it hands over weights that were put into it, and remembers what it saw."""
    blocks.load()
    blocks.register(Spoiler)
    yield
    del blocks.OVERLAYS["spoiler"]
    Spoiler.leaves, Spoiler.saw = None, []


class Spoiler(Overlay):
    """Leaves the weights that a test wants it to leave, and keeps what it was shown."""

    leaves: ClassVar[Any] = None
    saw: ClassVar[list[Paper]] = []

    says: ClassVar[str] = "spoils by {part}"
    use: Literal["spoiler"] = "spoiler"
    part: Annotated[float, Field(description="what it multiplies by")] = 1.0

    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """Whatever the test says."""
        self.saw.append(paper)
        return paper.weights * self.part if self.leaves is None else self.leaves


DECISIONS = np.array([1, 3])
TARGETS = np.array([[0.5, 0.5], [0.2, 0.4]])


def test_overlays_work_in_the_order_of_the_file_on_one_paper_nav(spoiler: None) -> None:
    made = config({"use": "spoiler", "part": 0.5}, {"use": "max_weight", "most": 0.15}, {"use": "spoiler"})
    after = overlaid(made, market(), DECISIONS, TARGETS)
    # halved, then cut at 0.15
    assert after.tolist() == [[0.15, 0.15], [0.1, 0.15]]
    first, second = Spoiler.saw
    np.testing.assert_array_equal(first.weights, TARGETS)
    np.testing.assert_array_equal(second.weights, after)
    np.testing.assert_array_equal(first.nav, second.nav)  # that of the targets before any overlay
    swapped = config({"use": "max_weight", "most": 0.15}, {"use": "spoiler", "part": 0.5})
    assert overlaid(swapped, market(), DECISIONS, TARGETS).tolist() == [[0.075, 0.075], [0.075, 0.075]]


@pytest.mark.parametrize(
    "leaves",
    [
        [[0.5, 0.5], [-1e-9, 0.4]],
        [[0.5, 0.5000001], [0.2, 0.4]],
        [[0.5, np.nan], [0.2, 0.4]],
        [[0.5, np.inf], [0.2, 0.4]],
        [[0.5, 0.5]],
        [0.5, 0.5],
        [[0.5], [0.2]],
    ],
)
def test_an_overlay_that_breaks_weights_is_an_error_that_names_it(spoiler: None, leaves: list[Any]) -> None:
    Spoiler.leaves = np.array(leaves)
    made = config({"use": "max_weight", "most": 0.9}, {"use": "spoiler"})
    with pytest.raises(StrategyError, match="^the overlay spoiler left weights that are no parts of 100%$"):
        overlaid(made, market(), DECISIONS, TARGETS)


def test_a_rounding_error_is_no_broken_weight(spoiler: None) -> None:
    Spoiler.leaves = [[0.5, 0.5 + 1e-10], [0, 0]]  # a list, and whole numbers: read as what they mean
    after = overlaid(config({"use": "spoiler"}), market(), DECISIONS, TARGETS)
    assert after.dtype == np.float64
    assert after.tolist() == [[0.5 / (1.0 + 1e-10), (0.5 + 1e-10) / (1.0 + 1e-10)], [0.0, 0.0]]  # scaled to the whole


def test_without_overlays_nothing_is_touched() -> None:
    assert overlaid(config(), market(), DECISIONS, TARGETS) is TARGETS


def test_in_a_plan_the_names_held_are_those_after_the_overlays(spoiler: None) -> None:
    """A target cut to nothing is not held: that is the change `on_change` and the band wait for."""
    cut = np.ones((8, 2)) * 0.5
    cut[2:5, 1] = 0.0
    Spoiler.leaves = cut
    made = config({"use": "spoiler"}, schedule={"decide": "on_change"})
    mine = market()
    plan = make_plan(made, mine, decision_sessions(mine, made.schedule))
    assert plan.weights.tolist() == cut.tolist()
    changes = [True, False, True, False, False, True, False, False]
    assert plan.forced.tolist() == changes
    assert plan.placed.tolist() == changes


def test_the_order_of_the_universe_does_not_matter() -> None:
    overlays = [{"use": "target_volatility", "target": "20%", "window": 3}, {"use": "glide", "decisions": 2}]
    one = config(*overlays)
    other = config(*overlays, market={"benchmark": "A", "universe": ["B", "A"]})
    plans = []
    for made in (one, other):
        mine = market()
        plans.append(make_plan(made, mine, decision_sessions(mine, made.schedule)))
    assert plans[0].assets == plans[1].assets[::-1]
    np.testing.assert_allclose(plans[0].weights, plans[1].weights[:, ::-1], rtol=1e-13)
