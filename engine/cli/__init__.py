"""The `backtest` command: one file per command, nothing heavy imported before it is used."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

import typer

from engine import __version__
from engine.cli.data import data
from engine.cli.events import study_events
from engine.cli.explain import explain_configs
from engine.cli.list import list_results
from engine.cli.run import run_configs
from engine.cli.schema import schema
from engine.cli.terminal import say_error
from engine.cli.validate import validate
from engine.errors import EngineError, nearest

app = typer.Typer(
    name="backtest",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Sector rotation backtests for the Indian market, measured against the Nifty 50 total return.",
    epilog="`backtest CONFIG...` is short for `backtest run CONFIG...`. "
    "Exit codes: 0 done, 1 a bug, 2 a mistake in what was asked, 3 a provider failed, 130 interrupted.",
)
app.command("run")(run_configs)
app.command("validate")(validate)
app.command("explain")(explain_configs)
app.command("schema")(schema)
app.command("events")(study_events)
app.command("list")(list_results)
app.add_typer(data, name="data")

INTERRUPTED = 130
COMMANDS = ("run", "validate", "list", "data", "explain", "schema", "events")
_OWN_OPTIONS = ("-h", "--help", "--version", "--install-completion", "--show-completion")


@app.callback(invoke_without_command=True)
def _options(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        typer.echo(f"backtest {__version__}")
        raise typer.Exit


def with_command(arguments: list[str]) -> list[str]:
    """`backtest CONFIG...` means `backtest run CONFIG...`; a word much like a command is left for it to be refused."""
    first = arguments[0] if arguments else ""
    if not first or first in COMMANDS or first in _OWN_OPTIONS:
        return arguments
    typo = "." not in first and "/" not in first and nearest(first, COMMANDS) and not os.path.exists(first)
    return arguments if typo else ["run", *arguments]


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a sign gets a question mark for it
            stream.reconfigure(errors="replace")
    try:
        app(args=with_command(sys.argv[1:]), prog_name="backtest")
    except EngineError as error:
        say_error(str(error))
        sys.exit(error.exit_code)
    except SystemExit as left:  # the framework turns an interrupt into this
        if left.code == INTERRUPTED:
            say_error("interrupted; nothing half-written is left")
        raise
    sys.exit(0)


def script() -> NoReturn:
    """The installed command: `main`, then leave at once; taking thousands of modules apart takes half a second."""
    code: object = 1
    try:
        main()
    except SystemExit as left:
        code = left.code
    except Exception:  # noqa: BLE001  # a bug, shown as one
        traceback.print_exc()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(bool(code)))
