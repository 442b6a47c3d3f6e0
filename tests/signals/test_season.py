"""Season: the months of sessions, whatever the year."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from strategies.signals.season import Season

DAYS = np.array(["1969-12-31", "2024-01-01", "2024-05-31", "2024-06-03", "2024-09-30", "2024-10-01"], "datetime64[D]")


@pytest.mark.parametrize(
    ("months", "expected"),
    [((6, 7, 8, 9), [0, 0, 0, 1, 1, 0]), ((12, 1), [1, 1, 0, 0, 0, 0]), ((5,), [0, 0, 1, 0, 0, 0])],
)
def test_by_hand(months: tuple[int, ...], expected: list[float]) -> None:
    assert Season(months=months).of_days(DAYS, DAYS).tolist() == expected


@pytest.mark.parametrize(
    ("months", "message"),
    [
        ([0], "greater than or equal to 1"),
        ([13], "less than or equal to 12"),
        ([6, 7, 6], "month 6 is listed twice"),
        ([], "at least 1 item"),
    ],
)
def test_months_are_those_of_a_year(months: list[int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Season.model_validate({"use": "season", "months": months})
