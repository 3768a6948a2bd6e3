"""Pictures that stand in HTML as data (RFC 2397): their octets are no words, and often outnumber the words."""

from __future__ import annotations

import re

# Mail programs wrap them, indent what they wrapped, and write the line ends as references.
_PICTURE = re.compile(
    r"data:(?:[a-z]{1,20}/[\w.+-]{1,60})?(?:;[\w=.-]{1,40}){0,3},(?:[A-Za-z0-9+/=%\s]++|&#x?0{0,3}(?:9|1?[03]|[ad]);)++",
    re.IGNORECASE | re.ASCII,
)
_OPENS_A_VALUE = re.compile(r"(?:[\"'(=]|&(?:quot|apos|#0{0,5}3[49]|#x0{0,5}2[27]);)\s*\Z", re.IGNORECASE)
_BEFORE = 60
_LEAST = 200
"""Characters of one that is worth leaving out."""


def without_pictures(html: str) -> str:
    """The HTML with nothing in place of the octets; what somebody shows as text stays."""
    return _PICTURE.sub(_emptied, html) if "data:" in html.lower() else html


def _emptied(picture: re.Match[str]) -> str:
    start = picture.start()
    if picture.end() - start < _LEAST:
        return picture.group()
    opens = _OPENS_A_VALUE.search(picture.string, max(0, start - _BEFORE), start)
    return "data:," if opens is not None else picture.group()
