"""What the charts draw, as plain text and rows: thinned, rounded and without a chart library."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.market.keys import CASH
from engine.report.formats import cost_label

SIGNIFICANT_DIGITS = 8
LEAST = 1e-6  # a weight below this is what rounding left behind, not a holding
PARTS = {"static": "Static tilt", "timing": "Timing", "cash": "Cash", "costs": "Costs"}


class Span(NamedTuple):
    """A run of sessions under one rule: from the close before it took effect to its last close, ISO dates."""

    rule: str
    since: str
    until: str
    sessions: int


class Effect(NamedTuple):
    """What one part of the attribution brought through one asset or cost, a fraction of the active return."""

    part: str
    name: str
    value: float


def effects(linked: pd.Series) -> list[Effect]:
    """Linked effects by (part, name), as `ActiveLedger.over_window` gives them; costs have their names for people."""
    return [
        Effect(part, cost_label(name) if part == "costs" else name, float(value))
        for (part, name), value in zip(linked.index.to_flat_index(), linked, strict=True)
    ]


def rounded(values: Iterable[float]) -> list[str]:
    """Numbers at eight significant digits, an empty text where there is none."""
    return ["" if value != value else f"{value:.{SIGNIFICANT_DIGITS}g}" for value in values]  # noqa: PLR0124  # NaN


def iso(days: pd.Index) -> list[str]:
    """Days as YYYY-MM-DD."""
    return [str(day) for day in days.to_numpy("datetime64[D]")]


def csv_text(columns: Mapping[str, Sequence[str]]) -> str:
    """Columns of equal length as CSV with a header: a third of the size of rows as JSON, and quick to check."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def spans(rule: pd.Series) -> list[Span]:
    """Runs of the rule in force (one name per session, the index its sessions), in order."""
    names, days = rule.to_list(), iso(rule.index)
    starts = [place for place in range(len(names)) if not place or names[place] != names[place - 1]]
    ends = [*starts[1:], len(names)]
    return [
        Span(names[start], days[max(start - 1, 0)], days[end - 1], end - start)
        for start, end in zip(starts, ends, strict=True)
    ]


def drawn_weights(weights: pd.DataFrame, cash: pd.Series) -> pd.DataFrame:
    """Close weights, CASH last, on the first and last session, the last of each week and where the names held change.

    Columns that are never held are left out, except that CASH stays when nothing else is held.
    """
    whole = weights.assign(**{CASH: cash})
    held = whole.to_numpy() > LEAST
    week = (whole.index.to_numpy("datetime64[D]").astype(np.int64) + 3) // 7  # Monday to Sunday
    kept = np.append(week[1:] != week[:-1], True)
    kept[0] = True
    kept[1:] |= (held[1:] != held[:-1]).any(axis=1)
    never = [name for name, column in zip(whole.columns, held.T, strict=True) if not column.any()]
    return whole.where(held, 0.0).loc[kept].drop(columns=never)
