"""What a well-formed strategy file still cannot mean, found before any data are read."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from engine.blocks import Mistake
from engine.config.expressions import Comparison, leaves, parse_condition
from engine.config.models import Config
from engine.config.settings import Rule
from engine.errors import unknown
from engine.market.horizon import Horizon, since
from engine.market.keys import CASH
from engine.market.registry import index_facts


def mistakes_of(config: Config) -> Iterator[Mistake]:
    """Every mistake, with its path in the file."""
    yield from _market_mistakes(config)
    yield from _naming_mistakes(config)
    yield from _execution_mistakes(config)
    for name, signal in config.signals.items():
        for mistake in signal.mistakes(config.scope):
            yield mistake._replace(path=("signals", name, *mistake.path))
    for name, condition in config.conditions.items():
        yield from _condition_mistakes(config, condition.when, ("conditions", name, "when"))
    yield from _cycles(config)
    for place, rule in enumerate(config.rules):
        if rule.name in [earlier.name for earlier in config.rules[:place]]:
            yield Mistake(("rules", place, "name"), f"two rules are called {rule.name!r}")
        yield from _rule_mistakes(config, rule, ("rules", place))
    for place, overlay in enumerate(config.overlays):
        if overlay.gradual and config.schedule.decide == "on_change":
            yield Mistake(("overlays", place), f"{overlay.use} moves over several decisions, and `decide: on_change` "
                          "places no orders between changes; decide daily, weekly, monthly or quarterly")  # fmt: skip


def _naming_mistakes(config: Config) -> Iterator[Mistake]:
    """Names of signals and conditions stand in conditions; names of baskets stand beside those of series."""
    for part, what, names in (("signals", "signal", config.signals), ("conditions", "condition", config.conditions)):
        for name in names:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
                said = f"a {what}'s name is letters, digits and _, and no word of Python: not {name!r}"
                yield Mistake((part, name), said, key=True)
    for name in config.conditions:
        if name in config.signals:
            yield Mistake(("conditions", name), f"a signal is called {name!r} too", key=True)
    for name, basket in config.baskets.items():
        for symbol in basket.moves:
            if symbol not in basket.members:
                yield Mistake(("baskets", name, "moves", symbol), unknown("stock", symbol, basket.members), key=True)
        if name in (CASH, config.market.benchmark):
            yield Mistake(("baskets", name), f"a basket cannot be called {name!r}", key=True)


def _execution_mistakes(config: Config) -> Iterator[Mistake]:
    """Slippage of names that are never held."""
    slippage = config.execution.slippage_bps
    if isinstance(slippage, dict):
        allowed = (*config.tradable, "default")
        for name in slippage:
            if name not in allowed:
                said = unknown("name to hold, or `default`,", name, allowed)
                yield Mistake(("execution", "slippage_bps", name), said, key=True)


def _cycles(config: Config) -> Iterator[Mistake]:
    """Conditions that are made of themselves."""
    done: set[str] = set()

    def walk(name: str, chain: tuple[str, ...]) -> tuple[str, ...] | None:
        if name in chain:
            return (*chain[chain.index(name) :], name)
        if name not in config.conditions or name in done:
            return None
        for other in config.conditions[name].mentions:
            if found := walk(other, (*chain, name)):
                return found
        done.add(name)
        return None

    for name in config.conditions:
        if cycle := walk(name, ()):
            yield Mistake(("conditions", name), f"the condition is made of itself: {' -> '.join(cycle)}", key=True)
            return


def _market_mistakes(config: Config) -> Iterator[Mistake]:
    settings = config.market
    for place, name in enumerate(settings.universe):
        if name == CASH:
            yield Mistake(("market", "universe", place), "CASH is always there and is not listed in the universe")
        elif name in index_facts() and not index_facts()[name].tradable:
            yield Mistake(("market", "universe", place), f"{name!r} can be looked at by signals but cannot be held")
        elif name in settings.universe[:place]:
            yield Mistake(("market", "universe", place), f"{name!r} is listed twice")
    if settings.benchmark == CASH:
        yield Mistake(("market", "benchmark"), "the benchmark is a series of the market, not CASH")
    if settings.start is not None and settings.end != "latest" and settings.start >= settings.end:
        yield Mistake(("market", "start"), f"start {settings.start} is not before end {settings.end}")
    if settings.horizon != "all":
        yield from _horizon_mistakes(config, settings.horizon)


def _horizon_mistakes(config: Config, horizon: Horizon) -> Iterator[Mistake]:
    """Names to hold of which the shipped facts do not say since when they could be held."""
    lacking = [fact.why for name in config.assets if not (fact := since(name, horizon, config.baskets)).known]
    if lacking:
        said = f"horizon: {horizon} needs a date that the shipped facts lack: {'; '.join(lacking)}"
        yield Mistake(("market", "horizon"), said)


def _rule_mistakes(config: Config, rule: Rule, path: tuple[str | int, ...]) -> Iterator[Mistake]:
    if rule.exit is not None and rule.when is None:
        yield Mistake((*path, "exit"), f"the rule {rule.name!r} has an `exit` but no `when`: it would always be on")
    for key, text in (("when", rule.when), ("exit", rule.exit)):
        if text is not None:
            yield from _condition_mistakes(config, text, (*path, key))
    for mistake in rule.hold.mistakes(config.scope):
        yield mistake._replace(path=(*path, "hold", *mistake.path))


def _condition_mistakes(config: Config, text: str, path: tuple[str | int, ...]) -> Iterator[Mistake]:
    for leaf in leaves(parse_condition(text)):
        at = f" (at character {leaf.offset + 1} of {text!r})"
        signal = config.signals.get(leaf.name)
        if leaf.name in config.conditions:
            if isinstance(leaf, Comparison):
                yield Mistake(path, f"{leaf.name!r} is true or false: use it as it is, without a comparison{at}")
        elif signal is None:
            known = (*config.signals, *config.conditions)
            yield Mistake(path, unknown("signal", leaf.name, known) + at)
        elif not signal.single:
            yield Mistake(path, f"{leaf.name!r} has no single `of`: it is a score for `by`, not a condition{at}")
        elif isinstance(leaf, Comparison) and signal.kind == "condition":
            yield Mistake(path, f"{leaf.name!r} is true or false: use it as it is, without a comparison{at}")
        elif not isinstance(leaf, Comparison) and signal.kind == "number":
            yield Mistake(path, f"{leaf.name!r} is a number: compare it with one, such as {leaf.name} > 0{at}")


def _unit_warnings(config: Config) -> Iterator[Mistake]:
    """Per cents without their sign, and numbers of another scale with it."""
    places: list[tuple[tuple[str | int, ...], str]] = [
        (("conditions", name, "when"), one.when) for name, one in config.conditions.items()
    ]
    places += [
        (("rules", place, key), text)
        for place, rule in enumerate(config.rules)
        for key, text in (("when", rule.when), ("exit", rule.exit))
        if text is not None
    ]
    for path, text in places:
        for leaf in leaves(parse_condition(text)):
            if not isinstance(leaf, Comparison) or leaf.name not in config.signals:
                continue
            fraction, number = config.signals[leaf.name].fraction, leaf.number
            if fraction and not leaf.per_cent and abs(number) > 1.0:
                yield Mistake(path, f"{leaf.name!r} is a fraction: {number:g} means {number * 100:g}%; "
                              f"if {number:g}% is meant, write {number:g}% or {number / 100:g}")  # fmt: skip
            elif leaf.per_cent and not fraction:
                yield Mistake(path, f"{leaf.name!r} has a scale of its own: {number * 100:g}% means {number:g}; "
                              f"if {number * 100:g} is meant, write it without the sign")  # fmt: skip


def warnings_of(config: Config) -> Iterator[Mistake]:
    """What can be meant, but probably is not."""
    yield from _unit_warnings(config)
    always = next((place for place, rule in enumerate(config.rules) if rule.when is None), None)
    if always is None:
        yield Mistake(("rules",), "no rule without `when`: when none is on, everything is held in CASH")
    else:
        for place in range(always + 1, len(config.rules)):
            yield Mistake(("rules", place), f"the rule {config.rules[place].name!r} can never win: "
                          f"{config.rules[always].name!r} before it is always on")  # fmt: skip
    for name in config.signals:
        if name not in config.reached:
            yield Mistake(("signals", name), f"no rule uses the signal {name!r}")
    for name in config.conditions:
        if name not in config.reached_conditions:
            yield Mistake(("conditions", name), f"no rule uses the condition {name!r}")
