"""Mail accounts of a person elsewhere: their folders, how far they were read, and what is to be changed in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """How far a folder of an account was read. UIDs grow, and mean something only with ``uidvalidity`` (RFC 3501)."""

    row: int
    account: str
    name: str
    uidvalidity: int
    next_uid: int
    """Everything from here on is new."""
    oldest_uid: int
    """Everything from here up to ``next_uid`` was looked at; what is below is older."""
    modseq: int
    """The newest change of flags that is known; 0 when the server counts none (RFC 7162)."""
    fresh_from: datetime
    """What the server received later is announced as new, whenever it is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one copy of a mail lies in an account, and the marks that it has there."""

    uid: int
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something to be done in an account: marks to be set, or a copy of sent mail to be filed."""

    row: int
    kind: str
    """``marks`` or ``copy``."""
    folder: str
    """Where the mail lies; empty for a copy."""
    uidvalidity: int = 0
    uid: int = 0
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    octets: bytes = b""
    """Of a copy."""
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCopy:
    """A copy of a held draft in an account's folder of drafts."""

    draft: str
    """Its d_… id."""
    sha256: str
    """Which state of it."""
    octets: bytes = b""
    """Of one that is to be put there."""
    hidden: tuple[str, ...] = ()
    """Its Bcc recipients, who do not stand in the bytes."""
    folder: str = ""
    uidvalidity: int = 0
    uid: int = 0
    """0 when the server did not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """How it stands with an account, as the leading process says."""

    account: str
    """Its own address."""
    connected: bool
    trouble: str = ""
    """One sentence why it is not reached."""
    watch: str = "poll"
    """``idle`` when the server tells of new mail by itself."""
    stored: int = 0
    """Mails whose bytes are here."""
    older: int = 0
    """Mails on the server that are older than those."""
    writes: bool = False
    """Whether the settings let marks and copies be written to it."""
    authserv: str = ""
    """The host whose Authentication-Results stand on top of its mail."""
    authserv_trusted: bool = False
    folders: str = ""
    """Those that are read, with commas between."""
    unread_folders: str = ""
    """Those that the settings name and that are not there, or that the server does not open."""
    sent: str = ""
    """Where copies of sent mail are filed; empty when none are."""
    drafts: str = ""
    """Where held drafts are shown; empty when they are not."""
    relay: str = ""
    """The server that takes its mail; empty when it is not known yet, or another account sends."""
    left_out: int = 0
    """Mails that are not stored: they are too large, or the server does not hand them over."""
