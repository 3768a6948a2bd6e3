"""Secrets, numbers of accounts and fresh codes in what wants to leave.

A finding is a reason to ask a human, never more: its sentence says what was found and where, and shows of it no more
than tells it from others. Everything takes linear time; beyond ``MOST_CHARACTERS`` nothing is read, which is a finding
of its own.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from mailmcp.language.characters import ascii_digits, cleaned
from mailmcp.policy.accounts import cards, ibans
from mailmcp.policy.tokens import KEY_WORDS, PRIVATE_KEY, TOKENS

MOST_CHARACTERS = 4 * 1024 * 1024
"""Of all that one message says."""
LEAST_SECRET = 6
"""Characters of a secret of ours that is looked for: a shorter one stands in ordinary words."""
_SHORT_CODE = 6
"""Codes of fewer characters are looked for as a word of their own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message in words, and what people call it."""

    where: str
    text: str
    plain: bool = True
    """Whether it was meant to be read; of other octets only secrets that cannot be chance are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A code or link that arrived within the last hour, and the message that brought it."""

    message: str
    code: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Leak:
    """A finding: its kind, and a sentence that gives nothing away."""

    kind: str
    sentence: str


def find(pieces: Sequence[Piece], *, fresh: Collection[Fresh] = (), own: Collection[str] = ()) -> tuple[Leak, ...]:
    """What must not leave unseen, each kind once for each piece. ``own`` are the secrets of mailmcp itself."""
    found: dict[tuple[str, str], Leak] = {}
    wanted = _Wanted(fresh, own)
    left = MOST_CHARACTERS
    for piece in pieces:
        text, left = piece.text[:left], max(0, left - len(piece.text))
        if len(text) < len(piece.text):
            sentence = f"It is longer than {MOST_CHARACTERS} characters: what follows was not searched for secrets."
            found.setdefault(("unread", ""), Leak("unread", sentence))
        if not text:
            continue
        plain = _comparable(text)
        for kind, what in _in_text(plain, wanted, piece.plain):
            found.setdefault(
                (piece.where, what), Leak(kind, f"Its {piece.where} holds what looks like a secret: {what}.")
            )
        inner = _decoded(plain) if piece.plain else ""
        if "%" in plain:  # as it stands in a link, on which a secret leaves most easily
            inner += f"\n{_comparable(unquote(plain))}"
        for kind, what in _in_text(inner, wanted, piece.plain) if inner else ():
            sentence = f"Its {piece.where} holds, in another coding, what looks like a secret: {what}."
            found.setdefault((piece.where, what), Leak(kind, sentence))
    return tuple(found.values())


class _Wanted:
    """What is looked for besides the known kinds, ready for the search."""

    def __init__(self, fresh: Collection[Fresh], own: Collection[str]) -> None:
        self.codes = [(_code_pattern(one.code), one.message) for one in fresh if one.code]
        self.links = [(words, one.message) for one in fresh if one.link and (words := _telling(one.link))]
        self.own = [_comparable(one) for one in own if len(one) >= LEAST_SECRET]


def _in_text(text: str, wanted: _Wanted, plain: bool) -> Iterator[tuple[str, str]]:
    if any(word in text for word in KEY_WORDS) and PRIVATE_KEY.search(text):
        yield "private_key", "private key"
    for token in TOKENS:
        if any(word in text for word in token.words) and (hit := token.pattern.search(text)):
            yield "token", f"{token.name}, {hit[0][:4]}…"
    if any(secret in text for secret in wanted.own):
        yield "own_secret", "a password or key of this mailmcp"
    if not plain:
        return
    for number in cards(text):
        yield "card", f"card number ending in {number[-4:]}"
    for number in ibans(text):
        yield "iban", f"account number {number[:2]}… ending in {number[-4:]}"
    for pattern, message in wanted.codes:
        if pattern.search(text):
            yield "fresh_code", f"the code that came with {message}"
    if wanted.links:
        text = text if "%" not in text else f"{text}\n{unquote(text)}"
        for words, message in wanted.links:
            if any(word in text for word in words):
                yield "fresh_link", f"the link that came with {message}"


def _comparable(text: str) -> str:
    """The text without invisible characters and marks, wide letters and foreign digits undone, broken words joined."""
    plain = cleaned(text)[0]
    if not plain.isascii():
        plain = ascii_digits(unicodedata.normalize("NFKD", plain).translate(_marks()))
    return _BROKEN.sub("", plain)


@cache
def _marks() -> dict[int, None]:
    """Accents, underlines and keycaps: what stands on, under and around other characters."""
    return {one: None for one in range(0x300, 0x1F000) if unicodedata.category(chr(one)) in ("Mn", "Me")}


# A line break inside what cannot be a word: base64 and tokens are wrapped by programs.
_BROKEN = re.compile(r"(?<=[A-Za-z0-9+/_=-]{20})=?\n(?=[A-Za-z0-9+/_-])")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_URL_SAFE = str.maketrans("-_", "+/")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){12,}(?![0-9A-Za-z])")
_UNPRINTABLE = re.compile("[^\t\n\r -~]")


def _decoded(text: str) -> str:
    """What stands in a text in base64 or hexadecimal, wherever it begins, as far as it is text itself."""
    found: list[str] = []
    for run in _RUN.findall(text):
        given = run.translate(_URL_SAFE)
        for start in range(4):
            whole = given[start : start + (len(given) - start) // 4 * 4]
            rest = given[start + len(whole) :]
            padded = whole + (rest + "=" * (4 - len(rest)) if len(rest) > 1 else "")
            if padded:
                _keep(found, binascii.a2b_base64(padded))
    for run in _HEX.findall(text):
        _keep(found, binascii.a2b_hex(run))
    return _comparable("\n".join(found))


def _keep(found: list[str], octets: bytes) -> None:
    words = octets.replace(b"\0", b"").decode("latin-1")
    if len(words) >= 4 and len(_UNPRINTABLE.findall(words)) * 4 <= len(words):
        found.append(words)


def _code_pattern(code: str) -> re.Pattern[str]:
    """A code as people may write it: with blanks and signs in between, in any case."""
    bare = [one for one in _comparable(code) if one.isalnum()]
    letters = "[^\\W_]" if len(bare) < _SHORT_CODE or not all(one.isdigit() for one in bare) else "\\d"
    between = r"[\s._·,:()+/*|-]{0,3}" if len(bare) >= _SHORT_CODE else "[ -]?"
    return re.compile(rf"(?<!{letters}){between.join(map(re.escape, bare))}(?!{letters})", re.IGNORECASE)


_OPAQUE = re.compile(r"[A-Za-z0-9_~-]{12,}")


def _telling(link: str) -> tuple[str, ...]:
    """The parts of a link that nobody could guess; else the link itself without its scheme, if it leads anywhere."""
    bare = _comparable(link).partition("://")[2] or link
    _, _, path = bare.replace("?", "/", 1).partition("/")
    opaque = [word for word in _OPAQUE.findall(unquote(path)) if _is_opaque(word)]
    if opaque:
        return tuple(opaque)
    return (bare.rstrip("/"),) if len(path) > 1 else ()


def _is_opaque(word: str) -> bool:
    kinds = (any(map(str.isdigit, word)), any(map(str.islower, word)), any(map(str.isupper, word)))
    return sum(kinds) >= 2 and not word.replace("-", "").isalpha()
