"""A mailbox that somebody has elsewhere, read by IMAP; its mail is handed in by the smtp backend.

Each account has two connections in the leading process, one that watches and one that works. The account's own address
is an inbox, and so are the addresses that create_inbox makes: with a plus, or at a domain whose mail all comes there.
The parts are in ``mailbox``.

Quirks, November 2026: Gmail and Outlook file what is submitted to them among the sent mail by themselves; Google gives
no codes for devices with the scope of mail, so a Gmail account takes an app password or a refresh token got otherwise;
Dovecot gathers changes for half a second before it tells of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import SecretStr

from mailmcp.backends.contract import AboutToCommit, Ledger, Reception, Token
from mailmcp.backends.mailbox.accounts import Account, accounts
from mailmcp.backends.mailbox.signins import SignIns
from mailmcp.config import Settings, SmtpSettings
from mailmcp.errors import BackendError, ConfigError, TryLater
from mailmcp.models import Finding, OutboundMail, Receipt, Standing

if TYPE_CHECKING:
    from mailmcp.backends.mailbox.attending import Rhythm
    from mailmcp.backends.mailbox.autoconfig import Named
    from mailmcp.backends.mailbox.connection import Connection

MOST_FOUND = 20
"""Mails that one search brings in from the server, of each folder."""


class ImapBackend:
    """Receives from accounts elsewhere."""

    name = "imap"
    supports = frozenset(
        {"mime", "cc", "bcc", "html", "attachments", "inline", "reply_to", "in_reply_to", "forward", "send_at"}
    )

    def __init__(self, settings: Settings, reception: Reception | None = None, rhythm: Rhythm | None = None) -> None:
        self._settings = settings
        self._reception = reception
        self._accounts = accounts(settings)
        self._rhythm = rhythm
        self._searching: dict[str, Connection] = {}
        self._sign_ins = SignIns(settings.home)
        self._one_search = asyncio.Lock()
        self._discovered: dict[str, Named] = {}
        self._relay: Named | None = None
        """Found out at the first send, where neither the settings nor a preset name one."""

    @property
    def domain(self) -> str:
        """The domain of new inboxes."""
        first = self._accounts[0]
        return first.settings.catch_all or first.domain

    @property
    def addresses(self) -> tuple[str, ...]:
        """The accounts' own addresses: each is an inbox."""
        return tuple(one.address for one in self._accounts)

    def address_for(self, local: str) -> str:
        """The address that an inbox of this name gets."""
        return self._accounts[0].made(local)

    def account_of(self, address: str) -> str:
        """The account in which the mail of an inbox lies, by its own address."""
        local, _, domain = address.lower().rpartition("@")
        for one in self._accounts:
            own = one.address.rpartition("@")[0]
            if domain == one.settings.catch_all or (domain == one.domain and local.partition("+")[0] == own):
                return one.address
        return self._accounts[0].address

    async def attend(self, ledger: Ledger) -> None:
        """Keep all accounts until cancelled."""
        from mailmcp.backends.mailbox.attending import STEADY, Attendant

        async with asyncio.TaskGroup() as group:
            for account in self._accounts:
                attendant = Attendant(
                    account,
                    ledger,
                    lambda purpose, account=account: self._connected(account, purpose),
                    rhythm=self._rhythm or STEADY,
                    trusted_authserv=self._settings.auth.trusted_authserv,
                    relay=self._relay_in_words if account is self._accounts[0] else lambda: "",
                )
                group.create_task(attendant.run(), name=f"mailmcp-imap-{account.address}")

    async def search(self, ledger: Ledger, account: str, query: str) -> int | None:
        """Have the server look in what is not stored, and store what fits; gives how many mails that were."""
        from mailmcp.backends.mailbox import folders
        from mailmcp.backends.mailbox.fetching import FolderReading

        kept = next((one for one in self._accounts if one.address == account), None)
        if kept is None:
            return None
        async with self._one_search:
            try:
                connection = self._searching.get(account)
                if connection is None or connection.closed:
                    connection = self._searching[account] = await self._connected(kept, "search")
                listed = await connection.run(folders.listed)
                names = dict.fromkeys(filter(None, map(listed.found, kept.settings.folders)))
                return sum(
                    [await FolderReading(kept, ledger, name).search(connection, query, MOST_FOUND) for name in names]
                )
            except BackendError:
                return None

    def sends_with(self) -> Settings | None:
        """The settings of the smtp backend for the first account: those given, else those of its provider."""
        smtp, account = self._settings.smtp, self._accounts[0]
        preset, relay = account.preset, self._relay
        if smtp.host or smtp.provider:
            if self.sending_token() is None:
                return self._settings
            tokens = smtp.model_copy(update={"password": SecretStr(""), "auth": "xoauth2"})
            return self._settings.model_copy(update={"smtp": tokens})
        if preset is not None:
            own = "none" if preset.smtp == "127.0.0.1" else preset.smtp_security
            host, port, security, username = preset.smtp, preset.smtp_port, own, account.username
        elif relay is not None:
            host, port, security, username = relay.server.host, relay.server.port, relay.server.security, relay.username
        else:
            return None
        derived = SmtpSettings(
            host=host,
            port=smtp.port or port,
            security=smtp.security or security,  # type: ignore[arg-type]
            username=smtp.username or username,
            # None of its own where tokens are: they are asked for at each login.
            password=smtp.password or account.settings.password or SecretStr(""),
            auth="xoauth2" if account.settings.password is None and smtp.password is None else smtp.auth,
        )
        return self._settings.model_copy(update={"smtp": derived})

    def sending_token(self) -> Token | None:
        """How the relay's login is come by, when there is no password."""
        account, smtp = self._accounts[0], self._settings.smtp
        needs_no_login = (smtp.host or smtp.provider) and smtp.username is None
        if account.settings.password is not None or smtp.password is not None or needs_no_login:
            return None
        return partial(self._token_to_send, account)

    async def _token_to_send(self, account: Account, *, new: bool = False) -> str:
        if new:
            self._sign_ins.forget(account)
        try:
            return await self._sign_ins.access(account)
        except BackendError as error:
            raise TryLater(f"Nothing left: {error.public}") from error

    def why_not_from(self, address: str) -> str | None:
        """Why nothing may be sent from an inbox, as a sentence; None when it may."""
        account = next((one for one in self._accounts if one.address == address.lower()), None)
        if account is not None and not account.writes:
            return (
                f"{address} is a person's own address, which is only read here: set {account.called('access')} to write"
                " to let mail leave from it, or send from an inbox made with create_inbox."
            )
        first = self._accounts[0]
        if self.account_of(address) != first.address:
            return f"Only the account {first.address} sends; {address} receives."
        return None

    def _relay_in_words(self) -> str:
        """The relay for sentences; empty where it is not known."""
        if self._settings.send_backend not in (None, self.name) or (given := self.sends_with()) is None:
            return ""
        from mailmcp.backends.smtp import relay_of

        try:
            relay = relay_of(given.smtp)
        except ConfigError:
            return ""
        return f"{relay.host} port {relay.port}"

    async def examine(self) -> list[Finding]:
        """What a user would ask about each account, found out by logging in; nothing is changed."""
        from mailmcp.backends.mailbox.examination import examined

        found: list[Finding] = []
        for account in self._accounts:
            found += await examined(account, partial(self._connected, account, "examine"))
        return [*found, await self._examined_relay()]

    async def _examined_relay(self) -> Finding:
        account = self._accounts[0]
        try:
            if self._relay is None and self.sends_with() is None:
                from mailmcp.backends.mailbox.discovery import outgoing

                self._relay = await outgoing(account, self._settings.dns.servers)
        except BackendError as error:
            return Finding(subject="sending", standing=Standing.WEAK, sentence=f"Nothing can be sent: {error.public}")
        own = "" if account.writes else f" Nothing leaves from {account.address} itself, which is only read."
        where = self._relay_in_words() or f"the backend {self._settings.send_backend}"
        return Finding(subject="sending", standing=Standing.FINE, sentence=f"Mail leaves by {where}.{own}")

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """IMAP sends nothing: the smtp backend does, with the relay that the account's domain names."""
        from mailmcp.backends.smtp import SmtpBackend

        if self._relay is None:
            from mailmcp.backends.mailbox.discovery import outgoing

            try:
                self._relay = await outgoing(self._accounts[0], self._settings.dns.servers)
            except BackendError as error:
                raise type(error)(f"Nothing left: {error.public}") from error
        sender = SmtpBackend(self.sends_with() or self._settings, self._reception)
        if (token := self.sending_token()) is not None:
            sender.log_in_with(token)
        return await sender.send(mail, key, about_to_commit)

    async def aclose(self) -> None:
        """Cut the connections that searches have left."""
        for connection in self._searching.values():
            connection.close()
        self._searching.clear()

    async def _connected(self, account: Account, purpose: str) -> Connection:
        from mailmcp.backends.mailbox.connection import Connection, LoginRefused

        server = account.server
        if server is None:
            if (named := self._discovered.get(account.address)) is None:
                from mailmcp.backends.mailbox.discovery import discovered

                named = self._discovered[account.address] = await discovered(account, self._settings.dns.servers)
            server, account = named.server, replace(account, username=named.username)
        password = account.settings.password
        for last in (False, True):
            if password is not None:
                secret, method = password.get_secret_value(), account.settings.auth
            else:
                secret = await self._sign_ins.access(account)
                method = "oauthbearer" if account.settings.auth == "oauthbearer" else "xoauth2"
            connection = Connection(account, server, purpose)
            try:
                await connection.open(secret, method=method)
            except LoginRefused:
                if last or password is not None:
                    raise
                self._sign_ins.forget(account)  # it may have been taken back before its time
            except TryLater:
                self._discovered.pop(account.address, None)  # it may be another by now
                raise
            else:
                return connection
        raise AssertionError("the last try returns or raises")
