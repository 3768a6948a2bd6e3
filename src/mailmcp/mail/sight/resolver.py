"""Which style each element of a page has: its rules, its own declarations and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mailmcp.mail.sight.cascade import Rule, Sheet
from mailmcp.mail.sight.colours import RGB
from mailmcp.mail.sight.columns import Column
from mailmcp.mail.sight.drawing import Frame, stands_bare
from mailmcp.mail.sight.kinds import FORMULAS, OF_FORMULAS
from mailmcp.mail.sight.limits import Effort
from mailmcp.mail.sight.styles import PRESENT, STYLING, Style, computed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_NO_RULES: list[Rule] = []


@dataclass(slots=True)
class Resolver:
    """The styles of one reading; mails repeat themselves, so each is worked out once for what it depends on."""

    sheet: Sheet
    effort: Effort
    known: dict[object, Style] = field(default_factory=dict[object, Style])

    def style(
        self,
        tag: str,
        attributes: dict[str, str | None],
        parent: Frame,
        node: LexborNode,
        columns: list[Column],
        depth: int,
    ) -> Style:
        """The computed style of an element in ``parent``, ``depth`` elements down."""
        rules = self.sheet.rules_for(tag, attributes, depth, node) if self.sheet.buckets else _NO_RULES
        within = parent.style
        if columns and not within.layered:
            within = self._upon(within, columns[0].ground)
        elif tag == "caption":
            within = self._upon(within, within.box.around)
        style = self._known(tag, attributes, within, rules)
        if style.floats and within.bare and stands_bare(parent, node, self.sheet.clears):
            # Floats alone give their box no height: they stand on the ground of what is around it.
            style = self._known(tag, attributes, self._upon(within, within.box.around), rules)
        return style

    def _upon(self, style: Style, ground: RGB | None) -> Style:
        """A style for what stands in it on another ground."""
        key = ("upon", id(style), ground)
        if (other := self.known.get(key)) is None:
            other = style if ground == style.background else replace(style, background=ground, bare=False)
            self.known[key] = other
        return other

    def _known(self, tag: str, attributes: dict[str, str | None], parent: Style, rules: list[Rule]) -> Style:
        # A parent is named by its place in memory: it lives as long as this reader, in this table.
        key: tuple[object, ...] = (id(parent), tag, *map(id, rules)) if rules else (id(parent), tag)
        if attributes:
            key = (key, attributes.get("style"))
            if not PRESENT.isdisjoint(attributes):
                key = (key, *map(attributes.__contains__, PRESENT), *map(attributes.get, STYLING))
            if tag in FORMULAS:
                key = (key, *map(attributes.get, OF_FORMULAS))
        style = self.known.get(key)
        if style is None:
            declared = sum([rule.declared for rule in rules]) if rules else 0
            self.effort.style(len(attributes.get("style") or ""), declared)
            style = self.known[key] = computed(tag, attributes, parent, rules, self.sheet.named)
        return style
