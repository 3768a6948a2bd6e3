"""Where a link really leads: what a person should know before they press it. Nothing is fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from mailmcp.language.domains import absolute, host_of, organisational_domain, public_suffix
from mailmcp.mail.namedhosts import host_in
from mailmcp.models import Channels, Link

_INNER_URL = re.compile(
    # "https://…", "//…" as a value, as Proofpoint writes it ("https-3A__…"), and in base64.
    r"(?:https?(?::/{1,2}|-3A__)|=[/\\]{2})[\w.-]{1,200}\.[a-z]{2,24}|[=/]aHR0c(?:Dov|HM6)[A-Za-z0-9]",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(r"/(?:url|redir(?:ect)?|out|away|goto|leave|exit|link|go|r)/?\?", re.IGNORECASE)
_NAMED_IN = re.compile(r"[?&][\w.-]{1,40}=([\w.-]{1,253})", re.IGNORECASE)
_TRACKING_HOST = re.compile(
    r"(?:^|\.)(?:click|clicks|clk|links?|lnk|trk|track|tracking|go|e?mail|r|url\d{2,6}|ct|email-?links?|l)\.",
    re.IGNORECASE,
)
_TRACKING_PATH = re.compile(
    r"/(?:ls/click|wf/click|track/click|f/a/|CL0/|c/eJ|e3t/|api/click|r/\?|click\b|redir(?:ect)?\b|trk\b|lt\.php)",
)
_LONG_TOKEN = re.compile(r"[A-Za-z0-9_\-%.~]{60,}")
_MOST_LOOKED_AT = 300
_MOST_NAMES = 20
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAILBOX = re.compile(r"[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[a-z]{2,24})", re.IGNORECASE)
# Names that stand for addresses elsewhere, and for nothing else.
_SHORT_NAMES = """
    bit.ly t.co tinyurl.com goo.gl ow.ly is.gd v.gd buff.ly rebrand.ly cutt.ly lnkd.in t.ly rb.gy shorturl.at tiny.cc
"""
_SHORT = frozenset(_SHORT_NAMES.split())


def with_flags(channels: Channels) -> Channels:
    """Channels whose links say what speaks against them."""
    return replace(channels, links=flagged(channels.links), links_apart=flagged(channels.links_apart))


def flagged(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """The links with what speaks against each of them in its ``flags``."""
    return tuple(
        replace(link, flags=(*link.flags, *flags)) if number < _MOST_LOOKED_AT and (flags := _flags(link)) else link
        for number, link in enumerate(links)
    )


def _flags(link: Link) -> tuple[str, ...]:
    try:
        parts = urlsplit(absolute(link.url[:4096]))
        host = host_of(link.url)
    except ValueError:
        return ("unreadable",)
    if parts.scheme.lower() == "mailto":
        return ("text_names_another_host",) if _names_another_mailbox(link.text, parts.path) else ()
    if parts.scheme.lower() not in ("http", "https", "ftp"):
        return ()
    found: list[str] = []
    if not host:
        return ("unreadable",)
    if _names_another_host(link.text, host):
        found.append("text_names_another_host")
    if any(label.startswith("xn--") for label in host.split(".")):
        found.append("punycode")
    if _is_address(host):
        found.append("ip_address")
    if parts.username is not None:
        found.append("user_before_host")
    rest = f"{parts.path}?{parts.query}"
    if host in _SHORT or _leads_on(unquote(unquote(rest[:4096])), host):
        found.append("redirect")
    elif (_TRACKING_HOST.search(host) and _LONG_TOKEN.search(rest)) or _TRACKING_PATH.search(rest):
        found.append("tracker")
    return tuple(found)


def _names_another_host(text: str, host: str) -> bool:
    """Do the words of a link show a host of another organisation than the one that it leads to?"""
    named = host_in(text)
    same = organisational_domain(named) == organisational_domain(host) or host.endswith(f".{named}")
    return bool(named) and not same


def _leads_on(rest: str, host: str) -> bool:
    """Does a path or a query hold an address elsewhere, or the name of a host where a place to go to is asked for?"""
    own = organisational_domain(host)
    inner = [host_of(one) for one in _INNER_URL.findall(rest)[:_MOST_NAMES]]
    if _LEADS_ON.search(rest) is not None:
        inner += [one for one in _NAMED_IN.findall(rest)[:_MOST_NAMES] if public_suffix(one)]
    return any(organisational_domain(one) != own for one in inner)


def _names_another_mailbox(text: str, written_to: str) -> bool:
    """Does a text show the address of another organisation than the one that is written to?"""
    shown, target = _MAILBOX.search(text[:500]), _MAILBOX.search(unquote(written_to[:500]))
    if shown is None or target is None:
        return False
    return organisational_domain(shown[1]) != organisational_domain(target[1])


def _is_address(host: str) -> bool:
    """Is it a number, however it is written: ``127.1``, ``0177.0.0.1``, ``2130706433`` (WHATWG URL, IPv4 parser)?"""
    return ":" in host or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None
