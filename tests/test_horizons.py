"""What could have been had then: flags, windows and measures by hand, on small markets.

A measure is recomputed here by its formula in docs/semantics.md, with the standard library alone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import pytest

from engine.config.data import load_market
from engine.config.load import load_config
from engine.horizons import runs_of
from engine.market import horizon
from engine.market.cash import cash_index
from engine.market.registry import IndexFacts, index_facts
from engine.results import summary
from engine.run import Result, run
from tests.markets import config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2021, 3, 1), 12)  # Monday 1 March to Tuesday 16 March
A = [100.0, 101.0, 103.0, 102.0, 104.0, 103.0, 105.0, 107.0, 106.0, 108.0, 110.0, 109.0]
B = [50.0, 49.0, 51.0, 53.0, 52.0, 54.0, 57.0, 55.0, 58.0, 60.0, 59.0, 62.0]
OLD = date(2000, 1, 3)
Facts = dict[str, IndexFacts]


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Facts:
    """A is old and has a fund; B is launched at session 5, its fund came at session 8."""
    whole = index_facts()["NIFTY BANK"]
    known = {
        "A": whole._replace(name="A", launch_date=OLD, proxy="ABEES", proxy_from=OLD),
        "B": whole._replace(name="B", launch_date=DAYS[5], proxy="BBEES", proxy_from=DAYS[8], verified=False),
    }
    monkeypatch.setattr(horizon, "index_facts", lambda: known)
    return known


def ran(plain: Mapping[str, object]) -> Result:
    histories = {"A": history(DAYS, A), "B": history(DAYS, B)}
    settings = {"market": {"benchmark": "A", "universe": ["A", "B"]}}
    return run(config_of({**plain, **settings}), engine_market("A", histories, weekdays(DAYS[-1], 4)[1:]))


def all_in(**weights: float) -> dict[str, object]:
    return strategy(rules=[{"name": "all", "hold": weights}])


TURNING = strategy(  # B after a session on which A gained, else A
    signals={"up": {"use": "momentum", "of": "A", "lookback": 1}},
    rules=[{"name": "up", "when": "up > 0", "hold": {"B": 1.0}}, {"name": "rest", "hold": {"A": 1.0}}],
    execution={"buy_bps": 10, "sell_bps": 20, "slippage_bps": 0, "capital": 1000.0, "min_trade": 0},
)


def test_flags_are_those_of_the_sessions_on_which_it_was_held() -> None:
    result = ran(all_in(B=1.0))
    # the window is sessions 1 to 11: B is there from session 5 on, its fund from session 8 on
    assert result.horizons.backfilled.tolist() == [True] * 4 + [False] * 7
    assert result.horizons.before_proxy.tolist() == [True] * 7 + [False] * 4
    assert result.horizons.unverified == ("B",)


def test_only_what_is_held_at_the_close_counts() -> None:
    result = ran(TURNING)
    held = result.ledger.weights["B"].to_numpy() > 0.5
    # A rose at sessions 1, 2, 4, 6, 7, 9 and 10, so B is held after the fills of 2, 3, 5, 7, 8, 10 and 11
    assert [place + 2 for place, flag in enumerate(held) if flag] == [2, 3, 5, 7, 8, 10, 11]
    assert [place + 2 for place, flag in enumerate(result.horizons.backfilled) if flag] == [2, 3]
    assert [place + 2 for place, flag in enumerate(result.horizons.before_proxy) if flag] == [2, 3, 5, 7]


def by_hand(nav: list[float], days: list[date], cash: list[float]) -> dict[str, float]:
    """CAGR, volatility, Sharpe and drawdown of values that start at the first of them."""
    years = (days[-1] - days[0]).days / 365.25
    returns = [0.0, *(after / before - 1 for before, after in itertools.pairwise(nav))]
    idle = [0.0, *(after / before - 1 for before, after in itertools.pairwise(cash))]
    year = (len(nav) - 1) / years
    excess = [one - other for one, other in zip(returns, idle, strict=True)]
    return {
        "cagr": (nav[-1] / nav[0]) ** (1 / years) - 1,
        "volatility": stdev(returns) * math.sqrt(year),
        "sharpe": mean(excess) / stdev(excess) * math.sqrt(year),
        "max_drawdown": min(value / max(nav[: place + 1]) - 1 for place, value in enumerate(nav)),
    }


def test_the_measures_start_at_the_close_of_the_launch() -> None:
    result = ran(all_in(B=1.0))
    found = result.horizons.stretches["since_launch"]
    assert found is not None
    assert (found.window.start, found.window.end, found.window.sessions) == (DAYS[5], DAYS[11], 7)
    cash = cash_index(result.market.days, 0.0035)[5:].tolist()
    for closes, mine in ((B[5:], found.strategy), (A[5:], found.benchmark)):
        for key, value in by_hand(closes, DAYS[5:], cash).items():
            assert mine[key] == pytest.approx(value, rel=1e-9), key
    assert found.strategy["final_value"] == pytest.approx(1_000_000 * 62 / 54)
    assert found.benchmark["final_value"] == pytest.approx(1_000_000 * 109 / 103)
    assert found.active["total"] == pytest.approx(62 / 54 - 109 / 103)
    active = [0.0, *(B[i] / B[i - 1] - A[i] / A[i - 1] for i in range(6, 12))]
    assert found.active["tracking_error"] == pytest.approx(
        stdev(active) * math.sqrt(6 / ((DAYS[11] - DAYS[5]).days / 365.25))
    )
    proxied = result.horizons.stretches["since_proxy"]
    assert proxied is not None
    assert (proxied.window.start, proxied.window.sessions) == (DAYS[8], 4)


def test_turnover_and_costs_are_those_after_the_start() -> None:
    """Fills after session 5 are at 6 (to A), 7 (to B), 9 (to A) and 10 (to B); each sells all and buys all it can."""
    result = ran(TURNING)
    found = result.horizons.stretches["since_launch"]
    assert found is not None
    years = (DAYS[11] - DAYS[5]).days / 365.25
    # a value V is sold for V (1 - 0.002) and buys for V' with V' (1.001) = V (0.998): half of V + V' over V
    kept = 0.998 / 1.001
    assert found.strategy["turnover"] == pytest.approx(4 * (1 + kept) / 2 / years, rel=1e-9)
    worth, paid = 1000.0, 0.0
    closes = {"A": A, "B": B}
    held = "B"
    for session in range(6, 12):
        worth *= closes[held][session] / closes[held][session - 1]
        if session in (6, 7, 9, 10):
            paid += worth * (1 - kept)
            worth *= kept
            held = "A" if held == "B" else "B"
    assert found.strategy["costs"] == pytest.approx(paid, rel=1e-9)
    assert found.strategy["final_value"] == pytest.approx(worth, rel=1e-9)


def test_a_whole_window_is_the_same_measures_entry_cost_included(registry: Facts) -> None:
    registry["B"] = registry["B"]._replace(launch_date=DAYS[1])
    result = ran(TURNING)
    assert result.horizons.stretches["since_launch"] is result.horizons.stretches["all"]
    assert summary(result)["horizons"]["since_launch"]["cagr"] == summary(result)["cagr"]
    assert not result.horizons.backfilled.any()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"launch_date": None}, "no launch date of B is known here"),
        ({"launch_date": date(2021, 3, 16)}, "B was launched on 2021-03-16, and the window ends on 2021-03-16"),
        ({"launch_date": date(2024, 1, 2)}, "B was launched on 2024-01-02, and the window ends on 2021-03-16"),
    ],
)
def test_without_such_a_time_there_is_a_reason(registry: Facts, change: dict[str, object], reason: str) -> None:
    registry["B"] = registry["B"]._replace(**change)  # type: ignore[arg-type]  # one field
    found = ran(all_in(A=0.5, B=0.5)).horizons
    assert found.stretches["since_launch"] is None
    assert found.reasons == {"since_launch": reason}
    assert found.unknown == (("B",) if change["launch_date"] is None else ())
    assert found.backfilled.any() == (change["launch_date"] is not None)  # what is not known is neither


@pytest.mark.parametrize(
    ("fund", "reason", "early"),
    [
        (None, "no fund that holds B is known here", 11),
        ("BBEES", "the inception of BBEES, which holds B, is not known here", 0),
    ],
)
def test_without_a_fund_there_is_a_reason(registry: Facts, fund: str | None, reason: str, early: int) -> None:
    registry["B"] = registry["B"]._replace(proxy=fund, proxy_from=None)
    found = ran(all_in(A=0.5, B=0.5)).horizons
    assert found.reasons == {"since_proxy": reason}
    assert int(found.before_proxy.sum()) == early


def test_reasons_of_the_same_kind_are_one(registry: Facts) -> None:
    for name in registry:
        registry[name] = registry[name]._replace(proxy=None, proxy_from=None)
    assert ran(all_in(A=0.5, B=0.5)).horizons.reasons == {"since_proxy": "no fund that holds A and B is known here"}


def test_the_benchmark_counts_for_launches_and_needs_no_fund(registry: Facts) -> None:
    registry["A"] = registry["A"]._replace(launch_date=DAYS[3], proxy=None, proxy_from=None)
    registry["B"] = registry["B"]._replace(launch_date=OLD, proxy_from=OLD)
    result = ran(all_in(B=1.0))
    found = result.horizons.stretches["since_launch"]
    assert found is not None
    assert found.window.start == DAYS[3]
    assert result.horizons.backfilled.tolist() == [True, True] + [False] * 9
    assert result.horizons.stretches["since_proxy"] is result.horizons.stretches["all"]


def test_decisions_that_looked_at_what_was_not_launched() -> None:
    plain = strategy(
        signals={
            "up": {"use": "momentum", "of": "B", "lookback": 1},
            "idle": {"use": "momentum", "of": "B", "lookback": 9},
        },
        rules=[{"name": "up", "when": "up > 0", "hold": {"A": 1.0}}, {"name": "rest", "hold": {"CASH": 1.0}}],
    )
    result = ran(plain)
    # decisions at sessions 1 to 10 and the last one, which nothing follows; B is there from session 5 on
    assert DAYS[int(result.plan.decisions[0])] == DAYS[1]
    assert (result.horizons.backfilled_decisions, result.horizons.looked_at) == (4, ("B",))
    assert ran(TURNING).horizons.backfilled_decisions == 0  # it looks at A


def test_only_cash_could_always_be_had() -> None:
    found = ran(all_in(CASH=1.0)).horizons
    assert found.stretches["since_launch"] is found.stretches["since_proxy"] is found.stretches["all"]


def test_runs_of_flags() -> None:
    flags = [True, True, False, True, False, False, True]
    assert runs_of(np.array(flags)) == [(0, 1), (3, 3), (6, 6)]
    assert runs_of(np.array([False])) == []


def test_the_summary_has_numbers_or_null_and_why(registry: Facts) -> None:
    registry["B"] = registry["B"]._replace(proxy=None, proxy_from=None)
    told = summary(ran(all_in(B=1.0)))["horizons"]
    assert list(told)[:3] == ["all", "since_launch", "since_proxy"]
    assert told["since_proxy"] is None
    assert told["reasons"] == {"since_proxy": "no fund that holds B is known here"}
    assert told["since_launch"]["start"] == str(DAYS[5])
    assert set(told["since_launch"]) == set(told["all"])
    assert (told["backfilled_sessions"], told["before_proxy_sessions"]) == (4, 11)


def test_the_flagship_has_no_fund_for_its_smallcaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the sample market."""
    monkeypatch.setattr(horizon, "index_facts", index_facts)
    config = load_config(Path(__file__).parents[1] / "configs" / "midcap_rotation.yaml")
    found = run(config, load_market(config)).horizons
    assert found.reasons == {"since_proxy": "no fund that holds NIFTY SMALLCAP 100 is known here"}
    assert found.stretches["since_launch"] is found.stretches["all"]
