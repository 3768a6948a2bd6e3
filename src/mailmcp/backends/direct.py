"""Delivery to the servers of the recipients' domains, without a relay: for a domain of one's own.

MX records say where (``exchangers``), MTA-STS whether only over genuine TLS (``sts``); without such a policy TLS is
used where it is offered, whatever the certificate, since it is better than none. DANE is left out: it needs a resolver
that validates DNSSEC, which cannot be counted on. What is said to a server stands in ``dialogue``.

Each domain is a leg of its own (``divided``): one connection, one final dot, and a result for each recipient.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from mailmcp.authenticity.dns import Resolver
from mailmcp.backends.contract import AboutToCommit, Reception
from mailmcp.backends.dialogue import DOT_SECONDS, TIMEOUT_SECONDS, Dialogue, check_size, hang_up, meaning, tls_trouble
from mailmcp.backends.exchangers import Exchanger, Limits, TakesNoMail, exchangers, is_internal, listens_here
from mailmcp.backends.sts import Policies, Policy
from mailmcp.config import Settings
from mailmcp.errors import BackendError, ConfigError, TryLater
from mailmcp.language.domains import ascii_host
from mailmcp.models import OutboundMail, Receipt

log = logging.getLogger("mailmcp.backends.direct")

CONNECT_SECONDS = 20.0
"""For each step until a server listens; there may be others."""
REACH_SECONDS = 90.0
"""For all servers of a domain together."""
NOT_OF_THE_WORLD = ("internal", "local", "localhost", "invalid")


class DirectBackend:
    """Sends to the servers of the recipients' domains; it receives nothing."""

    name = "direct"
    supports = frozenset(
        {"mime", "cc", "bcc", "html", "attachments", "inline", "reply_to", "in_reply_to", "forward", "send_at"}
    )

    def __init__(self, settings: Settings, reception: Reception, resolver: Resolver) -> None:
        domain = ascii_host(settings.local.domain)
        if domain.rpartition(".")[2] in NOT_OF_THE_WORLD:
            raise ConfigError(
                f"The backend direct needs a domain of your own: nobody takes mail from @{settings.local.domain}. Set"
                " MAILMCP_LOCAL__DOMAIN (and see `mailmcp domain add`), or send through a relay."
            )
        self._domain = domain
        self._port = settings.direct.port
        self._own_port = settings.local.smtp_port
        self._helo = ascii_host(settings.local.hostname or f"mail.{domain}")
        self._private = settings.direct.private
        self._limits = Limits(
            own_names=frozenset((domain, self._helo)), is_ours=self._is_ours, private=settings.direct.private
        )
        self._resolver = resolver
        self._policies = Policies(settings.home, resolver, private=settings.direct.private)

    def divided(self, recipients: Sequence[str]) -> list[tuple[str, ...]]:
        """The recipients by domain: each group goes to other servers."""
        groups: dict[str, list[str]] = {}
        for one in recipients:
            groups.setdefault(_domain_of(one), []).append(one)
        return [tuple(group) for group in groups.values()]

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Bring the message to the first server of the recipients' one domain that takes the connection.

        SMTP knows no ``key``: a repeat would be a second mail. Raises TryLater or BackendError when nothing left,
        NoAnswer when it may have.
        """
        check_size(mail)
        (domain, *others) = dict.fromkeys(map(_domain_of, mail.recipients))
        if others or not domain:
            raise BackendError("Nothing left: the recipients are not of one domain that DNS can hold.")
        if domain == self._domain:
            raise BackendError(f"Nothing left: mail for {domain} comes to this very server, which has no such inbox.")
        try:
            hosts = await exchangers(domain, self._resolver, self._limits)
        except TakesNoMail as error:
            refused = tuple((one, str(error)) for one in mail.recipients)
            return Receipt(accepted=(), refused=refused, unreachable=frozenset(mail.recipients))
        client, host = await self._reached(domain, hosts, await self._policies.of(domain))
        try:
            dialogue = Dialogue(client, peer=host, quotes=False, timeout=TIMEOUT_SECONDS, dot_timeout=DOT_SECONDS)
            return await dialogue.hand_over(mail, key, about_to_commit)
        finally:
            hang_up(client)

    async def aclose(self) -> None:
        """Every message has a connection of its own: none is open."""

    # --- a connection ----------------------------------------------------------------------------------------------

    async def _reached(
        self, domain: str, hosts: Sequence[Exchanger], policy: Policy | None
    ) -> tuple[aiosmtplib.SMTP, str]:
        """A server that listens, and its name. Raises TryLater, or BackendError when every one turned us away."""
        troubles: list[str] = []
        turned_away = 0
        try:
            async with asyncio.timeout(REACH_SECONDS):
                for host in hosts:
                    if policy is not None and not policy.names(host.host):
                        if policy.mode == "enforce":
                            troubles.append(f"{host.host} is not one of the servers that its MTA-STS policy names.")
                            continue
                        if policy.mode == "testing":
                            log.info("%s is not in the MTA-STS policy of %s, which is only tested", host.host, domain)
                    for address in host.addresses:
                        try:
                            return await self._opened(host.host, address, policy), host.host
                        except SMTPResponseException as error:
                            turned_away += error.code >= 500
                            troubles.append(meaning(error, peer=host.host))
                        except (SMTPException, OSError) as error:
                            troubles.append(_why(host.host, error))
        except TimeoutError:
            troubles.append(f"{domain} took too long.")
        # That of the best server says most; those behind it are there for when it is down.
        kind = BackendError if turned_away == len(troubles) else TryLater
        raise kind(f"Nothing left: {troubles[0]}")

    async def _opened(self, host: str, address: str, policy: Policy | None) -> aiosmtplib.SMTP:
        """A connection on which EHLO was said, encrypted where it can be and where it must."""
        genuine = policy is not None and policy.mode == "enforce"
        context = await asyncio.to_thread(ssl.create_default_context)
        if not genuine:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        client = await self._greeted(address)
        try:
            offered = client.supports_extension("starttls")
            if genuine and not offered:
                raise _NotGenuine(f"{host} offers no encryption, which the MTA-STS policy of its domain demands.")
            if offered:
                try:
                    await client.starttls(tls_context=context, server_hostname=host)
                    await client.ehlo()
                except (SMTPException, OSError):
                    if genuine:
                        raise
                    hang_up(client)
                    client = await self._greeted(address)  # in the clear, as if it had not been offered
        except BaseException:
            hang_up(client)
            raise
        client.timeout = TIMEOUT_SECONDS
        return client

    async def _greeted(self, address: str) -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(
            hostname=address,
            port=self._port,
            local_hostname=self._helo,
            timeout=CONNECT_SECONDS,
            use_tls=False,
            start_tls=False,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except BaseException:
            hang_up(client)
            raise
        return client

    def _is_ours(self, address: str) -> bool:
        """In a laboratory every server may be on this machine: there the port tells."""
        if is_internal(address) and self._private:
            return self._port == self._own_port and listens_here(address)
        return listens_here(address)


class _NotGenuine(OSError):
    """A server that a policy does not let us speak to; its words are a sentence."""


def _domain_of(email: str) -> str:
    return ascii_host(email.rpartition("@")[2])


def _why(host: str, error: Exception) -> str:
    if isinstance(error, _NotGenuine):
        return str(error)
    trouble = tls_trouble(error)
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return f"the certificate of {host} cannot be trusted ({trouble.verify_message}), which MTA-STS demands."
    if trouble is not None:
        return f"{host} does not speak TLS as its MTA-STS policy demands."
    return f"{host} cannot be reached."
