"""Checks of what can only be read: valuations, flows and the benchmark's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.market.datasets import RATIOS
from engine.market.finding import Check, Finding, Severity, findings
from engine.market.keys import INVESTORS, Reading

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LARGEST_CHANGE = 0.30
"""Of a P/E, P/B or yield between two rows, as a share: a market moves 10% in a day, a quarter's earnings the rest."""

LEAST_YIELD_CHANGE = 0.10
"""Percentage points: a small dividend yield, printed with two decimals, changes by a third when it is rounded."""

KNOWN_BREAKS = {("NIFTY 50", "pe"): "2021-03-31"}
"""Where a ratio changed its meaning: from standalone to consolidated earnings."""

CRORE_APART = 0.5
"""Rs crore between net and gross: each of three published figures is rounded to a tenth at worst."""

WEIGHT_APART = 0.5
"""Percentage points: fifty weights rounded to two decimals are off by 0.25 together at the very worst."""


_IMPOSSIBLE: dict[Reading, tuple[tuple[Severity, str], ...]] = {
    "pe": (("error", "= 0"), ("warning", "< 0")),
    "pb": (("error", "<= 0"),),
    "dy": (("error", "< 0"),),
}


def _valuation(connection: DuckDBPyConnection) -> list[Finding]:
    """Ratios at or below zero (a yield below), and changes of more than 30% as a share of the value before.

    A P/E below zero is true of an index of loss makers; zero, and the others below it, are true of none.
    """
    found: list[Finding] = []
    for ratio in RATIOS:
        least = LEAST_YIELD_CHANGE if ratio == "dy" else 0.0
        series = f"\"index\" || ' ({ratio})'"
        for severity, condition in _IMPOSSIBLE[ratio]:
            found += findings(
                connection,
                "valuation",
                f"SELECT {series}, date, {ratio} FROM valuation WHERE {ratio} {condition}",
                "kept as it is: a rule that ranks by it gets a meaningless rank",
                severity,
            )
        found += findings(
            connection,
            "valuation",
            f"""
            WITH known AS (SELECT {series} AS series, "index" AS name, date, {ratio} AS value,
                lag({ratio}) OVER (PARTITION BY "index" ORDER BY date) AS before
                FROM valuation WHERE {ratio} IS NOT NULL)
            SELECT series, date, value / before - 1 FROM known
            WHERE before > 0 AND value > 0 AND abs(value / before - 1) > {LARGEST_CHANGE}
            AND abs(value - before) > {least} AND ({_unknown_break(ratio)})
            """,
            "kept as it is: look it up, and import the right row if it is wrong",
        )
    return found


def _unknown_break(ratio: str) -> str:
    known = [f"(name = '{name}' AND date = '{day}')" for (name, of), day in KNOWN_BREAKS.items() if of == ratio]
    return f"NOT ({' OR '.join(known)})" if known else "true"


def _flows(connection: DuckDBPyConnection) -> list[Finding]:
    """Net against bought less sold, where those are known; the value is net less that, in Rs crore."""
    found: list[Finding] = []
    for who in INVESTORS:
        apart = f"{who}_net - ({who}_buy - {who}_sell)"
        found += findings(
            connection,
            "flows",
            f"SELECT '{who} (net)', date, {apart} FROM flows WHERE abs({apart}) > {CRORE_APART}",
            "kept as it is: rules read the net figure, which one of the three contradicts",
        )
    return found


def _weights(connection: DuckDBPyConnection) -> list[Finding]:
    """The sum of each month's weights; the value is what it has over 100, in percentage points."""
    return findings(
        connection,
        "weights",
        "SELECT 'weights', date, sum(weight_pct) - 100 FROM weights "
        f"GROUP BY date HAVING abs(sum(weight_pct) - 100) > {WEIGHT_APART}",
        "kept as it is: sector attribution spreads what is missing or too much",
    )


READINGS = (
    Check("valuation", "ratios are above zero and change by less than 30%", "share", _valuation, of_rows=True),
    Check("flows", f"net is bought less sold, within {CRORE_APART} crore", "crore", _flows),
    Check("weights", f"a month's weights add up to 100, within {WEIGHT_APART}", "points", _weights),
)
