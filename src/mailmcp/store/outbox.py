"""Drafts on their way out: held, queued, claimed, on the wire, and what became of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailmcp.errors import NotFound
from mailmcp.models import DeliveryState, Draft, DraftState, OutboundMail, Reason, Seal, Submission
from mailmcp.store import audit, deliveries, seals, sends
from mailmcp.store.columns import (
    addresses,
    addresses_json,
    coded_json,
    milliseconds,
    moment,
    new_id,
    optional_moment,
    reasons,
    strings,
)

REPEAT_WINDOW = timedelta(minutes=10)
"""How long the same content counts as a repeat of the same call (law 7)."""

# While the first is in one of these states a repeat returns it; after the others a repeat is a new draft.
_STILL_COUNTS = ("held", "queued", "claimed", "on_wire", "sent", "unknown", "held_elsewhere", "rejected")
_COUNTS = (
    "inbox = :inbox AND (created_at >= :since OR decided_at >= :since OR (state = 'rejected' AND changed_at >= :since))"
    f" AND (state IN ({','.join(repr(state) for state in _STILL_COUNTS)})"
    # What is over without having left everywhere may have left for somebody.
    " OR EXISTS (SELECT 1 FROM deliveries WHERE draft = drafts.id AND deliveries.state IN"
    "   ('accepted', 'unknown', 'held')))"
)
_REPEATED = (
    f"SELECT id, public_id FROM drafts WHERE content_key = :key AND {_COUNTS}"
    " UNION ALL SELECT id, public_id FROM edits JOIN drafts ON drafts.id = edits.draft"
    f" WHERE edits.content_key = :key AND {_COUNTS} ORDER BY 1 DESC LIMIT 1"
)
"""The newest draft of which something is a repeat: written or decided of late, in whichever of its versions."""
_LEAVES = "coalesce(not_before, send_at, drafts.created_at)"
"""When a queued draft leaves."""
OPEN = (
    DraftState.HELD,
    DraftState.QUEUED,
    DraftState.CLAIMED,
    DraftState.ON_WIRE,
    DraftState.UNKNOWN,
    DraftState.HELD_ELSEWHERE,
)
"""Those that are not over: of an unknown one a human should find out what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraft:
    """What is written down of a composed message."""

    submission: Submission
    mime: bytes
    sha256: str
    content_key: str
    state: DraftState
    reasons: tuple[Reason, ...]
    note: str
    expires_at: datetime | None
    not_before: datetime | None = None
    """When it leaves at the earliest; None: at ``send_at``, or at once."""
    caller: str = ""
    """The key of whoever wrote it."""
    message_id: str | None = None
    """Its Message-ID: what comes back about it names that."""


def submit(
    db: sqlite3.Connection, new: NewDraft, *, now: datetime, duplicate_expires_at: datetime | None = None
) -> tuple[Draft, bool]:
    """Write a draft down, or find the one that this call repeats: (draft, whether it is new).

    With ``duplicate_expires_at`` a repeat is wanted: it is a draft of its own, and a human decides until then.
    """
    inbox, since = new.submission.inbox, milliseconds(now - REPEAT_WINDOW)
    row = db.execute(_REPEATED, {"inbox": inbox.row, "key": new.content_key, "since": since}).fetchone()
    if row is not None:
        if duplicate_expires_at is None:
            return get(db, row["public_id"]), False
        why = Reason("duplicate", f"The same mail was submitted a moment ago, as {row['public_id']}.")
        new = replace(
            new,
            state=DraftState.HELD,
            reasons=(*new.reasons, why),
            expires_at=new.expires_at or duplicate_expires_at,
        )
    draft_id = new_id("d")
    asked = new.submission
    db.execute(
        "INSERT INTO drafts (public_id, inbox, state, content_key, sha256, mime, to_, cc, bcc, subject, reasons, note,"
        " created_at, send_at, expires_at, not_before, changed_at, answers, carries,"
        " message_id, caller) VALUES (:id, :inbox, :state, :key,"
        " :sha256, :mime, :to_, :cc, :bcc, :subject, :reasons, :note, :now, :send_at, :expires_at, :not_before, :now,"
        " :answers, :carries, :message_id, :caller)",
        {
            "id": draft_id,
            "inbox": inbox.row,
            "state": new.state,
            "key": new.content_key,
            "sha256": new.sha256,
            "mime": new.mime,
            "to_": addresses_json(asked.to),
            "cc": addresses_json(asked.cc),
            "bcc": addresses_json(asked.bcc),
            "subject": asked.subject,
            "reasons": coded_json(new.reasons),
            "note": new.note,
            "now": milliseconds(now),
            "send_at": milliseconds(asked.send_at) if asked.send_at else None,
            "expires_at": milliseconds(new.expires_at) if new.expires_at else None,
            "not_before": milliseconds(new.not_before) if new.not_before else None,
            "answers": asked.answers,
            "carries": json.dumps(asked.carries),
            "message_id": new.message_id,
            "caller": new.caller,
        },
    )
    return get(db, draft_id), True


def get(db: sqlite3.Connection, public_id: str) -> Draft:
    """A draft by its id. Raises NotFound."""
    found = _select(db, "drafts.public_id = :id", {"id": public_id})
    if not found:
        raise NotFound(
            f"There is no draft {public_id}: call check_draft without arguments for the open ones.",
            f"There is no draft {public_id}: `mailmcp held` lists those that wait for you.",
        )
    return found[0]


def open_drafts(db: sqlite3.Connection, states: Sequence[DraftState] = OPEN) -> list[Draft]:
    """The drafts in these states, oldest first."""
    return _select(db, f"state IN ({','.join(repr(str(state)) for state in states)}) ORDER BY drafts.id LIMIT 200", {})


def open_of(db: sqlite3.Connection, inbox: str) -> list[Draft]:
    """All drafts of one inbox (its address) that are not over."""
    among = ",".join(repr(str(state)) for state in OPEN)
    return _select(db, f"inboxes.address = :inbox AND state IN ({among}) ORDER BY drafts.id", {"inbox": inbox.lower()})


def decided(db: sqlite3.Connection, *, limit: int) -> list[Draft]:
    """Drafts of which is known what became of them, the newest first."""
    over = "state NOT IN ('held', 'queued', 'claimed', 'on_wire', 'held_elsewhere')"
    return _select(db, f"{over} ORDER BY drafts.changed_at DESC, drafts.id DESC LIMIT :limit", {"limit": limit})


def mail(db: sqlite3.Connection, draft: Draft) -> OutboundMail:
    """The bytes and envelope of a draft. Raises NotFound when they are kept no more or its inbox was deleted."""
    row = db.execute("SELECT mime FROM drafts WHERE id = :id", {"id": draft.row}).fetchone()
    if row is None:
        raise NotFound(f"There is no draft {draft.id} any more: its inbox was deleted.")
    if not row["mime"]:
        raise NotFound(
            f"The draft {draft.id} is over, and its text is kept no longer: its inbox keeps mail by age or size"
            " (mailmcp inbox keep)."
        )
    return OutboundMail(mime=bytes(row["mime"]), mail_from=draft.inbox, recipients=draft.recipients)


def move(
    db: sqlite3.Connection,
    draft: Draft,
    *,
    from_: Sequence[DraftState],
    to: DraftState,
    now: datetime,
    error: str | None = None,
    message: int | None = None,
) -> bool:
    """Change a draft's state if it is still in one of ``from_`` (compare and set); whether it was."""
    changed = db.execute(
        "UPDATE drafts SET state = :to, changed_at = :now, error = :error, message = coalesce(:message, message)"
        f" WHERE id = :id AND state IN ({','.join(repr(str(state)) for state in from_)})",
        {"id": draft.row, "to": to, "now": milliseconds(now), "error": error, "message": message},
    )
    return changed.rowcount == 1


def decide(
    db: sqlite3.Connection,
    draft: Draft,
    *,
    to: DraftState,
    approver: str,
    now: datetime,
    word: str | None = None,
    seal: Seal | None = None,
) -> bool:
    """A human's decision on a held draft, with its line in the audit log; False when it is not held as it was shown.

    ``seal`` is what an approval is proved by when the draft leaves.
    """
    if not is_as_shown(db, draft) or not move(db, draft, from_=(DraftState.HELD,), to=to, now=now, error=word):
        return False
    if to is DraftState.QUEUED:
        if seal is not None:
            seals.put(db, draft, seal)
        sends.agree(db, draft, now)
        # Whoever read it has had a window of their own; what was stale is due now.
        db.execute(
            "UPDATE drafts SET decided_at = :now, not_before = CASE WHEN send_at > :now THEN send_at ELSE :now END"
            " WHERE id = :id",
            {"now": milliseconds(now), "id": draft.row},
        )
    event = "draft.approved" if to is DraftState.QUEUED else "draft.rejected"
    audit.record(db, event, now, draft=draft.id, revision=draft.revision, sha256=draft.sha256, by=approver)
    return True


def revise(
    db: sqlite3.Connection,
    draft: Draft,
    *,
    submission: Submission,
    mime: bytes,
    sha256: str,
    why: Sequence[Reason],
    content_key: str,
    editor: str,
    now: datetime,
) -> bool:
    """A human wrote a held draft anew: its next revision, held as before; False when it is not held as it was shown."""
    if not is_as_shown(db, draft):
        return False
    changed = db.execute(
        "UPDATE drafts SET revision = revision + 1, mime = :mime, sha256 = :sha256, to_ = :to_, cc = :cc, bcc = :bcc,"
        " subject = :subject, reasons = :reasons, changed_at = :now WHERE id = :id AND state = 'held'",
        {
            "id": draft.row,
            "mime": mime,
            "sha256": sha256,
            "to_": addresses_json(submission.to),
            "cc": addresses_json(submission.cc),
            "bcc": addresses_json(submission.bcc),
            "subject": submission.subject,
            "reasons": coded_json(why),
            "now": milliseconds(now),
        },
    )
    if changed.rowcount != 1:
        return False
    db.execute(
        "INSERT INTO edits (draft, content_key) VALUES (:draft, :key) ON CONFLICT DO NOTHING",
        {"draft": draft.row, "key": content_key},
    )
    audit.record(
        db,
        "draft.edited",
        now,
        draft=draft.id,
        revision=draft.revision + 1,
        before=draft.sha256,
        sha256=sha256,
        by=editor,
    )
    return True


def is_as_shown(db: sqlite3.Connection, draft: Draft) -> bool:
    """Whether a draft is still the version that somebody was shown."""
    row = db.execute("SELECT revision, sha256 FROM drafts WHERE id = :id", {"id": draft.row}).fetchone()
    return row is not None and (row["revision"], row["sha256"]) == (draft.revision, draft.sha256)


def withdraw(db: sqlite3.Connection, draft: Draft, *, now: datetime, partly: bool = False) -> bool:
    """The caller takes a draft back; False when it left (for anybody at all, unless ``partly``), or was decided."""
    gone = not partly and any(one.state is not DeliveryState.POSTPONED for one in deliveries.of(db, draft.row))
    if gone or not move(db, draft, from_=(DraftState.HELD, DraftState.QUEUED), to=DraftState.WITHDRAWN, now=now):
        return False
    audit.record(db, "draft.withdrawn", now, draft=draft.id, sha256=draft.sha256)
    return True


def due(db: sqlite3.Connection, now: datetime) -> list[Draft]:
    """Queued drafts whose time has come, oldest first."""
    return _select(
        db, f"state = 'queued' AND {_LEAVES} <= :now ORDER BY drafts.id LIMIT 50", {"now": milliseconds(now)}
    )


def begun(db: sqlite3.Connection) -> list[Draft]:
    """Drafts that some process has taken up and not finished: it is at it, or it died."""
    return _select(db, "state IN ('claimed', 'on_wire') ORDER BY drafts.id", {})


def count(db: sqlite3.Connection, state: DraftState) -> int:
    """How many drafts are in a state."""
    return int(db.execute("SELECT count(*) FROM drafts WHERE state = :state", {"state": state}).fetchone()[0])


def hold_again(
    db: sqlite3.Connection,
    draft: Draft,
    *why: Reason,
    now: datetime,
    expires_at: datetime,
    from_: DraftState = DraftState.QUEUED,
    claimed_by: str | None = None,
) -> bool:
    """Hold a draft for a human after all; False when it is not in that state (and that try's) any more."""
    mine = "TRUE" if claimed_by is None else "claim = :claim"
    known = {reason.code for reason in why}
    changed = db.execute(
        "UPDATE drafts SET state = 'held', changed_at = :now, error = NULL, reasons = :reasons,"
        " expires_at = :expires_at, decided_at = NULL, claim = NULL"
        f" WHERE id = :id AND state = :from_ AND {mine}",
        {
            "now": milliseconds(now),
            "reasons": coded_json((*(one for one in draft.reasons if one.code not in known), *why)),
            "expires_at": milliseconds(expires_at),
            "id": draft.row,
            "from_": from_,
            "claim": claimed_by,
        },
    )
    if changed.rowcount != 1:
        return False
    codes = " ".join(dict.fromkeys(reason.code for reason in why))
    audit.record(db, "draft.held_again", now, draft=draft.id, sha256=draft.sha256, why=codes)
    return True


def has_expired(db: sqlite3.Connection, now: datetime) -> bool:
    """Whether ``expire`` has anything to do: to look does not wait for those who write."""
    find = "SELECT 1 FROM drafts WHERE state = 'held' AND expires_at <= :now LIMIT 1"
    return db.execute(find, {"now": milliseconds(now)}).fetchone() is not None


def expire(db: sqlite3.Connection, now: datetime) -> int:
    """Turn held drafts past their time into expired ones; how many."""
    expired = db.execute(
        "UPDATE drafts SET state = 'expired', changed_at = :now WHERE state = 'held' AND expires_at <= :now"
        " RETURNING public_id, sha256",
        {"now": milliseconds(now)},
    ).fetchall()
    for row in expired:
        audit.record(db, "draft.expired", now, draft=row["public_id"], sha256=row["sha256"])
    return len(expired)


def count_anew(db: sqlite3.Connection, now: datetime, *, later_than: datetime) -> int:
    """Queued drafts that were written down in what is the future now: they wait as long as they should, from now on."""
    return db.execute(
        "UPDATE drafts SET not_before = :now + max(0, coalesce(not_before, changed_at) - changed_at), changed_at = :now"
        " WHERE state = 'queued' AND send_at IS NULL AND changed_at > :later",
        {"now": milliseconds(now), "later": milliseconds(later_than)},
    ).rowcount


def _select(db: sqlite3.Connection, condition: str, values: dict[str, object]) -> list[Draft]:
    rows = db.execute(
        "SELECT drafts.*, inboxes.address, messages.public_id AS message_public FROM drafts"
        " JOIN inboxes ON inboxes.id = drafts.inbox LEFT JOIN messages ON messages.id = drafts.message"
        f" WHERE {condition}",
        values,
    ).fetchall()
    return [
        Draft(
            row=row["id"],
            id=row["public_id"],
            inbox=row["address"],
            state=DraftState(row["state"]),
            to=addresses(row["to_"]),
            cc=addresses(row["cc"]),
            bcc=addresses(row["bcc"]),
            subject=row["subject"],
            sha256=row["sha256"],
            reasons=reasons(row["reasons"]),
            note=row["note"],
            created_at=moment(row["created_at"]),
            send_at=optional_moment(row["send_at"]),
            expires_at=optional_moment(row["expires_at"]),
            error=row["error"],
            message=row["message_public"],
            not_before=optional_moment(row["not_before"]),
            decided_at=optional_moment(row["decided_at"]),
            tries=row["tries"],
            backend=row["backend"],
            deliveries=deliveries.of(db, row["id"]),
            revision=row["revision"],
            answers=row["answers"],
            carries=strings(row["carries"]),
        )
        for row in rows
    ]
