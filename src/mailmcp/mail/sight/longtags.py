"""A tag that is longer than any that people write: the long values in it are cut, the words behind it stay.

Pictures, drawings of Figma and Word and the state of forms are pasted into attributes, in any length. No one sees them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_TAG = 64 * 1024
MAX_ATTRIBUTES = 500
_KEPT = 1_000
"""Characters of a value that is shortened."""

Cut = tuple[int, int, str]
"""(start, end, what to put there)."""

# HTML §13.2.5.32 to 39. A value that nothing closes reaches to the end, and the tag is none.
_ATTRIBUTE = re.compile(
    r"[\t\n\f\r /]*+(?:(?P<end>>)|(?P<name>[^\t\n\f\r />][^\t\n\f\r />=]*+)(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+"
    r"(?:\"(?P<double>[^\"]*+)(?:\"|\Z)|'(?P<single>[^']*+)(?:'|\Z)|(?P<bare>[^\t\n\f\r >\"'][^\t\n\f\r >]*+))?+)?+)"
)
_DATA = re.compile(r"\s{0,1000}+data:", re.IGNORECASE)
_PICTURE_IN_STYLE = re.compile(
    r"url\(\s{0,99}+(\"|'|&quot;|&apos;|&#x?0{0,5}(?:3[49]|2[27]);|)\s{0,99}+data:(?:(?!\1\s{0,9}\)).)*+",
    re.IGNORECASE | re.DOTALL,
)
_STYLING = frozenset(("style", "class", "id"))
_ADDRESSES = frozenset(("href", "action", "formaction"))
"""A part of an address is another address."""
_SEEN = _ADDRESSES.union(("alt", "title", "placeholder", "label", "value"))
_LONGEST_STYLE = 10_000


@dataclass(slots=True)
class LongTag:
    """What becomes of a tag."""

    end: int
    problem: str = ""
    """Why it cannot be read."""
    cuts: list[Cut] = field(default_factory=list[Cut])
    loses: bool = False
    """Did a value go that a person sees something of?"""


def shortened(html: str, start: int, end: int, styled: frozenset[str]) -> LongTag:
    """The tag whose name ends at ``start``, its longest values cut until it is no longer too long.

    ``styled`` are the attributes that the style sheet asks about.
    """
    values: list[tuple[str, int, int]] = []
    at = start
    for _ in range(MAX_ATTRIBUTES + 1):
        if (found := _ATTRIBUTE.match(html, at, end)) is None:
            return LongTag(end, "html_tag_too_long")
        at = found.end()
        if found["end"]:
            return _cut(html, start, at, values, styled)
        if group := next((one for one in ("double", "single", "bare") if found[one]), None):
            values.append((found["name"].lower(), *found.span(group)))
    return LongTag(at, "html_too_many_attributes")


def _cut(html: str, start: int, end: int, values: list[tuple[str, int, int]], styled: frozenset[str]) -> LongTag:
    tag = LongTag(end)
    left = end - start
    unseen = any(name == "type" and html[first:last].strip().lower() == "hidden" for name, first, last in values)
    hides = False
    for name, first, last in sorted(values, key=lambda value: value[1] - value[2]):
        if left <= MAX_TAG:
            break
        instead, whole = _instead(name, html[first:last])
        tag.cuts.append((first, last, instead))
        left -= last - first - len(instead)
        hides = hides or name in styled or (name in _STYLING and not whole)
        tag.loses = tag.loses or (name in _SEEN and not whole and not unseen)
    if left > MAX_TAG:
        return LongTag(end, "html_tag_too_long")
    if hides:  # It may have been hidden by what was cut. Of two attributes of one name the first counts.
        tag.cuts.append((start, start, ' style="display:none!important"'))
        tag.loses = True
    tag.cuts.sort()
    return tag


def _instead(name: str, value: str) -> tuple[str, bool]:
    """What is put in place of a long value; and whether it says all that a person sees of it."""
    if _DATA.match(value):
        return "data:,", True
    if name == "style":
        style = _PICTURE_IN_STYLE.sub("url(", value)
        return (style, True) if len(style) <= _LONGEST_STYLE else ("", False)
    return ("" if name in _ADDRESSES else value[:_KEPT]), False
