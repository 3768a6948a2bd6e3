"""A small CSS cascade: the declarations that hold for an element of a mail.

Inline styles and the rules of <style>. A rule whose selector cannot be decided counts when it hides: a decoy that
nobody sees must not be read as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mailmcp.mail.sight.grounds import colour_in, picture_in
from mailmcp.mail.sight.motion import Motion, motion
from mailmcp.mail.sight.rules import blocks
from mailmcp.mail.sight.selectors import MAX_SELECTOR, Element, Selector, needed_name, selectors, split, unescaped

MAX_RULES = 5_000
MAX_STYLE_TEXT = 300_000
_MATCH_BUDGET = 1_000_000
_MAX_ROW = 200
_REMEMBERED = 20_000
_MAX_CUSTOM = 100
_MAX_MOTIONS = 200

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_VARIABLE = re.compile(r"var\(\s*(--[^\s(),]{1,100})\s*(?:,([^()]*))?\)")
_ENVIRONMENT = re.compile(r"env\([^(),]{1,100}(?:,([^()]{0,100}))?\)")
# Functions of CSS Values 5 that no mail needs: what they give is not known here.
_UNKNOWN = re.compile(r"(?<![\w-])(?:attr|if|random|random-item|inherit|sibling-index|contrast-color|--[\w-]+)\(")
_TELLING_NAMES = """
    display visibility opacity font-size color -webkit-text-fill-color height max-height width max-width transform zoom
    scale position left top clip-path filter text-indent
"""
_TELLING = frozenset(_TELLING_NAMES.split())
_NOTHING = re.compile(r"[+-]?(?:0*\.?0*[1-9]?\d?e-|[01]?(?:\.\d*)?(?:px|pt|em|rem|%)?\s*\Z|calc\(\s*0)")
_FONT_SIZE = re.compile(
    r"(?:^|\s)((?:xx?-|)(?:small|large)|medium|larger|smaller|(?:calc|min|max|clamp)\((?:[^()]|\([^()]*\))*\)"
    r"|[0-9.]+(?:px|pt|em|rem|%|vw|vh|pc|in|cm|mm|q|ex|ch)|0(?=[\s/]))(?:\s*/\s*\S+)?\s"
)

_PREFIXED = (
    "transform",
    "clip-path",
    "mask",
    "mask-image",
    "mask-size",
    "filter",
    "opacity",
    "backface-visibility",
    "animation",
    "animation-name",
    "animation-fill-mode",
    "animation-iteration-count",
)
_SIDES = {
    "inset": ("top", "right", "bottom", "left"),
    "inset-inline": ("left", "right"),
    "inset-block": ("top", "bottom"),
    "margin": ("margin-top", "margin-right", "margin-bottom", "margin-left"),
    "margin-inline": ("margin-left", "margin-right"),
    "margin-block": ("margin-top", "margin-bottom"),
    "padding": ("padding-top", "padding-right", "padding-bottom", "padding-left"),
}
_DISPLAY_NAMES = """
    none block inline inline-block list-item run-in flow flow-root table inline-table table-row table-cell table-column
    table-row-group table-header-group table-footer-group table-column-group table-caption flex inline-flex grid
    inline-grid contents ruby ruby-base ruby-text math inherit initial unset revert revert-layer -webkit-box
    -webkit-inline-box -webkit-flex -webkit-inline-flex -ms-flexbox -ms-inline-flexbox -moz-box -ms-grid
"""
_DISPLAYS = frozenset(_DISPLAY_NAMES.split())
# Logical properties (CSS Logical Properties 1), for text that runs from left to right and down.
_SAME = {
    "inline-size": "width",
    "block-size": "height",
    "max-inline-size": "max-width",
    "max-block-size": "max-height",
    "margin-inline-start": "margin-left",
    "margin-block-start": "margin-top",
    "inset-inline-start": "left",
    "inset-block-start": "top",
    "inset-inline-end": "right",
    "inset-block-end": "bottom",
    # Names of before there was a standard.
    **{f"-webkit-{name}": name for name in _PREFIXED},
}
_SIZES = frozenset(("opacity", "font-size", "max-height", "height", "width", "zoom", "scale"))
_PLACES = frozenset(("text-indent", "left", "top", "margin-left", "margin-top", "clip", "clip-path", "transform"))

Declared = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Declarations:
    """What one style attribute or rule says, shorthands expanded; ``!important`` apart.

    A property whose value holds ``var()`` is kept as ``~name`` until it can be resolved.
    """

    normal: Declared
    important: Declared


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector with its declarations. ``weight`` orders rules: layer, specificity, place."""

    weight: tuple[int, int, int]
    selector: Selector
    declarations: Declarations
    hides: bool


@dataclass(slots=True)
class Bucket:
    """The rules that only an element with a certain name can meet, read when there is such an element."""

    unread: list[tuple[str, str, int, int]] = field(default_factory=list[tuple[str, str, int, int]])
    """(selector, declarations, layer, number of the rule)."""
    read: list[Rule] | None = None

    def rules(self) -> list[Rule]:
        """Its rules, in order; what cannot be read is left out."""
        if self.read is None:
            rules = [_rule(*one) for one in self.unread]
            self.read = [one for one in rules if one is not None]
        return self.read


@dataclass(slots=True)
class Sheet:
    """The rules of all <style> elements of a mail, by the rarest name that an element must have."""

    buckets: dict[str, Bucket] = field(default_factory=dict[str, "Bucket"])
    motions: dict[str, Motion] = field(default_factory=dict[str, "Motion"])
    """The animations, by name."""
    cut: bool = False
    """Was there more of it than is read? Then what it hides may be taken for text."""
    budget: int = _MATCH_BUDGET
    """Comparisons that are left; below 0 nothing more is known of any element."""
    folds: bool = False
    """Do classes and ids match whatever their case, as in a page without a document type?"""
    met: set[str] = field(default_factory=set[str])
    """Classes, and ids with a hash, of the elements asked about so far."""
    path: list[Element] = field(default_factory=list[Element])
    """The newest element of each depth."""

    def rules_for(self, tag: str, attributes: Mapping[str, str | None], depth: int) -> list[Rule]:
        """The rules that match, weakest first. To be asked about every element, in document order."""
        if not self.buckets:
            return []
        element = self._entered(tag, attributes, depth)
        buckets = self.buckets
        found: list[Rule] = []
        keys = ["*", tag]
        if element.classes:
            keys += ["." + name for name in element.classes[:50]]
        if element.id:
            keys.append("#" + element.id)
        for key in keys:
            if (bucket := buckets.get(key)) is None:
                continue
            rules = bucket.rules()
            self.budget -= len(rules)
            if self.budget < 0:
                return found
            for rule in rules:
                answer = self._matches(rule.selector, element, depth)
                if answer or (answer is None and rule.hides):
                    found.append(rule)
        if element.classes:
            self.met.update(element.classes)
        if element.id:
            self.met.add("#" + element.id)
        self.budget -= 2 * len(found)  # to be put in order and laid over each other
        if len(found) > 1:
            found.sort(key=_weight)
        return found

    def _entered(self, tag: str, attributes: Mapping[str, str | None], depth: int) -> Element:
        before = self.path[depth] if depth < len(self.path) else None
        del self.path[depth:]
        id_, classes = attributes.get("id") or "", attributes.get("class") or ""
        if self.folds:
            id_, classes = id_.lower(), classes.lower()
        element = Element(
            tag=tag,
            id=id_,
            classes=classes.split(),
            attributes=attributes,
            parent=self.path[-1] if self.path else None,
            before=before,
            place=before.place + 1 if before else 1,
        )
        self.path.append(element)
        return element

    def _matches(self, selector: Selector, element: Element, depth: int) -> bool | None:
        if not selector.searches and len(selector.steps) == 1:
            self.budget -= 3 if selector.steps[0].attributes else 0
            return selector.matches(element)
        for step in selector.steps[:-1]:
            if not self.met.issuperset(step.classes) or (step.id and "#" + step.id not in self.met):
                return False  # names that no element so far had: most rules of mails are for one mail program
        last = selector.steps[-1].tag, selector.steps[-1].id
        if (last[0] and last[0] != element.tag) or (last[1] and last[1] != element.id):
            return False
        self.budget -= len(selector.steps) + selector.searches * min(_MAX_ROW, depth + element.place)
        return selector.matches(element)


def sheet(css: str, *, folds: bool = False) -> Sheet:
    """The rules of a mail's style text (of all its <style> elements, joined). Linear; too much text is cut.

    ``folds`` says that the page has no document type: then the case of classes and ids does not matter.
    """
    if folds:
        css = css.lower()
    # The mails of one sender have one style text, and a mail may be read twice.
    buckets, motions, cut = _remembered(css) if len(css) <= _REMEMBERED else _buckets(css[:MAX_STYLE_TEXT])
    return Sheet(buckets, motions, cut or len(css) > MAX_STYLE_TEXT, folds=folds)


def _weight(rule: Rule) -> tuple[int, int, int]:
    return rule.weight


def _buckets(css: str) -> tuple[dict[str, Bucket], dict[str, Motion], bool]:
    buckets: dict[str, Bucket] = {}
    motions: dict[str, Motion] = {}
    count = 0
    for block in blocks(css):
        if block.selectors[0] == "@":
            if (found := motion(block.selectors, block.body)) is not None and len(motions) < _MAX_MOTIONS:
                motions[found[0]] = found[1]
            continue
        for selector in split(block.selectors[:20_000]):
            if not (selector := selector.strip()) or len(selector) > MAX_SELECTOR:
                continue
            count += 1
            if count > MAX_RULES:
                return buckets, motions, True
            key = needed_name(selector)
            if (bucket := buckets.get(key)) is None:
                bucket = buckets[key] = Bucket()
            bucket.unread.append((selector, block.body, block.layer, count))
    return buckets, motions, False


def _rule(selector: str, body: str, layer: int, number: int) -> Rule | None:
    said = declarations(body)
    if not said.normal and not said.important:
        return None
    for one in selectors(selector):
        # A later layer is stronger, and what stands in none the strongest (CSS Cascade 5 §6.4.4).
        return Rule((layer, one.specificity, number), one, said, _hides(said.normal) or _hides(said.important))
    return None


_remembered = lru_cache(maxsize=16)(_buckets)


def resolved(said: dict[str, str], inherited: Declared) -> Declared:
    """Put values for the ``var()`` of ``said``, in place; answers the custom properties that hold for the element.

    ``inherited`` are those of its parent. What cannot be resolved is dropped (CSS Variables 1 §3.1), but a ground that
    is not known is named so.
    """
    custom = inherited
    own = {name: value for name, value in said.items() if name.startswith("--")}
    if own:
        custom = dict(inherited)
        for name, value in own.items():
            if len(custom) < _MAX_CUSTOM or name in custom:
                custom[name] = value
    for key in [name for name in said if name[0] == "~"]:
        value, name = said.pop(key), key[1:]
        for _ in range(6):
            if "var(" not in value or len(value) > 1000:
                break
            value = _VARIABLE.sub(lambda found: custom.get(found[1], found[2] or "\ufffd"), value)
        value = value.strip()
        if value and "\ufffd" not in value and "var(" not in value and len(value) <= 1000:
            _set(said, name, value)
        elif name in ("background", "background-color"):
            said["background-color"] = "var()"
    return custom


def merge(said: dict[str, str], more: Declared) -> None:
    """Let ``more`` win over ``said``, in place."""
    for name, value in more.items():
        _put(said, name, value)


def _put(target: dict[str, str], name: str, value: str) -> None:
    if "~" + name in target:
        del target["~" + name]
    target[name] = value


def _hides(said: Declared) -> bool:
    """Whether a rule is one that puts something out of sight, as a first look tells."""
    for name, value in said.items():
        if name.startswith("~") or (name == "display" and value == "none") or value in ("hidden", "transparent"):
            return True
        if name in _SIZES and _NOTHING.match(value):
            return True
        if name in _PLACES and (value.startswith("-") or name.startswith("clip") or name == "transform"):
            return True
    return False


@lru_cache(maxsize=1024)
def declarations(style: str) -> Declarations:
    """The declarations of a style attribute: lower-case names and values, ``background`` and ``font`` expanded."""
    normal: dict[str, str] = {}
    important: dict[str, str] = {}
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    for piece in _pieces(style):
        name, colon, value = piece.partition(":")
        name = unescaped(name.strip()).lower()
        value = unescaped(value.strip()[:2000]).lower()[:1000]
        if not colon or not value or not name or name[0] == "~":
            continue
        target = normal
        if value.endswith("!important") or "!" in value:
            value, _, mark = value.rpartition("!")
            value = value.strip()
            target = important if mark.strip() == "important" else normal
        if "(" in value:
            if "env(" in value:
                value = _ENVIRONMENT.sub(lambda found: (found[1] or "0px").strip(), value)
            if name in _TELLING and _UNKNOWN.search(value):
                name, value = "display", "none"
        if "var(" in value and not name.startswith("--"):
            target["~" + name] = value
        else:
            _set(target, name, value)
    return Declarations(normal, important)


def _set(target: dict[str, str], name: str, value: str) -> None:
    if name == "background":
        target.pop("~background", None)
        _put(target, "background-color", colour_in(value) or "transparent")
        _put(target, "background-image", picture_in(value) if "url(" in value or "gradient(" in value else "none")
    elif name == "font":
        if match := _FONT_SIZE.search(value + " "):
            _put(target, "font-size", match.group(1))
        _put(target, "font-weight", "bold" if "bold" in value or re.search(r"\b[6-9]00\b", value) else "normal")
        _put(target, "font-family", value)
    elif name == "translate":
        _put(target, "transform", f"translate({value.replace(' ', ',')})")
    elif name in _SIDES:
        names = _SIDES[name]
        values = value.split() if "(" not in value else [value]
        if not values or len(values) > len(names):
            return
        sides = [values[min(at, len(values) - 1)] if at < 2 or len(names) == 2 else "" for at in range(len(names))]
        if len(names) == 4:
            right = values[1] if len(values) > 1 else values[0]
            bottom = values[2] if len(values) > 2 else values[0]
            sides = [values[0], right, bottom, values[3] if len(values) > 3 else right]
        for side, one in zip(names, sides, strict=True):
            _put(target, side, one)
        if name == "padding":
            _put(target, name, value)
    elif name == "display" and not _DISPLAYS.issuperset(value.split()):
        return  # a value that is none leaves the one before it
    else:
        _put(target, _SAME.get(name, name), value)


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
