"""Mail services whose servers are known: one row each, chosen with MAILMCP_IMAP__PROVIDER or by the address's domain.

Looked up in the services' own help pages in November 2026. ``files_sent``: the service puts what is submitted to it
into the folder of sent mail by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"
GOOGLE_DEVICE = "https://oauth2.googleapis.com/device/code"
MICROSOFT = "https://login.microsoftonline.com/common/oauth2/v2.0/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A service, and where its mail is read and handed in."""

    name: str
    imap: str
    smtp: str
    port: int = 993
    security: str = "tls"
    smtp_port: int = 587
    smtp_security: str = "starttls"
    domains: tuple[str, ...] = ()
    """Domains of addresses that are known to be there."""
    files_sent: bool = False
    device_url: str = ""
    token_url: str = ""
    scope: str = ""
    secret: str = "an app password made in the account's security settings"  # noqa: S105 - words, no password
    """What stands for the password."""


PRESETS: tuple[Preset, ...] = (
    Preset(
        name="gmail",
        imap="imap.gmail.com",
        smtp="smtp.gmail.com",
        domains=("gmail.com", "googlemail.com"),
        files_sent=True,
        device_url=GOOGLE_DEVICE,
        token_url=GOOGLE_TOKENS,
        scope="https://mail.google.com/",
    ),
    Preset(
        name="outlook",
        imap="outlook.office365.com",
        smtp="smtp.office365.com",
        domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
        files_sent=True,
        device_url=f"{MICROSOFT}devicecode",
        token_url=f"{MICROSOFT}token",
        scope="https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
        secret="none: sign in with `mailmcp connect-account`",  # noqa: S106 - words, no password
    ),
    Preset(
        name="icloud",
        imap="imap.mail.me.com",
        smtp="smtp.mail.me.com",
        domains=("icloud.com", "me.com", "mac.com"),
    ),
    Preset(
        name="fastmail",
        imap="imap.fastmail.com",
        smtp="smtp.fastmail.com",
        smtp_port=465,
        smtp_security="tls",
        domains=("fastmail.com", "fastmail.fm"),
    ),
    Preset(
        name="yahoo",
        imap="imap.mail.yahoo.com",
        smtp="smtp.mail.yahoo.com",
        smtp_port=465,
        smtp_security="tls",
        domains=("yahoo.com", "ymail.com", "rocketmail.com"),
    ),
    Preset(
        name="zoho",
        imap="imap.zoho.com",
        smtp="smtp.zoho.com",
        smtp_port=465,
        smtp_security="tls",
        domains=("zoho.com", "zohomail.com"),
    ),
    Preset(
        name="proton",
        imap="127.0.0.1",
        port=1143,
        security="starttls",
        smtp="127.0.0.1",
        smtp_port=1025,
        secret="the password that Proton Bridge shows",  # noqa: S106 - words, no password
    ),
    Preset(
        name="gmx",
        imap="imap.gmx.net",
        smtp="mail.gmx.net",
        domains=("gmx.net", "gmx.de", "gmx.at", "gmx.ch"),
        secret="the account's password, after IMAP was switched on in its settings",  # noqa: S106 - words
    ),
    Preset(
        name="mailbox.org",
        imap="imap.mailbox.org",
        smtp="smtp.mailbox.org",
        smtp_port=465,
        smtp_security="tls",
        domains=("mailbox.org",),
        secret="the account's password, or an app password",  # noqa: S106 - words, no password
    ),
    Preset(
        name="agentmail",
        imap="imap.agentmail.to",
        smtp="smtp.agentmail.to",
        domains=("agentmail.to",),
        secret="an API key; the user name is the inbox's address",  # noqa: S106 - words, no password
    ),
    Preset(
        name="mailkite",
        imap="imap.mailkite.dev",
        smtp="smtp.mailkite.dev",
        secret="an app password made for the domain",  # noqa: S106 - words, no password
    ),
)


def preset(name: str) -> Preset | None:
    """The service of a name."""
    return next((one for one in PRESETS if one.name == name.lower()), None)


def of_domain(domain: str) -> Preset | None:
    """The service where addresses of this domain are."""
    return next((one for one in PRESETS if domain.lower() in one.domains), None)
