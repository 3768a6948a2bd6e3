"""Quoted history and signatures: which lines of a mail are new text.

History begins at a separator, a header block or an attribution ("On … wrote:"), or it is marked, by ``>`` or by the
element it stands in. Unmarked history goes on to the end of the text. Where the writer answers between marked lines,
the line before each answer stays. A forward is new to its reader and stays whole, as does a text that would be nothing
but history.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from mailmcp.language.folding import folded
from mailmcp.mail.history import answers, attributions, headerblocks, quotewords, signatures
from mailmcp.mail.history.divisions import Division, Kept, Role, division_of
from mailmcp.mail.history.quotelines import Lines, Spans, lines_of

MAX_TEXT = 1024 * 1024
MAX_LINES = 20_000
_MAX_CITED = 8
_MAX_FIELDS = 4
_MAX_HEAD = 8
_DATED = re.compile(r"[\d@]")
_ADDRESS = re.compile(r"\S@\S")
_WRAPPED_AT = 72
_FENCE = "```"
_LEAST_BROKEN, _WIDEST_BROKEN = 3, 78
_FORWARD_SUBJECT = re.compile(
    rf"(?:\s*\[[^\[\]:]{{1,30}}\])?\s*\[?"
    rf"(?:{'|'.join(re.escape(folded(word)) for word in quotewords.entries(quotewords.FORWARD_SUBJECTS))})\s*[:：]"
)
_FRA = re.compile(r"\b(?:Fra|FRA)\s?:")
_IN_BRACKETS = re.compile(r"[(<\[]\s*https?://[^\s<>]{1,2000}\s*[>)\]]?[\s>)\]]*\Z")


def is_forward(subject: str, text: str = "") -> bool:
    """Does the subject say that the mail was forwarded ("Fwd:" and its kin)?

    "VS:" is a forward in Danish and Norwegian, an answer in Finnish: there the text decides.
    """
    start = folded(subject[:40])
    if start.lstrip().startswith("vs:"):
        return _FRA.search(text[:MAX_TEXT]) is not None
    return _FORWARD_SUBJECT.match(start) is not None


def divided(
    text: str, spans: Spans | None = None, *, opens: bool = False, delimiters: Collection[int] = ()
) -> Division:
    """Divide a text into what is new, what is quoted and what is the signature; never nothing new.

    ``opens`` says that the mail answers none: then marks alone make no history, and below a header it is a forward.
    ``delimiters`` are the offsets of lines that were two dashes and a blank (RFC 3676 §4.3).
    """
    if len(text) > MAX_TEXT or text.count("\n") >= MAX_LINES:
        return Division((Kept(0, len(text), False, False, 0),))
    lines = lines_of(text, spans or Spans(), html=spans is not None, delimiters=delimiters)
    reading = _Reading(lines, [Role.NEW] * len(lines.texts), opens)
    if not lines.is_one_citation():
        reading.read()
        if not opens:
            answers.show_inserted(lines, reading.roles)
    if not any(role is Role.NEW and words for role, words in zip(reading.roles, lines.texts, strict=True)):
        return Division((Kept(0, len(text), False, False, 0),))
    return division_of(lines, reading.roles)


@dataclass(slots=True)
class _Block:
    """A run of quoted lines."""

    first: int
    last: int
    headed: bool
    """An attribution stands over it (or it is the container of a mail program)."""


@dataclass(slots=True)
class _Reading:
    lines: Lines
    roles: list[Role]
    opens: bool
    """The mail answers none."""
    blocks: list[_Block] = field(default_factory=list[_Block])
    headed: bool = False
    """The attribution over the next quoted lines was seen."""
    forwarded: bool = False
    deepest: int = 0
    """How deeply the lines so far were quoted."""

    def read(self) -> None:
        """Give every line its role."""
        at, size = 0, len(self.lines.texts)
        lowest = 0  # where an attribution may begin
        while at < size:
            if self.lines.depths[at]:
                # Under an attribution it is the forward that is answered.
                if not self.blocks and not self.headed and self._forwards(at):
                    break
                at = lowest = self._block(at)
            elif not self.lines.texts[at]:
                at += 1
            elif self.lines.texts[at].startswith(_FENCE):
                at = lowest = self._after_fence(at)
            elif at in self.lines.citation_ends and self._is_history(at):
                end = self.lines.citation_ends[at]
                self._quote(at, end)
                self.blocks.append(_Block(at, end, True))
                self.headed, at, lowest = False, end, end
            elif self._forwards(at):
                break
            else:
                first, after = self._head(at, lowest)
                if self.forwarded:
                    break
                if after < 0:
                    at += 1
                    continue
                self._quote(self._with_rule(first, lowest), after)
                if after == size:
                    break
                at = lowest = after
                self.headed = True
        self._sign()
        self._keep_answered()

    def _after_fence(self, at: int) -> int:
        """After the fence that closes the block of code whose fence this is: nothing in it begins history."""
        for number in range(at + 1, len(self.lines.texts)):
            if self.lines.depths[number]:
                break
            if self.lines.texts[number].startswith(_FENCE):
                return number + 1
        return at + 1

    def _forwards(self, at: int) -> bool:
        """Does the line say that a forwarded mail follows?"""
        self.forwarded = self.lines.depths[at] < 2 and headerblocks.is_forward(self.lines.texts[at])
        return self.forwarded

    def _quote(self, first: int, after: int) -> None:
        self.roles[first:after] = [Role.QUOTED] * (after - first)

    def _block(self, first: int) -> int:
        """Quoted lines from ``first`` on, with the empty lines and torn ends of lines between them."""
        depths, texts = self.lines.depths, self.lines.texts
        last = at = first
        deepest = max(self.deepest, depths[first])
        while at < len(texts):
            if depths[at]:
                if not texts[at - 1] and at > first and depths[at] > max(2, deepest + 1):
                    break
                last, deepest = at, max(deepest, depths[at])
            elif texts[at] and not self._is_torn(at):
                break
            at += 1
        headed = self.headed or self.lines.marked_by_html or self._begins_headed(first, last)
        self.headed = False
        if self.lines.html and not headed and first == last and not self.blocks:
            # "> Confirm": on a page an arrow, not a quote.
            return last + 1
        least = min(depth for depth in depths[first : last + 1] if depth)
        if not headed and (self._is_cited(first, last) or least > max(2, self.deepest + 1)):
            # Quotes grow by one mark at a time: without shallower ones ">>> " is a prompt, or another sign.
            return last + 1
        self.deepest = deepest
        self._quote(first, last + 1)
        self.blocks.append(_Block(first, last + 1, headed))
        return last + 1

    def _is_cited(self, first: int, last: int) -> bool:
        """Does the writer cite a few lines, or set a note apart? No attribution stands there, or they would be headed.

        Where history came before it a colon has to say so; at the end of an answer it is one line at most.
        """
        before, depths = self.lines.before[first], self.lines.depths
        if any(depth > 1 for depth in depths[first : last + 1]):
            return False
        if before < 0:
            return self.opens and self.lines.following[last + 1] < len(depths)
        introduced = depths[before] == 0 and self.lines.texts[before].endswith((":", "："))
        if last - first >= _MAX_CITED and not self.opens:
            return False
        closes = last > first and self.lines.following[last + 1] >= len(depths)
        return introduced or (not self.blocks and (self.opens or not closes))

    def _begins_headed(self, first: int, last: int) -> bool:
        """Is the attribution or separator itself marked, as Apple's programs do?"""
        texts = self.lines.texts
        return any(
            attributions.first_line(texts, number, first, marked=True) >= 0
            or headerblocks.is_separator(texts[number], texts[number + 1])
            for number in range(first, min(first + 4, last))
        )

    def _is_torn(self, at: int) -> bool:
        """Is it the end of a quoted line that a program on the way broke off?"""
        texts, depths = self.lines.texts, self.lines.depths
        if at + 1 >= len(texts) or not depths[at - 1] or not depths[at + 1]:
            return at + 1 < len(texts) and depths[at - 1] > 0 and _IN_BRACKETS.match(texts[at]) is not None
        text = texts[at]
        if _IN_BRACKETS.match(text):
            return True
        before = texts[at - 1]
        width = self.lines.ends[at - 1] - self.lines.raws[at - 1] + len(text.split(" ", 1)[0])
        return text[:1].islower() and not before.endswith(("?", "!", ":")) and width > _WRAPPED_AT - 2

    def _head(self, at: int, lowest: int) -> tuple[int, int]:
        """The lines, from first to after, of what begins history at (or ends with) line ``at``; after is -1 if nothing.

        Where unmarked history follows, all is history: then ``after`` is the end of the text.
        """
        texts, size = self.lines.texts, len(self.lines.texts)
        text = texts[at]
        following = self.lines.following[at + 1]
        below = texts[following] if following < size else ""
        above = texts[self.lines.before[at]] if self.lines.before[at] >= 0 else ""
        if (end := self._header_ends(at, above)) >= 0:
            # Who answers nobody hands on what stands below, which its reader has from nowhere else.
            self.forwarded = self.opens
            return at, self._end_below(end)
        if self.lines.before[at] >= 0 and headerblocks.asks_to_write_above(text):
            return at, size
        if below in (":", "："):  # French and its kin have a blank before it, where lines are broken
            following = self.lines.following[following + 1]
        marked = following < size and (self.lines.depths[following] > 0 or following in self.lines.citation_ends)
        first = attributions.first_line(texts, at, lowest, marked=marked)
        if first < 0 and marked:
            first = self._stamped(at, lowest)
        # Without marks or dashes a mail that answers none has history only of somebody whose address is named.
        needed = _DATED if marked or texts[first].startswith("--") else _ADDRESS
        if first >= 0 and marked and self._is_epigraph(first, at, following):
            return at, -1
        if first >= 0 and not (self.opens and needed.search(" ".join(texts[first : at + 1])) is None):
            return first, (following if marked else size)
        if self._signs_over_history(at, following):
            self.roles[at] = Role.SIGNATURE
            return following, size
        return at, -1

    def _is_epigraph(self, first: int, at: int, following: int) -> bool:
        """Is it a citation: the last blockquote of a page, bare, within its text, and its head has no date or address?

        No program heads so what it quotes.
        """
        citations, texts = self.lines.citation_ends, self.lines.texts
        if following not in citations or self.lines.depths[following] or following != next(reversed(citations)):
            return False
        within = self.lines.before[first] >= 0 and self.lines.following[citations[following]] < len(texts)
        return within and _DATED.search(" ".join(texts[first : at + 1])) is None

    def _header_ends(self, at: int, above: str) -> int:
        """Where the title or the header block (or both) of an old mail ends that begins with line ``at``; -1: none.

        ``above`` is the last line with words before it.
        """
        texts, size = self.lines.texts, len(self.lines.texts)
        following = self.lines.following[at + 1]
        below = texts[following] if following < size else ""
        separates = headerblocks.is_separator(texts[at], below, texts[at - 1] if at else "", known=True)
        if following < size and (separates or headerblocks.is_rule(texts[at])):
            end = headerblocks.block_ends(texts, following, ruled=True, above="" if separates else above)
            if end >= 0 or separates:
                return end if end >= 0 else self._attributed(following)
        if separates:
            return size
        end = headerblocks.titled_block_ends(texts, at, following)
        return end if end >= 0 else headerblocks.block_ends(texts, at, above=above)

    def _stamped(self, at: int, lowest: int) -> int:
        """Where the lines begin right over the first quote that name its writer and the minute, but end unlike others.

        -1 when none do.
        """
        texts = self.lines.texts
        if self.blocks or self.opens or not (self.lines.html or texts[at + 1]):
            return -1
        if attributions.is_stamp(texts[at]):
            return at
        above = at - 1
        apart = above > lowest and not texts[above - 1] and texts[above] != ""
        return above if apart and attributions.is_stamp(f"{texts[above]} {texts[at]}") else -1

    def _attributed(self, at: int) -> int:
        """Where an attribution or other lines over marks end under a separator; the line itself if there are none."""
        texts, depths = self.lines.texts, self.lines.depths
        for number in range(at, min(at + 3, len(texts) - 1)):
            if attributions.first_line(texts, number, at, marked=True) >= 0:
                return number + 1
        end = at
        while end < len(texts) and texts[end] and not depths[end] and end - at < _MAX_HEAD:
            end += 1
        return end if end < len(texts) and depths[end] else at

    def _end_below(self, after: int) -> int:
        """Where history ends whose head ends before ``after``: there, when marks say which lines below it are quoted.

        On a page the old mail may itself begin with what it answers.
        """
        following, size = self.lines.following[after], len(self.lines.texts)
        return following if following < size and self.lines.depths[following] and not self.lines.html else size

    def _signs_over_history(self, at: int, following: int) -> bool:
        """A telephone's signature that stands alone, over lines that no telephone breaks: those were answered.

        What people type below it is a line for each paragraph, or was broken at the width of a mail.
        """
        texts = self.lines.texts
        if following >= len(texts) or following == at + 1 or at == 0 or texts[at - 1] or self.lines.depths[following]:
            return False
        broken = texts[following : following + _LEAST_BROKEN]
        if len(broken) < _LEAST_BROKEN or min(map(len, broken)) <= _WIDEST_BROKEN:
            return False
        return self.lines.before[at] >= 0 and signatures.is_sent_from(texts[at])

    def _is_history(self, first: int) -> bool:
        """Is the bare blockquote that begins here history? After an attribution, or as the last thing of the mail."""
        texts = self.lines.texts
        if self.headed or (self.blocks and self.blocks[0].headed):
            return True
        if self.opens or first in self.lines.inserted:
            return False
        before = self.lines.before[first]
        introduced = before >= 0 and texts[before].endswith((":", "："))
        return before >= 0 and not introduced and self.lines.following[self.lines.citation_ends[first]] >= len(texts)

    def _with_rule(self, first: int, lowest: int) -> int:
        """The rule over a head belongs to it, lines with header fields that Yandex puts between the two, and the author
        above the first field that is known."""
        texts = self.lines.texts
        if first > lowest and headerblocks.names_author(texts[first - 1], texts[first]):
            first -= 1
        above = self.lines.before[first]
        while lowest < above and first - above <= _MAX_FIELDS and headerblocks.field_of(texts[above]) is not None:
            above -= 1
        return above if above >= lowest and headerblocks.is_rule(texts[above]) else first

    def _sign(self) -> None:
        """Signatures: before history, and at the end. A forward keeps that of the forwarded mail, and its own."""
        if self.forwarded:
            return
        texts, roles = self.lines.texts, self.roles
        for number in self.lines.signed:
            if roles[number] is Role.NEW:
                roles[number] = Role.SIGNATURE
        runs = self._runs()
        for place in {0, len(runs) - 1} if runs else ():
            first, end = runs[place]
            found = list(signatures.spans(texts, first, end, self.lines.delimiters))
            whole = sum(stop - start for start, stop in found) >= end - first
            if whole and len(runs) == 1 and not any(texts[:first]):
                continue
            for start, stop in found:
                roles[start:stop] = [Role.SIGNATURE] * (stop - start)
        for number in self.lines.signed:
            if roles[number] is Role.SIGNATURE:
                after = signatures.postscript_ends(texts, number, len(texts))
                roles[number:after] = [Role.NEW] * (after - number)

    def _runs(self) -> list[tuple[int, int]]:
        """Runs of new lines, from their first words to after their last."""
        runs: list[tuple[int, int]] = []
        first = last = -1
        for number, (role, text) in enumerate(zip(self.roles, self.lines.texts, strict=True)):
            if role is not Role.NEW:
                if first >= 0:
                    runs.append((first, last + 1))
                first = -1
            elif text:
                first = number if first < 0 else first
                last = number
        if first >= 0:
            runs.append((first, last + 1))
        return runs

    def _keep_answered(self) -> None:
        """Keep the line before each answer; an answer under all of the history needs none."""
        answered = [block for block in self.blocks if self._is_answered(block)]
        if len(self.blocks) == 1 and answered and answered[0].headed:
            return
        for block in answered:
            answers.keep_last(self.lines, self.roles, block.first, block.last)

    def _is_answered(self, block: _Block) -> bool:
        at = self.lines.following[block.last]
        return at < len(self.roles) and self.roles[at] is Role.NEW
