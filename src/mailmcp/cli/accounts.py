"""`mailmcp connect-account`: sign in to a mailbox with a code, instead of a password in the settings."""

from __future__ import annotations

import argparse
import asyncio
import sys

from mailmcp.config import load_settings
from mailmcp.errors import ConfigError


def connect_account(options: argparse.Namespace) -> int:
    """Show a code, wait until it was entered, and keep the sign-in."""
    from mailmcp.backends.mailbox.accounts import accounts
    from mailmcp.backends.mailbox.signins import sign_in
    from mailmcp.cli.usage import Misused

    settings = load_settings(options.home)
    if not (settings.imap.username or settings.imap.address or settings.imap.accounts):
        raise ConfigError(
            f'No mailbox is set up here: put backend = "imap" and the account\'s [imap] username into'
            f" {settings.home / 'config.toml'}; docs/your-own-mailbox.md tells what else its provider needs."
        )
    known = accounts(settings)
    wanted = (options.address or known[0].address).lower()
    account = next((one for one in known if wanted in (one.address, one.name)), None)
    if account is None:
        named = ", ".join(one.address for one in known)
        raise Misused(f"The settings name no account '{wanted[:60]}': they name {named}.")
    where = asyncio.run(sign_in(account, settings.home, _say))
    _say(f"Signed in to {account.address}; it is kept in {where}. Set no password for it.")
    return 0


def _say(line: str) -> None:
    plain = "".join(one if one.isprintable() else "?" for one in line)
    sys.stdout.write(f"{plain}\n")
    sys.stdout.flush()
