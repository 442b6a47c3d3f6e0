"""What trading costs one variant, session by session and asset by asset, by name.

Everything a fill is charged is here, so that what is paid, what is shown and what the second book is told are one
thing. Fractions are of the traded value; rupees are per order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.accounting.postcost import Prices

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BPS = 1e-4


@dataclass(frozen=True)
class Brokerage:
    """The lower of a fraction of the value and a ceiling in rupees, and the GST on it (a fraction of it, by session).

    All three are sessions x 1; what is charged is min(fraction * value, cap) * (1 + gst).
    """

    fraction: Floats
    cap: Floats
    gst: Floats


@dataclass(frozen=True, eq=False)
class Terms:
    """`buy` and `sell` are fractions by name, `flat_sell` and `flat_buy` rupees an order by name; sessions x assets.

    `impact` times value to the power of 1.5 is what large orders cost beyond that (None: nothing). `unit` is the price
    of one whole unit in rupees at the usual fill and `unit_at_close` that at the close, 0 where any part of one can be
    traded (None: everywhere). `slices` spreads an order over so many sessions. `vehicles` says what each asset was
    charged as, `unknown` marks cells whose impact is not known.
    """

    buy: Mapping[str, Floats]
    sell: Mapping[str, Floats]
    flat_buy: Mapping[str, Floats] = field(default_factory=dict)
    flat_sell: Mapping[str, Floats] = field(default_factory=dict)
    brokerage: Brokerage | None = None
    impact: Floats | None = None
    unit: Floats | None = None
    unit_at_close: Floats | None = None
    slices: int = 1
    vehicles: NDArray[np.str_] | None = None

    @classmethod
    def in_bps(cls, shape: tuple[int, int], buy_bps: float, sell_bps: float, slippage: Floats | float) -> Terms:
        """The same basis points on every session; `slippage` in basis points, a number or one per asset."""

        def flat(bps: Floats | float) -> Floats:
            return np.broadcast_to(np.asarray(bps, dtype=float) * BPS, shape)

        slip = flat(slippage)
        return cls({"charges": flat(buy_bps), "slippage": slip}, {"charges": flat(sell_bps), "slippage": slip})

    @cached_property
    def buying(self) -> Floats:
        """Fraction of the value of a purchase that is paid, sessions x assets."""
        return _sum(self.buy)

    @cached_property
    def selling(self) -> Floats:
        """Fraction of the value of a sale that is paid, sessions x assets."""
        return _sum(self.sell)

    @property
    def proportional(self) -> bool:
        """Whether every cost is a share of the traded value."""
        return self.brokerage is None and self.impact is None and not self.flat_buy and not self.flat_sell

    def prices(self, sessions: Ints) -> Prices:
        """What orders cost at some sessions, each field sessions x assets."""
        shape = self.buying[sessions].shape
        none = np.zeros(shape)
        broker = self.brokerage
        gst = none if broker is None else 1.0 + broker.gst[sessions]
        return Prices(
            self.buying[sessions],
            self.selling[sessions],
            _sum(self.flat_buy)[sessions] if self.flat_buy else none,
            _sum(self.flat_sell)[sessions] if self.flat_sell else none,
            none if broker is None else np.broadcast_to(broker.fraction[sessions] * gst, shape),
            none if broker is None else np.broadcast_to(broker.cap[sessions] * gst, shape),
            none if self.impact is None else self.impact[sessions],
        )

    @property
    def names(self) -> list[str]:
        """Names of the costs, in the order they are shown; slippage and impact last."""
        extra = ["brokerage", "gst"] if self.brokerage else []
        known = dict.fromkeys([*self.buy, *self.sell, *extra, *self.flat_buy, *self.flat_sell])
        last = ["slippage", *(["impact"] if self.impact is not None else [])]
        return [*(name for name in known if name != "slippage"), *last]

    def named(self, name: str, session: int, signed: Floats) -> Floats:
        """Rupees that one proportional cost takes of orders worth `signed` rupees, one per asset, at a session."""
        rates = [side[name][session] if name in side else 0.0 for side in (self.buy, self.sell)]
        cost: Floats = np.where(signed > 0.0, *rates) * np.abs(signed)
        return cost

    def itemised(self, session: Ints, asset: Ints, signed: Floats) -> dict[str, Floats]:
        """Rupees by name of orders worth `signed` rupees (a sale below 0), each at its session and asset."""
        worth, buying = np.abs(signed), signed > 0.0
        found = {name: np.zeros(len(worth)) for name in self.names}
        for name in dict.fromkeys([*self.buy, *self.sell]):
            rates = [side[name][session, asset] if name in side else 0.0 for side in (self.buy, self.sell)]
            found[name] += np.where(buying, *rates) * worth
        for side, mine in ((self.flat_buy, buying), (self.flat_sell, signed < 0.0)):
            for name, rupees in side.items():
                found[name] += np.where(mine, rupees[session, asset], 0.0)
        if self.brokerage is not None:
            fee = np.minimum(self.brokerage.fraction[session, 0] * worth, self.brokerage.cap[session, 0])
            found["brokerage"] += fee
            found["gst"] += fee * self.brokerage.gst[session, 0]
        if self.impact is not None:
            found["impact"] += self.impact[session, asset] * worth**1.5
        return found


def _sum(parts: Mapping[str, Floats]) -> Floats:
    total: Floats = np.add.reduce(list(parts.values()))
    return total
