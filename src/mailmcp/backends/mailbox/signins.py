"""Access tokens of accounts that somebody has signed in to: renewed when they end, asked for once at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from mailmcp.backends.mailbox.accounts import Account
from mailmcp.backends.mailbox.tokens import TokenDrawer
from mailmcp.errors import BackendError


class SignIns:
    """The sign-ins of one home."""

    def __init__(self, home: Path) -> None:
        self._drawer = TokenDrawer(home)
        self._access: dict[str, tuple[str, float]] = {}
        self._turn = asyncio.Lock()

    async def access(self, account: Account) -> str:
        """A token that holds now. Raises SignInEnded or another BackendError in words."""
        async with self._turn:
            token, until = self._access.get(account.address, ("", 0.0))
            if token and time.monotonic() < until:
                return token
            refresh = await asyncio.to_thread(self._drawer.get, account.address)
            if refresh is None:
                raise BackendError(
                    f"The account {account.address} has no password: set {account.called('password')}, or sign in with"
                    " `mailmcp connect-account`."
                )
            from mailmcp.backends.mailbox.oauth import provider_of
            from mailmcp.backends.oauth import renewed

            had = await renewed(provider_of(account), refresh)
            if had.refresh and had.refresh != refresh:
                await asyncio.to_thread(self._drawer.put, account.address, had.refresh)
            self._access[account.address] = (had.access, had.until)
            return had.access

    def forget(self, account: Account) -> None:
        """Its token was not taken: the next is asked for."""
        self._access.pop(account.address, None)


async def sign_in(account: Account, home: Path, say: Callable[[str], None]) -> str:
    """Have somebody enter a code elsewhere; gives where the sign-in is kept, in words. Raises BackendError."""
    from mailmcp.backends.mailbox import oauth

    provider = oauth.provider_of(account)
    code = await oauth.begin(provider)
    say(f"Open {code.page} and enter the code {code.user_code} to let mailmcp read {account.address}.")
    tokens = await oauth.entered(provider, code)
    if tokens.refresh is None:
        raise BackendError("The provider gave no token that can be renewed: look at the scope (offline_access).")
    return await asyncio.to_thread(TokenDrawer(home).put, account.address, tokens.refresh)
