"""Custom properties (CSS Variables 1, Properties and Values 1): what ``var()`` stands for, and ``@property`` rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailmcp.mail.sight.declared import Declared, assign

_MAX_CUSTOM = 100
_LONGEST = 1000
_ROUNDS = 12
_VARIABLE = re.compile(r"var\(\s*(--[^\s(),]{1,100})\s*(?:,((?:[^()]|\((?:[^()]|\([^()]*\))*\))*))?\)")
_INNERMOST = re.compile(r"var\(\s*(--[^\s(),]{1,100})\s*(?:,([^()]*))?\)")
_NAME = re.compile(r"@property\s+(--[^\s(){};]{1,100})\s*\Z", re.IGNORECASE)
_SAID = re.compile(r"(?:\A|;)\s*(inherits|initial-value)\s*:([^;]{0,300})", re.IGNORECASE)
_EITHER = re.compile(r"light-dark\((?:[^(),]|\([^()]*\)){1,200},((?:[^(),]|\([^()]*\)){1,200})\)")
_DARK = {"canvas": "#121212", "canvastext": "white", "window": "#121212", "windowtext": "white", "fieldtext": "white"}
_SCHEME = " scheme"
"""No custom property has such a name."""
_NONE = "\ufffd"
"""What has no value: a fallback counts, or the declaration does not."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A property that ``@property`` registers."""

    initial: str
    inherits: bool


def registered(prelude: str, body: str) -> tuple[str, Registered] | None:
    """The name and the rule of an ``@property``; None when it is another one."""
    name = _NAME.match(prelude.strip())
    if name is None:
        return None
    said = {key.lower(): value.strip().lower() for key, value in _SAID.findall(body)}
    return name[1].lower(), Registered(said.get("initial-value", ""), said.get("inherits") != "false")


def inherited(custom: Declared, known: Mapping[str, Registered]) -> Declared:
    """The custom properties that an element has from its parent's and from ``@property`` rules."""
    if not known:
        return custom
    base = dict(custom)
    for name, rule in known.items():
        if rule.initial and (not rule.inherits or name not in base):
            base[name] = rule.initial
    return base


def resolved(said: dict[str, str], before: Declared) -> Declared:
    """Put values for the ``var()`` of ``said``, in place; answers the custom properties that hold for the element.

    ``before`` are those that it inherits. What cannot be resolved is dropped (CSS Variables 1 §3.1), but a ground that
    is not known is named so.
    """
    custom = before
    own = {name: value for name, value in said.items() if name.startswith("--")}
    if own:
        custom = dict(before)
        for name, value in own.items():
            if value in ("inherit", "unset", "revert", "revert-layer"):
                continue
            if len(custom) < _MAX_CUSTOM or name in custom:
                custom[name] = _NONE if value == "initial" else value
    for key in [name for name in said if name[0] == "~"]:
        value, name = said.pop(key), key[1:]
        value = _put_in(value, custom).strip()
        if _NONE in value:
            if name == "background":
                said.pop("background-color", None)
                said.pop("background-image", None)
        elif value and "var(" not in value and len(value) <= _LONGEST:
            assign(said, name, value if name == "content" else value.lower())
        elif name in ("background", "background-color"):
            said["background-color"] = "var()"
    return custom


def schemed(said: dict[str, str], custom: Declared) -> Declared:
    """Put the colours of a dark page (CSS Color Adjustment 1) for those that depend on it, in place.

    Answers the custom properties with the scheme, which is inherited like them.
    """
    if "color-scheme" in said:
        words = said["color-scheme"].split()
        custom = {**custom, _SCHEME: "dark" if "dark" in words and "light" not in words else "light"}
    if is_dark(custom):
        for name, value in said.items():
            if value in _DARK:
                said[name] = _DARK[value]
            elif "light-dark(" in value:
                said[name] = _EITHER.sub(r"\1", value)
    return custom


def is_dark(custom: Declared) -> bool:
    """Is it an element of a dark page?"""
    return custom.get(_SCHEME) == "dark"


def _put_in(value: str, custom: Declared) -> str:
    stated = value
    for _ in range(_ROUNDS):
        if "var(" not in value or len(value) > _LONGEST:
            break
        if (found := _VARIABLE.search(value)) is None and (found := _INNERMOST.search(value)) is None:
            break
        known = custom.get(found[1].lower(), _NONE)
        if _NONE in known or (known == value and "var(" in known):
            known = found[2] if found[2] is not None else _NONE
        value = value[: found.start()] + known + value[found.end() :]
    else:
        # Properties that stand for each other have no value.
        if (found := _VARIABLE.search(stated)) is not None and found[2] is not None:
            return stated[: found.start()] + found[2] + stated[found.end() :]
    return value
