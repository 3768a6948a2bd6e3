"""Patterns of addresses, as lists name them: an address, a domain, ``*.`` and a domain, or ``*``.

What forbids is read wide (a domain with its sub-domains, an address with every ``+detail``), what permits is read
narrow (exactly that address, exactly that domain).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from mailmcp.language.domains import ascii_host

EVERYBODY = "*"
_EXACT = 1_000
"""How exact the pattern of one address is: no name has as many labels."""


def normal(address: str) -> str:
    """An address for comparison: lower case, its domain as A-labels; ``""`` when it is none."""
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    host = ascii_host(domain)
    return f"{local.lower()}@{host}" if local and host else ""


def pattern(written: str) -> str:
    """A pattern as it is kept and compared. Raises ValueError when it could never match anything."""
    given = written.strip()
    if given == EVERYBODY:
        return given
    if "@" in given.removeprefix("@"):
        found = normal(given)
    elif given.startswith("*."):
        host = ascii_host(given[2:])
        found = f"*.{host}" if host else ""
    else:
        found = ascii_host(given.removeprefix("@"))
    if not found or found.count("@") > 1 or any(one.isspace() or one in "<>,;" for one in found):
        raise ValueError("is neither an address nor a domain")
    return found


def permits(patterns: Iterable[str], address: str) -> bool:
    """Whether a pattern names exactly this address, its domain, or (``*.``) a domain above it."""
    wanted = normal(address)
    host = wanted.rpartition("@")[2]
    return bool(wanted) and any(
        one == EVERYBODY or one in (wanted, host) or (one.startswith("*.") and host.endswith(one[1:]))
        for one in patterns
    )


def forbids(patterns: Iterable[str], address: str) -> bool:
    """Whether a pattern names this address with or without its ``+detail``, its domain, or one above it."""
    return any(exactness(one, address) for one in patterns)


def exactness(one: str, address: str) -> int:
    """How exactly a pattern, read wide, names an address; 0 when it does not."""
    if one == EVERYBODY:
        return 1
    wanted = normal(address)
    local, _, host = wanted.rpartition("@")
    if not wanted:
        return 0
    if "@" in one:
        return _EXACT if one in (wanted, f"{local.partition('+')[0]}@{host}") else 0
    domain = one.removeprefix("*.")
    if host.endswith(f".{domain}") or (host == domain and not one.startswith("*.")):
        return 2 + domain.count(".")
    return 0
