"""A style sheet cut into its rules (CSS Syntax 3, CSS Nesting 1): selectors, declarations, and their layer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from mailmcp.mail.sight.media import holds, supported

_MAX_NESTING = 12
_MAX_NESTED_SELECTOR = 400
_MAX_BRANCHES = 20
_UNLAYERED = (1_000_000,)

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_MARK = re.compile(r"[{};]|\"(?:[^\"\\\n]|\\.)*+(?:\"|(?=\n)|\Z)|'(?:[^'\\\n]|\\.)*+(?:'|(?=\n)|\Z)|\\.", re.DOTALL)
_BRACE = re.compile(r"[{}]")
# Most rules: nothing in their braces but declarations, nothing that must be read sign by sign.
_BEFORE = r"[^{}@;\"'\\]*+"
_WITHIN = r"(?:[^{}@\"'\\]++|\"[^\"\\\n{}]*+\"|'[^'\\\n{}]*+')*+"
_PLAIN_RULE = re.compile(rf"({_BEFORE})\{{({_WITHIN})\}}")
_PLAIN_RULES = re.compile(rf"(?:{_BEFORE}\{{{_WITHIN}\}})++")
_NAMESPACE = re.compile(r"(?<![\w\\-])(?:[\w-]+|\*)?\|(?=[\w*])")
_IMPORTED = re.compile(r"@import\s+(?:url\(\s*)?[\"']?data:text/css[^,]{0,60},([^\"')]{1,20000})", re.IGNORECASE)
_NAMING = re.compile(r"@(?:[a-z-]{0,12}keyframes|property)\b", re.IGNORECASE)
_OF_PARENT = re.compile(r"&")


class Block(NamedTuple):
    """Declarations with the selectors they are for, or what ``@keyframes`` and ``@property`` give a name to.

    ``layer`` orders them: what stands in no layer is the strongest, and in one what stands in none inside of it.
    """

    selectors: str
    body: str
    layer: tuple[int, ...]


@dataclass(slots=True)
class _Open:
    """A block that is open."""

    selectors: str
    layer: tuple[int, ...]
    body: list[str]
    skipped: bool = False


def blocks(css: str) -> Iterator[Block]:
    """The rules that hold on a common screen, in order. Linear in the length of ``css``."""
    css = _COMMENT.sub(" ", css)
    for imported in _IMPORTED.findall(css)[:5]:
        css = f"{unquote(imported)}\n{css}"
    contained = "container-type" in css or "container:" in css
    layers: dict[tuple[object, ...], int] = {}
    opened = [_Open("", _UNLAYERED, [])]
    start = at = 0
    while True:
        if start == at and not opened[-1].selectors and len(opened) <= _MAX_NESTING:
            layer = opened[-1].layer
            if (plain := _PLAIN_RULES.match(css, at)) is not None:
                start = at = plain.end()
                for selectors, body in _PLAIN_RULE.findall(css, plain.start(), at):
                    if "|" in selectors or "&" in selectors:
                        selectors = _unspaced(selectors)
                    if body and not selectors.isspace() and selectors:
                        yield Block(selectors, body, layer)
        if (mark := _MARK.search(css, at)) is None:
            break
        at = mark.end()
        sign = mark.group()
        if sign == "{":
            prelude = css[start : mark.start()].strip()
            within = opened[-1]
            if within.body and within.selectors:
                # What stands before a nested rule is weaker than that, and what stands behind it stronger.
                yield Block(within.selectors, ";".join(within.body), within.layer)
                within.body.clear()
            opened.append(_entered(prelude, within, layers, len(opened), contained))
            if opened[-1].skipped:
                at = _end_of_block(css, mark.start())
                opened.pop()
                if prelude[:1] == "@" and _NAMING.match(prelude):
                    yield Block(prelude, css[mark.end() : at - 1], within.layer)
            start = at
        elif sign == "}":
            if len(opened) > 1:  # one too many is a part of the next selector, and spoils it
                _said(opened[-1], css[start : mark.start()])
                if (closed := opened.pop()).body and closed.selectors:
                    yield Block(closed.selectors, ";".join(closed.body), closed.layer)
                start = at
        elif sign == ";":
            if len(opened) > 1:
                _said(opened[-1], css[start : mark.start()])
                start = at
            elif (statement := css[start : start + 2_000].lstrip()).startswith("@"):
                if statement[:6].lower() == "@layer":
                    for name in css[start : mark.start()].strip()[6:].split(",")[:50]:
                        _layer(name.strip().lower(), _UNLAYERED, layers)
                start = at
    _said(opened[-1], css[start:])
    while len(opened) > 1:
        if (closed := opened.pop()).body and closed.selectors:
            yield Block(closed.selectors, ";".join(closed.body), closed.layer)


def _said(one: _Open, text: str) -> None:
    if one.selectors and (text := text.strip()) and text[0] != "@":
        one.body.append(text)


def _entered(prelude: str, within: _Open, layers: dict[tuple[object, ...], int], depth: int, contained: bool) -> _Open:
    skipped = _Open("", within.layer, [], skipped=True)
    if depth > _MAX_NESTING:
        return skipped
    if prelude.startswith("@"):
        name, _, condition = prelude[1:].partition(" ")
        name, bracket, rest = name.lower().partition("(")
        condition = (bracket + rest + " " + condition).lower().strip()
        layer = within.layer
        if name == "layer":
            layer = _layer(condition or f" {len(layers)}", layer, layers)
        elif name == "media":
            if not holds(" ".join(condition.split())):
                return skipped
        elif name == "supports":
            if not supported(condition):
                return skipped
        elif name == "container":
            if not contained or not holds(condition[condition.find("(") :] if "(" in condition else condition):
                return skipped
        elif name not in ("scope", "starting-style"):
            return skipped
        if name == "starting-style":
            return skipped
        return _Open(within.selectors, layer, [])
    prelude = _unspaced(prelude, not within.selectors)
    if not prelude:
        return skipped
    return _Open(_nested(prelude, within.selectors) if within.selectors else prelude, within.layer, [])


def _layer(name: str, within: tuple[int, ...], layers: dict[tuple[object, ...], int]) -> tuple[int, ...]:
    """The place of a layer inside another one (CSS Cascade 5 §6.4.4); ``a.b`` names one in one."""
    for one in name.split(".")[:_MAX_NESTING]:
        around = within[:-1]
        within = (*around, layers.setdefault((*around, one), len(layers)), *_UNLAYERED)
    return within


def _unspaced(prelude: str, outermost: bool = True) -> str:
    """Selectors without the namespaces that a mail has none of (CSS Namespaces 3), ``&`` outside of rules resolved."""
    prelude = prelude.replace("&", ":root") if outermost else prelude
    return (_NAMESPACE.sub("", prelude) if "|" in prelude else prelude).strip()


def _nested(selectors: str, parent: str) -> str:
    """The selectors of a rule inside another one: ``&`` is the outer, and stands before them where it is not said."""
    outer = parent if "," not in parent and "(" not in parent else f":is({parent})"
    if len(outer) > _MAX_NESTED_SELECTOR:
        return ""
    made: list[str] = []
    for one in selectors.split(",")[:_MAX_BRANCHES] if "(" not in selectors else [selectors]:
        one = one.strip()
        if "&" in one:
            made.append(_OF_PARENT.sub(lambda _: outer, one))
        else:
            made.append(f"{outer} {one}")
    return ",".join(made)


def _end_of_block(css: str, opening: int) -> int:
    depth = 0
    for brace in _BRACE.finditer(css, opening):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return brace.end()
    return len(css)
