"""What is to be traded, and where: one variant's order schedule, and the prices all variants trade at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.accounting.taxation import Taxation
from engine.accounting.terms import Terms
from engine.config.settings import Execution

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Orders:
    """One variant's order schedule: `decided` are session positions, `weights` events x assets.

    `forced` marks events that trade however small the drift: a change of rule or of the names held. Without `terms`,
    costs are the basis points of `execution`; without `tax`, gains are not taxed.
    """

    decided: Ints
    weights: Floats
    forced: Flags
    execution: Execution
    terms: Terms | None = None
    tax: Taxation | None = None

    @property
    def filled(self) -> Ints:
        """The session after each decision."""
        return self.decided + 1


@dataclass(frozen=True)
class Exchange:
    """What the variants trade on: prices and valuations of the same assets, sessions x assets, in index points."""

    assets: tuple[str, ...]
    sessions: pd.DatetimeIndex
    closes: Floats
    values: Floats  # the last known close
    fills: Floats  # the price an order gets: the close or the open
    at_open: bool

    @cached_property
    def gaps(self) -> tuple[Flags, Flags]:
        """Sessions on which some asset has no fill price, and those on which some has no close."""
        return np.asarray(np.isnan(self.fills).any(axis=1)), np.asarray(np.isnan(self.closes).any(axis=1))

    def terms_of(self, orders: Orders) -> Terms:
        """What a variant's orders cost here."""
        if orders.terms is not None:
            return orders.terms
        execution = orders.execution
        if not execution.in_bps:
            raise ValueError("orders whose charges are dated bring their terms")
        slippage = np.array([execution.slippage_of(name) for name in self.assets])
        return Terms.in_bps(self.closes.shape, execution.buy_bps or 0.0, execution.sell_bps or 0.0, slippage)
