"""Which hosts the words of a link show: addresses, and bare names that a reader takes for one (``bank.com``).

Names of files and products look like names of hosts (``invoice.pdf``, ``setup.py``, ``ASP.NET``). What has no scheme
and no ``www.`` is one only under a public suffix, and the less clear that is, the more must speak for it.
"""

from __future__ import annotations

import re

from mailmcp.language.domains import host_of, public_suffix
from mailmcp.mail.links import UNSPACED

_LONGEST_WORDS = 500
# Browsers read them as full stops (UTS 46); between letters of ASCII they end no sentence.
_WIDE_STOP = re.compile(r"(?<=[a-z0-9])[\u2024\u3002\uff0e\uff61](?=[a-z0-9])", re.IGNORECASE)
# "请访问bank.com登录": no name of a host mixes the two.
_JOINT = re.compile(rf"(?<=[a-z0-9])(?={UNSPACED})|(?<={UNSPACED})(?=[a-z0-9])", re.IGNORECASE)
_SHOWN = re.compile(
    r"(?:(?P<scheme>(?:https?|ftp)\s?:[/\\]{0,3}(?:[^\s/\\@]{1,64}@)?|(?<![\w@.-])www\.)|(?<=//)|(?<![\w@./\\-]))"
    r"(?P<name>(?:[\w-]{1,63}\.(?=[\w-])){1,8}+[\w-]{1,63}+)(?P<behind>[@(\[]|[:/?#]\S*)?",
    re.IGNORECASE,
)
_MAILBOX = re.compile(r"[\w.+-]{1,64}@((?:[\w-]{1,63}\.(?=[\w-])){1,8}[\w-]{1,63})", re.IGNORECASE)
_PATH = re.compile(r"(?::\d{1,5})?/\w")
_CLEAR = frozenset(("com", "org", "net", "edu", "gov", "mil", "int", "info", "biz"))
"""Top-level domains that are no words and no endings of files; most of those of two letters are none either."""
_WORD_NAMES = "ad ag am as at be by do go hm id in io is it la li ma me my no pa re se to tv us"
_WORDS = frozenset(_WORD_NAMES.split())
_ENDING_NAMES = "ai app bar bz cab cc dev fm kt md mk ml mo mov pl pm ps pub py rs sc sh so st tf vi ws zip"
_ENDINGS = frozenset(_ENDING_NAMES.split())


def host_in(text: str) -> str:
    """The host that the words of a link show first, in lower-case ASCII; ``""`` when they show none.

    An address goes before a bare name, and that before the host of a mailbox, which must be all the words there are.
    """
    words = _JOINT.sub(" ", _WIDE_STOP.sub(".", text[:_LONGEST_WORDS]))
    bare = ""
    if "." not in words:
        return bare
    for shown in _SHOWN.finditer(words):
        name, alone = shown["name"], _stands_alone(words, *shown.span())
        if shown["scheme"]:
            return host_of(f"https://{name}/")
        if not bare and _is_host(name, shown["behind"] or "", alone=alone):
            bare = host_of(f"https://{name}/")
    return bare or _of_mailbox(words)


def _of_mailbox(words: str) -> str:
    found = _MAILBOX.search(words)
    if found is None or not _stands_alone(words, *found.span()) or not public_suffix(found[1]):
        return ""
    return host_of(f"https://{found[1]}/")


def _stands_alone(words: str, start: int, end: int) -> bool:
    """Do only brackets, quotation marks and other signs stand round it?"""
    return not any(one.isalnum() for one in words[:start] + words[end:])


def _is_host(name: str, behind: str, *, alone: bool) -> bool:
    """Is a name without a scheme one of a host? ``alone``: it is all the words there are."""
    *before, last = name.split(".")
    if behind[:1] in ("@", "(", "[") or "_" in name or not (suffix := public_suffix(name)):
        return False
    top, path = last.lower(), _PATH.match(behind) is not None
    if before[-1].isdecimal() and (top in _ENDINGS or top in _WORDS):
        return False  # 10.am
    if top in _ENDINGS:
        return path or len(before) > 1
    if last == "NET" or (last != top and top != "com" and not name.isupper()):
        return False  # ASP.NET; "Done.It works"
    clear = top in _CLEAR or (len(top) == 2 and top not in _WORDS) or not last.isascii() or "." in suffix
    if len(before[-1]) < 2 and not (clear and alone):
        return False  # initials
    return alone or path or clear or len(before) > 1
