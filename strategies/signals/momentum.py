"""Momentum: how far has the price come?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from engine.blocks import Block, Count, CountOrZero, SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


class Stretch(Block):
    """The sessions that momentum is measured over."""

    lookback: Annotated[Count, Field(description="sessions back to the first price")]
    skip: Annotated[CountOrZero, Field(description="sessions back to the last price")] = 0

    @model_validator(mode="after")
    def _skip_is_shorter(self) -> Self:
        if self.skip >= self.lookback:
            raise ValueError(f"skip ({self.skip}) must be less than lookback ({self.lookback})")
        return self

    def ends(self) -> str:
        """Both ends in words, the last one where it is not today."""
        return f"from {self.lookback} to {self.skip} sessions ago" if self.skip else f"over {self.lookback} sessions"

    def gain(self, values: pd.Series) -> pd.Series:
        """The fraction gained over the stretch, NaN before its first value exists."""
        return values.shift(self.skip) / values.shift(self.lookback) - 1.0


@register
class Momentum(Stretch, SeriesSignal):
    """P[t - skip] / P[t - lookback] - 1, a fraction; unknown until `lookback` earlier observations exist.

    Jegadeesh and Titman (1993), "Returns to Buying Winners and Selling Losers", section I; the skipped days keep
    short-term reversal out.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the gain of {of}"
    use: Literal["momentum"] = "momentum"

    def sentence(self) -> str:
        """With the sessions it is measured over."""
        return f"{super().sentence()} {self.ends()}"

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The fraction gained between the two prices."""
        return self.gain(closes)
