"""What of a page nobody sees: the pieces, each with the way in which it is hidden."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailmcp.language.characters import cleaned
from mailmcp.models import Hidden

MAX_HIDDEN = 200
_MOST = 100_000
"""Characters of them all."""


@dataclass(slots=True)
class Kept:
    """The pieces that were found."""

    pieces: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(kind, text) of each."""
    _length: int = 0

    def add(self, why: str, text: str, *, first: bool) -> int:
        """Another piece; ``first`` says that nothing is shown before it. Gives how many invisible characters it had."""
        text, removed = cleaned("" if self._length > _MOST else text)
        if text := " ".join(text.split()):
            why = "css" if why == "mso" else why
            kind = "preheader" if first and why in ("css", "size", "colour", "attribute") else why
            self._length += len(text)
            if self.pieces and self.pieces[-1][0] == kind:
                self.pieces[-1] = (kind, self.pieces[-1][1] + " " + text)
            elif len(self.pieces) < MAX_HIDDEN:
                self.pieces.append((kind, text))
        return removed


def not_shown_elsewhere(hidden: list[tuple[str, str]], visible: str) -> tuple[Hidden, ...]:
    """Responsive mails carry a text twice, one copy hidden: such a copy hides nothing."""
    flat = " ".join(visible.split())
    return tuple(Hidden(kind, text) for kind, text in hidden[:MAX_HIDDEN] if text not in flat)
