"""Domains of one's own: keys and records for one, and what is published held against what this set-up needs."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mailmcp.authenticity import certificate, publication
from mailmcp.authenticity.dns import Metered, Resolver
from mailmcp.authenticity.records import SetUp, consent_name, records
from mailmcp.backends.tls import Certificate
from mailmcp.config import Settings
from mailmcp.errors import BackendError, BadInput, ConfigError
from mailmcp.language.domains import ascii_host, same_organisation
from mailmcp.mailroom import naming, signing
from mailmcp.mailroom.naming import named
from mailmcp.models import DomainPlan, DomainReport, Finding, Standing
from mailmcp.store import Store, audit, inboxes

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
        home = self._settings.home
        bare, secured = await self._set_up(domain, addresses, relay, reports)
        before = await asyncio.to_thread(signing.keys_of, home, domain)
        for standing, sentence in signing.doubts(before):
            if standing is Standing.WRONG:  # its record would be entered, and help nobody
                raise ConfigError(f"{sentence} It is in {signing.folder_of(home, domain)}.")
        made = await asyncio.to_thread(signing.make_keys, home, domain)
        for selector in made:
            await self._store.write(audit.record, "domain.key", datetime.now(UTC), domain=domain, selector=selector)
        setup = replace(bare, keys=await asyncio.to_thread(signing.keys_of, home, domain))
        return DomainPlan(
            domain=domain,
            shown=shown,
            folder=str(signing.folder_of(home, domain)),
            made=made,
            records=records(setup),
            policy_url=setup.policy_url,
            policy=setup.policy,
            steps=tuple(await self._steps(setup, secured)),
        )

    async def check(
        self, written: str, *, addresses: str | None = None, relay: str | None = None, reports: str | None = None
    ) -> DomainReport:
        """Look up what a domain publishes, and judge it with this set-up.

        Without name servers the report still says what is known here. Raises BadInput for what is no domain, and
        ConfigError for a setting that no domain can be judged with.
        """
        domain, shown = named(written)
        setup, secured = await self._set_up(domain, addresses, relay, reports)
        findings: list[Finding] = []
        try:
            setup = replace(setup, keys=await asyncio.to_thread(signing.keys_of, self._settings.home, domain))
        except ConfigError as error:
            findings.append(_wrong("keys", error.public))
        if not setup.keys and not findings:
            sentence = f"There are no keys, so mail leaves unsigned: `mailmcp domain add {domain}` makes them."
            findings.append(Finding(subject="keys", standing=Standing.MISSING, sentence=sentence))
        for standing, sentence in signing.doubts(setup.keys):
            findings.append(Finding(subject="keys", standing=standing, sentence=sentence))
        for name in await asyncio.to_thread(signing.open_to_others, self._settings.home, domain):
            sentence = (
                f"Others on this machine can read {name}, and sign mail as {domain}: `mailmcp domain add` mends that."
            )
            findings.append(_wrong("keys", sentence))
        metered = Metered(self._resolver, lookups=LOOKUPS, seconds=SECONDS)
        published = await publication.inspect(setup, metered)
        if all(finding.standing is Standing.UNKNOWN for finding in published):
            findings.insert(0, _unreachable(domain, published[0].sentence.rpartition(": ")[2]))
        findings += [*published, *self._own(setup), secured]
        if not await self._has_inbox(f"postmaster@{domain}"):
            sentence = f"There is no inbox postmaster@{domain}: every domain must have one (RFC 5321 §4.5.1)."
            findings.append(Finding(subject="postmaster", standing=Standing.WEAK, sentence=sentence))
        return DomainReport(domain=domain, shown=shown, findings=tuple(findings))

    async def _set_up(
        self, domain: str, addresses: str | None, relay: str | None, reports: str | None
    ) -> tuple[SetUp, Finding]:
        """The set-up, without its keys, and how its certificate is."""
        local, laboratory = self._settings.local, self._settings.auth.check_private_peers
        host = naming.server_name(local.hostname, domain)
        if addresses is None:
            known = _listening_at(local.smtp_host)
        else:
            known = naming.public_addresses(addresses, laboratory=laboratory)
        included = None if relay is None else naming.relay_name(relay, domain)
        sent_to = f"postmaster@{domain}" if reports is None else naming.reports_address(reports)
        secured = await asyncio.to_thread(self._certificate, host)
        setup = SetUp(
            domain=domain,
            host=host,
            addresses=known,
            reports=sent_to,
            relay=included,
            tls=secured.standing in (Standing.FINE, Standing.WEAK),
            laboratory=laboratory,
        )
        return setup, secured

    async def _steps(self, setup: SetUp, secured: Finding) -> list[str]:
        """What is to be done besides entering the records."""
        domain = setup.domain
        steps: list[str] = []
        if not setup.addresses:
            steps.append(f"Give {setup.host} the public address of this machine: an A record, AAAA for IPv6.")
        elif not setup.host_within:
            steps.append(
                f"See that {setup.host} leads to {', '.join(setup.addresses)}: its record belongs into another zone."
            )
        if setup.host == domain:
            steps.append(
                f"The server has the domain's own name, so a web site at {domain} must be on it too; with"
                f" MAILMCP_LOCAL__HOSTNAME=mail.{domain} they are apart."
            )
        wrong = [one for one in (*self._own(setup), secured) if one.standing is not Standing.FINE]
        steps += [one.sentence for one in wrong]
        steps += [sentence for _, sentence in signing.doubts(setup.keys)]
        steps.append(f"Serve the MTA-STS policy at {setup.policy_url}; without that leave the record of _mta-sts out.")
        elsewhere = setup.reports.rpartition("@")[2]
        if not same_organisation(elsewhere, domain):
            steps.append(
                f'Ask {elsewhere} to publish the record {consent_name(domain, elsewhere)}. IN TXT "v=DMARC1": until'
                f" then no DMARC reports about {domain} are sent there (RFC 9990 §4)."
            )
        if elsewhere in (domain, ascii_host(self._settings.local.domain)) and not await self._has_inbox(setup.reports):
            steps.append(f"Let your assistant make the inbox {setup.reports}: reports and complaints go there.")
        return steps

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
        return found

    def _certificate(self, host: str) -> Finding:
        """How the certificate is, found out by the code that the server loads it with."""
        local = self._settings.local
        if local.tls_cert is None:
            sentence = f"Mail comes in unencrypted: set MAILMCP_LOCAL__TLS_CERT to a certificate for {host}."
            return Finding(subject="certificate", standing=Standing.MISSING, sentence=sentence)
        try:
            Certificate(local.tls_cert, local.tls_key).context()
            pem = Path(local.tls_cert).expanduser().read_bytes()
        except (BackendError, OSError) as error:
            why = error.public if isinstance(error, BackendError) else f"{local.tls_cert} cannot be read."
            sentence = f"{why} A server that starts with it takes no mail at all: mend it, or leave the setting out."
            return _wrong("certificate", sentence, stops=True)
        return certificate.judge(pem, host, now=datetime.now(UTC))

    async def _has_inbox(self, address: str) -> bool:
        return await self._store.read(inboxes.for_recipient, address) is not None


def _unreachable(domain: str, why: str) -> Finding:
    sentence = (
        f"Nothing about {domain} could be looked up: {why} So what it publishes is not known. Is this machine on the"
        " network? MAILMCP_DNS__SERVERS names other name servers."
    )
    return Finding(subject="DNS", standing=Standing.UNKNOWN, sentence=sentence, stops=True)


def _listening_at(smtp_host: str) -> tuple[str, ...]:
    """The address that the server listens on, where others can reach it."""
    try:
        return naming.public_addresses(smtp_host, laboratory=False)
    except BadInput:
        return ()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong(subject: str, sentence: str, *, stops: bool = False) -> Finding:
    return Finding(subject=subject, standing=Standing.WRONG, sentence=sentence, stops=stops)
