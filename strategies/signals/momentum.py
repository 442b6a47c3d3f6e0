"""Momentum: how far has the price come?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from engine.blocks import Count, CountOrZero, SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class Momentum(SeriesSignal):
    """P[t - skip] / P[t - lookback] - 1, a fraction; unknown until `lookback` earlier observations exist.

    Jegadeesh and Titman (1993), "Returns to Buying Winners and Selling Losers", section I; the skipped days keep
    short-term reversal out.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    use: Literal["momentum"] = "momentum"
    lookback: Annotated[Count, Field(description="sessions back to the first price")]
    skip: Annotated[CountOrZero, Field(description="sessions back to the last price")] = 0

    @model_validator(mode="after")
    def _skip_is_shorter(self) -> Momentum:
        if self.skip >= self.lookback:
            raise ValueError(f"skip ({self.skip}) must be less than lookback ({self.lookback})")
        return self

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The fraction gained between the two prices."""
        return closes.shift(self.skip) / closes.shift(self.lookback) - 1.0
