"""Values and columns: times, ids and small records as the tables hold them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mailmcp.models import Address, Attachment, Defect, Envelope, Reason

ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""Without the letters and digits that people and models confuse."""

BEFORE_ALL = -(2**62)
"""Before every position in the order of announcement, those of history included (``judgements``)."""


def new_id(prefix: str) -> str:
    """An unguessable id such as ``m_4k7…``: 13 characters of 30 kinds, 63 bits."""
    number = secrets.randbelow(len(ALPHABET) ** 13)  # the system is asked once: it takes longer than the rest
    letters: list[str] = []
    for _ in range(13):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return f"{prefix}_{''.join(letters)}"


def milliseconds(moment: datetime) -> int:
    """A time as the tables hold it."""
    return int(moment.timestamp() * 1000)


def moment(value: int) -> datetime:
    """A time as the rest of the house holds it."""
    return datetime.fromtimestamp(value / 1000, UTC)


def optional_moment(value: int | None) -> datetime | None:
    """The same for a column that may be empty."""
    return None if value is None else moment(value)


def addresses_json(addresses: Iterable[Address]) -> str:
    """Addresses as ``[[name, email], …]``."""
    return json.dumps([[address.name, address.email] for address in addresses], ensure_ascii=False)


def addresses(value: str) -> tuple[Address, ...]:
    """The way back of ``addresses_json``."""
    return tuple(Address(name, email) for name, email in json.loads(value))


def coded_json(items: Iterable[Reason] | Iterable[Defect]) -> str:
    """Reasons or defects as ``[[code, sentence], …]``."""
    pairs = [[item.code, item.sentence if isinstance(item, Reason) else item.detail] for item in items]
    return json.dumps(pairs, ensure_ascii=False)


def reasons(value: str) -> tuple[Reason, ...]:
    """The way back for reasons."""
    return tuple(Reason(code, sentence) for code, sentence in json.loads(value))


def defects(value: str) -> tuple[Defect, ...]:
    """The way back for defects."""
    return tuple(Defect(code, detail) for code, detail in json.loads(value))


def strings(value: str) -> tuple[str, ...]:
    """A JSON list of words."""
    return tuple(json.loads(value))


def attachment(row: Any) -> Attachment:
    """A row of ``attachments``."""
    return Attachment(
        part=row["part"],
        filename=row["filename"],
        content_type=row["content_type"],
        size=row["size"],
        inline=bool(row["inline"]),
        content_id=row["content_id"],
    )


def envelope(row: sqlite3.Row) -> Envelope:
    """How a message came, from its row in the table of messages."""
    return Envelope(
        mail_from=row["mail_from"],
        recipients=strings(row["recipients"]),
        received_at=moment(row["received_at"]),
        peer=row["peer"],
        helo=row["helo"],
        tls=row["tls"],
    )
