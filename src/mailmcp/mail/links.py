"""Links of plain text: bare URLs and the forms in which mail programs write "this text leads there"."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left

from mailmcp.models import Link


def _ends_an_address(character: str) -> bool:
    return character in "。，、；！？—–…" or unicodedata.category(character) in ("Ps", "Pe", "Pi", "Pf")


MAX_LINKS = 1_000
"""Of a message that are listed."""
MAX_URL = 100_000
"""Of an address between angle brackets, which may be broken over lines."""

# No program takes a bracket or quotation mark beyond ASCII, or the stops of Chinese and Japanese, for part of one.
_ENDING = "".join(chr(one) for one in (*range(0x2010, 0x3030), *range(0xFF00, 0xFF70)) if _ends_an_address(chr(one)))
_WIDE_STOP = "[。．｡]"
# Browsers read it as a full stop (UTS 46): where the name would be none without it, or a path follows.
_HOST_WITH_WIDE_STOPS = (
    rf"(?:[\w-]{{1,63}}{_WIDE_STOP}(?=[a-z0-9])|"
    rf"[\w.-]{{1,253}}{_WIDE_STOP}(?=[a-z0-9-]{{1,63}}(?:[/:?#.]|{_WIDE_STOP})))"
)
# RFC 3986 characters, and letters of every script (IRIs); brackets and quotes are judged by what stands round them.
# "](" ends one and begins the next, as in a picture that is a link: [![words](address)](address).
_URL = re.compile(
    rf"(?:https?://|www\.(?=[\w-]{{1,60}}\.\w)){_HOST_WITH_WIDE_STOPS}{{0,8}}(?:(?!\]\()[^\s<>\"«»{_ENDING}])+",
    re.IGNORECASE,
)
# Letters of scripts without blanks between words, and of Korean, where words are tied to what stands before them.
UNSPACED = (
    "[\u0e00-\u0fff\u1000-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u318f\u3400-\u9fff\uac00-\ud7ff\uf900-\ufaff"
    "\U00020000-\U000323af]"
)
# "…/x完成", "…?t=ab=完成": behind a letter of a word the sentence goes on. "…/wiki/中国", "…?q=中国" are addresses.
_SENTENCE_GOES_ON = re.compile(rf"(?<=[A-Za-z0-9=_-]){UNSPACED}")
_TOKEN = re.compile(r"[?&#][^?&#=]*+=[^?&#]*[=_-]\Z")
_HOST_GOES_ON = re.compile(rf"{UNSPACED}[\w-]*+\.")
_HOST = re.compile(r"(?:https?://)?[^/?#:]*+", re.IGNORECASE)
_TRAILING = ".,;:!?'’*`"
# "_https://…_", "_See https://…_": emphasis that is still open.
_EMPHASISED = re.compile(r"(?<!\w)_(?=\S|\Z)[^_\n]*\Z|(?<!\w)__(?=\S|\Z)[^_\n]*\Z")
# Korean writes what a noun is in its sentence behind it without a blank: "https://…/을".
_PARTICLE = re.compile("(?<=[!-~])(?:에서|으로|[은는을를에로])\\Z")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_MORE_URL = re.compile(r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+\Z")
_LOOKS_CUT = re.compile(r"[=&%?/_\-0-9]")
_WRAPPED_AT, _WIDEST = 66, 82
"""Lengths of the lines that mail programs wrap; what is longer was not wrapped."""
_RULE = re.compile(r"[-_~*#/.]+|={3,}")
_LABEL_BEFORE = re.compile(r"[ \t]*[(<\[][ \t]*\Z|[ \t]*\][ \t]?\(\Z")


def plain_links(text: str) -> tuple[Link, ...]:
    """The links of a plain text, in order.

    ``<https://…>`` may be wrapped over lines (RFC 3986 appendix C); a bare URL that fills its line goes on in the
    next one when that looks like more of it. In "Text ( url )", "Text <url>", "[Text](url)" and "<url|Text>" (as chats
    write it) the text is the link's; else the URL stands for itself. One more than MAX_LINKS are looked for: it tells
    that there are more.
    """
    links: list[Link] = []
    breaks = [match.start() for match in re.finditer("\n", text)]
    at = 0
    while len(links) <= MAX_LINKS and (match := _URL.search(text, at)) is not None:
        start = match.start()
        url, at = _whole(text, match, breaks)
        if not url:
            continue
        if text[start - 1 : start] == "<" and (bar := url.find("|")) > 0:
            links.append(_named_after(text, start, url, bar))
            continue
        line_start = breaks[bisect_left(breaks, start) - 1] + 1 if bisect_left(breaks, start) else 0
        before = text[max(line_start, start - 300) : start]
        link = _labelled(before, start, url)
        if links and link.text == links[-1].url != link.url and text.startswith("](", link.offset + len(link.text)):
            links.pop()  # an address that is the text of a link to another one
        links.append(link)
    return tuple(links)


def _whole(text: str, match: re.Match[str], breaks: list[int]) -> tuple[str, int]:
    """The URL that begins at the match, and where to look on."""
    start, end = match.span()
    if text[start - 1 : start] == "<":
        closing = text.find(">", end, start + MAX_URL)
        inside = text[start:closing] if closing >= 0 else ""
        if inside and inside.count("\n") <= 30 and "<" not in inside:
            address, bar, label = inside.partition("|")
            if not re.search(r"[^\S\n]\S", address) and "\n" not in label:
                return "".join(address.split()) + bar + label, closing + 1
    url = match.group()
    if not url.isascii() and (stop := _end_before_sentence(url)) < len(url):
        return _trimmed(url[:stop], closing=0), start + stop
    # A wrapped URL fills its line and the next line holds nothing but more of it.
    while end < len(text) and text[end] == "\n" and len(url) < MAX_URL:
        place = bisect_left(breaks, end)
        line_start = breaks[place - 1] + 1 if place else 0
        next_end = breaks[place + 1] if place + 1 < len(breaks) else len(text)
        more = text[end + 1 : min(next_end, end + 1000)].strip()
        if not _WRAPPED_AT <= end - line_start <= _WIDEST or not _MORE_URL.match(more) or not _LOOKS_CUT.search(more):
            break
        if _RULE.fullmatch(more):
            break  # a line that is drawn, the mark of a signature
        if "://" in more or (more.endswith(".") and len(more) < 20):
            break
        url += more
        end = next_end
    opened = _EMPHASISED.search(text, max(0, start - 80), start)
    return _trimmed(url, closing=0 if opened is None else len(opened.group()) - len(opened.group().lstrip("_"))), end


def _end_before_sentence(url: str) -> int:
    """Where an address of ASCII ends that letters follow of a script without blanks; an IRI keeps its own."""
    letter = _SENTENCE_GOES_ON.search(url)
    if letter is None or not url[: (at := letter.start())].isascii():
        return len(url)
    host = _HOST.match(url)
    in_host = host is not None and at <= host.end()
    if in_host and ("." not in url[:at] or _HOST_GOES_ON.match(url, at)):
        return len(url)
    return at if url[at - 1] not in "=_-" or _TOKEN.search(url, 0, at) else len(url)


def _trimmed(url: str, *, closing: int) -> str:
    """Without the punctuation of the sentence round it; a closing bracket stays when the URL opened it.

    Of ``_`` only the ``closing`` ones go that end an emphasis: tokens end in it as in any other letter.
    """
    while url:
        last = url[-1]
        if (
            last in _TRAILING
            or _ends_a_sentence(last)
            or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last]))
        ):
            url = url[:-1]
        elif last == "_" and closing:
            url, closing = url[:-1], closing - 1
        else:
            break
    return _PARTICLE.sub("", url)


def _ends_a_sentence(character: str) -> bool:
    """Is it punctuation of another script: of Arabic, Devanagari, Khmer? Addresses hold none at their end."""
    return not character.isascii() and unicodedata.category(character)[0] == "P"


def _named_after(text: str, start: int, url: str, bar: int) -> Link:
    """The link of ``<url|words>``; one without words stands for itself."""
    label = " ".join(url[bar + 1 :].split())
    return Link(label, url[:bar], start + bar + 1) if label else Link(url[:bar], url[:bar], start)


def _opening(label: str) -> int:
    """Where the bracket opens that closes behind a label; -1 when it holds no such."""
    depth = 1
    for place in range(len(label) - 1, -1, -1):
        depth += {"]": 1, "[": -1}.get(label[place], 0)
        if not depth:
            return place
    return -1


def _labelled(before: str, start: int, url: str) -> Link:
    form = _LABEL_BEFORE.search(before)
    if form is None or not form.group().strip():
        return Link(url, url, start)
    label = before[: form.start()]
    if form.group().lstrip().startswith("]"):
        label = label[_opening(label) + 1 :]
        if _URL.fullmatch(label):
            return Link(label, url, start - len(before) + before.rfind(label))
    else:
        # Only the words since the last sentence or link end belong to it.
        cut = max(label.rfind(mark) for mark in (". ", "! ", "? ", ": ", "> ", ") ", "] "))
        label = label[cut + 2 :] if cut >= 0 else label
    if urls := list(_URL.finditer(label)):
        label = label[urls[-1].end() :].lstrip(" \t,;.!?)>]'’`")  # that is another link
    label = label.strip(" \t*_>[")
    if not label:
        return Link(url, url, start)
    return Link(" ".join(label.split()), url, start - len(before) + before.rfind(label))
