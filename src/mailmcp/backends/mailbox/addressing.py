"""Whose a mail is: the inboxes of an account that it was delivered to, as far as its header tells.

Looked for in this order, and the first field that names an inbox made here decides: Delivered-To (each, from the top),
X-Original-To, Envelope-To, then To and Cc together, which may name the account's own address besides. Where none does,
the mail is for the account's own address; inboxes of other accounts get theirs there. Fields below the topmost may come
from the sender; whoever writes them reaches an inbox that he could have written to as well.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mailmcp.mail import parse
from mailmcp.models import Message

HEADER_BYTES = 2 * parse.MAX_HEADER_BYTES
MOST_NAMED = 200
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,64}@[\w.-]{1,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """What a header tells about the delivery."""

    mail_from: str
    recipients: tuple[str, ...]
    authserv: str
    """The host that wrote the topmost Authentication-Results; empty when there is none."""
    dated: datetime | None
    """When its sender says to have written it."""


InboxOf = Callable[[str], Awaitable[str | None]]
"""The inbox of the account that receives the mail of an address."""


async def addressed(raw: bytes, own: str, inbox_of: InboxOf) -> Addressed:
    """Whom a mail of the account with the address ``own`` is for."""
    message = parse.parse(parse.header_block(raw[:HEADER_BYTES]) + b"\r\n")
    return Addressed(
        mail_from=_return_path(message),
        recipients=await _recipients(message, own, inbox_of),
        authserv=_authserv(message),
        dated=message.date,
    )


async def _recipients(message: Message, own: str, inbox_of: InboxOf) -> tuple[str, ...]:
    for together, group in _groups(message):
        found = [one for one in group if one != own and await inbox_of(one) not in (None, own)]
        if found:
            return (*found, own) if together and own in group else tuple(found)
    return (own,)


def _groups(message: Message) -> Iterator[tuple[bool, list[str]]]:
    """Addresses that decide together, in order, and whether all of them were written to."""
    for wanted in _DELIVERED:
        for name, value in message.headers:
            if name.lower() == wanted:
                yield False, list(dict.fromkeys(one.lower() for one in _ADDRESS.findall(value[:2000])))
    people = [*message.to, *message.cc][:MOST_NAMED]
    yield True, list(dict.fromkeys(one.email.lower() for one in people))


def _return_path(message: Message) -> str:
    value = next((value for name, value in message.headers if name.lower() == "return-path"), "")
    found = _ADDRESS.search(value[:2000])
    return found[0] if found else ""


def _authserv(message: Message) -> str:
    value = next((value for name, value in message.headers if name.lower() == "authentication-results"), "")
    found = re.match(r"\s*([A-Za-z0-9.-]{1,253})\s*(?:\d+\s*)?;", value)
    return found[1].lower() if found else ""
