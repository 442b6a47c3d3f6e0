"""What a well-formed strategy file still cannot mean, found before any data are read."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from engine.blocks import Mistake
from engine.config.expressions import Comparison, leaves, parse_condition
from engine.config.models import Config, Rule
from engine.errors import unknown
from engine.market.keys import CASH


def mistakes_of(config: Config) -> Iterator[Mistake]:
    """Every mistake, with its path in the file."""
    yield from _market_mistakes(config)
    for name in config.signals:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
            said = f"a signal's name is letters, digits and _, and no word of Python: not {name!r}"
            yield Mistake(("signals", name), said, key=True)
    for place, rule in enumerate(config.rules):
        if rule.name in [earlier.name for earlier in config.rules[:place]]:
            yield Mistake(("rules", place, "name"), f"two rules are called {rule.name!r}")
        yield from _rule_mistakes(config, rule, ("rules", place))


def _market_mistakes(config: Config) -> Iterator[Mistake]:
    settings = config.market
    for place, name in enumerate(settings.universe):
        if name == CASH:
            yield Mistake(("market", "universe", place), "CASH is always there and is not listed in the universe")
        elif name in settings.universe[:place]:
            yield Mistake(("market", "universe", place), f"{name!r} is listed twice")
    if settings.benchmark == CASH:
        yield Mistake(("market", "benchmark"), "the benchmark is a series of the market, not CASH")
    if settings.start is not None and settings.end != "latest" and settings.start >= settings.end:
        yield Mistake(("market", "start"), f"start {settings.start} is not before end {settings.end}")


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
        if signal is None:
            yield Mistake(path, unknown("signal", leaf.name, config.signals) + at)
        elif not signal.single:
            yield Mistake(path, f"{leaf.name!r} has no single `of`: it is a score for `by`, not a condition{at}")
        elif isinstance(leaf, Comparison) and signal.kind == "condition":
            yield Mistake(path, f"{leaf.name!r} is true or false: use it as it is, without a comparison{at}")
        elif not isinstance(leaf, Comparison) and signal.kind == "number":
            yield Mistake(path, f"{leaf.name!r} is a number: compare it with one, such as {leaf.name} > 0{at}")


def warnings_of(config: Config) -> Iterator[Mistake]:
    """What can be meant, but probably is not."""
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
