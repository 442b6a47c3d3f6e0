"""Weighing by risk: what the ways have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from engine.blocks import MOST, Moment, Weighing
from engine.errors import StrategyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DUST = 1e-6  # a part this small, either side of zero, is what a solver leaves behind
STILL = 1e-8  # a daily deviation, a fraction: whoever moves less did not move


class RiskWeighing(Weighing):
    """Parts from the daily returns (fractions) of the last `window` sessions, the decision close included.

    A name needs all of them: one that lacks a close lacks two returns, and what is missing is filled with nothing. A
    single name gets the whole. The same returns give the same parts, in whichever order the names stand.
    """

    window: Annotated[int, Field(strict=True, ge=2, le=MOST, description="sessions of returns to judge by")] = 250
    fallback: Annotated[
        Literal["equal"] | None,
        Field(description="parts where history is short or there is no solution; an error if absent"),
    ] = None

    def weighable(self, names: tuple[str, ...], moment: Moment) -> bool:
        """Every name has all `window` returns at this close."""
        return not self._lacking(names, self._returns(names, moment))

    def share(self, names: tuple[str, ...], moment: Moment) -> Mapping[str, float]:
        """The parts. Raises StrategyError, without a fallback, where history is short or nothing solves it."""
        if len(names) == 1:
            return {names[0]: 1.0}
        try:
            parts = self._parts(tuple(sorted(names)), moment)
        except StrategyError as error:
            if self.fallback is None:
                raise StrategyError(f"{error} (`fallback: equal` holds equal parts then)") from error
            return dict.fromkeys(names, 1.0 / len(names))
        return {name: parts[name] for name in names}

    @abstractmethod
    def solve(self, returns: Floats) -> Floats:
        """A part for each column of returns, whose mean deviation is 1. Raises StrategyError where there is none."""

    def _returns(self, names: tuple[str, ...], moment: Moment) -> Floats:
        assert moment.past is not None, "the plan hands over the past at every decision"
        return moment.past.returns(names, self.window)

    def _lacking(self, names: tuple[str, ...], returns: Floats) -> dict[str, int]:
        """How many returns there are, for each name that lacks one."""
        known = (returns == returns).sum(axis=0).tolist()  # noqa: PLR0124  # NaN alone differs from itself
        return {name: count for name, count in zip(names, known, strict=True) if count < self.window}

    def _parts(self, names: tuple[str, ...], moment: Moment) -> dict[str, float]:
        returns = self._returns(names, moment)
        for name, count in self._lacking(names, returns).items():
            raise StrategyError(f"{name} has {count} of the last {self.window} returns, and {self.use} needs all")
        risks = returns.std(axis=0, ddof=1)
        if risks.min() < STILL:
            still = names[int(risks.argmin())]
            raise StrategyError(f"{still} did not move in the last {self.window} sessions: {self.use} cannot weigh it")
        parts = self.solve(returns / risks.mean())  # solvers know when to stop for numbers near 1
        if not (parts.min() >= -DUST and abs(parts.sum() - 1.0) <= DUST):
            raise StrategyError(f"{self.use} found no parts of the whole: {parts.tolist()}")
        parts[parts < DUST] = 0.0
        return dict(zip(names, (parts / parts.sum()).tolist(), strict=True))
