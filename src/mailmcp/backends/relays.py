"""Relays whose host, port and encryption are known: one row each, chosen with MAILMCP_SMTP__PROVIDER."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relay:
    """A service that takes mail by submission."""

    name: str
    host: str
    port: int = 587
    security: str = "starttls"
    username: str | None = None
    """The user name that all its customers have: the key is the password."""
    token_url: str | None = None
    """Where it gives access tokens for XOAUTH2."""


RELAYS: tuple[Relay, ...] = (
    Relay("smtp2go", "mail.smtp2go.com"),
    Relay("ses", "email-smtp.us-east-1.amazonaws.com"),
    Relay("gmail", "smtp.gmail.com", token_url="https://oauth2.googleapis.com/token"),  # noqa: S106 - an address
    Relay("fastmail", "smtp.fastmail.com", 465, "tls"),
    Relay(
        "outlook",
        "smtp.office365.com",
        token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106 - an address
    ),
    Relay("mailgun", "smtp.mailgun.org"),
    Relay("sendgrid", "smtp.sendgrid.net", username="apikey"),
    Relay("postmark", "smtp.postmarkapp.com"),
    Relay("brevo", "smtp-relay.brevo.com"),
    Relay("resend", "smtp.resend.com", 465, "tls", username="resend"),
    Relay("agentmail", "smtp.agentmail.to"),
    Relay("mailkite", "smtp.mailkite.dev"),
)
"""What is set beside the provider wins: SES has a host for each region."""
