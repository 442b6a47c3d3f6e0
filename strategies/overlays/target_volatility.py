"""Risk: hold less when markets are rough."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, Overlay, Paper, Weight, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register
class TargetVolatility(Overlay):
    """Weights times target / volatility where that is below 1, and at most `cap` of the whole; the rest is CASH.

    It never holds more than the rules do. Under `decide: on_change` it sizes what is bought at a change and leaves it.

    The volatility is that of the paper portfolio's last `window` daily returns (n - 1), annualised; before the first
    decision the first targets count as having been held at constant weights. Moreira and Muir (2017), "Volatility-
    Managed Portfolios", section I, who scale by the variance of the month before and may borrow.
    """

    says: ClassVar[str] = "scaled to a volatility of {target} a year from {window} sessions, at most {cap} invested"
    use: Literal["target_volatility"] = "target_volatility"
    target: Annotated[Weight, Field(gt=0, description="volatility aimed at, a fraction a year")]
    window: Annotated[int, Field(strict=True, ge=2, le=100_000, description="daily returns in the estimate")] = 60
    cap: Annotated[Weight, Field(gt=0, description="the most that is invested, a fraction or per cent")] = 1.0
    sessions_per_year: Annotated[Count, Field(description="sessions in a year, to annualise by")] = 248

    @property
    def history(self) -> int:
        """A window of returns before the first decision."""
        return self.window

    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """Scaled weights."""
        import numpy as np  # noqa: PLC0415  # `validate` decides nothing and starts without it

        windows = np.lib.stride_tricks.sliding_window_view(paper.returns, self.window)
        risk = windows[paper.decisions - self.window + 1].std(axis=1, ddof=1) * math.sqrt(self.sessions_per_year)
        scales = self.target / np.maximum(risk, self.target)
        invested = paper.weights.sum(axis=1) * scales
        scales *= np.minimum(1.0, self.cap / np.maximum(invested, self.cap))
        return np.asarray(paper.weights * scales[:, None])
