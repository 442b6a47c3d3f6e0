"""Reads a page back the way a browser would: tables by caption, texts, attributes and data blocks."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """`tables` maps captions to rows of texts, head first; `texts` are all texts outside scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[list[str]]] = {}
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self.title = ""
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._block = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link"}:
            self._open.append(tag)
        if tag == "table":
            self._rows = []
        elif tag == "caption":
            self._caption = ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")
        elif tag == "script":
            self._block = dict(attrs).get("data-chart") or ""

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        if tag == "table":
            assert self._caption not in self.tables
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            if self._block:
                self.blocks[self._block] = data
            return
        if "style" in self._open:
            return
        if "title" in self._open:
            self.title += data
        if "caption" in self._open:
            self._caption += data
        if {"td", "th"} & set(self._open):
            self._rows[-1][-1] += data
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All visible text, white space collapsed."""
        return " ".join(" ".join(self.texts).split())

    def table(self, start: str) -> dict[str, list[str]]:
        """The one table whose caption starts so: row labels to cells, "" to the head."""
        (rows,) = [rows for caption, rows in self.tables.items() if caption.startswith(start)]
        return {"": rows[0]} | {row[0]: row[1:] for row in rows[1:]}
