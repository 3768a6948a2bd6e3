"""What one process tells the others of its home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailmcp.store import status
from mailmcp.store.status import ListenerStatus

if TYPE_CHECKING:
    from conftest import Desk


def test_the_listener_is_told_replaced_and_taken_back(desk: Desk) -> None:
    assert status.listener(desk.db) is None
    listening = ListenerStatus(host="127.0.0.1", port=1025, pid=7, trouble=None)
    status.set_listener(desk.db, listening)
    assert status.listener(desk.db) == listening
    in_trouble = ListenerStatus(host=None, port=None, pid=8, trouble="Port 1025 is taken — ünïcode.")
    status.set_listener(desk.db, in_trouble)
    assert status.listener(desk.db) == in_trouble
    status.set_listener(desk.db, None)
    status.set_listener(desk.db, None)
    assert status.listener(desk.db) is None
