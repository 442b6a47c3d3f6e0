"""Trend: has the close left its range upwards?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from engine.blocks import Count, PriceSignal, Scope, register
from engine.market.keys import SeriesKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.market.market import Market


@register
class Breakout(PriceSignal):
    """True when the close is strictly above the highest close, or high, of the `window` observations before today's.

    Unknown until that many earlier observations exist. Brock, Lakonishok and LeBaron (1992), "Simple Technical
    Trading Rules and the Stochastic Properties of Stock Returns", section I.B (trading range break-out, no band); they
    then hold for ten days, this is true on the day of the break alone. `channel: high` is Donchian's, of intraday
    highs: Murphy (1999), "Technical Analysis of the Financial Markets", chapter 9 (four-week rule), who buys within the
    day, where here the close has to pass it. Only dates with a close and a high are observations then.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "{of} closes above its previous {window}-session channel of {channel}s"
    use: Literal["breakout"] = "breakout"
    window: Annotated[Count, Field(description="sessions before today whose highest value is to be passed")]
    channel: Annotated[
        Literal["close", "high"], Field(description="pass the highest `close`, or the highest intraday `high`")
    ] = "close"

    @model_validator(mode="after")
    def _highs_are_prices(self) -> Breakout:
        if self.channel == "high" and self.variant == "total":
            raise ValueError("total return has no intraday high: `channel: high` needs `variant: price`")
        return self

    def _keys(self, name: str) -> tuple[SeriesKey, SeriesKey]:
        return SeriesKey(name, self.variant), SeriesKey(name, "high" if self.channel == "high" else self.variant)

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """Every series it covers, and their highs where those are the channel."""
        return frozenset(key for name in self.covers(scope) for key in self._keys(name))

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """1.0 above what was highest before, 0.0 otherwise, NaN before there is enough of it."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        columns = []
        for own, channel in map(self._keys, self.covers(scope)):
            closes, tops = market.series(own).align(market.series(channel), join="inner")
            highest = tops.shift(1).rolling(self.window).max()
            columns.append(market.align((closes > highest).astype(float).where(highest.notna())))
        return np.column_stack(columns)
