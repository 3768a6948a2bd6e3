"""Submission to a relay by SMTP (RFC 6409): STARTTLS, TLS or neither, one connection for each message.

What is said on the connection, and when a message may have left, stands in ``dialogue``.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from mailmcp.backends.contract import AboutToCommit, Reception, Token
from mailmcp.backends.dialogue import DOT_SECONDS, TIMEOUT_SECONDS, Dialogue, check_size, hang_up, tls_trouble, words
from mailmcp.backends.oauth import AccessTokens
from mailmcp.backends.relays import RELAYS, Relay
from mailmcp.config import Settings, SmtpSettings
from mailmcp.errors import BackendError, ConfigError, TryLater
from mailmcp.models import OutboundMail, Receipt


@dataclass(frozen=True, slots=True)
class Relayer:
    """The relay as the settings name it."""

    host: str
    port: int
    security: str
    username: str | None = None


class SmtpBackend:
    """Sends through one relay; it receives nothing."""

    name = "smtp"
    supports = frozenset(
        {"mime", "cc", "bcc", "html", "attachments", "inline", "reply_to", "in_reply_to", "forward", "send_at"}
    )

    def __init__(self, settings: Settings, reception: Reception | None = None) -> None:
        self._settings = settings.smtp
        self._relay = relay_of(settings.smtp)
        password = settings.smtp.password
        self._secret = password.get_secret_value() if password is not None else ""
        tokens = _tokens_of(settings.smtp)
        self._token: Token | None = tokens.current if tokens is not None else None
        self._timeout = TIMEOUT_SECONDS
        self._dot_timeout = DOT_SECONDS

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Submit to the relay. SMTP knows no ``key``: a repeat would be a second mail.

        Raises TryLater or BackendError when nothing left, NoAnswer when it may have. A recipient of whom the relay
        said nothing after the final dot is in no part of the receipt.
        """
        check_size(mail)
        client = aiosmtplib.SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            timeout=self._timeout,
            use_tls=self._relay.security == "tls",
            start_tls=self._relay.security == "starttls",
            tls_context=None if self._relay.security == "none" else ssl.create_default_context(),
        )
        try:
            await self._connected(client)
            dialogue = Dialogue(client, secret=self._secret, timeout=self._timeout, dot_timeout=self._dot_timeout)
            return await dialogue.hand_over(mail, key, about_to_commit)
        finally:
            hang_up(client)

    def log_in_with(self, token: Token) -> None:
        """Log in with access tokens (XOAUTH2)."""
        self._token = token

    async def aclose(self) -> None:
        """Every message has a connection of its own: none is open."""

    # --- the dialogue --------------------------------------------------------------------------------------------

    async def _connected(self, client: aiosmtplib.SMTP) -> None:
        at = f"the relay {self._relay.host} port {self._relay.port}"
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (SMTPException, OSError) as error:
            raise TryLater(f"Nothing left: {self._why_unreachable(at, error)}") from error
        if self._relay.username is not None:
            await self._logged_in(client, at, self._relay.username)

    async def _logged_in(self, client: aiosmtplib.SMTP, at: str, user: str) -> None:
        try:
            offered = client.server_auth_methods
            method = self._settings.auth
            if method == "auto":
                method = "plain" if "plain" in offered or "login" not in offered else "login"
            if self._token is not None:
                await self._by_token(client, user, self._token)
            elif method == "xoauth2":
                await client.auth_xoauth2(user, self._secret)
            elif method == "login":
                await client.auth_login(user, self._secret)
            else:
                await client.auth_plain(user, self._secret)
        except SMTPResponseException as error:
            # Its own words may repeat what was given, in some coding: they are not said again.
            kind = TryLater if error.code < 500 else BackendError
            raise kind(
                f"Nothing left: {at} did not accept the login ({error.code}); look at MAILMCP_SMTP__USERNAME,"
                " MAILMCP_SMTP__PASSWORD and MAILMCP_SMTP__AUTH."
            ) from None
        except (SMTPException, OSError) as error:
            raise TryLater(f"Nothing left: {at} ended the login.") from _kind(error)

    async def _by_token(self, client: aiosmtplib.SMTP, user: str, token: Token) -> None:
        """A token that the relay refuses may have been taken back before its time: one new one is tried."""
        try:
            self._secret = await token()
            await client.auth_xoauth2(user, self._secret)
        except SMTPResponseException as error:
            if error.code < 500:
                raise
            self._secret = await token(new=True)
            await client.auth_xoauth2(user, self._secret)

    def _why_unreachable(self, at: str, error: Exception) -> str:
        trouble = tls_trouble(error)
        if isinstance(trouble, ssl.SSLCertVerificationError):
            return f"the certificate of {at} cannot be trusted ({trouble.verify_message})."
        if trouble is not None:
            return f"{at} does not speak TLS as MAILMCP_SMTP__SECURITY={self._relay.security} expects."
        if isinstance(error, SMTPResponseException):
            return f"{at} did not take the connection: {words(error, peer='the relay', secret=self._secret)}"
        if self._relay.security == "starttls" and isinstance(error, SMTPException) and "STARTTLS" in str(error):
            return f"{at} offers no STARTTLS; look at MAILMCP_SMTP__SECURITY and MAILMCP_SMTP__PORT."
        return f"{at} cannot be reached."


def relay_of(settings: SmtpSettings) -> Relayer:
    """Where the settings send. Raises ConfigError naming what is missing."""
    preset = _preset(settings)
    if settings.provider and preset is None:
        known = ", ".join(one.name for one in RELAYS)
        raise ConfigError(f"The setting MAILMCP_SMTP__PROVIDER is none of {known}: set MAILMCP_SMTP__HOST instead.")
    host = settings.host or (preset.host if preset else None)
    if host is None:
        raise ConfigError("The backend smtp needs a relay: set MAILMCP_SMTP__HOST or MAILMCP_SMTP__PROVIDER.")
    security = settings.security or (preset.security if preset else "starttls")
    username = settings.username or (preset.username if preset and settings.password else None)
    if (username is None) != (settings.password is None and settings.oauth_refresh_token is None):
        raise ConfigError("MAILMCP_SMTP__USERNAME and MAILMCP_SMTP__PASSWORD belong together: set both or neither.")
    if security == "none" and username is not None and not _is_loopback(host):
        raise ConfigError(
            "MAILMCP_SMTP__SECURITY=none would show the password to everybody on the way: use starttls or tls."
        )
    asked = preset.port if preset and settings.security in (None, preset.security) else None
    port = settings.port or asked or (465 if security == "tls" else 587)
    return Relayer(host=host, port=port, security=security, username=username)


def _preset(settings: SmtpSettings) -> Relay | None:
    return next((one for one in RELAYS if one.name == (settings.provider or "").lower()), None)


def _tokens_of(settings: SmtpSettings) -> AccessTokens | None:
    """Where access tokens come from, when there is a refresh token. Raises ConfigError naming what is missing."""
    if settings.oauth_refresh_token is None:
        return None
    preset = _preset(settings)
    url = settings.oauth_url or (preset.token_url if preset else None)
    if url is None or settings.oauth_client_id is None or settings.auth not in ("auto", "xoauth2"):
        raise ConfigError(
            "MAILMCP_SMTP__OAUTH_REFRESH_TOKEN needs MAILMCP_SMTP__OAUTH_CLIENT_ID, MAILMCP_SMTP__OAUTH_URL (known for"
            " gmail and outlook) and MAILMCP_SMTP__AUTH=xoauth2."
        )
    secret = settings.oauth_client_secret
    return AccessTokens(
        url,
        settings.oauth_client_id,
        secret.get_secret_value() if secret else None,
        settings.oauth_refresh_token.get_secret_value(),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _kind(error: Exception) -> Exception:
    """The same kind of error without its words, in which there might be a password."""
    return ConnectionError(type(error).__name__)
