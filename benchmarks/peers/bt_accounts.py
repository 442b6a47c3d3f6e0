"""Target weights carried out by bt, day by day: what it is worth, its cash, fees and units.

Every folder named holds `prices.csv` (wide, first column 'date', no gaps while something is held) and `weights.csv`
(the same columns, one row per fill, weights as fractions). A fill is at the close of its own row, in any part of a
unit; what is missing to 1 stays in cash and earns nothing. Written beside them: `bt.csv` with `date`, `nav`, `cash`,
`fees`, and `units <asset>`. It runs in the peer's environment and imports nothing of this project.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")  # no window toolkit is loaded: nothing is drawn

import bt
import pandas as pd


def read(path: Path) -> pd.DataFrame:
    """A wide table by date."""
    return pd.read_csv(path, index_col="date", parse_dates=True)


def account(prices: pd.DataFrame, weights: pd.DataFrame, rate: float, capital: float) -> pd.DataFrame:
    """What bt says of the portfolio at every close; the row it puts before the first one is left out."""
    strategy = bt.Strategy("portfolio", [bt.algos.WeighTarget(weights), bt.algos.Rebalance()])
    test = bt.Backtest(
        strategy,
        prices,
        initial_capital=capital,
        commissions=lambda quantity, price: abs(quantity) * price * rate,
        integer_positions=False,
    )
    test.run()
    done = test.strategy
    units = done.positions.reindex(columns=prices.columns).fillna(0.0).add_prefix("units ")
    books = pd.DataFrame({"nav": done.values, "cash": done.cash, "fees": done.fees})
    return books.join(units).loc[prices.index]


def main() -> None:
    """Carry out the weights of every folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--rate", type=float, required=True, help="commission, a fraction of the traded value")
    parser.add_argument("--capital", type=float, required=True, help="rupees at the start")
    given = parser.parse_args()
    for folder in given.folders:
        prices, weights = read(folder / "prices.csv"), read(folder / "weights.csv")
        account(prices, weights, given.rate, given.capital).rename_axis("date").to_csv(folder / "bt.csv")


if __name__ == "__main__":
    main()
