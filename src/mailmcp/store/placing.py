"""Which conversation a new message is put into: the rules of :mod:`mailmcp.mail.threads` over what is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from mailmcp.mail import threads as rules
from mailmcp.models import Message, Verdict
from mailmcp.store.columns import addresses, milliseconds, moment, new_id
from mailmcp.store.threads import add_person

SAME_SUBJECT = 20
"""Newest conversations of one subject that are looked at: a stranger's must not stand before the right one."""


def place(db: sqlite3.Connection, inbox: int, message: Message, now: datetime, *, proved: bool = True) -> int:
    """The row of the conversation that a new message of an inbox belongs to, made when there is none.

    ``proved`` says that the sender is who the message says: by its subject alone nobody else joins a conversation.

    A parent that comes after its children joins (and joins together) the conversations that they began, when it has
    a person in common with them. The same mail that came another way (over a list, to an alias, back to its writer)
    stands beside itself.
    """
    thread = _of_twin(db, inbox, message)
    if thread is None:
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


def _of_twin(db: sqlite3.Connection, inbox: int, message: Message) -> int | None:
    """The conversation that has the same mail already: of one id, author, subject and date."""
    if message.message_id is None or message.author is None:
        return None
    base, email = rules.base_subject(message.subject)[0], message.author.email.lower()
    rows = db.execute(
        "SELECT thread, subject FROM messages WHERE inbox = :inbox AND message_id = :id AND from_email = :email"
        " AND sent_at IS :sent AND thread IS NOT NULL LIMIT 10",
        {
            "inbox": inbox,
            "id": message.message_id,
            "email": email,
            "sent": milliseconds(message.date) if message.date else None,
        },
    ).fetchall()
    return next((int(row["thread"]) for row in rows if rules.base_subject(row["subject"])[0] == base), None)


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
