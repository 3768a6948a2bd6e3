"""How often the mailroom looks, tells and tries again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two turns of what repeats; a laboratory takes shorter ones."""

    progress: float = 5
    """Between two signs of life of a wait."""
    share: float = 5
    """How long a waiter leaves a message to another waiter that got it before, while nothing else comes."""
    takeover: float = 0.1
    """Between two tries of a follower to become the leader."""
    listen_again: float = 5
    """Before a listener that could not open, or a duty that failed, is tried again."""
    back_off: tuple[float, ...] = (60, 300, 900, 1800, 3600, 7200, 14_400, 28_800)
    """Before each further try of mail that was put off; after the last it is given up (16 hours in all)."""
    fetch_awaited: float = 1
    """Between two looks at an inbox of a service while somebody waits, if the budget allows so many."""
    fetch_idle: float = 60
    """The same while nobody does."""
    fetch_again: float = 1
    """How much longer than its steps the pauses after trouble are; a laboratory has shorter ones."""
    stream_longest: float = 900
    """Before a stream of news that keeps ending is opened again, at most; of one that was refused, always."""
    stream_held: float = 60
    """A stream that lived so long is opened again as soon as at first."""
    events: float = 30
    """Between two questions to a service what became of sent mail."""
    glance: float = 0.25
    """Between two looks whether somebody waits, in whichever process."""
    tidy: float = 60
    """Between two looks for room in the database that can be given back."""
    sweep: float = 3600
    """Between two looks for mail that is not to be kept, and before the first one."""
    flush: float = 1
    """Between two looks for queued mail that has fallen due."""


STEADY = Pace()
