"""The colour of letters and of what they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailmcp.mail.sight.colours import BLACK, RGB, blended, even, indistinct, legacy, painted, parsed
from mailmcp.mail.sight.covers import shade_of
from mailmcp.mail.sight.lengths import ROOT_SIZE, number

if TYPE_CHECKING:
    from mailmcp.mail.sight.styles import Style

Attributes = Mapping[str, str | None]
_STACKING = ("transform", "translate", "rotate", "scale", "filter", "perspective", "clip-path", "mask-image")
CONTROLS = frozenset(("button", "input", "textarea", "select"))
"""What has letters of its own, whatever is around it (HTML §15.5)."""
_INHERITED = frozenset(("inherit", "currentcolor", "unset", "revert", "revert-layer"))


def grounds_of(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str]) -> tuple[bool, bool]:
    """Has something between the element and what it is stacked in a ground, or has itself? The page counts second."""
    painted = is_grounded(attributes, said)
    if tag in ("html", "body"):
        return False, painted or parent.mixes  # their ground is that of the whole page
    if not painted and not parent.mixes:
        return False, False
    stacked = (
        (said.get("z-index", "auto") != "auto" and said.get("position", "static") != "static")
        or said.get("position") in ("fixed", "sticky")
        or said.get("isolation") == "isolate"
        or any(said.get(name, "none") != "none" for name in _STACKING)
        or ("opacity" in said and number(said["opacity"]) < 1)
    )
    if stacked:
        return False, painted  # what is mixed in it is mixed into its own ground alone
    return painted or parent.grounded, True


def is_grounded(attributes: Attributes, said: Mapping[str, str]) -> bool:
    """Has the element itself a ground that is seen?"""
    own = parsed(said["background-color"]) if "background-color" in said else None
    return bool(own and own[1] > 0.5) or "bgcolor" in attributes or said.get("background-image", "none") != "none"


def link_of(tag: str, attributes: Attributes, parent: Style) -> RGB:
    """The colour of the links in it."""
    if tag == "body" and (link := legacy(attributes.get("link") or "")) is not None:
        return link
    return parent.link


def colour_of(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str]) -> tuple[RGB | None, bool]:
    """The colour of its letters, and whether they are drawn at all."""
    value = said.get("-webkit-text-fill-color")
    if value in _INHERITED and value != "currentcolor":
        value = None
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
    if value is None and tag in CONTROLS:
        return BLACK, True
    if value is None and tag == "table" and parent.quirky:
        return parent.text, True
    if value is None or value in _INHERITED:
        return parent.colour, parent.opaque
    if "currentcolor" in value and parent.colour is not None:
        value = value.replace("currentcolor", f"rgb{parent.colour}")
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


def is_filled(parent: Style, said: Mapping[str, str]) -> bool:
    """Have its letters a fill of their own?"""
    fill = said.get("-webkit-text-fill-color", "inherit")
    return fill != "currentcolor" and (fill not in _INHERITED or parent.filled)


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


def background_of(attributes: Attributes, parent: Style, said: Mapping[str, str]) -> tuple[RGB | None, bool]:
    """The ground behind an element's text, and whether the element painted it itself."""
    if "inset" in said.get("box-shadow", "") and (shade := shade_of(said["box-shadow"], ROOT_SIZE)) is not None:
        return shade, True
    image = said.get("background-image", "none")
    value = said.get("background-color") or ""
    colour = parsed(value) if value else None
    if image not in ("none", "initial", "inherit", "url()") or attributes.get("background"):
        flat = painted(image, said.get("background-size", ""), said.get("background-repeat", ""))
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


def beneath(attributes: Attributes, parent: Style, said: Mapping[str, str]) -> RGB | None:
    """The ground where no picture is shown."""
    colour = parsed(said.get("background-color") or "")
    if colour is not None and colour[1] > 0.5:
        return colour[0]
    return legacy(attributes.get("bgcolor") or "") or parent.beneath
