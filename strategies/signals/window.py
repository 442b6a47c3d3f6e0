"""Calendar: is it the time around a dated event?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from engine.blocks import CalendarSignal, CountOrZero, Text, register
from engine.errors import unknown
from engine.market.registry import events

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def _known(name: str) -> str:
    if name not in events():
        raise ValueError(unknown("event", name, events()))
    return name


EventName = Annotated[Text, AfterValidator(_known)]


@register
class Window(CalendarSignal):
    """True from `before` sessions before a dated event to `after` sessions after it, and not before it was announced.

    Sessions are counted on the session calendar, from the first one on or after the event (day 0). The calendar is
    known in advance, but not without end: if day 0 is outside it, the sessions that the window may reach, at one
    session or more in seven days, are unknown and all others false. Dates, announcements (an event without one counts
    from its own day on) and their sources are in `engine/market/facts/events.csv`.
    """

    kind: ClassVar[Literal["condition", "number"]] = "condition"
    says: ClassVar[str] = "it is at most {before} sessions before or {after} sessions after the {event}"
    use: Literal["window"] = "window"
    event: Annotated[EventName, Field(description="the name of a dated event, such as `union_budget`")]
    before: Annotated[CountOrZero, Field(description="sessions before the event")] = 0
    after: Annotated[CountOrZero, Field(description="sessions after the event")] = 0

    def sentence(self) -> str:
        """With the event's name in words."""
        return super().sentence().replace(self.event, self.event.replace("_", " "))

    def of_days(self, days: NDArray[np.datetime64], calendar: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """1.0 in the window of any of the events, 0.0 outside, NaN where that cannot be counted."""
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        week, place = np.timedelta64(7, "D"), np.searchsorted(calendar, days)
        found = np.zeros(len(days))
        for event in events()[self.event]:
            day, announced = np.datetime64(event.date), np.datetime64(event.announced)
            weeks = min(int((day - calendar[0]) / week), 0) + max(int((day - calendar[-1] - 1) / week), 0)
            zero = np.searchsorted(calendar, day) + weeks  # outside the calendar: no nearer than that
            inside = (place >= zero - self.before) & (place <= zero + self.after) & (days >= announced)
            found[inside & (found != 1.0)] = 1.0 if calendar[0] <= day <= calendar[-1] else np.nan
        return found
