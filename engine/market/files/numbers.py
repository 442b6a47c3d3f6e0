"""Numbers as downloads write them: `24,302.85`, `1,23,456`, `.34`, and a dash where there is none."""

from __future__ import annotations

import re

from engine.errors import DataError

MISSING = ("", "-", "–", "—")
_PLAIN = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?")  # groups of three, or of two as in lakhs
LARGEST = 1e15


def number(text: str, what: str, *, decimal_commas: bool = False) -> float | None:
    """The number a cell says, None for a dash. `what` begins the message of the DataError for anything else."""
    if text in MISSING:
        return None
    if _THOUSANDS.fullmatch(text):
        if decimal_commas:
            raise DataError(f"{what} {text!r} may have a decimal comma or a comma between thousands; write it without")
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise DataError(f"{what} {text[:60]!r} is not a number")
    value = float(text)
    if abs(value) >= LARGEST:
        raise DataError(f"{what} {text[:60]!r} is too large to be true")
    return value


def level(text: str, what: str, *, decimal_commas: bool = False) -> float | None:
    """A price or an index level, above zero, None for a dash."""
    value = number(text, what, decimal_commas=decimal_commas)
    if value is not None and value <= 0:
        raise DataError(f"{what} {text!r} is not above zero")
    return value
