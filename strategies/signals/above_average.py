"""Trend: is the close above its moving averages?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, SeriesSignal, in_words, register
from strategies.signals.averages import Average, moving_average

if TYPE_CHECKING:
    import pandas as pd


@register
class AboveAverage(SeriesSignal):
    """True when the close is strictly above the average of each window, today's close included.

    `simple` is the mean of the last so many observations. `exponential` starts as the simple mean of the first n
    observations in store and goes on as previous + 2 / (n + 1) * (close - previous). Unknown until the longest window
    is full. Brock, Lakonishok and LeBaron (1992), "Simple Technical Trading Rules and the Stochastic Properties of
    Stock Returns", section I.B, with a one-day short average and no band; they know the simple average only, the
    exponential one is as in Murphy (1999), "Technical Analysis of the Financial Markets", chapter 9.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "{of} closes above its {average} averages of {windows} sessions"
    use: Literal["above_average"] = "above_average"
    windows: Annotated[tuple[Count, ...], Field(min_length=1, description="sessions in each average")]
    average: Annotated[Average, Field(description="the kind of every average: `simple` or `exponential`")] = "simple"

    def sentence(self) -> str:
        """`its 50- and 100-session averages`, their kind only where it is not the usual one."""
        kind = "exponential " if self.average == "exponential" else ""
        lengths = in_words(tuple(f"{window}-" for window in self.windows))
        return f"{in_words(self.of)} closes above its {kind}{lengths}session average{'s' * (len(self.windows) > 1)}"

    def of_series(self, closes: pd.Series) -> pd.Series:
        """1.0 above all averages, 0.0 otherwise, NaN before the longest is full."""
        longest = moving_average(closes, max(self.windows), self.average)
        above = closes > longest
        for window in self.windows:
            above &= closes > moving_average(closes, window, self.average)
        return above.astype(float).where(longest.notna())
