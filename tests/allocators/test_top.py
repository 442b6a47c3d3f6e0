"""The best few: ranks, ties, buffer and fallback, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blocks import Moment, Scope, load
from strategies.allocators.top import Top
from strategies.signals.momentum import Momentum
from tests.allocators.moments import exactly
from tests.allocators.moments import moment as at_close

load()  # `weigh` names an allocator

UNIVERSE = ("A", "B", "C", "D")


def moment(scores: dict[str, float], chosen: tuple[str, ...] = (), priced: str = "ABCD") -> Moment:
    return Moment(UNIVERSE, frozenset(priced), {"s": scores}, chosen)


def weights(
    scores: dict[str, float], chosen: tuple[str, ...] = (), priced: str = "ABCD", **fields: Any
) -> dict[str, float]:
    return dict(Top(by="s", **{"n": 2, **fields}).allocate(moment(scores, chosen, priced)).weights)


SCORES = {"A": 1.0, "B": 3.0, "C": 2.0, "D": 2.0}


@pytest.mark.parametrize(
    ("fields", "chosen", "expected"),
    [
        ({}, (), {"B": 0.5, "C": 0.5}),  # C and D tie: universe order
        ({"n": 3}, (), {"B": 1 / 3, "C": 1 / 3, "D": 1 / 3}),
        ({"of": ("D", "C", "A")}, (), {"C": 0.5, "D": 0.5}),  # ties by the universe's order, not the list's
        ({"buffer": 1}, ("D",), {"D": 0.5, "B": 0.5}),  # D is third, within 2 + 1
        ({"buffer": 1}, ("A",), {"B": 0.5, "C": 0.5}),  # A is fourth
        ({"buffer": 2}, ("A", "D"), {"D": 0.5, "A": 0.5}),
        ({"min_score": 2.5}, (), {"B": 0.5}),  # the other half is CASH
        ({"min_score": 2.5, "fallback": "A"}, (), {"B": 0.5, "A": 0.5}),
        ({"min_score": 2.5, "fallback": "B"}, (), {"B": 1.0}),
        ({"min_score": 9.0}, ("B",), {}),
    ],
)
def test_by_hand(fields: dict[str, Any], chosen: tuple[str, ...], expected: dict[str, float]) -> None:
    assert weights(SCORES, chosen, **fields) == pytest.approx(expected)


def test_a_candidate_needs_a_price_and_a_score() -> None:
    assert weights(SCORES, priced="ACD") == {"C": 0.5, "D": 0.5}
    assert weights({"A": 1.0, "D": 0.5}) == {"A": 0.5, "D": 0.5}
    assert not Top(by="s", n=2).ready(moment({"B": 1.0, "A": 2.0}, priced="BCD"))
    assert Top(by="s", n=2).ready(moment({"B": 1.0, "C": 2.0}, priced="BCD"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"of": ("A", "Z")}, "unknown name in the universe 'Z'"),
        ({"of": ("A", "B", "A")}, "'A' is listed twice"),
        ({"fallback": "Z"}, "unknown name in the universe 'Z'"),
        ({"n": 5}, "n is 5 but there are only 4 candidates"),
        ({"by": "t"}, "unknown signal 't'"),
        ({"by": "one"}, "'one' speaks of 'A' alone"),
        ({"by": "some"}, "the signal 'some' does not cover C, D"),
        ({"by": "some", "of": ("A", "B")}, None),
        ({"weigh": {"use": "equal", "of": ["A", "B"]}}, "`top` says who is weighed"),
        ({"weigh": {"use": "score_weighted", "by": "t"}}, "unknown signal 't'"),
        ({"weigh": {"use": "score_weighted", "by": "one"}}, "'one' speaks of 'A' alone"),
        ({"weigh": {"use": "score_weighted", "by": "some"}}, "the signal 'some' does not cover C, D"),
        ({"weigh": {"use": "score_weighted", "by": "s", "fallback": "Z"}}, "unknown name in the universe 'Z'"),
        ({"weigh": {"use": "score_weighted", "by": "some"}, "of": ("A", "B")}, None),
        ({"weigh": "min_variance"}, None),
        ({}, None),
    ],
)
def test_mistakes(fields: dict[str, Any], said: str | None) -> None:
    signals = {
        "s": Momentum(lookback=2),
        "one": Momentum(lookback=2, of="A"),
        "some": Momentum(lookback=2, of=("A", "B")),
    }
    found = list(Top(**{"by": "s", "n": 2, **fields}).mistakes(Scope(UNIVERSE, signals)))
    assert [mistake.message.startswith(said or "?") for mistake in found] == ([True] if said else [])


DEVIATIONS = {"A": 1.0, "B": 2.0, "C": 4.0, "D": 8.0}  # per cent a day


def calm_and_wild(scores: dict[str, float]) -> Moment:
    moves = exactly([[DEVIATIONS[a] ** 2 * 1e-4 if a == b else 0.0 for b in UNIVERSE] for a in UNIVERSE])
    return at_close(moves)._replace(scores={"s": scores})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"B": 2 / 3, "C": 1 / 3}),  # 4% against 2% a day
        ({"n": 3}, {"B": 4 / 7, "C": 2 / 7, "D": 1 / 7}),
        ({"n": 3, "min_score": 2.5, "of": ("A", "B")}, {"B": 1 / 3}),  # one of three slots
        ({"n": 4, "min_score": 2.0}, {"B": 3 / 4 * 4 / 7, "C": 3 / 4 * 2 / 7, "D": 3 / 4 * 1 / 7}),
        ({"n": 4, "min_score": 2.0, "fallback": "C"}, {"B": 3 / 7, "C": 3 / 14 + 1 / 4, "D": 3 / 28}),
        ({"min_score": 9.0}, {}),
    ],
)
def test_the_chosen_share_their_part_by_inverse_volatility(fields: dict[str, Any], expected: dict[str, float]) -> None:
    top = Top(by="s", **{"n": 2, "weigh": {"use": "inverse_volatility", "window": 16}, **fields})
    assert top.allocate(calm_and_wild(SCORES)).weights == pytest.approx(expected, rel=1e-12)


def test_the_first_decision_waits_until_the_chosen_can_be_weighed() -> None:
    known = calm_and_wild(SCORES)
    assert Top(by="s", n=2, weigh={"use": "inverse_volatility", "window": 16}).ready(known)
    assert not Top(by="s", n=2, weigh="inverse_volatility").ready(known)  # sixty are asked for
    assert Top(by="s", n=2).ready(known)


def test_the_chosen_share_by_another_score() -> None:
    top = Top(by="s", n=2, weigh={"use": "score_weighted", "by": "t", "fallback": "D"})
    assert top.scores == ("s", "t")
    assert top.certain() == ("D",)
    assert top.holds(("A", "B")) == ("A", "B", "D")
    both = {"s": SCORES, "t": {"A": 9.0, "B": 1.0, "C": 3.0}}
    assert top.allocate(moment(SCORES)._replace(scores=both)).weights == {"B": 0.25, "C": 0.75}
    none = {"s": SCORES, "t": {"A": 9.0, "B": -1.0, "C": 0.0}}
    assert top.allocate(moment(SCORES)._replace(scores=none)).weights == {"D": 1.0}
    assert top.reads() == frozenset()


def test_the_sentence_says_what_decides() -> None:
    said = Top.model_validate({
        "use": "top", "n": 2, "by": "m", "of": ["A", "B", "C"], "min_score": "5%", "buffer": 1, "fallback": "A",
        "weigh": "inverse_volatility",
    }).sentence()  # fmt: skip
    assert said == (
        "the 2 of A, B and C highest by m that reach 0.05, kept down to rank 3, shared by inverse_volatility, else A"
    )
    plain = Top.model_validate({"use": "top", "n": 3, "by": "m"}).sentence()
    assert plain == "the 3 of the universe highest by m, in equal parts, else CASH"
