"""From a file to a checked strategy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from engine.blocks import Mistake
from engine.config.checks import mistakes_of, warnings_of
from engine.config.mistakes import mistakes_in
from engine.config.models import Config, strategy_model
from engine.config.source import Source, read_source
from engine.errors import ConfigError


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> Config:
    """Read and check a strategy file, after `key.path=value` overrides.

    Raises ConfigError with file, line, column, what came, what was expected and what exists.
    """
    source = read_source(Path(path), overrides)
    model = strategy_model()
    try:
        config = model.model_validate(source.document.value)
    except ValidationError as error:
        raise _error(mistakes_in(error, source, model), source) from error
    found = sorted(mistakes_of(config), key=lambda mistake: source.order(mistake.path))
    if found:
        raise _error(found, source)
    return config.from_source(source)


def _error(mistakes: list[Mistake], source: Source) -> ConfigError:
    first, *others = (f"{source.locate(one.path, key=one.key)}: {one.message}" for one in mistakes)
    return ConfigError(first, tuple(others))


def warnings(config: Config) -> tuple[str, ...]:
    """What the strategy can mean but probably should not, each with its place."""
    return tuple(f"{config.place(warning.path)}: {warning.message}" for warning in warnings_of(config))
