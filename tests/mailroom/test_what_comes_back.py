"""What comes back about mail that really left: what is believed changes drafts, recipients and inboxes, forgeries do
not.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from ports import free_port
from tests.backends.relay_sink import Relay, relay, through
from tests.mail import notices_of_programs as written

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.errors import Refused
from mailmcp.mailroom.requests import SendRequest
from mailmcp.models import Arrival, DraftState, Envelope, Source, StoredMessage
from mailmcp.store import audit, messages

pytestmark = pytest.mark.anyio

LIMIT = 10
BOB, CAT = "bob@far.example", "cat@other.example"
FAR_HOST, OTHER_HOST, NOBODYS = "203.0.113.7", "203.0.113.8", "198.51.100.66"
ZONE: dict[str, dict[str, Any]] = {
    "mx.far.example": {"TXT": [f"v=spf1 ip4:{FAR_HOST} -all"]},
    "far.example": {"TXT": [f"v=spf1 ip4:{FAR_HOST} -all"]},
    "mx.other.example": {"TXT": [f"v=spf1 ip4:{OTHER_HOST} -all"]},
}
"""SPF proves what comes from FAR_HOST to be far.example's, and from OTHER_HOST to be other.example's."""


@dataclass
class Abroad:
    """A home that sends through a real relay, and the world that answers."""

    house: Any
    sink: Relay
    anna: str

    async def send(self, *to: str, subject: str = "Offer", **fields: Any) -> Any:
        """The draft of a mail that was handed to the relay."""
        return (await self.house.send(self.anna, to=to, subject=subject, **fields)).draft

    def message_id(self, number: int = -1) -> str:
        """The Message-ID of a mail that arrived at the relay."""
        return re.search(rb"Message-ID: (<\S+>)", self.sink.arrived[number].content)[1].decode()

    async def comes(
        self, raw: bytes, *, peer: str = NOBODYS, helo: str = "mx.far.example", mail_from: str = "", to: str = ""
    ) -> StoredMessage:
        """A mail comes to an inbox; it is given once it was judged."""
        to = to or self.anna
        raw = raw.replace(b"Message-ID: <1@", b"Message-ID: <%d@" % len(raw)).replace(
            b"anna@agents.example", to.encode()
        )
        envelope = Envelope(mail_from=mail_from, recipients=(to,), received_at=datetime.now(UTC), peer=peer, helo=helo)
        before = (await self.house.wait(to, timeout=0, since="9999-01-01")).cursor
        await self.house.desk.accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local"))
        found = (await self.house.wait(to, since=before)).message
        return await self.house.room._store.read(messages.get, found.id)

    def about(self, raw: bytes, *, recipient: str = BOB, number: int = -1) -> bytes:
        """A report of the corpus, about a mail that left here."""
        return raw.replace(written.ID.encode(), self.message_id(number).encode()).replace(
            written.BOB.encode(), recipient.encode()
        )

    async def draft(self, draft: Any) -> tuple[DraftState, dict[str, str]]:
        """Its state, and that of each recipient."""
        now = await self.house.room.draft(draft.id)
        return now.state, {one.recipient: str(one.state) for one in now.deliveries}

    async def suppressed(self) -> list[str]:
        return sorted(one.email for one in await self.house.room.suppressed())

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        found = await self.house.room._store.read(lambda db: db.execute(query).fetchall())
        return [tuple(row) for row in found]


@pytest.fixture
async def abroad(open_house: Any) -> AsyncIterator[Abroad]:
    async with relay() as sink:
        house = await open_house(
            resolver=StaticResolver(ZONE),
            **through(sink.port),
            MAILMCP_SEND__POLICY="open",
            MAILMCP_SEND__UNDO="0",
            MAILMCP_SEND__RATE="999/h",
            MAILMCP_SEND__RATE_ALL="999/h",
            MAILMCP_SEND__RATE_RECIPIENT="999/h",
        )
        yield Abroad(house, sink, await house.inbox("anna"))


async def test_a_human_hears_of_an_address_that_came_back_since_the_draft_was_held(abroad: Abroad) -> None:
    room = abroad.house.room
    request = SendRequest(inbox=abroad.anna, to=(BOB,), subject="Later", body="x")
    held = (await room.draft_for_approval(request, note="")).draft
    assert (await room.presenting.present(held.id)).notices == ()
    await abroad.send(BOB)
    await abroad.comes(abroad.about(next(iter(written.STANDARD.values()))))
    assert await abroad.suppressed() == [BOB]
    assert f"Nothing is sent to {BOB} any more" in (await room.presenting.present(held.id)).notices[0]
    with pytest.raises(Refused, match="Look at it again"):  # who had it open before, had not seen that
        await room.approve(held.id, sha256=held.sha256, approver="human")
    now = await room.draft(held.id)
    assert (now.state, now.reasons[-1].code, now.expires_at) == ("held", "suppressed", held.expires_at)
    approved = await room.approve(held.id, sha256=held.sha256, approver="human")
    assert approved.state in ("queued", "sent")


# --- what is believed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [*written.STANDARD, *written.IN_WORDS])
async def test_a_bounce_of_the_only_recipient_fails_the_draft_and_ends_mail_to_them(abroad: Abroad, form: str) -> None:
    draft = await abroad.send(BOB)
    raw = (written.STANDARD | written.IN_WORDS)[form]
    notice = await abroad.comes(abroad.about(raw))
    assert await abroad.draft(draft) == ("failed", {BOB: "bounced"})
    assert await abroad.suppressed() == [BOB]
    now = await abroad.house.room.draft(draft.id)
    assert "It came back: there is no such mailbox" in now.error
    assert draft.id in notice.about
    assert notice.automatic == "bounce"
    sent = await abroad.house.room._store.read(messages.get, now.message)
    assert notice.thread == sent.thread
    again = await abroad.house.send(abroad.anna, to=(BOB,), body="Again")
    assert [one.code for one in again.refused] == ["suppressed"]
    assert ("draft.bounced",) in await abroad.rows("SELECT event FROM audit")
    assert await abroad.house.room._store.read(audit.first_broken) is None


async def test_the_recipients_own_mail_system_is_believed_among_several_recipients(abroad: Abroad) -> None:
    draft = await abroad.send(BOB, CAT)
    raw = abroad.about(written.POSTFIX).replace(b"MAILER-DAEMON@mx.near.example", b"MAILER-DAEMON@mx.far.example")
    await abroad.comes(raw, peer=FAR_HOST)
    assert await abroad.draft(draft) == ("sent", {BOB: "bounced", CAT: "accepted"})
    assert await abroad.suppressed() == [BOB]


async def test_the_relay_on_this_machine_is_believed_about_everybody(abroad: Abroad) -> None:
    draft = await abroad.send(BOB, CAT)
    await abroad.comes(abroad.about(written.POSTFIX, recipient=CAT), peer="127.0.0.1", helo="localhost")
    assert await abroad.draft(draft) == ("sent", {BOB: "accepted", CAT: "bounced"})


async def test_a_delay_changes_no_state_and_a_bounce_after_it_does(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    await abroad.comes(abroad.about(written.POSTFIX_DELAY))
    assert await abroad.draft(draft) == ("sent", {BOB: "accepted"})
    assert "somebody goes on trying" in (await abroad.house.room.draft(draft.id)).error
    assert await abroad.suppressed() == []
    late = written.report(written.TEXT, written.status(written.failed(code="4.4.7", said="timed out")), written.HEADER)
    await abroad.comes(abroad.about(late))
    assert (await abroad.draft(draft), await abroad.suppressed()) == (("failed", {BOB: "bounced"}), [])


async def test_a_bounce_tells_what_became_of_an_unknown_draft(abroad: Abroad) -> None:
    abroad.sink.cut = "dot"
    draft = await abroad.send(BOB)
    assert draft.state == "unknown"
    await abroad.comes(abroad.about(written.POSTFIX))
    assert await abroad.draft(draft) == ("failed", {BOB: "bounced"})


async def test_a_full_mailbox_is_written_to_again_until_it_was_full_three_times(abroad: Abroad) -> None:
    full = written.report(
        written.TEXT, written.status(written.failed(code="5.2.2", said="552 mailbox full")), written.HEADER
    )
    for number in range(3):
        assert await abroad.suppressed() == []
        await abroad.send(BOB, subject=f"Offer {number}")
        await abroad.comes(abroad.about(full))
    assert await abroad.suppressed() == [BOB]


async def test_a_complaint_ends_mail_also_when_the_inbox_is_deleted_and_made_again(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    await abroad.comes(abroad.about(written.COMPLAINT), mail_from="feedback@far.example")
    assert (await abroad.draft(draft), await abroad.suppressed()) == (("sent", {BOB: "accepted"}), [BOB])
    await abroad.house.room.delete_inbox(abroad.anna)
    await abroad.house.inbox("anna")
    again = await abroad.house.send(abroad.anna, to=(BOB,), body="Again")
    assert [one.code for one in again.refused] == ["suppressed"]
    assert await abroad.house.room.unsuppress("Bob@FAR.example", by="human") == BOB
    assert (await abroad.house.send(abroad.anna, to=(BOB,), body="Again")).draft.state == "sent"


async def test_a_recipient_that_the_relay_knows_not_to_exist_is_not_written_to_again(abroad: Abroad) -> None:
    abroad.sink.answers = {BOB: "550 5.1.1 nobody", CAT: "550 5.7.1 go away"}
    await abroad.send(BOB, CAT)
    assert await abroad.suppressed() == [BOB]


async def test_a_report_may_name_the_envelope_where_the_header_was_changed_on_the_way(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    about = f"Reporting-MTA: dns; mx.near.example\nOriginal-Envelope-Id: {draft.id}"
    header = written.HEADER.replace(written.ID, "<1@relay.example>")
    await abroad.comes(written.report(written.TEXT, written.status(written.failed(), about=about), header))
    assert await abroad.draft(draft) == ("failed", {BOB: "bounced"})


async def test_a_receipt_is_shown_and_changes_nothing(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    receipt = await abroad.comes(abroad.about(written.RECEIPT), mail_from=BOB)
    assert (receipt.automatic, "displayed" in receipt.about) == ("receipt", True)
    assert await abroad.draft(draft) == ("sent", {BOB: "accepted"})


# --- what is not ------------------------------------------------------------------------------------------------------


async def changed_nothing(abroad: Abroad, draft: Any, notice: StoredMessage) -> None:
    state, deliveries = await abroad.draft(draft)
    assert (state, set(deliveries.values())) == ("sent", {"accepted"})
    assert await abroad.suppressed() == []
    assert "nothing was changed" in notice.about
    assert await abroad.rows("SELECT event FROM audit WHERE event LIKE '%bounced%' OR event LIKE 'suppression%'") == []


@pytest.mark.parametrize("form", [*written.STANDARD, *written.IN_WORDS, "complaint"])
async def test_a_stranger_who_does_not_know_the_message_changes_nothing(abroad: Abroad, form: str) -> None:
    draft = await abroad.send(BOB)
    forms = written.STANDARD | written.IN_WORDS | {"complaint": written.COMPLAINT}
    await changed_nothing(abroad, draft, await abroad.comes(forms[form], peer=FAR_HOST))


async def test_one_recipient_cannot_bounce_for_another(abroad: Abroad) -> None:
    draft = await abroad.send(BOB, CAT)
    forged = abroad.about(written.POSTFIX, recipient=CAT)
    await changed_nothing(abroad, draft, await abroad.comes(forged))
    # Nor with a mail system of their own that is proved.
    own = forged.replace(b"MAILER-DAEMON@mx.near.example", b"MAILER-DAEMON@mx.far.example")
    await changed_nothing(abroad, draft, await abroad.comes(own, peer=FAR_HOST))
    # Nor by claiming to be the other's, which is not proved.
    other = forged.replace(b"MAILER-DAEMON@mx.near.example", b"MAILER-DAEMON@mx.other.example")
    await changed_nothing(abroad, draft, await abroad.comes(other, peer=FAR_HOST))
    complaint = abroad.about(written.COMPLAINT, recipient=CAT)
    await changed_nothing(abroad, draft, await abroad.comes(complaint, peer=FAR_HOST, mail_from="x@far.example"))


async def test_whom_a_later_mail_of_the_conversation_told_the_id_cannot_bounce_for_another(abroad: Abroad) -> None:
    first = await abroad.send(BOB)
    forged = abroad.about(written.POSTFIX)
    sent = await abroad.house.room.draft(first.id)
    await abroad.send(BOB, CAT, subject="Re: Offer", in_reply_to=sent.message)
    assert abroad.message_id(0) in abroad.sink.arrived[1].content.decode()
    report = await abroad.comes(forged)
    assert "nothing was changed" in report.about
    assert (await abroad.draft(first))[0] is DraftState.SENT


async def test_a_user_of_the_recipients_provider_is_not_its_mail_system(abroad: Abroad) -> None:
    draft = await abroad.send(BOB, CAT)
    raw = abroad.about(written.POSTFIX).replace(b"MAILER-DAEMON@mx.near.example", b"eve@far.example")
    assert raw != abroad.about(written.POSTFIX)
    await changed_nothing(abroad, draft, await abroad.comes(raw, peer=FAR_HOST, mail_from="eve@far.example"))
    named_so = abroad.about(written.POSTFIX).replace(b"mx.near.example>", b"far.example>", 1)
    await changed_nothing(abroad, draft, await abroad.comes(named_so, peer=FAR_HOST, mail_from="eve@far.example"))


async def test_whoever_wrote_since_then_exists_whatever_others_report(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    await abroad.house.receive(abroad.anna, from_=BOB, subject="Re: Offer")
    await changed_nothing(abroad, draft, await abroad.comes(abroad.about(written.POSTFIX)))


async def test_a_report_must_come_to_the_inbox_that_the_mail_left_from(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    bert = await abroad.house.inbox("bert")
    await changed_nothing(abroad, draft, await abroad.comes(abroad.about(written.POSTFIX), to=bert))


async def test_a_report_about_somebody_whom_the_mail_was_not_for_changes_nothing(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    await changed_nothing(abroad, draft, await abroad.comes(abroad.about(written.POSTFIX, recipient=CAT)))


async def test_a_caller_cannot_write_a_report_from_another_inbox(abroad: Abroad) -> None:
    draft = await abroad.send(BOB)
    bert = await abroad.house.inbox("bert")
    body = abroad.about(written.QMAIL).decode().partition("\r\n\r\n")[2].replace("\r\n", "\n")
    await abroad.house.send(bert, to=(abroad.anna,), subject="failure notice", body=body)
    notice = (await abroad.house.wait(abroad.anna, since="1970-01-01")).message
    assert (notice.automatic, notice.about, await abroad.suppressed()) == ("", "", [])
    assert (await abroad.draft(draft))[0] == "sent"


async def test_a_held_draft_cannot_come_back(abroad: Abroad) -> None:
    draft = (
        await abroad.house.room.draft_for_approval(_request(abroad.anna, to=(BOB,), subject="Later"), note="")
    ).draft
    (message_id,) = (await abroad.rows("SELECT message_id FROM drafts"))[0]
    await abroad.comes(written.POSTFIX.replace(written.ID.encode(), message_id.encode()))
    assert (await abroad.draft(draft), await abroad.suppressed()) == (("held", {}), [])


def _request(inbox: str, **fields: Any) -> Any:
    from mailmcp.mailroom.requests import SendRequest

    return SendRequest(inbox=inbox, body="Words.", **fields)


async def test_a_report_waits_for_the_check_that_may_prove_its_sender(abroad: Abroad) -> None:
    draft = await abroad.send(BOB, CAT)
    raw = abroad.about(written.POSTFIX).replace(b"MAILER-DAEMON@mx.near.example", b"MAILER-DAEMON@mx.far.example")
    notice = await abroad.comes(raw, peer=FAR_HOST)
    proved = await abroad.rows("SELECT results FROM checks ORDER BY id DESC LIMIT 1")

    def as_if_dns_were_slow(db: Any) -> None:
        db.execute("UPDATE deliveries SET state = 'accepted'")
        db.execute("UPDATE returns SET handled_at = NULL")
        db.execute("DELETE FROM suppressions")
        db.execute("UPDATE checks SET results = '{}'")
        db.execute("UPDATE messages SET check_at = 1 WHERE id = ?", (notice.row,))

    store = abroad.house.room._store
    await store.write(as_if_dns_were_slow)
    acts = abroad.house.room._dispatch.returning
    await acts.look(notice.row)
    assert (await abroad.draft(draft))[1] == {BOB: "accepted", CAT: "accepted"}
    assert await abroad.rows("SELECT handled_at FROM returns") == [(None,)]
    await store.write(lambda db: db.execute("UPDATE checks SET results = ?", proved[0]))
    await acts.look(notice.row)
    assert (await abroad.draft(draft))[1] == {BOB: "bounced", CAT: "accepted"}


# --- pauses -----------------------------------------------------------------------------------------------------------


async def fill(abroad: Abroad, *, good: int, gone: int) -> None:
    """Mails to so many addresses that exist and to so many that do not."""
    names = [f"u{number}@far.example" for number in range(good)]
    abroad.sink.answers = {f"gone{number}@far.example": "550 5.1.1 nobody" for number in range(gone)}
    for start in range(0, good, 10):
        await abroad.send(*names[start : start + 10], subject=f"To {start}")
    if gone:
        await abroad.send(*abroad.sink.answers, subject="To those who are gone")


async def test_an_inbox_from_which_too_much_comes_back_pauses_until_a_human_lifts_it(abroad: Abroad) -> None:
    await fill(abroad, good=20, gone=4)
    assert (await abroad.house.room.status()).pauses == ()
    abroad.sink.answers["gone9@far.example"] = "550 5.1.1 nobody"
    await abroad.send("gone9@far.example")
    (pause,) = (await abroad.house.room.status()).pauses
    assert "5 addresses of 25 messages" in pause
    held = (await abroad.house.send(abroad.anna, to=(CAT,))).draft
    assert (held.state, [one.code for one in held.reasons]) == ("held", ["paused"])
    bert = await abroad.house.inbox("bert")
    assert (await abroad.house.send(bert, to=(CAT,))).draft.state == "sent"
    assert (await abroad.house.send(abroad.anna, to=(bert,))).draft.state == "sent"
    await abroad.house.room.delete_inbox(abroad.anna)
    await abroad.house.inbox("anna")
    assert (await abroad.house.send(abroad.anna, to=(CAT,))).draft.state == "held"
    await abroad.house.room.resume(abroad.anna, by="human")
    assert (await abroad.house.room.status()).pauses == ()
    assert (await abroad.house.send(abroad.anna, to=(CAT,), body="Now")).draft.state == "sent"
    events = [event for (event,) in await abroad.rows("SELECT event FROM audit")]
    assert events.count("inbox.paused") == events.count("inbox.resumed") == 1


async def test_few_bounces_among_many_mails_pause_nothing(abroad: Abroad) -> None:
    await fill(abroad, good=101, gone=5)
    assert (await abroad.house.room.status()).pauses == ()


async def test_two_complaints_pause_an_inbox_that_wrote_to_enough(abroad: Abroad) -> None:
    await fill(abroad, good=18, gone=0)
    for number, name in enumerate((BOB, CAT)):
        assert (await abroad.house.room.status()).pauses == (), number
        await abroad.send(name)
        await abroad.comes(abroad.about(written.COMPLAINT, recipient=name), mail_from="feedback@far.example")
    assert "2 recipients of 20 messages" in (await abroad.house.room.status()).pauses[0]


async def test_what_waits_in_the_queue_when_its_inbox_pauses_is_held_for_a_human(abroad: Abroad) -> None:
    soon = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 1, UTC).isoformat()
    queued = await abroad.send(CAT, send_at=soon)
    assert queued.state == "queued"
    await fill(abroad, good=15, gone=5)
    arrived = len(abroad.sink.arrived)
    async with asyncio.timeout(LIMIT):
        while (draft := await abroad.house.room.draft(queued.id)).state == "queued":  # noqa: ASYNC110 - the leader does it
            await asyncio.sleep(0.02)
    assert (draft.state, [one.code for one in draft.reasons]) == ("held", ["paused"])
    assert len(abroad.sink.arrived) == arrived


# --- loops ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "held"),
    [
        ({}, False),
        ({"Auto-Submitted": "auto-replied"}, True),
        ({"List-Id": "<people.far.example>"}, True),
        ({"Precedence": "bulk"}, True),
        ({"X-Auto-Response-Suppress": "All"}, True),
    ],
)
async def test_an_answer_to_a_program_waits_for_a_human(abroad: Abroad, headers: dict[str, str], held: bool) -> None:
    mail = await abroad.house.receive(abroad.anna, from_=BOB, mail_from=BOB, headers=headers)
    draft = (await abroad.house.send(abroad.anna, in_reply_to=mail.id)).draft
    assert (draft.state, [one.code for one in draft.reasons]) == (("held", ["machine"]) if held else ("sent", []))


async def test_an_answer_to_mail_with_a_null_path_or_to_a_notice_waits_for_a_human(abroad: Abroad) -> None:
    mail = await abroad.house.receive(abroad.anna, from_=BOB, mail_from="")
    assert (await abroad.house.send(abroad.anna, in_reply_to=mail.id)).draft.state == "held"
    await abroad.send(BOB)
    notice = await abroad.comes(abroad.about(written.POSTFIX))
    draft = (await abroad.house.send(abroad.anna, in_reply_to=notice.id, to=(CAT,))).draft
    assert (draft.state, "machine" in [one.code for one in draft.reasons]) == ("held", True)


async def test_two_inboxes_that_answer_each_other_come_to_an_end(abroad: Abroad) -> None:
    """Assistants in one home: each answers whatever comes, at once and for ever."""
    anna, bert = abroad.anna, await abroad.house.inbox("bert")
    await abroad.house.send(anna, to=(bert,), subject="Ping")
    here, there, cursor, sent = bert, anna, {anna: "1970-01-01", bert: "1970-01-01"}, 1
    while sent < 50:
        mail = await abroad.house.wait(here, since=cursor[here])
        cursor[here] = mail.cursor
        draft = (await abroad.house.send(here, body=f"Answer {sent}", in_reply_to=mail.message.id)).draft
        if draft.state != "sent":
            break
        sent, here, there = sent + 1, there, here
    assert (draft.state, [one.code for one in draft.reasons]) == ("held", ["rate_thread"])
    assert sent <= 12


async def test_two_homes_that_answer_each_other_come_to_an_end(open_house: Any, tmp_path: Any) -> None:
    """Assistants in two homes, each of which hands its mail to the SMTP server of the other."""
    ports = {"a": free_port(), "b": free_port()}
    houses: dict[str, Any] = {}
    for name, other in (("a", "b"), ("b", "a")):
        houses[name] = await open_house(
            at=tmp_path / name,
            MAILMCP_LOCAL__DOMAIN=f"{name}.example",
            MAILMCP_LOCAL__SMTP_PORT=str(ports[name]),
            **through(ports[other]),
            MAILMCP_SEND__POLICY="open",
            MAILMCP_SEND__UNDO="0",
        )
        assert (await houses[name].room.status()).listener.port == ports[name]
    people = {name: await house.inbox("robot") for name, house in houses.items()}
    draft = (await houses["a"].send(people["a"], to=(people["b"],), subject="Ping")).draft
    cursor, here, there, sent = dict.fromkeys(people, "1970-01-01"), "b", "a", 1
    while draft.state == "sent" and sent < 50:
        mail = await houses[here].wait(people[here], since=cursor[here])
        cursor[here] = mail.cursor
        draft = (await houses[here].send(people[here], body=f"Answer {sent}", in_reply_to=mail.message.id)).draft
        sent += draft.state == "sent"
        here, there = there, here
    assert (draft.state, [one.code for one in draft.reasons]) == ("held", ["rate_thread"])
    assert sent <= 13
