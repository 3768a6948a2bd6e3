"""The accounts that the settings name, with everything that is known about where they are."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from mailmcp.backends.mailbox import presets
from mailmcp.config import AccountSettings, ImapSettings, Settings
from mailmcp.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a mailbox is read."""

    host: str
    port: int
    security: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account."""

    name: str
    """The table of config.toml; empty for the first one."""
    address: str
    username: str
    settings: AccountSettings
    server: Server | None
    """None: it has to be found out from the domain (``discovery``)."""
    preset: presets.Preset | None

    @property
    def writes(self) -> bool:
        """Whether anything in the mailbox may be changed."""
        return self.settings.access == "write"

    @property
    def setting(self) -> str:
        """How its settings begin, for sentences."""
        return f"imap.accounts.{self.name}." if self.name else "MAILMCP_IMAP__"

    def called(self, field: str) -> str:
        """A setting of it by its name."""
        return f"{self.setting}{field if self.name else field.upper()}"

    @property
    def domain(self) -> str:
        """Of its address."""
        return self.address.rpartition("@")[2]

    def made(self, local: str) -> str:
        """The address of a new inbox: at the domain that all comes from, or with a plus."""
        if self.settings.catch_all:
            return f"{local}@{self.settings.catch_all}"
        own = self.address.rpartition("@")[0]
        return f"{own}+{local.removeprefix(f'{own}+')}@{self.domain}"


def accounts(settings: Settings) -> tuple[Account, ...]:
    """All of them, the default first. Raises ConfigError naming what is missing or does not fit."""
    found = [_account("", settings.imap)] if _is_given(settings.imap) or not settings.imap.accounts else []
    found += [_account(name, one) for name, one in settings.imap.accounts.items()]
    addresses = [one.address for one in found]
    twice = next((one for one in addresses if addresses.count(one) > 1), None)
    if twice:
        raise ConfigError(f"Two accounts have the address {twice}: leave one of them out.")
    return tuple(found)


def _is_given(settings: ImapSettings) -> bool:
    return bool(settings.username or settings.host or settings.address or settings.provider)


def _account(name: str, settings: AccountSettings) -> Account:
    called = f"imap.accounts.{name}." if name else "MAILMCP_IMAP__"

    def setting(field: str) -> str:
        return f"{called}{field if name else field.upper()}"

    username = settings.username or settings.address
    if username is None:
        raise ConfigError(f"The backend imap needs an account: set {setting('username')} and {setting('password')}.")
    address = settings.address or (username.lower() if "@" in username else None)
    if address is None:
        raise ConfigError(f"The user name is no address: set {setting('address')} to the address of the account.")
    preset = presets.preset(settings.provider) if settings.provider else None
    if settings.provider and preset is None:
        known = ", ".join(one.name for one in presets.PRESETS)
        raise ConfigError(f"The setting {setting('provider')} is none of {known}: set {setting('host')} instead.")
    if preset is None and settings.host is None:
        preset = presets.of_domain(address.rpartition("@")[2])
    server = _server(settings, preset)
    if server is not None and server.security == "none" and not is_loopback(server.host):
        raise ConfigError(
            f"{setting('security')}=none would show password and mail to everybody on the way: use tls or starttls."
        )
    return Account(name=name, address=address, username=username, settings=settings, server=server, preset=preset)


def _server(settings: AccountSettings, preset: presets.Preset | None) -> Server | None:
    host = settings.host or (preset.imap if preset else None)
    if host is None:
        return None
    security = settings.security or (preset.security if preset else "tls")
    known = preset.port if preset and settings.security in (None, preset.security) else None
    return Server(host=host, port=settings.port or known or (993 if security == "tls" else 143), security=security)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
