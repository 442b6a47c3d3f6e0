"""The midcap rotation done with bt and reported by QuantStats, as one process.

It reads a wide CSV of closes, decides, simulates, writes an HTML tearsheet and
prints one line of JSON: bt's own CAGR and the seconds of each stage, counted
from the first line of this file (the interpreter's own start is not in them).
"""

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

os.environ.setdefault("MPLBACKEND", "Agg")  # no window toolkit is loaded: charts only go to the file

import bt  # noqa: E402
import pandas as pd  # noqa: E402
import quantstats as qs  # noqa: E402

IMPORTED = time.perf_counter()

NAME = "Midcap rotation"
SIGNALS = ["NIFTY 50", "NIFTY BANK"]
AVERAGES = [50, 100]
BENCHMARK = "NIFTY 50 TR"
MIDCAP, SMALLCAP = "NIFTY MIDCAP 100 TR", "NIFTY SMALLCAP 100 TR"
RISK_ON = {MIDCAP: 0.6, SMALLCAP: 0.4, BENCHMARK: 0.0}
RISK_OFF = {MIDCAP: 0.0, SMALLCAP: 0.0, BENCHMARK: 1.0}
CAPITAL = 1_000_000.0
COST_PER_SIDE = 0.0010


def commission(quantity: float, price: float) -> float:
    """10 basis points of the value traded, on a purchase and on a sale alike."""
    return abs(quantity) * price * COST_PER_SIDE


def targets(prices: pd.DataFrame) -> pd.DataFrame:
    """Weights by the session they are filled at, one row a week."""
    closes = prices[SIGNALS]
    above = pd.Series(True, index=prices.index)
    for sessions in AVERAGES:
        above &= (closes > closes.rolling(sessions).mean()).all(axis=1)
    # Periods ending on Sunday: a weekend session belongs to the week it closes.
    week = pd.Series(prices.index.to_period("W-SUN"), index=prices.index)
    decided = week != week.shift(-1)
    # The row after the decision: the newest week has none and is never filled.
    filled = decided.shift(1, fill_value=False)
    risk_on = above.shift(1, fill_value=False)[filled]
    return pd.DataFrame([RISK_ON if on else RISK_OFF for on in risk_on], index=risk_on.index)


def simulate(prices: pd.DataFrame) -> bt.backtest.Result:
    """Run bt over the sessions on which every index held has a total-return close."""
    held = prices[list(RISK_ON)].dropna()
    strategy = bt.Strategy(NAME, [bt.algos.WeighTarget(targets(prices)), bt.algos.Rebalance()])
    test = bt.Backtest(
        strategy,
        held,
        initial_capital=CAPITAL,
        commissions=commission,
        integer_positions=False,
    )
    return bt.run(test)


def main() -> None:
    """Read, simulate, report, and say how long each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prices", type=Path, required=True, help="wide CSV of closes, first column 'date'")
    parser.add_argument("--out", type=Path, required=True, help="HTML file to write")
    arguments = parser.parse_args()

    prices = pd.read_csv(arguments.prices, index_col="date", parse_dates=True)
    loaded = time.perf_counter()

    result = simulate(prices)
    simulated = time.perf_counter()

    held_from = prices[BENCHMARK].first_valid_index()
    returns = result.prices[NAME].loc[held_from:].pct_change().dropna()
    benchmark = prices[BENCHMARK].loc[held_from:].pct_change().dropna()
    qs.reports.html(returns, benchmark=benchmark, title=NAME, output=str(arguments.out))
    reported = time.perf_counter()

    summary = {
        "cagr": float(result.stats.loc["cagr", NAME]),
        "first": str(returns.index[0].date()),
        "last": str(returns.index[-1].date()),
        "imports_s": round(IMPORTED - STARTED, 3),
        "read_s": round(loaded - IMPORTED, 3),
        "backtest_s": round(simulated - loaded, 3),
        "report_s": round(reported - simulated, 3),
    }
    sys.stdout.write(json.dumps(summary) + "\n")


if __name__ == "__main__":
    main()
