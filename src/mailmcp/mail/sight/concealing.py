"""Why an element is hidden with all that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailmcp.mail.sight.clipping import shut, vanished
from mailmcp.mail.sight.lengths import pixels
from mailmcp.mail.sight.transforms import FAR

if TYPE_CHECKING:
    from mailmcp.mail.sight.styles import Style

Attributes = Mapping[str, str | None]
_FAINT, _FLAT = 0.05, 3.0
_DOTS = frozenset(("disc", "circle", "square"))


def hidden_by(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str], size: float) -> str:
    """The kind of hiding by its own declarations and attributes; ``""`` when it is drawn, ``mso`` not in Outlook."""
    display = said.get("display")
    if display == "none":
        return "css"
    if display is None and (("hidden" in attributes and "all" not in said) or "popover" in attributes):
        return "attribute"
    if display is None and tag == "dialog" and "open" not in attributes:
        return "attribute"
    found = attributes.get("hidden") or ""
    if found and found.lower() == "until-found" and said.get("content-visibility", "auto") == "auto":
        return "attribute"
    if not said:
        return ""
    if display in ("table-column", "table-column-group"):
        return "css"
    if said.get("content-visibility") == "hidden":
        return "css"
    if said.get("-webkit-text-security") in _DOTS:
        return "css"
    if tag == "input" and any(name in said and pixels(said[name], size) <= 1 for name in ("width", "height")):
        return "size"
    if (parent.leftward or said.get("direction") == "rtl") and pixels(said.get("margin-right", ""), size) <= -FAR:
        return "off_screen"
    if said.get("mso-hide") == "all" and tag != "a":
        return "mso"
    if not (parent.box.high > _FLAT and parent.box.wide > _FLAT):
        said = _in_shares(parent, said)
    return vanished(tag, said, size, parent.fixed)


def _in_shares(parent: Style, said: Mapping[str, str]) -> Mapping[str, str]:
    """What is said, with a share of a box without height or width as nothing."""
    for name, whole in (("height", parent.box.high), ("width", parent.box.wide)):
        if whole <= _FLAT and said.get(name, "")[-1:] == "%":
            said = {**said, name: "0px"}
    return said


def behind(parent: Style, said: Mapping[str, str], strength: float, size: float) -> str:
    """Is it hidden by what its ancestors do: their opacities together, no room, or a ground that it is put behind?"""
    if strength <= _FAINT:
        return "css"
    if (parent.flat or parent.flows) and shut(said, parent.flows, parent.flat == "grid"):
        return "size"
    below = said.get("z-index", "")[:1] == "-" and said.get("position", "static") != "static"
    return "css" if below and parent.grounded else ""
