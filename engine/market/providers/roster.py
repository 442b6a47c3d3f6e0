"""Who can be asked for history. Each provider's own file is loaded when it is asked, and no earlier."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.market.providers.http import Limits
    from engine.market.providers.provider import Provider


class Name(StrEnum):
    """A provider, as the command line calls it."""

    NIFTYINDICES = "niftyindices"
    DAILY = "daily"
    BSE = "bse"
    YAHOO = "yahoo"
    FLOWS = "flows"
    FPI = "fpi"


BY_ITSELF = (Name.NIFTYINDICES, Name.BSE, Name.FLOWS, Name.FPI)
"""Who is asked without a choice: `daily` takes a request a session, and `yahoo` is a last resort."""


def connect(name: Name, limits: Limits | None = None) -> Provider:
    """A provider over the network. Raises ProviderError where what it needs is not installed."""
    made: Callable[..., Provider] = import_module(f"engine.market.providers.{name}").connect
    return made(limits=limits)
