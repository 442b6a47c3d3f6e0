"""2,000 variants of 12 assets over 4,500 sessions, decided monthly, with dated charges, in both books.

Prints the time (without imports, and with them), the peak memory, and the ratio to a bare numpy accounting of the same
targets that knows no costs, no missing prices and no second book. Run by `make bench`.
"""

from __future__ import annotations

import resource
import time
from datetime import date

import numpy as np
import pandas as pd

from engine.accounting import Exchange, Orders
from engine.accounting.dealing import Desk, terms_of
from engine.config.settings import Execution
from engine.market.market import Market
from engine.simulation import navs, warm_up
from tests.markets import engine_market, history, weekdays

VARIANTS, ASSETS, SESSIONS = 2_000, 12, 4_500
MONTH = 21  # sessions
LIMIT_S, LIMIT_GB = 3.0, 1.5


def made() -> tuple[Exchange, Market, np.ndarray[tuple[int, int, int], np.dtype[np.float64]]]:
    """Prices, and a target for every variant and month."""
    rng = np.random.default_rng(0)
    closes = 100 * np.exp(np.cumsum(rng.normal(3e-4, 0.01, (SESSIONS, ASSETS)), axis=0))
    days = weekdays(date(2007, 7, 2), SESSIONS)
    sessions = pd.DatetimeIndex(np.array(days, "datetime64[s]"), name="date")
    names = tuple(f"INDEX {place}" for place in range(ASSETS))
    market = engine_market(names[0], {names[0]: history(days, closes[:, 0].tolist())})
    weights = rng.dirichlet(np.ones(ASSETS + 1), (VARIANTS, len(range(MONTH, SESSIONS - 1, MONTH))))[:, :, :ASSETS]
    return Exchange(names, sessions, closes, closes, closes, at_open=False), market, weights


def bare(closes: np.ndarray[tuple[int, int], np.dtype[np.float64]], decided: np.ndarray[tuple[int], np.dtype[np.intp]],
         weights: np.ndarray[tuple[int, int, int], np.dtype[np.float64]]) -> float:  # fmt: skip
    """The same targets in the fewest lines of numpy: free trades, whole targets, daily values."""
    cash = np.full(len(weights), 1e6)
    units = np.zeros((len(weights), closes.shape[1]))
    values = np.zeros((len(weights), len(closes)))
    ends = [*(decided[1:] + 1), len(closes)]
    for event, (session, end) in enumerate(zip(decided + 1, ends, strict=True)):
        value = cash + units @ closes[session]
        units = value[:, None] * weights[:, event] / closes[session]
        cash = value * (1.0 - weights[:, event].sum(axis=1))
        values[:, session:end] = units @ closes[session:end].T + cash[:, None]
    return float(values[:, -1].sum())


def main() -> None:
    """Measure, print, and fail beyond the limits."""
    exchange, market, weights = made()
    decided = np.arange(MONTH, SESSIONS - 1, MONTH)
    execution = Execution(vehicle="auto", slippage_bps=5)
    terms = terms_of(Desk(execution, {}, MONTH + 1, SESSIONS - 1), exchange, market)
    forced = np.zeros(len(decided), dtype=bool)
    variants = [Orders(decided, one, forced, execution, terms) for one in weights]
    warm_up()
    navs(variants[:2], exchange, SESSIONS - 1)  # compiled code is loaded
    seconds, plain, cpu = [], [], time.process_time()
    for _ in range(3):
        started = time.perf_counter()
        bare(exchange.closes, decided, weights)
        middle = time.perf_counter()
        values = navs(variants, exchange, SESSIONS - 1)
        seconds.append(time.perf_counter() - middle)
        plain.append(middle - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    took, used = sorted(seconds)[1], (time.process_time() - cpu - sum(plain)) / len(seconds)
    print(
        f"{VARIANTS} variants x {ASSETS} assets x {SESSIONS} sessions, {len(decided)} months: {took:.2f} s "
        f"({min(seconds):.2f} to {max(seconds):.2f}; {used:.2f} s of processor time), {peak:.2f} GB; "
        f"{took / sorted(plain)[1]:.1f} times a bare numpy accounting; mean final value {values[:, -1].mean():,.0f}"
    )
    assert took <= LIMIT_S, f"more than {LIMIT_S} s"
    assert peak <= LIMIT_GB, f"more than {LIMIT_GB} GB"


if __name__ == "__main__":
    main()
