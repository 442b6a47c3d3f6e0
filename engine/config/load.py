"""From a file to a checked strategy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from engine.blocks import Mistake, load_plugin
from engine.config.checks import mistakes_of, warnings_of
from engine.config.mistakes import mistakes_in
from engine.config.models import Config, strategy_model
from engine.config.source import Source, read_source
from engine.errors import ConfigError


def load_config(path: Path | str, overrides: Sequence[str] = (), *, allow_plugins: bool = False) -> Config:
    """Read and check a strategy file, after `key.path=value` overrides.

    `allow_plugins` runs the Python files that the strategy names under `plugins`. Raises ConfigError with file, line,
    column, what came, what was expected and what exists.
    """
    source = read_source(Path(path), overrides)
    load_plugins(source, allowed=allow_plugins)
    model = strategy_model()
    try:
        config = model.model_validate(source.document.value)
    except ValidationError as error:
        raise _error(mistakes_in(error, source, model), source) from error
    found = sorted(mistakes_of(config), key=lambda mistake: source.order(mistake.path))
    if found:
        raise _error(found, source)
    return config.from_source(source)


def load_plugins(source: Source, *, allowed: bool) -> None:
    """Run the files under `plugins`, which stand beside the strategy, if that is allowed."""
    named = source.document.value.get("plugins", [])
    if not isinstance(named, list) or not all(isinstance(name, str) and name for name in named):
        return  # the model says what is wrong
    for place, name in enumerate(named):
        at = source.locate(("plugins", place))
        if not allowed:
            raise ConfigError(f"{at}: this strategy runs code of its own, {name}: read that file, and if you trust it "
                              "say --allow-plugins")  # fmt: skip
        try:
            load_plugin(Path(source.name).parent / name)
        except ConfigError as error:
            raise ConfigError(f"{at}: {error}") from error


def _error(mistakes: list[Mistake], source: Source) -> ConfigError:
    first, *others = (f"{source.locate(one.path, key=one.key)}: {one.message}" for one in mistakes)
    return ConfigError(first, tuple(others))


def warnings(config: Config) -> tuple[str, ...]:
    """What the strategy can mean but probably should not, each with its place."""
    unused = config.unused_params
    params = (
        (f"{config.place(())}: nothing uses the param{'s' * (len(unused) > 1)} {', '.join(unused)}",) if unused else ()
    )
    return (*(f"{config.place(warning.path)}: {warning.message}" for warning in warnings_of(config)), *params)
