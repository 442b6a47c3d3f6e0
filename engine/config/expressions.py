"""Conditions in words: `nifty_breakout and not (rsi < 30 or drawdown < -10%)`.

Parsed with Python's `ast` against a whitelist of node kinds, never evaluated as code.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, float], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_MIRRORED = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
_PERCENT = re.compile(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(\s*)%")
MAX_LENGTH = 2_000
MAX_DEPTH = 50


class ExpressionError(ValueError):
    """What is wrong with a condition, and at which character (from 0) of its text."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


class Name(NamedTuple):
    """A condition used as it is."""

    name: str
    offset: int


class Comparison(NamedTuple):
    """A number signal against a number."""

    name: str
    comparison: type[ast.cmpop]
    number: float
    offset: int
    per_cent: bool = False  # how the number was written


class Not(NamedTuple):
    """True where its operand is false, unknown where it is unknown."""

    operand: Node


class Every(NamedTuple):
    """`and`: false where any operand is false, else unknown where any is unknown."""

    operands: tuple[Node, ...]


class Some(NamedTuple):
    """`or`: true where any operand is true, else unknown where any is unknown."""

    operands: tuple[Node, ...]


Node = Name | Comparison | Not | Every | Some


def parse_condition(text: str) -> Node:
    """The tree of a condition. Raises ExpressionError with the offset of the part that cannot be meant."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a condition has at most {MAX_LENGTH:,} characters")
    per_cents: set[int] = set()

    def blank_per_cent(match: re.Match[str]) -> str:
        per_cents.add(match.start(1))
        return match.group(1) + match.group(2) + " "

    plain = _PERCENT.sub(blank_per_cent, text.replace("\n", " ").replace("\r", " ").replace("\t", " "))
    stripped = plain.strip()
    indent = len(plain) - len(plain.lstrip())
    if not plain.isascii():
        offset = next(index for index, character in enumerate(plain) if not character.isascii())
        raise ExpressionError(f"{plain[offset]!r} is not allowed in a condition", offset)
    try:
        tree = ast.parse(stripped, mode="eval")
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        offset = (getattr(error, "offset", None) or 1) - 1 + indent
        raise ExpressionError(
            "this is not a condition; write signal names with and, or, not, parentheses and comparisons with a number",
            min(offset, max(len(text) - 1, 0)),
        ) from error
    try:
        return _Parser(frozenset(per_cents), indent).node(tree.body)
    except RecursionError as error:  # a number under a thousand signs
        raise ExpressionError("a condition nested too deep") from error


class _Parser:
    def __init__(self, per_cents: frozenset[int], indent: int) -> None:
        self.per_cents = per_cents
        self.indent = indent

    def node(self, tree: ast.expr, depth: int = 0) -> Node:
        """The tree of one part, nested so deep."""
        if depth > MAX_DEPTH:
            raise ExpressionError(f"a condition is nested {MAX_DEPTH} deep at most", self._offset(tree))
        deeper = partial(self.node, depth=depth + 1)
        match tree:
            case ast.Name(id=name):
                return Name(name, self._offset(tree))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(deeper(operand))
            case ast.BoolOp(op=ast.And(), values=values):
                return Every(tuple(map(deeper, values)))
            case ast.BoolOp(op=ast.Or(), values=values):
                return Some(tuple(map(deeper, values)))
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self._comparisons([left, *comparators], [type(op) for op in ops], tree)
        raise self._refused(tree)

    def _comparisons(self, terms: list[ast.expr], kinds: list[type[ast.cmpop]], tree: ast.expr) -> Node:
        parts = [self._comparison(left, kind, right, tree)
                 for left, kind, right in zip(terms[:-1], kinds, terms[1:], strict=True)]  # fmt: skip
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _comparison(self, left: ast.expr, kind: type[ast.cmpop], right: ast.expr, tree: ast.expr) -> Comparison:
        if kind in COMPARISONS:
            if isinstance(left, ast.Name) and (number := self._number(right)) is not None:
                return Comparison(left.id, kind, number, self._offset(left), self._per_cent(right))
            if isinstance(right, ast.Name) and (number := self._number(left)) is not None:
                return Comparison(right.id, _MIRRORED[kind], number, self._offset(right), self._per_cent(left))
        raise ExpressionError("a comparison is between a signal's name and a number, such as rsi < 30",
                              self._offset(tree))  # fmt: skip

    def _number(self, tree: ast.expr) -> float | None:
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub | ast.UAdd):
            number = self._number(tree.operand)
            return None if number is None else -number if isinstance(tree.op, ast.USub) else number
        if isinstance(tree, ast.Constant) and isinstance(tree.value, int | float) and not isinstance(tree.value, bool):
            try:
                number = float(tree.value)
            except OverflowError as error:
                raise ExpressionError("that number is too large", self._offset(tree)) from error
            return number / 100.0 if self._offset(tree) in self.per_cents else number
        return None

    def _per_cent(self, tree: ast.expr) -> bool:
        while isinstance(tree, ast.UnaryOp):
            tree = tree.operand
        return self._offset(tree) in self.per_cents

    def _offset(self, tree: ast.expr) -> int:
        return tree.col_offset + self.indent

    def _refused(self, tree: ast.expr) -> ExpressionError:
        what = {
            ast.Constant: "a bare value",
            ast.Call: "a call",
            ast.BinOp: "arithmetic",
            ast.Attribute: "a dot",
        }
        shown = what.get(type(tree), type(tree).__name__)
        return ExpressionError(
            f"{shown} is not a condition; use signal names, and, or, not, and comparisons with a number",
            self._offset(tree),
        )


def leaves(node: Node) -> tuple[Name | Comparison, ...]:
    """Every mention of a signal, in the order of the text."""
    match node:
        case Name() | Comparison():
            return (node,)
        case Not(operand):
            return leaves(operand)
        case Every(operands) | Some(operands):
            return tuple(leaf for operand in operands for leaf in leaves(operand))
