"""Checks of moves: jumps of an index, moves of a stock nobody explained, and price against total return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.market.baskets import LARGEST_MOVE
from engine.market.finding import Check, Finding, findings
from engine.market.quality.tables import BENCHMARK
from engine.market.registry import explained_moves, index_facts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

JUMP = 8.0
"""Robust standard deviations (1.4826 MAD of the index's own log returns). At 8 the history of 2005-2025 has four
findings, each the news of one or two large shares; at 6 it has eighteen, and no more of them are mistakes."""

UNDONE = 4.5
"""The same for a move that the next session takes back: a wrong figure comes with its own correction, news
seldom (one finding more). Of single closes made 10% wrong, one in each of 108 indices, 100 are found; of 5%, 47."""

BACK = 0.25
"""What may be left, as a share, of a move that was taken back."""

CALM = 3.0
"""While the market itself moves further than so many of its own deviations, the measure widens in proportion."""

AROUND = 10
"""Sessions before and after in which a market move counts as that: the falls and rebounds of March 2020 are near it."""

LEAST_JUMP = 0.03
"""A log return below it is no jump whatever the deviations say: overnight rates and bonds hardly move at all."""

AGREES = 0.002
"""Price and total return that made the same move within this are two witnesses: the move happened."""

LEAST_YIELD, MOST_YIELD = -0.001, 0.08
"""Dividends of a trailing year, as a share; below zero is rounding down to -0.05%, and CPSE has paid 7.4%."""

LEAST_DIVIDEND, MOST_DIVIDEND = -0.001, 0.02
"""Dividends of one session, as a share; 1.4% is the most an index has paid (metals, on 2018-03-20)."""

STEP = 7
"""Days between two rows that still count as one step (holidays make five at most), and that a year may be too long."""

_UNTRADABLE = "SELECT unnest($untradable)"
# For every index the market is the benchmark, and for the benchmark the median of the other indices.
_JUMPS = f"""
WITH moves AS (
    SELECT name, variant, series, date, previous, name = '{BENCHMARK}' AS home, ln(close / before) AS move FROM bars
    WHERE variant <> 'stock' AND name NOT IN ({_UNTRADABLE}) AND close > 0 AND (before > 0 OR before IS NULL)
),
market AS (
    SELECT false AS home, date, coalesce(median(move), 0) AS move FROM moves WHERE home GROUP BY date
    UNION ALL SELECT true, date, coalesce(median(move), 0) FROM moves WHERE NOT home GROUP BY date
),
spread AS (SELECT home, nullif(1.4826 * mad(move), 0) AS scale FROM market GROUP BY home),
levels AS (
    SELECT home, date, sum(move) OVER (PARTITION BY home ORDER BY date) AS level, max(abs(move) / scale) OVER (
        PARTITION BY home ORDER BY date ROWS BETWEEN {AROUND} PRECEDING AND {AROUND} FOLLOWING
    ) AS storm FROM market JOIN spread USING (home)
),
beside AS (
    SELECT moves.*, move - coalesce(now.level - old.level, 0) AS excess, coalesce(now.storm, 0) AS storm
    FROM moves LEFT JOIN levels AS now ON now.home = moves.home AND now.date = moves.date
    LEFT JOIN levels AS old ON old.home = moves.home AND old.date = moves.previous
    WHERE moves.date - moves.previous <= {STEP}
),
after AS (
    SELECT *, abs(move + lead(move) OVER whole) < {BACK} * abs(move)
        AND abs(excess + lead(excess) OVER whole) < {BACK} * abs(excess) AS undone
    FROM beside WINDOW whole AS (PARTITION BY series ORDER BY date)
),
own AS (SELECT series, nullif(1.4826 * mad(move), 0) AS scale, median(move) AS middle,
        nullif(1.4826 * mad(excess), 0) AS apart FROM beside GROUP BY series),
odd AS (
    SELECT after.* FROM after JOIN own USING (series) WHERE abs(move) >= {LEAST_JUMP}
    AND least(abs(move - middle) / scale, abs(excess) / coalesce(apart, scale))
        >= CASE WHEN undone THEN {UNDONE} ELSE {JUMP} END * greatest(1, storm / {CALM})
)
SELECT series, date, exp(move) - 1 FROM odd WHERE NOT EXISTS (
    FROM moves AS other WHERE other.name = odd.name AND other.variant <> odd.variant AND other.date = odd.date
    AND other.previous = odd.previous AND abs(other.move - odd.move) <= {AGREES}
)
"""


def _jumps(connection: DuckDBPyConnection) -> list[Finding]:
    """Moves far outside an index's own habit that neither the market's explains nor its other variant confirms.

    The value is the move as a share. What nobody can hold, such as a volatility index, jumps by nature: left out.
    """
    return findings(
        connection,
        "jumps",
        _JUMPS,
        "kept as it is: look it up, and import the right row if it is wrong",
        parameters={"untradable": [facts.name for facts in index_facts().values() if not facts.tradable] or [""]},
    )


def _stock_moves(connection: DuckDBPyConnection) -> list[Finding]:
    """Moves beyond 25% between two rows that the shipped facts do not explain; the value is the move as a share.

    Warnings however large: what uses a stock is a basket, and that refuses to run on them.
    """
    rows = findings(
        connection,
        "stock-moves",
        f"SELECT series, date, close / before - 1 FROM bars "
        f"WHERE variant = 'stock' AND before > 0 AND abs(close / before - 1) > {LARGEST_MOVE}",
        "a basket of it refuses to run until its `moves` say what it was",
    )
    known = explained_moves()
    return [one for one in rows if (one.series.removesuffix(" (stock)"), one.date) not in known]


_RATIOS = """
WITH ratios AS (
    SELECT price.name, price.date, total.close / price.close AS ratio
    FROM bars AS price JOIN bars AS total USING (name, date)
    WHERE price.variant = 'price' AND total.variant = 'total' AND price.close > 0 AND total.close > 0
)
"""
_DIVIDENDS = f"""{_RATIOS},
steps AS (
    SELECT name, date, ratio / lag(ratio) OVER whole - 1 AS paid, date - lag(date) OVER whole AS days
    FROM ratios WINDOW whole AS (PARTITION BY name ORDER BY date)
)
SELECT name || ' (total)', date, paid FROM steps
WHERE days <= {STEP} AND paid NOT BETWEEN {LEAST_DIVIDEND} AND {MOST_DIVIDEND}
"""
# One finding for every stretch of sessions outside: dated at its first, the value is the yield furthest from zero.
_YIELDS = f"""{_RATIOS},
yields AS (
    SELECT now.name, now.date, now.ratio / old.ratio - 1 AS yield, row_number() OVER whole AS place
    FROM ratios AS now ASOF JOIN ratios AS old ON now.name = old.name AND old.date <= now.date - INTERVAL 365 DAY
    WHERE now.date - old.date <= 365 + {STEP} WINDOW whole AS (PARTITION BY now.name ORDER BY now.date)
),
outside AS (
    SELECT *, place - row_number() OVER (PARTITION BY name ORDER BY date) AS stretch
    FROM yields WHERE yield NOT BETWEEN {LEAST_YIELD} AND {MOST_YIELD}
)
SELECT name || ' (total)', min(date), arg_max(yield, abs(yield)) FROM outside GROUP BY name, stretch
"""


def _total_return(connection: DuckDBPyConnection) -> list[Finding]:
    """Dividends that total return implies over price, of a session and of a year; the value is the yield as a share."""
    action = "kept as it is: results on total returns are off by as much"
    return [
        *findings(connection, "total-return", _DIVIDENDS, action),
        *findings(connection, "total-return", _YIELDS, action, "error"),
    ]


MOVES = (
    Check("jumps", "no move of an index that the market does not explain", "share", _jumps),
    Check("stock-moves", f"no stock's move beyond {LARGEST_MOVE:.0%} unexplained", "share", _stock_moves),
    Check("total-return", "total return over price is a plausible dividend", "share", _total_return),
)
