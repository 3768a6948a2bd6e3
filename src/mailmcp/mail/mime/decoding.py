"""Octets to text, whatever charset the mail names: the declared one where it fits, else the likeliest, said aloud.

The order is that of trust: a mark in the octets themselves (byte order mark, escape sequences, being valid UTF-8),
the declared charset, a superset of it, what the rest of the mail declares, a detector, windows-1252
(docs/decisions/013-charsets-that-lie.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from mailmcp.mail.mime import charsets, iso2022
from mailmcp.mail.mime.detection import (
    EVERYDAY,
    SAMPLE,
    beyond_ascii,
    damage,
    detected,
    leniently,
    lists_letters,
    nonsense,
    probe,
    strictly,
)

SURE_OF_UTF8 = 3
"""Characters from which on valid UTF-8 is no accident of an East Asian charset."""

NONSENSE = 1.2
"""Points against a reading, for each character beyond ASCII, from which on it is doubted."""

_WIDE = frozenset({"utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"})
_STATEFUL = _WIDE | {"utf_7", "hz", "iso2022_kr"}
_EAST_ASIAN = frozenset(
    {"gb18030", "big5", "cp950", "big5hkscs", "shift_jis", "cp932", "shift_jis_2004", "euc_jp", "euc_jis_2004"}
    | {"cp949", "johab"}
)
_LATIN = frozenset(
    {"cp1250", "cp1252", "cp1254", "cp1257", "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_10", "iso8859_13"}
    | {"iso8859_14", "iso8859_15", "iso8859_16", "mac_roman"}
)
_MARKS = ((b"\xef\xbb\xbf", "utf_8"), (b"\xff\xfe", "utf_16"), (b"\xfe\xff", "utf_16"))
_HIGH = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(r"[^\W\d_a-zA-Z]{2,}")


class Decoded(NamedTuple):
    """Text, what was wrong with its charset (a defect code, or None), and the codec that it was read with."""

    text: str
    problem: str | None
    codec: str


def decode(octets: bytes, label: str | None = None, hints: Iterable[str] = ()) -> Decoded:
    """Text of octets under a charset name; never raises.

    ``hints`` are codecs that the rest of the mail speaks for. The problems: ``charset_unknown`` (no such charset),
    ``charset_wrong`` (octets that it does not have, or that it turns into no words), ``charset_undeclared`` (8-bit
    octets and no name). None also where a superset was read: it says the same and more.
    """
    codec = charsets.codec_of(label[: charsets.MAX_LABEL]) if label else ""
    problem = "charset_unknown" if codec is None else "charset_wrong" if codec else "charset_undeclared"
    codec = codec or ""
    if octets.isascii() and b"\x1b" not in octets and codec not in _STATEFUL:
        return Decoded(octets.decode("ascii"), problem if problem == "charset_unknown" else None, codec or "ascii")
    if marked := _marked(octets, codec):
        text, found = marked
        return Decoded(text, None if problem == "charset_undeclared" or found in (codec, "utf_16") else problem, found)
    if codec and codec != "ascii" and (declared := _declared(octets, codec)):
        return Decoded(declared[0], None, declared[1])
    text, found = _assumed(octets, codec, hints)
    if found == codec and strictly(octets, codec) is not None:
        problem = None  # nothing likelier was found
    return Decoded(text, problem, found)


def guess(octets: bytes, hints: Iterable[str] = ()) -> str:
    """Octets of an undeclared charset as text."""
    return decode(octets, None, hints).text


def fits(octets: bytes, codec: str) -> bool:
    """Whether octets beyond ASCII are words in a charset, as far as can be told without knowing the language."""
    text = strictly(octets, codec)
    if text is None or not _plausible(octets, codec, text):
        return False
    return codec not in _EAST_ASIAN or nonsense(octets, codec) < NONSENSE / 2


def keeps_ascii(codec: str) -> bool:
    """Whether ASCII letters and signs are themselves in a codec, so that it can stand in a header."""
    return codec not in _STATEFUL and not codec.startswith("iso2022")


def _marked(octets: bytes, codec: str) -> tuple[str, str] | None:
    """What the octets say of themselves, against any name: a byte order mark, or the escapes of ISO-2022."""
    for mark, found in _MARKS:
        if octets.startswith(mark) and (text := strictly(octets, found)) is not None:
            return text, found
    if b"\x1b" not in octets or not octets.isascii() or codec in _STATEFUL or codec.startswith("iso2022"):
        return None
    if iso2022.KOREAN.search(octets) and (korean := strictly(octets, "iso2022_kr")) is not None:
        return korean, "iso2022_kr"
    if not iso2022.MARK.search(octets):
        return octets.decode("ascii"), codec or "ascii"
    declared = _declared(octets, "iso2022_jp")
    return declared[0] if declared else iso2022.read(octets)[0], "iso2022_jp"


def _declared(octets: bytes, codec: str) -> tuple[str, str] | None:
    """The text in the declared charset or a superset of it, if that leaves nothing out and makes words."""
    for candidate in (codec, *charsets.WIDER.get(codec, ())):
        text = strictly(octets, candidate)
        if text is not None:
            return (text, candidate) if _plausible(octets, candidate, text) else None
    if codec == "iso2022_jp" and iso2022.MARK.search(octets) and iso2022.read(probe(octets))[1]:
        text, sound = iso2022.read(octets)
        return (text, codec) if sound else None
    return None


def _assumed(octets: bytes, codec: str, hints: Iterable[str]) -> tuple[str, str]:
    """The likeliest text of octets that do not fit their name."""
    if (text := _as_utf8(octets)) is not None:
        return text, "utf_8"
    if codec and codec != "ascii" and (mended := _mended(octets, codec)) is not None:
        return mended, codec
    for hint in hints:
        if hint not in _STATEFUL and hint != "ascii" and fits(octets, hint):
            return octets.decode(hint), hint
    found = detected(octets)
    if codec in _LATIN and strictly(octets, codec) is not None and not _crowded(octets[: 8 * SAMPLE], codec):
        better = nonsense(octets, codec) - nonsense(octets, found)
        found = found if better >= NONSENSE else codec
    return leniently(octets, found), found


def _as_utf8(octets: bytes) -> str | None:
    """UTF-8, also with a few octets damaged; None when it is something else."""
    if (text := strictly(octets, "utf_8")) is not None:
        return text
    kept, lost = damage(probe(octets).decode("utf-8", "replace"))
    return octets.decode("utf-8", "replace").removeprefix("\ufeff") if kept >= 8 * lost else None


def _mended(octets: bytes, codec: str) -> str | None:
    """Text of the declared charset with a few octets damaged; None when it is rather another charset."""
    if codec == "iso2022_jp" and not iso2022.MARK.search(octets):
        return None
    part = probe(octets)
    text = leniently(part, codec)
    kept, lost = damage(text)
    if len(part) < len(octets) and not lost:
        kept, lost = damage(leniently(octets, codec))
    if not lost or (codec in _WIDE and b"\0" not in part):
        return None  # it fits, and makes no words
    if codec not in _STATEFUL:
        fits = kept >= 4 * lost or (lost == 1 and kept)
        if not fits or not _makes_words(part, codec, text):
            return None
    return leniently(octets, codec)


def _plausible(octets: bytes, codec: str, text: str) -> bool:
    """Whether text that decoded cleanly can be what was meant.

    Charsets of single octets take anything. Three things give a wrong one away: the octets are UTF-8; under a Latin
    one hardly a letter beyond ASCII stands alone; in another one small letters are followed by capitals. 7-bit text
    without a NUL is no UTF-16.
    """
    if codec in _WIDE:
        return b"\0" in octets or not octets.isascii()
    if codec == "utf_8" or codec in _STATEFUL or codec.startswith("iso2022"):
        return True
    utf8 = _as_utf8(octets)
    if codec in _EAST_ASIAN:
        return utf8 is None or beyond_ascii(utf8) < SURE_OF_UTF8
    return utf8 is None and _makes_words(octets, codec, text)


def _makes_words(octets: bytes, codec: str, text: str) -> bool:
    if codec in _LATIN:
        if _crowded(octets[: 8 * SAMPLE], codec):
            return False
        everyday = codec in ("cp1252", "iso8859_15") and not octets.translate(None, EVERYDAY)
        return everyday or nonsense(octets, codec) < NONSENSE
    return codec in _EAST_ASIAN or not _crooked(text[: 8 * SAMPLE])


def _crowded(octets: bytes, codec: str) -> bool:
    """Whether most 8-bit octets stand in runs of three and more different ones, as in no Latin language.

    But somebody who tries out accents writes them in a row.
    """
    total = crowded = 0
    for run in _HIGH.findall(octets):
        total += len(run)
        if len(run) >= 3 and len(set(run[:20])) >= 3:
            crowded += len(run)
    return total >= 6 and crowded * 2 > total and not lists_letters(octets, codec)


def _crooked(text: str) -> bool:
    """Whether words begin small and go on in capitals, which is what koi8-r and windows-1251 make of each other."""
    words = crooked = straight = capitals = small = 0
    for match in _WORD.finditer(text):
        word = match[0][:40]
        words += 1
        crooked += any(left.islower() and right.isupper() for left, right in pairwise(word))
        straight += word[0].isupper() and word[1].islower()
        capitals += sum(map(str.isupper, word))
        small += sum(map(str.islower, word))
    inverted = crooked > straight and capitals > 2 * small
    return inverted or (crooked >= 2 and crooked * 3 > words)
