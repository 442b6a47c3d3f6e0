"""The calmest mix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from engine.blocks import Mistake, Scope, Weight, register
from engine.errors import StrategyError
from strategies.allocators.covariance import CovarianceWeighing
from strategies.allocators.fixed import ROUNDING

if TYPE_CHECKING:
    from strategies.allocators.risk import Floats


@register
class MinVariance(CovarianceWeighing):
    """The long-only mix, fully invested, of the least variance by the covariance of the last `window` returns.

    It holds few names unless `max_weight` spreads it; a single name gets the whole all the same. A name without all
    `window` returns cannot be weighed. Markowitz (1952), "Portfolio Selection"; Clarke, de Silva and Thorley (2011),
    "Minimum-Variance Portfolio Composition".
    """

    says: ClassVar[str] = "the mix of {of} with the least variance over {window} sessions"
    use: Literal["min_variance"] = "min_variance"
    max_weight: Annotated[Weight | None, Field(gt=0, description="the largest part of a name, fraction or %")] = None

    def sentence(self) -> str:
        """The limit too, where there is one."""
        return super().sentence() + ("" if self.max_weight is None else f", at most {self.max_weight * 100:g}% each")

    def model(self, prior: Any) -> Any:
        """Least variance between zero and the limit."""
        from skfolio import RiskMeasure  # noqa: PLC0415  # takes a second to load
        from skfolio.optimization import MeanRisk  # noqa: PLC0415  # as above

        return MeanRisk(risk_measure=RiskMeasure.VARIANCE, prior_estimator=prior, max_weights=self.max_weight or 1.0)

    def solve(self, returns: Floats) -> Floats:
        """What the optimiser finds, where there is one answer."""
        for mistake in self._unsolvable(returns.shape[1]):
            raise StrategyError(mistake.message)
        return super().solve(returns)

    def mistakes(self, scope: Scope) -> Iterator[Mistake]:
        """Names outside the universe, a limit too low for them, a window too short for them."""
        yield from super().mistakes(scope)
        yield from self._unsolvable(len(self.of or scope.universe))

    def _unsolvable(self, names: int) -> Iterator[Mistake]:
        if self.max_weight is not None and self.max_weight * names < 1.0 - ROUNDING:
            yield Mistake(("max_weight",), f"{names} names of at most {self.max_weight * 100:g}% make no 100%")
        if self.shrinkage == "none" and names >= self.window:
            yield Mistake(("window",), f"the least variance of {names} names needs more than {names} returns, "
                          f"not {self.window}, or `shrinkage: ledoit_wolf`")  # fmt: skip
