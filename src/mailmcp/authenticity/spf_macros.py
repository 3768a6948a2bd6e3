"""Macros of SPF records (RFC 7208 §7): read once, expanded with the values of a check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

_EXPAND = re.compile(r"%(?:\{([a-zA-Z])([0-9]*)([rR]?)([-.+,/_=]*)\}|([%_-]))")
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7e]+")
_LITERAL_WITH_SPACES = re.compile(r"[\x20-\x24\x26-\x7e]+")
_LETTERS = frozenset("slodiphv")
_LETTERS_OF_EXPLANATIONS = _LETTERS | frozenset("crt")
_ESCAPED = {"%": "%", "_": " ", "-": "%20"}
_TOP_LABEL = re.compile(r"\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?\Z", re.IGNORECASE)
LONGEST_DOMAIN = 253


class MacroError(ValueError):
    """A macro string that the grammar does not allow (§7.1)."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One ``%{…}``: its letter in lower case and what is done with its value."""

    letter: str
    keep: int
    """How many labels from the right; 0 for all."""
    reverse: bool
    delimiters: str
    escape: bool

    def apply(self, value: str) -> str:
        """Transform a value (§7.3)."""
        parts = re.split(f"[{re.escape(self.delimiters)}]", value)
        if self.reverse:
            parts.reverse()
        text = ".".join(parts[-self.keep :] if self.keep else parts)
        return quote(text, safe="-._~") if self.escape else text


@dataclass(frozen=True, slots=True)
class MacroString:
    """A macro string, read: literals and macros in order."""

    parts: tuple[str | Macro, ...]

    @property
    def letters(self) -> frozenset[str]:
        """The letters whose values an expansion needs."""
        return frozenset(part.letter for part in self.parts if isinstance(part, Macro))

    def expand(self, values: Mapping[str, str]) -> str:
        """The text with every macro replaced."""
        return "".join(part if isinstance(part, str) else part.apply(values[part.letter]) for part in self.parts)

    def domain(self, values: Mapping[str, str]) -> str:
        """Expanded to a name; labels are dropped from the left until it is no longer than a name can be (§7.3)."""
        name = self.expand(values).removesuffix(".")
        while len(name) > LONGEST_DOMAIN and "." in name:
            name = name.partition(".")[2]
        return name


def read(text: str, *, explanation: bool = False, spaces: bool = False) -> MacroString:
    """Read a macro-string; ``explanation`` allows the letters c, r and t, ``spaces`` blanks (an explain-string).

    Raises MacroError.
    """
    literal = _LITERAL_WITH_SPACES if spaces else _LITERAL
    letters = _LETTERS_OF_EXPLANATIONS if explanation else _LETTERS
    parts: list[str | Macro] = []
    at = 0
    while at < len(text):
        if plain := literal.match(text, at):
            parts.append(plain.group())
            at = plain.end()
            continue
        macro = _EXPAND.match(text, at)
        if macro is None:
            raise MacroError(f"{text[at : at + 10]!r} is no macro")
        at = macro.end()
        if macro[5]:
            parts.append(_ESCAPED[macro[5]])
            continue
        letter = macro[1].lower()
        if letter not in letters:
            raise MacroError(f"the macro letter {macro[1]!r} is not allowed here")
        if macro[2] and int(macro[2][:9]) == 0:
            raise MacroError("a macro that keeps no label")
        parts.append(Macro(letter, int(macro[2][:9] or 0), bool(macro[3]), macro[4] or ".", escape=macro[1].isupper()))
    return MacroString(tuple(parts))


def read_domain(text: str) -> MacroString:
    """Read a domain-spec: a macro-string that ends in a top label or in a macro (§7.1). Raises MacroError."""
    macros = read(text)
    if not text:
        raise MacroError("a domain is missing")
    ends_in_macro = any(match.end() == len(text) for match in _EXPAND.finditer(text))
    if not ends_in_macro and not _TOP_LABEL.search(text):
        raise MacroError(f"{text[:80]!r} does not end in a domain")
    return macros
