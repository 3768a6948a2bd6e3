"""What an element of a mail looks like: just enough of its computed style to know what a person sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mailmcp.mail.sight.across import NOWHERE as HERE
from mailmcp.mail.sight.across import Across, across_of
from mailmcp.mail.sight.blends import filtered, ink_of, is_inked, mixed
from mailmcp.mail.sight.cascade import Named, Rule, laid_over
from mailmcp.mail.sight.clipping import fading, flat
from mailmcp.mail.sight.colours import BLACK, RGB, WHITE, blended, indistinct
from mailmcp.mail.sight.concealing import behind, hidden_by
from mailmcp.mail.sight.covers import Cover, covering
from mailmcp.mail.sight.custom import inherited, is_dark, resolved, schemed
from mailmcp.mail.sight.edges import UNBOUND, Box, above_page, box_of, cell_of, fixed_width, is_outside
from mailmcp.mail.sight.generated import NO_CONTENT, Generated, may_hold
from mailmcp.mail.sight.kinds import (
    BLOCKS,
    HEIGHTS,
    INLINE,
    LETTERS,
    OF_BOXES,
    OF_LETTERS,
    OF_TABLES,
    OWN,
    ROWS,
    own,
)
from mailmcp.mail.sight.lengths import ROOT_SIZE, number, pixels
from mailmcp.mail.sight.letters import (
    aside,
    decoration,
    is_bold,
    is_bordered,
    is_mono,
    is_padded,
    is_preformatted,
    is_squeezed,
    is_turned,
    runs_left,
    size_of,
)
from mailmcp.mail.sight.motion import let_run
from mailmcp.mail.sight.numbering import LISTED, kind_of
from mailmcp.mail.sight.paint import background_of, beneath, colour_of, grounds_of, is_filled, is_grounded, link_of
from mailmcp.mail.sight.standing import behind_blocks, grounded_in, outside
from mailmcp.mail.sight.transforms import STILL, Matrix, turned
from mailmcp.mail.sight.values import GLOBAL
from mailmcp.mail.sight.windows import NOWHERE, Room, room_of

Attributes = Mapping[str, str | None]

STYLING = ("dir", "bgcolor", "background", "color", "size", "text", "link", "hidden", "type", "display")
"""The attributes that a style depends on by their values, beside ``style``."""
PRESENT = frozenset((*STYLING, "href", "popover", "open"))
"""Those that it depends on by their being there."""
_UNREADABLE_SIZE = 2.0
_UNREADABLE_DRAWN = 2.5
_NOTHING: Mapping[str, str] = {}
_LINK: RGB = (0, 0, 238)
_DARK: RGB = (18, 18, 18)
_LINK_IN_THE_DARK: RGB = (158, 158, 255)

PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "hr", "pre"))


@dataclass(slots=True, eq=False)
class Style:
    """The computed style of an element, as far as reading needs it. Sizes are CSS pixels.

    Nobody changes one (it is not frozen since thousands are made for a mail, which that makes much slower).
    """

    display: str = "block"
    visible: bool = True
    collapsed: bool = False
    """Is it, as a column or in one, without room (``visibility: collapse``)?"""
    fixed: float = -1.0
    """The width of the table that it is, or is in, when its columns are as wide as is said; below 0 when not."""
    layered: bool = False
    """Has it, as a row or a group of rows, a ground that lies over that of the columns?"""
    size: float = ROOT_SIZE
    bold: bool = False
    mono: bool = False
    spaced: bool = False
    preformatted: bool = False
    colour: RGB | None = BLACK
    """None: not known."""
    opaque: bool = True
    background: RGB | None = WHITE
    """None: a picture, or not known."""
    boxed: bool = False
    """Has a ground or a border of its own."""
    padded: bool = False
    hidden: str = ""
    """Why the element with all it holds is not seen; ``""`` when that is not so; ``mso``: not in Outlook."""
    flows: bool = False
    """Its children stand side by side (flex row)."""
    floats: bool = False
    aside: int = 0
    """On which sides, as it stands in a line, nothing touches it."""
    quotes: bool = True
    """Do quotation marks stand round a ``<q>`` in it?"""
    numbers: str = ""
    """How the items of a list in it are numbered; ``""``: not at all."""
    leftward: bool = False
    """Is its text set from right to left?"""
    turned: bool = False
    """Are all letters in its lines drawn from right to left, those of Latin too?"""
    outer: Style | None = None
    """Where it paints a ground behind its lines alone (or stands in such lines): that on which blocks in it stand."""
    struck: bool = False
    squeezed: bool = False
    """Its letters lie over each other, or its lines have no height in a box that cuts off what is outside."""
    strength: float = 1.0
    """The opacity that is left of all ancestors together."""
    faded: float = 1.0
    """That which its own leaves."""
    quirky: bool = False
    """Is it in a page without a document type, in which tables begin anew (Quirks Mode Standard §3.1)?"""
    text: RGB = BLACK
    """The colour of the page's own letters."""
    link: RGB = _LINK
    """The colour of links."""
    grounded: bool = False
    """Something between it and what it is stacked in has a ground: what lies behind that is not seen."""
    mixes: bool = False
    """The same, or the page itself: what it is mixed into where a mode of mixing is said."""
    positioned: bool = False
    level: int = 0
    """Its z-index."""
    covers: Cover = ""
    """What it lies over, letting nothing through: all of what it is positioned in (``stage``), or all of the page."""
    veiled: bool = False
    """Does a pseudo-element lie over all that it, or what it is positioned in, holds?"""
    before: Generated | None = None
    after: Generated | None = None
    """What is drawn before and after what it holds."""
    filled: bool = False
    """Its letters have a fill of their own (``-webkit-text-fill-color``), which ``color`` does not change."""
    flat: str = ""
    """``box``: without height, so that its words stand on the ground of what is around it; ``grid``: of such rows."""
    room: Room = NOWHERE
    lays: bool = False
    """Are its children boxes, whatever they are else (flex and grid)?"""
    box: Box = UNBOUND
    """What it stands in for its children."""
    bare: bool = False
    """Has it a ground and no height but that of what runs in it?"""
    stage: Box = UNBOUND
    """The same for what is positioned absolutely."""
    across: Across = HERE
    """How far across the page its letters begin, and where they are cut off."""
    above: float = 0.0
    """How many pixels above the page it begins, as it is placed in that; infinite where it ends there."""
    placed: Across = HERE
    """The same for what is positioned absolutely."""
    space: Matrix | None = None
    """Its transforms, where its children are turned with it in one space."""
    shrunk: float = 1.0
    """How large its letters are drawn, by all transforms and zooms together."""
    blend: tuple[str, RGB] | None = None
    """How its colours are mixed with what lies under it, and what that is."""
    inks: tuple[tuple[RGB, float], ...] = ()
    """The colours of its letters' shadows and strokes."""
    beneath: RGB | None = WHITE
    """The ground where no picture is shown."""
    custom: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """Custom properties, for ``var()``."""

    doubtful: bool = field(default=False, init=False)
    """Its own text is seen only if a picture that nobody fetches lies under it."""
    moved: bool = field(default=False, init=False)
    """May its letters be beside the page, or cut off?"""
    concealed: str = field(default="", init=False)
    """Why this element's own text is not seen; a child may set it back. ``""`` when it is seen."""

    def __post_init__(self) -> None:
        # Asked for every text, so it is worked out once.
        self.concealed = self._concealed()
        self.moved = self.across is not HERE and self.across.moved
        if self.background is None and self.beneath is not None and self.colour is not None:
            self.doubtful = indistinct(self.colour, self.beneath)

    def _concealed(self) -> str:
        if not self.visible:
            return "css"
        if self.size <= _UNREADABLE_SIZE or self.squeezed:
            return "size"
        if self.shrunk < 1 and self.size * self.shrunk <= _UNREADABLE_DRAWN:
            return "size"
        ink, ground = self.colour, self.background
        if ink is None or ground is None:
            return "" if self.opaque or self.inks else "colour"
        if self.blend is not None:
            mode, below = self.blend
            ink, ground = mixed(mode, below, ink), ground if ground == below else mixed(mode, below, ground)
        if self.strength < 1:
            ink = blended(ink, self.strength, ground)
        if self.opaque and not indistinct(ink, ground):
            return ""
        return "" if self.inks and is_inked(self.inks, ground, self.strength) else "colour"


def computed(tag: str, attributes: Attributes, parent: Style, rules: Sequence[Rule], known: Named) -> Style:
    """The style of an element inside ``parent``: defaults of the tag, attributes, rules, own style, animations."""
    said, parts = laid_over(rules, attributes.get("style"))
    if known.motions and ("animation" in said or "animation-name" in said):
        let_run(said, known.motions)
    custom = schemed(said, resolved(said, inherited(parent.custom, known.custom)))
    if tag == "html" and is_dark(custom):
        parent = replace(parent, colour=WHITE, background=_DARK, beneath=_DARK, link=_LINK_IN_THE_DARK)
    if tag in OWN:
        said = {**own(tag, attributes), **said}
    if said.get("display") == "contents":  # it has no box (CSS Display 3 §2.5)
        said = {name: value for name, value in said.items() if name in OF_LETTERS}
    style = _style(tag, attributes, parent, said, custom)
    if parts and not style.hidden and may_hold(tag):
        return replace(style, **_beside(parts, style, custom))
    return style


def _beside(parts: Mapping[str, dict[str, str]], style: Style, custom: Mapping[str, str]) -> Mapping[str, Any]:
    """What the pseudo-elements of an element change of its style: what they draw, and whether they lie over it."""
    found: dict[str, Any] = {}
    for part, said in parts.items():
        custom = schemed(said, resolved(said, custom))
        content = said.get("content", "none")
        if content.lower() in NO_CONTENT or said.get("display") == "none":
            continue
        if fading(said) > 0.9 and covering(said, style.size, within=True):
            found["veiled"] = True
        if len(content) > 2:
            found[part] = Generated(content, _style("", {}, style, said, custom))
    return found


def _style(tag: str, attributes: Attributes, parent: Style, said: dict[str, str], custom: Mapping[str, str]) -> Style:
    display, size = _display(tag, said), size_of(tag, attributes, parent, said)
    position, floats = said.get("position", "static"), said.get("float", "none") in ("left", "right")
    absolute = position in ("absolute", "fixed")
    in_line = display == "inline" and not (absolute or floats or parent.lays)
    attributes, parent = grounded_in(tag, attributes, parent, display not in INLINE or floats or absolute)
    hides, moved = "" if said else hidden_by(tag, attributes, parent, said, size), STILL
    if said:
        if in_line and (tag in LETTERS or "display" in said):
            said = {name: value for name, value in said.items() if name not in OF_BOXES}
        outer = parent.stage if absolute else parent.box
        moved = turned(said, parent.space)
        if is_outside(said, moved, outer, size, display == "block" and not floats):
            hides, parent = outside(parent, outer)
        hides = hidden_by(tag, attributes, parent, said, size) or moved.hides or hides
    colour, opaque = colour_of(tag, attributes, parent, said)
    level_ground = flat(said, size) if said and display in ("block", "flex") and tag not in OF_TABLES else ""
    said = _in_own_colour(said, colour)
    background, painted = (parent.background, False) if level_ground else background_of(attributes, parent, said)
    if "filter" in said:
        colour, background, painted = _filtered(attributes, said, colour, background, painted)
    strength = parent.strength * (faded := fading(said, parent.faded) if said else 1.0)
    plain = display == "block" and position == "static" and not floats and tag not in OF_TABLES
    own, box, bare = _boxes(tag, parent, said, size, background, painted, plain)
    grounded, mixes = grounds_of(tag, attributes, parent, said)
    return Style(
        display=display,
        visible=_is_visible(parent, said),
        collapsed=said["visibility"] == "collapse" if "visibility" in said else parent.collapsed,
        fixed=parent.fixed if tag != "table" else fixed_width(said, size),
        layered=tag in ROWS and (parent.layered or is_grounded(attributes, said)),
        size=size,
        bold=is_bold(tag, parent, said),
        mono=is_mono(tag, parent, said),
        spaced=pixels(said["letter-spacing"], size) >= 1.5 if "letter-spacing" in said else parent.spaced,
        preformatted=is_preformatted(tag, parent, said),
        colour=colour,
        opaque=opaque,
        background=background,
        boxed=painted or is_bordered(said),
        padded=is_padded(said),
        hidden=hides or behind(parent, said, strength, size),
        flows=display in ("flex", "inline-flex") and "column" not in said.get("flex-direction", ""),
        floats=floats,
        positioned=position != "static",
        level=_level(said),
        covers="" if hides or strength <= 0.9 or not said else covering(said, size, parent.stage.cuts),
        squeezed=is_squeezed(parent, said, size),
        strength=strength,
        faded=faded,
        quirky=parent.quirky,
        text=(colour or BLACK) if tag == "body" else parent.text,
        link=link_of(tag, attributes, parent),
        grounded=grounded,
        mixes=mixes,
        custom=custom,
        filled=is_filled(parent, said),
        flat=level_ground,
        beneath=background or beneath(attributes, parent, said),
        room=room_of(parent.room, _NOTHING if tag in OF_TABLES else said, size),
        numbers=kind_of(tag, attributes, parent.numbers, said) if said or tag in LISTED else parent.numbers,
        aside=aside(tag, said, size, display) if display[0] == "i" else 0,
        quotes=said["quotes"] != "none" if "quotes" in said else parent.quotes,
        leftward=(leftward := runs_left(attributes, parent, said)),
        turned=is_turned(tag, attributes, parent, said, leftward, display == "inline"),
        outer=behind_blocks(parent, display, painted, in_line),
        struck=parent.struck or tag in ("s", "strike", "del") or "line-through" in decoration(said),
        lays="flex" in (shown := said.get("display", "")) or "grid" in shown,
        box=box,
        bare=bare,
        stage=own if position != "static" else parent.stage,
        across=(across := across_of(tag, said, parent.across, parent.placed, size, parent.box.wide)),
        above=above_page(said, size) if absolute and parent.stage is UNBOUND and parent.space is None else 0.0,
        placed=across if position != "static" else parent.placed,
        space=moved.matrix,
        shrunk=parent.shrunk * moved.scale,
        blend=_blended(parent, said),
        inks=parent.inks if not said or (inks := ink_of(said, size)) is None else inks,
    )


def _boxes(
    tag: str, parent: Style, said: Mapping[str, str], size: float, background: RGB | None, painted: bool, plain: bool
) -> tuple[Box, Box, bool]:
    """Its own box, the one that its children stand in, and whether it has a ground and no height of its own."""
    if not (said or painted or tag in OF_TABLES):
        return parent.box, parent.box, False
    around = background if tag in ("html", "body") else parent.background
    own = cell_of(said, parent.fixed >= 0, around) if tag in OF_TABLES else box_of(said, size, around)
    bare = painted and plain and own.unsaid and HEIGHTS.isdisjoint(said)
    return own, parent.box.held(around if painted else None) if plain and own.unsaid else own, bare


def _in_own_colour(said: dict[str, str], colour: RGB | None) -> dict[str, str]:
    """A ground of `currentcolor` is that of the letters on it."""
    own = said.get("background-color") == "currentcolor" and colour is not None
    return {**said, "background-color": f"rgb{colour}"} if own else said


def _filtered(
    attributes: Attributes, said: Mapping[str, str], ink: RGB | None, ground: RGB | None, painted: bool
) -> tuple[RGB | None, RGB | None, bool]:
    """The colours of letters and of their ground as filters change them; a ground around the element stays."""
    if ground is not None and is_grounded(attributes, said):
        ground, painted = filtered(ground, said["filter"]), True
    return ink and filtered(ink, said["filter"]), ground, painted


def _is_visible(parent: Style, said: Mapping[str, str]) -> bool:
    value = said.get("visibility", "inherit")
    return value in ("visible", "initial") if value not in GLOBAL or value == "initial" else parent.visible


def _blended(parent: Style, said: Mapping[str, str]) -> tuple[str, RGB] | None:
    mode = said.get("mix-blend-mode", "normal")
    if mode == "normal" or not parent.mixes or parent.background is None:
        return parent.blend
    return mode, parent.background


def _display(tag: str, said: Mapping[str, str]) -> str:
    display = said.get("display", "")
    if tag in ("td", "th", "mtd"):
        return "block" if display == "block" else "cell"
    if display in ("inline", "inline-block", "inline-table", "flex", "inline-flex", "contents"):
        return display
    if display in ("table-cell",):
        return "cell"
    if display in ("block", "table", "table-row", "list-item", "grid"):
        return "block"
    return "block" if tag in BLOCKS else "inline"


def _level(said: Mapping[str, str]) -> int:
    level = number(said["z-index"]) if said.get("z-index", "auto") != "auto" else 0
    return int(max(-1e6, min(1e6, level)))
