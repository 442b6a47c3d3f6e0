"""The text behind a strategy: its data, where each part stands, and what the command line overrode."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from engine.config.yaml12 import MAX_BYTES, Document, Path, parse
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
    """Plain data with the place of every part."""

    name: str
    document: Document
    overridden: dict[Path, str] = field(default_factory=dict)

    def locate(self, path: Path, *, key: bool = False) -> str:
        """`file:line:column` of the deepest part of `path` that the file has, or the override that made it."""
        path = within(path, self.document.value)
        for end in range(len(path), -1, -1):
            part = path[:end]
            if part in self.overridden:
                return f"--set {self.overridden[part]}"
            table = self.document.keys if key and part in self.document.keys else self.document.values
            if part in table:
                return f"{self.name}:{table[part].line}:{table[part].column}"
        return self.name

    def order(self, path: Path) -> tuple[int, int]:
        """Where in the file `path` stands, to report the first mistake first."""
        path = within(path, self.document.value)
        for end in range(len(path), -1, -1):
            if path[:end] in self.document.values:
                return self.document.values[path[:end]]
        return (0, 0)


def read_source(path: FilePath, overrides: Sequence[str] = ()) -> Source:
    """Read a strategy file and apply `key.path=value` overrides. Raises ConfigError for anything unreadable."""
    name = os.fspath(path)
    if path.is_dir():
        raise ConfigError(f"{name}: this is a folder; give a strategy file such as configs/midcap_rotation.yaml")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{name}: no such file{_beside(path)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: this is not UTF-8 text (byte {error.start + 1})") from error
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from error
    document = parse(text, name)
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "is not a mapping of keys to values"
        raise ConfigError(f"{name}: the file {what}; a strategy starts with name, market and rules")
    overridden: dict[Path, str] = {}
    for override in overrides:
        overridden[_override(document.value, override)] = override
    return Source(name, document, overridden)


def _beside(path: FilePath) -> str:
    from engine.errors import nearest  # noqa: PLC0415  # only on the way to an error

    folder = path.parent
    names = sorted(item.name for item in folder.glob("*.y*ml")) if folder.is_dir() else []
    return f"{nearest(path.name, names) or '.'} There: {', '.join(names[:20])}" if names else ""


def _override(data: dict[str, Any], override: str) -> Path:
    where, separator, text = override.partition("=")
    where = re.sub(r"\[(\d+)\]", r".\1", where)
    path: list[str | int] = []
    if not separator or not all(where.split(".")):
        raise ConfigError(f"--set {override}: expected key.path=value, such as execution.buy_bps=10")
    here: Any = data
    *parents, last = where.split(".")
    for part in parents:
        step = _step(here, part, override)
        path.append(step)
        if isinstance(here, dict):
            here.setdefault(part, {})
        here = here[step]
    step = _step(here, last, override)
    here[step] = parse(text, f"--set {override}").value
    return (*path, step)


def _step(here: Any, part: str, override: str) -> str | int:
    if isinstance(here, dict):
        return part
    if isinstance(here, list) and part.isdigit() and int(part) < len(here):
        return int(part)
    what = f"an item from 0 to {len(here) - 1}" if isinstance(here, list) else "nothing below it"
    raise ConfigError(f"--set {override}: {part!r} does not exist there; there is {what}")
