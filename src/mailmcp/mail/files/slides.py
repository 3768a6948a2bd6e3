"""Whether the letters on a slide can be told from what they stand on (ECMA-376 part 1, §19.3, §20.1, §21.1).

A shape without a fill stands on whatever lies under it. Only where nothing was painted before it is that known to be
the slide's own ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailmcp.mail.files.archives import Event
from mailmcp.mail.sight.colours import BLACK, RGB, WHITE, indistinct, rgb

Attributes = Mapping[str, str]

_SMALLEST = 200
"""Hundredths of a point."""
_FAINT = 5_000
"""Of 100,000."""
_OFF = ("0", "false", "off", "")
_FILLS = frozenset(("solidFill", "gradFill", "pattFill", "blipFill", "grpFill"))
_COLOURS = frozenset(("srgbClr", "schemeClr", "sysClr", "prstClr", "scrgbClr", "hslClr"))
_CHANGES = frozenset(("lumMod", "lumOff", "tint", "shade", "satMod", "hueMod", "inv", "comp", "gray"))
_PLACES = frozenset(("rPr", "spPr", "ln", "bgPr", "bgRef", "fillRef", "tc", "effectLst"))


@dataclass(slots=True)
class Paper:
    """What is known of a show: its colours, its size, and what its masters paint."""

    scheme: dict[str, RGB] = field(default_factory=lambda: {"bg1": WHITE, "lt1": WHITE, "tx1": BLACK, "dk1": BLACK})
    wide: int = 0
    high: int = 0
    ground: RGB | None = WHITE
    """None: not known."""
    painted: bool = False
    """Is there anything on it that letters may stand on?"""

    def beneath(self, events: Iterable[Event]) -> Paper:
        """The paper with what a master or a layout paints on it."""
        look = Lettering(self)
        for event in events:
            look.met(*event)
        return Paper(self.scheme, self.wide, self.high, look.ground, look.painted)


class Lettering:
    """Follows the tags of a slide and knows whether the run that is open can be seen."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self.ground, self.painted = paper.ground, paper.painted
        self._within: list[str] = []
        self._groups = 0
        self._shape: RGB | None = self._under
        self._hidden = False
        self._colour: RGB | None = None
        self._size = 0
        self._unmarked = False

    @property
    def _under(self) -> RGB | None:
        return None if self.painted else self.ground

    def met(self, kind: str, tag: str, attributes: Attributes) -> None:
        """A tag begins or ends."""
        if kind == "text":
            return
        started = kind == "start"
        if tag == "grpSp":
            self._groups += 1 if started else -1
        elif tag in ("sp", "cxnSp", "pic", "graphicFrame"):
            self._shape, self._hidden = self._under, False
            self.painted = self.painted or tag in ("pic", "graphicFrame")
        elif tag in ("r", "fld") and started:
            self._colour, self._size, self._unmarked = None, 0, False
        if tag in _PLACES:
            self._within.append(tag) if started else self._within.pop()
        if not started:
            return
        if tag == "cNvPr":
            self._hidden = self._hidden or attributes.get("hidden", "") not in _OFF
        elif tag == "off" and not self._groups:
            self._hidden = self._hidden or self._is_off(attributes)
        elif self._within:
            self._said(self._within[-1], tag, attributes)

    def is_seen(self) -> bool:
        """Can the letters of the run be told from what they stand on, and are they large enough?"""
        if self._hidden or self._unmarked or 0 < self._size <= _SMALLEST:
            return False
        ground = None if "tc" in self._within else self._shape
        return self._colour is None or ground is None or not indistinct(self._colour, ground)

    def _said(self, place: str, tag: str, attributes: Attributes) -> None:
        if tag == "rPr":
            size = attributes.get("sz", "")
            self._size = int(size) if size.isascii() and size.isdecimal() and len(size) < 8 else 0
        elif place == "rPr":
            if tag == "noFill" or (tag == "alpha" and _number(attributes.get("val", "")) < _FAINT):
                self._unmarked = True
            elif tag in _COLOURS:
                self._colour = self._read(tag, attributes)
            elif tag in _CHANGES:
                self._colour = None
        elif place in ("spPr", "fillRef"):
            if tag in _FILLS or (tag == "fillRef" and attributes.get("idx", "0") not in _OFF):
                self._shape, self.painted = None, True
            elif tag in _COLOURS and place == "spPr":
                self._shape = self._read(tag, attributes)
            elif tag in _CHANGES or tag == "alpha":
                self._shape = None
        elif place in ("bgPr", "bgRef"):
            if tag in _COLOURS:
                self.ground = self._read(tag, attributes)
            elif tag in _CHANGES or tag in _FILLS:
                self.ground = None
            self._shape = self._under

    def _read(self, tag: str, attributes: Attributes) -> RGB | None:
        value = attributes.get("val", "")
        if tag == "schemeClr":
            return self._paper.scheme.get(value)
        value = attributes.get("lastClr", "") if tag == "sysClr" else value
        return rgb(value) if tag in ("srgbClr", "sysClr", "prstClr") else None

    def _is_off(self, attributes: Attributes) -> bool:
        """Does the shape begin right of the slide, or below it?"""
        right, low = _number(attributes.get("x", "")), _number(attributes.get("y", ""))
        return 0 < self._paper.wide <= right or 0 < self._paper.high <= low


def scheme_of(theme: Iterable[Event], mapped: Mapping[str, str]) -> dict[str, RGB]:
    """The colours of a theme by their names, also by those that ``mapped`` (the master's ``clrMap``) gives them."""
    found: dict[str, RGB] = {}
    name = ""
    for kind, tag, attributes in theme:
        if kind == "start" and tag in ("dk1", "lt1", "dk2", "lt2"):
            name = tag
        elif kind == "start" and name and tag in ("srgbClr", "sysClr"):
            colour = rgb(attributes.get("lastClr", attributes.get("val", "")))
            if colour is not None:
                found[name] = colour
            name = ""
    return found | {one: found[other] for one, other in mapped.items() if other in found}


def _number(value: str) -> int:
    return int(value) if value.removeprefix("-").isdecimal() and value.isascii() and len(value) < 12 else 0
