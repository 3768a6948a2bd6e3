"""Words round numbers, in many languages: which of them say "code", "verify", "order", "voucher", …

Notation of the lists: words are parted by blanks, ``_`` inside a word is a blank of the phrase, a leading or trailing
``|`` is a word boundary (``|pin|`` is not in "shopping"; without it compounds match: ``kod`` in "Einmalkode"). A line
that begins with ``#`` says of which script the words below it are. Within a script they are sorted, boundary signs
aside. Both the lists and the text are folded: lower case, compatibility forms, no accents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from mailmcp.language.folding import folded
from mailmcp.mail.onetime import codewords_negative, codewords_occasions, codewords_positive, codewords_trade


class Kind(IntEnum):
    """What a word says about a number near it."""

    CODE = 0
    """A noun for code, PIN, password."""
    VERIFY = 1
    """Verification, sign-in, security."""
    OTP = 2
    """Both in one word: passcode, OTP, TAN, 验证码."""
    CUE = 3
    """What is said round one-time codes: expires, minutes, do not share, enter."""
    OTHER = 4
    """A label of another number: order, invoice, tracking, phone, postal code."""
    GIFT = 5
    """Voucher, promotion, discount: their codes look like ours."""
    ROOM = 6
    """Conferences, calls, wireless networks: their PINs look like ours."""
    NOTHING = 7
    """A longer phrase that takes the meaning from a word in it ("in order to")."""
    NUMBER = 11
    """Just "number": says little, but a code is seldom called so."""
    OLD = 12
    """Previous, replaced: the code that no longer counts."""
    ENTER = 13
    """Enter, type, use: with words of verification what it asks for is a code."""
    CALL = 14
    """What only an invitation to a call says: meeting id, dial-in."""
    QUALIFIER = 15
    """Customer, payment, prescription: only right beside "code" it says which code it is."""
    SECRET = 16
    """Password: named in many mails that hold no code."""
    SCREEN = 17
    """Where a code is typed: page, app, field."""
    KEEP = 18
    """Tell nobody: said of codes that let somebody in."""
    SOON = 19
    """Minutes: so short lives no voucher."""
    YOURS = 20
    """"Your code"."""
    FIGURES = 21
    """Digits, letters: what a code is called where it is not called a code."""
    IGNORE = 22
    """Not asked for: ignore this."""
    FRAUD = 23
    """Scams: mails that warn of them speak of codes."""
    NOTICE = 24
    """Something has happened: changed, turned on, a reminder."""
    TRADE = 25
    """Orders, stays, journeys, appointments: they name no number, but say what the mail is about."""
    SAMPLE = 26
    """"For example", "looks like this": what follows is shown, not given."""
    HEADING = 27
    """The subject line, where the code may be alone."""
    TELL = 28
    """To be shown or told to somebody: a ticket, a code for a courier."""
    ACTION = 8
    """What a link is pressed for: confirm, reset, accept, join."""
    AGAINST = 9
    """What a link is pressed for that signs nobody in: unsubscribe, shop, help."""
    NOT_YOU = 10
    """"It was not you": a notice, not a request."""


class Hit(NamedTuple):
    """A word found: where it stands in the folded text."""

    kind: Kind
    start: int
    end: int


_CONTEXT = frozenset(
    (Kind.FIGURES, Kind.IGNORE, Kind.FRAUD, Kind.NOTICE, Kind.TRADE, Kind.SAMPLE, Kind.HEADING, Kind.TELL),
)
"""What is said beside other kinds: such words hide no word in them, and none at the same place."""

_Row = tuple[str, bool, list[Kind], bool]
"""A word, whether it must end where it ends, what it says, and whether it hides the words in it."""
_Rows = dict[str, list[_Row]]

_LETTERS = re.compile(r"[^\W\d_]+")
_KEY = 4
_BEYOND = 3
_MAX_KNOWN = 20_000
_MAX_RUN = 24


class _Place(NamedTuple):
    """Where in a run of letters words of the lists may begin, longest first."""

    offset: int
    beyond: _Rows
    """Phrases that go on for three characters and more behind the run, by these."""
    rows: list[_Row]
    """Those that go on for less, and the words inside the run."""


class _Index:
    """Words by their first four letters, shorter ones (many of them ideographs) by all they have.

    What begins in a run of letters is found once and kept: mails are made of the same few thousand runs.
    """

    def __init__(self, kinds: dict[str, list[Kind]]) -> None:
        self._initial: _Rows = {}
        """At the beginning of a run."""
        self._inner: _Rows = {}
        """Inside a run, too."""
        self._phrases: _Rows = {}
        """Longer than the run they begin with, by this run."""
        self._inner_phrases: _Rows = {}
        self._seconds: dict[str, set[str]] = {}
        """What may follow a first letter inside a run."""
        self.known: dict[str, tuple[_Place, ...]] = {}
        """The places of the runs that were seen."""
        odd: dict[str, set[str]] = {}
        for word, of_word in kinds.items():
            core = word.strip("|")
            row = (core, word[-1] == "|", of_word, not _CONTEXT.issuperset(of_word))
            self._initial.setdefault(core[:_KEY], []).append(row)
            run = _LETTERS.match(core)
            first = run.end() if run else 1
            whole, inner = (self._initial, self._inner) if first == len(core) else (self._phrases, self._inner_phrases)
            key = core[:_KEY] if first == len(core) else core[:first]
            whole.setdefault(key, []).append(row)
            if word[0] != "|":
                inner.setdefault(key, []).append(row)
                self._seconds.setdefault(core[0], set()).add(core[1:2] if first > 1 else "")
            if not run:
                odd.setdefault(core[0], set()).add(core[1:2])
        for rows in (self._initial, self._inner, self._phrases, self._inner_phrases):
            for some in rows.values():
                some.sort(key=_length, reverse=True)
        begins = (
            re.escape(first) + ("" if "" in seconds else f"(?=[{re.escape(''.join(seconds))}])")
            for first, seconds in odd.items()
        )
        self.runs = re.compile("|".join((r"[^\W\d_]+", *begins)))
        """Letters in a row, or what else a word begins with."""

    def places(self, run: str, before: str) -> tuple[_Place, ...]:
        """Where words may begin in a run that stands behind a character."""
        if not run[0].isalpha():
            return tuple(self._found(run, before.isalpha()))
        found = tuple(self._found(run, False))
        if len(run) <= _MAX_RUN:
            if len(self.known) >= _MAX_KNOWN:
                self.known.clear()
            self.known[run] = found
        return found

    def _found(self, run: str, inside: bool) -> Iterator[_Place]:
        last = len(run) - 1
        for at, letter in enumerate(run):
            initial = not inside if not at else not run[at - 1].isalpha()
            if not initial:
                seconds = self._seconds.get(letter)
                if seconds is None or not ("" in seconds or at == last or run[at + 1] in seconds):
                    continue
            words, phrases = (self._initial, self._phrases) if initial else (self._inner, self._inner_phrases)
            rest = run[at:]
            keys = {rest[:size]: None for size in range(_KEY, 0, -1)}
            within = [row for key in keys for row in words.get(key, ()) if rest.startswith(row[0])]
            longer = phrases.get(rest, ())
            if not (within or longer):
                continue
            beyond: _Rows = {}
            for row in longer:
                if len(row[0]) >= len(rest) + _BEYOND:
                    beyond.setdefault(row[0][len(rest) : len(rest) + _BEYOND], []).append(row)
            ahead = [row for row in longer if len(row[0]) < len(rest) + _BEYOND]
            yield _Place(at, beyond, ahead + within)


class Lexicon:
    """Lists of words by kind, and where they are in a folded text.

    The words of ASCII letters are indexed when the first text is read, all others when the first that is not ASCII is.
    """

    def __init__(self, *lists: tuple[Kind, str]) -> None:
        self._lists = lists
        self._of_ascii: _Index | None = None
        self._of_all: _Index | None = None

    def hits(self, text: str) -> list[Hit]:
        """The words in a folded text, in order; at one place the longest wins. Linear."""
        found: list[Hit] = []
        skip = 0
        index = self._index(text)
        known, places = index.known.get, index.places
        for match in index.runs.finditer(text):
            run = match[0]
            some = known(run)
            if some is None:
                some = places(run, text[max(0, match.start() - 1) : match.start()])
            if not some:
                continue
            for offset, beyond, rows in some:
                at = match.start() + offset
                if at < skip:
                    continue
                if beyond and (more := beyond.get(text[match.end() : match.end() + _BEYOND])):
                    rows = more + rows
                if end := _longest(text, at, rows, found):
                    skip = end
        return found

    def _index(self, text: str) -> _Index:
        if text.isascii():
            if self._of_ascii is None:
                self._of_ascii = self._of_all or _Index(self._words(ascii_only=True))
            return self._of_ascii
        if self._of_all is None:
            self._of_all = _Index(self._words(ascii_only=False))
        return self._of_all

    def _words(self, ascii_only: bool) -> dict[str, list[Kind]]:
        kinds: dict[str, list[Kind]] = {}
        for kind, words in self._lists:
            for line in words.splitlines():
                if line.startswith("#"):
                    continue
                for entry in line.split():
                    of_word = kinds.setdefault(folded(entry).replace("_", " "), [])
                    if kind not in of_word:
                        of_word.append(kind)
        if ascii_only:
            return {word: of_word for word, of_word in kinds.items() if word.isascii()}
        return kinds


class Endings:
    """Words that stand right before something."""

    def __init__(self, words: str) -> None:
        entries = " ".join(line for line in words.splitlines() if not line.startswith("#")).split()
        self._bounded = {folded(entry).replace("_", " ").strip("|"): entry[0] == "|" for entry in entries}
        self._words = tuple(self._bounded)

    def closes(self, text: str) -> bool:
        """Does a folded text end with one of the words?"""
        if not text.endswith(self._words):
            return False
        for word, bounded in self._bounded.items():
            before = text[-len(word) - 1 : -len(word)]
            if text.endswith(word) and not (bounded and before.isalpha()):
                return True
        return False


def _length(row: _Row) -> int:
    return len(row[0])


def _longest(text: str, at: int, rows: list[_Row], found: list[Hit]) -> int:
    """Add the longest word that stands at a place; gives where it ends, 0 when there is none."""
    told = False
    for word, ends, kinds, hides in rows:
        if not text.startswith(word, at):
            continue
        end = at + len(word)
        if ends and end < len(text) and text[end].isalpha():
            continue
        if hides or not told:
            found += [Hit(kind, at, end) for kind in kinds]
        if hides:
            return end
        told = True
    return 0


LISTS = (
    (Kind.CODE, codewords_positive.CODE),
    (Kind.VERIFY, codewords_positive.VERIFY),
    (Kind.OTP, codewords_positive.OTP),
    (Kind.SECRET, codewords_positive.UNLOCKING),
    (Kind.CODE, codewords_positive.YOURS),
    (Kind.YOURS, codewords_positive.YOURS),
    (Kind.CUE, codewords_positive.CUE),
    (Kind.SOON, codewords_positive.SOON),
    (Kind.ENTER, codewords_positive.ENTER),
    (Kind.SCREEN, codewords_positive.SCREEN),
    (Kind.KEEP, codewords_positive.KEEP),
    (Kind.FIGURES, codewords_occasions.FIGURES),
    (Kind.IGNORE, codewords_occasions.IGNORE),
    (Kind.FRAUD, codewords_occasions.FRAUD),
    (Kind.NOTICE, codewords_occasions.NOTICE),
    (Kind.SAMPLE, codewords_occasions.SAMPLE),
    (Kind.HEADING, codewords_occasions.HEADING),
    (Kind.TELL, codewords_occasions.TELL),
    (Kind.TRADE, codewords_trade.TRADE),
    (Kind.OTHER, codewords_negative.OTHER),
    (Kind.GIFT, codewords_trade.GIFT),
    (Kind.ROOM, codewords_trade.ROOM),
    (Kind.CALL, codewords_trade.CALL),
    (Kind.QUALIFIER, codewords_negative.QUALIFIER),
    (Kind.NUMBER, codewords_negative.NUMBER),
    (Kind.OLD, codewords_negative.OLD),
    (Kind.NOTHING, codewords_negative.NOTHING),
)
LABELS = Lexicon(*LISTS)
EXAMPLES = Endings(codewords_negative.EXAMPLE)
"""What makes the number right after it an example."""
ENDINGS = Endings(codewords_negative.ENDING)
"""What says that the digits right after it are the last of a number."""
ENDED = Lexicon((Kind.OLD, codewords_negative.ENDED))
"""What says so right behind them."""
SPENT = Lexicon((Kind.OLD, codewords_negative.SPENT), (Kind.NOTHING, codewords_negative.NOT_SPENT))
"""What says after a number that it no longer counts."""
