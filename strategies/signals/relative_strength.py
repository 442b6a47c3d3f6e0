"""Relative trend: does the series gain on another?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import PairSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class RelativeStrength(PairSignal):
    """The ratio of the close to that of `to`, over the simple average of its last `window` values, less one.

    A fraction, today included; zero for `to` itself. Only dates on which both have a close count; unknown until
    `window` of them exist. Weinstein (1988), "Secrets for Profiting in Bull and Bear Markets", page 18 (the ratio),
    and the Mansfield zero line of its charts, which takes 52 weeks and multiplies by 100.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    use: Literal["relative_strength"] = "relative_strength"
    window: Annotated[
        int, Field(strict=True, ge=2, le=100_000, description="common sessions in the average of the ratio")
    ]

    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """The ratio's distance from its average, a fraction."""
        ratio = closes / against
        return ratio / ratio.rolling(self.window).mean() - 1.0
