"""The words of a message, split by who would see them: visible, quoted, signature, hidden; links as data."""

from __future__ import annotations

import re

from mailmcp.language.characters import cleaned
from mailmcp.mail.html import Drawing, drawn
from mailmcp.mail.limits import safe_length
from mailmcp.mail.links import plain_links
from mailmcp.mail.quotes import history_offset, is_forward, signature_offset
from mailmcp.models import Channels, Defect, Message

MAX_VISIBLE = 1024 * 1024
MAX_PLAIN = 4 * MAX_VISIBLE

_BLANKS = re.compile(r"[^\S\n]+")
_PICTURE = re.compile(r"\[image: [^\[\]\n]{1,300}\]")
_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){3,11}")
_SEPARATED = re.compile(r"(?<=[0-9])[ -](?=[0-9])")
_EMPTY_LINES = re.compile(r"\n{3,}")
_SENTENCES = {
    "html_too_large": "The HTML part is larger than 2 MB; what is behind that was not read.",
    "html_tag_too_long": "An HTML tag is longer than 64 KB; the HTML from there on was not read.",
    "html_too_many_attributes": "An HTML tag has more than 500 attributes; the HTML from there on was not read.",
    "html_too_deep": "HTML elements are nested more than 2,000 deep; the HTML from there on was not read.",
    "text_truncated": "The text is longer than 1 MiB; the rest was left out.",
}


def read(message: Message) -> Channels:
    """What a person who opens the message would see, and what is kept from them.

    The HTML part is read where there is one with visible words; the plain part where there is not, or where the
    HTML is past what can be parsed safely. Nothing raises; what was left out is said in ``defects``.
    """
    html = message.html or ""
    plain = message.text or ""
    defects: list[str] = []
    if html.strip():
        length, reason = safe_length(html)
        if reason:
            defects.append(reason)
        if not (reason and plain.strip()):
            channels = _read_html(html[:length], message.subject, plain, defects)
            if channels is not None:
                return channels
    if plain.strip():
        return _read_plain(plain, message.subject, defects)
    return Channels(defects=_named(defects))


def _read_html(html: str, subject: str, plain: str, defects: list[str]) -> Channels | None:
    """The channels of an HTML part; None when the plain text says more than its pictures do."""
    forward = is_forward(subject)
    drawing = drawn(html, MAX_VISIBLE, cut_quotes=not forward)
    if not drawing.visible.strip() and drawing.quoted:
        # All of it is quoted: then that is what the mail says.
        drawing = drawn(html, MAX_VISIBLE, cut_quotes=False)
    if plain.strip() and (not drawing.words or _says_in_words(plain, drawing.visible)):
        return None
    if drawing.full:
        defects.append("text_truncated")
    read_from = "html" if drawing.visible else "none"
    return _cut(drawing, forward, read_from, defects)


def _says_in_words(plain: str, visible: str) -> bool:
    """Does the plain text say a number that the HTML shows in a picture only (and in its description)?"""
    in_pictures = {number for picture in _PICTURE.findall(visible) for number in _NUMBER.findall(picture)}
    if not in_pictures:
        return False
    words = _SEPARATED.sub("", _PICTURE.sub(" ", visible))
    said = _SEPARATED.sub("", plain[:MAX_VISIBLE])
    numbers = (_SEPARATED.sub("", number) for number in list(in_pictures)[:20])
    return any(number in said and number not in words for number in numbers)


def _read_plain(plain: str, subject: str, defects: list[str]) -> Channels:
    if len(plain) > MAX_PLAIN:
        plain = plain[:MAX_PLAIN]
        defects.append("text_truncated")
    text, invisible = cleaned(plain.replace("\x0c", "\n").replace("\x0b", "\n"))
    text = "\n".join(line.strip() for line in _BLANKS.sub(" ", text).split("\n"))
    text = _EMPTY_LINES.sub("\n\n", text).strip("\n")
    if len(text) > MAX_VISIBLE:
        text = text[:MAX_VISIBLE]
        defects.append("text_truncated")
    drawing = Drawing(visible=text, links=plain_links(text), invisible=invisible)
    return _cut(drawing, is_forward(subject), "plain", defects)


def _cut(drawing: Drawing, forward: bool, read_from: str, defects: list[str]) -> Channels:
    """Take history and signature off the end. A forward is new to its reader and stays whole."""
    text = drawing.visible
    end = len(text) if forward else history_offset(text)
    own = end if forward else signature_offset(text[:end])
    visible = text[:own].rstrip()
    quoted = "\n\n".join(part for part in (text[end:].strip(), drawing.quoted) if part)
    return Channels(
        visible=visible,
        quoted=quoted,
        signature=text[own:end].strip(),
        hidden=drawing.hidden,
        links=tuple(link for link in drawing.links if link.offset <= len(visible)),
        emphasis=tuple((start, min(stop, own)) for start, stop in drawing.emphasis if start < len(visible)),
        read_from=read_from,
        invisible=drawing.invisible,
        defects=_named(defects),
    )


def _named(codes: list[str]) -> tuple[Defect, ...]:
    return tuple(Defect(code, _SENTENCES[code]) for code in dict.fromkeys(codes))
