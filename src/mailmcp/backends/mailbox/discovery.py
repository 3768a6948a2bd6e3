"""Where the mailboxes of a domain are read, as the domain itself says in DNS (RFC 6186).

DNS can be forged, and a password goes to whoever is found: a server is used by itself only when it belongs to the same
organisation as the address. Any other is named, for the settings to confirm.
"""

from __future__ import annotations

from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.backends.mailbox.accounts import Account, Server
from mailmcp.errors import BackendError, TryLater
from mailmcp.language.domains import ascii_host, same_organisation

_SERVICES = (("_imaps._tcp", "tls"), ("_imap._tcp", "starttls"))
"""The encrypted one first; the other is never read without STARTTLS."""


async def discovered(account: Account, name_servers: tuple[str, ...]) -> Server:
    """The server of an account whose settings name none. Raises BackendError in words."""
    domain = ascii_host(account.domain) or account.domain
    resolver = SystemResolver(name_servers)
    try:
        for service, security in _SERVICES:
            found = await resolver.srv(f"{service}.{domain}")
            if found.troubled:
                raise TryLater(f"DNS does not say where {account.domain} has its mailboxes: {found.detail}.")
            for _, _, port, host in found.values:
                if host:
                    return _confirmed(account, Server(host=host, port=port, security=security))
    finally:
        await resolver.aclose()
    raise BackendError(
        f"{account.domain} does not say in DNS where its mailboxes are: set {account.called('host')}, or"
        f" {account.called('provider')} for a known service."
    )


def _confirmed(account: Account, server: Server) -> Server:
    if same_organisation(server.host, account.domain):
        return server
    raise BackendError(
        f"DNS names {server.host[:100]} port {server.port} as the server of {account.domain}, which is another"
        f" organisation: if that is right, set {account.called('host')} to it."
    )
