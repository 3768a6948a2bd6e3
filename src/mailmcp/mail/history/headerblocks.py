"""What stands over history: header blocks (From, Sent, To, Subject) and separators, in many languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

from mailmcp.language.folding import folded
from mailmcp.mail.history import quotewords

_MAX_KEY = 32
_MAX_BLOCK = 24
_MAX_VALUE_LINES = 3

_TIME = re.compile(r"\d{1,2}\s?[:.h時时點点시]\s?\d{2}(?!\d)|\d{1,2}\s?(?:am|pm|時|时|點|点|시)(?!\w)", re.I)
_DAY = re.compile(r"(?<!\d)(?:19|20|25)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}|(?<!\d)1[34]\d\d(?!\d)|[٠-٩۰-۹]{4}")
_ADDRESS = re.compile(r"[^\s@<]@[^\s@]")
_BRACKETED_ADDRESS = re.compile(r"[<\[(][^\s<>@]{1,100}@[^\s<>@]{1,200}[>\])];?\Z")
_RULE = re.compile(r"[-_=*—–~#]{3,300}$")
_BETWEEN_DASHES = re.compile(
    r"[-–—_=*]{2,80}\s{0,4}[<\[]?(?P<words>[^-–—_=*\s][^\n]{0,60}?)[>\]]?\s{0,4}[-–—_=*]{2,80}$"
)
_TITLING = "-_—━─═"
_BORDERS = tuple(2 * sign for sign in _TITLING)
_MAX_TITLED, _MAX_TITLE = 320, 140
_WRITTEN_OUT = re.compile(r"[^\W\d_]{3}|[+-]\d{4}\b|\d:\d\d:\d\d")
_AFTER_DASHES = re.compile(r"[-–—_=*]{3,80}\s{0,4}(?P<words>[^-–—_=*\s][^\n]{0,60})$")
# Notes: "Ann ---24.11.2026 15:14:02---Plan" over a header block.
_NOTES = re.compile(r"\s?-{3}\s?\d{1,4}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}[:.]\d{2}[^-\n]{0,12}-{3}")
_MAX_JOINED = 600
_KEY_IN_LINE = re.compile(r"(?P<words>(?:[^\s:：<>@]{1,20}\s){0,2}[^\s:：<>@]{1,20})\s?[:：](?!\d)")
_BARE_ADDRESS = re.compile(r"[^\s@<>]{1,100}@[^\s@<>]{1,200}")
_MINUTE = re.compile(r"\s*\d{4}-\d\d-\d\d \d\d:\d\d\Z")
_RULES = "-_=*—–~#[(<>| "
_KEY_ENDS = re.compile("[:：]")
_MARKS = " \t*_•|#>"
_WORD = re.compile(r"\w")
_ENTRY = re.compile(r"[^\W\d_][\w'/.()-]{0,24}(?: [\w'/.()-]{1,24}){0,3}\s?[:：](?!\d|//)\s*\S")
_LABEL = re.compile(r"[*_]{0,3}[^\W\d_]{3,20}\s?[:：][*_]{0,3}\Z")
_LABELLED = re.compile(r"[*_]{0,3}[^\W\d_][^\s:：<>@]{0,24}(?: [^\s:：<>@]{1,24}){0,3}\s?[:：](?!\d|//)\s*(?=\S)")
_LEAST_LABELLED, _MOST_LABELLED = 4, 7
_LONGEST_REPLY = 3
"""Letters of "Re", "AW" or "Fwd" before the colon in a subject."""


class Field(IntEnum):
    """What a line of a header block names."""

    FROM = 0
    SENT = 1
    DATE = 2
    TO = 3
    CC = 4
    SUBJECT = 5
    OTHER = 6


_PEOPLE = (Field.FROM, Field.TO, Field.CC)
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
_REPLY_ABOVE = re.compile(_any(quotewords.REPLY_ABOVE))
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
    return text[:1] in "-_=*—–~#" and _RULE.match(text.replace(" ", "")[:300]) is not None


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
    words = folded(text)
    framed = text[0] in _RULES and text[1] in _RULES
    return _REPLY_ABOVE.match(words.lstrip(_RULES)) is not None or (framed and _ABOVE.search(words) is not None)


def is_separator(text: str, following: str, above: str = "", *, known: bool = False) -> bool:
    """Is the line one like ``-----Original Message-----``? ``following`` is the next line with words.

    ``above`` is the line right above it: what a sentence goes round is mentioned in it. ``known`` asks for words that
    are known to say so; else a field below them is enough.
    """
    if not 5 <= len(text) <= 200 or _is_mentioned(above, following):
        return False
    if is_framed(text) or (_NOTES.search(text) and field_of(following) is Field.FROM):
        return True
    if text[0] not in "-–—_=*":
        return _ORIGINAL.match(folded(text)) is not None and " " in text.strip() and field_of(following) is not None
    match = _BETWEEN_DASHES.match(text)
    if match is None:
        match = _AFTER_DASHES.match(text)
        return match is not None and _ORIGINAL.match(folded(match["words"])) is not None
    if _ORIGINAL.match(folded(match["words"])):
        return True
    return not known and is_titled(text) and field_of(following) in (Field.FROM, Field.SENT, Field.DATE)


def is_titled(text: str) -> bool:
    """Do words stand between three dashes and more, whatever their language?"""
    if not 7 < len(text) <= _MAX_TITLED or text[0] not in _TITLING or text[-1] not in _TITLING:
        return False
    words = text.strip(_TITLING + " ")
    dashed = text[:3] == 3 * text[0] and text[-3:] == 3 * text[-1]
    return dashed and 0 < len(words) <= _MAX_TITLE and ("@" in words or not any(map(str.isdigit, words)))


def titled_block_ends(texts: Sequence[str], at: int, following: int) -> int:
    """Where the header block ends over which line ``at`` is the title, in whatever language; -1: there is none.

    ``following`` is the next line with words.
    """
    if following >= len(texts) or not is_titled(texts[at]):
        return -1
    if _is_mentioned(texts[at - 1] if at else "", texts[following]):
        return -1
    end = block_ends(texts, following)
    return end if end >= 0 else _shape_ends(texts, following, titled=True)


def _is_mentioned(above: str, following: str) -> bool:
    """Does a sentence go round the line?"""
    within = following[:1].islower() and above[-1:].isalnum() and " " in above
    return within and field_of(following) is None


def is_framed(text: str) -> bool:
    """GroupWise: ``>>> Ann <ann@…> 24.11.2026 15:14 >>>`` over what was answered, which has no marks."""
    return text.startswith(">>> ") and text.endswith(" >>>") and _DAY.search(text) is not None


def block_ends(texts: Sequence[str], first: int, *, ruled: bool = False, above: str = "") -> int:
    """Where (the line after its last field) the header block ends that begins with line ``first``; -1: there is none.

    ``ruled`` says that a rule stands over it: then less evidence is enough. ``above`` is the last line with words
    before it: what the writer announces by a colon is meant to be read. With too little evidence it is a trip (From,
    To, Date), a parcel or a form.
    """
    opening = field_of(texts[first])
    if opening is None or opening in (Field.CC, Field.OTHER):
        return -1
    if first and field_of(texts[first - 1]) not in (None, Field.CC, Field.OTHER):
        return -1  # inside of a block that was looked at, and was none
    if above.endswith((":", "：")) and field_of(above) is None:
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
            if gap and kind is Field.FROM and kind not in values and block_ends(texts, number, ruled=ruled) >= 0:
                return -1  # the line above belongs to what was written over a block
            if kind in values and kind in (Field.FROM, Field.SENT, Field.SUBJECT):
                break
            current, last = kind, number
            values.setdefault(kind, []).append(_value(text))
        elif number - last > _MAX_VALUE_LINES or (gap and len(values) >= 3) or text[:2] in _BORDERS:
            break
        else:
            values[current].append(text[:2_000])
        gap = False
    if _is_foxmails(values, above):
        return last + 1
    if not _suffices(values, ruled):
        return _shape_ends(texts, first)
    return -1 if _is_within(texts, first, last + 1, values, "" if ruled else above, ruled=ruled) else last + 1


def _is_foxmails(values: dict[Field, list[str]], above: str) -> bool:
    """Do the fields stand below the address of the writer, with a date as Foxmail writes it?"""
    whole = {Field.FROM, Field.DATE, Field.TO, Field.SUBJECT} <= values.keys()
    return whole and _BARE_ADDRESS.fullmatch(above) is not None and _MINUTE.match(values[Field.DATE][0]) is not None


def _is_within(
    texts: Sequence[str], first: int, after: int, values: dict[Field, list[str]], above: str, *, ruled: bool
) -> bool:
    """Do the fields stand within something else: a form, or a sentence that goes round them as in reports?

    Mail programs write Sent and To, which few forms have, and do so below From and not at the end.
    """
    programs = {Field.SENT, Field.TO} <= values.keys()
    below = next((text for text in texts[after : after + _MAX_VALUE_LINES] if text), "")
    usual = programs and Field.FROM in values and next(reversed(values)) is not Field.SENT
    if not usual and _is_mentioned(above, below):
        return True
    begin = _paragraph(texts, first)
    if programs:
        return next(iter(values)) is Field.FROM and begin < first and all(map(_is_entry, texts[begin:first]))
    allowed = 1 if values.keys() & {Field.SENT, Field.DATE} else 0
    inside = first > 0 and not ruled and _is_entry(texts[first - 1])
    return inside or _entries(texts, begin, first) > allowed or _goes_on_as_form(texts, after)


def _paragraph(texts: Sequence[str], at: int) -> int:
    """Where the paragraph begins in which line ``at`` stands."""
    begin = at
    while begin > 0 and texts[begin - 1] and at - begin < _MAX_BLOCK:
        begin -= 1
    return begin


def _shape_ends(texts: Sequence[str], first: int, *, titled: bool = False) -> int:
    """Where a header block ends some of whose names are of a language that is not known here; -1 when it is none.

    Its shape tells: an author with an address, day and time alone, somebody else with an address, and a subject. Under
    a title (``titled``) they may stand in any order, and no name needs to be known where the date is written out.
    """
    end = first
    while end < len(texts) and end - first < _MOST_LABELLED and _LABELLED.match(texts[end][:_MAX_JOINED]):
        end += 1
    if end - first < _LEAST_LABELLED or (end < len(texts) and texts[end]):
        return -1
    people = [_ADDRESS.search(text, 0, _MAX_JOINED) is not None for text in texts[first:end]]
    times = [
        not addressed
        and _TIME.search(text, 0, _MAX_JOINED) is not None
        and _DAY.search(text, 0, _MAX_JOINED) is not None
        for text, addressed in zip(texts[first:end], people, strict=True)
    ]
    if titled:
        kinds = {kind for text in texts[first:end] if (kind := field_of(text)) is not None}
        foreign = not kinds and not any(_label(text).isascii() for text in texts[first:end])
        written = any(
            timed and _WRITTEN_OUT.search(_value(text)) for text, timed in zip(texts[first:end], times, strict=True)
        )
        # Who knows the word for a date, but none of the others, reads an order or the like.
        if not foreign and kinds.isdisjoint((Field.FROM, Field.TO, Field.SUBJECT)):
            return -1
        return end if sum(people) > 1 and sum(times) == 1 and (written or Field.FROM in kinds) else -1
    return end if field_of(texts[first]) is Field.FROM and people[0] and times[1] and people[2] else -1


def names_author(text: str, following: str) -> bool:
    """Is it the author's line over a block whose first known field says when or to whom, in an unknown language?"""
    if field_of(text) is not None or field_of(following) not in (Field.SENT, Field.DATE, Field.TO):
        return False
    match = _LABELLED.match(text[:_MAX_JOINED])
    return match is not None and _BRACKETED_ADDRESS.search(text, match.end(), _MAX_JOINED) is not None


def _label(text: str) -> str:
    match = _KEY_ENDS.search(text[:_MAX_JOINED])
    return text[: match.start()] if match else ""


def _value(text: str) -> str:
    """What stands after the name of a field."""
    start = text[:_MAX_KEY]
    match = _KEY_ENDS.search(start)
    return text[(match.end() if match else start.find("\t") + 1) : 2_000]


def _is_entry(text: str) -> bool:
    """Is it a name with a value that no mail program writes?"""
    return field_of(text) is None and _ENTRY.match(text) is not None


def _entries(texts: Sequence[str], begin: int, first: int) -> int:
    """How many other names with values stand in the same paragraph, those of no header? They make it a form."""
    others = 0
    for text in texts[begin : first + _MAX_BLOCK]:
        if not text:
            break
        others += _is_entry(text)
    return others


def _goes_on_as_form(texts: Sequence[str], after: int) -> bool:
    """Does a name of no header follow the last field: ``Message:`` over the words that somebody typed into a page?

    What mail programs add there, in languages that are not known here, has an address.
    """
    following = next((text for text in texts[after : after + _MAX_VALUE_LINES] if text), "")
    if field_of(following) is not None:
        return False
    entry = texts[after : after + 1] == [following] and _is_entry(following)
    return _LABEL.match(following) is not None or (entry and not _ADDRESS.search(following[:_MAX_JOINED]))


def _of_one_line(text: str) -> dict[Field, list[str]]:
    """The fields of a block whose lines were joined: ``From: Ann Sent: Monday To: Ben Subject: Plan``."""
    found: list[tuple[Field, int, int]] = []
    others = False
    for match in _KEY_IN_LINE.finditer(text):
        words = match["words"].split()
        for size in (3, 2, 1):
            if (kind := _named(" ".join(words[-size:]))) is not None:
                begin = match.end("words") - len(" ".join(words[-size:]))
                found.append((kind, begin, match.end()))
                break
        else:
            others = others or len(words[-1]) > _LONGEST_REPLY
    values: dict[Field, list[str]] = {}
    for number, (kind, _, start) in enumerate(found):
        end = found[number + 1][1] if number + 1 < len(found) else len(text)
        values.setdefault(kind, []).append(text[start:end])
    return values if len(values) >= 3 and (Field.SENT in values or not others) else {}


def _suffices(values: dict[Field, list[str]], ruled: bool) -> bool:
    """Mail programs write who wrote, when to the minute, and mostly to whom and about what."""
    written = {kind for kind, texts in values.items() if any(map(_WORD.search, texts))}
    if Field.FROM not in written and not (Field.TO in written and Field.FROM not in values):
        return False
    author = any(_ADDRESS.search(text) for text in values.get(Field.FROM, ()))
    address = author or any(_ADDRESS.search(text) for kind in _PEOPLE for text in values.get(kind, ()))
    when = " ".join([*values.get(Field.SENT, ()), *values.get(Field.DATE, ())])
    timed = _TIME.search(when) is not None
    dated = timed and _DAY.search(when) is not None
    sent = Field.SENT in written
    subject = Field.SUBJECT in values
    if ruled and Field.FROM in written:
        return sent or address or (subject and timed)
    if sent:
        named = (
            subject and (dated or Field.TO in written) and Field.FROM in written and next(iter(values)) is Field.FROM
        )
        return (author and timed) or (address and dated) or named
    return dated and (author or (address and (subject or Field.FROM not in values)))
