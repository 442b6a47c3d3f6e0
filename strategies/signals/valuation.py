"""Valuation: is the index dear, by itself or against its own past?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from engine.blocks import Count, OfSignal, Scope, register
from engine.market.keys import SeriesKey

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from engine.market.market import Market

CONSOLIDATED = "2021-03-31"  # the first P/E of an NSE index over consolidated earnings; standalone ones before
RATIOS = {"pe": "P/E", "pb": "P/B", "dy": "dividend yield"}


@register
class Valuation(OfSignal):
    """An index's P/E or P/B (multiples) or dividend yield (a fraction a year), or its percentile, 0 to 1.

    The percentile is the share of values in the trailing window, today's included, strictly below today's plus half of
    those equal to it: (rank - 1/2) / n, Hazen's position, definition 5 of Hyndman and Fan (1996), "Sample Quantiles
    in Statistical Packages", and `kind="mean"` of scipy's `percentileofscore`. NSE put the P/E on consolidated earnings
    from 2021-03-31: a percentile of it knows only values on today's basis. Unknown below `minimum` values, or below
    `window` where that is less, and at a date without one; a session late. Campbell and Shiller (1998), "Valuation
    Ratios and the Long-Run Stock Market Outlook", with last year's earnings, where they average ten years.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the {ratio} {measure} of {of}"
    use: Literal["valuation"] = "valuation"
    ratio: Annotated[Literal["pe", "pb", "dy"], Field(description="P/E, P/B or dividend yield (a fraction a year)")]
    measure: Annotated[Literal["level", "percentile"], Field(description="as it is, or from 0 to 1")] = "level"
    window: Annotated[Count | None, Field(description="values ranked with today's; all of the basis if absent")] = None
    minimum: Annotated[Count, Field(description="values needed for a percentile, at most `window`")] = 750
    across_bases: Annotated[bool, Field(strict=True, description="rank P/Es on other earnings too")] = False

    @property
    def fraction(self) -> bool:
        """P/E and P/B keep their scale; yields and percentiles are fractions."""
        return self.measure == "percentile" or self.ratio == "dy"

    @model_validator(mode="after")
    def _only_a_percentile_has_a_window(self) -> Valuation:
        if self.measure == "level" and self.window is not None:
            raise ValueError(f"a level has no window ({self.window}): leave it out, or take `measure: percentile`")
        return self

    def sentence(self) -> str:
        """With the ratio's name and the window, where there is one."""
        said = super().sentence().replace(self.ratio, RATIOS[self.ratio], 1)
        return said + ("" if self.window is None else f" over {self.window} sessions")

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """The ratio of all of them."""
        return frozenset(SeriesKey(name, self.ratio) for name in self.covers(scope))

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """`of_series` of every name, put on the sessions."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        keys = [SeriesKey(name, self.ratio) for name in self.covers(scope)]
        return np.column_stack([market.align(self.of_series(market.series(key))) for key in keys])

    def of_series(self, ratios: pd.Series) -> pd.Series:
        """The level or percentile of one ratio as published (the yield in per cent a year) on its own dates."""
        import pandas as pd  # noqa: PLC0415  # as above

        if self.measure == "level":
            return ratios / 100.0 if self.ratio == "dy" else ratios
        if self.ratio != "pe" or self.across_bases:
            return self._percentile(ratios)
        old = ratios.index < pd.Timestamp(CONSOLIDATED)
        both: pd.Series = pd.concat([self._percentile(ratios[old]), self._percentile(ratios[~old])])
        return both

    def _percentile(self, ratios: pd.Series) -> pd.Series:
        least, known = min(self.minimum, self.window or self.minimum), ratios.dropna()
        recent = known.expanding(least) if self.window is None else known.rolling(self.window, min_periods=least)
        return (recent.rank() - 0.5) / recent.count()
