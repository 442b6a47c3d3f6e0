"""The tearsheet: everything there is to know about one run, on one page that opens offline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from engine import __version__, metrics
from engine.metrics import MEASURES
from engine.report import claims, dealings, findings, horizons, sectors, sentences, shares, tables
from engine.report.formats import counted, day, percent, points, ratio, rupees
from engine.report.page import render
from engine.report.series import drawn_weights, effects, spans
from engine.research.explain import rules_in_words

if TYPE_CHECKING:
    from engine.run import Result
    from engine.simulation import Ledger

SHOWN = 20  # rows of a long list that are open from the start
PLACE = re.compile(r"^\S.*?:\d+:\d+: ")  # where in which file a warning stands: another folder is the same strategy


class Tile(NamedTuple):
    """One number of the summary, what stands beside it, and its formula."""

    label: str
    value: str
    beside: str
    formula: str = ""
    wide: bool = False


def tearsheet(result: Result, yaml_text: str, warnings: Sequence[str] = ()) -> str:
    """The whole page as HTML; equal results give equal bytes.

    `yaml_text` is shown as the strategy's file, `warnings` among the notes.
    """
    switches = tables.switches_table(result)
    context = {
        "title": result.config.title or result.config.name,
        "facts": _facts(result),
        "simulated": result.market.simulated,
        "marks": horizons.badges(result),
        "story": rules_in_words(result.config),
        "tiles": _tiles(result),
        "verdict": sentences.verdict(result),
        "measures": tables.measures_table(result),
        "horizons": horizons.horizons_table(result),
        "horizon_lines": horizons.horizons_lines(result),
        "horizon_words": horizons.horizons_words(result),
        "backfilled": bool(result.horizons.backfilled.any()),
        "findings": findings.findings_table(result),
        "sectors": sectors.sectors_table(result),
        "sectors_words": sectors.sectors_words(result),
        "costs": dealings.costs_table(result),
        "dealt": dealings.dealt_words(result),
        "dealings": [
            table
            for table in (
                dealings.vehicles_table(result),
                dealings.after_tax_table(result),
                dealings.tax_years_table(result),
            )
            if table is not None
        ],
        "worst": findings.worst_table(result) if result.market.findings else None,
        "years": tables.years_table(result),
        "months": [tables.months_table(result, active=active) for active in (False, True)],
        "parts": tables.parts_table(result),
        "residual": tables.residual_words(result),
        "rules": tables.rules_table(result),
        "rule_sentences": _rule_sentences(result),
        "shares": shares.shares_table(result),
        "pairs": shares.pairs_table(result),
        "share_lines": shares.shares_lines(result),
        "share_words": shares.shares_words(result),
        "switches": switches,
        "recent": switches._replace(caption="Latest rule changes", rows=switches.rows[-SHOWN:]),
        "waits": tables.waits_table(result),
        "claims": claims.told(result.claims),
        "tolerances": claims.tolerances(),
        "notes": _notes(result, warnings),
        "yaml": yaml_text,
        "conventions": sentences.conventions(result.config),
        "formulas": tables.formulas_table(),
        "legend": {"benchmark": result.config.market.benchmark, "shown": SHOWN},
    }
    context["colours"] = _colours(result)
    return render("tearsheet.html", context, _charts(result))


def _facts(result: Result) -> dict[str, str]:
    window, config = result.window, result.config
    span = f"{day(window.start)} to {day(window.end)}, {counted(window.sessions, 'session')}, {window.years:.1f} years"
    return {
        "Strategy": config.name,
        "Window": span,
        "Universe": ", ".join(sentences.marked(name, result) for name in config.tradable),
        "Benchmark": sentences.benchmark_label(config),
        "Decides": sentences.schedule_words(config),
        "Data": f"{'SIMULATED sample market' if result.market.simulated else 'real history'}, digest "
        f"{result.market.digest[:8]}; engine {__version__}",
    }


def _tiles(result: Result) -> list[Tile]:
    own, theirs, name = result.measures, result.benchmark_measures, result.config.market.benchmark
    paid = float(result.attribution.over_window()["costs"].sum())

    def compared(label: str, key: str, text: Any, *, wide: bool = False) -> Tile:
        return Tile(label, text(own[key]), f"{name} {text(theirs[key])}", MEASURES[key].formula, wide)

    active, orders = (
        percent(result.active_measures["cagr"], signed=True),
        counted(result.ledger.orders, "order"),
    )
    return [
        compared("Return a year", "cagr", percent),
        Tile("Active return a year", active, "the difference of the two"),
        compared("Maximum drawdown", "max_drawdown", percent),
        compared("Sharpe ratio", "sharpe", ratio),
        compared(f"Final value of {rupees(result.ledger.capital)}", "final_value", rupees, wide=True),
        Tile("Turnover a year", percent(own["turnover"], 0), orders, MEASURES["turnover"].formula),
        Tile(
            "Costs paid",
            rupees(own["costs"]),
            f"with the growth they cost, {points(paid)} points",
            MEASURES["costs"].formula,
        ),
    ]


def _rule_sentences(result: Result) -> list[str]:
    table = result.attribution.by_rule()
    told = [
        sentences.rule_sentence(str(rule), int(row["sessions"]), float(row["active"]), result)
        for rule, row in table.iterrows()
    ]
    return told + [f"“{rule}” was never in force." for rule in result.plan.rules if rule not in table.index]


def _notes(result: Result, warnings: Sequence[str]) -> list[str]:
    short = ["The window is shorter than a year: figures a year are extrapolated."] if result.window.years < 1.0 else []
    return [*(PLACE.sub("", warning) for warning in warnings), *result.notes, *short]


def _charts(result: Result) -> dict[str, Any]:
    from engine.report import charts  # noqa: PLC0415  # imports Altair

    ledger, other, name = result.ledger, result.benchmark, result.config.market.benchmark
    found, shaded = effects(result.attribution.over_window()), horizons.shaded(result)
    drawn = {
        "growth": charts.growth(ledger.nav, other.nav, result.attribution.rule, name, shaded),
        "drawdown": charts.drawdowns(_drawdown(ledger), _drawdown(other), name, shaded),
        "rule-strip": charts.rule_strip(spans(result.attribution.rule)),
        "weights": charts.weights_area(drawn_weights(ledger.weights, ledger.cash / ledger.nav)),
    }
    if any(effect.value for effect in found):
        drawn["parts"] = charts.attribution_bars(found)
    return drawn


def _colours(result: Result) -> dict[str, dict[str, str]]:
    """What the colours of the rule strip, the weights and the attribution stand for."""
    from engine.report import charts  # noqa: PLC0415  # imports Altair

    drawn = drawn_weights(result.ledger.weights, result.ledger.cash / result.ledger.nav)
    return {
        "rules": charts.rule_colours(result.attribution.rule),
        "weights": charts.weight_colours(drawn.columns),
        "parts": charts.part_colours(effects(result.attribution.over_window())),
    }


def _drawdown(ledger: Ledger) -> pd.Series:
    return pd.Series(metrics.drawdown(ledger.nav.to_numpy(), ledger.capital), ledger.nav.index)
