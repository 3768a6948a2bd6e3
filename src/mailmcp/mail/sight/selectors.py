"""CSS selectors (Selectors Level 4): read once, then asked whether they name an element.

An answer is yes, no, or None: it depends on something that is not known here (what comes later in the tree, an
attribute nobody kept). What depends on the reader's hand (``:hover``, ``:checked``) is no.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_SELECTOR = 500
_MAX_STEPS = 12
_MAX_NESTING = 3
_MAX_SCAN = 200

_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|([^\r\n]))")
_IDENT = r"(?:[\w\u0080-\U0010ffff-]|\\[0-9a-fA-F]{1,6}[ \t]?|\\[^\r\n0-9a-fA-F])+"
_SIMPLE = re.compile(
    rf"(?P<class>\.{_IDENT})|(?P<id>\#{_IDENT})|(?P<attribute>\[[^\]]{{1,200}}\])|(?P<pseudo>::?{_IDENT})"
    rf"|(?P<tag>\*|{_IDENT})|(?P<combinator>\s*[>+~]\s*|\s+)"
)
_INTRICATE = re.compile(r"[(\[\\]")
_ONE_NAME = re.compile(r"[.#]?[\w-]+\Z")
_BETWEEN = re.compile(r"[\s>+~]+")
_ATTRIBUTE = re.compile(r"""\[\s*([\w-]+)\s*(?:([~|^$*]?=)\s*("[^"]*"|'[^']*'|[^\s"']+)\s*([is])?\s*)?\]\Z""", re.I)
_NTH = re.compile(r"\s*(?:(even|odd)|([+-]?\d{0,4})n\s*(?:([+-])\s*(\d{1,4}))?|([+-]?\d{1,4}))\s*\Z")
_BY_HAND = frozenset(
    (
        "hover", "active", "focus", "focus-within", "focus-visible", "visited", "target", "disabled",
        "invalid", "valid", "empty", "before", "after", "first-line", "first-letter", "selection", "placeholder",
        "marker", "autofill", "fullscreen", "indeterminate",
    )
)  # fmt: skip
# Elements that the reader of a page leaves out.
_NEVER_SEEN = frozenset(("style", "script", "link", "meta", "title", "template", "svg"))
# Attributes whose values HTML compares without regard to case (HTML §4.16.2).
_WITHOUT_CASE_NAMES = """
    align bgcolor charset checked clear color dir disabled face lang media method rel scope shape target text type
    valign
"""
_WITHOUT_CASE = frozenset(_WITHOUT_CASE_NAMES.split())
_ANY_OF = frozenset(("is", "where", "matches", "any", "-webkit-any", "-moz-any"))


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


@dataclass(frozen=True, slots=True)
class _Attribute:
    name: str
    operator: str
    value: str
    folds: bool = False
    """Does case not matter?"""


@dataclass(frozen=True, slots=True)
class _Pseudo:
    name: str
    inside: tuple[Selector, ...] = ()
    step: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class Compound:
    """One step of a selector: ``td.code#main[hidden]:first-child``."""

    tag: str = ""
    id: str = ""
    classes: frozenset[str] = frozenset()
    attributes: tuple[_Attribute, ...] = ()
    pseudos: tuple[_Pseudo, ...] = ()

    def matches(self, element: Element) -> bool | None:
        """Does it name this element?"""
        if (
            (self.tag and self.tag != element.tag)
            or (self.id and self.id != element.id)
            or (self.classes and not self.classes.issubset(element.classes))
        ):
            return False
        if not self.attributes and not self.pseudos:
            return True
        if not all(_has(element, one) for one in self.attributes):
            return False
        return _every([_fits(element, one) for one in self.pseudos])


@dataclass(frozen=True, slots=True)
class Selector:
    """A complex selector; ``combinators[n]`` stands between ``steps[n]`` and ``steps[n + 1]``."""

    steps: tuple[Compound, ...]
    combinators: tuple[str, ...]
    specificity: int
    searches: int = 0
    """How many of its combinators (those of its pseudo-classes too) look through a row of elements."""

    def matches(self, element: Element) -> bool | None:
        """Does it name this element? Linear in the depth of the element and at most 200 of its siblings."""
        answer = self.steps[-1].matches(element)
        at: Element = element
        for number in range(len(self.steps) - 2, -1, -1):
            if answer is False:
                return False
            found, here = _found(self.steps[number], self.combinators[number], at)
            if found is False or here is None:
                return None if found is None else False
            at = here
            answer = _every([answer, found])
        return answer


def selectors(text: str, nesting: int = 0) -> list[Selector]:
    """The selectors of a list; what cannot be read is left out."""
    found = [_selector(piece.strip(), nesting) for piece in split(text)]
    return [one for one in found if one is not None]


def needed_name(selector: str) -> str:
    """A name that an element must have to be named by ``selector``: ``#id``, ``.class``, a tag, or ``*`` for any."""
    if _ONE_NAME.match(selector):
        return selector if selector[0] in ".#" else selector.lower()
    if _INTRICATE.search(selector):
        read = selectors(selector)
        last = read[0].steps[-1] if read else Compound()
        return "#" + last.id if last.id else next(("." + name for name in sorted(last.classes)), last.tag or "*")
    word = _BETWEEN.split(selector)[-1].partition(":")[0]
    if "#" in word:
        return "#" + word.rpartition("#")[2].partition(".")[0]
    tag, dot, classes = word.partition(".")
    return "." + classes.partition(".")[0] if dot else tag.lower() or "*"


def unescaped(text: str) -> str:
    """CSS escapes undone (CSS Syntax §4.3.7); a control character becomes U+FFFD, so that it spoils its word."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    if match[2]:
        return match[2]
    number = int(match[1], 16)
    return chr(number) if 32 <= number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def split(text: str) -> list[str]:
    """The pieces of a list of selectors, as they are written."""
    if "(" not in text and "[" not in text:
        return text.split(",")
    pieces: list[str] = []
    depth = start = 0
    for at, letter in enumerate(text):
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == "," and depth <= 0:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def _selector(text: str, nesting: int) -> Selector | None:
    if not text or len(text) > MAX_SELECTOR:
        return None
    steps: list[Compound] = []
    combinators: list[str] = []
    parts: list[tuple[str, str, str]] = []
    at = 0
    while at < len(text):
        match = _SIMPLE.match(text, at)
        if match is None:
            return None
        at = match.end()
        kind, word, inside = match.lastgroup or "", match[0], ""
        if kind == "pseudo" and text[at : at + 1] == "(":
            end = _closing(text, at)
            inside, at = text[at + 1 : end], end + 1
        if kind == "tag" and parts:
            return None  # a tag stands first or nowhere
        if kind != "combinator":
            parts.append((kind, word, inside))
            continue
        if not parts or len(steps) >= _MAX_STEPS:
            return None
        steps.append(_compound(parts, nesting))
        combinators.append(word.strip() or " ")
        parts = []
    if not parts:
        return None
    steps.append(_compound(parts, nesting))
    weight = sum(
        10_000 * bool(c.id)
        + 100 * (len(c.classes) + len(c.attributes))
        + bool(c.tag)
        + sum(max((s.specificity for s in p.inside), default=0) if p.inside else 100 for p in c.pseudos)
        - sum(max((s.specificity for s in p.inside), default=0) for p in c.pseudos if p.name == "where")
        for c in steps
    )
    searches = sum(c in " ~" for c in combinators)
    searches += sum(pseudo.name == "nth-of-type" for step in steps for pseudo in step.pseudos)
    searches += sum(1 + one.searches for step in steps for pseudo in step.pseudos for one in pseudo.inside)
    return Selector(tuple(steps), tuple(combinators), weight, searches)


def _closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    return len(text)


def _compound(parts: list[tuple[str, str, str]], nesting: int) -> Compound:
    tag = id_ = ""
    classes: list[str] = []
    attributes: list[_Attribute] = []
    pseudos: list[_Pseudo] = []
    for kind, word, inside in parts:
        if kind == "tag":
            tag = "" if word == "*" else unescaped(word).lower()
        elif kind == "id":
            id_ = unescaped(word[1:])
        elif kind == "class":
            classes.append(unescaped(word[1:]))
        elif kind == "attribute" and (match := _ATTRIBUTE.match(word)):
            value = match[3] or ""
            value = value[1:-1] if value[:1] in ("'", '"') else value
            name, value = match[1].lower(), unescaped(value)
            folds = (match[4] or "").lower() == "i" or name in _WITHOUT_CASE
            attributes.append(_Attribute(name, match[2] or "", value.lower() if folds else value, folds))
        else:
            pseudos.append(_pseudo(unescaped(word.lstrip(":")).lower(), inside, nesting))
    return Compound(tag, id_, frozenset(classes), tuple(attributes), tuple(pseudos))


def _pseudo(name: str, inside: str, nesting: int) -> _Pseudo:
    if name in _ANY_OF or name == "not":
        if nesting >= _MAX_NESTING:
            return _Pseudo("unknown")
        return _Pseudo("where" if name == "where" else name if name == "not" else "is", _nested(inside, nesting))
    if name in ("first-child", "first-of-type"):
        return _Pseudo("nth" + name.removeprefix("first"), (), 0, 1)
    among: tuple[Selector, ...] = ()
    if name == "nth-child" and " of " in inside:
        inside, _, others = inside.partition(" of ")
        among = _nested(others, nesting)
        if not among or nesting >= _MAX_NESTING:
            return _Pseudo("unknown")
    if name in ("nth-child", "nth-of-type") and (match := _NTH.match(inside.lower())):
        if match[1]:
            return _Pseudo(name, among, 2, 0 if match[1] == "even" else 1)
        if match[5]:
            return _Pseudo(name, among, 0, int(match[5]))
        step = int(match[2] + "1") if match[2] in ("", "+", "-") else int(match[2])
        return _Pseudo(name, among, step, int((match[3] or "") + (match[4] or "0")))
    return _Pseudo(name)


def _nested(inside: str, nesting: int) -> tuple[Selector, ...]:
    return tuple(selectors(inside, nesting + 1)[:20])


def _found(step: Compound, combinator: str, at: Element) -> tuple[bool | None, Element | None]:
    """The nearest element in the direction of ``combinator`` that ``step`` names."""
    across = combinator in ("+", "~")
    if across and step.tag in _NEVER_SEEN:
        return None, None
    element = at.before if across else at.parent
    for _ in range(_MAX_SCAN):
        if element is None:
            return False, None
        answer = step.matches(element)
        if answer is not False:
            return answer, element
        if combinator in (">", "+"):
            return False, None
        element = element.before if across else element.parent
    return None, None


def _has(element: Element, wanted: _Attribute) -> bool:
    if wanted.name not in element.attributes:
        return False
    value, word = element.attributes[wanted.name] or "", wanted.value
    if wanted.folds:
        value = value.lower()
    match wanted.operator:
        case "=":
            return value == word
        case "~=":
            return word in value.split()
        case "|=":
            return value == word or value.startswith(word + "-")
        case "^=":
            return bool(word) and value.startswith(word)
        case "$=":
            return bool(word) and value.endswith(word)
        case "*=":
            return bool(word) and word in value
        case _:
            return True


def _fits(element: Element, pseudo: _Pseudo) -> bool | None:
    name = pseudo.name
    if name in ("is", "where", "not"):
        answers = [one.matches(element) for one in pseudo.inside]
        answer = True if True in answers else None if None in answers else False
        return answer if name != "not" or answer is None else not answer
    if name in ("nth-child", "nth-of-type"):
        if pseudo.inside:
            place = _place_among(element, pseudo.inside)
        else:
            place = element.place if name == "nth-child" else _place_of_type(element)
        if not place:
            return None if place is None else False
        if not pseudo.step:
            return place == pseudo.start
        return (place - pseudo.start) % pseudo.step == 0 and (place - pseudo.start) // pseudo.step >= 0
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


def _every(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True
