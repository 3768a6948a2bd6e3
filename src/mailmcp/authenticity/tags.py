"""Tag lists, ``v=1; a=rsa-sha256; …`` (RFC 6376 §3.2): signatures, keys and DMARC records are written so."""

from __future__ import annotations

import re

MAX_TAGS = 100
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_BLANKS = re.compile(r"[ \t\r\n]+")


class TagError(ValueError):
    """Not a tag list."""


def read(text: bytes) -> dict[str, str]:
    """The tags of a list in their order, white space round them gone. Raises TagError."""
    try:
        # Everything that counts is ASCII; an internationalised mail may have UTF-8 in i= (RFC 8616 §4).
        specs = text.decode("utf-8").split(";")
    except UnicodeDecodeError:
        raise TagError("it holds octets that are not UTF-8") from None
    if not specs[-1].strip(" \t\r\n"):
        specs.pop()
    return _tags(specs, forgiving=False)


def read_forgiving(text: bytes) -> dict[str, str]:
    """The well-formed tags of a list; others are ignored (RFC 9989 §4.8). Raises TagError for a tag that stands twice.

    A value may hold U+FFFD for octets that are not UTF-8: it is none that anybody knows.
    """
    specs = text.decode("utf-8", "replace").split(";")
    return _tags(specs, forgiving=True)


def _tags(specs: list[str], *, forgiving: bool) -> dict[str, str]:
    if len(specs) > MAX_TAGS:
        raise TagError(f"it has more than {MAX_TAGS} tags")
    tags: dict[str, str] = {}
    for spec in specs:
        name, equals, value = spec.partition("=")
        name = name.strip(" \t\r\n")
        if not equals or not _NAME.match(name):
            if forgiving:
                continue
            raise TagError(f"{spec.strip()[:40]!r} is not a tag")
        if name in tags:
            raise TagError(f"the tag {name}= stands twice")
        tags[name] = value.strip(" \t\r\n")
    return tags


def compact(value: str) -> str:
    """A value without any white space, as base64 and colon-separated lists may be folded."""
    return _BLANKS.sub("", value)


def listed(value: str) -> tuple[str, ...]:
    """A colon-separated list in lower case."""
    return tuple(compact(value).lower().split(":"))
