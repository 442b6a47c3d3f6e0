"""Equal parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from engine.blocks import Moment, Weighing, register


@register
class Equal(Weighing):
    """The same part for every name with a price at the decision close; a name without one gets nothing.

    DeMiguel, Garlappi and Uppal (2009), "Optimal Versus Naive Diversification", on how hard it is to beat.
    """

    says: ClassVar[str] = "equal parts of {of}"
    use: Literal["equal"] = "equal"

    def share(self, names: tuple[str, ...], moment: Moment) -> Mapping[str, float]:  # noqa: ARG002  # nothing to know
        """One part each."""
        return dict.fromkeys(names, 1.0 / len(names))
