"""Makes sample_statistics.csv from a folder of real history: python tests/golden/sample_statistics.py FOLDER.

Shares no code with the engine. One row per index of the sample market and per theme of stocks.
"""

from __future__ import annotations

import csv
import itertools
import math
import statistics
import sys
from datetime import date
from pathlib import Path

import duckdb

FACTS = Path(__file__).resolve().parents[2] / "engine" / "market" / "facts"
FIRST, LAST = date(2016, 12, 30), date(2025, 9, 17)
NIFTY = "NIFTY 50"
SESSIONS_A_YEAR = 248
# Indices of the sample without a published level in it.
FREE = ("NIFTY CHEMICALS", "NIFTY CONSUMER DURABLES", "NIFTY OIL & GAS", "NIFTY RURAL", "INDIA VIX")

Closes = dict[date, float]


def names() -> list[str]:
    """The indices of the sample market."""
    with (FACTS / "index_anchor_levels.csv").open(encoding="utf-8") as lines:
        return [*next(csv.reader(lines))[1:], *FREE]


def first_level(name: str) -> date:
    """The first published level of an index, at which its history in the sample begins."""
    with (FACTS / "index_anchor_levels.csv").open(encoding="utf-8") as lines:
        return next((date.fromisoformat(row["date"]) for row in csv.DictReader(lines) if row.get(name)), FIRST)


def history(folder: Path, name: str, variant: str, first: date) -> Closes:
    """Closes of an index by day."""
    rows = duckdb.execute(
        f"SELECT date::DATE, close FROM '{folder}/indices.parquet' WHERE \"index\" = $1 AND variant = $2 "
        "AND date BETWEEN $3 AND $4 AND close IS NOT NULL ORDER BY date",
        [name, variant, first, LAST],
    ).fetchall()
    return dict(rows)


def moves(closes: Closes, sessions: list[date]) -> dict[date, float]:
    """Log moves between neighbouring sessions that both have a close."""
    pairs = itertools.pairwise(sessions)
    return {day: math.log(closes[day] / closes[before]) for before, day in pairs if before in closes and day in closes}


def both(mine: dict[date, float], other: dict[date, float]) -> tuple[float, float, int]:
    """Volatility a year, correlation with the other and the number of moves."""
    days = sorted(mine.keys() & other.keys())
    ours, theirs = [mine[day] for day in days], [other[day] for day in days]
    return statistics.stdev(ours) * math.sqrt(SESSIONS_A_YEAR), statistics.correlation(ours, theirs), len(days)


def index_rows(folder: Path) -> list[list[str]]:
    """Price histories where they reach back to the first day of the sample, else total returns."""
    nifty = {variant: history(folder, NIFTY, variant, FIRST) for variant in ("PR", "TR")}
    sessions = sorted(nifty["PR"])
    rows = []
    for name in names():
        first = first_level(name)
        price, total = (history(folder, name, variant, first) for variant in ("PR", "TR"))
        variant = "PR" if len(price) >= len(total) else "TR"
        found = moves(price if variant == "PR" else total, sessions)
        volatility, correlation, count = both(found, moves(nifty[variant], sessions))
        rows.append(["index", name, variant, str(first), f"{volatility:.4f}", f"{correlation:.3f}", str(count)])
    return rows


def theme_rows(folder: Path) -> list[list[str]]:
    """The medians over the stocks of each theme."""
    nifty = history(folder, NIFTY, "PR", FIRST)
    sessions = sorted(nifty)
    market = moves(nifty, sessions)
    with (FACTS / "themes.csv").open(encoding="utf-8") as lines:
        members = [(row["theme"], row["symbol"]) for row in csv.DictReader(lines)]
    rows = []
    for theme in dict.fromkeys(theme for theme, _ in members):
        found = []
        for symbol in (symbol for mine, symbol in members if mine == theme):
            closes = dict(
                duckdb.execute(
                    f"SELECT date::DATE, close FROM '{folder}/stocks.parquet' "
                    "WHERE symbol = $1 AND date BETWEEN $2 AND $3 AND close IS NOT NULL",
                    [symbol, FIRST, LAST],
                ).fetchall()
            )
            found.append(both(moves(closes, sessions), market))
        volatility, correlation = (statistics.median(one[place] for one in found) for place in (0, 1))
        rows.append(["theme", theme, "stock", str(FIRST), f"{volatility:.4f}", f"{correlation:.3f}", str(len(found))])
    return rows


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with Path(__file__).with_suffix(".csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["kind", "name", "variant", "since", "volatility", "correlation", "count"])
        writer.writerows([*index_rows(folder), *theme_rows(folder)])
