"""Every earlier time a condition came true, and what followed.

A condition that is true at the close of a session can be traded at the next one's: gains run from that close, over so
many sessions, and are fractions of the variant in `market.returns`. They look into the future by design and decide
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.config.checks import mistakes_of
from engine.config.expressions import ExpressionError, parse_condition
from engine.config.models import Config
from engine.errors import ConfigError, StrategyError, unknown
from engine.market.keys import CASH
from engine.market.market import Market
from engine.plan.conditions import conditions_of, signals_of
from engine.plan.plan import window_of
from engine.plan.truth import truth

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST = 5  # episodes below which nothing can be said about their mean
DRAWS = 10_000
SEED = 20250407
INTERVAL = (2.5, 97.5)  # percentiles of the resampled means: 95%


@dataclass(frozen=True)
class Episode:
    """The session at which the condition came true, the next one, and what followed by asset, one value per horizon.

    `relative` is less the benchmark's gain. None beyond the data, and without a price at either end.
    """

    day: date
    entered: date | None
    gains: Mapping[str, tuple[float | None, ...]]
    relative: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class Average:
    """Of the complete episodes: mean, median and the bootstrapped 95% interval of the mean (None for fewer than
    `LEAST`). `usual` is the mean over every session of the window."""

    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    usual: float | None

    @property
    def unusual(self) -> bool:
        """Whether the interval leaves the usual mean out."""
        if self.low is None or self.high is None or self.usual is None:
            return False
        return not self.low <= self.usual <= self.high


@dataclass(frozen=True)
class Summary:
    """One asset over one horizon: complete episodes, its gains, its gains less the benchmark's (None for the benchmark
    itself), and the share of episodes in which it beat the benchmark (the benchmark: gained)."""

    asset: str
    horizon: int
    episodes: int
    gain: Average
    relative: Average | None
    hit_rate: float | None


@dataclass(frozen=True)
class Study:
    """What followed a condition in a window; `notes` say where the figures claim more than they can hold.

    `sessions` counts the window's sessions from the first on which the condition is known, `true` those on which it
    was true. Horizons and `gap` count sessions.
    """

    name: str
    when: str
    benchmark: str
    returns: str
    simulated: bool
    data: str
    start: date
    end: date
    sessions: int
    true: int
    horizons: tuple[int, ...]
    gap: int
    episodes: tuple[Episode, ...]
    summaries: tuple[Summary, ...]
    notes: tuple[str, ...]


def condition_of(config: Config, rule: str | None = None) -> str:
    """The `when` of a rule, the first if none is named. Raises ConfigError when there is no such rule or condition."""
    names = [one.name for one in config.rules]
    if rule is not None and rule not in names:
        raise ConfigError(f"--rule: {unknown('rule', rule, names)}")
    chosen = config.rules[0 if rule is None else names.index(rule)]
    if chosen.when is None:
        others = ", ".join(one.name for one in config.rules if one.when is not None)
        raise ConfigError(f"the rule {chosen.name!r} has no `when`: name a condition with --when"
                          + (f", or a rule that has one with --rule: {others}" if others else ""))  # fmt: skip
    return chosen.when


def asking(config: Config, when: str) -> Config:
    """The strategy with one rule instead of its own, so that what `when` speaks of, and no more, is loaded.

    Raises ConfigError when the condition cannot be meant.
    """
    try:
        parse_condition(when)
    except ExpressionError as error:
        raise ConfigError(f"--when: {error} (at character {error.offset + 1} of {when!r})") from error
    asked = config.changed(rules=[{"name": "when", "when": when, "hold": {CASH: 1.0}}], overlays=[], claims=[])
    for mistake in mistakes_of(asked):
        if mistake.path[0] == "rules":
            raise ConfigError(f"--when: {mistake.message}")
    return asked


def events(config: Config, market: Market, horizons: Sequence[int], gap: int = 20) -> Study:
    """What followed the first rule's `when` (see `asking`), read at every session's close, whatever the schedule.

    An onset within `gap` sessions of the last counted one is part of its episode. Raises StrategyError when the
    condition is never known.
    """
    first, last, true = _known(config, market)
    assets = tuple(dict.fromkeys((*config.market.universe, config.market.benchmark)))
    closes = market.closes(assets, config.market.returns).to_numpy()[: last + 1]
    gains = np.stack([_forward(closes, horizon) for horizon in horizons])
    panel = _Panel(assets, assets.index(config.market.benchmark), tuple(horizons), gains)
    onsets = [session for session in _onsets(true, gap) if session >= first]
    summaries = tuple(panel.summaries(onsets, first))
    sessions = market.sessions
    return Study(
        config.name, config.rules[0].when or "", config.market.benchmark, config.market.returns, market.simulated,
        market.origin, sessions[first].date(), sessions[last].date(), last + 1 - first, int(true[first:].sum()),
        tuple(horizons), gap, tuple(panel.episode(market, session) for session in onsets), summaries,
        (*_small(summaries, len(assets)), *_overlapping(onsets, horizons, last)),
    )  # fmt: skip


def _known(config: Config, market: Market) -> tuple[int, int, Flags]:
    """First session of the window on which the condition is known, its last, and where it is true up to there."""
    start, last, _ = window_of(config, market)
    tree = config.rules[0].when_tree
    if tree is None:
        raise ValueError("the first rule has no condition")
    values = truth(tree, conditions_of(config, signals_of(config, market)))[: last + 1]
    known = np.flatnonzero(~np.isnan(values[start:]))
    if not len(known):
        days = f"{market.days[min(start, last)]} to {market.days[last]}"
        raise StrategyError(f"the condition {config.rules[0].when!r} is unknown at every session from {days}")
    return start + int(known[0]), last, values == 1.0


def _onsets(true: Flags, gap: int) -> Iterator[int]:
    """Sessions at which it is true and was not on the one before, those soon after a counted one left out."""
    counted: int | None = None
    for session in np.flatnonzero(true & ~np.concatenate(([False], true[:-1]))):
        if counted is None or session - counted > gap:
            counted = int(session)
            yield counted


def _forward(closes: Floats, horizon: int) -> Floats:
    """Gain over `horizon` sessions from the close after each session, sessions x assets; NaN beyond the data."""
    gains = np.full_like(closes, np.nan)
    count = len(closes) - horizon - 1
    if count > 0:
        gains[:count] = closes[horizon + 1 :] / closes[1 : count + 1] - 1.0
    return gains


@dataclass(frozen=True)
class _Panel:
    """Forward gains, horizons x sessions x assets; `home` is the benchmark's column."""

    assets: tuple[str, ...]
    home: int
    horizons: tuple[int, ...]
    gains: Floats

    @property
    def relative(self) -> Floats:
        """Less the benchmark's."""
        return self.gains - self.gains[:, :, [self.home]]

    def episode(self, market: Market, session: int) -> Episode:
        """What followed one session."""
        after = market.sessions[session + 1].date() if session + 1 < self.gains.shape[1] else None
        gains, relative = (self._by_asset(values[:, session]) for values in (self.gains, self.relative))
        del relative[self.assets[self.home]]
        return Episode(market.sessions[session].date(), after, gains, relative)

    def _by_asset(self, values: Floats) -> dict[str, tuple[float | None, ...]]:
        return {
            name: tuple(None if np.isnan(value) else float(value) for value in values[:, place])
            for place, name in enumerate(self.assets)
        }

    def summaries(self, onsets: Sequence[int], first: int) -> Iterator[Summary]:
        """By asset and horizon; what is usual is taken over the sessions from `first` on."""
        relative = self.relative
        for column, asset in enumerate(self.assets):
            for place, horizon in enumerate(self.horizons):
                own, apart = self.gains[place, :, column], relative[place, :, column]
                complete = ~np.isnan(apart)
                mine = [session for session in onsets if complete[session]]
                usual = first + np.flatnonzero(complete[first:])
                gain, compared = (_average(values[mine], values[usual]) for values in (own, apart))
                home = column == self.home
                beaten = (own if home else apart)[mine] > 0.0
                hits = float(beaten.mean()) if mine else None
                yield Summary(asset, horizon, len(mine), gain, None if home else compared, hits)


def _average(values: Floats, usual: Floats) -> Average:
    """Of the episodes' values, beside those of every session."""
    low = high = None
    if len(values) >= LEAST:
        drawn = np.random.default_rng(SEED).integers(0, len(values), (DRAWS, len(values)))
        low, high = (float(bound) for bound in np.percentile(values[drawn].mean(axis=1), INTERVAL))
    mean, median = (float(found(values)) if len(values) else None for found in (np.mean, np.median))
    return Average(mean, median, low, high, float(usual.mean()) if len(usual) else None)


def _small(summaries: Sequence[Summary], assets: int) -> Iterator[str]:
    """Where there are too few episodes to say anything, one sentence per horizon and number of them."""
    few: dict[tuple[int, int], list[str]] = {}
    for summary in summaries:
        if summary.episodes < LEAST:
            few.setdefault((summary.horizon, summary.episodes), []).append(summary.asset)
    for (horizon, count), names in few.items():
        whose = "" if len(names) == assets else f", {', '.join(names)}"
        said = {0: "no episode is complete", 1: "1 episode is no sample"}.get(count, f"{count} episodes are no sample")
        yield f"over {horizon} sessions{whose}: {said}"


def _overlapping(onsets: Sequence[int], horizons: Sequence[int], last: int) -> Iterator[str]:
    """Where complete episodes share days, so that they tell less than their number."""
    for horizon in horizons:
        complete = np.array([session for session in onsets if session + 1 + horizon <= last])
        shared = int((np.diff(complete) < horizon).sum())
        if shared:
            yield (
                f"over {horizon} sessions: {shared} of {len(complete)} episodes begin before the one before them has "
                "run out; they share days, so the interval is too narrow"
            )
