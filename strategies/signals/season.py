"""Calendar: is it the time of year?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from engine.blocks import CalendarSignal, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
Month = Annotated[int, Field(strict=True, ge=1, le=12)]


def _once(months: tuple[int, ...]) -> tuple[int, ...]:
    twice = [month for place, month in enumerate(months) if month in months[:place]]
    if twice:
        raise ValueError(f"month {twice[0]} is listed twice")
    return months


@register
class Season(CalendarSignal):
    """True on sessions of the `months`, 1 (January) to 12; never unknown.

    `[6, 7, 8, 9]` is the southwest monsoon season as the India Meteorological Department counts it, whatever the dates
    of onset and withdrawal in a year; `[11, 12, 1, 2, 3, 4]` the half-year of Bouman and Jacobsen (2002), "The
    Halloween Indicator, 'Sell in May and Go Away': Another Puzzle".
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "the month is one of {months}"
    use: Literal["season"] = "season"
    months: Annotated[
        tuple[Month, ...], Field(min_length=1, description="months of the year, 1 to 12"), AfterValidator(_once)
    ]

    def sentence(self) -> str:
        """With the months by name."""
        *others, last = (MONTHS[month - 1] for month in self.months)
        return f"the month is {', '.join(others)} or {last}" if others else f"the month is {last}"

    def of_days(
        self,
        days: NDArray[np.datetime64],
        calendar: NDArray[np.datetime64],  # noqa: ARG002  # a day's month is its own
    ) -> NDArray[np.float64]:
        """1.0 in the months, 0.0 in the others."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        month = days.astype("datetime64[M]").astype(int) % 12 + 1
        return np.isin(month, self.months).astype(float)
