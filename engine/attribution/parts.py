"""The parts of a strategy file that can be left out, one by one, and what then stands in their place.

| part | its name | left out |
|---|---|---|
| a rule | `rules.breakout` | absent |
| a condition in its `when` | `rules.breakout.when.nifty_breakout` | the identity of its operator |
| a condition in its `exit` | `rules.breakout.exit.rsi > 60` | the same; an `exit` with none left is absent |
| the weighting of what it holds | `rules.leaders.hold.weigh` | equal parts |
| an overlay, counted from 1 | `overlays.2.max_weight` | absent |

A condition is what stands between the operators of a rule: a name, or a comparison (`30 < rsi < 70` is one). Its
operator is the `and` or `or` directly around it: it is true under `and`, false under `or`, and true where it stands
alone. A `not` before a condition belongs to it, so that `not calm` under `and` is true as a whole; a `not` before
parentheses leaves every condition inside to its own operator. An `or` of which nothing is left is therefore false, as
one without operands is, and its rule never turns on by it. `confirm`, `min_hold`, `cool_down` and `buffer` belong to
the rule, and count in every coalition what happens there.

Every mention is a part of its own: `fear` in a `when` and in an `exit` are two sentences. A condition with a name (the
file's `conditions`) is one part wherever a rule mentions it, and what it is made of is not taken apart. `fixed` weights
and a tilt say what is held, not how it is weighed. Adjacent rules that differ only in their names are one rule said
twice: they share one weighting. The schedule, the execution and the universe are no parts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.blocks import ALLOCATORS, Allocator, Weighing
from engine.config.expressions import Comparison, Every, Name, Node, Not, Some, leaves
from engine.config.models import Config
from engine.config.source import dotted
from engine.config.yaml12 import Path

Kind = Literal["rule", "when", "exit", "weighting", "overlay"]

_SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


@dataclass(frozen=True)
class Part:
    """One part of a strategy file: its name, the same in words, and where it stands.

    `owner` counts the rule it belongs to, or the overlays, from 0; `offset` is a condition's character in its text.
    """

    name: str
    says: str
    kind: Kind
    path: Path
    owner: int
    offset: int = -1

    @property
    def place(self) -> str:
        """Its place in the file, such as `rules[0].when`."""
        return dotted(self.path)


def parts_of(config: Config) -> tuple[Part, ...]:
    """Every part, in the order of the file; a condition that is said twice in a rule has its count in its name."""
    found: list[Part] = []
    first = alike(config)
    for place, rule in enumerate(config.rules):
        path, of = ("rules", place), f"of the rule {rule.name!r}"
        found.append(Part(f"rules.{rule.name}", f"the rule {rule.name!r}", "rule", path, place))
        found += [*_conditions(config, place, "when"), *_conditions(config, place, "exit")]
        if first[place] == place and even(rule.hold) is not None:
            held = (*path, "hold", "weigh") if getattr(rule.hold, "weigh", None) is not None else (*path, "hold")
            name = f"rules.{rule.name}.hold.weigh"
            found.append(Part(name, f"the weighting {of}", "weighting", held, place))
    for place, overlay in enumerate(config.overlays):
        said = f"the overlay {place + 1}, {overlay.use}"
        found.append(Part(f"overlays.{place + 1}.{overlay.use}", said, "overlay", ("overlays", place), place))
    return tuple(found)


def _conditions(config: Config, place: int, key: Literal["when", "exit"]) -> Iterator[Part]:
    rule = config.rules[place]
    tree = rule.when_tree if key == "when" else rule.exit_tree
    seen: dict[str, int] = {}
    for offset, text in conditions(tree) if tree is not None else ():
        seen[text] = seen.get(text, 0) + 1
        told = text if seen[text] == 1 else f"{text} ({seen[text]})"
        says = f"the condition {told!r} of {'the exit of ' if key == 'exit' else ''}the rule {rule.name!r}"
        yield Part(f"rules.{rule.name}.{key}.{told}", says, key, ("rules", place, key), place, offset)


def alike(config: Config) -> tuple[int, ...]:
    """For each rule the first of the adjacent ones that say the same as it does, their names apart."""
    first: list[int] = []
    for place, rule in enumerate(config.rules):
        same = place > 0 and rule.model_copy(update={"name": config.rules[place - 1].name}) == config.rules[place - 1]
        first.append(first[-1] if same else place)
    return tuple(first)


def even(hold: Allocator) -> Allocator | None:
    """The same names in equal parts; None where nothing is weighed, or equally as it is."""
    if isinstance(hold, Weighing):
        return None if hold.use == "equal" else ALLOCATORS["equal"].model_validate({"use": "equal", "of": hold.of})
    weigh = getattr(hold, "weigh", None)
    if not isinstance(weigh, Weighing) or weigh.use == "equal":
        return None
    return hold.model_copy(update={"weigh": None})


def conditions(node: Node) -> Iterator[tuple[int, str]]:
    """Every condition of a tree: the character it starts at in the text, and itself, with a `not` before it."""
    offset = _single(node)
    if offset is not None:
        yield offset, _said(node)
        return
    match node:
        case Not(operand):
            before = "not " if _bare(operand) else ""
            yield from ((offset, before + text) for offset, text in conditions(operand))
        case Every(operands) | Some(operands):
            for operand in operands:
                yield from conditions(operand)


def left_of(node: Node, out: frozenset[int], identity: bool = True) -> Node | bool:
    """What is left of a tree without the conditions at some offsets: a smaller tree, or what it always is."""
    if (offset := _single(node)) is not None:
        return identity if offset in out else node
    match node:
        case Not(operand):
            left = left_of(operand, out, not identity)
            return not left if isinstance(left, bool) else Not(left)
        case Every(operands) | Some(operands):
            neutral = isinstance(node, Every)
            parts = [left_of(operand, out, neutral) for operand in operands]
            rest = tuple(part for part in parts if not isinstance(part, bool))
            if (not neutral) in [part for part in parts if isinstance(part, bool)]:
                return not neutral
            return neutral if not rest else rest[0] if len(rest) == 1 else type(node)(rest)
    raise AssertionError(f"a tree has no {type(node).__name__}")


def _single(node: Node) -> int | None:
    """The offset of a node that is one condition: a name, a comparison, or a chain of comparisons of one mention."""
    if isinstance(node, Name | Comparison):
        return node.offset
    if not isinstance(node, Every) or not all(isinstance(one, Comparison) for one in node.operands):
        return None
    offsets = {leaf.offset for leaf in leaves(node)}
    return offsets.pop() if len(offsets) == 1 else None


def _bare(node: Node) -> bool:
    """Whether a `not` before a node belongs to its condition."""
    return _single(node) is not None or (isinstance(node, Not) and _bare(node.operand))


def _said(node: Node) -> str:
    match node:
        case Name(name):
            return name
        case Comparison(name, kind, number, _, per_cent):
            return f"{name} {_SIGNS[kind]} {f'{number * 100:g}%' if per_cent else f'{number:g}'}"
        case Every(operands):
            return " and ".join(map(_said, operands))
    raise AssertionError(f"no condition is a {type(node).__name__}")
