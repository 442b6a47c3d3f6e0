"""Cost: no decision trades more than a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Overlay, Paper, Weight, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING = 1e-12  # ten steps of a tenth are the whole, and leave no speck to be held and sold later


@register
class MaxTurnover(Overlay):
    """A decision moves at most `most` of the whole away from the targets of the one before, in the wanted direction.

    Turnover is half of all changes of weight, CASH among them: 100% replaces everything. It compares successive
    targets, not what drift has made of them, so real trades can be a little larger. The opening is not limited.
    """

    says: ClassVar[str] = "at most {most} of the whole changed at a decision"
    use: Literal["max_turnover"] = "max_turnover"
    most: Annotated[Weight, Field(gt=0, description="the largest turnover of a decision, a fraction or per cent")]

    @property
    def gradual(self) -> bool:
        """It needs several decisions for a large move."""
        return True

    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """Each decision as far towards its target as the limit lets it go."""
        import numpy as np  # noqa: PLC0415  # `validate` decides nothing and starts without it

        moved = paper.weights.copy()
        for place in range(1, len(moved)):
            step = paper.weights[place] - moved[place - 1]
            turnover = (np.abs(step).sum() + abs(step.sum())) / 2.0
            if turnover > self.most + ROUNDING:
                moved[place] = np.maximum(moved[place - 1] + step * (self.most / turnover), 0.0)
        return moved
