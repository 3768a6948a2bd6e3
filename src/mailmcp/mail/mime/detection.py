"""Which charset 8-bit text is in that declares none: a detector's answer, weighed by what people write.

chardet knows pairs of letters in forty languages and is right on whole texts. On a subject line with one accent or one
sign it is not, and there plain facts help: what stands between two letters is no pound sign, no word mixes Cyrillic
and ASCII letters, ``ń`` is Polish where ``ñ`` is Spanish. docs/decisions/013-charsets-that-lie.md has the figures.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise

from mailmcp.mail.mime import iso2022

SAMPLE = 8 * 1024
"""Octets that the detector sees: what is longer does not make it surer."""
WORTH_WEIGHING = 8
WEIGHED = 1_000
"""Characters that are looked at one by one."""

# What may be answered, in the detector's spelling: the charsets that mail was written in.
_DETECTABLE = (
    *("gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949", "cp874", "koi8-r", "koi8-u"),
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8"),
)
# The letters beyond ASCII of the languages that use a Latin charset.
_WEST = (
    "äöüß", "éèàêçâîôùûïëœæ", "áéíóúñü", "ãáçéíóõêâàú", "àèéìòù", "åäöé", "æøåé", "ëéïöüèê", "àéèíïóòúüç",
    "áéíóúýþæöð", "áéíóúâêîôûŵŷ",
)  # fmt: skip
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíľĺňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "ëç", "äöüß")
_ALPHABETS = {
    "cp1252": _WEST,
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1254": ("çğıöşüâîi̇",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
}
_FEW = 4
_SIGNS = frozenset("€£¥§°©®™–—‘’“”„‚«»‹›…·•¡¿²³¹½¼¾ªº×±µ\xa0\xad†‰№")
_INSIDE_WORDS = frozenset("’·\xad")
EVERYDAY = bytes(range(128)) + (
    "".join(_WEST) + "".join(_WEST).upper().replace("SS", "") + "\xa0’“”„–—…€£§°«»©®"
).encode("cp1252", "ignore")
"""Octets of windows-1252 that stand in western mail every day: a text of these alone needs no second look."""
_WEST_IS_USUAL = 0.25
"""What windows-1252 has ahead, as a logarithm: nine of ten undeclared mails in a Latin script are in it."""

_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_ROW = re.compile(rb"[\x80-\xff]+")
_TAG = re.compile(rb"<[^<>]*>")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fc]")
_NO_CHARACTERS = re.compile("[\uf8f0-\uf8f3]")  # what Python makes of four octets that windows-31j does not have
_SURROGATES = re.compile("[\ud800-\udfff]")


def detected(octets: bytes) -> str:
    """The likeliest codec of 8-bit text; windows-1252 where nothing tells."""
    sample = _sample(octets)
    if _are_signs_only(sample):
        return "cp1252"
    if japanese := _by_kana(sample):
        return japanese
    # Loaded when the first such mail comes: the import costs 0.2 s, and most mail says what it is.
    import chardet

    answers = chardet.detect_all(
        sample, ignore_threshold=True, compat_names=False, include_encodings=_DETECTABLE, max_bytes=SAMPLE
    )
    best, points = "cp1252", -math.inf
    for answer in answers[:WORTH_WEIGHING]:
        codec = str(answer["encoding"]).replace("-", "_")
        if answer["encoding"] not in _DETECTABLE or not _is_nearly(octets, codec):
            continue
        found = math.log(max(answer["confidence"], 1e-6)) - _against(sample, codec)
        found += _WEST_IS_USUAL if codec == "cp1252" else 0
        if found > points:
            best, points = codec, found
    return best


def strictly(octets: bytes, codec: str) -> str | None:
    """The text if a codec has every octet, else None; without the byte order mark."""
    try:
        text = octets.decode(codec)
    except (UnicodeError, ValueError):
        return None
    if codec == "cp932" and _NO_CHARACTERS.search(text):
        return None
    return scalar(text.removeprefix("\ufeff"))


def leniently(octets: bytes, codec: str) -> str:
    """The text with U+FFFD for what a codec does not have."""
    if codec == "cp932":
        return iso2022.shift_jis(octets)
    return iso2022.read(octets)[0] if codec == "iso2022_jp" else scalar(octets.decode(codec, "replace"))


def scalar(text: str) -> str:
    """Without lone surrogates: some codecs (utf-7) make them, and no UTF-8 output can carry them."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def beyond_ascii(text: str) -> int:
    """How many characters are not ASCII."""
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


def damage(text: str) -> tuple[int, int]:
    """How many characters beyond ASCII a text kept when it was decoded leniently, and how many it lost."""
    lost = text.count("\ufffd")
    return beyond_ascii(text) - lost, lost


def nonsense(octets: bytes, codec: str) -> float:
    """Points against reading octets in a codec, for each character beyond ASCII; words that people write have few."""
    return _against(_sample(octets), codec)


def lists_letters(octets: bytes, codec: str) -> bool:
    """Whether the letters beyond ASCII are rows of a language's accents, as somebody writes them who tries them out.

    Words, in whatever script, seldom keep to the few that are accents elsewhere; and they repeat letters, where a row
    has each once (but ß, its own capital), or the same few again and again, small and large.
    """
    rows = [leniently(row, codec) for row in _HIGH_ROW.findall(octets)]
    used = [[one for one in row if one.isalpha() and one not in "ªº"] for row in rows]
    letters = [one for row in used for one in row if one != "ß"]
    if len(letters) > len(set(letters)):
        mixed = any(left.islower() and right.isupper() for row in used for left, right in pairwise(row))
        if not mixed or len({one.lower() for one in letters}) > _FEW:
            return False
    alphabets = _ALPHABETS.get("cp1252" if codec == "iso8859_15" else codec, ())
    return all(any(all(one.lower() in alphabet for one in row) for alphabet in alphabets) for row in used)


def _is_nearly(octets: bytes, codec: str) -> bool:
    octets = probe(octets)
    kept, lost = damage(leniently(octets, codec))
    return kept >= 8 * lost


def _sample(octets: bytes) -> bytes:
    """The lines that hold 8-bit octets, without markup, as much of them as the detector needs."""
    high = _HIGH.search(octets)
    if high is None:
        return b""
    near = max(0, high.start() - 200)
    start = max(octets.rfind(b"\n", near, high.start()), octets.rfind(b" ", near, high.start())) + 1
    if not start and near:
        start = high.start()
    text = _TAG.sub(b" ", octets[start : start + 8 * SAMPLE])
    sample = b"\n".join(line for line in text.split(b"\n") if not line.isascii())
    return _cut(sample, SAMPLE)


def probe(octets: bytes) -> bytes:
    """As much of the octets as decides: a charset does not change on the way."""
    return _cut(octets, 8 * SAMPLE)


def _cut(octets: bytes, length: int) -> bytes:
    """At most ``length`` octets, cut where no East Asian charset has the second octet of a character."""
    if len(octets) <= length:
        return octets
    end = max(octets.rfind(sign, 0, length) for sign in (b"\n", b" ", b"-", b"."))
    return octets[: end if end > 0 else length]


def _are_signs_only(sample: bytes) -> bool:
    """Whether there is no evidence: one octet, or under windows-1252 nothing but the usual signs."""
    high = sample.translate(None, bytes(range(128)))
    return len(high) <= 1 or _SIGNS.issuperset(high.decode("cp1252", "replace"))


def _by_kana(sample: bytes) -> str:
    """Japanese, if kana are a good part of it: no other text looks like them by accident.

    They stand at the same place in gb18030, so EUC-JP must be asked before any detector.
    """
    for codec in ("cp932", "euc_jp"):
        text = leniently(sample, codec)
        kana, beyond = len(_KANA.findall(text)), beyond_ascii(text)
        if kana >= 2 and kana * 4 >= beyond and text.count("\ufffd") * 16 <= kana:
            return codec
    return ""


def _against(sample: bytes, codec: str) -> float:
    """What speaks against a reading, for each character beyond ASCII on the average."""
    text = leniently(sample, codec)[:WEIGHED]
    alphabets = _ALPHABETS.get(codec, ())
    foreign = [0] * len(alphabets)
    points = 0.0
    for at, letter in enumerate(text):
        if letter < "\x80" or "\u0300" <= letter < "\u0370":
            continue
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if "\ue000" <= letter <= "\uf8ff":  # of private use: nobody's letters
            points += 10
        elif letter >= "\u2e80":
            points += 3 * ("a" <= before <= "z" and "a" <= after <= "z")
        elif letter < "\xa0" or letter == "\ufffd":
            points += 10
        elif letter.isalpha() and letter not in "ªº":
            lower = letter.lower()
            foreign = [count + (lower not in alphabet) for count, alphabet in zip(foreign, alphabets, strict=True)]
            points += 4 * (letter.isupper() and before.islower())
            points += 3 * sum(map(str.isdigit, (before, after)))
            if not letter < "\u0250":  # no Latin letter
                points += 3 * sum(one.isascii() and one.isalpha() for one in (before, after))
        elif before.isalpha() and after.isalpha():
            points += 3 * (letter not in _INSIDE_WORDS)
        else:
            points += 2 * (letter not in _SIGNS)
    return (points + 2 * min(foreign, default=0)) / max(4, len(_HIGH.findall(sample[:WEIGHED])))
