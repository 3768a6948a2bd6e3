"""What a link by mail opens: one held draft, shown by GET, decided by POST with the code of that mail.

The token stands behind the # of the link, so that no server on the way and no log is told it, and comes in a header of
each request: a browser sends it nowhere by itself, so that no other page can decide. There is no session.
"""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mailmcp.errors import BadInput, MailError, NotFound, Refused
from mailmcp.mailroom.requests import UNPROVED
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Draft
from mailmcp.web import shapes
from mailmcp.web.app import LONGEST_WORD, Closed, answering, asset, frame, json_of, number, saved, text
from mailmcp.web.sessions import Tries

APPROVER = "the reviewer, by a link in a mail"
MOST_PERMITS = 100
"""Shown drafts whose HTML can still be asked for; an older one is looked at anew."""


class ReviewDesk:
    """What the page behind a link asks of the mailroom."""

    def __init__(self, room: Mailroom) -> None:
        self._room = room
        self._reviewing = room.pages.reviewing
        self._tries = Tries(20, 60)
        self._permits: dict[str, str] = {}
        """What the address of a frame names, where no header can be set, and the token that it stands for."""

    def routes(self) -> list[Route]:
        """Every address there is."""
        return [
            Route("/review", asset("review.html", "text/html; charset=utf-8"), methods=["GET"]),
            Route("/review.js", asset("review.js", "text/javascript; charset=utf-8"), methods=["GET"]),
            Route("/api/review", answering(self.show), methods=["GET"]),
            Route("/api/review/html", answering(self.html), methods=["GET"]),
            Route("/api/review/files/{part}", answering(self.file), methods=["GET"]),
            Route("/api/review/approve", answering(self.approve), methods=["POST"]),
            Route("/api/review/reject", answering(self.reject), methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The draft, from its bytes."""
        draft = await self._opened(request)
        shown = await self._room.presenting.present(draft.id)
        unproved = None if await self._room.approver.is_set() else UNPROVED
        permit = secrets.token_urlsafe(32)
        self._permits[permit] = self._token(request)
        while len(self._permits) > MOST_PERMITS:
            del self._permits[next(iter(self._permits))]
        return JSONResponse(shapes.whole(shown) | {"permit": permit, "unproved": unproved})

    async def html(self, request: Request) -> Response:
        """Its HTML, inert, for a frame without any rights."""
        token = self._permits.get(request.query_params.get("permit") or "")
        if token is None:
            raise Closed("Open the link of the mail again.")
        return await frame(self._room, await self._reviewing.opened(token))

    async def file(self, request: Request) -> Response:
        """An attachment, to be saved and never to be shown."""
        draft = await self._opened(request)
        return await saved(self._room, draft.id, request.path_params["part"])

    async def approve(self, request: Request) -> Response:
        """The reviewer allows exactly what was shown."""
        given = await json_of(request)
        passphrase = text(given, "passphrase") if "passphrase" in given else None
        shown = text(given, "sha256"), number(given, "revision")
        draft = await self._spent(request, text(given, "code"))
        try:
            draft = await self._room.approve(
                draft.id, sha256=shown[0], revision=shown[1], approver=APPROVER, passphrase=passphrase or None
            )
        except MailError as error:
            await self._not_decided(request, error)
            raise
        return JSONResponse(shapes.brief(draft))

    async def reject(self, request: Request) -> Response:
        """The reviewer refuses it."""
        given = await json_of(request)
        word = text(given, "word")
        if len(word) > LONGEST_WORD:
            raise BadInput(f"The word for the assistant is longer than {LONGEST_WORD} characters: shorten it.")
        shown = text(given, "sha256"), number(given, "revision")
        draft = await self._spent(request, text(given, "code"))
        try:
            draft = await self._room.reject(draft.id, word=word, sha256=shown[0], revision=shown[1], approver=APPROVER)
        except MailError as error:
            await self._not_decided(request, error)
            raise
        return JSONResponse(shapes.brief(draft))

    # --- who asks ------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> str:
        if self._tries.spent:
            raise Closed("Too many tries: wait a minute.", 429)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        return token if kind == "Bearer" else ""

    async def _opened(self, request: Request) -> Draft:
        try:
            return await self._reviewing.opened(self._token(request))
        except NotFound:
            self._tries.failed()
            raise

    async def _spent(self, request: Request, code: str) -> Draft:
        try:
            return await self._reviewing.spend(self._token(request), code)
        except (NotFound, Refused):
            self._tries.failed()
            raise

    async def _not_decided(self, request: Request, error: MailError) -> None:
        """A wrong passphrase decides nothing, and counts as a try."""
        self._tries.failed()
        await self._reviewing.give_back(self._token(request))
