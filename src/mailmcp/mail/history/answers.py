"""Answers: the quoted line that each one answers, and those that were put into history without marks.

In the programs of offices people write between the lines of what they answer, in another colour, or behind their name
in brackets. That is told from what the old mail itself has in colours by what the writer says ("see my answers in red
below"), or by the colour of the new text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from colorsys import rgb_to_hsv
from itertools import groupby

from mailmcp.language.folding import folded
from mailmcp.mail.history import attributions, headerblocks, quotewords
from mailmcp.mail.history.divisions import Role
from mailmcp.mail.history.quotelines import Ink, Lines

_MAX_ANSWERED = 4
_MAX_HEAD = 12
_MAX_NEW = 4_000
_GREY = 60
"""Levels between the strongest and the weakest part of a colour that is no grey."""
_ENDS_SENTENCE = (".", "!", "?", ":", "…", "。", "？", "！", "：", ";", "؟")
_NAMED = re.compile(r"\[(?P<name>[^\W\d_][^\[\]\n]{0,40})\]:?\s{0,3}(?=\S)")
_WORD = re.compile(r"\w+")
_UNSPACED = "\u0e00"
_HUES = ((20, "red"), (50, "orange"), (70, ""), (170, "green"), (260, "blue"), (335, "purple"), (361, "red"))
"""Degrees of a hue and its name; yellow letters nobody reads."""


def _spaced(text: str) -> str:
    return f" {' '.join(_WORD.findall(folded(text)))} "


def _all(words: str) -> tuple[str, ...]:
    return tuple(_spaced(word) for word in quotewords.entries(words))


_BELOW = _all(quotewords.BELOW)
_COLOURS = {
    "red": _all(quotewords.RED),
    "blue": _all(quotewords.BLUE),
    "green": _all(quotewords.GREEN),
    "purple": _all(quotewords.PURPLE),
    "orange": _all(quotewords.ORANGE),
}


def _says(said: str, words: Sequence[str]) -> bool:
    """Does a text say one of some words? Scripts that put no blanks between words have it within others."""
    return any(word in said or (word[1] >= _UNSPACED and word.strip() in said) for word in words)


def keep_last(lines: Lines, roles: list[Role], first: int, after: int) -> None:
    """Keep the last of some quoted lines, whole where it was wrapped: an answer follows."""
    texts = lines.texts
    last = after - 1
    while last > first and not texts[last]:
        last -= 1
    begin = last
    while begin > first and last - begin + 1 < _MAX_ANSWERED:
        above = texts[begin - 1]
        if len(above) < 50 or above.endswith(_ENDS_SENTENCE) or not texts[begin]:
            break
        if lines.depths[begin - 1] != lines.depths[begin]:
            break
        begin -= 1
    if texts[last]:
        roles[begin : last + 1] = [Role.ANSWERED] * (last + 1 - begin)


def show_inserted(lines: Lines, roles: list[Role]) -> None:
    """Show the answers that were put into the newest of the old mails, each with the line above it.

    One that shares its line with what it answers is shown with that.
    """
    first, end = _newest(lines, roles)
    if first >= end:
        return
    above = [number for number in range(first) if roles[number] is Role.NEW and lines.texts[number]]
    said = _spaced("\n".join(lines.texts[number] for number in above)[:_MAX_NEW])
    found = _named(lines, first, end, said) or (_coloured(lines, first, end, above, said) if lines.inks else [])
    lowest = first
    for number in found:
        if number > lowest:
            keep_last(lines, roles, lowest, number)
        roles[number] = Role.NEW
        lowest = number + 1


def _newest(lines: Lines, roles: list[Role]) -> tuple[int, int]:
    """The lines of the newest old mail that has no marks, below its head and new text; none when it is not certain."""
    texts = lines.texts
    first = next((number for number, role in enumerate(roles) if role is Role.QUOTED and texts[number]), 0)
    if not any(texts[:first]):
        return 0, 0
    start = -1
    for number in range(first, min(first + _MAX_HEAD, len(texts))):
        start = headerblocks.block_ends(texts, number, ruled=True)
        if start < 0 and attributions.first_line(texts, number, first, marked=True) >= 0:
            start = number + 1
        if start >= 0:
            break
    if start < 0 or not (lines.marked_by_html or not any(lines.depths[first : start + 1])):
        return 0, 0
    end = start
    while end < len(texts) and roles[end] is Role.QUOTED and not (end > start and _begins_older(lines, start, end)):
        end += 1
    return start, end


def _begins_older(lines: Lines, start: int, at: int) -> bool:
    """Does what an older mail stands below begin with a line?"""
    texts = lines.texts
    if not texts[at]:
        return False
    following = lines.following[at + 1]
    below = texts[following] if following < len(texts) else ""
    return (
        headerblocks.block_ends(texts, at) >= 0
        or headerblocks.is_separator(texts[at], below)
        or attributions.first_line(texts, at, start, marked=False) >= 0
    )


def _named(lines: Lines, first: int, end: int, said: str) -> list[int]:
    """The paragraphs that begin with one and the same name in brackets, where they were announced or the name signs."""
    texts = lines.texts
    begins = {number: match["name"] for number in range(first, end) if (match := _NAMED.match(texts[number]))}
    names = set(begins.values())
    if len(names) != 1 or not (_says(said, _BELOW) or _spaced(names.pop()).split(" ")[1] in said.split()):
        return []
    found: list[int] = []
    for number in begins:
        after = number + 1
        while after < end and texts[after] and after not in begins:
            after += 1
        found += range(number, after)
    return found


def _coloured(lines: Lines, first: int, end: int, above: Sequence[int], said: str) -> list[int]:
    """The lines that have one colour that the old mail does not begin with: that of which the new text says so.

    Where it names none, it is the only one, stands between the lines of the old mail, and the new text speaks of what
    is below or has that colour itself.
    """
    inks = {number: ink for number in range(first, end) if (ink := _inks_of(lines, number))}
    base = next((ink for ink in inks.values()), frozenset[Ink]())
    if len(base) != 1:
        return []
    others = {ink for one in inks.values() for ink in one - base if _hue(ink)}
    meant = {ink for ink in others if _says(said, _COLOURS[_hue(ink)])}
    if not meant:
        whole = {ink for ink in others if frozenset((ink,)) in inks.values()}
        own = whole & {ink for number in above for ink in _inks_of(lines, number)}
        if len(whole) == 1 and _says(said, _BELOW):
            meant = _between(inks, base, whole, 1)
        elif len(own) == 1:
            meant = _between(inks, base, own, 2)
    return [number for number, one in inks.items() if meant & one and one <= base | meant] if len(meant) == 1 else []


def _between(inks: dict[int, frozenset[Ink]], base: frozenset[Ink], colour: set[Ink], least: int) -> set[Ink]:
    """A colour, if lines of it stand so often between others, and above them; else none."""
    runs = [one for one, _ in groupby(inks.values())]
    while runs and runs[-1] != base:
        runs.pop()
    return colour if runs.count(frozenset(colour)) >= least else set()


def _inks_of(lines: Lines, number: int) -> frozenset[Ink]:
    """The colours of the words of a line that are no links."""
    start, end = lines.starts[number], lines.starts[number] + len(lines.texts[number])
    found: set[Ink] = set()
    place = max(0, bisect_right(lines.inks, start, key=lambda run: run[0]) - 1)
    while place < len(lines.inks) and lines.inks[place][0] < end:
        if lines.inks[place][1] > start:
            found.add(lines.inks[place][2])
        place += 1
    return frozenset(found)


def _hue(ink: Ink) -> str:
    """The name of a colour; none for greys."""
    if ink is None or max(ink) - min(ink) < _GREY:
        return ""
    hue = rgb_to_hsv(*(level / 255 for level in ink))[0] * 360
    return next(name for below, name in _HUES if hue < below)
