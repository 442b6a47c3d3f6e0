"""Trend: is the close above its moving averages?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class AboveAverage(SeriesSignal):
    """True when the close is strictly above the simple average of each window, today's close included.

    Unknown until the longest window is full. Brock, Lakonishok and LeBaron (1992), "Simple Technical Trading Rules
    and the Stochastic Properties of Stock Returns", section I.B, with a one-day short average and no band.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    use: Literal["above_average"] = "above_average"
    windows: Annotated[tuple[Count, ...], Field(min_length=1, description="sessions in each average")]

    def of_series(self, closes: pd.Series) -> pd.Series:
        """1.0 above all averages, 0.0 otherwise, NaN before the longest is full."""
        above = closes > closes.rolling(max(self.windows)).mean()
        for window in self.windows:
            above &= closes > closes.rolling(window).mean()
        known = closes.rolling(max(self.windows)).count() == max(self.windows)
        return above.astype(float).where(known)
