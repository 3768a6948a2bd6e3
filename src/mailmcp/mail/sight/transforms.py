"""Where transforms leave a box (CSS Transforms 2): flat, turned away, tiny, far off, or behind the eye."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from mailmcp.mail.sight.lengths import degrees, number, pixels

Said = Mapping[str, str]
Matrix = tuple[tuple[float, ...], ...]
"""Four rows of four; its last column moves."""

FAR = 400.0
AWAY = 3_000.0
"""Nobody scrolls as far as that."""
SMALL = 0.15
_FAINT = 0.05
_SLANTED = 28.0
_MAX_FUNCTIONS = 30
_FUNCTION = re.compile(r"([a-z0-9]+)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
_PARTS = re.compile(r"(?:[^\s,()]|\((?:[^()]|\([^()]*\))*\))+")
_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_UNMOVED: Matrix = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
PROPERTIES = frozenset(("transform", "translate", "rotate", "scale", "zoom", "perspective"))


class Turned(NamedTuple):
    """What the transforms of an element do."""

    hides: str = ""
    """The kind of hiding, ``""`` when what is in it can be read."""
    scale: float = 1.0
    """How large its letters are drawn, on the shorter side."""
    across: float = 0.0
    down: float = 0.0
    """How far it is moved, in shares of itself."""
    by: tuple[float, float] = (0.0, 0.0)
    """The same in pixels, right and down, beside those shares."""
    matrix: Matrix | None = None
    """What goes on in its children: only where they are in one space with it."""


STILL = Turned()


def turned(said: Said, space: Matrix | None) -> Turned:
    """What becomes of an element by its own transforms; ``space`` is that of its parent, when it stands in one."""
    if PROPERTIES.isdisjoint(said) and (space is None or "transform-style" not in said):
        return STILL
    zoom = number(said.get("zoom", "1"))
    zoom = zoom if zoom > 0 else 1.0  # what is none does not count
    listed = " ".join((_as_function(said, "translate"), _as_function(said, "rotate"), _as_function(said, "scale")))
    found = _worked_out(f"{listed} {said.get('transform', '')}"[:2_000], said.get("transform-origin", ""), space)
    placed = pixels(said.get("left", ""), 16.0) > 0
    back = said.get("backface-visibility") == "hidden"
    keeps = said.get("transform-style") == "preserve-3d"
    hides = _hiding(found.matrix or _UNMOVED, back, placed and found.across < 0)
    scale = found.scale * zoom
    if not hides and scale <= SMALL:
        hides = "size"
    matrix = found.matrix if keeps else None
    if (eye := pixels(said.get("perspective", "none"), 16.0)) > 0:
        matrix = _times(matrix or _UNMOVED, _seen_from(eye))
    return found._replace(hides=hides, scale=scale, matrix=matrix)


def _as_function(said: Said, name: str) -> str:
    """A property that is a transform, as a function."""
    value = said.get(name, "none")
    if value in ("none", "initial", "unset"):
        return ""
    parts = _PARTS.findall(value)
    if name == "rotate":
        return f"rotate3d({','.join(parts)})" if len(parts) > 1 else f"rotate({value})"
    if name == "scale" and len(parts) == 3:
        name = "scale3d"
    return f"{name}({','.join(parts)})"


def _hiding(matrix: Matrix, back: bool, keeps_place: bool) -> str:
    (a, c, _, x), (b, d, _, y), deep, (_, _, _, w) = matrix
    if not all(map(math.isfinite, (a, b, c, d, x, y, w))):
        return "off_screen"
    if w <= 0:
        return "css"
    if abs(_volume(matrix)) <= _FAINT**3:
        return "size"
    across, down = math.hypot(a, b) / w, math.hypot(c, d) / w
    if abs(a * d - b * c) <= _FAINT * across * down * w * w or min(across, down) <= _FAINT or abs(c) > _SLANTED * w:
        return "size"
    if back and deep[2] < 0:
        return "css"
    if not keeps_place and (min(x, y) / w <= -FAR or max(x, y) / w >= AWAY):
        return "off_screen"
    return ""


def _volume(matrix: Matrix) -> float:
    (a, b, c, _), (d, e, f, _), (g, h, i, _), _ = matrix
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


@lru_cache(maxsize=512)
def _worked_out(functions: str, origin: str, space: Matrix | None) -> Turned:
    matrix = space or _UNMOVED
    across = down = 0.0
    away = [pixels(part, 16.0) for part in _PARTS.findall(origin)[:2]]
    point = [
        by if abs(by) >= FAR and part[-1:] != "%" else 0.0
        for by, part in zip(away, _PARTS.findall(origin), strict=False)
    ]
    if any(point):
        matrix = _times(matrix, _moved(point[0], point[1] if len(point) > 1 else 0.0, 0.0))
    for name, inside in _FUNCTION.findall(functions)[:_MAX_FUNCTIONS]:
        parts = _PARTS.findall(inside)
        if not parts:
            continue
        if name.startswith("translate"):
            shares = _shares(name, parts)
            across, down = across + shares[0], down + shares[1]
        if (one := _one(name, parts)) is not None:
            matrix = _times(matrix, one)
    if any(point):
        matrix = _times(matrix, _moved(-point[0], -(point[1] if len(point) > 1 else 0.0), 0.0))
    w = matrix[3][3] or 1.0
    scale = min(math.hypot(matrix[0][0], matrix[1][0]), math.hypot(matrix[0][1], matrix[1][1])) / abs(w)
    by = (0.0 if across else matrix[0][3], 0.0 if down else matrix[1][3])
    return Turned("", scale, across, down, by, matrix)


def _shares(name: str, parts: list[str]) -> tuple[float, float]:
    shares = [number(part) if "%" in part else 0.0 for part in parts]
    match name:
        case "translatex":
            return shares[0], 0.0
        case "translatey":
            return 0.0, shares[0]
        case "translate" | "translate3d":
            return shares[0], shares[1] if len(shares) > 1 else 0.0
        case _:
            return 0.0, 0.0


def _one(name: str, parts: list[str]) -> Matrix | None:
    """One function as a matrix; None for what is none."""
    if name.startswith("matrix"):
        return _given(name, [number(part) for part in parts])
    if name.startswith("scale"):
        return _scaled(name, [number(part) for part in parts])
    if name.startswith("translate"):
        return _translated(name, parts)
    if name.startswith("rotate"):
        return _rotated(name, parts)
    if name.startswith("skew"):
        angles = [math.tan(math.radians(degrees(part))) for part in parts[:2]]
        across, down = (0.0, angles[0]) if name == "skewy" else (angles[0], angles[1] if len(angles) > 1 else 0.0)
        return ((1.0, across, 0.0, 0.0), (down, 1.0, 0.0, 0.0), *_UNMOVED[2:])
    if name == "perspective" and (far := pixels(parts[0], 16.0)) > 0:
        return _seen_from(far)
    return None


def _seen_from(far: float) -> Matrix:
    return (*_UNMOVED[:3], (0.0, 0.0, -1.0 / max(1.0, far), 1.0))


def _given(name: str, values: list[float]) -> Matrix | None:
    if name == "matrix3d" and len(values) == 16:
        return tuple(tuple(values[at::4]) for at in range(4))
    if len(values) != 6:
        return None
    a, b, c, d, x, y = values
    return ((a, c, 0.0, x), (b, d, 0.0, y), *_UNMOVED[2:])


def _scaled(name: str, by: list[float]) -> Matrix:
    across, down, deep = 1.0, 1.0, 1.0
    match name:
        case "scalex":
            across = by[0]
        case "scaley":
            down = by[0]
        case "scalez":
            deep = by[0]
        case _:
            across, down, deep = by[0], by[1] if len(by) > 1 else by[0], by[2] if len(by) > 2 else 1.0
    return ((across, 0.0, 0.0, 0.0), (0.0, down, 0.0, 0.0), (0.0, 0.0, deep, 0.0), _UNMOVED[3])


def _translated(name: str, parts: list[str]) -> Matrix | None:
    by = [0.0, 0.0, 0.0]
    axes = {"translatex": "x", "translatey": "y", "translatez": "z"}.get(name, "xyz")
    for axis, part in zip(axes, parts, strict=False):
        # Percentages are of the box: as wide as the mail, or a line or two high.
        by["xyz".index(axis)] = pixels(part, 16.0, 0.4 if axis == "y" else 6.0)
    return None if any(map(math.isnan, by)) else _moved(*by)


def _moved(across: float, down: float, deep: float) -> Matrix:
    return ((1.0, 0.0, 0.0, across), (0.0, 1.0, 0.0, down), (0.0, 0.0, 1.0, deep), _UNMOVED[3])


def _rotated(name: str, parts: list[str]) -> Matrix | None:
    angle = math.radians(degrees(parts[-1]))
    if math.isnan(angle):
        return None
    axis = _AXES.get(name.removeprefix("rotate")[:1], _AXES["z"])
    if name == "rotate3d":
        named = _AXES.get(parts[0]) if len(parts) == 2 else None
        axis = named or (tuple(number(part) for part in parts[:3]) if len(parts) == 4 else _AXES["z"])
    length = math.hypot(*axis)
    if not length:
        return None
    x, y, z = (one / length for one in axis)
    sine, cosine = math.sin(angle), math.cos(angle)
    rest = 1 - cosine
    return (
        (cosine + x * x * rest, x * y * rest - z * sine, x * z * rest + y * sine, 0.0),
        (y * x * rest + z * sine, cosine + y * y * rest, y * z * rest - x * sine, 0.0),
        (z * x * rest - y * sine, z * y * rest + x * sine, cosine + z * z * rest, 0.0),
        _UNMOVED[3],
    )


def _times(one: Matrix, other: Matrix) -> Matrix:
    columns = tuple(zip(*other, strict=True))
    return tuple(tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in one)
