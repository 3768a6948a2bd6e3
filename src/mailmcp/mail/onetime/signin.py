"""The link of a mail that signs in, confirms an address, resets a password or accepts an invitation."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from mailmcp.language.domains import host_of, is_private, same_organisation
from mailmcp.language.folding import folded
from mailmcp.mail.onetime import linktargets
from mailmcp.mail.onetime.codewords import LABELS, Kind
from mailmcp.mail.onetime.labels import since_sentence
from mailmcp.mail.onetime.linkwords import ACCOUNT, DONE, LINKS, UNLESS
from mailmcp.mail.onetime.matter import Matter
from mailmcp.models import Link

THRESHOLD = 4.0
_SURELY = 1.0
"""So much a mail is about signing in, when its subject speaks of it."""
HEADING = 120
"""Characters of the shown text in which its first words stand."""
_LOOKED_AT = 150
_READ = 25
_OTHER_SCHEMES = ("mailto:", "tel:", "sms:", "callto:", "geo:", "webcal:", "maps:")
_SIGNING = frozenset((Kind.ACTION, Kind.VERIFY, Kind.OTP))
_TRADING = frozenset((Kind.OTHER, Kind.GIFT, Kind.ROOM))
_NOT_BELOW = frozenset((Kind.AGAINST, Kind.NOT_YOU, Kind.GIFT, Kind.ROOM))
_ENDS = (".", "!", "?", "。", "！", "？", "।")
_QUESTIONS = ("?", "？", "؟")
_POINTERS = " <([\t=-–—>*•·→➜➔▶►»👉:：|"
"""What plain text sets before an address that stands alone."""


@dataclass(frozen=True, slots=True)
class SignInLink:
    """The link that was chosen."""

    url: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Target:
    link: Link
    points: float
    """For the URL alone."""
    personal: float
    named: bool
    """Its path speaks of signing in."""
    carries_code: bool = False


class _Words(NamedTuple):
    """What is said on a link and round it."""

    name: str
    bare_url: bool
    said: frozenset[Kind]
    around: frozenset[Kind]
    below: frozenset[Kind]
    own_line: bool
    alone: bool
    """Its line has no other words."""
    announced: bool
    """The words before it, on a line of its own, end with a colon: "Use this link:"."""
    denied: bool
    """The sentence before it, or its own words, are for whom it was not."""
    unasked: bool
    """The sentence before it is for whom nothing was asked for."""


@dataclass(frozen=True, slots=True)
class _Mail:
    """What the judging of every link of a mail needs."""

    visible: str
    counts: Counter[str]
    about: float
    """What the mail is about, from subject and opening: signing in (positive) or trade (negative)."""
    has_code: bool
    lone: str | None
    """The URL of the one button or personal link, when the mail has only one."""
    headed: bool
    """Do its first words ask for signing in, confirming, a new password?"""
    button: str | None
    """The URL of the one button of a mail without a code."""
    soon: bool
    """Does it hold for minutes?"""
    of_past: bool
    """Does it tell of something done?"""
    many: bool
    """Has it a page full of personal links, as newsletters do?"""


def best_link(
    matter: Matter, offered: tuple[Link, ...], sender_domain: str | None, code: str | None
) -> SignInLink | None:
    """The best of the ``offered`` links, None when none is good enough. Nothing is fetched.

    ``code`` is what was found in the same mail; a link that carries it belongs to it.
    """
    return Offered(matter, offered, sender_domain).best(code)


class Offered:
    """The links of a mail. Words and URLs are read once, however often it is asked for the best."""

    def __init__(self, matter: Matter, offered: tuple[Link, ...], sender_domain: str | None) -> None:
        self._matter = matter
        self._sender_domain = sender_domain
        self._links: list[_Target] = []
        if not matter.of_repository:  # developers speak of signing in, too
            useful = [link for link in offered[:_LOOKED_AT] if not link.url.lower().startswith(_OTHER_SCHEMES)]
            self._links = [_target(link, None) for link in useful]
        self._about = _about(matter) if self._links else 0.0
        self._of_past = _tells_of_the_past(matter)
        self._headed = bool(self._links) and not self._of_past and not matter.of_gifts_or_rooms and _is_headed(matter)
        self._words: dict[int, _Words] = {}
        self._scores: dict[str | None, list[tuple[float, Link]]] = {}

    def best(self, code: str | None) -> SignInLink | None:
        """The best link of a mail with this code (or none)."""
        best = max(self._scored(code), key=lambda one: one[0], default=None)
        if best is None or best[0] < THRESHOLD:
            return None
        return SignInLink(best[1].url, best[1].text, round(1 / (1 + math.exp(-(best[0] - THRESHOLD + 1) / 1.3)), 2))

    def further(self, code: str | None, best: SignInLink) -> tuple[str, ...]:
        """The other links that would do: the same one as an address to be copied, one of another step."""
        urls = (link.url for score, link in self._scored(code) if score >= THRESHOLD)
        return tuple(dict.fromkeys(url for url in urls if url != best.url))

    def _scored(self, code: str | None) -> list[tuple[float, Link]]:
        """The likeliest links with their scores, in the order of the mail."""
        if (scored := self._scores.get(code)) is None:
            scored = self._scores[code] = self._score_all(code) if self._links else []
        return scored

    def _score_all(self, code: str | None) -> list[tuple[float, Link]]:
        links = self._links
        if code is not None:
            links = [_target(one.link, code) if linktargets.carries(one.link.url, code) else one for one in links]
        headed = code is None and self._headed
        buttons = {target.link.url for target in links if target.link.button}
        prominent = buttons | {target.link.url for target in links if target.personal}
        # What takes it back ("cancel the confirmation") is no rival of what confirms it.
        asking = {one.link.url for one in links if one.named and one.personal > 1 and one.points > 0}
        asking |= buttons if asking else set()
        alone = (prominent, asking, buttons) if headed else (prominent, asking)
        mail = _Mail(
            visible=self._matter.shown,
            counts=Counter(target.link.url for target in links),
            about=self._about,
            has_code=code is not None,
            lone=next((next(iter(urls)) for urls in alone if len(urls) == 1), None),
            headed=headed,
            button=next(iter(buttons)) if len(buttons) == 1 and code is None and not self._of_past else None,
            soon=Kind.SOON in self._matter.opening_kinds,
            of_past=self._of_past,
            many=len({target.link.url for target in links if target.personal}) >= 8,
        )
        # Words are read only for the likeliest.
        likely = sorted(links, key=lambda target: -target.points - target.link.button)[:_READ]
        likely.sort(key=lambda target: target.link.offset)
        return [
            (_score(target, mail, self._read(target.link)) + self._of_host(target.link), target.link)
            for target in likely
        ]

    def _read(self, link: Link) -> _Words:
        if (words := self._words.get(id(link))) is None:
            words = self._words[id(link)] = _words(self._matter, link)
        return words

    def _of_host(self, link: Link) -> float:
        if self._sender_domain and (host := host_of(link.url)):
            if same_organisation(host, self._sender_domain):
                return 0.3
            if not is_private(host) and not is_private(self._sender_domain):
                return -0.2
        return 0.0


def _about(matter: Matter) -> float:
    """Is the mail about signing in, confirming, resetting, inviting?"""
    kinds = _kinds(matter.subject)
    done = bool(DONE.hits(folded(matter.subject)))
    score = 0.0
    if kinds & _SIGNING and Kind.TRADE not in kinds:
        score += 1.4
    if kinds & _TRADING:
        score -= 0.8
    elif not (done or _tells_of_the_past(matter)) and _kinds(_headline(matter.shown)) & _SIGNING:
        score += 1.0
    if done:
        score -= 1.4
    if Kind.FRAUD in matter.subject_kinds:
        score -= 2.0  # a warning speaks of signing in, its link tells more
    count = matter.opening_kinds.count
    score += min(0.6, 0.2 * (count(Kind.VERIFY) + count(Kind.OTP)))
    return score - min(1.0, 0.2 * (count(Kind.OTHER) + count(Kind.GIFT)))


def _is_headed(matter: Matter) -> bool:
    """Do the first words speak of signing in, confirming, resetting?"""
    return Kind.ACTION in _kinds(matter.shown[:HEADING].strip().partition("\n\n")[0])


def _tells_of_the_past(matter: Matter) -> bool:
    """ "Your password was changed": is it a notice of something done?"""
    return Kind.NOTICE in matter.opening_kinds or Kind.NOTICE in matter.subject_kinds


def _headline(shown: str) -> str:
    """The first line, when it is as short as a headline and no greeting: it says again what the mail is about."""
    line = shown[:200].lstrip().partition("\n")[0].strip()
    return line if len(line) <= 60 and not line.endswith((",", "!", "،", "，")) else ""


def _words(matter: Matter, link: Link) -> _Words:
    visible = matter.shown
    bare_url = "://" in link.text or link.text.startswith("www.")
    before = visible[max(0, link.offset - 160) : link.offset]
    # A bare URL is named by the words before it: on its line, else on the line above.
    name = _last_words(before) if bare_url else link.text[:160]
    said = _kinds(name, bare_url)
    if bare_url and not said & _SIGNING:
        said |= _kinds(_next_words(visible, link))
    own_line = bare_url and not before.rpartition("\n")[2].strip(_POINTERS)
    alone = own_line or not (before.rpartition("\n")[2] + _next_words(visible, link)).strip(_POINTERS)
    announced = own_line and before.rstrip(" <\t\n").endswith((":", "：", "՝"))
    said_before = before.rstrip(_POINTERS + "\n")
    denied = _denies(said_before) or _is_for_others(matter, said_before) or (not bare_url and Kind.NOT_YOU in said)
    below = visible[link.offset + len(link.text) :][:160].lstrip().partition("\n")[0]
    around = _kinds(before, bare_url)
    if bare_url and not denied and _to_be_ignored(before):
        around -= {Kind.NOT_YOU}  # said of a request, not of what has happened
    unasked = _to_be_ignored(_last_sentences(said_before))
    return _Words(name, bare_url, said, around, _kinds(below), own_line, alone, announced, denied, unasked)


def _score(target: _Target, mail: _Mail, words: _Words) -> float:
    link = target.link
    name, bare_url, said, around, below, own_line, alone, announced, denied, unasked = words
    score = mail.about + target.points + (0.6 if mail.headed else 0.0)
    known = target.named
    if Kind.AGAINST in said and not (bare_url and Kind.ACTION in said):
        # "Sign in with this link. [Read the message]": the words before it say what it does.
        asked_for = link.url == mail.button and target.named and target.personal
        asked_for = asked_for and (_asks_above(around) or mail.about >= _SURELY)
        score -= 1.5 if Kind.ACTION in said else 1.0 if asked_for else 4.5
    elif said & _SIGNING:
        score += 1.5 if bare_url else 2.0
        known = True
    if Kind.TRADE in said and not bare_url:
        score -= 6.0  # "Confirm my appointment"
    elif said & _TRADING:
        # "A new password for the customer zone": the words of trade are only the name of a place.
        # An address that says itself what it is for is believed before the word beside it ("newsletter").
        score -= 1.0 if target.named and target.personal and (bare_url or Kind.ACTION in said) else 3.0
    if len(name) > 60 and not bare_url:
        score -= 0.8  # a headline
    if around & _SIGNING:
        score += 0.6
    if Kind.NOT_YOU in around or denied:
        score -= 6.0 if denied else 2.5
    if link.url == mail.lone:
        score += 1.6 if target.named and target.personal > 1 else 0.8
        if announced and target.personal and mail.about >= _SURELY:
            score += 0.6  # the one link of a mail about signing in, and its words point to it
        if link.button and not said and Kind.ACTION in below and below.isdisjoint(_NOT_BELOW):
            score, known = score + 1.6, True  # "The invitation ends in a week."
        if target.named and target.personal > 1.0 and bare_url and own_line and Kind.NOT_YOU not in around:
            score += 0.4  # the one token of the mail, at an address that says what it is for
    if link.url == mail.button and Kind.AGAINST not in said and (_asks_above(around) or mail.about >= _SURELY):
        known = True  # below words of signing in the one button needs none itself: "Pick a new one"
        if mail.soon and target.personal > 1.0 and not said and mail.about >= _SURELY:
            score += 1.2  # "Open Tessel", for twenty minutes
    if mail.of_past and not (known or target.named or Kind.ACTION in around):
        score -= 2.0  # "You have been added to a team. [View the team]"
    if not known and (link.url != mail.lone or (mail.about < 0.8 and not mail.headed)):
        score -= 1.5
    if own_line and known and 2 < len(name.strip()) <= 40:
        score += 1.2  # a button as plain text writes it: its words, and the address below
    else:
        score += 0.9 if link.button else 0.5 if own_line else 0.0
    score += 0.5 if mail.counts[link.url] > 1 else 0.0
    if len(mail.visible) > 600 and link.offset > 0.75 * len(mail.visible):
        score -= 0.7
    if mail.about <= 0 and not (link.button or alone or bare_url):
        score -= 1.0  # an aside in running text: "Forwarded to you? Sign up here."
    if mail.many and not link.button:
        score -= 1.5
    if mail.has_code:
        # Beside a code a link in running text is for something else: an account, a new password.
        score -= 0.8 if link.button or bare_url or target.named or target.carries_code else 2.3
        if unasked and not link.button and not target.carries_code:
            score -= 1.5  # "If you did not ask for this code, change your password."
    return score


def _asks_above(around: frozenset[Kind]) -> bool:
    return Kind.ACTION in around and Kind.AGAINST not in around


def _denies(before: str) -> bool:
    """ "If you did not do this, reset your password": is what stands before a link for whom it was not?

    "If it was not you, ignore this." speaks of no link.
    """
    sentence = since_sentence(before, keep=True)
    kinds = _kinds(sentence)
    if Kind.NOT_YOU not in kinds or _to_be_ignored(sentence):
        return False
    return Kind.ACTION in kinds or not before.endswith(_ENDS)


def _is_for_others(matter: Matter, before: str) -> bool:
    """ "If you did not change it, reset your password:" does a notice lead whoever has not done it to a link?"""
    if not _tells_of_the_past(matter):
        return False
    last = since_sentence(before, keep=True).rpartition("\n")[2]
    if before.endswith(_ENDS) and (Kind.NOTICE not in matter.subject_kinds or Kind.ACTION not in _kinds(last)):
        return False  # "If you did not ask for this, ignore it." speaks of no link
    return {hit.kind for hit in UNLESS.hits(folded(last))} == {Kind.CUE, Kind.NOT_YOU}


def _last_sentences(before: str) -> str:
    """The sentence that a link is in, with the question that it answers."""
    last = since_sentence(before, keep=True)
    earlier = before[: len(before) - len(last)].rstrip()
    return since_sentence(earlier, keep=True) + last if earlier.endswith(_QUESTIONS) else last


def _to_be_ignored(phrase: str) -> bool:
    return any(hit.kind == Kind.IGNORE for hit in LABELS.hits(folded(phrase)))


def _last_words(before: str) -> str:
    line = before.rstrip(_POINTERS)
    if line.endswith("\n") or not line.strip():
        line = line.rstrip()
    return line[line.rfind("\n") + 1 :][-120:]


def _next_words(visible: str, link: Link) -> str:
    """The words after a link, up to the end of its line or the next URL."""
    end = link.offset + len(link.text)
    return visible[end : end + 80].split("\n", 1)[0].split("://", 1)[0]


def _kinds(text: str, opens: bool = False) -> frozenset[Kind]:
    """What words say; ``opens`` says that they stand before an address, which is opened in a browser anyhow."""
    words = folded(text)
    kinds = frozenset(hit.kind for hit in LINKS.hits(words))
    if Kind.SCREEN in kinds:
        kinds = (kinds if opens else kinds | {Kind.AGAINST}) - {Kind.SCREEN}
    # "Confirm your e-mail for the reservation"
    return kinds - {Kind.TRADE} if Kind.TRADE in kinds and ACCOUNT.hits(words) else kinds


def _target(link: Link, code: str | None) -> _Target:
    return _Target(link, *linktargets.said_by(link.url, code), code is not None and linktargets.carries(link.url, code))
