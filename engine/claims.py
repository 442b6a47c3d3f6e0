"""Published statements about what indices gained, held against the data and against what a strategy caught of them.

Gains are fractions between two closes of the price index. A claim with a searched end is judged at the sessions that
suit it best, which favours it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.config.models import Config
from engine.config.settings import Claim
from engine.market.keys import SeriesKey
from engine.market.market import Market
from engine.plan.plan import Plan
from engine.simulation import Ledger

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

BORNE_OUT = 0.005  # a gain printed in whole per cents is half a point off at most
CLOSE = 0.010  # the deviation of the Nifty 50's daily return, 2016 to 2025: what a date wrong by one session makes
REACH = 45  # sessions to either side in which an end is searched
NUDGE = 5  # sessions to either side by which the ends are moved to see what the author may have used
ROUNDING = 1e-9
VERDICTS = ("borne out", "close", "not borne out", "cannot be checked")


@dataclass(frozen=True)
class Capture:
    """What was left of an index's move when the strategy bought into it.

    `held` is the strategy's weight in it at the close the claim starts from, `filled` the first session of the span
    that filled a higher target weight, `gain` what came from that close to the end, and `share` that over the whole
    gain. None where nothing was bought; a fall has no share.
    """

    held: float
    filled: date | None = None
    gain: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class Gain:
    """One index of a claim: what was claimed, what the closes say (None: they are not there) and how they compare.

    `capture` is None where the gain is, and for an index that no rule can hold.
    """

    index: str
    claimed: float
    measured: float | None
    capture: Capture | None

    @property
    def difference(self) -> float | None:
        """Measured less claimed."""
        return None if self.measured is None else self.measured - self.claimed

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`."""
        if self.difference is None:
            return VERDICTS[3]
        size = abs(self.difference) - ROUNDING
        return VERDICTS[0] if size <= BORNE_OUT else VERDICTS[1] if size <= CLOSE else VERDICTS[2]


@dataclass(frozen=True)
class Fit:
    """Two sessions and the gains between their closes, in the order of the claim."""

    since: date
    to: date
    measured: tuple[float, ...]


@dataclass(frozen=True)
class Check:
    """A claim and what the data say.

    `since` and `to` are the sessions whose closes were used, None where there are none; `searched` names the ends
    (`from`, `to`) that were chosen for the best fit. `nearby`, where a date was stated, is the best fit with both
    ends moved by up to `NUDGE` sessions.
    """

    says: str
    since: date | None
    to: date | None
    searched: tuple[str, ...]
    gains: tuple[Gain, ...]
    nearby: Fit | None

    def plain(self) -> dict[str, Any]:
        """As `summary.json` has it: fractions and ISO dates."""
        nearby = self.nearby and {
            "from": str(self.nearby.since),
            "to": str(self.nearby.to),
            "measured": dict(zip((gain.index for gain in self.gains), self.nearby.measured, strict=True)),
        }
        return {
            "says": self.says,
            "from": self.since and str(self.since),
            "to": self.to and str(self.to),
            "searched": list(self.searched),
            "gains": {gain.index: _plain(gain) for gain in self.gains},
            "nearby": nearby,
        }


def _plain(gain: Gain) -> dict[str, Any]:
    capture = gain.capture and {**vars(gain.capture), "filled": gain.capture.filled and str(gain.capture.filled)}
    return {
        "claimed": gain.claimed,
        "measured": gain.measured,
        "difference": gain.difference,
        "verdict": gain.verdict,
        "capture": capture,
    }


@dataclass(frozen=True)
class _Traded:
    """What a strategy held and bought, by position in `market.sessions`."""

    market: Market
    plan: Plan
    ledger: Ledger

    def held(self, index: str, session: int) -> float:
        """The weight at a session's close, a fraction; nothing is held outside the window."""
        place = session - int(self.plan.decisions[self.plan.filled[0]]) - 1
        return float(self.ledger.weights[index].iloc[place]) if 0 <= place < len(self.ledger.nav) else 0.0

    def entries(self, index: str) -> Positions:
        """Sessions that filled a higher target weight than the one before it, in order; an order may have waited."""
        plan, fills = self.plan, self.ledger.fills
        weights = plan.weights[plan.filled, plan.assets.index(index)]
        rose = plan.decisions[plan.filled][np.diff(weights, prepend=0.0) > ROUNDING]
        mine = fills.loc[(fills["asset"] == index) & (fills["side"] == "buy"), "date"]
        bought = np.searchsorted(self.market.days, mine.to_numpy("datetime64[D]"))
        place = np.searchsorted(bought, rose + 1)
        entries: Positions = bought[np.unique(place[place < len(bought)])]
        return entries


def check_claims(config: Config, market: Market, plan: Plan, ledger: Ledger) -> tuple[Check, ...]:
    """Every claim of a strategy, in the order of its file."""
    traded = _Traded(market, plan, ledger)
    return tuple(_check(claim, traded) for claim in config.claims)


def _check(claim: Claim, traded: _Traded) -> Check:
    market = traded.market
    closes = np.column_stack([_closes(market, name) for name in claim.gains])
    claimed = np.array(list(claim.gains.values()))
    searched = tuple(name for name, end in (("from", claim.since), ("to", claim.to)) if end == "search")
    starts, ends = _candidates(claim, market)
    span = _best(closes, claimed, starts, ends) if searched else _stated(starts, ends)
    gains = []
    for column, (index, gain) in enumerate(claim.gains.items()):
        measured = _gain(closes[:, column], span)
        capture = None if measured is None or span is None else _capture(index, closes[:, column], span, traded)
        gains.append(Gain(index, gain, measured, capture))
    since, to = _days(market, span) if span else (None, None)
    nearby = None if span is None or len(searched) == 2 else _nearby(closes, claimed, span, market)
    return Check(claim.says, since, to, searched, tuple(gains), nearby)


def _closes(market: Market, name: str) -> Floats:
    """Closes of the price index at the sessions; unknown where the store does not have it."""
    if SeriesKey(name, "price") not in market.bars:
        return np.full(len(market.days), np.nan)
    return market.closes([name], "price").to_numpy()[:, 0]


def _nearby(closes: Floats, claimed: Floats, span: tuple[int, int], market: Market) -> Fit | None:
    """The best fit with both ends moved a little."""
    starts, ends = (_window(session, NUDGE, len(closes)) for session in span)
    best = _best(closes, claimed, starts, ends)
    return best and Fit(*_days(market, best), tuple(map(float, closes[best[1]] / closes[best[0]] - 1.0)))


def _days(market: Market, span: tuple[int, int]) -> tuple[date, date]:
    return market.sessions[span[0]].date(), market.sessions[span[1]].date()


def _gain(closes: Floats, span: tuple[int, int] | None) -> float | None:
    """The gain between two sessions, None without a close at either."""
    if span is None or np.isnan(closes[list(span)]).any():
        return None
    return float(closes[span[1]] / closes[span[0]] - 1.0)


def _stated(starts: Positions, ends: Positions) -> tuple[int, int] | None:
    """The sessions of two stated dates; None where the data do not reach, or both fall on one session."""
    return (int(starts[0]), int(ends[0])) if len(starts) and len(ends) and starts[0] < ends[0] else None


def _candidates(claim: Claim, market: Market) -> tuple[Positions, Positions]:
    """Sessions at which the claim may start and end: that of a stated end, and for a searched one those around the
    day it is near (the other end if none is named)."""
    found = []
    for end, other in ((claim.since, claim.to), (claim.to, claim.since)):
        about = end if isinstance(end, date) else claim.near or other
        session = _session(market, about)
        reach = 0 if isinstance(end, date) else REACH
        found.append(np.empty(0, np.intp) if session is None else _window(session, reach, len(market.days)))
    return found[0], found[1]


def _session(market: Market, day: date | str) -> int | None:
    """The last session on or before a day; None where the data do not reach that day."""
    target = np.datetime64(day, "D")
    session = int(np.searchsorted(market.days, target, "right")) - 1
    later = market.calendar[market.calendar > market.days[-1]]
    missing = target > market.days[-1] and not (len(later) and target < later[0])
    return None if session < 0 or missing else session


def _window(session: int, reach: int, sessions: int) -> Positions:
    return np.arange(max(session - reach, 0), min(session + reach + 1, sessions))


def _best(closes: Floats, claimed: Floats, starts: Positions, ends: Positions) -> tuple[int, int] | None:
    """The two sessions with the least sum of squared differences over all indices, the earliest of equals.

    An index that the store does not have is left out; None where no two sessions have a close of every other.
    """
    there = ~np.isnan(closes).all(axis=0)
    if not there.any():
        return None
    gains = closes[None, ends] / closes[starts][:, None] - 1.0
    miss = np.square(gains - claimed)[:, :, there].sum(axis=2)
    miss[np.isnan(miss) | (ends[None, :] <= starts[:, None])] = np.inf
    if not np.isfinite(miss).any():
        return None
    start, end = np.unravel_index(int(miss.argmin()), miss.shape)
    return int(starts[start]), int(ends[end])


def _capture(index: str, closes: Floats, span: tuple[int, int], traded: _Traded) -> Capture | None:
    """What was left when the strategy first bought into the index within the span; None where no rule can hold it."""
    if index not in traded.plan.assets:
        return None
    held, bought = traded.held(index, span[0]), traded.entries(index)
    inside = bought[(bought >= span[0]) & (bought <= span[1])]
    if not len(inside):
        return Capture(held)
    session = int(inside[0])
    left, whole = _gain(closes, (session, span[1])), _gain(closes, span)
    share = left / whole if left is not None and whole is not None and whole > 0.0 else None
    return Capture(held, traded.market.sessions[session].date(), left, share)
