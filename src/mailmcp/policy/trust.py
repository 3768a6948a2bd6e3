"""May this sender be believed? A verdict with reasons, judged once when a message comes in and then stored."""

from __future__ import annotations

import ipaddress

from mailmcp.models import Message, Reason, Source, Trust, Verdict


def judge(message: Message, *, source: Source, peer: str | None) -> Trust:
    """The verdict about a message's sender.

    ``local`` only for mail that this mailroom itself submitted, without SMTP. Mail over SMTP is ``unverified``:
    nothing has proved the From domain (only an aligned DMARC pass would), and the reason says why it was not asked.
    """
    reasons = list(_about_author(message))
    if source is Source.SUBMITTED:
        return Trust(verdict=Verdict.LOCAL, reasons=tuple(reasons))
    if peer is not None and _is_near(peer):
        reasons.append(Reason("loopback_peer", "From a program on this machine or network; sender not checked."))
    else:
        reasons.append(Reason("not_checked", "The sender's domain has not been verified."))
    return Trust(verdict=Verdict.UNVERIFIED, reasons=tuple(reasons))


def _about_author(message: Message) -> list[Reason]:
    if message.author is None:
        return [Reason("ambiguous_sender", "The From header does not name exactly one sender.")]
    reasons: list[Reason] = []
    if "@" in message.author.name:
        reasons.append(Reason("name_is_address", "The sender's display name looks like an address; it is not checked."))
    return reasons


def _is_near(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_link_local
