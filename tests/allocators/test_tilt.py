"""Active weights around a base: who pays, who stops where, and when the base is known, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from engine.blocks import Allocation, Moment
from engine.config.load import load_config
from engine.config.models import Config
from engine.errors import ConfigError, StrategyError
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.market.registry import benchmark_sectors
from engine.plan.plan import Plan, make_plan
from engine.plan.schedule import decision_sessions
from strategies.allocators.tilt import Tilt
from tests.markets import config_of, engine_market, history, strategy, weekdays

UNIVERSE = ("A", "B", "C", "D")
BASE = {"A": 0.5, "B": 0.3, "C": 0.2}


def tilt(**fields: Any) -> Tilt:
    return Tilt.model_validate({"use": "tilt", "base": BASE, **fields})


def allocated(priced: str = "ABCD", **fields: Any) -> Allocation:
    return tilt(**fields).allocate(Moment(UNIVERSE, frozenset(priced), {}, ()))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, BASE),
        # 10 points for D, paid 5 to 3 to 2
        ({"over": {"D": "10%"}}, {"A": 0.45, "B": 0.27, "C": 0.18, "D": 0.1}),
        ({"over": {"D": "10%"}, "funded_by": ["B"]}, {"A": 0.5, "B": 0.2, "C": 0.2, "D": 0.1}),
        # 6 to 4 between two named payers: B pays 0.06, C 0.04
        ({"over": {"D": 0.1}, "funded_by": ["B", "C"]}, {"A": 0.5, "B": 0.24, "C": 0.16, "D": 0.1}),
        # a name over its base does not pay for others: B and C pay 0.15, 3 to 2
        ({"over": {"A": 0.1, "D": 0.05}}, {"A": 0.6, "B": 0.21, "C": 0.14, "D": 0.05}),
        # net of over and under: 0.1 less of A pays for D
        ({"over": {"D": 0.1}, "under": {"A": 0.1}}, {"A": 0.4, "B": 0.3, "C": 0.2, "D": 0.1}),
        # half of D is paid by the underweight of C, half by A and B, 5 to 3
        ({"over": {"D": 0.16}, "under": {"C": 0.08}}, {"A": 0.45, "B": 0.27, "C": 0.12, "D": 0.16}),
        # a net underweight is paid out to the others, 3 to 2, or to those named
        ({"under": {"A": "10%"}}, {"A": 0.4, "B": 0.36, "C": 0.24}),
        ({"under": {"A": "10%"}, "funded_by": ["C"]}, {"A": 0.4, "B": 0.3, "C": 0.3}),
        # who is paid may more than double
        ({"under": {"A": "35%"}, "funded_by": ["C"]}, {"A": 0.15, "B": 0.3, "C": 0.55}),
        # but moves by 0.15 at most here: 0.05 of what A and B give up stays CASH, which is no error
        ({"under": {"A": 0.1, "B": 0.1}, "funded_by": ["C"], "max_active": 0.15}, {"A": 0.4, "B": 0.2, "C": 0.35}),
        # an underweight stops at zero: 0.2 of the 0.35 are there, and 0.2 are paid out, 5 to 3
        ({"under": {"C": "35%"}}, {"A": 0.625, "B": 0.375}),
        # and pays for so much only: D gets its 0.3, C gives 0.2, A and B 0.1, 5 to 3
        ({"over": {"D": 0.3}, "under": {"C": 0.9}}, {"A": 0.4375, "B": 0.2625, "D": 0.3}),
        # 0.4 of the 0.5 that B and C have: B pays 0.24, C 0.16
        ({"over": {"D": 0.4}, "funded_by": ["C", "B"]}, {"A": 0.5, "B": 0.06, "C": 0.04, "D": 0.4}),
        # nobody leaves its base by over 7 points: of 0.12, A would pay 5/7, pays 0.07, and C the other 0.05
        ({"over": {"D": 0.06, "B": 0.06}, "max_active": 0.07}, {"A": 0.43, "B": 0.36, "C": 0.15, "D": 0.06}),
        ({"under": {"A": 0.07}, "max_active": 0.07}, {"A": 0.43, "B": 0.342, "C": 0.228}),
        # the most is reached exactly
        ({"over": {"D": 0.12}, "under": {}, "max_active": 0.12}, {"A": 0.44, "B": 0.264, "C": 0.176, "D": 0.12}),
        # a name pinned at its base pays nothing
        ({"over": {"D": 0.1, "A": 0}}, {"A": 0.5, "B": 0.24, "C": 0.16, "D": 0.1}),
        # CASH of the base stays CASH: 0.1 is not invested before or after
        ({"base": {"A": 0.6, "B": 0.3, "CASH": 0.1}, "over": {"D": 0.09}}, {"A": 0.54, "B": 0.27, "D": 0.09}),
        ({"base": {"A": 0.6, "B": 0.3}, "over": {"D": 0.09}}, {"A": 0.54, "B": 0.27, "D": 0.09}),
    ],
)
def test_by_hand(fields: dict[str, Any], expected: dict[str, float]) -> None:
    assert allocated(**fields).weights == pytest.approx(expected)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # 0.8 in A and B is cut to 0.6, 5 to 3, and C has the rest
        ({"groups": {"g": {"of": ["A", "B"], "most": "60%"}}}, {"A": 0.375, "B": 0.225, "C": 0.4}),
        ({"groups": {"g": {"of": ["A", "B"], "most": "80%"}}}, BASE),
        # B is asked to be 10 points over its base and stays that: what is cut of A goes to C alone
        ({"over": {"B": 0.1}, "funded_by": ["C"], "groups": {"g": {"of": ["A"], "most": 0.4}}},
         {"A": 0.4, "B": 0.4, "C": 0.2}),
        # so does an underweight
        ({"under": {"B": 0.1}, "groups": {"g": {"of": ["A"], "most": 0.4}}}, {"A": 0.4, "B": 0.2, "C": 0.4}),
        # two themes of 0.1 each, together at most 0.15: each has 0.075, and A, B and C get 0.05 of the 0.2 back
        ({"over": {"D": 0.1, "E": 0.1}, "groups": {"themes": {"of": ["D", "E"], "most": 0.15}}},
         {"A": 0.425, "B": 0.255, "C": 0.17, "D": 0.075, "E": 0.075}),
        # what is cut from one group does not fill another one: C gets it all
        ({"groups": {"g": {"of": ["A"], "most": 0.4}, "h": {"of": ["B"], "most": 0.3}}},
         {"A": 0.4, "B": 0.3, "C": 0.3}),
        # everyone is in a group: 0.1 stays CASH
        ({"groups": {"g": {"of": ["A"], "most": 0.4}, "h": {"of": ["B", "C"], "most": 0.5}}},
         {"A": 0.4, "B": 0.3, "C": 0.2}),
        # nobody leaves its base by over 0.15: 0.2 of A and B as 5 to 3 is 0.125 and 0.075; C may take 0.15 of it
        ({"max_active": 0.15, "groups": {"g": {"of": ["A", "B"], "most": 0.6}}}, {"A": 0.375, "B": 0.225, "C": 0.35}),
        # or by over 0.11: A gives 0.11 and B the other 0.09
        ({"max_active": 0.11, "groups": {"g": {"of": ["A", "B"], "most": 0.6}}}, {"A": 0.39, "B": 0.21, "C": 0.31}),
        ({"groups": {"g": {"of": ["A"], "most": 0}}}, {"B": 0.6, "C": 0.4}),
    ],
)  # fmt: skip
def test_groups_by_hand(fields: dict[str, Any], expected: dict[str, float]) -> None:
    universe = (*UNIVERSE, "E")
    found = tilt(**fields).allocate(Moment(universe, frozenset(universe), {}, ()))
    assert found.weights == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(40))
def test_no_limit_is_passed_and_the_whole_stays_whole(seed: int) -> None:
    draws = np.random.default_rng(seed)
    names = ("A", "B", "C", "D", "E", "F")
    base = dict(zip(names[:5], draws.dirichlet(np.ones(5)).tolist(), strict=True))
    most = float(draws.choice([0.08, 0.15, 0.5]))
    fields: dict[str, Any] = {
        "base": base,
        "over": {"F": draws.random() * most},
        "under": {"A": draws.random() * most},
        "max_active": most,
        "groups": {"g": {"of": ["B", "C"], "most": float(draws.uniform(0.2, 1.0))}},
    }
    try:
        weights = tilt(**fields).allocate(Moment(names, frozenset(names), {}, ())).weights
    except StrategyError as error:
        assert "max_active" in str(error)  # noqa: PT017  # either it says why, or everything below holds
        return
    assert min(weights.values()) >= 0.0
    assert sum(weights.values()) <= 1.0 + 1e-12
    assert max(abs(weights.get(name, 0.0) - base.get(name, 0.0)) for name in names) <= most + 1e-12
    assert weights.get("B", 0.0) + weights.get("C", 0.0) <= fields["groups"]["g"]["most"] + 1e-12
    assert weights.get("F", 0.0) == pytest.approx(fields["over"]["F"], abs=1e-12)
    assert weights.get("A", 0.0) == pytest.approx(max(base["A"] - fields["under"]["A"], 0.0), abs=1e-12)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"over": {"D": 0.35}, "funded_by": ["B"]},
            "5.00% of the overweights cannot be paid for by B: none goes below zero",
        ),
        (
            {"over": {"D": 0.15}, "max_active": 0.15, "funded_by": ["A"], "base": {"A": 0.1, "B": 0.9}},
            "5.00% of the overweights cannot be paid for by A: none goes below zero or moves by over 0.15 (max_active)",
        ),
        # A does not pay for itself, so it is not said to be unable to
        ({"over": {"A": 0.55}}, "5.00% of the overweights cannot be paid for by B, C: none goes below zero"),
        ({"over": {"A": 0.2}, "base": {"A": 0.8}}, "20.00% of the overweights cannot be paid for by anyone"),
        (
            {"max_active": 0.05, "groups": {"banks": {"of": ["A", "B"], "most": "60%"}}},
            "the group 'banks' cannot be cut to 0.6: it stays 10.00% above, because no name moves by over 0.05 (max",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_or_kept_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(StrategyError) as refused:
        allocated(**fields)
    assert str(refused.value).startswith(said)


def test_equal_parts_are_of_the_names_with_a_price() -> None:
    assert allocated(base="equal").weights == pytest.approx(dict.fromkeys("ABCD", 0.25))
    assert allocated("ABD", base="equal", over={"D": 0.1}).weights == pytest.approx(
        {"A": 1 / 3 - 0.05, "B": 1 / 3 - 0.05, "D": 1 / 3 + 0.1}
    )
    assert allocated("AB", base="equal", under={"D": 0.1}).weights == {"A": 0.5, "B": 0.5}


def test_the_first_decision_waits_for_every_name_of_the_base() -> None:
    for base, priced, expected in (
        ("equal", "ABC", False),  # a universe of four
        ("equal", "ABCD", True),
        (BASE, "ABC", True),
        (BASE, "ABD", False),
    ):
        assert tilt(base=base).ready(Moment(UNIVERSE, frozenset(priced), {}, ())) is expected
    days = weekdays(date(2020, 6, 1), 6)
    late = {"A": history(days, [100.0] * 6), "B": history(days[2:], [50.0] * 4)}
    two = {"benchmark": "A", "universe": ["A", "B"]}
    for base in ("equal", {"A": 0.5, "B": 0.5}):
        config = config_of(strategy(market=two, rules=[{"name": "r", "hold": {"use": "tilt", "base": base}}]))
        assert planned(config, engine_market("A", late)).decisions[0] == 2


def test_a_base_over_100_per_cent_by_rounding_is_scaled() -> None:
    weights = allocated(base={"A": 0.5, "B": 0.5000000005}, over={"C": 0.1}).weights
    assert sum(weights.values()) <= 1.0 + 1e-15
    assert weights == pytest.approx({"A": 0.45, "B": 0.45, "C": 0.1}, abs=1e-9)


class Published:
    """A past that knows the weights of sectors, per cent."""

    def __init__(self, weights: Mapping[str, float | None]) -> None:
        self.weights = weights

    def latest(self, key: SeriesKey) -> float | None:
        assert key.variant == "weight"
        return self.weights.get(key.name, 0.0)

    def returns(self, names: Sequence[str], window: int) -> NDArray[np.float64]:
        raise NotImplementedError


def sectors(weights: Mapping[str, float | None], **fields: Any) -> tuple[Tilt, Moment]:
    mine = tilt(base="benchmark_sectors", **fields)
    universe = mine.holds(("NIFTY 50", "THEME"))
    return mine, Moment(universe, frozenset(universe), {}, (), Published(weights))


MAY = {"Financial Services": 40.0, "Information Technology": 20.0, "Power": 5.0, "Telecommunication": 4.0}


def test_sectors_are_held_in_their_index_and_the_others_in_the_benchmark() -> None:
    mine, moment = sectors(MAY)
    expected = {"NIFTY FINANCIAL SERVICES": 0.4, "NIFTY IT": 0.2, "NIFTY 50": 0.4}
    assert mine.allocate(moment).weights == pytest.approx(expected)
    mine, moment = sectors(MAY, over={"THEME": "6%"}, under={"NIFTY IT": "1%"})
    # of the 5 points that the underweight does not pay, financials and the rest pay 2.5 each
    tilted = {"NIFTY FINANCIAL SERVICES": 0.375, "NIFTY IT": 0.19, "NIFTY 50": 0.375, "THEME": 0.06}
    assert mine.allocate(moment).weights == pytest.approx(tilted)


def test_sectors_that_add_up_to_over_100_per_cent_by_rounding_leave_nothing_to_the_benchmark() -> None:
    mine, moment = sectors({"Financial Services": 60.03, "Information Technology": 40.02})
    weights = mine.allocate(moment).weights
    assert weights == pytest.approx({"NIFTY FINANCIAL SERVICES": 0.6003 / 1.0005, "NIFTY IT": 0.4002 / 1.0005})
    assert sum(weights.values()) == pytest.approx(1.0, abs=1e-15)


def test_sectors_of_which_one_was_never_published_are_not_known() -> None:
    mine, moment = sectors({"Financial Services": 40.0, "Realty": None})
    assert not mine.ready(moment)
    mine, moment = sectors(MAY)
    assert mine.ready(moment)
    assert not mine.ready(moment._replace(priced=moment.priced - {"NIFTY IT"}))
    assert mine.ready(moment._replace(priced=moment.priced - {"NIFTY REALTY"}))  # without weight it needs no price


def test_what_it_holds_and_reads() -> None:
    indices = {index for index in benchmark_sectors().values() if index}
    mine = tilt(base="benchmark_sectors", over={"THEME": 0.05})
    assert set(mine.holds(("X",))) == {*indices, "NIFTY 50", "THEME"}
    assert mine.certain() == ("THEME",)
    assert mine.reads() == {SeriesKey(sector, "weight") for sector, index in benchmark_sectors().items() if index}
    assert tilt(over={"D": 0.1}).holds(UNIVERSE) == ("A", "B", "C", "D")
    assert tilt(base="equal").holds(UNIVERSE) == UNIVERSE
    assert tilt(base={"A": 0.5, "CASH": 0.5}).holds(UNIVERSE) == ("A",)
    assert tilt().reads() == frozenset()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"base": "benchmark_sectors"}, "the Nifty 50's sectors with no tilt, paid by all others in proportion"),
        (
            {"base": "equal", "over": {"D": "5%"}, "under": {"A": "2.5%"}, "funded_by": ["B", "C"]},
            "equal parts with 5% more D, 2.5% less A, paid by B, C",
        ),
    ],
)
def test_the_sentence(fields: dict[str, Any], said: str) -> None:
    assert tilt(**fields).sentence() == said


# Sessions 0 to 39. The weights of May are dated on Sunday 31 May, after session 9 (Friday 29 May), and known at the
# seventh session after it, 16 (Tuesday 9 June); those of 30 June, session 31, at session 38 (Thursday 9 July).
DAYS = weekdays(date(2020, 5, 18), 40)
INDICES = tuple(index for index in benchmark_sectors().values() if index)
NIFTY = {"benchmark": "NIFTY 50", "universe": ["NIFTY 50", "THEME"]}
PUBLISHED = {
    date(2020, 5, 31): {"Financial Services": 40.0, "Information Technology": 20.0},
    date(2020, 6, 30): {"Financial Services": 30.0, "Information Technology": 30.0, "Realty": 10.0},
}


def sector_market(published: Mapping[date, Mapping[str, float]] = PUBLISHED, late: str = "NIFTY REALTY") -> Market:
    """Every index with a price from the first session on, but for one that starts at session 30."""
    histories = {}
    for place, name in enumerate(("NIFTY 50", "THEME", *INDICES)):
        days = DAYS[30:] if name == late else DAYS
        histories[name] = history(days, [100.0 + (place + 1) * session for session in range(len(days))])
    index = pd.DatetimeIndex(np.array(list(published), "datetime64[s]"), name="date")
    readings = {
        SeriesKey(sector, "weight"): pd.Series([month.get(sector, 0.0) for month in published.values()], index)
        for sector in benchmark_sectors()
    }
    made = engine_market("NIFTY 50", histories)
    return Market.of("NIFTY 50", made.bars, made.calendar, readings=readings)


def planned(config: Config, market: Market) -> Plan:
    return make_plan(config, market, decision_sessions(market, config.schedule))


def held(plan: Plan, place: int) -> dict[str, float]:
    return {name: weight for name, weight in zip(plan.assets, plan.weights[place].tolist(), strict=True) if weight}


SECTORS = {"use": "tilt", "base": "benchmark_sectors", "over": {"THEME": "6%"}}


def sector_config(hold: Mapping[str, Any] = SECTORS, **changes: Any) -> Config:
    return config_of(strategy(market=NIFTY, rules=[{"name": "r", "hold": hold}], **changes))


def test_the_first_decision_waits_for_the_weights_and_a_new_month_arrives_seven_sessions_late() -> None:
    plan = planned(sector_config(), sector_market())
    assert [str(DAYS[16]), str(DAYS[38])] == ["2020-06-09", "2020-07-09"]
    assert plan.decisions.tolist() == list(range(16, 40))
    # 6 points paid by all in proportion: 94% of the base
    may = {"NIFTY FINANCIAL SERVICES": 0.376, "NIFTY IT": 0.188, "NIFTY 50": 0.376, "THEME": 0.06}
    june = {
        "NIFTY FINANCIAL SERVICES": 0.282, "NIFTY IT": 0.282, "NIFTY REALTY": 0.094, "NIFTY 50": 0.282, "THEME": 0.06,
    }  # fmt: skip
    for place in (0, 1, 21):  # up to session 37
        assert held(plan, place) == pytest.approx(may)
    assert held(plan, 22) == pytest.approx(june)
    assert held(plan, 23) == pytest.approx(june)
    assert any(note.startswith("the first decision is on 2020-06-09: on 2020-06-08 ") for note in plan.notes)


@pytest.mark.parametrize("place", [20, 31, 37, 38])
def test_no_later_month_is_seen(place: int) -> None:
    whole, cut = sector_market(), sector_market().until(pd.Timestamp(DAYS[place]))
    before, after = planned(sector_config(), cut), planned(sector_config(), whole)
    np.testing.assert_array_equal(before.weights, after.weights[: len(before.weights)])
    assert before.decisions[-1] == place


def test_a_sector_that_is_held_later_needs_its_price_then() -> None:
    # known at session 16, and its index has a price from session 30 on
    assert planned(sector_config(), sector_market({date(2020, 5, 29): {"Realty": 1.0}})).decisions[0] == 30
    # 15 May is before the first session, so it counts from that: known at session 6; 1 June (session 10) at 17
    change = {date(2020, 5, 15): {"Metals & Mining": 1.0}, date(2020, 6, 1): {"Realty": 1.0}}
    with pytest.raises(StrategyError, match="NIFTY REALTY has no price on 2020-06-10, when the rule 'r' decides to"):
        planned(sector_config(), sector_market(change))


def test_an_overweight_nobody_can_pay_names_rule_and_day() -> None:
    hold = {**SECTORS, "over": {"THEME": "30%"}, "funded_by": ["NIFTY IT"]}
    said = r"rule 'r' on 2020-06-09: 10.00% of the overweights cannot be paid for by NIFTY IT: none goes below zero"
    with pytest.raises(StrategyError, match=said):
        planned(sector_config(hold), sector_market())


def test_equal_parts_are_of_the_universe_also_beside_a_rule_that_holds_more() -> None:
    rules = [
        {"name": "sectors", "when": "up", "hold": SECTORS},
        {"name": "equal", "hold": {"use": "tilt", "base": "equal"}},
    ]
    signals = {"up": {"use": "above_average", "of": "NIFTY 50", "windows": [2]}}
    config = config_of(strategy(market=NIFTY, signals=signals, rules=rules))
    falling = sector_market()
    bars = dict(falling.bars)
    for variant in ("price", "total"):
        bars[SeriesKey("NIFTY 50", variant)] = 1.0 / falling.bars[SeriesKey("NIFTY 50", variant)]  # never rises
    market = Market.of("NIFTY 50", bars, falling.calendar, readings=falling.readings)
    assert held(planned(config, market), 0) == {"NIFTY 50": 0.5, "THEME": 0.5}


TEXT = """\
name: tilted
market: {universe: [NIFTY 50, THEME, OTHER]}
rules:
  - name: r
    hold:
      use: tilt
      base: benchmark_sectors
      over: {THEME: 5%}
  - {name: rest, hold: {CASH: 1}}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("base: benchmark_sectors", "base: sectors", "7:13: rules[0].hold.base: expected 'benchmark_"),
        ("{THEME: 5%}", "{THEM: 5%}", "8:14: unknown name in the universe 'THEM'; did you mean 'THEME'? Known: NI"),
        ("{THEME: 5%}", "{NIFTY IT: 5%}", "8:14: unknown name in the universe 'NIFTY IT'"),
        ("{THEME: 5%}", "{THEME: 5}", "8:21: rules[0].hold.over.THEME: 5 means 500%: write 5% or 0.05"),
        ("{THEME: 5%}", "{THEME: -5%}", "8:21: rules[0].hold.over.THEME: expected at least 0, not '-5%'"),
        ("over:", "under: {THEME: 1%}\n      over:", "8:15: 'THEME' has no weight in the base that could be less"),
        ("over:", "under: {NIFTY IT: 1%, NIFTY ITT: 2%}\n      over:", "8:29: unknown name in the universe 'NIFTY IT"),
        ("over:", "funded_by: [OTHER]\n      over:", "8:19: 'OTHER' has no weight in the base to pay with"),
        ("over:", "funded_by: [NIFTY IT, NIFTY IT]\n      over:", "8:29: 'NIFTY IT' is listed twice"),
        ("over:", "funded_by: everyone\n      over:", "8:18: rules[0].hold.funded_by: expected "),
        ("over:", "funded_by: []\n      over:", "8:18: rules[0].hold.funded_by: expected 'pro_rata', not []"),
        ("over:", "max_active: 3%\n      over:", "8:19: THEME is to leave its base by 0.05, over max_active"),
        ("over:", "max_active: 0\n      over:", "8:19: rules[0].hold.max_active: expected more than 0"),
        ("over: {THEME", "under: {NIFTY 50: 1%}\n      over: {NIFTY 50", "9:14: 'NIFTY 50' stands on two sides of"),
        ("over: {THEME", "funded_by: [NIFTY 50]\n      over: {NIFTY 50", "9:14: 'NIFTY 50' stands on two sides of"),
        ("over: {THEME: 5%}", "funded_by: [NIFTY IT]\n      under: {NIFTY IT: 1%}", "9:15: 'NIFTY IT' stands on two"),
        ("over:", "groups: {g: {of: [NIFTY BNK], most: 1%}}\n      over:", "8:25: unknown name in the universe 'NI"),
        ("over:", "groups: {g: {of: [OTHER]}}\n      over:", "8:19: the key 'most' is missing in rules[0].hold"),
        ("over:", "groups: {g: {of: [], most: 1%}}\n      over:", "8:24: rules[0].hold.groups.g.of: it is empty"),
        ("base: benchmark_sectors", "base: {THEME: 60%, OTHER: 50%}", "7:13: the weights add up to 110%, over 100%"),
        ("base: benchmark_sectors", "base: {NIFTY IT: 60%}", "7:14: unknown name in the universe 'NIFTY IT'"),
        ("over:", "funding: pro_rata\n      over:", "8:7: unknown key 'funding'. Known: use, base, over, under, "),
    ],
)  # fmt: skip
def test_static_mistakes_name_their_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    file = tmp_path / "tilted.yaml"
    file.write_text(TEXT.replace(old, new), "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert str(refused.value).removeprefix(f"{file}:").startswith(said)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("over: {THEME: 5%}", "under: {NIFTY IT: 5%}"),
        TEXT.replace("over:", "funded_by: [NIFTY 50, NIFTY IT]\n      max_active: 5%\n      over:"),
        TEXT.replace("benchmark_sectors", "{OTHER: 60%, CASH: 40%}"),
        TEXT.replace("benchmark_sectors", "{NIFTY 50: 0.5, OTHER: 0.5000000005}"),
    ],
)
def test_what_can_be_meant(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tilted.yaml"
    file.write_text(text, "utf-8")
    config = load_config(file)
    assert isinstance(config.rules[0].hold, Tilt)
    assert config_of(config.normalised()).rules == config.rules


def test_a_file_of_one_rule_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "tilted.yaml"
    one = TEXT.replace("  - {name: rest, hold: {CASH: 1}}\n", "")
    file.write_text(one.replace("THEME: 5%", "THEME: 5"), "utf-8")
    with pytest.raises(ConfigError, match="8:21: rules.0..hold.over.THEME: 5 means 500%: write 5% or 0.05$"):
        load_config(file)
