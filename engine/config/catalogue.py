"""The blocks of the strategy language, documented from their own docstrings and fields."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from engine import blocks
from engine.blocks import Block, Signal


class FieldEntry(NamedTuple):
    """One field: its name, whether it is needed or what it is by default, and what it means."""

    name: str
    takes: str
    about: str


class BlockEntry(NamedTuple):
    """One block: its shape (signal, allocator, overlay), its kind and what it says of itself."""

    name: str
    shape: str
    kind: str
    about: str
    fields: tuple[FieldEntry, ...]
    plugin: str


def block_entries() -> list[BlockEntry]:
    """Every registered block, by shape and name."""
    blocks.load()
    shapes = (("signal", blocks.SIGNALS), ("allocator", blocks.ALLOCATORS), ("overlay", blocks.OVERLAYS))
    return [_entry(name, shape, block) for shape, registry in shapes for name, block in sorted(registry.items())]


def _entry(name: str, shape: str, block: type[Block]) -> BlockEntry:
    kind = block.kind if issubclass(block, Signal) else shape
    fields = tuple(
        FieldEntry(field, _takes(about), about.description or "")
        for field, about in block.model_fields.items()
        if field != "use"
    )
    return BlockEntry(name, shape, kind, inspect.cleandoc(block.__doc__ or ""), fields, block.plugin)


def _takes(field: FieldInfo) -> str:
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined:
        return "needed"
    return "optional" if default is None or default == {} else f"default {default}"


def blocks_markdown() -> str:
    """The page of blocks in the manual."""
    lines = [
        "# Every block",
        "",
        "Made by `backtest list blocks --markdown` from the blocks themselves. Each is written as its name and fields,",
        "such as `{use: rsi, of: NIFTY 50, window: 14}`. Windows count sessions on which the series has a value.",
    ]
    shape = ""
    for entry in block_entries():
        if entry.shape != shape:
            shape = entry.shape
            lines += ["", f"## {shape.capitalize()}s"]
        kind = f" ({entry.kind})" if entry.kind != shape else ""
        lines += ["", f"### {entry.name}{kind}", "", entry.about, "", "| field | | what |", "|---|---|---|"]
        lines += [f"| `{one.name}` | {one.takes} | {one.about} |" for one in entry.fields]
    return "\n".join(lines) + "\n"
