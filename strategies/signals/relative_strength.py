"""Relative trend: does the series gain on another?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, PairSignal, in_words, register
from strategies.signals.slope import yearly_slope

if TYPE_CHECKING:
    import pandas as pd


@register
class RelativeStrength(PairSignal):
    """The ratio of the close to that of `to`: its distance from its average, or the slope of its logarithm.

    `distance` is the ratio over the simple average of its last `window` values, less one: a fraction, today included.
    `slope` is the least-squares slope of the last `window` log ratios times the sessions in a year: a fraction a year,
    as in `slope`. Either is zero for `to` itself. Only dates on which both have a close count; unknown until `window`
    of them exist. Weinstein (1988), "Secrets for Profiting in Bull and Bear Markets", page 18 (the ratio and its
    trend), and the Mansfield zero line of its charts, which takes 52 weeks and multiplies by 100.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the distance of the ratio of {of} to {to} from its {window}-session average"
    use: Literal["relative_strength"] = "relative_strength"
    window: Annotated[
        int, Field(strict=True, ge=2, le=100_000, description="common sessions in the average or the line")
    ]
    measure: Annotated[
        Literal["distance", "slope"], Field(description="`distance` from the average, or the line's `slope` a year")
    ] = "distance"
    sessions_per_year: Annotated[Count, Field(description="sessions in a year, to annualise the slope by")] = 248

    def sentence(self) -> str:
        """Of the slope where that is measured."""
        if self.measure == "distance":
            return super().sentence()
        return f"the yearly slope of the ratio of {in_words(self.of)} to {self.to} over {self.window} sessions"

    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """The ratio's distance from its average, a fraction, or its slope, a fraction a year."""
        ratio = closes / against
        if self.measure == "slope":
            return yearly_slope(ratio, self.window, self.sessions_per_year)
        return ratio / ratio.rolling(self.window).mean() - 1.0
