"""The tables every check reads, made once: price histories in one shape, and the sessions they are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.market.datasets import DATASETS, VARIANTS
from engine.market.importers import quoted_columns, table_columns
from engine.market.layout import TABLES, tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BENCHMARK = "NIFTY 50"
"""Its dates are the sessions."""

_VARIANT = "CASE variant " + " ".join(f"WHEN '{code}' THEN '{name}'" for code, name in VARIANTS.items()) + " END"

SERIES = {"indices": f"\"index\" || ' (' || {_VARIANT} || ')'", "stocks": "symbol || ' (stock)'"}
"""SQL for what the series of a row of prices is called."""

# `bars`: name, variant, series, date, open, high, low, close, row (its number in the series), and of the row before it
# previous (the date), before (the close) and copied (whether this row has the same open, high and low).
# `sessions`: date and its number n. `dated`: series and date of all that should have a value every session.
_BARS = f"""
CREATE TEMP TABLE bars AS
WITH rows AS (
    SELECT "index" AS name, {_VARIANT} AS variant, date, open, high, low, close FROM indices
    UNION ALL SELECT symbol, 'stock', date, open, high, low, close FROM stocks
)
SELECT *, name || ' (' || variant || ')' AS series, row_number() OVER whole AS row,
    lag(date) OVER whole AS previous, lag(close) OVER whole AS before,
    open = lag(open) OVER whole AND high = lag(high) OVER whole AND low = lag(low) OVER whole AS copied
FROM rows WINDOW whole AS (PARTITION BY name, variant ORDER BY date)
"""
_SESSIONS = f"""
CREATE TEMP TABLE sessions AS
SELECT date, row_number() OVER (ORDER BY date) AS n
FROM (SELECT DISTINCT date FROM bars WHERE name = '{BENCHMARK}' AND variant IN ('price', 'total'))
"""
_DATED = """
CREATE TEMP VIEW dated AS
SELECT series, date FROM bars
UNION ALL SELECT "index" || ' (pe)', date FROM valuation
UNION ALL SELECT 'FII (net)', date FROM flows
"""


def prepare(connection: DuckDBPyConnection) -> None:
    """Make every dataset readable by its name, an empty one where the store has none, and the tables above."""
    there = tables(connection)
    for dataset in DATASETS.values():
        if dataset.name in there:
            columns = quoted_columns((*dataset.keys, *dataset.values, "source"))
            connection.execute(f"CREATE TEMP VIEW {dataset.name} AS SELECT {columns} FROM store.{dataset.name}")
        else:
            connection.execute(f"CREATE TEMP TABLE {dataset.name} ({table_columns(dataset)})")
    if "others" in there:
        connection.execute("CREATE TEMP VIEW others AS FROM store.others")
    else:
        connection.execute(f"CREATE TEMP TABLE others ({TABLES['others']})")
    for statement in (_BARS, _SESSIONS, _DATED):
        connection.execute(statement)
