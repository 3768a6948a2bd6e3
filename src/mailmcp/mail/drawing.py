"""What was read from a page, and the small questions that are asked about its nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from mailmcp.mail.quotelines import Spans
from mailmcp.models import Hidden, Link

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_HIDDEN = 200
_PICTURE = re.compile(r"\[image: ([^\[\]]*)\]")


@dataclass(slots=True)
class Drawing:
    """What was read from an HTML text."""

    visible: str = ""
    """All that is seen, quoted history too."""
    spans: Spans = field(default_factory=Spans)
    """What the elements of mail programs say of parts of it."""
    hidden: tuple[Hidden, ...] = ()
    links: tuple[Link, ...] = ()
    emphasis: tuple[tuple[int, int], ...] = ()
    invisible: int = 0
    words: int = 0
    """Characters of visible text that are not descriptions of pictures, nor quoted when anything else is there."""
    full: bool = False
    spent: bool = False
    """Were there too many nodes or styles? What is behind was not read."""
    unstyled: bool = False
    """Is the style sheet longer than what is read? Hidden words may be taken for seen ones."""


@dataclass(slots=True)
class Anchor:
    """A link that is being read; ``start`` is below 0 until its first word."""

    url: str
    button: bool
    start: int = -1
    end: int = -1


def not_shown_elsewhere(hidden: list[tuple[str, str]], visible: str) -> tuple[Hidden, ...]:
    """Responsive mails carry a text twice, one copy hidden: such a copy hides nothing."""
    flat = " ".join(visible.split())
    return tuple(Hidden(kind, text) for kind, text in hidden[:MAX_HIDDEN] if text not in flat)


def for_others(node: LexborNode) -> bool:
    """Is the element inside ``<!--[if !mso]><!-->``? Buttons are drawn twice, for Outlook and for everybody else."""
    before = node.prev
    if before is not None and before.is_text_node:
        before = before.prev
    return before is not None and before.is_comment_node and "!mso" in (before.comment_content or "")


def words_of(text: str) -> str:
    """The text of a link, without the brackets that stand round the description of a picture."""
    text = " ".join(text.split())
    return _PICTURE.sub(r"\1", text)[:500]


def opening_words(node: LexborNode) -> str:
    """The first words of an element."""
    first = islice(node.traverse(include_text=True), 80)
    return "".join(inner.text_content or "" for inner in first if inner.is_text_node)[:400]
