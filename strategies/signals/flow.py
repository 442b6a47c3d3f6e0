"""Flows: what do foreign or domestic institutions buy?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from engine.blocks import Count, Scope, Signal, register
from engine.market.keys import SeriesKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.market.market import Market

Investor = Literal["FII", "DII"]


@register
class Flow(Signal):
    """What FIIs or DIIs bought, sold or netted in the cash market over the last `window` flow dates, in Rs crore.

    `sum` adds the dates up, `average` is per date, `change` the sum less that of the `window` dates before; `less`
    takes the other's figure off on each date first. Unknown until the dates are there, where a figure among them is
    missing, and at a date without figures. Provisional figures, published after the close: a session late. Froot,
    O'Connell and Seasholes (2001), "The Portfolio Flows of International Investors"; they measure flows against market
    capitalisation, these are rupees, and grow with the market.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the {measure} of {of} {what} flows over {window} flow dates"
    use: Literal["flow"] = "flow"
    of: Annotated[Investor, Field(description="whose flows: foreign (FII) or domestic (DII) institutions")]
    less: Annotated[Investor | None, Field(description="whose flows are taken off; nobody's if absent")] = None
    what: Annotated[Literal["net", "buy", "sell"], Field(description="net, gross buying or gross selling")] = "net"
    window: Annotated[Count, Field(description="flow dates in the sum")]
    measure: Annotated[
        Literal["sum", "average", "change"],
        Field(description="Rs crore in all, per flow date, or more than in as many dates before"),
    ] = "sum"

    @property
    def fraction(self) -> bool:
        """It is in Rs crore."""
        return False

    @model_validator(mode="after")
    def _less_is_the_other(self) -> Flow:
        if self.less == self.of:
            raise ValueError(f"less ({self.less}) must be the other of FII and DII: {self.of} less itself is nothing")
        return self

    def sentence(self) -> str:
        """With what is taken off, where something is."""
        return super().sentence() + ("" if self.less is None else f" less that of {self.less}")

    def reads(self, scope: Scope) -> frozenset[SeriesKey]:  # noqa: ARG002  # the same for every file
        """The flows of one or both."""
        return frozenset(SeriesKey(who, self.what) for who in (self.of, self.less) if who is not None)

    def compute(self, market: Market, scope: Scope) -> NDArray[np.float64]:  # noqa: ARG002  # as above
        """Rs crore, one column."""
        flows = market.series(SeriesKey(self.of, self.what))
        if self.less is not None:
            flows = flows - market.series(SeriesKey(self.less, self.what))
        if self.measure == "change":
            flows = flows - flows.shift(self.window)
        recent = flows.rolling(self.window)
        return market.align(recent.mean() if self.measure == "average" else recent.sum())[:, None]
