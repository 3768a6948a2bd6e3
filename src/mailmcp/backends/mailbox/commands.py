"""What is asked of an IMAP server, each as one piece of work for a connection's thread.

Numbers of messages are always lists: of a range given as text the library reads the answer wrongly (4.0.0 to 4.1.0).
Searches look at a window of mails, so that no answer is longer than a line may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

from mailmcp.backends.mailbox.client import Client, CommandRefused

WINDOW = 50_000
"""Mails of one search: its answer stays below the million characters that a line may have."""
LAST_UID = 2**32 - 1
CLOCKS_DIFFER = timedelta(days=1)
"""A mail that came later than this after now has no time that could be right, whatever zone was forgotten."""
AT_ONCE = 200
"""Mails whose marks and sizes are asked for together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A folder as the server describes it."""

    exists: int
    uidvalidity: int
    uid_next: int
    """0 when the server does not say it."""
    modseq: int
    """0 when it counts no changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is asked for before the bytes of a mail."""

    size: int
    received_at: datetime
    flags: tuple[str, ...]
    dated: bool = True
    """Whether the server says a time that can be; if not, ``received_at`` is now."""


def select(client: Client, name: str, *, writable: bool = False) -> Selected:
    """Open a folder; unless it shall be written to, so that nothing in it can change by being read."""
    said = client.select_folder(name, readonly=not writable)
    return Selected(
        exists=_number(said.get(b"EXISTS")),
        uidvalidity=_number(said.get(b"UIDVALIDITY")),
        uid_next=_number(said.get(b"UIDNEXT")),
        modseq=_number(said.get(b"HIGHESTMODSEQ")),
    )


def uids(client: Client, low: int, high: int | None = None, *, since: date | None = None) -> list[int]:
    """The UIDs there are from ``low`` to ``high`` (or the newest), in order."""
    if high is not None and high < low:
        return []  # read the other way round it would be a range, and 0 none that a server takes
    until = f"{high}" if high is not None else "*"
    criteria: list[Any] = ["UID", f"{low}:{until}"]
    if since is not None:
        criteria += ["SINCE", since]
    # "7:*" names the newest mail even when its UID is below 7.
    return sorted({uid for uid in client.search(criteria) if low <= uid <= (high or LAST_UID)})


def there(client: Client, known: Sequence[int], low: int, high: int) -> set[int]:
    """Which UIDs there are in a range of which these, in order, are known: about as many as those."""
    bounds = [low, *known[WINDOW::WINDOW], high + 1]
    return {uid for start, end in pairwise(bounds) for uid in uids(client, start, end - 1)}


def older(client: Client, exists: int, below: int, *, since: date | None = None) -> list[int]:
    """All UIDs below one, in order. Asked for by the mails' numbers: UIDs may be few and far between."""
    found: set[int] = set()
    for start in range(1, exists + 1, WINDOW):
        criteria: list[Any] = [f"{start}:{min(exists, start + WINDOW - 1)}"]
        if since is not None:
            criteria += ["SINCE", since]
        found.update(uid for uid in client.search(criteria) if uid < below)
    return sorted(found)


def highest(client: Client) -> int:
    """The UID of the newest mail; 0 when there is none."""
    return max(client.search(["UID", "*"]), default=0)


def heads(client: Client, wanted: Sequence[int], *, now: datetime) -> dict[int, Head]:
    """Size, time of arrival and marks of mails; those that are not there are left out."""
    found: dict[int, Head] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = list(wanted[start : start + AT_ONCE])
        for uid, said in client.fetch(part, ["RFC822.SIZE", "INTERNALDATE", "FLAGS"]).items():
            if b"RFC822.SIZE" in said:
                moment = _moment(said.get(b"INTERNALDATE"), now)
                found[uid] = Head(
                    size=_number(said[b"RFC822.SIZE"]),
                    received_at=min(moment or now, now),
                    flags=flags_of(said.get(b"FLAGS", ())),
                    dated=moment is not None,
                )
    return found


def bodies(client: Client, wanted: Sequence[int]) -> dict[int, bytes]:
    """The bytes of mails, without marking them as read. Raises CommandRefused when the server keeps one back."""
    said = client.fetch(list(wanted), ["BODY.PEEK[]"])
    found = {uid: one[b"BODY[]"] for uid, one in said.items() if isinstance(one.get(b"BODY[]"), bytes)}
    missing = [uid for uid in wanted if uid not in found]
    if missing and any(uid in missing for one in missing for uid in uids(client, one, one)):
        raise CommandRefused("The IMAP server does not hand over a mail that it says it has.")
    return found


def flags(client: Client, wanted: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The marks of mails."""
    found: dict[int, tuple[str, ...]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        said = client.fetch(list(wanted[start : start + AT_ONCE]), ["FLAGS"])
        found |= {uid: flags_of(one[b"FLAGS"]) for uid, one in said.items() if b"FLAGS" in one}
    return found


def changed(client: Client, since: int, low: int, known: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The marks of those mails from ``low`` on that were changed after ``since`` (RFC 7162)."""
    among = set(known)
    found = client.search(["UID", f"{low}:*", "MODSEQ", str(since + 1)])
    return flags(client, sorted(uid for uid in found if uid in among))


def flags_of(said: Iterable[Any]) -> tuple[str, ...]:
    """Marks as they are kept: those of the standard in lower case, without \\Recent, in a fixed order."""
    words = {one.decode("ascii", "replace") if isinstance(one, bytes) else str(one) for one in said}
    folded = {one.lower() if one.startswith("\\") else one for one in words}
    return tuple(sorted(folded - {"\\recent"}))


def _number(value: Any) -> int:
    first: Any = next(iter(cast("Iterable[Any]", value)), 0) if isinstance(value, list | tuple) else value
    try:
        return int(first or 0)
    except (TypeError, ValueError):
        return 0


def _moment(value: Any, now: datetime) -> datetime | None:
    """When the server says that it got a mail; None when it says nothing that can be."""
    if not isinstance(value, datetime):
        return None
    try:
        moment = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
        return moment if moment.year >= 1980 and moment - now < CLOCKS_DIFFER else None
    except (OverflowError, ValueError):
        return None
