"""How much can be bought with what is there, and how little need be sold for what is owed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.accounting.postcost import Prices

Floats = NDArray[np.float64]


def proceeds(orders: Floats, prices: Prices) -> float:
    """Rupees that the sales among signed orders bring."""
    sales = np.minimum(orders, 0.0)
    return float(-sales.sum() - prices.cost(sales).sum())


def payable_part(buys: Floats, prices: Prices, there: float) -> float:
    """The largest part of some purchases, at most all, that so many rupees pay for."""
    needed = float(buys.sum() + prices.cost(buys).sum())
    if needed <= there or needed == 0.0:
        return 1.0
    if not any(part.any() for part in (prices.flat_buy, prices.fraction, prices.impact)):
        return max(there, 0.0) / needed
    return _last(lambda part: float(part * buys.sum() + prices.cost(part * buys).sum()) <= there)


def least_part(held: Floats, prices: Prices, need: float) -> float:
    """The least part of some holdings whose sale brings so many rupees."""
    if not any(part.any() for part in (prices.flat_sell, prices.fraction, prices.impact)):
        return need / proceeds(-held, prices)
    return 1.0 - _last(lambda rest: proceeds(-(1.0 - rest) * held, prices) >= need)


def _last(holds: Callable[[float], bool]) -> float:
    """The largest number from 0 to 1 up to which something holds; 0 where it never does."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
