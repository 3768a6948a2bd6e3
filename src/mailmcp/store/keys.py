"""The keys by which callers come in over HTTP: kept as hashes, asked for at every request, gone when revoked."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from mailmcp.errors import NotFound
from mailmcp.models import ABILITIES, Ability, Key, Principal
from mailmcp.store import inboxes
from mailmcp.store.columns import milliseconds, moment, new_id, optional_moment

SEEN_EVERY = timedelta(minutes=1)
"""The last use is written down so often at most: reading shall not cost a commit."""
_VALID = "key_secrets.sha256 = :sha256 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)"


def digest(secret: str) -> str:
    """What stands for a secret. It is long and random: nobody finds it by trying, so a slow hash gains nothing."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def create(
    db: sqlite3.Connection,
    *,
    sha256: str,
    label: str,
    abilities: Iterable[Ability],
    addresses: Iterable[str],
    every: bool,
    now: datetime,
) -> Key:
    """Write a key down. Raises NotFound for an inbox that is not there."""
    row = db.execute(
        "INSERT INTO keys (public_id, label, abilities, every, created_at)"
        " VALUES (:id, :label, :abilities, :every, :now) RETURNING id",
        {
            "id": new_id("k"),
            "label": label,
            "abilities": " ".join(one for one in ABILITIES if one in set(abilities)),
            "every": int(every),
            "now": milliseconds(now),
        },
    ).fetchone()["id"]
    for address in addresses:
        grant(db, row, inboxes.get(db, address).row)
    _add_secret(db, row, sha256, now)
    return _listed(db, "keys.id = :row", {"row": row})[0]


def grant(db: sqlite3.Connection, key: int, inbox: int) -> None:
    """The inbox (its row) belongs to the key from now on, too."""
    db.execute(
        "INSERT INTO grants (key, inbox) VALUES (:key, :inbox) ON CONFLICT DO NOTHING", {"key": key, "inbox": inbox}
    )


def principal(db: sqlite3.Connection, sha256: str, now: datetime) -> tuple[Principal, bool] | None:
    """(who comes with this secret, whether the last use is to be written down); None when it opens nothing."""
    row = db.execute(
        f"SELECT keys.* FROM key_secrets JOIN keys ON keys.id = key_secrets.key WHERE {_VALID}",
        {"sha256": sha256, "now": milliseconds(now)},
    ).fetchone()
    if row is None:
        return None
    found = Principal(key=row["public_id"], row=row["id"], abilities=_abilities(row["abilities"]), label=row["label"])
    return found, (row["used_at"] or 0) < milliseconds(now - SEEN_EVERY)


def used(db: sqlite3.Connection, key: int, now: datetime) -> None:
    """Somebody came with this key."""
    db.execute("UPDATE keys SET used_at = :now WHERE id = :key", {"key": key, "now": milliseconds(now)})


def revoked_writer(db: sqlite3.Connection, draft: int) -> str | None:
    """What the key is called that wrote a draft (its row) and was revoked since; None when it was not."""
    row = db.execute(
        "SELECT label, keys.public_id FROM drafts JOIN keys ON keys.public_id = drafts.caller"
        " WHERE drafts.id = :draft AND revoked_at IS NOT NULL",
        {"draft": draft},
    ).fetchone()
    return (row["label"] or row["public_id"]) if row is not None else None


def any_was_made(db: sqlite3.Connection) -> bool:
    """Whether this home has, or ever had, a key."""
    return db.execute("SELECT 1 FROM keys LIMIT 1").fetchone() is not None


def any_opens(db: sqlite3.Connection) -> bool:
    """Whether there is a key that was not revoked."""
    return db.execute("SELECT 1 FROM keys WHERE revoked_at IS NULL LIMIT 1").fetchone() is not None


def listed(db: sqlite3.Connection) -> list[Key]:
    """All keys, oldest first, the revoked ones too."""
    return _listed(db, "TRUE ORDER BY keys.id", {})


def get(db: sqlite3.Connection, public_id: str) -> Key:
    """A key by its id. Raises NotFound for one that there is not, or that was revoked."""
    found = _listed(db, "public_id = :id AND revoked_at IS NULL", {"id": public_id})
    if not found:
        raise NotFound(f"There is no key {public_id[:60]}: `mailmcp keys list` lists those there are.")
    return found[0]


def rotate(db: sqlite3.Connection, public_id: str, *, sha256: str, old_until: datetime, now: datetime) -> Key:
    """Give a key a new secret; the one before is taken until then, older ones no more. Raises NotFound."""
    key = get(db, public_id)
    db.execute("DELETE FROM key_secrets WHERE key = :key AND expires_at IS NOT NULL", {"key": key.row})
    db.execute(
        "UPDATE key_secrets SET expires_at = :until WHERE key = :key",
        {"key": key.row, "until": milliseconds(old_until)},
    )
    _add_secret(db, key.row, sha256, now)
    return get(db, public_id)


def revoke(db: sqlite3.Connection, public_id: str, now: datetime) -> Key:
    """From this commit on the key opens nothing, in no process. Raises NotFound."""
    key = get(db, public_id)
    db.execute("UPDATE keys SET revoked_at = :now WHERE id = :key", {"key": key.row, "now": milliseconds(now)})
    db.execute("DELETE FROM key_secrets WHERE key = :key", {"key": key.row})
    return key


def _add_secret(db: sqlite3.Connection, key: int, sha256: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO key_secrets (sha256, key, created_at) VALUES (:sha256, :key, :now)",
        {"sha256": sha256, "key": key, "now": milliseconds(now)},
    )


def _abilities(words: str) -> frozenset[Ability]:
    return frozenset(one for one in ABILITIES if one in words.split())


def _listed(db: sqlite3.Connection, condition: str, values: dict[str, object]) -> list[Key]:
    rows = db.execute(
        "SELECT keys.*, (SELECT max(expires_at) FROM key_secrets WHERE key = keys.id) AS old_until"
        f" FROM keys WHERE {condition}",
        values,
    ).fetchall()
    opened = (
        "SELECT address FROM grants JOIN inboxes ON inboxes.id = grants.inbox WHERE grants.key = :key ORDER BY inbox"
    )
    return [
        Key(
            row=row["id"],
            id=row["public_id"],
            label=row["label"],
            abilities=_abilities(row["abilities"]),
            every=bool(row["every"]),
            inboxes=tuple(one["address"] for one in db.execute(opened, {"key": row["id"]})),
            created_at=moment(row["created_at"]),
            revoked_at=optional_moment(row["revoked_at"]),
            used_at=optional_moment(row["used_at"]),
            old_until=optional_moment(row["old_until"]),
        )
        for row in rows
    ]
