"""Which conditional rules of a style sheet hold on a common screen: 800 pixels wide, light, with a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from mailmcp.mail.sight.brackets import parted
from mailmcp.mail.sight.lengths import pixels
from mailmcp.mail.sight.pseudos import is_selector
from mailmcp.mail.sight.values import is_value

_WIDTH, _HEIGHT = 800.0, 1_000.0
_MEASURES = {
    "width": _WIDTH, "device-width": _WIDTH, "height": _HEIGHT, "device-height": _HEIGHT, "resolution": 96.0,
    "-webkit-device-pixel-ratio": 1.0, "device-pixel-ratio": 1.0, "color": 8.0, "color-index": 0.0, "monochrome": 0.0,
    "aspect-ratio": 0.8, "device-aspect-ratio": 0.8, "inline-size": _WIDTH, "block-size": _HEIGHT,
}  # fmt: skip
_FEATURES = {
    "prefers-color-scheme": "light", "hover": "hover", "any-hover": "hover", "pointer": "fine", "any-pointer": "fine",
    "prefers-reduced-motion": "no-preference", "prefers-contrast": "no-preference", "update": "fast", "scan": "",
    "prefers-reduced-transparency": "no-preference", "prefers-reduced-data": "no-preference", "forced-colors": "none",
    "inverted-colors": "none", "scripting": "none", "display-mode": "browser", "orientation": "portrait",
    "color-gamut": "srgb", "dynamic-range": "standard", "overflow-block": "scroll", "overflow-inline": "scroll",
    "grid": "0", "-webkit-transform-3d": "1", "-webkit-transform-2d": "1",
}  # fmt: skip
_COMPARED = re.compile(r"(.*?)\s*(<=|>=|<|>|=)\s*(.*)")
_FEATURE = re.compile(r"not\s*\(\s*([a-z0-9-]+)\s*[:)]")
_WITHOUT_UNIT = re.compile(r"\d*[1-9]\d*\Z")
_UNITS = {"dpi": 1.0, "dppx": 96.0, "x": 96.0, "dpcm": 2.54}
_RESOLUTION = re.compile(r"([0-9.]{1,8})(dpi|dppx|dpcm|x)\Z")
_RATIO = re.compile(r"(\d{1,5})\s*/\s*(\d{1,5})\Z")
_LONGEST = 400
_TESTED = re.compile(r"font-(?:tech|format)\(")
_SELECTOR = re.compile(r"selector\((.*)\)\Z")
_OTHERS = ("-moz-", "-ms-", "-o-")
_OF_PHONES = frozenset(("-webkit-touch-callout", "-webkit-overflow-scrolling"))
_PROPERTY_NAMES = """
    accent align all anchor animation appearance aspect backdrop backface background baseline block border bottom box
    break caption caret clear clip color column columns contain container content corner counter cursor cx cy d
    direction display dominant dynamic empty field fill filter flex float flood font forced gap grid hanging height
    hyphenate hyphens image initial inline inset interactivity interpolate isolation justify left letter lighting line
    list margin marker mask math max min mix object offset opacity order orphans outline overflow overlay overscroll
    padding page paint perspective place pointer position print quotes r reading resize right rotate row ruby rx ry
    scale scroll scrollbar shape size speak stop stroke tab table text timeline top touch transform transition translate
    unicode user vector vertical view visibility white widows width will word writing x y z zoom
"""
_PROPERTIES = frozenset(_PROPERTY_NAMES.split())
"""The first words of the names that CSS properties have."""


@lru_cache(maxsize=512)
def holds(query: str) -> bool:
    """Does a media query list (lower case, without ``@media``) hold?"""
    if not query.strip():
        return True
    return len(query) <= _LONGEST and any(_query(one.strip()) for one in parted(query, ","))


@lru_cache(maxsize=128)
def supported(condition: str) -> bool:
    """Does a condition of ``@supports`` hold? Whatever has a known name is taken to be there."""
    return len(condition) <= _LONGEST and _condition(condition, 0, _is_there)


def _is_there(text: str) -> bool:
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not colon or name.startswith("--"):
        return bool(colon) or not text.startswith("-")
    known = name.removeprefix("-webkit-").partition("-")[0] in _PROPERTIES and not name.startswith(_OTHERS)
    return known and bool(value) and name not in _OF_PHONES and is_value(name, value) and not value.startswith(_OTHERS)


def _query(query: str) -> bool:
    denied = query.startswith("not ")
    if denied:
        query = query[4:].strip()
    query = query.removeprefix("only ").strip()
    kind, _, rest = query.partition(" and ") if not query.startswith("(") else ("all", "", query)
    if kind.startswith("not("):
        kind, rest = "all", query
    answer = kind.strip() in ("all", "screen") and (not rest.strip() or _condition(rest, 0, _feature))
    return answer != denied


def _condition(text: str, nesting: int, one: Callable[[str], bool]) -> bool:
    """A condition with ``and``, ``or``, ``not`` and brackets; ``one`` knows of what stands in the innermost."""
    text = text.strip()
    if nesting > 5:
        return False
    for word, every in ((" or ", False), (" and ", True)):
        parts = parted(text, word)
        if len(parts) > 1:
            answers = [_condition(part, nesting + 1, one) for part in parts]
            return all(answers) if every else any(answers)
    if text.startswith(("not ", "not(")):
        if one is _feature and (named := _FEATURE.match(text)) is not None and not _is_feature(named[1]):
            return False  # what is not known does not hold, nor does that it would not
        return not _condition(text[3:], nesting + 1, one)
    if one is _is_there and _TESTED.match(text) is not None:
        return True
    if one is _is_there and (selector := _SELECTOR.match(text)) is not None:
        return is_selector(selector[1].strip())
    if not (text.startswith("(") and text.endswith(")")):
        return False
    inside = text[1:-1].strip()
    return _condition(inside, nesting + 1, one) if inside.startswith(("(", "not ")) else one(inside)


def _is_feature(name: str) -> bool:
    return name in _FEATURES or name.removeprefix("min-").removeprefix("max-") in _MEASURES


def _feature(text: str) -> bool:
    name, colon, value = (part.strip() for part in text.partition(":"))
    if colon:
        plain = name.replace("min-", "", 1).replace("max-", "", 1)
        if plain not in _MEASURES:
            return _FEATURES.get(name) == value
        if "\\" in value:
            return False  # as some write for one browser of old
        if _WITHOUT_UNIT.match(value) is not None and plain.endswith(("width", "height", "size")):
            return False
        sign = ">=" if "min-" in name else "<=" if "max-" in name else "="
        return _compares(_MEASURES[plain], sign, _measure(value))
    if match := _COMPARED.match(text):
        return _range(match)
    return bool(_MEASURES.get(text)) or _FEATURES.get(text, "none") not in ("none", "no-preference", "0", "")


def _range(match: re.Match[str]) -> bool:
    """``width >= 400px``, ``400px <= width``, ``400px <= width <= 900px``."""
    left, sign, right = match[1].strip(), match[2], match[3].strip()
    if left in _MEASURES:
        return _compares(_MEASURES[left], sign, _measure(right))
    turned = {"<": ">", ">": "<"}.get(sign[0], "") + sign[1:]
    more = _COMPARED.match(right)
    name = more[1].strip() if more else right
    if name not in _MEASURES or not _compares(_MEASURES[name], turned or sign, _measure(left)):
        return False
    return more is None or _compares(_MEASURES[name], more[2], _measure(more[3].strip()))


def _measure(value: str) -> float:
    if match := _RATIO.match(value):
        return int(match[1]) / max(1, int(match[2]))
    if (match := _RESOLUTION.match(value)) and match[1].count(".") <= 1 and match[1] != ".":
        return float(match[1]) * _UNITS[match[2]]
    return pixels(value, 16.0)


def _compares(one: float, sign: str, other: float) -> bool:
    match sign:
        case "<=":
            return one <= other
        case ">=":
            return one >= other
        case "<":
            return one < other
        case ">":
            return one > other
        case _:
            return one == other
