"""Every signal says itself back in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from engine import blocks

blocks.load()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"use": "above_average", "of": "NIFTY 50", "windows": [50]}, "NIFTY 50 closes above its 50-session average"),
        (
            {"use": "above_average", "of": "NIFTY 50", "windows": [50, 100], "average": "exponential"},
            "NIFTY 50 closes above its exponential 50- and 100-session averages",
        ),
        ({"use": "momentum", "of": "A", "lookback": 252}, "the gain of A over 252 sessions"),
        (
            {"use": "momentum", "of": ["A", "B"], "lookback": 252, "skip": 21},
            "the gain of A and B from 252 to 21 sessions ago",
        ),
        (
            {"use": "dual_momentum", "of": "A", "lookback": 252},
            "the gain of A less the higher of those of NIFTY 50 and CASH, over 252 sessions",
        ),
        (
            {"use": "dual_momentum", "of": "A", "lookback": 252, "skip": 21, "relative": False},
            "the gain of A less that of CASH, from 252 to 21 sessions ago",
        ),
        ({"use": "drawdown", "of": "A"}, "the drawdown of A from its peak"),
        ({"use": "drawdown", "of": "A", "window": 250}, "the drawdown of A from its peak in 250 sessions"),
        ({"use": "breakout", "of": "A", "window": 20}, "A closes above its previous 20-session channel of closes"),
        (
            {"use": "relative_strength", "of": "A", "window": 50},
            "the distance of the ratio of A to NIFTY 50 from its 50-session average",
        ),
        (
            {"use": "relative_strength", "of": "A", "window": 50, "measure": "slope"},
            "the yearly slope of the ratio of A to NIFTY 50 over 50 sessions",
        ),
        ({"use": "rrg", "of": "A", "measure": "heading"}, "the RRG heading of A against NIFTY 50"),
        (
            {"use": "rrg_quadrant", "of": "A", "quadrant": "leading"},
            "A is in the leading quadrant of the RRG against NIFTY 50",
        ),
        ({"use": "season", "months": [6]}, "the month is June"),
        ({"use": "season", "months": [12, 1, 2]}, "the month is December, January or February"),
        ({"use": "days_since", "event": "union_budget"}, "the days since the latest union budget"),
        (
            {"use": "window", "event": "union_budget", "before": 10, "after": 5},
            "it is at most 10 sessions before or 5 sessions after the union budget",
        ),
    ],
)
def test_sentence(fields: dict[str, Any], told: str) -> None:
    assert blocks.SIGNALS[fields["use"]].model_validate(fields).sentence() == told
