"""Reading what a site answered: each thing that is not as it should be is one ProviderError that says what to try."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import cast

from engine.errors import DataError, ProviderError
from engine.market.providers.http import BLOCKED, LATER

_NUMBER = re.compile(r"[-+]?(\d[\d,]*)?\.?\d+")
MISSING = ("", "-")
CHANGED = (
    "The site may have changed: look for a newer version of this program, or import files with `backtest data import`; "
    "nothing of this chunk was stored"
)


def strange(where: str, what: str) -> ProviderError:
    """An answer that was not foreseen."""
    return ProviderError(f"{where} {what}. {CHANGED}")


def shown(value: object) -> str:
    """What came, cut short."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@contextmanager
def reading(about: str) -> Iterator[None]:
    """What a reader of files finds wrong with an answer, as a fault of the provider."""
    try:
        yield
    except DataError as error:
        raise ProviderError(f"{about}: {error}. {CHANGED}") from error


def text_of(body: bytes) -> str:
    """An answer as text, without what may stand before it."""
    return body.decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")


def refuse_page(body: bytes, about: str) -> None:
    """Raise ProviderError where a web page came instead of data."""
    if text_of(body[:1000]).startswith("<"):
        raise ProviderError(f"{about}: a web page came instead of data; {BLOCKED}")


def json_of(body: bytes, about: str) -> object:
    """The JSON an answer is, whatever its content type says."""
    refuse_page(body, about)
    try:
        return cast("object", json.loads(text_of(body)))
    except (ValueError, RecursionError) as error:
        raise ProviderError(f"{about}: the answer ends too early or is no JSON ({len(body)} bytes); {LATER}") from error


def listed(body: bytes, about: str) -> list[object]:
    """The list an answer is."""
    found = json_of(body, about)
    if not isinstance(found, list):
        raise strange(f"{about}:", f"the answer is no list of rows but {shown(found)}")
    return found


def fields_of(raw: object, needed: tuple[str, ...], where: str) -> Mapping[str, object]:
    """A row that has the fields it needs."""
    if not isinstance(raw, dict):
        raise strange(where, f"is {shown(raw)}")
    for field in needed:
        if field not in raw:
            raise strange(where, f"has no {field}; it has {shown(', '.join(map(str, raw)))}")
    return raw


def number(value: object, field: str, where: str) -> float | None:
    """A number, or one written as text; None for a dash."""
    text = value.strip() if isinstance(value, str) else value
    if text is None or text in MISSING:
        return None
    if isinstance(text, str) and _NUMBER.fullmatch(text):
        text = float(text.replace(",", ""))
    if isinstance(text, int | float) and not isinstance(text, bool) and abs(text) < 1e15 and math.isfinite(text):
        return float(text)
    raise strange(where, f"has the {field} {shown(value)}, which is no number")


def day(value: object, field: str, where: str, form: str, example: str) -> date:
    """A day written in one form."""
    try:
        return datetime.strptime(str(value).strip(), form).date()
    except ValueError as error:
        raise strange(where, f"has the {field} {shown(value)}, no day like '{example}'") from error
