"""A user's own blocks: files of Python that a strategy names and that run only when the command line allows it."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

from engine.blocks.registry import ALLOCATORS, OVERLAYS, SIGNALS, load
from engine.errors import ConfigError

_REGISTRIES: tuple[dict[str, Any], ...] = (SIGNALS, ALLOCATORS, OVERLAYS)


def load_plugin(path: Path) -> str:
    """Run a file so that its blocks are registered, once for each content; its SHA-256.

    Raises ConfigError for a file that cannot be read or run, that brings no block, or one whose name is taken.
    """
    load()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: this plugin cannot be read: {error.strerror or error}") from error
    digest = hashlib.sha256(content).hexdigest()
    module = f"plugin_{digest[:16]}"
    if not any(block.__module__ == module for registry in _REGISTRIES for block in registry.values()):
        _forget(path)
        before = [dict(registry) for registry in _REGISTRIES]
        try:
            _run(path, module)
        except ConfigError:
            _restore(before)
            raise
        added = [block for registry, old in zip(_REGISTRIES, before, strict=True)
                 for name, block in registry.items() if name not in old]  # fmt: skip
        if not added:
            raise ConfigError(f"{path}: this plugin registers no block; a block is a class under @register")
        for block in added:
            block.plugin = str(path)
    return digest


def _run(path: Path, module: str) -> None:
    spec = importlib.util.spec_from_file_location(module, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: a plugin is a file of Python, ending in .py")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[module] = loaded  # pydantic looks annotations up in the module's own names
    try:
        spec.loader.exec_module(loaded)
    except Exception as error:  # whatever a user's own code raises is a mistake in it
        sys.modules.pop(module)
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = getattr(error, "lineno", None) or (lines[-1] if lines else 1)
        told = str(error).splitlines()[0] if str(error) else ""
        raise ConfigError(f"{path}:{line}: this plugin fails: {type(error).__name__}: {told}") from error


def _forget(path: Path) -> None:
    """Drop the blocks of an older content of the same file."""
    for registry in _REGISTRIES:
        for name in [name for name, block in registry.items() if block.plugin == str(path)]:
            del registry[name]


def _restore(before: list[dict[str, Any]]) -> None:
    for registry, old in zip(_REGISTRIES, before, strict=True):
        for name in [name for name in registry if name not in old]:
            del registry[name]
