"""The shipped strategies in our books and in bt's: the same dates, the same weights, and the value of every day.

Free of cost both are the same number. With a proportional commission they are not, because bt sizes its orders by
another rule: `bt_rule.py` is that rule in numpy, and says what each of its parts is worth in rupees. Reads the store
named by --store, else the default one, else the bundled sample market. Fails when something is not as said.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from bt_rule import Account, apart, bt_account
from compare import HERE, PEER, ROOT, set_up

from engine.config.data import market_of
from engine.config.load import load_config
from engine.config.settings import Execution
from engine.market.source import Source, open_source
from engine.plan.plan import plan_of
from engine.portfolios import portfolios_of, simulated
from engine.simulation import Ledger, replay

CAPITAL = 1_000_000.0
BPS = 10.0  # each side
EQUAL = 1e-9  # of the value, the two free of cost
PAISA = 0.01  # rupees; bt itself stops looking for the size of an order at 1e-8
EXPLAINED = f"""
With {BPS:g} bps a side, rupees at the last close. `ours - bt` is the sum of
  credit   bt holds more than it owns: the fee on a full sale comes out of cash already spent (below 0: it gained by it)
  weights  bt's holdings start off their weights, because every purchase and partial sale bears its own fee
  fees     bt pays more in fees on the same value (below 0: less)
and `rest` is what they leave open; `rule off by` is how far bt's rule in numpy is from bt, on the worst day.
"""


@dataclass(frozen=True)
class Case:
    """One strategy: prices and target weights by fill date, as both are given them, and our ledgers by cost (bps)."""

    name: str
    prices: pd.DataFrame
    weights: pd.DataFrame
    ledgers: dict[float, Ledger]

    @property
    def targets(self) -> dict[int, np.ndarray]:
        """Weights by the place of their session."""
        places = self.prices.index.get_indexer(self.weights.index)
        return dict(zip(places.tolist(), self.weights.to_numpy(), strict=True))

    def ours(self, bps: float) -> Account:
        """Our ledger, as far as bt has one."""
        ledger = self.ledgers[bps]
        return Account(
            ledger.nav.to_numpy(), ledger.units.to_numpy(), ledger.cash.to_numpy(), ledger.costs.sum(axis=1).to_numpy()
        )


def case_of(path: Path, source: Source) -> Case | str:
    """A strategy with the costs and habits of its own `execution` left out; else why the two cannot be compared."""
    config = load_config(path)
    market = market_of(config, source)
    plan = plan_of(config, market)
    if plan.weights[plan.filled].sum(axis=1).min() < 1.0 - EQUAL:
        return "holds CASH, which earns interest here and nothing in bt"
    if config.schedule.fill != "next_close":
        return "is filled at the open"
    ledgers = {}
    for bps in (0.0, BPS):
        plain = Execution(buy_bps=bps, sell_bps=bps, min_trade=0.0, capital=CAPITAL)
        own, theirs = portfolios_of(config.model_copy(update={"execution": plain}), market, plan)
        ledgers[bps], _ = simulated(own, theirs, plan.last, replay)
    if not ledgers[0.0].fills["side"].isin(["buy", "sell"]).all():
        return "has orders that wait for a price"
    assets, days = list(own.exchange.assets), ledgers[0.0].nav.index
    prices = pd.DataFrame(own.exchange.values, market.sessions, assets).loc[days]
    weights = pd.DataFrame(own.orders.weights, market.sessions[own.orders.filled], assets)
    return Case(path.stem, prices, weights, ledgers)


def in_bt(cases: list[Case], bps: float, folder: Path) -> list[Account]:
    """What bt, in its own environment, makes of the same prices and weights."""
    places = [folder / case.name for case in cases]
    for case, place in zip(cases, places, strict=True):
        place.mkdir(exist_ok=True)
        case.prices.rename_axis("date").to_csv(place / "prices.csv")
        case.weights.rename_axis("date").to_csv(place / "weights.csv")
    command = [str(PEER / "bin" / "python"), str(HERE / "bt_accounts.py"), *map(str, places)]
    subprocess.run([*command, "--rate", str(bps * 1e-4), "--capital", str(CAPITAL)], check=True)
    return [read(case, place / "bt.csv") for case, place in zip(cases, places, strict=True)]


def read(case: Case, path: Path) -> Account:
    """bt's account, which has to have our sessions."""
    books = pd.read_csv(path, index_col="date", parse_dates=True)
    assert (books.index == case.prices.index).all(), f"{case.name}: bt has other sessions"
    units = books[[f"units {asset}" for asset in case.prices.columns]].to_numpy()
    return Account(books["nav"].to_numpy(), units, books["cash"].to_numpy(), books["fees"].to_numpy())


def free_of_cost(case: Case, theirs: Account) -> float:
    """The largest difference of any day's value, as a fraction; fails beyond 1e-9."""
    apart_by = float(np.abs(case.ours(0.0).nav / theirs.nav - 1.0).max())
    assert apart_by <= EQUAL, f"{case.name}: free of cost the two differ by {apart_by:.3g} of the value"
    return apart_by


def with_commission(case: Case, theirs: Account) -> dict[str, float]:
    """Both last values, their difference, and its parts, in rupees; fails when a paisa is not accounted for."""
    ours, prices = case.ours(BPS), case.prices.to_numpy()
    model = bt_account(prices, case.targets, BPS * 1e-4, CAPITAL)
    off = max(float(np.abs(getattr(model, part) - getattr(theirs, part)).max()) for part in ("nav", "cash", "fees"))
    assert off < PAISA, f"{case.name}: bt's rule as we read it is {off:.3g} rupees off on some day"
    difference, parts = ours.nav[-1] - theirs.nav[-1], apart(ours, theirs, prices)
    rest = abs(sum(parts) - difference)
    assert rest < PAISA, f"{case.name}: {rest:.3g} rupees of the difference are not explained"
    row = {"ours": ours.nav[-1], "bt": theirs.nav[-1], "ours - bt": difference, **parts._asdict()}
    return {**row, "rest": rest, "rule off by": off, "least cash": theirs.cash.min()}


def main() -> None:
    """Compare them all and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    set_up()
    source = open_source(given.store)
    found = {path.stem: case_of(path, source) for path in sorted((ROOT / "configs").glob("*.yaml"))}
    cases = [case for case in found.values() if isinstance(case, Case)]
    assert cases, "no strategy can be compared"
    with tempfile.TemporaryDirectory() as name:
        free, charged = (in_bt(cases, bps, Path(name)) for bps in (0.0, BPS))
    print(f"Ours and bt on {source.name}, {CAPITAL:,.0f} rupees, free of cost:")
    for case, theirs in zip(cases, free, strict=True):
        days = f"{len(case.weights)} fills, {len(case.prices)} sessions to {case.prices.index[-1].date()}"
        print(f"{case.name:30} {theirs.nav[-1]:14,.2f}  largest difference {free_of_cost(case, theirs):.1e}  {days}")
    print(EXPLAINED)
    rows = {case.name: with_commission(case, theirs) for case, theirs in zip(cases, charged, strict=True)}
    shown = {"rest": "{:.1e}".format, "rule off by": "{:.1e}".format}
    print(pd.DataFrame(rows).T.to_string(float_format="{:,.2f}".format, formatters=shown))
    for stem, why in found.items():
        if isinstance(why, str):
            print(f"left out: {stem} {why}")


if __name__ == "__main__":
    main()
