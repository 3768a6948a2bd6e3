"""Names that look like others: what a domain or a display name comes down to in the eyes of a reader.

For comparison only, never for display. The idea is the skeleton of Unicode TS 39 §4; the table holds the letters that
names of domains are forged with (Latin, Greek, Cyrillic, Armenian, Cherokee look-alikes, digits), not all of Unicode.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from mailmcp.language.characters import comparable
from mailmcp.language.domains import organisational_domain, same_organisation

_LEAST_LETTERS = 7
"""Shorter names differ by one letter by chance."""
_LEAST_TO_DOUBLE = 5
_LEAST_TO_ADD = 4
_LEAST_TO_GLUE = 5
_ADDED = frozenset(
    word.replace("i", "l")
    for word in (
        *("account", "accounts", "alert", "alerts", "app", "auth", "bank", "billing", "care", "center", "centre"),
        *("check", "client", "code", "com", "confirm", "customer", "delivery", "email", "help", "helpdesk", "id"),
        *("info", "invoice", "login", "logon", "mail", "mailer", "mfa", "my", "net", "news", "notice", "notification"),
        *("notifications", "notify", "official", "online", "otp", "pay", "payment", "payments", "portal", "recovery"),
        *("refund", "reset", "safe", "safety", "secure", "security", "server", "service", "services", "shop", "sign"),
        *("signin", "sso", "store", "support", "team", "the", "uk", "update", "updates", "us", "user", "verification"),
        *("verify", "web", "www", "in", "eu", "de"),
    )
)
"""Words of skeletons that make a name look like a part of the one they are put to."""

_LOOKS_LIKE = {
    "a": "аαɑạ⍺ａ",
    "b": "ЬƅᏏᖯ",
    "c": "сϲᴄⅽ",
    "d": "ԁᏧⅾ",
    "e": "еҽ℮ё",
    "f": "ſϝẝ",
    "g": "ɡցᶃ",
    "h": "һհᏂ",
    "i": "іıɩιӏɪⅰ",
    "j": "јϳ",
    "k": "κкⲕ",
    "l": "1|ⅼ∣ǀןӀ",
    "m": "мⅿ",
    "n": "ոռη",
    "o": "0оοօσ○ᴏ๐໐",
    "p": "рρ⍴",
    "q": "ԛզգ",
    "r": "гᴦⲅ",
    "s": "ѕꜱƽ5",
    "t": "тτ",
    "u": "υսʋᴜ",
    "v": "νѵᴠⅴ∨",
    "w": "ѡԝաᴡ",
    "x": "хχⅹ×",
    "y": "уүγʏỿ",
    "z": "ᴢʐ",
    "-": "‐‑‒–—−ー",
    ".": "。．․",
}
_TABLE = {ord(other): letter for letter, others in _LOOKS_LIKE.items() for other in others.lower()}
_PAIRS = (("rn", "m"), ("vv", "w"))
_CLOSE_PAIRS = (*_PAIRS, ("cl", "d"))
"""In addresses, which are compared letter by letter: names of people and houses have a cl that nobody takes for a d."""


def skeleton(text: str) -> str:
    """What ``text`` comes down to: case, accents and look-alike letters undone, A-labels read."""
    readable = ".".join(map(_unicode, comparable(text).strip().split(".")))
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", readable).casefold())
    bare = "".join(one for one in folded if not unicodedata.combining(one)).translate(_TABLE)
    return _paired(bare, _PAIRS)


def is_taken_for(address: str, other: str) -> bool:
    """Whether an address is easily taken for another one: for its domain, whatever name stands before it, or its name.

    Domains of one organisation are nobody else's, so between two of these only the same domain's names are compared.
    """
    local, _, domain = address.casefold().rpartition("@")
    other_local, _, other_domain = other.casefold().rpartition("@")
    if domain == other_domain:
        return local != other_local and _look(local) == _look(other_local)
    if same_organisation(domain, other_domain):
        return False
    owner, other_owner = organisational_domain(domain), organisational_domain(other_domain)
    return _look(domain) == _look(other_domain) or resembles(owner, other_owner) or resembles(domain, other_domain)


@lru_cache(maxsize=4096)
def _look(text: str) -> str:
    return _paired(skeleton(text), _CLOSE_PAIRS)


def _paired(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for pair, letter in pairs:
        text = text.replace(pair, letter)
    return text


def resembles(domain: str, other: str) -> bool:
    """Whether a domain is easily taken for another: one look, one letter apart, or the other's name with a word to it.

    The shorter a name, the less may differ: of fewer than seven letters any other letter makes an honest name of its
    own, so there only a doubled letter or two swapped ones count.
    """
    if domain == other:
        return False
    one, two = skeleton(domain), skeleton(other)
    if one == two or one.replace("-", "") == two.replace("-", "") or f".{two}." in f".{one}":
        return True
    name, _, suffix = one.partition(".")
    other_name, _, other_suffix = two.partition(".")
    if _folded(name) == _folded(other_name) and domain.partition(".")[0] != other.partition(".")[0]:
        return suffix == other_suffix or len(other_name) >= _LEAST_TO_DOUBLE
    if _with_a_word(name, other_name):
        return True
    if suffix != other_suffix or not _one_apart(name, other_name):
        return False
    least = min(len(name), len(other_name))
    return least >= _LEAST_LETTERS or (least >= _LEAST_TO_DOUBLE and _doubled_or_swapped(name, other_name))


def _folded(name: str) -> str:
    """A skeleton in which a small L and an i are one: in many typefaces they are told apart only side by side."""
    return name.replace("i", "l")


def _with_a_word(name: str, other: str) -> bool:
    """Whether a name is another one with a word that phishing puts to it (``paypal-login``, ``securepaypal``)."""
    name, other = _folded(name), _folded(other)
    if len(other) < _LEAST_TO_ADD or other not in name or name == other:
        return False
    if len(other) < _LEAST_TO_GLUE and other not in name.split("-"):
        return False  # short names are parts of other words: a webmail is nobody's mail
    before, _, after = name.partition(other)
    added = [word for part in (before, after) for word in part.split("-") if word]
    return bool(added) and all(word in _ADDED for word in added)


def _unicode(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _one_apart(one: str, two: str) -> bool:
    """Whether a letter more, less, other, or two neighbours swapped make one of the other."""
    if abs(len(one) - len(two)) > 1 or one == two:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    rest, other = one[start:], two[start:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:] and len(rest) >= 2)
    )


def _doubled_or_swapped(one: str, other: str) -> bool:
    """Of two names one letter apart: whether a letter was only doubled, or two neighbours changed places."""
    if len(one) == len(other):
        return sorted(one) == sorted(other)
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return any(
        longer[at] == longer[at - 1] and longer[:at] + longer[at + 1 :] == shorter for at in range(1, len(longer))
    )
