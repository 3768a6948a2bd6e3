"""Where quoted text comes from: whether the messages of a conversation say what a quote says they do.

A quote is written by whoever sends it. Line by line its words are looked for in the words of stored messages; what
mail programs write round quotes (attributions, header blocks, rules) is nobody's and does not count, nor do lines of
a word or two, which every mail has. A quote that was shortened or wrapped anew is still found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import dropwhile

from mailmcp.mail.history import attributions, headerblocks
from mailmcp.mail.history.signatures import is_sent_from
from mailmcp.models import Provenance

MAX_QUOTED = 20_000
"""Characters of a quote that are looked at: the rest counts as unknown."""
MAX_COMPARED = 300_000
"""Characters of stored messages that are looked at."""
_LEAST = 8
"""Letters and digits of a line that says something; one with a number says it in fewer."""
_NUMBER = re.compile(r"\d\D?\d\D?\d")
_URL = re.compile(r"<?(?:https?://|mailto:|www\.)[^\s<>]{1,2000}>?|\[image: [^\[\]]{0,300}\]|\[cid:[^\[\]]{0,200}\]")
_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"[>＞|\s]*")


def words_of(text: str) -> str:
    """What quotes of a stored message are looked for in: words alone, in lower case, no marks, links or white space."""
    return f" {_bare(text[:MAX_COMPARED])} "


def provenance(quoted: str, others: Iterable[tuple[str, str]]) -> Provenance:
    """Which of ``others`` (id and ``words_of`` stored messages, the likeliest first) have the words of a quote.

    Lines that none of them has are counted; when not all of them could be looked at, nothing is said of those.
    """
    written = dict(_lines(quoted[:MAX_QUOTED]))
    left = dict.fromkeys(written)
    unknown = len(quoted) - MAX_QUOTED if len(quoted) > MAX_QUOTED else 0
    sources: list[str] = []
    room = MAX_COMPARED
    for name, said in others:
        if not left or room <= 0:
            break
        room -= len(said)
        found = [line for line in left if f" {line} " in said]
        if found:
            sources.append(name)
        for line in found:
            del left[line]
    if room <= 0 or not left:
        return Provenance(tuple(sources), unknown if room > 0 else 0)
    below = dropwhile(left.__contains__, written)
    put_in = tuple(written[line] for line in below if line in left) if not unknown else ()
    return Provenance(tuple(sources), unknown + sum(map(len, left)), put_in)


def _lines(quoted: str) -> list[tuple[str, str]]:
    """The lines that a person wrote: as bare words, and as they stand there."""
    texts = [line[_end_of_marks(line) :].strip() for line in quoted.split("\n")]
    written = [True] * len(texts)
    lowest = 0
    for at, text in enumerate(texts):
        ruled = headerblocks.is_rule(text) or headerblocks.is_separator(
            text, texts[at + 1] if at + 1 < len(texts) else ""
        )
        if ruled or headerblocks.field_of(text) is not None or is_sent_from(text):
            written[at] = False
            continue
        first = attributions.first_line(texts, at, lowest, marked=True)
        if first >= 0:
            written[first : at + 1] = [False] * (at + 1 - first)
            lowest = at + 1
    bare = ((_bare(text), text) for text, kept in zip(texts, written, strict=True) if kept)
    return [(line, text) for line, text in bare if len(line) >= _LEAST or _NUMBER.search(line)]


def _end_of_marks(line: str) -> int:
    match = _MARKS.match(line)
    return match.end() if match else 0


def _bare(text: str) -> str:
    return " ".join(_WORD.findall(_URL.sub(" ", text).casefold()))
