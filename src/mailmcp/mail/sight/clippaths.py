"""Shapes that a box is cut to (CSS Masking 1, CSS Shapes 1): what they leave of it.

How large the box is is not known: shares of it are taken as they are, and pixels as of a box like a line of mail.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailmcp.mail.sight.lengths import number, pixels
from mailmcp.mail.sight.transforms import AWAY, FAR

_FLAT = 3.0
"""Pixels of a box in which no letter can be read."""
_WHOLE = 0.97
_PAGE = 800.0
_LOW = 0.2
"""Pixels of one per cent of a line's height."""
_FUNCTION = re.compile(r"([a-z0-9]+)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
_PARTS = re.compile(r"(?:[^\s,()]|[a-z]*\((?:[^()]|\([^()]*\))*\))+")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_STEP = re.compile(r"([a-z])([^a-z]*)")


@lru_cache(maxsize=256)
def is_cut_away(value: str) -> bool:
    """Does a clip-path leave nothing to be read?"""
    match = _FUNCTION.search(value)
    if match is None:
        return False
    shape, inside = match[1], match[2].partition(" round ")[0].strip()
    parts = _PARTS.findall(inside)
    match shape:
        case "inset":
            sides = (parts * 4)[:4] if len(parts) in (1, 2) else [*parts, *parts[1:2]][:4]
            return len(sides) == 4 and (_meets(sides[0], sides[2]) or _meets(sides[1], sides[3]))
        case "circle" | "ellipse":
            return _is_round_nothing(inside)
        case "polygon":
            points = [_PARTS.findall(point)[-2:] for point in inside.split(",")]
            return any(_is_thin([point[axis] for point in points if len(point) == 2], axis) for axis in (0, 1))
        case "xywh":
            return len(parts) >= 4 and any(pixels(part, 16.0) <= _FLAT for part in parts[2:4])
        case "rect":
            return len(parts) == 4 and leaves_nothing(parts)
        case "path":
            return _is_path_of_nothing(inside)
        case "url":
            return inside.strip("\"' ").startswith("#")  # a file that is not fetched cuts nothing away
        case "shape":
            return True  # not worked out, and of no use in a mail
        case _:
            return False


def _is_round_nothing(inside: str) -> bool:
    size, _, place = (" " + inside).partition(" at ")
    centre = _PARTS.findall(place)
    radii = [pixels(part, 16.0) for part in _PARTS.findall(size) if part[:1] in "0123456789.-"]
    if any(radius <= 2 * _FLAT for radius in radii):
        return True
    if not radii:
        near = "farthest" not in size and ("closest" in size or len(centre) > 0)
        return near and any(part in ("left", "right", "top", "bottom", "100%") or number(part) == 0 for part in centre)
    for axis, part in enumerate(centre[:2]):
        at, whole = pixels(part, 16.0, _LOW if axis else 6.0), _LOW * 100 if axis else 600.0
        if at <= -max(radii) or (at - whole >= max(radii) and "%" in part):
            return True
    return False


def _is_thin(places: list[str], axis: int) -> bool:
    """Do the points of a polygon leave nothing along an axis?"""
    if not places:
        return False
    shares = [number(one) for one in places if "%" in one]
    if len(shares) == len(places) and (min(shares) >= _WHOLE or max(shares) <= 1 - _WHOLE):
        return True
    at = [pixels(one, 16.0) for one in places]
    return max(at) - min(at) <= _FLAT or max(at) <= 0 or (axis == 0 and min(at) >= _PAGE)


def _is_path_of_nothing(inside: str) -> bool:
    """Its steps may be from the corner of the box or from where the last one ended: values come in lower case."""
    if len(_NUMBER.findall(inside)) <= 4:
        return True
    return any(_leaves_no_area(_points(inside, relative)) for relative in (False, True))


def _points(inside: str, relative: bool) -> list[tuple[float, float]]:
    x = y = 0.0
    points: list[tuple[float, float]] = []
    for step, said in _STEP.findall(inside):
        values = [float(one) for one in _NUMBER.findall(said)]
        if step in "hv":
            pairs = [(one, 0.0 if relative else y) if step == "h" else (0.0 if relative else x, one) for one in values]
        elif step == "a":
            pairs = [(values[at + 5], values[at + 6]) for at in range(0, len(values) - 6, 7)]
        else:
            pairs = list(zip(values[::2], values[1::2], strict=False))
        for across, down in pairs:
            x, y = (x + across, y + down) if relative else (across, down)
            points.append((x, y))
    return points


def _leaves_no_area(points: list[tuple[float, float]]) -> bool:
    across, down = [x for x, _ in points], [y for _, y in points]
    if not points or max(across) - min(across) <= _FLAT or max(down) - min(down) <= _FLAT:
        return True
    return max(across) <= 0 or max(down) <= 0 or min(across) >= _PAGE or min(down) >= FAR


def leaves_nothing(parts: list[str]) -> bool:
    """Is a rectangle (top, right, bottom, left) too small for a letter?"""
    top, right, bottom, left = (
        (pixels(part, 16.0) if part != "auto" else AWAY * (place in (1, 2))) for place, part in enumerate(parts)
    )
    return bottom - top <= _FLAT or right - left <= _FLAT


def _meets(one: str, other: str) -> bool:
    """Do two sides of an inset meet?"""
    share = sum(number(side) for side in (one, other) if "%" in side)
    return share >= _WHOLE or sum(pixels(side, 16.0) for side in (one, other) if "%" not in side) >= FAR
