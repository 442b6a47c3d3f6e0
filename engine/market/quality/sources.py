"""Checks of one source against another: what the better one says is used, what the other says is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.market.datasets import DATASETS, Dataset
from engine.market.finding import Check, Finding
from engine.market.merging import series_text
from engine.market.quality.tables import SERIES
from engine.market.ranks import sources_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

APART = 0.0005
"""Levels of two sources further apart than 5 basis points are not the same figure, rounded differently."""


def _cross_source(connection: DuckDBPyConnection) -> list[Finding]:
    """Levels on which two sources differ by more than 5 bp; one finding for each date and other source.

    The value is the other level over the one that is used, less 1, of the field where it is furthest from zero.
    """
    return [one for name in SERIES for one in _of(connection, DATASETS[name])]


def _of(connection: DuckDBPyConnection, dataset: Dataset) -> list[Finding]:
    used = " ".join(f"WHEN '{field}' THEN held.\"{field}\"" for field in dataset.positive)
    levels = ", ".join(f"'{field}'" for field in dataset.positive)
    rows = connection.execute(
        f"""
        WITH apart AS (
            SELECT {SERIES[dataset.name]} AS called, held.date, field, others.value::DOUBLE AS other,
                others.source AS teller, CASE field {used} END AS level, held.source AS told
            FROM others JOIN {dataset.name} AS held
            ON others.date = held.date AND others.series = {series_text(dataset, "held.")}
            WHERE dataset = '{dataset.name}' AND field IN ({levels})
        )
        SELECT * FROM apart WHERE abs(other / level - 1) > {APART}
        QUALIFY row_number() OVER (PARTITION BY called, date, teller ORDER BY abs(other / level - 1) DESC, field) = 1
        ORDER BY called, date, teller
        """
    ).fetchall()
    return [
        Finding(
            "cross-source",
            series,
            date,
            round(other / level - 1, 6),
            "warning",
            f"{field} {level:.10g} of {sources_of(text, dataset.values)[field]} is used, {other:.10g} of {who} is not",
        )
        for series, date, field, other, who, level, text in rows
    ]


SOURCES = (Check("cross-source", "two sources agree on a level within 5 bp", "share", _cross_source),)
