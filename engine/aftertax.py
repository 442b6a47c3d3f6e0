"""What is left after tax: of the strategy, of its benchmark, and of the fixed deposit everybody compares them with.

Both portfolios pay the tax of every year out of what they hold, and are sold at the end: the strategy on its own
terms, the benchmark free of cost, as it was bought.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.accounting import Exchange, Taxation, Terms
from engine.market.calendar import Days
from engine.metrics import Window, cagr
from engine.portfolios import Portfolio
from engine.simulation import Ledger, Replay, simulate
from engine.tax import FAIR_VALUE_DAY, TaxSettings, YearTax, deposit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AfterTax:
    """One portfolio taxed: `ledger` pays each year's tax, `final` is the rupees left when all is sold at the end.

    `years` are the years that were closed, and `last_year` the running one with the sale of everything in it.
    """

    ledger: Ledger
    years: tuple[YearTax, ...]
    last_year: YearTax
    final: float

    @property
    def tax(self) -> float:
        """All tax of the window, rupees, the sale at the end included."""
        return sum(year.total for year in (*self.years, self.last_year))

    def cagr(self, window: Window) -> float | None:
        """What was left, compounded a year."""
        return cagr(np.array([self.final]), self.ledger.capital, window)


@dataclass(frozen=True)
class Taxed:
    """The strategy and its benchmark after tax, and one rupee in a fixed deposit, session by session."""

    strategy: AfterTax
    benchmark: AfterTax
    deposit: pd.Series


def taxed(portfolios: Sequence[Portfolio], settings: TaxSettings, last: int, check: Callable[[Replay], None]) -> Taxed:
    """The strategy's and the benchmark's portfolios, in this order, simulated with tax up to session `last`."""
    own, theirs = (_after_tax(portfolio, settings, last, check) for portfolio in portfolios)
    days = own.ledger.nav.index
    line = deposit(days.to_numpy("datetime64[D]"), settings)
    return Taxed(own, theirs, pd.Series(line, days))


def _after_tax(portfolio: Portfolio, settings: TaxSettings, last: int, check: Callable[[Replay], None]) -> AfterTax:
    exchange = portfolio.exchange
    days = exchange.sessions.to_numpy("datetime64[D]")
    taxation = Taxation(settings, exchange.assets, days, fair_values(exchange, days))
    orders = replace(portfolio.orders, tax=taxation)
    (ledger,) = simulate([orders], exchange, last, check)
    return _sold_at_the_end(ledger, exchange.terms_of(orders), last)


def fair_values(exchange: Exchange, days: Days) -> dict[str, float]:
    """The last close up to 31 January 2018 of each asset that had one; the law takes that day's highest price."""
    place = int(np.searchsorted(days, np.datetime64(FAIR_VALUE_DAY), side="right")) - 1
    if place < 0:
        return {}
    known = zip(exchange.assets, exchange.values[place].tolist(), strict=True)
    return {name: value for name, value in known if not np.isnan(value)}


def _sold_at_the_end(ledger: Ledger, terms: Terms, last: int) -> AfterTax:
    """Everything is sold at the last close, and the tax of the running year is paid."""
    account = ledger.account
    assert account is not None  # the portfolio is taxed
    units, values = ledger.units.to_numpy()[-1], ledger.values.to_numpy()[-1]
    worth = np.where(units == 0.0, 0.0, units * np.nan_to_num(values))
    prices = terms.prices(np.array([last]))
    cost = np.minimum(prices.cost(-worth[None, :])[0], worth)  # what would cost more than it brings is kept, as nothing
    idle = float(ledger.cash.iloc[-1])
    running = account.liquidated(last, idle / float(ledger.cash_index.iloc[-1]), worth, cost)
    final = idle + float((worth - cost).sum()) - running.total
    return AfterTax(ledger, account.years, running, final)
