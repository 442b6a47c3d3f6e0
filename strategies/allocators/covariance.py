"""Weighing by a covariance matrix, through skfolio."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from engine.errors import StrategyError
from strategies.allocators.risk import RiskWeighing

if TYPE_CHECKING:
    from strategies.allocators.risk import Floats


class CovarianceWeighing(RiskWeighing):
    """Parts that follow from the covariance of the returns of the last `window` sessions.

    `ledoit_wolf` pulls the sample matrix towards equal variances without correlation, by as much as its sampling error
    asks for: Ledoit and Wolf (2004), "A Well-Conditioned Estimator for Large-Dimensional Covariance Matrices". `none`
    is the sample matrix (n - 1).
    """

    shrinkage: Annotated[Literal["none", "ledoit_wolf"], Field(description="how the covariance is steadied")] = (
        "ledoit_wolf"
    )

    @abstractmethod
    def model(self, prior: Any) -> Any:
        """The skfolio optimiser, not fitted, with this estimate of the returns' distribution."""

    def solve(self, returns: Floats) -> Floats:
        """What the optimiser finds."""
        parts: Floats = self.fitted(returns).weights_
        return parts

    def fitted(self, returns: Floats) -> Any:
        """The fitted optimiser. Raises StrategyError where it fails."""
        import warnings  # noqa: PLC0415  # beside its only use

        from skfolio.exceptions import SkfolioError  # noqa: PLC0415  # takes a second to load
        from skfolio.moments import EmpiricalCovariance, LedoitWolf  # noqa: PLC0415  # as above
        from skfolio.prior import EmpiricalPrior  # noqa: PLC0415  # as above

        estimator = LedoitWolf() if self.shrinkage == "ledoit_wolf" else EmpiricalCovariance()
        try:
            with warnings.catch_warnings():  # a solver that stops short says so in a warning and in nothing else
                warnings.simplefilter("ignore")
                warnings.filterwarnings("error", "Solution may be inaccurate")
                return self.model(EmpiricalPrior(covariance_estimator=estimator)).fit(returns)
        except (SkfolioError, ValueError, UserWarning) as error:
            raise StrategyError(f"{self.use} has no solution: {str(error).split('. ')[0]}") from error
