"""Domains of one's own: keys and records for one, and what is published held against what this set-up needs."""

from __future__ import annotations

import asyncio
import ipaddress
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mailmcp.authenticity import certificate, publication
from mailmcp.authenticity.check import is_private
from mailmcp.authenticity.dns import Metered, Resolver
from mailmcp.authenticity.records import SetUp, records
from mailmcp.config import Settings
from mailmcp.errors import BackendError, BadInput, ConfigError
from mailmcp.language.domains import ascii_host, organisational_domain
from mailmcp.mail import compose
from mailmcp.mailroom import signing
from mailmcp.models import DomainPlan, DomainReport, Finding, Standing
from mailmcp.store import Store, inboxes

LOOKUPS = 150
SECONDS = 20.0
"""A whole check takes no longer, however slow the name servers are."""


class Domains:
    """What people do with their domains at a terminal."""

    def __init__(self, store: Store, resolver: Resolver, settings: Settings) -> None:
        self._store = store
        self._resolver = resolver
        self._settings = settings

    async def add(
        self, written: str, *, addresses: str | None = None, relay: str | None = None, reports: str | None = None
    ) -> DomainPlan:
        """Make the keys that are not there yet, and say which records this set-up needs. Asks nobody in DNS.

        ``addresses`` are the server's public ones, with commas between; ``relay`` is the SPF name that a relay tells
        its customers to include. Raises BadInput or ConfigError.
        """
        domain, shown = named(written)
        bare = self._set_up(domain, addresses, relay, reports)
        made = await asyncio.to_thread(signing.make_keys, self._settings.home, domain)
        setup = replace(bare, keys=await asyncio.to_thread(signing.keys_of, self._settings.home, domain))
        steps = [finding.sentence for finding in self._own(setup)] + [
            f"Serve the MTA-STS policy at {setup.policy_url}; without that leave the record of _mta-sts out."
        ]
        if not setup.addresses:
            steps.insert(0, f"Give {setup.host} the public address of this machine: an A record, AAAA for IPv6.")
        if not await self._has_inbox(setup.reports):
            steps.append(f"Let your assistant make the inbox {setup.reports}: reports and complaints go there.")
        return DomainPlan(
            domain=domain,
            shown=shown,
            folder=str(signing.folder_of(self._settings.home, domain)),
            made=made,
            records=records(setup),
            policy_url=setup.policy_url,
            policy=setup.policy,
            steps=tuple(steps),
        )

    async def check(self, written: str, *, addresses: str | None = None, relay: str | None = None) -> DomainReport:
        """Look up what a domain publishes, and judge it with this set-up.

        Raises BadInput for what is no domain, and BackendError when no name server answers at all.
        """
        domain, shown = named(written)
        setup = self._set_up(domain, addresses, relay, None)
        findings: list[Finding] = []
        try:
            setup = replace(setup, keys=await asyncio.to_thread(signing.keys_of, self._settings.home, domain))
        except ConfigError as error:
            findings.append(_wrong("keys", error.public))
        if not setup.keys and not findings:
            sentence = f"There are no keys, so mail leaves unsigned: `mailmcp domain add {domain}` makes them."
            findings.append(Finding(subject="keys", standing=Standing.MISSING, sentence=sentence))
        for name in await asyncio.to_thread(signing.open_to_others, self._settings.home, domain):
            sentence = (
                f"Others on this machine can read {name}, and sign mail as {domain}: `mailmcp domain add` mends that."
            )
            findings.append(_wrong("keys", sentence))
        metered = Metered(self._resolver, lookups=LOOKUPS, seconds=SECONDS)
        published = await publication.inspect(setup, metered)
        if all(finding.standing is Standing.UNKNOWN for finding in published):
            why = published[0].sentence.rpartition(": ")[2]
            raise BackendError(
                f"Nothing about {domain} could be looked up: {why} Is this machine on the network?"
                " MAILMCP_DNS__SERVERS names other name servers."
            )
        findings += [*published, *self._own(setup), *await asyncio.to_thread(self._certificate, setup)]
        if not await self._has_inbox(f"postmaster@{domain}"):
            sentence = f"There is no inbox postmaster@{domain}: every domain must have one (RFC 5321 §4.5.1)."
            findings.append(Finding(subject="postmaster", standing=Standing.WEAK, sentence=sentence))
        return DomainReport(domain=domain, shown=shown, findings=tuple(findings))

    def _set_up(self, domain: str, addresses: str | None, relay: str | None, reports: str | None) -> SetUp:
        local = self._settings.local
        included = ascii_host(relay) if relay else None
        if relay and not included:
            raise BadInput(
                f"{relay[:60]!r} is no name that an SPF record could include: write the one your relay tells."
            )
        return SetUp(
            domain=domain,
            host=ascii_host(local.hostname or f"mail.{domain}"),
            addresses=_public(addresses, local.smtp_host),
            reports=compose.address(reports).email if reports else f"postmaster@{domain}",
            relay=included,
            tls=local.tls_cert is not None,
            laboratory=self._settings.auth.check_private_peers,
        )

    def _own(self, setup: SetUp) -> list[Finding]:
        """What in the settings keeps the domain's mail from getting here."""
        local = self._settings.local
        found: list[Finding] = []
        if ascii_host(local.domain) != setup.domain:
            sentence = f"Inboxes are made at {local.domain}: set MAILMCP_LOCAL__DOMAIN={setup.domain}."
            found.append(_wrong("inboxes", sentence, stops=True))
        if _is_loopback(local.smtp_host) and not setup.laboratory:
            sentence = (
                f"The server listens on {local.smtp_host}, for this machine only: set MAILMCP_LOCAL__SMTP_HOST=0.0.0.0."
            )
            found.append(_wrong("listener", sentence, stops=True))
        elif local.smtp_port != 25:
            sentence = (
                f"Others deliver to port 25: forward it to {local.smtp_port}, or set MAILMCP_LOCAL__SMTP_PORT=25."
            )
            found.append(Finding(subject="listener", standing=Standing.WEAK, sentence=sentence))
        if local.tls_cert is None:
            sentence = f"Mail comes in unencrypted: set MAILMCP_LOCAL__TLS_CERT to a certificate for {setup.host}."
            found.append(Finding(subject="certificate", standing=Standing.MISSING, sentence=sentence))
        return found

    def _certificate(self, setup: SetUp) -> list[Finding]:
        file = self._settings.local.tls_cert
        if file is None:
            return []
        try:
            pem = Path(file).expanduser().read_bytes()
        except OSError as error:
            return [_wrong("certificate", f"{file} cannot be read: {error.strerror}.", stops=True)]
        return [certificate.judge(pem, setup.host, now=datetime.now(UTC))]

    async def _has_inbox(self, address: str) -> bool:
        return await self._store.read(inboxes.for_recipient, address) is not None


def named(written: str) -> tuple[str, str]:
    """A domain as DNS has it (A-labels), and as people write it. Raises BadInput with what is wrong."""
    name = unicodedata.normalize("NFC", written.strip().rstrip(".").lower())
    shown = name if len(name) <= 60 else f"{name[:59]}…"
    if set(name) & set("@/:[]"):
        raise BadInput(f"{shown!r} is no domain: write only the name behind the @, such as example.com.")
    domain = ascii_host(name)
    if not domain or "_" in domain:
        raise BadInput(f"{shown!r} is no domain: its labels are letters, digits and hyphens, as in example.com.")
    if domain.replace(".", "").isdigit() or ":" in domain:
        raise BadInput(f"{shown!r} is an address: mail needs a domain of yours, such as example.com.")
    if "." not in domain:
        raise BadInput(f"{shown!r} is only one label: a domain has at least two, as in example.com.")
    if organisational_domain(f"x.{domain}") == f"x.{domain}":
        raise BadInput(f"{shown!r} is a public suffix, under which everybody has names: write your own domain.")
    readable = _back(domain)
    return domain, readable if readable.isprintable() else domain


def _back(domain: str) -> str:
    """A domain as people write it."""
    import idna

    labels = domain.split(".")
    try:
        return ".".join(idna.decode(label) if label.startswith("xn--") else label for label in labels)
    except UnicodeError:  # that of the idna package is one, too
        return domain


def _public(addresses: str | None, smtp_host: str) -> tuple[str, ...]:
    if addresses is not None:
        found = [one.strip() for one in addresses.split(",") if one.strip()]
        try:
            return tuple(str(ipaddress.ip_address(one)) for one in found)
        except ValueError as error:
            raise BadInput(
                f"{addresses[:60]!r} cannot be used as --address: write IP addresses with commas."
            ) from error
    try:
        listening = ipaddress.ip_address(smtp_host)
    except ValueError:
        return ()
    return () if is_private(smtp_host) else (str(listening),)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong(subject: str, sentence: str, *, stops: bool = False) -> Finding:
    return Finding(subject=subject, standing=Standing.WRONG, sentence=sentence, stops=stops)
