"""MailKite as a backend, on a stand-in that answers MailKite's own SDK (test_fake_mailkite)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import httpx2
import pytest
from code_mails import code_mail, ids_of
from fake_mailkite import MailKite
from faults import Fault
from outgoing import Outbox, approved

from mailmcp.backends import lookups, mailkite
from mailmcp.backends.mailkite import MailKiteBackend
from mailmcp.backends.services import Fetches, ListsEvents, MakesInboxes, Missing, ReadsHooks
from mailmcp.config import load_settings
from mailmcp.errors import BackendError, BadInput, ConfigError, NoAnswer
from mailmcp.mail import parse
from mailmcp.models import Address, EventKind, OutgoingFile, RemoteInbox
from mailmcp.web.signatures import why_not

pytestmark = pytest.mark.anyio
DOMAIN = "anna.mailkite.example"
DESK = f"desk@{DOMAIN}"
INBOX = RemoteInbox(address=DESK, id=DESK)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def fake() -> MailKite:
    made = MailKite()
    made.domain(DOMAIN)
    return made


@pytest.fixture
def given(fake: MailKite) -> dict[str, str]:
    return {
        "MAILMCP_BACKEND": "mailkite",
        "MAILMCP_MAILKITE__API_KEY": fake.key,
        "MAILMCP_MAILKITE__DOMAIN": DOMAIN,
        "MAILMCP_MAILKITE__APP_PASSWORD": fake.app_password(f"*@{DOMAIN}"),
    }


@pytest.fixture
def backend(open_: Any) -> Any:
    return open_()


mail = partial(code_mail, DESK)


async def everything(backend: MailKiteBackend, cursor: str | None = None) -> tuple[list[str], str | None]:
    return await ids_of(backend, INBOX, cursor, LONG_AGO)


async def first(backend: MailKiteBackend) -> Any:
    return (await backend.look(INBOX, None, LONG_AGO)).found[0]


# --- inboxes ------------------------------------------------------------


async def test_it_has_the_powers_that_it_names(backend):
    for power in (MakesInboxes, Fetches, ListsEvents, ReadsHooks):
        assert isinstance(backend, power)


async def test_without_a_key_and_a_domain_it_says_which_settings_are_missing(reception, tmp_path):
    for given in ({}, {"MAILMCP_MAILKITE__API_KEY": "mk_live_x"}, {"MAILMCP_MAILKITE__DOMAIN": DOMAIN}):
        with pytest.raises(ConfigError, match="MAILMCP_MAILKITE__DOMAIN"):
            MailKiteBackend(load_settings(tmp_path, given), reception)


async def test_an_inbox_is_an_address_of_the_domain_and_a_made_up_one_is_its_keys_own(fake, open_, backend):
    assert (await backend.create_inbox(name="shop", display_name="", key="mailmcp-1")).address == f"shop@{DOMAIN}"
    made = [await backend.create_inbox(name=None, display_name="", key=f"mailmcp-{one}") for one in ("ab", "ab", "cd")]
    assert made[0] == made[1] != made[2]
    fake.domains.clear()
    with pytest.raises(BackendError, match="MAILMCP_MAILKITE__DOMAIN"):
        await backend.create_inbox(name="shop", display_name="", key="mailmcp-1")
    assert (await backend.examine())[0].stops


# --- receiving ----------------------------------------------------------


async def test_a_mail_comes_as_its_bytes_with_the_verdicts_as_a_claim(fake, backend):
    row = fake.deliver(DESK, raw=mail(), spf="pass", dkim="fail", dmarc=None, spam="ham")[0]
    arrived = await backend.fetch(INBOX, await first(backend))
    assert (arrived.raw, arrived.rebuilt) == (row.raw, False)
    assert arrived.claim is not None
    assert [(one.method, one.result) for one in arrived.claim.results] == [("spf", "pass"), ("dkim", "fail")]


async def test_without_any_verdict_nothing_is_claimed(fake, backend):
    fake.deliver(DESK, raw=mail())
    assert (await backend.fetch(INBOX, await first(backend))).claim is None


async def test_without_an_app_password_a_mail_is_rebuilt_with_its_headers_and_files(fake, open_):
    made = EmailMessage()
    made["From"], made["Subject"], made["Message-ID"] = "Äpp <a@app.example>", "Grüße", "<1@app.example>"
    made["To"], made["Cc"], made["References"] = f"{DESK}, other@x.example", "Carl <carl@x.example>", "<0@app.example>"
    made.set_content("Plain words")
    made.add_alternative("<p>HTML words</p>", subtype="html")
    made.add_attachment(b"octets\x00", maintype="application", subtype="pdf", filename="ä.pdf")
    fake.deliver(DESK, raw=made.as_bytes(), dmarc="pass")
    backend = open_(MAILMCP_MAILKITE__APP_PASSWORD=None)
    arrived = await backend.fetch(INBOX, await first(backend))
    assert arrived.rebuilt
    read = parse.parse(arrived.raw)
    assert (read.subject, read.message_id, read.references) == ("Grüße", "<1@app.example>", ("<0@app.example>",))
    assert [one.email for one in (*read.to, *read.cc)] == [DESK, "other@x.example", "carl@x.example"]
    assert ((read.text or "").strip(), (read.html or "").strip()) == ("Plain words", "<p>HTML words</p>")
    assert [(one.filename, one.size) for one in read.attachments] == [("ä.pdf", 7)]


@pytest.mark.parametrize("link", ["sig=old", "https://evil.example/"])
async def test_a_file_that_cannot_be_had_is_said_in_its_place(fake, faulty, open_, link):
    made = EmailMessage()
    made["From"], made["To"] = "a@app.example", DESK
    made.set_content("Words")
    made.add_attachment(b"octets", maintype="application", subtype="pdf", filename="a.pdf")
    row = fake.deliver(DESK, raw=made.as_bytes())[0]
    backend = open_(MAILMCP_MAILKITE__APP_PASSWORD=None)
    found = await first(backend)
    detail = fake._detail

    def expired(id_: str, request: httpx2.Request) -> dict[str, Any]:
        said = detail(id_, request)
        there = said["attachments"][0]["url"]
        said["attachments"][0]["url"] = link if "//" in link else there.replace("sig=abc", link)
        return said

    fake._detail = expired  # type: ignore[method-assign]
    read = parse.parse((await backend.fetch(INBOX, found)).raw)
    assert [one.filename for one in read.attachments] == ["a.pdf.missing.txt"]
    assert row.id == found.id


async def test_two_mails_that_look_alike_are_told_apart_by_their_message_id(fake, backend):
    one = fake.deliver(DESK, raw=mail(text="One"))[0]
    two = fake.deliver(DESK, raw=mail(text="Two").replace(b"<Sign-in@", b"<Other@"))[0]
    found = {one.id: one for one in (await backend.look(INBOX, None, LONG_AGO)).found}
    assert (await backend.fetch(INBOX, found[one.id])).raw == one.raw
    assert (await backend.fetch(INBOX, found[two.id])).raw == two.raw


async def test_a_mail_without_a_message_id_is_rebuilt_rather_than_guessed(fake, backend):
    fake.deliver(DESK, raw=mail().replace(b"Message-ID: <Sign-in@app.example>\n", b""))
    arrived = await backend.fetch(INBOX, await first(backend))
    assert arrived.rebuilt
    assert b"Your code is 482913" in arrived.raw


async def test_mail_to_others_and_own_mail_is_left_out(fake, backend):
    fake.deliver(f"other@{DOMAIN}", raw=mail("Other"))
    mine = fake.deliver(DESK.upper(), raw=mail("Mine"))[0]
    await Outbox(backend, approved(DESK, to=(Address("", "bob@x.test"),))).until_known()
    assert (await everything(backend))[0] == [mine.id]


async def test_what_is_encrypted_there_is_told_of_and_left_there(fake, backend, caplog):
    fake.deliver(DESK, raw=mail())[0].encrypted = True
    assert (await everything(backend))[0] == []
    assert "encrypted" in caplog.text


async def test_pages_leave_out_nothing_of_a_millisecond_that_they_share(fake, backend, monkeypatch):
    monkeypatch.setattr(mailkite, "PAGE", 10)
    rows = [fake.deliver(DESK, raw=mail(f"Mail {at}"), at=1_780_000_000_000 + at // 4)[0] for at in range(47)]
    ids, cursor = await everything(backend)
    assert set(ids) == {row.id for row in rows}
    later = fake.deliver(DESK, raw=mail("Later"))[0]
    assert later.id in (await everything(backend, cursor))[0]


async def test_a_walk_that_was_broken_off_goes_on_where_it_was(fake, backend, monkeypatch):
    monkeypatch.setattr(mailkite, "PAGE", 10)
    rows = [fake.deliver(DESK, raw=mail(f"Mail {at}"), at=1_780_000_000_000 + at)[0] for at in range(25)]
    page = await backend.look(INBOX, None, LONG_AGO)
    assert page.more
    newer = fake.deliver(DESK, raw=mail("Newer"))[0]
    ids, cursor = await everything(backend, page.cursor)
    assert {one.id for one in page.found} | set(ids) == {row.id for row in rows}
    assert newer.id in (await everything(backend, cursor))[0]


async def test_mail_whose_row_appears_late_is_found_by_the_overlap(fake, backend):
    fake.deliver(DESK, raw=mail("One"))
    _, cursor = await everything(backend)
    before = int((datetime.now(UTC) - timedelta(minutes=4)).timestamp() * 1000)
    late = fake.deliver(DESK, raw=mail("Late"), at=before)[0]
    assert late.id in (await everything(backend, cursor))[0]


async def test_a_mail_that_is_gone_is_missing(fake, backend):
    fake.deliver(DESK, raw=mail())
    found = await first(backend)
    fake.rows.clear()
    with pytest.raises(Missing):
        await backend.fetch(INBOX, found)


@pytest.mark.parametrize("what", [r"GET /api/messages\?", "GET /api/messages/", "GET /api/mailbox"])
@pytest.mark.parametrize("fault", list(Fault))
async def test_whatever_happens_to_a_look_or_a_fetch_nothing_is_lost(fake, faulty, backend, what, fault):
    row = fake.deliver(DESK, raw=mail())[0]
    faulty.plan.append((what, fault))
    for _ in range(3):
        try:
            arrived = await backend.fetch(INBOX, await first(backend))
            break
        except BackendError:
            assert fault is Fault.CUT
    assert (arrived.raw, faulty.plan) == (row.raw, [])


# --- sending ------------------------------------------------------------

FILE = OutgoingFile(filename="a b.txt", content_type="text/plain", data=b"octets\r\n\x00\xff")


async def test_what_leaves_is_what_was_approved(fake, backend):
    everybody = {
        "cc": (Address("Carl", "carl@x.test"),),
        "bcc": (Address("", "dora@x.test"),),
        "html": "<p>The words.</p>",
        "attachments": (FILE,),
        "in_reply_to": "<a@b>",
        "references": ("<z@b>", "<a@b>"),
    }
    receipt = await Outbox(backend, approved(DESK, **everybody)).until_known()
    left, envelope = fake.left[0]
    assert set(envelope) == {"bob@x.test", "carl@x.test", "dora@x.test"} == set(receipt.accepted)
    assert (left["from"], left["subject"], left["bcc"]) == ("Anna <desk@anna.mailkite.example>", "Hello", None)
    assert left.get_body(("plain",)).get_content().strip() == "The words."
    assert left.get_body(("html",)).get_content().strip() == "<p>The words.</p>"
    files = [(one.get_filename(), one.get_payload(decode=True)) for one in left.iter_attachments()]
    assert files == [(FILE.filename, FILE.data)]
    assert (left["in-reply-to"], left["references"]) == ("<a@b>", "<z@b> <a@b> <own-desk@mailmcp.test>")
    assert receipt.message_id == left["message-id"] == "<own-desk@mailmcp.test>"


async def test_a_message_id_that_is_not_kept_is_read_back(fake, backend):
    fake.keeps_message_id = False
    receipt = await Outbox(backend, approved(DESK)).until_known()
    assert receipt.message_id == fake.left[0][0]["message-id"] != "<own-desk@mailmcp.test>"
    assert "<own-desk@mailmcp.test>" in fake.left[0][0]["references"]


async def test_a_picture_in_the_html_cannot_be_sent_and_nothing_leaves(fake, backend):
    picture = OutgoingFile(filename="a.png", content_type="image/png", data=b"\x89PNG", cid="logo")
    with pytest.raises(BackendError, match="shows an image in its place"):
        await Outbox(backend, approved(DESK, html='<img src="cid:logo">', attachments=(picture,))).once()
    assert fake.left == []


@pytest.mark.parametrize("fault", list(Fault))
async def test_whatever_happens_to_a_send_it_leaves_once_or_nobody_knows(fake, faulty, backend, fault):
    faulty.plan.append(("POST /v1/send", fault))
    result = await Outbox(backend, approved(DESK)).until_known()
    if fault in (Fault.SILENT_BEFORE, Fault.BROKEN_BEFORE):
        assert (result, fake.left) == ("unknown", [])
    else:
        assert (len(fake.left), result.accepted) == (1, ("bob@x.test",))


async def test_a_send_without_an_answer_is_found_though_the_list_lags(fake, faulty, backend, monkeypatch):
    faulty.plan.append(("POST /v1/send", Fault.SILENT_AFTER))
    fake.lags = True
    listed, looks = fake._listed, list[int]()

    def late(asked: dict[str, str]) -> list[dict[str, Any]]:
        looks.append(1)
        fake.lags = len(looks) < 3
        return listed(asked)

    fake._listed = late  # type: ignore[method-assign]
    receipt = await Outbox(backend, approved(DESK)).once()
    assert receipt is not None
    assert (len(fake.left), receipt.provider_id) == (1, fake.rows[-1].id)


async def test_another_mail_with_the_same_words_is_not_taken_for_it(fake, faulty, backend):
    await Outbox(backend, approved(DESK), "d_1").until_known()
    faulty.plan.append(("POST /v1/send", Fault.SILENT_BEFORE))
    with pytest.raises(NoAnswer):
        await Outbox(backend, approved(DESK), "d_2").once()
    assert len(fake.left) == 1


async def test_what_it_refuses_for_good_is_refused_in_its_words(fake, backend):
    fake.verified = False
    with pytest.raises(BackendError, match=r"Nothing left.*verify your address"):
        await Outbox(backend, approved(DESK)).once()


# --- afterwards ---------------------------------------------------------


async def test_what_became_of_a_mail_is_asked_of_each_some_at_a_time(fake, backend, monkeypatch):
    monkeypatch.setattr(lookups, "MOST_ASKED", 2)
    ids = [(await Outbox(backend, approved(DESK), f"d_{at}").until_known()).provider_id for at in range(3)]
    fake.rows[0].status, fake.rows[1].status, fake.rows[2].status = "bounced", "delivered", "complained"
    told = await backend.events(INBOX, None, ids)
    more = await backend.events(INBOX, told.cursor, ids)
    kinds = {one.provider_id: one.kind for one in (*told.events, *more.events)}
    assert list(kinds.values()) == [EventKind.BOUNCED, EventKind.DELIVERED, EventKind.COMPLAINED]
    fake.rows.clear()
    assert (await backend.events(INBOX, None, ids)).events == ()


async def test_what_it_posts_is_verified_and_names_where_to_look(fake, open_):
    backend = open_(MAILMCP_MAILKITE__HOOK_SECRETS="whsec_of_a_test")
    row = fake.deliver(DESK, raw=mail())[0]
    headers, body = fake.event(row, "whsec_of_a_test")
    given = {name.lower(): [value] for name, value in headers.items()}
    assert why_not(backend.hook_signing, given, body, datetime.now(UTC).timestamp()) is None
    assert backend.read_hook(body).inbox == DESK
    bounced = json.dumps({"id": "evt_1", "type": "email.bounced"}).encode()
    assert backend.read_hook(bounced).inbox is None
    for odd in (b"", b"[]", b"{}", b'{"id": "e", "type": "email.received", "to": []}', b"[" * 100_000):
        with pytest.raises(BadInput):
            backend.read_hook(odd)
