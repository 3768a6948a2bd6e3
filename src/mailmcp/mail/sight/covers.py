"""Boxes that lie over other words: by their place, or by the border, outline or shadow round them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from mailmcp.mail.sight.brackets import parted
from mailmcp.mail.sight.colours import RGB, even, parsed
from mailmcp.mail.sight.lengths import number, pixels

Said = Mapping[str, str]
Cover = Literal["", "stage", "page"]

_WIDE = 280.0
"""Pixels round a box that lie over all of a mail beside it."""
_FILLING, _WIDEST = 100.0, 600.0
"""Pixels of a shadow inside a box that fill it, as high as some lines and as wide as a mail."""
_TOKEN = re.compile(r"[a-z-]+\((?:[^()]|\([^()]*\))*\)|[^\s()]+")
_RINGS = (
    "border",
    "outline",
    "border-width",
    "outline-width",
    "border-top",
    "border-left",
    "border-bottom",
    "border-right",
)


def covering(said: Said, size: float, within: bool) -> Cover:
    """What the box lies over, letting nothing through: all of what it is positioned in, or all of the page.

    ``within`` says that what it is positioned in cuts off what does not fit.
    """
    position = said.get("position", "static")
    if position == "static" or said.get("visibility") in ("hidden", "collapse") or said.get("z-index", "")[:1] == "-":
        return ""
    if "clip-path" not in said and (_is_ringed(said, size) or _is_shadowed(said, size)):
        return "stage" if within else "page"
    if position not in ("absolute", "fixed"):
        return ""
    top, right, bottom, left = (
        abs(pixels(said.get(name, ""), size)) <= 5 for name in ("top", "right", "bottom", "left")
    )
    wide = (left and right) or _at_least(said.get("width", ""), size, 500)
    high = (top and bottom) or ((top or bottom) and _at_least(said.get("height", ""), size, 300))
    return "stage" if wide and high and _is_opaque(said) else ""


def _is_opaque(said: Said) -> bool:
    ground = even(said.get("background-image", "none")) or parsed(said.get("background-color", ""))
    return ground is not None and ground[1] > 0.9


def _at_least(value: str, size: float, least: float) -> bool:
    return number(value) >= 0.98 if value.endswith("%") else pixels(value, size) >= least


def _is_ringed(said: Said, size: float) -> bool:
    """Has it a border or an outline as wide as a mail?"""
    for name in _RINGS:
        if name in said and any(pixels(part, size) >= _WIDE for part in _TOKEN.findall(said[name])):
            return _is_painted(said[name]) and "none" not in said[name]
    return False


def _is_shadowed(said: Said, size: float) -> bool:
    """Has it a shadow that spreads as wide as a mail?"""
    for shadow in parted(said["box-shadow"])[:20] if "box-shadow" in said else ():
        if "inset" in shadow or not _is_painted(shadow):
            continue
        lengths = [found for part in _TOKEN.findall(shadow) if (found := pixels(part, size)) == found]
        if len(lengths) == 4 and lengths[3] - abs(lengths[0]) - abs(lengths[1]) >= _WIDE:
            return True
    return False


def shade_of(value: str, size: float) -> RGB | None:
    """The colour of a shadow inside a box (``inset``) that fills it, as a ground above its own; None for others."""
    for shadow in parted(value)[:20]:
        parts = _TOKEN.findall(shadow)
        if "inset" not in parts:
            continue
        lengths = [found for part in parts if (found := pixels(part, size)) == found]
        across, down, blur, spread = (*lengths, 0.0, 0.0, 0.0, 0.0)[:4]
        colours = [found for part in parts if not part[0].isdigit() and (found := parsed(part)) is not None]
        reach = spread - blur
        fills = reach >= _FILLING or abs(across) + reach >= _WIDEST or abs(down) + reach >= _FILLING
        if fills and colours and colours[0][1] > 0.9:
            return colours[0][0]
    return None


def _is_painted(value: str) -> bool:
    """Is the colour in it one that lets nothing through? The colour of letters is, where none is said."""
    colours = [found for part in _TOKEN.findall(value) if (found := parsed(part)) is not None and not part[0].isdigit()]
    return not colours or colours[-1][1] > 0.9
