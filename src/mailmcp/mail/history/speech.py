"""Whether a line is what a person says, or data of a signature: names, titles, telephones, addresses of the web.

No list of words tells the two apart, but their shape does: who says something writes most words in lower case, ends a
sentence, asks, or goes on for long; names and titles are short and have capitals. Scripts without capitals are told by
length, by the signs at the ends of sentences, and by what only sentences of their languages have.
"""

from __future__ import annotations

import re

from mailmcp.language.folding import folded

_MAX_DATA = 160
"""Characters: no line of a signature's data is longer."""
_MAX_LABEL = 26
_CONTACT = re.compile(
    r"\S@\S|https?://|www\.|\w\.(?:com|org|net|eu|example|[a-z]{2})(?:/|\s|\Z)|\(?\+?\d[\d ()/.–-]{5,30}\d"
)
_PARTED = re.compile(r" [|·•] ")
# Vowel signs of Hebrew, Arabic and the scripts of India to Khmer are no letters, but within words.
_SIGNS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0970-\u0dff\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
)
_WORD = re.compile(rf"[^\W\d_](?:[\w'’-]|[{_SIGNS}])*")
_ASKS = re.compile(r"[?？؟](?=\W|\Z)")
_CLOSERS = " \t*_\"'”’»)]:-;"
_ENDS = (".", "!", "…", "。", "！", "।", "۔", "։", "።")
_LABEL = re.compile(r"[*_]{0,3}(?P<label>[^:：\d]{1,24})[:：][*_]{0,3}\s{1,3}(?P<value>\S.{0,160})")
# Letters of scripts that put no blanks between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_KANA = re.compile("[\u3041-\u309f]")
_CHINESE = re.compile("[我你您他她们們请請吗嗎吧呢了别很]|记得|記得")
_THAI = re.compile("ครับ|ค่ะ|คะ|นะ|ด้วย|กรุณา")
_KOREAN = re.compile(r"(?:[요다까죠네]|줘|니)[.!~]{0,3}\Z")
_UNSPACED_SENTENCE = 30
# What stands in lower case within the names of persons.
_PARTICLES = frozenset(
    (
        "van", "von", "vom", "zu", "zum", "zur", "den", "der", "de", "da", "di", "du", "do", "dos", "das", "del",
        "della", "la", "le", "ten", "ter", "af",
    )
)  # fmt: skip
# "PS:", "P. S.", "PPS:", "PD:", "NB" and their kin.
_POSTSCRIPT = re.compile(
    r"[*_(]{0,3}(?P<mark>(?:p[. -]{0,2}){1,3}s|p[. ]{0,2}d|u[. ]{0,2}i|υ[. ]{0,2}γ|[зп][. ]{0,2}[ыс]|нб|נ[. ]?ב|"
    r"پ[. ]?ن|n[. ]{0,2}b|ปล|tb|post ?scriptum|постскриптум|utoirat|posdata|پي ?نوشت|ملاحظة|"
    r"追伸|追記|附言|又及|추신)(?P<end>[.:：,)*_-]|\s|\Z)"
)
_JOINED_MARKS = ("追伸", "追記", "附言", "又及", "추신")


def is_contact(text: str) -> bool:
    """Does the line hold an address, a telephone number or data in columns?"""
    return _CONTACT.search(text[:_MAX_DATA]) is not None or _PARTED.search(text[:_MAX_DATA]) is not None


def is_postscript(text: str, *, marked: bool = False) -> bool:
    """Does the line begin with a mark of an afterthought ("PS:", "PS bring wine", "Update: the train is late")?

    Letters alone may be somebody's name: after "PS" as in "PS Example Ltd" more than capitals must follow. ``marked``
    asks for the marks that are nothing else.
    """
    match = _POSTSCRIPT.match(folded(text[:_MAX_LABEL]))
    if match is not None:
        if match["end"].strip() or match["mark"] in _JOINED_MARKS:
            return True
        words = _WORD.findall(text[:_MAX_DATA])[1:]
        return len(words) == 1 or _lower(words) > 0 or not _is_cased(text) or speaks(text)
    label = _LABEL.match(text[: _MAX_DATA + _MAX_LABEL])
    if marked or label is None or is_contact(label["value"]):
        return False
    words = _WORD.findall(label["value"])
    said = 2 * _lower(words) >= len(words) > 0 if _is_cased(label["value"]) else len(words) > 2
    return said or speaks(label["value"])


def speaks(text: str, *, attached: bool = False) -> bool:
    """Does the line say something? ``attached``: it stands among names and addresses, where titles do, too."""
    if len(text) > _MAX_DATA or _ASKS.search(text):
        return True
    bare = text.rstrip(_CLOSERS)
    if bare.endswith(("!", "！")):
        return True
    if _UNSPACED.search(text):
        return _says_unspaced(bare)
    words = _WORD.findall(text)
    lower = _lower(words)
    ended = bare.endswith(_ENDS) and not _is_abbreviation(bare)
    contact = is_contact(text)
    if not _is_cased(text):
        if not attached and _KOREAN.search(bare) and len(words) > 1:
            return True
        return (ended and len(words) > 2) or (not contact and len(words) >= (7 if attached else 4))
    if contact:
        return (ended and lower > 2) or lower > 4
    if ended and len(words) > 2 and lower:
        return True
    if lower and _is_name(words):
        return False
    if attached:
        return lower > 4 and 2 * lower > len(words)
    long = sum(word.islower() and len(word) > 2 for word in words)
    return len(words) > 1 and (2 * long >= len(words) or 2 * lower > len(words))


def _is_name(words: list[str]) -> bool:
    """Is everything but small words of names in capitals, at both ends too: "Ann van der Berg"?"""
    ends = words[0][:1].isupper() and words[-1][:1].isupper()
    return ends and all(not word.islower() or word in _PARTICLES for word in words)


def goes_on(text: str) -> bool:
    """Does the line end within a sentence? Names and greetings have no end, but capitals or a comma."""
    words = _WORD.findall(text[-_MAX_DATA:])
    return len(words) > 1 and words[-1].islower() and text[-1:].isalpha()


def _lower(words: list[str]) -> int:
    return sum(word.islower() and _is_cased(word) for word in words)


def _is_cased(text: str) -> bool:
    """Are there letters that names begin with in another form? Georgian has capitals, but for headlines alone."""
    return text.title() != text or text.lower() != text


def _is_abbreviation(text: str) -> bool:
    """Is what the line ends with "Ltd.", "e.V." or "Co."?"""
    last = text.rsplit(" ", 1)[-1].strip("().,")
    return "." in last or (len(last) <= 4 and last[:1].isupper())


def _says_unspaced(text: str) -> bool:
    if text.endswith(_ENDS) or "。" in text:
        return True
    kana = len(_KANA.findall(text))
    if kana:
        return kana > 3 and _KANA.match(text[-1:]) is not None
    return (
        _CHINESE.search(text) is not None
        or _THAI.search(text) is not None
        or len(_UNSPACED.findall(text)) > _UNSPACED_SENTENCE
    )
