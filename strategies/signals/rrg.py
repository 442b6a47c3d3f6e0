"""Relative rotation: where does the series stand against another, and where is it going?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, PairSignal, register

if TYPE_CHECKING:
    import pandas as pd

Sessions = Annotated[int, Field(strict=True, ge=2, le=100_000)]
PLACES = 9  # decimals kept: under them lie rounding errors, which would count as moves of what stands still


@register
class Rrg(PairSignal):
    """RS-Ratio or RS-Momentum of a relative rotation graph, points about 100, or heading or distance on it.

    RS is the close over that of `to`, RS-Ratio 100 * RS / its simple average over `window` dates both have, RS-Momentum
    100 * RS-Ratio / its simple average over `momentum_window`; `to` itself is at (100, 100). `heading` is the compass
    angle of the last `step` dates' move, 0 (momentum up) by 90 (ratio up) to below 360 degrees, unknown if nothing
    moved; `distance` that from (100, 100), in points. Unknown until the windows are full. De Kempenaer in Ciana (2011),
    "New Frontiers in Technical Analysis", chapter 2, whose own (JdK) formulas are not public: these are those of the
    open script "RRG Relative Strength" (tradingview.com, z178KlLj) with simple averages and no further smoothing.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the RRG {measure} of {of} against {to}"
    use: Literal["rrg"] = "rrg"
    measure: Annotated[
        Literal["ratio", "momentum", "heading", "distance"],
        Field(description="which of the four: points or degrees"),
    ] = "ratio"
    window: Annotated[Sessions, Field(description="common sessions in the average of RS")] = 50
    momentum_window: Annotated[Sessions, Field(description="common sessions in the average of RS-Ratio")] = 10
    step: Annotated[Count, Field(description="common sessions from which the heading is taken")] = 5

    @property
    def fraction(self) -> bool:
        """It stands around 100."""
        return False

    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """The coordinate, heading or distance."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it
        import pandas as pd  # noqa: PLC0415  # the same

        ratio, momentum = rotation(closes, against, self.window, self.momentum_window)
        if self.measure in ("ratio", "momentum"):
            return ratio if self.measure == "ratio" else momentum
        if self.measure == "distance":
            return ((ratio - 100.0) ** 2 + (momentum - 100.0) ** 2) ** 0.5
        east, north = ratio.diff(self.step), momentum.diff(self.step)
        angle = np.degrees(np.arctan2(east.to_numpy(), north.to_numpy())) % 360.0
        return pd.Series(angle, closes.index).where((east != 0.0) | (north != 0.0))


def rotation(closes: pd.Series, against: pd.Series, window: int, momentum_window: int) -> tuple[pd.Series, pd.Series]:
    """RS-Ratio and RS-Momentum, NaN before their windows are full."""
    strength = closes / against
    ratio = (100.0 * strength / strength.rolling(window).mean()).round(PLACES)
    return ratio, (100.0 * ratio / ratio.rolling(momentum_window).mean()).round(PLACES)
