"""A web page with one form and tables of figures, read with the standard library alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


@dataclass
class Select:
    """A list to choose from: its values, and the one chosen."""

    values: list[str] = field(default_factory=list)
    chosen: str = ""


class Page(HTMLParser):
    """What is on a page: `hidden` fields and `selects` by name, and `rows`, each the (text, width) of its cells.

    The rows of a table inside a cell are rows of their own. `whole` says whether the page came to its end.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.hidden: dict[str, str] = {}
        self.selects: dict[str, Select] = {}
        self.rows: list[list[tuple[str, int]]] = []
        self.whole = False
        self._select: Select | None = None
        self._open: list[list[tuple[str, int]]] = []
        self._cells: list[tuple[list[str], int]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Note what begins."""
        said = {name: value or "" for name, value in attrs}
        if tag == "input" and said.get("type", "").lower() == "hidden":
            self.hidden[said.get("name", "")] = said.get("value", "")
        elif tag == "select":
            self._select = self.selects.setdefault(said.get("name", ""), Select())
        elif tag == "option" and self._select is not None:
            self._select.values.append(said.get("value", ""))
            if "selected" in said or not self._select.chosen:
                self._select.chosen = said.get("value", "")
        elif tag == "tr":
            self._open.append([])
        elif tag in {"td", "th"} and self._open:
            width = said.get("colspan", "1")
            self._cells.append(([], int(width) if width.isdecimal() and len(width) < 3 else 1))

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if tag == "select":
            self._select = None
        elif tag in {"td", "th"} and self._cells and self._open:
            words, width = self._cells.pop()
            self._open[-1].append((" ".join(" ".join(words).split()), width))
        elif tag == "tr" and self._open:
            self.rows.append(self._open.pop())
        elif tag == "html":
            self.whole = True

    def handle_data(self, data: str) -> None:
        """Words belong to the innermost cell."""
        if self._cells and self._select is None:
            self._cells[-1][0].append(data)
