"""`backtest events`: every earlier time a condition came true, and what followed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.terminal import (
    JsonOption,
    PluginsOption,
    SetOption,
    StoreOption,
    err,
    out,
    say_json,
    say_warning,
)
from engine.errors import ConfigError

ConfigArgument = Annotated[Path, typer.Argument(help="Strategy file.", show_default=False)]
WhenOption = Annotated[
    str | None, typer.Option("--when", help="Condition of the strategy's signals; the first rule's if not given.")
]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Take the `when` of this rule.")]
HorizonOption = Annotated[str, typer.Option("--horizon", help="Sessions to look ahead, separated by commas.")]
GapOption = Annotated[
    int,
    typer.Option("--gap", min=0, help="An onset within so many sessions of the last counted one is no new episode."),
]


def study_events(  # noqa: PLR0913, PLR0917  # one parameter per option of the command
    config_file: ConfigArgument,
    when: WhenOption = None,
    rule: RuleOption = None,
    horizon: HorizonOption = "20,60,120",
    gap: GapOption = 20,
    store: StoreOption = None,
    overrides: SetOption = None,
    plugins: PluginsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show every earlier time a condition came true, and what each asset did over the sessions that followed."""
    from engine.config.data import market_of  # noqa: PLC0415  # not needed for --help
    from engine.config.load import load_config  # noqa: PLC0415
    from engine.market.source import open_source  # noqa: PLC0415
    from engine.report.events import print_events  # noqa: PLC0415
    from engine.research.events import asking, condition_of, events  # noqa: PLC0415
    from engine.results import rounded  # noqa: PLC0415

    if when is not None and rule is not None:
        raise ConfigError("--when and --rule: say one of them")
    horizons = _horizons(horizon)
    source = open_source(store)
    config = load_config(config_file, overrides or (), allow_plugins=plugins)
    asked = asking(config, condition_of(config, rule) if when is None else when)
    if source.simulated and (as_json or store is not None):
        say_warning(
            f"nothing is in {source.store.path}: {source.name} is used; import history with: backtest data import"
        )
    with err().status(f"reading {config.name}"):
        study = events(asked, market_of(asked, source), horizons, gap)
    if as_json:
        say_json(rounded(asdict(study)))
    else:
        print_events(study, out())


def _horizons(text: str) -> tuple[int, ...]:
    """Sessions, each once, in the order given."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) <= 6 and int(part) > 0 for part in parts):
        raise ConfigError(f"--horizon {text!r}: expected counts of sessions separated by commas, such as 20,60,120")
    return tuple(dict.fromkeys(map(int, parts)))
