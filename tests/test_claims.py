"""Claims against closes written by hand, and searches against plain loops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from engine.claims import REACH, VERDICTS, Capture, Check, Gain
from engine.results import attribution, summary
from engine.run import Result, run
from tests.markets import History, config_of, engine_market, history, strategy, weekdays

DAYS = weekdays(date(2023, 12, 28), 17)  # from a Thursday to Friday 19 January
A = [100.0, 100, 100, 100, 100, 102, 104, 105, 106, 107, 108, 110, 110, 110, 110, 110, 110]
B = [200.0, 200, 200, 200, 200, 201, 210, 212, 214, 216, 218, 220, 220, 220, 220, 220, 198]
SWITCH = [  # A moves by more than 1.5% on the 4th and the 5th: B is bought on the 5th and sold on the 9th
    {"name": "up", "when": "rise > 0.015", "hold": {"B": 1.0}},
    {"name": "else", "hold": {"A": 1.0}},
]
CLAIM = {"says": "they rose", "from": "2024-01-03", "to": "2024-01-12", "gains": {"B": 0.1, "A": 0.12}}
CANNOT = VERDICTS[3]


def histories(**more: History) -> dict[str, History]:
    return {"A": history(DAYS, A), "B": history(DAYS, B), **more}


def ran(
    *claims: dict[str, Any],
    rules: object = SWITCH,
    priced: dict[str, History] | None = None,
    later: tuple[date, ...] = (),
    decide: str = "daily",
) -> Result:
    plain = strategy(
        market={"benchmark": "A", "universe": ["A", "B"]}, rules=rules, claims=list(claims),
        signals={"rise": {"use": "momentum", "of": "A", "lookback": 1}}, schedule={"decide": decide},
    )  # fmt: skip
    return run(config_of(plain), engine_market("A", priced or histories(), list(later)))


def captured(gain: Gain) -> list[float | date | None]:
    """Held, filled, gain and share, rounded so that they can be compared."""
    found = gain.capture
    assert found is not None
    left, share = (None if value is None else round(value, 12) for value in (found.gain, found.share))
    return [round(found.held, 9), found.filled, left, share]


def checked(**changes: Any) -> Check:
    (check,) = ran(CLAIM | changes).claims
    return check


def test_gains_are_those_of_the_closes_at_the_stated_dates() -> None:
    check = checked()
    assert (check.since, check.to, check.searched) == (date(2024, 1, 3), date(2024, 1, 12), ())
    assert [gain.index for gain in check.gains] == ["B", "A"]
    assert [gain.measured for gain in check.gains] == pytest.approx([220 / 200 - 1, 110 / 100 - 1])
    assert [gain.difference for gain in check.gains] == pytest.approx([0.0, -0.02], abs=1e-12)
    assert [gain.verdict for gain in check.gains] == ["borne out", "not borne out"]


def test_a_day_without_a_session_means_the_last_one_before_it() -> None:
    check = checked(**{"from": "2024-01-07", "to": "2024-01-14"})  # two Sundays
    assert (check.since, check.to) == (date(2024, 1, 5), date(2024, 1, 12))
    assert check.gains[0].measured == pytest.approx(220 / 210 - 1)


def test_gains_are_of_the_price_index_whatever_is_held() -> None:
    total = histories(B=history(DAYS, B))
    total["B"] = History(total["B"].price, {day: 1.0 + place for place, day in enumerate(DAYS)}, total["B"].opens)
    (check,) = ran(CLAIM, priced=total).claims
    assert check.gains[0].measured == pytest.approx(0.1)
    assert check.gains[0].capture is not None
    assert check.gains[0].capture.gain == pytest.approx(220 / 210 - 1)


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        (0.1, "borne out"), (0.105, "borne out"), (0.095, "borne out"), (0.1051, "close"), (0.0949, "close"),
        (0.11, "close"), (0.09, "close"), (0.1101, "not borne out"), (0.0899, "not borne out"),
    ],
)  # fmt: skip
def test_half_a_point_is_borne_out_and_a_point_is_close(claimed: float, verdict: str) -> None:
    assert Gain("A", claimed, 0.1, None).verdict == verdict


@pytest.mark.parametrize(
    "ends",
    [
        {"to": "2024-01-22"},  # the Monday after the data, a session
        {"to": "2030-01-01"},
        {"from": "2023-12-27"},  # the Wednesday before the data
        {"from": "2024-01-06", "to": "2024-01-07"},  # the same Friday
        {"from": "search", "near": "2030-01-01"},
    ],
    ids=str,
)
def test_without_data_at_the_dates_nothing_is_said(ends: dict[str, str]) -> None:
    (check,) = ran(CLAIM | ends, later=(date(2024, 1, 22),)).claims
    assert (check.since, check.to, check.nearby) == (None, None, None)
    assert [(gain.measured, gain.difference, gain.verdict, gain.capture) for gain in check.gains] == [
        (None, None, CANNOT, None)
    ] * 2


def test_a_weekend_after_the_last_session_is_covered_by_it() -> None:
    (check,) = ran(CLAIM | {"to": "2024-01-21"}, later=(date(2024, 1, 22),)).claims
    assert check.to == date(2024, 1, 19)
    (check,) = ran(CLAIM | {"to": "2024-01-21"}).claims  # and where no later session is known, nobody can say so
    assert check.to is None


def test_an_index_without_a_close_cannot_be_checked_and_the_others_can() -> None:
    priced = histories(C=history(DAYS[6:], B[6:]))
    (check,) = ran(CLAIM | {"gains": {"C": 0.1, "A": 0.1}}, priced=priced).claims
    assert [gain.verdict for gain in check.gains] == [CANNOT, "borne out"]
    assert check.nearby is not None
    assert check.nearby.since == date(2024, 1, 5)  # the first session with both
    (check,) = ran(CLAIM | {"gains": {"C": 0.1, "A": 0.1}, "to": "search"}, priced=priced).claims
    assert {gain.verdict for gain in check.gains} == {CANNOT}


def test_capture_runs_from_the_first_fill_of_a_higher_target() -> None:
    mid, large = checked().gains
    assert captured(mid) == [0.0, date(2024, 1, 5), round(10 / 210, 12), round(10 / 210 / 0.1, 12)]
    assert captured(large) == [1.0, date(2024, 1, 9), round(4 / 106, 12), round(4 / 106 / 0.1, 12)]


def test_a_fill_at_the_first_close_leaves_all_of_it_and_one_before_does_not_count() -> None:
    (gain, _) = checked(**{"from": "2024-01-05"}).gains
    assert captured(gain) == [1.0, date(2024, 1, 5), round(10 / 210, 12), 1.0]
    (gain, _) = checked(**{"from": "2024-01-08"}).gains
    assert gain.capture == Capture(1.0)
    (gain, _) = checked(to="2024-01-04").gains
    assert gain.capture == Capture(0.0)


def test_a_rise_of_the_target_counts_and_rebalancing_does_not() -> None:
    rules = [SWITCH[0], {"name": "else", "hold": {"A": 0.5, "B": 0.5}}]
    (check,) = ran(CLAIM, rules=rules).claims
    assert captured(check.gains[0])[:2] == [0.5, date(2024, 1, 5)]
    result = ran(CLAIM, rules=[{"name": "both", "hold": {"A": 0.5, "B": 0.5}}])
    assert (result.ledger.fills["side"] == "buy").sum() > 2  # daily, back to half and half
    assert [gain.capture and gain.capture.filled for gain in result.claims[0].gains] == [None, None]


def test_what_no_rule_holds_has_no_capture_and_a_fall_has_no_share() -> None:
    (check,) = ran(CLAIM | {"gains": {"C": 0.1}}, priced=histories(C=history(DAYS, B))).claims
    assert check.gains[0].measured == pytest.approx(0.1)
    assert check.gains[0].capture is None
    (check,) = ran(CLAIM | {"to": "2024-01-19", "gains": {"B": -0.01}}).claims
    assert check.gains[0].measured == pytest.approx(198 / 200 - 1)
    assert captured(check.gains[0]) == [0.0, date(2024, 1, 5), round(198 / 210 - 1, 12), None]


def long_market() -> tuple[list[date], dict[str, list[float]]]:
    days = weekdays(date(2024, 1, 1), 160)
    moves = np.random.default_rng(5).normal(0.0, 0.01, (2, 160))
    return days, dict(zip("AB", (100 * np.exp(np.cumsum(moves, axis=1))).tolist(), strict=True))


def searched(since: str, to: str, gains: dict[str, float], near: date | None = None) -> Check:
    days, closes = long_market()
    claim: dict[str, Any] = {"says": "x", "from": since, "to": to, "gains": gains}
    claim |= {} if near is None else {"near": str(near)}
    priced = {name: history(days, one) for name, one in closes.items()}
    (check,) = ran(claim, rules=[{"name": "a", "hold": {"A": 1.0}}], priced=priced).claims
    return check


def best(gains: dict[str, float], starts: range, ends: range) -> tuple[date, date]:
    days, closes = long_market()
    tried = [
        (sum((closes[name][end] / closes[name][start] - 1 - gain) ** 2 for name, gain in gains.items()), start, end)
        for start in starts for end in ends if 0 <= start < end < len(days)
    ]  # fmt: skip
    _, start, end = min(tried)
    return days[start], days[end]


GAINS = {"A": 0.01, "B": 0.05}  # for which the least absolute differences are elsewhere


def test_a_searched_end_is_the_best_within_45_sessions_of_the_other() -> None:
    days, _ = long_market()
    check = searched(str(days[40]), "search", GAINS)
    assert (check.since, check.to) == best(GAINS, range(40, 41), range(41, 40 + REACH + 1))
    assert check.searched == ("to",)
    check = searched("search", str(days[100]), GAINS)
    assert (check.since, check.to) == best(GAINS, range(100 - REACH, 100), range(100, 101))


def test_a_search_looks_as_far_as_it_says_and_no_further() -> None:
    days, closes = long_market()
    for end, found in ((40 + REACH, True), (40 + REACH + 1, False)):
        gains = {name: one[end] / one[40] - 1 for name, one in closes.items()}
        check = searched(str(days[40]), "search", gains)
        assert (check.to == days[end]) is found


def test_near_says_where_to_search() -> None:
    days, _ = long_market()
    check = searched(str(days[10]), "search", GAINS, near=days[110])
    assert (check.since, check.to) == best(GAINS, range(10, 11), range(110 - REACH, 110 + REACH + 1))
    check = searched("search", "search", GAINS, near=days[80])
    about = range(80 - REACH, 80 + REACH + 1)
    assert (check.since, check.to) == best(GAINS, about, about)
    assert check.nearby is None


def test_the_dates_an_author_may_have_used_are_within_five_sessions_of_both_ends() -> None:
    days, closes = long_market()
    gains = {name: one[102] / one[59] - 1 for name, one in closes.items()}
    for since, to, found in ((60, 100, True), (64, 97, True), (65, 100, False), (60, 96, False)):
        check = searched(str(days[since]), str(days[to]), gains)
        assert (check.since, check.to) == (days[since], days[to])
        assert check.nearby is not None
        expected = best(gains, range(since - 5, since + 6), range(to - 5, to + 6))
        assert (check.nearby.since, check.nearby.to) == expected
        assert (expected == (days[59], days[102])) is found
    check = searched(str(days[60]), "search", gains)
    assert check.to is not None
    end = days.index(check.to)
    assert check.nearby is not None
    assert (check.nearby.since, check.nearby.to) == best(gains, range(55, 66), range(end - 5, end + 6))


def test_the_summary_has_every_claim_and_the_attribution_none() -> None:
    result = ran(CLAIM, CLAIM | {"to": "2024-01-22"})
    found, missing = summary(result)["claims"]
    assert found["says"] == "they rose"
    assert (found["from"], found["to"], found["searched"]) == ("2024-01-03", "2024-01-12", [])
    assert found["gains"]["B"] == {
        "claimed": 0.1,
        "measured": pytest.approx(0.1),
        "difference": pytest.approx(0.0, abs=1e-12),
        "verdict": "borne out",
        "capture": {
            "held": 0.0,
            "filled": "2024-01-05",
            "gain": pytest.approx(10 / 210),
            "share": pytest.approx(10 / 21),
        },
    }
    assert set(found["nearby"]["measured"]) == {"A", "B"}
    assert (missing["from"], missing["to"], missing["nearby"]) == (None, None, None)
    assert missing["gains"]["A"] == {
        "claimed": 0.12, "measured": None, "difference": None, "verdict": CANNOT, "capture": None,
    }  # fmt: skip
    assert "claims" not in attribution(result)
    assert summary(ran())["claims"] == []


def test_an_order_that_waited_is_filled_when_it_found_a_price() -> None:
    priced = histories()
    for prices in (priced["B"].price, priced["B"].total, priced["B"].opens):
        del prices[date(2024, 1, 8)]
    (check,) = ran(CLAIM, priced=priced, decide="weekly").claims
    assert captured(check.gains[0])[:2] == [0.0, date(2024, 1, 9)]


def test_days_without_sessions_before_a_claim_do_not_shift_its_fills() -> None:
    """Positions count sessions: a hole in the calendar before the claim moves none of its dates."""
    days = [DAYS[0] - timedelta(days=30), *DAYS[1:]]
    priced = {"A": history(days, A), "B": history(days, B)}
    (check,) = ran(CLAIM, priced=priced).claims
    assert check.gains[0].capture is not None
    assert check.gains[0].capture.filled == date(2024, 1, 5)
