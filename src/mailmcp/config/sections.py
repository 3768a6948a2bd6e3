"""The tables of config.toml, each with its fields: what a field's description says stands in docs/configuration.md."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Policy = Literal["open", "first_contact", "approve", "never"]


class Section(BaseModel):
    """A table of config.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        kind: Any = cls.model_fields[info.field_name or ""].annotation
        if isinstance(value, bool) and kind in (int, float):
            raise PydanticCustomError("no_number", "true and false are no numbers")
        return value


class LocalSettings(Section):
    """The embedded mail server."""

    domain: str = Field(default="agents.internal", description="Domain of new inboxes.")
    smtp_host: str = Field(default="127.0.0.1", description="Address that the embedded SMTP server listens on.")
    smtp_port: int = Field(
        default=1025,
        ge=0,
        le=65535,
        description="Port that the embedded SMTP server listens on; 0 picks a free one, shown by mail_status.",
    )
    hostname: str | None = Field(
        default=None,
        description="Name by which other mail servers reach this one: its greeting, and what the MX record of a domain"
        " points to. If left out it greets with the domain, and `mailmcp domain add` takes mail.DOMAIN.",
    )
    tls_cert: str | None = Field(
        default=None,
        description="PEM file of the server's certificate with its chain; with it the embedded SMTP server offers"
        " STARTTLS. A renewed file counts from the next connection on.",
    )
    tls_key: str | None = Field(
        default=None, description="PEM file of the certificate's private key; left out if it is in the same file."
    )

    @field_validator("smtp_host")
    @classmethod
    def _host_is_one_address(cls, value: str) -> str:
        if not value.strip() or any(character.isspace() for character in value):  # "" would be every address
            raise ValueError("must be an address or a host name such as 127.0.0.1")
        return value

    @field_validator("tls_key")
    @classmethod
    def _key_belongs_to_a_certificate(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("tls_cert") is None:
            raise ValueError("needs MAILMCP_LOCAL__TLS_CERT beside it")
        return value

    @field_validator("domain", "hostname")
    @classmethod
    def _domain_is_a_name(cls, value: str | None) -> str | None:
        if value is None:
            return None
        labels = value.lower().rstrip(".").split(".")
        if len(value) > 253 or not all(
            len(label) < 64 and label == label.strip("-") and label.replace("-", "").isalnum() for label in labels
        ):
            raise ValueError("must be a domain name such as agents.internal")
        return ".".join(labels)


def _items(value: Any) -> Any:
    """In the environment a list is written with commas."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


Items = Annotated[tuple[str, ...], BeforeValidator(_items)]


class DnsSettings(Section):
    """Who is asked about domains."""

    servers: Items = Field(
        default=(),
        description="Name servers for SPF, DKIM and DMARC, each as host or host:port, with commas between them; those"
        " of the system if left out.",
    )


class AuthSettings(Section):
    """How senders are checked."""

    check_private_peers: bool = Field(
        default=False, description="Ask SPF also for loopback and private addresses (laboratories, tests)."
    )
    trusted_authserv: Items = Field(
        default=(),
        description="authserv-ids whose Authentication-Results are kept as that host's claim when it brought the mail,"
        " with commas between.",
    )
    trusted_sealers: Items = Field(
        default=(),
        description="Domains whose ARC seals excuse what a forwarder changed, with commas between them.",
    )


RATE = re.compile(r"(\d{1,6})/(min|h|d)")
"""So many in a minute, an hour or a day."""


def _rate(default: str, what: str) -> Any:
    return Field(default=default, description=f"{what}, in a minute, an hour or a day (such as 5/min or {default}).")


class SendSettings(Section):
    """What may leave."""

    policy: Policy = Field(
        default="first_contact",
        description="open (new recipients need nobody's approval), first_contact, approve (every message is held) or"
        " never. Mail between inboxes of this home is held only by approve and never, and by RATE_THREAD.",
    )
    allow: Items = Field(
        default=(),
        description="Recipients that need no approval as new ones: addresses, domains, or *. and a domain for those"
        " below it, with commas between them.",
    )
    deny: Items = Field(
        default=(),
        description="Recipients that nothing is sent to: addresses, or domains with those below them, with commas"
        " between them.",
    )
    rate: str = _rate("20/h", "Messages that may leave one inbox without a human")
    rate_recipient: str = _rate("10/h", "Messages that may go to one recipient without a human")
    rate_thread: str = _rate(
        "6/h", "Messages of an inbox in one conversation without a human, also to inboxes of this home"
    )
    rate_all: str = _rate("60/h", "Messages that may leave this home without a human")
    pause_bounces: float = Field(
        default=5.0,
        ge=0,
        le=100,
        description="Percent of an inbox's messages that may come back before it pauses (five addresses at least);"
        " 0 for never.",
    )
    pause_complaints: float = Field(
        default=0.1,
        ge=0,
        le=100,
        description="Percent of an inbox's messages that may be complained about before it pauses (two people at"
        " least); 0 for never.",
    )
    pause_minimum: int = Field(
        default=20, ge=1, description="Messages that must have left an inbox before it can pause."
    )
    pause_days: int = Field(default=7, ge=1, le=365, description="Days over which these messages are counted.")
    undo: int = Field(
        default=10,
        ge=0,
        le=3600,
        description="Seconds before a queued mail leaves this home, in which it can be taken back; 0 for none.",
    )

    @field_validator("rate", "rate_recipient", "rate_thread", "rate_all")
    @classmethod
    def _rate_is_one(cls, value: str) -> str:
        if not RATE.fullmatch(value.strip()):
            raise ValueError("must be a number in a min, h or d, such as 20/h")
        return value.strip()


SmtpAuth = Literal["auto", "plain", "login", "xoauth2"]
Security = Literal["starttls", "tls", "none"]


class SmtpSettings(Section):
    """The relay of the smtp backend."""

    provider: str | None = Field(
        default=None,
        description="A service whose host, port and security are known: smtp2go, ses, gmail, fastmail, outlook,"
        " mailgun, sendgrid, postmark, brevo, resend, agentmail or mailkite. What is set beside it wins.",
    )
    host: str | None = Field(default=None, description="Host name of the relay.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the relay; left out: 465 with tls, else 587."
    )
    username: str | None = Field(default=None, description="User name at the relay; none when it needs no password.")
    password: SecretStr | None = Field(
        default=None,
        description="Password, API key or app password at the relay; with xoauth2 an access token,"
        " unless there is a refresh token.",
    )
    oauth_refresh_token: SecretStr | None = Field(
        default=None, description="With xoauth2: what new access tokens are had for when one runs out."
    )
    oauth_client_id: str | None = Field(default=None, description="Id of the application whose refresh token it is.")
    oauth_client_secret: SecretStr | None = Field(default=None, description="Its secret; some applications have none.")
    oauth_url: str | None = Field(
        default=None, description="Where access tokens are had; known for the providers gmail and outlook."
    )
    security: Security | None = Field(
        default=None,
        description="starttls (when left out), tls (from the first byte) or none; the certificate is always checked.",
    )
    auth: SmtpAuth = Field(
        default="auto",
        description="How to log in: auto (plain or login, what the relay offers), plain, login, xoauth2.",
    )

    @field_validator("host")
    @classmethod
    def _host_is_a_name(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip() or any(one.isspace() or one in "/@" for one in value)):
            raise ValueError("must be a host name such as mail.example.com")
        return value


class DirectSettings(Section):
    """Delivery to the recipients' servers without a relay (MAILMCP_SEND_BACKEND=direct)."""

    port: int = Field(
        default=25, ge=1, le=65535, description="Port of the recipients' servers; another one is for laboratories."
    )
    private: bool = Field(
        default=False,
        description="Deliver also to servers on this machine and in private networks (laboratories, tests).",
    )


class ProcessSettings(Section):
    """How long a process lives."""

    idle_exit: int = Field(
        default=0,
        ge=0,
        description="Seconds without a word of its client after which a process that does not lead ends, although its"
        " input is open; 0 for never. A leader stays.",
    )


class RetentionSettings(Section):
    """How long mail is kept, where an inbox has no rule of its own (`mailmcp inbox keep`)."""

    days: int = Field(
        default=0, ge=0, le=36_500, description="Days after which mail is deleted; 0 keeps it without limit."
    )
    size: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="MiB of mail that each inbox keeps, the newest; 0 keeps it without limit.",
    )


class ApprovalSettings(Section):
    """How a human decides about held drafts."""

    expiry: int = Field(default=86_400, ge=60, description="Seconds after which a held draft counts as rejected.")
    ask: float = Field(
        default=20,
        ge=0,
        le=300,
        description="Seconds that a call waits for a human whom its client can ask about a held draft (to reject it;"
        " the question stays open for ten minutes); 0 for not asking in clients.",
    )
    reviewer: str | None = Field(
        default=None,
        description="Address of a human, elsewhere than in this home, to whom a link and a code are mailed for each"
        " held draft; whoever has that mail can decide.",
    )
    review_url: str | None = Field(
        default=None,
        description="Where a proxy of yours on this machine serves the page's /review, such as"
        " https://approve.example.com; left out, the links lead to the page itself and work on this machine only.",
    )
    review_sender: str | None = Field(
        default=None,
        description="Address that these mails come from, if your relay demands one of its own; never one of an inbox.",
    )
    trusted_clients: Items = Field(
        default=(),
        description="Names of MCP clients in which a human may also approve, with the code that a terminal or the page"
        " shows, with commas between them. Only while no approver's passphrase is set.",
    )

    @field_validator("reviewer", "review_sender")
    @classmethod
    def _is_one_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,253}", value):
            raise ValueError("must be one address such as ann@example.com")
        return value

    @field_validator("review_url")
    @classmethod
    def _is_a_base(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[a-z0-9.-]{1,253}(?::[0-9]{1,5})?/?", value):
            raise ValueError("must be a scheme and a host such as https://approve.example.com, and nothing behind it")
        return value.rstrip("/") if value else None


class WebSettings(Section):
    """The approval page."""

    enabled: bool = Field(default=True, description="Serve the page on which held drafts are approved.")
    host: str = Field(
        default="127.0.0.1", description="Address that it listens on: one of this machine's own, 127.0.0.1 or ::1."
    )
    port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port that it listens on; 0 picks a free one, which is kept for this home.",
    )
    open: bool = Field(
        default=True, description="Open the browser at the first held draft, where the server runs on a desktop."
    )
    notify: bool = Field(default=True, description="Say by a desktop notification that a draft waits.")

    @field_validator("host")
    @classmethod
    def _host_is_loopback(cls, value: str) -> str:
        try:
            is_own = ipaddress.ip_address(value).is_loopback
        except ValueError:
            is_own = False
        if not is_own:
            raise ValueError("must be an address of this machine alone, such as 127.0.0.1")
        return value
