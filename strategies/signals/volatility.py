"""Risk: how much does the price move?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class Volatility(SeriesSignal):
    """Standard deviation (n - 1) of the last `window` log returns times the root of the sessions in a year.

    A fraction a year (0.15 is 15%), unknown until `window` returns, that is `window` + 1 observations, exist. Hull
    (2022), "Options, Futures, and Other Derivatives", 11th ed., section 15.4; its 252 days are the American year, the
    NSE holds about 248 sessions.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the yearly volatility of {of} over {window} sessions"
    use: Literal["volatility"] = "volatility"
    window: Annotated[
        int, Field(strict=True, ge=2, le=100_000, description="log returns, one a session, in the deviation")
    ]
    sessions_per_year: Annotated[Count, Field(description="sessions in a year, to annualise by")] = 248

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The annualised deviation, a fraction."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        returns = (closes / closes.shift(1)).transform(np.log)
        return returns.rolling(self.window).std() * math.sqrt(self.sessions_per_year)
