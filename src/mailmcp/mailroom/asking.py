"""What a human may decide from inside an MCP client: reject, and approve only in a client that the settings trust.

A client can answer such a question without asking anybody, and some do. So an answer that says nothing leaves the
draft held, a rejection needs no proof (it lets nothing go), and an approval needs the code that a terminal or the page
shows: nothing that a client or a model is told holds it.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailmcp.errors import MailError, Refused
from mailmcp.mailroom.presenting import named
from mailmcp.models import Draft

if TYPE_CHECKING:
    from mailmcp.mailroom.room import Mailroom

log = logging.getLogger("mailmcp.asking")

LONGEST_WORD = 500
RECIPIENTS_SHOWN = 10
SUBJECT_SHOWN = 200
WRONG_CODES = 5
"""After so many in one process no client approves any more: somebody guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back from a client, which a human may have written."""

    reject: bool = False
    approve: bool = False
    word: str = ""
    code: str = ""


class Asking:
    """The questions that one process puts to the human through its client."""

    def __init__(self) -> None:
        self._wrong_codes = 0

    async def trusts(self, room: Mailroom, client: str) -> bool:
        """Whether a client of this name may approve: the settings name it, and no passphrase is demanded.

        A form in a client is no place for a passphrase, so with one the client can only reject.
        """
        named_so = client in (await room.in_force.now()).approval.trusted_clients
        return named_so and self._wrong_codes < WRONG_CODES and not await room.approver.is_set()

    async def carry_out(self, room: Mailroom, draft: Draft, answer: Answer, client: str) -> Draft:
        """Do what was answered about the draft that was shown; what the draft is then. The first decision wins."""
        who = f"the client {client or 'without a name'}, unproved"
        try:
            if answer.reject:
                word = visible(answer.word)[:LONGEST_WORD]
                return await room.reject(
                    draft.id, word=word, approver=who, sha256=draft.sha256, revision=draft.revision
                )
            if answer.approve and await self.trusts(room, client):
                if not _same(answer.code, await room.code(draft)):
                    self._wrong_codes += 1
                    raise Refused("The code that was typed in the client is not that of this draft.")
                return await room.approve(draft.id, sha256=draft.sha256, approver=who, revision=draft.revision)
        except MailError as error:  # decided elsewhere meanwhile, edited, or the wrong code: it stays what it is
            log.warning("the answer about draft %s changes nothing: %s", draft.id, error)
        return await room.draft(draft.id)


def summary(draft: Draft, *, where: str, code_from: str | None = None, opens: bool = False) -> str:
    """What the human is told: enough to see what it is about, and where to read the rest.

    ``where`` says how it is approved; ``code_from`` names what shows the code, for a client that may approve; a client
    that ``opens`` the page has nothing to decide.
    """
    to = list(draft.recipients)
    more = f" and {len(to) - RECIPIENTS_SHOWN} more" if len(to) > RECIPIENTS_SHOWN else ""
    choice = "reject it or leave it held"
    if code_from:
        choice = f"approve it with the code that {code_from} shows, reject it or leave it held"
    lines = [
        "A message waits for you; nothing has been sent.",
        f"From: {draft.inbox}",
        f"To: {visible(', '.join(to[:RECIPIENTS_SHOWN]))}{more}",
        f"Subject: {visible(draft.subject)[:SUBJECT_SHOWN] or '(none)'}",
        *(f"Why: {visible(reason.sentence)}" for reason in draft.reasons),
        f"This is a summary. {where}",
        "To open the page decides nothing." if opens else f"Here you can {choice}.",
    ]
    return "\n".join(lines)


def visible(words: str) -> str:
    """Words in one line, with the characters that nobody sees named where they stand."""
    return " ".join("".join(f"[{one.sign}]" if one.sign else one.text for one in named(words)).split())


def _same(typed: str, code: str) -> bool:
    return hmac.compare_digest(typed.strip().upper().encode("utf-8", "replace"), code.upper().encode())
