"""AgentSend as a backend, on a stand-in written from its page: not proven against the service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import pytest
from code_mails import code_mail, ids_of
from fake_agentsend import DOMAIN, AgentSend
from faults import Fault
from outgoing import Outbox, approved

from mailmcp.backends import lookups
from mailmcp.backends.agentsend import AgentSendBackend
from mailmcp.backends.services import Fetches, ListsEvents, MakesInboxes, Missing, ReadsHooks
from mailmcp.config import load_settings
from mailmcp.errors import AddressTaken, BackendError, BadAddress, BadInput, ConfigError, NoAnswer
from mailmcp.mail import parse
from mailmcp.models import Address, EventKind, OutgoingFile, RemoteInbox
from mailmcp.web.signatures import why_not

pytestmark = pytest.mark.anyio
ANNA = f"anna@{DOMAIN}"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def fake() -> AgentSend:
    made = AgentSend()
    made.daily = 1000
    made._made({"prefix": "anna", "displayName": "Anna"})
    return made


@pytest.fixture
def inbox(fake: AgentSend) -> RemoteInbox:
    return RemoteInbox(address=ANNA, id=fake._by_address(ANNA))


@pytest.fixture
def given(fake: AgentSend) -> dict[str, str]:
    return {"MAILMCP_BACKEND": "agentsend", "MAILMCP_AGENTSEND__API_KEY": fake.key, "MAILMCP_AGENTSEND__DOMAIN": DOMAIN}


@pytest.fixture
def backend(open_: Any) -> Any:
    return open_()


mail = partial(code_mail, ANNA)


async def everything(
    backend: AgentSendBackend, inbox: RemoteInbox, cursor: str | None = None
) -> tuple[list[str], str | None]:
    return await ids_of(backend, inbox, cursor, LONG_AGO)


async def fetched(backend: AgentSendBackend, inbox: RemoteInbox) -> Any:
    found = (await backend.look(inbox, None, LONG_AGO)).found[0]
    return await backend.fetch(inbox, found)


# --- inboxes ------------------------------------------------------------


async def test_it_has_the_powers_that_it_names_and_says_which_setting_is_missing(backend, reception, tmp_path):
    for power in (MakesInboxes, Fetches, ListsEvents, ReadsHooks):
        assert isinstance(backend, power)
    with pytest.raises(ConfigError, match="MAILMCP_AGENTSEND__API_KEY"):
        AgentSendBackend(load_settings(tmp_path, {}), reception)


async def test_inboxes_are_made_listed_and_deleted(fake, backend, inbox):
    made = await backend.create_inbox(name="berta", display_name="Berta", key="mailmcp-1")
    assert (made.address, fake.inboxes[made.id]["displayName"]) == (f"berta@{DOMAIN}", "Berta")
    assert set(await backend.list_inboxes()) == {inbox, made}
    await backend.delete_inbox(made)
    await backend.delete_inbox(made)
    assert list(fake.inboxes) == [inbox.id]


async def test_a_made_up_name_is_its_keys_own_and_names_that_cannot_be_had_are_told_apart(backend):
    made = [await backend.create_inbox(name=None, display_name="", key=f"mailmcp-{one}") for one in ("ab", "ab", "cd")]
    assert made[0] == made[1] != made[2]
    with pytest.raises(AddressTaken):
        await backend.create_inbox(name="anna", display_name="", key="mailmcp-1")
    with pytest.raises(BadAddress):
        await backend.create_inbox(name="a!", display_name="", key="mailmcp-1")


@pytest.mark.parametrize("fault", list(Fault))
async def test_an_inbox_whose_making_was_not_answered_is_found_or_nobody_knows(fake, faulty, backend, fault):
    faulty.plan.append(("POST /inboxes", fault))
    try:
        made = await backend.create_inbox(name="berta", display_name="", key="mailmcp-1")
        assert made.id in fake.inboxes
    except NoAnswer:
        assert fault in (Fault.SILENT_BEFORE, Fault.BROKEN_BEFORE)
    assert len(fake.inboxes) <= 2


# --- receiving ----------------------------------------------------------


async def test_a_mail_is_rebuilt_of_its_row_with_its_files(fake, backend, inbox):
    made = EmailMessage()
    made["From"], made["Subject"], made["Message-ID"] = "Äpp <a@app.example>", "Grüße", "<1@app.example>"
    made["To"], made["Cc"], made["References"] = f"{ANNA}, other@x.example", "carl@x.example", "<0@app.example>"
    made["Reply-To"] = "desk@app.example"
    made.set_content("Plain words")
    made.add_alternative("<p>HTML words</p>", subtype="html")
    made.add_attachment(b"octets\x00", maintype="application", subtype="pdf", filename="ä.pdf")
    fake.deliver(ANNA, made.as_bytes())
    arrived = await fetched(backend, inbox)
    assert arrived.rebuilt
    read = parse.parse(arrived.raw)
    assert (read.subject, read.message_id, read.references) == ("Grüße", "<1@app.example>", ("<0@app.example>",))
    assert [one.email for one in (*read.to, *read.cc)] == [ANNA, "other@x.example", "carl@x.example"]
    assert [one.email for one in read.reply_to] == ["desk@app.example"]
    assert ((read.text or "").strip(), (read.html or "").strip()) == ("Plain words", "<p>HTML words</p>")
    assert [(one.filename, one.size) for one in read.attachments] == [("ä.pdf", 7)]


async def test_a_file_that_is_not_there_any_more_is_said_in_its_place(fake, backend, inbox):
    made = EmailMessage()
    made["From"], made["To"] = "a@app.example", ANNA
    made.set_content("Words")
    made.add_attachment(b"octets", maintype="application", subtype="pdf", filename="a.pdf")
    fake.deliver(ANNA, made.as_bytes())
    fake.files.clear()
    read = parse.parse((await fetched(backend, inbox)).raw)
    assert [one.filename for one in read.attachments] == ["a.pdf.missing.txt"]


async def test_only_what_stands_before_the_first_comma_is_claimed(fake, backend, inbox):
    own = b"Authentication-Results: amazonses.com; spf=fail smtp.mailfrom=app.example; dmarc=fail\r\n"
    forged = b"Authentication-Results: amazonses.com; spf=pass; dkim=pass; dmarc=pass header.from=app.example\r\n"
    fake.deliver(ANNA, own + forged + mail())
    claim = (await fetched(backend, inbox)).claim
    assert [(one.method, one.result) for one in claim.results] == [("spf", "fail"), ("dmarc", "fail")]
    assert claim.by == "agentsend.io"


async def test_a_field_that_the_sender_wrote_alone_is_no_claim(fake, backend, inbox):
    fake.deliver(ANNA, b"Authentication-Results: mx.app.example; dmarc=pass\r\n" + mail())
    assert (await fetched(backend, inbox)).claim is None


async def test_nothing_is_left_out_while_the_list_shifts(fake, backend, inbox, monkeypatch):
    monkeypatch.setattr(fake, "page", 15)
    at = datetime.now(UTC) - timedelta(minutes=30)
    rows = []
    for number in range(35):
        rows.append(fake.deliver(ANNA, mail(f"Mail {number}")))
        rows[-1].created_at = at + timedelta(seconds=number)
    page = await backend.look(inbox, None, LONG_AGO)
    later = fake.deliver(ANNA, mail("Meanwhile"))
    gone = {fake.rows.pop(at).id for at in (30, 26, 22)}
    ids, cursor = await everything(backend, inbox, page.cursor)
    assert {one.id for one in page.found} | set(ids) >= {row.id for row in rows} - gone
    assert later.id in (await everything(backend, inbox, cursor))[0]


async def test_own_mail_and_mail_of_other_inboxes_is_left_out(fake, backend, inbox):
    fake._made({"prefix": "berta"})
    fake.deliver(f"berta@{DOMAIN}", mail())
    mine = fake.deliver(ANNA, mail())
    await Outbox(backend, approved(ANNA)).until_known()
    assert (await everything(backend, inbox))[0] == [mine.id]


async def test_a_mail_that_is_gone_is_missing(fake, backend, inbox):
    fake.deliver(ANNA, mail())
    found = (await backend.look(inbox, None, LONG_AGO)).found[0]
    fake.rows.clear()
    with pytest.raises(Missing):
        await backend.fetch(inbox, found)
    fake.inboxes.clear()
    with pytest.raises(Missing):
        await backend.look(inbox, None, LONG_AGO)


@pytest.mark.parametrize("what", ["GET /inboxes", "GET /messages"])
@pytest.mark.parametrize("fault", list(Fault))
async def test_whatever_happens_to_a_look_or_a_fetch_nothing_is_lost(fake, faulty, backend, inbox, what, fault):
    fake.deliver(ANNA, mail())
    faulty.plan.append((what, fault))
    assert b"Your code is 482913" in (await fetched(backend, inbox)).raw
    assert faulty.plan == []


# --- sending ------------------------------------------------------------

FILE = OutgoingFile(filename='a "b" ü.txt', content_type="text/plain", data=b"octets\r\n\x00\xff")
PICTURE = OutgoingFile(filename="a.png", content_type="image/png", data=b"\x89PNG", cid="logo")


async def test_what_leaves_is_what_was_approved(fake, backend):
    everybody = {
        "cc": (Address("Carl", "carl@x.test"),),
        "bcc": (Address("", "dora@x.test"),),
        "html": "<p>The words.</p>",
        "attachments": (FILE,),
    }
    receipt = await Outbox(backend, approved(ANNA, **everybody)).until_known()
    left, envelope = fake.left[0]
    assert set(envelope) == {"bob@x.test", "carl@x.test", "dora@x.test"} == set(receipt.accepted)
    assert (left["subject"], left["bcc"]) == ("Hello", None)
    assert left.get_body(("plain",)).get_content().strip() == "The words."
    assert left.get_body(("html",)).get_content().strip() == "<p>The words.</p>"
    assert [one.get_payload(decode=True) for one in left.iter_attachments()] == [FILE.data]
    assert receipt.message_id == left["message-id"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"html": '<img src="cid:logo">', "attachments": (PICTURE,)}, "image"),
        ({"attachments": (FILE,) * 11}, "10 files"),
        ({"automatic": True, "in_reply_to": "<a@b>"}, "automatic"),
    ],
)
async def test_what_it_has_no_field_for_does_not_leave(fake, backend, asked, why):
    with pytest.raises(BackendError, match=why):
        await Outbox(backend, approved(ANNA, **asked)).once()
    assert fake.left == []


async def test_an_answer_goes_by_its_thread_and_threads(fake, reception, backend):
    row = fake.deliver(ANNA, mail())
    reception.names[ANNA, "<Sign-in@app.example>"] = row.id
    await Outbox(backend, approved(ANNA, in_reply_to="<Sign-in@app.example>")).until_known()
    left, envelope = fake.left[0]
    assert (left["in-reply-to"], envelope) == ("<Sign-in@app.example>", ("bob@x.test",))


async def test_a_thread_that_lies_in_another_inbox_is_not_used(fake, reception, backend):
    fake._made({"prefix": "berta"})
    row = fake.deliver(f"berta@{DOMAIN}", mail())
    reception.names[ANNA, "<Sign-in@app.example>"] = row.id
    await Outbox(backend, approved(ANNA, in_reply_to="<Sign-in@app.example>")).until_known()
    assert fake.left[0][0]["in-reply-to"] is None


@pytest.mark.parametrize("fault", list(Fault))
async def test_whatever_happens_to_a_send_it_leaves_once_or_nobody_knows(fake, faulty, backend, inbox, fault):
    await Outbox(backend, approved(ANNA), "d_0").until_known()  # the same words, sent before
    faulty.plan.append((f"POST /inboxes/{inbox.id}/messages", fault))
    result = await Outbox(backend, approved(ANNA)).until_known()
    if fault in (Fault.SILENT_BEFORE, Fault.BROKEN_BEFORE):
        assert (result, len(fake.left)) == ("unknown", 1)
    else:
        assert (len(fake.left), result.provider_id) == (2, fake.rows[-1].id)


async def test_after_the_process_has_ended_nobody_knows(fake, faulty, open_, inbox):
    faulty.plan.append((f"POST /inboxes/{inbox.id}/messages", Fault.SILENT_AFTER))
    outbox = Outbox(open_(), approved(ANNA))
    with pytest.raises(NoAnswer):
        await outbox.backend.send(outbox.mail, outbox.key, outbox.about_to_commit)
    with pytest.raises(BackendError, match="look there"):
        await open_().find_sent(outbox.mail, outbox.key)


@pytest.mark.parametrize("what", ["POST /attachments", "GET /inboxes"])
@pytest.mark.parametrize("fault", list(Fault))
async def test_whatever_happens_before_a_send_it_leaves_once(fake, faulty, backend, what, fault):
    faulty.plan.append((what, fault))
    await Outbox(backend, approved(ANNA, attachments=(FILE,))).until_known()
    assert len(fake.left) == 1


async def test_what_its_sandbox_takes_is_not_sent(fake, backend):
    fake.sandbox = True
    receipt = await Outbox(backend, approved(ANNA)).until_known()
    assert (receipt.accepted, [one for one, _ in receipt.refused]) == ((), ["bob@x.test"])


async def test_what_a_person_must_do_first_is_said(fake, backend):
    fake.claimed = False
    with pytest.raises(BackendError, match=r"Nothing left.*claim the account"):
        await Outbox(backend, approved(ANNA)).once()


# --- afterwards ---------------------------------------------------------


async def test_what_became_of_a_mail_is_asked_of_each_some_at_a_time(fake, backend, inbox, monkeypatch):
    monkeypatch.setattr(lookups, "MOST_ASKED", 2)
    ids = [(await Outbox(backend, approved(ANNA), f"d_{at}").until_known()).provider_id for at in range(3)]
    fake.rows[0].status, fake.rows[1].status, fake.rows[2].status = "bounced", "delivered", "complained"
    told = await backend.events(inbox, None, ids)
    more = await backend.events(inbox, told.cursor, ids)
    kinds = {one.provider_id: one.kind for one in (*told.events, *more.events)}
    assert list(kinds.values()) == [EventKind.BOUNCED, EventKind.DELIVERED, EventKind.COMPLAINED]
    assert (await backend.examine())[0].sentence.endswith("1 inboxes.")


async def test_what_it_posts_is_verified_and_names_where_to_look(fake, open_, inbox):
    backend = open_(MAILMCP_AGENTSEND__HOOK_SECRETS="whsec_of_a_test")
    row = fake.deliver(ANNA, mail())
    headers, body = fake.event(row, "whsec_of_a_test")
    given = {name.lower(): [value] for name, value in headers.items()}
    assert why_not(backend.hook_signing, given, body, datetime.now(UTC).timestamp()) is None
    assert backend.read_hook(body).inbox is None, "no inbox was met yet, so all are looked at"
    await backend.look(inbox, None, LONG_AGO)
    hook = backend.read_hook(body)
    again = backend.read_hook(fake.event(row, "whsec_of_a_test")[1])
    assert (hook.inbox, hook.message, hook.id) == (ANNA, row.id, again.id)
    assert json.loads(body)["data"]["messageId"] == row.id
    for odd in (b"", b"[]", b"{}", b'{"event": "message.received", "data": {}}', b"[" * 100_000):
        with pytest.raises(BadInput):
            backend.read_hook(odd)
