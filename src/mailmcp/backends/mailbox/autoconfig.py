"""Where the mail of a domain is read and handed in, in the format that Thunderbird reads (config-v1.1).

Asked for by HTTPS alone, of the domain itself, whose certificate proves that it speaks: so the servers may be another
organisation's. No redirect is followed, no document type is read, and a server without encryption is none.
"""

from __future__ import annotations

import http.client
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote
from xml.etree import ElementTree

from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.backends import https
from mailmcp.backends.mailbox.accounts import Server
from mailmcp.language.domains import ascii_host

log = logging.getLogger("mailmcp.backends.imap")

HTTPS_PORT = 443
_SECURITY = {"ssl": "tls", "starttls": "starttls"}
_DOCUMENT_TYPE = re.compile(r"<!(?!--)")
_USERNAME = re.compile(r"[!-~]{1,254}")
_PLACES = (
    ("autoconfig.{domain}", "/mail/config-v1.1.xml?emailaddress={address}"),
    ("{domain}", "/.well-known/autoconfig/mail/config-v1.1.xml"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A server with the user name that it takes."""

    server: Server
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a domain says about its mail."""

    incoming: Named | None
    outgoing: Named | None


async def asked(address: str, resolver: SystemResolver) -> Described | None:
    """What the domain of an address says; None when it says nothing that can be used."""
    domain = ascii_host(address.rpartition("@")[2])
    for host, path in _PLACES:
        at = host.format(domain=domain)
        found = await resolver.a(at)
        if not found.values:
            found = await resolver.aaaa(at)
        try:
            if not found.values:
                continue
            where = path.format(address=quote(address))
            page = await https.ask(at, where, port=HTTPS_PORT, address=found.values[0], kind="text/xml")
            if page.status == 200 and (said := described(page.body, address)) is not None:
                return said
        except (OSError, http.client.HTTPException, ValueError) as error:
            log.info("%s says nothing about its mailboxes at %s: %s", domain, at, type(error).__name__)
    return None


def described(octets: bytes, address: str) -> Described | None:
    """What a document says for an address. Raises ValueError for what is none."""
    text = octets.decode("utf-8-sig")
    if _DOCUMENT_TYPE.search(text):
        raise ValueError("a document type")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no document type, and so no entities
    except ElementTree.ParseError as error:
        raise ValueError("no XML") from error
    incoming = next(_named(root, "incomingServer", "imap", address), None)
    outgoing = next(_named(root, "outgoingServer", "smtp", address), None)
    return Described(incoming=incoming, outgoing=outgoing) if incoming or outgoing else None


def _named(
    root: ElementTree.Element, element: Literal["incomingServer", "outgoingServer"], kind: str, address: str
) -> Iterator[Named]:
    """The usable servers of a kind, in the order of the document: the domain's own preference."""
    for one in root.iterfind(f".//emailProvider/{element}[@type='{kind}']"):
        said = {child.tag: _filled((child.text or "").strip(), address) for child in one}
        host = ascii_host(said.get("hostname", ""))
        port, username = said.get("port", ""), said.get("username", "") or address
        security = _SECURITY.get(said.get("socketType", "").lower())
        usable = "." in host and not host.replace(".", "").isdigit() and ":" not in host
        if not usable or security is None or not _USERNAME.fullmatch(username):
            continue
        if port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536:
            yield Named(server=Server(host=host, port=int(port), security=security), username=username)


def _filled(text: str, address: str) -> str:
    """Its placeholders filled in, each once: what stands for them is no template."""
    local, _, domain = address.rpartition("@")
    values = {"EMAILADDRESS": address, "EMAILLOCALPART": local, "EMAILDOMAIN": domain}
    return re.sub(r"%(EMAILADDRESS|EMAILLOCALPART|EMAILDOMAIN)%", lambda match: values[match[1]], text)
