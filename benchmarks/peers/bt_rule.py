"""What bt does with a proportional commission, in plain numpy, and what sets its value apart from ours.

bt holds the value before a trade against the targets: every asset is to change by weight x value - holding. That many
rupees pay for a purchase and its own fee, a partial sale has to bring them after its fee, and a holding whose weight
is 0 is sold whole, its fee left to cash. No purchase makes room for that last fee, so cash ends below zero by it.
Rupees throughout; prices are sessions x assets, NaN where nothing is held.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Account(NamedTuple):
    """One portfolio at every close after trades: value, units (sessions x assets), cash and the session's fees."""

    nav: Floats
    units: Floats
    cash: Floats
    fees: Floats


class Apart(NamedTuple):
    """What made one account end above the other, rupees at the last close; the three add up to the difference.

    `credit` is what the other lost by what it held on cash below zero, which costs it nothing (a gain is below 0);
    `weights` what its holdings, taken by themselves, earned less; `fees` what it paid more on the same value.
    """

    credit: float
    weights: float
    fees: float


def bt_account(prices: Floats, targets: dict[int, Floats], rate: float, capital: float) -> Account:
    """Carry out target weights by session as bt does; `rate` is the commission as a fraction of the traded value."""
    sessions, assets = prices.shape
    nav, cash, fees, units = np.zeros(sessions), np.zeros(sessions), np.zeros(sessions), np.zeros((sessions, assets))
    there, held = capital, np.zeros(assets)
    for session, price in enumerate(prices):
        worth = _worth(held, price)
        if session in targets:
            traded = _traded(worth, targets[session], there, rate)
            fees[session] = rate * np.abs(traded).sum()
            there -= traded.sum() + fees[session]
            worth = np.where(targets[session] == 0.0, 0.0, worth + traded)
            held = np.where(worth == 0.0, 0.0, worth / price)
        nav[session], units[session], cash[session] = there + worth.sum(), held, there
    return Account(nav, units, cash, fees)


def _traded(worth: Floats, weights: Floats, cash: float, rate: float) -> Floats:
    """Signed rupees that are traded of each asset, before fees."""
    asked = weights * (cash + worth.sum()) - worth
    traded = np.where(asked > 0.0, asked / (1.0 + rate), asked / (1.0 - rate))
    return np.where(weights == 0.0, -worth, traded)


def apart(ours: Account, theirs: Account, prices: Floats) -> Apart:
    """Why our last value is above theirs (below 0: under it), when ours never holds cash and both begin with the same.

    With g our gain and r their holdings' gain over a session, both as fractions, what holdings earn differs by
    (our value - theirs) g + their value (g - r) + their cash r. The first is an earlier difference that grows; the
    others are new. A new difference is carried to the end at the rate at which our value grows, fees taken.
    """
    own_gain, their_gain = _gains(ours, prices), _gains(theirs, prices)
    g = own_gain / ours.nav[:-1]
    r = their_gain / (theirs.nav - theirs.cash)[:-1]
    own_before, their_before = ours.nav + ours.fees, theirs.nav + theirs.fees
    credit, weights = theirs.cash[:-1] * r, theirs.nav[:-1] * (g - r)
    fees = theirs.fees - their_before * ours.fees / own_before
    last = ours.nav[-1]
    before, after = last / own_before[1:], last / ours.nav
    return Apart(float((credit * before).sum()), float((weights * before).sum()), float((fees * after).sum()))


def _gains(account: Account, prices: Floats) -> Floats:
    """Rupees that the holdings of the close before earned, from the second session on."""
    held = account.units[:-1]
    gains: Floats = np.where(held == 0.0, 0.0, held * np.diff(prices, axis=0)).sum(axis=1)
    return gains


def _worth(units: Floats, price: Floats) -> Floats:
    worth: Floats = np.where(units == 0.0, 0.0, units * price)
    return worth
