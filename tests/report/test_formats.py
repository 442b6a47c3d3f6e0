"""Numbers as people read them, against values written by hand."""

from __future__ import annotations

import doctest
from datetime import date

import pytest

from engine.report import formats
from engine.report.formats import DASH, counted, day, grouped, percent, points, ratio, rupees, shown


def test_the_examples_in_the_docstrings_hold() -> None:
    tried = doctest.testmod(formats)
    assert tried.attempted > 0
    assert tried.failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "₹0"),
        (0.4, "₹0"),
        (-0.4, "₹0"),
        (7, "₹7"),
        (999.6, "₹1,000"),
        (1000, "₹1,000"),
        (99_999, "₹99,999"),
        (100_000, "₹1,00,000"),
        (3_349_542.79, "₹33,49,543"),
        (10_000_000, "₹1,00,00,000"),
        (1_234_567_890, "₹1,23,45,67,890"),
        (-257_185.77, "-₹2,57,186"),
    ],
)
def test_rupees_group_in_lakhs_and_crores(value: float, text: str) -> None:
    assert rupees(value) == text


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [
        (0.0, "0.0%", "0.0%"),
        (-0.0, "0.0%", "0.0%"),
        (0.0004, "0.0%", "0.0%"),
        (-0.0004, "0.0%", "0.0%"),
        (0.0006, "0.1%", "+0.1%"),
        (-0.48230046, "-48.2%", "-48.2%"),
        (0.14150127, "14.2%", "+14.2%"),
        (12.5, "1250.0%", "+1250.0%"),
    ],
)
def test_per_cents_take_fractions_and_zero_has_no_sign(value: float, plain: str, signed: str) -> None:
    assert percent(value) == plain
    assert percent(value, signed=True) == signed
    assert points(value) == signed.removesuffix("%")


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf"), float("-inf")])
def test_what_is_missing_is_a_dash(missing: float | None) -> None:
    assert {percent(missing), points(missing), ratio(missing), rupees(missing)} == {DASH}
    assert {shown(missing, kind, signed=True) for kind in ("percent", "ratio", "rupees")} == {DASH}


def test_a_kind_of_number_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError, match="furlongs"):
        shown(1.0, "furlongs")


def test_counts_and_days() -> None:
    assert [grouped(number) for number in (12, 123, 1_234, 12_345, 123_456)] == [
        "12", "123", "1,234", "12,345", "1,23,456",
    ]  # fmt: skip
    assert [counted(number, "order") for number in (0, 1, 2, 1_218)] == [
        "0 orders",
        "1 order",
        "2 orders",
        "1,218 orders",
    ]
    assert [day(date(2016, month, 1)) for month in (1, 12)] == ["1 Jan 2016", "1 Dec 2016"]
