"""The ground that an element stands on, where that is not simply its parent's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mailmcp.mail.sight.edges import Box
from mailmcp.mail.sight.kinds import GROUNDED

if TYPE_CHECKING:
    from mailmcp.mail.sight.styles import Style

Attributes = Mapping[str, str | None]


def grounded_in(tag: str, attributes: Attributes, parent: Style, apart: bool) -> tuple[Attributes, Style]:
    """Its attributes without a ground that HTML does not have there, and its parent with the ground it stands on.

    ``apart`` says that it is no part of a line, behind which alone some parents paint a ground.
    """
    if tag not in GROUNDED and ("bgcolor" in attributes or "background" in attributes):
        attributes = {name: value for name, value in attributes.items() if name not in ("bgcolor", "background")}
    if apart and (around := parent.outer) is not None:
        parent = replace(parent, background=around.background, beneath=around.beneath, outer=None)
    return attributes, parent


def outside(parent: Style, box: Box) -> tuple[str, Style]:
    """Of what stands outside of a box: why it is not seen, or else its parent with the ground it stands on."""
    if box.cuts:
        return "off_screen", parent
    return "", replace(parent, background=box.around) if box.around != parent.background else parent


def behind_blocks(parent: Style, display: str, painted: bool, in_line: bool) -> Style | None:
    """What blocks in a box of lines stand on: these paint a ground behind their lines alone."""
    if in_line and painted:
        return parent.outer or parent
    return parent.outer if in_line or display == "contents" else None
