"""The largest value that is left once a whole target is set and its costs are paid (rule 4.13).

Costs that are a share of what is traded have an answer for all variants at once. What an order costs whatever its
size, a brokerage with a ceiling and the price that large orders move make the equation jump and bend; between the
points where it does, it rises, so each stretch is solved by itself, from the top down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HALVINGS = 200  # far more than a double has digits
SPECK = 1e-12  # of the value: an order this small is what rounding left of none
SLACK = 1e-14  # of the value: what only rounding puts out of reach can be paid


def post_cost_value(value: Floats, weights: Floats, holdings: Floats, buy: Floats, sell: Floats) -> Floats:
    """The largest V' with V' + costs(V' w - h) <= V, for proportional costs; one row per variant.

    `value` (V) and `holdings` (h, variants x assets) are rupees, `weights` fractions, `buy` and `sell` cost fractions
    of traded value (variants x assets). V' + costs is increasing, convex and linear while the same assets are bought,
    so solving with the assets bought at the last guess, starting from V, comes down to the answer in at most one step
    per asset.
    """
    buying = value[:, None] * weights > holdings
    while True:
        rate = np.where(buying, buy, -sell)
        after: Floats = (value + across(rate * holdings)) / (1.0 + across(rate * weights))
        less = buying & (after[:, None] * weights <= holdings)
        if not less.any():
            return after
        buying &= ~less


def across(values: Floats) -> Floats:
    """Sums over assets, one per variant."""
    total: Floats = np.add.reduce(values, axis=-1)
    return total


@dataclass(frozen=True)
class Prices:
    """What orders of one moment cost: one number per asset, or the same shape as the orders.

    An order of v rupees costs `buy` or `sell` times v, `flat_buy` or `flat_sell` rupees, the lower of `fraction` times
    v and `cap` rupees, and `impact` times v to the power of 1.5.
    """

    buy: Floats
    sell: Floats
    flat_buy: Floats
    flat_sell: Floats
    fraction: Floats
    cap: Floats
    impact: Floats

    def cost(self, orders: Floats) -> Floats:
        """Rupees each signed order costs; no order costs nothing."""
        worth = np.abs(orders)
        buying, selling = orders > 0.0, orders < 0.0
        flat = np.where(buying, self.flat_buy, 0.0) + np.where(selling, self.flat_sell, 0.0)
        rate = np.where(buying, self.buy, self.sell)
        cost: Floats = rate * worth + flat + np.minimum(self.fraction * worth, self.cap) + self.impact * worth**1.5
        return cost


def post_cost_value_exact(value: float, weights: Floats, holdings: Floats, prices: Prices, least: float) -> float:
    """The same for one variant under any `prices`; an order under `least` rupees is no order and costs nothing.

    The largest V' may lie where an asset is not traded at all: such points are looked at by themselves.
    """

    def short(after: float) -> float:
        orders = after * weights - holdings
        orders[np.abs(orders) < smallest] = 0.0
        return after + float(prices.cost(orders).sum()) - value

    smallest = max(least, SPECK * value)
    edges = _edges(value, weights, holdings, prices, least)
    bends = bool(prices.impact.any())
    for high, low in pairwise(edges):
        if short(high) <= SLACK * value:
            return high
        found = _inside(short, low, high, bends)
        if found is not None:
            return found
    return 0.0


def _edges(value: float, weights: Floats, holdings: Floats, prices: Prices, least: float) -> list[float]:
    """Where an order changes its sign, comes to the least size or its brokerage to its ceiling, from V down to 0."""
    wanted = weights > 0.0
    rupees, share = holdings[wanted], weights[wanted]
    with np.errstate(divide="ignore", invalid="ignore"):
        ceiling = np.nan_to_num(np.broadcast_to(prices.cap / prices.fraction, weights.shape)[wanted], posinf=0.0)
    points = [rupees / share]
    for step in (least, ceiling):
        points += [(rupees + step) / share, (rupees - step) / share]
    inside = {float(point) for point in np.concatenate(points) if 0.0 < point < value}
    return sorted({*inside, 0.0, value}, reverse=True)


def _inside(short: Callable[[float], float], low: float, high: float, bends: bool) -> float | None:
    """The root between two edges, the upper edge's limit where even that is paid for, None where nothing is."""
    width = high - low
    near, far = low + width / 3.0, high - width / 3.0
    at_near, at_far = short(near), short(far)
    if not bends:
        if at_far == at_near:
            return None
        root = near - at_near * (far - near) / (at_far - at_near)
        return None if root <= low else min(root, float(np.nextafter(high, low)))
    bottom, top = float(np.nextafter(low, high)), float(np.nextafter(high, low))
    if short(bottom) > 0.0:
        return None
    if short(top) <= 0.0:
        return top
    for _ in range(HALVINGS):
        middle = 0.5 * (bottom + top)
        if middle in (bottom, top):
            break
        bottom, top = (middle, top) if short(middle) <= 0.0 else (bottom, middle)
    return bottom
