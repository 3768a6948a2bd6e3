"""Stand-ins that are functions of httpx2's requests, behind a client or on a port (as ``http_service`` has them)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx2
from http_service import Asked, Handler, Said, Silence, serving

Fake = Callable[[httpx2.Request], httpx2.Response]


def handler_of(fake: Fake) -> Handler:
    """The same as a function of what is on the wire."""

    def handle(asked: Asked) -> Said:
        url = httpx2.URL(f"http://{asked.headers.get('host', 'service.test')}")
        url = url.copy_with(raw_path=asked.target.encode("ascii"))
        try:
            answer = fake(httpx2.Request(asked.method, url, headers=dict(asked.headers), content=asked.body))
        except httpx2.TransportError as error:
            raise Silence(str(error)) from error
        headers = {name.title(): value for name, value in answer.headers.items() if name != "content-length"}
        return Said(answer.status_code, body=answer.read(), headers=headers)

    return handle


def served(fake: Fake) -> AbstractContextManager[str]:
    """Its address on a loopback port, until the end of the block."""
    return serving(handler_of(fake))
