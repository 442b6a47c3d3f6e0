"""What of a result could have been had then: sessions before a launch or a fund, and the measures after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import metrics
from engine.attribution import market_model
from engine.blocks import in_words
from engine.config.models import Config
from engine.market.horizon import Horizon, Since, since
from engine.market.market import Market
from engine.metrics import Window
from engine.plan.plan import Plan
from engine.simulation import Ledger

Flags = NDArray[np.bool_]
Measures = Mapping[str, float | None]

HELD = 1e-6  # a weight below this is what rounding, or an order too small to place, left behind
GAP = "\0"
LATER: tuple[Horizon, ...] = ("since_launch", "since_proxy")


class Stretch(NamedTuple):
    """The measures of one horizon: those of a window, its first session the one at whose close everything counts."""

    window: Window
    strategy: Measures
    benchmark: Measures
    active: Measures

    def plain(self) -> dict[str, object]:
        """In the shape of `summary.json`."""
        window = self.window
        about = {"start": str(window.start), "end": str(window.end), "sessions": window.sessions}
        return {**about, **self.strategy, "benchmark": dict(self.benchmark), "active": dict(self.active)}


@dataclass(frozen=True)
class Horizons:
    """Measures by horizon (None, with `reasons` in words, where there is none) and what came before them.

    `backfilled` and `before_proxy` have one flag per session of the window; `backfilled_decisions` counts decisions
    made while a signal read what was not launched yet, and `looked_at` names what that was; `unknown` was held and has
    no known launch; `unverified` are held names whose dates nobody has read in a source.
    """

    stretches: Mapping[Horizon, Stretch | None]
    reasons: Mapping[Horizon, str]
    backfilled: Flags
    before_proxy: Flags
    backfilled_decisions: int
    looked_at: tuple[str, ...]
    unknown: tuple[str, ...]
    unverified: tuple[str, ...]

    def plain(self) -> dict[str, object]:
        """For `summary.json`; a horizon there is none of is null."""
        return {
            **{str(name): None if one is None else one.plain() for name, one in self.stretches.items()},
            "reasons": dict(self.reasons),
            "backfilled_sessions": int(self.backfilled.sum()),
            "before_proxy_sessions": int(self.before_proxy.sum()),
            "backfilled_decisions": self.backfilled_decisions,
            "looked_at_before_launch": list(self.looked_at),
            "launch_unknown": list(self.unknown),
            "dates_not_verified": list(self.unverified),
        }


@dataclass(frozen=True)
class Run:
    """What was decided and what it came to."""

    config: Config
    market: Market
    plan: Plan
    ledger: Ledger
    benchmark: Ledger

    @property
    def days(self) -> NDArray[np.datetime64]:
        """The sessions of the window, as days."""
        return self.ledger.nav.index.to_numpy("datetime64[D]")

    @property
    def held(self) -> tuple[str, ...]:
        """The names with a target weight at some decision."""
        ever: Flags = np.any(self.plan.weights > 0.0, axis=0)
        return tuple(compress(self.plan.assets, ever.tolist()))

    def fact(self, name: str, horizon: Horizon) -> Since:
        """Since when a name counts."""
        return since(name, horizon, self.config.baskets)

    def early(self, name: str, horizon: Horizon) -> Flags:
        """Sessions of the window before a name counts; none where that is not known."""
        fact = self.fact(name, horizon)
        if fact.day is None:
            return np.full(len(self.days), fact.known)
        return self.days < np.datetime64(fact.day)


def horizons_of(run: Run, whole: Stretch) -> Horizons:
    """The horizons of a run whose measures over the whole window are `whole`."""
    benchmark = run.config.market.benchmark
    stretches: dict[Horizon, Stretch | None] = {}
    reasons: dict[Horizon, str] = {}
    for horizon in LATER:
        names = tuple(dict.fromkeys((*run.held, benchmark))) if horizon == "since_launch" else run.held
        start, why = _start(run, horizon, names)
        stretches[horizon] = None if why else whole if start == 0 else stretch(run, start)
        reasons |= {horizon: why} if why else {}
    looked_at, count = _looked_at(run)
    facts = [(name, run.fact(name, horizon)) for horizon in LATER for name in run.held]
    return Horizons(
        {"all": whole, **stretches},
        reasons,
        _while_held(run, "since_launch") | run.early(benchmark, "since_launch"),
        _while_held(run, "since_proxy"),
        count,
        looked_at,
        tuple(name for name in run.held if not run.fact(name, "since_launch").known),
        tuple(dict.fromkeys(name for name, fact in facts if fact.day is not None and not fact.verified)),
    )


def _start(run: Run, horizon: Horizon, names: Iterable[str]) -> tuple[int, str]:
    """The first session of the window from which all names count, and why there is none (empty where there is)."""
    start, days = 0, run.days
    why: dict[str, list[str]] = {}  # names by what is said of them, with a gap for the name
    for name in names:
        fact = run.fact(name, horizon)
        place = 0 if fact.day is None else int(np.searchsorted(days, np.datetime64(fact.day)))
        start = max(start, place)
        if fact.day is None:
            why.setdefault(fact.why.replace(name, GAP), []).append(name)
        elif place >= len(days) - 1 and place > 0:
            why.setdefault(f"{fact.why}, and the window ends on {days[-1]}", []).append(name)
    return start, "; ".join(said.replace(GAP, in_words(tuple(some))) for said, some in why.items())


def _while_held(run: Run, horizon: Horizon) -> Flags:
    """Sessions at whose close something was held that did not count yet."""
    flags = np.zeros(len(run.days), dtype=bool)
    for name in run.held:
        flags |= run.early(name, horizon) & (run.ledger.weights[name].to_numpy() > HELD)
    return flags


def _looked_at(run: Run) -> tuple[tuple[str, ...], int]:
    """What signals read before its launch, and at how many decisions one of them did; flows and weights have none."""
    config, days = run.config, run.market.days[run.plan.decisions]
    keys = {key for name in config.reached for key in config.signals[name].reads(config.scope)}
    early = np.zeros(len(days), dtype=bool)
    names = []
    for name in sorted({_index_of(key.name, key.variant, config) for key in keys} - {""}):
        fact = run.fact(name, "since_launch")
        mine = np.full(len(days), fact.known) if fact.day is None else days < np.datetime64(fact.day)
        if mine.any():
            names.append(name)
        early |= mine
    return tuple(names), int(early.sum())


def _index_of(name: str, variant: str, config: Config) -> str:
    """What was launched, or not, behind a series that is read: an index, or the basket that a stock is read for."""
    if variant == "stock":
        return next((basket for basket, one in config.baskets.items() if name in one.members), "")
    return "" if variant in {"net", "buy", "sell", "weight"} else name


def stretch(run: Run, start: int) -> Stretch:
    """The measures from the close of session `start` on, both sides worth the capital there.

    Returns are those of the sessions after it; its own is 0, as the benchmark's is on the first session of a window.
    Rupees are those of the capital at that close.
    """
    days = run.ledger.nav.index[start:]
    window = Window(days[0].date(), days[-1].date(), len(days))
    cash = run.ledger.cash_index.to_numpy()[start:]
    idle = metrics.returns_of(cash, cash[0])
    own, theirs = (_rebased(side, start) for side in (run.ledger, run.benchmark))
    capital = run.ledger.capital
    strategy = metrics.measure(own, capital, idle, window)
    strategy["turnover"] = _turnover(run.ledger, start) / window.years
    after = run.ledger.costs.to_numpy()[start + 1 :]
    strategy["costs"] = float(after.sum()) * capital / float(run.ledger.nav.iloc[start])
    benchmark = metrics.measure(theirs, capital, idle, window)
    return Stretch(window, strategy, benchmark, active_measures(own, theirs, idle, window))


def _rebased(ledger: Ledger, start: int) -> metrics.Floats:
    """Values from a session on, worth the capital there."""
    nav: metrics.Floats = ledger.nav.to_numpy()[start:]
    return nav / float(nav[0]) * ledger.capital


def _turnover(ledger: Ledger, start: int) -> float:
    """Half of the traded value over the value before the trade, summed over the fills after a session.

    The value before a trade is taken at its session's close, with its costs put back.
    """
    fills = ledger.fills
    traded = fills["value"].groupby(fills["date"]).sum()
    before = ledger.nav + ledger.costs.sum(axis=1)
    share: pd.Series = 0.5 * traded / before.reindex(traded.index)
    return float(share[traded.index > ledger.nav.index[start]].sum())


def active_measures(own: metrics.Floats, theirs: metrics.Floats, cash: metrics.Floats, window: Window) -> Measures:
    """The measures of the difference of two values that start from the same capital."""
    returns, other = (metrics.returns_of(nav, nav[0]) for nav in (own, theirs))
    active = returns - other
    growth: list[float | None] = [metrics.cagr(nav, nav[0], window) for nav in (own, theirs)]
    fit = market_model(returns, other, cash, window)
    return {
        "cagr": None if growth[0] is None or growth[1] is None else growth[0] - growth[1],
        "tracking_error": metrics.volatility(active, window),
        "information_ratio": metrics.information_ratio(active, window),
        "beta": fit.beta if fit else None,
        "alpha": fit.alpha if fit else None,
        "alpha_t": fit.alpha_t if fit else None,
        "total": float(own[-1] / own[0] - theirs[-1] / theirs[0]),
    }


def runs_of(flags: Flags) -> list[tuple[int, int]]:
    """First and last place of every run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(int), [0]))))
    return [(int(first), int(after) - 1) for first, after in zip(edges[::2], edges[1::2], strict=True)]
