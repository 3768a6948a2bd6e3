"""Why a box is out of sight though it is drawn: too small, clipped, masked, shrunk by a transform, or far away."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache

from mailmcp.mail.sight.clippaths import is_cut_away, leaves_nothing
from mailmcp.mail.sight.colours import even
from mailmcp.mail.sight.edges import grows
from mailmcp.mail.sight.lengths import number, pixels
from mailmcp.mail.sight.transforms import AWAY, FAR

Said = Mapping[str, str]

_FLAT = 3.0
"""Pixels of a box in which no letter can be read."""
_SHOWN = 12.0
"""Pixels beyond a box in which words are drawn all the same."""
_FLATTEST = 800 / _FLAT
"""How many times as wide as high is a box in which no letter can be read, wherever it stands."""
_FAINT = 0.05
_BLURRED = 8.0
_BLINDING = 8.0
_FILTERED = re.compile(r"opacity\s*[(=]\s*([^()]{1,40}(?:\([^()]*\))?)\s*\)")
_FUNCTION = re.compile(r"([a-z0-9]+)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
_SHRUNK = re.compile(r"(?:0 )?(?:[01] )?0(?:px|%)?\Z")
_NO_TRACK = re.compile(r"(?:minmax\(0(?:px)?,)?0+\.?0*(?:fr|px|em|rem|%)?\)?\Z")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_BLANKS_OR_COMMAS = re.compile(r"[\s,]+")
_SIZES = (("height", "min-height"), ("width", "min-width"), ("max-height", "min-height"), ("max-width", "min-width"))
_OF_TABLES = frozenset(("td", "th", "tr", "table", "tbody", "thead", "tfoot"))
_LOOKED_AT_NAMES = """
    filter overflow overflow-x overflow-y contain position margin-top
    clip clip-path mask mask-image mask-size -webkit-mask-box-image content offset-path font-size-adjust
"""
_LOOKED_AT = frozenset(_LOOKED_AT_NAMES.split())


def vanished(tag: str, said: Said, size: float, fixed: float) -> str:
    """The kind of hiding of an element with all it holds, ``""`` when these properties leave it in sight.

    ``fixed`` is the width of the table that it is in, when that gives its columns no more than is said, else below 0.
    """
    if tag == "img" and any(pixels(said.get(name, ""), size) <= 1 for name in ("width", "height")):
        return "size"
    if _LOOKED_AT.isdisjoint(said):
        return ""
    if _is_filtered(said) or _is_masked(said):
        return "css"
    if "content" in said and "url(" in said["content"].lower():
        return "css"  # the picture stands in its place
    if "font-size-adjust" in said and number(said["font-size-adjust"]) <= _FAINT:
        return "size"
    if "offset-path" in said and said["offset-path"] not in ("none", "initial"):
        return "off_screen"  # no mail program moves text along a path
    if _collapsed(tag, said, size, fixed):
        return "size"
    if _off_screen(said, size):
        return "off_screen"
    if "clip-path" in said and is_cut_away(said["clip-path"]):
        return "off_screen"
    if "clip" in said and said.get("position") in ("absolute", "fixed") and _cut(said["clip"]):
        return "off_screen"
    return ""


def shut(said: Said, beside: bool, without_rows: bool) -> bool:
    """Is it a box of no width or height by what its parent does: a row of a flex box, or a grid without height?"""
    if not overflow_of(said):
        return False
    return without_rows or (beside and _is_shrunk(said))


def _is_shrunk(said: Said) -> bool:
    if "flex" in said:
        return _SHRUNK.match(said["flex"]) is not None
    return "flex-basis" in said and pixels(said["flex-basis"], 16.0) <= 0 and not grows(said)


def flat(said: Said, size: float) -> str:
    """Has the box no height, so that what it holds stands below its ground? ``grid``, ``box`` or ``""``."""
    rows = said.get("grid-template-rows") or said.get("grid-auto-rows", "")
    if rows and "grid" in said.get("display", "") and all(_NO_TRACK.match(one) for one in rows.split()):
        return "grid"
    if "height" not in said and "max-height" not in said:
        return ""
    high = any(pixels(said.get(name, ""), size) <= _FLAT for name in ("height", "max-height"))
    return "box" if high and not any(name.startswith(("padding", "min-height", "border")) for name in said) else ""


def overflow_of(said: Said) -> str:
    """What cuts off words that do not fit; ``""`` when they are drawn beyond the box."""
    if said.get("overflow") == "clip" and pixels(said.get("overflow-clip-margin", "0"), 16.0) >= _SHOWN:
        return ""
    overflow = said.get("overflow", "") + said.get("overflow-x", "") + said.get("overflow-y", "")
    return "" if overflow in ("visible", "initial", "unset") else overflow


def fading(said: Said, inherited: float = 1.0) -> float:
    """The share of an element's strength that its own opacity and filters leave; ``inherited`` is its parent's own."""
    strength = 1.0
    if "opacity" in said:
        strength = inherited if said["opacity"] == "inherit" else max(0.0, min(1.0, number(said["opacity"])))
    if "filter" in said:
        for one in _FILTERED.findall(said["filter"]):
            strength *= max(0.0, min(1.0, number(one.strip())))
    return strength


def _is_filtered(said: Said) -> bool:
    if "filter" not in said:
        return False
    for name, inside in _FUNCTION.findall(said["filter"]):
        if name == "blur" and pixels(inside, 16.0) >= _BLURRED:
            return True
        if name == "contrast" and number(inside) <= _FAINT and "background-color" in said:
            return True
        if name == "brightness" and not _FAINT < number(inside) < _BLINDING and "background-color" in said:
            return True
    return False


def _is_masked(said: Said) -> bool:
    lit = "luminance" in said.get("mask", "") + said.get("mask-mode", "")
    for name in ("mask", "mask-image", "-webkit-mask-box-image"):
        found = even(said[name]) if name in said else None
        if found is not None and found[1] * (max(found[0]) / 255 if lit else 1.0) <= _FAINT:
            return True
        if "url(" in said.get(name, ""):
            return True  # a picture that is not fetched lets nothing through
    if "mask-size" in said and pixels(said["mask-size"], 16.0) <= _FLAT:
        return True
    mask = said.get("mask", "")
    size = said.get("mask-size") or mask.rpartition(")")[2].partition("/")[2].strip()
    return "no-repeat" in mask + said.get("mask-repeat", "") and pixels(size, 16.0) <= 2 * _FLAT


def _collapsed(tag: str, said: Said, size: float, fixed: float) -> bool:
    overflow = overflow_of(said)
    contained = said.get("contain", "")
    if contained == "strict" or ("size" in contained and ("paint" in contained or overflow)):
        return not any(pixels(said.get(name, ""), size) > _FLAT for name in ("height", "min-height"))
    if not overflow:
        return False
    if flat(said, size) == "grid":
        return True
    if tag in _OF_TABLES and said.get("display") not in ("block", "inline-block"):
        # Cells and tables grow with what they hold; only where the columns are fixed they do not.
        if fixed >= 0 and tag in ("td", "th") and min(fixed, pixels(said.get("width", "600px"), size)) <= 1:
            return True
        return pixels(said.get("max-width", ""), size) <= 1 and not pixels(said.get("width", ""), size) > 1
    if "aspect-ratio" in said and "height" not in said and "min-height" not in said:
        wide, _, high = said["aspect-ratio"].partition("/")
        if number(wide) >= _FLATTEST * number(high or "1") > 0:
            return True
    item = grows(said)
    below = said.get("padding-bottom", "")
    beneath = pixels(below, size) >= size / 2  # letters reach into it
    for name, least in _SIZES:
        if "height" in name and (beneath or _is_open_below(said)):
            continue
        if name == "width" and item:
            continue
        if name in said and pixels(said[name], size) <= _FLAT and not pixels(said.get(least, ""), size) > _FLAT:
            return True
    return False


def _is_open_below(said: Said) -> bool:
    """Is only what stands beside it cut off?"""
    return (
        said.get("overflow-x") == "clip" and "overflow" not in said and said.get("overflow-y", "visible") == "visible"
    )


def _off_screen(said: Said, size: float) -> bool:
    if "margin-top" in said and not -FAR < (margin := pixels(said["margin-top"], size)) < AWAY:
        return not math.isnan(margin)
    position = said.get("position", "static")
    if position == "static":
        return False
    far = {"fixed": (600.0, 800.0)}.get(position, (AWAY, AWAY))
    back = FAR if position == "relative" else 1_000.0
    for name, most in (("left", far[0]), ("top", far[1]), ("right", back), ("bottom", back)):
        if name not in said or (name == "left" and position == "relative"):
            continue  # how far that is from the edge of the page is known elsewhere
        if position == "fixed" and said[name][-1:] == "%" and number(said[name]) >= 1:
            return True
        if (at := pixels(said[name], size)) <= -FAR or at >= most:
            return True
    return False


@lru_cache(maxsize=256)
def _cut(value: str) -> bool:
    """``clip: rect(top, right, bottom, left)`` of nothing."""
    match = _FUNCTION.match(value)
    parts = _BLANKS_OR_COMMAS.split(match[2].strip()) if match and match[1] == "rect" else []
    return len(parts) == 4 and leaves_nothing(parts)
