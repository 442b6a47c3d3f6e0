"""Risk: no name above a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Names, Overlay, Paper, Weight, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register
class MaxWeight(Overlay):
    """No name is held above `most`; what is cut goes to CASH, or with `excess: others` to the other names held.

    Others get it in proportion to what they have, none beyond its limit; what finds no room stays CASH, as when a
    rule holds a single name.
    """

    says: ClassVar[str] = "at most {most} of the whole in {of}, the rest to {excess}"
    use: Literal["max_weight"] = "max_weight"
    most: Annotated[Weight, Field(gt=0, description="the largest weight of a name, a fraction or per cent")]
    of: Annotated[Names | None, Field(description="names with the limit; all if absent")] = None
    excess: Annotated[Literal["cash", "others"], Field(description="where what is cut goes")] = "cash"

    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """Weights cut at the limit."""
        import numpy as np  # noqa: PLC0415  # `validate` decides nothing and starts without it

        limited = [self.of is None or name in self.of for name in paper.assets]
        limits = np.where(limited, self.most, 1.0)
        cut = np.minimum(paper.weights, limits)
        if self.excess == "cash":
            return cut
        for row, wanted in zip(cut, paper.weights.sum(axis=1), strict=True):
            for _ in range(len(row)):  # each round fills at least one name up or ends
                room = (row > 0) & (row < limits)
                spare = wanted - row.sum()
                if spare <= 0 or not room.any():
                    break
                row[room] = np.minimum(row[room] * (1.0 + spare / row[room].sum()), limits[room])
        return cut
