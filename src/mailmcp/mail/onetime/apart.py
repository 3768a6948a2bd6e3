"""Tokens that layout sets apart or parts: alone on a line, in groups, one character below the other."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

MAX_LINES = 60
"""Of the candidates that fill a line."""

_GROUPS = re.compile(r"[A-Z0-9]{1,5}(?:[ ·][A-Z0-9]{1,5}){1,4}\Z")
_DATED = re.compile(r"(?:19|20)[0-9]{2} [01]?[0-9] [0-3]?[0-9]\Z|[0-3]?[0-9] [0-3]?[0-9] (?:19|20)[0-9]{2}\Z")
# "H4N 8WD", "482.913": groups with a blank or a full stop, the last thing on a line and all of it, or after a colon.
_APART = re.compile(r"(?:^|[:：])[ \t]*([A-Z0-9]{2,4}(?:[ .][A-Z0-9]{2,4}){1,2})(?=[ \t.]*$)", re.MULTILINE)
_POINTED = re.compile(r"[0-9](?<![\w.,:/-].)[0-9]{2}\.[0-9]{3}(?![\w,/-]|\.\w)")
# Groups too short to be a code alone, each on a line of its own.
_BELOW = re.compile(r"^[ \t]*([A-Z0-9]{2,3}(?:[ \t]*\n[ \t]*[A-Z0-9]{2,3}){1,5})[ \t]*$", re.MULTILINE)
_LETTERS = re.compile(r"[A-Za-z]{4,12}(?:-[A-Za-z]{2,12}){0,4}\Z")
# "YouTube", "iPhone", "PayPalUK": capitals as names have them; "Xkttef" is none.
_NAMELIKE = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*[A-Z]{0,3}\Z")
_CONSONANTS = re.compile("[b-df-hj-np-tv-xz]{4}", re.IGNORECASE)
_WRAPPING = " \t\"'“”„«»‘’‹›()[]{}【】「」『』（）<>*_~`|.:：;,!。→➜▶►•·=#-–—"


class Candidate(NamedTuple):
    """A string with the shape of a code, and where it stands."""

    start: int
    end: int
    typed: str
    """What a person would type."""
    shape: str
    """``digits``, ``grouped``, ``spaced``, ``mixed`` (letters and digits) or ``letters``."""
    groups: tuple[int, ...] = ()
    crowded: bool = False
    """Other numbers stand right beside it."""


def bare(line: str) -> str:
    """A line without blanks, quotes, brackets and marks round it."""
    return line.strip(_WRAPPING)


def of_layout(text: str, found: list[Candidate], coded: bool) -> list[Candidate]:
    """What ``found`` holds and what layout sets apart; what stands inside of groups is a part of them.

    Inside a sentence "482.913" is a group only where the mail speaks of codes (``coded``).
    """
    lines = _of_lines(text)
    whole = [one for one in lines if one.shape in ("mixed", "grouped")]
    whole += _outside(list(_in_groups(text, coded)), whole)
    return [*_outside(found, whole), *(one for one in lines if one.shape not in ("mixed", "grouped")), *whole]


def _outside(found: list[Candidate], whole: list[Candidate]) -> list[Candidate]:
    """Those that are no part of others, which do not overlap."""
    if not whole:
        return found
    spans = sorted((one.start, one.end) for one in whole)
    left: list[Candidate] = []
    for one in found:
        place = bisect_right(spans, (one.start, 1 << 30)) - 1
        if place < 0 or spans[place][1] < one.end:
            left.append(one)
    return left


def _of_lines(text: str) -> list[Candidate]:
    """What stands alone on its line, and columns of one character a line."""
    found: list[Candidate] = []
    column: list[tuple[int, str]] = []
    offset = 0
    for line in text.split("\n"):
        length = len(line)
        if length <= 60:
            core = line.strip(_WRAPPING)
            if len(core) == 1 and core.isascii() and core.isalnum():
                column.append((offset + line.index(core), core))
            elif core:
                found.extend(_column(column))
                column = []
                if len(found) < MAX_LINES and (one := _alone(core, offset + line.index(core))) is not None:
                    found.append(one)
        else:
            found.extend(_column(column))
            column = []
        offset += length + 1
    found.extend(_column(column))
    return found


def _alone(core: str, start: int) -> Candidate | None:
    """What fills its line, if it is a word, words with dashes, letters and digits in groups ("H4N 8WD"), or digits in
    groups of any length ("912 44 7")."""
    if 6 <= len(core) <= 18 and _GROUPS.match(core):
        groups = re.split("[ ·]", core)
        lengths = tuple(map(len, groups))
        typed = "".join(groups)
        if typed.isdigit() and len(groups) > 2 and 5 <= len(typed) <= 8 and not _DATED.match(core):
            return Candidate(start, start + len(core), typed, "grouped", lengths)
        if max(lengths) - min(lengths) <= 1 and 5 <= len(typed) <= 12 and not typed.isdigit() and not typed.isalpha():
            return Candidate(start, start + len(core), typed, "mixed", lengths)
    if 4 <= len(core) <= 40 and _LETTERS.match(core) and (core.islower() or _is_drawn_by_lot(core)):
        return Candidate(start, start + len(core), core, "letters", (len(core),))
    return None


def _is_drawn_by_lot(core: str) -> bool:
    """ "gWXTbKJj": do small and capital letters follow each other as in no name?"""
    if not 6 <= len(core) <= 12 or not core.isalpha() or core.isupper():
        return False
    return _NAMELIKE.match(core) is None or _CONSONANTS.search(core) is not None


def _in_groups(text: str, coded: bool) -> Iterator[Candidate]:
    """Tokens in groups of one length that no dash holds together: on one line, or each group on its own."""
    spans = [match.span(1) for pattern in (_APART, _BELOW) for match in islice(pattern.finditer(text), 60)]
    spans += [match.span() for match in islice(_POINTED.finditer(text), 60)] if coded else []
    read_to = 0
    for start, end in sorted(spans):
        groups = [group for group in re.split(r"[\s.]+", text[start:end]) if group]
        typed = "".join(groups)
        if start < read_to or len({len(group) for group in groups}) != 1 or not 6 <= len(typed) <= 9:
            continue
        figures = sum(map(str.isdigit, typed))
        pointed, below = "." in text[start:end], "\n" in text[start:end]
        if figures == len(typed) and (below or (pointed and len(groups) == 2)):
            yield Candidate(start, end, typed, "grouped", tuple(map(len, groups)))
        elif 2 <= figures < len(typed):
            yield Candidate(start, end, typed, "mixed", tuple(map(len, groups)))
        else:
            continue
        read_to = end


def _column(column: list[tuple[int, str]]) -> list[Candidate]:
    if not 4 <= len(column) <= 10 or not any(character.isdigit() for _, character in column):
        return []
    typed = "".join(character for _, character in column)
    return [Candidate(column[0][0], column[-1][0] + 1, typed, "spaced", (len(typed),))]
