"""How the runs of a Word document are set, as far as it tells whether a person sees them (ECMA-376 part 1, §17.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mailmcp.mail.sight.colours import RGB, WHITE, indistinct, rgb

Attributes = Mapping[str, str]

_OFF = ("0", "false", "off")
_UNREADABLE = 4
"""Half points."""
# What Word chooses so that it can be told from its ground: stands apart from white and from black.
_AUTOMATIC: RGB = (128, 128, 128)
_MOST_STYLES = 5_000
_LONGEST_CHAIN = 10
_PROPERTIES = frozenset(("rPr", "pPr", "tcPr", "tblPr"))


class Look(NamedTuple):
    """What is said of letters; None where nothing is."""

    colour: RGB | None = None
    size: int | None = None
    hidden: bool | None = None
    ground: RGB | None = None

    def over(self, other: Look) -> Look:
        """Both, where this one wins."""
        return Look(
            other.colour if self.colour is None else self.colour,
            other.size if self.size is None else self.size,
            other.hidden if self.hidden is None else self.hidden,
            other.ground if self.ground is None else self.ground,
        )


NOTHING = Look()


def styles_of(events: Iterable[tuple[str, str, Attributes]]) -> dict[str, Look]:
    """The named styles of ``word/styles.xml``, with what they are based on."""
    said: dict[str, tuple[Look, str]] = {}
    name = base = ""
    look = NOTHING
    for kind, tag, attributes in events:
        if kind == "start" and tag == "style":
            name, base, look = attributes.get(":styleId", ""), "", NOTHING
        elif kind == "start" and tag == "basedOn":
            base = attributes.get(":val", "")
        elif kind == "start" and name:
            look = _with(look, tag, attributes)
        elif kind == "end" and tag == "style":
            if len(said) < _MOST_STYLES:
                said[name] = look, base
            name = ""
    return {name: based(name, said) for name in said}


def based(name: str, said: Mapping[str, tuple[Look, str]]) -> Look:
    """What a style says together with those that it is based on; ``said`` has each with the name of its own base."""
    look = NOTHING
    for _ in range(_LONGEST_CHAIN):
        if name not in said:
            break
        own, name = said[name]
        look = look.over(own)
    return look


class Lettering:
    """Follows the tags of a document and knows whether the run that is open can be seen."""

    def __init__(self, styles: Mapping[str, Look]) -> None:
        self._styles = styles
        self._within: list[str] = []
        self._paragraphs: list[Look] = []
        self._run = NOTHING
        # Of the page and of the tables, cells and text boxes that are open; None: not known.
        self._grounds: list[RGB | None] = [WHITE]

    @property
    def in_properties(self) -> bool:
        """Is the tag that was met last inside of properties, where a tab is a tab stop?"""
        return bool(self._within)

    def met(self, kind: str, tag: str, attributes: Attributes) -> None:
        """A tag begins or ends."""
        started = kind == "start"
        if tag in _PROPERTIES:
            self._within.append(tag) if started else self._within.pop()
        elif tag == "p":
            self._paragraphs.append(NOTHING) if started else self._paragraphs.pop()
        elif tag == "r":
            self._run = NOTHING
        elif tag in ("tbl", "tc"):
            self._grounds.append(self._grounds[-1]) if started else self._grounds.pop()
        elif tag == "background" and started:
            self._grounds[0] = None  # a page in a colour, if the reader shows it
        elif tag == "txbxContent":
            self._grounds.append(None) if started else self._grounds.pop()
        elif started and self._within:
            self._said(tag, attributes)

    def is_seen(self) -> bool:
        """Can the letters of the run be told from what they stand on, and are they large enough?"""
        look = self._run.over(self._paragraphs[-1] if self._paragraphs else NOTHING)
        return can_be_seen(look, self._grounds[-1])

    def _said(self, tag: str, attributes: Attributes) -> None:
        outermost = self._within[0]
        if outermost == "rPr":
            if tag == "rStyle":
                self._run = self._run.over(self._styles.get(attributes.get(":val", ""), NOTHING))
            self._run = _with(self._run, tag, attributes)
        elif outermost == "pPr" and self._paragraphs and len(self._within) == 1:
            if tag == "pStyle":
                self._paragraphs[-1] = self._styles.get(attributes.get(":val", ""), NOTHING)
            elif tag == "shd":
                self._paragraphs[-1] = _with(self._paragraphs[-1], tag, attributes)
        elif outermost == "tblPr" and tag == "tblStyle":
            self._grounds[-1] = None  # it may shade rows and columns
        elif outermost in ("tblPr", "tcPr") and tag == "shd":
            ground = _with(NOTHING, tag, attributes).ground
            self._grounds[-1] = ground or self._grounds[-1]


def can_be_seen(look: Look, ground: RGB | None) -> bool:
    """Can letters be told from their own ground, or from the one that they stand on, and are they large enough?"""
    if look.hidden or (look.size is not None and look.size <= _UNREADABLE):
        return False
    ground = look.ground or ground
    return look.colour is None or ground is None or not indistinct(look.colour, ground)


def _with(look: Look, tag: str, attributes: Attributes) -> Look:
    value = attributes.get(":val", "")
    match tag:
        case "color":
            return look._replace(colour=_colour(value) or _AUTOMATIC)
        case "sz":
            return look._replace(size=int(value) if value.isascii() and value.isdecimal() else None)
        case "vanish":
            return look._replace(hidden=value not in _OFF)
        case "shd":
            return look._replace(ground=_colour(attributes.get(":fill", "")) or look.ground)
        case "highlight":
            return look._replace(ground=_colour(value.lower()) or look.ground)
        case _:
            return look


def _colour(value: str) -> RGB | None:
    return rgb(value) if value != "auto" else None
