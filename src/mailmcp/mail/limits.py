"""Where an HTML text stops being safe to parse: a linear scan before the parser sees it.

The parser is quadratic in the nesting of elements and in the attributes of one tag; a mail with 100,000 of either
would hold a worker for half a minute.
"""

from __future__ import annotations

import re

MAX_HTML = 2_000_000
MAX_TAG = 64 * 1024
MAX_ATTRIBUTES = 500
MAX_DEPTH = 2_000

_MARKUP = re.compile(r"<(?:!--|(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40}))")
_IN_TAG = re.compile(r">|=\s*+[\"']")
_WHOLE = re.compile(r"<[^<>\"'=]*+(?:=\s*+(?:\"[^\"]*+\"|'[^']*+')?+[^<>\"'=]*+)*+>")
_GAPS = re.compile(r"[\s/]+")
_VOID = "area base br col embed hr img input link meta param source track wbr"
_CLOSE_EACH_OTHER = "p li td th tr tbody thead tfoot dt dd option optgroup colgroup html body head"
_SHALLOW = frozenset((*_VOID.split(), *_CLOSE_EACH_OTHER.split()))
_END_OF_COMMENT = re.compile(r"--!?>")
_RAW = {
    name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "textarea", "xmp", "noframes")
}


def safe_length(html: str) -> tuple[int, str]:
    """How much of ``html`` (characters from its start) may be parsed, and what is wrong with the rest.

    The reason is ``""`` when all of it is safe, else ``html_too_large``, ``html_tag_too_long``,
    ``html_too_many_attributes`` or ``html_too_deep``.
    """
    end = min(len(html), MAX_HTML)
    reason = "html_too_large" if len(html) > MAX_HTML else ""
    depth = 0
    at = 0
    while (tag := _MARKUP.search(html, at, end)) is not None:
        name = (tag.group(2) or "").lower()
        if not name:
            comment = _END_OF_COMMENT.search(html, tag.end() - 2, end)
            at = comment.end() if comment else end
            continue
        whole = _WHOLE.match(html, tag.start(), end)
        if whole is not None and whole.end() - tag.start() < 2 * MAX_ATTRIBUTES:
            at = whole.end()  # too short to hold too many attributes
        else:
            at, problem = _end_of_tag(html, tag.end(), end)
            if problem:
                return tag.start(), problem
        if name in _SHALLOW:
            continue
        if tag.group(1):
            depth = max(0, depth - 1)
            continue
        if name in _RAW:
            closing_tag = _RAW[name].search(html, at, end)
            opened, at = at, closing_tag.start() if closing_tag else end
            # Inside a drawing (SVG) the same names hold elements, not raw text.
            if html.count("<", opened, at) > MAX_DEPTH:
                return tag.start(), "html_too_deep"
        depth += 1
        if depth > MAX_DEPTH:
            return tag.start(), "html_too_deep"
    return end, reason


def _end_of_tag(html: str, start: int, end: int) -> tuple[int, str]:
    """Where the tag that begins before ``start`` ends, or what is wrong with it."""
    attributes = 0
    at = start
    while (mark := _IN_TAG.search(html, at, end)) is not None:
        attributes += len(_GAPS.findall(html, at, mark.start()))
        at = mark.end()
        if mark.group() == ">":
            break
        attributes += 1
        closing = html.find(mark.group()[-1], at, end)
        at = closing + 1 if closing >= 0 else end
        if attributes > 2 * MAX_ATTRIBUTES or at - start > MAX_TAG:
            break
    else:
        attributes += len(_GAPS.findall(html, at, min(end, at + MAX_TAG)))
        at = end
    if at - start > MAX_TAG:
        return at, "html_tag_too_long"
    # A quoted value counts once for its name's blank and once for itself.
    return at, "html_too_many_attributes" if attributes > 2 * MAX_ATTRIBUTES else ""
