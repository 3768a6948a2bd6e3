"""Who may come in over HTTP: a key and how often, or the owner while this home has no key; and what others are told."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailmcp.config import RATE, HttpSettings
from mailmcp.mailroom.peers import is_stranger
from mailmcp.models import OWNER, Principal

if TYPE_CHECKING:
    from mailmcp.mailroom.keyring import Keyring

SECONDS = {"min": 60, "h": 3600, "d": 86_400}
NOT_KNOWN = "This key is not known here, was revoked or replaced."
GUESSES = 20
"""Wrong keys from one address that are looked at in a minute."""
MOST_ADDRESSES = 10_000
_FORWARDED = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})
"""Headers of a proxy: then this machine is not where the request comes from."""


class Unwelcome(Exception):
    """A request that is not let in: a status, a sentence, further headers."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, dict(headers or {})


@dataclass(slots=True)
class _Bucket:
    """So many at once, and again as time goes by."""

    left: float
    at: float

    def take(self, most: int, seconds: float, now: float) -> float:
        """0, or the seconds until there is one again."""
        self.left = min(float(most), self.left + (now - self.at) * most / seconds)
        self.at = now
        if self.left < 1:
            return (1 - self.left) * seconds / most
        self.left -= 1
        return 0


class Admission:
    """The door keeper of one process."""

    def __init__(self, keyring: Keyring, settings: HttpSettings, *, metadata: str | None) -> None:
        """``metadata`` is the address of the protected resource metadata, if there is an authorization server."""
        self._keyring = keyring
        self._metadata = metadata
        self._is_elsewhere = bool(settings.url or settings.names)
        found = RATE.fullmatch(settings.rate)
        assert found is not None  # noqa: S101 - the settings have made sure
        self._most, self._seconds = int(found[1]), SECONDS[found[2]]
        self._rates: dict[str, _Bucket] = {}
        self._guesses: dict[str, _Bucket] = {}

    async def principal(self, scope: Any, given: Mapping[bytes, list[bytes]]) -> tuple[Principal, str]:
        """Who comes with this request, and by what that is known (``Keyring.still_opens``). Raises Unwelcome."""
        words = given.get(b"authorization", [])
        if not words:
            return await self._without_a_key(scope, given), ""
        scheme, _, secret = words[0].decode("latin-1").partition(" ")
        if len(words) > 1 or scheme.lower() != "bearer" or not secret.strip():
            raise self._unauthorized("invalid_request", "Send one header `Authorization: Bearer KEY`.")
        principal = await self._keyring.principal(secret.strip())
        if principal is None:
            self._count_guess(scope)
            raise self._unauthorized("invalid_token", NOT_KNOWN)
        self._count(principal)
        return principal, self._keyring.proof(secret.strip())

    async def _without_a_key(self, scope: Any, given: Mapping[bytes, list[bytes]]) -> Principal:
        """A home that never had a key serves its owner, on this machine, as standard input and output do."""
        client, server = scope.get("client"), scope.get("server")
        local = bool(client and server) and all(ipaddress.ip_address(one[0]).is_loopback for one in (client, server))
        if not local or self._is_elsewhere or _FORWARDED & given.keys() or await self._keyring.any_was_made():
            raise self._unauthorized(None, "A key is needed: `mailmcp keys create` makes one.")
        if is_stranger(client, server):
            raise Unwelcome(403, "Without a key this is for the user who runs mailmcp only.")
        return OWNER

    def _unauthorized(self, error: str | None, sentence: str) -> Unwelcome:
        challenge = 'Bearer realm="mailmcp"'
        if error:
            challenge += f', error="{error}"'
        if self._metadata:
            challenge += f', resource_metadata="{self._metadata}"'
        return Unwelcome(401, sentence, {"www-authenticate": challenge})

    def _count(self, principal: Principal) -> None:
        now = time.monotonic()
        bucket = self._rates.setdefault(principal.key, _Bucket(self._most, now))
        if wait := bucket.take(self._most, self._seconds, now):
            raise Unwelcome(
                429,
                f"This key may make {self._most} requests in {self._seconds} seconds (MAILMCP_HTTP__RATE): wait.",
                {"retry-after": str(math.ceil(wait))},
            )

    def _count_guess(self, scope: Any) -> None:
        """Wrong keys are not even answered as such when many come from one address: a known key still is let in."""
        now = time.monotonic()
        if len(self._guesses) >= MOST_ADDRESSES:
            self._guesses = {peer: one for peer, one in self._guesses.items() if now - one.at < 60}
        if len(self._guesses) >= MOST_ADDRESSES:
            raise Unwelcome(429, "Too many wrong keys: wait.", {"retry-after": "60"})
        bucket = self._guesses.setdefault(_network(scope.get("client")), _Bucket(GUESSES, now))
        if wait := bucket.take(GUESSES, 60, now):
            raise Unwelcome(429, "Too many wrong keys: wait.", {"retry-after": str(math.ceil(wait))})


def _network(client: tuple[str, int] | None) -> str:
    """An address, of IPv6 its first half: whoever has one of these has them all."""
    if client is None:
        return ""
    address = ipaddress.ip_address(client[0])
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
