"""How a draft leaves, step by step: claimed, on the wire, and what became of it for each recipient.

Every step is a compare-and-set that names the try it belongs to (``claim``), so that of two processes which both
believe to have a draft only one gets on. A recipient that is on the wire is written down as ``unknown`` before
anything can leave; an answer changes that, and a crash leaves it true.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from mailmcp.models import Arrival, Delivery, DeliveryState, Draft, DraftState, Envelope, OutboundMail, Source
from mailmcp.store import audit, errands, inboxes, messages
from mailmcp.store.columns import milliseconds

SETTLED = (
    DeliveryState.ACCEPTED,
    DeliveryState.REFUSED,
    DeliveryState.HELD,
    DeliveryState.UNKNOWN,
    DeliveryState.BOUNCED,
)
"""What nothing is sent to again."""
ANSWER_LOST = "It was handed over and the answer was lost: it may have arrived, so it is not sent again by itself."


def of(db: sqlite3.Connection, draft: int) -> tuple[Delivery, ...]:
    """What became of a draft (its row) for each recipient that it was tried for."""
    rows = db.execute("SELECT * FROM deliveries WHERE draft = :draft ORDER BY rowid", {"draft": draft})
    return tuple(
        Delivery(recipient=row["recipient"], state=DeliveryState(row["state"]), detail=row["detail"]) for row in rows
    )


def outstanding(db: sqlite3.Connection, draft: Draft) -> tuple[str, ...]:
    """The recipients that it was not tried for yet, or is to be tried for again."""
    settled = {one.recipient for one in of(db, draft.row) if one.state in SETTLED}
    return tuple(one for one in draft.recipients if one not in settled)


def claim(db: sqlite3.Connection, draft: Draft, token: str, now: datetime) -> bool:
    """Take a queued draft up, in the name of ``token``; False when it is not queued any more."""
    return _step(db, draft, None, ("queued",), "claimed", now, token=token)


def about_to_leave(
    db: sqlite3.Connection, draft: Draft, token: str, recipients: Sequence[str], *, backend: str, now: datetime
) -> bool:
    """From here on it may have left for these recipients; False when the claim was lost: then it must not."""
    if not _step(db, draft, token, ("claimed",), "on_wire", now):
        return False
    db.execute("UPDATE drafts SET backend = :backend WHERE id = :id", {"backend": backend, "id": draft.row})
    _note(db, draft, [Delivery(recipient=one, state=DeliveryState.UNKNOWN, detail="") for one in recipients], now)
    return True


def record(
    db: sqlite3.Connection,
    draft: Draft,
    token: str,
    results: Iterable[Delivery],
    *,
    left: OutboundMail | None,
    backend: str,
    now: datetime,
) -> bool:
    """Write down what was heard, with our own copy of what left (``left``); False when the claim was lost.

    It stays claimed: ``conclude`` follows when there is nobody else to be tried.
    """
    # Also from unknown: another process may have given it up for lost, and now there is an answer.
    if not _step(db, draft, token, ("claimed", "on_wire", "unknown"), "claimed", now):
        return False
    results = list(results)
    _note(db, draft, results, now)
    accepted = [one.recipient for one in results if one.state is DeliveryState.ACCEPTED]
    if accepted:
        _keep_copy(db, draft, left, backend, now)
    return True


def conclude(
    db: sqlite3.Connection, draft: Draft, token: str | None, *, retry_at: datetime | None, now: datetime
) -> DraftState | None:
    """The state that follows from what is written down; None when the claim was lost.

    What was postponed is queued again for ``retry_at``; without such a time it is given up. A ``token`` of None is
    that of a process which found the draft left behind by another.
    """
    known = {one.recipient: _explained(one) for one in of(db, draft.row)}
    waiting = [one for one in draft.recipients if one not in known or known[one].state is DeliveryState.POSTPONED]
    if waiting and retry_at is None:
        given_up = [
            Delivery(recipient=one, state=DeliveryState.REFUSED, detail=known[one].detail if one in known else "")
            for one in waiting
        ]
        known |= {one.recipient: one for one in given_up}
        waiting = []
    states = {one.state for one in known.values()}
    to = DraftState.QUEUED if waiting else _over(states)
    if not _step(db, draft, token, ("claimed", "on_wire", "unknown"), to, now):
        return None
    _note(db, draft, known.values(), now)
    db.execute(
        "UPDATE drafts SET error = :error, not_before = :not_before, tries = tries + :again,"
        " claim = CASE WHEN :to = 'queued' THEN NULL ELSE claim END WHERE id = :id",
        {
            "error": _trouble(known.values()),
            "not_before": milliseconds(retry_at) if waiting and retry_at else None,
            "again": bool(waiting),
            "to": to,
            "id": draft.row,
        },
    )
    if to is not DraftState.QUEUED:
        audit.record(db, f"draft.{to}", now, draft=draft.id, sha256=draft.sha256)
    return to


def take_over(
    db: sqlite3.Connection,
    draft: Draft,
    results: Iterable[Delivery],
    *,
    left: OutboundMail,
    backend: str,
    now: datetime,
) -> DraftState | None:
    """Write down what a backend knows of a draft whose process died, and what follows; None when it was settled."""
    row = db.execute("SELECT claim FROM drafts WHERE id = :id AND state = 'on_wire'", {"id": draft.row}).fetchone()
    if row is None:
        return None
    record(db, draft, row["claim"], results, left=left, backend=backend, now=now)
    return conclude(db, draft, row["claim"], retry_at=now, now=now)


def release(db: sqlite3.Connection, draft: Draft, *, now: datetime, token: str | None = None) -> bool:
    """Queue a draft again of which certainly nothing has left in the try that had it."""
    if not _step(db, draft, token, ("claimed", "on_wire"), "queued", now):
        return False
    db.execute(
        "DELETE FROM deliveries WHERE draft = :id AND state = 'unknown' AND detail = ''", {"id": draft.row}
    )  # those of this try: they are on the wire and nothing was heard
    db.execute("UPDATE drafts SET claim = NULL WHERE id = :id", {"id": draft.row})
    return True


def settle(
    db: sqlite3.Connection, draft: Draft, *, arrived: bool, left: OutboundMail, by: str, now: datetime
) -> DraftState | None:
    """A human knows what became of a draft that is unknown; None when it is not (any more)."""
    unknown = [one for one in of(db, draft.row) if one.state is DeliveryState.UNKNOWN]
    if draft.state is not DraftState.UNKNOWN or not unknown:
        return None
    state = DeliveryState.ACCEPTED if arrived else DeliveryState.REFUSED
    word = "" if arrived else "A human found that it did not arrive."
    _note(db, draft, [Delivery(recipient=one.recipient, state=state, detail=word) for one in unknown], now)
    if arrived:
        _keep_copy(db, draft, left, draft.backend or "", now)
    audit.record(db, "draft.settled", now, draft=draft.id, arrived=int(arrived), by=by)
    return conclude(db, draft, None, retry_at=None, now=now)


def came_back(
    db: sqlite3.Connection, draft: Draft, recipient: str, detail: str, *, state: DeliveryState | None, now: datetime
) -> bool:
    """Somebody reports what became of a draft after it was handed over for a recipient; False when it was not.

    ``state`` is what it is from now on; None leaves that as it is, with a word beside it.
    """
    changed = db.execute(
        "UPDATE deliveries SET state = coalesce(:state, state), detail = :detail, changed_at = :now"
        " WHERE draft = :draft AND recipient = :recipient AND state IN ('accepted', 'unknown', 'held')",
        {
            "draft": draft.row,
            "recipient": recipient,
            "state": state,
            "detail": detail,
            "now": milliseconds(now),
        },
    )
    if changed.rowcount != 1:
        return False
    known = of(db, draft.row)
    db.execute(
        "UPDATE drafts SET state = :to, error = :error, changed_at = :now"
        " WHERE id = :id AND state IN ('sent', 'failed', 'unknown', 'held_elsewhere')",
        {
            "id": draft.row,
            "to": _over({one.state for one in known}),
            "error": _trouble(known),
            "now": milliseconds(now),
        },
    )
    return True


def released(db: sqlite3.Connection, draft: Draft, recipient: str, *, left: OutboundMail, now: datetime) -> bool:
    """What the provider kept for a review of its own has left for a recipient; False when it did not keep it."""
    kept = next((one for one in of(db, draft.row) if one.recipient == recipient), None)
    if kept is None or kept.state is not DeliveryState.HELD:
        return False
    came_back(db, draft, recipient, "", state=DeliveryState.ACCEPTED, now=now)
    _keep_copy(db, draft, left, draft.backend or "", now)
    audit.record(db, "draft.released_elsewhere", now, draft=draft.id, recipient=recipient)
    return True


def _over(states: Collection[DeliveryState]) -> DraftState:
    """The state of a draft for which nobody is tried any more."""
    if DeliveryState.UNKNOWN in states:
        return DraftState.UNKNOWN
    if DeliveryState.HELD in states:
        return DraftState.HELD_ELSEWHERE
    return DraftState.SENT if DeliveryState.ACCEPTED in states else DraftState.FAILED


def _step(
    db: sqlite3.Connection,
    draft: Draft,
    claimed_by: str | None,
    from_: Sequence[str],
    to: str,
    now: datetime,
    *,
    token: str | None = None,
) -> bool:
    mine = "AND claim = :claimed_by" if claimed_by is not None else ""
    changed = db.execute(
        "UPDATE drafts SET state = :to, changed_at = :now, claim = coalesce(:token, claim)"
        f" WHERE id = :id {mine} AND state IN ({','.join(map(repr, from_))})",
        {"id": draft.row, "to": str(to), "now": milliseconds(now), "token": token, "claimed_by": claimed_by},
    )
    return changed.rowcount == 1


def _note(db: sqlite3.Connection, draft: Draft, results: Iterable[Delivery], now: datetime) -> None:
    db.executemany(
        "INSERT INTO deliveries (draft, recipient, state, detail, changed_at)"
        " VALUES (:draft, :recipient, :state, :detail, :now)"
        " ON CONFLICT (draft, recipient) DO UPDATE SET state = :state, detail = :detail, changed_at = :now",
        [
            {
                "draft": draft.row,
                "recipient": one.recipient,
                "state": one.state,
                "detail": one.detail,
                "now": milliseconds(now),
            }
            for one in results
        ],
    )


def _keep_copy(db: sqlite3.Connection, draft: Draft, left: OutboundMail | None, backend: str, now: datetime) -> None:
    if left is None:
        return
    arrival = Arrival(
        raw=left.mime,
        envelope=Envelope(mail_from=left.mail_from, recipients=draft.recipients, received_at=now),
        source=Source.SUBMITTED,
        backend=backend,
    )
    inbox = inboxes.get(db, draft.inbox)
    before = draft.message
    message = messages.keep_sent(db, inbox.row, arrival, fingerprint=draft.id)
    if inbox.account is not None and before is None:
        errands.file_copy(db, inbox.account, message, now)
    db.execute("UPDATE drafts SET message = :message WHERE id = :id", {"message": message, "id": draft.row})


def _explained(one: Delivery) -> Delivery:
    """What nobody heard of gets its sentence, so that it is not taken for being on the wire now (see ``release``)."""
    silent = one.state is DeliveryState.UNKNOWN and not one.detail
    return replace(one, detail=ANSWER_LOST) if silent else one


def _trouble(known: Iterable[Delivery]) -> str | None:
    """Why it did not arrive everywhere, each reason once."""
    reasons: dict[str, list[str]] = {}
    known = list(known)
    for one in known:
        if one.detail:
            reasons.setdefault(one.detail, []).append(one.recipient)
    if not reasons:
        return None
    if len(reasons) == 1 and len(next(iter(reasons.values()))) == len(known):
        return next(iter(reasons))
    return "; ".join(f"{', '.join(who)}: {why}" for why, who in reasons.items())
