"""Trend: is a fast moving average above a slow one?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from engine.blocks import Count, SeriesSignal, register
from strategies.signals.averages import Average, moving_average

if TYPE_CHECKING:
    import pandas as pd


@register
class Crossover(SeriesSignal):
    """True while the fast average is strictly above the slow one, today's close in both.

    `simple` is the mean of the last so many observations. `exponential` starts as the simple mean of the first n
    observations in store and goes on as previous + 2 / (n + 1) * (close - previous). Unknown until `slow` observations
    exist. Brock, Lakonishok and LeBaron (1992), "Simple Technical Trading Rules and the Stochastic Properties of Stock
    Returns", section I.B (variable-length moving average, no band), who know the simple average only; the exponential
    one as in Murphy (1999), "Technical Analysis of the Financial Markets", chapter 9.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "the {average} {fast}-session average of {of} is above its {slow}-session one"
    use: Literal["crossover"] = "crossover"
    fast: Annotated[Count, Field(description="sessions in the fast average")]
    slow: Annotated[Count, Field(description="sessions in the slow average, more than in the fast one")]
    average: Annotated[Average, Field(description="the kind of both averages: `simple` or `exponential`")] = "simple"

    @model_validator(mode="after")
    def _fast_is_shorter(self) -> Crossover:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be less than slow ({self.slow})")
        return self

    def of_series(self, closes: pd.Series) -> pd.Series:
        """1.0 while fast is above slow, 0.0 otherwise, NaN before the slow one is full."""
        fast, slow = (moving_average(closes, window, self.average) for window in (self.fast, self.slow))
        return (fast > slow).astype(float).where(slow.notna())
