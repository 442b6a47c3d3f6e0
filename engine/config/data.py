"""The history a strategy asks for: is it there, and if so, loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config.models import Config
from engine.errors import ConfigError, DataError
from engine.market.keys import PRICED, SeriesKey, Span
from engine.market.registry import nearest_series
from engine.market.source import Source, open_source

if TYPE_CHECKING:
    from engine.market.market import Market


def load_market(config: Config, store: Path | str | None = None) -> Market:
    """The history a strategy reads, from the store (the default one if none is named) or the sample market.

    Raises ConfigError when the strategy speaks of series or dates that are not there.
    """
    return market_of(config, open_source(None if store is None else Path(store)))


def market_of(config: Config, source: Source) -> Market:
    """The history a strategy reads from a source, its baskets built."""
    check_series(config, source.catalogue, source.name)
    wished = [key for key in config.wishes() if key in source.catalogue]
    market = source.market(config.market.benchmark, [*config.reads(), *wished])
    if not config.baskets:
        return market
    from engine.market.baskets import Recipe, with_baskets  # noqa: PLC0415  # pandas is not for commands that only look

    asked = {key.name for key in config.asks()}
    recipes = [
        Recipe(name, basket.members, basket.rebalance, basket.explained)
        for name, basket in config.baskets.items()
        if name in asked
    ]
    try:
        return with_baskets(market, recipes)
    except DataError as error:
        raise ConfigError(f"{config.place(('baskets',))}: {error}") from error


def check_series(config: Config, catalogue: Mapping[SeriesKey, Span], origin: str) -> None:
    """Raise ConfigError when a series is not in the catalogue, or the window does not meet the benchmark's dates."""
    wanted = config.reads()
    missing = [key for key in wanted if key not in catalogue]
    if missing:
        first = min(missing, key=lambda key: config.order(wanted[key]))
        others = sorted(str(key) for key in missing if key != first)
        more = f" Also missing: {', '.join(others)}." if others else ""
        place = config.place(wanted[first])
        raise ConfigError(f"{place}: {origin} has no {first}{_exists(first, catalogue)}{more}")
    taken = {key.name for key in catalogue if key.variant in PRICED}
    for name in config.baskets:
        if name in taken:
            place = config.place(("baskets", name))
            raise ConfigError(f"{place}: {origin} has a series called {name!r}: give the basket another name")
    _check_window(config, catalogue)


def _exists(key: SeriesKey, catalogue: Mapping[SeriesKey, Span]) -> str:
    same = [other for other in catalogue if other.name == key.name]
    if same:
        spans = ", ".join(
            f"{other.variant} {catalogue[other].first} to {catalogue[other].last}" for other in sorted(same)
        )
        return f"; of {key.name} it has {spans}."
    names = sorted({other.name for other in catalogue if other.variant == key.variant})
    shown = ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
    return f"{nearest_series(key.name, names) or '.'} {key.variant.capitalize()} series there: {shown}."


def _check_window(config: Config, catalogue: Mapping[SeriesKey, Span]) -> None:
    settings = config.market
    spans = [span for key, span in catalogue.items() if key.name == settings.benchmark and key.variant in PRICED]
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    if settings.start is not None and settings.start > date.fromisoformat(last):
        place = config.place(("market", "start"))
        raise ConfigError(f"{place}: market.start {settings.start} is after the last session, {last}")
    if settings.end != "latest" and settings.end < date.fromisoformat(first):
        place = config.place(("market", "end"))
        raise ConfigError(f"{place}: market.end {settings.end} is before the first session, {first}")
