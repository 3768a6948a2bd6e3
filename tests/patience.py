"""The house waits for its own work as long as a busy machine needs: a fixture of every room that opens one."""

from __future__ import annotations

import pytest

from mailmcp.mailroom import checking, counter, dispatch, handover, judges, waiting

SECONDS = 60.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What proves a patience sets its own."""
    for where, name in (
        (checking, "WAITER_SECONDS"),
        (dispatch, "SETTLE_SECONDS"),
        (handover, "SETTLE_SECONDS"),
        (judges, "SECONDS"),
        (counter, "LISTENER_SECONDS"),
        (waiting, "JUDGE_SECONDS"),
    ):
        monkeypatch.setattr(where, name, SECONDS)
