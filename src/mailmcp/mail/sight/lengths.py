"""CSS lengths, numbers and angles as figures (CSS Values and Units 4)."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from mailmcp.mail.sight.sums import ANGLES, worked_out

ROOT_SIZE = 16.0
_PERCENT = 6.0
"""Pixels of one per cent: a mail is some 600 pixels wide."""
_MAX_TEXT = 200

_LENGTH = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)\s*([a-z]{1,5}|%)?")
_FUNCTION = re.compile(r"-?[a-z][a-z0-9-]*\(")
_PIXELS = {
    "": 1.0, "px": 1.0, "pt": 4 / 3, "cm": 37.8, "mm": 3.78, "q": 0.945, "in": 96.0, "pc": 16.0, "vh": 8.0, "vb": 8.0,
    "vmax": 8.0, "vw": 6.0, "vi": 6.0, "vmin": 6.0, "cqw": 6.0, "cqi": 6.0, "cqh": 8.0, "rem": ROOT_SIZE, "rlh": 20.0,
    "svw": 6.0, "lvw": 6.0, "dvw": 6.0, "svh": 8.0, "lvh": 8.0, "dvh": 8.0,
}  # fmt: skip
_OF_FONT = {"em": 1.0, "ex": 0.5, "ch": 0.5, "cap": 0.7, "ic": 1.0, "lh": 1.2}


@lru_cache(maxsize=4096)
def pixels(value: str, size: float, percent: float = _PERCENT) -> float:
    """A length in pixels for a font of ``size``; not a number when it is none (so that it is neither small nor far)."""
    number, unit = _worked_out(value, size, percent)
    if unit == "%":
        return number * percent
    return number * _factor(unit, size)


@lru_cache(maxsize=1024)
def number(value: str) -> float:
    """A number or percentage (as a share of 1); 1 when it is neither."""
    found, unit = _worked_out(value, ROOT_SIZE, 0.01)
    if math.isnan(found):
        return 1.0
    return found / 100 if unit == "%" else found


@lru_cache(maxsize=256)
def degrees(value: str) -> float:
    """An angle in degrees; not a number when it is none."""
    value = value.strip()
    match = _LENGTH.match(value)
    if match is None:
        return math.degrees(_worked_out(value, ROOT_SIZE, 0.01)[0])
    return float(match[1]) * (ANGLES.get(match[2], math.nan) if match[2] else 1.0)


def _worked_out(value: str, size: float, percent: float) -> tuple[float, str]:
    value = value.strip()
    if (match := _LENGTH.match(value)) is not None:
        return float(match[1]), match[2] or ""
    if value.startswith("calc-size(") and "size" not in (sized := value[10:-1].partition(",")[2]):
        value = f"calc({sized})"  # CSS Values 5 §7.2: what it is counted from does not matter here
    if _FUNCTION.match(value) is None or len(value) > _MAX_TEXT:
        return math.nan, ""
    try:
        return worked_out(value, lambda unit: percent if unit == "%" else _factor(unit, size)), ""
    except (ValueError, ArithmeticError, TypeError):
        return math.nan, ""


def _factor(unit: str, size: float) -> float:
    if unit in _OF_FONT:
        return _OF_FONT[unit] * size
    return _PIXELS.get(unit, math.nan)
