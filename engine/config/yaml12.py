"""YAML 1.2 core, read as data alone, every key and value with its place in the file.

PyYAML reads YAML 1.1, in which `on` is true and `1e-4` is text; the resolvers here are those of the 1.2 core schema
(https://yaml.org/spec/1.2.2/#103-core-schema). A repeated key, a tag, a cycle and a flood of aliases are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from engine.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 50
MAX_DIGITS = 18  # of a whole number

_TAG = "tag:yaml.org,2002:"
_SCALARS: tuple[tuple[str, str, str], ...] = (
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    ("float", r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$", "-+.0123456789"),
    ("float", r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", "-+."),
)

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """A position in a file, counted from 1; `file` counts the files that were laid over each other, from 0."""

    line: int
    column: int
    file: int = 0


class Document(NamedTuple):
    """What a file says, and where it says it: a value's place, and for a mapping's entry the key's place."""

    value: Any
    values: dict[Path, Place]
    keys: dict[Path, Place]


class _Core(yaml.SafeLoader):
    """A loader that resolves plain scalars as the 1.2 core schema does; only its composer is used."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own shape


for _name, _pattern, _first in _SCALARS:
    _Core.add_implicit_resolver(
        _TAG + _name, re.compile(_pattern), list(_first.replace("\0", "")) + [""] * ("\0" in _first)
    )


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number of so many digits is no count, price or date")
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


_CONSTRUCT: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,  # noqa: ARG005  # every spelling of null is the same null
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": lambda text: float(re.sub(r"\.(inf|nan)$", r"\1", text.lower())),
    "str": str,
}


def parse(text: str, source: str, file: int = 0) -> Document:
    """Read one YAML document; `source` is how messages call the file, and every place says it is in `file`.

    Raises ConfigError with line and column.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ConfigError(f"{source}: the file is over {MAX_BYTES:,} bytes; a strategy file is a page or two of YAML")
    try:
        node = _Core(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax_message(error, source)) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: this is not YAML text: {str(error).splitlines()[0]}") from error
    except ValueError as error:
        raise ConfigError(f"{source}: this is not YAML text: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{source}: nested too deep; {MAX_DEPTH} levels are allowed") from error
    return _Reader(source, file).read(node)


def _syntax_message(error: yaml.MarkedYAMLError, source: str) -> str:
    mark = error.problem_mark or error.context_mark
    place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    what = " ".join(part for part in (error.context, error.problem) if part)
    hint = "; indent with spaces, not tabs" if "\\t" in what else ""
    if mark and mark.buffer and mark.buffer[: mark.pointer + 1].endswith("${"):
        hint = "; inside { } or [ ] put ${name} in quotes: '${name}'"
    return f"{source}{place}: this is not valid YAML: {what}{hint}"


class _Reader:
    """Turns composed nodes into plain data while it notes where each of them stands."""

    def __init__(self, source: str, file: int) -> None:
        self.source = source
        self.file = file
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.count = 0

    def read(self, node: yaml.Node | None) -> Document:
        return Document(None if node is None else self._value(node, ()), self.values, self.keys)

    def _value(self, node: yaml.Node, path: Path) -> Any:
        place = self._place(node)
        self.values[path] = place
        self.count += 1
        if self.count > MAX_NODES:
            raise self._error(place, f"more than {MAX_NODES:,} values once aliases are followed")
        if len(path) > MAX_DEPTH:
            raise self._error(place, f"nested too deep (or an alias inside itself); {MAX_DEPTH} levels are allowed")
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag.removeprefix(_TAG) in _CONSTRUCT:
            return self._scalar(node, place)
        raise self._error(place, f"the tag {node.tag!r} is not allowed; a strategy file is plain data")

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        kind = node.tag.removeprefix(_TAG)
        try:
            node.value.encode()  # half of a surrogate pair is no text that can be written anywhere
            return _CONSTRUCT[kind](node.value)
        except ValueError as error:
            raise self._error(place, f"{node.value[:40]!a} cannot be read as {kind}") from error

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != _TAG + "str":
                shown = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or mapping"
                raise self._error(place, f"a key must be text, not {shown!r}; put it in quotes if it is a name")
            key = key_node.value
            if key in mapping:
                first = self.keys[(*path, key)]
                raise self._error(place, f"the key {key!r} is repeated; it stands first on line {first.line}")
            self.keys[(*path, key)] = place
            mapping[key] = self._value(value_node, (*path, key))
        return mapping

    def _place(self, node: yaml.Node) -> Place:
        return Place(node.start_mark.line + 1, node.start_mark.column + 1, self.file)

    def _error(self, place: Place, message: str) -> ConfigError:
        return ConfigError(f"{self.source}:{place.line}:{place.column}: {message}")
