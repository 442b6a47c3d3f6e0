"""The text behind a strategy: its data, where each part stands, and what the command line overrode."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from engine.config.compose import compose, fill_in
from engine.config.yaml12 import MAX_BYTES, MAX_DEPTH, MAX_DIGITS, Document, Path, parse
from engine.errors import ConfigError


def within(path: Path, data: Any) -> Path:
    """A path without the steps that the data do not have (names of shapes and blocks that a model adds)."""
    steps: list[str | int] = []
    here = data
    for step in path:
        below = dict(enumerate(here)) if isinstance(here, list) else here
        if isinstance(below, dict) and step in below:
            here = below[step]
            steps.append(step)
    return tuple(steps)


def dotted(path: Path) -> str:
    """`rules[0].hold` for people."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


@dataclass(frozen=True)
class Source:
    """Plain data with the place of every part, in the file itself or in one of the `bases` it extends.

    `via_params` names the params behind each path that they were written into.
    """

    name: str
    document: Document
    overridden: dict[Path, str] = field(default_factory=dict)
    bases: tuple[str, ...] = ()
    via_params: dict[Path, str] = field(default_factory=dict)
    unused_params: tuple[str, ...] = ()

    def locate(self, path: Path, *, key: bool = False) -> str:
        """`file:line:column` of the deepest part of `path` that a file has, or the override that made it."""
        path = self._known(path)
        for end in range(len(path), -1, -1):
            part = path[:end]
            if part in self.overridden:
                return f"--set {self.overridden[part]}"
            table = self.document.keys if key and part in self.document.keys else self.document.values
            if part in table:
                place = table[part]
                return f"{(self.name, *self.bases)[place.file]}:{place.line}:{place.column}"
        return self.name

    def order(self, path: Path) -> tuple[int, int]:
        """Where `path` stands, to report the first mistake first: as if each base were written below its file."""
        path = self._known(path)
        for end in range(len(path), -1, -1):
            if path[:end] in self.document.values:
                place = self.document.values[path[:end]]
                return place.line + place.file * (MAX_BYTES + 1), place.column
        return (0, 0)

    def _known(self, path: Path) -> Path:
        # `params` have a place in the file although they are not in the data any more.
        here = path in self.document.values or path in self.overridden
        return path if here else within(path, self.document.value)


def read_source(path: FilePath, overrides: Sequence[str] = ()) -> Source:
    """Read a strategy file over what it extends, apply `key.path=value` overrides, and write its params in.

    Raises ConfigError for anything unreadable.
    """
    names, document = compose(path)
    overridden: dict[Path, str] = {}
    for override in overrides:
        _override(document, override, overridden)
    given = Source(names[0], document, overridden, names[1:])
    filled = fill_in(document.value)
    if filled.mistakes:
        found = sorted(filled.mistakes, key=lambda mistake: given.order(mistake.path))
        first, *others = (f"{given.locate(one.path, key=one.key)}: {one.message}" for one in found)
        raise ConfigError(first, tuple(others))
    document = document._replace(value=filled.value)
    return replace(given, document=document, via_params=filled.via, unused_params=filled.unused)


def _override(document: Document, override: str, overridden: dict[Path, str]) -> None:
    """Apply one override to the data, and note the paths that are now its own."""
    (*parents, last), text = _parts(override)
    here: Any = document.value
    path: Path = ()
    for part in parents:
        step = _step(here, part, override)
        path = (*path, step)
        if isinstance(here, dict) and part not in here:
            here[part] = {}
            overridden[path] = override
        here = here[step]
    step = _step(here, last, override)
    here[step] = parse(text, f"--set {override}").value
    path = (*path, step)
    tables: tuple[dict[Path, Any], ...] = (document.values, document.keys, overridden)
    for table in tables:
        for below in [other for other in table if len(other) > len(path) and other[: len(path)] == path]:
            del table[below]
    overridden[path] = override


def _parts(override: str) -> tuple[list[str], str]:
    """The steps of an override's path, and what it sets."""
    where, separator, text = override.partition("=")
    steps = re.sub(r"\[(\d+)\]", r".\1", where).split(".")
    if not separator or not all(steps):
        raise ConfigError(f"--set {override}: expected key.path=value, such as execution.buy_bps=10")
    if steps[0] == "extends":
        raise ConfigError(f"--set {override}: extends cannot be set; write it in the strategy file")
    if len(steps) > MAX_DEPTH:
        raise ConfigError(f"--set {override[:60]}...: nested too deep; {MAX_DEPTH} levels are allowed")
    return steps, text


def _step(here: Any, part: str, override: str) -> str | int:
    if isinstance(here, dict):
        return part
    if isinstance(here, list) and part.isdecimal() and len(part) <= MAX_DIGITS and int(part) < len(here):
        return int(part)
    what = f"an item from 0 to {len(here) - 1}" if isinstance(here, list) else "nothing below it"
    raise ConfigError(f"--set {override}: {part!r} does not exist there; there is {what}")
