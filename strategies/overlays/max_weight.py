"""Risk: no name above a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Overlay, Paper, Weight, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register
class MaxWeight(Overlay):
    """No name is held above `most`; what is cut goes to CASH, or with `excess: others` to the names below the limit.

    Others get it in proportion to what they have, none beyond the limit; what finds no room stays CASH.
    """

    says: ClassVar[str] = "no name above {most} of the whole, the rest to {excess}"
    use: Literal["max_weight"] = "max_weight"
    most: Annotated[Weight, Field(gt=0, description="the largest weight of a name, a fraction or per cent")]
    excess: Annotated[Literal["cash", "others"], Field(description="where what is cut goes")] = "cash"

    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """Weights cut at the limit."""
        import numpy as np  # noqa: PLC0415  # `validate` decides nothing and starts without it

        cut = np.minimum(paper.weights, self.most)
        if self.excess == "cash":
            return cut
        for row, wanted in zip(cut, paper.weights.sum(axis=1), strict=True):
            for _ in range(len(row)):  # each round fills at least one name up or ends
                room = (row > 0) & (row < self.most)
                spare = wanted - row.sum()
                if spare <= 0 or not room.any():
                    break
                row[room] = np.minimum(row[room] * (1.0 + spare / row[room].sum()), self.most)
        return cut
