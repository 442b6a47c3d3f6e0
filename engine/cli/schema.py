"""`backtest schema`: the language of strategy files for editors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.terminal import StoreOption, out, say_json
from engine.errors import ResultError

FileOption = Annotated[
    Path | None, typer.Option("--write", help="Write it to this file instead of stdout.", show_default=False)
]


def schema(store: StoreOption = None, write: FileOption = None) -> None:
    """Print the JSON Schema of strategy files, with the series of the store, for editors that complete and check.

    Put `# yaml-language-server: $schema=./strategy.schema.json` at the top of a strategy file beside it.
    """
    import json  # noqa: PLC0415  # not needed for --help

    from engine.config.schema import strategy_schema  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415

    found = strategy_schema({key.name for key in open_source(store).catalogue if key.variant in ("price", "total")})
    if write is None:
        say_json(found)
        return
    if write.name in ("", ".", "..") or write.is_symlink() or (write.exists() and not _is_schema(write)):
        raise ResultError(f"{write}: there is something else; only a schema written before is replaced")
    draft = write.with_name(f".{write.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(write)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ResultError(f"{write}: cannot be written: {error.strerror or error}") from error
    out().print(str(write), markup=False, soft_wrap=True)


def _is_schema(path: Path) -> bool:
    """Whether a file is one this command wrote: its first words are those of a schema."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(40).lstrip().startswith(b'{\n  "$schema"')
