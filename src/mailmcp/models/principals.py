"""Who asks: the owner of a home, or the holder of a key to some of its inboxes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Ability = Literal["read", "send", "create"]
ABILITIES: tuple[Ability, ...] = get_args(Ability)
"""What a key may allow: to read mail, to send it, to make inboxes (and delete them)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller: every call is made for one. Which inboxes a key opens is kept by the store, and asked at each look."""

    key: str
    """The id of its key (k_…); ``""`` for the owner, to whom all inboxes belong."""
    row: int | None
    """Of the key; None for the owner."""
    abilities: frozenset[Ability]
    label: str = ""


OWNER = Principal(key="", row=None, abilities=frozenset(ABILITIES))
"""Who runs mailmcp: the one caller of standard input and output, and who types commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as it is listed: never its secret, which was shown once."""

    row: int
    id: str
    label: str
    abilities: frozenset[Ability]
    every: bool
    """It opens every inbox, those to come included."""
    inboxes: tuple[str, ...]
    """Those that it opens otherwise."""
    created_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    old_until: datetime | None
    """So long the secret before the last rotation is still taken; None when there is none."""
