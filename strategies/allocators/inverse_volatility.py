"""Parts by calm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import MOST, register
from strategies.allocators.risk import RiskWeighing

if TYPE_CHECKING:
    from strategies.allocators.risk import Floats


@register
class InverseVolatility(RiskWeighing):
    """Parts in inverse proportion to the deviation (n - 1) of the last `window` daily returns.

    Where all correlations are the same this is risk parity: Maillard, Roncalli and Teiletche (2010), "The Properties
    of Equally Weighted Risk Contribution Portfolios". A name without all `window` returns cannot be weighed.
    """

    says: ClassVar[str] = "parts of {of} in inverse proportion to their volatility over {window} sessions"
    use: Literal["inverse_volatility"] = "inverse_volatility"
    window: Annotated[int, Field(strict=True, ge=2, le=MOST, description="sessions of returns to judge by")] = 60

    def solve(self, returns: Floats) -> Floats:
        """One over each deviation, over the sum of them."""
        calm = 1.0 / returns.std(axis=0, ddof=1)
        parts: Floats = calm / calm.sum()
        return parts
