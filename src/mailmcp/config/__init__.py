"""Settings: defaults, then ``config.toml`` in the home, then ``MAILMCP_*`` in the environment.

Each setting's sentence is its field's description: ``docs/configuration.md`` is generated from them. A section is
written ``MAILMCP_LOCAL__SMTP_PORT`` in the environment and ``[local] smtp_port`` in the file.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import platformdirs
from pydantic import Field, ValidationError

from mailmcp.config.lasting import ProcessSettings, RetentionSettings
from mailmcp.config.mailbox import AccountSettings, ImapSettings
from mailmcp.config.sections import (
    RATE,
    ApprovalSettings,
    AuthSettings,
    DirectSettings,
    DnsSettings,
    HttpSettings,
    Items,
    LocalSettings,
    Policy,
    Section,
    Security,
    SendSettings,
    SmtpAuth,
    SmtpSettings,
    WebSettings,
)
from mailmcp.config.services import AgentmailSettings, AgentSendSettings, E2aSettings, MailKiteSettings
from mailmcp.errors import ConfigError
from mailmcp.schemas import expected, part_of

__all__ = [
    "LONGEST_NAME",
    "PREFIX",
    "RATE",
    "AccountSettings",
    "AgentSendSettings",
    "AgentmailSettings",
    "ApprovalSettings",
    "AuthSettings",
    "DirectSettings",
    "DnsSettings",
    "E2aSettings",
    "HttpSettings",
    "ImapSettings",
    "Items",
    "LocalSettings",
    "MailKiteSettings",
    "Policy",
    "ProcessSettings",
    "RetentionSettings",
    "Section",
    "Security",
    "SendSettings",
    "Settings",
    "SmtpAuth",
    "SmtpSettings",
    "WebSettings",
    "default_home",
    "is_set",
    "load_settings",
]

PREFIX = "MAILMCP_"
LONGEST_NAME = 60
"""Characters of a setting's name that are said again: it comes from outside, and may be anything."""


class Settings(Section):
    """Everything that can be set, with the effective values."""

    home: Path = Field(description="Folder of the database, config.toml, attachments and lock; made with mode 0700.")
    backend: str = Field(
        default="local",
        description="Which backend receives and sends; of several with commas between, such as local,agentmail, the"
        " first is that of new inboxes unless create_inbox names another, and each inbox sends by its own.",
    )
    send_backend: str | None = Field(
        default=None,
        description="Send through another backend than the one that receives: smtp (a relay) or direct (to the"
        " recipients' own servers; needs a domain of yours).",
    )
    adopt: Items = Field(
        default=(),
        description="Inboxes that a service has already and that create_inbox may take over with the mail of their last"
        " 30 days: addresses with commas between, or * for all that its key may see.",
    )
    local: LocalSettings = LocalSettings()
    dns: DnsSettings = DnsSettings()
    auth: AuthSettings = AuthSettings()
    send: SendSettings = SendSettings()
    smtp: SmtpSettings = SmtpSettings()
    direct: DirectSettings = DirectSettings()
    imap: ImapSettings = ImapSettings()
    agentmail: AgentmailSettings = AgentmailSettings()
    e2a: E2aSettings = E2aSettings()
    mailkite: MailKiteSettings = MailKiteSettings()
    agentsend: AgentSendSettings = AgentSendSettings()
    approval: ApprovalSettings = ApprovalSettings()
    web: WebSettings = WebSettings()
    http: HttpSettings = HttpSettings()
    process: ProcessSettings = ProcessSettings()
    retention: RetentionSettings = RetentionSettings()

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends that receive, each once; the first is the default."""
        return tuple(dict.fromkeys(one.strip() for one in self.backend.split(",") if one.strip()))


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


def named_in(environment: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The names in an environment that give settings, but for that of the home, and those that only look like it.

    Of an environment whose settings can be loaded. The second are sentences of what was perhaps meant.
    """
    given: list[str] = []
    others: list[str] = []
    for name in sorted(name for name, value in environment.items() if name.startswith(PREFIX) and is_set(value)):
        field = name.removeprefix(PREFIX).lower()
        if "__" in field or (field in Settings.model_fields and field != "home"):
            given.append(name)
        elif field != "home":
            others.append(f"{name} is no setting and is ignored{_instead(name, Settings.model_json_schema())}.")
    return given, others


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
