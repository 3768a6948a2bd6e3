"""HTML mail as a person would see it: words, links, what stands out, and what is kept from the eye.

lexbor builds the tree, an own walker with its own stack reads it (email-stack notes: no library hides what a mail
program hides). Nothing is fetched and nothing is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailmcp.language.characters import cleaned
from mailmcp.mail import unseen
from mailmcp.mail.cascade import Sheet, sheet
from mailmcp.mail.containers import Container, begins_forward, container, is_boxed_history, precedes_quote
from mailmcp.mail.page import Break, Cell, Page, emphasised
from mailmcp.mail.quotelines import Spans
from mailmcp.mail.styles import PARAGRAPHS, Style, computed
from mailmcp.models import Hidden, Link

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_NODES = 200_000
MAX_LINKS = 1_000
MAX_HIDDEN = 200
_MAX_BOX = 40
_BUTTON_NAME = re.compile(r"\b(?:btn|button|cta)", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,30}):", re.IGNORECASE)
_NO_LINKS = frozenset(("javascript", "vbscript", "data", "cid", "mid", "file", "blob", "about"))
_PICTURE = re.compile(r"\[image: ([^\[\]]*)\]")
_NO_BRACKETS = str.maketrans("[]", "()")
_URL_BREAKS = re.compile(r"[\t\n\r]")
_DROPPED_NAMES = """
    script style head title template noscript object iframe select datalist svg math video audio canvas map applet
    embed noembed noframes meta link base
"""
_DROPPED = frozenset(_DROPPED_NAMES.split())
_INLINE = frozenset(("inline", "inline-block", "inline-table", "inline-flex", "contents"))
_SHOWN_INPUTS = frozenset(("text", "submit", "button", "tel", "number", "email", "url", "search"))


@dataclass(slots=True)
class Drawing:
    """What was read from an HTML text."""

    visible: str = ""
    """All that is seen, quoted history too."""
    spans: Spans = field(default_factory=Spans)
    """What the elements of mail programs say of parts of it."""
    hidden: tuple[Hidden, ...] = ()
    links: tuple[Link, ...] = ()
    emphasis: tuple[tuple[int, int], ...] = ()
    invisible: int = 0
    words: int = 0
    """Characters of visible text that are not descriptions of pictures, nor quoted when anything else is there."""
    full: bool = False


@dataclass(slots=True)
class _Anchor:
    url: str
    button: bool
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class _Frame:
    """An element that is open."""

    tag: str
    style: Style
    quoted: bool
    hidden: str
    anchor: _Anchor | None
    names: tuple[str, str, list[str]]
    start: int
    """Length of the page when the element began."""
    cell: Cell | None = None
    own_anchor: bool = False
    last_cell: Cell | None = None
    """The newest cell among the children."""
    opened: bool = False
    """A <details> that is open."""
    box: bool = False
    """The outermost container of a quote."""
    cited: bool = False
    """The container's blockquote has begun: what stands beside it and after it are answers."""
    kind: Container = Container.NOTHING


def drawn(html: str, limit: int, cut_quotes: bool) -> Drawing:
    """Read ``html`` (already within the parser's limits); at most ``limit`` characters of visible text.

    With ``cut_quotes`` it is said where the containers that mail programs put round quoted history stand; pictures and
    emphasis in them do not count.
    """
    # Imported here: a process that only sends or lists never pays for it.
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    root = tree.root
    if root is None:
        return Drawing()
    styles = "\n".join(node.text(deep=True) for node in tree.css("style")) if "<style" in html.lower() else ""
    reader = _Reader(Page(limit), sheet(styles), cut_quotes)
    reader.read(root)
    return reader.drawing()


@dataclass(slots=True)
class _Reader:
    page: Page
    sheet: Sheet
    cut_quotes: bool
    hidden: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    hidden_length: int = 0
    anchors: list[_Anchor] = field(default_factory=list[_Anchor])
    boxes: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    open: list[_Frame] = field(default_factory=list["_Frame"])
    names: list[tuple[str, str, list[str]]] = field(default_factory=list[tuple[str, str, list[str]]])
    history_began: bool = False
    in_quote: bool = False
    """Was the last text quoted?"""
    quoted: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    citations: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    inserted: set[int] = field(default_factory=set[int])
    signatures: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    words: int = 0
    quoted_words: int = 0
    pictures: int = 0
    """How many descriptions of pictures were written."""
    nodes: int = 0

    def read(self, root: LexborNode) -> None:
        """Walk the tree in document order with a stack of our own."""
        stack: list[LexborNode | None] = [root]
        self.open = [_Frame("", Style(), False, "", None, ("", "", []), 0)]
        while stack:
            node = stack.pop()
            if node is None:
                self._leave()
                continue
            self.nodes += 1
            if self.nodes > MAX_NODES:
                self.page.full = True
                break
            if node.is_text_node:
                self._text(node.text_content or "")
            elif node.is_comment_node:
                self._hide("comment", unseen.comment(node))
            elif node.is_element_node and node.tag in _DROPPED:
                self._hide("markup", unseen.undrawn(node.tag, node))
            elif node.is_element_node:
                stack.append(None)
                self._enter(node.tag or "", node)
                children: list[LexborNode | None] = []
                child = node.first_child
                while child is not None:
                    children.append(child)
                    child = child.next
                stack.extend(reversed(children))

    def drawing(self) -> Drawing:
        """The result of the walk."""
        text = self.page.text
        links = tuple(
            Link(_words_of(text[anchor.start : anchor.end]), anchor.url, anchor.start, anchor.button)
            for anchor in self.anchors
            if anchor.start >= 0
        )
        return Drawing(
            visible=text,
            spans=Spans(self.quoted, sorted(self.citations), sorted(self.signatures), frozenset(self.inserted)),
            hidden=_not_shown_elsewhere(self.hidden, text),
            links=links,
            emphasis=emphasised(self.page.runs, self.boxes, text),
            invisible=self.page.invisible,
            words=self.words or (0 if text and self.pictures else self.quoted_words),
            full=self.page.full,
        )

    def _enter(self, tag: str, node: LexborNode) -> None:
        parent = self.open[-1]
        attributes = node.attributes
        names = (tag, attributes.get("id") or "", (attributes.get("class") or "").split())
        style = computed(tag, attributes, parent.style, self.sheet, self.names)
        frame = _Frame(
            tag=tag,
            style=style,
            quoted=self.history_began or self._is_quoted(parent, tag),
            hidden=parent.hidden or (style.hidden if style.hidden != "mso" or not _for_others(node) else ""),
            anchor=parent.anchor,
            names=names,
            start=self.page.length,
        )
        if (parent.tag == "details" and tag != "summary" and not parent.opened) or (
            tag == "dialog" and "open" not in attributes
        ):
            frame.hidden = frame.hidden or "attribute"
        frame.opened = tag == "details" and "open" in attributes
        if self.cut_quotes and not frame.quoted:
            self._mark_history(frame, node, attributes)
        self.open.append(frame)
        self.names.append(names)
        for kind, words in unseen.described(tag, attributes):
            self._hide(kind, words)
        if frame.hidden:
            return
        self._part(frame, parent)
        if tag == "a":
            self._begin_anchor(frame, attributes)
        elif tag == "img":
            self._picture(attributes)
        elif tag == "input" and (attributes.get("type") or "text").lower() in _SHOWN_INPUTS:
            self._text(attributes.get("value") or "")

    def _is_quoted(self, frame: _Frame, tag: str = "") -> bool:
        """Is what stands right in an element quoted? ``tag`` is that of the child asked about, none for its text."""
        return frame.quoted and not (frame.box and frame.cited and tag != "blockquote")

    def _mark_history(self, frame: _Frame, node: LexborNode, attributes: dict[str, str | None]) -> None:
        _, id_, classes = frame.names
        frame.kind = container(frame.tag, id_, classes, attributes)
        boxed = is_boxed_history(frame.tag, attributes.get("style") or "", node)
        if frame.kind is Container.HISTORY or boxed:
            self.history_began = frame.quoted = True
        elif frame.kind is Container.QUOTE or (frame.kind is Container.HEAD and precedes_quote(node)):
            # A forward is new to its reader, whatever container it came in.
            frame.quoted = not begins_forward(node)
            frame.box = frame.quoted and frame.tag != "blockquote"

    def _part(self, frame: _Frame, parent: _Frame) -> None:
        """Ask for the break that begins an element."""
        page = self.page
        style = frame.style
        if style.display in _INLINE:
            if frame.tag == "br":
                page.separate(Break.LINE if page.pending < Break.LINE else Break.PARAGRAPH)
                return
            if not parent.style.flows and not style.floats:
                return
        if style.display == "cell" or parent.style.flows or (style.floats and frame.tag not in ("table", "img")):
            frame.cell = page.begin_cell(parent.last_cell is None, parent.last_cell)
            parent.last_cell = frame.cell
            return
        page.separate(Break.PARAGRAPH if frame.tag in PARAGRAPHS else Break.LINE)

    def _leave(self) -> None:
        frame = self.open.pop()
        self.names.pop()
        page = self.page
        if frame.hidden:
            return
        if frame.tag == "blockquote" and self.open[-1].box:
            self.open[-1].cited = True
        if self.cut_quotes and not frame.quoted and self.page.length > frame.start:
            if frame.kind in (Container.CITATION, Container.INSERTED):
                self.citations.append((frame.start, self.page.length))
                if frame.kind is Container.INSERTED:
                    self.inserted.add(frame.start)
            elif frame.kind is Container.SIGNATURE:
                self.signatures.append((frame.start, self.page.length))
        unread = frame.own_anchor and frame.anchor is not None and frame.anchor.start < 0
        if unread and frame.anchor is not None and not (frame.style.concealed or frame.quoted):
            # Nothing to read on it (a picture without a description): still a place to click.
            frame.anchor.start = frame.anchor.end = self.page.length
        if frame.cell is not None:
            page.end_cell()
        elif frame.style.display not in _INLINE:
            page.separate(Break.PARAGRAPH if frame.tag in PARAGRAPHS else Break.LINE)
        if frame.style.boxed and not frame.quoted:
            self._end_box(frame)

    def _text(self, text: str) -> None:
        frame = self.open[-1]
        if self.history_began or self._is_quoted(frame):
            if not frame.hidden:
                self._quote(text, frame)
            return
        closed = "attribute" if frame.tag == "details" and not frame.opened else ""
        why = frame.hidden or closed or frame.style.concealed
        if why:
            self._hide(why, text)
            return
        style = frame.style
        if self.in_quote and not text.isspace():
            self.page.separate(Break.LINE)
            self.in_quote = False
        look = 0 if style.struck else style.bold | style.mono << 1 | style.spaced << 2
        start = self.page.write(text, 1 if style.struck else style.size, look, style.preformatted)
        if start >= 0:
            self.words += self.page.length - start
            self._extend_anchor(frame.anchor, start)

    def _quote(self, text: str, frame: _Frame) -> None:
        """Quoted words stand in lines of their own; they have no look, so that they do not set the usual size."""
        if not self.in_quote and not text.isspace():
            self.page.separate(Break.LINE)
        before = self.page.length
        start = self.page.write(text, 0, 0, frame.style.preformatted)
        if start < 0:
            return
        self._extend_anchor(frame.anchor, start)
        self.quoted_words += self.page.length - start
        if self.in_quote and self.quoted and self.quoted[-1][1] == before:
            self.quoted[-1] = (self.quoted[-1][0], self.page.length)
        else:
            self.quoted.append((start, self.page.length))
        self.in_quote = True

    def _extend_anchor(self, anchor: _Anchor | None, start: int) -> None:
        if anchor is not None:
            anchor.start = start if anchor.start < 0 else anchor.start
            anchor.end = self.page.length

    def _picture(self, attributes: dict[str, str | None]) -> None:
        frame = self.open[-1]
        alt = " ".join((attributes.get("alt") or "").translate(_NO_BRACKETS).split())[:300]
        if not alt or frame.quoted or frame.hidden:
            return
        if any((attributes.get(side) or "").strip() in ("0", "1") for side in ("width", "height")):
            return
        start = self.page.write(f"[image: {alt}]", 0, 0, False)
        if start >= 0:
            self.pictures += 1
            self._extend_anchor(frame.anchor, start)

    def _hide(self, why: str, text: str) -> None:
        if not text or text.isspace() or self.hidden_length > 100_000:
            return
        text, removed = cleaned(text)
        self.page.invisible += removed
        if not (text := " ".join(text.split())):
            return
        why = "css" if why == "mso" else why
        kind = "preheader" if not self.page.length and why in ("css", "size", "colour", "attribute") else why
        self.hidden_length += len(text)
        if self.hidden and self.hidden[-1][0] == kind:
            self.hidden[-1] = (kind, self.hidden[-1][1] + " " + text)
        elif len(self.hidden) < MAX_HIDDEN:
            self.hidden.append((kind, text))

    def _begin_anchor(self, frame: _Frame, attributes: dict[str, str | None]) -> None:
        url = _URL_BREAKS.sub("", (attributes.get("href") or "").strip())
        scheme = _SCHEME.match(url)
        if len(self.anchors) >= 4 * MAX_LINKS or scheme is None:
            return
        if scheme.group(1).lower() in _NO_LINKS:
            return
        role, classes = attributes.get("role") or "", attributes.get("class") or ""
        named = role.lower() == "button" or bool(_BUTTON_NAME.search(classes))
        style = frame.style
        framed = style.boxed and (style.padded or style.display != "inline")
        frame.anchor = _Anchor(url, named or framed)
        frame.own_anchor = True
        self.anchors.append(frame.anchor)

    def _end_box(self, frame: _Frame) -> None:
        """A box that holds a few words only sets them apart; one that is all link is a button."""
        start, end = frame.start, self.page.length
        if not 0 < end - start <= 80:
            return
        text = "".join(self.page.pieces[-20:])[-(end - start) :]
        start += len(text) - len(text.lstrip())
        if "\n" not in text.strip() and end - start <= _MAX_BOX and not frame.own_anchor:
            self.boxes.append((start, end))
        inside = [anchor for anchor in self.anchors[-3:] if anchor.start >= start and anchor.end <= end]
        if len(inside) == 1 and inside[0].end - inside[0].start >= end - start - 4:
            inside[0].button = True


def _not_shown_elsewhere(hidden: list[tuple[str, str]], visible: str) -> tuple[Hidden, ...]:
    """Responsive mails carry a text twice, one copy hidden: such a copy hides nothing."""
    flat = " ".join(visible.split())
    return tuple(Hidden(kind, text) for kind, text in hidden[:MAX_HIDDEN] if text not in flat)


def _for_others(node: LexborNode) -> bool:
    """Is the element inside ``<!--[if !mso]><!-->``? Buttons are drawn twice, for Outlook and for everybody else."""
    before = node.prev
    if before is not None and before.is_text_node:
        before = before.prev
    return before is not None and before.is_comment_node and "!mso" in (before.comment_content or "")


def _words_of(text: str) -> str:
    """The text of a link, without the brackets that stand round the description of a picture."""
    text = " ".join(text.split())
    return _PICTURE.sub(r"\1", text)[:500]
