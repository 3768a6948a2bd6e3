"""What a request must be before anything looks at it: from this machine, to this name, from this page.

A page of another origin can make a browser send requests here, and a name that is bound anew can make it believe that
they are its own (DNS rebinding). So Host and Origin must be exactly ours, the browser's own words about where a request
comes from are believed when they are bad, and nothing is redirected or answered with more than a sentence.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from mailmcp.web.peers import is_stranger

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY, LARGE_BODY = 16 * 1024, 1536 * 1024
"""Octets of a request; the larger ones of an edited draft."""
HOOK_BODY = 2 * 1024 * 1024
"""Octets of what a provider posts; a mail in it is fetched anyway."""
BODY_SECONDS = 10
UNSIGNED = "This is not signed by the provider."
"""Said to whatever is posted to a hook and not taken."""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
HTML_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)
_ALWAYS = {
    "cache-control": "no-store",
    "content-security-policy": PAGE_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), clipboard-read=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
    "x-frame-options": "DENY",
}
_PATH = re.compile(rb"/(?:[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)?")
_HTML = re.compile(r"/api/(?:drafts/[A-Za-z0-9_]+|review)/html")
_REVIEW = re.compile(
    r"/review|/review\.js|/page\.js|/page\.css|/icon\.svg|/api/review(?:/approve|/reject|/html|/files/[0-9.]+)?"
)
"""What a link by mail needs: all that is served under the name of a proxy (MAILMCP_APPROVAL__REVIEW_URL)."""
_EDIT = re.compile(r"/api/drafts/[A-Za-z0-9_]+/edit")


class Refusal(Exception):
    """A request that is not answered: a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Guard:
    """Lets through what may be looked at, and puts the same headers on every answer."""

    def __init__(
        self, app: App, *, host: str, port: int, review_url: str | None = None, hooks: Collection[str] = ()
    ) -> None:
        self._app = app
        self._hooks = hooks
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._authority, self._origin = authority.encode(), f"http://{authority}".encode()
        elsewhere = review_url.rstrip("/").encode() if review_url else b""
        self._elsewhere = elsewhere.partition(b"://")[2]
        self._origins = {self._authority: self._origin, **({self._elsewhere: elsewhere} if elsewhere else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        headers = {**_ALWAYS, **({"content-security-policy": HTML_POLICY} if _HTML.fullmatch(scope["path"]) else {})}
        if _HTML.fullmatch(scope["path"]):
            headers["x-frame-options"] = "SAMEORIGIN"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name.encode() for name in headers}
                kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in ours]
                message["headers"] = kept + [(name.encode(), value.encode()) for name, value in headers.items()]
            await send(message)

        try:
            self._check(scope)
            waiting: bytes | None = await self._body(scope, receive)
        except Refusal as refusal:
            is_hook = scope["path"] in self._hooks
            await _say(Refusal(401, UNSIGNED) if is_hook else refusal, sending)
            return

        async def receiving() -> Message:
            nonlocal waiting
            if waiting is None:
                return await receive()  # only to hear that the other side has gone
            given, waiting = waiting, None
            return {"type": "http.request", "body": given, "more_body": False}

        await self._app(scope, receiving, sending)

    def _check(self, scope: Scope) -> None:
        client = scope.get("client")
        if not client or not ipaddress.ip_address(client[0]).is_loopback:
            raise Refusal(403, "This page is for this machine only.")
        if scope["path"] in self._hooks:
            # A proxy brings it under any name, as any user: the signature alone counts. Browsers say where they come
            # from, providers do not.
            if scope["method"] != "POST" or any(name.lower() == b"origin" for name, _ in scope["headers"]):
                raise Refusal(401, UNSIGNED)
            return
        given: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            given.setdefault(name.lower(), []).append(value)
        host = given.get(b"host", [b""])
        known = {self._authority} | ({self._elsewhere} if _REVIEW.fullmatch(scope["path"]) else set[bytes]())
        if len(host) != 1 or not host[0] or host[0] not in known:
            raise Refusal(421, "There is nothing under this name.")
        if scope["method"] not in ("GET", "POST"):
            raise Refusal(405, "Only GET and POST are answered.")
        if not _PATH.fullmatch(scope["raw_path"]) or b".." in scope["raw_path"]:
            raise Refusal(404, "There is nothing here.")
        self._check_origin(scope, given, self._origins[host[0]])
        # A proxy may run as another user; what it brings proves itself by the token and the code of a mail.
        if scope["method"] == "POST" and host[0] == self._authority and is_stranger(client, scope["server"]):
            raise Refusal(403, "This page is for the user who runs mailmcp only.")

    def _check_origin(self, scope: Scope, given: dict[bytes, list[bytes]], own: bytes) -> None:
        posted = scope["method"] == "POST"
        origin = given.get(b"origin", [])
        if origin not in ([], [own]) or (posted and not origin):
            raise Refusal(403, "This request comes from another page.")
        site = given.get(b"sec-fetch-site", [b"same-origin"])
        opened = given.get(b"sec-fetch-mode") == [b"navigate"] and given.get(b"sec-fetch-dest") == [b"document"]
        # Anybody may link to the page itself: it shows nothing before it has asked for it.
        if site != [b"same-origin"] and not (not posted and scope["path"] in ("/", "/review") and opened):
            raise Refusal(403, "This request comes from another page.")
        kind = given.get(b"content-type", [b""])[0].partition(b";")[0].strip().lower()
        if posted and (kind != b"application/json" or len(given.get(b"content-type", [])) != 1):
            raise Refusal(415, "Only JSON is taken.")

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        most = LARGE_BODY if _EDIT.fullmatch(scope["path"]) else BODY
        if scope["path"] in self._hooks:
            most = HOOK_BODY
        if scope["method"] != "POST":
            most = 0
        for name, value in scope["headers"]:
            if name.lower() == b"content-length" and (not value.isdigit() or len(value) > 9 or int(value) > most):
                raise Refusal(413, "The request is too large.")
        body = b""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise Refusal(400, "The request broke off.")
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise Refusal(413, "The request is too large.")
                    if not message.get("more_body", False):
                        return body
        except TimeoutError:
            raise Refusal(408, "The request came too slowly.") from None


async def _say(refusal: Refusal, send: Send) -> None:
    words = refusal.sentence.encode()
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(words)).encode())]
    head.append((b"connection", b"close"))  # what is left of a body is not read
    await send({"type": "http.response.start", "status": refusal.status, "headers": head})
    await send({"type": "http.response.body", "body": words})
