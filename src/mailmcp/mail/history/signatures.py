"""Where the signature begins: the mark ``--``, "Sent from …" of a telephone, list footers and small print.

Names after "Best regards" are new text: who writes them is part of what a mail says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailmcp.language.folding import folded
from mailmcp.mail.history import quotewords
from mailmcp.mail.history.headerblocks import is_rule

_MAX_LENGTH = 3_000
_MAX_LINES = 60
_MARK_LINES = 30
_MARK_LENGTH = 1_500
"""What stands below a line of two dashes and is longer is no signature."""
_MAX_FOOTER = 12
_MAX_SENT_FROM = 140
_MAIL_NAMED_WITHIN = 48
_OPENING = re.compile(r".{1,24}[^.!?]{0,60}")
"""Where small print names the mail that it speaks of: in its first sentence, which a heading may stand before."""


def _any(words: str) -> str:
    entries = {folded(word) for word in quotewords.entries(words)}
    return "|".join(re.escape(word) for word in sorted(entries, key=lambda word: (-len(word), word)))


_SENT_FROM = re.compile(rf"(?:{_any(quotewords.SENT_FROM)})")
_SENT_AT_END = re.compile(rf"(?:{_any(quotewords.SENT_AT_END)})[.。]?\Z")
_FROM_MINE = re.compile(r"sent (?:from|on|via|with) my \w+(?: [\w+.-]+){0,5}\Z")
_SCANNED = re.compile(r"[^.!?]{4,30}\. ?www\.(?:avast|avg)\.com\Z")  # "Virus-free.www.avast.com"
_SLOGAN = "yahoo mail: search, organize, conquer"
_DEVICE = re.compile(
    folded(
        r"iphon|ipad|ipod|android|samsung|galaxy|blackberry|huawei|xiaomi|redmi|outlook|mail|proton|tuta|mobil|mobiel|phone|"
        r"handy|telefon|telephone|smartphone|tablet|device|nokia|windows|pixel|oneplus|oppo|spark|typeapp|acompli|aqua|wiko|"
        r"honor|motorola|treo|palm|gerat|geraet|appareil|dispositivo|celular|movil|cellulare|puhelim|телефон|айфон|смартфон|"
        r"手机|手機|邮箱|スマ|携帯|휴대폰|삼성|갤럭시|هاتف|آيفون|גלקסי|אייפון|โทรศัพท์|dien thoai|ponsel|"
        r"superhuman|boxer|\bhey\b|shortwave|thunderbird|missive|edison|canary|newton|\baol\b|\byahoo|\bgmx|web\.de|"
        r"\bgmail|qq|яндекс|почт|мобильн|unterwegs"
    )
)
# "Get Outlook for iOS" in whatever language: the names of both, the address of a shop, and nothing that asks or tells.
_OFFERED = re.compile(r"(?=.*\boutlook)(?=.*(?:\bios|\bandroid))[^\d.!?,;:。、]{8,60}")
_SHOP = re.compile(
    r"\s*[<(\[]?https?://(?:aka\.ms|ka\.ms|outlook\.com|apps\.apple\.com|play\.google\.com)/[^\s<>]{1,80}[>)\]]?\Z"
)

_EXCUSES = re.compile(r"typo|brevity|excuse|tippfehler|kurze|concis|fautes|brevedad|errori|skrivfel|\(|<|http")
_LIST = re.compile(_any(quotewords.LIST_FOOTER))
_THIS_MAIL = re.compile(_any(quotewords.THIS_MAIL))
_CONFIDENTIAL = re.compile(_any(quotewords.CONFIDENTIAL))
_PRINTING = re.compile(_any(quotewords.PRINTING))
_LONG_NUMBER = re.compile(r"\d[\d -]{3,}")
_DASHES = ("--", "-- ")
# "PS:", "P. S.", "PPS:", "PD:" and their kin; letters alone may be somebody's name, as in "PS Example Ltd".
_POSTSCRIPT = re.compile(
    r"[*_(]{0,3}(?:(?:(?:p[. -]{0,2}){1,3}s|p[. ]{0,2}d|u[. ]{0,2}i|υ[. ]{0,2}γ|[зп][. ]{0,2}[ыс]|נ[. ]?ב|پ[. ]?ن|"
    r"ปล|tb|post ?scriptum|постскриптум|utoirat|posdata|پي ?نوشت)\s?[.:：,)*_-]|追伸|追記|附言|又及|추신)"
)


def begins(texts: Sequence[str], first: int, end: int) -> int:
    """The line with which the signature of lines ``first`` to ``end`` begins; ``end`` when there is none.

    Something is left before it, except where ``first`` itself is the mark ``--`` or a footer's rule: then all of it
    is signature.
    """
    at = end
    for _ in range(4):
        found = _mark(texts, first, at) if at == end else at
        found = min(found, _footer(texts, first, at), _small_print(texts, first, at), _sent_from(texts, first, at))
        if found == at:
            break
        at = found
    return at


def postscript_ends(texts: Sequence[str], first: int, end: int) -> int:
    """Where the paragraph ends that begins with line ``first``, when it is a postscript; ``first`` when it is none."""
    if not _POSTSCRIPT.match(folded(texts[first][:24])):
        return first
    at = first + 1
    while at < end and texts[at] and not (is_rule(texts[at]) or is_sent_from(texts[at])):
        at += 1
    return at


def is_sent_from(text: str) -> bool:
    """Is the line the advertisement with which a telephone or a mail program signs?"""
    if not 5 < len(text) < _MAX_SENT_FROM:
        return False
    if _SHOP.search(text) and _OFFERED.fullmatch(folded(_SHOP.sub("", text)).strip()):
        return True
    words = folded(text).strip(" *_-–—[(<>)]|")
    match = _SENT_FROM.match(words)
    if words == _SLOGAN or _SCANNED.match(words):
        return True
    if match is None:
        # "iPhone'umdan gönderildi", "iPhoneから送信": the device comes first.
        behind = _SENT_AT_END.search(words) or (_DEVICE.match(words) and _SENT_FROM.search(words[:40]))
        return len(words) < 60 and behind is not None and _DEVICE.search(words) is not None
    plain = re.sub(r"<[^<>]*>|\([^()]*\)|\[[^\[\]]*\]|https?://\S+", " ", words).strip()
    short = len(plain.split()) <= 12
    if _DEVICE.search(words):
        return (short and not re.search(r"[,;!?]\s", plain)) or _EXCUSES.search(words) is not None
    return _FROM_MINE.match(plain) is not None


def _mark(texts: Sequence[str], first: int, end: int) -> int:
    length = 0
    for number in range(end - 1, max(first, end - _MARK_LINES) - 1, -1):
        length += len(texts[number]) + 1
        if length > _MARK_LENGTH:
            break
        if texts[number] in _DASHES:
            return number
    return end


def _sent_from(texts: Sequence[str], first: int, end: int) -> int:
    """Among the last three lines with words, and not the first of all."""
    seen = 0
    for number in range(end - 1, first, -1):
        text = texts[number]
        if not text:
            continue
        if is_sent_from(text):
            # A dash or two over it belong to it.
            above = number - 1
            while above > first and not texts[above]:
                above -= 1
            return above if above > first and set(texts[above]) <= set("-–—_") else number
        seen += 1
        if seen == 3:
            break
    return end


def _footer(texts: Sequence[str], first: int, end: int) -> int:
    """What mailing lists put under what they pass on: a rule, and the list named within four lines."""
    words = 0
    for number in range(end - 1, first - 1, -1):
        text = texts[number]
        if not text:
            continue
        words += 1
        if words > _MAX_FOOTER:
            break
        if (is_rule(text) or text in ("__", "--", "—", "–")) and words > 1:
            following = [folded(one[:300]) for one in texts[number + 1 : min(number + 7, end)] if one]
            if any(_LIST.search(one) for one in following[:4]):
                return number
    return end


def _names_the_mail(sentence: str) -> bool:
    """Does a sentence begin with the mail itself? People speak of a mail, too, but of themselves first."""
    named = _THIS_MAIL.search(sentence)
    return named is not None and named.start() < _MAIL_NAMED_WITHIN


def _small_print(texts: Sequence[str], first: int, end: int) -> int:
    """Paragraphs at the end that call the mail confidential; one that holds a number may be what the mail is about."""
    found = end
    paragraph_end = end
    for _ in range(4):
        while paragraph_end > first and not texts[paragraph_end - 1]:
            paragraph_end -= 1
        start = paragraph_end
        while start > first and texts[start - 1] and paragraph_end - start < _MAX_LINES:
            start -= 1
        if start <= first or start == paragraph_end:
            break
        paragraph = " ".join(texts[start:paragraph_end])[:_MAX_LENGTH]
        words = folded(paragraph)
        opening = _OPENING.match(words.lstrip("-_=*—~# "))
        if len(paragraph) < 250 and _PRINTING.search(words):
            found = start
        elif len(paragraph) > 80 and opening and _names_the_mail(opening[0]) and _CONFIDENTIAL.search(words):
            if _LONG_NUMBER.search(paragraph):
                break
            found = start
        elif found == end and len(paragraph) > 300:
            break
        paragraph_end = start
    above = found - 1
    while above > first and not texts[above]:
        above -= 1
    return above if found < end and above > first and is_rule(texts[above]) else found
