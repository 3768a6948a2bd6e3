"""What goes wrong between us and a service, told to happen to the next request that fits."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import httpx2

Fake = Callable[[httpx2.Request], httpx2.Response]


class Fault(Enum):
    """What happens to one request."""

    UNREACHABLE = "nothing was sent"
    SILENT_BEFORE = "no answer, and nothing was done"
    SILENT_AFTER = "no answer, though it was done"
    BUSY = "429"
    BROKEN_BEFORE = "500, and nothing was done"
    BROKEN_AFTER = "500, though it was done"
    CUT = "it was done, and the answer is cut"


class Faulty:
    """A fake with faults; each that was planned happens once."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self.plan: list[tuple[str, Fault]] = []
        """(what the request line holds, what happens)."""
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        self.asked.append(request)
        line = f"{request.method} {request.url.raw_path.decode()}"
        found = next((at for at, (what, _) in enumerate(self.plan) if what in line), None)
        if found is None:
            return self._fake(request)
        fault = self.plan.pop(found)[1]
        if fault is Fault.UNREACHABLE:
            raise httpx2.ConnectError("refused", request=request)
        if fault is Fault.SILENT_BEFORE:
            raise httpx2.ReadTimeout("silence", request=request)
        if fault is Fault.BUSY:
            return httpx2.Response(429, json={"error": {"code": "rate_limited"}}, headers={"Retry-After": "0"})
        if fault is Fault.BROKEN_BEFORE:
            return httpx2.Response(500, text="<h1>Something went wrong</h1>")
        answer = self._fake(request)
        if fault is Fault.SILENT_AFTER:
            raise httpx2.ReadTimeout("silence", request=request)
        if fault is Fault.BROKEN_AFTER:
            return httpx2.Response(502, text="<h1>Bad gateway</h1>")
        octets = answer.read()
        return httpx2.Response(answer.status_code, content=octets[: len(octets) // 2])
