"""Parts of equal risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.blocks import register
from engine.errors import StrategyError
from strategies.allocators.covariance import CovarianceWeighing

if TYPE_CHECKING:
    from strategies.allocators.risk import Floats

EVEN = 1e-9  # how far a contribution may be from its share, as a part of it


@register
class RiskParity(CovarianceWeighing):
    """Parts such that each name adds the same to the variance of the whole, by the covariance of `window` returns.

    A name's contribution is its part times its covariance with the whole. Maillard, Roncalli and Teiletche (2010),
    "The Properties of Equally Weighted Risk Contribution Portfolios". A name without all `window` returns cannot be
    weighed.
    """

    says: ClassVar[str] = "parts of equal risk over {of}, from {window} sessions"
    use: Literal["risk_parity"] = "risk_parity"

    def model(self, prior: Any) -> Any:
        """Equal budgets of variance, long only, to a precision that its solver always reaches."""
        from skfolio import RiskMeasure  # noqa: PLC0415  # takes a second to load
        from skfolio.optimization import RiskBudgeting  # noqa: PLC0415  # as above

        enough = {"tol_gap_abs": 1e-7, "tol_gap_rel": 1e-7}
        return RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, prior_estimator=prior, solver_params=enough)

    def solve(self, returns: Floats) -> Floats:
        """The solver's parts, brought from about five decimals to all of them by Newton's method.

        With x the parts scaled so that each contribution is 1, covariance @ x = 1 / x.
        """
        import numpy as np  # noqa: PLC0415  # `validate` reads no history and starts without it

        model = self.fitted(returns)
        covariance: Floats = model.prior_estimator_.return_distribution_.covariance
        x: Floats = model.weights_ * np.sqrt(len(covariance) / (model.weights_ @ covariance @ model.weights_))
        for _ in range(4):
            x = x - np.linalg.solve(covariance + np.diag(x**-2.0), covariance @ x - 1.0 / x)
        if not np.abs(x * (covariance @ x) - 1.0).max() <= EVEN:
            raise StrategyError(f"{self.use} has no solution: the risks stay uneven")
        parts: Floats = x / x.sum()
        return parts
