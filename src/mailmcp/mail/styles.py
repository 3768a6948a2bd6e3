"""What an element of a mail looks like: just enough of its computed style to know what a person sees."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailmcp.mail.cascade import Declarations, Sheet, declarations, merge, resolved
from mailmcp.mail.colours import BLACK, RGB, WHITE, blended, indistinct, parsed

Attributes = Mapping[str, str | None]

_ROOT_SIZE = 16.0
_UNREADABLE_SIZE = 2.0
_FAR = 400.0

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
_LENGTH = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)\s*(px|pt|em|rem|%|vw|vh|ex|ch|cm|mm|in|pc)?")
_SUM = re.compile(r"calc\(\s*([^()]{1,60})\)")
_TERM = re.compile(r"\s*([-+*/]?)\s*((?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)\s*([a-z]{1,4}|%)?")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "cm": 37.8, "mm": 3.78, "in": 96.0, "pc": 16.0, "": 1.0, "vw": 6.0, "vh": 8.0}
_ZERO_CLIP = re.compile(r"rect\(\s*(?:0|1px)|inset\(\s*(?:50|[6-9]\d|100)%|circle\(\s*0")
_ZERO_OPACITY = re.compile(r"opacity\s*[(=]\s*0(?:\.0\d*)?%?\s*\)")
_SHRUNK = re.compile(r"scale(?:x|y|3d)?\(\s*0(?:\.0\d*)?\s*[,)]|rotate[xy]\(\s*-?(?:90|270)deg\s*\)")
_MOVED = re.compile(r"translate(?:x|y|3d)?\(\s*-\d{3,}(?![\d%])")


@dataclass(frozen=True, slots=True)
class Style:
    """The computed style of an element, as far as reading needs it. Sizes are CSS pixels."""

    display: str = "block"
    visible: bool = True
    size: float = _ROOT_SIZE
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
    filled: bool = False
    """Its letters have a fill of their own (``-webkit-text-fill-color``), which ``color`` does not change."""
    custom: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """Custom properties, for ``var()``."""

    @property
    def concealed(self) -> str:
        """Why this element's own text is not seen; a child may set it back. ``""`` when it is seen."""
        if not self.visible:
            return "css"
        if self.size <= _UNREADABLE_SIZE:
            return "size"
        if not self.opaque:
            return "colour"
        if self.colour is not None and self.background is not None and indistinct(self.colour, self.background):
            return "colour"
        return ""


def computed(
    tag: str,
    attributes: Attributes,
    parent: Style,
    rules: Sheet,
    ancestors: list[tuple[str, str, list[str]]],
) -> Style:
    """The style of an element inside ``parent``: defaults of the tag, attributes, style sheet, style attribute."""
    said: dict[str, str] = {}
    important: dict[str, str] = {}
    if rules.buckets:
        for rule in rules.rules_for(tag, attributes, len(ancestors)):
            merge(said, rule.declarations.normal)
            merge(important, rule.declarations.important)
    if inline := attributes.get("style"):
        own: Declarations = declarations(inline[:20_000])
        merge(said, own.normal)
        if important or own.important:
            merge(said, important)
            merge(said, own.important)
    elif important:
        merge(said, important)
    custom = resolved(said, parent.custom)
    colour, opaque = _colour(tag, attributes, parent, said)
    background, painted = _background(attributes, parent, said)
    size = _size(tag, attributes, parent, said)
    display = _display(tag, said)
    return Style(
        display=display,
        visible=said.get("visibility", "visible" if parent.visible else "hidden") not in ("hidden", "collapse"),
        size=size,
        bold=_bold(tag, parent, said),
        mono=tag in _MONO or (bool(_MONO_NAME.search(said["font-family"])) if "font-family" in said else parent.mono),
        spaced=_pixels(said["letter-spacing"], size) >= 1.5 if "letter-spacing" in said else parent.spaced,
        preformatted=_preformatted(tag, parent, said),
        colour=colour,
        opaque=opaque,
        background=background,
        boxed=painted or _bordered(said),
        padded=_padded(said),
        hidden=_hidden(tag, attributes, said, size),
        flows=display in ("flex", "inline-flex") and "column" not in said.get("flex-direction", ""),
        floats=said.get("float", "none") in ("left", "right"),
        custom=custom,
        filled=_is_filled(parent, said),
        struck=parent.struck or tag in ("s", "strike", "del") or "line-through" in _decoration(said),
    )


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
    if "hidden" in attributes and display is None:
        return "attribute"
    if not said:
        return ""
    if said.get("mso-hide") == "all" and tag != "a":
        return "mso"
    if said.get("content-visibility") == "hidden":
        return "css"
    if "opacity" in said and _number(said["opacity"]) <= 0.05:
        return "css"
    if "filter" in said and _ZERO_OPACITY.search(said["filter"]):
        return "css"
    if _collapsed(said, size):
        return "size"
    if _off_screen(said, size):
        return "off_screen"
    if _ZERO_CLIP.search(said.get("clip", "")) or _ZERO_CLIP.search(said.get("clip-path", "")):
        return "off_screen"
    if "transform" in said and _SHRUNK.search(said["transform"]):
        return "size"
    if any(name in said and _number(said[name]) <= 0.05 for name in ("zoom", "scale")):
        return "size"
    return ""


def _collapsed(said: Mapping[str, str], size: float) -> bool:
    overflow = said.get("overflow", "") + said.get("overflow-x", "") + said.get("overflow-y", "")
    if "hidden" not in overflow and "clip" not in overflow:
        return False
    return any(
        name in said and _pixels(said[name], size) <= 1 for name in ("height", "width", "max-height", "max-width")
    )


def _off_screen(said: Mapping[str, str], size: float) -> bool:
    if "text-indent" in said and abs(_pixels(said["text-indent"], size)) >= _FAR:
        return True
    if said.get("position", "static") != "static":
        if any(name in said and _pixels(said[name], size) <= -_FAR for name in ("left", "top", "right", "bottom")):
            return True
        if any(name in said and _pixels(said[name], size) >= 3000 for name in ("left", "top")):
            return True
    if any(name in said and _pixels(said[name], size) <= -_FAR for name in ("margin-left", "margin-top")):
        return True
    return "transform" in said and _MOVED.search(said["transform"]) is not None


def _colour(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str]) -> tuple[RGB | None, bool]:
    value = said.get("-webkit-text-fill-color")
    if value is None and parent.filled:
        return parent.colour, parent.opaque
    if value is None or value == "currentcolor":
        if value and parent.filled and "color" not in said:
            return None, True  # the colour below the parent's fill was not kept
        value = said.get("color")
    if value is None and tag in ("font", "body"):
        value = (attributes.get("color") or attributes.get("text") or "").strip().lower() or None
    if value is None and tag == "a" and "href" in attributes:
        return (0, 0, 238), True
    if value is None or value in ("inherit", "currentcolor", "unset"):
        return parent.colour, parent.opaque
    colour = parsed(value)
    if colour is None:
        return (BLACK, True) if value in ("initial", "windowtext", "canvastext") else (None, True)
    rgb, alpha = colour
    if alpha <= 0.05 and _is_cut_out(said):
        return None, True  # letters cut out of a picture or a gradient
    if 0.05 < alpha < 1 and parent.background is not None:
        rgb = blended(rgb, alpha, parent.background)
    return rgb, alpha > 0.05


def _is_filled(parent: Style, said: Mapping[str, str]) -> bool:
    fill = said.get("-webkit-text-fill-color")
    return parent.filled if fill is None else fill != "currentcolor"


def _is_cut_out(said: Mapping[str, str]) -> bool:
    clipped = said.get("background-clip", "") + said.get("-webkit-background-clip", "")
    painted = said.get("background-image", "none") != "none" or "background-color" in said
    return "text" in clipped and painted


def _background(attributes: Attributes, parent: Style, said: Mapping[str, str]) -> tuple[RGB | None, bool]:
    """The ground behind an element's text, and whether the element painted it itself."""
    image = said.get("background-image", "none")
    if image not in ("none", "initial", "inherit") or attributes.get("background"):
        return None, True
    value = said.get("background-color") or (attributes.get("bgcolor") or "").strip().lower()
    colour = parsed(value) if value else None
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
    if match := _LENGTH.match(_plain(value)):
        number, unit = float(match.group(1)), match.group(2) or ""
        if unit == "%":
            return parent.size * number / 100
        if unit == "rem":
            return _ROOT_SIZE * number
        return parent.size * number if unit in ("em", "ex", "ch") else number * _PIXELS[unit]
    return parent.size


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
    return any(name in said and _pixels(said[name], _ROOT_SIZE) >= 4 for name in names)


def _pixels(value: str, size: float) -> float:
    """A length in pixels; not a number when it is none (so that it counts as neither small nor far)."""
    match = _LENGTH.match(_plain(value))
    if match is None:
        return math.nan
    number, unit = float(match.group(1)), match.group(2) or ""
    if unit == "%":
        return number * 6.0
    return number * size if unit in ("em", "rem", "ex", "ch") else number * _PIXELS[unit]


def _number(value: str) -> float:
    match = _LENGTH.match(_plain(value))
    if match is None:
        return 1.0
    return float(match.group(1)) / (100 if match.group(2) == "%" else 1)


def _plain(value: str) -> str:
    """A ``calc()`` of terms of one unit worked out from left to right; everything else as it is."""
    match = _SUM.match(value) if "calc(" in value else None
    if match is None:
        return value
    inside, at, total, unit = match[1].strip(), 0, 0.0, ""
    while at < len(inside):
        term = _TERM.match(inside, at)
        if term is None or (term[3] and unit and term[3] != unit):
            return value
        at, number, unit = term.end(), float(term[2]), term[3] or unit
        if term[1] == "*":
            total *= number
        elif term[1] == "/":
            total = total / number if number else math.nan
        else:
            total += -number if term[1] == "-" else number
    return f"{total:f}{unit}" if math.isfinite(total) else value
