"""What a style attribute or the braces of a rule declare: names and values, shorthands expanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from mailmcp.mail.sight.grounds import colour_in, picture_in
from mailmcp.mail.sight.selectors import unescaped
from mailmcp.mail.sight.values import GLOBAL, is_value

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_ENVIRONMENT = re.compile(r"env\([^(),]{1,100}(?:,([^()]{0,100}))?\)")
# Functions of CSS Values 5 that no mail needs: what they give is not known here.
_UNKNOWN = re.compile(r"(?<![\w-])(?:attr|if|random|random-item|inherit|sibling-index|--[\w-]+)\(")
_TELLING_NAMES = """
    display visibility opacity font-size color -webkit-text-fill-color height max-height width max-width transform zoom
    scale position left top clip-path filter text-indent
"""
_TELLING = frozenset(_TELLING_NAMES.split())
_NOTHING = re.compile(r"[+-]?(?:0*\.?0*[1-9]?\d?e-|[01]?(?:\.\d*)?(?:px|pt|em|rem|%)?\s*\Z|calc\(\s*0)")
_FONT_SIZE = re.compile(
    r"(?:^|\s)((?:xx?-|)(?:small|large)|medium|larger|smaller|(?:calc|min|max|clamp)\((?:[^()]|\([^()]*\))*\)"
    r"|[0-9.]+(?:px|pt|em|rem|%|vw|vh|pc|in|cm|mm|q|ex|ch)|0(?=[\s/]))(?:\s*/\s*\S+)?\s"
)

_PIECE = re.compile(
    r"(?:[^;\"']|\"(?:[^\"\\\n]|\\.)*+(?:\"|(?=\n)|\Z)|'(?:[^'\\\n]|\\.)*+(?:'|(?=\n)|\Z))++", re.DOTALL
)
"""A declaration, with the strings in it."""
_WEIGHTY = re.compile(r"\s*+!\s*+important\Z", re.IGNORECASE)

# Fonts of the screen that a page is read on, whose size it sets.
_SYSTEM_FONTS = ("caption", "icon", "menu", "message-box", "small-caption", "status-bar")
_OF_THE_SYSTEM = {**dict.fromkeys(_SYSTEM_FONTS, "13px"), "initial": "medium"}

_PREFIXED = (
    "transform",
    "clip-path",
    "mask",
    "mask-image",
    "mask-size",
    "filter",
    "opacity",
    "backface-visibility",
    "animation",
    "animation-name",
    "animation-fill-mode",
    "animation-iteration-count",
)
_SIDES = {
    "inset": ("top", "right", "bottom", "left"),
    "inset-inline": ("left", "right"),
    "inset-block": ("top", "bottom"),
    "margin": ("margin-top", "margin-right", "margin-bottom", "margin-left"),
    "margin-inline": ("margin-left", "margin-right"),
    "margin-block": ("margin-top", "margin-bottom"),
    "padding": ("padding-top", "padding-right", "padding-bottom", "padding-left"),
}
# Logical properties (CSS Logical Properties 1), for text that runs from left to right and down.
_SAME = {
    "inline-size": "width",
    "block-size": "height",
    "max-inline-size": "max-width",
    "max-block-size": "max-height",
    "margin-inline-start": "margin-left",
    "margin-block-start": "margin-top",
    "inset-inline-start": "left",
    "inset-block-start": "top",
    "inset-inline-end": "right",
    "inset-block-end": "bottom",
    "overflow-block": "overflow-y",
    "overflow-inline": "overflow-x",
    "-webkit-margin-start": "margin-left",
    "-webkit-margin-end": "margin-right",
    "-webkit-padding-start": "padding-left",
    # Names of before there was a standard.
    **{f"-webkit-{name}": name for name in _PREFIXED},
}
_SIZES = frozenset(("opacity", "font-size", "max-height", "height", "width", "zoom", "scale"))
_PLACES = frozenset(("text-indent", "left", "top", "margin-left", "margin-top", "clip", "clip-path", "transform"))

Declared = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Declarations:
    """What one style attribute or rule says, shorthands expanded; ``!important`` apart.

    A property whose value holds ``var()`` is kept as ``~name`` until it can be resolved.
    """

    normal: Declared
    important: Declared


def merge(said: dict[str, str], more: Declared) -> None:
    """Let ``more`` win over ``said``, in place."""
    for name, value in more.items():
        if name == "all":
            _forget(said)
        _put(said, name, value)


def _forget(said: dict[str, str]) -> None:
    """``all`` undoes what was said before it, but for custom properties."""
    for name in [name for name in said if not name.startswith(("--", "~--"))]:
        del said[name]


def _put(target: dict[str, str], name: str, value: str) -> None:
    # What has no value in the end is as if nothing were said (CSS Variables 1 §3.1), not as what was said before.
    target.pop(name[1:] if name[0] == "~" else "~" + name, None)
    target[name] = value


def hides(said: Declared) -> bool:
    """Whether a rule is one that puts something out of sight, as a first look tells."""
    for name, value in said.items():
        if name.startswith("~") or (name == "display" and value == "none") or value in ("hidden", "transparent"):
            return True
        if name in _SIZES and _NOTHING.match(value):
            return True
        if name in _PLACES and (value.startswith("-") or name.startswith("clip") or name == "transform"):
            return True
    return False


@lru_cache(maxsize=1024)
def declarations(style: str) -> Declarations:
    """The declarations of a style attribute: lower-case names and values, ``background`` and ``font`` expanded."""
    normal: dict[str, str] = {}
    important: dict[str, str] = {}
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    for piece in _pieces(style):
        name, colon, value = piece.partition(":")
        name = unescaped(name.strip()).lower()
        value = value.strip()[:2000]
        if name == "content":  # its strings are words: escapes, case and marks in them are read with them
            value, count = _WEIGHTY.subn("", value)
            _put(important if count else normal, "~" * ("var(" in value) + name, value)
            continue
        if name[:2] != "--" or ('"' not in value and "'" not in value):
            value = unescaped(value).lower()
        value = value[:1000]
        if not colon or not name or name[0] == "~" or not (value or name[:2] == "--"):
            continue
        target = normal
        if value.endswith("!important") or "!" in value:
            value, _, mark = value.rpartition("!")
            value = value.strip()
            if mark.strip() != "important":
                continue
            target = important
        if "(" in value:
            if "env(" in value:
                value = _ENVIRONMENT.sub(lambda found: (found[1] or "0px").strip(), value)
            if name in _TELLING and _UNKNOWN.search(value):
                name, value = "display", "none"
        if "var(" in value and not name.startswith("--"):
            _put(target, "~" + name, value)
        else:
            assign(target, name, value)
    return Declarations(normal, important)


def assign(target: dict[str, str], name: str, value: str) -> None:
    """Put a declaration into ``target``, shorthands expanded."""
    if not is_value(name, value):
        return  # one that is none leaves the one before it
    if name == "all":
        _forget(target)
        _put(target, name, value)
        if value == "initial":
            target |= {"color": "canvastext", "visibility": "visible", "font-size": "medium"}
    elif name == "background":
        target.pop("~background", None)
        _put(target, "background-color", colour_in(value) or "transparent")
        _put(target, "background-image", picture_in(value) if "url(" in value or "gradient(" in value else "none")
    elif name == "font":
        match = _FONT_SIZE.search(value + " ")
        if value not in GLOBAL and value not in _OF_THE_SYSTEM and (match is None or not value[match.end() :].strip()):
            return
        if (size := match[1] if match else _OF_THE_SYSTEM.get(value)) is not None:
            _put(target, "font-size", size)
        _put(target, "font-weight", "bold" if "bold" in value or re.search(r"\b[6-9]00\b", value) else "normal")
        _put(target, "font-family", value)
    elif name == "grid-template" and "[" not in value and '"' not in value:
        rows, _, columns = value.partition("/")
        _put(target, "grid-template-rows", rows.strip())
        _put(target, "grid-template-columns", columns.strip() or "none")
    elif name in _SIDES:
        names = _SIDES[name]
        values = value.split() if "(" not in value else [value]
        if not values or len(values) > len(names) or not all(is_value(names[0], one) for one in values):
            return
        first, second = values[0], values[1] if len(values) > 1 else values[0]
        sides = (first, second, values[2] if len(values) > 2 else first, values[3] if len(values) > 3 else second)
        for side, one in zip(names, sides, strict=False):
            _put(target, side, one)
        if name == "padding":
            _put(target, name, value)
    elif (known := _SAME.get(name, name)) == name or is_value(known, value):
        _put(target, known, value)


def _pieces(style: str) -> list[str]:
    parts = style.split(";") if "content" not in style else _PIECE.findall(style)
    if "(" not in style:
        return parts
    # A semicolon inside url(data:…;base64,…) ends nothing.
    pieces: list[str] = []
    for part in parts:
        if pieces and pieces[-1].count("(") > pieces[-1].count(")") and len(pieces[-1]) < 4000:
            pieces[-1] += ";" + part
        else:
            pieces.append(part)
    return pieces
