"""How the letters of an element are set: their size and look, and what stands round them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailmcp.language.overrides import turned_round
from mailmcp.mail.sight.controls import CONTROLS
from mailmcp.mail.sight.lengths import ROOT_SIZE, pixels
from mailmcp.mail.sight.paint import CONTROLS as FIELDS

if TYPE_CHECKING:
    from mailmcp.mail.sight.styles import Style

Attributes = Mapping[str, str | None]
_UNREADABLE_LINE = 3.0
_CONTROL_SIZE = 13.3
_ROOM = ("padding-top", "padding-bottom", "height", "min-height")
_LONGEST_INDEX = 8
LEFT, RIGHT = 1, 2
_BESIDE = {LEFT: ("margin-left", "padding-left"), RIGHT: ("margin-right", "padding-right")}
_BLANK, _PAGE = 4.0, 600.0
_NO_INDEX = str.maketrans("", "", "0123456789+-")
_BOLD = frozenset(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"))
_MONO = frozenset(("code", "pre", "kbd", "samp", "tt"))
_MONO_NAME = re.compile(r"monospace|courier|consolas|menlo|monaco|mono\b")
_TAG_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "big": 1.2}
_KEYWORD_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0,
}  # fmt: skip
_FONT_ATTRIBUTE_SIZES = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}


def size_of(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str]) -> float:
    """The size of the letters in pixels."""
    value = said.get("font-size")
    if value is None:
        if tag == "font" and (named := _FONT_ATTRIBUTE_SIZES.get((attributes.get("size") or "").strip())):
            return named
        if tag in FIELDS:
            return _CONTROL_SIZE
        if tag == "table" and parent.quirky:
            return ROOT_SIZE
        factor = _TAG_SIZES.get(tag)
        # A heading inside a wrapper of size 0 is nothing, as a browser draws it.
        return parent.size * factor if factor else parent.size
    if value in _KEYWORD_SIZES:
        return _KEYWORD_SIZES[value]
    if value in ("larger", "smaller"):
        return parent.size * (1.2 if value == "larger" else 0.83)
    found = (
        pixels(value.replace("rem", "px"), parent.size) * ROOT_SIZE
        if value.endswith("rem")
        else (pixels(value, parent.size, parent.size / 100))
    )
    return found if found >= 0 else parent.size  # what is none, or below nothing, does not count


def is_bold(tag: str, parent: Style, said: Mapping[str, str]) -> bool:
    """Are they bold?"""
    weight = said.get("font-weight")
    if weight is None or weight == "inherit":
        return tag in _BOLD or parent.bold
    return weight in ("bold", "bolder") or (weight.isdecimal() and len(weight) < 5 and int(weight) >= 600)


def is_preformatted(tag: str, parent: Style, said: Mapping[str, str]) -> bool:
    """Do blanks and line ends count as they are written?"""
    space = said.get("white-space")
    if space is None:
        return tag in ("pre", "textarea", "xmp", "listing", "plaintext") or (parent.preformatted and tag != "table")
    return space.startswith("pre") or space == "break-spaces"


def decoration(said: Mapping[str, str]) -> str:
    """What is drawn through or under them."""
    return said.get("text-decoration", "") + said.get("text-decoration-line", "")


def is_bordered(said: Mapping[str, str]) -> bool:
    """Has the element a border that can be seen?"""
    for name in ("border", "border-top", "border-bottom", "border-left"):
        value = said.get(name)
        if value and value not in ("none", "0", "0px", "initial") and ("solid" in value or "dashed" in value):
            return not value.startswith(("0 ", "0px "))
    return False


def is_padded(said: Mapping[str, str]) -> bool:
    """Is there room between its edge and its words?"""
    names = ("padding", "padding-top", "padding-left")
    return any(name in said and pixels(said[name], ROOT_SIZE) >= 4 for name in names)


def aside(tag: str, said: Mapping[str, str], size: float, display: str) -> int:
    """On which sides of an element in a line is room between it and what stands beside it, as wide as a blank?"""
    if tag in CONTROLS:
        return LEFT | RIGHT
    if not said or not display.startswith("inline"):
        return 0
    sides = 0
    for side, names in _BESIDE.items():
        room = sum(max(0.0, pixels(said[name], size)) for name in names if name in said)
        sides |= side if room >= _BLANK else 0
    if display != "inline" and pixels(said.get("width", ""), size, _PAGE) > 0:
        sides |= RIGHT  # words begin at the left of their box
    return sides


def is_squeezed(parent: Style, said: Mapping[str, str], size: float) -> bool:
    """Do letters lie over each other, or have lines no height where what is outside is cut off?"""
    squeezed = parent.squeezed
    if "letter-spacing" in said:
        squeezed = not -0.6 * size < pixels(said["letter-spacing"], size) < 300 and said["letter-spacing"] != "normal"
    if "word-spacing" in said and not squeezed:
        squeezed = pixels(said["word-spacing"], size) <= -2 * size
    if "line-height" in said:
        high = said["line-height"]
        line = pixels(high, size) * (size if high.replace(".", "", 1).isdecimal() else 1)
        own = "hidden" in said.get("overflow", "") or "clip" in said.get("overflow", "")
        # Letters reach beyond a line without height, into the room that their box has all the same.
        room = max((pixels(said.get(name, ""), size) for name in _ROOM if name in said), default=0.0)
        cut = parent.box.cuts or (own and not room >= size / 2)
        squeezed = (squeezed and "letter-spacing" in said) or (line <= _UNREADABLE_LINE and cut)
    return squeezed


def is_mono(tag: str, parent: Style, said: Mapping[str, str]) -> bool:
    """Do all letters have one width?"""
    return tag in _MONO or (bool(_MONO_NAME.search(said["font-family"])) if "font-family" in said else parent.mono)


def runs_left(attributes: Attributes, parent: Style, said: Mapping[str, str]) -> bool:
    """Is its text set from right to left (``direction``)?"""
    way = said.get("direction") or (attributes.get("dir") or "").strip().lower()
    return way == "rtl" if way in ("ltr", "rtl") else parent.leftward


def is_turned(
    tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str], leftward: bool, inline: bool
) -> bool:
    """Are all letters in it drawn from right to left, whatever they are (CSS Writing Modes 4 §2.4)?"""
    usual = "isolate-override" if tag == "bdo" else "isolate" if tag == "bdi" or attributes.get("dir") else "normal"
    bidi = said.get("unicode-bidi", usual)
    if "override" in bidi:
        return leftward
    return inline and bidi == "normal" and parent.turned


_LINE = re.compile(r"[^\n\t]+")


def backwards(text: str) -> str:
    """Text as it is drawn where each line runs from right to left; lines with letters that do so anyway stay."""
    return _LINE.sub(_turned, text)


def _turned(match: re.Match[str]) -> str:
    line = match.group()
    words = line.strip(" ")
    start = line.index(words)
    return line[:start] + turned_round(words) + line[start + len(words) :]


_CLOSE = "()[]{}|!,."
"""Signs of a formula without room around them."""
_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")


def as_set(text: str, style: Style, *tags: str) -> str:
    """What letters alone would not tell of how they are set: ``10⁶`` is no 106, nor is ``~~14:00~~`` a time that holds.

    ``tags`` are the innermost elements.
    """
    if "sup" in tags or "sub" in tags:
        bare = text.strip()
        if len(bare) <= _LONGEST_INDEX and any(map(str.isdigit, bare)) and not bare.translate(_NO_INDEX):
            text = text.translate(_RAISED if "sup" in tags else _LOWERED)
    if tags[0] == "mo" and (sign := text.strip()) and sign not in _CLOSE:
        text = f" {sign} "
    if style.struck and any(map(str.isalnum, text)):
        bare = text.strip()
        text = text.replace(bare, f"~~{bare}~~")
    return text
