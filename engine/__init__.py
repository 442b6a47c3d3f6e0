"""A backtesting engine for sector rotation in the Indian market.

>>> from engine import load_config, load_market, run  # doctest: +SKIP
>>> config = load_config("configs/midcap_rotation.yaml")  # doctest: +SKIP
>>> run(config, load_market(config))  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.config.data import load_market
    from engine.config.load import load_config
    from engine.market.market import Market
    from engine.run import Result, run

__version__ = "0.1.0"

__all__ = ["EngineError", "Market", "Result", "load_config", "load_market", "run"]

_HOMES = {
    "Market": "engine.market.market",
    "Result": "engine.run",
    "load_config": "engine.config.load",
    "load_market": "engine.config.data",
    "run": "engine.run",
}


def __getattr__(name: str) -> object:
    """Import the public names when they are first used: the command line starts without pandas."""
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
