"""Mean reversion: how many deviations is the close from its mean?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class Zscore(SeriesSignal):
    """(close - mean) / standard deviation (n - 1) of the last `window` closes, today's included; in deviations.

    Unknown until the window is full and where nothing in it moved. At most (n - 1) / sqrt(n) either way, n the window:
    a threshold beyond that never fires. Chan (2013), "Algorithmic Trading", chapter 2, example 2.5 (whose position is
    minus this number).
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the z-score of {of} over {window} sessions"
    use: Literal["zscore"] = "zscore"
    window: Annotated[int, Field(strict=True, ge=2, le=100_000, description="sessions in the mean and the deviation")]

    @property
    def fraction(self) -> bool:
        """It counts deviations."""
        return False

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The score, NaN where the deviation is zero."""
        recent = closes.rolling(self.window)
        moved = recent.max() > recent.min()  # exact, where a rolling deviation may keep a rest of older moves
        return ((closes - recent.mean()) / recent.std()).where(moved)
