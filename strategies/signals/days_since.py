"""Calendar: how long ago was a dated event?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import CalendarSignal, register
from engine.market.registry import events
from strategies.signals.window import EventName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register
class DaysSince(CalendarSignal):
    """Calendar days since the latest event of a name, 0 on its day; unknown before the first one on record.

    Dates as in `engine/market/facts/events.csv`: an event that the file lacks resets nothing.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the days since the latest {event}"
    use: Literal["days_since"] = "days_since"
    event: Annotated[EventName, Field(description="the name of a dated event, such as `union_budget`")]

    @property
    def fraction(self) -> bool:
        """It counts days."""
        return False

    def sentence(self) -> str:
        """With the event's name in words."""
        return super().sentence().replace(self.event, self.event.replace("_", " "))

    def of_days(
        self,
        days: NDArray[np.datetime64],
        calendar: NDArray[np.datetime64],  # noqa: ARG002  # calendar days are counted, not sessions
    ) -> NDArray[np.float64]:
        """The days, NaN before the first event."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        dates = np.array([event.date for event in events()[self.event]], dtype="datetime64[D]")
        latest = np.searchsorted(dates, days, side="right") - 1
        since = (days - dates[np.maximum(latest, 0)]).astype("timedelta64[D]").astype(float)
        return np.where(latest < 0, np.nan, since)
