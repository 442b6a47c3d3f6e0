"""Cost: move to a new target in steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import Count, Overlay, Paper, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register
class Glide(Overlay):
    """Targets become the mean of the last `decisions` targets, so that a new one is reached in as many equal steps.

    The opening is bought whole: before the first decision its targets count as having been there.
    """

    says: ClassVar[str] = "a new target is reached in {decisions} equal steps"
    use: Literal["glide"] = "glide"
    decisions: Annotated[Count, Field(description="decisions from one target to the next")]

    @property
    def gradual(self) -> bool:
        """It needs several decisions for every move."""
        return True

    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """The mean of the last targets."""
        import numpy as np  # noqa: PLC0415  # `validate` decides nothing and starts without it

        places = np.arange(len(paper.weights))
        moved = np.zeros_like(paper.weights)
        for back in range(min(self.decisions, len(places))):
            moved += paper.weights[np.maximum(places - back, 0)]
        moved += max(self.decisions - len(places), 0) * paper.weights[0]
        return moved / self.decisions
