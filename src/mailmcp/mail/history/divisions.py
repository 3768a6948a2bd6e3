"""What a text is divided into: the spans that stay, those that are quoted, and signatures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from mailmcp.mail.history.quotelines import Lines


class Role(IntEnum):
    """What a line is to the reader."""

    NEW = 0
    QUOTED = 1
    ANSWERED = 2
    """Quoted, and kept since an answer follows."""
    SIGNATURE = 3


class Kept(NamedTuple):
    """A span of the text that stays; ``answered``: a quoted line, to be shown with a mark."""

    start: int
    end: int
    answered: bool
    joined: bool
    """No empty line stands between it and the kept span before it."""
    begins: int
    """Where its first line begins with its mark; what points there means the first word."""


@dataclass(frozen=True, slots=True)
class Division:
    """The spans of a text by what they are."""

    kept: tuple[Kept, ...]
    quoted: tuple[tuple[int, int], ...] = ()
    signature: tuple[tuple[int, int], ...] = ()

    @property
    def whole(self) -> bool:
        """Is all of it new text?"""
        return not self.quoted and not self.signature and not any(one.answered for one in self.kept)


def division_of(lines: Lines, roles: list[Role]) -> Division:
    """The spans of lines with roles."""
    kept: list[Kept] = []
    quoted: list[tuple[int, int]] = []
    signature: list[tuple[int, int]] = []
    at, last_kept = 0, -2
    while at < len(roles):
        role = roles[at]
        end = at + 1
        while end < len(roles) and roles[end] is role and role is not Role.ANSWERED:
            end += 1
        first = lines.following[at]
        last = lines.before[end] if end < len(roles) else _last_of(lines)
        at = end
        if not first <= last < end:
            continue
        stop = lines.starts[last] + len(lines.texts[last])
        if role is Role.QUOTED:
            quoted.append((lines.raws[first], stop))
        elif role is Role.SIGNATURE:
            signature.append((lines.raws[first], stop))
        else:
            start = lines.starts[first] if role is Role.ANSWERED else lines.raws[first]
            kept.append(Kept(start, stop, role is Role.ANSWERED, first == last_kept + 1, lines.raws[first]))
            last_kept = last
    return Division(tuple(kept), tuple(quoted), tuple(signature))


def _last_of(lines: Lines) -> int:
    last = len(lines.texts) - 1
    return last if lines.texts[last] else lines.before[last]
