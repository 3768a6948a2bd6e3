"""The fake of e2a is honest: e2a's own SDK drives it, reads what it says with its strict models, and is content."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from e2a.v1 import E2AClient
from e2a.v1.errors import E2AError
from e2a.v1.generated.models.email_received_data import EmailReceivedData
from e2a.v1.webhook_signature import construct_event
from fake_e2a import E2A, SENDS, SHARED, passing
from loopback_service import served

AGENT = f"anna@{SHARED}"


@pytest.fixture
def fake() -> E2A:
    return E2A()


@pytest.fixture
def client(fake: E2A) -> Iterator[Any]:
    with served(fake) as address, E2AClient(fake.account_key, base_url=address, max_retries=0) as client:
        client.agents.create({"email": AGENT, "name": "Anna"})
        yield client


def mail(text: str = "Your code is 482913.", subject: str = "Sign in") -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "App <no-reply@app.example>", AGENT, subject
    made["Message-ID"] = f"<{abs(hash(text))}@app.example>"
    made.set_content(text)
    return made.as_bytes()


def words(**more: Any) -> dict[str, Any]:
    return {"to": ["bob@example.com"], "subject": "Hello", "text": "The words."} | more


def code_of(call: Any) -> tuple[int, str]:
    with pytest.raises(E2AError) as caught:
        call()
    return caught.value.status, caught.value.code


def test_an_agent_is_made_listed_and_deleted(fake, client):
    assert [one.email for one in client.agents.list()] == [AGENT]
    assert client.agents.get(AGENT).domain_verified
    assert code_of(lambda: client.agents.create({"email": AGENT})) == (409, "agent_taken")
    assert code_of(lambda: client.agents.create({"email": f"admin@{SHARED}"})) == (400, "invalid_slug")
    assert client.info().shared_domain == SHARED
    assert client.account.get().scope == "account"
    assert client.agents.delete(AGENT).deleted
    assert code_of(lambda: client.agents.get(AGENT)) == (404, "not_found")


def test_a_plus_in_an_address_reaches_its_agent(fake, client):
    fake.agents[f"anna+shop@{SHARED}"] = ""
    assert client.agents.get(f"anna+shop@{SHARED}").email == f"anna+shop@{SHARED}"


def test_the_list_is_of_unread_mail_and_reading_marks_it(fake, client):
    row = fake.deliver(AGENT, mail(), authentication=passing("app.example"))
    assert [one.id for one in client.messages.list(AGENT)] == [row.id]
    read = client.messages.get(AGENT, row.id)
    assert base64.b64decode(read.raw_message) == row.raw
    assert (read.verified_domain, read.authentication.dmarc.policy) == ("app.example", "reject")
    assert list(client.messages.list(AGENT)) == []
    everything = list(client.messages.list(AGENT, direction="inbound", read_status="all", sort="asc"))
    assert [(one.id, one.header_from) for one in everything] == [(row.id, "no-reply@app.example")]


def test_pages_follow_each_other_and_their_cursor_belongs_to_the_filters(fake, client):
    rows = [fake.deliver(AGENT, mail(f"Words {at}")) for at in range(7)]
    found = client.messages.list(AGENT, read_status="all", sort="asc", limit=3)
    assert [one.id for one in found] == [row.id for row in rows]
    cursor = found.page().next_cursor
    other = client.messages.list(AGENT, read_status="all", sort="desc", limit=3)
    assert code_of(lambda: other.page(cursor)) == (400, "invalid_cursor")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert list(client.messages.list(AGENT, read_status="all", since=later)) == []


def test_a_key_sends_once_and_only_the_same_bytes(fake, client):
    first = client.messages.send(AGENT, words(), idempotency_key="k1")
    again = client.messages.send(AGENT, words(), idempotency_key="k1")
    assert (first.message_id, first.status) == (again.message_id, "sent")
    assert len(fake.left) == 1
    other = code_of(lambda: client.messages.send(AGENT, words(text="Else."), idempotency_key="k1"))
    assert other == (422, "idempotency_key_reuse")
    sent = client.messages.get(AGENT, first.message_id)
    assert (sent.delivery_status, sent.body.text) == ("sent", "The words.")


def test_files_and_every_recipient_leave(fake, client):
    file = {"filename": "a.txt", "content_type": "text/plain", "data": base64.b64encode(b"octets").decode()}
    client.messages.send(AGENT, words(cc=["c@example.com"], bcc=["d@example.com"], html="<p>x</p>", attachments=[file]))
    left, envelope = fake.left[0]
    assert envelope == ("bob@example.com", "c@example.com", "d@example.com")
    assert left["bcc"] is None
    assert [one.get_content().strip() for one in left.iter_attachments()] == ["octets"]
    sent = [client.messages.get(AGENT, one.id) for one in client.messages.list(AGENT, direction="outbound")]
    assert [one.attachments[0].filename for one in sent] == ["a.txt"]


def test_a_reply_goes_where_the_mail_says_and_threads(fake, client):
    row = fake.deliver(AGENT, mail().replace(b"To:", b"Reply-To: desk@app.example\nTo:", 1))
    client.messages.reply(AGENT, row.id, {"text": "Yes."})
    left, envelope = fake.left[0]
    assert envelope == ("desk@app.example",)
    assert left["in-reply-to"] == left["references"]
    assert left["subject"] == "Re: Sign in"


def test_a_held_message_does_not_leave_until_a_person_says_so(fake, client):
    fake.holds = True
    held = client.messages.send(AGENT, words())
    assert (held.status, fake.left) == ("pending_review", [])
    assert [one.id for one in client.reviews.list()] == [held.message_id]
    assert client.messages.get(AGENT, held.message_id).raw_message is None
    assert client.reviews.approve(held.message_id, {}).status == "sent"
    assert len(fake.left) == 1
    assert code_of(lambda: client.reviews.approve(held.message_id, {})) == (409, "message_not_pending")
    other = client.messages.send(AGENT, words(subject="Other"))
    assert client.reviews.reject(other.message_id, {}).status == "review_rejected"
    assert len(fake.left) == 1


def test_what_became_of_a_mail_is_an_event_and_who_does_not_exist_is_suppressed(fake, client):
    client.messages.send(AGENT, words())
    fake.report(fake.rows[-1], "bounced", "bob@example.com", bounce_type="permanent")
    kinds = [one.type for one in client.events.list(agent_email=AGENT)]
    assert kinds == ["email.bounced", "email.sent"]
    assert [one.address for one in client.account.suppressions.list()] == ["bob@example.com"]
    assert code_of(lambda: client.messages.send(AGENT, words())) == (422, "recipient_suppressed")


def test_what_it_posts_is_verified_by_the_sdk_with_either_secret(fake, client):
    fake.deliver(AGENT, mail(), authentication=passing("app.example"))
    headers, body = fake.signed(fake.events[-1], "whsec_new", "whsec_old")
    for secret in ("whsec_new", "whsec_old"):
        event = construct_event(body, headers["X-E2A-Signature"], secret)
        data: Any = EmailReceivedData.from_dict(dict(event.data))
        assert (event.id, data.message_id) == (fake.events[-1]["id"], fake.rows[-1].id)
        assert data.authentication.dmarc.status == "pass"


def test_limits_and_keys_are_told_apart(fake, client):
    fake.sends_left[AGENT] = 0
    with pytest.raises(E2AError) as caught:
        client.messages.send(AGENT, words())
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (429, "rate_limited", True)
    assert SENDS == 60
    fake.reads_left = 0
    assert code_of(lambda: client.messages.get(AGENT, "msg_1")) == (429, "rate_limited")
    with served(fake) as address, E2AClient(fake.agent_key(AGENT), base_url=address, max_retries=0) as bound:
        assert code_of(lambda: list(bound.agents.list())) == (403, "forbidden")
        assert bound.account.get().agent_email == AGENT
    with served(fake) as address, E2AClient("e2a_acct_wrong", base_url=address, max_retries=0) as wrong:
        assert code_of(lambda: wrong.account.get()) == (401, "unauthorized")


def test_a_field_that_it_does_not_know_is_refused(fake, client):
    """The SDK leaves such fields out by itself, so this is asked without it."""
    request = httpx2.Request(
        "POST",
        f"http://e2a.example/v1/agents/{AGENT.replace('@', '%40')}/messages",
        headers={"Authorization": f"Bearer {fake.account_key}"},
        json=words(headers={"X-A": "b"}),
    )
    assert (fake(request).status_code, fake.left) == (422, [])
