"""Elements that mail programs put round quoted history and signatures in HTML, known by class and id."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import IntEnum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from mailmcp.mail.history.headerblocks import block_ends, is_forward, is_rule, is_separator

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode


class Container(IntEnum):
    """What an element of a mail holds."""

    NOTHING = 0
    QUOTE = 1
    """Quoted history, to the element's end."""
    CITATION = 2
    """A bare blockquote: history or the writer's own citation, as what stands before it says."""
    HISTORY = 3
    """From here to the end of the mail all is history."""
    SIGNATURE = 4
    INSERTED = 5
    """A blockquote as Gmail makes one when the writer asks for it: history only under an attribution."""
    HEAD = 6
    """The line over a quote: part of it when a quote follows, else words like others."""


_QUOTES = frozenset(
    (
        "gmail_quote", "gmail_quote_container", "moz-email-headers-table",
        "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote", "ms-outlook-mobile-reference-message",
        "wordsection1_quote", "quote-container", "gmail_extra_quote", "bloop_original_html", "foxdiv", "qmquote",
        "airmail_original", "cmh_quote", "front-blockquote", "freebirdquote", "hey-quote", "skiff_quote",
        "email_quote", "ydpquoted",
    )
)  # fmt: skip
_QUOTE_IDS = frozenset(
    (
        "olk_src_body_section", "mail-editor-reference-message-container", "yahoo_quoted", "isreplycontent",
        "ntes-pcmac-quote", "qmquote", "replyforward", "divtagdefaultwrapper_quote",
    )
)  # fmt: skip
_HEADS = frozenset(("gmail_attr", "moz-cite-prefix"))
_HISTORY_IDS = frozenset(("divrplyfwdmsg", "appendonsend", "stopspelling", "spnreplyfwdmsg"))
_SIGNATURES = frozenset(
    (
        "gmail_signature", "moz-signature", "protonmail_signature_block", "yahoo_signature", "zmail_signature",
        "tutanota_signature", "bloop_sign", "gmx_signature",
    )
)  # fmt: skip
_SIGNATURE_IDS = frozenset(
    (
        "signature", "ms-outlook-mobile-signature", "applemailsignature", "linebreakatbeginningofsignature",
        "composer_signature", "zm-_id_-sgn",
    )
)  # fmt: skip
_REMEMBERED = 200
_BESIDE = 8
"""Elements (and blanks) after the line over a quote that are looked at."""
_OPENING = 12
"""The same inside of one of them."""
_BLOCK_NODES, _BLOCK_LENGTH = 200, 2_000
_BREAKING = frozenset(("br", "p", "div", "tr", "li", "td"))
# What the buttons of Gmail and its kin make that move a paragraph to the right.
_INDENTED = re.compile(r"border\s*:\s*(?:none|0)|border-left-width\s*:\s*0")
_PASSED = re.compile(r"\A(?:x_)+")
_TOP_BORDER = re.compile(r"border-top(?:-style)?\s*:[^;]*\bsolid\b")
# Mail programs draw a thin line beside what is answered, pages a thick one beside what they cite.
_THIN_LINE = re.compile(r"border-left(?:-width)?\s*:[^;]*?(?<![\d.])(?:0?\.\d{1,3}|[12](?:\.\d{1,3})?)\s?(?:px|pt)")
_LEFT_BORDER = re.compile(r"border-left\s*:[^;]*\b(?:solid|[1-9])")


def container(
    tag: str,
    id_: str,
    classes: Collection[str],
    attributes: Mapping[str, str | None],
    node: LexborNode | None = None,
) -> Container:
    """What the element holds, as far as its own marks tell, and what stands before a blockquote that has none."""
    if tag == "signature":  # Mailspring's own
        return Container.SIGNATURE
    if not id_ and not classes and tag != "blockquote":
        return Container.SIGNATURE if "data-signatureblock" in attributes else Container.NOTHING
    if tag != "blockquote" and "data-signatureblock" not in attributes:
        return _by_names(id_, attributes.get("class") or "")
    id_ = _original(id_)
    names = set(map(_original, classes))
    if id_ in _HISTORY_IDS:
        return Container.HISTORY
    if tag == "blockquote":
        cited = (attributes.get("type") or "").lower() == "cite" or id_ == "blockquote_zmail" or "cite" in attributes
        if cited or not (_QUOTES - {"gmail_quote"}).isdisjoint(names):
            return Container.QUOTE
        style = (attributes.get("style") or "")[:300].lower()
        indented = _INDENTED.search(style) is not None and not _LEFT_BORDER.search(style)
        if "gmail_quote" in names or indented or not (node is None or _THIN_LINE.search(style) or _in_own_space(node)):
            return Container.INSERTED
        return Container.CITATION
    return _by_names(id_, attributes.get("class") or "") or Container.SIGNATURE


def _by_names(id_: str, classes: str) -> Container:
    # Mails repeat themselves; what is long is not kept in memory.
    return _remembered(id_, classes) if len(id_) + len(classes) <= _REMEMBERED else _named(id_, classes)


def _named(id_: str, classes: str) -> Container:
    """What an element holds by its names."""
    id_ = _original(id_)
    names = frozenset(map(_original, classes.split()))
    if id_ in _HISTORY_IDS:
        return Container.HISTORY
    if not _QUOTES.isdisjoint(names) or id_ in _QUOTE_IDS:
        return Container.QUOTE
    if not _HEADS.isdisjoint(names) or id_ == "reply-intro":
        return Container.HEAD
    if not _SIGNATURES.isdisjoint(names) or id_ in _SIGNATURE_IDS:
        return Container.SIGNATURE
    return Container.NOTHING


def _original(name: str) -> str:
    """A name without what Outlook puts before those of others' mails, once each time a mail passes through it."""
    return _PASSED.sub("", name.lower())


_remembered = lru_cache(maxsize=1024)(_named)


def _in_own_space(node: LexborNode) -> bool:
    """Does an empty line stand before the element, as people and mail programs make one? Pages have margins."""
    breaks = 0
    for _ in range(_BESIDE):
        before = node.prev
        if before is None:
            node = node.parent if node.parent is not None else node
            continue
        node = before
        if any(_is_words(inner) for inner in islice(node.traverse(include_text=True), _OPENING)):
            return breaks > 1
        if node.is_element_node:
            breaks += 1 if node.tag == "br" else 2 if node.tag in _BREAKING else 0
    return False


def _is_words(node: LexborNode) -> bool:
    return node.is_text_node and bool((node.text_content or "").strip())


def precedes_quote(node: LexborNode) -> bool:
    """Is the next thing with words after this element a quote?"""
    beside = node.next
    for _ in range(_BESIDE):
        if beside is None or _is_words(beside):
            return False
        if beside.is_element_node:
            for inner in islice(beside.traverse(include_text=True), _OPENING):
                if _is_words(inner):
                    return False
                if inner.is_element_node and _holds_quote(inner):
                    return True
        beside = beside.next
    return False


def _holds_quote(node: LexborNode) -> bool:
    attributes = node.attributes
    classes = (attributes.get("class") or "").split()
    kind = container(node.tag or "", attributes.get("id") or "", classes, attributes)
    return kind in (Container.QUOTE, Container.CITATION, Container.INSERTED, Container.HISTORY)


def is_boxed_history(tag: str, style: str, node: LexborNode) -> bool:
    """Is the element drawn as Outlook draws the box over history, and does it begin with a header block?"""
    if tag != "div" or "border-top" not in style or not _TOP_BORDER.search(style[:600].lower()):
        return False
    return _begins_with_header(node)


def _begins_with_header(node: LexborNode) -> bool:
    """Are the first lines of an element the header block of a mail, or a title and that block?"""
    lines = [line.strip() for line in _opening_words(node, _BLOCK_NODES, _BLOCK_LENGTH).strip().split("\n")]
    titled = is_rule(lines[0]) or is_separator(lines[0], next(filter(None, lines[1:]), ""), known=True)
    first = next((number for number, line in enumerate(lines) if line and number >= titled), 0)
    return block_ends(lines, first, ruled=True) >= 0


def begins_forward(node: LexborNode, *, opens: bool = False) -> bool:
    """Do the first words of a container say that it is a forwarded mail?

    In a mail that answers none (``opens``) a header block says so, too.
    """
    if opens and _begins_with_header(node):
        return True
    first = _opening_words(node, 80, 400).strip().split("\n", 1)[0][:160]
    return first.startswith(("- - - -",)) or is_forward(first) or is_forward(_to_dashes(first))


def _to_dashes(text: str) -> str:
    """The part between the first and the second run of dashes: what follows may stand on the same line."""
    match = re.match(r"-{3,40}[^-]{1,80}-{3,40}", text)
    return match[0] if match else ""


def _opening_words(node: LexborNode, nodes: int, length: int) -> str:
    """The first words of an element, as lines."""
    pieces: list[str] = []
    for inner in islice(node.traverse(include_text=True), nodes):
        if inner.is_text_node:
            pieces.append(" ".join((f"x{inner.text_content or ''}x").split())[1:-1])
        elif inner.tag in _BREAKING:
            pieces.append("\n")
    return "".join(pieces)[:length]
