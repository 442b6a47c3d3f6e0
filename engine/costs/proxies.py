"""How an asset can be held: through the exchange-traded fund of its index once there is one, else as shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.market.registry import index_facts

Days = NDArray[np.datetime64]


@cache
def inceptions() -> Mapping[str, np.datetime64]:
    """The first day of each index's fund. A fund whose first day nobody knows counts as none."""
    known = {name: facts.proxy_from for name, facts in index_facts().items() if facts.proxy and facts.proxy_from}
    return MappingProxyType({name: np.datetime64(day, "D") for name, day in known.items()})


def has_proxy(assets: Sequence[str], days: Days) -> NDArray[np.bool_]:
    """Whether a fund on the asset existed, days x assets: its first day included, False for what is no index."""
    never = np.datetime64("9999-12-31", "D")
    first = np.array([inceptions().get(asset, never) for asset in assets], dtype="datetime64[D]")
    there: NDArray[np.bool_] = days.astype("datetime64[D]")[:, None] >= first[None, :]
    return there


def vehicles(assets: Sequence[str], days: Days) -> NDArray[np.str_]:
    """What an asset is traded as, days x assets: `etf` where a fund on it existed, else `share`. CASH is no asset."""
    return np.where(has_proxy(assets, days), "etf", "share")


def vehicle_of(asset: str, day: date | np.datetime64) -> str:
    """What one asset is traded as on one day."""
    return str(vehicles([asset], np.array([day], dtype="datetime64[D]"))[0, 0])
