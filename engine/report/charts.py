"""The charts of the page: one function each, sessions in, an Altair chart out.

Importing this module imports Altair (a third of a second), so import it where a chart is drawn. Colours are Okabe and
Ito's (2008), which people with any of the common colour deficiencies can tell apart; text and grid colours are left to
`theme`, so that one chart can follow a page from light to dark. Every chart is as wide as its container.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from engine.market.keys import CASH
from engine.report.formats import points
from engine.report.series import PARTS, Effect, Span, csv_text, iso, rounded

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#999999"
STRATEGY, BENCHMARK = BLUE, VERMILLION
# Beyond seven colours no palette is safe for everyone: the rest are Tol's "muted" (2021), and hovering names them.
CATEGORIES = [
    SKY, ORANGE, GREEN, PURPLE, YELLOW, BLUE, VERMILLION,
    "#332288", "#999933", "#882255", "#117733", "#CC6677", "#AA4499", "#DDCC77", "#44AA99", "#88CCEE",
]  # fmt: skip
RULES = [PURPLE, YELLOW, *CATEGORIES[2::-1], *CATEGORIES[5:]]  # other first colours than the weights below the strip
PART_COLOURS = {"static": SKY, "timing": ORANGE, "cash": GREEN, "costs": PURPLE}

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
FORMAT_LOCALE = {
    "decimal": ".",
    "thousands": ",",
    "grouping": [3, *[2] * 8],
    "currency": ["₹", ""],
    "minus": "-",
}
IN_WORDS = (
    "datum.value >= 1e7 ? '₹' + format(datum.value / 1e7, '.4~g') + ' cr' : "
    "datum.value >= 1e5 ? '₹' + format(datum.value / 1e5, '.4~g') + ' lakh' : '₹' + format(datum.value, ',.4~g')"
)
WHEN = (
    "date(datum.value) != 1 ? timeFormat(datum.value, '%-d %b %Y') : "
    "month(datum.value) ? timeFormat(datum.value, '%b %Y') : timeFormat(datum.value, '%Y')"
)
SHADE = 0.12  # of the ink, so that grid and lines stay clear
LEFT = 62  # pixels kept for the labels of every value axis, so that the time axes of all charts line up


def growth(
    strategy: pd.Series, benchmark: pd.Series, rule: pd.Series, benchmark_name: str, shaded: Sequence[Span] = ()
) -> Any:
    """Value in rupees through time on a log scale; hovering shows date, both values and the rule in force.

    `shaded` are spans not to be taken at face value, shaded from top to bottom.
    """
    value = {
        "axis": alt.Axis(title=None, labelExpr=IN_WORDS, tickCount=6, labelOverlap="greedy", labelSeparation=8),
        "scale": alt.Scale(type="log", nice=False, padding=6),
    }
    shown = [*_both_values(benchmark_name, "$,.0f"), alt.Tooltip("rule:N", title="Rule")]
    columns = {**_both(strategy, benchmark), "rule": rule.to_list()}
    return _on_shade(shaded, _pair(columns, benchmark_name, value, shown)).properties(
        height=320, description=f"Growth of capital on a log scale: the strategy against {benchmark_name}."
    )


def drawdowns(strategy: pd.Series, benchmark: pd.Series, benchmark_name: str, shaded: Sequence[Span] = ()) -> Any:
    """Loss since the highest value so far, fractions at or below zero; `shaded` as in `growth`."""
    value = {"axis": alt.Axis(title=None, format=".0%", tickCount=5), "scale": alt.Scale(domainMax=0.0)}
    shown = _both_values(benchmark_name, ".1%")
    return _on_shade(shaded, _pair(_both(strategy, benchmark), benchmark_name, value, shown)).properties(
        height=180, description=f"Drawdown from the highest value so far: the strategy and {benchmark_name}."
    )


def rule_strip(runs: Sequence[Span]) -> Any:
    """Which rule was in force, as one strip of coloured spans."""
    columns = dict(zip(Span._fields, map(list, zip(*runs, strict=True)), strict=True))
    values = csv_text(columns | {"sessions": list(map(str, columns["sessions"]))})
    names = list(dict.fromkeys(columns["rule"]))
    strip = _base("strip").mark_rect(aria=False).encode(
        x=_time("since"),
        x2="until",
        y=alt.Y("lane:N", axis=alt.Axis(title=None, labels=False, ticks=False, domain=False)),
        color=_categories("rule", rule_colours(columns["rule"])),
        tooltip=[
            alt.Tooltip("rule:N", title="Rule"),
            alt.Tooltip("since:T", title="From the close of", format="%-d %b %Y"),
            alt.Tooltip("until:T", title="To the close of", format="%-d %b %Y"),
            alt.Tooltip("sessions:Q", title="Sessions", format=","),
        ],
    )  # fmt: skip
    return alt.layer(
        strip.transform_calculate(lane="''").add_params(_zoom()), data=_source(values, "since", "until")
    ).properties(height=44, width="container", description=f"Which rule was in force through time: {', '.join(names)}.")


def weights_area(weights: pd.DataFrame) -> Any:
    """Close weights stacked to 100%, one colour per column; hovering lists the weights of the session."""
    names, days = list(weights.columns), iso(weights.index)
    table = weights.to_numpy()
    rows, columns = (part.tolist() for part in table.nonzero())
    values = csv_text(
        {
            "date": [days[row] for row in rows],
            "asset": [names[column] for column in columns],
            "place": list(map(str, columns)),
            "weight": rounded(table[table != 0.0].tolist()),
        }
    )
    area = alt.Chart(_source(values, "date"), name="areas").mark_area(interpolate="step-after", aria=False).encode(
        x=_time("date"),
        y=alt.Y("weight:Q", stack="zero", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(title=None, format=".0%")),
        color=_categories("asset", weight_colours(names)),
        order=alt.Order("place:Q"),
    )  # fmt: skip
    lists = csv_text(
        {"date": days, "until": [*days[1:], days[-1]], "held": [_listed(row, names) for row in table.tolist()]}
    )
    cursor = _cursor([alt.Tooltip("held:N", title="Held")], "until", _source(lists, "date", "until"))
    return alt.layer(area.add_params(_zoom()), cursor).properties(
        height=220,
        width="container",
        description=f"Weights at the close through time, stacked to 100%: {', '.join(names)}.",
    )


def attribution_bars(effects: Sequence[Effect]) -> Any:
    """Effects as bars in points of active return, one row per name; effects of zero are left out."""
    rows = [
        {
            "name": effect.name,
            "part": PARTS[effect.part],
            "lane": int(effect.part == "timing"),
            "points": float(rounded([effect.value * 100.0])[0]),
            "told": points(effect.value),
        }
        for effect in effects
        if effect.value != 0.0
    ]
    base = _base("bars").encode(
        y=alt.Y("name:N", sort=None, axis=alt.Axis(title=None, labelLimit=150, minExtent=0)),
        yOffset=alt.YOffset("lane:O", scale=alt.Scale(domain=[0, 1])),
        x=alt.X(
            "points:Q",
            axis=alt.Axis(title="points of active return over the window", format="+.2~f", tickCount=5),
            scale=alt.Scale(nice=False, padding=40),
        ),
        tooltip=["name:N", "part:N", alt.Tooltip("points:Q", format="+.2f")],
    )
    bars = base.mark_bar(aria=False).encode(color=_categories("part", part_colours(effects)))
    labels = base.mark_text(
        aria=False,
        align=alt.ExprRef("datum.points < 0 ? 'right' : 'left'"),
        dx=alt.ExprRef("datum.points < 0 ? -4 : 4"),
    ).encode(text="told:N")
    return alt.layer(bars, labels.properties(name="labels"), data=alt.InlineData(values=rows)).properties(
        height=36 * max(len({effect["name"] for effect in rows}), 1),
        width="container",
        description="Attribution effects by asset and part in points; the table below has the same numbers.",
    )


def theme(ink: str, faint: str, font: str) -> dict[str, Any]:
    """Vega-Lite configuration in given text and grid colours: literal ones, or CSS variables on an SVG page."""
    text = {"labelColor": ink, "titleColor": ink, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"}
    return {
        "background": "transparent",
        "font": font,
        "view": {"stroke": None},
        "axis": {**text, "gridColor": faint, "domainColor": faint, "tickColor": faint, "labelOverlap": True},
        "axisY": {"minExtent": LEFT, "domain": False, "ticks": False},
        "axisX": {"grid": False},
        "legend": {**text, "orient": "top", "labelLimit": 200, "title": None, "symbolStrokeWidth": 3},
        "text": {"color": ink, "fontSize": 11},
        "style": {
            "cursor": {"fill": ink, "stroke": ink, "strokeWidth": 1},
            "shade": {"fill": ink, "fillOpacity": SHADE},
        },
    }


def spec_of(chart: Any) -> dict[str, Any]:
    """The chart as a plain Vega-Lite specification, without a schema address or another library's defaults."""
    spec: dict[str, Any] = chart.to_dict()
    return {key: value for key, value in spec.items() if key not in {"$schema", "config"}}


def _both(strategy: pd.Series, benchmark: pd.Series) -> dict[str, list[str]]:
    days = iso(strategy.index)
    values = {"strategy": rounded(strategy), "benchmark": rounded(benchmark)}
    return {"date": days, "before": [days[0], *days[:-1]], **values}


def _pair(columns: dict[str, list[str]], benchmark_name: str, value: dict[str, Any], shown: list[Any]) -> Any:
    """Strategy and benchmark as two lines under one cursor; `value` is the scale and axis of both."""
    names = ["Strategy", benchmark_name]
    lines = [
        _base(column)
        .mark_line(strokeWidth=width, aria=False, clip=True)
        .encode(
            x=_time("date"),
            y=alt.Y(f"{column}:Q", **value),
            color=alt.Color("series:N", scale=alt.Scale(domain=names, range=[STRATEGY, BENCHMARK])),
        )
        .transform_calculate(series=json.dumps(name))
        for column, name, width in (("benchmark", benchmark_name, 1.4), ("strategy", "Strategy", 1.9))
    ]
    layers = [lines[0].add_params(_zoom()), lines[1], _cursor(shown, "before")]
    return alt.layer(*layers, data=_source(csv_text(columns), "date", "before")).properties(width="container")


def _on_shade(shaded: Sequence[Span], chart: Any) -> Any:
    """The chart on shaded spans of time, where there are any."""
    if not shaded:
        return chart
    text = csv_text({name: [getattr(span, name) for span in shaded] for name in ("since", "until")})
    back = (
        alt.Chart(_source(text, "since", "until"), name="shade")
        .mark_rect(aria=False, style="shade", clip=True)
        .encode(x=_time("since"), x2="until")
    )
    chart.layer.insert(0, back)
    return chart


def _both_values(benchmark_name: str, shape: str) -> list[Any]:
    named = {"strategy": "Strategy", "benchmark": benchmark_name}
    return [alt.Tooltip(f"{column}:Q", title=title, format=shape) for column, title in named.items()]


def _cursor(shown: list[Any], other: str, source: Any = alt.Undefined) -> Any:
    """A mark at the session under the pointer, with its tooltip: bars from `date` to `other`, seen while pointed at.

    Vega-Lite's own `nearest` draws twice as many shapes and loses texts in tooltips.
    """
    near = alt.selection_point(name="near", on="pointerover", clear="pointerout", fields=["date"], empty=False)
    return (
        alt.Chart(source, name="cursor")
        .mark_rect(aria=False, style="cursor")
        .encode(
            x=_time("date"),
            x2=other,
            opacity=alt.condition(near, alt.value(0.4), alt.value(0)),
            tooltip=[alt.Tooltip("date:T", title="Date", format="%-d %b %Y"), *shown],
        )
        .add_params(near)
    )


def _zoom() -> Any:
    """Drag to move through time, wheel with Ctrl (or a pinch) to zoom, double click to reset; a bare wheel scrolls."""
    return alt.selection_interval(
        name="time", bind="scales", encodings=["x"], zoom="wheel![event.ctrlKey || event.metaKey]"
    )


def _base(name: str) -> Any:
    return alt.Chart(name=name)


def _time(column: str) -> Any:
    return alt.X(f"{column}:T", axis=alt.Axis(title=None, labelExpr=WHEN, tickCount=alt.ExprRef("ceil(width / 90)")))


def _source(text: str, *days: str) -> Any:
    """Inline CSV whose `days` are read as local midnights, so that every time zone shows the same dates."""
    return alt.InlineData(
        values=text, format=alt.CsvDataFormat(type="csv", parse=dict.fromkeys(days, "date:'%Y-%m-%d'"))
    )


def rule_colours(rules: Iterable[str]) -> dict[str, str]:
    """One colour per rule, in order of their first session in force."""
    names = list(dict.fromkeys(rules))
    return {name: RULES[place % len(RULES)] for place, name in enumerate(names)}


def weight_colours(names: Iterable[str]) -> dict[str, str]:
    """One colour per name, in order; CASH is grey."""
    return {name: GREY if name == CASH else CATEGORIES[place % len(CATEGORIES)] for place, name in enumerate(names)}


def part_colours(effects: Iterable[Effect]) -> dict[str, str]:
    """One colour per part that has an effect."""
    there = {effect.part for effect in effects if effect.value != 0.0}
    return {label: PART_COLOURS[part] for part, label in PARTS.items() if part in there}


def _categories(column: str, colours: Mapping[str, str]) -> Any:
    """One colour per name; the page draws the legend, which a chart cannot fold on a narrow screen."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color(f"{column}:N", scale=scale, legend=None)


def _listed(weights: list[float], names: list[str]) -> str:
    return ", ".join(f"{name} {weight * 100.0:.1f}%" for name, weight in zip(names, weights, strict=True) if weight > 0)
