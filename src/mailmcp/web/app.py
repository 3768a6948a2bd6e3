"""The page's addresses. GET changes nothing; what changes something is a POST that names the hash that was shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, cast
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mailmcp import __version__
from mailmcp.errors import BadInput, ConfigError, MailError, NotFound, Refused, StoreUnavailable
from mailmcp.mailroom.requests import UNPROVED, Edit
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Draft, DraftState
from mailmcp.web import sessions, shapes
from mailmcp.web.guard import App, Guard
from mailmcp.web.hooks import HookDesk
from mailmcp.web.sessions import Sessions, Tries

log = logging.getLogger("mailmcp.web")

RECENT = 12
"""Decided drafts that the list shows."""
LONGEST_WORD = 2_000
WORD_HEADER = "x-mailmcp-word"
_ASSETS = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
CLOSED = "This page is closed to this browser window: type `mailmcp ui` in a terminal, which opens it."
_STATUS: tuple[tuple[type[MailError], int], ...] = (
    (NotFound, 404),
    (BadInput, 400),
    (Refused, 409),
    (StoreUnavailable, 503),
    (ConfigError, 503),
)


Handle = Callable[[Request], Awaitable[Response]]


class Closed(Exception):
    """Whoever asks may not use the page."""

    def __init__(self, sentence: str = CLOSED, status: int = 401) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


class Desk:
    """What the page asks of the mailroom."""

    def __init__(self, room: Mailroom, key: bytes, *, approver: str) -> None:
        self.room = room
        self._home = room.settings.home
        self._approver = approver
        self._sessions = Sessions(key)
        self._tokens, self._passphrases = Tries(10, 60), Tries(5, 60)
        self.seen = 0
        """How often a window with a session asked: somebody has the page open."""

    def routes(self) -> list[Route]:
        """Every address there is."""
        draft = "/api/drafts/{draft}"
        return [
            *(Route(path, asset(*file), methods=["GET"]) for path, file in _ASSETS.items()),
            Route("/api/session", answering(self.begin), methods=["POST"]),
            Route("/api/drafts", answering(self.drafts), methods=["GET"]),
            Route(draft, answering(self.draft), methods=["GET"]),
            Route(f"{draft}/html", answering(self.html), methods=["GET"]),
            Route(f"{draft}/source", answering(self.source), methods=["GET"]),
            Route(f"{draft}/files/{{part}}", answering(self.file), methods=["GET"]),
            Route(f"{draft}/approve", answering(self.approve), methods=["POST"]),
            Route(f"{draft}/edit", answering(self.edit), methods=["POST"]),
            Route(f"{draft}/reject", answering(self.reject), methods=["POST"]),
        ]

    # --- looking -------------------------------------------------------------------------------------------------

    async def begin(self, request: Request) -> Response:
        """A token becomes a session, once."""
        if self._tokens.spent:
            raise Closed("Too many tries: wait a minute, then type `mailmcp ui` again.", 429)
        token = text(await json_of(request), "token")
        if not sessions.redeem(self._home, token):
            self._tokens.failed()
            raise Closed("This link was used already, or is older than five minutes: type `mailmcp ui` again.")
        cookie, word = self._sessions.begin()
        answer = JSONResponse({"word": word})
        answer.set_cookie(self._sessions.cookie, cookie, httponly=True, samesite="strict", path="/")
        return answer

    async def drafts(self, request: Request) -> Response:
        """The list."""
        self._session(request)
        room = self.room
        opened = await room.open_drafts()
        return JSONResponse(
            {
                "held": [shapes.brief(one) for one in opened if one.state is DraftState.HELD],
                "leaving": [shapes.brief(one) for one in opened if one.state is not DraftState.HELD],
                "recent": [
                    shapes.brief(one) for one in await room.decided(limit=RECENT) if one.state is not DraftState.UNKNOWN
                ],
                "unproved": await self._unproved(),
                "home": str(self._home),
                "version": __version__,
            }
        )

    async def draft(self, request: Request) -> Response:
        """One draft, from its bytes."""
        session = self._session(request)
        shown = await self.room.presenting.present(request.path_params["draft"])
        permit = self._sessions.permit(session, f"{shown.draft.id} {shown.draft.sha256}")
        code = await self._client_code(shown.draft)
        return JSONResponse(shapes.whole(shown) | {"permit": permit, "unproved": await self._unproved(), "code": code})

    async def html(self, request: Request) -> Response:
        """Its HTML, inert, for a frame without any rights."""
        session = self._session(request, word=False)
        draft = await self.room.draft(request.path_params["draft"])
        if not self._sessions.is_permit(session, f"{draft.id} {draft.sha256}", request.query_params.get("permit")):
            raise Closed
        return await frame(self.room, draft)

    async def source(self, request: Request) -> Response:
        """The bytes, as text."""
        self._session(request)
        _, mime = await self.room.shown(request.path_params["draft"])
        return Response(mime, media_type="text/plain; charset=utf-8")

    async def file(self, request: Request) -> Response:
        """An attachment, to be saved and never to be shown."""
        self._session(request)
        return await saved(self.room, request.path_params["draft"], request.path_params["part"])

    # --- deciding ------------------------------------------------------------------------------------------------

    async def approve(self, request: Request) -> Response:
        """The human allows exactly what was shown."""
        self._session(request)
        given = await json_of(request)
        passphrase = given.get("passphrase")
        if passphrase is not None and not isinstance(passphrase, str):
            raise BadInput("`passphrase` must be text.")
        if self._passphrases.spent:
            raise Closed("Too many wrong passphrases: wait a minute.", 429)
        try:
            draft = await self.room.approve(
                request.path_params["draft"],
                sha256=text(given, "sha256"),
                revision=number(given, "revision"),
                approver=self._approver,
                passphrase=passphrase or None,
            )
        except Refused as refused:
            if "passphrase" in refused.public:
                self._passphrases.failed()
            raise
        return JSONResponse(shapes.brief(draft))

    async def edit(self, request: Request) -> Response:
        """The human writes it anew; it stays held."""
        self._session(request)
        given = await json_of(request)
        edit = Edit(
            subject=text(given, "subject") if "subject" in given else None,
            body=text(given, "body") if "body" in given else None,
            to=_texts(given, "to"),
            cc=_texts(given, "cc"),
            bcc=_texts(given, "bcc"),
        )
        draft = await self.room.edit(
            request.path_params["draft"],
            edit,
            sha256=text(given, "sha256"),
            revision=number(given, "revision"),
            editor=self._approver,
        )
        return JSONResponse(shapes.brief(draft))

    async def reject(self, request: Request) -> Response:
        """The human refuses it."""
        self._session(request)
        given = await json_of(request)
        word = text(given, "word")
        if len(word) > LONGEST_WORD:
            raise BadInput(f"The word for the assistant is longer than {LONGEST_WORD} characters: shorten it.")
        draft = await self.room.reject(
            request.path_params["draft"],
            word=word,
            approver=self._approver,
            sha256=text(given, "sha256"),
            revision=number(given, "revision"),
        )
        return JSONResponse(shapes.brief(draft))

    # --- who asks ------------------------------------------------------------------------------------------------

    async def _client_code(self, draft: Draft) -> str | None:
        """What approves a held draft in a client that the settings trust, where there is one."""
        may = self.room.settings.approval.trusted_clients and not await self.room.approver.is_set()
        return await self.room.code(draft) if may and draft.state is DraftState.HELD else None

    async def _unproved(self) -> str | None:
        return None if await self.room.approver.is_set() else UNPROVED

    def _session(self, request: Request, *, word: bool = True) -> str:
        session = self._sessions.known(request.cookies.get(self._sessions.cookie))
        if session is None or (word and not self._sessions.is_word(session, request.headers.get(WORD_HEADER))):
            raise Closed
        self.seen += 1
        return session


async def frame(room: Mailroom, draft: Draft) -> Response:
    """The HTML of a draft, inert; the guard takes every right away from what the browser makes of it."""
    html = await room.presenting.html(draft)
    return Response(html.encode("utf-8", "replace"), media_type="text/html; charset=utf-8")


async def saved(room: Mailroom, draft: str, part: str) -> Response:
    """An attachment of a draft, for the browser to save. Raises NotFound."""
    _, name, data = await room.presenting.file(draft, part)
    answer = Response(data, media_type="application/octet-stream")
    answer.headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


def answering(handle: Handle) -> Handle:
    """The same, with what goes wrong as a sentence."""

    async def answered(request: Request) -> Response:
        try:
            return await handle(request)
        except Closed as closed:
            return JSONResponse({"error": closed.sentence}, closed.status)
        except MailError as error:
            status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
            return JSONResponse({"error": error.public}, status)
        except Exception:
            log.exception("the page could not be answered")
            return JSONResponse({"error": "Something went wrong; the log says what."}, 500)

    return answered


def build(desk: Desk, *, host: str, port: int) -> App:
    """The page as an ASGI application at one address."""
    hooks = HookDesk(desk.room.hooks)
    routes, url = [*desk.routes(), *hooks.routes()], None
    if desk.room.pages.reviewing.reviewer is not None:
        from mailmcp.web.review import ReviewDesk

        routes, url = [*routes, *ReviewDesk(desk.room).routes()], desk.room.settings.approval.review_url
    app = cast(App, Starlette(routes=routes, exception_handlers=_PLAIN))
    return Guard(app, host=host, port=port, review_url=url, hooks=hooks.paths)


def asset(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return Response(files("mailmcp.web").joinpath(name).read_bytes(), media_type=kind)

    return answer


async def _nothing(_: Request, error: Exception) -> Response:
    return Response("There is nothing here.", getattr(error, "status_code", 404), media_type="text/plain")


_PLAIN: dict[Any, Any] = {404: _nothing, 405: _nothing}


async def json_of(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise BadInput("The request is no JSON.") from error
    if not isinstance(given, dict):
        raise BadInput("The request is no JSON object.")
    return cast(dict[str, Any], given)


def text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise BadInput(f"`{name}` must be text.")
    return value


def _texts(given: dict[str, Any], name: str) -> tuple[str, ...] | None:
    if name not in given:
        return None
    value = given[name]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in cast(list[Any], value)):
        raise BadInput(f"`{name}` must be a list of addresses.")
    return tuple(cast(list[str], value))


def number(given: dict[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(f"`{name}` must be a whole number.")
    return value
