"""CSS lengths and numbers as figures, with the functions that calculate them (CSS Values and Units 4 §10)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

ROOT_SIZE = 16.0
_PERCENT = 6.0
"""Pixels of one per cent: a mail is some 600 pixels wide."""
_MAX_NESTING = 8
_MAX_TEXT = 200

_LENGTH = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)\s*([a-z]{1,5}|%)?")
_FUNCTIONS = ("calc(", "min(", "max(", "clamp(", "abs(", "round(")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)(?P<unit>[a-z]{1,5}|%)?|(?P<name>[a-z-]*)(?P<open>\()"
    r"|(?P<sign>[-+*/,)]))"
)
_PIXELS = {
    "": 1.0, "px": 1.0, "pt": 4 / 3, "cm": 37.8, "mm": 3.78, "q": 0.945, "in": 96.0, "pc": 16.0, "vh": 8.0, "vb": 8.0,
    "vmax": 8.0, "vw": 6.0, "vi": 6.0, "vmin": 6.0, "cqw": 6.0, "cqi": 6.0, "cqh": 8.0, "rem": ROOT_SIZE, "rlh": 20.0,
    "svw": 6.0, "lvw": 6.0, "dvw": 6.0, "svh": 8.0, "lvh": 8.0, "dvh": 8.0,
}  # fmt: skip
_OF_FONT = {"em": 1.0, "ex": 0.5, "ch": 0.5, "cap": 0.7, "ic": 1.0, "lh": 1.2}
_ANGLES = {"deg": 1.0, "grad": 0.9, "rad": 180 / math.pi, "turn": 360.0}


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
    match = _LENGTH.match(value.strip())
    if match is None:
        return math.nan
    return float(match[1]) * (_ANGLES.get(match[2], math.nan) if match[2] else 1.0)


def _worked_out(value: str, size: float, percent: float) -> tuple[float, str]:
    value = value.strip()
    if (match := _LENGTH.match(value)) is not None:
        return float(match[1]), match[2] or ""
    if not value.startswith(_FUNCTIONS) or len(value) > _MAX_TEXT:
        return math.nan, ""
    try:
        return _Sum(value, size, percent).worked_out(), ""
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan, ""


def _factor(unit: str, size: float) -> float:
    if unit in _OF_FONT:
        return _OF_FONT[unit] * size
    return _PIXELS.get(unit, math.nan)


class _Sum:
    """A mathematical function, worked out from left to right with the precedence of ``*`` and ``/``."""

    def __init__(self, text: str, size: float, percent: float) -> None:
        self._text, self._size, self._percent = text, size, percent
        self._at = 0
        self._depth = 0

    def worked_out(self) -> float:
        """The value in pixels (or as a plain number). Raises ValueError for what is no function that is known."""
        return self._factor()

    def _next(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self._at)

    def _sum(self) -> float:
        total = self._product()
        while (token := self._next()) is not None and token["sign"] in ("+", "-"):
            self._at = token.end()
            more = self._product()
            total += more if token["sign"] == "+" else -more
        return total

    def _product(self) -> float:
        total = self._factor()
        while (token := self._next()) is not None and token["sign"] in ("*", "/"):
            self._at = token.end()
            more = self._factor()
            total = total * more if token["sign"] == "*" else total / more
        return total

    def _factor(self) -> float:
        token = self._next()
        if token is None:
            raise ValueError(self._text)
        self._at = token.end()
        if token["sign"] in ("-", "+"):
            return self._factor() * (-1 if token["sign"] == "-" else 1)
        if token["number"]:
            unit = token["unit"] or ""
            return float(token["number"]) * (self._percent if unit == "%" else _factor(unit, self._size))
        if not token["open"]:
            raise ValueError(self._text)
        return self._function(token["name"])

    def _function(self, name: str) -> float:
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise ValueError(self._text)
        values = [self._sum()]
        while (token := self._next()) is not None:
            self._at = token.end()
            if token["sign"] == ")":
                break
            if token["sign"] != ",":
                raise ValueError(self._text)
            values.append(self._sum())
        self._depth -= 1
        return _KNOWN[name](values)


def _clamped(values: list[float]) -> float:
    low, wanted, high = values
    return max(low, min(wanted, high))


def _first(values: list[float]) -> float:
    return values[0]


class _Functions(dict[str, Callable[[list[float]], float]]):
    def __missing__(self, name: str) -> Callable[[list[float]], float]:
        raise ValueError(name)


_KNOWN = _Functions(
    {"": _first, "calc": _first, "round": _first, "min": min, "max": max, "clamp": _clamped, "abs": lambda v: abs(v[0])}
)
