"""The tables of mail services that keep inboxes elsewhere: each has a key, and perhaps secrets of what it posts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from mailmcp.config.sections import Section


def _secrets(value: Any) -> Any:
    if isinstance(value, str):
        return [one.strip() for one in value.split(",") if one.strip()]
    return value


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_secrets), Field(max_length=2)]


def revealed(secrets: Secrets) -> tuple[str, ...]:
    """The secrets as they are, for whoever signs or verifies with them."""
    return tuple(one.get_secret_value() for one in secrets)


def _calls(default: int) -> Any:
    words = "Calls a minute that all processes of this home make together."
    return Field(default=default, ge=6, le=6000, description=words)


def _stream(words: str, *, default: bool) -> Any:
    return Field(default=default, description=words + " Mail is fetched as ever; this only says when.")


_POSTED = (
    "Signing secret of the webhook that posts to /hooks/{name} of the page's port through a tunnel of yours; two, with"
    " a comma between them, while it is changed. Without one nothing is taken there."
)


class AgentmailSettings(Section):
    """AgentMail, a service that keeps inboxes for agents (agentmail.to)."""

    api_key: SecretStr | None = Field(default=None, description="API key; one of an inbox or a pod is enough.")
    url: str = Field(
        default="https://api.agentmail.to",
        description="Address of its API: https://api.agentmail.eu for accounts of the EU region.",
    )
    domain: str = Field(
        default="agentmail.to", description="Domain of new inboxes: its own, or one that you verified there."
    )
    calls: int = _calls(120)
    stream: bool = _stream("Whether AgentMail may tell of news on a WebSocket.", default=True)
    hook_secrets: Secrets = Field(default=(), description=_POSTED.format(name="agentmail"))


class E2aSettings(Section):
    """The service e2a (MAILMCP_BACKEND=e2a)."""

    api_key: SecretStr | None = Field(
        default=None, description="Key of e2a: of an account, or of one agent, which is then the only inbox."
    )
    domain: str | None = Field(
        default=None, description="Domain of new inboxes; left out, the one that e2a shares among its users."
    )
    calls: int = _calls(120)
    url: str = Field(default="https://api.e2a.dev", description="Where e2a answers; another if you host it yourself.")
    stream: bool = _stream(
        "Whether e2a may tell of news on a WebSocket. It has one for each inbox, and a new one ends that of any other"
        " program of yours: set it only where mailmcp is the only one that listens.",
        default=False,
    )
    hook_secrets: Secrets = Field(default=(), description=_POSTED.format(name="e2a"))


class MailKiteSettings(Section):
    """The service MailKite (MAILMCP_BACKEND=mailkite)."""

    api_key: SecretStr | None = Field(default=None, description="Key of MailKite, of the account or of one domain.")
    domain: str | None = Field(
        default=None, description="Domain of new inboxes: one that is verified at MailKite, or a free subdomain there."
    )
    app_password: SecretStr | None = Field(
        default=None,
        description="App password of MailKite for *@DOMAIN with the protocol api: with it mail is had as it came, else"
        " it is put together of what the list says.",
    )
    calls: int = _calls(60)
    url: str = Field(default="https://api.mailkite.dev", description="Where MailKite answers.")
    stream: bool = _stream("Whether MailKite may tell of news by its stream of events (SSE).", default=True)
    hook_secrets: Secrets = Field(default=(), description=_POSTED.format(name="mailkite"))


class AgentSendSettings(Section):
    """The service AgentSend (MAILMCP_BACKEND=agentsend)."""

    api_key: SecretStr | None = Field(default=None, description="Key of AgentSend.")
    domain: str = Field(default="agentsend.io", description="Domain of the inboxes that it makes.")
    calls: int = _calls(60)
    url: str = Field(default="https://api.agentsend.io", description="Where AgentSend answers.")
    hook_secrets: Secrets = Field(default=(), description=_POSTED.format(name="agentsend"))
