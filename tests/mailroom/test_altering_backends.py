"""A backend that would let something else leave than what was allowed is stopped before the dot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.backends.relay_sink import relay, through

from mailmcp.backends.smtp import SmtpBackend
from mailmcp.models import OutboundMail

pytestmark = pytest.mark.anyio

ANN, EVE = "ann@world.example", "eve@evil.example"
CHANGES: dict[str, Any] = {
    "more bytes": lambda mail: replace(mail, mime=mail.mime + b"One more thing.\r\n"),
    "a tracking picture": lambda mail: replace(mail, mime=mail.mime.replace(b"Some words", b"Other words")),
    "one more field": lambda mail: replace(mail, mime=b"Bcc: eve@evil.example\r\n" + mail.mime),
    "one more recipient": lambda mail: replace(mail, recipients=(*mail.recipients, EVE)),
    "another recipient": lambda mail: replace(mail, recipients=(EVE,)),
    "another sender": lambda mail: replace(mail, mail_from="boss@agents.internal"),
    "other line ends": lambda mail: replace(mail, mime=mail.mime.replace(b"\r\n", b"\r\n\r\n", 1)),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_what_was_not_allowed_does_not_leave(open_house: Any, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    faithful = SmtpBackend.send

    async def altering(self: SmtpBackend, mail: OutboundMail, *rest: Any) -> Any:
        return await faithful(self, CHANGES[what](mail), *rest)

    async with relay() as sink:
        house = await open_house(
            **through(sink.port),
            MAILMCP_SEND__POLICY="open",
            MAILMCP_SEND__UNDO="0",
        )
        anna = await house.inbox("anna")
        with monkeypatch.context() as fault:
            fault.setattr(SmtpBackend, "send", altering)
            draft = (await house.send(anna, to=(ANN,), subject="Hello")).draft
        assert (draft.state, [one.state for one in draft.deliveries]) == ("failed", ["refused"])
        assert "something else than what was allowed" in draft.error
        assert sink.arrived == []
        assert (await house.send(anna, to=(ANN,), subject="Hello")).draft.state == "sent"
        assert [one.rcpt_tos for one in sink.arrived] == [[ANN]]


async def test_bytes_that_were_changed_in_the_database_do_not_leave(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(
            **through(sink.port),
        )
        draft = (await house.send(await house.inbox("anna"), to=(ANN,))).draft
        assert draft.state == "held"
        await house.room._store.write(
            lambda db: db.execute("UPDATE drafts SET mime = CAST(mime || ? AS BLOB)", ("more",)) and None
        )
        done = await house.room.approve(draft.id, sha256=draft.sha256, approver="test")
        assert done.state == "failed"
        assert "not the one that was allowed" in done.error
        assert sink.arrived == []
