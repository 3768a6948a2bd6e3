"""e2a as a backend, on a stand-in that e2a's own SDK is content with (test_fake_e2a)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from code_mails import code_mail, ids_of
from fake_e2a import E2A, SHARED, passing
from faults import Fault
from outgoing import Outbox, approved

from mailmcp.backends import e2a
from mailmcp.backends.calls import Busy, Declined
from mailmcp.backends.e2a import E2aBackend
from mailmcp.backends.services import CursorGone, Fetches, ListsEvents, MakesInboxes, Missing, ReadsHooks
from mailmcp.config import load_settings
from mailmcp.errors import AddressTaken, BackendError, BadAddress, BadInput, ConfigError, NoAnswer
from mailmcp.models import Address, EventKind, OutgoingFile, RemoteInbox, Standing
from mailmcp.web.signatures import why_not

pytestmark = pytest.mark.anyio
ANNA = f"anna@{SHARED}"
INBOX = RemoteInbox(address=ANNA, id=ANNA)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def fake() -> E2A:
    made = E2A()
    made.agents[ANNA] = "Anna"
    return made


@pytest.fixture
def given(fake: E2A) -> dict[str, str]:
    return {"MAILMCP_BACKEND": "e2a", "MAILMCP_E2A__API_KEY": fake.account_key}


@pytest.fixture
def backend(open_: Any) -> Any:
    return open_()


mail = partial(code_mail, ANNA)


async def everything(backend: E2aBackend, cursor: str | None = None) -> tuple[list[str], str | None]:
    """The ids of one whole walk, and the cursor after it."""
    return await ids_of(backend, INBOX, cursor, LONG_AGO)


async def found_in(backend: E2aBackend) -> Any:
    return (await backend.look(INBOX, None, LONG_AGO)).found


# --- inboxes ------------------------------------------------------------


async def test_it_has_the_powers_that_it_names(backend):
    for power in (MakesInboxes, Fetches, ListsEvents, ReadsHooks):
        assert isinstance(backend, power)
    assert list(backend.streams_for([INBOX])) == [], "a second WebSocket would end the user's own"


async def test_without_a_key_it_says_which_setting_is_missing(reception, tmp_path):
    with pytest.raises(ConfigError, match="MAILMCP_E2A__API_KEY"):
        E2aBackend(load_settings(tmp_path, {}), reception)


async def test_inboxes_are_made_at_the_shared_domain_listed_and_deleted(fake, backend):
    made = await backend.create_inbox(name="berta", display_name="Berta", key="mailmcp-1")
    assert (made.address, fake.agents[made.address]) == (f"berta@{SHARED}", "Berta")
    assert {one.address for one in await backend.list_inboxes()} == {ANNA, made.address}
    await backend.delete_inbox(made)
    await backend.delete_inbox(made)  # it is gone already
    assert made.address not in fake.agents


async def test_a_made_up_name_is_the_same_for_the_same_key(fake, backend):
    first = await backend.create_inbox(name=None, display_name="", key="mailmcp-abcdef0123456789")
    assert await backend.create_inbox(name=None, display_name="", key="mailmcp-abcdef0123456789") == first
    assert await backend.create_inbox(name=None, display_name="", key="mailmcp-fedcba9876543210") != first


@pytest.mark.parametrize("fault", [Fault.SILENT_AFTER, Fault.BROKEN_AFTER])
async def test_an_inbox_whose_making_was_not_answered_is_found(fake, faulty, backend, fault):
    faulty.plan.append(("POST /v1/agents", fault))
    made = await backend.create_inbox(name="berta", display_name="", key="mailmcp-1")
    assert made.address in fake.agents


async def test_a_making_of_which_nobody_knows_is_said_to_be_so(fake, faulty, backend):
    faulty.plan.append(("POST /v1/agents", Fault.SILENT_BEFORE))
    with pytest.raises(NoAnswer):
        await backend.create_inbox(name="berta", display_name="", key="mailmcp-1")
    assert f"berta@{SHARED}" not in fake.agents


async def test_names_that_are_taken_or_cannot_be_used_are_told_apart(backend):
    with pytest.raises(AddressTaken):
        await backend.create_inbox(name="anna", display_name="", key="mailmcp-1")
    with pytest.raises(BadAddress):
        await backend.create_inbox(name="admin", display_name="", key="mailmcp-1")


async def test_a_key_of_one_agent_has_that_inbox_and_no_other(fake, open_):
    backend = open_(MAILMCP_E2A__API_KEY=fake.agent_key(ANNA))
    assert await backend.list_inboxes() == (INBOX,)
    with pytest.raises(Declined, match="account-scoped"):
        await backend.create_inbox(name="berta", display_name="", key="mailmcp-1")
    assert "alone" in (await backend.examine())[0].sentence
    assert (await open_(MAILMCP_E2A__API_KEY="e2a_acct_wrong").examine())[0].stops


async def test_a_service_that_does_not_answer_says_nothing_against_the_key(fake, faulty, backend):
    faulty.plan += [("GET /v1/account", Fault.UNREACHABLE)] * 3
    found = (await backend.examine())[0]
    assert (found.standing, found.stops) == (Standing.UNKNOWN, False)
    assert (await backend.examine())[0].standing is Standing.FINE


async def test_an_address_with_a_plus_keeps_it(fake, backend):
    fake.agents[f"anna+shop@{SHARED}"] = ""
    row = fake.deliver(f"anna+shop@{SHARED}", mail())
    inbox = RemoteInbox(address=f"anna+shop@{SHARED}", id=f"anna+shop@{SHARED}")
    page = await backend.look(inbox, None, LONG_AGO)
    assert [one.id for one in page.found] == [row.id]


# --- receiving ------------------------------------------------------------


async def test_a_mail_comes_as_its_bytes_with_the_evidence_as_a_claim(fake, backend):
    row = fake.deliver(ANNA, mail(), mail_from="bounce@app.example", authentication=passing("app.example"))
    (found,) = await found_in(backend)
    arrived = await backend.fetch(INBOX, found)
    assert (arrived.raw, arrived.rebuilt, arrived.mail_from) == (row.raw, False, "bounce@app.example")
    assert arrived.claim is not None
    assert [(one.method, one.result) for one in arrived.claim.results] == [
        ("spf", "pass"),
        ("dkim", "pass"),
        ("dmarc", "pass"),
    ]
    assert arrived.claim.results[2].property("header.from") == "app.example"
    assert arrived.claim.by == "e2a"


async def test_what_was_not_evaluated_is_no_verdict_and_a_word_that_is_not_known_is_kept(fake, backend):
    fake.deliver(ANNA, mail("One"), authentication=None)
    odd = passing("app.example") | {"spf": {"status": None}, "dkim": [{"status": "policy"}], "dmarc": None}
    fake.deliver(ANNA, mail("Two"), authentication=odd)
    first, second = await found_in(backend)
    assert (await backend.fetch(INBOX, first)).claim is None
    claim = (await backend.fetch(INBOX, second)).claim
    assert [(one.method, one.result) for one in claim.results] == [("dkim", "policy")]


async def test_what_another_program_has_read_is_found_all_the_same(fake, backend):
    row = fake.deliver(ANNA, mail())
    row.read = True
    assert [one.id for one in await found_in(backend)] == [row.id]


async def test_own_mail_is_left_out(fake, backend):
    fake.deliver(ANNA, mail())
    await Outbox(backend, approved(ANNA)).until_known()
    assert len(await found_in(backend)) == 1


async def test_a_second_try_of_the_senders_server_is_two_mails_there_and_so_here(fake, backend):
    fake.deliver(ANNA, mail())
    fake.deliver(ANNA, mail())
    ids, _ = await everything(backend)
    assert len(set(ids)) == 2


async def test_many_mails_come_page_by_page_and_what_comes_later_after_them(fake, backend, monkeypatch):
    monkeypatch.setattr(e2a, "PAGE", 10)
    rows = [fake.deliver(ANNA, mail(f"Mail {at}")) for at in range(35)]
    ids, cursor = await everything(backend)
    assert ids == [row.id for row in rows]
    later = fake.deliver(ANNA, mail("Later"))
    ids, _ = await everything(backend, cursor)
    assert later.id in ids


async def test_a_cursor_that_vanished_in_the_middle_is_said_so_that_it_is_looked_anew(fake, backend, monkeypatch):
    monkeypatch.setattr(e2a, "PAGE", 10)
    for at in range(25):
        fake.deliver(ANNA, mail(f"Mail {at}"))
    page = await backend.look(INBOX, None, LONG_AGO)
    with pytest.raises(CursorGone):
        await backend.look(INBOX, json.dumps({**json.loads(page.cursor), "next": "gone.msg_1"}), LONG_AGO)


async def test_mail_whose_row_appears_late_is_found_by_the_overlap(fake, backend):
    fake.deliver(ANNA, mail("One"))
    _, cursor = await everything(backend)
    late = fake.deliver(ANNA, mail("Late"))
    late.created_at -= timedelta(seconds=90)
    ids, _ = await everything(backend, cursor)
    assert late.id in ids


async def test_mail_that_waited_for_a_review_is_found_days_after_it_came(fake, backend):
    """It keeps the time at which it came, and is not listed before somebody lets it through."""
    fake.deliver(ANNA, mail("One"))
    _, cursor = await everything(backend)
    released = fake.deliver(ANNA, mail("Released"))
    released.created_at -= timedelta(days=6)
    state = json.loads(cursor or "")
    state["wide"] = (datetime.now(UTC) - e2a.WIDE_EVERY).isoformat()
    ids, after = await everything(backend, json.dumps(state))
    assert released.id in ids
    assert json.loads(after or "")["from"] >= state["from"], "the next look is a short one again"
    assert released.id not in (await everything(backend, after))[0]


async def test_what_has_no_bytes_is_rebuilt_and_says_so(fake, backend):
    row = fake.deliver(ANNA, mail())
    (found,) = await found_in(backend)
    row.raw = None
    arrived = await backend.fetch(INBOX, found)
    assert arrived.rebuilt
    assert b"Subject: Sign in" in arrived.raw


async def test_a_mail_that_is_gone_and_an_agent_that_is_gone_are_missing(fake, backend):
    row = fake.deliver(ANNA, mail())
    (found,) = await found_in(backend)
    fake.rows.remove(row)
    with pytest.raises(Missing):
        await backend.fetch(INBOX, found)
    del fake.agents[ANNA]
    with pytest.raises(Missing):
        await backend.look(INBOX, None, LONG_AGO)


@pytest.mark.parametrize("fault", list(Fault))
async def test_whatever_happens_to_a_look_nothing_is_lost(fake, faulty, backend, fault):
    row = fake.deliver(ANNA, mail())
    faulty.plan += [("GET /v1/agents", fault)]
    try:
        ids = [one.id for one in await found_in(backend)]
    except BackendError:
        assert fault is Fault.CUT
        ids = [one.id for one in await found_in(backend)]
    assert ids == [row.id]


async def test_when_the_reads_of_the_minute_are_spent_it_is_later(fake, backend):
    fake.reads_left = 0
    with pytest.raises(Busy):
        await backend.look(INBOX, None, LONG_AGO)


# --- sending ------------------------------------------------------------

FILE = OutgoingFile(filename="a b.txt", content_type="text/plain", data=b"octets\r\n\x00\xff")


async def test_what_leaves_is_what_was_approved(fake, backend):
    everybody = {
        "cc": (Address("Carl", "carl@x.test"),),
        "bcc": (Address("", "dora@x.test"),),
        "html": "<p>The words.</p>",
        "attachments": (FILE,),
    }
    outbox = Outbox(backend, approved(ANNA, **everybody))
    receipt = await outbox.until_known()
    left, envelope = fake.left[0]
    assert set(envelope) == {"bob@x.test", "carl@x.test", "dora@x.test"} == set(receipt.accepted)
    assert left["bcc"] is None
    assert "dora" not in left.as_string()
    assert left["subject"] == "Hello"
    assert left.get_body(("plain",)).get_content().strip() == "The words."
    assert left.get_body(("html",)).get_content().strip() == "<p>The words.</p>"
    assert [(one.get_filename(), one.get_payload(decode=True)) for one in left.iter_attachments()] == [
        (FILE.filename, FILE.data)
    ]
    assert (receipt.message_id, len(outbox.about)) == (left["message-id"], 1)


async def test_a_picture_in_the_html_cannot_be_sent_and_nothing_leaves(fake, backend):
    picture = OutgoingFile(filename="a.png", content_type="image/png", data=b"\x89PNG", cid="logo")
    outbox = Outbox(backend, approved(ANNA, html='<img src="cid:logo">', attachments=(picture,)))
    with pytest.raises(BackendError, match="shows an image in its place"):
        await outbox.once()
    assert (fake.left, outbox.about) == ([], [])


async def test_an_answer_names_what_it_answers(fake, reception, backend):
    row = fake.deliver(ANNA, mail())
    reception.names[ANNA, "<Sign-in@app.example>"] = row.id
    answer = approved(
        ANNA, to=(Address("App", "no-reply@app.example"),), subject="Re: Sign in", in_reply_to="<Sign-in@app.example>"
    )
    await Outbox(backend, answer).until_known()
    left, envelope = fake.left[0]
    assert (left["in-reply-to"], envelope) == ("<Sign-in@app.example>", ("no-reply@app.example",))


@pytest.mark.parametrize("changed", [{"subject": "Else"}, {"to": (Address("", "bob@x.test"),)}])
async def test_an_answer_that_e2a_would_address_otherwise_goes_to_whom_it_was_approved_for(
    fake, reception, backend, changed
):
    """A Reply-To that a stranger set does not steer an answer that a human read."""
    row = fake.deliver(ANNA, mail(Reply_To="thief@evil.example"))
    reception.names[ANNA, "<Sign-in@app.example>"] = row.id
    asked = {"to": (Address("", "no-reply@app.example"),), "subject": "Re: Sign in", **changed}
    await Outbox(backend, approved(ANNA, in_reply_to="<Sign-in@app.example>", **asked)).until_known()
    left, envelope = fake.left[0]
    assert envelope == (asked["to"][0].email,)
    assert left["subject"] == asked["subject"]


@pytest.mark.parametrize("fault", list(Fault))
async def test_whatever_happens_to_a_send_it_leaves_once(fake, faulty, backend, fault):
    faulty.plan.append(("POST /v1/agents", fault))
    receipt = await Outbox(backend, approved(ANNA)).until_known()
    assert len(fake.left) == 1
    assert receipt.accepted == ("bob@x.test",)


@pytest.mark.parametrize("fault", [Fault.SILENT_AFTER, Fault.BROKEN_AFTER])
async def test_a_send_that_is_never_answered_is_found_in_the_list(fake, faulty, backend, fault):
    faulty.plan += [("POST /v1/agents", fault)] * 3
    receipt = await Outbox(backend, approved(ANNA)).once()
    assert receipt is not None
    assert (len(fake.left), receipt.provider_id) == (1, fake.rows[-1].id)


async def test_a_send_that_was_never_made_is_known_not_to_have_left(fake, faulty, backend):
    faulty.plan += [("POST /v1/agents", Fault.SILENT_BEFORE)] * 3
    outbox = Outbox(backend, approved(ANNA))
    assert await outbox.once() is None
    await outbox.until_known()
    assert len(fake.left) == 1


async def test_a_repeat_that_finds_the_first_under_way_is_asked_again(fake, faulty, backend):
    faulty.plan.append(("POST /v1/agents", Fault.SILENT_AFTER))
    fake.in_flight = 1
    receipt = await Outbox(backend, approved(ANNA)).once()
    assert receipt is not None
    assert (len(fake.left), receipt.accepted, fake.in_flight) == (1, ("bob@x.test",), 0)
    assert not any("conversation_id" in one.url.query.decode() for one in faulty.asked), "it was not looked for"


async def test_each_try_sends_the_same_octets_under_the_same_key(fake, faulty, backend):
    faulty.plan += [("POST /v1/agents", Fault.BROKEN_BEFORE)] * 2
    outbox = Outbox(backend, approved(ANNA, attachments=(FILE,)))
    await outbox.until_known()
    posted = [one for one in faulty.asked if one.method == "POST"]
    assert len({(one.content, one.headers["idempotency-key"], one.url.raw_path) for one in posted}) == 1
    assert len(posted) == 3


async def test_a_try_that_goes_another_way_than_the_first_does_not_send_again(fake, reception, faulty, backend):
    """What is answered could not be read at the second try: the same key then comes with another call."""
    row = fake.deliver(ANNA, mail())
    reception.names[ANNA, "<Sign-in@app.example>"] = row.id
    answer = approved(
        ANNA, to=(Address("", "no-reply@app.example"),), subject="Re: Sign in", in_reply_to="<Sign-in@app.example>"
    )
    outbox = Outbox(backend, answer)
    first = await outbox.until_known()
    reception.names.clear()
    again = await outbox.until_known()
    assert (len(fake.left), again.provider_id) == (1, first.provider_id)


async def test_two_drafts_with_the_same_words_are_two_mails(fake, backend):
    await Outbox(backend, approved(ANNA), "d_1").until_known()
    await Outbox(backend, approved(ANNA), "d_2").until_known()
    assert len(fake.left) == 2


async def test_what_e2a_holds_for_a_review_is_held_and_not_sent(fake, backend):
    fake.holds = True
    outbox = Outbox(backend, approved(ANNA))
    receipt = await outbox.until_known()
    assert (receipt.accepted, [one for one, _ in receipt.held], fake.left) == ((), ["bob@x.test"], [])
    assert [one for one, _ in (await backend.find_sent(outbox.mail, "d_1")).held] == ["bob@x.test"]
    assert len(fake.rows) == 1


async def test_what_it_refuses_for_good_is_refused_in_its_words(fake, backend):
    fake.suppressed["bob@x.test"] = "bounced"
    with pytest.raises(BackendError, match=r"Nothing left.*suppressed"):
        await Outbox(backend, approved(ANNA)).once()
    fake.suppressed.clear()
    fake.external_sending = False
    with pytest.raises(BackendError, match=r"Nothing left.*sending access"):
        await Outbox(backend, approved(ANNA)).once()
    assert fake.left == []


async def test_when_the_sends_of_the_minute_are_spent_nothing_left(fake, backend):
    fake.sends_left[ANNA] = 0
    assert await Outbox(backend, approved(ANNA)).once() is None
    assert fake.left == []


async def test_no_secret_is_in_what_goes_wrong(fake, open_, caplog):
    backend = open_(MAILMCP_E2A__API_KEY="e2a_acct_secretsecretsecret")
    with pytest.raises(BackendError) as caught:
        await Outbox(backend, approved(ANNA)).once()
    assert "secretsecret" not in str(caught.value) + caplog.text


# --- afterwards ------------------------------------------------------------


async def fates(backend: E2aBackend, *sent: str) -> list[tuple[EventKind, tuple[str, ...]]]:
    events = await backend.events(INBOX, None, sent)
    return [(one.kind, one.recipients) for one in events.events]


async def test_what_became_of_a_mail_is_told_with_whom_it_is_about(fake, backend):
    two = {"cc": (Address("", "carl@x.test"),)}
    receipt = await Outbox(backend, approved(ANNA, **two)).until_known()
    fake.report(fake.rows[-1], "bounced", "carl@x.test", bounce_type="permanent")
    told = await fates(backend, receipt.provider_id)
    assert (EventKind.BOUNCED, ("carl@x.test",)) in told
    assert (EventKind.BOUNCED, ()) not in told, "the list does not say whose mail came back"
    fake.report(fake.rows[-1], "bounced", "bob@x.test", bounce_type="transient")
    assert (EventKind.DELAYED, ("bob@x.test",)) in await fates(backend, receipt.provider_id)
    assert await fates(backend, "msg_else") == []
    assert await fates(backend) == []


async def test_with_a_key_of_one_agent_the_list_alone_is_asked(fake, open_):
    backend = open_(MAILMCP_E2A__API_KEY=fake.agent_key(ANNA))
    receipt = await Outbox(backend, approved(ANNA)).until_known()
    fake.report(fake.rows[-1], "delivered", "bob@x.test")
    assert await fates(backend, receipt.provider_id) == [(EventKind.DELIVERED, ())]


async def test_a_held_mail_is_sent_or_rejected_there(fake, backend):
    fake.holds = True
    ids = [(await Outbox(backend, approved(ANNA), f"d_{at}").until_known()).provider_id for at in range(2)]
    assert await fates(backend, *ids) == []
    fake._decide(ids[0], "approve")
    fake._decide(ids[1], "reject")
    events = await backend.events(INBOX, None, ids)
    kinds = {(one.provider_id, one.kind) for one in events.events}
    assert kinds == {(ids[0], EventKind.SENT), (ids[1], EventKind.REJECTED)}
    again = await backend.events(INBOX, events.cursor, ids)
    assert {(one.provider_id, one.kind) for one in again.events} == kinds


async def test_what_it_posts_is_verified_and_names_where_to_look(fake, open_):
    backend = open_(MAILMCP_E2A__HOOK_SECRETS="whsec_new,whsec_old")
    row = fake.deliver(ANNA, mail())
    headers, body = fake.signed(fake.events[-1], "whsec_old")
    given = {name.lower(): [value] for name, value in headers.items()}
    assert why_not(backend.hook_signing, given, body, datetime.now(UTC).timestamp()) is None
    hook = backend.read_hook(body)
    assert (hook.id, hook.inbox, hook.message) == (fake.events[-1]["id"], ANNA, row.id)
    for odd in (b"", b"[]", b"{}", b'{"id": 1, "type": "email.received", "data": []}', b"[" * 100_000):
        with pytest.raises(BadInput):
            backend.read_hook(odd)
