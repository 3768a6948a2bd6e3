"""The line over a quote: "On … wrote:" and its kin, in many languages, with dates in any order, folded or not.

A verb of writing, a date and an address are what such a line is made of; which of them must be there depends on what
follows: under quote marks less is enough than over unmarked text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from mailmcp.language.folding import folded
from mailmcp.mail.history import quotewords

MAX_LINE = 400
_MAX_FOLDS = 4

_TIME = re.compile(
    r"\d{1,2}\s?[:.h時时點点시]\s?\d{2}(?!\d)|\d{1,2}\s?(?:am|pm|a\.m\.|p\.m\.|uhr|時|时|點|点|시)(?!\w)", re.I
)
_DAY = re.compile(
    r"(?<!\d)(?:(?:19|20|25)\d\d|1[34]\d\d|[٢۲१২]\d{3}|[۱]\d{3})(?!\d)|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2}"
)
_ADDRESS = re.compile(r"[^\s@<>(\[]@[^\s@]")
_WHOLE_ADDRESS = re.compile(r"[^\s@<>(\[]{1,100}@[^\s@<>)\]]{1,200}")
_BRACKETED = re.compile(r"<[^<>]{0,200}>|\([^()]{0,200}\)|\[[^\[\]]{0,200}\]")
_BRACKETED_ADDRESS = re.compile(r"[<(\[][^<>()\[\]]{0,200}@")
_LEADING = " \t*_>-–—=«\"'\u200e\u200f\u202a\u202b\u2066\u2067"
_OTHER_MARKS = "|}%#"
"""With which few programs quote: a line behind one stands in a quote itself, and above nothing else."""
_TRAILING = " :：\u202c\u200f\u200e"
_ENDS_SENTENCE = (".", "!", "?", "…", ":", "。", "！", "？", "；", ";")
_COLONS = (":", "：", "៖", "፦", "։", "՝", "−")  # of Khmer, Ethiopic, Armenian and Burmese attributions, too
_DASHED = re.compile(r"[-–—_]{2,20}\s{0,3}[^\s-][^\n]{0,380}?[^\s-]\s{0,3}[-–—_]{2,20}:?$")
_GOES_ON = re.compile(r"[:：]\s+(?=\S)")
_DIGIT = re.compile(r"\d")
_MAX_STAMP, _MOST_LOWER = 160, 6
_MAX_ABBREVIATION = 3
# A bracket or an address that goes on in the next line.
_UNCLOSED = re.compile(r"[(<][^\s()<>][^()<>]{0,120}\Z")
_MAX_UNCLOSED = 130
_MAX_WEEKDAY = 5
"""Letters of the name of a weekday before a full stop."""
_MAX_UNOPENED = 120
"""Characters of an attribution that begins with a name."""
_RUN_ON = re.compile(r"[-–—_]{2,20}\s?(?=\w)|[.!?…。]\s+(?=\w)")


def _alternatives(words: list[str]) -> str:
    """Longest first. Scripts that put no blanks between words, or case endings behind them, have no boundaries."""
    spaced = [word for word in words if not _unspaced(word)]
    joined = [word for word in words if _unspaced(word)]
    sides = [rf"(?<![^\W\d_])(?:{_any(spaced)})(?![^\W_])"] if spaced else []
    return "|".join([*sides, *([_any(joined)] if joined else [])])


def _any(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


def _unspaced(word: str) -> bool:
    first = word[0]
    return (
        "\u0e00" <= first <= "\u0eff"
        or "\u1000" <= first <= "\u109f"
        or "\u1100" <= first <= "\u11ff"
        or ("\u1780" <= first <= "\u17ff" or first >= "\u2e80")
    )


_VERBS = [folded(word) for word in quotewords.entries(quotewords.WROTE)]
_WROTE = re.compile(_alternatives(_VERBS))
_VERB_WORDS = frozenset(word for verb in _VERBS for word in verb.split())
_LAST_WORDS = frozenset(verb.split()[-1] for verb in _VERBS)
_OPENER = re.compile(rf"(?:{_any([folded(word) for word in quotewords.entries(quotewords.OPENERS)])})(?=[\s,.:\d]|$)")
_CITED = re.compile(rf"(?:{_any([folded(word) for word in quotewords.entries(quotewords.CITED)])})(?=\s)")


def first_line(texts: Sequence[str], end: int, lowest: int, *, marked: bool) -> int:
    """The first line of the attribution that ends with line ``end``, at least ``lowest``; -1 when none ends there.

    ``marked`` says that what follows is quoted visibly.
    """
    if not _may_end(texts[end]) or (not marked and texts[end][0] in _OTHER_MARKS):
        return -1
    joined = ""
    best = -1
    for number in range(end, max(lowest, end - _MAX_FOLDS + 1) - 1, -1):
        text = texts[number]
        if not text or len(joined) + len(text) > MAX_LINE:
            break
        if number < end and (text.endswith((":", "：")) or (best >= 0 and _ends_sentence(text))):
            break
        before, joined = joined, f"{text} {joined}".rstrip()
        if best >= 0 and _is_complete(before) and not _begins_like_one(text):
            continue
        strength = _strength(joined, marked=marked)
        better = strength == 2 and not (_is_complete(before) and _begins_like_one(before))
        if better or (strength and best < 0):
            best = number
    return _extended(texts, best, end, lowest, marked)


def _extended(texts: Sequence[str], first: int, end: int, lowest: int, marked: bool) -> int:
    """Where the name comes first, the line that ends it may pass for a whole one: ``… <ann@…>`` and ``10:00:``."""
    while first > lowest and end - first < _MAX_FOLDS - 1:
        above, joined = texts[first - 1], " ".join(texts[first : end + 1])
        if not above or len(above) + len(joined) > MAX_LINE or above.endswith((":", "!", "?")):
            break
        if not (joined[:1] == "<" and not _ends_sentence(above)) and not _UNCLOSED.search(above[-_MAX_UNCLOSED:]):
            verb = _WROTE.search(folded(joined)) is not None
            torn = joined[:1].islower() or joined[:1].isdigit() or joined[:1] in "(<+上下週周오" or not verb
            torn = torn or folded(joined).strip(_TRAILING) in _VERBS
            named = _ADDRESS.search(above) or _WROTE.search(folded(above))
            if (verb and _ADDRESS.search(joined)) or not torn or not named:
                break
        if not _strength(f"{above} {joined}", marked=marked):
            break
        first -= 1
    return first


def _ends_sentence(text: str) -> bool:
    """Does a sentence end with the line, and not an abbreviation behind a date: "… 10:00 a.m." or "… 10:00, K."?"""
    if not text.endswith(_ENDS_SENTENCE):
        return False
    last = text.rsplit(" ", 1)[-1]
    short = text.endswith(".") and len(last.replace(".", "")) <= _MAX_ABBREVIATION
    return not (short and _DAY.search(text) and _begins_like_one(text))


def is_stamp(text: str) -> bool:
    """Does a line over quote marks say who wrote and when to the minute, and nothing else? Not all end in a colon."""
    if len(text) > _MAX_STAMP or text.endswith(("?", "!")):
        return False
    plain = _WHOLE_ADDRESS.sub(" @ ", text)
    if not (_DAY.search(plain) and _TIME.search(plain)):
        return False
    lower = sum(map(_is_lower, plain.split()))
    return ("@" in plain and not lower) or (lower <= _MOST_LOWER and _WROTE.search(folded(text)) is not None)


def cuts(text: str) -> tuple[int, ...]:
    """Where to cut a line that holds an attribution together with new text before it, or old text after it."""
    if len(text) < 20 or not (":" in text or "：" in text or text.endswith("-")):
        return ()
    if not (_ADDRESS.search(text, 0, MAX_LINE) or _DAY.search(text, 0, MAX_LINE)):
        return ()
    end = _end_of_run_on(text)
    start = _run_on(text if end < 0 else text[:end].rstrip())
    return tuple(at for at in (start, end) if at > 0)


def _end_of_run_on(text: str) -> int:
    """Where old text begins that stands right after an attribution with verb and address; -1 when none does."""
    for match in islice(_GOES_ON.finditer(text, 0, MAX_LINE), 8):
        head = text[: match.start() + 1]
        if _ADDRESS.search(head) is None or not _WROTE.search(folded(head)):
            continue
        if (_begins_like_one(head) and _strength(head, marked=False) == 2) or _run_on(head) > 0:
            return match.end()
    return -1


def _run_on(text: str) -> int:
    """Where in a line an attribution begins that shares it with new text; -1 when there is none."""
    if not _may_end(text):
        return -1
    for match in _RUN_ON.finditer(text, 1):
        tail = text[match.end() :]
        dashed = match[0][0] in "-–—_"
        if not dashed and (_DIGIT.search(text, 0, match.start()) or not _OPENER.match(folded(tail[:40]))):
            continue
        if tail[:1].islower() and match.start() <= _MAX_WEEKDAY and " " not in text[: match.start()]:
            continue  # "la. den 28. 1. 2026 …": the day of the week
        if _begins_like_one(tail) and _strength(tail, marked=False) == 2:
            return match.start() if dashed else match.end()
    return -1


def _may_end(text: str) -> bool:
    """A quick look: does the line end as attributions do?"""
    if not text or len(text) > MAX_LINE:
        return False
    last = text.rstrip(" *_>\u200e\u200f\u202a\u202b\u202c\u2069")[-1:]
    return last in (*_COLONS, "-", "–", "—") or (last.isalpha() and _ends_in_verb(text))


def _ends_in_verb(text: str) -> bool:
    word = folded(text[-40:]).rstrip(" *_").rsplit(" ", 1)[-1]
    return word in _LAST_WORDS or (word[-1:] >= "\u0e00" and _WROTE.search(word) is not None)


def _strength(joined: str, *, marked: bool) -> int:
    """0: no attribution. 1: one. 2: one that also begins as such."""
    words = folded(joined)
    colon = words.rstrip(" *_>").endswith(_COLONS)
    dashed = _DASHED.match(joined.lstrip()) is not None
    verb = _WROTE.search(words) is not None
    if not (colon or dashed or (verb and _ends_in_verb(joined))):
        return 0
    address = _ADDRESS.search(joined) is not None
    plain = _WHOLE_ADDRESS.sub(" @ ", joined)  # what looks like a date in an address is none
    day, time = _DAY.search(plain) is not None, _TIME.search(plain) is not None
    begins = _begins_like_one(plain)
    if verb and _goes_on(joined):
        return 0
    if marked:
        known = (verb and (day or time or address or len(joined) < 100)) or day or time or address
        known = known or (begins and any(map(str.isdigit, joined)))
        known = known or (colon and _CITED.match(words.lstrip(_LEADING)) is not None)
    elif not colon and not dashed:
        known = verb and begins and (day or time) and (address or time)
    else:
        known = (
            (verb and address)
            or (verb and day and time and (begins or len(joined) < _MAX_UNOPENED) and not _tells(joined))
            or (dashed and verb)
            or (address and begins and day and time and _names_the_writer(joined))
            or (address and _CITED.match(words.lstrip(_LEADING)) is not None)
        )
    return (2 if begins else 1) if known else 0


def _names_the_writer(joined: str) -> bool:
    """Without a verb: is the address in brackets, or does one word stand between the date and it? Logs say more."""
    if _BRACKETED_ADDRESS.search(joined):
        return True
    tokens = joined.split()
    last = max((number for number, token in enumerate(tokens[:-1]) if _DIGIT.search(token)), default=-1)
    return len(tokens) - last <= 3


def _tells(joined: str) -> bool:
    """Do words stand between date and verb, but no name? "On 2 May at 10:30 the museum wrote to us:" is prose."""
    tokens = joined.split()
    last = max((number for number, token in enumerate(tokens) if _DIGIT.search(token)), default=-1)
    words = list(filter(None, (token.strip(",.;:：\"'«»") for token in tokens[last + 1 :])))
    others = [word for word in words if folded(word) not in _VERB_WORDS]
    return len(others) > 1 and all(map(_is_lower, others))


def _is_lower(word: str) -> bool:
    """Is it in lower case, in a script where names are not?"""
    return word.islower() and word.title() != word


def _begins_like_one(joined: str) -> bool:
    """Does it begin with a date, or with the word that stands before dates in attributions?"""
    start = joined.lstrip(_LEADING)[:60]
    if _OPENER.match(folded(start)):
        return any(map(str.isdigit, start)) or len(start) < 12
    return any(found and found.start() < 26 for found in (_DAY.search(start), _TIME.search(start))) or (
        any(map(str.isdigit, start[:20])) and _DAY.search(start) is not None
    )


def _is_complete(joined: str) -> bool:
    return _DAY.search(joined) is not None


def _goes_on(joined: str) -> bool:
    """Do words follow the verb that are neither name nor date? "On 2 May I wrote to you about the plan:" is prose."""
    tokens = _BRACKETED.sub(lambda found: " @ " if "@" in found[0] else " ", joined).split()
    after = 0
    for token in reversed(tokens):
        if "@" in token:
            return False
        if _DIGIT.search(token):
            after = 0
        word = token.strip("*_:：.,;()<>\"'-–—")
        if folded(word) in _LAST_WORDS:
            return after > 3
        if word.isalpha() and word.islower() and len(word) > 1:
            after += 1
    return False
