"""`backtest run`: one or more strategies, from file to result folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from engine.cli.terminal import (
    RESULTS,
    ConfigsArgument,
    JsonOption,
    OutOption,
    QuietOption,
    SetOption,
    StoreOption,
    err,
    out,
    say_json,
    say_warning,
)

if TYPE_CHECKING:
    from engine.cli.reporter import Report
    from engine.config.models import Config
    from engine.market.source import Source
    from engine.run import Result

ForceOption = Annotated[bool, typer.Option("--force", help="Replace a result that is already there.")]


def run_configs(  # noqa: PLR0913, PLR0917  # one parameter per option of the command
    configs: ConfigsArgument,
    store: StoreOption = None,
    results: OutOption = RESULTS,
    overrides: SetOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    force: ForceOption = False,
) -> None:
    """Backtest strategies: print a summary and write a result folder with a tearsheet for each."""
    from engine.cli.reporter import Reporter, Task, quick_imports  # noqa: PLC0415
    from engine.config.data import check_series  # noqa: PLC0415  # not needed for --help
    from engine.config.load import load_config, warnings  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415

    source = open_source(store)
    loaded = [load_config(path, overrides or ()) for path in configs]
    for config in loaded:
        check_series(config, source.catalogue, source.name)
    command, done = ["backtest", *sys.argv[1:]], []
    with quick_imports(), Reporter() as reporter:
        for config in loaded:
            said = warnings(config)
            if not as_json:
                for warning in said:
                    say_warning(warning)
            with err().status(f"running {config.name}"):
                result = _run(config, source)
                report = reporter.report(result, Task(results, command, said, force))
            done.append({"folder": str(report.folder), **report.summary})
            if not as_json:
                _show(report, quiet)
    if as_json:
        say_json(done[0] if len(done) == 1 else {"runs": done})


def _run(config: Config, source: Source) -> Result:
    from engine.run import run  # noqa: PLC0415  # not needed for --help

    return run(config, source.market(config.market.benchmark, config.reads()))


def _show(report: Report, quiet: bool) -> None:
    if not quiet:
        out().print(Text.from_ansi(report.text))
    out().print(str(report.folder / "tearsheet.html"), markup=False, soft_wrap=True)
