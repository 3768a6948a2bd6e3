"""What of an HTML text is safe to parse: a linear scan before the parser sees it.

The parser is quadratic in the nesting of elements and in the attributes of one tag; a mail with 100,000 of either
would hold a worker for half a minute. What is nested too deep is flattened: tags that only group, and that nothing
styles, are taken out far inside, so that their words stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from mailmcp.mail.sight.growth import ATTRIBUTES, END_OF_COMMENT, RAW, end_of_growth
from mailmcp.mail.sight.longtags import MAX_ATTRIBUTES, MAX_TAG, Cut, shortened

MAX_HTML = 2_000_000
MAX_DEPTH = 2_000
MAX_TAGS = 100_000
MAX_NAMES = 20_000
"""Of tags and attributes together: the parser's time grows with the square of them."""
_SMALL = 100_000
"""Characters of a page in which no text can grow to what matters."""
FLAT_DEPTH = 1_000
"""Elements that only group are taken out below this depth."""

EFFORT = 240_000
"""Of all readings of one page: what a second or two are enough for, where a node counts for one."""
_READING = 110_000
COMPARISONS, _COMPARING = 1_700_000, 800_000
"""The same for asking which selectors name which elements: in all, and in one reading."""
_LETTERS = 32
"""Letters that are looked at in the time of one comparison."""
_STYLE, _SAID, _DECLARED = 8, 4, 8
"""What working out a style counts for, and characters of its attribute and declarations of rules that count for one."""

_TAG = re.compile(
    r"<(?:!--|(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})"
    r"(?:[^<>\"'=]*+(?:=\s*+(?:\"[^\"]*+\"|'[^']*+')?+[^<>\"'=]*+)*+(>))?+)"
)
_ATTRIBUTE = re.compile(r"[\s/\"']([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"']*+))?")
_REST = re.compile(ATTRIBUTES)
_NAME_AT_LEAST = 4
"""Characters that a name takes, with the blank before it, when there are that many different ones."""
_IN_TAG = re.compile(r">|=\s*+[\"']")
_GAPS = re.compile(r"[\s/]+")
_VOID = "area base br col embed hr img input link meta param source track wbr"
_CLOSE_EACH_OTHER = "p li td th tr tbody thead tfoot dt dd option colgroup html body head"
_ITEMS = {"li": "li", "dt": "dd", "dd": "dd"}
"""Those that close each other, but stand in each other where no list lies between them."""
_NESTING = frozenset((*_ITEMS, "option"))
_LISTS = frozenset(("ul", "ol", "dl", "menu", "dir"))
_MAX_OPTIONS = 2_000
"""Of one <select>: the parser's time grows with the square of them."""
_SHALLOW = frozenset((*_VOID.split(), *_CLOSE_EACH_OTHER.split()))
_IN_LINE_NAMES = "span b i u em strong font small big tt code s strike a abbr"
_IN_LINES = frozenset(_IN_LINE_NAMES.split())
_GROUP_NAMES = "div center section article blockquote ul ol dl table main"
_GROUPS = _IN_LINES.union(_GROUP_NAMES.split())
_STYLED = re.compile(r"style|hidden|color|size|background|popover|href|open", re.IGNORECASE)
_WORDS = re.compile(r"[a-z][a-z0-9]*|[>+~:]")
_ASKED_ABOUT = re.compile(r"\[\s{0,99}([a-z][\w:-]{0,99})")
_RAW = {name: RAW[name] for name in ("script", "style", "title", "textarea", "xmp", "noframes")}


@dataclass(slots=True)
class Budget:
    """What may still be spent on asking which selectors name which elements of a page."""

    left: int = _COMPARING
    """Comparisons; below 0 nothing more is known of any element."""

    def read(self, text: str) -> None:
        """The letters of an attribute are looked at."""
        self.left -= len(text) // _LETTERS


@dataclass(slots=True)
class Effort:
    """What may still be spent on a page that is read, and read again where that is found to be needed."""

    left: int = EFFORT
    """In all."""
    now: int = 0
    """In this reading."""
    unasked: int = COMPARISONS
    """Comparisons that the readings to come may make."""
    budget: Budget = field(default_factory=Budget)
    """That of this reading."""

    def begin(self) -> None:
        """Another reading begins."""
        self.left -= (begun := min(_READING, self.left))
        self.now = begun
        self.unasked -= (asked := min(_COMPARING, self.unasked))
        self.budget.left = asked

    def end(self) -> None:
        """It ended: what it has left is there for the next."""
        self.left += max(0, self.now)
        self.unasked += max(0, self.budget.left)

    def style(self, said: int, declared: int) -> None:
        """A style is worked out, from an attribute of that length and from rules with so many declarations."""
        self.now -= _STYLE + said // _SAID + declared // _DECLARED


def safe(html: str) -> tuple[str, str]:
    """The HTML that may be parsed, and what is wrong with the rest.

    The reason is ``""`` when all of it is safe, else ``html_too_large``, ``html_tag_too_long``,
    ``html_too_many_tags``, ``html_too_many_attributes``, ``html_too_many_names`` or ``html_too_deep``, which cut off
    the end; ``html_value_too_long``, which loses what one attribute says; and ``html_flattened``, which loses no words.
    """
    scan = _Scan(html)
    end, reason = scan.run()
    if scan.spelled > _NAME_AT_LEAST * MAX_NAMES and (place := _end_of_names(html, end)) < end:
        end, reason = place, "html_too_many_names"
        scan.cuts = [cut for cut in scan.cuts if cut[1] <= end]
    if end > _SMALL and (place := end_of_growth(html, end)) < end:
        end, reason = place, "html_too_many_tags"
        scan.cuts = [cut for cut in scan.cuts if cut[1] <= end]
    if not scan.cuts:
        return (html if end == len(html) else html[:end]), reason
    pieces: list[str] = []
    at = 0
    for start, stop, instead in scan.cuts:
        pieces += (html[at:start], instead)
        at = stop
    pieces.append(html[at:end])
    return "".join(pieces), reason or scan.loss


class _Scan:
    """One pass over the tags of an HTML text."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.cuts: list[Cut] = []
        """The tags to be taken out, and the values of long ones."""
        self.loss = ""
        """What is wrong with the cuts."""
        self.spelled = 0
        """Characters in tags."""
        self._open: dict[str, int] = {}
        self._depth = 0
        self._inner: list[bool] = []
        """Of each element below the flat depth: was it taken out?"""
        self._kept = 0
        self._sheet: str | None = None
        self._items = [""]
        """Which kind of item is open, in each list around."""
        self._options = 0
        """Since the newest <select> began."""

    def run(self) -> tuple[int, str]:
        """Where the safe part ends, and why."""
        html = self.html
        end = min(len(html), MAX_HTML)
        reason = "html_too_large" if len(html) > MAX_HTML else ""
        search, opened = _TAG.search, self._open
        at = tags = 0
        while (tag := search(html, at, end)) is not None:
            name = tag[2]
            if name is None:
                comment = END_OF_COMMENT.search(html, tag.end() - 2, end)
                at = comment.end() if comment else end
                continue
            tags += 1
            if tags > MAX_TAGS:
                return tag.start(), "html_too_many_tags"
            at = tag.end()
            if tag[3] is None or at - tag.start() >= 2 * MAX_ATTRIBUTES:  # else too short for too many attributes
                at, problem = self._end_of_tag(tag.end(2), end)
                if problem:
                    return tag.start(), problem
            self.spelled += min(at - tag.start(), MAX_TAG)
            name = name.lower()
            foreign = opened.get("svg") or opened.get("math")  # there, a name says nothing of what it holds
            if (
                not foreign
                and name in _SHALLOW
                and (name not in _NESTING or not self._nests(name, bool(tag[1]), tag.start(), at))
            ):
                continue
            if tag[1]:
                if opened.get(name):  # what closes nothing leaves the depth as it is
                    if name in _LISTS and len(self._items) > 1:
                        self._items.pop()
                    opened[name] -= 1
                    self._closed(name, tag.start(), at)
                continue
            if name in _RAW:
                closing_tag = _RAW[name].search(html, at, end)
                start, at = at, closing_tag.start() if closing_tag else end
                # Inside a drawing (SVG) the same names hold elements, not raw text.
                if html.count("<", start, at) > MAX_DEPTH:
                    return tag.start(), "html_too_deep"
            opened[name] = opened.get(name, 0) + 1
            if name in _LISTS:
                self._items.append("")
            elif name == "select":
                self._options = 0
            if self._depth < FLAT_DEPTH:
                self._depth += 1
            elif not self._entered(name, tag.start(), at):
                return tag.start(), "html_too_deep"
        return end, reason

    def _nests(self, name: str, closes: bool, start: int, end: int) -> bool:
        """Does an element that mostly stands beside others of its kind stand in one of another kind?"""
        if name == "option" and not closes:
            self._options += 1
            if self._options > _MAX_OPTIONS:
                self._cut(start, end, " ")
        if name not in _ITEMS:
            return False
        before, kind = self._items[-1], _ITEMS[name]
        self._items[-1] = "" if closes else kind
        return not closes and before not in ("", kind)

    def _entered(self, name: str, start: int, end: int) -> bool:
        """An element far inside; no when there is no room for it."""
        taken = name in _GROUPS and self._only_groups(name, self.html[start:end])
        self._inner.append(taken)
        if taken:
            self._take_out(name, start, end)
            return True
        self._kept += 1
        return self._kept <= MAX_DEPTH - FLAT_DEPTH

    def _closed(self, name: str, start: int, end: int) -> None:
        if not self._inner:
            self._depth -= 1
        elif self._inner.pop():
            self._take_out(name, start, end)
        else:
            self._kept -= 1

    def _take_out(self, name: str, start: int, end: int) -> None:
        beside = bool(self.cuts) and self.cuts[-1][1] == start
        self._cut(start, end, "" if beside or name in _IN_LINES else "<br>")

    def _cut(self, start: int, end: int, instead: str) -> None:
        """Take out a whole tag."""
        while self.cuts and self.cuts[-1][0] > start:
            self.cuts.pop()  # a value in it
        self.cuts.append((start, end, instead))
        self.loss = self.loss or "html_flattened"

    def _only_groups(self, name: str, tag: str) -> bool:
        """Would nothing change for its words without this element, as far as styles go?"""
        if not (sheet := self._styles()):
            return _STYLED.search(tag) is None
        return len(tag) == len(name) + 2 and _names(sheet).isdisjoint((name, ">", "+", "~", ":"))

    def _styles(self) -> str:
        """All that lies between the first style sheet and the last."""
        if self._sheet is None:
            found = self.html.lower()
            self._sheet = found[found.find("<style") :] if "<style" in found else ""
            if "</style" in self._sheet:
                self._sheet = self._sheet[: self._sheet.rindex("</style")]
        return self._sheet

    def _end_of_tag(self, start: int, end: int) -> tuple[int, str]:
        """Where the tag whose name ends at ``start`` ends, or what is wrong with it."""
        html, attributes, at = self.html, 0, start
        while (mark := _IN_TAG.search(html, at, end)) is not None:
            attributes += len(_GAPS.findall(html, at, mark.start()))
            at = mark.end()
            if mark.group() == ">":
                break
            attributes += 1
            closing = html.find(mark.group()[-1], at, end)
            at = closing + 1 if closing >= 0 else end
            if attributes > 2 * MAX_ATTRIBUTES or at - start > MAX_TAG:
                break
        else:
            attributes += len(_GAPS.findall(html, at, min(end, at + MAX_TAG)))
            at = end
        if at - start > MAX_TAG:
            tag = shortened(html, start, end, _asked_about(self._styles()))
            self.cuts += tag.cuts
            self.loss = "html_value_too_long" if tag.loses else self.loss
            return tag.end, tag.problem
        # A quoted value counts once for its name's blank and once for itself.
        return at, "html_too_many_attributes" if attributes > 2 * MAX_ATTRIBUTES else ""


def _end_of_names(html: str, end: int) -> int:
    """Where the tag begins with which there are too many different names; ``end`` when there is none."""
    names: set[str] = set()
    for tag in _TAG.finditer(html, 0, end):
        if tag[2] is None:
            continue
        stop = tag.end()
        if tag[3] is None and (rest := _REST.match(html, tag.end(2), min(end, tag.end(2) + MAX_TAG))) is not None:
            stop = rest.end()
        names.add(tag[2])
        names.update(_ATTRIBUTE.findall(html, tag.end(2), stop))
        if len(names) > MAX_NAMES:
            return tag.start()
    return end


@lru_cache(maxsize=2)
def _names(sheet: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(sheet[:MAX_HTML]))


@lru_cache(maxsize=2)
def _asked_about(sheet: str) -> frozenset[str]:
    return frozenset(_ASKED_ABOUT.findall(sheet))
