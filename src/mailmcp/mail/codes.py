"""The one-time code and the sign-in link of a mail: what a person would type or press, with how sure we are.

Reads only what :mod:`mailmcp.mail.text` says is visible, never hidden or quoted text. A string of the right shape
is scored by how it is set (alone, emphasised, in the subject, repeated) and by the words round it, nearest first;
below the threshold there is no code. No one rule decides, so a mail in a language without words here still works
where its layout is plain.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from mailmcp.language.characters import ascii_digits, cleaned
from mailmcp.mail.candidates import Candidate, bare, candidates, masked, money_before, of_account, prices, unit_after
from mailmcp.mail.codewords import LABELS, Hit, Kind, folded
from mailmcp.mail.labels import Label, label, phrase_after, phrase_before, since_sentence, until_sentence
from mailmcp.mail.signin import best_link
from mailmcp.models import Channels, Codes

MAX_TEXT = 200_000
MAX_SUBJECT = 1_000
THRESHOLD = 4.7
_SCORED = 30
_OPENING = 1_200
_MOST_FOR_WORDS = 7.0
_LINE_FEED = re.compile("\n")
_WORD_AND_NUMBER = re.compile(r"[A-Za-z]{4,}-?[0-9]{1,2}\Z|[A-Za-z]{4,}20[0-9]{2}\Z")


def find(subject: str, channels: Channels, sender_domain: str | None = None) -> Codes:
    """The code and the link of a mail, each None when there is none that a person would use.

    ``sender_domain`` is the host part of the author's address; links of the same organisation rank higher.
    """
    mail = _Mail.of(subject, channels)
    best = _best_code(mail)
    link = best_link(mail.subject, channels, mail.opening, sender_domain, best.code if best else None)
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
class _Scored:
    """A candidate of the text with how it is set; words are judged for the best of them only."""

    base: float
    order: int
    candidate: Candidate
    stands_out: bool
    """Alone on its line, spaced, emphasised, or also in the subject."""


@dataclass(frozen=True, slots=True)
class _Mail:
    """The text of a mail ready for scoring, and what its opening is about."""

    subject: str
    text: str
    """Visible text with ASCII digits, addresses blotted out."""
    shown: str
    """The same text as a person sees it."""
    breaks: list[int]
    emphasis: tuple[tuple[int, int], ...]
    opening: tuple[Hit, ...]
    subject_hits: tuple[Hit, ...]
    prices: int

    @classmethod
    def of(cls, subject: str, channels: Channels) -> _Mail:
        subject = ascii_digits(" ".join(cleaned(subject[:MAX_SUBJECT])[0].split()))
        shown = channels.visible[:MAX_TEXT]
        text = ascii_digits(shown)
        return cls(
            subject=subject,
            text=masked(text),
            shown=shown,
            breaks=[-1, *(match.start() for match in _LINE_FEED.finditer(text)), len(text)],
            emphasis=channels.emphasis,
            opening=tuple(LABELS.hits(folded(text[:_OPENING]))),
            subject_hits=tuple(LABELS.hits(folded(subject))),
            prices=prices(text),
        )

    @property
    def speaks_of_codes(self) -> bool:
        """Does the subject or the opening have a word for codes?"""
        return any(hit.kind in (Kind.CODE, Kind.OTP) for hit in (*self.subject_hits, *self.opening))

    @property
    def speaks_of_signing_in(self) -> bool:
        """Does the subject or the opening have a word of verification, or the subject one for codes and no other?"""
        kinds = {hit.kind for hit in self.subject_hits}
        if Kind.CODE in kinds and not kinds & {Kind.OTHER, Kind.GIFT, Kind.ROOM, Kind.CALL}:
            return True
        return any(hit.kind in (Kind.OTP, Kind.VERIFY) for hit in (*self.subject_hits, *self.opening))

    def line_of(self, at: int) -> tuple[int, int]:
        """Start and end of the line that holds a position."""
        place = max(1, bisect_left(self.breaks, at))
        return self.breaks[place - 1] + 1, self.breaks[place]


def _best_code(mail: _Mail) -> _Found | None:
    """The best candidate of text and subject, None when none is good enough."""
    in_subject = _of_subject(mail)
    ground = _ground(mail)
    rough = _set_in_text(mail, in_subject)
    unique = len({_key(row.candidate.typed) for row in rough if row.candidate.shape != "letters"}) == 1
    scored: list[tuple[float, int, Candidate]] = []
    leader = -math.inf
    for row in rough[:_SCORED]:
        if row.base + ground + _MOST_FOR_WORDS < max(leader, THRESHOLD):
            break  # no words could lift the rest to the top
        candidate = row.candidate
        line_start, line_end = mail.line_of(candidate.start)
        said = label(mail.text, line_start, line_end, candidate.start, candidate.end)
        score = row.base + ground + said.score + (0.7 if unique and candidate.shape != "letters" else 0.0)
        score -= _doubts(mail, candidate, said, row.stands_out)
        scored.append((score, row.order, candidate))
        leader = max(leader, score)
    scored.sort(key=lambda row: (-row[0], row[1]))
    best: _Found | None = None
    if scored and scored[0][0] - _one_of_many(scored) >= THRESHOLD:
        score, _, candidate = scored[0]
        best = _Found(score, _typed(candidate), _evidence(mail, candidate))
    for key, (score, candidate) in in_subject.items():
        if score + ground >= THRESHOLD and (best is None or score + ground > best.score):
            best = _Found(score + ground, _typed(candidate), mail.subject) if key else best
    return best


def _set_in_text(mail: _Mail, in_subject: dict[str, tuple[float, Candidate]]) -> list[_Scored]:
    """The candidates of the text by how they are set, best first."""
    rough: list[_Scored] = []
    for order, candidate in enumerate(candidates(mail.text, mail.speaks_of_codes)):
        setting = _setting(mail, candidate)
        if setting is None:
            continue
        base, stands_out = setting
        if (shown := in_subject.get(_key(candidate.typed))) is not None:
            # What the subject calls an order number is none here either.
            base += 1.5 if shown[0] > 2.0 else -1.0
            stands_out = stands_out or shown[0] > 2.0
        rough.append(_Scored(base, order, candidate, stands_out))
    rough.sort(key=lambda row: (-row.base, row.order))
    return rough


def _setting(mail: _Mail, candidate: Candidate) -> tuple[float, bool] | None:
    """Points for shape and place, and whether it stands out; None when it cannot be a code where it stands."""
    text, start, end = mail.text, candidate.start, candidate.end
    if money_before(text, start) or unit_after(text, end) or of_account(text, start, end):
        return None
    line_start, line_end = mail.line_of(start)
    if text[line_start : line_start + 1] == ">":
        return None
    line = text[line_start:line_end]
    score = _shape(candidate)
    if text[max(0, start - 1) : start] == "#":
        # "@app.example #482913" is bound to its origin (WICG one-time codes); "#482913" is a ticket.
        score += 4.0 if "@" in mail.shown[max(line_start, start - 80) : start] else -2.5
    if text[end : end + 1] == "#":
        score -= 2.5  # to be keyed in at a door or a telephone
    emphasis = _emphasis(mail, start, end)
    alone = "\n" in text[start:end] or end - start <= len(bare(line)) <= end - start + 1
    if alone:
        score += 1.7
    elif start == line_start:
        score += 0.5  # "482913 is your code"
    elif len(line) <= 60 and not bare(text[end:line_end]):
        score += 0.7  # the last thing on a short line
    elif bare(_cell(text, start, end)) == text[start:end]:
        score += 0.4
    score += emphasis
    if candidate.crowded:
        score -= 1.5
    if candidate.shape in ("mixed", "letters") and "%" in text[max(line_start, start - 80) : min(line_end, end + 80)]:
        score -= 2.0
    if candidate.shape == "digits" and not alone and _looks_like_address(text, end):
        score -= 1.5
    return score, alone or emphasis >= 2.0 or candidate.shape == "spaced"


def _shape(candidate: Candidate) -> float:
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
        case "spaced":
            score = 2.6 if any(character.isdigit() for character in typed) else 1.0
        case "mixed":
            score = _shape_of_mixed(typed, length)
        case _:
            score = -0.8 if typed.isupper() else -2.0
            if typed[0].isupper() and not typed.isupper():
                score -= 2.0
    if candidate.shape in ("digits", "grouped") and len(set(typed)) == 1 and length > 4:
        score -= 1.0
    return score


def _shape_of_mixed(typed: str, length: int) -> float:
    upper, dashed = typed.upper() == typed, "-" in typed
    score = (0.9 if upper or dashed else 0.4) if 5 <= length <= 10 else -0.5
    if dashed and upper and length <= 9:
        score += 0.4
    if _WORD_AND_NUMBER.match(typed):
        score -= 2.0  # SPRING20, Model15
    if sum(character.isdigit() for character in typed) < 2 and not dashed:
        score -= 0.5
    if length == 10 or length > 12:
        score -= 0.7
    return score


def _emphasis(mail: _Mail, start: int, end: int) -> float:
    place = bisect_right(mail.emphasis, (start, MAX_TEXT * 10)) - 1
    if place < 0:
        return 0.0
    first, last = mail.emphasis[place]
    if last < end:
        return 0.0
    if len(bare(mail.text[first:last])) <= end - start + 2:
        return 2.0
    return 0.5 if last - first <= 60 else 0.0


def _cell(text: str, start: int, end: int) -> str:
    left = max(text.rfind("\t", max(0, start - 200), start), text.rfind("\n", max(0, start - 200), start))
    rights = [at for at in (text.find("\t", end, end + 200), text.find("\n", end, end + 200)) if at >= 0]
    return text[left + 1 : min(rights) if rights else min(len(text), end + 200)]


def _looks_like_address(text: str, end: int) -> bool:
    """ "10115 Berlin": a number, a blank and a name."""
    after = text[end : end + 3]
    return len(after) == 3 and after[0] == " " and after[1].isupper() and after[2].islower()


def _doubts(mail: _Mail, candidate: Candidate, said: Label, stands_out: bool) -> float:
    """What speaks against a candidate whose label is not clearly that of a one-time code."""
    doubt = 0.0
    if not stands_out and said.score < 1.0:
        doubt += 2.0  # a number in running text that nothing names
    elif not stands_out and said.strength == 0:
        doubt += 1.2
    if said.strength < 3:
        doubt += _of_trade(mail) * (1.0 if candidate.shape in ("digits", "grouped", "spaced") else 3.0)
    opens_line = candidate.start == mail.line_of(candidate.start)[0]
    if said.strength == 1 and not mail.speaks_of_signing_in and not opens_line:
        doubt += 1.2  # a code of some kind
    if said.strength == 0 and mail.prices >= 2 and not mail.speaks_of_signing_in:
        doubt += 2.5
    elif said.strength < 2 and mail.prices >= 3:
        doubt += 1.5 if candidate.shape in ("mixed", "letters") or said.strength else 1.0
    if said.strength == 0 and candidate.shape == "mixed" and not stands_out:
        doubt += 1.0
    if candidate.shape == "letters" and said.strength == 0:
        doubt += 2.0
    return doubt


def _one_of_many(scored: list[tuple[float, int, Candidate]]) -> float:
    """A list of like numbers (product codes, backup codes) holds no code to use now."""
    top = scored[0]
    rivals = {_key(row[2].typed) for row in scored if row[0] > top[0] - 0.6 and row[2].shape == top[2].shape}
    return 3.0 if len(rivals) >= 3 else 0.0


def _ground(mail: _Mail) -> float:
    """What the mail as a whole is about, from its subject and opening."""
    score = 0.0
    kinds = [hit.kind for hit in mail.subject_hits]
    positive = sum(kind in (Kind.CODE, Kind.VERIFY, Kind.OTP) for kind in kinds)
    if positive:
        score += 1.2 if Kind.OTP in kinds or positive > 1 else 0.8
    if any(kind in (Kind.OTHER, Kind.GIFT, Kind.ROOM) for kind in kinds):
        score -= 0.5
    if "%" in mail.subject:
        score -= 1.5
    opening = [hit.kind for hit in mail.opening]
    score += min(1.2, 0.5 * opening.count(Kind.OTP) + 0.25 * (opening.count(Kind.VERIFY) + opening.count(Kind.CODE)))
    score += min(0.6, 0.3 * opening.count(Kind.CUE))
    score -= min(0.9, 0.2 * opening.count(Kind.OTHER))
    score -= min(2.5, 0.8 * opening.count(Kind.GIFT))
    score -= min(2.0, opening.count(Kind.ROOM)) + min(6.0, 5.0 * opening.count(Kind.CALL))
    if not kinds and not opening:
        score += 0.5  # a language without words here: only the layout tells
    elif not positive and not {Kind.OTP, Kind.VERIFY, Kind.CUE} & set(opening):
        score -= 1.0  # nothing speaks of signing in
    if len(mail.text) < 700:
        score += 0.5
    return score


def _of_trade(mail: _Mail) -> float:
    """How much the subject speaks of an order, a booking, a voucher rather than of a code."""
    kinds = [hit.kind for hit in mail.subject_hits]
    if not any(kind in (Kind.OTHER, Kind.GIFT, Kind.ROOM) for kind in kinds):
        return 0.0
    if Kind.OTP in kinds or Kind.CODE in kinds:
        return 0.0
    # "Order confirmed" confirms no address.
    return (1.5 if kinds.count(Kind.VERIFY) == 1 else 0.9) + (1.7 if mail.prices >= 3 else 0.0)


def _of_subject(mail: _Mail) -> dict[str, tuple[float, Candidate]]:
    """The candidates that the subject shows with their scores, by what is compared of them."""
    subject = masked(mail.subject)
    coded = any(hit.kind in (Kind.CODE, Kind.OTP) for hit in mail.subject_hits)
    found: dict[str, tuple[float, Candidate]] = {}
    for candidate in candidates(subject, coded):
        if candidate.shape == "letters" and not coded:
            continue
        if money_before(subject, candidate.start) or unit_after(subject, candidate.end):
            continue
        score = _shape(candidate) + 1.0
        if subject[max(0, candidate.start - 1) : candidate.start] == "#":
            score -= 3.0
        before, after = subject[: candidate.start], subject[candidate.end :]
        if any(character.isalpha() for character in before):
            score += phrase_before(since_sentence(before)).score
        if any(character.isalpha() for character in after):
            score += phrase_after(until_sentence(after)).score * (1.0 if before.strip() else 1.4)
        if _key(candidate.typed) in _key(mail.text[:20_000]):
            score += 0.8
        key = _key(candidate.typed)
        if key not in found or score > found[key][0]:
            found[key] = (score, candidate)
    return found


def _evidence(mail: _Mail, candidate: Candidate) -> str:
    """The line of the code; a code alone on its line with the line above."""
    start, end = mail.line_of(candidate.start)
    line = mail.shown[start:end]
    if len(bare(line)) <= candidate.end - candidate.start + 1 and start > 1:
        before = mail.shown[:start].rstrip()
        line = before[before.rfind("\n") + 1 :][-120:] + " " + line
    return line[max(0, candidate.start - start - 120) :] if len(line) > 200 else line


def _key(typed: str) -> str:
    return typed.replace("-", "").replace(" ", "").lower()


def _typed(candidate: Candidate) -> str:
    if candidate.shape == "grouped":
        return "".join(character for character in candidate.typed if character.isdigit())
    return candidate.typed


def _confidence(score: float) -> float:
    return round(1.0 / (1.0 + math.exp(-(score - THRESHOLD + 1.0) / 1.3)), 2)
