"""What the address of a link says of itself: that it signs in, and that it was made for one person."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from mailmcp.language.folding import folded
from mailmcp.mail.onetime.codewords import Kind
from mailmcp.mail.onetime.linkwords import LINKS

_URL_FOR = re.compile(
    r"verif|confirm|consent|activat|aktiv|magic|sign-?_?in(?![a-z])|log-?_?in(?![a-z])|(?<![a-z])auth|oauth|token|(?<![a-z])otp|"
    r"passwordless|reset|password|passwd|pwd(?!=)|pw_?auth|recover|invit|accept|callback|regist|(?<![a-z])join|unlock|(?<!in)validat|opt-?in|"
    r"(?<![a-z])doi(?![a-z])|one-?time|(?<![a-z])session|ticket=|code=|nonce|sign-?up"
)
_URL_ENDING = re.compile(
    r"unsub|opt-?out|abmeld|afmeld|desinscri|desuscri|cancella|odhlas|wypis|abbestell|avregistr|avmeld"
)
"""What a link is for that ends a subscription, though its mail says "confirm"."""
_URL_AGAINST = re.compile(
    r"unsub|opt-?out|abmeld|afmeld|desinscri|privacy|terms|/legal|/help|support|/faq|/contact|preferences|/settings|/shop|/store/|/products?/|"
    r"[./]ics(?:$|[?/])|unauthori[sz]ed|"
    r"/blog|/news|/article|/orders?/|/tracking|invoice|view-?online|webversion|view-?in-?browser|mirror|"
    r"\.(?:png|jpe?g|gif|css|pdf)(?:$|\?)|/report|/download|/careers|wasnt|not-?me|/cancel|"
    r"decline|revoke|invalidat|reject|cancel-?(?:e-?mail|request|sign)|/deny|/block|/meeting|/j/|/docs|/security-?tips"
)
_RUN = re.compile(r"[A-Za-z0-9_\-~.%+]{6,}")
_LONG_RUN = re.compile(r"[A-Za-z0-9_\-+~.]{28,}")
_SLUG = re.compile(r"(?:[a-z]{2,}-){3,}", re.IGNORECASE)
# "/x/7Gt": what ends a path is no word.
_SHORT = re.compile(
    r"/(?=[A-Za-z0-9]*[A-Z0-9])(?=[A-Za-z0-9]*[a-z])(?!(?:[A-Za-z]?[a-z]+|[A-Za-z]+[0-9]+)\Z)[A-Za-z0-9]{3,5}\Z"
)
_DIGIT = re.compile("[0-9]")
_LETTER = re.compile("[A-Za-z]")
_MIXED_CASE = re.compile("[a-z].*[A-Z]")
_NAME_AND_NUMBER = re.compile(r"[a-z]+-?[0-9]{1,4}\Z")
_URL_MARKS = str.maketrans("-_/=&?.+#", "         ")


def said_by(url: str, code: str | None) -> tuple[float, float, bool]:
    """(points, how personal it is, whether its own words speak of signing in) of a URL."""
    try:
        parts = urlsplit(url[:4000])
    except ValueError:
        return -3.0, 0.0, False
    path = f"{parts.path}?{parts.query}#{parts.fragment}"
    readable = _LONG_RUN.sub(" ", unquote(path[:400]))
    points = 0.0
    if _URL_ENDING.search(parts.path.lower()):
        points -= 9.0
    elif _URL_AGAINST.search(path.lower()):
        points -= 3.0
    named = _URL_FOR.search(readable.lower()) is not None or any(
        hit.kind is Kind.ACTION for hit in LINKS.hits(folded(readable.translate(_URL_MARKS)))
    )
    if named:
        points += 1.3
    if code is not None and carries(path, code):
        return points + 3.0, 1.5, True
    personal = _personal(path)
    if personal:
        return points + personal, personal, named
    # "Sign in to read it" leads everybody to one page: an address without a figure signs nobody in.
    everybodys = len(path) <= 4 or _DIGIT.search(unquote(path)) is None
    return points - (6.0 if everybodys else 1.4 if named else 2.2), 0.0, named


def _personal(path: str) -> float:
    """How much a path looks made for one person: 1.5 for a long random run, 0.8 for a short one, 0.3 for a few
    letters that are no word, else 0."""
    best = 0.0
    for run in _RUN.findall(path[:2000]):
        run = run[:80]
        if _SLUG.match(run):
            run = run[run.rfind("-") + 1 :]  # how-to-bake-bread-3f9c
        digits = len(_DIGIT.findall(run))
        letters = _LETTER.search(run) is not None
        mixed_case = _MIXED_CASE.search(run) is not None
        if len(run) >= 16 and letters and (digits >= 3 or (len(run) >= 20 and mixed_case and "-" not in run)):
            return 1.5
        if len(run) >= 6 and digits and letters and (digits >= 2 or mixed_case) and not _NAME_AND_NUMBER.match(run):
            best = 0.8
        if len(run) >= 12 and run.isdigit() and not run.startswith("20"):
            best = 0.8  # too long to be counted up, and no date
    if not best and _SHORT.search(path.rstrip("?#")) is not None:
        best = 0.3
    return best


def carries(url: str, code: str) -> bool:
    """Does a URL hold a code, with or without its hyphens?"""
    return code.replace("-", "").lower() in url.replace("-", "").lower()
