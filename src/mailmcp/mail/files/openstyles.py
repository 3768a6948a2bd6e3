"""How the letters of an OpenDocument file are set, as far as it tells whether a person sees them (part 3, §16, §20)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailmcp.mail.files.lettering import NOTHING, Look, based, can_be_seen
from mailmcp.mail.sight.colours import RGB, WHITE, rgb

Attributes = Mapping[str, str]

_MOST = 20_000
_FAMILIES = {
    "p": "paragraph", "h": "paragraph", "span": "text", "a": "text", "table-cell": "table-cell", "table": "table",
    "covered-table-cell": "table-cell",
}  # fmt: skip
_DRAWN = frozenset(("frame", "custom-shape", "rect", "ellipse", "text-box", "g", "line", "polygon", "path"))
_SIZE = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)(pt|cm|mm|in)\Z")
_POINTS = {"pt": 1.0, "cm": 28.35, "mm": 2.835, "in": 72.0}


class Styles:
    """The named styles of a document, read tag by tag."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[Look, str]] = {}
        self._known: dict[str, Look] = {}
        self._name = ""
        self.paper: RGB | None = WHITE
        """What its pages are; None: not known."""

    def met(self, kind: str, tag: str, attributes: Attributes) -> None:
        """A tag of the styles begins or ends."""
        if kind == "text":
            return
        if tag == "style":
            self._name = ""
            if kind == "start" and len(self._said) < _MOST:
                family = attributes.get(":family", "")
                self._name = f"{family} {attributes.get(':name', '')}"
                parent = attributes.get(":parent-style-name", "")
                self._said[self._name] = NOTHING, f"{family} {parent}" if parent else ""
        elif kind != "start":
            return
        elif self._name and tag.endswith("-properties"):
            look, parent = self._said[self._name]
            self._said[self._name] = _with(look, tag, attributes), parent
        elif tag == "page-layout-properties":
            ground = attributes.get(":background-color", "transparent")
            self.paper = self.paper if ground == "transparent" else rgb(ground)

    def look(self, family: str, name: str) -> Look:
        """What is said by a style and by those that it is based on."""
        key = f"{family} {name}"
        if (found := self._known.get(key)) is None:
            found = self._known[key] = based(key, self._said)
        return found


class Lettering:
    """Follows the tags of a document and knows whether the letters that come can be seen."""

    def __init__(self, styles: Styles, on_paper: bool) -> None:
        self._styles = styles
        self._looks: list[Look] = [NOTHING]
        self._grounds: list[RGB | None] = [styles.paper if on_paper else None]
        self._rows: list[bool] = []
        """Is it hidden, or in one that is?"""

    def met(self, kind: str, tag: str, attributes: Attributes) -> None:
        """A tag begins or ends."""
        started = kind == "start"
        if tag in _FAMILIES:
            if not started:
                self._looks.pop()
                self._grounds.pop()
                return
            family = _FAMILIES[tag]
            own = self._styles.look(family, attributes.get(":style-name", ""))
            self._looks.append(own._replace(ground=None).over(self._looks[-1]))
            self._grounds.append(own.ground or self._grounds[-1])
        elif tag in _DRAWN:
            self._grounds.append(None) if started else self._grounds.pop()
        elif tag == "table-row":
            if started:
                within = bool(self._rows) and self._rows[-1]
                self._rows.append(within or attributes.get(":visibility", "visible") != "visible")
            else:
                self._rows.pop()

    def is_seen(self) -> bool:
        """Can letters be told from what they stand on, and are they large enough?"""
        hidden = bool(self._rows) and self._rows[-1]
        return not hidden and can_be_seen(self._looks[-1], self._grounds[-1])


def _with(look: Look, tag: str, attributes: Attributes) -> Look:
    if (ground := attributes.get(":background-color", "transparent")) != "transparent":
        look = look._replace(ground=rgb(ground))
    if tag == "table-properties" and ":display" in attributes:
        return look._replace(hidden=attributes[":display"] == "false")
    if tag != "text-properties":
        return look
    if "true" not in attributes.get(":use-window-font-color", ""):
        look = look._replace(colour=rgb(attributes.get(":color", "")) or look.colour)
    if size := _SIZE.match(attributes.get(":font-size", "")):
        look = look._replace(size=int(2 * float(size[1]) * _POINTS[size[2]]))
    return look._replace(hidden=attributes[":display"] == "none") if ":display" in attributes else look
