"""The tables of the page: a result in, labelled rows of ready-made text out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from engine.metrics import MEASURES
from engine.report.formats import DASH, MONTHS, day, grouped, percent, points, rupees, shown
from engine.report.sentences import marked
from engine.report.series import PARTS, effects

if TYPE_CHECKING:
    from engine.run import Result

TINTS = (0.005, 0.015, 0.03, 0.05, 0.08)  # monthly returns at which the tint of a cell deepens
EXACT = 1e-8  # differences below a millionth of a point are rounding errors
WITHIN_ROUNDING = "less than 0.000001"
WAITS = ("decided", "date", "asset", "side", "value", "note")
WEEKEND = 5  # Saturday
DIFFERENCES = {"cagr", "alpha"}  # active measures that show their sign


class Cell(NamedTuple):
    """One value; `look` is a style class."""

    text: str
    look: str = ""


class Row(NamedTuple):
    """A labelled row; `title` explains the label when pointed at."""

    label: str
    cells: tuple[Cell, ...]
    title: str = ""
    look: str = ""


class Table(NamedTuple):
    """Column labels (the first one over the row labels) and rows; columns of numbers unless `words`."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    words: bool = False


def measures_table(result: Result) -> Table:
    """Every measure for the strategy, the benchmark and their difference; blank where it has no meaning."""
    columns = (result.measures, result.benchmark_measures, result.active_measures)
    rows = []
    for key, measure in MEASURES.items():
        signed = key in DIFFERENCES
        cells = tuple(
            Cell(shown(column[key], measure.kind, signed=signed and column is columns[-1]) if key in column else "")
            for column in columns
        )
        rows.append(Row(measure.label, cells, measure.formula))
    head = ("Measure", "Strategy", result.config.market.benchmark, "Active")
    return Table("Measures over the window", head, tuple(rows))


def formulas_table() -> Table:
    """The formula of every measure."""
    rows = tuple(Row(measure.label, (Cell(measure.formula),)) for measure in MEASURES.values())
    return Table("How each measure is computed", ("Measure", "Formula"), rows, words=True)


def years_table(result: Result) -> Table:
    """Calendar years with the parts of each year's active return; years that are not whole say from or to when."""
    years = result.attribution.by_year()
    rows = []
    for year, row in years.iterrows():
        returns = [Cell(percent(row[name])) for name in ("portfolio", "benchmark")]
        effects = [Cell(points(row[name]), "strong" if name == "active" else "") for name in ("active", *PARTS)]
        rows.append(Row(_year_label(int(str(year)), result), (*returns, *effects)))
    head = ("Year", "Strategy", result.config.market.benchmark, "Active", *PARTS.values())
    return Table("Calendar years: returns in per cent, active return and its parts in points", head, tuple(rows))


def _year_label(year: int, result: Result) -> str:
    """The first year always says from when: its first session only buys."""
    start, end = result.window.start, result.window.end
    said = [f"from {_day_month(start)}"] if year == start.year else []
    rest = pd.date_range(end, f"{end.year}-12-31")[1:]
    if year == end.year and (rest.day_of_week < WEEKEND).any():
        said.append(f"to {_day_month(end)}")
    return f"{year} ({' '.join(said)})" if said else str(year)


def _day_month(value: date) -> str:
    return f"{value.day} {MONTHS[value.month - 1]}"


def months_table(result: Result, *, active: bool) -> Table:
    """Returns of every calendar month and year: of the strategy, or less the benchmark's; cells tinted by size."""
    own, theirs = result.attribution.portfolio, result.attribution.benchmark
    index = own.index
    by_month = [index.year, index.month]  # type: ignore[attr-defined]  # a DatetimeIndex
    months, years = ((1.0 + own).groupby(keys).prod() - 1.0 for keys in (by_month, by_month[0]))
    if active:
        months, years = (
            values - ((1.0 + theirs).groupby(keys).prod() - 1.0)
            for values, keys in ((months, by_month), (years, by_month[0]))
        )
    rows = tuple(
        Row(
            str(year),
            (*(_tinted(months.get((year, month)), active) for month in range(1, 13)), _tinted(total, active)),
        )
        for year, total in years.items()
    )
    what = "Active return by month, points" if active else "Return of the strategy by month, per cent"
    return Table(what, ("Year", *MONTHS, "Year"), rows)


def _tinted(value: float | None, active: bool) -> Cell:
    if value is None:
        return Cell("")
    depth = int(np.searchsorted(TINTS, abs(value), side="right"))
    text = points(value) if active else percent(value).removesuffix("%")
    return Cell(text, f"{'up' if value > 0 else 'down'}{depth}" if depth else "")


def parts_table(result: Result) -> Table:
    """Linked effects by asset and part in points; the last row is the active return they add up to."""
    found = effects(result.attribution.over_window())
    by_place = {(effect.part, effect.name): effect.value for effect in found}
    names = dict.fromkeys(effect.name for effect in found)
    rows = [_parts_row(marked(name, result), [by_place.get((part, name)) for part in PARTS]) for name in names]
    sums = [sum(effect.value for effect in found if effect.part == part) for part in PARTS]
    rows.append(_parts_row("Sum = active return", sums, "sum"))
    head = ("", *PARTS.values(), "Sum")
    return Table("Active return by asset and part, points over the window", head, tuple(rows))


def _parts_row(name: str, values: Sequence[float | None], look: str = "") -> Row:
    cells = tuple(Cell("" if value is None else points(value, 2)) for value in values)
    total = sum(value for value in values if value is not None)
    return Row(name, (*cells, Cell(points(total, 2), "strong")), look=look)


def residual_words(result: Result) -> str:
    """How far the parts miss the active return: over the window, and at most on one day."""
    attribution = result.attribution
    over_window = abs(float(attribution.over_window().sum()) - attribution.total)
    whole, daily = (
        WITHIN_ROUNDING if value < EXACT else f"{value * 100.0:.2g}" for value in (over_window, attribution.residual)
    )
    return (
        f"The parts miss the active return of {points(attribution.total, 2)} points by {whole} points over the window "
        f"and by {daily} on any day."
    )


def rules_table(result: Result) -> Table:
    """Linked effects by the rule in force, points over the window."""
    table = result.attribution.by_rule()
    sessions = result.window.sessions
    rows = [
        Row(
            str(rule),
            (
                Cell(grouped(int(row["sessions"]))),
                Cell(percent(row["sessions"] / sessions)),
                *(Cell(points(row[part], 2)) for part in PARTS),
                Cell(points(row["active"], 2), "strong"),
            ),
        )
        for rule, row in table.iterrows()
    ]
    sums = table.sum()
    totals = (Cell(grouped(sessions)), Cell("100.0%"), *(Cell(points(sums[part], 2)) for part in PARTS))
    rows.append(Row("Sum = active return", (*totals, Cell(points(sums["active"], 2), "strong")), look="sum"))
    head = ("Rule", "Sessions", "Share", *PARTS.values(), "Sum")
    return Table("Active return by the rule in force, points over the window", head, tuple(rows))


def switches_table(result: Result) -> Table:
    """Every decision at which another rule won than before, in order."""
    plan, sessions = result.plan, result.market.sessions
    names = plan.rule_names
    rows = []
    for place, session in enumerate(plan.decisions):
        before = names[place - 1] if place else DASH
        if names[place] == before:
            continue
        filled = day(sessions[session + 1]) if session < plan.last else "after the window"
        rows.append(Row(day(sessions[session]), (Cell(filled), Cell(before), Cell(names[place]))))
    return Table("Rule changes", ("Decided", "Filled", "From", "To"), tuple(rows), words=True)


def waits_table(result: Result) -> Table:
    """Orders that were not carried out whole at their fill, and why."""
    fills = result.ledger.fills
    late = fills[(fills["side"] == "wait") | (fills["note"] != "")]
    rows = tuple(
        Row(day(decided), (Cell(day(filled)), Cell(asset), Cell(side), Cell(rupees(value)), Cell(note)))
        for decided, filled, asset, side, value, note in zip(*(late[column] for column in WAITS), strict=True)
    )
    head = ("Decided", "Session", "Asset", "Side", "Value", "Note")
    return Table("Orders that waited, were spread, or were not placed whole", head, rows, words=True)
