"""Fear: what volatility do options on the Nifty expect?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from engine.blocks import Count, Scope, Signal, register
from engine.market.keys import SeriesKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.market.market import Market

INDIA_VIX = SeriesKey("INDIA VIX", "price")


@register
class Vix(Signal):
    """India VIX: its close as published, or the fraction it gained over the last `window` of its observations.

    The level is the volatility that Nifty options expect over the next 30 days, in per cent a year: 15.5 is 15.5%. A
    change is unknown until `window` earlier observations exist, both on a date without one. NSE, "India VIX" (white
    paper on its computation), CBOE's method on the Nifty's option book; Whaley (2009), "Understanding the VIX".
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the {measure} of India VIX"
    use: Literal["vix"] = "vix"
    measure: Annotated[
        Literal["level", "change"], Field(description="per cent a year as published, or the fraction gained")
    ] = "level"
    window: Annotated[Count | None, Field(description="sessions back to the first value of a change")] = None

    @property
    def fraction(self) -> bool:
        """A level is in per cent a year, a change is a fraction."""
        return self.measure == "change"

    @model_validator(mode="after")
    def _a_change_has_a_window(self) -> Vix:
        if self.measure == "level" and self.window is not None:
            raise ValueError(f"a level has no window ({self.window}): leave it out, or take `measure: change`")
        if self.measure == "change" and self.window is None:
            raise ValueError("a change needs a window: over how many sessions?")
        return self

    def sentence(self) -> str:
        """With the window of a change."""
        return super().sentence() + ("" if self.window is None else f" over {self.window} sessions")

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:  # noqa: ARG002  # the same for every file
        """The index."""
        return frozenset({INDIA_VIX})

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:  # noqa: ARG002  # as above
        """Per cent a year or a fraction, one column."""
        closes = market.series(INDIA_VIX)
        return market.align(closes if self.window is None else closes / closes.shift(self.window) - 1.0)[:, None]
