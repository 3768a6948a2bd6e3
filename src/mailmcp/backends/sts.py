"""MTA-STS (RFC 8461): domains that want their mail brought over genuine TLS to hosts that they name.

A policy is fetched over HTTPS with the certificate checked, and kept in the home (``mta-sts.json``) for as long as it
says, over restarts and for all processes: whoever suppresses the record later changes nothing until then.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mailmcp.authenticity import tags
from mailmcp.authenticity.dns import Resolver
from mailmcp.backends import https
from mailmcp.backends.exchangers import is_internal
from mailmcp.private import write_private

log = logging.getLogger("mailmcp.backends.direct")

HTTPS_PORT = 443
LONGEST_AGE = 31_557_600
"""Seconds: a year, the most that a policy may ask for (§3.2)."""
MOST_KEPT = 2_000
MOST_HOSTS = 100
_RECORD = re.compile(rb"v=STSv1[ \t]*(?:;|\Z)")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain wants."""

    id: str
    mode: str
    """enforce, testing or none."""
    mx: tuple[str, ...]
    until: float
    """Seconds since 1970, when it is no longer to be believed without looking again."""

    def names(self, host: str) -> bool:
        """Whether a host is one of those that it names; ``*.`` stands for exactly one label (§4.1)."""
        host = host.lower().rstrip(".")
        return any(
            host.partition(".")[2] == one[2:] and not host.startswith(".") if one.startswith("*.") else host == one
            for one in self.mx
        )


class Policies:
    """The policies of domains, as far as a home needed them."""

    def __init__(self, home: Path, resolver: Resolver, *, private: bool) -> None:
        self._file = home / "mta-sts.json"
        self._resolver = resolver
        self._private = private

    async def of(self, domain: str) -> Policy | None:
        """The policy that holds for a domain (in ASCII) now; None without one, and where it cannot be had at first.

        A policy that was had before holds for its time, whatever DNS and the web server say meanwhile.
        """
        kept = (await asyncio.to_thread(self._read)).get(domain)
        if kept is not None and kept.until < time.time():
            kept = None
        published = await self._published(domain)
        if published is None or (kept is not None and kept.id == published):
            return kept
        fetched = await self._fetched(domain, published)
        if fetched is None:
            return kept
        await asyncio.to_thread(self._keep, domain, fetched)
        return fetched

    async def _published(self, domain: str) -> str | None:
        """The id in the one record that there may be (§3.1)."""
        answer = await self._resolver.txt(f"_mta-sts.{domain}")
        found = [record for record in answer.values if _RECORD.match(record)]
        if len(found) != 1:
            return None
        try:
            published = tags.read(found[0]).get("id", "")
        except tags.TagError:
            return None
        return published if _ID.fullmatch(published) else None

    async def _fetched(self, domain: str, published: str) -> Policy | None:
        host = f"mta-sts.{domain}"
        try:
            page = await self._page(host)
        except (OSError, http.client.HTTPException, ValueError) as error:  # TimeoutError and ssl.SSLError are OSErrors
            log.info("the MTA-STS policy of %s could not be fetched (%s)", domain, type(error).__name__)
            return None
        policy = read(page, published)
        if policy is None:
            log.info("the MTA-STS policy of %s is not one", domain)
        return policy

    async def _page(self, host: str) -> str:
        """The policy's text. Only genuine TLS, no redirects (§3.3), no host that mail would not be brought to."""
        four, six = await asyncio.gather(self._resolver.a(host), self._resolver.aaaa(host))
        address = next((one for one in (*four.values, *six.values) if self._private or not is_internal(one)), None)
        if address is None:
            raise OSError("no address")
        page = await https.ask(host, "/.well-known/mta-sts.txt", port=HTTPS_PORT, address=address, kind="text/plain")
        if page.status != 200 or page.kind != "text/plain":
            raise ValueError("not a policy")
        return page.body.decode("ascii")

    def _read(self) -> dict[str, Policy]:
        try:
            stored: Any = json.loads(self._file.read_text("utf-8"))
            return {
                domain: Policy(id=one["id"], mode=one["mode"], mx=tuple(one["mx"]), until=float(one["until"]))
                for domain, one in stored.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("%s cannot be read (%s): MTA-STS policies are fetched again", self._file, type(error).__name__)
            return {}

    def _keep(self, domain: str, policy: Policy) -> None:
        now = time.time()
        kept = {one: found for one, found in self._read().items() if found.until > now} | {domain: policy}
        newest = sorted(kept.items(), key=lambda one: one[1].until)[-MOST_KEPT:]
        written = json.dumps({one: asdict(found) for one, found in newest})
        try:
            write_private(self._file, written.encode(), replace=True)
        except OSError as error:
            log.warning("the MTA-STS policy of %s cannot be kept: %s", domain, error.strerror)


def read(text: str, published: str) -> Policy | None:
    """A policy's text (§3.2); None when it is not one. Unknown fields are passed over; the first of a name counts."""
    fields: dict[str, str] = {}
    hosts: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon:
            return None
        if name == "mx":
            hosts.append(value.lower().rstrip("."))
        else:
            fields.setdefault(name, value)
    age = fields.get("max_age", "")
    if fields.get("version") != "STSv1" or fields.get("mode") not in ("enforce", "testing", "none"):
        return None
    if not (age.isascii() and age.isdecimal() and len(age) <= 10) or not all(map(_HOST.fullmatch, hosts)):
        return None
    if (fields["mode"] != "none" and not hosts) or len(hosts) > MOST_HOSTS:
        return None
    until = time.time() + min(int(age), LONGEST_AGE)
    return Policy(id=published, mode=fields["mode"], mx=tuple(hosts), until=until)
