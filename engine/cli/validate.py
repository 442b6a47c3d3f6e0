"""`backtest validate`: is a strategy file sound, and does the store have what it speaks of?"""

from __future__ import annotations

from typing import Any

import typer

from engine.cli.terminal import (
    ConfigsArgument,
    JsonOption,
    SetOption,
    StoreOption,
    out,
    say_error,
    say_json,
    say_warning,
)
from engine.errors import ConfigError


def validate(
    configs: ConfigsArgument, store: StoreOption = None, overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """Check strategy files without running them; every mistake of a file is told."""
    from engine.config.data import check_series  # noqa: PLC0415  # not needed for --help
    from engine.config.load import load_config, warnings  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415

    source = open_source(store)
    checked: list[dict[str, Any]] = []
    for path in configs:
        try:
            config = load_config(path, overrides or ())
        except ConfigError as error:
            for mistake in (error.first, *error.others):
                say_error(mistake)
            raise typer.Exit(error.exit_code) from error
        check_series(config, source.catalogue, source.name)
        said = warnings(config)
        checked.append({"file": str(path), "name": config.name, "valid": True, "warnings": list(said)})
        if not as_json:
            for warning in said:
                say_warning(warning)
            rules, reads = _counted(len(config.rules), "rule"), len(config.reads())
            out().print(f"{path}: valid. {rules}, {reads} series, all in {source.name}.", markup=False)
    if as_json:
        say_json({"files": checked, "data": source.name, "simulated": source.simulated})


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
