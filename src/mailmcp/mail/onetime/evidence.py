"""What can be said of a candidate and of the mail round it, as named signs whose weights are in ``weights``.

Hand-made judgements (``layout``, ``labels``, ``matter``) are some of the signs; the others are plain facts of
structure and of the words near. The weights were fitted on mails some of whose words had been taken out of the
lists, so that they trust no word more than it deserves in a language (or a trade) with other words.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from mailmcp.language.folding import folded
from mailmcp.mail.onetime.apart import Candidate, bare
from mailmcp.mail.onetime.codewords import LABELS, Kind
from mailmcp.mail.onetime.labels import Label, since_sentence, until_sentence
from mailmcp.mail.onetime.layout import emphasis, looks_like_address, shape
from mailmcp.mail.onetime.linkwords import DONE, LINKS
from mailmcp.mail.onetime.matter import Matter
from mailmcp.mail.onetime.settled import SETTLED
from mailmcp.mail.onetime.surroundings import (
    BESIDE,
    LOOKED_AT,
    NUMBER,
    ROW,
    behind_acronym,
    in_form,
    in_quotation,
    is_name,
    is_numbered,
    is_paragraph,
    is_postcode,
    key_of,
    named_in_a_row,
    replaces,
)
from mailmcp.mail.onetime.weights import INTERCEPT, WEIGHTS
from mailmcp.models import Channels, Link

Signs = dict[str, float]

_BELOW = 400
_KINDS = (
    Kind.CODE,
    Kind.VERIFY,
    Kind.OTP,
    Kind.CUE,
    Kind.OTHER,
    Kind.GIFT,
    Kind.ROOM,
    Kind.CALL,
    Kind.NUMBER,
    Kind.OLD,
    Kind.ENTER,
    Kind.QUALIFIER,
    Kind.SECRET,
    Kind.SCREEN,
    Kind.KEEP,
    Kind.SOON,
    Kind.YOURS,
    Kind.FIGURES,
    Kind.IGNORE,
    Kind.FRAUD,
    Kind.NOTICE,
    Kind.TRADE,
    Kind.SAMPLE,
    Kind.TELL,
)
_OPENING = {kind: f"opening {kind.name.lower()}" for kind in _KINDS}
_SUBJECT = {kind: f"subject {kind.name.lower()}" for kind in _KINDS}
_BEFORE = {kind: f"before {kind.name.lower()}" for kind in _KINDS}
_LINE = {kind: f"line {kind.name.lower()}" for kind in _KINDS}
_NEXT = {
    kind: f"next {kind.name.lower()}" for kind in (Kind.ENTER, Kind.CUE, Kind.SOON, Kind.KEEP, Kind.CODE, Kind.IGNORE)
}
"""What the sentence behind its own says: "Enter it within a quarter of an hour.\""""

_ANSWER = re.compile(r"(?:re|aw|sv|vs|antw|odp|ynt|bls|atb|rép|回复|答复|返信) ?[:：]", re.IGNORECASE)
# "10 minutes", "15 Minuten": a small round number and a word, in any language.
_MINUTES = re.compile(r"(?<![\w.,:/+#-])(?:2|3|5|10|15|20|30|45|60|90|24|48|72)(?![\w]*[.,:/-][0-9])(?=\s*[^\W\d_])")
_COLONS = (":", "：", "﹕", "።", "→", "➜", ">", "=")
_COUNTS = "01234567890 09876543210"
_POINTED_AT = frozenset((Kind.CODE, Kind.OTP, Kind.FIGURES))
_TRADING = frozenset((Kind.GIFT, Kind.ROOM, Kind.CALL, Kind.TRADE))
_URGING = frozenset((Kind.ENTER, Kind.CUE, Kind.SOON, Kind.KEEP, Kind.IGNORE, Kind.SCREEN, Kind.FIGURES))
"""What is said where a code is to be used now, in one way or another."""
_ELSEWHERE = frozenset((Kind.GIFT, Kind.ROOM, Kind.CALL, Kind.TELL))
_UNSPEAKABLE = re.compile(r"[b-df-hj-np-tv-xz]{4}|^[^aeiouy]+$", re.IGNORECASE)
_NAME_AND_NUMBER = re.compile(r"[A-Za-z]{3,}-?[A-Za-z]{0,3}[0-9]{1,4}\Z")
_NAMES = (Kind.CODE, Kind.OTP, Kind.VERIFY)
_NAME_ENDS = " :：=-–—>*_"
_OPENERS = " \"'“„«(*_[【「"
_PERCENT = re.compile(r"[0-9] ?[%٪％]|[%٪％] ?[0-9]")


class Setup(NamedTuple):
    """What was found about one candidate before it is weighed."""

    candidate: Candidate
    base: float
    """Points for shape and setting."""
    said: Label
    points: float
    """The sum of the hand-made judgements, above (or below) what they ask for."""
    behind: float
    """How far the best candidate is ahead of it in these points."""
    stands_out: bool
    in_subject: bool
    alone_of_its_kind: bool
    rivals: int
    """Different candidates in the mail, itself among them."""
    alike: int
    """Different candidates of the same pattern, itself among them."""
    announced: int | None
    """How long the mail says that its code is."""
    many: float
    """It is one of the leading numbers, and they are alike."""
    links: tuple[Link, ...]
    """Those of a mail that has none to sign in."""


def weighed(signs: Signs) -> float:
    """The logarithm of the odds that it is the code."""
    return INTERCEPT + sum((SETTLED.get(name) or WEIGHTS.get(name, 0.0)) * value for name, value in signs.items())


def of_mail(mail: Matter, channels: Channels, signs_in_by_link: bool) -> Signs:
    """The signs that all candidates of a mail share; ``signs_in_by_link`` says that it has a link to sign in."""
    text = mail.text[:LOOKED_AT]
    length = len(mail.text)
    signs: Signs = {"length": math.log10(length + 10) - 2.5}
    for kind in set(mail.opening_kinds):
        if kind in _OPENING:
            signs[_OPENING[kind]] = math.log1p(mail.opening_kinds.count(kind))
    for kind in set(mail.subject_kinds):
        if kind in _SUBJECT:
            signs[_SUBJECT[kind]] = 1.0
    numbers = len(NUMBER.findall(text))
    pressed = _on_buttons(channels)
    signs |= {
        "prices": math.log1p(mail.prices),
        "numbers": math.log1p(max(0, numbers - 2)),
        "links": math.log1p(len(channels.links)),
        "rows": math.log1p(len(ROW.findall(text))),
    }
    facts = {
        "under 300": length < 300,
        "under 700": length < 700,
        "several prices": mail.prices >= 2,
        "few numbers": numbers <= 2,
        "minutes": _MINUTES.search(text) is not None,
        "button": any(link.button for link in channels.links),
        "sign-in link": signs_in_by_link,
        "button acts": Kind.ACTION in pressed,
        "button is for more": not pressed.isdisjoint((Kind.AGAINST, Kind.SCREEN)),
        "no links": not channels.links,
        "issue": bool(mail.issues),
        "repository": mail.of_repository,
        "done": bool(DONE.hits(folded(mail.subject))),
        "percent in subject": "%" in mail.subject,
        "signs in": mail.speaks_of_signing_in,
        "subject offers": mail.subject_offers_code,
        "subject trades": mail.subject_trades,
        "gifts or rooms": mail.of_gifts_or_rooms,
        "hands over": mail.hands_over_a_code,
        "asks": mail.asks_for_it,
        "secret": mail.to_be_kept_secret,
    }
    signs.update((name, 1.0) for name, holds in facts.items() if holds)
    return signs


def of_candidate(mail: Matter, shared: Signs, setup: Setup) -> Signs:
    """All signs of a candidate that stands in the text."""
    candidate, said = setup.candidate, setup.said
    text, start, end = mail.text, candidate.start, candidate.end
    line_start, line_end = mail.line_of(start)
    line, before, after = text[line_start:line_end], text[line_start:start].strip(), text[end:line_end]
    above = text[max(0, line_start - 300) : line_start].rstrip().rpartition("\n")[2]
    alone = "\n" in text[start:end] or end - start <= len(bare(line)) <= end - start + 1
    below = _MINUTES.search(text, end, end + _BELOW)
    announced = setup.announced
    length = len(candidate.typed.replace("-", ""))
    before_kinds, line_kinds = _kinds(text[max(0, start - BESIDE) : start]), _kinds(_sentence(mail, start, end))
    trades = mail.subject_trades or not _TRADING.isdisjoint(mail.opening_kinds) or mail.prices >= 2
    idle = _URGING.isdisjoint(mail.opening_kinds) and _URGING.isdisjoint(mail.subject_kinds)
    signs = shared | _of_string(candidate) | _of_points(setup)
    signs[f"strength {said.strength}"] = 1.0
    signs["position"] = min(1.0, start / max(200, len(text)))
    facts = {
        "answer": said.strength < 2 and _ANSWER.match(mail.subject) is not None,
        "named otherwise": not said.strength and said.score <= -1.0,
        "asked": said.asked,
        "stands out": setup.stands_out,
        "alone": alone,
        "own paragraph": alone and is_paragraph(text, line_start, line_end),
        "emphasised": emphasis(mail, start, end) >= 2.0,
        "opens": start == line_start and end < line_end and text[max(0, start - 2) : start] in ("", "\n\n"),
        "ends line": not alone and not bare(after),
        "colon": (before or above).rstrip(_OPENERS).endswith(_COLONS),
        "bare name": _is_bare_name(before.rpartition("\t")[2] or above),
        "crowded": candidate.crowded,
        "in subject": setup.in_subject,
        "unique": setup.alone_of_its_kind,
        "minutes below": below is not None,
        "minutes near": below is not None and below.start() < end + 120,
        "quotation": in_quotation(line, start - line_start),
        "percent near": _PERCENT.search(text, max(0, start - 160), end + 160) is not None,
        "mixed among gifts": candidate.shape == "mixed" and mail.of_gifts_or_rooms,
        "mixed to sign in": candidate.shape == "mixed" and mail.speaks_of_signing_in,
        "unnamed letters": candidate.shape == "letters" and not said.strength,
        "unnamed digits": candidate.shape == "digits" and not said.strength,
        "unnamed six": _six(candidate) and not said.strength,
        "of announced length": announced is not None and announced == length,
        "of another length": announced is not None and announced != length,
        "named and kept secret": said.strength > 0 and Kind.KEEP in mail.opening_kinds,
        "named and ignored": said.strength > 0 and Kind.IGNORE in mail.opening_kinds,
        "named and soon": said.strength > 0 and (below is not None or Kind.SOON in mail.opening_kinds),
        "named weakly to sign in": 0 < said.strength < 3 and mail.speaks_of_signing_in,
        "named weakly in trade": 0 < said.strength < 3 and trades,
        "named well in trade": said.strength == 3 and trades,
        "numbered in trade": trades and Kind.NUMBER in line_kinds and line_kinds.isdisjoint((Kind.CODE, Kind.OTP)),
        "row of a form": in_form(text, line_start, line_end),
        "unnamed in trade": not said.strength and trades,
        "unnamed beside a link": not said.strength and "sign-in link" in shared,
        "named by the subject": not said.strength and mail.subject_offers_code,
        "stands out in short": setup.stands_out and len(text) < 300,
        "stands out alone": setup.stands_out and setup.alone_of_its_kind,
        "opens subject": setup.in_subject and _opens_subject(mail, candidate, said),
        "in subject and alone": setup.in_subject and alone,
        "yours by name": said.strength > 0 and Kind.YOURS in line_kinds and not trades,
        "well named in a form": said.strength == 3 and trades and in_form(text, line_start, line_end),
        "secret by name": Kind.SECRET in line_kinds and Kind.KEEP in mail.opening_kinds and candidate.shape == "digits",
        "named in a row": named_in_a_row(text, start),
        "carried by a link": trades and said.strength < 3 and _carried(setup),
        "all that is said": said.strength > 0 and len(text.strip()) <= 30 and not trades,
        "of a place": not said.strength and _of_a_place(candidate, text),
        "number of a paper": not said.strength and is_numbered(candidate.typed),
        "behind an acronym": behind_acronym(text, start),
        "idle and paid": idle and said.strength > 0 and (mail.prices > 0 or Kind.QUALIFIER in mail.subject_kinds),
        "figures to enter": {Kind.FIGURES, Kind.ENTER} <= before_kinds and _ELSEWHERE.isdisjoint(before_kinds),
        "of a call": said.strength > 0 and mail.of_a_call,
        "numbered": before.endswith("#") and line_kinds.isdisjoint((Kind.CODE, Kind.OTP)),
        "keyed in": text[end : end + 1] == "#",
        "replaces": replaces(text, candidate),
        "name": candidate.shape == "mixed"
        and is_name(mail.shown, candidate.typed, _is_called(said, before_kinds | line_kinds)),
        "stands out unread": setup.stands_out and not mail.in_known_words,
    }
    signs.update((name, 1.0) for name, holds in facts.items() if holds)
    return signs | _of_words(text, end, line_end, before_kinds, line_kinds, alone)


def _of_words(text: str, end: int, line_end: int, before_kinds: set[Kind], line_kinds: set[Kind], alone: bool) -> Signs:
    """What the words before it, in its sentence, in the next and on the line below say."""
    signs: Signs = {}
    signs.update((_BEFORE[kind], 1.0) for kind in before_kinds)
    signs.update((_LINE[kind], 1.0) for kind in line_kinds)
    signs.update(
        (_NEXT[kind], 1.0) for kind in _NEXT.keys() & _kinds(_next_sentence(text[end : min(line_end, end + BESIDE)]))
    )
    if alone:
        under = _kinds(text[line_end : line_end + BESIDE].lstrip().partition("\n")[0])
        signs["urged below"] = float(not under.isdisjoint((Kind.SOON, Kind.KEEP, Kind.IGNORE, Kind.ENTER)))
        signs["traded below"] = float(not under.isdisjoint(_ELSEWHERE))
    return signs


def of_subject_only(
    mail: Matter, candidate: Candidate, shared: Signs, points: float, said: Label, others: int
) -> Signs:
    """The signs of a candidate that only the subject shows."""
    signs = shared | _of_string(candidate)
    signs |= {"points": points, "points above": max(0.0, points), "base": shape(candidate) + 1.0}
    signs |= {"label": said.score, "label below": min(0.0, said.score), f"strength {said.strength}": 1.0}
    signs |= {"only in subject": 1.0, "in subject": 1.0, "rivals": math.log(1 + others)}
    if not others:
        signs["unique"] = 1.0
    if said.score > -1.0 and _points_to_subject(mail.text[:LOOKED_AT]):
        signs["pointed at"] = 1.0
    elif candidate.shape in ("mixed", "letters") and not said.strength:
        signs["unnamed in subject"] = 1.0
        signs["number of a paper"] = float(is_numbered(candidate.typed))
    return signs


def _of_points(setup: Setup) -> Signs:
    return {
        "points": setup.points,
        "points above": max(0.0, setup.points),
        "base": setup.base,
        "label": setup.said.score,
        "label below": min(0.0, setup.said.score),
        "behind": min(3.0, setup.behind),
        "many": setup.many,
        "rivals": math.log(setup.rivals),
        "alike": math.log(max(1, setup.alike)),
        "three alike": float(setup.alike >= 3),
    }


def _of_string(candidate: Candidate) -> Signs:
    typed = candidate.typed
    length = len(typed.replace("-", ""))
    facts = {
        "of four": length == 4 and candidate.shape != "letters",
        "of six digits": _six(candidate),
        "of six mixed": length == 6 and candidate.shape == "mixed",
        "of eight": length == 8,
        "of more": length > 8,
        "capitals": candidate.shape == "mixed" and typed.isupper(),
        "dashed": "-" in typed,
        "word": candidate.shape == "letters" and _UNSPEAKABLE.search(typed) is None,
        "counted": typed in _COUNTS or len(set(typed)) == 1,
        "name and number": _NAME_AND_NUMBER.match(typed) is not None,
    }
    signs: Signs = {"shape": shape(candidate), candidate.shape: 1.0}
    signs.update((name, 1.0) for name, holds in facts.items() if holds)
    return signs


def _points_to_subject(text: str) -> bool:
    """ "Enter the digits from the subject line": does a sentence say that the code is in the subject?"""
    text = folded(text)
    for hit in LABELS.hits(text):
        if hit.kind == Kind.HEADING:
            sentence = since_sentence(text[max(0, hit.start - 150) : hit.start]) + until_sentence(
                text[hit.start : hit.end + 150]
            )
            kinds = {other.kind for other in LABELS.hits(sentence)}
            if not kinds.isdisjoint(_POINTED_AT) and kinds.isdisjoint((Kind.OLD, Kind.GIFT)):
                return True
    return False


def _on_buttons(channels: Channels) -> set[Kind]:
    """What the words on the first buttons say."""
    texts = [link.text[:80] for link in channels.links if link.button][:3]
    return {hit.kind for text in texts for hit in LINKS.hits(folded(text))}


def _sentence(mail: Matter, start: int, end: int) -> str:
    """The sentence of a candidate; its whole line where that is a row of cells."""
    line_start, line_end = mail.line_of(start)
    line = mail.text[line_start:line_end]
    if "\t" in line or "\n" in mail.text[start:end]:
        return line[:300]
    before = since_sentence(mail.text[max(line_start, start - BESIDE) : start])
    return before + mail.text[start:end] + until_sentence(mail.text[end : min(line_end, end + BESIDE)])


def _next_sentence(after: str) -> str:
    """The sentence behind the one that a candidate is in."""
    return until_sentence(after[len(until_sentence(after)) :].lstrip(" .!?。！？।"))


def _opens_subject(mail: Matter, candidate: Candidate, said: Label) -> bool:
    """Does the subject begin with it, as with a code? Names in small letters begin subjects, too."""
    if any(map(str.islower, candidate.typed)) and not said.strength and not mail.subject_offers_code:
        return False
    return key_of(mail.subject[: len(candidate.typed) + 4]).startswith(key_of(candidate.typed))


def _is_called(said: Label, kinds: set[Kind]) -> bool:
    """Do the words round it name a code, rather than a sign-in?"""
    return said.strength > 0 and not _POINTED_AT.isdisjoint(kinds)


def _carried(setup: Setup) -> bool:
    """Does the address of a link hold it? "Manage my trip" leads to the page of a booking."""
    token = key_of(setup.candidate.typed)
    return len(token) >= 5 and any(token in key_of(link.url[:400]) for link in setup.links[:30])


def _of_a_place(candidate: Candidate, text: str) -> bool:
    """ "10115 Berlin", "BS1 4XY"."""
    if candidate.shape == "digits":
        return looks_like_address(text, candidate.end)
    return candidate.shape == "mixed" and is_postcode(text[candidate.start : candidate.end])


def _is_bare_name(phrase: str) -> bool:
    """Is it "Code:", "PIN", "Code de vérification", with no other word?"""
    if not 2 <= len(phrase) <= 60:
        return False
    phrase = folded(phrase).strip(_NAME_ENDS)
    hits = [hit for hit in LABELS.hits(phrase) if hit.kind in _NAMES]
    return bool(hits) and sum(hit.end - hit.start for hit in hits) >= len(phrase) - 4


def _six(candidate: Candidate) -> bool:
    return candidate.shape in ("digits", "grouped", "spaced") and len(candidate.typed.replace("-", "")) == 6


def _kinds(text: str) -> set[Kind]:
    return {hit.kind for hit in LABELS.hits(folded(text))} & _BEFORE.keys()
