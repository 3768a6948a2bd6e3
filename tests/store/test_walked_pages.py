"""Pages of a search that are found from the newest thread on: the same as by looking up every match."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mailmcp.store import marks, threads
from mailmcp.store.threads import Filter

if TYPE_CHECKING:
    from conftest import Desk

WINDOWS = (4, 15, 60, 750)


def fill(desk: Desk, chance: random.Random, count: int = 220) -> tuple[int, ...]:
    """Conversations of all lengths, some of which go on for long, in two inboxes; some words are in few mails."""
    boxes = [desk.inbox("ann"), desk.inbox("bob")]
    ids: dict[str, list[str]] = {box.address: [] for box in boxes}
    for number in range(count):
        box = chance.choice(boxes)
        before = ids[box.address]
        # Mostly what was said lately is answered, now and then something old.
        old = (
            chance.choice(before[-5:] if chance.random() < 0.8 else before) if before and chance.random() < 0.7 else ""
        )
        words = [word for word, share in (("often", 0.5), ("seldom", 0.1), ("rarely", 0.03)) if chance.random() < share]
        message_id = f"<{number}@app.example>"
        got = desk.receive(
            box.address, message_id=message_id, answers=old, subject=f"About {number}", text=f"x {' '.join(words)}"
        )
        if chance.random() < 0.5:
            marks.mark(desk.db, [got.row], read=True, add=(), remove=())
        before.append(message_id)
    return tuple(box.row for box in boxes)


@pytest.mark.parametrize("seed", range(3))
def test_a_page_is_the_same_as_by_looking_every_match_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    ann, bob = fill(desk, chance)
    walk, used = threads._walk, Counter[bool]()

    def counted(*given: object, **more: object) -> list[int] | None:
        found = walk(*given, **more)  # pyright: ignore[reportArgumentType]
        used[found is not None] += 1
        return found

    for _ in range(250):
        wanted = Filter(
            query=chance.choice(("often", "of", "seldom", "often seldom", "rarely", "nowhere")),
            inboxes=chance.choice((None, None, (ann,), (ann, bob))),
            unread=chance.choice((None, None, None, True)),
        )
        limit = chance.choice((1, 3, 10))
        newest = desk.db.execute("SELECT max(position) FROM arrivals").fetchone()[0]
        before = chance.choice((None, chance.randrange(newest)))
        monkeypatch.setattr(threads, "SEARCH_WINDOW", chance.choice(WINDOWS))
        monkeypatch.setattr(threads, "WALKED", chance.choice((5, 2_000)))
        monkeypatch.setattr(threads, "_walk", counted)
        walked = threads.find(desk.db, wanted, limit=limit, before=before)
        monkeypatch.setattr(threads, "_walk", lambda *_, **__: None)
        assert walked == threads.find(desk.db, wanted, limit=limit, before=before), (wanted, limit, before)
    assert min(used[True], used[False]) > 20, used
