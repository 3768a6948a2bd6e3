"""Drafts as the page's script gets them: JSON of plain strings, which it writes as text and never as markup."""

from __future__ import annotations

from typing import Any

from mailmcp.mailroom.presenting import named, written
from mailmcp.mailroom.requests import Presented, ShownAddress, ShownFile, ShownMessage, Words
from mailmcp.models import Draft, DraftState


def brief(draft: Draft) -> dict[str, Any]:
    """A line of the list."""
    return {
        "id": draft.id,
        "revision": draft.revision,
        "state": str(draft.state),
        "subject": words(named(draft.subject)),
        "inbox": draft.inbox,
        "recipients": list(draft.recipients),
        "reasons": [reason.sentence for reason in draft.reasons],
        "created": draft.created_at.isoformat(),
        "expires": draft.expires_at.isoformat() if draft.expires_at and draft.state is DraftState.HELD else None,
        "send_at": draft.send_at.isoformat() if draft.send_at else None,
        "error": draft.error,
    }


def whole(shown: Presented) -> dict[str, Any]:
    """Everything that a decision needs."""
    draft = shown.draft
    return brief(draft) | {
        "sha256": draft.sha256,
        "subject": words(shown.subject),
        "people": [_person(one) for one in shown.people],
        "text": words(shown.text),
        "plain": "".join(piece.text for piece in shown.text),
        "html": shown.html,
        "links": [
            {"text": words(named(one.text)), "url": words(named(one.url)), "flags": list(one.flags)}
            for one in shown.links
        ],
        "hidden": [{"kind": kind, "text": text} for kind, text in shown.hidden],
        "notices": list(shown.notices),
        "files": [_file(one) for one in shown.files],
        "note": words(shown.note),
        "thread": [_message(one) for one in shown.thread],
        "thread_count": shown.thread_count,
        "audit": {"line": shown.audit[0], "hash": shown.audit[1]} if shown.audit else None,
        "passphrase": shown.passphrase,
        "editable": {
            "subject": "".join(piece.text for piece in shown.subject),
            "to": [written(one) for one in draft.to],
            "cc": [written(one) for one in draft.cc],
            "bcc": [written(one) for one in draft.bcc],
        },
    }


def words(pieces: Words) -> list[str | dict[str, str]]:
    """Words as a list: strings, and the names of characters that nobody sees."""
    return [piece.text if not piece.sign else {"sign": _sign(piece.sign, len(piece.text))} for piece in pieces]


def _sign(sign: str, times: int) -> str:
    return sign if times == 1 else f"{sign} × {times}"


def _person(one: ShownAddress) -> dict[str, Any]:
    return {
        "role": one.role,
        "name": words(one.name),
        "email": one.address.email,
        "ascii": one.ascii,
        "own": one.own,
        "new": one.new,
    }


def _file(one: ShownFile) -> dict[str, Any]:
    return {
        "part": one.part,
        "name": words(one.name),
        "type": one.content_type,
        "kind": one.content.kind,
        "size": one.size,
        "sha256": one.content.sha256,
        "doubt": one.content.doubt,
    }


def _message(one: ShownMessage) -> dict[str, Any]:
    return {
        "from": one.from_,
        "outgoing": one.outgoing,
        "when": one.when.isoformat(),
        "text": one.text,
        "verdict": str(one.verdict),
        "cut": one.cut,
        "answered": one.answered,
    }
