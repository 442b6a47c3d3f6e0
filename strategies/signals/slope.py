"""Trend: how steeply has the price risen?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class Slope(SeriesSignal):
    """Least-squares slope of the last `window` log closes on the session count, times the sessions in a year.

    A fraction a year (log, so 0.10 compounds to 10.5%), unknown until the window is full. Clenow (2015), "Stocks on
    the Move" (exponential regression over 90 days); he compounds the slope over 250 days and multiplies it by R
    squared, neither is done here.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the yearly slope of {of} over {window} sessions"
    use: Literal["slope"] = "slope"
    window: Annotated[int, Field(strict=True, ge=2, le=100_000, description="sessions in the line")]
    sessions_per_year: Annotated[Count, Field(description="sessions in a year, to annualise by")] = 248

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The annualised slope, a fraction."""
        return yearly_slope(closes, self.window, self.sessions_per_year)


def yearly_slope(values: pd.Series, window: int, sessions_per_year: int) -> pd.Series:
    """The slope of the last `window` logs of positive values, times the sessions in a year; NaN before they exist.

    The line through n logs climbs by the weighted mean of their n - 1 changes, the j-th weighing j * (n - j): the
    level, and so the scale of the values, drops out.
    """
    import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

    place = np.arange(1.0, window)
    weights = place * (window - place)
    weights *= sessions_per_year / weights.sum()
    changes = (values / values.shift(1)).transform(np.log)
    if len(changes):  # the first change is unknown, and so is every sum that reaches back to it
        changes.iloc[:] = np.convolve(changes, weights)[: len(changes)]  # the weights read the same backwards
    return changes
