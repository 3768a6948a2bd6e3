"""What was read from a page, and the small questions that are asked about its nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailmcp.mail.history.quotelines import Spans
from mailmcp.mail.sight.anchors import Anchor
from mailmcp.mail.sight.columns import Column, Columns
from mailmcp.mail.sight.containers import Container
from mailmcp.mail.sight.controls import CONTROLS, words_in
from mailmcp.mail.sight.media import holds
from mailmcp.mail.sight.numbering import Numbering, numbering
from mailmcp.mail.sight.page import Cell
from mailmcp.mail.sight.styles import Style
from mailmcp.mail.sight.windows import Window
from mailmcp.models import Hidden, Link

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_MOST_FLOATS = 60
_MOST_QUOTES = 20
_INDICES = {"msup": "sup", "msub": "sub"}
FORMULAS = frozenset((*_INDICES, "mfrac"))
"""Elements of a formula whose children stand over and under each other."""
_NO_WIDTH = 1.0
_MOST_BETWEEN = 4
"""Elements between a list and an item of it."""
TABULAR = frozenset(("table", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"))
_DOCTYPE = re.compile(r"<!doctype([^>]{0,300})")
_OLD = re.compile(
    r"\s+html\s+public\s+[\"']-//(?:w3c//dtd (?:html (?:3|4\.0 (?:transitional|frameset))|w3 html)"
    r"|w3c//dtd html 4\.01 (?:transitional|frameset)//en[\"']\s*\Z|ietf|microsoft|netscape)"
)
_SCHEMES = re.compile(r"[A-Za-z ]{1,60}")


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
    doubtful: bool = False
    """Are there words that are seen only over a picture?"""
    spent: bool = False
    """Were there too many nodes or styles? What is behind was not read."""
    unstyled: bool = False
    """Is the style sheet longer than what is read? Hidden words may be taken for seen ones."""


@dataclass(slots=True)
class Lane:
    """How far the rows and the lines of an element are full, while it is read."""

    shift: float = 0.0
    """How far it is moved by the items before it in the rows that it stands in."""
    row: float = 0.0
    """How much of a row its children take so far."""
    items: int = 0
    """How many children it has so far, as a grid."""
    broken: bool = False
    """Is its first line over?"""


@dataclass(slots=True)
class Frame:
    """An element that is open."""

    tag: str
    style: Style
    quoted: bool
    hidden: str
    anchor: Anchor | None
    names: tuple[str, str, list[str]]
    start: int
    """Length of the page when the element began."""
    stage: LexborNode | None = None
    """The innermost element, itself too, that is positioned; else the page."""
    cover: tuple[int, int] | None = None
    """What lies over what stands in it."""
    window: Window | None = None
    """The innermost box around it that cuts off what does not fit."""
    begun: float = 0.0
    """How much of that box was taken when this element began."""
    apart: tuple[float, float, float] | None = None
    """Where that box stood when this element began, which stands beside others and takes nothing from it."""
    items: int = 0
    """How many of the rows of a grid are taken so far."""
    lane: Lane | None = None
    """How far its rows and lines are full, where that decides what is seen."""
    cell: Cell | None = None
    own_anchor: bool = False
    action: str = ""
    """Where the form leads in which it stands."""
    after: str = ""
    """What a style sheet draws at its end."""
    last_cell: Cell | None = None
    """The newest cell among the children."""
    summed: bool = False
    """A <details> whose summary has come: it has one."""
    opened: bool = False
    """A <details> that is open."""
    stacked: bool = False
    """Does it stand under what is before it, whatever it is else (as an item of a column or a grid)?"""
    box: bool = False
    """The outermost container of a quote."""
    cited: bool = False
    """The container's blockquote has begun: what stands beside it and after it are answers."""
    kind: Container = Container.NOTHING
    begun_bare: bool | None = None
    """Do only floats stand in it? Asked at the first of them."""
    numbering: Numbering | None = None
    """How far its items are counted, as a list."""
    columns: Columns | None = None
    """Those of the table that it is, or is a part of; None while nothing is said of any."""

    def is_quoted(self, tag: str = "") -> bool:
        """Is what stands right in it quoted? ``tag`` is that of the child asked about, none for its text."""
        return self.quoted and not (self.box and self.cited and tag != "blockquote")

    def reach(self, start: int, end: int) -> None:
        """Words were written in it, and with it in the link around it."""
        if self.anchor is not None:
            self.anchor.reach(start, end)


def beside_words(parent: Frame, style: Style, start: int) -> Frame:
    """The box of words that a style sheet draws before or after what ``parent`` holds."""
    return Frame(
        tag="",
        style=style,
        quoted=parent.quoted,
        hidden=parent.hidden or style.hidden,
        anchor=parent.anchor,
        names=("", "", []),
        start=start,
        stage=parent.stage,
        cover=parent.cover,
        window=parent.window,
        stacked=parent.style.lays and not parent.style.flows,
    )


def number_of(opened: Sequence[Frame], attributes: Mapping[str, str | None], node: LexborNode) -> str:
    """What is drawn before the words of the item that begins; a list begins to count. ``opened`` ends with it."""
    frame = opened[-1]
    if frame.tag != "li":
        frame.numbering = numbering(frame.tag, attributes, node)
        return ""
    around = opened[-2 : -3 - _MOST_BETWEEN : -1]
    count = next((one.numbering for one in around if one.numbering is not None), None)
    mark = count.mark(attributes, frame.style.numbers) if count is not None else ""
    return "" if frame.style.concealed else mark


def words_before(tag: str, attributes: Mapping[str, str | None], opened: Sequence[Frame], node: LexborNode) -> str:
    """What is drawn at the beginning of an element that is no text of the page."""
    if tag == "q":
        return quote_mark(opened, 0)
    if opened[-2].tag == "mfrac":
        return "/" if _follows(node) else ""
    return words_in(tag, attributes, node) if tag in CONTROLS else ""


def tag_of(tag: str, parent: Frame, node: LexborNode) -> str:
    """The tag by which an element is set: what a formula raises or lowers is that as elsewhere."""
    return _INDICES.get(parent.tag, tag) if _follows(node) else tag


def _follows(node: LexborNode) -> bool:
    """Does another element stand before it?"""
    before = node.prev
    while before is not None and before.is_text_node:
        before = before.prev
    return before is not None


def quote_mark(opened: Sequence[Frame], side: int) -> str:
    """The mark at the beginning (0) or the end (1) of a ``<q>``, the innermost of those that are open."""
    if opened[-1].hidden or not opened[-1].style.quotes:
        return ""
    nested = sum(one.tag == "q" for one in opened[-_MOST_QUOTES:])
    return ("“”" if nested % 2 else "‘’")[side]


def columns_of(frame: Frame, parent: Frame, attributes: Mapping[str, str | None], cell: list[Column]) -> Columns | None:
    """The columns that a part of a table knows of; ``cell`` are those of a cell, which may give it no room."""
    columns, style = parent.columns, frame.style
    if frame.tag == "table":
        return None
    if frame.tag in ("col", "colgroup"):
        if columns is None:
            columns = parent.columns = Columns()
        if frame.tag == "col" or "span" in attributes:
            narrow = style.fixed >= 0 and (style.box.wide <= _NO_WIDTH or attributes.get("width") in ("0", "1"))
            columns.add(Column(style.collapsed, narrow, style.background), attributes)
    elif columns is not None and frame.tag == "tr":
        columns.begin_row()
    elif cell and (all(one.collapsed for one in cell) or (style.box.cuts and all(one.narrow for one in cell))):
        frame.hidden = frame.hidden or "css"
    return columns if frame.tag not in ("td", "th") else None


def find_covered(opened: Sequence[Frame], frame: Frame, node: LexborNode, covers: dict[int, tuple[int, int]]) -> None:
    """Write down what an element lies over, or a pseudo-element of it; ``opened`` are the elements around it."""
    style = frame.style
    if style.veiled:
        covers.setdefault((frame.stage or node).mem_id, (0, style.level))
    if style.covers:
        whole = next((one.stage for one in opened if one.stage is not None), None)
        around = opened[-1].stage if style.covers == "stage" else whole
        if around is not None:
            covers.setdefault(around.mem_id, (node.mem_id, style.level))


def put_under(frame: Frame, parent: Frame, node: LexborNode, covered: Mapping[int, tuple[int, int]]) -> None:
    """Hide what something lies over; what is positioned may lie on top of that again."""
    frame.cover = covered.get(node.mem_id)
    if (cover := parent.cover) is None:
        return
    above, level = cover
    if node.mem_id == above:
        parent.cover = (0, level)  # what is positioned later lies on top of it
    elif not frame.style.positioned:
        frame.cover = frame.cover or cover
    elif frame.style.level < level or (frame.style.level == level and above):
        frame.hidden = frame.hidden or "css"


def stands_bare(parent: Frame, node: LexborNode, clears: bool) -> bool:
    """Does a float stand among others only, in a box that they give no height? ``clears``: the style sheet may."""
    if clears and parent.names[2]:
        return False
    if parent.begun_bare is None:
        like = node.tag, node.attributes.get("class")
        parent.begun_bare = _floats_only(node, "prev", like) and _floats_only(node, "next", like)
    return parent.begun_bare


def _floats_only(node: LexborNode, way: str, like: tuple[str | None, str | None]) -> bool:
    """Is what stands on one side of a float without words, or floats too (as far as it is looked at)?"""
    beside = getattr(node, way)
    for _ in range(_MOST_FLOATS):
        if beside is None:
            return True
        if beside.is_text_node and (beside.text_content or "").strip():
            return False
        if beside.is_element_node and not _is_like(beside, like):
            return False
        beside = getattr(beside, way)
    return True


def _is_like(node: LexborNode, like: tuple[str | None, str | None]) -> bool:
    attributes = node.attributes
    style = (attributes.get("style") or "").lower().replace(" ", "")
    floats = "float:left" in style or "float:right" in style or "position:absolute" in style
    return floats or (like[1] is not None and (node.tag, attributes.get("class")) == like)


def is_quirky(head: str) -> bool:
    """Is a page drawn as before there were standards (HTML §13.2.6.4.1)? ``head`` is its beginning in lower case."""
    if (found := _DOCTYPE.search(head)) is None:
        return True
    return _OLD.match(found[1]) is not None


def style_text(tree: LexborHTMLParser) -> str:
    """The text of the <style> elements that hold on a screen, and the colour scheme that a <meta> names."""
    nodes = tree.css("style")
    schemes = [node.attributes.get("content") or "" for node in tree.css("meta[name=color-scheme]")]
    # What the page says of itself is weaker than its rules.
    said = "".join(f":root{{color-scheme:{one.lower()}}}\n" for one in schemes[:1] if _SCHEMES.fullmatch(one))
    return said + "\n".join(node.text(deep=True) for node in nodes if _is_for_screens(node.attributes))


def _is_for_screens(attributes: Mapping[str, str | None]) -> bool:
    kind = (attributes.get("type") or "text/css").strip().lower()
    return kind == "text/css" and holds((attributes.get("media") or "").lower())


def is_shadow(template: LexborNode) -> bool:
    """Is what a template holds drawn in the place of what stands beside it (DOM §4.8)?"""
    mode = (template.attributes.get("shadowrootmode") or "").lower()
    return mode in ("open", "closed") and "<slot" not in (template.html or "").lower()


def for_others(node: LexborNode) -> bool:
    """Is the element inside ``<!--[if !mso]><!-->``? Buttons are drawn twice, for Outlook and for everybody else."""
    before = node.prev
    if before is not None and before.is_text_node:
        before = before.prev
    return before is not None and before.is_comment_node and "!mso" in (before.comment_content or "")
