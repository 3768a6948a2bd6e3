"""The links of a page, and the boxes that set words apart: where they stand in what is read, and what is a button."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

from mailmcp.language.characters import cleaned
from mailmcp.mail.sight.page import Page
from mailmcp.mail.sight.styles import Style
from mailmcp.models import Link

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from mailmcp.mail.sight.drawing import Frame

LEADING = frozenset(("a", "area", "form", "button", "input"))
_MAX_BOX = 40
_BUTTON_NAME = re.compile(r"\b(?:btn|button|cta)", re.IGNORECASE)
# A browser sends these as %20, %3C … (WHATWG URL, percent-encode sets of path and query).
_ASCII = "".join(map(chr, range(128)))
_NEVER_SENT = re.compile(r'[\x00- "<>`\x7f]')
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,30}):", re.IGNORECASE)
# Browsers take backslashes for slashes (WHATWG URL, special schemes).
_HOST_FIRST = re.compile(r"[/\\]{2,}+(?=.)")
_NO_LINKS = frozenset(("javascript", "vbscript", "data", "cid", "mid", "file", "blob", "about"))
_URL_BREAKS = re.compile(r"[\t\n\r]")
_PICTURE = re.compile(r"\[image: ([^\[\]]*)\]")


@dataclass(slots=True)
class Anchor:
    """A link that is being read; ``start`` is below 0 until its first word."""

    url: str
    button: bool
    form: bool = False
    """Does it send a form there?"""
    start: int = -1
    end: int = -1

    def reach(self, start: int, end: int) -> None:
        """Words of it were written."""
        self.start = start if self.start < 0 else self.start
        self.end = end


def base_of(tree: LexborHTMLParser) -> str:
    """What addresses without a host are relative to (HTML §4.2.3); ``""`` when the page does not say."""
    node = tree.css_first("base[href]")
    url = _with_scheme(_cleaned(node.attributes.get("href"))) if node is not None else ""
    return url if url[:5].lower() in ("http:", "https") else ""


def led_by(
    frame: Frame, parent: Frame, node: LexborNode, attributes: Mapping[str, str | None], base: str
) -> Anchor | None:
    """The link that an element of LEADING begins; None when it leads nowhere a person could go."""
    if frame.tag in ("a", "area"):
        return _anchor(attributes, frame.style, base)
    if frame.tag != "form":
        return _sending(frame, attributes, base) if parent.anchor is None else None
    frame.action = _absolute(attributes.get("action"), base)
    if node.first_child is None:  # One among the rows of a table is empty in the tree, and holds what comes behind it.
        parent.action = frame.action
    return None


def _anchor(attributes: Mapping[str, str | None], style: Style, base: str) -> Anchor | None:
    if not (url := _absolute(attributes.get("href"), base)):
        return None
    role, classes = attributes.get("role") or "", attributes.get("class") or ""
    named = role.lower() == "button" or bool(_BUTTON_NAME.search(classes))
    framed = style.boxed and (style.padded or style.display != "inline")
    return Anchor(_sent(url), named or framed)


def _sending(frame: Frame, attributes: Mapping[str, str | None], base: str) -> Anchor | None:
    """A button that sends the form in which it stands, or names the place to send it to itself."""
    kind = (attributes.get("type") or ("submit" if frame.tag == "button" else "text")).strip().lower()
    if kind in ("button", "reset") or (frame.tag == "input" and kind not in ("submit", "image")):
        return None
    url = _absolute(attributes.get("formaction"), base) or frame.action
    return Anchor(_sent(url), button=True, form=True) if url else None


def _absolute(address: str | None, base: str) -> str:
    """Where an address in a page leads; ``""`` when that is nowhere a person could go."""
    url = _with_scheme(_cleaned(address))
    scheme = _SCHEME.match(url)
    if scheme is None and base and url[:1] not in ("", "#"):
        try:
            url = urljoin(base, url)
        except ValueError:  # of an address in brackets that is none
            return ""
        scheme = _SCHEME.match(url)
    return "" if scheme is None or scheme[1].lower() in _NO_LINKS else url


def _cleaned(address: str | None) -> str:
    return _URL_BREAKS.sub("", (address or "").strip())


def _with_scheme(url: str) -> str:
    """An address that begins with its host, as a page that is read over HTTPS opens it."""
    return f"https://{url[first.end() :]}" if (first := _HOST_FIRST.match(url)) else url


def _sent(url: str) -> str:
    """An address as a browser sends it, as far as it would hold what nobody sees or what looks like a tag."""
    if not url.isascii() and cleaned(url)[0] != url:
        url = quote(url, safe=_ASCII)
    return _NEVER_SENT.sub(lambda sign: f"%{ord(sign[0]):02X}", url)


def links_of(anchors: Sequence[Anchor], text: str) -> tuple[Link, ...]:
    """The links that words or a place of ``text`` lead to."""
    return tuple(
        Link(words_of(text[one.start : one.end]), one.url, one.start, one.button, ("form",) if one.form else ())
        for one in anchors
        if one.start >= 0
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
