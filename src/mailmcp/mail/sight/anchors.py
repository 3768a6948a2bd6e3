"""The links of a page, and the boxes that set words apart: where they stand in what is read, and what is a button."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mailmcp.language.characters import cleaned
from mailmcp.mail.sight.page import Page
from mailmcp.mail.sight.styles import Style
from mailmcp.models import Link

if TYPE_CHECKING:
    from mailmcp.mail.sight.drawing import Frame

_MAX_BOX = 40
_BUTTON_NAME = re.compile(r"\b(?:btn|button|cta)", re.IGNORECASE)
# A browser sends these as %20, %3C … (WHATWG URL, percent-encode sets of path and query).
_ASCII = "".join(map(chr, range(128)))
_NEVER_SENT = re.compile(r'[\x00- "<>`\x7f]')
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,30}):", re.IGNORECASE)
_NO_LINKS = frozenset(("javascript", "vbscript", "data", "cid", "mid", "file", "blob", "about"))
_URL_BREAKS = re.compile(r"[\t\n\r]")
_PICTURE = re.compile(r"\[image: ([^\[\]]*)\]")


@dataclass(slots=True)
class Anchor:
    """A link that is being read; ``start`` is below 0 until its first word."""

    url: str
    button: bool
    start: int = -1
    end: int = -1

    def reach(self, start: int, end: int) -> None:
        """Words of it were written."""
        self.start = start if self.start < 0 else self.start
        self.end = end


def anchor_of(attributes: Mapping[str, str | None], style: Style) -> Anchor | None:
    """The link that an ``<a>`` begins; None when it leads nowhere a person could go."""
    url = _URL_BREAKS.sub("", (attributes.get("href") or "").strip())
    scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() in _NO_LINKS:
        return None
    role, classes = attributes.get("role") or "", attributes.get("class") or ""
    named = role.lower() == "button" or bool(_BUTTON_NAME.search(classes))
    framed = style.boxed and (style.padded or style.display != "inline")
    return Anchor(_sent(url), named or framed)


def _sent(url: str) -> str:
    """An address as a browser sends it, as far as it would hold what nobody sees or what looks like a tag."""
    if not url.isascii() and cleaned(url)[0] != url:
        url = quote(url, safe=_ASCII)
    return _NEVER_SENT.sub(lambda sign: f"%{ord(sign[0]):02X}", url)


def links_of(anchors: Sequence[Anchor], text: str) -> tuple[Link, ...]:
    """The links that words or a place of ``text`` lead to."""
    return tuple(
        Link(words_of(text[one.start : one.end]), one.url, one.start, one.button) for one in anchors if one.start >= 0
    )


def set_apart(frame: Frame, anchors: Sequence[Anchor], page: Page) -> tuple[int, int] | None:
    """The few words that a box sets apart when it ends; one that is all link becomes a button."""
    start, end = frame.start, page.length
    if not 0 < end - start <= 2 * _MAX_BOX:
        return None
    text = "".join(page.pieces[-20:])[-(end - start) :]
    start += len(text) - len(text.lstrip())
    inside = [anchor for anchor in anchors[-3:] if anchor.start >= start and anchor.end <= end]
    if len(inside) == 1 and inside[0].end - inside[0].start >= end - start - 4:
        inside[0].button = True
    if "\n" not in text.strip() and end - start <= _MAX_BOX and not frame.own_anchor:
        return start, end
    return None


def words_of(text: str) -> str:
    """The text of a link, without the brackets that stand round the description of a picture."""
    text = " ".join(text.split())
    return _PICTURE.sub(r"\1", text)[:500]
