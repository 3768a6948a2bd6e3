"""The addresses of new inboxes: what was asked for, or one that is easy to read aloud."""

from __future__ import annotations

import re
from secrets import SystemRandom, choice

from mailmcp.backends.contract import CreatesInboxes, NamesInboxes
from mailmcp.errors import BadAddress
from mailmcp.language.domains import spellings

RESERVED = "mailmcp-approval"
"""What links for a reviewer come from: answers to them must not reach an inbox."""
LONGEST_LOCAL_PART = 64
_LOCAL_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_WORDS = (
    *("amber", "birch", "cedar", "coral", "delta", "ember", "fjord", "grove", "heron", "ivory", "juniper", "kestrel"),
    *("lark", "maple", "north", "ocean", "pine", "quartz", "river", "slate", "tide", "umber", "vale", "willow"),
)
"""What made-up addresses consist of: easy to read aloud and to tell apart."""


def new_address(backend: CreatesInboxes, name: str | None) -> tuple[str, str | None]:
    """The address of a new inbox, and the account elsewhere in which its mail will lie. Raises BadAddress."""
    domain = backend.domain
    if not isinstance(backend, NamesInboxes):
        return f"{local_part(name, domain)}@{domain}", None
    wanted = name.strip().lower() if name is not None else None
    if wanted is not None and "@" in wanted and backend.account_of(wanted) == wanted:
        return wanted, wanted  # an account's own address, whose inbox was deleted
    own = backend.address_for("").partition("@")[0]
    if wanted is not None and "+" in wanted and own.endswith("+"):
        wanted = wanted.removeprefix(own)  # the whole address was given
    address = backend.address_for(local_part(wanted, domain))
    return address, backend.account_of(address)


def local_part(name: str | None, domain: str) -> str:
    """A usable local part: that of ``name``, or a made-up one. Raises BadAddress."""
    if name is None:
        digits = "".join(choice("0123456789") for _ in range(4))
        return f"{'-'.join(SystemRandom().sample(_WORDS, 2))}-{digits}"
    wanted = name.strip().lower()
    local, at, given_domain = wanted.partition("@")
    if at and domain not in spellings(given_domain):
        raise BadAddress(f"New inboxes are at @{domain}: give only the part before it.")
    if len(local) > LONGEST_LOCAL_PART:
        raise BadAddress(f"{local[:20]!r}… is too long: at most {LONGEST_LOCAL_PART} characters stand before the @.")
    if not _LOCAL_PART.fullmatch(local) or ".." in local:
        raise BadAddress(f"{name[:60]!r} cannot be an address: use letters a to z, digits, and . _ - between them.")
    if local == RESERVED:
        raise BadAddress(f"{local} is what mailmcp's own mail to you comes from: take another name.")
    return local
