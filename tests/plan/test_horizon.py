"""`market.horizon`: nothing is held before its launch or before a fund holds it, by hand on small markets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config.data import check_series
from engine.config.load import load_config
from engine.errors import ConfigError, StrategyError
from engine.market import horizon
from engine.market.horizon import since
from engine.market.keys import SeriesKey, Span
from engine.market.registry import IndexFacts, index_facts
from engine.plan.plan import Plan, plan_of
from engine.research.explain import explain
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2020, 6, 1), 10)  # Monday 1 June to Friday 12 June
LAUNCH = {"B": DAYS[4], "C": DAYS[6]}  # Friday the 5th, Tuesday the 9th
FUND = {"B": DAYS[7]}
CLOSES = {"A": 1.0, "B": 2.0, "C": 3.0}  # a gain of so many points a session: C leads B leads A


def facts(name: str) -> IndexFacts:
    whole = index_facts()["NIFTY BANK"]
    fund = FUND.get(name)
    return whole._replace(
        name=name, launch_date=LAUNCH.get(name, date(2000, 1, 3)), proxy="FUND" if fund else None, proxy_from=fund
    )


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, IndexFacts]:
    known = {name: facts(name) for name in CLOSES}
    monkeypatch.setattr(horizon, "index_facts", lambda: known)
    return known


def planned(plain: Mapping[str, object], **market: object) -> Plan:
    histories = {
        name: history(DAYS, [100.0 + step * place for place in range(len(DAYS))]) for name, step in CLOSES.items()
    }
    settings = {"benchmark": "A", "universe": ["A", "B", "C"], **market}
    return plan_of(config_of({**plain, "market": settings}), engine_market("A", histories, weekdays(DAYS[-1], 4)[1:]))


def fixed(**weights: float) -> dict[str, object]:
    return strategy(rules=[{"name": "all", "hold": weights}])


LEADER = strategy(
    signals={"gain": {"use": "momentum", "lookback": 1}},
    rules=[{"name": "best", "hold": {"use": "top", "n": 1, "by": "gain"}}],
)


def first_day(plan: Plan) -> date:
    return DAYS[int(plan.decisions[0])]


def test_a_fixed_name_makes_the_first_decision_wait_for_its_launch_and_says_so() -> None:
    plan = planned(fixed(A=0.5, B=0.5), horizon="since_launch")
    assert first_day(plan) == DAYS[4]
    assert (
        "the first decision is on 2020-06-05: on 2020-06-04 B cannot be held (market.horizon: since_launch): "
        "B was launched on 2020-06-05" in plan.notes
    )
    assert first_day(planned(fixed(A=0.5, B=0.5))) == DAYS[0]  # `all` is what it was


def test_a_candidate_enters_on_the_day_of_its_launch() -> None:
    plan = planned(LEADER, horizon="since_launch")
    held = [plan.assets[int(np.argmax(row))] for row in plan.weights]
    # momentum is known from session 1; B is there from session 4, C from session 6
    assert held == ["A", "A", "A", "B", "B", "C", "C", "C", "C"]
    assert "C could only be held from 2020-06-09 on (market.horizon: since_launch): C was launched on 2020-06-09" in (
        " ".join(plan.notes)
    )
    assert {plan.assets[int(np.argmax(row))] for row in planned(LEADER).weights} == {"C"}


def test_a_candidate_without_a_fund_never_enters() -> None:
    plan = planned({**LEADER, "market": {}}, horizon="since_proxy", universe=["B", "C"])
    assert {plan.assets[int(np.argmax(row))] for row in plan.weights} == {"B"}
    assert first_day(plan) == DAYS[7]
    assert "C could never be held (market.horizon: since_proxy): no fund that holds C is known here" in plan.notes


def test_a_fixed_name_without_a_fund_is_one_message() -> None:
    with pytest.raises(StrategyError, match=r"C cannot be held \(market.horizon: since_proxy\): no fund that holds C"):
        planned(fixed(C=1.0), horizon="since_proxy")


def test_signals_still_read_what_was_computed_backwards() -> None:
    plain = strategy(
        signals={"up": {"use": "momentum", "of": "C", "lookback": 1}},
        rules=[{"name": "up", "when": "up > 0", "hold": {"A": 1.0}}],
    )
    assert first_day(planned(plain, horizon="since_launch")) == DAYS[1]


def test_the_benchmark_is_never_hidden(registry: dict[str, IndexFacts]) -> None:
    registry["A"] = registry["A"]._replace(launch_date=DAYS[8])
    plan = planned(fixed(B=1.0), horizon="since_launch")
    assert first_day(plan) == DAYS[4]


def test_a_rule_that_waits_for_all_names_says_who_is_left_out() -> None:
    plain = strategy(rules=[{"name": "all", "hold": {"use": "equal"}}])
    with pytest.raises(StrategyError, match=r"leaves out A and C\)"):
        planned(plain, horizon="since_proxy")


def test_a_basket_was_never_launched() -> None:
    for kind in ("since_launch", "since_proxy"):
        fact = since("THEME", kind, {"THEME"})
        assert (fact.day, fact.known) == (None, True)
        assert fact.why == "there is no launch and no fund of THEME, built from stocks"


# The shipped registry and files.

FILE = """
name: file
market: {{universe: [{names}], horizon: {horizon}}}
rules: [{{name: all, hold: {{{held}: 100%}}}}]
"""


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horizon, "index_facts", index_facts)


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("held", "kind", "lacking"),
    [
        ("NIFTY PSE", "since_launch", "no launch date of NIFTY PSE is known here"),
        ("NIFTY METAL", "since_proxy", "the inception of METALIETF, which holds NIFTY METAL, is not known here"),
        ("NIFTY ALPHA 50", "since_launch", "nothing is known here of NIFTY ALPHA 50"),
    ],
)
def test_a_date_that_is_not_known_is_an_error(tmp_path: Path, held: str, kind: str, lacking: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(FILE.format(names=held, held=held, horizon=kind), "utf-8")
    with pytest.raises(ConfigError, match=f"file.yaml:3:.*horizon: {kind} needs a date .*{lacking}"):
        load_config(path)


@pytest.mark.usefixtures("shipped")
def test_a_name_that_is_only_in_the_universe_needs_none(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(FILE.format(names="NIFTY PSE, NIFTY 50", held="NIFTY 50", horizon="since_launch"), "utf-8")
    config = load_config(path)
    assert config.normalised()["market"]["horizon"] == "since_launch"
    assert any("only from the day of its launch on" in line for line in explain(config))


@pytest.mark.usefixtures("shipped")
def test_what_people_call_an_index_is_answered_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(FILE.format(names="BANK NIFTY", held="BANK NIFTY", horizon="all"), "utf-8")
    span = Span("2020-01-01", "2021-01-01", 200)
    there = {SeriesKey(name, "total"): span for name in ("NIFTY 50", "NIFTY BANK")}
    with pytest.raises(ConfigError, match=r"no BANK NIFTY \(total\); did you mean 'NIFTY BANK'\?"):
        check_series(load_config(path), there, "the store")


@pytest.mark.usefixtures("shipped")
def test_the_dates_are_those_of_the_registry() -> None:
    found: dict[str, Any] = {kind: since("NIFTY INDIA DEFENCE", kind) for kind in ("since_launch", "since_proxy")}
    assert found["since_launch"].day == date(2022, 1, 19)
    assert found["since_proxy"].day == date(2024, 8, 19)
