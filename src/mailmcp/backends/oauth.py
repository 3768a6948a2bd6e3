"""Access tokens, had for a refresh token (RFC 6749 §6): of accounts that are read, and of relays (XOAUTH2)."""

from __future__ import annotations

import asyncio
import http.client
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mailmcp.errors import BackendError, ConfigError, TryLater

EARLY_SECONDS = 60.0
"""A token is renewed so long before its end."""
USUAL_SECONDS = 3600.0
"""How long a token lasts whose time is not said."""
_ENDED = ("invalid_grant", "interaction_required", "unauthorized_client")


class SignInEnded(BackendError):
    """The provider takes the refresh token no more: somebody has to sign in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where an account's tokens come from, and who asks for them."""

    token_url: str
    client: str
    secret: str = ""
    device_url: str = ""
    """Where it gives codes that somebody enters elsewhere."""
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """An access token until a moment of ``time.monotonic``, and the token that renews it."""

    access: str
    until: float
    refresh: str | None


async def renewed(provider: Provider, refresh: str) -> Tokens:
    """A new access token. Raises SignInEnded or another BackendError, or TryLater when it may work later."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": provider.client}
    status, said = await posted(provider.token_url, with_secret(form, provider))
    if status == 200 and said:
        return tokens_of(said)
    if status in (400, 401) and said.get("error") in _ENDED:
        raise SignInEnded("The sign-in has ended: run `mailmcp connect-account` again.")
    if 300 <= status < 500 and status not in (408, 429):
        raise BackendError(f"The provider gives no token{why(said)}.")
    raise TryLater(f"The provider gives no token at the moment{why(said)}.")


def with_secret(form: dict[str, str], provider: Provider) -> dict[str, str]:
    """A form with the client's secret, if it has one."""
    return {**form, "client_secret": provider.secret} if provider.secret else form


def tokens_of(said: dict[str, Any]) -> Tokens:
    """What a provider gave. Raises BackendError for what is no token."""
    access = said.get("access_token")
    if not isinstance(access, str) or not access.isascii() or not access.isprintable() or " " in access or not access:
        raise BackendError("The provider gave no usable token.")
    refresh = said.get("refresh_token")
    seconds = max(0.0, number(said.get("expires_in"), USUAL_SECONDS) - EARLY_SECONDS)
    return Tokens(
        access=access, until=time.monotonic() + seconds, refresh=refresh if isinstance(refresh, str) else None
    )


def why(said: dict[str, Any]) -> str:
    """The error's name alone: what stands beside it is a stranger's."""
    name = said.get("error")
    plain = isinstance(name, str) and name.replace("_", "").isalnum() and len(name) < 40
    return f" ({name})" if plain else ""


def number(value: Any, otherwise: float) -> float:
    """Seconds that a provider says, a day at most."""
    try:
        return min(86_400.0, float(value))
    except (TypeError, ValueError):
        return otherwise


async def posted(url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and record of an answer. Raises TryLater when there is none."""
    try:
        return await asyncio.to_thread(_post, url, form)
    except (OSError, ValueError, http.client.HTTPException) as error:
        host = urlsplit(url).hostname
        raise TryLater(f"The sign-in server {host} does not answer.") from ConnectionError(type(error).__name__)


def _post(url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    from mailmcp.backends import forms

    return forms.post(url, form)


class AccessTokens:
    """The access tokens of one relay, kept in memory until they run out."""

    def __init__(self, url: str, client: str, secret: str | None, refresh: str) -> None:
        asked = urlsplit(url)
        if asked.scheme != "https" or not asked.hostname:
            raise ConfigError("MAILMCP_SMTP__OAUTH_URL must be an https address: a token is like a password.")
        self._host = asked.hostname
        self._provider = Provider(token_url=url, client=client, secret=secret or "")
        self._refresh = refresh
        self._token = ""
        self._until = 0.0

    async def current(self, *, new: bool = False) -> str:
        """A token that is still good; ``new`` when the last one was refused.

        Raises BackendError when the account gives none any more, TryLater when the server cannot be asked.
        """
        if new or time.monotonic() >= self._until:
            await self._renew()
        return self._token

    async def _renew(self) -> None:
        try:
            # Some services hand out a new refresh token each time and accept the one of the settings all the same.
            had = await renewed(self._provider, self._refresh)
        except TryLater as error:
            raise TryLater(f"Nothing left: {error.public}") from error
        except BackendError as error:
            raise BackendError(
                f"Nothing left: {self._host} gives no access token any more; look at MAILMCP_SMTP__OAUTH_CLIENT_ID,"
                " __OAUTH_CLIENT_SECRET and __OAUTH_REFRESH_TOKEN, and sign in anew."
            ) from error
        self._token, self._until = had.access, had.until
