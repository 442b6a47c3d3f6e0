"""The kinds of field that blocks and settings are made of, and what a block is."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

MOST = 100_000  # sessions, decisions or ranks: four centuries of sessions

Text = Annotated[str, Field(strict=True, min_length=1)]
Count = Annotated[int, Field(strict=True, ge=1, le=MOST)]
CountOrZero = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
# `x-kind` is for the JSON Schema of a strategy file, which says more of these than their type.
SeriesName = Annotated[Text, WithJsonSchema({"type": "string", "x-kind": "series"})]
Names = Annotated[tuple[SeriesName, ...], Field(min_length=1)]


def as_fraction(value: Any) -> Any:
    """A number, or text such as `60%` as its hundredth; anything else is left to the type to refuse."""
    if isinstance(value, str) and value.strip().endswith("%"):
        number = value.strip()[:-1].strip()
        try:
            return float(f"{number}e-2")
        except ValueError:
            return value
    return value


def _as_weight(value: Any) -> Any:
    fraction = as_fraction(value)
    if isinstance(fraction, float | int) and not isinstance(fraction, bool) and fraction > 1:
        if isinstance(value, str):
            raise ValueError(f"at most 100% can be meant, not {value}")
        raise ValueError(f"{value} means {value * 100:g}%: write {value}% or {value / 100:g}")
    return fraction


Fraction = Annotated[Number, BeforeValidator(as_fraction), WithJsonSchema({"type": "number", "x-kind": "fraction"})]
Weight = Annotated[
    Number, BeforeValidator(_as_weight), Field(ge=0), WithJsonSchema({"type": "number", "x-kind": "weight"})
]


class Block(BaseModel):
    """Frozen and closed: an unknown field is an error.

    `says` is the block in plain words, its fields in braces; `plugin` the file of a user's own block.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: ClassVar[str]
    plugin: ClassVar[str] = ""

    use: str

    def sentence(self) -> str:
        """The block said back in plain words."""
        return self.says.format_map({name: self._word(name) for name in type(self).model_fields})

    def _word(self, name: str) -> str:
        value, about = getattr(self, name), type(self).model_fields[name].metadata
        per_cent = any(isinstance(one, WithJsonSchema) and (one.json_schema or {}).get("x-kind") for one in about)
        return f"{value * 100:g}%" if per_cent and isinstance(value, float | int) else in_words(value)


def in_words(value: Any) -> str:
    """A field's value for a sentence: lists with commas and `and`, nothing chosen as each name of the universe."""
    if value is None:
        return "each name of the universe"
    if isinstance(value, tuple | list):
        *others, last = map(in_words, value)
        return f"{', '.join(others)} and {last}" if others else last
    return f"{value:g}" if isinstance(value, float) else str(value)
