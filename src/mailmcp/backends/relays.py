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


RELAYS: tuple[Relay, ...] = (
    Relay("smtp2go", "mail.smtp2go.com"),
    Relay("ses", "email-smtp.us-east-1.amazonaws.com"),
    Relay("gmail", "smtp.gmail.com"),
    Relay("fastmail", "smtp.fastmail.com", 465, "tls"),
    Relay("outlook", "smtp.office365.com"),
    Relay("mailgun", "smtp.mailgun.org"),
    Relay("sendgrid", "smtp.sendgrid.net"),
    Relay("postmark", "smtp.postmarkapp.com"),
    Relay("brevo", "smtp-relay.brevo.com"),
    Relay("resend", "smtp.resend.com", 465, "tls"),
)
"""What is set beside the provider wins: SES has a host for each region."""
