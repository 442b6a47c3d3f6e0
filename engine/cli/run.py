"""`backtest run`: one or more strategies, from file to result folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.terminal import (
    RESULTS,
    ConfigsArgument,
    JsonOption,
    OutOption,
    PluginsOption,
    QuietOption,
    SetOption,
    StoreOption,
    err,
    out,
    say_json,
    say_warning,
)

if TYPE_CHECKING:
    from engine.cli.second_book import SecondBook
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
    plugins: PluginsOption = False,
) -> None:
    """Backtest strategies: print a summary and write a result folder with a tearsheet for each."""
    from engine.cli.second_book import SecondBook, quick_imports  # noqa: PLC0415  # not needed for --help
    from engine.config.data import check_series  # noqa: PLC0415
    from engine.config.load import load_config, warnings  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415

    source = open_source(store)
    loaded = [load_config(path, overrides or (), allow_plugins=plugins) for path in configs]
    for config in loaded:
        check_series(config, source.catalogue, source.name)
    if source.simulated and (quiet or as_json or store is not None):
        say_warning(
            f"nothing is in {source.store.path}: {source.name} is used; import history with: backtest data import"
        )
    done = []
    with SecondBook() as book, quick_imports():
        for config in loaded:
            said = warnings(config)
            if not as_json:
                for warning in said:
                    say_warning(warning)
            with err().status(f"running {config.name}"):
                result = _run(config, source, book)
                folder = _write(result, Task(results, said, force), book)
            done.append(_show(result, folder, as_json, quiet))
    if as_json:
        say_json(done[0] if len(done) == 1 else {"runs": done})


@dataclass(frozen=True)
class Task:
    """Where results go, and what was said of the strategy."""

    results: Path
    warnings: tuple[str, ...]
    force: bool


def _run(config: Config, source: Source, book: SecondBook) -> Result:
    from engine.config.data import market_of  # noqa: PLC0415  # not needed for --help
    from engine.run import run  # noqa: PLC0415

    return run(config, market_of(config, source), book.check)


def _write(result: Result, task: Task, book: SecondBook) -> Path:
    """Write the result's folder once the second book has agreed."""
    from engine.results import write  # noqa: PLC0415  # not needed for --help

    def page(text: str) -> Mapping[str, str]:
        from engine.report.tearsheet import tearsheet  # noqa: PLC0415  # Altair, only for a new result

        html = tearsheet(result, text, task.warnings)
        book.settle()
        return {"tearsheet.html": html}

    folder = write(result, task.results, ["backtest", *sys.argv[1:]], page, force=task.force)
    _ = result.rule_shares  # the last thing with a second book, also of a result that was there already
    book.settle()
    return folder


def _show(result: Result, folder: Path, as_json: bool, quiet: bool) -> dict[str, object]:
    from engine.report.terminal import print_summary  # noqa: PLC0415  # not needed for --help
    from engine.results import summary  # noqa: PLC0415

    if not as_json and not quiet:
        print_summary(result, out())
    if not as_json:
        out().print(str(folder / "tearsheet.html"), markup=False, soft_wrap=True)
    return {"folder": str(folder), **summary(result)} if as_json else {}
