"""Where a page of a text ends: after a paragraph where it can, and never inside of what is one to its reader.

A part of the window ``server/views.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailmcp.language.graphemes import last_end
from mailmcp.models import Link
from mailmcp.server.targets import Place

WORDS_OF_A_LINE = 300
"""Characters of the words of a link up to which no page ends among them."""
LONGEST_ADDRESS = 8_000
"""Characters of an address that is no link of its own up to which it makes its page longer."""
_ENDS = ("\n\n", "\n", ". ", "。", " ")
_BLANKS = (" ", "\n", "\t")


def page_end(text: str, places: Sequence[Place], offset: int, budget: int) -> int:
    """Where a page ends that begins at ``offset``: the last paragraph, line, sentence or word that fits ends there.

    Always after ``offset``. A link that does not fit makes the page longer; what is shown of it is short.
    """
    stop = offset + budget
    if stop >= len(text):
        return len(text)
    end = _last(text, _ENDS, offset + budget // 2, stop) or _last(text, _BLANKS, offset, stop)
    if not end:
        end = _end_of_word(text, offset, stop)
    for begin, after in _kept_whole(places):
        if begin < end < after:
            end = begin if begin > offset else after
        elif begin >= end:
            break
    return end


def end_before(text: str, place: Place, offset: int) -> int:
    """Where a page ends that begins at ``offset`` and shall not reach a link: with the line before it, or the word."""
    at = text.rfind("\n", offset + 1, place.begin)
    return at + 1 if at >= 0 else place.begin


def first_past(links: Sequence[Link], places: Sequence[Place], offset: int, stop: int, budget: int) -> Place | None:
    """The first link of a page whose address does not fit beside those before it; a page holds one at least."""
    spent = 0
    for place in places:
        if not offset < place.begin < stop:
            spent += _cost(links[place.number - 1]) if place.begin == offset else 0
            continue
        cost = _cost(links[place.number - 1])
        if spent and spent + cost > budget:
            return place
        spent += cost
    return None


def _cost(link: Link) -> int:
    return len(link.url) + len(link.text)


def _last(text: str, ends: Sequence[str], least: int, stop: int) -> int:
    for end in ends:
        at = text.rfind(end, least, stop)
        if at >= 0:
            return at + len(end)
    return 0


def _end_of_word(text: str, offset: int, stop: int) -> int:
    """The end of the only word of a page: of an address its own, of others that of the last sign that fits."""
    if "://" in text[offset:stop]:
        for end in range(stop, min(len(text), stop + LONGEST_ADDRESS)):
            if text[end].isspace():
                return end
    end = last_end(text, stop)
    return end if end > offset else stop


def _kept_whole(places: Sequence[Place]) -> Iterator[tuple[int, int]]:
    """The spans in which no page ends: links, but for the inside of words that are too long for a line."""
    for place in places:
        if place.note or place.end - place.start <= WORDS_OF_A_LINE:
            yield place.begin, place.stop
        else:
            yield place.begin, place.start + 1
            yield place.end - 1, place.stop
