"""Risk: leave after a fall, and come back by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from engine.blocks import CountOrZero, Overlay, Paper, Weight, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING = 1e-12  # a rise from 90 to 94.5 is one of 5%, whatever the last bit says


@register
class DrawdownStop(Overlay):
    """Cuts weights to `keep` of themselves once the paper portfolio closes a decision `limit` below its peak.

    It comes back at the first decision that is at least `wait` decisions later and at which the paper portfolio,
    which goes on as if nothing had been cut, stands `recover` above its lowest close since; the peak then starts anew
    from there. Both are looked at on decision closes; peaks and lows count every close. Kaminski and Lo (2014), "When
    Do Stop-Loss Rules Stop Losses?", section 2 (stop and re-entry thresholds).
    """

    says: ClassVar[str] = (
        "cut to {keep} after a fall of {limit}, back after {wait} decisions and a rise of {recover} from the low"
    )
    use: Literal["drawdown_stop"] = "drawdown_stop"
    limit: Annotated[Weight, Field(gt=0, lt=1, description="the fall from the peak that stops, a fraction")]
    recover: Annotated[Weight, Field(description="rise from the low that re-enters, a fraction")]
    wait: Annotated[CountOrZero, Field(description="decisions to stay out at least")] = 1
    keep: Annotated[Weight, Field(description="part of the weights that is kept while stopped")] = 0.0

    @property
    def gradual(self) -> bool:
        """With a part kept the names stay the same, and a stop is no change that would place orders by itself."""
        return self.keep > 0.0

    def adjust(self, paper: Paper) -> NDArray[np.float64]:
        """Weights, cut while stopped."""
        weights = paper.weights.copy()
        since, stopped = int(paper.decisions[0]), None
        for place, session in enumerate(paper.decisions):
            value, path = paper.nav[session], paper.nav[since : session + 1]
            if stopped is None:
                if value <= path.max() * (1.0 - self.limit + ROUNDING):
                    since, stopped = int(session), place
            elif place - stopped >= self.wait and value >= path.min() * (1.0 + self.recover - ROUNDING):
                since, stopped = int(session), None
            if stopped is not None:
                weights[place] *= self.keep
        return weights
