"""Mean reversion: how far below its peak is the price?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class Drawdown(SeriesSignal):
    """Close over the highest close so far, less one: a fraction at or below zero.

    With a `window` the peak is that of the last so many observations, today included, and unknown until the window
    is full; without one it is the peak of the whole stored history. Magdon-Ismail and Atiya (2004), "Maximum
    Drawdown", eq. 1.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the drawdown of {of} from its peak"
    use: Literal["drawdown"] = "drawdown"
    window: Annotated[Count | None, Field(description="sessions to look back for the peak; all of them if absent")] = (
        None
    )

    def sentence(self) -> str:
        """With the look-back, where there is one."""
        return super().sentence() + ("" if self.window is None else f" in {self.window} sessions")

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The drawdown, a fraction."""
        peak = closes.cummax() if self.window is None else closes.rolling(self.window).max()
        return closes / peak - 1.0
