"""Editing a JSON file of somebody else's: one member is put in or taken out, and every other character stays.

Settings of editors are JSON with comments and trailing commas, which ``json`` neither reads nor keeps.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_GAP = re.compile(r"(?:[\s\ufeff]|//[^\n]*|/\*.*?\*/)*+", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*+"')
_SCALAR = re.compile(r"-?\d[\d.eE+-]*+|true\b|false\b|null\b")
_REST_OF_LINE = re.compile(r"(?:[ \t]*+(?://[^\r\n]*+|/\*(?:(?!\*/)[^\r\n])*+\*/[ \t]*+))++(?=\r?\n)")
_INDENTED = re.compile(r"^([ \t]+)\S", re.MULTILINE)
_BLANKS, _LINE_END = re.compile(r"[ \t]*+"), re.compile(r"[ \t]*+\r?\n")
_DEEPEST = 100
_NOTHING = object()


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
    at, wanted = _root(text), value
    for depth, key in enumerate(path):
        if not isinstance(at.value, dict):
            raise NotJson(f"{'.'.join(path[:depth]) or 'the whole'} is no object")
        found = at.member(key)
        if found is None:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _proved(text, _grown(text, at, key, value), path, wanted)
        at = found.value
    if at.value == value:
        return text
    grown = text[: at.start] + _written(text, value, _margin(text, at.start)) + text[at.end :]
    return _proved(text, grown, path, wanted)


def without_member(text: str, path: Sequence[str]) -> str:
    """``text`` without the member at ``path``, with its comma and its line; the same text when it has none.

    Comments stay, but for those inside the member. Raises NotJson.
    """
    if not text.strip("\ufeff \t\r\n"):
        return text
    rest = text
    while (at := _parent(rest, path)) is not None and (gone := at.member(path[-1])) is not None:
        rest = _shrunk(rest, at, gone)  # a key may stand there twice
    return rest if rest == text else _proved(text, rest, path, _NOTHING)


def _parent(text: str, path: Sequence[str]) -> Node | None:
    at = _root(text)
    for key in path[:-1]:
        found = at.member(key)
        if found is None:
            return None
        at = found.value
    return at


def _shrunk(text: str, parent: Node, gone: Member) -> str:
    place = parent.members.index(gone)
    start, end = gone.start, gone.value.end
    comma = _comma_after(text, end)
    if comma is not None and not text[end:comma].strip():
        end, comma = comma + 1, None
    elif comma is None and place:
        comma = _comma_after(text, parent.members[place - 1].value.end)
        if comma is not None and not text[comma + 1 : start].strip():
            return text[:comma] + text[end:]
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():  # among others in its line
        end = _BLANKS.match(text, end).end()  # pyright: ignore[reportOptionalMemberAccess] - it may be empty
    elif blank := _LINE_END.match(text, end):
        start, end = line, blank.end()
    if comma is None:
        return text[:start] + text[end:]
    if comma < start:
        return text[:comma] + text[comma + 1 : start] + text[end:]
    return text[:start] + text[end:comma] + text[comma + 1 :]


def _proved(before: str, after: str, path: Sequence[str], value: Any) -> str:
    """``after``, if it says what ``before`` says but for the value at ``path``. Raises NotJson."""
    whole = copy.deepcopy(read(before))
    at = whole
    for key in path[:-1]:
        at = at.setdefault(key, {})
    if value is _NOTHING:
        at.pop(path[-1], None)
    else:
        at[path[-1]] = value
    if read(after) != whole:
        raise NotJson(f"{'.'.join(path)} stands in it in a form that is not edited")
    return after


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
        name = _node(text, at, depth + 1).value
        value = _node(text, _gap(text, colon + 1), depth + 1)
        members.append(Member(name, at, value))
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
