"""A small CSS cascade: the declarations that hold for an element of a mail.

Inline styles and the rules of <style> by tag, class, id and simple compounds of them, with descendants
(``.box td.code``). Rules with pseudo-classes, attributes or sibling combinators, and everything inside an at-rule
other than ``@media screen`` and ``@media all``, are left out: mail programs differ too much on them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

MAX_RULES = 3_000
MAX_STYLE_TEXT = 200_000
_MAX_PER_BUCKET = 60
_MATCH_BUDGET = 400_000

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_COMPOUND = re.compile(r"(\*|[a-z][a-z0-9-]*)?((?:[.#][a-z0-9_-]+)*)\Z", re.IGNORECASE)
_NAME = re.compile(r"[.#][^.#]+")
_PLAIN_MEDIA = re.compile(r"@media\s+(?:only\s+)?(?:screen|all)\s*\Z", re.IGNORECASE)
_FONT_SIZE = re.compile(
    r"(?:^|\s)((?:xx?-|)(?:small|large)|medium|larger|smaller|[0-9.]+(?:px|pt|em|rem|%|)?)(?:/\S+)?\s"
)
_COLOUR_TOKEN = re.compile(r"(?:rgb|hsl)a?\([^()]*\)|#[0-9a-f]+|(?<![\w(-])[a-z]+(?![\w(-])")
_BACKGROUND_WORDS = (
    "url none no-repeat repeat scroll fixed center left right top bottom cover contain inherit initial unset local"
)
_NOT_COLOURS = frozenset(_BACKGROUND_WORDS.split())

Declared = Mapping[str, str]
Names = tuple[str, str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Declarations:
    """What one style attribute or rule says, shorthands expanded; ``!important`` apart."""

    normal: Declared
    important: Declared


@dataclass(frozen=True, slots=True)
class Compound:
    """One step of a selector: ``td.code#main``."""

    tag: str
    id: str
    classes: frozenset[str]

    def matches(self, tag: str, id_: str, classes: Sequence[str]) -> bool:
        """Does it name this element?"""
        return (
            (not self.tag or self.tag == tag)
            and (not self.id or self.id == id_)
            and (not self.classes or self.classes.issubset(classes))
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector with its declarations. ``weight`` orders rules: specificity, then place."""

    weight: tuple[int, int]
    last: Compound
    ancestors: tuple[Compound, ...]
    declarations: Declarations


@dataclass(slots=True)
class Sheet:
    """The rules of all <style> elements of a mail, by the rarest name that an element must have."""

    buckets: dict[str, list[Rule]] = field(default_factory=dict[str, list[Rule]])
    budget: int = _MATCH_BUDGET
    met: set[str] = field(default_factory=set[str])
    """Classes, and ids with a hash, of the elements asked about so far."""

    def rules_for(self, tag: str, id_: str, classes: Sequence[str], ancestors: Sequence[Names]) -> list[Rule]:
        """The rules that match, weakest first. ``ancestors`` are (tag, id, classes), outermost first."""
        if not self.buckets:
            return []
        found: list[Rule] = []
        for key in ("*", tag, "#" + id_, *("." + name for name in classes[:50])):
            for rule in self.buckets.get(key, ()):
                self.budget -= 1 + len(rule.ancestors)
                if self.budget < 0:
                    return found
                if rule.last.matches(tag, id_, classes) and (not rule.ancestors or self._descends(rule, ancestors)):
                    found.append(rule)
        self.met.update(classes)
        if id_:
            self.met.add("#" + id_)
        found.sort(key=lambda rule: rule.weight)
        return found

    def _descends(self, rule: Rule, ancestors: Sequence[Names]) -> bool:
        wanted = len(rule.ancestors)
        if any(
            not self.met.issuperset(step.classes) or (step.id and "#" + step.id not in self.met)
            for step in rule.ancestors
        ):
            return False  # names that no element so far had: most rules of mails are for one mail program
        for tag, id_, classes in reversed(ancestors):
            if not wanted:
                break
            self.budget -= 1
            if rule.ancestors[wanted - 1].matches(tag, id_, classes):
                wanted -= 1
        return wanted == 0


def sheet(css: str) -> Sheet:
    """The rules of a mail's style text (of all its <style> elements, joined). Linear; too much text is cut."""
    rules = Sheet()
    count = 0
    for selectors, body in _blocks(_COMMENT.sub(" ", css[:MAX_STYLE_TEXT])):
        said = declarations(body)
        if not said.normal and not said.important:
            continue
        for selector in selectors.split(","):
            count += 1
            if count > MAX_RULES:
                return rules
            if (rule := _rule(selector.strip(), count, said)) is not None:
                last = rule.last
                key = "#" + last.id if last.id else next(("." + name for name in last.classes), last.tag or "*")
                bucket = rules.buckets.setdefault(key, [])
                if len(bucket) < _MAX_PER_BUCKET:
                    bucket.append(rule)
    return rules


@lru_cache(maxsize=1024)
def declarations(style: str) -> Declarations:
    """The declarations of a style attribute: lower-case names and values, ``background`` and ``font`` expanded."""
    normal: dict[str, str] = {}
    important: dict[str, str] = {}
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    for piece in _pieces(style):
        name, colon, value = piece.partition(":")
        name = name.strip().lower()
        value = value.strip().lower()[:1000]
        if not colon or not value or "var(" in value:
            continue
        target = normal
        if value.endswith("!important") or "!" in value:
            value, _, mark = value.rpartition("!")
            value = value.strip()
            target = important if mark.strip() == "important" else normal
        _set(target, name, value)
    return Declarations(normal, important)


def _set(target: dict[str, str], name: str, value: str) -> None:
    if name == "background":
        target["background-color"] = _colour_of(value) or "transparent"
        target["background-image"] = value if "url(" in value or "gradient(" in value else "none"
    elif name == "font":
        if match := _FONT_SIZE.search(value + " "):
            target["font-size"] = match.group(1)
        target["font-weight"] = "bold" if "bold" in value or re.search(r"\b[6-9]00\b", value) else "normal"
        target["font-family"] = value
    else:
        target[name] = value


def _colour_of(value: str) -> str | None:
    if "(" in value and "url(" in value:
        value = re.sub(r"url\([^)]*\)?", " ", value)
    for match in _COLOUR_TOKEN.finditer(value):
        if match.group() not in _NOT_COLOURS:
            return match.group()
    return None


def _pieces(style: str) -> list[str]:
    if "(" not in style:
        return style.split(";")
    # A semicolon inside url(data:…;base64,…) ends nothing.
    pieces: list[str] = []
    for part in style.split(";"):
        if pieces and pieces[-1].count("(") > pieces[-1].count(")") and len(pieces[-1]) < 4000:
            pieces[-1] += ";" + part
        else:
            pieces.append(part)
    return pieces


def _blocks(css: str) -> list[tuple[str, str]]:
    """(selectors, body) of each rule, at-rules skipped with all they hold."""
    blocks: list[tuple[str, str]] = []
    at = 0
    while (opening := css.find("{", at)) >= 0:
        prelude = css[at:opening].rpartition(";")[2].strip()
        if prelude.startswith("@"):
            if _PLAIN_MEDIA.match(prelude):
                at = opening + 1
                continue
            at = _end_of_block(css, opening)
            continue
        closing = css.find("}", opening)
        if closing < 0:
            break
        # Stray closing braces (the end of an opened @media screen) stay in front of the next selector.
        blocks.append((prelude.lstrip("} \t\r\n"), css[opening + 1 : closing]))
        at = closing + 1
    return blocks


_BRACE = re.compile(r"[{}]")


def _end_of_block(css: str, opening: int) -> int:
    depth = 0
    for brace in _BRACE.finditer(css, opening):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return brace.end()
    return len(css)


def _rule(selector: str, place: int, said: Declarations) -> Rule | None:
    if len(selector) > 300:
        return None
    steps = [_compound(step) for step in selector.replace(">", " ").split()]
    compounds = [step for step in steps if step is not None]
    if not compounds or len(compounds) != len(steps):
        return None
    weight = sum(10_000 * bool(c.id) + 100 * len(c.classes) + bool(c.tag) for c in compounds)
    return Rule((weight, place), compounds[-1], tuple(compounds[:-1]), said)


def _compound(step: str) -> Compound | None:
    match = _COMPOUND.match(step)
    if match is None or not step:
        return None
    tag = (match.group(1) or "").lower()
    names = _NAME.findall(match.group(2))
    return Compound(
        tag="" if tag == "*" else tag,
        id=next((name[1:] for name in names if name[0] == "#"), ""),
        classes=frozenset(name[1:] for name in names if name[0] == "."),
    )
