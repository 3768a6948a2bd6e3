"""The text of a mail ready for judging numbers and links in it, and what the mail as a whole is about."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from mailmcp.language.characters import ascii_digits, cleaned
from mailmcp.language.folding import folded
from mailmcp.mail.history.headerblocks import block_ends, is_forward
from mailmcp.mail.machines import repeats_subject
from mailmcp.mail.onetime.amounts import prices
from mailmcp.mail.onetime.apart import Candidate
from mailmcp.mail.onetime.candidates import masked, unmarked
from mailmcp.mail.onetime.codewords import LABELS, Kind
from mailmcp.mail.onetime.labels import named_directly
from mailmcp.mail.threads import base_subject
from mailmcp.models import Channels

MAX_TEXT = 200_000
MAX_SUBJECT = 1_000
_OPENING = 1_200
_LINE_FEED = re.compile("\n")
_HEAD = 4_000
_FIRST_LINES = 8
"""Within these begins what a forwarded mail says of itself."""

_ISSUE = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{1,9}-[0-9]{1,6}(?![\w-])")
_TICKET = re.compile(r"#\s?((?=[A-Z-]*[0-9])[A-Z0-9-]{4,16})(?![\w-])")
# "[owner/project] …", "[project - Bug #4829] …", "[desk-4829] …" and "… (PR #4829)".
_REPOSITORY = re.compile(
    r"^(?:\w{2,4}: ?){0,3}\[(?:[\w.-]{1,60}/[\w.-]{1,60}|[^\[\]]{2,80} ?#[0-9]{1,9}|[a-z][a-z_.]{2,40}-[0-9]{1,9})\] |"
    r"\((?:[A-Za-z]{1,12} )?[#!][0-9]{1,7}\)$"
)

_EVENT = re.compile(r"[A-Za-z]{3,}-?20[0-9]{2}\Z")

_SIGNING = frozenset((Kind.VERIFY, Kind.OTP))
_CODES = frozenset((Kind.CODE, Kind.OTP))
_TRADE = frozenset((Kind.OTHER, Kind.GIFT, Kind.ROOM, Kind.CALL))
_ENTERED_TOO = frozenset((Kind.GIFT, Kind.ROOM, Kind.CALL))


@dataclass(frozen=True, slots=True)
class Matter:
    """A mail's subject and visible text, and the words of subject and opening."""

    subject: str
    text: str
    """Visible text with ASCII digits, addresses blotted out, tokens without marks of emphasis."""
    shown: str
    """The same text as a person sees it; blanks stand where a forwarded mail says from whom it was."""
    breaks: list[int]
    emphasis: tuple[tuple[int, int], ...]
    subject_kinds: tuple[Kind, ...]
    opening_kinds: tuple[Kind, ...]
    issues: frozenset[str]
    """Keys of a tracker's issues that the subject shows (``PROJ-48291``); they look like codes."""
    tickets: frozenset[str]
    """What the subject shows behind a number sign ("[Request received] #482917")."""
    prices: int
    """Amounts of money and percentages in the text, at most ten."""

    @classmethod
    def of(cls, subject: str, channels: Channels) -> Matter:
        """Read a mail's channels."""
        subject = ascii_digits(" ".join(cleaned(subject[:MAX_SUBJECT])[0].split()))
        shown = _without_forward(channels.visible[:MAX_TEXT])
        text = ascii_digits(shown)
        return cls(
            subject=subject,
            text=unmarked(masked(text)),
            shown=shown,
            breaks=[-1, *(match.start() for match in _LINE_FEED.finditer(text)), len(text)],
            emphasis=channels.emphasis,
            subject_kinds=tuple(hit.kind for hit in LABELS.hits(folded(subject))),
            opening_kinds=tuple(hit.kind for hit in LABELS.hits(folded(text[:_OPENING]))),
            issues=_issues(subject),
            tickets=_tickets(subject),
            prices=prices(text),
        )

    def line_of(self, at: int) -> tuple[int, int]:
        """Start and end of the line that holds a position."""
        place = max(1, bisect_left(self.breaks, at))
        return self.breaks[place - 1] + 1, self.breaks[place]

    @property
    def repeats_subject(self) -> bool:
        """Is the subject that of the mail that this one answers?"""
        return base_subject(self.subject)[1] or repeats_subject(self.subject)

    @property
    def in_known_words(self) -> bool:
        """Did any word of subject and opening say something?"""
        return bool(self.subject_kinds or self.opening_kinds)

    @property
    def speaks_of_codes(self) -> bool:
        """Does the subject or the opening have a word for codes?"""
        return not _CODES.isdisjoint(self.subject_kinds) or not _CODES.isdisjoint(self.opening_kinds)

    @property
    def speaks_of_letters(self) -> bool:
        """Does the mail ask to enter letters (or digits), or have a word for codes?"""
        return self.speaks_of_codes or (Kind.FIGURES in self.opening_kinds and Kind.ENTER in self.opening_kinds)

    @property
    def subject_offers_code(self) -> bool:
        """Does the subject have a word for codes, and none of an order, a voucher, a door, and is it no tracker's?"""
        return (
            not self.of_repository
            and not _CODES.isdisjoint(self.subject_kinds)
            and _TRADE.isdisjoint(self.subject_kinds)
        )

    @property
    def subject_trades(self) -> bool:
        """Does the subject have a word for an order, a voucher, a door, and none for a one-time code?"""
        return Kind.OTP not in self.subject_kinds and not _TRADE.isdisjoint(self.subject_kinds)

    @property
    def speaks_of_signing_in(self) -> bool:
        """Does the subject or the opening have a word of verification, or the subject one for codes and no other?"""
        return (
            self.subject_offers_code
            or not _SIGNING.isdisjoint(self.opening_kinds)
            or self.to_be_kept_secret
            or (not _SIGNING.isdisjoint(self.subject_kinds) and _TRADE.isdisjoint(self.subject_kinds))
        )

    @property
    def to_be_kept_secret(self) -> bool:
        """Does the opening say to tell nobody?"""
        return Kind.KEEP in self.opening_kinds and Kind.KEEP not in self.subject_kinds

    @property
    def of_gifts_or_rooms(self) -> bool:
        """Do subject or opening speak of vouchers, doors or calls, whose codes are entered too?"""
        return not (_ENTERED_TOO.isdisjoint(self.subject_kinds) and _ENTERED_TOO.isdisjoint(self.opening_kinds))

    @property
    def of_a_call(self) -> bool:
        """Is it about a meeting or a call, and its subject not about signing in?"""
        kinds = set(self.subject_kinds)
        called = Kind.CALL in self.opening_kinds or not kinds.isdisjoint((Kind.ROOM, Kind.CALL))
        return called and kinds.isdisjoint(_SIGNING)

    @property
    def asks_for_it(self) -> bool:
        """Does the opening ask to enter something, or say that it expires?"""
        return Kind.ENTER in self.opening_kinds or Kind.CUE in self.opening_kinds

    @property
    def hands_over_a_code(self) -> bool:
        """Does the opening speak of a code that is entered or lives for minutes, and the mail of nothing else?"""
        kinds = self.opening_kinds
        if Kind.CODE not in kinds or self.of_gifts_or_rooms or self.trade >= 0.5:
            return False
        return Kind.ENTER in kinds or Kind.SOON in kinds

    def has_as_a_word(self, candidate: Candidate) -> bool:
        """ "real-time", "SALE-2026" as a heading: is it letters such as words have, where nothing is said of codes?"""
        wordlike = candidate.typed.islower() if candidate.shape == "letters" else _EVENT.match(candidate.typed)
        return bool(wordlike) and not (self.speaks_of_signing_in or self.hands_over_a_code)

    @property
    def of_repository(self) -> bool:
        """Is it a notice of a code host, where developers speak of codes?"""
        return _REPOSITORY.search(self.subject) is not None

    @property
    def ground(self) -> float:
        """Points for any code in this mail, from what subject and opening are about."""
        score = 0.0
        positive = sum(kind in (Kind.CODE, Kind.VERIFY, Kind.OTP) for kind in self.subject_kinds)
        if positive:
            score += 1.2 if Kind.OTP in self.subject_kinds or positive > 1 else 0.8
        if not _TRADE.isdisjoint(self.subject_kinds):
            score -= 0.5
        if self.of_repository:
            score -= 6.0  # developers who speak of codes
        elif self.issues:
            score -= 2.0
        if "%" in self.subject:
            score -= 1.5
        count = self.opening_kinds.count
        score += min(1.2, 0.5 * count(Kind.OTP) + 0.25 * (count(Kind.VERIFY) + count(Kind.CODE)))
        score += min(0.6, 0.3 * count(Kind.CUE))
        if self.to_be_kept_secret:
            score += 0.4
        score -= min(0.9, 0.15 * count(Kind.OTHER))
        score -= min(2.5, 0.8 * count(Kind.GIFT))
        score -= min(2.0, count(Kind.ROOM)) + min(6.0, 5.0 * count(Kind.CALL))
        if not self.in_known_words:
            score += 0.5  # a language without words here: only the layout tells
        elif not positive and {Kind.OTP, Kind.VERIFY, Kind.CUE, Kind.KEEP}.isdisjoint(self.opening_kinds):
            score -= 1.0  # nothing speaks of signing in
        if len(self.text) < 700:
            score += 0.5
        return score

    @property
    def trade(self) -> float:
        """How much the mail speaks of orders, bookings, vouchers, doors rather than of signing in; 0 to about 5."""
        score = 0.0
        kinds = self.subject_kinds
        if self.subject_trades:
            # "Order confirmed" confirms no address.
            score += 1.5 if kinds.count(Kind.VERIFY) == 1 else 0.9
            if Kind.CODE in kinds:
                score -= 0.5
        count = self.opening_kinds.count
        score += min(1.2, 0.3 * max(0, count(Kind.OTHER) - 2)) + min(1.6, 0.8 * count(Kind.GIFT))
        score += min(1.6, 0.8 * count(Kind.ROOM))
        return score + (1.2 if self.prices >= 2 else 0.0)


def _issues(subject: str) -> frozenset[str]:
    """The keys of issues in a subject: not what is named a code, nor what opens it as codes do ("AB-482913 is …")."""
    found: set[str] = set()
    for match in _ISSUE.finditer(subject):
        opens = match.start() == 0 and subject[match.end() : match.end() + 1] == " "
        if opens and len(match.group().partition("-")[2]) >= 5:
            continue
        if not named_directly(subject, match.start()):
            found.add(match.group())
    return frozenset(found)


def _tickets(subject: str) -> frozenset[str]:
    """Numbers behind a number sign in a subject, but "Your code #482913"."""
    found = [match[1] for match in _TICKET.finditer(subject) if not named_directly(subject, match.start())]
    return frozenset((*found, *(one.replace("-", "") for one in found)))


def _without_forward(shown: str) -> str:
    """A text that begins with the header block of a forwarded mail, with blanks for that block; the length stays."""
    lines = shown[:_HEAD].split("\n")
    ruled = False
    for place, line in enumerate(lines[:_FIRST_LINES]):
        if is_forward(line):
            ruled = True
        elif ":" in line or "：" in line:
            end = block_ends(lines, place, ruled=ruled)
            if end > 0:
                length = sum(map(len, lines[:end])) + end - 1
                return "\n".join(" " * len(one) for one in lines[:end]) + shown[length:]
    return shown
