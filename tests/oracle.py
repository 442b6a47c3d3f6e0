"""The naive reference simulator: a second reading of docs/semantics.md, sharing no code with `engine`.

One loop over sessions, dictionaries, floats. Clarity over speed: the engine is tested against it to 1e-9
relative. Units throughout: fractions (never per cents), rupees, sessions. An unknown value is an absent key
or None, never NaN. 'Rule 4.13' in a docstring is the numbered paragraph of docs/semantics.md.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

CASH = "CASH"
ROUNDING = 1e-12  # cash within this share of NAV is exactly nothing, and so is a weight of CASH this small
NO_DEVIATION = 1e-14  # a daily deviation this small is rounding of returns that are equal on paper
LONGEST_GAP = 5  # sessions a held asset may go without a close, rule 4.15

Series = dict[date, float]
Weights = dict[str, float]
Measures = dict[str, float | None]


class OracleError(Exception):
    """The strategy cannot be run on this market; the text says where and why."""


@dataclass(frozen=True)
class OracleMarket:
    """What the simulator may look at. Every series holds its own observations only and may have gaps."""

    sessions: list[date]
    later: list[date]
    closes: dict[tuple[str, str], Series]
    opens: dict[tuple[str, str], Series]
    policy_rate: list[tuple[date, float]]


@dataclass(frozen=True)
class OracleResult:
    """`states`, `winners` run along `decisions`, `targets` along `placed`; a fill's `value` is positive."""

    decisions: list[date]
    states: list[dict[str, bool]]
    winners: list[str | None]
    placed: list[date]
    targets: list[Weights]
    nav: dict[date, float]
    benchmark_nav: dict[date, float]
    cash_index: dict[date, float]
    units: dict[date, dict[str, float]]
    cash: dict[date, float]
    fills: list[dict[str, Any]]
    measures: Measures
    benchmark_measures: Measures
    active: Measures
    attribution: dict[str, Any]


@dataclass(frozen=True)
class Decision:
    """The plan of one decision session: what the rules say, and what to hold."""

    day: date
    states: dict[str, bool]
    winner: str | None
    target: Weights

    @property
    def names(self) -> set[str]:
        """The names with a positive target, CASH left out."""
        return {name for name, weight in self.target.items() if name != CASH and weight > 0}


def backtest(strategy: dict[str, Any], market: OracleMarket) -> OracleResult:
    """Run one strategy: plan, then ledger, then measures; the plan never looks at the ledger."""
    days = window(strategy["market"], market)
    plan = make_plan(strategy, market, days)
    days = days[days.index(plan[0].day) + 1 :]
    desk = open_desk(strategy, market, days)
    ledger = simulate(plan, desk)
    benchmark = simulate(buy_and_hold(plan[0].day, strategy["market"]["benchmark"]), free_of_cost(desk))
    tracks = make_tracks(desk, ledger, benchmark)
    return OracleResult(
        decisions=[decision.day for decision in plan],
        states=[decision.states for decision in plan],
        winners=[decision.winner for decision in plan],
        placed=[decision.day for decision in ledger.placed],
        targets=[decision.target for decision in ledger.placed],
        nav=ledger.nav,
        benchmark_nav=benchmark.nav,
        cash_index=desk.cash_index,
        units=ledger.units,
        cash=ledger.cash,
        fills=ledger.fills,
        measures=measure(tracks, ledger, tracks.strategy),
        benchmark_measures=measure(tracks, benchmark, tracks.benchmark),
        active=measure_active(tracks),
        attribution=attribute(strategy, tracks),
    )


def window(settings: dict[str, Any], market: OracleMarket) -> list[date]:
    """Sessions up to `end`; `start` is applied to decisions only. Impossible dates are errors (rule 4.7)."""
    start, end = settings.get("start"), settings.get("end", "latest")
    if end == "latest" or end is None:
        end = market.sessions[-1]
    elif start is not None and start >= end:
        raise OracleError(f"start {start} is not before end {end}")
    if start is not None and start > market.sessions[-1]:
        raise OracleError(f"start {start} is after the last session {market.sessions[-1]}")
    if end < market.sessions[0]:
        raise OracleError(f"end {end} is before the first session {market.sessions[0]}")
    return [day for day in market.sessions if day <= end]


def period(day: date, decide: str) -> tuple[int, ...]:
    """The decision period a day belongs to; weeks run Monday to Sunday (rule 4.6)."""
    if decide == "weekly":
        return tuple(day.isocalendar())[:2]
    if decide == "monthly":
        return (day.year, day.month)
    if decide == "quarterly":
        return (day.year, (day.month - 1) // 3)
    return (day.year, day.month, day.day)  # daily and on_change: every session decides


def decision_days(decide: str, market: OracleMarket, days: list[date]) -> list[date]:
    """Sessions with no later one of their period in the whole calendar, beyond `end` included (rule 4.6)."""
    if decide not in {"daily", "weekly", "monthly", "quarterly", "on_change"}:
        raise OracleError(f"unknown decide: {decide}")
    calendar = market.sessions + market.later
    following = dict(pairwise(calendar))
    return [day for day in days if day not in following or period(following[day], decide) != period(day, decide)]


@dataclass(frozen=True)
class Signal:
    """Values by series name and date of observation; `single` ones serve `when`, the others `by` (4.2)."""

    values: dict[str, dict[date, float | bool]]
    single: bool

    def at(self, day: date) -> float | bool | None:
        """The value of a single signal; None is unknown (rule 4.3)."""
        (values,) = self.values.values()
        return values.get(day)


def make_signal(spec: dict[str, Any], universe: list[str], market: OracleMarket) -> Signal:
    """Evaluate a signal on each of its series' own observations, all its dates (rule 4.2)."""
    of = spec.get("of")
    names = [of] if isinstance(of, str) else [name for name in (of or universe) if name != CASH]
    variant = spec.get("variant", "price")
    values = {}
    for name in names:
        if (name, variant) not in market.closes:
            raise OracleError(f"no series {name} ({variant}); there are {sorted(market.closes)}")
        days, prices = observations(market.closes[name, variant])
        values[name] = {
            day: value for day, value in zip(days, signal_values(spec, prices), strict=True) if value is not None
        }
    return Signal(values, isinstance(of, str))


def observations(series: Series) -> tuple[list[date], list[float]]:
    """Dates and prices in order, without NaN."""
    days = sorted(day for day, price in series.items() if not math.isnan(price))
    return days, [series[day] for day in days]


def signal_values(spec: dict[str, Any], prices: list[float]) -> Sequence[float | bool | None]:
    """The signal at each observation, from that observation and earlier ones (rule 4.4)."""
    use = spec["use"]
    if use == "above_average":
        return [above_average(prices[: i + 1], spec["windows"]) for i in range(len(prices))]
    if use == "momentum":
        return [momentum(prices[: i + 1], spec["lookback"], spec.get("skip", 0)) for i in range(len(prices))]
    if use == "drawdown":
        return [drawdown(prices[: i + 1], spec.get("window")) for i in range(len(prices))]
    if use == "rsi":
        return rsi(prices, spec.get("window", 14))
    raise OracleError(f"unknown signal: {use}")


def above_average(prices: list[float], windows: list[int]) -> bool | None:
    """Last price strictly above the simple mean of every window, today included (rule 4.5).

    Decided without rounding: the last price is above the mean exactly when the sum of (last - price) over the
    window is positive, and the sign of `fsum` is exact.
    """
    if len(prices) < max(windows):
        return None
    last = prices[-1]
    return all(math.fsum([last] * size + [-price for price in prices[-size:]]) > 0 for size in windows)


def momentum(prices: list[float], lookback: int, skip: int) -> float | None:
    """P[t-skip] / P[t-lookback] - 1 (rule 4.5)."""
    if len(prices) <= max(lookback, skip):
        return None
    return prices[-1 - skip] / prices[-1 - lookback] - 1


def drawdown(prices: list[float], size: int | None) -> float | None:
    """Last price over the peak - 1: of all observations, or of the last `size`, unknown before these."""
    if size is None:
        return prices[-1] / max(prices) - 1
    return prices[-1] / max(prices[-size:]) - 1 if len(prices) >= size else None


def rsi(prices: list[float], size: int) -> list[float | None]:
    """Wilder RSI, seeded by the mean of the first `size` changes, known from observation 5 x size on (4.5)."""
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


def parse(text: str) -> ast.expr:
    """A `when` or `exit` expression; a number followed by % is that number / 100 (rule 4.1)."""
    try:
        return ast.parse("(" + text.replace("%", "/100") + ")", mode="eval").body
    except SyntaxError as error:
        raise OracleError(f"cannot read: {text}") from error


def names_in(tree: ast.expr | None) -> list[str]:
    """The signals an expression uses."""
    return [] if tree is None else [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def truth(node: ast.expr, signals: dict[str, Signal], day: date) -> bool | None:
    """Three-valued and/or/not (Kleene, rule 4.3); a comparison with an unknown value is unknown."""
    if isinstance(node, ast.BoolOp):
        parts = [truth(part, signals, day) for part in node.values]
        decisive = isinstance(node.op, ast.Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = truth(node.operand, signals, day)
        return None if inner is None else not inner
    if isinstance(node, ast.Compare):
        return compare(node, signals, day)
    if isinstance(node, ast.Name):
        value = single(node.id, signals).at(day)
        if isinstance(value, bool) or value is None:
            return value
    raise OracleError(f"not a condition: {ast.unparse(node)}")


def compare(node: ast.Compare, signals: dict[str, Signal], day: date) -> bool | None:
    """Comparisons, chained ones included."""
    terms = [number(term, signals, day) for term in [node.left, *node.comparators]]
    if any(term is None for term in terms):
        return None
    pairs = pairwise(term for term in terms if term is not None)
    return all(compared(operator, *pair) for operator, pair in zip(node.ops, pairs, strict=True))


def compared(operator: ast.cmpop, left: float, right: float) -> bool:
    """One comparison of two known numbers."""
    answers: dict[type[ast.cmpop], bool] = {
        ast.Lt: left < right,
        ast.LtE: left <= right,
        ast.Gt: left > right,
        ast.GtE: left >= right,
        ast.Eq: left == right,
        ast.NotEq: left != right,
    }
    if type(operator) not in answers:
        raise OracleError(f"not a comparison of numbers: {type(operator).__name__}")
    return answers[type(operator)]


def number(node: ast.expr, signals: dict[str, Signal], day: date) -> float | None:
    """A signal's number, or a literal with its sign and per cent sign."""
    if isinstance(node, ast.Name):
        value = single(node.id, signals).at(day)
        if isinstance(value, bool):
            raise OracleError(f"{node.id} is a condition, not a number")
        return value
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = number(node.operand, signals, day)
        return None if inner is None else -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        top, bottom = number(node.left, signals, day), number(node.right, signals, day)
        return None if top is None or bottom is None else top / bottom
    raise OracleError(f"not a number: {ast.unparse(node)}")


def single(name: str, signals: dict[str, Signal]) -> Signal:
    """A signal usable in `when`."""
    if name not in signals or not signals[name].single:
        raise OracleError(f"{name} is no signal of a single series")
    return signals[name]


@dataclass
class Rule:
    """One rule, its parsed conditions, and its memory; `now` is the running number of a decision session."""

    name: str
    spec: dict[str, Any]
    when: ast.expr | None
    exit: ast.expr | None
    on: bool = False
    turned_on: int | None = None
    turned_off: int | None = None
    fired: list[bool] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def update(self, signals: dict[str, Signal], day: date, now: int) -> None:
        """Turn on or off, at most once a session (rule 4.10)."""
        if self.when is None:
            self.on = True
            return
        self.fired.append(truth(self.when, signals, day) is True)
        leaving = self.exit is not None and truth(self.exit, signals, day) is True
        if not self.on and self._may_enter(now) and not leaving:
            self.on, self.turned_on = True, now
        elif self.on and self._may_leave(now) and (leaving if self.exit is not None else not self.fired[-1]):
            self.on, self.turned_off = False, now

    def _may_enter(self, now: int) -> bool:
        """`when` true at the last `confirm` decisions, none of them before the first, and cooled down."""
        confirm = int(self.spec.get("confirm") or 1)
        cooled = self.turned_off is None or now - self.turned_off >= int(self.spec.get("cool_down") or 0)
        return cooled and len(self.fired) >= confirm and all(self.fired[-confirm:])

    def _may_leave(self, now: int) -> bool:
        """Held for `min_hold` decisions."""
        return self.turned_on is not None and now - self.turned_on >= int(self.spec.get("min_hold") or 0)

    @property
    def hold(self) -> dict[str, Any]:
        """What the rule wants to hold."""
        hold: dict[str, Any] = self.spec["hold"]
        return hold

    @property
    def is_top(self) -> bool:
        """Whether `hold` is a ranking rather than fixed weights."""
        return self.hold.get("use") == "top"


@dataclass(frozen=True)
class Plan:
    """What planning needs at every decision."""

    rules: list[Rule]
    signals: dict[str, Signal]
    universe: list[str]
    closes: dict[str, Series]  # of each name, in the variant the portfolio earns
    benchmark: str

    def has_price(self, name: str, day: date) -> bool:
        """A close of its own on that session."""
        price = self.closes.get(name, {}).get(day)
        return price is not None and not math.isnan(price)


def make_plan(strategy: dict[str, Any], market: OracleMarket, days: list[date]) -> list[Decision]:
    """Decisions from the first one with history (rule 4.8) to the last of the window."""
    plan = open_plan(strategy, market)
    start = strategy["market"].get("start")
    candidates = [
        day for day in decision_days(strategy["schedule"]["decide"], market, days) if start is None or day >= start
    ]
    ready = [day for day in candidates if is_ready(plan, day)]
    if not ready:
        raise OracleError("no decision session has everything the rules need")
    if ready[0] == days[-1]:
        raise OracleError(f"no fill session after the first decision {ready[0]}")
    return [decide(plan, day, now) for now, day in enumerate(candidates[candidates.index(ready[0]) :])]


def open_plan(strategy: dict[str, Any], market: OracleMarket) -> Plan:
    """Parse the rules and evaluate the signals they reach."""
    settings = strategy["market"]
    universe = [name for name in settings["universe"] if name != CASH]
    rules = [
        Rule(
            spec["name"],
            spec,
            parse(spec["when"]) if spec.get("when") else None,
            parse(spec["exit"]) if spec.get("exit") else None,
        )
        for spec in strategy["rules"]
    ]
    reached = {name for rule in rules for tree in (rule.when, rule.exit) for name in names_in(tree)}
    reached |= {rule.hold["by"] for rule in rules if rule.is_top}
    specs = strategy.get("signals") or {}
    if missing := reached - set(specs):
        raise OracleError(f"no signal {sorted(missing)}; there are {sorted(specs)}")
    for rule in rules:
        check_names(rule, universe)
    signals = {name: make_signal(specs[name], universe, market) for name in sorted(reached)}
    closes = {name: series for (name, variant), series in market.closes.items() if variant == returns_of(settings)}
    return Plan(rules, signals, universe, closes, settings["benchmark"])


def check_names(rule: Rule, universe: list[str]) -> None:
    """What a rule may hold must be in the universe (rule 4.2)."""
    named = [*(rule.hold.get("of") or []), *fixed_names(rule)] if rule.is_top else list(rule.hold)
    if foreign := set(named) - {CASH, *universe}:
        raise OracleError(f"rule {rule.name}: {sorted(foreign)} not in the universe {universe}")


def returns_of(settings: dict[str, Any]) -> str:
    """The variant that the portfolio and the benchmark earn."""
    return str(settings.get("returns", "total"))


def is_ready(plan: Plan, day: date) -> bool:
    """Everything reached from a rule has history, the benchmark and all held series a price (rule 4.8)."""
    conditions = [name for rule in plan.rules for tree in (rule.when, rule.exit) for name in names_in(tree)]
    if any(single(name, plan.signals).at(day) is None for name in conditions):
        return False
    held = [plan.benchmark]
    for rule in plan.rules:
        held += fixed_names(rule)
        if rule.is_top and len(scores(plan, rule, day)) < rule.hold["n"]:
            return False
    return all(plan.has_price(name, day) for name in held)


def fixed_names(rule: Rule) -> list[str]:
    """What a rule may hold whatever the scores: positive fixed weights, or the `fallback` of a ranking."""
    if rule.is_top:
        fallback = rule.hold.get("fallback") or CASH
        return [] if fallback == CASH else [fallback]
    return [name for name, weight in rule.hold.items() if weight > 0 and name != CASH]


def scores(plan: Plan, rule: Rule, day: date) -> dict[str, float]:
    """Candidates of a ranking, in universe order: those with a price and a score at this close (4.11)."""
    signal = plan.signals[rule.hold["by"]]
    if signal.single:
        raise OracleError(f"{rule.hold['by']} is the signal of a single series and cannot rank")
    allowed = set(rule.hold.get("of") or plan.universe)
    found = {}
    for name in plan.universe:
        value = signal.values.get(name, {}).get(day)
        if name in allowed and value is not None and plan.has_price(name, day):
            found[name] = float(value)
    return found


def decide(plan: Plan, day: date, now: int) -> Decision:
    """Update every rule; the first that is on wins (rule 4.10); without one the target is CASH."""
    for rule in plan.rules:
        rule.update(plan.signals, day, now)
    winner = next((rule for rule in plan.rules if rule.on), None)
    for rule in plan.rules:
        if rule is not winner:
            rule.chosen = []  # the buffer's memory is lost when another rule wins (rule 4.11)
    target = with_cash({} if winner is None else target_of(plan, winner, day))
    return Decision(day, {rule.name: rule.on for rule in plan.rules}, winner.name if winner else None, target)


def target_of(plan: Plan, rule: Rule, day: date) -> Weights:
    """Weights of the winning rule, CASH possibly missing (rule 4.11)."""
    weights: Weights = {}
    if rule.is_top:
        rule.chosen = choose(scores(plan, rule, day), rule)
        size = int(rule.hold["n"])
        weights = dict.fromkeys(rule.chosen, 1 / size)
        fallback = rule.hold.get("fallback") or CASH
        if len(rule.chosen) < size:
            weights[fallback] = weights.get(fallback, 0.0) + (size - len(rule.chosen)) / size
    else:
        weights = {name: float(weight) for name, weight in rule.hold.items()}
    for name, weight in weights.items():
        if name != CASH and weight > 0 and not plan.has_price(name, day):
            raise OracleError(f"rule {rule.name}: {name} has no price at the decision close {day}")
    return weights


def choose(found: dict[str, float], rule: Rule) -> list[str]:
    """Best n, ties in universe order; a name chosen last time stays while ranked within n + buffer (4.11)."""
    size, buffer, least = int(rule.hold["n"]), int(rule.hold.get("buffer") or 0), rule.hold.get("min_score")
    eligible = [name for name in found if least is None or found[name] >= least]
    ranked = sorted(eligible, key=lambda name: -found[name])  # stable: ties keep universe order
    kept = [name for name in ranked[: size + buffer] if name in rule.chosen]
    fresh = [name for name in ranked if name not in kept]
    return kept + fresh[: size - len(kept)]


def with_cash(weights: Weights) -> Weights:
    """Positive weights, what is missing to 100% as CASH (rule 4.1); an excess up to 1e-9 is scaled away."""
    assets = {name: weight for name, weight in weights.items() if name != CASH and weight > 0}
    invested = math.fsum(assets.values())
    if invested > 1 + 1e-9 or any(weight < 0 for weight in weights.values()):
        raise OracleError(f"weights must be from 0 to 1 in sum: {weights}")
    if invested > 1:
        return {name: weight / invested for name, weight in assets.items()} | {CASH: 0.0}
    rest = 1 - invested
    return assets | {CASH: rest if rest > ROUNDING else 0.0}


@dataclass(frozen=True)
class Asset:
    """Prices of one name in the variant the portfolio earns."""

    closes: Series
    opens: Series
    known: Series  # last own close at or before a session
    before: Series  # last own close before a session

    def price(self, day: date, kind: str) -> float | None:
        """What an order is filled at; kind is 'open' or 'close'."""
        return (self.opens if kind == "open" else self.closes).get(day)

    def mark(self, day: date, kind: str) -> float:
        """The fill price, or without one the last close (rule 4.15)."""
        price = self.price(day, kind)
        return self.before[day] if price is None else price


def make_asset(name: str, variant: str, market: OracleMarket) -> Asset:
    """Collect closes, opens and carried closes of one name."""
    closes = clean(market.closes.get((name, variant), {}))
    opens = clean(market.opens.get((name, "price"), {}))
    known, before = carried(closes, market.sessions)
    if variant == "total":
        opens = total_opens(closes, before, opens, carried(market.closes.get((name, "price"), {}), market.sessions)[1])
    return Asset(closes, opens, known, before)


def clean(series: Series) -> Series:
    """The observations that are numbers."""
    return {day: price for day, price in series.items() if not math.isnan(price)}


def carried(series: Series, sessions: list[date]) -> tuple[Series, Series]:
    """At each session, the last observation at or before it and the last one before it; absent if none."""
    days, prices = observations(series)
    known: Series = {}
    before: Series = {}
    seen = 0
    for session in sessions:
        while seen < len(days) and days[seen] < session:
            seen += 1
        if seen > 0:
            before[session] = known[session] = prices[seen - 1]
        if seen < len(days) and days[seen] == session:
            known[session] = prices[seen]
    return known, before


def total_opens(closes: Series, before: Series, price_opens: Series, price_before: Series) -> Series:
    """A total-return series opens at its last close times the price index's overnight move (rule 4.12)."""
    return {
        day: before[day] * (price_open / price_before[day])
        for day, price_open in price_opens.items()
        if day in closes and day in before and day in price_before
    }


@dataclass(frozen=True)
class Desk:
    """Everything the ledger needs besides the plan; interest multiplies cash by `growth` at a session."""

    days: list[date]
    assets: dict[str, Asset]
    ends: dict[str, date]
    universe: list[str]
    growth: dict[date, float]
    cash_index: dict[date, float]
    capital: float
    buy: float
    sell: float
    slippage: float
    min_trade: float
    band: float | None
    fill: str
    on_change: bool


def open_desk(strategy: dict[str, Any], market: OracleMarket, days: list[date]) -> Desk:
    """Gather prices, costs as fractions, and interest."""
    settings, execution, schedule = strategy["market"], strategy["execution"], strategy["schedule"]
    universe = [name for name in settings["universe"] if name != CASH]
    names = dict.fromkeys([*universe, settings["benchmark"]])
    assets = {name: make_asset(name, returns_of(settings), market) for name in names}
    growth = growth_of_cash(days, market, execution.get("cash_spread"))
    index = {days[0]: 1.0}
    for yesterday, day in pairwise(days):
        index[day] = index[yesterday] * growth[day]
    least, band = execution.get("min_trade"), execution.get("band")
    return Desk(
        days=days,
        assets=assets,
        ends={name: max(asset.closes) for name, asset in assets.items() if asset.closes},
        universe=universe,
        growth=growth,
        cash_index=index,
        capital=float(execution["capital"]),
        buy=execution.get("buy_bps", 0) / 10_000,
        sell=execution.get("sell_bps", 0) / 10_000,
        slippage=execution.get("slippage_bps", 0) / 10_000,
        min_trade=1.0 if least is None else float(least),
        band=None if band is None else float(band),
        fill=schedule.get("fill", "next_close"),
        on_change=schedule["decide"] == "on_change",
    )


def free_of_cost(desk: Desk) -> Desk:
    """The benchmark's desk: the same prices, no costs, nothing to decide (rule 4.9)."""
    return replace(desk, buy=0.0, sell=0.0, slippage=0.0, band=None, on_change=False)


def buy_and_hold(day: date, name: str) -> list[Decision]:
    """The benchmark's plan (rule 4.9)."""
    return [Decision(day, {}, None, {name: 1.0, CASH: 0.0})]


def growth_of_cash(days: list[date], market: OracleMarket, spread: float | None) -> dict[date, float]:
    """Product of 1 + rate(day)/365 over calendar days after the previous session up to this one (4.17)."""
    spread = 0.0035 if spread is None else spread
    growth = {}
    for yesterday, today in pairwise(days):
        factor = 1.0
        for ahead in range(1, (today - yesterday).days + 1):
            factor *= 1 + (policy_rate(market, yesterday + timedelta(days=ahead)) - spread) / 365
        growth[today] = factor
    return growth


def policy_rate(market: OracleMarket, day: date) -> float:
    """The rate with the latest `effective` on or before the day, as a fraction a year."""
    rates = [rate for effective, rate in market.policy_rate if effective <= day]
    if not rates:
        raise OracleError(f"no policy rate on {day}")
    return rates[-1] / 100


@dataclass(frozen=True)
class Order:
    """Signed units, and their value (above 0) at sizing: a waiting sale keeps those, a buy this (4.15)."""

    name: str
    units: float
    rupees: float


@dataclass
class Ledger:
    """The book: what is held and waiting now, and what has been."""

    held: dict[str, float]
    money: float
    waiting: list[Order] = field(default_factory=list)
    waiting_kind: str = "close"
    placed: list[Decision] = field(default_factory=list)
    nav: dict[date, float] = field(default_factory=dict)
    units: dict[date, dict[str, float]] = field(default_factory=dict)
    cash: dict[date, float] = field(default_factory=dict)
    fills: list[dict[str, Any]] = field(default_factory=list)
    opened: list[dict[str, Any]] = field(default_factory=list)  # the fills made at an open
    gaps: dict[str, int] = field(default_factory=dict)  # sessions in a row that a held name has had no close
    turnover: dict[tuple[date, str], float] = field(default_factory=dict)  # half traded value over NAV

    def value(self, desk: Desk, day: date, kind: str) -> float:
        """NAV at the prices of an event, assets without one at their last close."""
        return self.money + sum(units * desk.assets[name].mark(day, kind) for name, units in self.held.items())


def simulate(plan: list[Decision], desk: Desk) -> Ledger:
    """One pass over the sessions from the first fill on: interest, fills, valuation, then the decision."""
    ledger = Ledger({}, desk.capital)
    decisions = {decision.day: decision for decision in plan}
    due: Decision | None = plan[0]
    ledger.placed.append(plan[0])
    for day in desk.days:
        ledger.money *= desk.growth.get(day, 1.0)
        kind = "open" if desk.fill == "next_open" and day != desk.days[0] else "close"
        if due is not None:
            rebalance(ledger, desk, due.target, day, kind)
        elif ledger.waiting:
            fill_waiting(ledger, desk, day)
        due = None
        close_session(ledger, desk, day)
        if day in decisions and day != desk.days[-1] and places_orders(ledger, desk, decisions[day]):
            due = decisions[day]
            ledger.placed.append(due)
            ledger.waiting = []  # replaced by the newer decision (rule 4.15)
    return ledger


def places_orders(ledger: Ledger, desk: Desk, decision: Decision) -> bool:
    """Whether a decision trades: a change always, no change never on_change, else by the band (4.6, 4.14)."""
    last = ledger.placed[-1]
    if decision.winner != last.winner or decision.names != last.names:
        return True
    if desk.on_change:
        return False
    return desk.band is None or furthest_off(ledger, desk, decision) > desk.band


def furthest_off(ledger: Ledger, desk: Desk, decision: Decision) -> float:
    """The largest distance of a weight, CASH included, from its target at the decision close (rule 4.14)."""
    nav = ledger.nav[decision.day]
    values = {name: units * desk.assets[name].known[decision.day] for name, units in ledger.held.items()}
    values[CASH] = ledger.money
    return max(abs(values.get(name, 0.0) / nav - decision.target.get(name, 0.0)) for name in values | decision.target)


def rebalance(ledger: Ledger, desk: Desk, target: Weights, day: date, kind: str) -> None:
    """Set the whole target (rule 4.13); orders without a price wait (rule 4.15)."""
    orders = size_orders(ledger, desk, target, day, kind)
    priced = [order for order in orders if desk.assets[order.name].price(day, kind) is not None]
    ledger.waiting = [order for order in orders if order not in priced]
    ledger.waiting_kind = kind
    execute(ledger, desk, priced, day, kind)


def size_orders(ledger: Ledger, desk: Desk, target: Weights, day: date, kind: str) -> list[Order]:
    """Trades to the target at V', those under `min_trade` left out."""
    names = [name for name in desk.assets if name in ledger.held or target.get(name, 0.0) > 0]
    marks = {name: desk.assets[name].mark(day, kind) for name in names}
    holdings = {name: ledger.held.get(name, 0.0) * marks[name] for name in names}
    weights = {name: target.get(name, 0.0) for name in names}
    value = value_after(ledger.money + sum(holdings.values()), weights, holdings, desk)
    orders = []
    for name in names:
        units = value * weights[name] / marks[name] - ledger.held.get(name, 0.0)
        rupees = abs(units) * marks[name]
        if units != 0 and rupees >= desk.min_trade:
            orders.append(Order(name, units, rupees))
    return orders


def value_after(total: float, weights: Weights, holdings: Weights, desk: Desk) -> float:
    """The largest V' with V' + costs(V' w - h) <= V, interval by interval from the top (rule 4.13)."""
    edges = sorted({0.0} | {holdings[name] / weight for name, weight in weights.items() if weight > 0})
    for low, high in reversed(list(zip(edges, [*edges[1:], math.inf], strict=True))):
        inside = low + 1.0 if high == math.inf else (low + high) / 2
        slope, constant = 1.0, 0.0
        for name, weight in weights.items():
            buying = weight * inside > holdings[name]
            rate = desk.slippage + desk.buy if buying else -desk.slippage - desk.sell
            slope += rate * weight
            constant -= rate * holdings[name]
        value = (total - constant) / slope
        if value >= low:
            return min(value, high)
    return 0.0


def execute(ledger: Ledger, desk: Desk, orders: list[Order], day: date, kind: str) -> None:
    """Sales first, at most what is held; then buys, scaled to the cash really there (rule 4.15)."""
    if not orders:
        return
    nav = ledger.value(desk, day, kind)
    before = len(ledger.fills)
    for order in orders:
        if order.units < 0:
            book(ledger, desk, order.name, max(order.units, -ledger.held.get(order.name, 0.0)), (day, kind))
    buys = [order for order in orders if order.units > 0]
    needed = sum(order.rupees for order in buys) * (1 + desk.buy + desk.slippage)
    short = needed - ledger.money > ROUNDING * nav
    scale = max(ledger.money, 0.0) / needed if short else 1.0
    for order in buys:
        price = desk.assets[order.name].mark(day, kind)
        book(ledger, desk, order.name, scale * order.rupees / price, (day, kind))
    if abs(ledger.money) <= ROUNDING * nav:
        ledger.money = 0.0
    traded = sum(fill["value"] for fill in ledger.fills[before:])
    if traded > 0:
        ledger.turnover[day, kind] = 0.5 * traded / nav


def book(ledger: Ledger, desk: Desk, name: str, units: float, event: tuple[date, str]) -> None:
    """Book one fill at the reference price; slippage is a cost added to the charges (rule 4.13)."""
    if units == 0:
        return
    price = desk.assets[name].mark(*event)
    value = abs(units) * price
    charges, slippage = value * (desk.buy if units > 0 else desk.sell), value * desk.slippage
    fill = {
        "date": event[0],
        "name": name,
        "units": units,
        "price": price,
        "value": value,
        "charges": charges,
        "slippage": slippage,
    }
    ledger.fills.append(fill)
    if event[1] == "open":
        ledger.opened.append(fill)
    ledger.money -= units * price + charges + slippage
    ledger.held[name] = ledger.held.get(name, 0.0) + units
    if ledger.held[name] == 0:
        del ledger.held[name]


def fill_waiting(ledger: Ledger, desk: Desk, day: date) -> None:
    """Fill the waiting orders whose price has come; the others wait on (rule 4.15)."""
    kind = ledger.waiting_kind
    priced = [order for order in ledger.waiting if desk.assets[order.name].price(day, kind) is not None]
    ledger.waiting = [order for order in ledger.waiting if order not in priced]
    execute(ledger, desk, priced, day, kind)


def close_session(ledger: Ledger, desk: Desk, day: date) -> None:
    """Value the book at the last known closes and write it down."""
    check_priced(ledger, desk, day)
    values = [units * desk.assets[name].known[day] for name, units in ledger.held.items()]
    ledger.nav[day] = ledger.money + sum(values)
    ledger.units[day] = dict(ledger.held)
    ledger.cash[day] = ledger.money


def check_priced(ledger: Ledger, desk: Desk, day: date) -> None:
    """A held asset without a price for more than 5 sessions, or whose series ends, is an error (4.15)."""
    ledger.gaps = {name: 0 if day in desk.assets[name].closes else ledger.gaps.get(name, 0) + 1 for name in ledger.held}
    for name, gap in ledger.gaps.items():
        if desk.ends[name] < day:
            raise OracleError(f"{name} is held on {day} but its series ends on {desk.ends[name]}")
        if gap > LONGEST_GAP:
            raise OracleError(f"{name} is held on {day} and has had no price for more than {LONGEST_GAP} sessions")


@dataclass(frozen=True)
class Tracks:
    """The two books side by side, and the returns of strategy, benchmark and cash, one per session."""

    desk: Desk
    ledger: Ledger
    reference: Ledger
    strategy: list[float]
    benchmark: list[float]
    cash: list[float]

    @property
    def years(self) -> float:
        """Actual days / 365.25 (section 6)."""
        return (self.desk.days[-1] - self.desk.days[0]).days / 365.25

    @property
    def per_year(self) -> float:
        """SESSIONS_PER_YEAR = (sessions - 1) / years over the window (section 6)."""
        return (len(self.desk.days) - 1) / self.years

    def nav_before(self, i: int) -> float:
        """The previous close's NAV; `capital` for the first session."""
        return self.ledger.nav[self.desk.days[i - 1]] if i > 0 else self.desk.capital


def make_tracks(desk: Desk, ledger: Ledger, reference: Ledger) -> Tracks:
    """The strategy's first return is its entry cost; those of benchmark and cash are 0."""
    first = ledger.nav[desk.days[0]] / desk.capital - 1
    strategy = [first, *later_returns(ledger.nav)]
    return Tracks(
        desk,
        ledger,
        reference,
        strategy,
        [0.0, *later_returns(reference.nav)],
        [0.0, *later_returns(desk.cash_index)],
    )


def later_returns(values: Series) -> list[float]:
    """Returns from the second session on."""
    levels = list(values.values())
    return [after / before - 1 for before, after in pairwise(levels)]


def mean(values: list[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def deviation(values: list[float]) -> float:
    """Sample deviation with n - 1; exactly 0 when only rounding moves the values."""
    centre = mean(values)
    found = math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))
    return found if found > NO_DEVIATION else 0.0


def ratio(values: list[float], spread: float, per_year: float) -> float | None:
    """Annualised mean over an annualised daily deviation; None when there is no deviation."""
    return mean(values) * per_year / (spread * math.sqrt(per_year)) if spread > NO_DEVIATION else None


def measure(tracks: Tracks, ledger: Ledger, returns: list[float]) -> Measures:
    """The table of section 6 for one book; what needs a span of time is None in a window of one session."""
    nav = list(ledger.nav.values())
    deepest = max_drawdown(nav, tracks.desk.capital)
    costs = math.fsum(fill["charges"] + fill["slippage"] for fill in ledger.fills)
    found: Measures = {"sessions": len(nav), "years": tracks.years, "max_drawdown": deepest}
    found |= {"costs": costs, "final_value": nav[-1]}
    found |= dict.fromkeys(["cagr", "volatility", "sharpe", "sortino", "calmar", "turnover"])
    if len(nav) < 2:
        return found
    per_year = tracks.per_year
    excess = [r - c for r, c in zip(returns, tracks.cash, strict=True)]
    downside = math.sqrt(mean([min(value, 0.0) ** 2 for value in excess]))
    cagr = (nav[-1] / tracks.desk.capital) ** (1 / tracks.years) - 1
    later = [half for (day, _), half in ledger.turnover.items() if day != tracks.desk.days[0]]
    return found | {
        "cagr": cagr,
        "volatility": deviation(returns) * math.sqrt(per_year),
        "sharpe": ratio(excess, deviation(excess), per_year),
        "sortino": ratio(excess, downside, per_year),
        "calmar": cagr / -deepest if deepest < 0 else None,
        "turnover": math.fsum(later) / tracks.years,
    }


def max_drawdown(nav: list[float], capital: float) -> float:
    """The deepest fall of daily NAV from its peak, which is at least `capital` (section 6); negative or 0."""
    peak, deepest = capital, 0.0
    for value in nav:
        peak = max(peak, value)
        deepest = min(deepest, value / peak - 1)
    return deepest


def measure_active(tracks: Tracks) -> Measures:
    """Against the benchmark: difference of CAGR, tracking error, regression of excess returns (section 6)."""
    if len(tracks.desk.days) < 2:
        return dict.fromkeys(["cagr", "tracking_error", "information_ratio", "beta", "alpha"])
    per_year = tracks.per_year
    active = [r - b for r, b in zip(tracks.strategy, tracks.benchmark, strict=True)]
    error = deviation(active)
    beta, intercept = regression(tracks)
    growth = [list(book.nav.values())[-1] / tracks.desk.capital for book in (tracks.ledger, tracks.reference)]
    return {
        "cagr": growth[0] ** (1 / tracks.years) - growth[1] ** (1 / tracks.years),
        "tracking_error": error * math.sqrt(per_year),
        "information_ratio": ratio(active, error, per_year),
        "beta": beta,
        "alpha": None if intercept is None else intercept * per_year,
    }


def regression(tracks: Tracks) -> tuple[float | None, float | None]:
    """Slope and intercept of (rp - rc) on (rb - rc); None when the benchmark's excess return never moves."""
    y = [r - c for r, c in zip(tracks.strategy, tracks.cash, strict=True)]
    x = [b - c for b, c in zip(tracks.benchmark, tracks.cash, strict=True)]
    if deviation(x) == 0:
        return None, None
    centre_x, centre_y = mean(x), mean(y)
    together = math.fsum((a - centre_x) * (b - centre_y) for a, b in zip(x, y, strict=True))
    beta = together / math.fsum((a - centre_x) ** 2 for a in x)
    return beta, centre_y - beta * centre_x


# The effects of one session, as shares of the previous close's NAV, by kind of effect and asset (or '').
Effects = dict[tuple[str, str], float]


def attribute(strategy: dict[str, Any], tracks: Tracks) -> dict[str, Any]:
    """Daily effects linked by Carino; all effects together, and all rules together, sum to `active`."""
    daily = daily_effects(tracks)
    factors = linking_factors(tracks)
    owners = owners_of(tracks)
    linked: Effects = {}
    by_rule: dict[str | None, float] = {rule["name"]: 0.0 for rule in strategy["rules"]}
    for effects, factor, owner in zip(daily, factors, owners, strict=True):
        by_rule[owner] = by_rule.get(owner, 0.0) + factor * sum(effects.values())
        for key, effect in effects.items():
            linked[key] = linked.get(key, 0.0) + factor * effect
    final, reference = (list(book.nav.values())[-1] for book in (tracks.ledger, tracks.reference))
    return {
        "static": {name: linked.get(("static", name), 0.0) for name in tracks.desk.universe},
        "timing": {name: linked.get(("timing", name), 0.0) for name in tracks.desk.universe},
        "cash": linked.get(("cash", ""), 0.0),
        "charges": linked["charges", ""],
        "slippage": linked["slippage", ""],
        "by_rule": by_rule,
        "active": (final - reference) / tracks.desk.capital,
    }


def daily_effects(tracks: Tracks) -> list[Effects]:
    """The effects of every session; each session's sum is r_p - r_b. The first has costs only."""
    daily = [cost_effects(tracks, 0)]
    daily += [cost_effects(tracks, i) | cash_effect(tracks, i) for i in range(1, len(tracks.desk.days))]
    for name in tracks.desk.universe:
        add_asset_effects(daily, name, tracks)
    for fill in tracks.ledger.opened:  # what units earned between the open they were traded at and the close
        i = tracks.desk.days.index(fill["date"])
        gain = fill["units"] * (tracks.desk.assets[fill["name"]].known[fill["date"]] - fill["price"])
        key = ("timing", fill["name"])
        daily[i][key] = daily[i].get(key, 0.0) + gain / tracks.nav_before(i)
    return daily


def cost_effects(tracks: Tracks, i: int) -> Effects:
    """Charges and slippage of session i over the previous close's NAV."""
    fills = [fill for fill in tracks.ledger.fills if fill["date"] == tracks.desk.days[i]]
    return {(kind, ""): -sum(fill[kind] for fill in fills) / tracks.nav_before(i) for kind in ("charges", "slippage")}


def cash_effect(tracks: Tracks, i: int) -> Effects:
    """The weight of CASH at the previous close times its return over the benchmark's."""
    weight = tracks.ledger.cash[tracks.desk.days[i - 1]] / tracks.nav_before(i)
    return {("cash", ""): weight * (tracks.cash[i] - tracks.benchmark[i])}


def add_asset_effects(daily: list[Effects], name: str, tracks: Tracks) -> None:
    """Static: the average weight times the asset's active return; timing: the rest of the weight times it."""
    days, known = tracks.desk.days, tracks.desk.assets[name].known
    priced = [i for i in range(1, len(days)) if days[i - 1] in known]
    values = {i: tracks.ledger.units[days[i - 1]].get(name, 0.0) * known[days[i - 1]] for i in priced}
    weights = {i: value / tracks.nav_before(i) for i, value in values.items()}
    average = mean(list(weights.values())) if weights else 0.0
    for i, weight in weights.items():
        ahead = known[days[i]] / known[days[i - 1]] - 1 - tracks.benchmark[i]
        daily[i]["static", name] = average * ahead
        daily[i]["timing", name] = (weight - average) * ahead


def linking_factors(tracks: Tracks) -> list[float]:
    """Carino: the factor of each session over the factor of the whole span."""
    growth = [list(book.nav.values())[-1] / tracks.desk.capital for book in (tracks.ledger, tracks.reference)]
    whole = carino(growth[0] - 1, growth[1] - 1)
    return [carino(rp, rb) / whole for rp, rb in zip(tracks.strategy, tracks.benchmark, strict=True)]


def carino(rp: float, rb: float) -> float:
    """(ln(1 + rp) - ln(1 + rb)) / (rp - rb), and its limit 1 / (1 + rb) (Carino 1999)."""
    active = rp - rb
    return 1 / (1 + rb) if active == 0 else math.log1p(active / (1 + rb)) / active


def owners_of(tracks: Tracks) -> list[str | None]:
    """The winner of the latest fill at or before the previous close; a decision fills one session later."""
    placed = tracks.ledger.placed
    owners = [placed[0].winner]
    for yesterday in tracks.desk.days[:-1]:
        owners.append([decision.winner for decision in placed if decision.day < yesterday][-1])
    return owners
