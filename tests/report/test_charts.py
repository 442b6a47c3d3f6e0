"""Charts are valid, complete Vega-Lite, drawn from what they were given and the same every time."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from engine.report import charts
from engine.report.series import Effect, Span, spans

DAYS = pd.date_range("2024-03-28", periods=40, name="date")
VALUE = pd.Series(1e6 * np.exp(0.01 * np.sin(np.arange(40.0))), DAYS)
RULE = pd.Series((['up, "strong"'] * 3 + ["down"] * 2) * 8, DAYS, dtype=object)
HELD = pd.DataFrame({"A.B[0]": 0.25, "it's": np.linspace(0.0, 0.5, 40), "CASH": 0.75 - np.linspace(0.0, 0.5, 40)}, DAYS)
EFFECTS = [
    Effect("static", "A", 0.1),
    Effect("timing", "A", -0.2),
    Effect("cash", "CASH", 0.0),
    Effect("costs", "Charges", -1e-3),
]
SHADED = [Span("back-filled", "2024-03-28", "2024-04-02", 6), Span("back-filled", "2024-04-10", "2024-04-12", 2)]
DRAWN: dict[str, Callable[[], Any]] = {
    "growth": lambda: charts.growth(VALUE, 1.01 * VALUE, RULE, "NIFTY \"50\""),
    "drawdown": lambda: charts.drawdowns(VALUE / 2e6 - 1.0, VALUE / 3e6 - 1.0, "NIFTY 50"),
    "shaded growth": lambda: charts.growth(VALUE, 1.01 * VALUE, RULE, "NIFTY 50", SHADED),
    "shaded drawdown": lambda: charts.drawdowns(VALUE / 2e6 - 1.0, VALUE / 3e6 - 1.0, "NIFTY 50", SHADED),
    "rule strip": lambda: charts.rule_strip(spans(RULE)),
    "weights": lambda: charts.weights_area(HELD),
    "parts": lambda: charts.attribution_bars(EFFECTS),
}  # fmt: skip


def lines(spec: dict[str, Any], column: str) -> list[dict[str, str]]:
    """The rows of the inline CSV that has a column."""
    (text,) = [text for text in spec["datasets"].values() if column in text.split("\n", 1)[0].split(",")]
    return list(csv.DictReader(StringIO(text)))


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_vega_draws_it_without_a_warning(draw: Callable[[], Any], capfd: pytest.CaptureFixture[str]) -> None:
    spec = charts.spec_of(draw())
    picture = vl_convert.vegalite_to_svg(spec | {"width": 600}, vl_version=charts.VEGA_LITE, allowed_base_urls=[])
    assert picture.count("<path") > 3
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_it_is_the_same_every_time_and_names_no_address(draw: Callable[[], Any]) -> None:
    first, second = (json.dumps(charts.spec_of(draw())) for _ in range(2))
    assert first == second
    assert "http" not in first
    assert '"width": "container"' in first


def test_growth_has_every_session_with_its_rule() -> None:
    rows = lines(charts.spec_of(DRAWN["growth"]()), "strategy")
    assert [row["date"] for row in rows] == [str(day.date()) for day in DAYS]
    assert [row["before"] for row in rows[1:]] == [row["date"] for row in rows[:-1]]
    assert [row["rule"] for row in rows] == RULE.to_list()
    assert np.allclose([float(row["strategy"]) for row in rows], VALUE, rtol=1e-7)


def test_shade_lies_behind_the_lines_and_only_where_there_is_any() -> None:
    for name in ("shaded growth", "shaded drawdown"):
        spec = charts.spec_of(DRAWN[name]())
        assert spec["layer"][0]["name"] == "shade"
        assert [(row["since"], row["until"]) for row in lines(spec, "until")] == [
            ("2024-03-28", "2024-04-02"), ("2024-04-10", "2024-04-12"),
        ]  # fmt: skip
        params = [param["name"] for param in spec["params"]]
        assert params == ["time", "near"]  # charts are linked by the first of these
    assert "shade" not in json.dumps(charts.spec_of(DRAWN["growth"]()))


def test_weights_are_the_columns_in_their_order_and_the_tooltip_lists_them() -> None:
    spec = charts.spec_of(DRAWN["weights"]())
    rows = lines(spec, "weight")
    assert [row["asset"] for row in rows if row["date"] == "2024-03-28"] == ["A.B[0]", "CASH"]  # it's starts at zero
    last = lines(spec, "held")[-1]["held"]
    assert last == "A.B[0] 25.0%, it's 50.0%, CASH 25.0%"
    colours = spec["layer"][0]["encoding"]["color"]["scale"]
    assert colours["domain"] == ["A.B[0]", "it's", "CASH"]
    assert colours["range"][-1] == charts.GREY


def test_bars_leave_zero_effects_out() -> None:
    (rows,) = charts.spec_of(DRAWN["parts"]())["datasets"].values()
    assert [(row["name"], row["part"], row["points"], row["told"]) for row in rows] == [
        ("A", "Static tilt", 10.0, "+10.0"), ("A", "Timing", -20.0, "-20.0"), ("Charges", "Costs", -0.1, "-0.1"),
    ]  # fmt: skip


def test_rupees_in_tooltips_are_grouped_in_lakhs_and_crores() -> None:
    spec = {
        "data": {"values": [{"value": 123349543.4}, {"value": -257186}]},
        "mark": "text",
        "encoding": {"text": {"field": "value", "format": "$,.0f", "type": "quantitative"}},
    }
    picture = vl_convert.vegalite_to_svg(spec, vl_version=charts.VEGA_LITE, format_locale=charts.FORMAT_LOCALE)
    assert ">₹12,33,49,543</text>" in picture
    assert ">-₹2,57,186</text>" in picture


def test_more_rules_than_colours_start_over() -> None:
    rule = pd.Series([f"rule {place}" for place in range(40)], DAYS, dtype=object)
    scale = charts.spec_of(charts.rule_strip(spans(rule)))["layer"][0]["encoding"]["color"]["scale"]
    assert len(scale["domain"]) == len(scale["range"]) == 40


def test_neighbouring_colours_differ() -> None:
    for palette in (charts.CATEGORIES, charts.RULES):
        assert len(set(palette)) == len(palette)
