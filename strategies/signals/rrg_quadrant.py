"""Relative rotation: in which quadrant of the graph is the series?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import PairSignal, register
from strategies.signals.rrg import Sessions, rotation

if TYPE_CHECKING:
    import pandas as pd


@register
class RrgQuadrant(PairSignal):
    """True while the series is in one quadrant of the relative rotation graph; RS-Ratio and RS-Momentum as in `rrg`.

    leading: both are above 100; weakening: the ratio alone; improving: the momentum alone; lagging: neither, which is
    where `to` itself is. Exactly one is true; unknown until both windows are full. De Kempenaer, "Construction of
    Relative Rotation Graphs" (relativerotationgraphs.com); that 100 itself is not above is a choice made here.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "{of} is in the {quadrant} quadrant of the RRG against {to}"
    use: Literal["rrg_quadrant"] = "rrg_quadrant"
    quadrant: Annotated[
        Literal["leading", "weakening", "lagging", "improving"], Field(description="the quadrant it has to be in")
    ]
    window: Annotated[Sessions, Field(description="common sessions in the average of RS")] = 50
    momentum_window: Annotated[Sessions, Field(description="common sessions in the average of RS-Ratio")] = 10

    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """1.0 in the quadrant, 0.0 in another, NaN before it is known."""
        ratio, momentum = rotation(closes, against, self.window, self.momentum_window)
        right, upper = self.quadrant in ("leading", "weakening"), self.quadrant in ("leading", "improving")
        there = ((ratio > 100.0) == right) & ((momentum > 100.0) == upper)
        return there.astype(float).where(momentum.notna())
