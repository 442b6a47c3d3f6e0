"""Checks of single rows and runs of rows: twice the same date, impossible prices, bars out of order, frozen closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.market.datasets import DATASETS
from engine.market.finding import Check, Finding, findings
from engine.market.importers import quoted_columns
from engine.market.quality.tables import SERIES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEAST_RUN = 5
"""Sessions with the same close: a week. An index's close has two decimals, so even two alike are rare."""

PEGGED = 0.001
"""A series with most of its closes so near their median (a share) has a fixed price by design, as LIQUIDBEES has."""

WRONG_EXCESS = 0.05
"""A close so far (a share) outside high and low is no moment's difference between two readings: a figure is wrong."""


def _duplicates(connection: DuckDBPyConnection) -> list[Finding]:
    """The importer refuses them; a store changed by other hands may have them. The value counts the rows."""
    found = []
    for dataset in DATASETS.values():
        named = [key for key in dataset.keys if key != "date"]
        series = SERIES.get(dataset.name) or (
            f"concat_ws(' ', {quoted_columns(named)})" if named else f"'{dataset.name}'"
        )
        found += findings(
            connection,
            "duplicates",
            f"SELECT {series}, date, count(*) FROM {dataset.name} GROUP BY {quoted_columns(dataset.keys)} "
            "HAVING count(*) > 1",
            "all rows are kept: importing that date again replaces them by one",
            "error",
        )
    return found


def _not_positive(connection: DuckDBPyConnection) -> list[Finding]:
    return findings(
        connection,
        "not-positive",
        "SELECT series, date, least(open, high, low, close) FROM bars WHERE least(open, high, low, close) <= 0",
        "kept as it is: every return from or to it is wrong",
        "error",
    )


def _bar_order(connection: DuckDBPyConnection) -> list[Finding]:
    """Open and close within low and high; the value is how far outside the worst is, as a share.

    An error is a close more than 5% outside: every return from or to it may be wrong. Real history has small ones, a
    close taken a moment after the high, and one of 2.4% in 2009.
    """
    found = []
    for severity, condition in (("error", f"close_out > {WRONG_EXCESS}"), ("warning", "excess > 1e-9")):
        found += findings(
            connection,
            "bar-order",
            f"""
            WITH measured AS (
                SELECT series, date, coalesce(greatest(close / high - 1, 1 - close / low), 0) AS close_out,
                    greatest(greatest(open, close, low) / high - 1, 1 - least(open, close, high) / low) AS excess
                FROM bars WHERE least(coalesce(high, 1), coalesce(low, 1), close) > 0
            )
            SELECT series, date, excess FROM measured
            WHERE {condition} AND (close_out > {WRONG_EXCESS}) = {severity == "error"}
            """,
            "kept as it is: a rule on highs and a fill at the open may meet a wrong figure",
            "error" if severity == "error" else "warning",
        )
    return found


def _stale(connection: DuckDBPyConnection) -> list[Finding]:
    """The same close for a week or more, dated at its first session; the value counts the sessions.

    A session that traded at other prices as well (high above low, another range than the session before) had a market
    that came back to its close, as cheap stocks do: it ends a run. A series with a fixed price by design has none.
    """
    return findings(
        connection,
        "stale",
        f"""
        WITH still AS (
            SELECT series, row, previous, row - row_number() OVER (PARTITION BY series ORDER BY row) AS run
            FROM bars WHERE close = before AND (copied IS TRUE OR NOT coalesce(high > low, false))
        ),
        runs AS (
            SELECT series, min(previous) AS first, count(*) + 1 AS sessions FROM still GROUP BY series, run
            HAVING count(*) + 1 >= {LEAST_RUN}
        ),
        found AS (SELECT series, date, close FROM bars WHERE series IN (SELECT series FROM runs)),
        typical AS (SELECT series, median(close) AS middle FROM found GROUP BY series),
        pegged AS (
            SELECT series FROM found JOIN typical USING (series) GROUP BY series
            HAVING avg((abs(close / middle - 1) < {PEGGED})::INT) > 0.5
        )
        SELECT series, first, sessions FROM runs ANTI JOIN pegged USING (series)
        """,
        "kept as it is: it counts as sessions without any move, which makes volatility too low",
    )


PRICES = (
    Check("duplicates", "one row per series and date", "rows", _duplicates, of_rows=True),
    Check("not-positive", "prices are above zero", "level", _not_positive, of_rows=True),
    Check("bar-order", "open and close lie between low and high", "share", _bar_order, of_rows=True),
    Check("stale", f"no close stands still for {LEAST_RUN} sessions", "sessions", _stale),
)
