"""What stands over history: header blocks (From, Sent, To, Subject) and separators, in many languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

from mailmcp.mail import quotewords
from mailmcp.mail.codewords import folded

_MAX_KEY = 32
_MAX_BLOCK = 24
_MAX_VALUE_LINES = 3

_TIME = re.compile(r"\d{1,2}\s?[:.h時时點点시]\s?\d{2}(?!\d)|\d{1,2}\s?(?:am|pm|時|时|點|点|시)(?!\w)", re.I)
_DAY = re.compile(r"(?<!\d)(?:19|20|25)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}|(?<!\d)1[34]\d\d(?!\d)|[٠-٩۰-۹]{4}")
_ADDRESS = re.compile(r"[^\s@<]@[^\s@]")
_RULE = re.compile(r"[-_=*—–~]{3,300}$")
_BETWEEN_DASHES = re.compile(
    r"[-–—_=*]{2,80}\s{0,4}[<\[]?(?P<words>[^-–—_=*\s][^\n]{0,60}?)[>\]]?\s{0,4}[-–—_=*]{2,80}$"
)
_AFTER_DASHES = re.compile(r"[-–—_=*]{3,80}\s{0,4}(?P<words>[^-–—_=*\s][^\n]{0,60})$")
_MAX_JOINED = 600
_KEY_IN_LINE = re.compile(r"(?P<words>(?:[^\s:：<>@]{1,20}\s){0,2}[^\s:：<>@]{1,20})\s?[:：](?!\d)")
_RULES = "-_=*—–~#[(<>| "
_KEY_ENDS = re.compile("[:：]")
_MARKS = " \t*_•|#>"


class Field(IntEnum):
    """What a line of a header block names."""

    FROM = 0
    SENT = 1
    DATE = 2
    TO = 3
    CC = 4
    SUBJECT = 5
    OTHER = 6


_FIELDS = {
    folded(word): kind
    for kind, words in reversed(
        (
            (Field.FROM, quotewords.FROM),
            (Field.SENT, quotewords.SENT),
            (Field.DATE, quotewords.DATE),
            (Field.TO, quotewords.TO),
            (Field.CC, quotewords.CC),
            (Field.SUBJECT, quotewords.SUBJECT),
            (Field.OTHER, quotewords.OTHER),
        )
    )
    for word in quotewords.entries(words)
}
_LONGEST = max(map(len, _FIELDS))


def _any(words: str) -> str:
    entries = {folded(word) for word in quotewords.entries(words)}
    return "|".join(re.escape(word) for word in sorted(entries, key=lambda word: (-len(word), word)))


_ORIGINAL = re.compile(rf"(?:{_any(quotewords.ORIGINAL)})[\s:：]*\Z")
_FORWARDED = re.compile(rf"[\W_]{{0,60}}(?:{_any(quotewords.FORWARDED)})")
_ABOVE = re.compile(_any(quotewords.ABOVE))


def field_of(text: str) -> Field | None:
    """What the line names, if it begins like one of a header block (``From:``, ``*Sent:*``, ``发件人：``)."""
    start = text[:_MAX_KEY].lstrip(_MARKS)
    match = _KEY_ENDS.search(start)
    if match is None and "\t" in start:
        return _named(start[: start.index("\t")])
    return _named(start[: match.start()]) if match else None


@lru_cache(maxsize=4096)
def _named(key: str) -> Field | None:
    return _FIELDS.get(folded(key).strip(_MARKS))


def is_rule(text: str) -> bool:
    """Is the line nothing but dashes, underscores or their like?"""
    return text[:1] in "-_=*—–~" and _RULE.match(text.replace(" ", "")[:300]) is not None


def is_forward(text: str) -> bool:
    """Does the line say that a forwarded mail follows?"""
    if len(text) > 160 or not text:
        return False
    words = folded(text)
    match = _FORWARDED.match(words)
    if match is None:
        return False
    rest = words[match.end() :].strip("-_=*:：. >\u200e\u200f")
    return not rest or (text.lstrip(" >*")[:2] in ("--", "——", "- ", "==", "__") and len(rest) < 60)


def asks_to_write_above(text: str) -> bool:
    """ "Please reply above this line"."""
    if not 12 < len(text) < 160 or (text[0].isalnum() and len(text) > 60):
        return False
    return _ABOVE.match(folded(text).lstrip(_RULES)) is not None


def is_separator(text: str, following: str) -> bool:
    """Is the line one like ``-----Original Message-----``? ``following`` is the next line with words."""
    if not 5 <= len(text) <= 200:
        return False
    if text[0] not in "-–—_=*":
        return _ORIGINAL.match(folded(text)) is not None and " " in text.strip() and field_of(following) is not None
    match = _BETWEEN_DASHES.match(text)
    if match is None:
        match = _AFTER_DASHES.match(text)
        return match is not None and _ORIGINAL.match(folded(match["words"])) is not None
    if _ORIGINAL.match(folded(match["words"])):
        return True
    # In a language that is not known here, too.
    return text[:3] in ("---", "___", "———") and field_of(following) in (Field.FROM, Field.SENT, Field.DATE)


def block_ends(texts: Sequence[str], first: int, *, ruled: bool = False) -> int:
    """Where (the line after its last field) the header block ends that begins with line ``first``; -1: there is none.

    ``ruled`` says that a rule stands over it: then less evidence is enough. With too little it is a trip (From, To,
    Date) or a parcel.
    """
    opening = field_of(texts[first])
    if opening is None or opening in (Field.CC, Field.OTHER):
        return -1
    if _suffices(_of_one_line(texts[first][:_MAX_JOINED]), ruled):
        return first + 1
    values: dict[Field, list[str]] = {}
    last = first
    current = opening
    gap = False
    for number, text in enumerate(texts[first : first + _MAX_BLOCK], first):
        if not text:
            gap = True
            continue
        kind = field_of(text)
        if kind is not None:
            if kind in values and kind in (Field.FROM, Field.SENT, Field.SUBJECT):
                break
            current, last = kind, number
            values.setdefault(kind, []).append(text[:2_000])
        elif number - last > _MAX_VALUE_LINES or (gap and len(values) >= 3):
            break
        else:
            values[current].append(text[:2_000])
        gap = False
    return last + 1 if _suffices(values, ruled) else -1


def _of_one_line(text: str) -> dict[Field, list[str]]:
    """The fields of a block whose lines were joined: ``From: Ann Sent: Monday To: Ben Subject: Plan``."""
    values: dict[Field, list[str]] = {}
    names = list(_KEY_IN_LINE.finditer(text))
    for number, match in enumerate(names):
        words = match["words"].split()
        kind = next((kind for size in (3, 2, 1) if (kind := _named(" ".join(words[-size:]))) is not None), None)
        if kind is not None:
            end = names[number + 1].start() if number + 1 < len(names) else len(text)
            values.setdefault(kind, []).append(text[match.end() : end])
    return values if len(values) >= 3 else {}


def _suffices(values: dict[Field, list[str]], ruled: bool) -> bool:
    kinds = {Field.SENT if kind is Field.DATE else kind for kind in values if kind is not Field.OTHER}
    people = (Field.FROM, Field.TO, Field.CC)
    address = any(_ADDRESS.search(text) for kind in people for text in values.get(kind, ()))
    when = " ".join([*values.get(Field.SENT, ()), *values.get(Field.DATE, ())])
    dated = _TIME.search(when) is not None and _DAY.search(when) is not None
    sent = Field.SENT in values
    subject = Field.SUBJECT in kinds
    if len(kinds) >= 3 and Field.FROM in kinds:
        return (address and (subject or sent or dated)) or (subject and Field.SENT in kinds) or sent
    if len(kinds) >= 3:
        return address and subject and dated
    if len(kinds) < 2 or not (Field.FROM in kinds or Field.TO in kinds):
        return False
    return (address and dated) or (ruled and Field.FROM in kinds and (address or subject))
