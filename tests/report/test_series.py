"""What the charts draw, in a few rows by hand."""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np
import pandas as pd

from engine.report.series import Span, csv_text, drawn_weights, effects, rounded, spans

DAYS = pd.DatetimeIndex(
    ["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12", "2024-01-15"]
)  # Thursday to Monday of the week after the next


def test_spans_start_at_the_close_before() -> None:
    rule = pd.Series(["a", "a", "b", "b", "b", "a", "a", "c"], DAYS)
    assert spans(rule) == [
        Span("a", "2024-01-04", "2024-01-05", 2),
        Span("b", "2024-01-05", "2024-01-10", 3),
        Span("a", "2024-01-10", "2024-01-12", 2),
        Span("c", "2024-01-12", "2024-01-15", 1),
    ]
    assert spans(rule[:1]) == [Span("a", "2024-01-04", "2024-01-04", 1)]


def test_weights_are_drawn_weekly_and_where_the_names_held_change() -> None:
    weights = pd.DataFrame({"X": [0.5, 0.6, 0.6, 0.6, 0, 0, 0, 0.1], "Y": 0.0, "Z": 0.1}, DAYS)
    drawn = drawn_weights(weights, 1.0 - weights.sum(axis=1))
    kept = ["2024-01-04", "2024-01-05", "2024-01-10", "2024-01-12", "2024-01-15"]  # first, Friday, X sold, Friday, last
    assert [str(day.date()) for day in drawn.index] == kept
    assert list(drawn.columns) == ["X", "Z", "CASH"]
    assert np.allclose(drawn.sum(axis=1), 1.0)


def test_cash_that_is_never_held_is_not_drawn_and_cash_alone_is() -> None:
    full = pd.DataFrame({"X": np.ones(8)}, DAYS)
    assert list(drawn_weights(full, pd.Series(0.0, DAYS)).columns) == ["X"]
    assert list(drawn_weights(0.0 * full, pd.Series(1.0, DAYS)).columns) == ["CASH"]


def test_numbers_keep_eight_digits() -> None:
    assert rounded([3349542.792091368, -0.48230046050417, 0.0, 1.0, float("nan"), 1e-9]) == [
        "3349542.8", "-0.48230046", "0", "1", "", "1e-09",
    ]  # fmt: skip


def test_csv_survives_names_with_commas_quotes_and_line_ends() -> None:
    names = ['a "b", c', "line\nbreak", "=1+1", "मिडकैप"]
    rows = list(csv.DictReader(StringIO(csv_text({"rule": names, "n": ["1", "2", "3", "4"]}))))
    assert [row["rule"] for row in rows] == names
    assert [row["n"] for row in rows] == ["1", "2", "3", "4"]


def test_effects_keep_their_order_and_capitalise_costs() -> None:
    index = pd.MultiIndex.from_tuples([("static", "X"), ("timing", "X"), ("cash", "CASH"), ("costs", "slippage")])
    assert effects(pd.Series([0.1, 0.2, 0.0, -0.3], index)) == [
        ("static", "X", 0.1), ("timing", "X", 0.2), ("cash", "CASH", 0.0), ("costs", "Slippage", -0.3),
    ]  # fmt: skip
