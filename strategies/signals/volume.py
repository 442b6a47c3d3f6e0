"""Activity: is more traded than usual?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, OfSignal, Scope, register
from engine.market.keys import SeriesKey

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.market.market import Market


@register
class Volume(OfSignal):
    """Today's volume over the average of the `window` volumes before it, today's left out: a multiple, 1 as usual.

    Volumes of an index are shares traded in its members; windows count dates with one. Unknown until that many earlier
    ones exist, where they average to nothing, and at a date without one. Gervais, Kaniel and Mingelgrin (2001), "The
    High-Volume Return Premium", set a day's volume against the 49 days before it too, by its rank among the fifty.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the volume of {of} as a multiple of its average over the {window} sessions before"
    use: Literal["volume"] = "volume"
    window: Annotated[Count, Field(description="sessions before today in the average")]

    @property
    def fraction(self) -> bool:
        """It is a multiple."""
        return False

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """The volumes of all of them."""
        return frozenset(SeriesKey(name, "volume") for name in self.covers(scope))

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """`of_series` of every name, put on the sessions."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        keys = [SeriesKey(name, "volume") for name in self.covers(scope)]
        return np.column_stack([market.align(self.of_series(market.series(key))) for key in keys])

    def of_series(self, volumes: pd.Series) -> pd.Series:
        """The multiple, from volumes on their own dates."""
        usual = volumes.shift(1).rolling(self.window).mean()
        return volumes / usual.where(usual > 0.0)
