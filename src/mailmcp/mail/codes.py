"""The one-time code and the sign-in link of a mail: what a person would type or press, with how sure we are.

Reads only what :mod:`mailmcp.mail.text` says is visible, never hidden or quoted text. A string of the right shape
is scored by how it is set (alone, emphasised, in the subject, repeated) and by the words round it, nearest first;
below the threshold there is no code. No one rule decides, so a mail in a language without words here still works
where its layout is plain.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mailmcp.mail.candidates import Candidate, bare, candidates, masked, money_before, unit_after, unmarked
from mailmcp.mail.codewords import Kind
from mailmcp.mail.labels import (
    NO_LABEL,
    Label,
    label,
    no_longer_counts,
    phrase_after,
    phrase_before,
    since_sentence,
    until_sentence,
)
from mailmcp.mail.layout import of_password, setting, shape
from mailmcp.mail.matter import Matter
from mailmcp.mail.signin import best_link
from mailmcp.models import Channels, Codes

THRESHOLD = 4.95
_SCORED = 30
_MOST_FOR_WORDS = 7.0
_DIGIT = re.compile("[0-9]")
_LETTER = re.compile("[A-Za-z]")
_DIGITS = ("digits", "grouped", "spaced")


def find(subject: str, channels: Channels, sender_domain: str | None = None) -> Codes:
    """The code and the link of a mail, each None when there is none that a person would use.

    ``sender_domain`` is the host part of the author's address; links of the same organisation rank higher.
    """
    mail = Matter.of(subject, channels)
    best = _best_code(mail)
    link = best_link(mail, channels.links, sender_domain, best.code if best else None)
    evidence = best.evidence if best else (link.text or link.url) if link else ""
    return Codes(
        code=best.code if best else None,
        code_confidence=_confidence(best.score) if best else 0.0,
        link=link.url if link else None,
        link_confidence=link.confidence if link else 0.0,
        evidence=" ".join(evidence.split())[:200],
    )


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    code: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """A candidate that the subject shows."""

    candidate: Candidate
    score: float
    label: float


@dataclass(frozen=True, slots=True)
class _Set:
    """A candidate of the text with how it is set; words are judged for the best of them only."""

    base: float
    order: int
    candidate: Candidate
    stands_out: bool
    """Alone on its line, spaced, emphasised, or called a code by the subject."""


def _best_code(mail: Matter) -> _Found | None:
    """The best candidate of text and subject, None when none is good enough."""
    in_subject = _of_subject(mail)
    ground = mail.ground
    rows = _of_text(mail, in_subject)
    unique = len({_key(row.candidate.typed) for row in rows if row.candidate.shape != "letters"}) == 1
    scored: list[tuple[float, int, Candidate]] = []
    leader = -math.inf
    for row in rows[:_SCORED]:
        if row.base + ground + _MOST_FOR_WORDS < max(leader, THRESHOLD):
            break  # no words could lift the rest to the top
        candidate = row.candidate
        said = label(mail.text, *mail.line_of(candidate.start), candidate.start, candidate.end)
        if said.asked and said.strength < 2 and not mail.of_gifts_or_rooms:
            if said.strength == 1:
                said = said._replace(score=said.score + 0.5, strength=2)
            elif mail.speaks_of_signing_in:
                said = said._replace(score=said.score + 1.5, strength=1)
        elif said.asked:
            said = said._replace(score=said.score + 0.3)
        elif not said.strength and mail.subject_offers_code and row.stands_out and unique and said.score >= 0:
            said = said._replace(score=said.score + 1.0)  # the subject is its label
        score = row.base + ground + said.score + (0.7 if unique and candidate.shape != "letters" else 0.0)
        score -= _doubts(mail, candidate, said, row.stands_out)
        scored.append((score, row.order, candidate))
        leader = max(leader, score)
    scored.sort(key=lambda row: (-row[0], row[1]))
    best: _Found | None = None
    if scored and scored[0][0] - _one_of_many(scored, rows) >= THRESHOLD:
        score, _, candidate = scored[0]
        best = _Found(score, _typed(candidate), _evidence(mail, candidate))
    for shown in in_subject.values():
        score = shown.score + ground
        if best and shown.candidate.shape == "letters":
            continue  # a name in capitals
        if score >= THRESHOLD and (best is None or score > best.score):
            best = _Found(score, _typed(shown.candidate), mail.subject)
    return best


def _of_text(mail: Matter, in_subject: dict[str, _Subject]) -> list[_Set]:
    """The candidates of the text by how they are set, best first."""
    rows: list[_Set] = []
    for order, candidate in enumerate(candidates(mail.text, mail.speaks_of_codes)):
        found = setting(mail, candidate)
        if found is None:
            continue
        base, stands_out = found
        if (shown := in_subject.get(_key(candidate.typed))) is not None:
            # What the subject calls an order number is none here either.
            base += 1.5 if shown.label > 0.5 else 0.5 if shown.label > -0.5 else -1.0
            stands_out = stands_out or shown.label > 0.5
        rows.append(_Set(base, order, candidate, stands_out))
    rows.sort(key=lambda row: (-row.base, row.order))
    return rows


def _doubts(mail: Matter, candidate: Candidate, said: Label, stands_out: bool) -> float:
    """What speaks against a candidate whose label is not clearly that of a one-time code."""
    if said.strength == 3:
        return 0.0
    digits = candidate.shape in _DIGITS
    trade = mail.trade * (0.4 if Kind.OTP in mail.subject_kinds else 1.0)
    if mail.to_be_kept_secret or said.asked:
        trade *= 0.5
    doubt = trade * ((0.7 if digits else 1.5) if said.strength == 2 else 0.9)
    if said.strength < 2 and mail.subject_trades:
        doubt += 2.5
    if not stands_out and said.score < 1.0:
        doubt += 2.0  # a number in running text that nothing names
    elif not stands_out and said.strength == 0:
        doubt += 1.2
    plain_code = not mail.speaks_of_signing_in and not mail.hands_over_a_code
    if said.strength == 1 and plain_code and not _opens_paragraph(mail, candidate) and not _says_only(mail):
        doubt += 1.2 if mail.asks_for_it else 2.2  # a code of some kind
    if said.strength == 0 and mail.in_known_words and not mail.subject_offers_code:
        usual = candidate.shape in ("spaced", "grouped") or (candidate.shape == "digits" and len(candidate.typed) == 6)
        doubt += 0.7 if usual else 3.0
    if said.strength == 0 and candidate.shape == "letters":
        doubt += 2.0
    if said.strength == 0 and mail.prices >= 2 and not mail.speaks_of_signing_in:
        doubt += 2.5
    return doubt


def _says_only(mail: Matter) -> bool:
    """ "PIN=4821" as the whole mail: there is nothing else that the code could be for."""
    return not mail.subject_trades and len(mail.text[:400].strip()) <= 30 and len(mail.text) < 400


def _opens_paragraph(mail: Matter, candidate: Candidate) -> bool:
    """ "482913 is your code": few numbers of another kind come before their name."""
    start, end = mail.line_of(candidate.start)
    return candidate.start == start and candidate.end < end and mail.text[max(0, start - 2) : start] in ("", "\n\n")


def _one_of_many(scored: list[tuple[float, int, Candidate]], rows: list[_Set]) -> float:
    """A list of like numbers (product codes, tickets, backup codes) holds no code to use now."""
    top = scored[0]
    rivals = {_key(row[2].typed) for row in scored if row[0] > top[0] - 0.6 and row[2].shape == top[2].shape}
    if len(rivals) >= 3:
        return 3.0
    if top[2].shape == "mixed":
        pattern = _pattern(top[2].typed)
        alike = {_key(row.candidate.typed) for row in rows if _pattern(row.candidate.typed) == pattern}
        return 2.5 if len(alike) >= 3 else 0.0
    return 0.0


def _pattern(typed: str) -> str:
    return _LETTER.sub("A", _DIGIT.sub("9", typed))


def _of_subject(mail: Matter) -> dict[str, _Subject]:
    """The candidates that the subject shows, by what is compared of them."""
    subject = unmarked(masked(mail.subject))
    coded = Kind.CODE in mail.subject_kinds or Kind.OTP in mail.subject_kinds
    found: dict[str, _Subject] = {}
    for candidate in candidates(subject, coded):
        if candidate.shape == "letters" and not coded:
            continue
        if candidate.typed in mail.issues or of_password(subject, candidate.start, candidate.end):
            continue
        if no_longer_counts(subject[: candidate.start], subject[candidate.end :]):
            continue
        if money_before(subject, candidate.start) or unit_after(subject, candidate.end):
            continue
        score = shape(candidate) + 1.0
        if candidate.shape == "digits" and shape(candidate) < -1.0:
            score -= 2.0  # a year
        if subject[max(0, candidate.start - 1) : candidate.start] == "#":
            score -= 3.0
        said = _said_in_subject(subject, candidate)
        if said.strength < 2:
            score -= 0.9 * mail.trade
            if candidate.shape in ("mixed", "letters") and not said.strength:
                score -= 1.5
        key = _key(candidate.typed)
        if key in _key(mail.text[:20_000]):
            score += 0.8
        if key not in found or score + said.score > found[key].score:
            found[key] = _Subject(candidate, score + said.score, said.score)
    return found


def _said_in_subject(subject: str, candidate: Candidate) -> Label:
    before, after = subject[: candidate.start], subject[candidate.end :]
    ahead = phrase_before(since_sentence(before)) if _has_words(before) else NO_LABEL
    if not _has_words(after):
        return ahead
    behind = phrase_after(until_sentence(after))
    factor = 1.0 if before.strip() else 1.4
    return Label(ahead.score + factor * behind.score, max(ahead.strength, behind.strength))


def _evidence(mail: Matter, candidate: Candidate) -> str:
    """The line of the code; a code alone on its line with the line above."""
    start, end = mail.line_of(candidate.start)
    line = mail.shown[start:end]
    if len(bare(line)) <= candidate.end - candidate.start + 1 and start > 1:
        before = mail.shown[:start].rstrip()
        line = before[before.rfind("\n") + 1 :][-120:] + " " + line
    return line[max(0, candidate.start - start - 120) :] if len(line) > 200 else line


def _has_words(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _key(typed: str) -> str:
    return typed.replace("-", "").replace(" ", "").lower()


def _typed(candidate: Candidate) -> str:
    if candidate.shape == "grouped":
        return "".join(_DIGIT.findall(candidate.typed))
    return candidate.typed


def _confidence(score: float) -> float:
    return round(1.0 / (1.0 + math.exp(-(score - THRESHOLD + 1.0) / 1.3)), 2)
