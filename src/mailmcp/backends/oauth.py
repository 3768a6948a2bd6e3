"""Access tokens for XOAUTH2: had for a refresh token (RFC 6749 §6), kept in memory until they run out."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from mailmcp.backends import https
from mailmcp.errors import BackendError, ConfigError, TryLater

EARLY_SECONDS = 60
"""So long before it runs out a token is no longer used."""
USUAL_SECONDS = 3600
"""How long a token lasts whose time is not said."""


class AccessTokens:
    """The access tokens of one account."""

    def __init__(self, url: str, client: str, secret: str | None, refresh: str) -> None:
        asked = urlsplit(url)
        if asked.scheme != "https" or not asked.hostname:
            raise ConfigError("MAILMCP_SMTP__OAUTH_URL must be an https address: a token is like a password.")
        self._host, self._port = asked.hostname, asked.port or 443
        self._path = asked.path or "/"
        self._client = client
        self._secret = secret
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
        asked = {"grant_type": "refresh_token", "refresh_token": self._refresh, "client_id": self._client}
        if self._secret:
            asked["client_secret"] = self._secret
        try:
            page = await https.ask(
                self._host, self._path, port=self._port, form=urlencode(asked), kind="application/json"
            )
            found: Any = json.loads(page.body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TryLater(f"Nothing left: {self._host} gave no access token ({type(error).__name__}).") from None
        said = cast("dict[str, Any]", found if isinstance(found, dict) else {})
        token = said.get("access_token")
        if page.status >= 500 or page.status == 429:
            raise TryLater(f"Nothing left: {self._host} gave no access token ({page.status}).")
        if page.status != 200 or not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise BackendError(
                f"Nothing left: {self._host} gives no access token any more ({page.status}); look at"
                " MAILMCP_SMTP__OAUTH_CLIENT_ID, __OAUTH_CLIENT_SECRET and __OAUTH_REFRESH_TOKEN, and sign in anew."
            )
        lasts = said.get("expires_in")
        seconds = float(lasts) if isinstance(lasts, int | float) and not isinstance(lasts, bool) else USUAL_SECONDS
        # Some services hand out a new refresh token each time and accept the one of the settings all the same.
        self._token, self._until = token, time.monotonic() + max(0.0, seconds - EARLY_SECONDS)
