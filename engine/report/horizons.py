"""What of a result could have been had then, for the page and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.blocks import in_words
from engine.horizons import LATER, runs_of
from engine.metrics import MEASURES
from engine.report.formats import DASH, counted, day, grouped, percent, points, shown
from engine.report.series import Span, iso
from engine.report.tables import Cell, Row, Table

if TYPE_CHECKING:
    from engine.horizons import Flags, Stretch
    from engine.market.horizon import Horizon
    from engine.run import Result

NAMES: dict[Horizon, str] = {
    "all": "The whole window",
    "since_launch": "Since the last launch of what it holds",
    "since_proxy": "Since there is a fund for all it holds",
}
SHORT: dict[Horizon, str] = {
    "all": "Whole window",
    "since_launch": "Since the last launch",
    "since_proxy": "Since funds",
}
SIDES = {
    "strategy": ("cagr", "volatility", "sharpe", "max_drawdown"),
    "benchmark": ("cagr", "sharpe", "max_drawdown"),
    "active": ("cagr", "information_ratio", "alpha"),
}
SIGNED = {("active", "cagr"), ("active", "alpha")}


def horizons_table(result: Result) -> Table:
    """One column per horizon; dashes where there is none."""
    found = list(result.horizons.stretches.values())
    sides = {"strategy": "", "benchmark": f", {result.config.market.benchmark}", "active": ", active"}
    rows = [
        Row("From the close of", tuple(Cell(day(one.window.start) if one else DASH) for one in found)),
        Row("Sessions", tuple(Cell(grouped(one.window.sessions) if one else DASH) for one in found)),
    ]
    for side, keys in SIDES.items():
        for key in keys:
            cells = tuple(Cell(_measured(one, side, key) if one else DASH) for one in found)
            rows.append(Row(MEASURES[key].label + sides[side], cells, MEASURES[key].formula))
    head = ("Measure", *(SHORT[horizon] for horizon in result.horizons.stretches))
    return Table("Measures by what could have been had then", head, tuple(rows))


def _measured(one: Stretch, side: str, key: str) -> str:
    return shown(getattr(one, side)[key], MEASURES[key].kind, signed=(side, key) in SIGNED)


def horizons_words(result: Result) -> list[str]:
    """What came before, what is not known, and why a horizon has no measures; one sentence each."""
    found = result.horizons
    told = [f"{NAMES[horizon]}: no measures, because {reason}." for horizon, reason in found.reasons.items()]
    short = [one for horizon, one in found.stretches.items() if horizon != "all" and one and one.window.years < 1.0]
    if short:
        told.append("A horizon shorter than a year: its figures a year are extrapolated.")
    if found.backfilled.any():
        told.append(
            f"On {_share(found.backfilled)} something held, or the benchmark, had not been launched: its "
            "history was computed backwards."
        )
    if found.before_proxy.any():
        told.append(f"On {_share(found.before_proxy)} something was held that no fund known here held yet.")
    if found.backfilled_decisions:
        told.append(
            f"{grouped(found.backfilled_decisions)} of {counted(len(result.plan.decisions), 'decision')} looked at "
            f"values from before a launch: {in_words(found.looked_at)}."
        )
    if found.unknown:
        told.append(
            f"Not known here is the launch of {in_words(found.unknown)}: it counts as neither before nor after."
        )
    if found.unverified:
        told.append(f"Dates not verified: those of {in_words(found.unverified)}.")
    return told


def horizons_lines(result: Result) -> list[str]:
    """At most two lines for a terminal; none where the whole window could have been had."""
    found = result.horizons
    lines = []
    for horizon in LATER:
        one, why = found.stretches[horizon], found.reasons.get(horizon)
        if one is None:
            lines.append(f"{NAMES[horizon]}: no measures, because {why}.")
        elif one is not found.stretches["all"]:
            early = found.backfilled if horizon == "since_launch" else found.before_proxy
            lines.append(
                f"{NAMES[horizon]} ({day(one.window.start)}): {_compared(one, result)}; on {_share(early)} "
                "it held what was not there yet."
            )
    return lines


def _compared(one: Stretch, result: Result) -> str:
    name, theirs = result.config.market.benchmark, percent(one.benchmark["cagr"])
    return f"{percent(one.strategy['cagr'])} a year, {name} {theirs}, {points(one.active['cagr'])} points"


def _share(flags: Flags) -> str:
    return f"{grouped(int(flags.sum()))} of {counted(len(flags), 'session')}"


def shaded(result: Result) -> list[Span]:
    """The runs of back-filled sessions, each from the close before it."""
    days = iso(result.ledger.nav.index)
    return [
        Span("back-filled", days[max(first - 1, 0)], days[last], last - first + 1)
        for first, last in runs_of(result.horizons.backfilled)
    ]


def badges(result: Result) -> list[str]:
    """What a reader has to know of a name before anything else; a basket with the grade of its hindsight."""
    graded = {grade.basket: grade for grade in result.survivorship}
    marks = result.plan.marks
    told = [
        f"{name}: {mark}" + (f", grade {graded[name].letter} ({graded[name].word})" if name in graded else "")
        for name, mark in marks.items()
    ]
    looked = [grade for name, grade in graded.items() if name not in marks]
    return told + [f"{grade.basket}, looked at: grade {grade.letter} ({grade.word})" for grade in looked]
