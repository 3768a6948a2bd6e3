"""Pseudo-classes (Selectors Level 4): what an element is among those around it, in it and behind it.

An answer is yes, no, or None: it cannot be known here. What depends on the reader's hand (``:hover``) is no.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailmcp.mail.sight.limits import Budget

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from mailmcp.mail.sight.selectors import Selector

_MAX_SCAN = 200
_MAX_INWARD = 200
_NONE: frozenset[str] = frozenset()
_MADE = 8
"""Comparisons that an element counts for when it is made."""
_CONTROLS = frozenset(("button", "input", "select", "textarea", "option", "optgroup", "fieldset"))
_CLASS_NAMES = """
    active any-link autofill checked default defined dir disabled empty enabled first-child first-of-type focus
    focus-visible focus-within fullscreen has host host-context hover in-range indeterminate invalid is lang last-child
    last-of-type link modal not nth-child nth-last-child nth-last-of-type nth-of-type only-child only-of-type open
    optional out-of-range picture-in-picture placeholder-shown popover-open read-only read-write required root scope
    state target target-current user-invalid user-valid valid visited where -webkit-any -webkit-any-link
    -webkit-autofill -webkit-full-screen -webkit-drag after before first-letter first-line
"""
_CLASSES = frozenset(_CLASS_NAMES.split())
_ELEMENT_NAMES = """
    after backdrop before checkmark column cue details-content file-selector-button first-letter first-line
    grammar-error highlight marker part picker picker-icon placeholder scroll-button scroll-marker scroll-marker-group
    search-text selection slotted spelling-error target-text view-transition view-transition-group
    view-transition-image-pair view-transition-new view-transition-old
"""
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_NAMED = re.compile(r"(?<!\\)(::?)([\w-]+)(\(\s*\))?")
_UNREADABLE = re.compile(r"(?:\A|[,(])\s*(?:,|\Z)|\.\.|[>+~]\s*[>+~]|[>+~.#]\s*\Z|\A\d|,\s*\Z")
_FORGIVING = re.compile(r":(?:is|where)\([^()]*\)", re.IGNORECASE)
"""Here what may not be read is left out, no more."""
_QUOTED = re.compile(r"\[[^\[\]]*+\]|\"[^\"]*+\"|'[^']*+'")
_BY_HAND = frozenset(
    (
        "hover", "active", "focus", "focus-within", "focus-visible", "visited", "target", "disabled",
        "invalid", "valid", "before", "after", "first-line", "first-letter", "selection", "placeholder",
        "marker", "autofill", "fullscreen", "indeterminate", "host", "host-context", "modal",
        "popover-open", "user-invalid", "user-valid", "state", "picture-in-picture", "default", "in-range",
        "out-of-range", "target-current",
    )
)  # fmt: skip


@dataclass(slots=True)
class Element:
    """An element as selectors see it: its names, its parent, and the element before it."""

    tag: str
    id: str
    classes: frozenset[str]
    attributes: Mapping[str, str | None]
    parent: Element | None
    before: Element | None
    place: int
    """Its number among the elements of its parent, from 1."""
    node: LexborNode | None = None
    """It in the tree, for what depends on what stands behind it or in it."""
    folds: bool = False
    """Are its names in lower case, whatever they were?"""
    budget: Budget = field(default_factory=Budget, repr=False)
    """That of its page."""


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


def is_selector(text: str) -> bool:
    """May it be read? A rule is thrown away whole where one of its selectors may not (Selectors 4 §4.1)."""
    if "[" in text or '"' in text or "'" in text:
        text = _QUOTED.sub("a", text)
    text = _FORGIVING.sub(":is", text)
    if _UNREADABLE.search(text) is not None or text.count("(") > text.count(")"):
        return False
    for colons, name, empty in _NAMED.findall(text):
        name = name.lower()
        if colons == ":" and name not in _CLASSES:
            return False
        if colons == "::" and name not in _ELEMENTS and not name.startswith("-webkit-"):
            return False
        if empty and name in ("not", "has"):
            return False
    return True


def fits(element: Element, pseudo: Pseudo) -> bool | None:
    """Does a pseudo-class hold for an element? None when that cannot be known here."""
    element.budget.left -= 2 * (1 + len(pseudo.inside))
    if element.budget.left < 0:
        return None
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
        return None if element.node is None else _is_empty(element.node, element.budget)
    if name in ("lang", "dir"):
        return _in_tongue(element, name, pseudo.said)
    if name == "checked":
        return "checked" in element.attributes or "selected" in element.attributes
    if name == "placeholder-shown":
        return (
            element.tag in ("input", "textarea")
            and "placeholder" in element.attributes
            and not element.attributes.get("value")
        )
    if name == "root":
        return element.parent is None
    if name == "enabled":
        return element.tag in _CONTROLS and "disabled" not in element.attributes
    if name in ("read-write", "read-only"):
        writes = element.tag in ("input", "textarea") or "contenteditable" in element.attributes
        return writes == (name == "read-write")
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
        element.budget.left -= len(wanted)
        place += any(one.matches(before) for one in wanted)
        before = before.before
    return None


def _place_of_type(element: Element) -> int | None:
    place = 1
    before = element.before
    for _ in range(_MAX_SCAN):
        if before is None:
            return place
        element.budget.left -= 1
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
        element.budget.left -= 1
        place += beside.is_element_node and (not of_type or beside.tag == element.tag)
        beside = beside.next
    return None


def _is_last(element: Element, of_type: bool) -> bool | None:
    place = _place_from_end(element, of_type=of_type)
    return None if place is None else place == 1


def _is_empty(node: LexborNode, budget: Budget) -> bool:
    child = node.first_child
    for _ in range(_MAX_SCAN):
        budget.left -= 1
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
        element.budget.left -= 1
        if value := at.attributes.get(name) or "":
            element.budget.read(value)
            value = value.lower()
            return value == said or (name == "lang" and value.startswith(said + "-"))
        at = at.parent
    return name == "dir" and said == "ltr"


def _has(element: Element, lead: str, wanted: Selector) -> bool | None:
    """Is there one that ``wanted`` names, in the relation ``lead`` to the element?"""
    if element.node is None:
        return None
    found: bool | None = False
    deeper = len(wanted.steps) > 1
    beside = lead in "+~"
    candidates = _beside(element, lead, deeper) if beside else _within(element, lead == ">" and not deeper)
    for number, one in enumerate(candidates):
        if number >= _MAX_INWARD:
            return None
        answer = wanted.matches(one)
        if answer:
            # Whether the first of several steps stands in that relation is not followed back.
            return None if deeper and lead != " " else True
        found = None if answer is None else found
    return found


def _beside(element: Element, lead: str, deeper: bool) -> Iterator[Element]:
    before, beside = element, element.node.next if element.node is not None else None
    budget = element.budget
    while beside is not None and budget.left >= 0:
        budget.left -= 1
        if beside.is_element_node:
            before = _met(beside, element.parent, before, element)
            yield before
            if deeper:
                yield from _within(before, children=False)
            if lead == "+":
                return
        beside = beside.next


def _within(element: Element, children: bool) -> Iterator[Element]:
    waiting = [(element, element.node.first_child if element.node is not None else None)]
    while waiting:
        parent, node = waiting.pop()
        before: Element | None = None
        while node is not None and element.budget.left >= 0:
            element.budget.left -= 1
            if node.is_element_node:
                before = _met(node, parent, before, element)
                yield before
                if not children and (child := node.first_child) is not None:
                    waiting.append((before, child))
            node = node.next


def _met(node: LexborNode, parent: Element | None, before: Element | None, asking: Element) -> Element:
    attributes = node.attributes
    asking.budget.left -= _MADE + len(attributes)
    asking.budget.read((attributes.get("id") or "") + (attributes.get("class") or ""))
    return element_of(node.tag or "", attributes, parent, before, node, asking.folds, asking.budget)


def element_of(
    tag: str,
    attributes: Mapping[str, str | None],
    parent: Element | None,
    before: Element | None,
    node: LexborNode | None,
    folds: bool,
    budget: Budget,
) -> Element:
    """A node of the tree as selectors see it."""
    id_, classes = attributes.get("id") or "", attributes.get("class") or ""
    if folds:
        id_, classes = id_.lower(), classes.lower()
    place = before.place + 1 if before else 1
    return Element(
        tag,
        id_,
        frozenset(classes.split()) if classes else _NONE,
        attributes,
        parent,
        before,
        place,
        node,
        folds,
        budget,
    )


def every(answers: Sequence[bool | None]) -> bool | None:
    """Do all hold?"""
    return False if False in answers else None if None in answers else True


def some(answers: Sequence[bool | None]) -> bool | None:
    """Does any hold?"""
    return True if True in answers else None if None in answers else False
