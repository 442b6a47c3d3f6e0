"""The signals of the reference simulator, each from its own documentation (`backtest list blocks`).

A function gets the observations up to the last date and gives one value for each, None for unknown; every value is
made from its own observation and earlier ones alone.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle_market import (
    CASH,
    CASH_SPREAD,
    PUBLICATION_LAGS,
    OracleError,
    OracleMarket,
    Series,
    cash_levels,
    clean,
    mean,
    observations,
    spread_of,
)

Spec = dict[str, Any]
Value = float | bool
Values = Sequence[Value | None]
Dated = dict[date, Value]

NEW_EARNINGS = date(2021, 3, 31)  # from here on the P/E is on consolidated earnings
RUPEE = 1e-7  # in Rs crore
DAYS_A_SESSION = 7  # the calendar has at least one session in so many days


@dataclass(frozen=True)
class Signal:
    """Values by series name and session; `single` ones serve `when`, the others `by` (4.2)."""

    values: dict[str, Dated]
    single: bool

    def at(self, day: date) -> Value | None:
        """The value of a single signal; None is unknown (rule 4.3)."""
        (values,) = self.values.values()
        return values.get(day)


@dataclass(frozen=True)
class Scope:
    """What names mean in a strategy: what it may hold, and the stocks of its baskets."""

    universe: list[str]
    baskets: dict[str, list[str]]


def make_signal(spec: Spec, scope: Scope, market: OracleMarket) -> Signal:
    """Evaluate a signal on each of its series' own observations, then make it known `lag` and publication later."""
    use = spec["use"]
    if use in OF_THE_MARKET:
        raw, kind = {use: OF_THE_MARKET[use](spec, scope, market)}, "net" if use in {"flow", "easing"} else ""
        return Signal(published(raw, spec, market, kind), single=True)
    of = spec.get("of")
    names = [of] if isinstance(of, str) else [name for name in (of or scope.universe) if name != CASH]
    raw, kind = {}, ""
    for name in names:
        if use in OF_READINGS:
            kind = spec.get("ratio", "volume")
            raw[name] = OF_READINGS[use](spec, clean(market.reading(name, kind)))
        elif use in OF_PAIRS:
            raw[name] = of_pair(spec, name, market)
        else:
            raw[name] = of_series(spec, name, market)
    return Signal(published(raw, spec, market, kind), isinstance(of, str))


def published(raw: dict[str, Dated], spec: Spec, market: OracleMarket, kind: str) -> dict[str, Dated]:
    """What is known at each session: the value of the session `lag` and the publication lag before (rule 4.4)."""
    late = int(spec.get("lag") or 0) + PUBLICATION_LAGS.get(kind, 0)
    known = list(zip(market.sessions[late:], market.sessions, strict=False))
    return {name: {day: values[then] for day, then in known if then in values} for name, values in raw.items()}


def dated(days: list[date], values: Values) -> Dated:
    """Known values by day."""
    return {day: value for day, value in zip(days, values, strict=True) if value is not None}


def of_series(spec: Spec, name: str, market: OracleMarket) -> Dated:
    """A signal that looks at each series by itself."""
    variant = spec.get("variant", "price")
    closes = clean(market.close(name, variant))
    if spec["use"] == "breakout" and spec.get("channel") == "high":
        highs = clean(market.reading(name, "high"))
        days = sorted(set(closes) & set(highs))
        return dated(days, breakout([closes[day] for day in days], [highs[day] for day in days], spec["window"]))
    if spec["use"] not in OF_SERIES:
        raise OracleError(f"unknown signal: {spec['use']}")
    days, prices = observations(closes)
    return dated(days, OF_SERIES[spec["use"]](spec, prices))


def of_pair(spec: Spec, name: str, market: OracleMarket) -> Dated:
    """A signal that sets a series against `to`, if it does; only dates on which both have a close count."""
    variant, to = spec.get("variant", "price"), spec.get("to", "NIFTY 50")
    alone = spec["use"] == "dual_momentum" and not spec.get("relative", True)
    ours, theirs = (clean(market.close(one, variant)) for one in (name, name if alone else to))
    days = sorted(set(ours) & set(theirs))
    pair = Pair(days, [ours[day] for day in days], [theirs[day] for day in days], market)
    return dated(days, OF_PAIRS[spec["use"]](spec, pair))


def rolling(values: list[float], size: int, measure: Callable[[list[float]], Value | None]) -> Values:
    """A measure of the last `size` values, unknown until there are so many."""
    return [measure(values[i + 1 - size : i + 1]) if i + 1 >= size else None for i in range(len(values))]


def averages(values: list[float], size: int, kind: str) -> list[float | None]:
    """Simple, or exponential from the mean of the first `size` values on; unknown until there are so many."""
    if kind == "simple":
        return [mean(values[i + 1 - size : i + 1]) if i + 1 >= size else None for i in range(len(values))]
    found: list[float | None] = [None] * min(size - 1, len(values))
    for i in range(size - 1, len(values)):
        last = found[-1] if found else None
        found.append(mean(values[:size]) if last is None else last + 2 / (size + 1) * (values[i] - last))
    return found


def above_average(spec: Spec, prices: list[float]) -> Values:
    """Close strictly above every average (rule 4.5)."""
    if spec.get("average", "simple") == "simple":
        longest = max(spec["windows"])
        return [is_above(prices[max(0, i + 1 - longest) : i + 1], spec["windows"]) for i in range(len(prices))]
    lines = [averages(prices, size, "exponential") for size in spec["windows"]]
    return [
        None if None in line else all(price > average for average in line if average is not None)
        for price, line in zip(prices, zip(*lines, strict=True), strict=True)
    ]


def is_above(prices: list[float], windows: list[int]) -> bool | None:
    """Last price strictly above the simple mean of every window, today included (rule 4.5).

    Decided without rounding: the last price is above the mean exactly when the sum of (last - price) over the
    window is positive, and the sign of `fsum` is exact.
    """
    if len(prices) < max(windows):
        return None
    last = prices[-1]
    return all(math.fsum([last] * size + [-price for price in prices[-size:]]) > 0 for size in windows)


def crossover(spec: Spec, prices: list[float]) -> Values:
    """The fast average strictly above the slow one."""
    kind = spec.get("average", "simple")
    lines = (averages(prices, spec[size], kind) for size in ("fast", "slow"))
    return [None if fast is None or slow is None else fast > slow for fast, slow in zip(*lines, strict=True)]


def breakout(closes: list[float], tops: list[float], size: int) -> Values:
    """Close strictly above the highest of the `size` observations before today's."""
    return [closes[i] > max(tops[i - size : i]) if i >= size else None for i in range(len(closes))]


def momentum(spec: Spec, prices: list[float]) -> Values:
    """P[t-skip] / P[t-lookback] - 1 (rule 4.5)."""
    lookback, skip = spec["lookback"], spec.get("skip", 0)
    return [
        prices[i - skip] / prices[i - lookback] - 1 if i >= max(lookback, skip) else None for i in range(len(prices))
    ]


def drawdown(spec: Spec, prices: list[float]) -> Values:
    """Close over the peak - 1: of all observations, or of the last `window`, unknown before these."""
    size = spec.get("window")
    if size is not None:
        return rolling(prices, size, lambda seen: seen[-1] / max(seen) - 1)
    peak, values = -math.inf, []
    for price in prices:
        peak = max(peak, price)
        values.append(price / peak - 1)
    return values


def distance_from_average(spec: Spec, prices: list[float]) -> Values:
    """Close over its average, less one."""
    return rolling(prices, spec["window"], lambda seen: seen[-1] / mean(seen) - 1)


def zscore(spec: Spec, prices: list[float]) -> Values:
    """Deviations from the mean; unknown where nothing moved."""
    return rolling(
        prices, spec["window"], lambda seen: (seen[-1] - mean(seen)) / spread_of(seen) if len(set(seen)) > 1 else None
    )


def volatility(spec: Spec, prices: list[float]) -> Values:
    """Deviation of log returns, a year."""
    moves = [math.log(after / before) for before, after in pairwise(prices)]
    year = math.sqrt(spec.get("sessions_per_year", 248))
    return [None, *rolling(moves, spec["window"], lambda seen: spread_of(seen) * year)] if prices else []


def slope(spec: Spec, prices: list[float]) -> Values:
    """Least-squares slope of log prices on the session count, a year."""
    year = spec.get("sessions_per_year", 248)
    return rolling(list(map(math.log, prices)), spec["window"], lambda seen: line(list(range(len(seen))), seen) * year)


def line(x: Sequence[float], y: Sequence[float]) -> float:
    """Least-squares slope of y on x."""
    centre_x, centre_y = mean(list(x)), mean(list(y))
    together = math.fsum((a - centre_x) * (b - centre_y) for a, b in zip(x, y, strict=True))
    return together / math.fsum((a - centre_x) ** 2 for a in x)


def rsi(spec: Spec, prices: list[float]) -> Values:
    """Wilder RSI, seeded by the mean of the first `size` changes, known from observation 5 x size on (4.5)."""
    size = spec.get("window", 14)
    changes = [after - before for before, after in pairwise(prices)]
    gain = sum(max(change, 0.0) for change in changes[:size]) / size
    loss = sum(max(-change, 0.0) for change in changes[:size]) / size
    values: list[float | None] = [None] * min(len(prices), size)
    for i in range(size, len(prices)):
        if i > size:
            gain = (gain * (size - 1) + max(changes[i - 1], 0.0)) / size
            loss = (loss * (size - 1) + max(-changes[i - 1], 0.0)) / size
        known = i + 1 >= 5 * size and gain + loss > 0
        values.append(100 * gain / (gain + loss) if known else None)
    return values


@dataclass(frozen=True)
class Pair:
    """Two series on the dates both have."""

    days: list[date]
    ours: list[float]
    theirs: list[float]
    market: OracleMarket

    @property
    def ratio(self) -> list[float]:
        """Relative strength."""
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]


def relative_strength(spec: Spec, pair: Pair) -> Values:
    """The ratio's distance from its average, or the slope of its logarithm."""
    if spec.get("measure", "distance") == "slope":
        return slope(spec, pair.ratio)
    return distance_from_average(spec, pair.ratio)


def beta(spec: Spec, pair: Pair) -> Values:
    """Slope of returns on returns; unknown where those of `to` are all the same."""
    ours, theirs = ([after / before - 1 for before, after in pairwise(one)] for one in (pair.ours, pair.theirs))
    size = spec["window"]
    values: list[float | None] = [None] * min(size, len(pair.days))
    for i in range(size, len(pair.days)):
        x, y = theirs[i - size : i], ours[i - size : i]
        values.append(line(x, y) if len(set(x)) > 1 else None)
    return values


def dual_momentum(spec: Spec, pair: Pair) -> Values:
    """Momentum less the higher of `to`'s and what CASH earned over the same sessions."""
    lookback, skip = spec["lookback"], spec.get("skip", 0)
    recorded = [day for day in pair.days if day >= pair.market.policy_rate[0][0]]
    cash = cash_levels(recorded[0], recorded[-1], pair.market, spec.get("spread", CASH_SPREAD)) if recorded else {}
    values: list[float | None] = []
    for i in range(len(pair.days)):
        first, last = i - lookback, i - skip
        if first < 0 or pair.days[first] not in cash:
            values.append(None)
            continue
        hurdle = cash[pair.days[last]] / cash[pair.days[first]] - 1
        if spec.get("relative", True):
            hurdle = max(hurdle, pair.theirs[last] / pair.theirs[first] - 1)
        values.append(pair.ours[last] / pair.ours[first] - 1 - hurdle)
    return values


def rotation(spec: Spec, pair: Pair) -> tuple[list[float | None], list[float | None]]:
    """RS-Ratio and RS-Momentum."""
    ratio: list[float | None] = []
    for rs, average in zip(pair.ratio, averages(pair.ratio, spec.get("window", 50), "simple"), strict=True):
        ratio.append(None if average is None else 100 * rs / average)
    known = [value for value in ratio if value is not None]
    late: list[float | None] = [None] * (len(ratio) - len(known))
    smooth = averages(known, spec.get("momentum_window", 10), "simple")
    for value, average in zip(known, smooth, strict=True):
        late.append(None if average is None else 100 * value / average)
    return ratio, late


def rrg(spec: Spec, pair: Pair) -> Values:
    """One of four readings of the graph."""
    ratio, push = rotation(spec, pair)
    measure, step = spec.get("measure", "ratio"), spec.get("step", 5)
    if measure == "ratio":
        return ratio
    if measure == "momentum":
        return push
    places = [None if x is None or y is None else (x, y) for x, y in zip(ratio, push, strict=True)]
    if measure == "distance":
        return [None if place is None else math.hypot(place[0] - 100, place[1] - 100) for place in places]
    return [heading(places[i - step], places[i]) if i >= step else None for i in range(len(places))]


def heading(before: tuple[float, float] | None, now: tuple[float, float] | None) -> float | None:
    """Compass angle of a move: 0 is momentum up, 90 ratio up; unknown if nothing moved."""
    if before is None or now is None or before == now:
        return None
    angle = math.degrees(math.atan2(now[0] - before[0], now[1] - before[1])) % 360
    return 0.0 if angle == 360 else angle


def rrg_quadrant(spec: Spec, pair: Pair) -> Values:
    """Whether ratio and momentum are above 100 as the quadrant wants; 100 itself is not."""
    wanted = {
        "leading": (True, True),
        "weakening": (True, False),
        "improving": (False, True),
        "lagging": (False, False),
    }
    return [
        None if x is None or y is None else (x > 100, y > 100) == wanted[spec["quadrant"]]
        for x, y in zip(*rotation(spec, pair), strict=True)
    ]


def volume(spec: Spec, series: Series) -> Dated:
    """Today's over the average of those before it."""
    days, values = observations(series)
    size = spec["window"]
    usual = [mean(values[i - size : i]) if i >= size else 0.0 for i in range(len(days))]
    return dated(days, [value / before if before > 0 else None for value, before in zip(values, usual, strict=True)])


def valuation(spec: Spec, series: Series) -> Dated:
    """A ratio, or the share of the values up to today below today's, counting half of those equal to it."""
    days, values = observations(series)
    if spec.get("measure", "level") == "level":
        return dated(days, [value / 100 for value in values] if spec["ratio"] == "dy" else values)
    size, least = spec.get("window") or len(days), spec.get("minimum", 750)
    one_basis = spec["ratio"] == "pe" and not spec.get("across_bases", False)
    seen: list[float] = []  # in order of size
    shares: list[float | None] = []
    for i, (day, value) in enumerate(zip(days, values, strict=True)):
        if one_basis and i > 0 and days[i - 1] < NEW_EARNINGS <= day:
            seen = []
        elif len(seen) == size:
            seen.remove(values[i - size])
        insort(seen, value)
        rank = (bisect_left(seen, value) + bisect_right(seen, value)) / 2
        shares.append(rank / len(seen) if len(seen) >= min(least, size) else None)
    return dated(days, shares)


def flow(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """Sums over flow dates; unknown where one of the figures is missing."""
    size, measure = spec["window"], spec.get("measure", "sum")
    days, figures = flow_figures(spec, market)
    values: list[float | None] = []
    for i in range(len(days)):
        span = 2 * size if measure == "change" else size
        seen = figures[i + 1 - span : i + 1] if i + 1 >= span else [math.nan]
        if any(map(math.isnan, seen)):
            values.append(None)
        elif measure == "change":
            values.append(math.fsum(seen[size:]) - math.fsum(seen[:size]))
        else:
            values.append(math.fsum(seen) / (size if measure == "average" else 1))
    return dated(days, values)


def flow_figures(spec: Spec, market: OracleMarket) -> tuple[list[date], list[float]]:
    """The figure of every flow date, NaN where it is missing; `less` is taken off on each date first."""
    what = spec.get("what", "net")
    ours = market.reading(spec.get("of", "FII"), what)
    theirs = market.reading(spec["less"], what) if spec.get("less") else dict.fromkeys(ours, 0.0)
    days = sorted(set(ours) | set(theirs))
    return days, [ours.get(day, math.nan) - theirs.get(day, math.nan) for day in days]


def easing(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """Net flows above those of the window before, to the rupee."""
    changes = flow(spec | {"what": "net", "measure": "change"}, scope, market)
    return {day: change > RUPEE / 2 for day, change in changes.items()}


def vix(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """India VIX, or what it gained."""
    days, values = observations(market.close("INDIA VIX", "price"))
    if spec.get("measure", "level") == "level":
        return dated(days, values)
    return dated(days, momentum({"lookback": spec["window"]}, values))


def among(spec: Spec, scope: Scope, market: OracleMarket) -> list[Series]:
    """Closes of what a breadth signal counts: the stocks of a basket, or the series of a list, baskets among them."""
    wanted = spec.get("among") or scope.universe
    if isinstance(wanted, str):
        return [clean(market.reading(stock, "stock")) for stock in scope.baskets[wanted]]
    return [clean(market.close(name, "price")) for name in wanted if name != CASH]


def breadth(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """The share of names above their average, of those that are known."""
    size = spec["window"]
    names = []
    for series in among(spec, scope, market):
        days, prices = observations(series)
        names.append(dated(days, rolling(prices, size, lambda seen: is_above(seen, [size]))))
    values: Dated = {}
    for day in market.sessions:
        known = [name[day] for name in names if day in name]
        if known and len(known) / len(names) >= spec.get("minimum", 0.5):
            values[day] = sum(known) / len(known)
    return values


def advance_decline(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """The average share of advances among names that moved, over sessions that have one."""
    moves = []
    for series in among(spec, scope, market):
        days, prices = observations(series)
        moves.append({day: after - before for day, (before, after) in zip(days[1:], pairwise(prices), strict=True)})
    shares = {}
    for day in market.sessions:
        known = [name[day] for name in moves if day in name]
        up, down = sum(move > 0 for move in known), sum(move < 0 for move in known)
        if up + down > 0 and len(known) / len(moves) >= spec.get("minimum", 0.5):
            shares[day] = up / (up + down)
    days, values = observations(shares)
    return dated(days, averages(values, spec.get("window", 10), spec.get("average", "simple")))


def season(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """Months of the year."""
    return {day: day.month in spec["months"] for day in market.sessions}


def days_since(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """Calendar days since the latest event."""
    days = [event for event, _ in events_of(spec, market)]
    return {
        day: float((day - max(event for event in days if event <= day)).days)
        for day in market.sessions
        if any(event <= day for event in days)
    }


def events_of(spec: Spec, market: OracleMarket) -> list[tuple[date, date | None]]:
    """The dated events of a name."""
    if spec["event"] not in market.events:
        raise OracleError(f"no event {spec['event']}; there are {sorted(market.events)}")
    return market.events[spec["event"]]


def window(spec: Spec, scope: Scope, market: OracleMarket) -> Dated:
    """True near an event; an unknown session is one that an event outside the calendar may reach."""
    found: dict[date, list[bool | None]] = {day: [] for day in market.sessions}
    for event, announced in events_of(spec, market):
        near = nearness(spec, event, market.sessions + market.later)
        for i, day in enumerate(market.sessions):
            if day >= (announced or event):
                found[day].append(near(i))
    return {day: True in answers for day, answers in found.items() if True in answers or None not in answers}


def nearness(spec: Spec, event: date, calendar: list[date]) -> Callable[[int], bool | None]:
    """Whether the session at a place of the calendar is near an event; unknown if it may be near one outside."""
    before, after = spec.get("before", 0), spec.get("after", 0)
    if event > calendar[-1]:
        earliest = len(calendar) + ((event - calendar[-1]).days - 1) // DAYS_A_SESSION
        return lambda i: None if earliest - i <= before else False
    if event < calendar[0]:
        latest = -((calendar[0] - event).days // DAYS_A_SESSION)
        return lambda i: None if i - latest <= after else False
    day_0 = next(k for k, session in enumerate(calendar) if session >= event)
    return lambda i: -before <= i - day_0 <= after


OF_SERIES: dict[str, Callable[[Spec, list[float]], Values]] = {
    "above_average": above_average,
    "breakout": lambda spec, prices: breakout(prices, prices, spec["window"]),
    "crossover": crossover,
    "distance_from_average": distance_from_average,
    "drawdown": drawdown,
    "momentum": momentum,
    "rsi": rsi,
    "slope": slope,
    "volatility": volatility,
    "zscore": zscore,
}
OF_PAIRS: dict[str, Callable[[Spec, Pair], Values]] = {
    "beta": beta,
    "dual_momentum": dual_momentum,
    "relative_strength": relative_strength,
    "rrg": rrg,
    "rrg_quadrant": rrg_quadrant,
}
OF_READINGS: dict[str, Callable[[Spec, Series], Dated]] = {"valuation": valuation, "volume": volume}
OF_THE_MARKET: dict[str, Callable[[Spec, Scope, OracleMarket], Dated]] = {
    "advance_decline": advance_decline,
    "breadth": breadth,
    "days_since": days_since,
    "easing": easing,
    "flow": flow,
    "season": season,
    "vix": vix,
    "window": window,
}
