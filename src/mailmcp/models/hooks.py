"""What a provider posts by itself: how it signs that, and what it says happened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HookForm(StrEnum):
    """What is signed, all by HMAC-SHA256, and where the time stands that makes it fresh."""

    SVIX = "svix"
    """``id.time.body`` with the time in seconds, in three headers; the key is base64, the MAC too."""
    STAMPED = "stamped"
    """``time.body``; one header says ``t=time,v1=hex`` and may have several ``v1``. The key is the secret's text."""
    BODY = "body"
    """The body alone, in hexadecimal; the time (milliseconds) is its JSON field ``timestamp``. The key is the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSigning:
    """How one provider signs, and the secrets that count now."""

    form: HookForm
    header: str
    """Of the signature, lower case; of SVIX what stands before ``-id``, ``-timestamp`` and ``-signature``."""
    milliseconds: bool = False
    """The time of STAMPED is in milliseconds."""
    secrets: tuple[str, ...] = ()
    """None: nothing is taken. Two while the secret is being changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """What a verified request says happened: only where to look, since the mail itself is fetched."""

    id: str
    """The event's own id, the same however often it is delivered."""
    inbox: str | None = None
    """Whose mail changed; None when it does not say, or means all."""
    message: str | None = None
    """The provider's id of the message that arrived; None when none did."""
