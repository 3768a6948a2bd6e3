"""HTML mail as a person would see it: words, links, what stands out, and what is kept from the eye.

lexbor builds the tree, an own walker with its own stack reads it (email-stack notes: no library hides what a mail
program hides). Nothing is fetched and nothing is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailmcp.mail.history.quotelines import Spans
from mailmcp.mail.sight import unseen
from mailmcp.mail.sight.anchors import LEADING, Anchor, base_of, led_by, links_of, set_apart
from mailmcp.mail.sight.cascade import sheet
from mailmcp.mail.sight.colours import RGB
from mailmcp.mail.sight.columns import Column
from mailmcp.mail.sight.containers import Container, begins_forward, container, is_boxed_history, precedes_quote
from mailmcp.mail.sight.controls import REPLACED, TELLING, in_drawn_order, is_picture
from mailmcp.mail.sight.drawing import (
    FORMULAS,
    TABULAR,
    Drawing,
    Frame,
    beside_words,
    columns_of,
    find_covered,
    for_others,
    is_quirky,
    is_shadow,
    number_of,
    put_under,
    quote_mark,
    style_text,
    tag_of,
    words_before,
)
from mailmcp.mail.sight.fitting import end_in_window, is_above, is_beside, out_of_sight, seen_in_window
from mailmcp.mail.sight.kept import Kept, not_shown_elsewhere
from mailmcp.mail.sight.kinds import DROPPED, INLINE
from mailmcp.mail.sight.letters import as_set
from mailmcp.mail.sight.limits import Effort
from mailmcp.mail.sight.numbering import LISTED
from mailmcp.mail.sight.page import Break, Page, emphasised
from mailmcp.mail.sight.parts import begin, end
from mailmcp.mail.sight.resolver import Resolver
from mailmcp.mail.sight.styles import Style

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_PICTURES, MAX_ANCHORS = 5_000, 4_000
_CONTAINER = re.compile(r"[\s;\"']container(?:-type)?\s*:")
_TURNED = 8
"""Letters that are written backwards in the time of one node."""
_NO_BRACKETS = str.maketrans("[]", "()")
_NO_NAMES: list[str] = []
_NO_COLUMNS: list[Column] = []


def drawn(html: str, limit: int, cut_quotes: bool, effort: Effort | None = None, *, opens: bool = False) -> Drawing:
    """Read ``html`` (already within the parser's limits); at most ``limit`` characters of visible text.

    With ``cut_quotes`` it is said where the containers that mail programs put round quoted history stand; pictures and
    emphasis in them do not count. ``effort`` is what may be spent on it; the end is left out where that is not enough.
    ``opens`` says that the mail answers none: below the header of another mail it hands that on.
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
    if "@container" in styles and _CONTAINER.search(lower) is not None:
        styles += "\n:not(*){container-type:size}"  # what a style attribute says, for all of the page
    folds = is_quirky(lower[:2_000])
    resolver = Resolver(sheet(styles, folds=folds, budget=effort.budget), effort)
    sections = any(one in lower for one in ("<thead", "<tfoot", "<caption"))
    base = base_of(tree) if "<base" in lower else ""
    reader = _Reader(Page(limit), resolver, cut_quotes, opens, sections, base)
    reader.read(root)
    if reader.covers:
        # What lies on top comes later than what it covers: read again, knowing it.
        resolver = Resolver(sheet(styles, folds=folds, budget=effort.budget), effort)
        reader = _Reader(Page(limit), resolver, cut_quotes, opens, sections, base, covered=reader.covers)
        reader.read(root)
    return reader.drawing()


@dataclass(slots=True)
class _Reader:
    page: Page
    resolver: Resolver
    cut_quotes: bool
    opens: bool = False
    sections: bool = False
    """May a table say itself what is its head, its foot or its caption?"""
    base: str = ""
    """What the addresses of links are relative to."""
    hidden: Kept = field(default_factory=Kept)
    anchors: list[Anchor] = field(default_factory=list[Anchor])
    boxes: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    open: list[Frame] = field(default_factory=list["Frame"])
    names: list[tuple[str, str, list[str]]] = field(default_factory=list[tuple[str, str, list[str]]])
    history_began: bool = False
    in_quote: bool = False
    """Was the last text quoted?"""
    inks: list[tuple[int, int, RGB | None]] = field(default_factory=list[tuple[int, int, "RGB | None"]])
    """The colours of what was written, but for links."""
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
    placed: set[int] = field(default_factory=set[int])
    """Nodes (by their place in memory) that are read in another order than they are written."""
    groups: set[str] = field(default_factory=set[str])
    """The names of <details> of which one is open: no second one can be."""
    letter: int = -1
    """Where the newest box of a single letter ended."""

    def read(self, root: LexborNode) -> None:
        """Walk the tree in document order with a stack of our own."""
        effort, sheet, placed = self.resolver.effort, self.resolver.sheet, self.placed
        budget = sheet.budget
        effort.begin()
        stack: list[LexborNode | None] = [root]
        self.open = [Frame("", Style(quirky=sheet.folds), False, "", None, ("", "", []), 0)]
        while stack:
            node = stack.pop()
            if node is None:
                self._leave()
                continue
            effort.now -= 1
            if effort.now < 0 or budget.left < 0:
                self.spent = True
                break
            if (beside := node.next) is not None and not (placed and node.mem_id in placed):
                stack.append(beside)
            tag = node.tag or ""
            if tag == "-text":
                self._text(node.text_content or "")
            elif tag == "-comment":
                self._hide("comment", unseen.comment(node))
            elif not tag[:1].isalpha() and not node.is_element_node:
                continue
            elif tag in DROPPED and (tag != "object" or is_picture(node.attributes)):
                sheet.pass_over(tag, node.attributes, len(self.names))
                if tag == "template" and is_shadow(node) and self.open[-1].tag != "body":
                    self.open[-1].hidden = self.open[-1].hidden or "markup"
                self._hide("markup", unseen.undrawn(tag, node))
            else:
                stack.append(None)
                self._enter(tag, node)
                if tag in REPLACED:
                    self._hide("markup", unseen.undrawn(tag, node))
                elif self.sections and tag == "table" and (parts := in_drawn_order(node)):
                    placed.update(part.mem_id for part in parts)
                    stack.extend(reversed(parts))
                elif (child := node.first_child) is not None:
                    stack.append(child)
        effort.end()

    def drawing(self) -> Drawing:
        """The result of the walk."""
        text = self.page.text
        return Drawing(
            visible=text,
            spans=Spans(
                self.quoted, sorted(self.citations), sorted(self.signatures), frozenset(self.inserted), self.inks
            ),
            hidden=not_shown_elsewhere(self.hidden.pieces, text),
            links=links_of(self.anchors, text),
            emphasis=emphasised(self.page.runs, self.boxes, text),
            invisible=self.page.invisible,
            words=self.words or (0 if text and self.pictures else self.quoted_words),
            full=self.page.full,
            doubtful=self.doubtful,
            spent=self.spent,
            unstyled=self.resolver.sheet.cut,
        )

    def _enter(self, tag: str, node: LexborNode) -> None:
        parent = self.open[-1]
        attributes = node.attributes
        classes = (attributes.get("class") or "").split() if attributes else _NO_NAMES
        names = (tag, (attributes.get("id") or "") if attributes else "", classes)
        columns = (
            parent.columns.next_cell(attributes) if parent.columns is not None and tag in ("td", "th") else _NO_COLUMNS
        )
        style = self.resolver.style(tag, attributes, parent, node, columns, len(self.names))
        frame = Frame(
            tag=tag if parent.tag not in FORMULAS else tag_of(tag, parent, node),
            style=style,
            window=parent.window,
            quoted=self.history_began or parent.is_quoted(tag),
            hidden=parent.hidden or (style.hidden if style.hidden != "mso" or not for_others(node) else ""),
            anchor=parent.anchor,
            action=parent.action,
            names=names,
            start=self.page.length,
            stacked=parent.style.lays and not parent.style.flows and style.display != "contents",
        )
        if parent.tag == "details" and (tag != "summary" or parent.summed) and not parent.opened:
            frame.hidden = frame.hidden or "attribute"
        if tag in TABULAR:
            frame.columns = columns_of(frame, parent, attributes, columns)
        parent.summed = parent.summed or tag == "summary"
        if tag == "details" and "open" in attributes:
            frame.opened = (group := attributes.get("name") or "") not in self.groups
            self.groups.update((group,) if group else ())
        elif parent.tag == "maction" and node.prev is not None:
            frame.hidden = frame.hidden or "markup"  # of those only the first is drawn
        if style.above and not frame.hidden and is_above(node, style):
            frame.hidden = "off_screen"
        frame.stage = node if style.positioned or tag == "html" else parent.stage
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
        begin(self.page, frame, parent, touches=self.letter == self.page.length)
        if tag in LISTED:
            self.page.mark += number_of(self.open, attributes, node)
        leads = tag in LEADING and len(self.anchors) < MAX_ANCHORS
        if leads and (anchor := led_by(frame, parent, node, attributes, self.base)):
            frame.anchor, frame.own_anchor = anchor, True
            self.anchors.append(anchor)
        if tag in ("img", "area"):  # an area is a piece of a picture that leads somewhere
            self._picture(attributes)
        elif (
            (tag in TELLING or parent.tag == "mfrac")
            and style.before is None
            and (words := words_before(tag, attributes, self.open, node))
        ):
            self._text(words)
        if style.before is not None:
            self._generated(style.before.style, style.before.words(attributes))
        if style.after is not None:
            frame.after = style.after.words(attributes)

    def _generated(self, style: Style, words: str) -> None:
        """Draw what a pseudo-element says, in a box of its own."""
        parent = self.open[-1]
        frame = beside_words(parent, style, self.page.length)
        frame.quoted = self.history_began or parent.is_quoted()
        if frame.hidden or style.concealed:
            return  # such as the full stop that ends floats: nobody's words
        self.open.append(frame)
        self.names.append(frame.names)
        begin(self.page, frame, parent, touches=self.letter == self.page.length)
        self._text(words)
        self._leave()

    def _mark_history(self, frame: Frame, node: LexborNode, attributes: dict[str, str | None]) -> None:
        _, id_, classes = frame.names
        frame.kind = container(frame.tag, id_, classes, attributes, node)
        if frame.kind is Container.HISTORY or is_boxed_history(frame.tag, attributes.get("style") or "", node):
            self.history_began = frame.quoted = not self.opens
        elif frame.kind is Container.QUOTE or (frame.kind is Container.HEAD and precedes_quote(node)):
            # A forward is new to its reader, whatever container it came in.
            frame.quoted = not begins_forward(node, opens=self.opens)
            frame.box = frame.quoted and frame.tag != "blockquote"

    def _leave(self) -> None:
        if self.open[-1].after and (after := self.open[-1].style.after) is not None:
            self._generated(after.style, self.open[-1].after)
        elif self.open[-1].tag == "q" and (mark := quote_mark(self.open, 1)):
            self._text(mark)
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
        if frame.style.turned != self.open[-1].style.turned and (effort := self.resolver.effort).now > 0:
            effort.now -= (page.length - frame.start) // _TURNED
            page.turn(frame.start)
        if end(page, frame):
            self.letter = page.length
        if frame.style.boxed and not frame.quoted and (box := set_apart(frame, self.anchors, page)) is not None:
            self.boxes.append(box)

    def _text(self, text: str) -> None:
        frame = self.open[-1]
        blank = text.isspace()
        if self.history_began or frame.is_quoted():
            if not frame.hidden:
                self._quote(text, frame)
            return
        why = frame.hidden or frame.style.concealed or ("css" if frame.cover else "")
        if frame.tag == "details" and not frame.opened:
            why = why or "attribute"
        elif frame.tag == "rp" and any(one.isalnum() for one in text):
            why = why or "markup"  # brackets for browsers without ruby; words there are for nobody
        if not why and (frame.window is not None or frame.style.moved):
            end = seen_in_window(frame, text)
            text, beyond = text[:end], text[end:]
            why = out_of_sight(frame, text)
            self._hide("size", beyond)
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
            self._reach(frame, start)

    def _quote(self, text: str, frame: Frame) -> None:
        """Quoted words stand in lines of their own; they have no look, so that they do not set the usual size."""
        if not self.in_quote and not text.isspace():
            self.page.separate(Break.LINE)
        before, start = self.page.length, self.page.write(text, 0, 0, frame.style.preformatted)
        if start < 0:
            return
        self._reach(frame, start)
        self.quoted_words += self.page.length - start
        if self.in_quote and self.quoted and self.quoted[-1][1] == before:
            self.quoted[-1] = (self.quoted[-1][0], self.page.length)
        else:
            self.quoted.append((self.page.first, self.page.length))
        self.in_quote = True

    def _reach(self, frame: Frame, start: int) -> None:
        """Words were written from ``start`` on."""
        end, colour = self.page.length, None if frame.style.concealed else frame.style.colour
        frame.reach(start, end)
        if frame.anchor is not None or not self.cut_quotes:
            return
        if self.inks and self.inks[-1][2] == colour:
            start = self.inks.pop()[0]
        self.inks.append((start, end, colour))

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
        self.page.invisible += self.hidden.add(why, text, first=not self.page.length)
