"""Every series of the bundled sample market (SIMULATED) by its key: what there is, and what is asked for.

Only what is asked for is made, and the catalogue is told without making anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from engine.market.calendar import Days
from engine.market.datasets import RATIOS, SIDES
from engine.market.keys import INVESTORS, PRICED, Reading, SeriesKey, Span, Variant
from engine.market.sample import MARKET, Stage, published_closes, sample_bars, sample_sessions, sample_stage
from engine.market.sample_others import FREE, VIX, sample_free
from engine.market.sample_readings import (
    SECTOR_WEIGHTS,
    month_ends,
    sample_flows,
    sample_high,
    sample_valuation,
    sample_volume,
    sample_weights,
)
from engine.market.sample_stocks import sample_stock, stock_sessions, stock_themes

if TYPE_CHECKING:
    import pandas as pd

_OF_AN_INDEX: tuple[Variant | Reading, ...] = ("price", "total", "high", "volume")


def sample_catalogue() -> dict[SeriesKey, Span]:
    """Every series with its first and last date and its number of values, without making any."""
    sessions = sample_sessions()
    whole, monthly = _span(sessions), _span(month_ends())
    spans: dict[SeriesKey, Span] = {}
    for name, levels in published_closes(sessions).items():
        span = _span(sessions[np.flatnonzero(~np.isnan(levels))[0] :])
        spans |= {SeriesKey(name, variant): span for variant in _OF_AN_INDEX}
    spans |= {SeriesKey(name, variant): whole for name in FREE for variant in PRICED}
    spans |= {SeriesKey(VIX, "price"): whole}
    spans |= {SeriesKey(who, side): whole for who in INVESTORS for side in SIDES}
    spans |= {SeriesKey(MARKET, ratio): whole for ratio in RATIOS}
    spans |= {SeriesKey(sector, "weight"): monthly for sector in SECTOR_WEIGHTS}
    return spans | {SeriesKey(symbol, "stock"): _span(own) for symbol, own in stock_sessions(sessions).items()}


def _span(dates: Days) -> Span:
    return Span(str(dates[0]), str(dates[-1]), len(dates))


def sample_read(keys: Iterable[SeriesKey]) -> tuple[dict[SeriesKey, pd.DataFrame], dict[SeriesKey, pd.Series]]:
    """The price histories among `keys` and the other quantities, all of them in the catalogue.

    A price history has `open` and `close` (index points, rupees), another quantity values in the units of its variant,
    both indexed by `date`. Nothing is missing but the opens of total-return series.
    """
    made, bars, readings = _Sample(), {}, {}
    for key in keys:
        if key.priced:
            bars[key] = made.bars(key)
        else:
            readings[key] = made.reading(key)
    return bars, readings


class _Sample:
    """One making of the sample market: each part is made once, when it is first asked for."""

    @cached_property
    def stage(self) -> Stage:
        return sample_stage()

    @cached_property
    def listed(self) -> dict[str, Days]:
        return stock_sessions(self.stage.sessions)

    @cached_property
    def themes(self) -> dict[str, str]:
        return stock_themes()

    @cached_property
    def indices(self) -> dict[tuple[str, str], pd.DataFrame]:
        return sample_bars()

    @cached_property
    def flows(self) -> pd.DataFrame:
        return sample_flows()

    @cached_property
    def valuation(self) -> pd.DataFrame:
        return sample_valuation()

    @cached_property
    def weights(self) -> pd.DataFrame:
        return sample_weights()

    def bars(self, key: SeriesKey) -> pd.DataFrame:
        """A price history."""
        if key.variant == "stock":
            return sample_stock(key.name, self.themes[key.name], self.listed[key.name], self.stage)
        if key.name in FREE or key.name == VIX:
            return sample_free(key.name, self.stage, key.variant)
        return self.indices[key]

    def reading(self, key: SeriesKey) -> pd.Series:
        """Any other quantity."""
        if key.variant == "high":
            return sample_high(key.name, self.indices[key.name, "price"], self.stage)
        if key.variant == "volume":
            return sample_volume(key.name, self.indices[key.name, "price"], self.stage)
        if key.variant == "weight":
            return self.weights[key.name]
        if key.variant in SIDES:
            return self.flows[f"{key.name.lower()}_{key.variant}"]
        return self.valuation[key.variant]
