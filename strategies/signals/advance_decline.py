"""Breadth: do more names rise than fall?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, Scope, register
from strategies.signals.averages import Average, moving_average
from strategies.signals.breadth import Poll

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.market.market import Market


@register
class AdvanceDecline(Poll):
    """Advances / (advances + declines), 0 to 1, averaged over the last `window` sessions that have such a share.

    A name advances or declines from its own previous close; an unchanged one is neither. A session has no share, is
    unknown and counts in no average where less than `minimum` of the names is known or none moved. `exponential` starts
    as the mean of the first `window` shares in store and then moves 2 / (window + 1) of the way to each. Zweig (1986),
    "Winning on Wall Street": his breadth thrust is the exponential one of 10 days rising from below 0.40 to above 0.615
    within 10 days, on NYSE stocks; this is the number alone. Stocks of a basket are read as `breadth` reads them.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the {average} {window}-session average of the share of advancers among {among}"
    use: Literal["advance_decline"] = "advance_decline"
    window: Annotated[Count, Field(description="sessions in the average")] = 10
    average: Annotated[Average, Field(description="the kind of average")] = "simple"

    def votes(self, closes: pd.Series) -> pd.Series:
        """The sign of the change."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        return closes.diff().transform(np.sign)

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """The average share, one column."""
        import pandas as pd  # noqa: PLC0415  # as above

        shares = pd.Series(self.share(market, scope), index=market.sessions).dropna()
        return market.align(moving_average(shares, self.window, self.average))[:, None]
