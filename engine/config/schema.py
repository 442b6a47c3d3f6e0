"""The language of strategy files as a JSON Schema, for editors that complete and check as one types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from engine import blocks
from engine.config.models import strategy_model

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PARAM = {"type": "string", "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$", "description": "a value from `params`"}
_PER_CENT = {"type": "string", "pattern": r"^\s*[-+]?[0-9.eE+-]+\s*%$", "description": "per cent, such as 60%"}
_EXTRA = {
    "extends": {"type": "string", "minLength": 1, "description": "another strategy file that this one changes"},
    "params": {
        "type": "object",
        "propertyNames": {"pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"},
        "description": "values that the file uses as ${name}",
    },
}
# A name that starts like these is an index's and has to be one that there is; any other may be a basket of the file.
_OFFICIAL = r"^(?!NIFTY|BSE |INDIA )"


def strategy_schema(names: Iterable[str]) -> dict[str, Any]:
    """The schema of a strategy file; `names` are the series there are, to complete and to check against."""
    whole = strategy_model().model_json_schema(mode="validation")
    definitions = whole.pop("$defs")
    for name, block in {**blocks.SIGNALS, **blocks.ALLOCATORS, **blocks.OVERLAYS}.items():
        definitions[block.__name__].setdefault("required", []).append("use")
        definitions[block.__name__]["title"] = name
    definitions["Weighing"] = {
        "anyOf": [{"enum": _weighings()}, _one_of({name: blocks.ALLOCATORS[name] for name in _weighings()})],
    }
    whole["properties"] |= _EXTRA
    definitions["NamedCondition"] = {
        "if": {"type": "string"},
        "then": {"minLength": 1, "description": "a condition"},
        "else": definitions["NamedCondition"],
    }
    definitions |= {
        "Series": {
            "anyOf": [
                {"enum": sorted({*names, "CASH"}), "description": "a series of the store"},
                {"type": "string", "minLength": 1, "pattern": _OFFICIAL, "description": "a basket of this file"},
            ]
        },
        "Strategy": whole,
    }
    child = {"type": "object", "propertyNames": {"enum": list(whole["properties"])}, "properties": _EXTRA}
    schema = {
        "$schema": DIALECT,
        "title": "Rotation strategy",
        "if": {"required": ["extends"]},
        "then": child,
        "else": {"$ref": "#/$defs/Strategy"},
        "$defs": definitions,
    }
    return dict(_finished(schema))


def _weighings() -> list[str]:
    return [name for name, block in blocks.ALLOCATORS.items() if issubclass(block, blocks.Weighing)]


def _one_of(registry: dict[str, type[BaseModel]]) -> dict[str, Any]:
    """A block by its `use`: each name brings its own fields, so that an editor speaks of those alone."""
    return {
        "type": "object",
        "required": ["use"],
        "properties": {"use": {"enum": list(registry)}},
        "allOf": [
            {
                "if": {"properties": {"use": {"const": name}}, "required": ["use"]},
                "then": {"$ref": f"#/$defs/{block.__name__}"},
            }
            for name, block in registry.items()
        ],
    }


def _finished(node: Any, key: str = "") -> Any:
    """A schema with our own kinds of field spelled out; titles made from field names say nothing and go."""
    if isinstance(node, list):
        return [_finished(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "discriminator" in node:
        return _blocks(node)
    plain = {name: _finished(value, name) for name, value in node.items() if name not in ("x-kind", "ge", "default")}
    if key != "properties" and isinstance(plain.get("title"), str):
        plain.pop("title")
    about = {name: plain.pop(name) for name in ("description",) if isinstance(plain.get(name), str)}
    choices = _choices(plain, str(node.get("x-kind", "")), key)
    return {**(plain if choices is None else choices), **about}


def _choices(plain: dict[str, Any], kind: str, key: str) -> dict[str, Any] | None:
    """What else may stand where a plain value is expected: a series, per cent, or `${param}`."""
    if kind == "series":
        return {"$ref": "#/$defs/Series"}
    if kind in ("fraction", "weight"):
        bounds = {"minimum": 0, "maximum": 1} if kind == "weight" else {}
        return {"anyOf": [plain | bounds, _PER_CENT, _PARAM]}
    if plain.get("type") in ("integer", "number", "boolean"):
        return {"anyOf": [plain, _PARAM]}
    if plain.get("type") == "array":  # not `anyOf`, which would hide the item that is wrong
        return {"if": {"type": "string"}, "then": _PARAM, "else": plain}
    return {"anyOf": [plain, _PARAM]} if "enum" in plain and key not in ("use", "propertyNames") else None


def _blocks(node: dict[str, Any]) -> dict[str, Any]:
    known: dict[str, type[BaseModel]] = {}
    for registry in (blocks.SIGNALS, blocks.ALLOCATORS, blocks.OVERLAYS):
        if set(node["discriminator"]["mapping"]) == set(registry):
            known = dict(registry)
    block = _one_of(known)
    about = {"description": node["description"]} if "description" in node else {}
    if known.keys() != blocks.ALLOCATORS.keys():
        return block | about
    plain = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"$ref": "#/$defs/Series"},
        "additionalProperties": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, _PER_CENT, _PARAM]},
        "description": "weights by name; what is missing to 100% is CASH",
    }
    return {"if": {"required": ["use"]}, "then": block, "else": plain, "description": "what the rule holds"}
