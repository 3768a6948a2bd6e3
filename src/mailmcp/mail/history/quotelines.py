"""The lines of a text that may hold quoted history: how deeply each is quoted, and what HTML says of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mailmcp.mail.history import attributions
from mailmcp.mail.history.headerblocks import is_framed

_MARKS = re.compile(r"[>＞](?:[ \t]?[>＞])*")

# The Bat! puts the writer's initials before its marks: "AE> ".
_INITIALS = re.compile(r"[^\W\d_]{1,4}(?P<marks>>{1,5})(?:[ \t]+|\Z)")


Ink = tuple[int, int, int] | None
"""A colour (red, green, blue); None: not known."""


@dataclass(frozen=True, slots=True)
class Spans:
    """What the HTML says of spans of the text, each list in order."""

    quoted: Sequence[tuple[int, int]] = ()
    citations: Sequence[tuple[int, int]] = ()
    signatures: Sequence[tuple[int, int]] = ()
    inserted: frozenset[int] = frozenset()
    """Where those citations begin that the writer asked for."""
    inks: Sequence[tuple[int, int, Ink]] = ()
    """The colours of words that are no links."""


@dataclass(slots=True)
class Lines:
    """Lines as parallel lists: texts may have many thousands."""

    texts: list[str]
    """Without quote marks and blanks at the ends."""
    raws: list[int]
    """Where each begins with its marks."""
    starts: list[int]
    """Where its words begin."""
    ends: list[int]
    depths: list[int]
    """How deeply each is quoted."""
    citation_ends: dict[int, int]
    """First line -> line after the last, of bare blockquotes."""
    delimiters: frozenset[int]
    """Lines that are two dashes and a blank."""
    signed: frozenset[int]
    """Lines of signatures that HTML names as such."""
    inserted: frozenset[int]
    """First lines of the blockquotes that the writer asked for."""
    inks: Sequence[tuple[int, int, Ink]]
    """The colours of spans of the text."""
    html: bool
    marked_by_html: bool
    """Do containers say what is quoted?"""
    following: list[int]
    """For each line, and the end: the first line with words from there on."""
    before: list[int]
    """For each line: the last line with words before it, or -1."""

    def is_one_citation(self) -> bool:
        """Does a bare blockquote hold all of it?"""
        end = self.citation_ends.get(self.following[0])
        return end is not None and self.following[end] >= len(self.texts)


def lines_of(text: str, spans: Spans, *, html: bool, delimiters: Collection[int] = ()) -> Lines:
    """The lines of a text; one that holds an attribution among other words is cut into several.

    ``delimiters`` are the offsets of those that were two dashes and a blank.
    """
    texts: list[str] = []
    raws: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    depths: list[int] = []
    at = 0
    for line in text.split("\n"):
        edges = (0, *attributions.cuts(line), len(line)) if line else (0, 0)
        for start, end in pairwise(edges):
            # Where containers say what is quoted, a mark is only a sign.
            depth, first = (0, start) if spans.quoted else _marks(line, start, end, texts)
            words = line[first:end].strip()
            texts.append(words)
            raws.append(at + start)
            starts.append(at + (line.find(words, first) if words else first))
            ends.append(at + end)
            depths.append(depth)
        at += len(line) + 1
    if not spans.quoted:
        _unmark_initials(texts, starts, depths)
    following = [len(texts)] * (len(texts) + 1)
    before = [-1] * len(texts)
    for number in range(len(texts) - 1, -1, -1):
        following[number] = number if texts[number] else following[number + 1]
    for number in range(1, len(texts)):
        before[number] = number - 1 if texts[number - 1] else before[number - 1]
    for first, last in _covered(spans.quoted, starts, texts, following):
        depths[first:last] = [max(depth, 1) for depth in depths[first:last]]
    inserted = [one for one in spans.citations if one[0] in spans.inserted]
    return Lines(
        texts,
        raws,
        starts,
        ends,
        depths,
        delimiters=frozenset(number for number, raw in enumerate(raws) if raw in delimiters),
        citation_ends=dict(_covered(spans.citations, starts, texts, following)),
        signed=_all_of(_covered(spans.signatures, starts, texts, following)),
        inserted=frozenset(first for first, _ in _covered(inserted, starts, texts, following)),
        inks=spans.inks,
        html=html,
        marked_by_html=bool(spans.quoted),
        following=following,
        before=before,
    )


def _marks(line: str, start: int, end: int, above: list[str]) -> tuple[int, int]:
    """How deeply a line is quoted by marks, and where its words begin."""
    if line[start : start + 1] not in (">", "＞"):
        return 0, start
    if is_framed(line[start:end].rstrip()):
        return 0, start
    marks = _MARKS.match(line, start, end)
    # ">From " is how mailboxes guard a line that begins with "From ".
    if marks is None or (marks.end() == 1 and line.startswith(">From ")) or _closes(line, above):
        return 0, start
    return len(marks[0].replace(" ", "").replace("\t", "")), marks.end()


def _unmark_initials(texts: list[str], starts: list[int], depths: list[int]) -> None:
    """Take marks with initials for marks, where the first of them stand under an attribution: elsewhere prompts do."""
    headed = False
    for number, text in enumerate(texts):
        match = _INITIALS.match(text)
        if match is None:
            continue
        if not headed:
            above = number - 1 if number and texts[number - 1] else number - 2
            headed = above >= 0 and attributions.first_line(texts, above, 0, marked=True) >= 0
            if not headed:
                break
        texts[number] = text[match.end() :]
        starts[number] += match.end()
        depths[number] = len(match["marks"])


def _closes(line: str, texts: list[str]) -> bool:
    """Is it the end of an address that was broken: ``skrev Ann <ann@…`` and ``>:``?"""
    if not texts or len(line) > 60 or not line.rstrip().endswith((":", "：")):
        return False
    above = texts[-1]
    return above.rfind("<") > above.rfind(">") and "@" in above


def _all_of(ranges: list[tuple[int, int]]) -> frozenset[int]:
    """Every line of ranges that stand in order, each looked at once."""
    lines: set[int] = set()
    reached = 0
    for first, last in ranges:
        lines.update(range(max(first, reached), last))
        reached = max(reached, last)
    return frozenset(lines)


def _covered(
    spans: Sequence[tuple[int, int]], starts: list[int], texts: list[str], following: list[int]
) -> list[tuple[int, int]]:
    """The lines that lie in each span with all their words; those in part do not count. Spans may be nested."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        first = following[bisect_left(starts, start)]
        last = bisect_left(starts, end)
        if last > first and starts[last - 1] + len(texts[last - 1]) > end:
            last -= 1
        if last > first:
            found.append((first, last))
    return found
