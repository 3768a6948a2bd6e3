"""The one-time code and the sign-in link of a mail: what a person would type or press, with how sure we are.

Reads only what :mod:`mailmcp.mail.text` says is visible, never hidden or quoted text. A string of the right shape
gets points for how it is set (alone, emphasised, in the subject, repeated) and for the words round it, nearest first.
The best few are then weighed with all that speaks for and against them (``evidence``); below the threshold there is no
code. No one rule decides, so a mail in a language without words here still works where its layout is plain.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from dataclasses import dataclass

from mailmcp.language.folding import folded
from mailmcp.mail.onetime.amounts import money_before, unit_after
from mailmcp.mail.onetime.apart import Candidate, bare
from mailmcp.mail.onetime.candidates import candidates, masked, unmarked, without_tag
from mailmcp.mail.onetime.codewords import Kind
from mailmcp.mail.onetime.evidence import Setup, Signs, of_candidate, of_mail, of_subject_only, weighed
from mailmcp.mail.onetime.labels import (
    NO_LABEL,
    Label,
    label,
    named_directly,
    no_longer_counts,
    phrase_after,
    phrase_before,
    since_sentence,
    until_sentence,
)
from mailmcp.mail.onetime.layout import is_date, of_an_end, of_password, setting, shape
from mailmcp.mail.onetime.linktargets import carries
from mailmcp.mail.onetime.linkwords import LINKS
from mailmcp.mail.onetime.matter import Matter
from mailmcp.mail.onetime.signin import Offered
from mailmcp.mail.onetime.surroundings import announced_length, in_a_list, in_a_series
from mailmcp.models import Channels, Codes

THRESHOLD = -0.5
"""Of the logarithm of the odds."""
_SURER, _LIKELIER = 1.1, 0.5
"""What the odds of mails that the weights never knew turned out to be: a slope, and what is added."""
POINTS = 4.95
"""Hand-made points that a likely code has."""
_SLACK = 2.0
_SCORED = 12
_WEIGHED = 4
_MOST_FOR_WORDS = 7.0
_LOOKED_AT = 30
_ENDS = ("", "\n", "\t")
# Parts of words for codes in many languages: only to choose among the numbers of a mail full of them.
_STEMS = (
    *("cod", "cód", "kod", "kód", "κωδ", "код", "pin", "otp", "tan", "pass", "parol", "парол", "şifre", "шифр", "رمز"),
    *("كود", "کد", "کوڈ", "קוד", "कोड", "পিন", "কোড", "ਕੋਡ", "કોડ", "குறியீ", "కోడ్", "ಕೋಡ್", "കോഡ", "รหัส", "ລະຫັດ"),
    *("ကုဒ်", "កូដ", "码", "碼", "コード", "番号", "코드", "번호", "კოდ", "կոդ", "ኮድ", "msimbo", "mã "),
)
_DIGIT = re.compile("[0-9]")
_LETTER = re.compile("[A-Za-z]")
_DIGITS = ("digits", "grouped", "spaced")


def find(subject: str, channels: Channels, sender_domain: str | None = None) -> Codes:
    """The code and the link of a mail, each None when there is none that a person would use.

    ``sender_domain`` is the host part of the author's address; links of the same organisation rank higher.
    """
    mail = Matter.of(subject, channels)
    links = Offered(mail, channels.links, sender_domain)
    link = links.best(None)
    found = judged(mail, channels, link is not None)
    odds, best = _best_code(found) or (0.0, None)
    if best is not None:
        link = links.best(best.typed)
    evidence = best.evidence if best else (link.text or link.url) if link else ""
    return Codes(
        code=best.typed if best else None,
        code_confidence=_confidence(odds) if best else 0.0,
        link=link.url if link else None,
        link_confidence=link.confidence if link else 0.0,
        evidence=" ".join(evidence.split())[:200],
        other_links=links.further(best.typed if best else None, link) if link else (),
        others=tuple(one.typed for one in found if one is not best and weighed(one.signs) >= THRESHOLD),
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with all that was found out about it."""

    key: str
    """What is compared of it: no blanks and dashes, lower case."""
    typed: str
    """What a person would type."""
    evidence: str
    signs: Signs


@dataclass(frozen=True, slots=True)
class _Subject:
    """A candidate that the subject shows."""

    candidate: Candidate
    score: float
    label: Label


@dataclass(frozen=True, slots=True)
class _Set:
    """A candidate of the text with how it is set; words are judged for the best of them only."""

    base: float
    order: int
    candidate: Candidate
    stands_out: bool
    """Alone on its line, spaced, emphasised, or called a code by the subject."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A candidate of the text with what the words round it say."""

    row: _Set
    said: Label
    points: float


def _best_code(found: list[Judged]) -> tuple[float, Judged] | None:
    """The likeliest candidate of text and subject, None when none is likely enough."""
    best: tuple[float, Judged] | None = None
    for candidate in found:
        odds = weighed(candidate.signs)
        if best is None or odds > best[0]:
            best = (odds, candidate)
    return best if best is not None and best[0] >= THRESHOLD else None


def judged(mail: Matter, channels: Channels, signs_in_by_link: bool) -> list[Judged]:
    """The best candidates of a mail with the signs that speak for and against them."""
    in_subject = _of_subject(mail)
    pressed = {link.text.strip() for link in channels.links}
    rows = [row for row in _of_text(mail, in_subject) if not _is_a_word(row.candidate, pressed)]
    if not rows and not in_subject:
        return []
    shared = of_mail(mail, channels, signs_in_by_link)
    unique = len({key(row.candidate.typed) for row in rows if row.candidate.shape != "letters"}) == 1
    read = _read(mail, rows, unique)
    patterns: dict[str, set[str]] = {}
    for row in rows:
        patterns.setdefault(_pattern(row.candidate.typed), set()).add(key(row.candidate.typed))
    found: dict[str, Judged] = {}
    rivals = len({key(row.candidate.typed) for row in rows})
    many = _listed(read)
    announced = announced_length(mail.text)
    for entry in read:
        candidate = entry.row.candidate
        name = key(candidate.typed)
        a_word = not entry.said.strength and mail.has_as_a_word(candidate)
        listed = in_a_list(mail.text, *mail.line_of(candidate.start)) or in_a_series(mail.text, candidate)
        if a_word or name in found or listed:
            continue
        setup = Setup(
            candidate=candidate,
            base=entry.row.base,
            said=entry.said,
            points=entry.points - POINTS,
            behind=read[0].points - entry.points,
            stands_out=entry.row.stands_out,
            in_subject=name in in_subject,
            alone_of_its_kind=unique and candidate.shape != "letters",
            rivals=rivals,
            alike=len(patterns[_pattern(candidate.typed)]),
            announced=announced,
            many=float(name in many),
            links=() if signs_in_by_link else channels.links,
        )
        found[name] = Judged(name, _typed(candidate), _evidence(mail, candidate), of_candidate(mail, shared, setup))
        if len(found) >= _WEIGHED:
            break
    seen = {key(row.candidate.typed) for row in rows}
    for name, shown in in_subject.items():
        if name not in seen and (signs_in_by_link or not any(carries(link.url, name) for link in channels.links[:30])):
            points = shown.score + mail.ground - POINTS
            signs = of_subject_only(mail, shown.candidate, shared, points, shown.label, rivals)
            found[name] = Judged(name, _typed(shown.candidate), mail.subject, signs)
    return list(found.values())


def _is_a_word(candidate: Candidate, pressed: set[str]) -> bool:
    """ "VERIFY": is it letters that are what a link says, or a word for what links are pressed for?"""
    typed = candidate.typed
    if candidate.shape != "letters" or "-" in typed:
        return False
    return typed in pressed or any(hit.end - hit.start == len(typed) for hit in LINKS.hits(folded(typed)))


def _read(mail: Matter, rows: list[_Set], unique: bool) -> list[_Read]:
    """The best rows with what the words round them say, most points first."""
    ground = mail.ground
    read: list[_Read] = []
    leader = -math.inf
    for row in rows[:_SCORED]:
        if row.base + ground + _MOST_FOR_WORDS < max(leader, POINTS - _SLACK):
            continue  # no words could lift it to the top
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
        points = row.base + ground + said.score + (0.7 if unique and candidate.shape != "letters" else 0.0)
        points -= _doubts(mail, candidate, said, row.stands_out)
        read.append(_Read(row, said, points))
        leader = max(leader, points)
    read.sort(key=lambda entry: (-entry.points, entry.row.order))
    return read


def _of_text(mail: Matter, in_subject: dict[str, _Subject]) -> list[_Set]:
    """The candidates of the text by how they are set, best first."""
    rows: list[_Set] = []
    offered = candidates(mail.text, mail.speaks_of_letters)
    named_at: list[int] = []
    if len(offered) > _SCORED:
        named_at = _named_places(mail.text)
    if len(offered) > _LOOKED_AT:
        offered = _promising(mail.text, offered, named_at)
    for order, candidate in enumerate(offered):
        if (found := setting(mail, candidate)) is None:
            continue
        base, stands_out = found
        if (shown := in_subject.get(key(candidate.typed))) is not None:
            # What the subject calls an order number is none here either.
            base += 1.5 if shown.label.score > 0.5 else 0.5 if shown.label.score > -0.5 else -1.0
            stands_out = stands_out or shown.label.score > 0.5
        rows.append(_Set(base, order, candidate, stands_out))
    if len(rows) <= _SCORED:
        rows.sort(key=lambda row: (-row.base, row.order))
    else:
        rows.sort(key=lambda row: (-row.base - 2.0 * _is_named(named_at, row.candidate), row.order))
    return rows


def _promising(text: str, found: list[Candidate], named_at: list[int]) -> list[Candidate]:
    """Of a mail full of numbers those that are worth a closer look, in the order of the text."""
    ranks: list[tuple[float, int]] = []
    for place, candidate in enumerate(found):
        start, end = candidate.start, candidate.end
        alone = text[start - 1 : start] in _ENDS and text[end : end + 1] in _ENDS
        usual = candidate.shape != "mixed" and 6 <= len(candidate.typed) <= 8
        ranks.append((2.0 * (alone + _is_named(named_at, candidate)) + usual - place / len(found), -place))
    ranks.sort(reverse=True)
    return [found[place] for place in sorted(-place for _, place in ranks[:_LOOKED_AT])]


def _named_places(text: str) -> list[int]:
    """Where there is something like a word for codes."""
    text = text.lower()
    places: list[int] = []
    for stem in _STEMS:
        at = text.find(stem)
        while at >= 0:
            places.append(at)
            at = text.find(stem, at + 1)
    return sorted(places)


def _is_named(places: list[int], candidate: Candidate) -> bool:
    """Is there something like a word for codes near?"""
    place = bisect_left(places, candidate.start - 60)
    return place < len(places) and places[place] < candidate.end + 20


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


def _listed(read: list[_Read]) -> set[str]:
    """The leading numbers where they are a list of like ones: product codes, tickets, backup codes."""
    if not read:
        return set()
    top = read[0]
    shape = top.row.candidate.shape
    near = (entry.row.candidate for entry in read if entry.points > top.points - 0.6)
    rivals = {key(candidate.typed) for candidate in near if candidate.shape == shape}
    return rivals if len(rivals) >= 3 else set()


def _pattern(typed: str) -> str:
    return _LETTER.sub("A", _DIGIT.sub("9", typed))


def _of_subject(mail: Matter) -> dict[str, _Subject]:
    """The candidates that the subject shows, by what is compared of them."""
    subject = without_tag(unmarked(masked(mail.subject)))
    coded = Kind.CODE in mail.subject_kinds or Kind.OTP in mail.subject_kinds
    found: dict[str, _Subject] = {}
    for candidate in candidates(subject, coded):
        if candidate.shape == "letters" and not coded:
            continue
        if candidate.typed in mail.issues | mail.tickets or of_password(subject, candidate.start, candidate.end):
            continue
        if of_an_end(subject, candidate) or no_longer_counts(subject[: candidate.start], subject[candidate.end :]):
            continue
        if money_before(subject, candidate.start) or unit_after(subject, candidate.end):
            continue
        score = shape(candidate) + 1.0
        if is_date(candidate) and not named_directly(subject, candidate.start):
            continue
        if subject[max(0, candidate.start - 1) : candidate.start] == "#":
            score -= 3.0
        said = _said_in_subject(subject, candidate)
        if said.strength < 2:
            score -= 0.9 * mail.trade
            if candidate.shape in ("mixed", "letters") and not said.strength:
                score -= 1.5
        name = key(candidate.typed)
        if name in key(mail.text[:20_000]):
            score += 0.8
        elif mail.repeats_subject:
            continue  # the code of an older mail
        if name not in found or score + said.score > found[name].score:
            found[name] = _Subject(candidate, score + said.score, said)
    return found


def _said_in_subject(subject: str, candidate: Candidate) -> Label:
    before, after = subject[: candidate.start], subject[candidate.end :]
    ahead = phrase_before(since_sentence(before)) if any(map(str.isalpha, before)) else NO_LABEL
    if not any(map(str.isalpha, after)):
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


def key(typed: str) -> str:
    """What is compared of a code: no blanks and dashes, lower case."""
    return typed.replace("-", "").replace(" ", "").lower()


def _typed(candidate: Candidate) -> str:
    if candidate.shape == "grouped":
        return "".join(_DIGIT.findall(candidate.typed))
    return candidate.typed


def _confidence(odds: float) -> float:
    return round(1.0 / (1.0 + math.exp(-_SURER * odds - _LIKELIER)), 2)
