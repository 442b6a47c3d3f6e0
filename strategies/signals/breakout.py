"""Trend: has the close left its range upwards?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class Breakout(SeriesSignal):
    """True when the close is strictly above the highest close of the `window` observations before today's.

    Unknown until that many earlier observations exist. Brock, Lakonishok and LeBaron (1992), "Simple Technical
    Trading Rules and the Stochastic Properties of Stock Returns", section I.B (trading range break-out, no band); they
    then hold for ten days, this is true on the day of the break alone. Donchian's channel is that of highs, not closes.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    use: Literal["breakout"] = "breakout"
    window: Annotated[Count, Field(description="sessions before today whose highest close is to be passed")]

    def of_series(self, closes: pd.Series) -> pd.Series:
        """1.0 above the earlier high, 0.0 otherwise, NaN before there is one."""
        highest = closes.shift(1).rolling(self.window).max()
        return (closes > highest).astype(float).where(highest.notna())
