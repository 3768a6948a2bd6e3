"""The link of a mail that signs in, confirms an address, resets a password or accepts an invitation."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from mailmcp.language.domains import host_of, same_organisation
from mailmcp.mail.codewords import LABELS, Kind, folded
from mailmcp.mail.labels import since_sentence
from mailmcp.mail.linkwords import LINKS
from mailmcp.mail.matter import Matter
from mailmcp.mail.purpose import tells_of_done
from mailmcp.mail.urls import Address, address_of, carries, is_private
from mailmcp.mail.weights import LINK_INTERCEPT, LINK_WEIGHTS
from mailmcp.models import Link

Signs = dict[str, float]

SETTLED = {"denied": -5.0, "says against": -2.5, "subject warns": -1.5, "of a campaign": -2.5}
"""Too rare in the corpus to be fitted: a link for whom it was not, one whose own words speak of something else, and any
in a mail that warns of frauds or that counts how many come by it."""
THRESHOLD = 0.25
"""Of the logarithm of the odds."""
_SURER = 1.5
"""What the odds of mails that the weights never knew turned out to be: a slope."""
HEADING = 120
"""Characters of the shown text in which its first words stand."""
_LOOKED_AT = 150
_READ = 25
_OTHER_SCHEMES = ("mailto:", "tel:", "sms:", "callto:", "geo:", "webcal:", "maps:")
_SIGNING = frozenset((Kind.ACTION, Kind.VERIFY, Kind.OTP))
_TRADING = frozenset((Kind.OTHER, Kind.GIFT, Kind.ROOM))
_NOT_BELOW = frozenset((Kind.AGAINST, Kind.NOT_YOU, Kind.GIFT, Kind.ROOM))
_ENDS = (".", "!", "?", "。", "！", "？", "।")
_POINTERS = " <([\t=-–—>*•·→➜➔▶►»👉:：|"
"""What plain text sets before an address that stands alone."""


@dataclass(frozen=True, slots=True)
class SignInLink:
    """The link that was chosen."""

    url: str
    text: str
    confidence: float


class _Target(NamedTuple):
    link: Link
    address: Address
    carries_code: bool = False


class _Words(NamedTuple):
    """What is said on a link and round it."""

    name: str
    bare_url: bool
    said: frozenset[Kind]
    around: frozenset[Kind]
    below: frozenset[Kind]
    own_line: bool
    """Does a bare URL stand alone on its line?"""
    denied: bool
    """The sentence before it, or its own words, are for whom it was not."""


@dataclass(frozen=True, slots=True)
class _Mail:
    """What the judging of every link of a mail needs."""

    length: int
    counts: Counter[str]
    has_code: bool
    lone: str | None
    """The URL of the one button or personal link, when the mail has only one."""
    button: str | None
    """The URL of the one button."""
    many: bool
    """Has it a page full of personal links, as newsletters do?"""
    links: int
    """Different ones."""
    buttons: int
    alike: Counter[str]
    """Different URLs by where they lead to, but for the last part of the path."""


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
            self._links = [_Target(link, address_of(link.url)) for link in useful]
        self._shared = _of_mail(matter) if self._links else {}
        self._words: dict[int, _Words] = {}

    def best(self, code: str | None) -> SignInLink | None:
        """The best link of a mail with this code (or none)."""
        best: tuple[float, Link] | None = None
        for link, signs in self.judged(code):
            odds = weighed(signs)
            if best is None or odds > best[0]:
                best = (odds, link)
        if best is None or best[0] < THRESHOLD:
            return None
        return SignInLink(best[1].url, best[1].text, round(1 / (1 + math.exp(-_SURER * best[0])), 2))

    def judged(self, code: str | None) -> list[tuple[Link, Signs]]:
        """The likeliest links with the signs that speak for and against them, in the order of the mail."""
        links = self._links
        if not links:
            return []
        if code is not None:
            links = [one._replace(carries_code=True) if carries(one.link.url, code) else one for one in links]
        buttons = {target.link.url for target in links if target.link.button}
        personal = {target.link.url for target in links if target.address.personal}
        mail = _Mail(
            length=len(self._matter.shown),
            counts=Counter(target.link.url for target in links),
            has_code=code is not None,
            lone=_only(buttons | personal),
            button=_only(buttons),
            many=len(personal) >= 8,
            links=len({target.link.url for target in links}),
            buttons=len(buttons),
            alike=Counter(map(_place_of, {target.link.url for target in links})),
        )
        # Words are read only for the likeliest.
        likely = sorted(links, key=lambda one: -one.address.points - one.link.button - 3.0 * one.carries_code)[:_READ]
        likely.sort(key=lambda target: target.link.offset)
        return [
            (one.link, self._shared | _of_link(one, mail, self._read(one.link), self._shared) | self._of_host(one.link))
            for one in likely
        ]

    def _read(self, link: Link) -> _Words:
        if (words := self._words.get(id(link))) is None:
            words = self._words[id(link)] = _words(self._matter.shown, link)
        return words

    def _of_host(self, link: Link) -> Signs:
        if self._sender_domain and (host := host_of(link.url)):
            if same_organisation(host, self._sender_domain):
                return {"of the sender": 1.0}
            if not is_private(host) and not is_private(self._sender_domain):
                return {"of somebody else": 1.0}
        return {}


def weighed(signs: Signs) -> float:
    """The logarithm of the odds that it is the link."""
    return LINK_INTERCEPT + sum(
        (SETTLED.get(name) or LINK_WEIGHTS.get(name, 0.0)) * value for name, value in signs.items()
    )


def _place_of(url: str) -> str:
    """A URL without query and the last part of its path."""
    return url[:400].partition("?")[0].rpartition("/")[0]


def _only(urls: set[str]) -> str | None:
    return next(iter(urls)) if len(urls) == 1 else None


def _of_mail(matter: Matter) -> Signs:
    """The signs that all links of a mail share: is it about signing in, confirming, resetting, inviting?"""
    subject, headline = _kinds(matter.subject), _kinds(_headline(matter.shown))
    first = _kinds(matter.shown[:HEADING].strip().partition("\n\n")[0])
    count = matter.opening_kinds.count
    past = Kind.NOTICE in matter.opening_kinds or Kind.NOTICE in matter.subject_kinds
    signs: Signs = {
        "opening verifies": min(1.0, 0.33 * (count(Kind.VERIFY) + count(Kind.OTP))),
        "opening trades": min(1.0, 0.2 * (count(Kind.OTHER) + count(Kind.GIFT) + count(Kind.TRADE))),
        "prices": min(1.0, 0.25 * matter.prices),
        "length": math.log10(len(matter.shown) + 10) - 2.5,
    }
    facts = {
        "subject signs in": not subject.isdisjoint(_SIGNING),
        "subject acts": Kind.ACTION in subject,
        "subject trades": not subject.isdisjoint(_TRADING),
        "headline signs in": not headline.isdisjoint(_SIGNING) and not past,
        "first words act": Kind.ACTION in first and not past,
        "subject warns": Kind.FRAUD in matter.subject_kinds,
        "of the past": past,
        "done": tells_of_done(matter),
        "room": not {Kind.ROOM, Kind.CALL}.isdisjoint(matter.subject_kinds),
        "ignore": Kind.IGNORE in matter.opening_kinds,
        "soon": Kind.SOON in matter.opening_kinds or Kind.CUE in matter.opening_kinds,
    }
    return signs | {name: 1.0 for name, holds in facts.items() if holds}


def _of_link(target: _Target, mail: _Mail, words: _Words, shared: Signs) -> Signs:
    """The signs of one link: its words, what stands round it, its address, how it is set."""
    link, address = target.link, target.address
    name, bare_url, said, around, below, own_line, denied = words
    lone, only = link.url == mail.lone, link.url == mail.button
    acts, signs_in = Kind.ACTION in said, not said.isdisjoint(_SIGNING)
    against = Kind.AGAINST in said and not (bare_url and acts)
    named, personal = address.named or target.carries_code, target.carries_code or address.personal
    prominent = link.button or own_line
    asked = "subject acts" in shared or "headline signs in" in shared or "first words act" in shared
    past = "of the past" in shared
    explained = lone and link.button and not said and Kind.ACTION in below and below.isdisjoint(_NOT_BELOW)
    introduced = only and Kind.ACTION in around and Kind.AGAINST not in around and not past and not mail.has_code
    known = named or (signs_in and not against) or explained or introduced
    place = link.offset / max(200, mail.length)
    facts = {
        "says against": against and not acts,
        "says for and against": against and acts,
        "acts by name": acts and not against and not bare_url,
        "acts by what is before": acts and bare_url,
        "signs in by name": signs_in and not acts and not against,
        "names trade": not said.isdisjoint(_TRADING) and not (named and personal and (bare_url or acts)),
        "names trade and acts": not said.isdisjoint(_TRADING) and bool(named and personal and (bare_url or acts)),
        "headline": len(name) > 60 and not bare_url,
        "around signs in": not around.isdisjoint(_SIGNING),
        "around not you": Kind.NOT_YOU in around,
        "around against": Kind.AGAINST in around,
        "denied": denied,
        "explained below": explained,
        "introduced": introduced,
        "lone": lone,
        "lone and named token": lone and address.named and address.personal > 1,
        "lone, own line, token": lone and bare_url and own_line and address.personal > 1,
        "lone in a mail that asks": lone and asked,
        "only button": only and not mail.has_code,
        "only button where asked": only and asked and not past and not mail.has_code,
        "unknown": not known,
        "unknown and not lone": not known and not lone,
        "unknown and not asked": not known and not asked,
        "button": link.button,
        "button that acts": link.button and acts and not against,
        "words above an address": own_line and known and 2 < len(name.strip()) <= 40,
        "own line": own_line,
        "bare": bare_url,
        "in running text": not prominent and not bare_url,
        "in running text, not asked": not prominent and not bare_url and not asked,
        "repeated": mail.counts[link.url] > 1,
        "in the footer": mail.length > 600 and place > 0.75,
        "one of many": mail.many and not link.button,
        "beside a code": mail.has_code,
        "beside a code in running text": mail.has_code and not (link.button or bare_url or named),
        "carries the code": target.carries_code,
        "path named": address.named,
        "path against": address.against,
        "path named, token": named and bool(personal),
        "long token": address.personal > 1,
        "short token": 0 < address.personal < 1,
        "no token": not personal,
        "no token, not named": not personal and not named,
        "home page": address.home,
        "of a campaign": "utm_" in link.url,
        "query": address.asked,
    }
    counts = {
        "place": min(1.0, place),
        "links": math.log(mail.links),
        "buttons": math.log1p(mail.buttons),
        "alike": math.log(mail.alike[_place_of(link.url)]),
    }
    return counts | {name: 1.0 for name, holds in facts.items() if holds}


def _headline(shown: str) -> str:
    """The first line, when it is as short as a headline and no greeting: it says again what the mail is about."""
    line = shown[:200].lstrip().partition("\n")[0].strip()
    return line if len(line) <= 60 and not line.endswith((",", "!", "،", "，")) else ""


def _words(visible: str, link: Link) -> _Words:
    bare_url = "://" in link.text or link.text.startswith("www.")
    before = visible[max(0, link.offset - 160) : link.offset]
    # A bare URL is named by the words before it: on its line, else on the line above.
    name = _last_words(before) if bare_url else link.text[:160]
    said = _kinds(name)
    if bare_url and not said & _SIGNING:
        said |= _kinds(_next_words(visible, link))
    own_line = bare_url and not before.rpartition("\n")[2].strip(_POINTERS)
    denied = _denies(before.rstrip(_POINTERS + "\n")) or (not bare_url and Kind.NOT_YOU in said)
    below = visible[link.offset + len(link.text) :][:160].lstrip().partition("\n")[0]
    around = _kinds(before)
    if bare_url and not denied and _to_be_ignored(before):
        around -= {Kind.NOT_YOU}  # said of a request, not of what has happened
    return _Words(name, bare_url, said, around, _kinds(below), own_line, denied)


def _denies(before: str) -> bool:
    """ "If you did not do this, reset your password": is what stands before a link for whom it was not?

    "If it was not you, ignore this." speaks of no link.
    """
    sentence = since_sentence(before, keep=True)
    kinds = _kinds(sentence)
    if Kind.NOT_YOU not in kinds or _to_be_ignored(sentence):
        return False
    return Kind.ACTION in kinds or not before.endswith(_ENDS)


def _to_be_ignored(phrase: str) -> bool:
    return any(hit.kind == Kind.IGNORE for hit in LABELS.hits(folded(phrase)))


def _last_words(before: str) -> str:
    line = before.rstrip(_POINTERS)
    if line.endswith("\n") or not line.strip():
        line = line.rstrip()
    return line[line.rfind("\n") + 1 :][-120:]


def _next_words(visible: str, link: Link) -> str:
    """The words after a bare URL, up to the end of its line or the next URL."""
    end = link.offset + len(link.text)
    return visible[end : end + 80].split("\n", 1)[0].split("://", 1)[0]


def _kinds(text: str) -> frozenset[Kind]:
    return frozenset(hit.kind for hit in LINKS.hits(folded(text)))
