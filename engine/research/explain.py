"""A strategy said back in plain sentences."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from engine.blocks import Signal, in_words
from engine.config.expressions import Comparison, Every, Name, Node, Not, Some
from engine.config.models import Config
from engine.config.settings import Execution, Rule

LONGEST = 2_000  # characters of one condition; beyond them its name says more
_COMPARED = {
    ast.Lt: "below",
    ast.LtE: "at most",
    ast.Gt: "above",
    ast.GtE: "at least",
    ast.Eq: "exactly",
    ast.NotEq: "not",
}
_DECIDES = {
    "daily": "at the close of every session",
    "weekly": "at the close of each week's last session",
    "monthly": "at the close of each month's last session",
    "quarterly": "at the close of each quarter's last session",
    "on_change": "at the close of every session, with orders only when the rule or the names held change",
}
_HORIZONS = {
    "since_launch": "an index only from the day of its launch on, whatever signals read of the time before",
    "since_proxy": "an index only from the day on which a fund that holds it could be bought",
}
_FILLS = {"next_close": "at the next session's close", "next_open": "at the next session's open"}


def explain(config: Config) -> list[str]:
    """What the strategy does, one sentence or two a line: what it may hold, when it decides, its rules, its costs."""
    return [
        *_about(config),
        *rules_in_words(config),
        _costs(config),
        *(f"Claim to check: {claim.says}" for claim in config.claims),
    ]


def rules_in_words(config: Config) -> list[str]:
    """What is held when, one sentence or two a line."""
    return [
        *(line for place, rule in enumerate(config.rules) for line in _rule(config, rule, place)),
        *(f"Then: {overlay.sentence()}." for overlay in config.overlays),
    ]


def _about(config: Config) -> Iterator[str]:
    settings, schedule = config.market, config.schedule
    yield f"{config.name}: {config.title}" if config.title else config.name
    since = "from the first session on" if settings.start is None else f"from {settings.start} on"
    until = "" if settings.end == "latest" else f", to {settings.end}"
    returns = "with dividends" if settings.returns == "total" else "without dividends"
    yield (
        f"It may hold {in_words(config.tradable)}, or CASH, {since}{until}, and is measured against "
        f"{settings.benchmark} {returns}."
    )
    if settings.horizon != "all":
        yield f"It holds {_HORIZONS[settings.horizon]}."
    for name, basket in config.baskets.items():
        turns = "never rebalanced" if basket.rebalance == "never" else f"made equal again {basket.rebalance}"
        yield f"{name} is a basket of {len(basket.members)} stocks in equal parts, {turns}, chosen with hindsight."
    yield f"It decides {_DECIDES[schedule.decide]}; orders are filled {_FILLS[schedule.fill]}."
    if len(config.rules) > 1:
        yield "The first of these rules that is on decides what is held:"


def _rule(config: Config, rule: Rule, place: int) -> Iterator[str]:
    number = f"{place + 1}. {rule.name}: " if len(config.rules) > 1 else "It "
    held = _held(config, rule)
    if rule.when_tree is None:
        always = "always" if not place else "" if rule.name == "otherwise" else "otherwise"
        yield f"{number}{always} holds {held}.".replace(":  ", ": ")
        return
    if rule.exit_tree is None:
        yield f"{number}while {words(rule.when_tree, config)}, holds {held}."
    else:
        yield (
            f"{number}once {words(rule.when_tree, config)}, and until {words(rule.exit_tree, config)}, holds {held}."
        )
    limits = [
        f"turns on when that was true at {rule.confirm} decisions in a row" if rule.confirm > 1 else "",
        f"stays on for at least {rule.min_hold} decisions" if rule.min_hold else "",
        f"stays off for at least {rule.cool_down} decisions" if rule.cool_down else "",
    ]
    if any(limits):
        yield f"   It {in_words(tuple(limit for limit in limits if limit))}."


def _held(config: Config, rule: Rule) -> str:
    ranked = [f"{name} being {told(config.signals[name])}" for name in rule.hold.scores if name in config.signals]
    return rule.hold.sentence() + (f" ({'; '.join(ranked)})" if ranked else "")


def words(node: Node, config: Config, inner: bool = False) -> str:
    """A condition in words; parts that mix `and` with `or` stand in parentheses."""
    match node:
        case Name(name):
            return _named(name, config)
        case Comparison(name, kind, number, _, per_cent):
            shown = f"{number * 100:g}%" if per_cent else f"{number:g}"
            return f"{told(config.signals[name])} is {_COMPARED[kind]} {shown}"
        case Not(operand):
            return f"it is not so that {words(operand, config, inner=True)}"
        case Every(operands):
            text = " and ".join(words(operand, config, inner=True) for operand in operands)
        case Some(operands):
            text = " or ".join(words(operand, config, inner=True) for operand in operands)
    return f"({text})" if inner else text


def told(signal: Signal) -> str:
    """A signal in words, with the variant and the lag where they are not the usual ones."""
    variant = " (with dividends)" if getattr(signal, "variant", "price") == "total" else ""
    lag = f" ({signal.lag} sessions before)" if signal.lag else ""
    return signal.sentence() + variant + lag


def _named(name: str, config: Config) -> str:
    if name in config.signals:
        return told(config.signals[name])
    condition = config.conditions[name]
    inner = [config.conditions[other] for other in condition.mentions if other in config.conditions]
    if any(other in config.conditions for one in inner for other in one.mentions):
        return f"the condition {name!r} holds"  # said in full, nested conditions double at every level
    said = words(condition.tree, config, inner=True)
    if len(said) > LONGEST:
        return f"the condition {name!r} holds"
    return said if condition.within == 1 else f"at some time in the last {condition.within} sessions {said}"


def _costs(config: Config) -> str:
    execution = config.execution
    told = (
        f"Trading: {'; '.join(costs_in_words(execution))}. Idle money earns the policy rate less "
        f"{execution.cash_spread * 100:g}% a year."
    )
    if execution.band:
        told += f" A decision whose weights are all within {execution.band * 100:g} points of target trades nothing."
    if config.tax is not None:
        told += " Taxes of a resident are worked out beside it."
    return told


_VEHICLES = {
    "auto": "units of a fund where there is one and as shares elsewhere",
    "share": "shares",
    "etf": "units of a fund",
    "future": "index futures",
}


def costs_in_words(execution: Execution) -> Iterator[str]:
    """What trading costs and how orders are carried out, clause by clause."""
    slippage = execution.slippage_bps
    if execution.vehicle is None:
        buy, sell = execution.buy_bps or 0.0, execution.sell_bps or 0.0
        free = not (buy or sell or slippage)
        yield "trades are free" if free else f"purchases cost {buy:g} basis points of their value and sales {sell:g}"
    else:
        yield f"the charges of the day are paid, as for {_VEHICLES[execution.vehicle]}"
        if execution.brokerage is not None:
            yield f"the broker takes {execution.brokerage.in_words()}"
        if execution.dp:
            yield "each scrip sold on a day costs the depository's charge"
    if isinstance(slippage, dict):
        named = ", ".join(f"{bps:g} for {name}" for name, bps in slippage.items() if name != "default")
        yield f"slippage adds {slippage.get('default', 0.0):g} basis points to either" + (
            f" ({named})" if named else ""
        )
    elif slippage:
        yield f"slippage adds {slippage:g} basis points to either"
    if execution.impact is not None:
        yield f"large orders move prices by {execution.impact.coefficient:g} times the square-root law"
    if execution.lots:
        yield "only whole units of funds are traded"
    if execution.investable:
        yield "what the funds cost is taken daily"
    if execution.slices > 1:
        yield f"every order but the first is spread over {execution.slices} sessions"
