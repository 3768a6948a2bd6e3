"""Signing in without a password: a code that somebody enters elsewhere (RFC 8628)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailmcp.backends.mailbox.accounts import Account
from mailmcp.backends.oauth import Provider, Tokens, number, posted, tokens_of, why, with_secret
from mailmcp.errors import BackendError, ConfigError

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What somebody enters on another page to sign in."""

    user_code: str
    page: str
    device_code: str
    interval: float
    seconds: float


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
    status, said = await posted(provider.device_url, {"client_id": provider.client, "scope": provider.scope})
    page = said.get("verification_uri") or said.get("verification_url")
    if status != 200 or not all(isinstance(one, str) and one for one in (said.get("device_code"), page)):
        raise BackendError(f"The provider gives no code{why(said)}: look at the client id and its scope.")
    return Code(
        user_code=str(said.get("user_code", ""))[:40],
        page=str(page)[:200],
        device_code=str(said["device_code"]),
        interval=max(1.0, number(said.get("interval"), 5.0)),
        seconds=number(said.get("expires_in"), 900.0),
    )


async def entered(
    provider: Provider, code: Code, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Tokens:
    """Wait until somebody has entered the code. Raises BackendError when that was refused or took too long."""
    interval, until = code.interval, time.monotonic() + code.seconds
    form = {"grant_type": DEVICE, "device_code": code.device_code, "client_id": provider.client}
    while time.monotonic() < until:
        await pause(interval)
        status, said = await posted(provider.token_url, with_secret(form, provider))
        if status == 200:
            return tokens_of(said)
        match said.get("error"):
            case "authorization_pending":
                continue
            case "slow_down":
                interval += 5
            case "access_denied":
                raise BackendError("The sign-in was refused.")
            case _:
                raise BackendError(f"The sign-in failed{why(said)}.")
    raise BackendError("Nobody entered the code in time: begin again.")
