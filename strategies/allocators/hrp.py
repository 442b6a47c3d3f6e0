"""Parts down a tree of likeness."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from engine.blocks import register
from strategies.allocators.covariance import CovarianceWeighing


@register
class Hrp(CovarianceWeighing):
    """Hierarchical risk parity: names in order of likeness, halved again and again, each half by its inverse variance.

    Lopez de Prado (2016), "Building Diversified Portfolios that Outperform Out of Sample": single linkage, here on the
    distance sqrt((1 - correlation) / 2) itself where the paper takes the distances between its columns. Correlations
    and variances are those of one covariance, of `window` returns; a name without all of them cannot be weighed.
    """

    says: ClassVar[str] = "hierarchical risk parity over {of}, from {window} sessions"
    use: Literal["hrp"] = "hrp"

    def model(self, prior: Any) -> Any:
        """Variance, the order of the tree's leaves."""
        from skfolio import RiskMeasure  # noqa: PLC0415  # takes a second to load
        from skfolio.cluster import HierarchicalClustering, LinkageMethod  # noqa: PLC0415  # as above
        from skfolio.distance import CovarianceDistance  # noqa: PLC0415  # as above
        from skfolio.optimization import HierarchicalRiskParity  # noqa: PLC0415  # as above
        from skfolio.seriation import HierarchicalSeriation  # noqa: PLC0415  # as above

        tree = HierarchicalClustering(max_clusters=1, linkage_method=LinkageMethod.SINGLE)  # the tree, no clusters
        return HierarchicalRiskParity(
            risk_measure=RiskMeasure.VARIANCE,
            prior_estimator=prior,
            distance_estimator=CovarianceDistance(covariance_estimator="precomputed"),
            seriation_estimator=HierarchicalSeriation(hierarchical_clustering_estimator=tree, optimal_ordering=False),
        )
