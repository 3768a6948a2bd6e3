"""What a domain of one's own publishes in DNS, for one set-up. Pure: no look-ups, no files.

MX (RFC 5321 §5.1), SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989), MTA-STS (RFC 8461), TLS-RPT (RFC 8460).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass

from mailmcp.authenticity import sign
from mailmcp.authenticity.sign import SigningKey
from mailmcp.language.domains import ascii_host
from mailmcp.models import DnsRecord

LONGEST_STRING = 255
"""Octets of one string of a TXT record (RFC 1035 §3.3.14)."""
TTL = 3600
POLICY_SECONDS = 604_800
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
"""The name before the @, unquoted (RFC 5321 §4.1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What one mailmcp is, as far as DNS has to say it. Names are ASCII."""

    domain: str
    host: str
    """The server's name for others: where the MX record points."""
    addresses: tuple[str, ...] = ()
    """Its public addresses, as far as they are known."""
    keys: tuple[SigningKey, ...] = ()
    reports: str = ""
    """Where others send reports."""
    relay: str | None = None
    """The SPF name of the relay that mail leaves by, such as spf.relay.example."""
    tls: bool = False
    """The server has a certificate for its name."""
    laboratory: bool = False
    """Private addresses are taken for addresses of the internet."""

    @property
    def host_within(self) -> bool:
        """Whether the server's name is one of the domain's, so that its address belongs into the domain's zone."""
        return self.host == self.domain or self.host.endswith(f".{self.domain}")

    @property
    def spf(self) -> str:
        """The SPF record: its own host, the relay, nobody else."""
        return f"v=spf1 mx {f'include:{self.relay} ' if self.relay else ''}-all"

    @property
    def policy(self) -> str:
        """The MTA-STS policy. Enforced only where TLS works: else it would stop all mail (RFC 8461 §5)."""
        mode = "enforce" if self.tls else "testing"
        return f"version: STSv1\r\nmode: {mode}\r\nmx: {self.host}\r\nmax_age: {POLICY_SECONDS}\r\n"

    @property
    def policy_id(self) -> str:
        """Changes with the policy, and only then: receivers keep what they fetched until this id changes."""
        return hashlib.sha256(self.policy.encode()).hexdigest()[:20]

    @property
    def policy_url(self) -> str:
        """Where the policy must be served."""
        return f"https://mta-sts.{self.domain}/.well-known/mta-sts.txt"


def records(setup: SetUp) -> tuple[DnsRecord, ...]:
    """Every record of a set-up, in the order in which they are best entered."""
    domain = setup.domain
    found = [
        DnsRecord(
            name=setup.host,
            kind="AAAA" if ipaddress.ip_address(address).version == 6 else "A",
            value=address,
            purpose="The address of this server.",
        )
        for address in setup.addresses
        if setup.host_within
    ]
    found.append(
        DnsRecord(name=domain, kind="MX", value=f"10 {setup.host}.", purpose="Others deliver the domain's mail here.")
    )
    found.append(_text(domain, setup.spf, "Who may send mail of the domain: this server, nobody else."))
    found += [_text(key.name, sign.public_record(key), f"The public key of {key.selector}.") for key in setup.keys]
    found += [
        _text(
            f"_dmarc.{domain}",
            f"v=DMARC1; p=reject; rua=mailto:{setup.reports}",
            "Mail in the domain's name that neither SPF nor a signature proves is to be refused. A domain that sends"
            " mail in other ways too begins with p=none, until the reports show nothing strange.",
        ),
        _text(f"_mta-sts.{domain}", f"v=STSv1; id={setup.policy_id}", "Other servers encrypt what they deliver."),
        _text(f"_smtp._tls.{domain}", f"v=TLSRPTv1; rua=mailto:{setup.reports}", "They report where that failed."),
    ]
    return tuple(found)


def zone_line(record: DnsRecord) -> str:
    """A record as a line of a zone file; a text longer than 255 octets is split into several strings."""
    value = record.value
    if record.kind == "TXT":
        octets = value.encode()
        pieces = [octets[at : at + LONGEST_STRING] for at in range(0, len(octets), LONGEST_STRING)] or [b""]
        value = " ".join(f'"{_escaped(piece)}"' for piece in pieces)
    return f"{record.name}. {TTL} IN {record.kind} {value}"


def is_mail_address(text: str) -> bool:
    """Whether reports can be sent there: a name, @, and a domain of at least two labels."""
    local, at, domain = text.rpartition("@")
    host = ascii_host(domain)
    return bool(at and _LOCAL.match(local) and "." in host and not host.rpartition(".")[2].isdigit())


def consent_name(domain: str, reports: str) -> str:
    """Where the domain that receives reports about another says that it takes them (RFC 9990 §4)."""
    return f"{domain}._report._dmarc.{reports}"


def _text(name: str, value: str, purpose: str) -> DnsRecord:
    return DnsRecord(name=name, kind="TXT", value=value, purpose=purpose)


def _escaped(octets: bytes) -> str:
    return "".join(
        f"\\{chr(one)}" if one in b'"\\' else chr(one) if 32 <= one < 127 else f"\\{one:03}" for one in octets
    )
