"""Risk: how much of another series' move does the series make?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import PairSignal, register

if TYPE_CHECKING:
    import pandas as pd


@register
class Beta(PairSignal):
    """Least-squares slope of the last `window` simple returns on those of `to`: a multiple, 1 for `to` itself.

    A return runs from one date on which both have a close to the next; unknown until `window` returns, that is
    `window` + 1 such dates, exist, and where `to` returned the same throughout. Sharpe (1963), "A Simplified Model for
    Portfolio Analysis", "The Diagonal Model", on daily returns with no interest taken off.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the beta of {of} to {to} over {window} sessions"
    use: Literal["beta"] = "beta"
    window: Annotated[
        int, Field(strict=True, ge=2, le=100_000, description="returns, one a common session, in the line")
    ]

    @property
    def fraction(self) -> bool:
        """It is a multiple."""
        return False

    def of_pair(self, closes: pd.Series, against: pd.Series) -> pd.Series:
        """Covariance over variance, NaN where the variance is zero."""
        mine, theirs = closes / closes.shift(1) - 1.0, against / against.shift(1) - 1.0
        recent = theirs.rolling(self.window)
        moved = recent.max() > recent.min()  # exact, where a rolling variance may keep a rest of older moves
        return (mine.rolling(self.window).cov(theirs) / recent.var()).where(moved)
