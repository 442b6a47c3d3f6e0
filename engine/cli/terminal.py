"""What every command shares: its options, its two consoles and how it speaks of a mistake."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Market store; $BACKTEST_STORE or the user's data folder if not given.")
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for results.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what was written.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Override one setting: key.path=value. May be repeated.")
]
PluginsOption = Annotated[
    bool, typer.Option("--allow-plugins", help="Run the Python files that a strategy names under `plugins`.")
]
ConfigsArgument = Annotated[list[Path], typer.Argument(help="Strategy files.", show_default=False)]

RESULTS = Path("results")


def out() -> Console:
    """The console for results; plain where the output is no terminal, no colour where NO_COLOR is set."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def err() -> Console:
    """The console for progress and mistakes."""
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def say_json(value: Any) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def say_warning(text: str) -> None:
    """One line on stderr, whatever is in it."""
    err().print("warning:", _one_line(text), style="yellow", markup=False)


def say_error(text: str) -> None:
    """One message on stderr, whatever is in it."""
    err().print("error:", _one_line(text), style="red", markup=False)


def _one_line(text: str) -> str:
    """A message is one line, whatever a file or a name has in it."""
    return " ".join(text.split("\n"))
