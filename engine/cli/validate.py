"""`backtest validate`: is a strategy file sound, and does the store have what it speaks of?"""

from __future__ import annotations

from typing import Any

import typer

from engine.cli.terminal import (
    ConfigsArgument,
    JsonOption,
    PluginsOption,
    SetOption,
    StoreOption,
    out,
    say_error,
    say_json,
    say_warning,
)
from engine.errors import ConfigError


def validate(
    configs: ConfigsArgument,
    store: StoreOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
    plugins: PluginsOption = False,
) -> None:
    """Check strategy files without trading: the file, the series it speaks of, and the decisions it would make.

    Every mistake of a file is told, and what the data say of its conditions: never true, always true, held too early.
    """
    from engine.config.data import check_series, market_of  # noqa: PLC0415  # not needed for --help
    from engine.config.load import load_config, warnings  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415
    from engine.plan.plan import plan_of  # noqa: PLC0415

    source = open_source(store)
    checked: list[dict[str, Any]] = []
    for path in configs:
        try:
            config = load_config(path, overrides or (), allow_plugins=plugins)
        except ConfigError as error:
            for mistake in (error.first, *error.others):
                say_error(mistake)
            raise typer.Exit(error.exit_code) from error
        check_series(config, source.catalogue, source.name)
        plan = plan_of(config, market_of(config, source))
        said = (*warnings(config), *(f"{path}: {note}" for note in plan.notes))
        checked.append({"file": str(path), "name": config.name, "valid": True, "warnings": list(said)})
        if not as_json:
            for warning in said:
                say_warning(warning)
            rules, decisions = _counted(len(config.rules), "rule"), _counted(len(plan.decisions), "decision")
            reads = len(config.reads())
            out().print(f"{path}: valid. {rules}, {decisions}, {reads} series, all in {source.name}.", markup=False)
    if as_json:
        say_json({"files": checked, "data": source.name, "simulated": source.simulated})


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
