"""The tables of mail services in config.toml: keys, addresses, and how often each may be called."""

from __future__ import annotations

from pydantic import Field, SecretStr

from mailmcp.config.sections import Section


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
    calls: int = Field(
        default=120, ge=6, le=6000, description="Calls a minute that all processes of this home make together."
    )
