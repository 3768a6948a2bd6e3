"""How deeply the lines of a plain text are set in, where that says something: settings, code, a patch.

Blanks at the edges of other lines say nothing and are left out.
"""

from __future__ import annotations

import re

from mailmcp.mail.sight.page import DEEPEST

MAX_LINES = 20_000
"""Of a text in which nesting is looked for."""
_BLANKS = re.compile(r"[^\S\n]+")
_OPENS = re.compile(r"[:{(\[]\Z")
_OF_CODE = re.compile(
    r"[{(\[]\Z|(?:async |def |class |if |for |while |with |el(?:se|if)|try|except|finally|switch|func)\b.*:\Z"
)
_HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+\d{1,9}(?:,\d{1,9})? @@")


def laid_out(text: str) -> str:
    """``text`` with one blank for each run of them and none at the ends of lines, but for what nesting needs."""
    lines = text.split("\n")
    bare = [line.strip() for line in _BLANKS.sub(" ", text).split("\n")]
    at = 0 if len(lines) <= MAX_LINES and ("\n " in text or "\n\t" in text) else len(lines)
    while at < len(lines):
        if _HUNK.match(bare[at]):
            end = _end_of_hunk(lines, bare, at + 1)
            bare[at + 1 : end] = [line.rstrip() for line in lines[at + 1 : end]]
        elif _OPENS.search(bare[at]) and (end := _end_of_block(lines, bare, at)):
            base = _depth(lines[at])
            bare[at + 1 : end] = [
                f"{' ' * min(DEEPEST, _depth(line) - base)}{words}" if words else ""
                for line, words in zip(lines[at + 1 : end], bare[at + 1 : end], strict=True)
            ]
        else:
            end = at + 1
        at = max(end, at + 1)
    return "\n".join(bare)


def _depth(line: str) -> int:
    before = line[: len(line) - len(line.lstrip())][: 4 * DEEPEST]
    return len(before.expandtabs(4))


def _end_of_hunk(lines: list[str], bare: list[str], at: int) -> int:
    while at < len(lines) and lines[at][:1] in (" ", "+", "-", "\\") and bare[at] != "--":
        at += 1
    return at


def _end_of_block(lines: list[str], bare: list[str], opener: int) -> int:
    """The line after the lines that are set in right below an opener; 0 when those are none, or one in a letter."""
    base = _depth(lines[opener])
    first, least = opener + 1, 1 if _OF_CODE.search(bare[opener]) else 2
    at = end = first + least
    if end > len(lines) or not all(bare[one] and _depth(lines[one]) > base for one in range(first, end)):
        return 0
    while at < len(lines) and (not bare[at] or _depth(lines[at]) > base):
        at += 1
        end = at if bare[at - 1] else end
    return end
