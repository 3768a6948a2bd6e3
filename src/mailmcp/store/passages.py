"""Which received messages stand word for word in a text: found by the index of the search, then compared."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence

from mailmcp.models import StoredMessage
from mailmcp.policy import overlap
from mailmcp.policy.patterns import normal
from mailmcp.policy.sending import Passage
from mailmcp.store import search
from mailmcp.store.columns import addresses

TOGETHER = 40
"""Runs of words in one question to the index."""
CANDIDATES = 50
"""Newest messages that one question gives."""
LONGEST = 100_000
"""Characters of a stored message that are compared."""
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text as the index holds them."""
    return _WORD.findall(search.folded(text))


def questions(said: Sequence[str]) -> list[str]:
    """What to ask the index about a text, in parts: nobody who reads shall wait for all of them."""
    runs = [" ".join(run) for run in overlap.runs(said)]
    return [" OR ".join(f'"{run}"' for run in runs[at : at + TOGETHER]) for at in range(0, len(runs), TOGETHER)]


def repeated(
    db: sqlite3.Connection, question: str, said: frozenset[tuple[str, ...]], recipients: Iterable[str]
) -> list[Passage]:
    """The received messages, of any inbox, that a text repeats, and in which one of these recipients had no part.

    ``said`` are the runs of the text (``overlap.all_runs``), ``question`` is one of its ``questions``.
    """
    outsiders = {normal(one) for one in recipients}
    rows = db.execute(
        "SELECT messages.id, public_id, from_email, to_, cc, inboxes.address FROM search"
        " CROSS JOIN messages ON messages.id = search.rowid JOIN inboxes ON inboxes.id = messages.inbox"
        " WHERE search MATCH :phrases AND outgoing = 0 ORDER BY search.rowid DESC LIMIT :most",
        {"phrases": f"body : ({question})", "most": CANDIDATES},
    ).fetchall()
    found: list[Passage] = []
    for row in rows:
        people = _people(row)
        if outsiders <= people:
            continue
        body = db.execute("SELECT visible FROM bodies WHERE message = :id", {"id": row["id"]}).fetchone()
        stored = words(body["visible"][:LONGEST]) if body else []
        count = overlap.copied(said, stored)
        if overlap.is_copy(count, len(stored)):
            found.append(Passage(message=row["public_id"], participants=people, words=count))
    return found


def carried(message: StoredMessage) -> Passage:
    """A message that is passed on as such: forwarded, or a file of it."""
    people = (*((message.from_,) if message.from_ else ()), *message.to, *message.cc)
    return Passage(
        message=message.id,
        participants=frozenset((normal(message.inbox), *(normal(one.email) for one in people))),
    )


def _people(row: sqlite3.Row) -> frozenset[str]:
    others = (one.email for one in (*addresses(row["to_"]), *addresses(row["cc"])))
    return frozenset(normal(one) for one in (row["from_email"], row["address"], *others))
