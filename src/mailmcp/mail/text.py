"""The words of a message, split by who would see them: visible, quoted, signature, hidden; links as data."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mailmcp.language.characters import cleaned
from mailmcp.language.overrides import as_drawn
from mailmcp.mail.history.divisions import Division
from mailmcp.mail.history.quotes import divided, is_forward
from mailmcp.mail.links import MAX_LINKS, plain_links
from mailmcp.mail.mime.pasted import without_pictures
from mailmcp.mail.nesting import laid_out
from mailmcp.mail.sight.drawing import Drawing
from mailmcp.mail.sight.html import drawn
from mailmcp.mail.sight.limits import Effort, safe
from mailmcp.models import Channels, Defect, Link, Message

MAX_VISIBLE = 1024 * 1024
MAX_PLAIN = 4 * MAX_VISIBLE

# "Re:", "AW[2]:", "[list] Sv:", "回复：": whatever the language, a short word and a colon.
_ANSWERS = re.compile(r"(?:^|\]|\s)\w{1,10}\s?(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?[:：]")
_PREFIXED = 60
_COMPARED = 20_000
_LEAST_WORDS = 12
"""Different words of a part that can be compared."""
_FEW_WORDS = 4
"""So few words beside pictures say nothing that a plain part would have to repeat."""
_FIGURES = re.compile(r"(?<![\w.,])\d{3,10}(?![\w])")
_WORD = re.compile(r"[^\W\d_]{3,}")
_URL = re.compile(r"https?://\S+|\S+@\S+")
_PICTURE = re.compile(r"\[image: [^\[\]\n]{1,300}\]")
_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){3,11}")
_SEPARATED = re.compile(r"(?<=[0-9])[ -](?=[0-9])")
_DASHES = re.compile(r"^-- ?$", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")
_CUT = {
    "html_too_large": "The HTML part is larger than 2 MB",
    "html_tag_too_long": "An HTML tag is longer than 64 KB",
    "html_too_many_attributes": "An HTML tag has more than 500 attributes",
    "html_too_deep": "HTML elements are nested more than 2,000 deep",
    "html_too_many_tags": "The HTML has more tags or styles than are read",
    "html_too_many_names": "The HTML has over 20,000 names of tags and attributes",
    "text_truncated": "The text is longer than 1 MiB",
}
_SENTENCES = {code: f"{what}; what follows was not read, the raw message has it." for code, what in _CUT.items()} | {
    "html_flattened": "HTML elements are nested more than 1,000 deep; the innermost were read without their nesting.",
    "html_value_too_long": "A style, title or address in an HTML tag is longer than 64 KB; it was not read.",
    "style_sheet_too_long": "The style sheet is too long to be read whole; what it hides may stand in the text.",
    "parts_differ": "The plain text part says something else than the HTML part, which is the one shown.",
    "too_many_links": f"The text has more than {MAX_LINKS:,} links; those after them are not listed.",
    "text_on_picture": "Some words can be seen only where a picture lies under them, which was not fetched.",
}


def read(message: Message) -> Channels:
    """What a person who opens the message would see, and what is kept from them.

    The HTML part is read where there is one with visible words; the plain part where there is not, or where the
    HTML is past what can be parsed safely. Nothing raises; what was left out is said in ``defects``.
    """
    html = without_pictures(message.html or "")
    plain = message.text or ""
    defects: list[str] = []
    if html.strip():
        html, reason = safe(html)
        if reason:
            defects.append(reason)
        is_cut = reason not in ("", "html_flattened") or any(one.code == "html_too_long" for one in message.defects)
        if not (is_cut and plain.strip()):
            channels = _read_html(html, message, plain, defects)
            if channels is not None:
                return channels
    if plain.strip():
        return _read_plain(plain, message, defects)
    return Channels(defects=_named(defects))


def _read_html(html: str, message: Message, plain: str, defects: list[str]) -> Channels | None:
    """The channels of an HTML part; None when the plain text says more than its pictures do."""
    forward = is_forward(message.subject, html)
    effort, opens = Effort(), _opens(message)
    drawing = drawn(html, MAX_VISIBLE, cut_quotes=not forward, effort=effort, opens=opens)
    division = None if forward else divided(drawing.visible, drawing.spans, opens=opens)
    if division is not None and division.whole and drawing.spans.quoted:
        # All of it is quoted, or a forward: then that is what the mail says, with its links.
        drawing, division = drawn(html, MAX_VISIBLE, cut_quotes=False, effort=effort), None
    if drawing.unstyled:
        defects.append("style_sheet_too_long")
        if plain.strip():
            return None
    if plain.strip() and (not drawing.words or _says_in_words(plain, drawing.visible)):
        return None
    if drawing.spent:
        defects.append("html_too_many_tags")
    if drawing.doubtful:
        defects.append("text_on_picture")
    if drawing.full:
        defects.append("text_truncated")
    if plain.strip() and _differ(plain, drawing.visible):
        defects.append("parts_differ")
    drawing = replace(drawing, links=_with_bare(drawing))
    return _channels(drawing, division, "html" if drawing.visible else "none", defects)


def _opens(message: Message) -> bool:
    """Does the mail open a conversation: with a subject like no answer's, and no mail named that it answers?"""
    answers = message.in_reply_to or message.references or _ANSWERS.search(message.subject[:_PREFIXED]) is not None
    return not answers and bool(message.subject.strip())


def _with_bare(drawing: Drawing) -> tuple[Link, ...]:
    """The links of HTML and the addresses among its words that are none there: mail programs make them links."""
    taken = [(link.offset, link.offset + len(link.text)) for link in drawing.links]
    bare = (
        link
        for link in plain_links(drawing.visible)
        if link.text == link.url and not any(start <= link.offset < end for start, end in taken)
    )
    if not (added := list(bare)):
        return drawing.links
    return tuple(sorted((*drawing.links, *added), key=lambda link: link.offset))


def _says_in_words(plain: str, visible: str) -> bool:
    """Does the plain text say a number that the HTML shows in a picture only (and in its description)?"""
    in_pictures = {number for picture in _PICTURE.findall(visible) for number in _NUMBER.findall(picture)}
    if not in_pictures or not _repeats(plain, _PICTURE.sub(" ", visible)):
        return False
    words = _SEPARATED.sub("", _PICTURE.sub(" ", visible))
    said = _SEPARATED.sub("", plain[:MAX_VISIBLE])
    numbers = (_SEPARATED.sub("", number) for number in list(in_pictures)[:20])
    return any(number in said and number not in words for number in numbers)


def _repeats(plain: str, visible: str) -> bool:
    """Does the plain text say what the HTML says? One of other words is what no person sees."""
    shown = set(_WORD.findall(visible[:_COMPARED].casefold()))
    return len(shown) < _FEW_WORDS or len(shown & set(_WORD.findall(plain[:_COMPARED].casefold()))) >= 0.3 * len(shown)


def _differ(plain: str, visible: str) -> bool:
    """Do the two parts say different things: other numbers, or hardly a word in common?

    A stub ("view this in a browser") says nothing that could differ.
    """
    one, two = _PICTURE.sub(" ", plain[:_COMPARED]), visible[:_COMPARED]
    numbers, others = set(_FIGURES.findall(_URL.sub(" ", one))), set(_FIGURES.findall(_URL.sub(" ", two)))
    if numbers and others and numbers.isdisjoint(others):
        return True
    words, shown = set(_WORD.findall(one.casefold())), set(_WORD.findall(two.casefold()))
    if min(len(words), len(shown)) < _LEAST_WORDS:
        return False
    return len(words & shown) < 0.3 * min(len(words), len(shown))


def _read_plain(plain: str, message: Message, defects: list[str]) -> Channels:
    if len(plain) > MAX_PLAIN:
        plain = plain[:MAX_PLAIN]
        defects.append("text_truncated")
    text, invisible = cleaned(as_drawn(plain).replace("\x0c", "\n").replace("\x0b", "\n"))
    # A blank at the end of a line says something in one case only.
    blanks = [line[0].endswith(" ") for line in _DASHES.finditer(text)]
    text = _EMPTY_LINES.sub("\n\n", laid_out(text)).strip("\n")
    delimiters = frozenset(line.start() for line, blank in zip(_DASHES.finditer(text), blanks, strict=False) if blank)
    if len(text) > MAX_VISIBLE:
        text = text[:MAX_VISIBLE]
        defects.append("text_truncated")
    drawing = Drawing(visible=text, links=plain_links(text), invisible=invisible)
    division = (
        None if is_forward(message.subject, text) else divided(text, opens=_opens(message), delimiters=delimiters)
    )
    return _channels(drawing, division, "plain", defects)


def _channels(drawing: Drawing, division: Division | None, read_from: str, defects: list[str]) -> Channels:
    """The channels of a text as it was divided; None leaves it whole, as a forward, which is new to its reader."""
    text = drawing.visible
    links, apart, emphasis = drawing.links, list[Link](), drawing.emphasis
    quoted = signature = ""
    if division is not None and not division.whole:
        text, places = _assembled(text, division)
        apart = [link for link in links if places.of(link.offset) is None]
        links = tuple(replace(link, offset=at) for link in links if (at := places.of(link.offset)) is not None)
        emphasis = tuple(moved for span in emphasis for moved in places.span(span))
        quoted = _joined(drawing.visible, division.quoted)
        signature = _joined(drawing.visible, division.signature)
    if len(links) + len(apart) > MAX_LINKS:
        defects.append("too_many_links")
    return Channels(
        visible=text,
        quoted=quoted,
        signature=signature,
        hidden=drawing.hidden,
        links=links[:MAX_LINKS],
        links_apart=tuple(apart[: max(0, MAX_LINKS - len(links))]),
        emphasis=emphasis,
        read_from=read_from,
        invisible=drawing.invisible,
        defects=_named(defects),
    )


@dataclass(slots=True)
class _Places:
    """Where the spans of the full text that were kept stand in the visible text."""

    firsts: list[int] = field(default_factory=list[int])
    """Where the marks before them begin."""
    starts: list[int] = field(default_factory=list[int])
    ends: list[int] = field(default_factory=list[int])
    moved: list[int] = field(default_factory=list[int])

    def of(self, offset: int) -> int | None:
        """The place of an offset of the full text; None when it was not kept."""
        place = bisect_right(self.firsts, offset) - 1
        if place < 0 or offset > self.ends[place]:
            return None
        return max(0, offset - self.starts[place]) + self.moved[place]

    def span(self, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """The parts of a span of the full text that were kept."""
        place = max(0, bisect_right(self.starts, span[0]) - 1)
        while place < len(self.starts) and self.starts[place] < span[1]:
            start, end = max(span[0], self.starts[place]), min(span[1], self.ends[place])
            if start < end:
                by = self.moved[place] - self.starts[place]
                yield start + by, end + by
            place += 1


def _assembled(text: str, division: Division) -> tuple[str, _Places]:
    """What was kept, one piece after another; quoted lines that are answered are marked."""
    pieces: list[str] = []
    length = 0
    places = _Places()
    for one in division.kept:
        before = ("" if not pieces else "\n" if one.joined else "\n\n") + ("> " if one.answered else "")
        piece = text[one.start : one.end]
        places.firsts.append(min(one.begins, one.start))
        places.starts.append(one.start)
        places.ends.append(one.end)
        places.moved.append(length + len(before))
        pieces += [before, piece]
        length += len(before) + len(piece)
    return "".join(pieces), places


def _joined(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    return "\n\n".join(text[start:end] for start, end in spans)


def _named(codes: list[str]) -> tuple[Defect, ...]:
    return tuple(Defect(code, _SENTENCES[code]) for code in dict.fromkeys(codes))
