"""Why a box is out of sight though it is drawn: too small, clipped, masked, shrunk by a transform, or far away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from mailmcp.mail.sight.colours import even, parsed
from mailmcp.mail.sight.lengths import degrees, number, pixels

Said = Mapping[str, str]

FAR = 400.0
_AWAY = 3_000.0
"""Nobody scrolls as far as that."""
_FLAT = 3.0
"""Pixels of a box in which no letter can be read."""
_FAINT = 0.05
_SMALL = 0.15
_BLURRED = 8.0
_BLINDING = 8.0
_FILTERED = re.compile(r"opacity\s*[(=]\s*([^()]{1,40}(?:\([^()]*\))?)\s*\)")
_FUNCTION = re.compile(r"([a-z0-9]+)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
_SHRUNK = re.compile(r"(?:0 )?0 0(?:px|%)?\Z|0 0\Z")
_NO_TRACK = re.compile(r"0+\.?0*(?:fr|px|em|rem|%)?\Z")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_BLANKS_OR_COMMAS = re.compile(r"[\s,]+")
_SIZES = (("height", "min-height"), ("width", "min-width"), ("max-height", "min-height"), ("max-width", "min-width"))
_OF_TABLES = frozenset(("td", "th", "tr", "table", "tbody", "thead", "tfoot"))
_LOOKED_AT_NAMES = """
    opacity filter overflow overflow-x overflow-y contain text-indent position margin-left margin-top padding-left
    transform clip clip-path zoom scale rotate mask mask-image mask-size content offset-path font-size-adjust
"""
_LOOKED_AT = frozenset(_LOOKED_AT_NAMES.split())


def vanished(tag: str, said: Said, size: float) -> str:
    """The kind of hiding of an element with all it holds, ``""`` when these properties leave it in sight."""
    if tag == "img" and any(pixels(said.get(name, ""), size) <= 1 for name in ("width", "height")):
        return "size"
    if _LOOKED_AT.isdisjoint(said):
        return ""
    if ("opacity" in said and number(said["opacity"]) <= _FAINT) or _is_filtered(said) or _is_masked(said):
        return "css"
    if "content" in said and "url(" in said["content"]:
        return "css"  # the picture stands in its place
    if "font-size-adjust" in said and number(said["font-size-adjust"]) <= _FAINT:
        return "size"
    if "offset-path" in said and said["offset-path"] not in ("none", "initial"):
        return "off_screen"  # no mail program moves text along a path
    if _collapsed(tag, said, size) or any(_least(said.get(name, "")) <= _SMALL for name in ("zoom", "scale")):
        return "size"
    if _off_screen(said, size):
        return "off_screen"
    if "clip-path" in said and _clipped(said["clip-path"]):
        return "off_screen"
    if "clip" in said and said.get("position") in ("absolute", "fixed") and _cut(said["clip"]):
        return "off_screen"
    turned = f"rotate3d({said['rotate']})" if "rotate" in said else ""
    if "transform" in said or turned:
        back = said.get("backface-visibility") == "hidden"
        placed = pixels(said.get("left", ""), size) > 0
        return _transformed(said.get("transform", "") + turned, back, placed)
    return ""


def shut(said: Said, beside: bool, without_rows: bool) -> bool:
    """Is it a box of no width or height by what its parent does: a row of a flex box, or a grid without height?"""
    if not overflow_of(said):
        return False
    return without_rows or (beside and _SHRUNK.match(said.get("flex", "")) is not None)


def flat(said: Said, size: float) -> str:
    """Has the box no height, so that what it holds stands below its ground? ``grid``, ``box`` or ``""``."""
    rows = said.get("grid-template-rows", "")
    if rows and "grid" in said.get("display", "") and all(_NO_TRACK.match(one) for one in rows.split()):
        return "grid"
    if "height" not in said and "max-height" not in said:
        return ""
    high = any(pixels(said.get(name, ""), size) <= _FLAT for name in ("height", "max-height"))
    return "box" if high and not any(name.startswith(("padding", "min-height", "border")) for name in said) else ""


def overflow_of(said: Said) -> str:
    """What cuts off words that do not fit; ``""`` when they are drawn beyond the box."""
    overflow = said.get("overflow", "") + said.get("overflow-x", "") + said.get("overflow-y", "")
    return "" if overflow in ("visible", "initial", "unset") else overflow


def covering(said: Said, size: float) -> bool:
    """Does the box lie over all of what it is positioned in, and let nothing through?"""
    if said.get("position") not in ("absolute", "fixed") or said.get("z-index", "")[:1] == "-":
        return False
    top, right, bottom, left = (
        abs(pixels(said.get(name, ""), size)) <= 5 for name in ("top", "right", "bottom", "left")
    )
    wide = (left and right) or _at_least(said.get("width", ""), size, 500)
    high = (top and bottom) or ((top or bottom) and _at_least(said.get("height", ""), size, 300))
    return wide and high and _is_opaque(said)


def _is_opaque(said: Said) -> bool:
    ground = even(said.get("background-image", "none")) or parsed(said.get("background-color", ""))
    return ground is not None and ground[1] > 0.9


def _at_least(value: str, size: float, least: float) -> bool:
    return number(value) >= 0.98 if value.endswith("%") else pixels(value, size) >= least


def _least(value: str) -> float:
    return min((abs(number(one)) for one in value.split()), default=1.0)


def _is_filtered(said: Said) -> bool:
    if "filter" not in said:
        return False
    if any(number(one.strip()) <= _FAINT for one in _FILTERED.findall(said["filter"])):
        return True
    for name, inside in _FUNCTION.findall(said["filter"]):
        if (name == "blur" and pixels(inside, 16.0) >= _BLURRED) or (name == "contrast" and number(inside) <= _FAINT):
            return True
        if name == "brightness" and not _FAINT < number(inside) < _BLINDING and "background-color" in said:
            return True
    return False


def _is_masked(said: Said) -> bool:
    for name in ("mask", "mask-image"):
        if name in said and (found := even(said[name])) is not None and found[1] <= _FAINT:
            return True
        if "url(" in said.get(name, ""):
            return True  # a picture that is not fetched lets nothing through
    return "mask-size" in said and pixels(said["mask-size"], 16.0) <= _FLAT


def _collapsed(tag: str, said: Said, size: float) -> bool:
    overflow = overflow_of(said)
    contained = said.get("contain", "")
    if contained == "strict" or ("size" in contained and ("paint" in contained or overflow)):
        return not any(pixels(said.get(name, ""), size) > _FLAT for name in ("height", "min-height"))
    if not overflow:
        return False
    if flat(said, size) == "grid":
        return True
    if tag in _OF_TABLES:
        # Cells and tables grow with what they hold; only where the columns are fixed they do not.
        return pixels(said.get("max-width", ""), size) <= 1 and not pixels(said.get("width", ""), size) > 1
    for name, least in _SIZES:
        if name in said and pixels(said[name], size) <= _FLAT and not pixels(said.get(least, ""), size) > _FLAT:
            return True
    return False


def _off_screen(said: Said, size: float) -> bool:
    if "text-indent" in said and abs(pixels(said["text-indent"], size)) >= FAR:
        return True
    for name in ("margin-left", "margin-top"):
        if name in said and not -FAR < pixels(said[name], size) < _AWAY:
            return "auto" not in said[name] and pixels(said[name], size) == pixels(said[name], size)
    if "padding-left" in said and pixels(said["padding-left"], size) >= _AWAY:
        return True
    position = said.get("position", "static")
    if position == "static":
        return False
    far = {"fixed": (600.0, 800.0)}.get(position, (_AWAY, _AWAY))
    back = FAR if position == "relative" else 1_000.0
    for name, most in (("left", far[0]), ("top", far[1]), ("right", back), ("bottom", back)):
        if name in said and ((at := pixels(said[name], size)) <= -FAR or at >= most):
            return True
    return False


@lru_cache(maxsize=512)
def _transformed(value: str, back: bool, placed: bool) -> str:
    """The kind of hiding that a list of transforms does."""
    for name, inside in _FUNCTION.findall(value):
        parts = [part for part in _BLANKS_OR_COMMAS.split(inside.strip()) if part]
        if "(" in inside:
            parts = [part.strip() for part in inside.split(",")]
        if not parts:
            continue
        if name.startswith("matrix"):
            if kind := _by_matrix(name, parts):
                return kind
        elif name.startswith("scale"):
            if any(abs(number(part)) <= _FAINT for part in parts):
                return "size"
        elif name.startswith(("rotate", "skew")):
            if kind := _turned(name, parts, back):
                return kind
        elif name.startswith("translate") and _moved(name, parts, placed):
            return "off_screen"
    return ""


def _by_matrix(name: str, parts: list[str]) -> str:
    values = [number(part) for part in parts]
    if name == "matrix3d" and len(values) == 16:
        values = [values[at] for at in (0, 1, 4, 5, 12, 13)]
    if len(values) != 6:
        return ""
    a, b, c, d, x, y = values
    if abs(a * d - b * c) <= _FAINT * _FAINT or (abs(a) + abs(c)) <= _FAINT or (abs(b) + abs(d)) <= _FAINT:
        return "size"
    return "off_screen" if min(x, y) <= -FAR or max(x, y) >= _AWAY else ""


def _turned(name: str, parts: list[str], back: bool) -> str:
    angle = degrees(parts[-1])
    if name == "rotate3d":
        axes = " ".join(parts[:-1])
        if not (axes in ("x", "y") or (len(parts) == 4 and abs(number(parts[2])) < _FAINT and axes != "0 0 0")):
            return ""
    elif name in ("rotate", "rotatez"):
        return ""
    if abs(abs(angle) % 180 - 90) <= 2:
        return "size"
    return "css" if back and name.startswith("rotate") and 90 < abs(angle) % 360 < 270 else ""


def _moved(name: str, parts: list[str], placed: bool) -> bool:
    if name == "translatez":
        return False
    axes = {"translatex": "x", "translatey": "y"}.get(name, "xy")
    for axis, part in zip(axes, parts, strict=False):
        # Percentages are of the box: as wide as the mail, or a line or two high.
        by = pixels(part, 16.0, 6.0 if axis == "x" else 0.4)
        if by >= _AWAY or (by <= -FAR and not (placed and part.endswith("%"))):
            return True
    return False


@lru_cache(maxsize=256)
def _cut(value: str) -> bool:
    """``clip: rect(top, right, bottom, left)`` of nothing."""
    match = _FUNCTION.match(value)
    parts = _BLANKS_OR_COMMAS.split(match[2].strip()) if match and match[1] == "rect" else []
    return len(parts) == 4 and _leaves_nothing(parts)


def _leaves_nothing(parts: list[str]) -> bool:
    top, right, bottom, left = (
        (pixels(part, 16.0) if part != "auto" else _AWAY * (place in (1, 2))) for place, part in enumerate(parts)
    )
    return bottom - top <= _FLAT or right - left <= _FLAT


@lru_cache(maxsize=256)
def _clipped(value: str) -> bool:
    """Does a clip-path leave nothing to be read?"""
    match = _FUNCTION.search(value)
    if match is None:
        return False
    shape, inside = match[1], match[2].partition(" round ")[0].strip()
    parts = [part for part in _BLANKS_OR_COMMAS.split(inside) if part]
    match shape:
        case "inset":
            sides = (parts * 4)[:4] if len(parts) in (1, 2) else [*parts, *parts[1:2]][:4]
            return len(sides) == 4 and (_meets(sides[0], sides[2]) or _meets(sides[1], sides[3]))
        case "circle" | "ellipse":
            size, _, place = inside.partition("at ")
            radii = [pixels(part, 16.0) for part in size.split() if part[:1] in "0123456789.-"]
            if any(radius <= _FLAT for radius in radii):
                return True
            return bool(radii) and any(pixels(part, 16.0) <= -max(radii) for part in place.split())
        case "polygon":
            points = [[pixels(one, 16.0) for one in point.split()[-2:]] for point in inside.split(",")]
            across, down = [point[0] for point in points if point], [point[-1] for point in points if point]
            return any(axis and (max(axis) - min(axis) <= _FLAT or max(axis) <= 0) for axis in (across, down))
        case "xywh":
            return len(parts) >= 4 and any(pixels(part, 16.0) <= _FLAT for part in parts[2:4])
        case "rect":
            return len(parts) == 4 and _leaves_nothing(parts)
        case "path":
            return len(_NUMBER.findall(inside)) <= 4
        case "url" | "shape":
            return True  # not worked out, and of no use in a mail
        case _:
            return False


def _meets(one: str, other: str) -> bool:
    """Do two sides of an inset meet?"""
    share = sum(number(side) for side in (one, other) if side.endswith("%"))
    return share >= 0.97 or sum(pixels(side, 16.0) for side in (one, other) if not side.endswith("%")) >= FAR
