"""The plan of the reference simulator: conditions, rules, decisions; it never looks at the ledger."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle_allocators import View, allocate, fixed_names, is_ready
from tests.oracle_baskets import members
from tests.oracle_market import CASH, ROUNDING, OracleError, OracleMarket, Weights, period_ends
from tests.oracle_overlays import Paper, history_of, overlaid
from tests.oracle_signals import Scope, Signal, make_signal


@dataclass(frozen=True)
class Decision:
    """The plan of one decision session: what the rules say, and what to hold once the overlays have spoken."""

    day: date
    states: dict[str, bool]
    winner: str | None
    target: Weights

    @property
    def names(self) -> set[str]:
        """The names with a positive target, CASH left out."""
        return {name for name, weight in self.target.items() if name != CASH and weight > 0}


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


def decision_days(decide: str, market: OracleMarket, days: list[date]) -> list[date]:
    """Sessions with no later one of their period in the whole calendar, beyond `end` included (rule 4.6)."""
    if decide not in {"daily", "weekly", "monthly", "quarterly", "on_change"}:
        raise OracleError(f"unknown decide: {decide}")
    ends = set(period_ends(decide, market))
    return [day for day in days if day in ends]


def parse(text: str) -> ast.expr:
    """A `when` or `exit` expression; a number followed by % is that number / 100 (rule 4.1)."""
    try:
        return ast.parse("(" + text.replace("%", "/100") + ")", mode="eval").body
    except SyntaxError as error:
        raise OracleError(f"cannot read: {text}") from error


def names_in(tree: ast.expr | None) -> list[str]:
    """The signals and conditions an expression uses."""
    return [] if tree is None else [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


@dataclass(frozen=True)
class Named:
    """A condition with a name: true if it was true at one of the last `within` sessions."""

    tree: ast.expr
    within: int
    known: dict[date, bool | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """What the names in a condition mean."""

    signals: dict[str, Signal]
    conditions: dict[str, Named]
    sessions: list[date]
    place: dict[date, int]

    def single(self, name: str) -> Signal:
        """A signal usable in `when`."""
        if name not in self.signals or not self.signals[name].single:
            raise OracleError(f"{name} is no signal of a single series")
        return self.signals[name]

    def named(self, name: str, day: date) -> bool | None:
        """True if true at one of the last `within` sessions, unknown if it may have been (rule 4.3)."""
        condition = self.conditions[name]
        if day not in condition.known:
            condition.known[day] = None  # a condition made of itself is never known
            last = self.place[day]
            days = self.sessions[max(0, last + 1 - condition.within) : last + 1]
            answers = [truth(condition.tree, self, one) for one in days]
            unknown = None in answers or len(days) < condition.within
            condition.known[day] = True if True in answers else None if unknown else False
        return condition.known[day]


def truth(node: ast.expr, look: Look, day: date) -> bool | None:
    """Three-valued and/or/not (Kleene, rule 4.3); a comparison with an unknown value is unknown."""
    if isinstance(node, ast.BoolOp):
        parts = [truth(part, look, day) for part in node.values]
        decisive = isinstance(node.op, ast.Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = truth(node.operand, look, day)
        return None if inner is None else not inner
    if isinstance(node, ast.Compare):
        return compare(node, look, day)
    if isinstance(node, ast.Name):
        value = look.named(node.id, day) if node.id in look.conditions else look.single(node.id).at(day)
        if isinstance(value, bool) or value is None:
            return value
    raise OracleError(f"not a condition: {ast.unparse(node)}")


def compare(node: ast.Compare, look: Look, day: date) -> bool | None:
    """Comparisons, chained ones included."""
    terms = [number(term, look, day) for term in [node.left, *node.comparators]]
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


def number(node: ast.expr, look: Look, day: date) -> float | None:
    """A signal's number, or a literal with its sign and per cent sign."""
    if isinstance(node, ast.Name):
        value = look.single(node.id).at(day)
        if isinstance(value, bool):
            raise OracleError(f"{node.id} is a condition, not a number")
        return value
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = number(node.operand, look, day)
        return None if inner is None else -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        top, bottom = number(node.left, look, day), number(node.right, look, day)
        return None if top is None or bottom is None else top / bottom
    raise OracleError(f"not a number: {ast.unparse(node)}")


@dataclass
class Rule:
    """One rule, its parsed conditions, and its memory; `now` is the running number of a decision session."""

    name: str
    spec: dict[str, Any]
    when: ast.expr | None
    exit: ast.expr | None
    hold: dict[str, Any]
    on: bool = False
    turned_on: int | None = None
    turned_off: int | None = None
    fired: tuple[bool, ...] = ()
    chosen: tuple[str, ...] = ()

    def update(self, look: Look, day: date, now: int) -> None:
        """Turn on or off, at most once a session (rule 4.10)."""
        if self.when is None:
            self.on = True
            return
        self.fired += (truth(self.when, look, day) is True,)
        leaving = self.exit is not None and truth(self.exit, look, day) is True
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
    def names(self) -> list[str]:
        """What `when` and `exit` speak of."""
        return [*names_in(self.when), *names_in(self.exit)]

    @property
    def scores(self) -> list[str]:
        """The signals that `hold` ranks or weighs by."""
        return [part["by"] for part in (self.hold, self.hold.get("weigh") or {}) if "by" in part]


@dataclass(frozen=True)
class Planner:
    """What planning needs at every decision."""

    rules: list[Rule]
    look: Look
    view: View
    benchmark: str
    overlays: list[dict[str, Any]]
    conditions: list[str]  # reached from a rule
    signals: list[str]  # reached from a rule's condition


def make_plan(strategy: dict[str, Any], market: OracleMarket, days: list[date]) -> list[Decision]:
    """Decisions from the first one with history (rule 4.8) to the last of the window."""
    planner = open_planner(strategy, market)
    start = strategy["market"].get("start")
    candidates = [
        day for day in decision_days(strategy["schedule"]["decide"], market, days) if start is None or day >= start
    ]
    ready = [day for day in candidates if has_history(planner, day)]
    if not ready:
        raise OracleError("no decision session has everything the rules need")
    if ready[0] == days[-1]:
        raise OracleError(f"no fill session after the first decision {ready[0]}")
    plan = [decide(planner, day, now) for now, day in enumerate(candidates[candidates.index(ready[0]) :])]
    targets = [decision.target for decision in plan]
    paper = Paper(market, planner.view.closes, [one.day for one in plan], targets, days, strategy["execution"])
    for overlay in planner.overlays:
        targets = overlaid(overlay, paper, targets)
    return [replace(decision, target=with_cash(target)) for decision, target in zip(plan, targets, strict=True)]


def open_planner(strategy: dict[str, Any], market: OracleMarket) -> Planner:
    """Parse the rules and evaluate the signals they reach."""
    settings = strategy["market"]
    universe = [name for name in settings["universe"] if name != CASH]
    rules = [make_rule(spec, universe) for spec in strategy["rules"]]
    conditions = {
        name: Named(parse(spec if isinstance(spec, str) else spec["when"]), within_of(spec))
        for name, spec in (strategy.get("conditions") or {}).items()
    }
    specs = strategy.get("signals") or {}
    reached = list(dict.fromkeys(deep(conditions, [name for rule in rules for name in rule.names])))
    in_conditions = [name for name in reached if name not in conditions]
    wanted = sorted({*in_conditions, *(name for rule in rules for name in rule.scores)})
    if missing := set(wanted) - set(specs):
        raise OracleError(f"no signal {sorted(missing)}; there are {sorted(specs)}")
    baskets = {name: members(spec, market) for name, spec in (strategy.get("baskets") or {}).items()}
    signals = {name: make_signal(specs[name], Scope(universe, baskets), market) for name in wanted}
    closes = {name: series for (name, variant), series in market.closes.items() if variant == returns_of(settings)}
    place = {day: i for i, day in enumerate(market.sessions)}
    return Planner(
        rules,
        Look(signals, conditions, market.sessions, place),
        View(universe, signals, closes, market, place, held_from(strategy, market)),
        settings["benchmark"],
        strategy.get("overlays") or [],
        [name for name in reached if name in conditions],
        in_conditions,
    )


def held_from(strategy: dict[str, Any], market: OracleMarket) -> dict[str, date | None]:
    """The day from which `market.horizon` lets each name be held; nobody launched a basket."""
    days = {"since_launch": market.launches, "since_proxy": market.funds}.get(strategy["market"].get("horizon", "all"))
    if days is None:
        return {}
    baskets = strategy.get("baskets") or {}
    return {name: None if name in baskets else days.get(name) for name in tradable(strategy, market)}


def within_of(spec: str | dict[str, Any]) -> int:
    """Sessions a named condition looks back; bare text has to hold today."""
    return 1 if isinstance(spec, str) else int(spec.get("within") or 1)


def deep(conditions: dict[str, Named], names: list[str]) -> Iterator[str]:
    """Names, and what the conditions among them speak of."""
    for name in names:
        yield name
        if name in conditions:
            yield from deep(conditions, names_in(conditions[name].tree))


def make_rule(spec: dict[str, Any], universe: list[str]) -> Rule:
    """Parse one rule; what it may hold must be in the universe (rule 4.2)."""
    hold = spec["hold"] if "use" in spec["hold"] else {"use": "fixed", "weights": spec["hold"]}
    named = [*(hold.get("of") or []), *(hold.get("weights") or {}), *fixed_names(hold)]
    if foreign := set(named) - {CASH, *universe}:
        raise OracleError(f"rule {spec['name']}: {sorted(foreign)} not in the universe {universe}")
    when, leave = (parse(spec[key]) if spec.get(key) else None for key in ("when", "exit"))
    return Rule(spec["name"], spec, when, leave, hold)


def tradable(strategy: dict[str, Any], market: OracleMarket) -> list[str]:
    """The universe, and after it what a tilt of the benchmark's sectors holds beyond it."""
    names = [name for name in strategy["market"]["universe"] if name != CASH]
    if any(rule["hold"].get("base") == "benchmark_sectors" for rule in strategy["rules"]):
        names += ["NIFTY 50", *(index for index in market.sector_index.values() if index)]
    return list(dict.fromkeys(names))


def returns_of(settings: dict[str, Any]) -> str:
    """The variant that the portfolio and the benchmark earn."""
    return str(settings.get("returns", "total"))


def has_history(planner: Planner, day: date) -> bool:
    """Everything reached from a rule has history, the benchmark and all held series a price (rule 4.8)."""
    if any(planner.look.single(name).at(day) is None for name in planner.signals):
        return False
    if any(planner.look.named(name, day) is None for name in planner.conditions):
        return False
    if not planner.view.has_close(planner.benchmark, day):
        return False
    if not all(is_ready(rule.hold, planner.view, day) for rule in planner.rules):
        return False
    history = max((history_of(overlay) for overlay in planner.overlays), default=0)
    return history == 0 or opens_known(planner, day, history)


def opens_known(planner: Planner, day: date, history: int) -> bool:
    """Whether all that a first decision on this day would hold has the returns that overlays look back on."""
    if planner.look.place[day] < history:
        return False
    opening = decide(replace(planner, rules=[replace(rule) for rule in planner.rules]), day, 0)
    return all(planner.view.returns(name, history, day) is not None for name in opening.names)


def decide(planner: Planner, day: date, now: int) -> Decision:
    """Update every rule; the first that is on wins (rule 4.10); without one the target is CASH."""
    for rule in planner.rules:
        rule.update(planner.look, day, now)
    winner = next((rule for rule in planner.rules if rule.on), None)
    for rule in planner.rules:
        if rule is not winner:
            rule.chosen = ()  # the buffer's memory is lost when another rule wins (rule 4.11)
    target = with_cash({} if winner is None else target_of(planner, winner, day))
    return Decision(day, {rule.name: rule.on for rule in planner.rules}, winner.name if winner else None, target)


def target_of(planner: Planner, rule: Rule, day: date) -> Weights:
    """Weights of the winning rule, CASH possibly missing (rule 4.11)."""
    weights, rule.chosen = allocate(rule.hold, planner.view, day, rule.chosen)
    for name, weight in weights.items():
        if name != CASH and weight > 0 and not planner.view.has_price(name, day):
            raise OracleError(f"rule {rule.name}: {name} has no price at the decision close {day}")
    return weights


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
