"""What an answer looks like, whatever it is: for people who must find out what a site has changed."""

from __future__ import annotations

import json
from typing import NamedTuple

from engine.market.providers.answers import shown, text_of
from engine.market.providers.page import Page


class Shape(NamedTuple):
    """In a few words, and the names of the fields that were met."""

    says: str
    fields: tuple[str, ...] = ()


def shape(body: bytes) -> Shape:
    """The shape of an answer: JSON, a web page, or lines with cells between commas."""
    text = text_of(body)
    if not text.strip():
        return Shape("an empty answer" if body else "no answer to look at")
    size = f"{len(body):,} bytes"
    if text.startswith("<"):
        return _of_page(text, size)
    try:
        return _of_json(json.loads(text), size)
    except (ValueError, RecursionError):
        lines = text.splitlines()
        if text[0] in "[{":
            return Shape(f"broken JSON, {size}, beginning {shown(text[:60])}")
        return Shape(
            f"{len(lines) - 1} lines below a header, {size}", tuple(cell.strip() for cell in lines[0].split(","))
        )


def _of_json(found: object, size: str) -> Shape:
    if isinstance(found, dict):
        return Shape(f"a JSON object, {size}", tuple(map(str, found)))
    if isinstance(found, list):
        first = found[0] if found else None
        return Shape(f"a JSON list of {len(found)}, {size}", tuple(map(str, first)) if isinstance(first, dict) else ())
    return Shape(f"JSON, {size}: {shown(found)}")


def _of_page(text: str, size: str) -> Shape:
    """The heading is the row of a table with most cells without a figure."""
    page = Page(text)
    worded = [
        [cell for cell, _ in row] for row in page.rows if not any(char.isdigit() for cell, _ in row for char in cell)
    ]
    heading = max(worded, key=len, default=[])
    return Shape(f"a web page with {len(page.rows)} rows of tables, {size}", tuple(heading))
