"""Where the text nodes of a page have grown too often.

A tag that the parser ignores (a cell without a table, an end of nothing) does not end the text before it: the words
behind are added to the same node. Where the parser has put something else into memory meanwhile (an attribute, a
comment), it copies the text to a place with more room and keeps the old one: time and memory grow with the square.
Half a megabyte of such a page would take a gigabyte. Words between the rows of a table are all moved before it, and
grow in the same way (HTML, "foster parenting").
"""

from __future__ import annotations

import re

MAX_COPIED = 60_000_000
"""Characters that the parser may copy for one page."""

# A quotation mark opens a value behind "=" alone; elsewhere it is a sign like others (HTML §13.2.5.36).
ATTRIBUTES = r"(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+"
_TAG = re.compile(rf"<(?:(!--)|((?:[!?]|/(?![a-zA-Z]))[^>]*+)|(/?)([a-zA-Z][a-zA-Z0-9:-]{{0,40}})({ATTRIBUTES}))")
END_OF_COMMENT = re.compile(r"--!?>")
RAW = {
    name: re.compile(f"</{name}", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "noframes", "iframe", "noembed")
}
"""What ends the elements in which nothing is a tag."""
_CELLS = frozenset(("td", "th", "caption"))
_OTHER_PARTS = ("tr", "thead", "tbody", "tfoot", "col", "colgroup", "html", "head", "body", "frame", "frameset")
_PARTS = _CELLS.union(_OTHER_PARTS)


def end_of_growth(html: str, end: int) -> int:
    """Where a page is cut so that its parser copies no more than that; ``end`` where it need not be."""
    growth = _Growth()
    at = 0
    while (tag := _TAG.search(html, at, end)) is not None:
        growth.text(html, at, tag.start())
        at = tag.end()
        if tag[1]:
            comment = END_OF_COMMENT.search(html, tag.end() - 2, end)
            at = comment.end() if comment else end
        if tag[4] is None:
            growth.comment()
        elif tag[3]:
            growth.end(tag[4].lower(), filled=bool(tag[5].strip()))
        else:
            growth.start(name := tag[4].lower(), filled=bool(tag[5].strip()))
            if (raw := RAW.get(name)) is not None:
                closing = raw.search(html, at, end)
                at = closing.start() if closing else end
        if growth.copied > MAX_COPIED:
            return tag.start()
    return end


class _Growth:
    """What stands where, as far as it matters for this."""

    def __init__(self) -> None:
        self.copied = 0
        self._here = 0
        """Characters of the text node that grows."""
        self._moved = 0
        """The same of words that were moved before the table."""
        self._tables = 0
        self._in_cell = False
        self._outside: list[tuple[int, bool]] = []
        """The same round each template that is open."""

    def text(self, html: str, start: int, end: int) -> None:
        """Words up to the next tag, with the sign that ends the one before."""
        if self._tables and not self._in_cell:
            if html[start:end].strip(" \t\r\n\f>"):
                self._moved += end - start
                self.copied += self._moved
        else:
            self._here += end - start

    def comment(self) -> None:
        if self._tables and not self._in_cell:
            return
        self._here = 0

    def start(self, name: str, *, filled: bool) -> None:
        if name == "template":
            self._outside.append((self._tables, self._in_cell))
            self._tables, self._in_cell = 0, False
            self._here = self._moved = 0
        elif name == "table":
            self._tables += 1
            self._in_cell = False
            self._here = self._moved = 0
        elif name not in _PARTS:
            self._here = 0
            if not self._in_cell:
                self._moved = 0
        elif self._tables:
            self._in_cell = name in _CELLS
            self._here = 0
        elif filled:
            self.copied += self._here

    def end(self, name: str, *, filled: bool) -> None:
        if name == "template" and self._outside:
            self._tables, self._in_cell = self._outside.pop()
            self._here = self._moved = 0
        elif name == "table" and self._tables:
            self._tables -= 1
            self._in_cell = self._tables > 0  # the table around holds it in a cell
            self._here = self._moved = 0
        elif name in _PARTS and self._tables:
            self._in_cell = False
            self._here = 0
        elif filled:
            self.copied += self._here
