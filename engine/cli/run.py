"""`backtest run`: one or more strategies, from file to result folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    from engine.config.data import check_series  # noqa: PLC0415  # not needed for --help
    from engine.config.load import load_config, warnings  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415

    source = open_source(store)
    loaded = [load_config(path, overrides or ()) for path in configs]
    for config in loaded:
        check_series(config, source.catalogue, source.name)
    done: list[dict[str, object]] = []
    for config in loaded:
        said = warnings(config)
        if not as_json:
            for warning in said:
                say_warning(warning)
        with err().status(f"running {config.name}"):
            result, folder = _run(config, source, results, said, force)
        done.append(_show(result, folder, as_json, quiet))
    if as_json:
        say_json(done[0] if len(done) == 1 else {"runs": done})


def _run(config: Config, source: Source, results: Path, said: Sequence[str], force: bool) -> tuple[Result, Path]:
    from engine.results import write  # noqa: PLC0415  # not needed for --help
    from engine.run import run  # noqa: PLC0415

    result = run(config, source.market(config.market.benchmark, config.reads()))

    def tearsheet(text: str) -> Mapping[str, str]:
        from engine.report.tearsheet import tearsheet as page  # noqa: PLC0415  # altair, only for a new result

        return {"tearsheet.html": page(result, text, said)}

    return result, write(result, results, ["backtest", *sys.argv[1:]], tearsheet, force=force)


def _show(result: Result, folder: Path, as_json: bool, quiet: bool) -> dict[str, object]:
    from engine.report.terminal import print_summary  # noqa: PLC0415  # not needed for --help
    from engine.results import summary  # noqa: PLC0415

    if not as_json and not quiet:
        print_summary(result, out())
    if not as_json:
        out().print(str(folder / "tearsheet.html"), markup=False, soft_wrap=True)
    return {"folder": str(folder), **summary(result)} if as_json else {}
