"""A conversation as it is read: a thread from any place on, or one message alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailmcp.errors import NotFound
from mailmcp.store import conversations

if TYPE_CHECKING:
    from conftest import Desk


def test_a_thread_is_read_with_the_text_of_each_message_oldest_first(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address, text="one")
    second = desk.receive(ann.address, text="two", answers=first.message_id or "")
    read = conversations.read(desk.db, first.thread)
    assert (read.thread, read.inbox, read.count) == (first.thread, ann.address, 2)
    assert [(message.id, text.visible) for message, text in read.messages] == [(first.id, "one"), (second.id, "two")]


def test_a_message_is_read_alone_with_the_thread_it_belongs_to(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address)
    second = desk.receive(ann.address, text="two", answers=first.message_id or "")
    read = conversations.read(desk.db, second.id)
    assert (read.thread, read.count) == (first.thread, 2)
    assert [message.id for message, _ in read.messages] == [second.id]


def test_reading_goes_on_after_a_cursor_or_with_the_message_it_stands_after(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address)
    others = [desk.receive(ann.address, answers=first.message_id or "") for _ in range(2)]

    def ids(*, inclusive: bool) -> list[str]:
        read = conversations.read(desk.db, first.thread, after=others[0].cursor, inclusive=inclusive)
        assert read.count == 3
        return [message.id for message, _ in read.messages]

    assert ids(inclusive=False) == [others[1].id]
    assert ids(inclusive=True) == [others[0].id, others[1].id]


def test_after_the_last_message_there_is_an_empty_page_of_the_same_thread(desk: Desk) -> None:
    first = desk.receive(desk.inbox().address)
    read = conversations.read(desk.db, first.thread, after=first.cursor)
    assert (read.thread, read.count, read.messages) == (first.thread, 1, ())


def test_a_thread_that_was_joined_into_another_is_read_as_that(desk: Desk) -> None:
    ann = desk.inbox()
    one = desk.receive(ann.address, answers="<a@app.example>")
    two = desk.receive(ann.address, answers="<b@app.example>")
    desk.receive(ann.address, message_id="<b@app.example>", answers="<a@app.example>")
    read = [conversations.read(desk.db, thread) for thread in (one.thread, two.thread)]
    assert read[0] == read[1]
    assert read[0].count == 3


@pytest.mark.parametrize("target", ["m_nothing", "t_nothing", "d_1", "", "ann@agents.test", "x" * 10_000])
def test_what_is_not_there_is_refused_in_words(desk: Desk, target: str) -> None:
    with pytest.raises(NotFound) as caught:
        conversations.read(desk.db, target)
    assert len(str(caught.value)) < 200


def test_an_unknown_cursor_is_refused(desk: Desk) -> None:
    first = desk.receive(desk.inbox().address)
    with pytest.raises(NotFound, match="cursor"):
        conversations.read(desk.db, first.thread, after="c_nothing")
