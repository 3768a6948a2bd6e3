"""Editing a TOML file of somebody else's: one table is put in or taken out, and every other line stays.

The lines of the table are written and removed as text; what comes out is read again, and must be what was there
before but for that table.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from typing import Any, cast

_HEADER = re.compile(r"^[ \t]*\[\[?\s*([^\]\n]+?)\s*\]\]?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_PART = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([\w-]+))\s*(?:\.|\Z)")


class NotToml(ValueError):
    """The text is no TOML, or the table stands in it in a way that is not edited; says why."""


def read(text: str) -> dict[str, Any]:
    """The value of a TOML text. Raises NotToml."""
    try:
        return tomllib.loads(text.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise NotToml(str(error)) from error
    except RecursionError:
        raise NotToml("it is nested too deep") from None


def with_table(text: str, path: Sequence[str], value: dict[str, Any]) -> str:
    """``text`` with a table at ``path``, which holds strings, numbers, lists and tables. Raises NotToml."""
    if at(read(text), path) == value:
        return text
    before, after = _around(text, path)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [f"[{'.'.join(path)}]", *(f"{_key(key)} = {_written(one)}" for key, one in value.items())]
    if before.strip():
        before = before.rstrip() + newline * 2
    result = before + newline.join(lines) + newline + (newline + after.lstrip() if after.strip() else "")
    found, whole = read(result), read(text)
    inner = whole
    for key in path[:-1]:
        inner = inner.setdefault(key, {})
    inner[path[-1]] = value
    if found != whole:
        raise NotToml(f"{'.'.join(path)} cannot be put in")
    return result


def without_table(text: str, path: Sequence[str]) -> str:
    """``text`` without the table at ``path`` and those in it. Raises NotToml when it stands there in another form."""
    if at(read(text), path) is None:
        return text
    return "".join(_around(text, path))


def at(whole: Any, path: Sequence[str]) -> Any:
    """What stands at a path of nested tables, or None."""
    for key in path:
        whole = cast(dict[str, Any], whole).get(key) if isinstance(whole, dict) else None
    return whole


def _around(text: str, path: Sequence[str]) -> tuple[str, str]:
    """What stands before a table and those in it, and all the rest. Raises NotToml."""
    whole = read(text)
    if at(whole, path) is None:
        return text, ""
    headers = [(found.start(), _names(found[1])) for found in _HEADER.finditer(text)]
    kept: list[str] = []
    end = 0
    for number, (start, names) in enumerate(headers):
        if names[: len(path)] == list(path):
            kept.append(text[end:start])
            following = headers[number + 1][0] if number + 1 < len(headers) else len(text)
            end = following - len(_remarks(text[start:following]))
    at(whole, path[:-1]).pop(path[-1])
    rest = read("".join([*kept, text[end:]]))
    for one in (whole, rest):  # a table that nothing is left of has no header any more
        if len(path) > 1 and one.get(path[0]) == {}:
            del one[path[0]]
    if rest != whole:
        raise NotToml(f"{'.'.join(path)} stands in it in a form that is not edited")
    return (kept[0] if kept else ""), "".join([*kept[1:], text[end:]])


def _remarks(section: str) -> str:
    """The comments at the end of a section: they may be about what follows it, and stay."""
    lines = section.splitlines(keepends=True)
    first = len(lines)
    while first and lines[first - 1].strip()[:1] in ("", "#"):
        first -= 1
    end = "".join(lines[first:])
    return end if end.strip() else ""


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else json.dumps(key, ensure_ascii=False)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{_key(key)} = {_written(one)}" for key, one in cast(dict[str, Any], value).items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, cast(list[Any], value)))}]"
    if not isinstance(value, str | int | float):
        raise NotToml(f"{value} stands in it, which is not written here")
    return json.dumps(value, ensure_ascii=False)


def _names(header: str) -> list[str]:
    return [a or b or c for a, b, c in _PART.findall(header)]
