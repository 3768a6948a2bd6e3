"""Why an element is hidden with all that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mailmcp.mail.sight.clipping import shut, vanished

if TYPE_CHECKING:
    from mailmcp.mail.sight.styles import Style

Attributes = Mapping[str, str | None]
_FAINT = 0.05


def hidden_by(tag: str, attributes: Attributes, parent: Style, said: Mapping[str, str], size: float) -> str:
    """The kind of hiding by its own declarations and attributes; ``""`` when it is drawn, ``mso`` not in Outlook."""
    display = said.get("display")
    if display == "none":
        return "css"
    if display is None and ("hidden" in attributes or "popover" in attributes):
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
    if said.get("mso-hide") == "all" and tag != "a":
        return "mso"
    return vanished(tag, said, size, parent.fixed)


def behind(parent: Style, said: Mapping[str, str], strength: float, size: float) -> str:
    """Is it hidden by what its ancestors do: their opacities together, no room, or a ground that it is put behind?"""
    if strength <= _FAINT:
        return "css"
    if (parent.flat or parent.flows) and shut(said, parent.flows, parent.flat == "grid"):
        return "size"
    below = said.get("z-index", "")[:1] == "-" and said.get("position", "static") != "static"
    return "css" if below and parent.grounded else ""
