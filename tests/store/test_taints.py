"""Whose words a caller was shown: a row that only grows, and is gone after an hour without more of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mailmcp.policy.sending import Taint
from mailmcp.store import taints
from mailmcp.store.taints import Shown

if TYPE_CHECKING:
    from conftest import Desk

ONE = Shown(inbox="ann@agents.test", thread="t_1", sender="bob@app.example", grave=False)
OTHER_THREAD = Shown(inbox="ann@agents.test", thread="t_2", sender="bob@app.example", grave=False)
OTHER_SENDER = Shown(inbox="ann@agents.test", thread="t_1", sender="eve@evil.example", grave=True)


def show(desk: Desk, *shown: Shown, key: str = "") -> tuple[Taint, ...]:
    taints.add(desk.db, shown, key=key, now=desk.now)
    return taints.standing(desk.db, key=key, now=desk.now)


def test_one_conversation_and_one_sender_are_named_and_several_are_not(desk: Desk) -> None:
    assert show(desk, ONE) == (Taint(thread="t_1", sender="bob@app.example", grave=False),)
    assert show(desk, ONE) == (Taint(thread="t_1", sender="bob@app.example", grave=False),)
    assert show(desk, OTHER_SENDER) == (Taint(thread="t_1", sender=None, grave=True),)
    assert show(desk, OTHER_THREAD) == (Taint(thread=None, sender=None, grave=True),)
    assert show(desk, ONE) == (Taint(thread=None, sender=None, grave=True),)


def test_it_stands_for_an_hour_after_the_last_time_and_then_begins_anew(desk: Desk) -> None:
    show(desk, OTHER_SENDER)
    desk.later(minutes=59)
    show(desk, OTHER_SENDER)
    desk.later(minutes=60)
    assert taints.standing(desk.db, key="", now=desk.now) != ()
    desk.now += timedelta(milliseconds=1)
    assert taints.standing(desk.db, key="", now=desk.now) == ()
    assert show(desk, ONE) == (Taint(thread="t_1", sender="bob@app.example", grave=False),)


def test_another_key_is_not_tainted_and_every_inbox_of_the_same_key_is(desk: Desk) -> None:
    show(desk, ONE, key="a")
    show(desk, Shown(inbox="bea@agents.test", thread="t_9", sender=None, grave=False), key="a")
    assert taints.standing(desk.db, key="b", now=desk.now) == ()
    assert [taint.thread for taint in taints.standing(desk.db, key="a", now=desk.now)] == ["t_1", "t_9"]


def test_a_list_shows_words_of_every_unproved_sender_of_its_threads(desk: Desk) -> None:
    inbox = desk.inbox()
    first = desk.receive(inbox.address)
    desk.receive(
        inbox.address,
        from_="eve@evil.example",
        answers=first.message_id or "",
        header_to=f"{inbox.address}, bob@app.example",
    )
    desk.sent(inbox, "carol@app.example", answers=first.message_id or "")
    found = taints.of_threads(desk.db, [first.thread])
    assert {one.sender for one in found} == {"bob@app.example", "eve@evil.example"}
    desk.proved = True
    assert taints.of_threads(desk.db, [desk.receive(inbox.address, subject="Proved").thread]) == []
