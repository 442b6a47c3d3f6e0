"""The summary a run prints: what it earned, from what, and whether the difference can be told from chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.metrics import MEASURES
from engine.report import claims, dealings, horizons
from engine.report.formats import day, percent, points, ratio, shown
from engine.report.sentences import rule_sentence, verdict
from engine.report.shares import shares_lines

if TYPE_CHECKING:
    from engine.run import Result

ROWS = ("cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "final_value", "turnover", "costs")


def print_summary(result: Result, console: Console) -> None:
    """Print one result; plain text where the console is no terminal."""
    window, name = result.window, result.config.name
    heading = f"{name}: {result.config.title}" if result.config.title else name
    console.print(Text(heading, style="bold"))
    span = (
        f"{day(window.start)} to {day(window.end)}, {window.sessions:,} sessions, {result.config.market.returns} return"
    )
    console.print(Text(f"{span}, data: {result.market.origin}"))
    if result.market.simulated:
        console.print(
            Text("SIMULATED: these are not real prices. Import history with: backtest data import DIR", "bold red")
        )
    console.print(_measures(result))
    console.print(Text(earned(result)))
    console.print(Text(parts(result)))
    for line in (*rules(result), *shares_lines(result)):
        console.print(Text(line))
    console.print(Text(f"Believable? {verdict(result)}"))
    for line in (*dealings.lines(result), *horizons.horizons_lines(result)):
        console.print(Text(line))
    for line in claims.lines(result.claims, simulated=result.market.simulated):
        console.print(Text(line))
    for note in result.notes:
        console.print(Text(f"note: {note}", "yellow"))


def _measures(result: Result) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for title in ("strategy", result.config.market.benchmark, "difference"):
        table.add_column(Text(title), justify="right", no_wrap=True)
    for key in ROWS:
        kind = MEASURES[key].kind
        own, theirs = result.measures[key], result.benchmark_measures.get(key)
        both = shown(theirs, kind) if key in result.benchmark_measures else ""
        gap = difference(own - theirs, kind) if own is not None and theirs is not None else ""
        table.add_row(MEASURES[key].label, shown(own, kind), both, gap)
    return table


def difference(gap: float, kind: str) -> str:
    """A difference of two measures, of the unrounded figures, always with its sign.

    >>> difference(0.0235, "percent"), difference(-0.004, "ratio"), difference(1234567.0, "rupees")
    ('+2.4 points', '0.00', '+₹12,34,567')
    """
    if kind == "percent":
        return f"{points(gap)} points"
    told = shown(gap, kind)
    return f"+{told}" if gap > 0 and told.strip("₹0.") else told


def earned(result: Result) -> str:
    """One sentence: the active return a year and the risk taken for it."""
    active = result.active_measures
    return (
        f"Earned: {points(active['cagr'], 2)} points a year over {result.config.market.benchmark}, compounded; "
        f"tracking error {percent(active['tracking_error'])}, information ratio of daily means "
        f"{ratio(active['information_ratio'])}."
    )


def parts(result: Result) -> str:
    """One sentence: the parts of the active return over the whole window."""
    linked = result.attribution.over_window()
    named = {"static tilt": "static", "timing": "timing", "cash": "cash", "costs": "costs"}
    told = ", ".join(f"{name} {points(float(linked[part].sum()))}" for name, part in named.items())
    return f"From what: of {points(result.attribution.total)} points over the whole window, {told}."


def rules(result: Result) -> list[str]:
    """One sentence per rule that was in force."""
    rows = result.attribution.by_rule().iterrows()
    told = [f"  {rule_sentence(str(rule), int(row['sessions']), float(row['active']), result)}" for rule, row in rows]
    return [*told, "  (A change's trades are charged to the rule that ends.)"] if len(told) > 1 else told
