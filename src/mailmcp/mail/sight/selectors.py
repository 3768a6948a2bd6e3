"""CSS selectors (Selectors Level 4): read once, then asked whether they name an element.

An answer is yes, no, or None: it depends on something that is not known here (what comes later in the tree, an
attribute nobody kept). What depends on the reader's hand (``:hover``, ``:checked``) is no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailmcp.mail.sight.brackets import closing
from mailmcp.mail.sight.pseudos import Element, Pseudo, every, fits

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
# Attributes whose values HTML compares without regard to case (HTML §4.16.2).
_WITHOUT_CASE_NAMES = """
    align bgcolor charset checked clear color dir disabled face lang media method rel scope shape target text type
    valign
"""
_WITHOUT_CASE = frozenset(_WITHOUT_CASE_NAMES.split())
_COUNTED = frozenset(("nth-child", "nth-of-type", "nth-last-child", "nth-last-of-type"))
_ANY_OF = frozenset(("is", "where", "matches", "any", "-webkit-any", "-moz-any"))


@dataclass(frozen=True, slots=True)
class _Attribute:
    name: str
    operator: str
    value: str
    folds: bool = False
    """Does case not matter?"""


@dataclass(frozen=True, slots=True)
class Compound:
    """One step of a selector: ``td.code#main[hidden]:first-child``."""

    tag: str = ""
    id: str = ""
    classes: frozenset[str] = frozenset()
    attributes: tuple[_Attribute, ...] = ()
    pseudos: tuple[Pseudo, ...] = ()

    def by_names(self, element: Element) -> bool:
        """Has the element the tag, the id and the classes?"""
        return (
            (not self.tag or self.tag == element.tag)
            and (not self.id or self.id == element.id)
            and (not self.classes or self.classes.issubset(element.classes))
        )

    def matches(self, element: Element) -> bool | None:
        """Does it name this element?"""
        if not self.by_names(element):
            return False
        if not self.attributes and not self.pseudos:
            return True
        element.budget.left -= 2 + len(self.attributes)
        if not all(_has(element, one) for one in self.attributes):
            return False
        return every([fits(element, one) for one in self.pseudos])


@dataclass(frozen=True, slots=True)
class Selector:
    """A complex selector; ``combinators[n]`` stands between ``steps[n]`` and ``steps[n + 1]``."""

    steps: tuple[Compound, ...]
    combinators: tuple[str, ...]
    specificity: int

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
            answer = every([answer, found])
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
            end = closing(text, at)
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
    return Selector(tuple(steps), tuple(combinators), weight)


def _compound(parts: list[tuple[str, str, str]], nesting: int) -> Compound:
    tag = id_ = ""
    classes: list[str] = []
    attributes: list[_Attribute] = []
    pseudos: list[Pseudo] = []
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


def _pseudo(name: str, inside: str, nesting: int) -> Pseudo:
    if name in _ANY_OF or name == "not":
        if nesting >= _MAX_NESTING:
            return Pseudo("unknown")
        return Pseudo("where" if name == "where" else name if name == "not" else "is", _nested(inside, nesting))
    if name == "has":
        return _has_inside(inside, nesting)
    if name in ("first-child", "first-of-type"):
        return Pseudo("nth" + name.removeprefix("first"), (), 0, 1)
    if name in ("last-child", "last-of-type"):
        return Pseudo("nth-" + name, (), 0, 1)
    among: tuple[Selector, ...] = ()
    if name == "nth-child" and " of " in inside:
        inside, _, others = inside.partition(" of ")
        among = _nested(others, nesting)
        if not among or nesting >= _MAX_NESTING:
            return Pseudo("unknown")
    if name in _COUNTED and (match := _NTH.match(inside.lower())):
        if match[1]:
            return Pseudo(name, among, 2, 0 if match[1] == "even" else 1)
        if match[5]:
            return Pseudo(name, among, 0, int(match[5]))
        step = int(match[2] + "1") if match[2] in ("", "+", "-") else int(match[2])
        return Pseudo(name, among, step, int((match[3] or "") + (match[4] or "0")))
    return Pseudo(name, said=inside.strip().strip("\"'").lower() if name in ("lang", "dir") else "")


def _has_inside(inside: str, nesting: int) -> Pseudo:
    """``:has(> .code, + hr)``: each of its selectors stands in some relation to the element."""
    if nesting >= _MAX_NESTING:
        return Pseudo("unknown")
    leads: list[str] = []
    found: list[Selector] = []
    for one in split(inside)[:20]:
        one = one.strip()
        lead = one[:1] if one[:1] in (">", "+", "~") else " "
        if (read := _selector(one.removeprefix(lead).strip(), nesting + 1)) is None:
            return Pseudo("unknown")
        leads.append(lead)
        found.append(read)
    return Pseudo("has", tuple(found), leads=tuple(leads))


def _nested(inside: str, nesting: int) -> tuple[Selector, ...]:
    return tuple(selectors(inside, nesting + 1)[:20])


def _found(step: Compound, combinator: str, at: Element) -> tuple[bool | None, Element | None]:
    """The nearest element in the direction of ``combinator`` that ``step`` names."""
    across = combinator in ("+", "~")
    element = at.before if across else at.parent
    budget = at.budget
    for _ in range(_MAX_SCAN):
        if element is None:
            return False, None
        answer = step.matches(element)
        if answer is not False:
            return answer, element
        budget.left -= 1
        if combinator in (">", "+"):
            return False, None
        if budget.left < 0:
            break
        element = element.before if across else element.parent
    return None, None


def _has(element: Element, wanted: _Attribute) -> bool:
    if wanted.name not in element.attributes:
        return False
    value, word = element.attributes[wanted.name] or "", wanted.value
    element.budget.read(value)
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
