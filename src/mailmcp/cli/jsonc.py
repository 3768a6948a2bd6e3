"""Editing a JSON file of somebody else's: one member is put in or taken out, and every other character stays.

Settings of editors are JSON with comments and trailing commas, which ``json`` neither reads nor keeps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_GAP = re.compile(r"(?:[\s\ufeff]|//[^\n]*|/\*.*?\*/)*+", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*+"')
_SCALAR = re.compile(r"-?\d[\d.eE+-]*+|true\b|false\b|null\b")
_REST_OF_LINE = re.compile(r"[ \t]*+(?://[^\n]*|/\*[^\n]*?\*/[ \t]*)(?=\r?\n)")
_INDENTED = re.compile(r"^([ \t]+)\S", re.MULTILINE)
_DEEPEST = 100


class NotJson(ValueError):
    """The text is no JSON, with or without comments; says where."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: where its key begins, and its value."""

    key: str
    start: int
    value: Node


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the place where it stands; ``members`` of an object, in order."""

    start: int
    end: int
    value: Any
    members: list[Member] = field(default_factory=list[Member])

    def member(self, key: str) -> Member | None:
        """The member with a key: of several the last, as readers take it."""
        return next((one for one in reversed(self.members) if one.key == key), None)


def read(text: str) -> Any:
    """The value of a JSON text that may have comments and trailing commas. Raises NotJson."""
    return _root(text).value


def with_member(text: str, path: Sequence[str], value: Any) -> str:
    """``text`` with the value at ``path`` (keys of nested objects, which are made where they lack).

    Raises NotJson, also when something on the way is no object.
    """
    if not text.strip("\ufeff \t\r\n"):
        text += "{}\n"
    at = _root(text)
    for depth, key in enumerate(path):
        if not isinstance(at.value, dict):
            raise NotJson(f"{'.'.join(path[:depth]) or 'the whole'} is no object")
        found = at.member(key)
        if found is None:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _grown(text, at, key, value)
        at = found.value
    if at.value == value:
        return text
    return text[: at.start] + _written(text, value, _margin(text, at.start)) + text[at.end :]


def without_member(text: str, path: Sequence[str]) -> str:
    """``text`` without the member at ``path``, with its comma and its line; the same text when it has none."""
    if not text.strip("\ufeff \t\r\n"):
        return text
    at = _root(text)
    for key in path[:-1]:
        found = at.member(key)
        if found is None:
            return text
        at = found.value
    gone = at.member(path[-1])
    if gone is None:
        return text
    place = at.members.index(gone)
    start, end = gone.start, gone.value.end
    comma = _comma_after(text, end)
    if comma is not None:
        end = comma + 1
    elif place:
        start = at.members[place - 1].value.end  # takes the comma before it along
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip() and (blank := re.compile(r"[ \t]*\r?\n").match(text, end)):
        start, end = line, blank.end()
    elif not text[line:start].strip() and comma is None and not place:
        start = max(line - 1, at.start + 1)
    return without_member(text[:start] + text[end:], path)  # a key may stand there twice


def _root(text: str) -> Node:
    node = _node(text, _gap(text, 0), 0)
    if _gap(text, node.end) != len(text):
        raise NotJson(f"something follows its end, in line {_line(text, node.end)}")
    return node


def _node(text: str, at: int, depth: int) -> Node:
    sign = text[at : at + 1]
    if depth > _DEEPEST:
        raise NotJson("it is nested too deep")
    if sign == "{":
        return _object(text, at, depth)
    if sign == "[":
        return _array(text, at, depth)
    match = _STRING.match(text, at) or _SCALAR.match(text, at)
    try:
        if match is not None:
            return Node(at, match.end(), json.loads(match[0]))
    except ValueError:
        pass
    raise NotJson(f"a value is not written as JSON wants it, in line {_line(text, at)}")


def _object(text: str, start: int, depth: int) -> Node:
    members: list[Member] = []
    at = _gap(text, start + 1)
    while text[at : at + 1] != "}":
        key = _STRING.match(text, at)
        colon = _gap(text, key.end()) if key else at
        if key is None or text[colon : colon + 1] != ":":
            raise NotJson(f"a name with a colon is missing, in line {_line(text, at)}")
        value = _node(text, _gap(text, colon + 1), depth + 1)
        members.append(Member(json.loads(key[0]), at, value))
        at = _after(text, value.end, "}")
    return Node(start, at + 1, {one.key: one.value.value for one in members}, members)


def _array(text: str, start: int, depth: int) -> Node:
    values: list[Any] = []
    at = _gap(text, start + 1)
    while text[at : at + 1] != "]":
        node = _node(text, at, depth + 1)
        values.append(node.value)
        at = _after(text, node.end, "]")
    return Node(start, at + 1, values)


def _after(text: str, at: int, closing: str) -> int:
    """Where what follows a value begins: past its comma, or at the closing sign."""
    at = _gap(text, at)
    if text[at : at + 1] == ",":
        return _gap(text, at + 1)
    if text[at : at + 1] != closing:
        raise NotJson(f"a comma or {closing} is missing, in line {_line(text, at)}")
    return at


def _grown(text: str, parent: Node, key: str, value: Any) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    if not parent.members:
        margin = _margin(text, parent.start)
        inner = margin + _unit(text)
        body = f"{inner}{json.dumps(key)}: {_written(text, value, inner)}"
        inside = text[parent.start + 1 : parent.end - 1].rstrip()  # comments stay
        return f"{text[: parent.start]}{{{inside}{newline}{body}{newline}{margin}}}{text[parent.end :]}"
    first, last = parent.members[0], parent.members[-1]
    before = text[text.rfind("\n", 0, first.start) + 1 : first.start]
    comma = _comma_after(text, last.value.end)
    base = last.value.end if comma is None else comma + 1
    if before.strip():  # all in one line
        return f"{text[:base]}{', ' if comma is None else ' '}{json.dumps(key)}: {json.dumps(value)}{text[base:]}"
    if comma is None:
        text, base = f"{text[:base]},{text[base:]}", base + 1
    if remark := _REST_OF_LINE.match(text, base):
        base = remark.end()
    member = f"{newline}{before}{json.dumps(key)}: {_written(text, value, before)}{'' if comma is None else ','}"
    return text[:base] + member + text[base:]


def _written(text: str, value: Any, margin: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = json.dumps(value, indent=_unit(text), ensure_ascii=False).split("\n")
    return (newline + margin).join(lines)


def _comma_after(text: str, at: int) -> int | None:
    at = _gap(text, at)
    return at if text[at : at + 1] == "," else None


def _margin(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at].lstrip("\ufeff")
    return line[: len(line) - len(line.lstrip())]


def _unit(text: str) -> str:
    found = _INDENTED.search(text)
    return found[1] if found else "  "


def _gap(text: str, at: int) -> int:
    found = _GAP.match(text, at)
    return found.end() if found else at


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
