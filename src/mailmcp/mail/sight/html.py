"""HTML mail as a person would see it: words, links, what stands out, and what is kept from the eye.

lexbor builds the tree, an own walker with its own stack reads it (email-stack notes: no library hides what a mail
program hides). Nothing is fetched and nothing is run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mailmcp.language.characters import cleaned
from mailmcp.mail.history.quotelines import Spans
from mailmcp.mail.sight import unseen
from mailmcp.mail.sight.cascade import Rule, Sheet, sheet
from mailmcp.mail.sight.colours import RGB
from mailmcp.mail.sight.columns import Column
from mailmcp.mail.sight.containers import Container, begins_forward, container, is_boxed_history, precedes_quote
from mailmcp.mail.sight.drawing import (
    INLINE,
    MAX_HIDDEN,
    TABULAR,
    Anchor,
    Drawing,
    Frame,
    anchor_of,
    begin_beside,
    begin_in_window,
    columns_of,
    end_in_window,
    find_covered,
    for_others,
    is_beside,
    is_quirky,
    links_of,
    not_shown_elsewhere,
    number_of,
    out_of_sight,
    put_under,
    set_apart,
    stands_bare,
    style_text,
)
from mailmcp.mail.sight.letters import as_set
from mailmcp.mail.sight.limits import Effort
from mailmcp.mail.sight.numbering import LISTED
from mailmcp.mail.sight.page import Break, Page, emphasised
from mailmcp.mail.sight.styles import PARAGRAPHS, PRESENT, STYLING, Style, computed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_PICTURES, MAX_LINKS = 5_000, 1_000
_NO_BRACKETS = str.maketrans("[]", "()")
_DROPPED_NAMES = """
    script style head title template noscript object iframe select datalist svg math video audio canvas applet
    embed noembed noframes meta link base meter progress option optgroup
"""
_DROPPED = frozenset(_DROPPED_NAMES.split())
_NO_NAMES: list[str] = []
_NO_COLUMNS: list[Column] = []
_NO_RULES: list[Rule] = []
_SHOWN_INPUTS = frozenset(("text", "submit", "button", "tel", "number", "email", "url", "search"))


def drawn(html: str, limit: int, cut_quotes: bool, effort: Effort | None = None) -> Drawing:
    """Read ``html`` (already within the parser's limits); at most ``limit`` characters of visible text.

    With ``cut_quotes`` it is said where the containers that mail programs put round quoted history stand; pictures and
    emphasis in them do not count. ``effort`` is what may be spent on it; the end is left out where that is not enough.
    """
    effort = effort or Effort()
    # Imported here: a process that only sends or lists never pays for it.
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    root = tree.root
    if root is None:
        return Drawing()
    lower = html.lower()
    styles = style_text(tree) if "<style" in lower or "color-scheme" in lower else ""
    folds = is_quirky(lower[:2_000])
    reader = _Reader(Page(limit), sheet(styles, folds=folds), cut_quotes, effort)
    reader.read(root)
    if reader.covers:
        # What lies on top comes later than what it covers: read again, knowing it.
        reader = _Reader(Page(limit), sheet(styles, folds=folds), cut_quotes, effort, covered=reader.covers)
        reader.read(root)
    return reader.drawing()


@dataclass(slots=True)
class _Reader:
    page: Page
    sheet: Sheet
    cut_quotes: bool
    effort: Effort
    hidden: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    hidden_length: int = 0
    anchors: list[Anchor] = field(default_factory=list[Anchor])
    boxes: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    open: list[Frame] = field(default_factory=list["Frame"])
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
    doubtful: bool = False
    spent: bool = False
    covered: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    """The elements (by their place in memory) that something lies over: what that is, and its z-index."""
    covers: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    """Those that were found while reading."""
    styles: dict[object, Style] = field(default_factory=dict[object, Style])

    def read(self, root: LexborNode) -> None:
        """Walk the tree in document order with a stack of our own."""
        effort = self.effort
        effort.begin()
        stack: list[LexborNode | None] = [root]
        self.open = [Frame("", Style(quirky=self.sheet.folds), False, "", None, ("", "", []), 0)]
        while stack:
            node = stack.pop()
            if node is None:
                self._leave()
                continue
            effort.now -= 1
            if effort.now < 0 or self.sheet.budget < 0:
                self.spent = True
                break
            if (beside := node.next) is not None:
                stack.append(beside)
            tag = node.tag or ""
            if tag == "-text":
                self._text(node.text_content or "")
            elif tag == "-comment":
                self._hide("comment", unseen.comment(node))
            elif not tag[:1].isalpha() and not node.is_element_node:
                continue
            elif tag in _DROPPED:
                self.sheet.pass_over(tag, node.attributes, len(self.names))
                self._hide("markup", unseen.undrawn(tag, node))
            else:
                stack.append(None)
                self._enter(tag, node)
                if (child := node.first_child) is not None:
                    stack.append(child)
        effort.end()

    def drawing(self) -> Drawing:
        """The result of the walk."""
        text = self.page.text
        return Drawing(
            visible=text,
            spans=Spans(self.quoted, sorted(self.citations), sorted(self.signatures), frozenset(self.inserted)),
            hidden=not_shown_elsewhere(self.hidden, text),
            links=links_of(self.anchors, text),
            emphasis=emphasised(self.page.runs, self.boxes, text),
            invisible=self.page.invisible,
            words=self.words or (0 if text and self.pictures else self.quoted_words),
            full=self.page.full,
            doubtful=self.doubtful,
            spent=self.spent,
            unstyled=self.sheet.cut,
        )

    def _enter(self, tag: str, node: LexborNode) -> None:
        parent = self.open[-1]
        attributes = node.attributes
        classes = (attributes.get("class") or "").split() if attributes else _NO_NAMES
        names = (tag, (attributes.get("id") or "") if attributes else "", classes)
        columns = (
            parent.columns.next_cell(attributes) if parent.columns is not None and tag in ("td", "th") else _NO_COLUMNS
        )
        style = self._style(tag, attributes, parent, node, columns)
        frame = Frame(
            tag=tag,
            style=style,
            window=parent.window,
            quoted=self.history_began or self._is_quoted(parent, tag),
            hidden=parent.hidden or (style.hidden if style.hidden != "mso" or not for_others(node) else ""),
            anchor=parent.anchor,
            names=names,
            start=self.page.length,
        )
        if parent.tag == "details" and (tag != "summary" or parent.summed) and not parent.opened:
            frame.hidden = frame.hidden or "attribute"
        if tag in TABULAR:
            frame.columns = columns_of(frame, parent, attributes, columns)
        parent.summed = parent.summed or tag == "summary"
        frame.opened = tag == "details" and "open" in attributes
        if style.positioned or tag == "html":
            frame.node = node
        if (style.covers or style.veiled) and not frame.hidden:
            find_covered(self.open, frame, node, self.covers)
        if self.covered:
            put_under(frame, parent, node, self.covered)
        if self.cut_quotes and not frame.quoted and (attributes or tag == "blockquote"):
            self._mark_history(frame, node, attributes)
        self.open.append(frame)
        self.names.append(names)
        if attributes and (tag in unseen.DESCRIBED or not unseen.DESCRIBING.isdisjoint(attributes)):
            for kind, words in unseen.described(tag, attributes):
                self._hide(kind, words)
        if frame.hidden:
            if tag == "img" and not parent.hidden:
                self._hide("alt", attributes.get("alt") or "")
            return
        if parent.window is not None or style.room.clips:
            begin_in_window(frame, parent)
        if style.moved:
            begin_beside(frame, parent)
        self._part(frame, parent)
        if tag in LISTED:
            self.page.mark += number_of(self.open, attributes, node)
        if tag in ("a", "area") and len(self.anchors) < 4 * MAX_LINKS and (anchor := anchor_of(attributes, style)):
            frame.anchor, frame.own_anchor = anchor, True
            self.anchors.append(anchor)
        if tag in ("img", "area"):  # an area is a piece of a picture that leads somewhere
            self._picture(attributes)
        elif tag == "input" and (attributes.get("type") or "text").lower() in _SHOWN_INPUTS:
            self._text(attributes.get("value") or "")

    def _style(
        self, tag: str, attributes: dict[str, str | None], parent: Frame, node: LexborNode, columns: list[Column]
    ) -> Style:
        """The computed style; mails repeat themselves, so each is worked out once for what it depends on."""
        rules = self.sheet.rules_for(tag, attributes, len(self.names), node) if self.sheet.buckets else _NO_RULES
        within = parent.style
        if columns and not within.layered:
            within = self._upon(within, columns[0].ground)
        elif tag == "caption":
            within = self._upon(within, within.box.around)
        style = self._known_style(tag, attributes, within, rules)
        if style.floats and within.bare and stands_bare(parent, node, self.sheet.clears):
            # Floats alone give their box no height: they stand on the ground of what is around it.
            style = self._known_style(tag, attributes, self._upon(within, within.box.around), rules)
        return style

    def _upon(self, style: Style, ground: RGB | None) -> Style:
        """A style for what stands in it on another ground."""
        key = ("upon", id(style), ground)
        if (other := self.styles.get(key)) is None:
            other = style if ground == style.background else replace(style, background=ground, bare=False)
            self.styles[key] = other
        return other

    def _known_style(self, tag: str, attributes: dict[str, str | None], parent: Style, rules: list[Rule]) -> Style:
        # A parent is named by its place in memory: it lives as long as this reader, in this table.
        key: tuple[object, ...] = (id(parent), tag, *map(id, rules)) if rules else (id(parent), tag)
        if attributes:
            key = (key, attributes.get("style"))
            if not PRESENT.isdisjoint(attributes):
                key = (key, *map(attributes.__contains__, PRESENT), *map(attributes.get, STYLING))
        style = self.styles.get(key)
        if style is None:
            self.effort.style(len(attributes.get("style") or ""))
            style = self.styles[key] = computed(tag, attributes, parent, rules, self.sheet.named)
        return style

    def _is_quoted(self, frame: Frame, tag: str = "") -> bool:
        """Is what stands right in an element quoted? ``tag`` is that of the child asked about, none for its text."""
        return frame.quoted and not (frame.box and frame.cited and tag != "blockquote")

    def _mark_history(self, frame: Frame, node: LexborNode, attributes: dict[str, str | None]) -> None:
        _, id_, classes = frame.names
        frame.kind = container(frame.tag, id_, classes, attributes, node)
        boxed = is_boxed_history(frame.tag, attributes.get("style") or "", node)
        if frame.kind is Container.HISTORY or boxed:
            self.history_began = frame.quoted = True
        elif frame.kind is Container.QUOTE or (frame.kind is Container.HEAD and precedes_quote(node)):
            # A forward is new to its reader, whatever container it came in.
            frame.quoted = not begins_forward(node)
            frame.box = frame.quoted and frame.tag != "blockquote"

    def _part(self, frame: Frame, parent: Frame) -> None:
        """Ask for the break that begins an element."""
        page = self.page
        style = frame.style
        if style.display in INLINE:
            if frame.tag == "br":
                page.separate(Break.LINE if page.pending < Break.LINE else Break.PARAGRAPH)
                return
            if not parent.style.flows and not style.floats:
                return
        if style.display == "cell" or parent.style.flows or (style.floats and frame.tag not in ("table", "img")):
            if style.floats and parent.last_cell is None:
                page.separate(Break.BLANK)  # from what stands before it in the line
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
        if frame.tag == "li":
            page.mark = ""
        if frame.style.display not in INLINE and (lane := self.open[-1].lane) is not None:
            lane.broken = True
        if (window := self.open[-1].window) is not None:
            end_in_window(frame, self.open[-1], window)
        if frame.tag == "blockquote" and self.open[-1].box:
            self.open[-1].cited = True
        if self.cut_quotes and not frame.quoted and self.page.length > frame.start:
            span = frame.start, self.page.length
            if frame.kind in (Container.CITATION, Container.INSERTED):
                self.citations.append(span)
                self.inserted.update(span[:1] if frame.kind is Container.INSERTED else ())
            elif frame.kind is Container.SIGNATURE:
                self.signatures.append(span)
        unread = frame.own_anchor and frame.anchor is not None and frame.anchor.start < 0
        if unread and frame.anchor is not None and not (frame.style.concealed or frame.quoted):
            # Nothing to read on it (a picture without a description): still a place to click.
            frame.anchor.start = frame.anchor.end = self.page.length
        if frame.cell is not None:
            page.end_cell()
        elif frame.style.display not in INLINE:
            page.separate(Break.PARAGRAPH if frame.tag in PARAGRAPHS else Break.LINE)
        if frame.style.boxed and not frame.quoted and (box := set_apart(frame, self.anchors, page)) is not None:
            self.boxes.append(box)

    def _text(self, text: str) -> None:
        frame = self.open[-1]
        blank = text.isspace()
        if self.history_began or self._is_quoted(frame):
            if not frame.hidden:
                self._quote(text, frame)
            return
        why = frame.hidden or frame.style.concealed or ("css" if frame.cover else "")
        if frame.tag == "details" and not frame.opened:
            why = why or "attribute"
        elif frame.tag == "rp" and any(one.isalnum() for one in text):
            why = why or "markup"  # brackets for browsers without ruby; words there are for nobody
        if not why and (frame.window is not None or frame.style.moved):
            why = out_of_sight(frame, text)
        if why:
            self._hide(why, text)
            return
        style = frame.style
        self.doubtful = self.doubtful or (style.doubtful and not blank)
        if self.in_quote and not blank:
            self.page.separate(Break.LINE)
            self.in_quote = False
        text = as_set(text, style, frame.tag, self.open[-2].tag)
        look = 0 if style.struck else style.bold | style.mono << 1 | style.spaced << 2
        start = self.page.write(text, 1 if style.struck else style.size, look, style.preformatted)
        if start >= 0:
            self.words += self.page.length - start
            frame.reach(start, self.page.length)

    def _quote(self, text: str, frame: Frame) -> None:
        """Quoted words stand in lines of their own; they have no look, so that they do not set the usual size."""
        if not self.in_quote and not text.isspace():
            self.page.separate(Break.LINE)
        before, start = self.page.length, self.page.write(text, 0, 0, frame.style.preformatted)
        if start < 0:
            return
        frame.reach(start, self.page.length)
        self.quoted_words += self.page.length - start
        if self.in_quote and self.quoted and self.quoted[-1][1] == before:
            self.quoted[-1] = (self.quoted[-1][0], self.page.length)
        else:
            self.quoted.append((self.page.first, self.page.length))
        self.in_quote = True

    def _picture(self, attributes: dict[str, str | None]) -> None:
        frame = self.open[-1]
        alt = " ".join((attributes.get("alt") or "").translate(_NO_BRACKETS).split())[:300]
        if not frame.style.visible or (frame.style.moved and is_beside(frame)):
            self._hide("alt", alt)
            return
        if not alt or frame.quoted or frame.hidden or self.pictures >= MAX_PICTURES or unseen.is_pixel(attributes):
            return
        if (start := self.page.write(f"[image: {alt}]", 0, 0, False)) >= 0:
            self.pictures += 1
            frame.reach(start, self.page.length)

    def _hide(self, why: str, text: str) -> None:
        text, removed = cleaned("" if self.hidden_length > 100_000 else text)
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
