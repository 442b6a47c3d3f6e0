"""pydantic's findings, said in the words of the strategy file."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.blocks import Mistake
from engine.config.source import Source, dotted, within
from engine.config.yaml12 import Path
from engine.errors import unknown

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "finite_number": "a finite number",
}


def mistakes_in(error: ValidationError, source: Source, model: type[BaseModel]) -> list[Mistake]:
    """Every finding as a path and a sentence, in the order of the file; an unknown key before one that is missing."""
    details = [one for one in error.errors(include_url=False) if not (one["type"] == "too_short" and one["input"])]
    made = [(detail["type"], _mistake(detail, source.document.value, model)) for detail in details]
    paths = [one.path for _, one in made]
    found = [
        one for kind, one in made if kind not in _ONE_OF_SEVERAL or not any(_below(path, one.path) for path in paths)
    ]
    found = [one._replace(message=one.message + _given_by(one, source)) for one in found]
    return sorted(found, key=lambda one: (source.order(one.path[:-1] if one.key else one.path), not one.key))


def _below(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _given_by(mistake: Mistake, source: Source) -> str:
    """Which param a value came from."""
    name = "" if mistake.key else source.via_params.get(mistake.path, "")
    return f" (from the param {name})" if name else ""


def _mistake(detail: ErrorDetails, data: Any, model: type[BaseModel]) -> Mistake:
    path = within(detail["loc"], data)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Mistake(path, unknown("key", str(path[-1]), _fields_at(detail["loc"][:-1], model)), key=True)
    if kind == "missing":
        return Mistake(path, f"the key {str(detail['loc'][-1])!r} is missing{_inside(path)}")
    return Mistake(path, f"{_where(path)}{_sentence(detail)}")


# What a value is not, where it may be one of several things: less to the point than what is wrong inside it.
_ONE_OF_SEVERAL = ("literal_error", "string_type", "tuple_type", "dict_type", "model_type")
_BOUND = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
}
_FIXED = {
    "union_tag_not_found": "a block says which one it is: {use: ...}",
    "too_short": "it is empty; at least one is needed",
    "string_too_short": "it is empty; text is needed",
}


def _sentence(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "union_tag_invalid":
        return unknown("block", str(context["tag"]), [tag.strip(" '") for tag in context["expected_tags"].split(",")])
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _BOUND:
        words, bound = _BOUND[kind]
        expected = f"{words} {context[bound]:g}"
    elif kind == "string_pattern_mismatch":
        expected = "letters, digits, _ . and - (at most 80)"
    else:
        expected = _EXPECTED.get(kind) or str(context.get("expected", detail["msg"]))
    return f"expected {expected}, not {_short(detail['input'])}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _where(path: Path) -> str:
    return f"{dotted(path)}: " if path else ""


def _inside(path: Path) -> str:
    return f" in {dotted(path)}" if path else ""


def _fields_at(location: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    """The keys a model has at a location: walks annotations as far as models go."""
    from engine import blocks  # noqa: PLC0415  # only on the way to an error

    here: type[BaseModel] = model
    registry: dict[str, type[BaseModel]] = {**blocks.SIGNALS, **blocks.ALLOCATORS, **blocks.OVERLAYS}
    for step in location:
        if isinstance(step, str) and step in registry and step not in here.model_fields:
            here = registry[step]
        elif isinstance(step, str) and step in here.model_fields:
            here = _model_of(here.model_fields[step].annotation) or here
    return list(here.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_of(argument):
            return found
    return None
