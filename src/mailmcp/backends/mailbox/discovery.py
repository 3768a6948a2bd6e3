"""Where the mailboxes of a domain are read and its mail is handed in, as the domain itself says.

DNS is asked first (RFC 6186, RFC 8314). It can be forged, and a password goes to whoever is found: a server is used by
itself only when it belongs to the same organisation as the address. Otherwise the domain's web server is asked, whose
certificate proves whose it is (``autoconfig``). What only DNS says is named, for the settings to confirm.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.backends.mailbox import autoconfig
from mailmcp.backends.mailbox.accounts import Account, Server
from mailmcp.backends.mailbox.autoconfig import Named
from mailmcp.errors import BackendError, TryLater
from mailmcp.language.domains import ascii_host, same_organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """In or out."""

    services: tuple[tuple[str, str], ...]
    """The encrypted one first; the other is never used without STARTTLS."""
    what: str
    """For sentences: what the server is."""
    nowhere: str
    setting: str


_OUT = _Way(
    services=(("_submissions._tcp", "tls"), ("_submission._tcp", "starttls")),
    what="the server that takes the mail",
    nowhere="where its mail is handed in",
    setting="MAILMCP_SMTP__HOST",
)


async def discovered(account: Account, name_servers: tuple[str, ...]) -> Named:
    """The server on which an account is read whose settings name none. Raises BackendError in words."""
    way = _Way(
        services=(("_imaps._tcp", "tls"), ("_imap._tcp", "starttls")),
        what="the server",
        nowhere="where its mailboxes are",
        setting=account.called("host"),
    )
    return await _found(account, name_servers, way)


async def outgoing(account: Account, name_servers: tuple[str, ...]) -> Named:
    """The server that takes the mail of an account whose settings name none. Raises BackendError in words."""
    return await _found(account, name_servers, _OUT)


async def _found(account: Account, name_servers: tuple[str, ...], way: _Way) -> Named:
    resolver = SystemResolver(name_servers)
    try:
        try:
            return Named(server=await _by_dns(account, resolver, way), username=account.username)
        except BackendError:
            said = await autoconfig.asked(account.address, resolver)
            named = None if said is None else said.outgoing if way is _OUT else said.incoming
            if named is None:
                raise
    finally:
        await resolver.aclose()
    # A user name that the settings give beside the address is meant.
    given = account.username.lower() != account.address
    return Named(server=named.server, username=account.username) if given else named


async def _by_dns(account: Account, resolver: SystemResolver, way: _Way) -> Server:
    domain = ascii_host(account.domain) or account.domain
    for service, security in way.services:
        found = await resolver.srv(f"{service}.{domain}")
        if found.troubled:
            raise TryLater(f"DNS does not say of {account.domain} {way.nowhere}: {found.detail}.")
        for _, _, port, host in found.values:
            if host:
                return _confirmed(account, Server(host=host, port=port, security=security), way)
    if way is _OUT:
        raise BackendError(
            f"{account.domain} does not say {way.nowhere}; set MAILMCP_SMTP__HOST,"
            " MAILMCP_SMTP__USERNAME and MAILMCP_SMTP__PASSWORD."
        )
    raise BackendError(
        f"{account.domain} does not say {way.nowhere}, neither in DNS nor by autoconfig: set {way.setting}, or"
        f" {account.called('provider')} for a known service."
    )


def _confirmed(account: Account, server: Server, way: _Way) -> Server:
    if same_organisation(server.host, account.domain):
        return server
    raise BackendError(
        f"DNS names {server.host[:100]} port {server.port} as {way.what} of {account.domain}, which is another"
        f" organisation: if that is right, set {way.setting} to it."
    )
