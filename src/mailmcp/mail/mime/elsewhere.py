"""Mail whose words stand elsewhere: in a calendar entry, an attached text, the message it hands on, a status report.

Asked only when no part is the mail's own text; the first place that has words answers, and a defect says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from mailmcp.mail.mime import enriched, headers, inside, invitations, tree
from mailmcp.mail.mime.guide import Guide
from mailmcp.mail.mime.tree import Part, walk
from mailmcp.mail.mime.words import (
    Reading,
    Words,
    decoded,
    is_attached,
    joined,
    labels,
    name_of,
    octets_of,
    text_of,
    words_of,
)

MAX_MESSAGES = 10
"""Handed-on messages of one mail that are shown."""
MAX_LEVELS = 3
"""Messages that consist of nothing but a message."""
MAX_OCTETS = 4 * 1024 * 1024
"""Of a handed-on message that are looked through for its words."""
MAX_LINE = 500
BLANK_HTML = 64 * 1024
"""HTML longer than this is not looked through for words."""

# Text that is no words for people, or the same words over again for other devices.
_NO_WORDS = frozenset(
    {"text/calendar", "text/x-amp-html", "text/watch-html", "text/css", "text/javascript", "text/rtf", "text/xml"}
    | {"text/vcard", "text/x-vcard", "text/directory", "text/rfc822-headers", "text/plain", "text/html"}
)
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})
_HEAD = "---------- Forwarded message ----------"
_BLANKS = "\ufeff\u200b\u200c\xa0 \t\r\n"
_TAG = re.compile(r"<[^<>]*>")

_Leaves = list[tuple[str, Part]]
_Read = Callable[[Part, Reading], Words]


def are_blank(words: Words) -> bool:
    """Whether nobody would see a word or a picture in them."""
    return not (words.text or "").strip() and _is_blank(words.html or "")


def found(root: Part, reading: Reading, read: _Read) -> Words | None:
    """The words of a mail whose own ones are blank; None when there are none anywhere. ``read`` reads a tree."""
    leaves = [(path, part) for path, part in walk(root) if not part.children]
    return (
        _other_text(leaves, reading)
        or _entry(reading)
        or _attached(leaves, reading)
        or _report(leaves, reading)  # before the message that it returns
        or _handed_on(leaves, reading, read)
        or _behind(root, reading)
    )


def with_entry(words: Words, reading: Reading) -> Words:
    """The words with those of an invitation above them that says when and where, if they do not."""
    calendar = reading.calendar or ""
    if not invitations.is_message(calendar) or invitations.says_when(calendar, words.html or words.text or ""):
        return words
    card = invitations.card(calendar)
    if not card:
        return words
    reading.note("calendar_added", reading.calendar_path)
    text = f"{card}\n\n{words.text}" if words.text is not None else None
    return Words(text, f"{_page(card)}\n{words.html}" if words.html is not None else None)


def _other_text(leaves: _Leaves, reading: Reading) -> Words | None:
    """Inline text of another kind: text/enriched without its commands, markdown and the like as it stands."""
    shown: list[Words] = []
    for path, part in leaves:
        if not part.kind.startswith("text/") or part.kind in _NO_WORDS or is_attached(part) or name_of(part):
            continue
        text = text_of(part, path, octets_of(part)[0], reading)
        if part.kind in ("text/enriched", "text/richtext"):
            text = enriched.words(text, richtext=part.kind == "text/richtext")
        if text.strip():
            shown.append(Words(text=text))
            reading.attachments = [one for one in reading.attachments if one.part != path]
    return joined(shown) if shown else None


def _entry(reading: Reading) -> Words | None:
    card = invitations.card(reading.calendar or "")
    if not card:
        return None
    reading.note("text_of_calendar", reading.calendar_path)
    return Words(text=card)


def _attached(leaves: _Leaves, reading: Reading) -> Words | None:
    """The only text, or the only two alternatives, although marked as attached; it stays listed as an attachment."""
    texts = [
        (path, part)
        for path, part in leaves
        if part.kind in ("text/plain", "text/html") and (is_attached(part) or name_of(part))
    ]
    twins = len({path.rpartition(".")[0] for path, _ in texts}) == len({part.kind for _, part in texts}) - 1 == 1
    if not texts or not (len(texts) == 1 or (twins and all(part.within == "alternative" for _, part in texts))):
        return None
    reading.note("text_attached", texts[0][0])
    pieces = [words_of(part, path, octets_of(part)[0], reading) for path, part in texts]
    text = next((one.text for one in pieces if one.text is not None), None)
    return Words(text, next((one.html for one in pieces if one.html is not None), None))


def _handed_on(leaves: _Leaves, reading: Reading, read: _Read) -> Words | None:
    """Attached messages one after the other, each under its sender, date and subject, as a program forwards them."""
    messages = [(path, part) for path, part in leaves if part.kind in _MESSAGES]
    if reading.level >= MAX_LEVELS or not messages:
        return None
    reading.note("text_forwarded", messages[0][0])
    shown: list[Words] = []
    for path, part in messages[:MAX_MESSAGES]:
        octets, _ = octets_of(part)
        if len(octets) > MAX_OCTETS:
            reading.note("forward_too_long", path)
        shown.append(_message(octets[:MAX_OCTETS], reading, read))
    return joined(shown)


def _message(octets: bytes, reading: Reading, read: _Read) -> Words:
    block = headers.split(octets)
    root, problems = tree.grow(block, octets[block.body_at :])
    inside.unfold(root, problems)
    guide = Guide(labels(root), [field.body for field in block.fields])
    inner = Reading(guide, rooms=reading.rooms, level=reading.level + 1)
    words = read(root, inner)
    for code, sentence in (problems | inner.defects).items():
        reading.defects.setdefault(code, f"In the message that is handed on: {sentence}")
    named = ((name, block.first(name)) for name in ("from", "date", "subject", "to"))
    head = [_HEAD, *(f"{name.title()}: {headers.display(body, guide)[:MAX_LINE]}" for name, body in named if body)]
    files = [one.filename for one in inner.attachments if not one.inline and one.content_type not in _MESSAGES]
    head += [f"Attachments: {', '.join(files[:MAX_MESSAGES])}"] if files else []
    top = "\n".join(head)
    if words.html is None:
        return Words(text=f"{top}\n\n{words.text or ''}")
    html = f"{_page(top)}<br>\n{words.html}"
    return Words(f"{top}\n\n{words.text}" if words.text is not None else None, html)


def _report(leaves: _Leaves, reading: Reading) -> Words | None:
    for path, part in leaves:
        if part.kind in _REPORTS:
            reading.note("text_of_report", path)
            return Words(text=text_of(part, path, octets_of(part)[0], reading))
    return None


def _behind(root: Part, reading: Reading) -> Words | None:
    """What follows the last boundary of a mail: nobody's part, but a mail that ended too early has its words there."""
    epilogue = (root.epilogue or "").encode("ascii", "surrogateescape")
    if not epilogue.strip():
        return None
    reading.note("text_behind_end", "1")
    return Words(text=decoded(reading.within("text", epilogue, "1"), None, "1", reading))


def _page(text: str) -> str:
    return "<div>" + escape(text).replace("\n", "<br>\n") + "</div>"


def _is_blank(html: str) -> bool:
    if len(html) > BLANK_HTML:
        return False
    lower = html.lower()
    end = lower.rfind("</head>")
    if "<img" in lower:
        return False
    return not unescape(_TAG.sub("", html[end + len("</head>") if end >= 0 else 0 :])).strip(_BLANKS)
