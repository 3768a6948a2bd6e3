"""Signing in without a password: a code that somebody enters elsewhere (RFC 8628), and tokens renewed from it.

Spoken by the standard library in a thread: two small forms are posted, now and then. What a server answers is read up
to a bound and never said again, since it holds tokens.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from mailmcp.backends.mailbox.accounts import Account
from mailmcp.errors import BackendError, ConfigError, TryLater

ANSWER_SECONDS = 30.0
MOST_BYTES = 64 * 1024
EARLY_SECONDS = 60.0
"""A token is renewed so long before its end."""
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class SignInEnded(BackendError):
    """The provider takes the refresh token no more: somebody has to sign in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where an account's tokens come from, and who asks for them."""

    device_url: str
    token_url: str
    scope: str
    client: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What somebody enters on another page to sign in."""

    user_code: str
    page: str
    device_code: str
    interval: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """An access token until a moment of ``time.monotonic``, and the token that renews it."""

    access: str
    until: float
    refresh: str | None


def provider_of(account: Account) -> Provider:
    """Of an account. Raises ConfigError naming what is missing."""
    settings, preset = account.settings, account.preset
    device = settings.oauth_device_url or (preset.device_url if preset else "")
    token = settings.oauth_token_url or (preset.token_url if preset else "")
    if not token:
        raise ConfigError(
            f"It is not known where {account.address} signs in: set {account.called('oauth_device_url')} and"
            f" {account.called('oauth_token_url')}."
        )
    if not settings.oauth_client:
        raise ConfigError(
            f"To sign in, mailmcp needs a client id that you registered with the provider: set"
            f" {account.called('oauth_client')}."
        )
    return Provider(
        device_url=device,
        token_url=token,
        scope=settings.oauth_scope or (preset.scope if preset else ""),
        client=settings.oauth_client,
        secret=settings.oauth_secret.get_secret_value() if settings.oauth_secret else "",
    )


async def begin(provider: Provider) -> Code:
    """Ask for a code. Raises BackendError."""
    if not provider.device_url:
        raise BackendError("The provider is not known to give codes: use a password made for programs.")
    status, said = await _posted(provider.device_url, {"client_id": provider.client, "scope": provider.scope})
    page = said.get("verification_uri") or said.get("verification_url")
    if status != 200 or not all(isinstance(one, str) and one for one in (said.get("device_code"), page)):
        raise BackendError(f"The provider gives no code{_why(said)}: look at the client id and its scope.")
    return Code(
        user_code=str(said.get("user_code", ""))[:40],
        page=str(page)[:200],
        device_code=str(said["device_code"]),
        interval=max(1.0, _number(said.get("interval"), 5.0)),
        seconds=_number(said.get("expires_in"), 900.0),
    )


async def entered(
    provider: Provider, code: Code, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Tokens:
    """Wait until somebody has entered the code. Raises BackendError when that was refused or took too long."""
    interval, until = code.interval, time.monotonic() + code.seconds
    form = {"grant_type": DEVICE, "device_code": code.device_code, "client_id": provider.client}
    while time.monotonic() < until:
        await pause(interval)
        status, said = await _posted(provider.token_url, _with_secret(form, provider))
        if status == 200:
            return _tokens(said)
        match said.get("error"):
            case "authorization_pending":
                continue
            case "slow_down":
                interval += 5
            case "access_denied":
                raise BackendError("The sign-in was refused.")
            case _:
                raise BackendError(f"The sign-in failed{_why(said)}.")
    raise BackendError("Nobody entered the code in time: begin again.")


async def renewed(provider: Provider, refresh: str) -> Tokens:
    """A new access token. Raises SignInEnded, or TryLater when it may work later."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": provider.client}
    status, said = await _posted(provider.token_url, _with_secret(form, provider))
    if status == 200:
        return _tokens(said)
    if status in (400, 401) and said.get("error") in ("invalid_grant", "interaction_required", "unauthorized_client"):
        raise SignInEnded("The sign-in has ended: run `mailmcp connect-account` again.")
    raise TryLater(f"The provider gives no token at the moment{_why(said)}.")


def _with_secret(form: dict[str, str], provider: Provider) -> dict[str, str]:
    return {**form, "client_secret": provider.secret} if provider.secret else form


def _tokens(said: dict[str, Any]) -> Tokens:
    access = said.get("access_token")
    if not isinstance(access, str) or not access or any(one.isspace() for one in access):
        raise BackendError("The provider gave no usable token.")
    refresh = said.get("refresh_token")
    seconds = max(0.0, _number(said.get("expires_in"), 3600.0) - EARLY_SECONDS)
    return Tokens(
        access=access, until=time.monotonic() + seconds, refresh=refresh if isinstance(refresh, str) else None
    )


def _why(said: dict[str, Any]) -> str:
    """The error's name alone: what stands beside it is a stranger's."""
    name = said.get("error")
    plain = isinstance(name, str) and name.replace("_", "").isalnum() and len(name) < 40
    return f" ({name})" if plain else ""


def _number(value: Any, otherwise: float) -> float:
    try:
        return min(86_400.0, float(value))
    except (TypeError, ValueError):
        return otherwise


async def _posted(url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and record of an answer. Raises TryLater when there is none."""
    try:
        return await asyncio.to_thread(_post, url, form)
    except (OSError, ValueError) as error:
        host = urllib.parse.urlsplit(url).hostname
        raise TryLater(f"The sign-in server {host} does not answer.") from ConnectionError(type(error).__name__)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A form with tokens goes to the address in the settings and nowhere else."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        """No."""


def _post(url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - the settings take https, and http on this machine
        url, urllib.parse.urlencode(form).encode(), {"Accept": "application/json"}
    )
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=ANSWER_SECONDS) as answer:
            return answer.status, _record(answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _record(error.read(MOST_BYTES))


def _record(octets: bytes) -> dict[str, Any]:
    try:
        found: Any = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
