"""Flows: does selling ease?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, Scope, Signal, register
from engine.market.keys import SeriesKey
from strategies.signals.flow import Flow, Investor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.market.market import Market

DECIMALS = 7  # of a crore: a rupee


@register
class Easing(Signal):
    """True when net flows of the last `window` flow dates are above those of the `window` before: selling eases.

    Also true when buying grows: it says nothing of the sign. Strictly above, to the rupee (flows are in Rs crore).
    Unknown as `flow` is: until 2 * window flow dates are there, where a figure among them is missing, and at a date
    without figures; a session late. The change of `flow`, and its source, as a condition.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "net {of} flows of the last {window} flow dates are above those of the {window} before"
    use: Literal["easing"] = "easing"
    of: Annotated[Investor, Field(description="whose flows: foreign (FII) or domestic (DII) institutions")] = "FII"
    window: Annotated[Count, Field(description="flow dates in each of the two sums")]

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:
        """The net flows."""
        return self._change.reads(scope)

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:
        """1.0 where they rose, 0.0 where they did not, NaN where either sum is unknown."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        change = np.round(self._change.compute(market, scope), DECIMALS)
        return np.where(np.isnan(change), np.nan, change > 0.0)

    @property
    def _change(self) -> Flow:
        return Flow(of=self.of, window=self.window, measure="change")
