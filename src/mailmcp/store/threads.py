"""Conversations: where a message is put, and the lists that find_mail shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from mailmcp.errors import NotFound
from mailmcp.language.domains import spellings
from mailmcp.mail import threads as rules
from mailmcp.models import Message, ThreadSummary, Verdict
from mailmcp.store import search, terms
from mailmcp.store.columns import addresses, milliseconds, moment, new_id

SEARCH_WINDOW = 750
"""Newest matches of a search that are looked at to make one page of threads."""
WALKED, WALKED_MESSAGES = 8_000, 30_000
"""Newest threads that are tried for a page of a search, when so many of the newest messages should be enough for it."""
FEW = 1_000
"""Messages of a sender or with a label up to which their threads are looked up first; see ``_sieve``."""
PEOPLE_SHOWN = 8
SAME_SUBJECT = 20
"""Newest conversations of one subject that are looked at: a stranger's must not stand before the right one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What find_mail asks for; None means any."""

    inboxes: tuple[int, ...] | None = None
    query: str | None = None
    from_: str | None = None
    unread: bool | None = None
    label: str | None = None
    after: int | None = None
    """A position, or"""
    after_time: datetime | None = None
    """a time that their newest message came after."""


def place(db: sqlite3.Connection, inbox: int, message: Message, now: datetime, *, proved: bool = True) -> int:
    """The row of the conversation that a new message of an inbox belongs to, made when there is none.

    ``proved`` says that the sender is who the message says: by its subject alone nobody else joins a conversation.

    A parent that comes after its children joins (and joins together) the conversations that they began, when it has
    a person in common with them.
    """
    thread = _of_ancestor(db, inbox, rules.ancestors(message))
    children = _of_children(db, inbox, message)
    if thread is None and not children and proved:
        thread = _by_subject(db, inbox, message, now)
    if thread is None:
        thread = children[0] if children else _begin(db, inbox, message, now)
    for child in children:
        if child != thread:
            _merge(db, child, thread)
    return thread


def get(db: sqlite3.Connection, public_id: str) -> tuple[int, str]:
    """(row, inbox address) of a thread by its id, also of one that was joined into another. Raises NotFound."""
    row = db.execute(
        "SELECT coalesce(merged_into, threads.id) AS id, address FROM threads"
        " JOIN inboxes ON inboxes.id = threads.inbox WHERE public_id = :id",
        {"id": public_id},
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no thread {public_id}: find_mail lists the threads there are.")
    return int(row["id"]), str(row["address"])


def find(
    db: sqlite3.Connection, wanted: Filter, *, limit: int, before: int | None
) -> tuple[list[ThreadSummary], str | None]:
    """A page of threads, newest first, and the cursor of the next page (None on the last).

    ``before`` is the position that an earlier page's cursor named.
    """
    clauses, values = _conditions(db, wanted)
    if before is not None:
        clauses.append("threads.last_position < :before")
        values["before"] = before
    if wanted.query is not None:
        matching = _search(db, wanted, clauses, values, limit=limit + 1)
        if not matching:
            return [], None
        clauses.append(f"threads.id IN ({','.join(map(str, matching))})")
    rows = db.execute(
        "SELECT threads.*, inboxes.address, arrivals.cursor FROM threads"
        " JOIN inboxes ON inboxes.id = threads.inbox JOIN arrivals ON arrivals.position = threads.last_position"
        f" WHERE {' AND '.join(clauses)} ORDER BY threads.last_position DESC LIMIT :limit",
        {**values, "limit": limit + 1},
    ).fetchall()
    labels = _labels(db, [row["id"] for row in rows[:limit]])
    page = [_summary(row, labels.get(row["id"], ())) for row in rows[:limit]]
    return page, (page[-1].cursor if len(rows) > limit else None)


def refresh(db: sqlite3.Connection, thread: int, *, first_line: str | None = None) -> None:
    """Bring a thread's counts, people and newest state up to its messages."""
    db.execute(
        "UPDATE threads SET"
        " message_count = (SELECT count(*) FROM messages WHERE thread = :thread),"
        " unread_count = (SELECT count(*) FROM messages WHERE thread = :thread AND read = 0 AND outgoing = 0),"
        " last_position = (SELECT max(position) FROM messages WHERE thread = :thread),"
        " last_at = (SELECT received_at FROM messages WHERE thread = :thread ORDER BY position DESC LIMIT 1),"
        " verdict = coalesce((SELECT verdict FROM messages WHERE thread = :thread AND outgoing = 0"
        "   ORDER BY position DESC LIMIT 1), 'local'),"
        " first_line = coalesce(:first_line, first_line)"
        " WHERE id = :thread",
        {"thread": thread, "first_line": first_line},
    )


def add_person(db: sqlite3.Connection, thread: int, name: str, email: str) -> None:
    """Remember that somebody wrote in a conversation."""
    who: list[list[str]] = json.loads(
        db.execute("SELECT who FROM threads WHERE id = :thread", {"thread": thread}).fetchone()["who"]
    )
    if email and len(who) < PEOPLE_SHOWN and all(known.lower() != email.lower() for _, known in who):
        db.execute(
            "UPDATE threads SET who = :who WHERE id = :thread",
            {"thread": thread, "who": json.dumps([*who, [name, email]], ensure_ascii=False)},
        )


def _of_ancestor(db: sqlite3.Connection, inbox: int, ids: Sequence[str]) -> int | None:
    for mention in ids:
        row = db.execute(
            "SELECT thread FROM messages WHERE inbox = :inbox AND message_id = :id AND thread IS NOT NULL"
            " UNION ALL SELECT messages.thread FROM mentions JOIN messages ON messages.id = mentions.message"
            " WHERE mentions.inbox = :inbox AND mention = :id AND messages.thread IS NOT NULL LIMIT 1",
            {"inbox": inbox, "id": mention},
        ).fetchone()
        if row is not None:
            return int(row["thread"])
    return None


def _of_children(db: sqlite3.Connection, inbox: int, message: Message) -> list[int]:
    """Conversations begun by answers to a message that comes only now.

    An id that was seen before is no late parent, and somebody who shares no person with the children is no parent
    of theirs: a Message-ID can be made up. On a list that person is the list.
    """
    if message.message_id is None or message.author is None:
        return []
    values = {"inbox": inbox, "id": message.message_id}
    if db.execute("SELECT 1 FROM messages WHERE inbox = :inbox AND message_id = :id LIMIT 1", values).fetchone():
        return []
    rows = db.execute(
        "SELECT DISTINCT messages.thread, messages.from_email, messages.to_, messages.cc FROM mentions"
        " JOIN messages ON messages.id = mentions.message"
        " WHERE mentions.inbox = :inbox AND mention = :id AND messages.thread IS NOT NULL LIMIT 100",
        values,
    ).fetchall()
    people = {address.email.lower() for address in (*message.from_, *message.to, *message.cc)}
    people.discard(db.execute("SELECT address FROM inboxes WHERE id = :inbox", values).fetchone()["address"])
    threads: dict[int, None] = {}
    for row in rows:
        others = {address.email.lower() for address in (*addresses(row["to_"]), *addresses(row["cc"]))}
        if row["from_email"] in people or not people.isdisjoint(others):
            threads[row["thread"]] = None
    return list(threads)


def _by_subject(db: sqlite3.Connection, inbox: int, message: Message, now: datetime) -> int | None:
    base, answer = rules.base_subject(message.subject)
    if not base or not answer:
        return None
    rows = db.execute(
        "SELECT id, last_at FROM threads WHERE inbox = :inbox AND base_subject = :base AND merged_into IS NULL"
        " ORDER BY last_position DESC LIMIT :limit",
        {"inbox": inbox, "base": base, "limit": SAME_SUBJECT},
    ).fetchall()
    for row in rows:
        wrote = db.execute(
            "SELECT to_, cc FROM messages WHERE thread = :thread AND outgoing = 1", {"thread": row["id"]}
        ).fetchall()
        conversation = rules.Conversation(
            last_at=moment(row["last_at"]),
            wrote_to=frozenset(
                address.email.lower() for sent in wrote for address in (*addresses(sent["to_"]), *addresses(sent["cc"]))
            ),
        )
        if rules.may_join_by_subject(message, conversation, now):
            return int(row["id"])
    return None


def _begin(db: sqlite3.Connection, inbox: int, message: Message, now: datetime) -> int:
    row = db.execute(
        "INSERT INTO threads (public_id, inbox, subject, base_subject, who, first_line, verdict,"
        " message_count, unread_count, last_at, last_position)"
        " VALUES (:id, :inbox, :subject, :base, '[]', '', :verdict, 0, 0, :now, 0) RETURNING id",
        {
            "id": new_id("t"),
            "inbox": inbox,
            "subject": message.subject,
            "base": rules.base_subject(message.subject)[0],
            "verdict": Verdict.UNVERIFIED,
            "now": milliseconds(now),
        },
    ).fetchone()
    return int(row["id"])


def _merge(db: sqlite3.Connection, child: int, parent: int) -> None:
    db.execute("UPDATE messages SET thread = :parent WHERE thread = :child", {"parent": parent, "child": child})
    who = db.execute("SELECT who FROM threads WHERE id = :child", {"child": child}).fetchone()["who"]
    for person in addresses(who):
        add_person(db, parent, person.name, person.email)
    db.execute(
        "UPDATE threads SET merged_into = :parent WHERE id = :child OR merged_into = :child",
        {"parent": parent, "child": child},
    )


def _conditions(db: sqlite3.Connection, wanted: Filter) -> tuple[list[str], dict[str, Any]]:
    clauses, values = ["threads.merged_into IS NULL"], dict[str, Any]()
    if wanted.inboxes is not None:
        clauses.append(f"threads.inbox IN ({','.join(map(str, wanted.inboxes))})")
    if wanted.unread is not None:
        clauses.append("threads.unread_count > 0" if wanted.unread else "threads.unread_count = 0")
    if wanted.after is not None:
        clauses.append("threads.last_position > :after")
        values["after"] = wanted.after
    if wanted.after_time is not None:
        clauses.append("threads.last_at > :after_time")
        values["after_time"] = milliseconds(wanted.after_time)
    if wanted.label is not None:
        values["label"] = wanted.label
        labelled = "labels JOIN messages ON messages.id = labels.message"
        clauses.append(_sieve(db, labelled, "labels.label = :label", values))
    if wanted.from_ is not None:
        clause, values_from = from_condition(wanted.from_, by_sender=True)
        values |= values_from
        clauses.append(_sieve(db, "messages", clause, values))
    return clauses, values


def _sieve(db: sqlite3.Connection, source: str, condition: str, values: dict[str, Any]) -> str:
    """A condition on ``threads``: that they have a message of ``source`` which fits ``condition``.

    The threads of few messages are looked up by them. Of many, a page fills soon when threads are tried one by one
    from the newest on, and looking all of them up would take longer.
    """
    rows = db.execute(
        f"SELECT messages.thread FROM {source} WHERE {condition} AND messages.thread IS NOT NULL LIMIT {FEW + 1}",
        values,
    ).fetchall()
    if len(rows) > FEW:
        return f"EXISTS (SELECT 1 FROM {source} WHERE {condition} AND messages.thread = threads.id)"
    return f"threads.id IN ({','.join(sorted({str(row['thread']) for row in rows})) or 'NULL'})"


def from_condition(wanted: str, *, by_sender: bool = False) -> tuple[str, dict[str, str]]:
    """An SQL condition on ``messages`` for an exact address, or a domain with its sub-domains, however it is spelled.

    ``by_sender`` is for a search by the index of senders, which begins with the labels.
    """
    local, at, domain = wanted.strip().lower().removeprefix("@").rpartition("@")
    clauses: list[str] = []
    values: dict[str, str] = {}
    for number, spelled in enumerate(spellings(domain)):
        labels = reversed_labels(spelled)
        values[f"from_low_{number}"] = labels
        if at:
            indexed = f" AND messages.from_labels = :from_low_{number}" if by_sender else ""
            clauses.append(f"messages.from_email = :from_{number}{indexed}")
            values[f"from_{number}"] = f"{local}{at}{spelled}"
        else:
            # The labels end in a dot: all from "test.app." up to "test.app/" is the domain or one below it.
            clauses.append(f"messages.from_labels >= :from_low_{number} AND messages.from_labels < :from_high_{number}")
            values[f"from_high_{number}"] = labels[:-1] + "/"
    return (clauses[0] if len(clauses) == 1 else f"({' OR '.join(clauses)})"), values


def reversed_labels(domain: str) -> str:
    """``mail.app.test`` as ``test.app.mail.``: the sub-domains of a domain become a range of the index."""
    return "".join(f"{label}." for label in reversed(domain.lower().strip(".").split(".")))


def _search(
    db: sqlite3.Connection, wanted: Filter, clauses: list[str], values: dict[str, Any], *, limit: int
) -> list[int]:
    """The threads of the newest messages that match a query and whose threads meet the other conditions.

    Not all of them where the ``limit`` newest threads are known for certain: that is what a page shows.
    """
    words = search.expression(wanted.query or "", partial(terms.beginning, db))
    if words is None:
        return []
    values = {**values, "words": words, "window": SEARCH_WINDOW}
    # Rows are in the order of arrival, which is that of announcement unless history was fetched, the newest first.
    history = db.execute("SELECT 1 FROM messages WHERE history = 1 LIMIT 1").fetchone()
    if not history and (found := _walk(db, wanted, clauses, values, limit=limit)) is not None:
        return found
    newest = "messages.position" if history else "search.rowid"
    if wanted.inboxes is not None:  # as its thread's, but told without reading that
        clauses = [f"messages.inbox IN ({','.join(map(str, wanted.inboxes))})", *clauses]
    rows = db.execute(
        "SELECT DISTINCT thread FROM (SELECT threads.id AS thread FROM search"
        " CROSS JOIN messages ON messages.id = search.rowid CROSS JOIN threads ON threads.id = messages.thread"
        f" WHERE search MATCH :words AND {' AND '.join(clauses)} ORDER BY {newest} DESC LIMIT :window)",
        values,
    ).fetchall()
    return [row["thread"] for row in rows]


def _walk(
    db: sqlite3.Connection, wanted: Filter, clauses: list[str], values: dict[str, Any], *, limit: int
) -> list[int] | None:
    """The same, from the newest thread on: two indexes are read, and none of the rows of hundreds of matches, each of
    which may lie on a page of its own. None where that would take longer, or where it is not certain to be the same.
    """
    others = (wanted.unread, wanted.label, wanted.from_, wanted.after, wanted.after_time)
    if any(one is not None for one in others):
        return None
    if wanted.inboxes is not None and len(wanted.inboxes) != 1:
        return None
    if db.execute("SELECT 1 FROM sqlite_temp_schema WHERE name = 'threads'").fetchone():
        return None  # a caller's own rows (``scopes``): its window is another, and has no such index
    rows = db.execute("SELECT rowid FROM search WHERE search MATCH :words ORDER BY rowid DESC LIMIT :window", values)
    matches: list[int] = [row["rowid"] for row in rows]
    if len(matches) < 2 * limit:
        return None
    newest = db.execute("SELECT max(id) AS id FROM messages").fetchone()["id"]
    if newest - matches[2 * limit - 1] > WALKED_MESSAGES:
        return None
    # With other conditions the window reaches further back than these matches, and with it the messages of a thread.
    narrowed = len(matches) == SEARCH_WINDOW and len(clauses) > 1
    walked = db.execute(
        "SELECT threads.id, EXISTS (SELECT 1 FROM messages WHERE messages.thread = threads.id AND messages.id IN"
        "   (SELECT value FROM json_each(:matches))) AS fits,"
        " :narrowed AND EXISTS (SELECT 1 FROM messages WHERE messages.thread = threads.id AND messages.id < :reached)"
        "   AS reaches_back"
        f" FROM threads WHERE {' AND '.join(clauses)} ORDER BY threads.last_position DESC LIMIT :walked",
        {
            **values,
            "matches": json.dumps(matches),
            "narrowed": narrowed,
            "reached": matches[-1],
            "walked": WALKED,
        },
    )
    found: list[int] = []
    count = 0
    for row in walked:
        count += 1
        if row["fits"]:
            found.append(row["id"])
        elif row["reaches_back"]:
            return None
        if len(found) == limit:
            return found
    return found if count < WALKED else None


def _labels(db: sqlite3.Connection, threads: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The labels of conversations, in order."""
    rows = db.execute(
        "SELECT DISTINCT thread, label FROM messages JOIN labels ON labels.message = messages.id"
        f" WHERE messages.thread IN ({','.join(map(str, threads))}) ORDER BY label"
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row["thread"]] = (*found.get(row["thread"], ()), row["label"])
    return found


def _summary(row: sqlite3.Row, labels: tuple[str, ...]) -> ThreadSummary:
    return ThreadSummary(
        id=row["public_id"],
        inbox=row["address"],
        subject=row["subject"],
        who=addresses(row["who"]),
        last_at=moment(row["last_at"]),
        count=row["message_count"],
        unread=row["unread_count"],
        first_line=row["first_line"],
        trust=Verdict(row["verdict"]),
        labels=labels,
        cursor=row["cursor"],
    )
