"""Settings: defaults, then ``config.toml`` in the home, then ``MAILMCP_*`` in the environment.

Each setting's sentence is its field's description: ``docs/configuration.md`` is generated from them. A section is
written ``MAILMCP_LOCAL__SMTP_PORT`` in the environment and ``[local] smtp_port`` in the file.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal, cast

import platformdirs
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator

from mailmcp.config.mailbox import AccountSettings, ImapSettings, Security
from mailmcp.config.section import Items, Section
from mailmcp.errors import ConfigError
from mailmcp.schemas import expected, part_of

__all__ = ["AccountSettings", "ImapSettings", "Section", "Security", "Settings", "load_settings"]

PREFIX = "MAILMCP_"
LONGEST_NAME = 60
"""Characters of a setting's name that are said again: it comes from outside, and may be anything."""
Policy = Literal["open", "first_contact", "approve", "never"]


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
        description="authserv-ids whose Authentication-Results are kept as that host's claim, with commas between.",
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
        " never. Mail between inboxes of this home is held only by approve and never.",
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
    rate_thread: str = _rate("6/h", "Messages that may leave in one conversation without a human")
    rate_all: str = _rate("60/h", "Messages that may leave this home without a human")
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


class SmtpSettings(Section):
    """The relay of the smtp backend."""

    provider: str | None = Field(
        default=None,
        description="A service whose host, port and security are known: smtp2go, ses, gmail, fastmail, outlook,"
        " mailgun, sendgrid, postmark, brevo or resend."
        " What is set beside it wins.",
    )
    host: str | None = Field(default=None, description="Host name of the relay.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the relay; left out: 465 with tls, else 587."
    )
    username: str | None = Field(default=None, description="User name at the relay; none when it needs no password.")
    password: SecretStr | None = Field(
        default=None, description="Password, API key or app password at the relay; with xoauth2 the access token."
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


class ApprovalSettings(Section):
    """How long a human may take."""

    expiry: int = Field(default=86_400, ge=60, description="Seconds after which a held draft counts as rejected.")


class Settings(Section):
    """Everything that can be set, with the effective values."""

    home: Path = Field(description="Folder of the database, config.toml, attachments and lock; made with mode 0700.")
    backend: str = Field(default="local", description="Which backend receives and sends.")
    send_backend: str | None = Field(
        default=None, description="Send through another backend than the one that receives, such as smtp."
    )
    local: LocalSettings = LocalSettings()
    dns: DnsSettings = DnsSettings()
    auth: AuthSettings = AuthSettings()
    send: SendSettings = SendSettings()
    smtp: SmtpSettings = SmtpSettings()
    imap: ImapSettings = ImapSettings()
    approval: ApprovalSettings = ApprovalSettings()


def default_home() -> Path:
    """The platform's data folder for mailmcp."""
    return Path(platformdirs.user_data_dir("mailmcp", appauthor=False))


def load_settings(home: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Read the settings of a home; ``home`` (the ``--home`` option) wins over ``MAILMCP_HOME``.

    Raises ConfigError naming the setting and what is wrong with it.
    """
    given = dict(os.environ if environment is None else environment)
    env_home = given.get(f"{PREFIX}HOME", "")
    chosen = home or (Path(env_home) if is_set(env_home) else default_home())
    try:
        chosen = chosen.expanduser().absolute()
    except RuntimeError as error:
        raise ConfigError(f"The home {chosen} names a user who does not exist here: write its whole path.") from error
    file = chosen / "config.toml"
    in_file = _from_file(file)
    if "home" in in_file:
        raise ConfigError(f"{file} cannot set `home`, since it lies in it: use MAILMCP_HOME or --home.")
    values = _merge(in_file, _from_environment(given))
    values["home"] = chosen
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_problem(error)) from error


def is_set(value: str) -> bool:
    """Whether a host really gave a value: bundles hand over ``${user_config.x}`` for a field left empty."""
    return bool(value.strip()) and not value.startswith("${")


def _problem(error: ValidationError) -> str:
    """What is wrong with a setting, in a sentence of ours and without its value, which may be a secret."""
    first: Any = error.errors(include_url=False, include_input=False)[0]
    path = [str(part)[:LONGEST_NAME] for part in first["loc"]]
    name = PREFIX + "__".join(path).upper()
    schema = Settings.model_json_schema()
    if first["type"] == "extra_forbidden":
        return (
            f"There is no setting {name} ({'.'.join(path)} in config.toml); the settings are listed in"
            f" docs/configuration.md{_instead(name, schema)}."
        )
    if first["type"] == "value_error":  # of a check of ours
        return f"The setting {name} cannot be used: it {first['ctx']['error']}."
    wanted = part_of(schema, first["loc"])
    return f"The setting {name} cannot be used: it must be {expected(wanted or {}, schema)}."


def _instead(name: str, schema: dict[str, Any]) -> str:
    """The setting that was perhaps meant."""
    names = [
        "__".join(filter(None, (section, field))).upper()
        for section in schema["properties"]
        for field in (part_of(schema, (section,)) or {}).get("properties", {"": None})
    ]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), names, 1, 0.75)
    return f" (did you mean {PREFIX}{near[0]}?)" if near else ""


def _from_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except RecursionError as error:
        raise ConfigError(f"{path} is not valid TOML: it is nested too deeply.") from error
    except ValueError as error:  # of TOML, of UTF-8, and of a number with thousands of digits
        raise ConfigError(f"{path} is not valid TOML: {' '.join(str(error).split())[:200]}.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error


def _from_environment(environment: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    sections = {name for name, field in Settings.model_fields.items() if _is_section(field.annotation)}
    for key, value in environment.items():
        if not key.startswith(PREFIX) or not is_set(value):
            continue
        head, _, rest = key.removeprefix(PREFIX).lower().partition("__")
        if head in sections and rest:
            cast(dict[str, Any], values.setdefault(head, {}))[rest] = value
        elif head in Settings.model_fields and head not in sections and head != "home" and not rest:
            values[head] = value
        elif rest:
            # A section that does not exist is a misspelling worth hearing about.
            values[head] = {rest: value}
        elif head in sections or any(head.startswith(f"{section}_") for section in sections):
            # MAILMCP_SEND_POLICY would be ignored in silence, and with it what somebody wanted to forbid. Other
            # words, such as MAILMCP_TEST_CORPORA, belong to others.
            raise ConfigError(
                f"There is no setting {key[:LONGEST_NAME]}: between a section and its field stand two underscores, as"
                " in MAILMCP_SEND__POLICY."
            )
    return values


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)


def _merge(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merge(cast(dict[str, Any], below), cast(dict[str, Any], value))
        else:
            merged[key] = value
    return merged
