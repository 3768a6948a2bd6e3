"""Pseudo-classes (Selectors Level 4): what an element is among those around it, in it and behind it.

An answer is yes, no, or None: it cannot be known here. What depends on the reader's hand (``:hover``) is no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from mailmcp.mail.sight.selectors import Selector

_MAX_SCAN = 200
_MAX_INWARD = 60
LOOKING = frozenset(("nth-of-type", "nth-last-child", "nth-last-of-type", "only-child", "only-of-type", "lang", "dir"))
"""Pseudo-classes that look through a row of elements."""
_BY_HAND = frozenset(
    (
        "hover", "active", "focus", "focus-within", "focus-visible", "visited", "target", "disabled",
        "invalid", "valid", "before", "after", "first-line", "first-letter", "selection", "placeholder",
        "marker", "autofill", "fullscreen", "indeterminate",
    )
)  # fmt: skip


@dataclass(slots=True)
class Element:
    """An element as selectors see it: its names, its parent, and the element before it."""

    tag: str
    id: str
    classes: Sequence[str]
    attributes: Mapping[str, str | None]
    parent: Element | None
    before: Element | None
    place: int
    """Its number among the elements of its parent, from 1."""
    node: LexborNode | None = None
    """It in the tree, for what depends on what stands behind it or in it."""
    folds: bool = False
    """Are its names in lower case, whatever they were?"""


@dataclass(frozen=True, slots=True)
class Pseudo:
    """A pseudo-class: its name, and what stands in its brackets."""

    name: str
    inside: tuple[Selector, ...] = ()
    step: int = 0
    start: int = 0
    leads: tuple[str, ...] = ()
    """Of ``:has()``: the combinator before each selector."""
    said: str = ""
    """What it names: a language, a direction."""


def fits(element: Element, pseudo: Pseudo) -> bool | None:
    """Does a pseudo-class hold for an element? None when that cannot be known here."""
    name = pseudo.name
    if name in ("is", "where", "not"):
        answer = some([one.matches(element) for one in pseudo.inside])
        return answer if name != "not" or answer is None else not answer
    if name in ("nth-child", "nth-of-type"):
        if pseudo.inside:
            place = _place_among(element, pseudo.inside)
        else:
            place = element.place if name == "nth-child" else _place_of_type(element)
        if not place:
            return None if place is None else False
        return _is_counted(place, pseudo)
    if name in ("nth-last-child", "nth-last-of-type"):
        place = _place_from_end(element, of_type=name == "nth-last-of-type")
        return None if place is None else _is_counted(place, pseudo)
    if name in ("only-child", "only-of-type"):
        of_type = name == "only-of-type"
        before = _place_of_type(element) if of_type else element.place
        return every([before == 1 if before else None, _is_last(element, of_type)])
    if name == "has":
        return some([_has(element, lead, one) for lead, one in zip(pseudo.leads, pseudo.inside, strict=True)])
    if name == "empty":
        return None if element.node is None else _is_empty(element.node)
    if name in ("lang", "dir"):
        return _in_tongue(element, name, pseudo.said)
    if name == "checked":
        return "checked" in element.attributes or "selected" in element.attributes
    if name == "root":
        return element.parent is None
    if name in ("link", "any-link"):
        return element.tag == "a" and "href" in element.attributes
    if name in _BY_HAND or name.startswith(("-webkit-", "-moz-", "-ms-")):
        return False
    return None


def _place_among(element: Element, wanted: tuple[Selector, ...]) -> int | None:
    """Its number among those before it that one of the selectors names; 0 when none names itself."""
    if not any(one.matches(element) for one in wanted):
        return 0
    place, before = 1, element.before
    for _ in range(_MAX_SCAN):
        if before is None:
            return place
        place += any(one.matches(before) for one in wanted)
        before = before.before
    return None


def _place_of_type(element: Element) -> int | None:
    place = 1
    before = element.before
    for _ in range(_MAX_SCAN):
        if before is None:
            return place
        place += before.tag == element.tag
        before = before.before
    return None


def _is_counted(place: int, pseudo: Pseudo) -> bool:
    if not pseudo.step:
        return place == pseudo.start
    return (place - pseudo.start) % pseudo.step == 0 and (place - pseudo.start) // pseudo.step >= 0


def _place_from_end(element: Element, *, of_type: bool) -> int | None:
    if element.node is None:
        return None
    place, beside = 1, element.node.next
    for _ in range(_MAX_SCAN):
        if beside is None:
            return place
        place += beside.is_element_node and (not of_type or beside.tag == element.tag)
        beside = beside.next
    return None


def _is_last(element: Element, of_type: bool) -> bool | None:
    place = _place_from_end(element, of_type=of_type)
    return None if place is None else place == 1


def _is_empty(node: LexborNode) -> bool:
    child = node.first_child
    for _ in range(_MAX_SCAN):
        if child is None:
            return True
        if not child.is_comment_node:
            return False
        child = child.next
    return False


def _in_tongue(element: Element, name: str, said: str) -> bool:
    """``:lang(de)`` and ``:dir(rtl)``, by the nearest attribute."""
    at: Element | None = element
    for _ in range(_MAX_SCAN):
        if at is None:
            break
        if value := (at.attributes.get(name) or "").lower():
            return value == said or (name == "lang" and value.startswith(said + "-"))
        at = at.parent
    return name == "dir" and said == "ltr"


def _has(element: Element, lead: str, wanted: Selector) -> bool | None:
    """Is there one that ``wanted`` names, in the relation ``lead`` to the element?"""
    if element.node is None:
        return None
    found: bool | None = False
    candidates = _beside(element, lead) if lead in "+~" else _within(element, lead == ">")
    for number, one in enumerate(candidates):
        if number >= _MAX_INWARD:
            return None
        answer = wanted.matches(one)
        if answer:
            return True
        found = None if answer is None else found
    return found


def _beside(element: Element, lead: str) -> Iterator[Element]:
    before, beside = element, element.node.next if element.node is not None else None
    while beside is not None:
        if beside.is_element_node:
            before = _met(beside, element.parent, before, element.folds)
            yield before
            if lead == "+":
                return
        beside = beside.next


def _within(element: Element, children: bool) -> Iterator[Element]:
    waiting = [(element, element.node.first_child if element.node is not None else None)]
    while waiting:
        parent, node = waiting.pop()
        before: Element | None = None
        while node is not None:
            if node.is_element_node:
                before = _met(node, parent, before, element.folds)
                yield before
                if not children and (child := node.first_child) is not None:
                    waiting.append((before, child))
            node = node.next


def _met(node: LexborNode, parent: Element | None, before: Element | None, folds: bool) -> Element:
    return element_of(node.tag or "", node.attributes, parent, before, node, folds)


def element_of(
    tag: str,
    attributes: Mapping[str, str | None],
    parent: Element | None,
    before: Element | None,
    node: LexborNode | None,
    folds: bool,
) -> Element:
    """A node of the tree as selectors see it."""
    id_, classes = attributes.get("id") or "", attributes.get("class") or ""
    if folds:
        id_, classes = id_.lower(), classes.lower()
    place = before.place + 1 if before else 1
    return Element(tag, id_, classes.split(), attributes, parent, before, place, node, folds)


def every(answers: Sequence[bool | None]) -> bool | None:
    """Do all hold?"""
    return False if False in answers else None if None in answers else True


def some(answers: Sequence[bool | None]) -> bool | None:
    """Does any hold?"""
    return True if True in answers else None if None in answers else False
