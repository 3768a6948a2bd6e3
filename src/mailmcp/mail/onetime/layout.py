"""Points for the shape of a candidate and for how it is set: alone, emphasised, at the end of a short line."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from mailmcp.mail.onetime.amounts import money_before, of_account, unit_after
from mailmcp.mail.onetime.apart import Candidate, bare
from mailmcp.mail.onetime.labels import last_digits, named_directly, no_longer_counts
from mailmcp.mail.onetime.matter import MAX_TEXT, Matter

_WORD_AND_NUMBER = re.compile(r"[A-Za-z]{4,}-?[0-9]{1,2}\Z|[A-Za-z]{4,}-?20[0-9]{2}\Z|[a-z]{2,}-[0-9]{1,2}\Z")
_VOWEL = re.compile("[aeiouy]")
_PRICED = re.compile("[%€$£¥₹₽₩₺₫฿₴]")
_IN_PASSWORD = frozenset("!$^&%#")
# A line of a program, not of a letter: code = "482913".
_ASSIGNED = re.compile(r"(?:[\w.\])]\s{0,3}(?:=|:=|[=!]={1,2}|\+=|<-|=>)\s{0,3}|\w\()[\"'`]\Z")
# "21 November 2026", "le 3 mai 2026", "November 21, 2026", "© 2026": a year.
_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))?\Z")
_DATE_BEFORE = re.compile(
    r"(?:[0-9]{1,2}(?:\.|º|er|th|st|nd|rd)? (?:de |d')?[^\W\d_]{3,12}\.?,? (?:de )?|[^\W\d_]{3,12}\.? [0-9]{1,2}, |"
    r"©|\([cC]\)) ?\Z"
)
_MERGING = frozenset(("(!", " !", "\n!", "\t!"))
"""Before the number of a merge request."""
_COUNTED = "01234567890 09876543210"


class Setting(NamedTuple):
    """Points, and whether the candidate stands out by layout alone."""

    score: float
    stands_out: bool


def setting(mail: Matter, candidate: Candidate) -> Setting | None:
    """How a candidate of the text is set; None when it cannot be a code where it stands."""
    text, start, end = mail.text, candidate.start, candidate.end
    if money_before(text, start) or unit_after(text, end) or of_account(text, start, end):
        return None
    if of_password(text, start, end) or _assigned(text, start):
        return None
    if text[max(0, start - 2) : start] in _MERGING:
        return None
    if _YEAR.match(candidate.typed) and _DATE_BEFORE.search(text[max(0, start - 24) : start]):
        return None
    if candidate.typed in mail.issues | mail.tickets and not named_directly(text, start):
        return None
    line_start, line_end = mail.line_of(start)
    if no_longer_counts(text[max(0, start - 30) : start], text[end : min(line_end, end + 70)]):
        return None
    if of_an_end(text, candidate):
        return None
    line = text[line_start:line_end]
    if line[:1] == ">" and "<" not in line:
        return None
    score = shape(candidate) - _marks(mail, candidate, line_start)
    apart = emphasis(mail, start, end)
    alone = "\n" in text[start:end] or end - start <= len(bare(line)) <= end - start + 1
    if alone:
        score += 1.7
    elif start == line_start:
        score += 0.5  # "482913 is your code"
    elif len(line) <= 60 and not bare(text[end:line_end]):
        score += 0.7  # the last thing on a short line
    elif not _in_words(text, start) and bare(_cell(text, start, end)) == text[start:end]:
        score += 0.4
    score += apart
    if candidate.crowded:
        score -= 1.5
    if candidate.shape in ("mixed", "letters") and _PRICED.search(
        text, max(line_start, start - 80), min(line_end, end + 80)
    ):
        score -= 2.0
    if candidate.shape == "digits" and not alone and looks_like_address(text, end):
        score -= 1.5
    stands_out = alone or apart >= 2.0 or candidate.shape == "spaced" or _marked(mail, start, end)
    return Setting(score, stands_out)


def of_an_end(text: str, candidate: Candidate) -> bool:
    """Are these but the last digits of a card or of a telephone?"""
    start, end = candidate.start, candidate.end
    return len(candidate.typed) <= 5 and last_digits(text[max(0, start - 40) : start], text[end : end + 20])


def of_password(text: str, start: int, end: int) -> bool:
    """Is it a piece of a longer run with signs in it, as in ``Xk9!fT2q``?"""
    left, right = text[max(0, start - 2) : start], text[end : end + 2]
    return (left[-1:] in _IN_PASSWORD and len(left) == 2 and left[0].isascii() and left[0].isalnum()) or (
        right[:1] in _IN_PASSWORD and len(right) == 2 and right[1].isascii() and right[1].isalnum()
    )


def is_date(candidate: Candidate) -> bool:
    """2026, 20261129, 15-05: a year, a whole date, or a day and a month?"""
    typed = candidate.typed
    if candidate.groups == (2, 2):
        return _is_day(int(typed[:2]), int(typed[2:]))
    return candidate.shape == "digits" and _YEAR.match(typed) is not None


def _assigned(text: str, start: int) -> bool:
    """Is it a string that a line of a program gives to a name?"""
    return text[start - 1 : start] in ("'", '"', "`") and _ASSIGNED.search(text[max(0, start - 12) : start]) is not None


def shape(candidate: Candidate) -> float:
    """Points for the string alone."""
    typed = candidate.typed
    length = len(typed.replace("-", ""))
    score = 0.0
    match candidate.shape:
        case "digits":
            score = {4: 0.8, 5: 0.9, 6: 2.0, 7: 0.8, 8: 1.1, 9: 0.2, 10: 0.0}.get(length, 0.0)
            if length == 4 and 1900 <= int(typed) <= 2099:
                score -= 2.2
        case "grouped":
            equal = len(set(candidate.groups)) == 1 or candidate.groups == (3, 3, 4)
            score = (2.2 if candidate.groups == (3, 3) else 1.2) if equal else -0.5
            if candidate.groups[0] == 4 and typed[:2] in ("19", "20"):
                score -= 1.5  # 2026-0001
            if is_date(candidate):
                score -= 1.5
        case "spaced":
            score = 2.6 if any(character.isdigit() for character in typed) else 1.0
        case "mixed":
            score = _shape_of_mixed(typed, length)
        case _:
            score = -0.8 if typed.isupper() or _VOWEL.search(typed) is None else -2.0
    if candidate.shape in ("digits", "grouped") and (len(set(typed)) == 1 or typed in _COUNTED):
        score -= 1.5  # 111111, 123456: an example as a rule
    return score


def _is_day(one: int, two: int) -> bool:
    """A day and a month, in either order?"""
    return (0 < one <= 31 and 0 < two <= 12) or (0 < one <= 12 and 0 < two <= 31)


def _shape_of_mixed(typed: str, length: int) -> float:
    upper, dashed = typed.upper() == typed, "-" in typed
    score = (0.9 if upper or dashed else 0.4) if 5 <= length <= 10 else 0.0 if length == 4 else -0.5
    if dashed and upper and length <= 9:
        score += 0.4
    if _WORD_AND_NUMBER.match(typed):
        score -= 2.0  # SPRING20, Model15, web-03
    if sum(character.isdigit() for character in typed) < 2 and not dashed:
        score -= 0.5
    if length == 10 or length > 12:
        score -= 0.7
    return score


def _marks(mail: Matter, candidate: Candidate, line_start: int) -> float:
    """What the characters right beside a candidate speak against it (or for it, then below zero)."""
    text, start, end = mail.text, candidate.start, candidate.end
    against = 0.0
    if text[max(0, start - 1) : start] == "#":
        # "@app.example #482913" is bound to its origin (WICG one-time codes); "#482913" is a ticket.
        against += -4.0 if "@" in mail.shown[max(line_start, start - 80) : start] else 2.5
    if _marked(mail, start, end):
        against -= 1.0
    if text[end : end + 1] == "#":
        against += 2.5  # to be keyed in at a door or a telephone
    if start == line_start and text[end : end + 1] in (":", "："):
        against += 3.0  # the key of an entry: "QB-69141: …"
    return against


def _marked(mail: Matter, start: int, end: int) -> bool:
    """Does plain text emphasise it with stars, underlines or backticks?"""
    mark = mail.shown[max(0, start - 1) : start]
    return mark in ("*", "_", "`") and mail.shown[end : end + 1] == mark


def emphasis(mail: Matter, start: int, end: int) -> float:
    """Points for being set apart by the sender: 2.0 alone, 0.5 among a few words."""
    place = bisect_right(mail.emphasis, (start, MAX_TEXT * 10)) - 1
    if place < 0:
        return 0.0
    first, last = mail.emphasis[place]
    if last < end:
        return 0.0
    if len(bare(mail.text[first:last])) <= end - start + 2:
        return 2.0
    return 0.5 if last - first <= 60 else 0.0


def _in_words(text: str, start: int) -> bool:
    """Does a word or number stand right before it, so that it has no cell of its own?"""
    before = text[max(0, start - 2) : start]
    return len(before) == 2 and before[0].isalnum() and before[1] not in "\t\n"


def _cell(text: str, start: int, end: int) -> str:
    left = max(text.rfind("\t", max(0, start - 200), start), text.rfind("\n", max(0, start - 200), start))
    rights = [at for at in (text.find("\t", end, end + 200), text.find("\n", end, end + 200)) if at >= 0]
    return text[left + 1 : min(rights) if rights else min(len(text), end + 200)]


def looks_like_address(text: str, end: int) -> bool:
    """ "10115 Berlin": a number, a blank and a name."""
    after = text[end : end + 3]
    return len(after) == 3 and after[0] == " " and after[1].isupper() and after[2].islower()
