"""How much of one text stands in another, word for word: what the participant rule goes by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

RUN = 6
"""Words in a row that are looked for."""
STEP = 3
MOST_RUNS = 250
"""Of a long text the runs lie further apart, and only longer copies are found: each costs 2 ms among 10,000 mails."""
LEAST_WORDS = 16
"""Words of another message that are no chance."""
LEAST_WHOLE = 8
"""Of a shorter message, when at least half of it was copied."""


def runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Runs to look for: of any ``RUN + STEP - 1`` words in a row at least one whole run is among them."""
    step = max(STEP, len(words) // MOST_RUNS)
    starts = range(0, len(words) - RUN + 1, step)
    seen: set[tuple[str, ...]] = set()
    for start in (*starts, len(words) - RUN) if len(words) >= RUN else ():
        run = tuple(words[start : start + RUN])
        if run not in seen:
            seen.add(run)
            yield run


def all_runs(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """Every run of a text, for ``copied``."""
    return frozenset(tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def copied(said: frozenset[tuple[str, ...]], stored: Sequence[str]) -> int:
    """How many words of ``stored`` stand in runs of at least ``RUN`` in the text whose runs are ``said``."""
    count = end = 0
    for start in range(len(stored) - RUN + 1):
        if tuple(stored[start : start + RUN]) in said:
            count += start + RUN - max(start, end)
            end = start + RUN
    return count


def is_copy(words: int, of: int) -> bool:
    """Whether so many words of a message are enough to say that it was passed on."""
    return words >= LEAST_WORDS or (words >= LEAST_WHOLE and 2 * words >= of)
