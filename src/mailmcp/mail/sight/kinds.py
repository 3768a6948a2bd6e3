"""Kinds of elements, and of properties by what they speak of: boxes, letters, heights."""

from __future__ import annotations

from collections.abc import Mapping

OF_TABLES = frozenset(("td", "th", "tr", "table", "tbody", "thead", "tfoot", "html", "body"))
GROUNDED = OF_TABLES | {"col", "colgroup", "marquee"}
"""Elements whose ground an attribute may give (HTML §15)."""
INLINE = frozenset(("inline", "inline-block", "inline-table", "inline-flex", "contents"))
ROWS = frozenset(("tr", "tbody", "thead", "tfoot"))
_BLOCK_NAMES = """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre search section summary table tbody
    tfoot thead tr ul listing xmp plaintext option optgroup mtable mtr
"""
BLOCKS = frozenset(_BLOCK_NAMES.split())
_DROPPED_NAMES = """
    script style head title template datalist svg noembed noframes meta link base annotation annotation-xml mphantom
    object
"""
DROPPED = frozenset(_DROPPED_NAMES.split())
"""Those of which nothing is drawn."""
_LETTER_NAMES = """
    a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike strong sub sup time
    tt u var
"""
LETTERS = frozenset(_LETTER_NAMES.split())
OF_BOXES = frozenset(
    (
        *("transform", "translate", "rotate", "scale", "overflow", "overflow-x", "overflow-y", "width", "height"),
        *("max-width", "max-height", "margin-top", "text-indent", "contain", "perspective", "content-visibility"),
    )
)
"""What says nothing of letters that run in a line."""
OF_LETTERS = frozenset(
    (
        *("color", "-webkit-text-fill-color", "display", "visibility", "font-size", "font-weight", "font-family"),
        *("letter-spacing", "word-spacing", "line-height", "white-space", "text-indent", "text-shadow"),
    )
)
"""What is handed down where there is no box."""
OF_LINES = ("color", "-webkit-text-fill-color", "font-size", "letter-spacing", "word-spacing", "text-shadow")
"""What can be said of the first line of a block (CSS Pseudo-Elements 4 §2.1)."""
HEIGHTS = frozenset(
    (
        *(
            "overflow",
            "overflow-x",
            "overflow-y",
            "min-height",
            "padding",
            "padding-top",
            "padding-bottom",
            "border",
            "border-top",
        ),
        *("border-bottom", "display", "contain", "columns", "column-count"),
    )
)
"""What gives a box a height, or lets it hold its floats."""
FORMULAS = frozenset(("math", "mtext", "mi", "mn", "mo", "ms", "mrow", "mstyle", "merror", "mpadded", "mspace"))
OWN = FORMULAS | {"mark", "button", "input", "select", "textarea"}
"""Elements with a look of their own, beside that of their letters."""
OF_FORMULAS = {"mathcolor": "color", "mathsize": "font-size", "mathbackground": "background-color"}
_PRESSED = frozenset(("submit", "reset", "button"))


def own(tag: str, attributes: Mapping[str, str | None]) -> dict[str, str]:
    """What the style sheet of every browser says of one of them (HTML §15)."""
    if tag == "mark":
        return {"background-color": "yellow", "color": "black"}
    if tag in FORMULAS:
        said = {name: value.lower() for key, name in OF_FORMULAS.items() if (value := attributes.get(key))}
        if tag == "mspace" or attributes.get("display") == "block":
            said["display"] = "none" if tag == "mspace" else "block"
        return said
    pressed = tag == "button" or (tag == "input" and (attributes.get("type") or "").lower() in _PRESSED)
    return {"background-color": "#efefef" if pressed else "white"}
