"""The fake of MailKite answers MailKite's own SDK (0.2.0), which asks for JSON and checks no more than that."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from fake_mailkite import MailKite
from loopback_service import served
from mailkite import MailKite as Sdk
from mailkite import MailKiteError, verify_webhook

DOMAIN = "anna.mailkite.example"
ANNA = f"desk@{DOMAIN}"


@pytest.fixture
def fake() -> MailKite:
    fake = MailKite()
    fake.domain(DOMAIN)
    return fake


@pytest.fixture
def sdk(fake: MailKite) -> Iterator[Any]:
    with served(fake) as address:
        yield Sdk(fake.key, address)


def mail(subject: str = "Sign in", **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "App <no-reply@app.example>", ANNA, subject
    made["Message-ID"] = f"<{subject.replace(' ', '-')}@app.example>"
    for name, value in headers.items():
        made[name] = value
    made.set_content("Your code is 482913.")
    return made.as_bytes()


def words(**more: Any) -> dict[str, Any]:
    return {"from": f"Anna <{ANNA}>", "to": ["bob@example.com"], "subject": "Hello", "text": "The words."} | more


def refused(call: Any) -> int:
    with pytest.raises(MailKiteError) as caught:
        call()
    assert caught.value.message
    return caught.value.status


def test_a_message_is_sent_each_time_that_it_is_asked_for(fake, sdk):
    first, second = sdk.send(words()), sdk.send(words())
    assert (first["status"], first["id"] != second["id"], len(fake.left)) == ("queued", True, 2)


def test_what_is_sent_has_the_callers_headers_files_and_recipients(fake, sdk):
    file = {"filename": "a.txt", "contentType": "text/plain", "content": base64.b64encode(b"octets").decode()}
    more = {"cc": ["c@example.com"], "bcc": "d@example.com", "html": "<p>x</p>", "attachments": [file]}
    sdk.send(words(**more, inReplyTo="<a@b>", headers={"X-Entity-Ref-ID": "d_1", "References": "<z@b> <a@b>"}))
    left, envelope = fake.left[0]
    assert envelope == ("bob@example.com", "c@example.com", "d@example.com")
    assert (left["in-reply-to"], left["references"], left["x-entity-ref-id"]) == ("<a@b>", "<z@b> <a@b>", "d_1")
    assert left["bcc"] is None
    assert [one.get_content().strip() for one in left.iter_attachments()] == ["octets"]


def test_the_list_is_everything_newest_first_and_leaves_out_a_shared_millisecond(fake, sdk):
    fake.deliver(ANNA, f"other@{DOMAIN}", raw=mail("One"), at=1000, dmarc="pass", spf=None)
    fake.deliver(ANNA, raw=mail("Two"), at=2000)
    sdk.send(words())
    rows = sdk.listMessages()
    assert [one["direction"] for one in rows] == ["outbound", "inbound", "inbound", "inbound"]
    assert [(one["to_addr"], one["dmarc"], one["spf"]) for one in rows[2:]] == [
        (ANNA, "pass", None),
        (f"other@{DOMAIN}", "pass", None),
    ]
    older = sdk.request("GET", "/api/messages?limit=1&before=2000")
    assert [one["to_addr"] for one in older] == [ANNA]
    assert sdk.request("GET", f"/api/messages?before={older[0]['received_at']}") == []


def test_a_message_has_its_headers_as_json_and_its_files_by_address(fake, sdk):
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = "a@app.example", ANNA, "<1@app.example>"
    made.set_content("Words")
    made.add_attachment(b"octets", maintype="application", subtype="pdf", filename="a.pdf")
    row = fake.deliver(ANNA, raw=made.as_bytes())[0]
    read = sdk.getMessage(row.id)
    assert "<1@app.example>" in read["message"]["headers_json"]
    assert read["message"]["text_body"].strip() == "Words"
    assert httpx2.get(read["attachments"][0]["url"]).content == b"octets"
    assert httpx2.get(read["attachments"][0]["url"].replace("sig=abc", "sig=x")).status_code == 403


def test_an_app_password_reads_raw_mail_of_its_address_alone(fake, sdk):
    row = fake.deliver(ANNA, raw=mail())[0]
    with served(fake) as address:
        box = Sdk(fake.app_password(f"*@{DOMAIN}"), address)
        listed = box.request("GET", f"/api/mailbox/messages?address={ANNA}&mailbox=INBOX")
        assert [(one["uid"], one["subject"]) for one in listed["messages"]] == [(1, "Sign in")]
        assert refused(lambda: box.listMessages()) == 401
        assert refused(lambda: box.request("GET", "/api/mailbox/messages?address=a@else.example")) == 403
        key = {"Authorization": f"Bearer {box.apiKey}"}
        raw = httpx2.get(f"{address}/api/mailbox/messages/1/raw", params={"address": ANNA}, headers=key)
        assert raw.content == row.raw


def test_domains_and_their_one_webhook(fake, sdk):
    domain = sdk.listDomains()[0]
    sdk.setWebhook(domain["id"], {"url": "https://one.example/"})
    sdk.setWebhook(domain["id"], {"url": "https://two.example/"})
    assert sdk.getDomain(domain["id"])["webhookUrl"] == "https://two.example/"
    sdk.deleteWebhook(domain["id"])
    assert sdk.getDomain(domain["id"])["webhookUrl"] is None


def test_what_it_posts_is_verified_by_the_sdk(fake):
    row = fake.deliver(ANNA, raw=mail(), dmarc="pass")[0]
    headers, body = fake.event(row, "whsec_of_a_test")
    assert verify_webhook(headers["x-mailkite-signature"], body, "whsec_of_a_test")
    assert not verify_webhook(headers["x-mailkite-signature"], body + b" ", "whsec_of_a_test")


def test_what_it_refuses(fake, sdk):
    assert refused(lambda: sdk.send(words(scheduledAt="1780000000000"))) == 400
    assert refused(lambda: sdk.send(words(**{"from": "a@else.example"}))) == 403
    assert refused(lambda: sdk.getMessage("msg_none")) == 404
    fake.limited = 1
    assert refused(lambda: sdk.listMessages()) == 429
    fake.verified = False
    assert refused(lambda: sdk.send(words())) == 403
