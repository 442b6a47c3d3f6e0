"""Trend or reversion: how far is the close from its moving average?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class DistanceFromAverage(SeriesSignal):
    """Close over the simple average of the last `window` observations, today included, less one: a fraction.

    Unknown until the window is full. Nison (1994), "Beyond Candlesticks", chapter 5 (disparity index), which is the
    same number in per cent.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the distance of {of} from its {window}-session average"
    use: Literal["distance_from_average"] = "distance_from_average"
    window: Annotated[int, Field(strict=True, ge=2, le=100_000, description="sessions in the average")]

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The distance, a fraction of the average."""
        return closes / closes.rolling(self.window).mean() - 1.0
