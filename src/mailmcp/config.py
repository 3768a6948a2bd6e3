"""Settings: defaults, then ``config.toml`` in the home, then ``MAILMCP_*`` in the environment.

Each setting's sentence is its field's description: ``docs/configuration.md`` is generated from them. A section is
written ``MAILMCP_LOCAL__SMTP_PORT`` in the environment and ``[local] smtp_port`` in the file.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, cast

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mailmcp.errors import ConfigError

PREFIX = "MAILMCP_"
Policy = Literal["open", "first_contact", "approve", "never"]


class Section(BaseModel):
    """A table of config.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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

    @field_validator("domain")
    @classmethod
    def _domain_is_a_name(cls, value: str) -> str:
        labels = value.lower().rstrip(".").split(".")
        if len(value) > 253 or not all(
            len(label) < 64 and label == label.strip("-") and label.replace("-", "").isalnum() for label in labels
        ):
            raise ValueError("must be a domain name such as agents.internal")
        return ".".join(labels)


class SendSettings(Section):
    """What may leave."""

    policy: Policy = Field(
        default="first_contact",
        description="open, first_contact, approve (every message is held) or never. Mail between inboxes of this"
        " home is held only by approve and never.",
    )


class ApprovalSettings(Section):
    """How long a human may take."""

    expiry: int = Field(default=86_400, ge=60, description="Seconds after which a held draft counts as rejected.")


class Settings(Section):
    """Everything that can be set, with the effective values."""

    home: Path = Field(description="Folder of the database, config.toml, attachments and lock; made with mode 0700.")
    backend: str = Field(default="local", description="Which backend receives and sends.")
    send_backend: str | None = Field(
        default=None, description="Send through another backend than the one that receives; this version has none yet."
    )
    local: LocalSettings = LocalSettings()
    send: SendSettings = SendSettings()
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
    chosen = (home or (Path(env_home) if is_set(env_home) else default_home())).expanduser().absolute()
    file = chosen / "config.toml"
    in_file = _from_file(file)
    if "home" in in_file:
        raise ConfigError(f"{file} cannot set `home`, since it lies in it: use MAILMCP_HOME or --home.")
    values = _merge(in_file, _from_environment(given))
    values["home"] = chosen
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = [str(part) for part in first["loc"]]
        name = PREFIX + "__".join(path).upper()
        if first["type"] == "extra_forbidden":
            raise ConfigError(
                f"There is no setting {name} ({'.'.join(path)} in config.toml); the settings are listed in"
                " docs/configuration.md."
            ) from error
        raise ConfigError(f"The setting {name} cannot be used: {first['msg']}.") from error


def is_set(value: str) -> bool:
    """Whether a host really gave a value: bundles hand over ``${user_config.x}`` for a field left empty."""
    return bool(value.strip()) and not value.startswith("${")


def _from_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
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
                f"There is no setting {key}: between a section and its field stand two underscores, as in"
                " MAILMCP_SEND__POLICY."
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
