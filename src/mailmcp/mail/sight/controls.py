"""What is drawn of elements that hold no page of their own: form controls, media, and tables out of order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

Attributes = Mapping[str, str | None]
REPLACED = frozenset(("select", "iframe", "video", "audio", "embed", "meter", "progress"))
"""Drawn as something of their own, whatever stands in them."""
CONTROLS = REPLACED | {"button", "input", "textarea"}
"""Boxes in the line, which what stands beside them does not touch."""
TELLING = CONTROLS | {"q"}
"""What is drawn of them is no text of the page."""
_MOST_OPTIONS = 2_000
_LONGEST = 2_000
_USUAL_ROWS = 4
_VALUED = frozenset(
    (
        *("text", "submit", "button", "reset", "tel", "number", "email", "url", "search"),
        *("date", "time", "month", "week", "datetime-local"),
    )
)
_LABELS = {"submit": "Submit", "reset": "Reset"}
_PLACES = {"caption": 0, "thead": 1, "tfoot": 3}
_AMONG_OTHERS = 2


def words_in(tag: str, attributes: Attributes, node: LexborNode) -> str:
    """The words that a form control shows: its value, what asks for one, or what is chosen."""
    if tag == "select":
        return _chosen(node, attributes)
    if tag == "textarea":
        return (attributes.get("placeholder") or "") if node.first_child is None else ""
    if tag != "input":
        return ""
    kind = (attributes.get("type") or "text").strip().lower()
    if kind in ("checkbox", "radio", "hidden", "password", "file", "range", "color", "image"):
        return ""
    value = attributes.get("value")
    if value or kind not in _VALUED:
        return value or attributes.get("placeholder") or ""
    return (_LABELS.get(kind, "") if value is None else "") or attributes.get("placeholder") or ""


def is_picture(attributes: Attributes) -> bool:
    """Is an ``<object>`` something that nobody needs to fetch? What is in it is drawn only where that fails."""
    scheme, colon, _ = (attributes.get("data") or "").strip()[:20].lower().partition(":")
    return bool(colon) and scheme not in ("http", "https", "cid")


def _chosen(node: LexborNode, attributes: Attributes) -> str:
    """The option that a menu shows, or those with which a box of them begins."""
    options = islice(_options(node), _MOST_OPTIONS)
    rows = attributes.get("size") or ""
    rows = int(rows) if rows.isascii() and rows.isdecimal() and len(rows) < 4 else 0
    if rows > 1 or "multiple" in attributes:
        return "\n".join(_label(one) for one in islice(options, rows or _USUAL_ROWS))
    listed = list(options)
    marked = [one for one in listed if "selected" in one.attributes]
    usable = [one for one in listed if "disabled" not in one.attributes]
    one = marked[-1:] or usable[:1] or listed[:1]
    return _label(one[0]) if one else ""


def _options(node: LexborNode) -> Iterator[LexborNode]:
    return (one for one in node.traverse() if one.tag == "option")


def _label(option: LexborNode) -> str:
    return " ".join((option.attributes.get("label") or option.text(deep=True) or "")[:_LONGEST].split())


def in_drawn_order(table: LexborNode) -> list[LexborNode]:
    """The parts of a table as they are drawn (CSS Tables 3 §3.1) where they are written otherwise; else none.

    Its heading, its first head, its bodies, its first foot: a foot may be written before what it stands under.
    """
    parts: list[tuple[int, LexborNode]] = []
    moved: set[str] = set()
    child = table.first_child
    while child is not None:
        if child.is_element_node:
            tag = child.tag or ""
            place = _AMONG_OTHERS if tag in moved else _PLACES.get(tag, _AMONG_OTHERS)
            if tag in ("thead", "tfoot"):
                moved.add(tag)
            parts.append((place, child))
        child = child.next
    ordered = sorted(parts, key=lambda part: part[0])
    return [] if ordered == parts else [node for _, node in ordered]
