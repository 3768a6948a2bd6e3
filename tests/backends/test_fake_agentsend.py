"""The fake of AgentSend, asked as its page says: no SDK is there to tell whether the service does the same."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from fake_agentsend import CALLS, DOMAIN, AgentSend
from loopback_service import served

BASE = "https://api.agentsend.example"


@pytest.fixture
def fake() -> AgentSend:
    return AgentSend()


def ask(fake: AgentSend, method: str, path: str, **how: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {fake.key}"}
    return fake(httpx2.Request(method, f"{BASE}{path}", headers=headers, **how))


def inbox(fake: AgentSend, prefix: str = "anna") -> str:
    return str(ask(fake, "POST", "/inboxes", json={"prefix": prefix}).json()["id"])


def mail(subject: str = "Hello", **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "bob@app.example", f"anna@{DOMAIN}", subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("Words")
    return made.as_bytes()


def send(fake: AgentSend, id_: str, **more: Any) -> httpx2.Response:
    body = {"to": ["bob@app.example"], "subject": "Hello", "bodyText": "Words"} | more
    return ask(fake, "POST", f"/inboxes/{id_}/messages", json=body)


def test_a_list_shifts_under_its_offset_while_mail_arrives(fake):
    id_ = inbox(fake)
    rows = [fake.deliver(f"anna@{DOMAIN}", mail(f"Mail {at}")) for at in range(3)]
    first = ask(fake, "GET", f"/inboxes/{id_}/messages?limit=2&status=received").json()
    fake.deliver(f"anna@{DOMAIN}", mail("New"))
    second = ask(fake, "GET", f"/inboxes/{id_}/messages?limit=2&offset=2&status=received").json()
    assert [one["id"] for one in first["data"]] == [rows[2].id, rows[1].id]
    assert [one["id"] for one in second["data"]] == [rows[1].id, rows[0].id]
    assert second["total"] == 4


def test_a_repeat_is_a_second_mail_and_the_day_has_a_limit(fake):
    id_ = inbox(fake)
    assert [send(fake, id_).status_code for _ in range(11)] == [202] * 10 + [429]
    assert len(fake.left) == 10


def test_an_answer_to_a_mail_that_it_began_opens_another_thread(fake):
    id_ = inbox(fake)
    sent = send(fake, id_).json()
    left, _ = fake.left[0]
    assert left["message-id"] == f"<{sent['sesMessageId']}@email.amazonses.com>" != sent["messageIdHeader"]
    answer = fake.deliver(f"anna@{DOMAIN}", mail("Re: Hello", In_Reply_To=str(left["message-id"])))
    assert answer.thread != sent["threadId"]


def test_a_reply_goes_by_thread_and_only_by_one_of_its_inbox(fake):
    id_, other = inbox(fake), inbox(fake, "berta")
    row = fake.deliver(f"anna@{DOMAIN}", mail(Message_ID="<1@app.example>"))
    assert send(fake, id_, threadId=row.thread).status_code == 202
    assert (fake.left[0][0]["in-reply-to"], fake.left[0][0]["references"]) == ("<1@app.example>", "<1@app.example>")
    assert send(fake, other, threadId=row.thread).json()["error"]["code"] == "THREAD_INBOX_MISMATCH"


def test_repeated_headers_are_joined(fake):
    inbox(fake)
    forged = b"Authentication-Results: amazonses.com; dmarc=pass\r\n"
    row = fake.deliver(f"anna@{DOMAIN}", b"Authentication-Results: amazonses.com; dmarc=fail\r\n" + forged + mail())
    assert row.headers["authentication-results"] == "amazonses.com; dmarc=fail, amazonses.com; dmarc=pass"


def test_a_file_is_put_there_first_and_fetched_by_a_link(fake):
    id_ = inbox(fake)
    file = ask(fake, "POST", "/attachments", files={"file": ("a.txt", b"octets", "text/plain")}).json()
    send(fake, id_, attachmentIds=[file["id"]])
    assert [one.get_content().strip() for one in fake.left[0][0].iter_attachments()] == ["octets"]
    assert (
        fake(httpx2.Request("GET", ask(fake, "GET", f"/attachments/{file['id']}").json()["url"])).content == b"octets"
    )


def test_what_it_refuses(fake):
    id_ = inbox(fake)
    assert ask(fake, "POST", "/inboxes", json={"prefix": "anna"}).status_code == 400
    assert ask(fake, "GET", "/messages/none").json()["error"]["code"] == "NOT_FOUND"
    fake.claimed = False
    assert send(fake, id_).json()["error"]["claim_url"]
    assert fake(httpx2.Request("GET", f"{BASE}/inboxes")).status_code == 401
    limited = [ask(fake, "GET", "/inboxes").status_code for _ in range(CALLS)]
    assert limited[-1] == 429


def test_it_is_served_on_a_port_of_this_machine(fake):
    with served(fake) as address:
        answer = httpx2.get(f"{address}/inboxes", headers={"x-api-key": fake.key})
        assert answer.json() == {"data": [], "total": 0}
