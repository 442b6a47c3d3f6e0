"""Since when an asset could really be followed: its index launched, or a fund that holds it on sale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from typing import Literal, NamedTuple

from engine.market.registry import IndexFacts, index_facts

Horizon = Literal["all", "since_launch", "since_proxy"]


class Since(NamedTuple):
    """The first day on which an asset counts; None: there is none, or (`known` false) the facts lack it.

    `why` is one clause that ends in the day, or says why there is none.
    """

    day: dt.date | None
    why: str
    known: bool = True
    verified: bool = True


def since(name: str, horizon: Horizon, baskets: Container[str] = ()) -> Since:
    """The day from which `name` counts under `since_launch` or `since_proxy`; `baskets` are names nobody launched."""
    if name in baskets:
        return Since(None, f"there is no launch and no fund of {name}, built from stocks")
    facts = index_facts().get(name)
    if facts is None:
        return Since(None, f"nothing is known here of {name}, neither its launch nor a fund that holds it", known=False)
    return launched(facts) if horizon == "since_launch" else proxied(facts)


def launched(facts: IndexFacts) -> Since:
    """The day an index was launched; its earlier values were computed backwards."""
    if facts.launch_date is None:
        return Since(None, f"no launch date of {facts.name} is known here", known=False)
    return Since(facts.launch_date, f"{facts.name} was launched on {facts.launch_date}", verified=facts.verified)


def proxied(facts: IndexFacts) -> Since:
    """The day the first fund known here that holds the index was there to be bought."""
    if facts.proxy is None:
        return Since(None, f"no fund that holds {facts.name} is known here")
    if facts.proxy_from is None:
        return Since(None, f"the inception of {facts.proxy}, which holds {facts.name}, is not known here", known=False)
    why = f"{facts.proxy}, which holds {facts.name}, was there from {facts.proxy_from}"
    return Since(facts.proxy_from, why, verified=facts.proxy_verified)
