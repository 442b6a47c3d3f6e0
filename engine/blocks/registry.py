"""Which blocks there are: a registry a shape, filled by the modules below `strategies/`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Any, Literal, TypeVar, get_origin

from pydantic import ValidationError

from engine.blocks.allocators import Allocator, Weighing
from engine.blocks.fields import Block
from engine.blocks.overlays import Overlay
from engine.blocks.signals import Signal
from engine.errors import unknown

_B = TypeVar("_B", bound=Block)

SIGNALS: dict[str, type[Signal]] = {}
ALLOCATORS: dict[str, type[Allocator]] = {}
OVERLAYS: dict[str, type[Overlay]] = {}


def registry_of(block: type[Block]) -> dict[str, Any]:
    """The registry of a block's shape."""
    if issubclass(block, Signal):
        return SIGNALS
    return ALLOCATORS if issubclass(block, Allocator) else OVERLAYS


def register(block: type[_B]) -> type[_B]:
    """Class decorator: enter a block in the registry of its shape under the literal of its `use` field."""
    if get_origin(block.model_fields["use"].annotation) is not Literal:
        raise TypeError(f'{block.__name__} has no name: give it a line such as use: Literal["mine"] = "mine"')
    if inspect.isabstract(block):
        lacks = ", ".join(sorted(block.__abstractmethods__))
        raise TypeError(f"{block.__name__} is not whole: it lacks the methods {lacks}")
    name = block.model_fields["use"].default
    registry = registry_of(block)
    if name in registry:
        raise TypeError(f"two blocks are called {name!r}: {registry[name].__name__} and {block.__name__}")
    registry[name] = block
    return block


@cache
def load() -> None:
    """Import every module below `strategies/`, so that its blocks are registered."""
    package = importlib.import_module("strategies")
    for module in pkgutil.walk_packages(package.__path__, "strategies."):
        importlib.import_module(module.name)


def as_weighing(value: Any) -> Any:
    """`inverse_volatility` or `{use: inverse_volatility, window: 60}` as the allocator it names."""
    if not isinstance(value, str | dict):
        return value
    fields = {"use": value} if isinstance(value, str) else value
    known = {name: block for name, block in ALLOCATORS.items() if issubclass(block, Weighing)}
    if fields.get("use") not in known:
        raise ValueError(unknown("way to weigh", str(fields.get("use")), known))
    try:
        return known[fields["use"]].model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{fields['use']}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
