"""What stands round a token in a text, whatever it means: rows, forms, quotations, other tokens of its kind."""

from __future__ import annotations

import re
from string import ascii_letters, digits

from mailmcp.language.folding import folded
from mailmcp.mail.onetime.apart import Candidate
from mailmcp.mail.onetime.codewords import LABELS, Kind
from mailmcp.mail.onetime.labels import no_longer_counts

LOOKED_AT = 4_000
"""Characters of a text that are searched."""
BESIDE = 200
"""Characters that are near."""
NUMBER = re.compile(r"[0-9]+")
# "Amount: 84.20", "Room\t2": a line of a form.
ROW = re.compile(r"^[^:\n\t]{2,40}[:：\t].{0,60}$", re.MULTILINE)
_DIGIT = re.compile("[0-9]")
_ALNUM = re.compile("[0-9A-Za-z]")
_LIST_MARK = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.)])\s+")
_LENGTH = re.compile(r"(?<![\w.,:/-])[4-9](?=[- ‑]?[^\W\d_])")
_LAST_WORD = re.compile(r"([^\W\d_]{2,20})[ :]{1,2}\Z")
# What parts the members of a series: a comma, a bullet, a number of the list, or only blanks.
_PARTING = r"[ \t]*(?:[,;/|·•、，\t\n]| {1,4})\s{0,4}(?:(?:[-*•·]|\d{1,2}[.)]|and|or|und|oder|et|y|e|o) {1,3})?"
_PARTED, _PARTED_BEHIND = re.compile(_PARTING), re.compile(_PARTING + r"\Z")
# "PO-4711", "AL2381", "20261129": what papers and flights are numbered by. One letter before the dash is a sender's
# ("G-482913").
_NUMBERED = re.compile(
    r"(?:[A-Z]{2,6}-[0-9]{3,10}|[A-Z]{2}[0-9]{3,4}|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))\Z"
)
# "BS1 4XY", "H4N 8WD": postcodes of Britain and Canada.
_POSTCODE = re.compile(r"(?:[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}|[A-Z][0-9][A-Z] [0-9][A-Z][0-9])\Z")
_ACRONYM = re.compile(r"(?<![\w.-])[A-Z]{2,4} \Z")
# "carlos82": what people are called where they sign in.
_NAME = re.compile(r"(?=[A-Za-z]?[a-z]*[aeiouy])[A-Za-z][a-z]{2,}[0-9]{1,4}\Z")
_GOES_ON = frozenset("-_" + ascii_letters + digits)
_QUOTED = re.compile(r"[“„«「『]([^“”„«»「」『』\n]{20,400})[”“»」』]|\"([^\"\n]{20,400})\"")


def announced_length(text: str) -> int | None:
    """How long the code is said to be: "6-digit", "6 Ziffern"."""
    for match in _LENGTH.finditer(text, 0, LOOKED_AT):
        after = folded(text[match.end() : match.end() + 14]).lstrip(" -‑\u200b")
        if any(hit.kind is Kind.FIGURES and hit.start == 0 for hit in LABELS.hits(after)):
            return int(match.group())
    return None


def named_in_a_row(text: str, start: int) -> bool:
    """ "Lisbon, code LIS312; Sapporo, code SAP774": is it one of three or more with the same word right before?"""
    word = _LAST_WORD.search(text[max(0, start - 30) : start])
    if word is None:
        return False
    tokens = re.findall(rf"\b{re.escape(word[1])}[ :]{{1,2}}([A-Z0-9-]*[0-9][A-Z0-9-]*)", text[:LOOKED_AT])
    return len({token for token in tokens if len(token) >= 4}) >= 3


def replaces(text: str, candidate: Candidate) -> bool:
    """ "Code 204817 no longer works, the new one is 771930"."""
    low = max(0, candidate.start - BESIDE)
    before = text[low : candidate.start]
    return any(
        len(match.group()) == len(candidate.typed) and no_longer_counts(before[: match.start()], before[match.end() :])
        for match in NUMBER.finditer(before)
    )


def in_form(text: str, line_start: int, line_end: int) -> bool:
    """Is its line one of three or more of a name and a value?"""
    if ROW.match(text, line_start, line_end) is None:
        return False
    above = text[max(0, line_start - 200) : max(0, line_start - 1)].split("\n")[-2:]
    below = text[line_end + 1 : line_end + 200].split("\n")[:2]
    return sum(ROW.match(line) is not None for line in (*above, *below)) >= 2


def in_a_list(text: str, line_start: int, line_end: int) -> bool:
    """Is the line one of three lines or more that hold nothing but different tokens of one pattern?

    Such are backup codes, tickets, serial numbers: no one of them is the code to use now.
    """
    own = _LIST_MARK.sub("", text[line_start:line_end]).strip()
    pattern = _ALNUM.sub("X", own)
    if not 4 <= len(own) <= 40 or not _DIGIT.search(own):
        return False
    around = (
        *text[max(0, line_start - 200) : line_start].split("\n")[-6:],
        *text[line_end : line_end + 200].split("\n")[:6],
    )
    lines = {_LIST_MARK.sub("", one).strip() for one in around} - {own}
    return sum(_ALNUM.sub("X", line) == pattern and _DIGIT.search(line) is not None for line in lines) >= 2


def in_a_series(text: str, candidate: Candidate) -> bool:
    """ "Backup codes: 482917, 365500, 903355": is it one of three different tokens of one pattern in a row?"""
    if candidate.shape == "letters":
        return False
    start, end = candidate.start, candidate.end
    length, form = end - start, _ALNUM.sub("X", text[start:end])
    found = {text[start:end]}
    while len(found) < 3 and (parted := _PARTED.match(text, end, end + 12)):
        token, end = text[parted.end() : parted.end() + length], parted.end() + length
        if not _is_of_form(token, form) or text[end : end + 1] in _GOES_ON:
            break
        found.add(token)
    while len(found) < 3 and (parted := _PARTED_BEHIND.search(text, max(0, start - 12), start)):
        token, start = text[max(0, parted.start() - length) : parted.start()], parted.start() - length
        if start < 0 or not _is_of_form(token, form) or text[max(0, start - 1) : start] in _GOES_ON:
            break
        found.add(token)
    return len(found) >= 3


def _is_of_form(token: str, form: str) -> bool:
    return _ALNUM.sub("X", token) == form and _DIGIT.search(token) is not None


def is_numbered(typed: str) -> bool:
    """Does it look like the number of an order, an invoice, an issue, a flight, or like a whole date?"""
    return _NUMBERED.match(typed) is not None


def is_postcode(shown: str) -> bool:
    return _POSTCODE.match(shown) is not None


def is_name(shown: str, typed: str, called: bool) -> bool:
    """Does it stand before an at sign in the mail, or look like what somebody is called, and by no word a code?"""
    return f"{typed}@" in shown or (not called and _NAME.match(typed) is not None)


def behind_acronym(text: str, start: int) -> bool:
    """ "ATM 4471 2098", "HRB 114772": do capitals right before it, which name no code, say what it is?"""
    before = _ACRONYM.search(text, max(0, start - 6), start)
    return before is not None and not LABELS.hits(folded(before.group()))


def is_paragraph(text: str, line_start: int, line_end: int) -> bool:
    opens = line_start < 2 or text[line_start - 2 : line_start] == "\n\n"
    return opens and (text[line_end : line_end + 2] == "\n\n" or line_end >= len(text) - 1)


def in_quotation(line: str, at: int) -> bool:
    """Does it stand among other words inside quotation marks?"""
    return any(match.start() < at < match.end() for match in _QUOTED.finditer(line[:1_000]))


def key_of(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return "".join(filter(str.isalnum, text)).lower()
