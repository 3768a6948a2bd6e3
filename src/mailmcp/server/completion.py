"""What a host offers while a person fills in a prompt or the URI of a resource: inboxes and conversations of theirs.

Only names are offered, never words of a mail: an address, or the id of a thread with nothing beside it.
"""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from mailmcp.errors import MailError
from mailmcp.server.session import Session

MOST = 100
"""Values of one answer, as the protocol allows."""
THREADS = 50
_INBOX = frozenset({("triage_inbox", "inbox"), ("sign_up_with_code", "inbox"), ("mail://inbox/{address}", "address")})
_THREAD = frozenset({("answer_thread", "thread"), ("mail://thread/{id}", "id")})
_DRAFT = frozenset({("mail://drafts/{id}", "id")})


def add_completion(server: MCPServer[Session], session: Session) -> None:
    """Answer `completion/complete`."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction]
        ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument, _: CompletionContext | None
    ) -> Completion:
        about = ref.name if isinstance(ref, PromptReference) else str(ref.uri)
        try:
            values = await _known(session, about, argument.name)
        except MailError:  # whoever may not read is offered nothing
            values = []
        begun = argument.value.strip().lower()
        fitting = [one for one in values if one.lower().startswith(begun)]
        return Completion(values=fitting[:MOST], total=len(fitting), has_more=len(fitting) > MOST)


async def _known(session: Session, about: str, argument: str) -> list[str]:
    asked = about, argument
    if asked in _INBOX:
        return [one.inbox.address for one in await (await session.counter()).list_inboxes()]
    if asked in _THREAD:
        from mailmcp.mailroom.requests import Search

        found = await (await session.counter()).reading.find(Search(limit=THREADS))
        return [one.id for one in found.threads]
    if asked in _DRAFT:
        return [one.id for one in await (await session.counter()).open_drafts()]
    return []
