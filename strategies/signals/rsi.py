"""Mean reversion: the relative strength index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import SeriesSignal, register

if TYPE_CHECKING:
    import pandas as pd

SETTLED = 5


@register
class Rsi(SeriesSignal):
    """Wilder's RSI, 0 to 100: 100 * average gain / (average gain + average loss).

    The averages start as the simple mean of the first `window` changes of the series' stored history and go on as
    ((window - 1) * previous + today) / window. Unknown until the series has 5 * window observations, when the start
    has faded to a few per cent, and where nothing moved at all. Wilder (1978), "New Concepts in Technical Trading
    Systems", section VI.
    """

    kind: ClassVar[Literal["condition", "number"]] = "number"
    says: ClassVar[str] = "the {window}-session RSI of {of}"
    use: Literal["rsi"] = "rsi"
    window: Annotated[int, Field(strict=True, ge=2, le=100_000, description="sessions in Wilder's averages")] = 14

    @property
    def fraction(self) -> bool:
        """It is 0 to 100."""
        return False

    def of_series(self, closes: pd.Series) -> pd.Series:
        """The index, NaN until it has settled."""
        change = closes.diff()
        gain, loss = (self._average(part) for part in (change.clip(lower=0.0), -change.clip(upper=0.0)))
        strength = 100.0 * gain / (gain + loss).where(gain + loss > 0.0)
        strength.iloc[: SETTLED * self.window - 1] = float("nan")
        return strength

    def _average(self, part: pd.Series) -> pd.Series:
        seeded = part.copy()
        seeded.iloc[: self.window] = float("nan")
        if len(part) > self.window:
            seeded.iloc[self.window] = part.iloc[1 : self.window + 1].mean()
        return seeded.ewm(alpha=1.0 / self.window, adjust=False).mean()
