"""The mathematical functions of CSS worked out (CSS Values and Units 4 §10): ``calc()``, ``clamp()``, ``sin()`` …"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import NoReturn

_MAX_NESTING = 8
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)(?P<unit>[a-z]{1,5}|%)?|(?P<name>[a-z][a-z0-9-]*|)(?P<open>\()"
    r"|(?P<word>[a-z][a-z-]*)|(?P<sign>[-+*/,)]))"
)
ANGLES: Mapping[str, float] = {"deg": 1.0, "grad": 0.9, "rad": 180 / math.pi, "turn": 360.0}
"""Degrees of a unit."""


def worked_out(text: str, unit: Callable[[str], float]) -> float:
    """The value of a function, lengths by what ``unit`` makes of them and angles in radians.

    Raises ValueError, ArithmeticError or TypeError for what is no function, or has no value.
    """
    return _Sum(text, unit).value()


class _Sum:
    """A function, worked out from left to right with the precedence of ``*`` and ``/``."""

    def __init__(self, text: str, unit: Callable[[str], float]) -> None:
        self._text, self._unit = text, unit
        self._at = 0
        self._depth = 0

    def value(self) -> float:
        token = self._next()
        if token is None:
            self._give_up()
        self._at = token.end()
        if token["sign"] in ("-", "+"):
            return self.value() * (-1 if token["sign"] == "-" else 1)
        if token["number"]:
            number, unit = float(token["number"]), token["unit"] or ""
            return math.radians(number * ANGLES[unit]) if unit in ANGLES else number * self._unit(unit)
        if token["word"] in _CONSTANTS:
            return _CONSTANTS[token["word"]]
        if not token["open"]:
            self._give_up()
        return self._function(token["name"])

    def _next(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self._at)

    def _give_up(self) -> NoReturn:
        raise ValueError(self._text)

    def _sum(self) -> float:
        total = self._product()
        while (token := self._next()) is not None and token["sign"] in ("+", "-"):
            self._at = token.end()
            more = self._product()
            total += more if token["sign"] == "+" else -more
        return total

    def _product(self) -> float:
        total = self.value()
        while (token := self._next()) is not None and token["sign"] in ("*", "/"):
            self._at = token.end()
            more = self.value()
            total = total * more if token["sign"] == "*" else total / more
        return total

    def _function(self, name: str) -> float:
        self._depth += 1
        if self._depth > _MAX_NESTING:
            self._give_up()
        how = self._strategy() if name == "round" else ""
        values = [self._sum()]
        while (token := self._next()) is not None:
            self._at = token.end()
            if token["sign"] == ")":
                break
            if token["sign"] != ",":
                self._give_up()
            values.append(self._sum())
        self._depth -= 1
        if name == "round":
            step = values[1] if len(values) > 1 else 1.0
            return _STRATEGIES[how](values[0] / step) * step
        if name not in _KNOWN:
            self._give_up()
        return _KNOWN[name](*values)

    def _strategy(self) -> str:
        """The first word of ``round(down, …)``, with the comma behind it."""
        token = self._next()
        if token is None or token["word"] not in _STRATEGIES:
            return ""
        self._at = token.end()
        if (comma := self._next()) is not None and comma["sign"] == ",":
            self._at = comma.end()
        return token["word"]


def _itself(value: float) -> float:
    return value


def _clamped(low: float, wanted: float, high: float) -> float:
    return max(low, min(wanted, math.inf if high == -math.inf else high))


def _least(*values: float) -> float:
    return min(values)


def _most(*values: float) -> float:
    return max(values)


def _sign(value: float) -> float:
    return math.copysign(1.0, value) if value else 0.0


def _modulus(value: float, by: float) -> float:
    return value % by


def _to_nearest(value: float) -> float:
    return math.floor(value + 0.5)


_STRATEGIES: Mapping[str, Callable[[float], float]] = {
    "": _to_nearest, "nearest": _to_nearest, "up": math.ceil, "down": math.floor, "to-zero": math.trunc,
}  # fmt: skip
# ``none`` is the side of a clamp() that has no limit.
_CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e, "infinity": math.inf, "none": -math.inf}
_KNOWN: Mapping[str, Callable[..., float]] = {
    "": _itself,
    "calc": _itself,
    "-webkit-calc": _itself,
    "min": _least,
    "max": _most,
    "clamp": _clamped,
    "abs": math.fabs,
    "sign": _sign,
    "mod": _modulus,
    "rem": math.fmod,
    "pow": math.pow,
    "sqrt": math.sqrt,
    "hypot": math.hypot,
    "log": math.log,
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "atan2": math.atan2,
}
