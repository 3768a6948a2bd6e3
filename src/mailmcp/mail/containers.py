"""Elements that mail programs put round quoted history and signatures in HTML, known by class and id."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import IntEnum

from mailmcp.mail.headerblocks import Field, field_of, is_forward


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


_QUOTES = frozenset(
    (
        "gmail_quote", "gmail_quote_container", "gmail_attr", "moz-cite-prefix", "moz-email-headers-table",
        "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote", "ms-outlook-mobile-reference-message",
        "wordsection1_quote", "quote-container", "gmail_extra_quote", "bloop_original_html", "foxdiv", "qmquote",
        "airmail_original", "cmh_quote", "front-blockquote", "freebirdquote", "hey-quote", "skiff_quote",
        "email_quote", "x_gmail_quote", "x_gmail_quote_container", "x_moz-cite-prefix", "x_yahoo_quoted", "ydpquoted",
    )
)  # fmt: skip
_QUOTE_IDS = frozenset(
    (
        "olk_src_body_section", "mail-editor-reference-message-container", "yahoo_quoted", "isreplycontent",
        "ntes-pcmac-quote", "qmquote", "reply-intro", "replyforward", "divtagdefaultwrapper_quote",
    )
)  # fmt: skip
_HISTORY_IDS = frozenset(("divrplyfwdmsg", "appendonsend", "stopspelling", "spnreplyfwdmsg"))
_SIGNATURES = frozenset(
    (
        "gmail_signature", "moz-signature", "protonmail_signature_block", "yahoo_signature", "zmail_signature",
        "tutanota_signature", "bloop_sign", "x_gmail_signature", "gmx_signature",
    )
)  # fmt: skip
_SIGNATURE_IDS = frozenset(
    (
        "signature", "ms-outlook-mobile-signature", "applemailsignature", "linebreakatbeginningofsignature",
        "composer_signature", "zm-_id_-sgn",
    )
)  # fmt: skip
_TOP_BORDER = re.compile(r"border-top(?:-style)?\s*:[^;]*\bsolid\b")
_LEFT_BORDER = re.compile(r"border-left\s*:[^;]*\b(?:solid|[1-9])")


def container(tag: str, id_: str, classes: Collection[str], attributes: Mapping[str, str | None]) -> Container:
    """What the element holds, as far as its own marks tell."""
    if not id_ and not classes and tag != "blockquote":
        return Container.SIGNATURE if "data-signatureblock" in attributes else Container.NOTHING
    id_ = id_.lower().removeprefix("x_")
    names = {name.lower() for name in classes}
    if id_ in _HISTORY_IDS:
        return Container.HISTORY
    if tag == "blockquote":
        cited = (attributes.get("type") or "").lower() == "cite" or id_ == "blockquote_zmail" or "cite" in attributes
        if cited or not (_QUOTES - {"gmail_quote"}).isdisjoint(names):
            return Container.QUOTE
        return Container.INSERTED if "gmail_quote" in names else Container.CITATION
    if not _QUOTES.isdisjoint(names) or id_ in _QUOTE_IDS:
        return Container.QUOTE
    if not _SIGNATURES.isdisjoint(names) or id_ in _SIGNATURE_IDS or "data-signatureblock" in attributes:
        return Container.SIGNATURE
    return Container.NOTHING


def has_top_border(tag: str, style: str) -> bool:
    """Is the element drawn as Outlook draws the box over history? What it says must be a header block, too."""
    return tag == "div" and "border-top" in style and _TOP_BORDER.search(style[:600].lower()) is not None


def begins_with_header(text: str) -> bool:
    """Do these first words of an element begin a header block?"""
    return field_of(text.lstrip()) in (Field.FROM, Field.SENT, Field.DATE)


def begins_forward(text: str) -> bool:
    """Do these first words of a container say that it is a forwarded mail?"""
    first = text.strip().split("\n", 1)[0][:160]
    return first.startswith(("- - - -",)) or is_forward(first) or is_forward(_to_dashes(first))


def _to_dashes(text: str) -> str:
    """The part between the first and the second run of dashes: what follows may stand on the same line."""
    match = re.match(r"-{3,40}[^-]{1,80}-{3,40}", text)
    return match[0] if match else ""
