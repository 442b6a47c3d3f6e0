"""Conditions: what they may say, where they go wrong, and Kleene's tables for what they mean."""

from __future__ import annotations

import itertools
import math
from contextlib import suppress

import numpy as np
import pytest

from engine.config.expressions import Comparison, ExpressionError, leaves, parse_condition
from engine.plan.truth import truth

NAN = math.nan


def value(text: str, **signals: float) -> float:
    return float(truth(parse_condition(text), {name: np.array([one]) for name, one in signals.items()})[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x > 1", 1.0), ("x >= 2", 1.0), ("x < 2", 0.0), ("x <= 2", 1.0), ("x == 2", 1.0), ("x != 2", 0.0),
        ("1 < x", 1.0), ("3 <= x", 0.0), ("1 < x < 3", 1.0), ("1 < x < 2", 0.0), ("x > -5", 1.0), ("x > +5", 0.0),
        ("x > 150%", 1.0), ("x > 250 %", 0.0), ("x > 2.5e2%", 0.0), ("-200% < x", 1.0), ("x > .5%", 1.0),
        ("not x > 1", 0.0), ("x > 1 and not (x > 3 or x < 0)", 1.0), ("\n x > 1\n and x < 3 ", 1.0),
    ],
)  # fmt: skip
def test_comparisons(text: str, expected: float) -> None:
    assert value(text, x=2.0) == expected


def test_a_per_cent_is_a_hundredth() -> None:
    (leaf,) = leaves(parse_condition("x < -12.5%"))
    assert isinstance(leaf, Comparison)
    assert leaf.number == -0.125


@pytest.mark.parametrize(("a", "b"), list(itertools.product([1.0, 0.0, NAN], repeat=2)))
def test_three_valued_logic(a: float, b: float) -> None:
    def known(x: float) -> bool | None:
        return None if math.isnan(x) else bool(x)

    both, either = known(value("a and b", a=a, b=b)), known(value("a or b", a=a, b=b))
    x, y = known(a), known(b)
    assert both is (False if x is False or y is False else None if x is None or y is None else True)
    assert either is (True if x is True or y is True else None if x is None or y is None else False)
    assert known(value("not a", a=a)) is (None if x is None else not x)


def test_a_comparison_with_the_unknown_is_unknown() -> None:
    for text in ("x > 1", "x != 1", "x == 1", "1 < x < 3"):
        assert math.isnan(value(text, x=NAN))


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("rsi", None), ("a and", 0), ("", 0), ("a b", 0), ("f(x)", 0), ("a + 1 > 2", 0), ("a > b", 0), ("a.b", 0),
        ("a and x()", 6), ("a or (b and 3)", 12), ("a > 'x'", 0), ("a in b", 0), ("lambda: a", 0), ("a if b else c", 0),
        ("a[0]", 0), ("True", 0), ("a > True", 0), ("  a and  3", 9), ("a % 3", 0), ("a > 10 % 3", 0), ("b'x'", 0),
        ("a > é", 4), ("a := 3", 0), ("x > 1j", 0), ("-a", 0), ("~a", 0), ("a is b", 0),
    ],
)  # fmt: skip
def test_what_is_no_condition(text: str, offset: int | None) -> None:
    if offset is None:
        parse_condition(text)
        return
    with pytest.raises(ExpressionError) as refused:
        parse_condition(text)
    assert 0 <= refused.value.offset <= max(len(text), 1)
    if offset:
        assert refused.value.offset == offset


@pytest.mark.parametrize(
    "text", ["x > " + "9" * 400, "not " * 60 + "a", "(not " * 60 + "a" + ")" * 60, "a > " + "-" * 990 + "1"]
)
def test_what_is_too_large_or_too_deep_is_said_so(text: str) -> None:
    with pytest.raises(ExpressionError, match="too large|50 deep at most|too deep|not a condition"):
        parse_condition(text)


@pytest.mark.parametrize("text", ["a" * 3000, "(" * 500 + "a" + ")" * 500, "not " * 400 + "a"])
def test_a_monster_is_refused_or_read_but_never_a_crash(text: str) -> None:
    with suppress(ExpressionError):
        assert leaves(parse_condition(text))
