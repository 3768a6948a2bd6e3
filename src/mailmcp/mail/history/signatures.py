"""The lines of signatures: what stands under ``--``, "Sent from …" of a telephone, list footers and small print.

Names after "Best regards" are new text: who writes them is part of what a mail says. So is what people write below a
signature, or below two dashes that part sections: what is lost from the new text is worse than what stays in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from mailmcp.language.folding import folded
from mailmcp.mail.history import quotewords
from mailmcp.mail.history.headerblocks import is_rule
from mailmcp.mail.history.speech import goes_on, is_contact, is_postscript, speaks

_MAX_LENGTH = 3_000
_MAX_LINES = 60
_MARK_LINES = 30
_MARK_LENGTH = 1_500
"""What stands below a line of two dashes and is longer is no signature."""
_MARKS = ("__", "--", "—", "–")
_MAX_FOOTER = 12
_MAX_SENT_FROM = 140
_MAX_PRINTING = 250
_MAX_TAIL = 3
_MAX_TELEPHONE = 16
"""Digits of a telephone number (E.164) and of an extension: accounts have more."""
_MAX_LISTED = 10
"""Words of a line that names the list it comes from."""
_MAIL_NAMED_WITHIN = 48
_OPENING = re.compile(r".{1,24}[^.!?]{0,60}")
"""Where small print names the mail that it speaks of: in its first sentence, which a heading may stand before."""


def _any(words: str) -> str:
    entries = {folded(word) for word in quotewords.entries(words)}
    return "|".join(re.escape(word) for word in sorted(entries, key=lambda word: (-len(word), word)))


_SENT_FROM = re.compile(rf"(?:{_any(quotewords.SENT_FROM)})")
_SENT_AT_END = re.compile(rf"(?:{_any(quotewords.SENT_AT_END)})[.。]?\Z")
# A device that nobody listed has a name: "Sent from my Kindle Fire", not "Sent from my desk".
_FROM_MINE = re.compile(r"Sent (?:from|on|via|with) my (?:[A-Z\d][\w+.-]{0,20} ?){1,6}\Z")
_SCANNED = re.compile(r"[^.!?]{4,30}\. ?www\.(?:avast|avg)\.com\Z")  # "Virus-free.www.avast.com"
_SLOGAN = "yahoo mail: search, organize, conquer"
_DEVICE = re.compile(
    folded(
        r"iphon|ipad|ipod|android|samsung|galaxy|blackberry|huawei|xiaomi|redmi|outlook|mail|proton|tuta|mobil|mobiel|phone|"
        r"handy|telefon|telephone|smartphone|tablet|device|nokia|windows|pixel|oneplus|oppo|spark|typeapp|acompli|aqua|wiko|"
        r"honor|motorola|treo|palm|gerat|geraet|appareil|dispositivo|celular|movil|cellulare|puhelim|телефон|айфон|смартфон|"
        r"手机|手機|邮箱|スマ|携帯|휴대폰|삼성|갤럭시|هاتف|آيفون|גלקסי|אייפון|โทรศัพท์|dien thoai|ponsel|"
        r"superhuman|boxer|\bhey\b|shortwave|thunderbird|missive|edison|canary|newton|\baol\b|\byahoo|\bgmx|web\.de|"
        r"\bgmail|qq|яндекс|почт|мобильн|unterwegs|\bios\b"
    )
)
# "Get Outlook for iOS" in whatever language: the names of both, the address of a shop, and nothing that asks or tells.
_OFFERED = re.compile(r"(?=.*\boutlook)(?=.*(?:\bios|\bandroid))[^\d.!?,;:。、]{8,60}")
_SHOP = re.compile(
    r"\s*[<(\[]?https?://(?:aka\.ms|ka\.ms|outlook\.com|apps\.apple\.com|play\.google\.com)/[^\s<>]{1,80}[>)\]]?\Z"
)

_EXCUSES = re.compile(r"typo|brevity|excuse|tippfehler|kurze|concis|fautes|brevedad|errori|skrivfel")
_LINKED = re.compile(r"<[^<>]{0,200}>|\([^()]{0,200}\)|\[[^\[\]]{0,200}\]|https?://\S{1,200}")
_LIST = re.compile(_any(quotewords.LIST_FOOTER))
_LIST_NAMED = re.compile(_any(quotewords.LIST_NAMED))
_THIS_MAIL = re.compile(_any(quotewords.THIS_MAIL))
_CONFIDENTIAL = re.compile(_any(quotewords.CONFIDENTIAL))
_ADDRESSEE = re.compile(_any(quotewords.ADDRESSEE))
_PERSONAL = re.compile(rf"(?<!\w)(?:{_any(quotewords.PERSONAL)})(?!\w)")
_ANTIVIRUS = re.compile(r"\bavast|\bavg\b|anti-?vir|антивирус")
_ENVIRONMENT = re.compile(_any(quotewords.ENVIRONMENT))
_PRINT = re.compile(_any(quotewords.PRINT))
_A_MAIL = re.compile(_any(quotewords.A_MAIL))
_CLAUSES = re.compile(r"[.!?:;。！？]")
_PRINT_AT_END = 16
_DIGIT = re.compile(r"\d")
_FIGURES = tuple("0123456789+(")
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,3}){2}(?:[.+-][\w.+-]{1,60})?")  # of the program that wrote a patch
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MOST_MOTTO, _LONGEST_MOTTO = 6, 400
_LONG_NUMBER = re.compile(r"\d[\d -]{3,}")


def spans(texts: Sequence[str], first: int, end: int, delimiters: Collection[int] = ()) -> Iterator[tuple[int, int]]:
    """The lines, from first to after, of signatures among lines ``first`` to ``end``; the last come first.

    ``delimiters`` are the lines of two dashes and a blank (RFC 3676 §4.3).
    """
    at = end
    for _ in range(4):
        found = _footer(texts, first, at) or _small_print(texts, first, at) or _sent_from(texts, first, at)
        if found is None:
            break
        yield found
        at = found[0]
    yield from _marked(texts, first, at, delimiters)


def postscript_ends(texts: Sequence[str], first: int, end: int) -> int:
    """Where the paragraph ends that begins with line ``first``, when it is a postscript; ``first`` when it is none."""
    if not is_postscript(texts[first]):
        return first
    at = first + 1
    while at < end and texts[at] and not (is_rule(texts[at]) or is_sent_from(texts[at])):
        at += 1
    return at


def is_sent_from(text: str) -> bool:
    """Is the line the advertisement with which a telephone or a mail program signs?"""
    if not 5 < len(text) < _MAX_SENT_FROM or text.endswith((":", "：")):
        return False
    if _SHOP.search(text) and _OFFERED.fullmatch(folded(_SHOP.sub("", text)).strip()):
        return True
    words = folded(text).strip(" *_-–—[(<>)]|")
    if words == _SLOGAN or _SCANNED.match(words):
        return True
    match = _SENT_FROM.match(words)
    if match is None:
        # "iPhone'umdan gönderildi", "iPhoneから送信": the device comes first.
        behind = _SENT_AT_END.search(words) or (_DEVICE.match(words) and _SENT_FROM.search(words[:40]))
        return len(words) < 60 and behind is not None and _DEVICE.search(words) is not None
    return _names_a_device(text, words)


def _names_a_device(text: str, words: str) -> bool:
    """Does a line that begins with "Sent from" name a device or program, and say no more than that?"""
    plain = _LINKED.sub(" ", words).strip(" .")
    if "?" in plain:
        return False
    if not _DEVICE.search(words):
        return _FROM_MINE.match(_LINKED.sub(" ", text).strip(" *_-–—[(<>)]|.")) is not None
    if _EXCUSES.search(words) or _LINKED.search(words):
        return True
    # The device comes last, but for "of mine" and its kin; who goes on tells something.
    last = max((found.end() for found in _DEVICE.finditer(plain)), default=0)
    tail = len(plain[last:].split()) - plain[last : last + 1].isalnum()
    said = all(word.isascii() and word.islower() for word in text.split()[-_MAX_TAIL:])
    told = tail > _MAX_TAIL or (tail == _MAX_TAIL and said)
    return len(plain.split()) <= 12 and not told and not re.search(r"[,;!]\s", plain)


def _paragraphs(texts: Sequence[str], first: int, end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in range(first, end):
        if not texts[number]:
            continue
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def _marked(texts: Sequence[str], first: int, end: int, delimiters: Collection[int]) -> Iterator[tuple[int, int]]:
    """The signature under two dashes, but for what is said there.

    Two dashes part sections, verses and lists as well. Then something is said under them before anything else is, or
    nothing there is a telephone or an address, or they come again. With a blank behind them they are what programs
    write, and a few lines under them may be a motto.
    """
    mark = _mark(texts, first, end)
    if mark < 0:
        return
    paragraphs = _paragraphs(texts, mark + 1, end)
    if not paragraphs:
        yield mark, end
        return
    head, after = paragraphs[0]
    contact = any(map(is_contact, texts[head:after]))
    delimited = mark in delimiters and head == mark + 1 and _is_delimited(texts, first, mark, texts[head:after])
    if is_postscript(texts[head]) or not (delimited or _begins_signature(texts, first, mark, head, after)):
        return
    found: list[tuple[int, int]] = []
    said = False
    for start, stop in paragraphs:
        reached = max((at for at in range(start, stop) if is_contact(texts[at])), default=stop)
        below = next((at for at in range(start, stop) if _is_added(texts[at], below_contact=at > reached)), stop)
        motto = delimited and start == head
        telling = [
            at for at in range(start, below) if not motto and speaks(texts[at], attached=contact and start == head)
        ]
        if telling and (start == head or not (contact or said)):
            return
        if (
            start == head
            and below < stop
            and not (contact or delimited)
            and not is_postscript(texts[below], marked=True)
        ):
            return
        said = said or below < stop
        if not telling:
            found.append((mark if start == head else start, below))
    yield from reversed(found)


def _begins_signature(texts: Sequence[str], first: int, mark: int, head: int, after: int) -> bool:
    """Is the paragraph of lines ``head`` to ``after`` under two dashes one of names, titles and addresses?"""
    if speaks(texts[head]) or not _is_signed(texts[head:after]):
        return False
    announced = mark > first and (texts[mark - 1].endswith((":", "：")) or goes_on(texts[mark - 1]))
    contact = any(map(is_contact, texts[head:after]))
    return not announced and (contact or not _parts_sections(texts, first, mark, head))


def _is_delimited(texts: Sequence[str], first: int, mark: int, lines: Sequence[str]) -> bool:
    """Does a program's delimiter, and no other, stand over a few lines that ask nothing and count nothing?

    A program that wrote a patch signs with its version.
    """
    if len(lines) == 1 and _VERSION.fullmatch(lines[0]):
        return True
    if len(lines) > _MOST_MOTTO or sum(map(len, lines)) > _LONGEST_MOTTO or "?" in "".join(lines):
        return False
    if "--" in texts[first:mark] or texts[mark - 1].endswith((":", "：")) or lines[0][:1] in _FIGURES:
        return False
    return not any(_DIGIT.search(line) for line in (_YEAR.sub("", line) for line in lines if not is_contact(line)))


def _is_signed(lines: Sequence[str]) -> bool:
    """Does a name come first, and are figures those of telephones and addresses? Else they are a list or a table."""
    contacts = list(map(is_contact, lines))
    if lines[0][:1] in _FIGURES or (all(contacts) and len(lines) > 1):
        return False
    if any(len(_DIGIT.findall(line[:_MAX_SENT_FROM])) > _MAX_TELEPHONE for line in lines if "http" not in line):
        return False
    return any(contacts) or not any(map(_DIGIT.search, lines))


def _is_added(text: str, *, below_contact: bool) -> bool:
    """Is the line an afterthought by its mark, or one that says something under the last telephone or address?"""
    return is_postscript(text) or (below_contact and speaks(text))


def _mark(texts: Sequence[str], first: int, end: int) -> int:
    length = 0
    for number in range(end - 1, max(first, end - _MARK_LINES) - 1, -1):
        length += len(texts[number]) + 1
        if length > _MARK_LENGTH:
            break
        if texts[number] == "--":
            return number
    return -1


def _parts_sections(texts: Sequence[str], first: int, mark: int, head: int) -> bool:
    """Do the two dashes stand apart, come again, or stand among lines that are as short as those below them?"""
    if head > mark + 1 or "--" in texts[max(first, mark - _MARK_LINES) : mark]:
        return True
    above = texts[max(first, mark - 2) : mark]
    return len(above) == 2 and all(above) and not any(map(speaks, above))


def _sent_from(texts: Sequence[str], first: int, end: int) -> tuple[int, int] | None:
    """Among the last three lines with words, and not the first of all. People write below it, too."""
    seen = 0
    for number in range(end - 1, first, -1):
        text = texts[number]
        if not text:
            continue
        if is_sent_from(text) and not _is_within_sentence(texts, number, end):
            after = number + 1
            while after < end and texts[after] and _EXCUSES.search(folded(texts[after][:_MAX_SENT_FROM])):
                after += 1
            # A dash or two over it belong to it.
            above = number - 1
            while above > first and not texts[above]:
                above -= 1
            dashed = above > first and set(texts[above]) <= set("-–—_")
            return (above if dashed else number), after
        seen += 1
        if seen == 3:
            break
    return None


def _is_within_sentence(texts: Sequence[str], at: int, end: int) -> bool:
    """Does the sentence of the line above go on in the line, or go round it?"""
    above, text, below = texts[at - 1], texts[at], texts[at + 1] if at + 1 < end else ""
    goes_on = text[0].islower() and text[:1] != "i"
    return bool(above) and (goes_on or (above[-1:].isalnum() and below[:1].islower()))


def _footer(texts: Sequence[str], first: int, end: int) -> tuple[int, int] | None:
    """What mailing lists put under what they pass on: a rule, and the list named within four lines."""
    words = 0
    for number in range(end - 1, first - 1, -1):
        text = texts[number]
        if not text:
            continue
        words += 1
        if words > _MAX_FOOTER:
            break
        if _is_mark(text) and words > 1:
            following = [one for one in texts[number + 1 : min(number + 7, end)] if one][:4]
            named = next((at for at, one in enumerate(following) if _names_a_list(one)), -1)
            reached = any(is_contact(one) or _THIS_MAIL.search(folded(one)) for one in following)
            if (
                named >= 0
                and reached
                and not any(speaks(one) and not _THIS_MAIL.search(folded(one)) for one in following[:named])
            ):
                return number, _footer_ends(texts, number, end)
    return None


def _footer_ends(texts: Sequence[str], first: int, end: int) -> int:
    """Before the first paragraph below the footer's first that says something else."""
    for start, stop in _paragraphs(texts, first + 1, end)[1:]:
        lines = texts[start:stop]
        if any(map(speaks, lines)) and not any(is_contact(one) or _names_a_list(one) for one in lines):
            return start
    return end


def _names_a_list(text: str) -> bool:
    words = folded(text[:300])
    return _LIST.search(words) is not None or (
        _LIST_NAMED.search(words) is not None and len(text.split()) <= _MAX_LISTED and "?" not in text
    )


def _names_the_mail(sentence: str) -> bool:
    """Does a sentence begin with the mail itself? People speak of a mail, too, but of themselves first."""
    named = _THIS_MAIL.search(sentence)
    return named is not None and named.start() < _MAIL_NAMED_WITHIN


def _small_print(texts: Sequence[str], first: int, end: int) -> tuple[int, int] | None:
    """Paragraphs at the end that call the mail confidential, and what is of their kind below them."""
    found = stop = end
    for _ in range(6):
        while stop > first and not texts[stop - 1]:
            stop -= 1
        start = stop
        while start > first and texts[start - 1] and stop - start < _MAX_LINES:
            start -= 1
            if _is_mark(texts[start]):
                break
        if start == stop or (start <= first and not _is_mark(texts[start])):
            break
        paragraph = " ".join(texts[start:stop])[:_MAX_LENGTH]
        words = folded(paragraph)
        if _spares_paper(words) or _is_small_print(words):
            # One that holds a number may be what the mail is about.
            if _LONG_NUMBER.search(paragraph):
                break
            found = start
        elif not (_ADDRESSEE.search(words) or any(map(is_contact, texts[start:stop])) or is_rule(paragraph)):
            break
        stop = start
    if found == end:
        return None
    above = found - 1
    while above > first and not texts[above]:
        above -= 1
    return (above if above > first and _is_mark(texts[above]) else found), end


def _is_mark(text: str) -> bool:
    return is_rule(text) or text in _MARKS


def _is_small_print(words: str) -> bool:
    """Does it speak of the mail, of secrets, and of addressees or mistakes, as lawyers do? People name one of these."""
    opening = _OPENING.match(words.lstrip("-_=*—~# "))
    if len(words) <= 60 or opening is None or not _names_the_mail(opening[0]) or "?" in words:
        return False
    if _PERSONAL.search(words):
        return False
    if _ANTIVIRUS.search(words):
        return len(words) < _MAX_PRINTING
    return _CONFIDENTIAL.search(words) is not None and _ADDRESSEE.search(words) is not None


def _spares_paper(words: str) -> bool:
    """Does it ask not to print the mail for the sake of the environment, and for nothing else?"""
    if len(words) > _MAX_PRINTING or any(map(str.isdigit, words)) or not _ENVIRONMENT.search(words):
        return False
    clauses = [clause for clause in _CLAUSES.split(words) if clause.strip(" \"'*_)-")]
    alone = any(_PRINT.search(clause[-_PRINT_AT_END:]) for clause in clauses)
    if not alone and not (_PRINT.search(words) and _A_MAIL.search(words)):
        return False
    return all(_ENVIRONMENT.search(clause) or _PRINT.search(clause) for clause in clauses)
