"""Which values CSS properties take: a declaration with another one does not count (CSS Cascade 5 §4.1).

Only what a browser surely throws away is refused; of properties that say nothing of what is seen all values are taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from mailmcp.mail.sight.colours import parsed

GLOBAL = frozenset(("inherit", "initial", "unset", "revert", "revert-layer"))
_DISPLAY_NAMES = """
    none block inline inline-block list-item run-in flow flow-root table inline-table table-row table-cell table-column
    table-row-group table-header-group table-footer-group table-column-group table-caption flex inline-flex grid
    inline-grid contents ruby ruby-base ruby-text math inherit initial unset revert revert-layer -webkit-box
    -webkit-inline-box -webkit-flex -webkit-inline-flex -ms-flexbox -ms-inline-flexbox -moz-box -ms-grid
"""
DISPLAYS = frozenset(_DISPLAY_NAMES.split())
_SYSTEM_NAMES = """
    accentcolor accentcolortext activeborder activecaption activetext appworkspace background buttonborder buttonface
    buttonhighlight buttonshadow buttontext canvas canvastext captiontext currentcolor field fieldtext graytext
    highlight highlighttext inactiveborder inactivecaption inactivecaptiontext infobackground infotext linktext mark
    marktext menu menutext scrollbar selecteditem selecteditemtext threeddarkshadow threedface threedhighlight
    threedlightshadow threedshadow visitedtext window windowframe windowtext
"""
_SYSTEM = frozenset(_SYSTEM_NAMES.split())
_PLAIN = frozenset(("rgb", "rgba", "hsl", "hsla", "hwb"))
_COLOUR_NAMES = "lab lch oklab oklch color color-mix light-dark contrast-color attr if var env"
_COLOURED = _PLAIN.union(_COLOUR_NAMES.split())
_FUNCTION = re.compile(r"(-?[a-z][\w-]*)\(")
_UNITS = """
    px pt em rem % cm mm in pc q vh vw vi vb vmin vmax svh svw svi svb svmin svmax lvh lvw lvi lvb lvmin lvmax dvh dvw
    dvi dvb dvmin dvmax ex rex ch rch cap rcap ic ric lh rlh cqw cqh cqi cqb cqmin cqmax
"""
_FIGURE = r"[-+]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:e[-+]?\d{1,3})?"
# A length without a unit is one in a page without a document type (Quirks Mode Standard §3.2).
_LENGTH = re.compile(rf"{_FIGURE}(?:{'|'.join(_UNITS.split())})?\Z")
_NUMBER = re.compile(rf"{_FIGURE}%?\Z")
_WORDS_OF_GROUNDS = """
    none no-repeat repeat repeat-x repeat-y round space scroll fixed local center left right top bottom cover contain
    auto border-box padding-box content-box text
"""
_OF_GROUNDS = frozenset(_WORDS_OF_GROUNDS.split())
_PICTURES = "url image-set -webkit-image-set cross-fade -webkit-cross-fade element image paint type"
_SUMS = """
    calc -webkit-calc min max clamp round mod rem sin cos tan asin acos atan atan2 pow sqrt hypot log exp abs sign
"""
_IN_GROUNDS = _COLOURED.union(_PICTURES.split(), _SUMS.split())
_GROUND_PART = re.compile(r"[^\s,/]+")
_STRINGS = re.compile(r"\"[^\"]*+\"|'[^']*+'")
_INNERMOST = re.compile(r"[\w-]*\([^()]*\)")
_MAX_NESTING = 6
_SIZING = "auto none min-content max-content fit-content stretch -webkit-fill-available intrinsic min-intrinsic"
_FONT_SIZES = "xx-small x-small small medium large x-large xx-large xxx-large larger smaller math -webkit-xxx-large"
_FILTERS = "blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia url"
_TURNS = """
    matrix matrix3d perspective rotate rotate3d rotatex rotatey rotatez scale scale3d scalex scaley scalez skew skewx
    skewy translate translate3d translatex translatey translatez
"""
_SHAPES = "inset circle ellipse polygon path url rect xywh shape"


@lru_cache(maxsize=4096)
def is_value(name: str, value: str) -> bool:
    """May a property have this value (lower case, without ``var()``)?"""
    return value in GLOBAL or (check := _CHECKS.get(name)) is None or check(value)


def _is_colour(value: str) -> bool:
    if (function := _FUNCTION.match(value)) is None:
        return value in _SYSTEM or value.startswith(("-webkit-", "-internal-")) or parsed(value) is not None
    if function[1] == "attr":
        return "type(" in value or "," in value
    # What is made of other values may be one, though it is not worked out here.
    plain = function[1] in _PLAIN and value.count("(") == 1 and "from" not in value
    return function[1] in _COLOURED and (not plain or parsed(value) is not None)


def _is_ground(value: str) -> bool:
    value = _STRINGS.sub(" ", value)
    if any(name not in _IN_GROUNDS and not name.endswith("gradient") for name in _FUNCTION.findall(value)):
        return False
    if "attr(" in value and "type(" not in value:
        return False
    for _ in range(_MAX_NESTING):
        if "(" not in value:
            break
        value = _INNERMOST.sub(" ", value)
    if "(" in value:
        return True
    parts = _GROUND_PART.findall(value)
    return all(part in _OF_GROUNDS or _LENGTH.match(part) is not None or _is_colour(part) for part in parts)


def _one_of(words: str) -> Callable[[str], bool]:
    known = frozenset(words.split())
    return lambda value: value in known


def _all_of(words: str) -> Callable[[str], bool]:
    known = frozenset(words.split())
    return lambda value: known.issuperset(value.split())


def _length(words: str, *, signed: bool = False) -> Callable[[str], bool]:
    known = frozenset(words.split())

    def check(value: str) -> bool:
        if value in known or "(" in value:
            return True
        return _LENGTH.match(value) is not None and (signed or value[0] != "-")

    return check


def _functions(names: str, words: str = "none") -> Callable[[str], bool]:
    known, alone = frozenset(names.split()), frozenset(words.split())

    def check(value: str) -> bool:
        found = _FUNCTION.match(value)
        return found[1] in known if found is not None else alone.issuperset(value.split())

    return check


def _is_number(value: str) -> bool:
    return "(" in value or _NUMBER.match(value) is not None


def _is_display(value: str) -> bool:
    return "(" in value or DISPLAYS.issuperset(value.split())


def _is_font_size(value: str) -> bool:
    return not value.startswith("calc-size(") and _SIZE(value)


_SIZE = _length(_FONT_SIZES)
_PLACE = _length("auto", signed=True)
_SPACE = _length("normal", signed=True)
_CUT = _all_of("visible hidden clip scroll auto overlay -webkit-paged-x -webkit-paged-y")
_CHECKS: Mapping[str, Callable[[str], bool]] = {
    **dict.fromkeys(("color", "background-color", "-webkit-text-fill-color"), _is_colour),
    **dict.fromkeys(("width", "height", "min-width", "min-height"), _length(_SIZING.replace("none", ""))),
    **dict.fromkeys(("max-width", "max-height"), _length(_SIZING.replace("auto", ""))),
    **dict.fromkeys(("top", "right", "bottom", "left"), _PLACE),
    **dict.fromkeys(("margin-top", "margin-right", "margin-bottom", "margin-left"), _PLACE),
    **dict.fromkeys(("padding-top", "padding-right", "padding-bottom", "padding-left"), _length("")),
    **dict.fromkeys(("overflow", "overflow-x", "overflow-y"), _CUT),
    **dict.fromkeys(("letter-spacing", "word-spacing"), _SPACE),
    "background": _is_ground,
    "display": _is_display,
    "visibility": _one_of("visible hidden collapse"),
    "position": _one_of("static relative absolute fixed sticky -webkit-sticky"),
    "float": _one_of("left right none inline-start inline-end"),
    "opacity": _is_number,
    "font-size": _is_font_size,
    "line-height": _length("normal"),
    "transform": _functions(_TURNS),
    "filter": _functions(_FILTERS),
    "clip-path": _functions(_SHAPES, "none border-box padding-box content-box margin-box fill-box stroke-box view-box"),
}
