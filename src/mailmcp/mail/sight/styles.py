"""What an element of a mail looks like: just enough of its computed style to know what a person sees."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailmcp.mail.sight.cascade import Named, Rule
from mailmcp.mail.sight.clipping import covering, flat, shut, vanished
from mailmcp.mail.sight.colours import BLACK, RGB, WHITE, blended, even, indistinct, legacy, parsed
from mailmcp.mail.sight.custom import inherited, resolved
from mailmcp.mail.sight.declared import Declarations, declarations, merge
from mailmcp.mail.sight.lengths import ROOT_SIZE, number, pixels
from mailmcp.mail.sight.motion import Motions, named
from mailmcp.mail.sight.windows import NOWHERE, Room, room_of

Attributes = Mapping[str, str | None]

STYLING = ("style", "bgcolor", "background", "color", "size", "text", "link")
"""The attributes that a style depends on by their values; by their being there: href, hidden, popover."""
_UNREADABLE_SIZE = 2.0
_UNREADABLE_LINE = 3.0
_FAINT = 0.05
_INHERITED = frozenset(("inherit", "currentcolor", "unset", "revert", "revert-layer"))
_OF_TABLES = frozenset(("td", "th", "tr", "table", "tbody", "thead", "tfoot", "html", "body"))
_NOTHING: Mapping[str, str] = {}
_LINK: RGB = (0, 0, 238)

_BLOCK_NAMES = """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre search section summary table tbody
    tfoot thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "hr", "pre"))
_BOLD = frozenset(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"))
_MONO = frozenset(("code", "pre", "kbd", "samp", "tt"))
_MONO_NAME = re.compile(r"monospace|courier|consolas|menlo|monaco|mono\b")
_TAG_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "big": 1.2}
_KEYWORD_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0,
}  # fmt: skip
_FONT_ATTRIBUTE_SIZES = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}


@dataclass(frozen=True, slots=True)
class Style:
    """The computed style of an element, as far as reading needs it. Sizes are CSS pixels."""

    display: str = "block"
    visible: bool = True
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
    struck: bool = False
    squeezed: bool = False
    """Its letters lie over each other, or its lines have no height in a box that cuts off what is outside."""
    strength: float = 1.0
    """The opacity that is left of all ancestors together."""
    link: RGB = _LINK
    """The colour of links."""
    grounded: bool = False
    """Something between it and what it is stacked in has a ground: what lies behind that is not seen."""
    positioned: bool = False
    level: int = 0
    """Its z-index."""
    covers: bool = False
    """Lies over all of what it is positioned in, and lets nothing through."""
    filled: bool = False
    """Its letters have a fill of their own (``-webkit-text-fill-color``), which ``color`` does not change."""
    flat: str = ""
    """``box``: without height, so that its words stand on the ground of what is around it; ``grid``: of such rows."""
    room: Room = NOWHERE
    beneath: RGB | None = WHITE
    """The ground where no picture is shown."""
    custom: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """Custom properties, for ``var()``."""

    doubtful: bool = field(default=False, init=False)
    """Its own text is seen only if a picture that nobody fetches lies under it."""
    concealed: str = field(default="", init=False)
    """Why this element's own text is not seen; a child may set it back. ``""`` when it is seen."""

    def __post_init__(self) -> None:
        # Asked for every text, so it is worked out once; the rest of the style stays as it was given.
        object.__setattr__(self, "concealed", self._concealed())
        if self.background is None and self.beneath is not None and self.colour is not None:
            object.__setattr__(self, "doubtful", indistinct(self.colour, self.beneath))

    def _concealed(self) -> str:
        if not self.visible:
            return "css"
        if self.size <= _UNREADABLE_SIZE or self.squeezed:
            return "size"
        if not self.opaque:
            return "colour"
        if self.colour is not None and self.background is not None and indistinct(self.colour, self.background):
            return "colour"
        return ""


def computed(tag: str, attributes: Attributes, parent: Style, rules: Sequence[Rule], known: Named) -> Style:
    """The style of an element inside ``parent``: defaults of the tag, attributes, rules, own style, animations."""
    said: dict[str, str] = {}
    important: dict[str, str] = {}
    if rules:
        for rule in rules:
            merge(said, rule.declarations.normal)
        for rule in sorted((rule for rule in rules if rule.declarations.important), key=_important_weight):
            merge(important, rule.declarations.important)
    if inline := attributes.get("style"):
        own: Declarations = declarations(inline[:20_000])
        merge(said, own.normal)
        if important or own.important:
            merge(said, important)
            merge(said, own.important)
    elif important:
        merge(said, important)
    if known.motions and ("animation" in said or "animation-name" in said):
        _let_run(said, known.motions)
    custom = resolved(said, inherited(parent.custom, known.custom))
    display = _display(tag, said)
    colour, opaque = _colour(tag, attributes, parent, said)
    size = _size(tag, attributes, parent, said)
    level_ground = flat(said, size) if said and display in ("block", "flex") and tag not in _OF_TABLES else ""
    background, painted = (parent.background, False) if level_ground else _background(attributes, parent, said)
    strength = parent.strength * number(said["opacity"]) if "opacity" in said else parent.strength
    return Style(
        display=display,
        visible=said.get("visibility", "visible" if parent.visible else "hidden") not in ("hidden", "collapse"),
        size=size,
        bold=_bold(tag, parent, said),
        mono=tag in _MONO or (bool(_MONO_NAME.search(said["font-family"])) if "font-family" in said else parent.mono),
        spaced=pixels(said["letter-spacing"], size) >= 1.5 if "letter-spacing" in said else parent.spaced,
        preformatted=_preformatted(tag, parent, said),
        colour=colour,
        opaque=opaque,
        background=background,
        boxed=painted or _bordered(said),
        padded=_padded(said),
        hidden=_hidden(tag, attributes, said, size) or _behind(parent, said, strength, size),
        flows=display in ("flex", "inline-flex") and "column" not in said.get("flex-direction", ""),
        floats=said.get("float", "none") in ("left", "right"),
        positioned=said.get("position", "static") != "static",
        level=_level(said),
        covers=strength > 0.9 and covering(said, size),
        squeezed=_squeezed(parent, said, size),
        strength=strength,
        link=_link(tag, attributes, parent),
        grounded=_grounded(tag, attributes, parent, said),
        custom=custom,
        filled=_is_filled(parent, said),
        flat=level_ground,
        beneath=background or _beneath(attributes, parent, said),
        room=room_of(parent.room, _NOTHING if tag in _OF_TABLES else said, size),
        struck=parent.struck or tag in ("s", "strike", "del") or "line-through" in _decoration(said),
    )


def _let_run(said: dict[str, str], motions: Motions) -> None:
    """What an animation leaves in place, or says all the time; in place."""
    if (found := named(said, motions)) is None:
        return
    moving, stays, goes_on = found
    if stays and not goes_on:
        merge(said, declarations(moving.last).normal)
    elif goes_on:
        frames = [declarations(frame).normal for frame in moving.frames]
        merge(said, dict(set(frames[0].items()).intersection(*(frame.items() for frame in frames))) if frames else {})


def _important_weight(rule: Rule) -> tuple[int, int, int]:
    # Of important declarations those of the first layer are the strongest (CSS Cascade 5 §6.4.4).
    layer, specificity, place = rule.weight
    return -layer, specificity, place


def _display(tag: str, said: Mapping[str, str]) -> str:
    display = said.get("display", "")
    if tag in ("td", "th"):
        return "block" if display == "block" else "cell"
    if display in ("inline", "inline-block", "inline-table", "flex", "inline-flex", "contents"):
        return display
    if display in ("table-cell",):
        return "cell"
    if display in ("block", "table", "table-row", "list-item", "grid"):
        return "block"
    return "block" if tag in _BLOCKS else "inline"


def _hidden(tag: str, attributes: Attributes, said: Mapping[str, str], size: float) -> str:
    display = said.get("display")
    if display == "none":
        return "css"
    if display is None and ("hidden" in attributes or "popover" in attributes):
        return "attribute"
    if not said:
        return ""
    if display in ("table-column", "table-column-group") or said.get("content-visibility") == "hidden":
        return "css"
    if said.get("mso-hide") == "all" and tag != "a":
        return "mso"
    return vanished(tag, said, size)


def _behind(parent: Style, said: Mapping[str, str], strength: float, size: float) -> str:
    """Is it hidden by what its ancestors do: their opacities together, no room, or a ground that it is put behind?"""
    if strength <= _FAINT:
        return "css"
    if (parent.flat or parent.flows) and shut(said, parent.flows, parent.flat == "grid"):
        return "size"
    below = said.get("z-index", "")[:1] == "-" and said.get("position", "static") != "static"
    return "css" if below and parent.grounded else ""


def _grounded(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str]) -> bool:
    if tag in ("html", "body"):
        return False  # their ground is that of the whole page
    own = parsed(said["background-color"]) if "background-color" in said else None
    painted = bool(own and own[1] > 0.5) or "bgcolor" in attributes or said.get("background-image", "none") != "none"
    if not painted and not parent.grounded:
        return False
    stacked = (
        (said.get("z-index", "auto") != "auto" and said.get("position", "static") != "static")
        or said.get("position") in ("fixed", "sticky")
        or said.get("isolation") == "isolate"
        or said.get("transform", "none") != "none"
        or ("opacity" in said and number(said["opacity"]) < 1)
    )
    return not stacked


def _level(said: Mapping[str, str]) -> int:
    level = number(said["z-index"]) if said.get("z-index", "auto") != "auto" else 0
    return int(max(-1e6, min(1e6, level)))


def _squeezed(parent: Style, said: Mapping[str, str], size: float) -> bool:
    squeezed = parent.squeezed
    if "letter-spacing" in said:
        squeezed = not -0.6 * size < pixels(said["letter-spacing"], size) < 300 and said["letter-spacing"] != "normal"
    if "word-spacing" in said and not squeezed:
        squeezed = pixels(said["word-spacing"], size) <= -2 * size
    if "line-height" in said:
        high = said["line-height"]
        line = pixels(high, size) * (size if high.replace(".", "", 1).isdecimal() else 1)
        cut = "hidden" in said.get("overflow", "") or "clip" in said.get("overflow", "")
        squeezed = (squeezed and "letter-spacing" in said) or (line <= _UNREADABLE_LINE and cut)
    return squeezed


def _link(tag: str, attributes: Attributes, parent: Style) -> RGB:
    if tag == "body" and (link := legacy(attributes.get("link") or "")) is not None:
        return link
    return parent.link


def _colour(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str]) -> tuple[RGB | None, bool]:
    value = said.get("-webkit-text-fill-color")
    if value is None and parent.filled:
        return parent.colour, parent.opaque
    if value is None or value == "currentcolor":
        if value and parent.filled and "color" not in said:
            return None, True  # the colour below the parent's fill was not kept
        value = said.get("color")
    if value is None and tag in ("font", "body"):
        named = legacy((attributes.get("color") if tag == "font" else attributes.get("text")) or "")
        if named is not None:
            return named, True
    if tag == "a" and "href" in attributes and (value is None or value.startswith("revert")):
        return parent.link, True
    if value is None or value in _INHERITED:
        return parent.colour, parent.opaque
    colour = parsed(value)
    if colour is None:
        if "from " in value:
            return None, False  # made from another one in a way that is not worked out here
        return (BLACK, True) if value in ("initial", "windowtext", "canvastext") else (None, True)
    rgb, alpha = colour
    if alpha <= 0.05 and _is_cut_out(parent, said):
        return None, True  # letters cut out of a picture or a gradient
    if 0.05 < alpha < 1 and parent.background is not None:
        rgb = blended(rgb, alpha, parent.background)
    return rgb, alpha > 0.05


def _is_filled(parent: Style, said: Mapping[str, str]) -> bool:
    fill = said.get("-webkit-text-fill-color")
    return parent.filled if fill is None else fill != "currentcolor"


def _is_cut_out(parent: Style, said: Mapping[str, str]) -> bool:
    clipped = said.get("background-clip", "") + said.get("-webkit-background-clip", "")
    if "text" not in clipped:
        return False
    image = said.get("background-image", "none")
    through = even(image) if image != "none" else parsed(said.get("background-color", ""))
    if image == "none" and through is None:
        return "(" in said.get("background-color", "")
    # Letters that show an even colour are those of a text in it.
    ground = parent.background
    return through is None or (through[1] > 0.05 and not (ground is not None and indistinct(through[0], ground)))


def _background(attributes: Attributes, parent: Style, said: Mapping[str, str]) -> tuple[RGB | None, bool]:
    """The ground behind an element's text, and whether the element painted it itself."""
    image = said.get("background-image", "none")
    value = said.get("background-color") or ""
    colour = parsed(value) if value else None
    if image not in ("none", "initial", "inherit", "url()") or attributes.get("background"):
        flat = even(image)
        if flat is None or attributes.get("background"):
            return None, True
        if flat[1] > 0.02:
            colour = flat
    elif not value and (ground := legacy(attributes.get("bgcolor") or "")) is not None:
        colour = ground, 1.0
    if colour is None and "(" in value:
        return None, True
    if colour is None or colour[1] <= 0.02:
        return parent.background, False
    rgb, alpha = colour
    if alpha < 1:
        if parent.background is None:
            return None, True
        rgb = blended(rgb, alpha, parent.background)
    return rgb, parent.background is None or rgb != parent.background


def _beneath(attributes: Attributes, parent: Style, said: Mapping[str, str]) -> RGB | None:
    colour = parsed(said.get("background-color") or "")
    if colour is not None and colour[1] > 0.5:
        return colour[0]
    return legacy(attributes.get("bgcolor") or "") or parent.beneath


def _size(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str]) -> float:
    value = said.get("font-size")
    if value is None:
        if tag == "font" and (named := _FONT_ATTRIBUTE_SIZES.get((attributes.get("size") or "").strip())):
            return named
        factor = _TAG_SIZES.get(tag)
        # A heading inside a wrapper of size 0 is nothing, as a browser draws it.
        return parent.size * factor if factor else parent.size
    if value in _KEYWORD_SIZES:
        return _KEYWORD_SIZES[value]
    if value in ("larger", "smaller"):
        return parent.size * (1.2 if value == "larger" else 0.83)
    found = (
        pixels(value.replace("rem", "px"), parent.size) * ROOT_SIZE
        if value.endswith("rem")
        else (pixels(value, parent.size, parent.size / 100))
    )
    return found if found >= 0 else parent.size  # what is none, or below nothing, does not count


def _bold(tag: str, parent: Style, said: Mapping[str, str]) -> bool:
    weight = said.get("font-weight")
    if weight is None or weight == "inherit":
        return tag in _BOLD or parent.bold
    return weight in ("bold", "bolder") or (weight.isdecimal() and len(weight) < 5 and int(weight) >= 600)


def _preformatted(tag: str, parent: Style, said: Mapping[str, str]) -> bool:
    space = said.get("white-space")
    if space is None:
        return tag in ("pre", "textarea") or (parent.preformatted and tag != "table")
    return space.startswith("pre") or space == "break-spaces"


def _decoration(said: Mapping[str, str]) -> str:
    return said.get("text-decoration", "") + said.get("text-decoration-line", "")


def _bordered(said: Mapping[str, str]) -> bool:
    for name in ("border", "border-top", "border-bottom", "border-left"):
        value = said.get(name)
        if value and value not in ("none", "0", "0px", "initial") and ("solid" in value or "dashed" in value):
            return not value.startswith(("0 ", "0px "))
    return False


def _padded(said: Mapping[str, str]) -> bool:
    names = ("padding", "padding-top", "padding-left")
    return any(name in said and pixels(said[name], ROOT_SIZE) >= 4 for name in names)
