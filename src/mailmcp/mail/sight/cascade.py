"""A small CSS cascade: the declarations that hold for an element of a mail.

Inline styles and the rules of <style>. A rule whose selector cannot be decided counts when it hides: a decoy that
nobody sees must not be read as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from mailmcp.mail.sight.custom import Registered, registered
from mailmcp.mail.sight.declared import Declarations, declarations, hides, merge
from mailmcp.mail.sight.generated import folded, is_saying
from mailmcp.mail.sight.kinds import OF_LINES
from mailmcp.mail.sight.limits import Budget
from mailmcp.mail.sight.motion import Motion, motion
from mailmcp.mail.sight.pseudos import Element, element_of, is_selector
from mailmcp.mail.sight.rules import blocks
from mailmcp.mail.sight.selectors import MAX_SELECTOR, Selector, needed_name, selectors, split

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_RULES = 5_000
MAX_STYLE_TEXT = 300_000
_REMEMBERED = 20_000
_TAKEN_BACK, _MAX_TAKEN_BACK = "revert-layer", 20
_SPELLED = 2
"""Characters of a selector that are read in the time of one comparison."""
_NESTED = 3
"""How much longer it takes to read a selector that holds others."""
_VARIED = 40
"""Declarations that one with ``var()`` counts for."""
_MAX_NAMED = 200
_MAX_KNOWN = 5_000
Weight = tuple[tuple[int, ...], int, int]
"""Layer, specificity, place."""
_Names = tuple[str, str, str | None]
_ODD = re.compile(r"[^\w\s.#>+~*-]")
_FIRST_LINE = re.compile(r"::?first-line\Z", re.IGNORECASE)
_DRAWN = re.compile(r"::?(before|after)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector with its declarations. ``weight`` orders rules: layer, specificity, place."""

    weight: Weight
    selector: Selector
    declarations: Declarations
    hides: bool
    part: str = ""
    """``before`` or ``after``, when it is for that pseudo-element of the element which the selector names."""
    takes_back: bool = False
    """Does it say ``revert-layer``?"""
    declared: int = 0
    """How many declarations its own count for: some take longer to be worked out."""


@dataclass(slots=True)
class Bucket:
    """The rules that only an element with a certain name can meet, read when there is such an element."""

    unread: list[tuple[str, str, tuple[int, ...], int, bool]] = field(
        default_factory=list[tuple[str, str, tuple[int, ...], int, bool]]
    )
    """(selector, declarations, layer, number of the rule, whether the sheet draws words of its own)."""
    read: list[Rule] | None = None
    length: int = 0
    """Characters of its selectors."""

    def rules(self) -> list[Rule]:
        """Its rules, in order; what cannot be read is left out."""
        if self.read is None:
            rules = [_rule(*one) for one in self.unread]
            self.read = [one for one in rules if one is not None]
        return self.read


@dataclass(frozen=True, slots=True)
class Named:
    """What a style sheet gives names to."""

    motions: dict[str, Motion] = field(default_factory=dict[str, "Motion"])
    """The animations of ``@keyframes``."""
    custom: dict[str, Registered] = field(default_factory=dict[str, "Registered"])
    """The custom properties of ``@property``."""


@dataclass(slots=True)
class _Known:
    """The rules that all elements of some names meet, and those that depend on more."""

    rules: list[Rule] = field(default_factory=list[Rule])
    doubtful: list[Rule] = field(default_factory=list[Rule])
    cost: int = 0


@dataclass(slots=True)
class Sheet:
    """The rules of all <style> elements of a mail, by the rarest name that an element must have."""

    buckets: dict[str, Bucket] = field(default_factory=dict[str, "Bucket"])
    named: Named = field(default_factory=lambda: Named())
    cut: bool = False
    """Was there more of it than is read? Then what it hides may be taken for text."""
    budget: Budget = field(default_factory=Budget)
    folds: bool = False
    """Do classes and ids match whatever their case, as in a page without a document type?"""
    clears: bool = False
    """May boxes hold their floats (``clear``)?"""
    met: set[str] = field(default_factory=set[str])
    """Classes, and ids with a hash, of the elements asked about so far."""
    path: list[Element] = field(default_factory=list[Element])
    """The newest element of each depth."""
    known: dict[tuple[str, str, str | None], _Known] = field(
        default_factory=dict[tuple[str, str, str | None], "_Known"]
    )
    """The rules for a tag, an id and classes."""

    def rules_for(
        self, tag: str, attributes: Mapping[str, str | None], depth: int, node: LexborNode | None = None
    ) -> list[Rule]:
        """The rules that match, weakest first. To be asked about every element, in document order."""
        if not self.buckets:
            return []
        element = self._entered(tag, attributes, depth, node)
        names = tag, element.id, attributes.get("class")
        if (known := self.known.get(names)) is None:
            known = self._known_for(element, names)
        self.budget.left -= known.cost
        if self.budget.left < 0:
            return []
        found = known.rules
        if known.doubtful:
            more: list[Rule] = []
            budget = self.budget
            for rule in known.doubtful:
                if budget.left < 0:
                    return []
                answer = self._matches(rule.selector, element)
                if answer or (answer is None and rule.hides and not rule.part):
                    more.append(rule)
            if more:
                found = sorted((*found, *more), key=_weight)
        if element.classes:
            self.met.update(element.classes)
        if element.id:
            self.met.add("#" + element.id)
        self.budget.left -= 2 * len(found)  # to be put in order and laid over each other
        return found

    def pass_over(self, tag: str, attributes: Mapping[str, str | None], depth: int) -> None:
        """An element that is never drawn: it has its place among those beside it all the same."""
        if self.buckets:
            self._entered(tag, attributes, depth, None)

    def _known_for(self, element: Element, names: _Names) -> _Known:
        """What its names alone say: most elements of a mail have those of another."""
        keys = ["*", element.tag, *("." + name for name in element.classes)]
        if element.id:
            keys.append("#" + element.id)
        known = _Known()
        asked = [bucket for key in keys if (bucket := self.buckets.get(key))]
        for bucket in asked:
            if bucket.read is None:
                self.budget.left -= bucket.length // _SPELLED
            rules = bucket.rules()
            known.cost += len(rules)
            for rule in rules:
                last = rule.selector.steps[-1]
                if last.by_names(element):
                    simple = len(rule.selector.steps) == 1 and not last.attributes and not last.pseudos
                    (known.rules if simple else known.doubtful).append(rule)
        known.rules.sort(key=_weight)
        if len(self.known) < _MAX_KNOWN:
            self.known[names] = known
        self.budget.left -= 3 * known.cost
        known.cost = 1 + len(known.doubtful)
        return known

    def _entered(self, tag: str, attributes: Mapping[str, str | None], depth: int, node: LexborNode | None) -> Element:
        before = self.path[depth] if depth < len(self.path) else None
        del self.path[depth:]
        parent = self.path[-1] if self.path else None
        element = element_of(tag, attributes, parent, before, node, self.folds, self.budget)
        self.path.append(element)
        return element

    def _matches(self, selector: Selector, element: Element) -> bool | None:
        if len(selector.steps) == 1:
            return selector.matches(element)
        self.budget.left -= len(selector.steps)
        for step in selector.steps[:-1]:
            if (step.classes and not self.met.issuperset(step.classes)) or (step.id and "#" + step.id not in self.met):
                return False  # names that no element so far had: most rules of mails are for one mail program
        return selector.matches(element)


def sheet(css: str, *, folds: bool = False, budget: Budget | None = None) -> Sheet:
    """The rules of a mail's style text (of all its <style> elements, joined). Linear; too much text is cut.

    ``folds`` says that the page has no document type: then the case of classes and ids does not matter.
    """
    # The mails of one sender have one style text, and a mail may be read twice.
    read = _remembered if len(css) <= _REMEMBERED else _remembered_long
    buckets, named, cut = read(css[:MAX_STYLE_TEXT], folds)
    return Sheet(
        buckets, named, cut or len(css) > MAX_STYLE_TEXT, budget=budget or Budget(), folds=folds, clears="clear:" in css
    )


def laid_over(rules: Sequence[Rule], inline: str | None) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What rules (weakest first) and a style attribute say together, and what rules say of its pseudo-elements."""
    said: dict[str, str] = {}
    important: dict[str, str] = {}
    parts: dict[str, dict[str, str]] = {}
    if rules:
        layers = {rule.weight[0] for rule in rules if rule.takes_back}
        layer, before = None, said
        for rule in rules:
            if layers and rule.weight[0] != layer:
                layer = rule.weight[0]
                before = dict(said) if layer in layers and len(layers) <= _MAX_TAKEN_BACK else said
            merge(parts.setdefault(rule.part, {}) if rule.part else said, rule.declarations.normal)
            if rule.takes_back:
                _take_back(said, before)
        for rule in sorted((rule for rule in rules if rule.declarations.important), key=_important_weight):
            merge(parts.setdefault(rule.part, {}) if rule.part else important, rule.declarations.important)
    if inline:
        own = declarations(inline[:20_000])
        before = dict(said) if _TAKEN_BACK in inline else said
        merge(said, own.normal)
        if before is not said:
            _take_back(said, before)
        merge(said, important)
        merge(said, own.important)
    elif important:
        merge(said, important)
    return said, parts


def _take_back(said: dict[str, str], before: Mapping[str, str]) -> None:
    """``revert-layer``: what the layers before this one said (CSS Cascade 5 §7.3.5); in place."""
    for name in [name for name, value in said.items() if value == _TAKEN_BACK]:
        if name in before and before is not said:
            said[name] = before[name]
        else:
            del said[name]


def _important_weight(rule: Rule) -> Weight:
    # Of important declarations those of the first layer are the strongest (CSS Cascade 5 §6.4.4).
    layer, specificity, place = rule.weight
    return tuple(-one for one in layer), specificity, place


def _weight(rule: Rule) -> Weight:
    return rule.weight


def _buckets(css: str, folds: bool) -> tuple[dict[str, Bucket], Named, bool]:
    buckets: dict[str, Bucket] = {}
    named = Named()
    count = length = 0
    saying = is_saying(css)
    if folds:
        css = folded(css) if saying else css.lower()
    for block in blocks(css):
        if block.selectors[0] == "@":
            if (found := motion(block.selectors, block.body)) is not None and len(named.motions) < _MAX_NAMED:
                named.motions[found[0]] = found[1]
            if (known := registered(block.selectors, block.body)) is not None and len(named.custom) < _MAX_NAMED:
                named.custom[known[0]] = known[1]
            continue
        _, body, layer = block
        if _ODD.search(block.selectors) is not None and not is_selector(block.selectors):
            continue
        for selector in split(block.selectors[:20_000]) if "," in block.selectors else (block.selectors,):
            if not (selector := selector.strip()) or len(selector) > MAX_SELECTOR:
                continue
            count += 1
            length += len(selector) * (_NESTED if "(" in selector else 1)
            if count > MAX_RULES or length > MAX_STYLE_TEXT:
                return buckets, named, True
            key = needed_name(selector)
            if (bucket := buckets.get(key)) is None:
                bucket = buckets[key] = Bucket()
            bucket.unread.append((selector, body, layer, count, saying))
            bucket.length += len(selector)
    return buckets, named, False


def _rule(selector: str, body: str, layer: tuple[int, ...], number: int, saying: bool) -> Rule | None:
    said = declarations(body)
    if not said.normal and not said.important:
        return None
    if (first := _FIRST_LINE.search(selector)) is not None:
        # What is set in the colour of its ground there is taken for all of it: how long a line is, is not known.
        selector = selector[: first.start()] or "*"
        said = Declarations(
            *({name: one[name] for name in OF_LINES if name in one} for one in (said.normal, said.important))
        )
    # A pseudo-element is of interest where it says something, or may lie over the words of its element.
    part = _DRAWN.search(selector) if saying or ("content" in said.normal and "position" in said.normal) else None
    for one in selectors(selector[: part.start()] or "*" if part else selector):
        # A later layer is stronger, and what stands in none the strongest (CSS Cascade 5 §6.4.4).
        return Rule(
            (layer, one.specificity, number),
            one,
            said,
            hides(said.normal) or hides(said.important),
            part[1].lower() if part else "",
            _TAKEN_BACK in said.normal.values(),
            sum(_VARIED if name[0] == "~" else 1 for one in (said.normal, said.important) for name in one),
        )
    return None


_remembered = lru_cache(maxsize=16)(_buckets)
_remembered_long = lru_cache(maxsize=2)(_buckets)
