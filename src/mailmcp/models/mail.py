"""A mail as bytes, as words, and as what was found in the words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from mmap import mmap

from mailmcp.models.authentication import Claim


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: decoded display name (``""`` when there is none) and addr-spec."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the SMTP conversation (or the provider) said, as opposed to what the header says (RFC 5321 §2.3.1)."""

    mail_from: str
    """The reverse path without brackets; ``""`` is the null path of bounces."""
    recipients: tuple[str, ...]
    received_at: datetime
    peer: str | None = None
    """The connecting IP address, None when mail did not come over SMTP."""
    helo: str | None = None
    tls: str | None = None
    """Version and cipher of the encryption, None when there was none."""


class Source(StrEnum):
    """How the raw bytes of a message were come by."""

    SMTP = "smtp"
    IMAP = "imap"
    """Fetched from a mailbox elsewhere: the bytes are the original ones, whoever brought them there is not known."""
    IMPORTED = "imported"
    """Taken from a file of mail: as with ``IMAP``, whoever brought it is not known."""
    SUBMITTED = "submitted"
    """Handed in by this mailroom for one of its own inboxes, without SMTP."""
    SERVICE = "service"
    """Handed over by a mail service as it came there: it knows who brought it, and mostly does not say."""
    REBUILT = "rebuilt"
    """Composed here because the provider has no raw bytes: DKIM is not ours to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as a backend hands it in: its bytes (a long one's as a mapped file), nothing concluded from them."""

    raw: bytes | mmap
    envelope: Envelope
    source: Source
    backend: str
    claim: Claim | None = None
    """What the service that hands it over says it found out about the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is not the message's own text. ``part`` is its path, IMAP style: ``"2"``, ``"1.3"``."""

    part: str
    filename: str
    """Never empty, never a path: a nameless part gets ``part-<path>.<extension of its type>``."""
    content_type: str
    size: int
    """Bytes after the transfer encoding was undone."""
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What an attachment is by its bytes."""

    sha256: str
    kind: str | None
    """Its type as the first bytes tell it; None when they say nothing."""
    doubt: str | None
    """What that says against its name or its declared type, as a sentence."""
    named: bool = True
    """Is the type that the sender declares a known one? One of their own making is their words."""


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with a mail: a stable code and a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The words of a mail's bytes. Parsing never fails: what was wrong is in ``defects``."""

    message_id: str | None = None
    """With angle brackets, as References hold it."""
    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: datetime | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Oldest first (RFC 5322 §3.6.4)."""
    text: str | None = None
    """The message's own plain text, decoded; else words that stand elsewhere (a defect says where); else None."""
    html: str | None = None
    calendar: str | None = None
    """The first text/calendar part, decoded: strangers' words like the rest."""
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Every header in order, decoded for display."""
    defects: tuple[Defect, ...] = ()

    @property
    def author(self) -> Address | None:
        """The one From address, or None when From is missing, plural or defective (never guess a sender)."""
        if len(self.from_) != 1 or any(defect.code.startswith("from_") for defect in self.defects):
            return None
        return self.from_[0]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A piece that a person would not see. ``kind``: preheader, css, colour, size, off_screen, attribute, …"""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A hyperlink as data: the text a person would click, and where it leads."""

    text: str
    url: str
    offset: int
    """Where its text begins in ``Channels.visible`` (characters)."""
    button: bool = False
    """Drawn as a button (own background, padded cell, role=button)."""
    flags: tuple[str, ...] = ()
    """What speaks against it: form, text_names_another_host, punycode, ip_address, redirect, tracker …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The text of a mail, split by who would see it."""

    visible: str = ""
    """New text that a person sees, invisible characters gone."""
    quoted: str = ""
    signature: str = ""
    hidden: tuple[Hidden, ...] = ()
    links: tuple[Link, ...] = ()
    """Of ``visible``, in order."""
    links_apart: tuple[Link, ...] = ()
    """Of ``quoted`` and ``signature``; their offsets say nothing."""
    emphasis: tuple[tuple[int, int], ...] = ()
    """Spans of ``visible`` (start, end) set apart by the sender: big, bold, monospaced, alone in a cell."""
    read_from: str = "none"
    """html, plain or none: which part ``visible`` was read from."""
    invisible: int = 0
    """How many invisible characters were removed."""
    defects: tuple[Defect, ...] = ()

    @property
    def every_link(self) -> tuple[Link, ...]:
        """Those of the new text, and of what stands apart from it."""
        return (*self.links, *self.links_apart)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What stored messages say of a quote."""

    sources: tuple[str, ...] = ()
    """The messages whose words it repeats."""
    unknown: int = 0
    """Characters of its lines that none of them has."""
    put_in: tuple[str, ...] = ()
    """Those lines as they were written, where they stand below words of a source: perhaps answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The one-time code and the sign-in link of a mail, each None when there is none."""

    code: str | None = None
    """What a person would type: groups of digits joined, letters and prefixes as shown."""
    code_confidence: float = 0.0
    link: str | None = None
    link_confidence: float = 0.0
    evidence: str = ""
    """The line (or the link's text) it was taken from, one line, at most 200 characters."""
    others: tuple[str, ...] = ()
    """Further codes, of another step or device: nobody waits for them, and none may leave unseen."""
    other_links: tuple[str, ...] = ()
    """Further links that sign in; likewise."""
