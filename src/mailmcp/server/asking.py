"""A held draft and the human before the client: told of it there where the client can ask (elicitation, both eras).

It never is the gate. A client that declares nothing, answers nothing or answers without a human gets the same result,
`held`, after a bounded time. Clients of 2025 are asked while the call runs; the question stays open after its answer.
Clients of 2026 get the question as the result and come back with the answer: the draft is named in the state that
the SDK seals, bound to the call.

A client that has no forms and opens pages (URL mode) is asked to open the approval page. Its address opens nothing by
itself, and what the client answers decides nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from mailmcp.mailroom.requests import Outcome
from mailmcp.models import Draft, DraftState
from mailmcp.server import outcomes
from mailmcp.server.fence import one_line
from mailmcp.server.launcher import command
from mailmcp.server.results import answer
from mailmcp.server.session import Session

if TYPE_CHECKING:
    from mailmcp.mailroom.asking import Answer
    from mailmcp.mailroom.counter import Counter
    from mailmcp.mailroom.room import Mailroom

Ctx = Context[Session, Any]

Question = ElicitRequestFormParams | ElicitRequestURLParams

log = logging.getLogger("mailmcp.server")

OPEN_SECONDS = 600
"""So long a question stays open that was not answered while its call ran."""
KEY = "decision"
LEAVE, REJECT, APPROVE = "leave it held", "reject it", "approve it"
NAME_SHOWN = 60


async def resumed(ctx: Ctx, room: Counter) -> Outcome | None:
    """What became of the draft that a client of 2026 comes back about; None for a call that begins."""
    if ctx.request_state is None:
        return None
    name, revision, sha256 = json.loads(ctx.request_state)
    draft = await room.draft(name)
    response = (ctx.input_responses or {}).get(KEY)
    if isinstance(response, ElicitResult) and _has_forms(ctx):  # who opened a page decides on it
        shown = replace(draft, revision=revision, sha256=sha256)
        asking, given = ctx.request_context.lifespan_context.asking, _read(response)
        # The counter found the draft; what a human answers is carried out by the whole mailroom.
        draft = await asking.carry_out(await _whole(ctx), shown, given, client_name(ctx))
    return Outcome(draft=draft, recipients=draft.recipients)


async def told(ctx: Ctx, room: Counter, outcome: Outcome) -> CallToolResult | InputRequiredResult:
    """The answer of send and draft_for_approval; of a draft that is held now, the human in the client is told first."""
    draft = outcome.draft
    new = draft is not None and draft.state is DraftState.HELD and not outcome.repeated
    if draft and new and (question := await _question(ctx, room, draft)):
        if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            state = json.dumps([draft.id, draft.revision, draft.sha256])
            return InputRequiredResult(input_requests={KEY: ElicitRequest(params=question)}, request_state=state)
        outcome = replace(outcome, draft=await _asked(ctx, room, draft, question))
    return answer(*outcomes.sent(outcome, room.settings.home, await room.pages.address()))


def client_name(ctx: Ctx) -> str:
    """What the client calls itself."""
    given = ctx.session.client_params
    return one_line(given.client_info.name)[:NAME_SHOWN] if given else ""


async def _question(ctx: Ctx, room: Counter, draft: Draft) -> Question | None:
    """What the client's human is asked; None where it shows nothing, or was asked already."""
    declared = ctx.client_capabilities.elicitation if ctx.client_capabilities else None
    if declared is None or ctx.request_state is not None or room.settings.approval.ask <= 0:
        return None
    if _has_forms(ctx):
        return await _form(ctx, room, draft)
    page = await room.pages.address()
    return _page(room, draft, page) if page else None


def _has_forms(ctx: Ctx) -> bool:
    """Whether the client shows forms: one that can ask and declares no kind of question does."""
    declared = ctx.client_capabilities.elicitation if ctx.client_capabilities else None
    return declared is not None and (declared.form is not None or declared.url is None)


def _page(room: Counter, draft: Draft, page: str) -> ElicitRequestURLParams:
    from mailmcp.mailroom.asking import summary

    closed = f"If it says that it is closed, type in a terminal: `{command(room.settings.home, 'ui')}`."
    return ElicitRequestURLParams(
        message=summary(draft, where=f"Read all of it and decide on the page. {closed}", opens=True),
        url=f"{page}#{draft.id}",
        elicitation_id=secrets.token_hex(8),
    )


async def _form(ctx: Ctx, room: Counter, draft: Draft) -> ElicitRequestFormParams:
    from mailmcp.mailroom.asking import LONGEST_WORD, summary

    home, page = room.settings.home, await room.pages.address()
    trusted = await ctx.request_context.lifespan_context.asking.trusts(await _whole(ctx), client_name(ctx))
    at_the_page = f"at {page} (`{command(home, 'ui')}` opens it), or " if page else ""
    where = f"Read all of it and approve it {at_the_page}in a terminal: `{command(home, 'approve', draft.id)}`."
    code_from = f"`{command(home, 'held')}` in a terminal{' or that page' if page else ''}" if trusted else None
    fields: dict[str, Any] = {
        # First, and taken by a client that fills in what is proposed: nothing is decided.
        "decision": {
            "type": "string",
            "title": "Your decision",
            "enum": [LEAVE, REJECT, *([APPROVE] if trusted else [])],
            "default": LEAVE,
        },
        "word": {"type": "string", "title": "If you reject it: a word for the assistant", "maxLength": LONGEST_WORD},
    }
    if trusted:
        fields["code"] = {"type": "string", "title": "If you approve it: the code", "maxLength": 40}
    return ElicitRequestFormParams(
        message=summary(draft, where=where, code_from=code_from),
        requested_schema={"type": "object", "properties": fields, "required": ["decision"]},
    )


async def _asked(ctx: Ctx, room: Counter, draft: Draft, question: Question) -> Draft:
    """Ask while the call runs, for as long as the settings let it wait; what the draft is then."""
    answered = asyncio.Event()
    asking = asyncio.create_task(_ask(ctx, draft, question, answered), name=f"mailmcp-ask-{draft.id}")
    ctx.request_context.lifespan_context.keep(asking)
    loop = asyncio.get_running_loop()
    until = loop.time() + room.settings.approval.ask
    try:
        async with room.arrivals.listen() as bell:
            while not asking.done() and not answered.is_set() and (left := until - loop.time()) > 0:
                bell.clear()
                if (await room.draft(draft.id)).state is not DraftState.HELD and not answered.is_set():
                    asking.cancel()  # decided elsewhere: the client closes the question
                    if isinstance(question, ElicitRequestURLParams) and question.elicitation_id:
                        await ctx.session.send_elicit_complete(question.elicitation_id, ctx.request_id)
                    break
                ring = asyncio.create_task(bell.wait())
                await asyncio.wait([asking, ring], timeout=left, return_when=asyncio.FIRST_COMPLETED)
                ring.cancel()
        if answered.is_set():
            await asyncio.wait([asking])  # it is being carried out, which ends by itself
    except asyncio.CancelledError:
        if not answered.is_set():
            asking.cancel()
        raise
    return await room.draft(draft.id)


async def _whole(ctx: Ctx) -> Mailroom:
    return await ctx.request_context.lifespan_context.room()


async def _ask(ctx: Ctx, draft: Draft, question: Question, answered: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            if isinstance(question, ElicitRequestURLParams):
                await _ask_to_open(ctx, question)
                return
            response = await ctx.session.elicit_form(question.message, question.requested_schema, ctx.request_id)
    except (MCPError, ValidationError, TimeoutError) as error:
        log.info("nobody answered about draft %s in the client: %s", draft.id, type(error).__name__)
        return
    answered.set()
    asking, given = ctx.request_context.lifespan_context.asking, _read(response)
    await asking.carry_out(await _whole(ctx), draft, given, client_name(ctx))


async def _ask_to_open(ctx: Ctx, question: ElicitRequestURLParams) -> None:
    """Until the human declines. One who opens the page decides there, which whoever waits for this is told of."""
    given = question.message, question.url, question.elicitation_id or ""
    response = await ctx.session.elicit_url(*given, ctx.request_id)
    if response.action == "accept":
        await asyncio.Event().wait()


def _read(response: ElicitResult) -> Answer:
    """What a client sent back. Only an explicit word decides: declined, cancelled and empty answers leave it held."""
    from mailmcp.mailroom.asking import Answer

    if response.action != "accept":
        return Answer()
    given = {name: value for name, value in (response.content or {}).items() if isinstance(value, str)}
    decision = given.get("decision")
    return Answer(
        reject=decision == REJECT,
        approve=decision == APPROVE,
        word=given.get("word", ""),
        code=given.get("code", ""),
    )
