"""Cells of a workbook that show nothing: by their number format, or in the colour of their ground (ECMA-376, §18.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mailmcp.mail.files.archives import Archive
from mailmcp.mail.sight.colours import BLACK, RGB, WHITE, indistinct, rgb

Attributes = Mapping[str, str]
_STYLES = "xl/styles.xml"
_MOST = 65_000
_SMALLEST = 2.0
"""Points."""
_OFF = ("", "0", "false", "off")
_THEME = {"0": WHITE, "1": BLACK}
"""The first two colours of a theme are what letters stand on, and letters (unless it is a dark one)."""


@dataclass(slots=True)
class _Font:
    colour: RGB | None = BLACK
    """None: not known."""
    size: float = 11.0


class Unseen(NamedTuple):
    """The cell styles that show nothing."""

    always: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    """Those that show no number, but text."""

    def hides(self, style: int, kind: str | None) -> bool:
        """Does a style show nothing of a cell of this type?"""
        return style in self.always or (style in self.numbers and kind in (None, "n"))


def is_hidden(attributes: Attributes) -> bool:
    """Is a row or a column hidden, or without height or width?"""
    if attributes.get("hidden", "") not in _OFF:
        return True
    said = attributes.get("ht" if "ht" in attributes else "width", "")
    return said.replace(".", "", 1).isdecimal() and float(said) < 0.1


def unseen_of(archive: Archive) -> Unseen:
    """The cell styles of a workbook that show nothing."""
    formats: dict[str, str] = {}
    fonts: list[_Font] = []
    grounds: list[RGB | None] = []
    styles: list[Attributes] = []
    part = ""
    for kind, name, attributes in archive.optional(_STYLES):
        if name in ("numFmts", "fonts", "fills", "cellXfs", "dxfs"):
            part = name if kind == "start" else ""
        elif kind == "start" and part == "numFmts" and name == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "").replace(" ", "")
        elif kind == "start" and part == "fonts":
            _read_font(name, attributes, fonts)
        elif kind == "start" and part == "fills":
            if name == "fill":
                grounds.append(WHITE)
            elif name == "patternFill" and attributes.get("patternType", "none") != "none" and grounds:
                grounds[-1] = None
            elif name == "fgColor" and grounds:
                grounds[-1] = _colour(attributes)
            elif name == "gradientFill" and grounds:
                grounds[-1] = None
        elif kind == "start" and part == "cellXfs" and name == "xf" and len(styles) < _MOST:
            styles.append(attributes)
    always = frozenset(at for at, style in enumerate(styles) if _shows_nothing(style, formats, fonts, grounds))
    blind = frozenset(at for at, style in enumerate(styles) if _format(style, formats) in (";;", '"";"";""'))
    return Unseen(always, blind)


def _shows_nothing(
    style: Attributes, formats: Mapping[str, str], fonts: list[_Font], grounds: list[RGB | None]
) -> bool:
    if _format(style, formats) == ";;;":
        return True
    at, beneath = _place(style, "fontId"), _place(style, "fillId")
    if at >= len(fonts) or beneath > len(grounds):
        return False
    font, ground = fonts[at], grounds[beneath] if beneath < len(grounds) else WHITE
    return font.size < _SMALLEST or (font.colour is not None and ground is not None and indistinct(font.colour, ground))


def _format(style: Attributes, formats: Mapping[str, str]) -> str:
    return formats.get(style.get("numFmtId", ""), "")


def _place(style: Attributes, name: str) -> int:
    number = style.get(name, "0")
    return int(number) if number.isdecimal() and len(number) < 6 else 0


def _read_font(name: str, attributes: Attributes, fonts: list[_Font]) -> None:
    if name == "font":
        fonts.append(_Font())
    elif name == "color" and fonts:
        fonts[-1].colour = _colour(attributes)
    elif name == "sz" and fonts:
        size = attributes.get("val", "")
        fonts[-1].size = float(size) if size.replace(".", "", 1).isdecimal() else fonts[-1].size


def _colour(attributes: Attributes) -> RGB | None:
    """None where it is not known: another colour of the theme, or one of a palette."""
    if attributes.get("tint", "0").strip("0.-"):
        return None
    if "theme" in attributes:
        return _THEME.get(attributes["theme"])
    if attributes.get("indexed") in ("0", "8", "64"):
        return BLACK
    if attributes.get("indexed") in ("1", "9", "65"):
        return WHITE
    return rgb(attributes.get("rgb", "")[-6:])
