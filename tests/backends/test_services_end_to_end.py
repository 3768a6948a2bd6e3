"""The main job on each service, and what it posts: a real server process and a real MCP client on a stand-in's port."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from fake_agentmail import KEY, FakeAgentmail, addresses, bare
from fake_agentsend import DOMAIN, AgentSend
from fake_e2a import E2A, SHARED, passing
from fake_mailkite import MailKite
from fake_streams import AgentmailStreams
from http_service import serving
from loopback_service import served
from main_job import LIMIT, assistant, code_mail, main_job
from streaming import streaming

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def test_the_main_job_at_e2a(home):
    fake = E2A()
    with served(fake) as url:
        given = {"MAILMCP_BACKEND": "e2a", "MAILMCP_E2A__API_KEY": fake.account_key, "MAILMCP_E2A__URL": url}
        async with assistant(home, **given) as one:
            done = await main_job(
                one,
                lambda inbox, raw: fake.deliver(inbox, raw, authentication=passing("app.example")),
                lambda: fake.left,
            )
    assert done["mail"]["in-reply-to"] == "<739154@app.example>", "it threads at the other end"
    assert done["inbox"] == f"shop@{SHARED}"


async def test_what_e2a_posts_brings_its_mail_at_once_and_once(home):
    fake = E2A()
    with served(fake) as url:
        given = {"MAILMCP_BACKEND": "e2a", "MAILMCP_E2A__API_KEY": fake.account_key, "MAILMCP_E2A__URL": url}
        async with assistant(home, **given, MAILMCP_E2A__HOOK_SECRETS="whsec_of_a_test") as one:
            inbox = (await one.call("create_inbox", name="shop"))["address"]
            await asyncio.to_thread(fake.deliver, inbox, code_mail(inbox, "482913"))
            headers, body = fake.signed(fake.events[-1], "whsec_of_a_test")
            assert await one.post_hook("e2a", headers, body.replace(b"email.received", b"email.received ")) == 401
            assert await one.post_hook("e2a", headers, body) == 200
            assert any(line.endswith(fake.rows[-1].id) for line in fake.calls), "it was fetched before the answer"
            asked = len(fake.calls)
            assert await one.post_hook("e2a", headers, body) == 200
            assert [line for line in fake.calls[asked:] if "/messages/" in line] == [], "it was not fetched again"
            found = await one.call("wait_for_otp", inbox=inbox, timeout=10)
            assert found["code"] == "482913"
            assert (await one.call("read_thread", thread=found["thread"]))["count"] == 1
            assert await one.post_hook("mailkite", headers, body) == 421


@pytest.fixture
def kite() -> MailKite:
    made = MailKite()
    made.domain("anna.mailkite.example")
    return made


def at_mailkite(fake: MailKite, url: str) -> dict[str, str]:
    return {
        "MAILMCP_BACKEND": "mailkite",
        "MAILMCP_MAILKITE__API_KEY": fake.key,
        "MAILMCP_MAILKITE__DOMAIN": "anna.mailkite.example",
        "MAILMCP_MAILKITE__APP_PASSWORD": fake.app_password("*"),
        "MAILMCP_MAILKITE__URL": url,
    }


async def test_the_main_job_at_mailkite(home, kite):
    with served(kite) as url:
        async with assistant(home, **at_mailkite(kite, url)) as one:
            done = await main_job(one, lambda inbox, raw: kite.deliver(inbox, raw=raw, dmarc="pass"), lambda: kite.left)
    assert done["mail"]["in-reply-to"] == "<739154@app.example>"


async def test_what_mailkite_posts_brings_its_mail_at_once_and_once(home, kite):
    secret = "whsec_of_a_test"
    with served(kite) as url:
        async with assistant(home, **at_mailkite(kite, url), MAILMCP_MAILKITE__HOOK_SECRETS=secret) as one:
            inbox = (await one.call("create_inbox", name="shop"))["address"]
            (row,) = await asyncio.to_thread(lambda: kite.deliver(inbox, raw=code_mail(inbox, "482913")))
            headers, body = kite.event(row, secret)
            assert await one.post_hook("mailkite", headers, body) == 200
            assert f"GET /api/messages/{row.id}" in kite.calls, "it was fetched before the answer"
            assert await one.post_hook("mailkite", headers, body) == 200
            found = await one.call("wait_for_otp", inbox=inbox, timeout=10)
            assert found["code"] == "482913"
            assert (await one.call("read_thread", thread=found["thread"]))["count"] == 1


def at_agentsend(fake: AgentSend, url: str) -> dict[str, str]:
    return {
        "MAILMCP_BACKEND": "agentsend",
        "MAILMCP_AGENTSEND__API_KEY": fake.key,
        "MAILMCP_AGENTSEND__DOMAIN": DOMAIN,
        "MAILMCP_AGENTSEND__URL": url,
    }


async def test_the_main_job_at_agentsend(home):
    fake = AgentSend()
    with served(fake) as url:
        async with assistant(home, **at_agentsend(fake, url)) as one:
            done = await main_job(one, fake.deliver, lambda: fake.left)
    assert done["mail"]["in-reply-to"] == "<739154@app.example>"


async def test_what_agentsend_posts_brings_its_mail_at_once_and_once(home):
    fake, secret = AgentSend(), "whsec_of_a_test"
    with served(fake) as url:
        async with assistant(home, **at_agentsend(fake, url), MAILMCP_AGENTSEND__HOOK_SECRETS=secret) as one:
            inbox = (await one.call("create_inbox", name="shop"))["address"]
            row = await asyncio.to_thread(fake.deliver, inbox, code_mail(inbox, "482913"))
            headers, body = fake.event(row, secret)
            assert await one.post_hook("agentsend", headers, body) == 200
            asked = fake.calls.count(f"GET /messages/{row.id}")
            assert asked, "it was fetched before the answer"
            for _ in range(4):
                headers, body = fake.event(row, secret)  # with another time, as each try has
                assert await one.post_hook("agentsend", headers, body) == 200
            # A look round that had seen it in the list before it was stored may have asked for it, too: once.
            assert fake.calls.count(f"GET /messages/{row.id}") <= asked + 1
            found = await one.call("wait_for_otp", inbox=inbox, timeout=10)
            assert found["code"] == "482913"
            assert (await one.call("read_thread", thread=found["thread"]))["count"] == 1


def at_agentmail(url: str) -> dict[str, str]:
    return {"MAILMCP_BACKEND": "agentmail", "MAILMCP_AGENTMAIL__API_KEY": KEY, "MAILMCP_AGENTMAIL__URL": url}


def left_by(fake: FakeAgentmail) -> list[Any]:
    """(mail, recipients) of each that AgentMail let go."""
    return [
        (
            message_from_bytes(one.raw, policy=default),
            tuple(bare(to) for name in ("to", "cc", "bcc") for to in addresses((one.sent or {}).get(name))),
        )
        for one in fake.sent
    ]


async def test_the_main_job_at_agentmail(home):
    fake = FakeAgentmail()
    with serving(fake) as url:
        async with assistant(home, **at_agentmail(url)) as one:
            done = await main_job(one, fake.receive, lambda: left_by(fake))
    assert done["mail"]["in-reply-to"] == "<739154@app.example>"
    assert done["inbox"] == "shop@agentmail.to"


async def test_four_services_at_once_each_get_their_codes_and_send_their_own_answers(home, kite):
    first, second, fourth = FakeAgentmail(), E2A(), AgentSend()
    with ExitStack() as stack:
        urls = [
            stack.enter_context(serving(first)),
            *(stack.enter_context(served(it)) for it in (second, kite, fourth)),
        ]
        given = {
            **at_agentmail(urls[0]),
            "MAILMCP_E2A__API_KEY": second.account_key,
            "MAILMCP_E2A__URL": urls[1],
            **at_mailkite(kite, urls[2]),
            **at_agentsend(fourth, urls[3]),
            "MAILMCP_BACKEND": "agentmail,e2a,mailkite,agentsend",
        }
        deliver = {
            "agentmail": first.receive,
            "e2a": second.deliver,
            "mailkite": lambda inbox, raw: kite.deliver(inbox, raw=raw),
            "agentsend": fourth.deliver,
        }
        async with assistant(home, **given) as one:
            codes = {name: str(482913 + at) for at, name in enumerate(deliver)}
            inboxes = {
                name: (await one.call("create_inbox", name=f"shop-{at}", backend=name))["address"]
                for at, name in enumerate(deliver)
            }
            waiting = {
                name: asyncio.create_task(one.call("wait_for_otp", inbox=inboxes[name], timeout=40)) for name in deliver
            }
            for name, bring in deliver.items():
                await asyncio.to_thread(bring, inboxes[name], code_mail(inboxes[name], codes[name]))
            for name in deliver:
                found = await waiting[name]
                assert (found["status"], found["code"]) == ("found", codes[name])
                body = f"Thank you, {name}."
                held = await one.call(
                    "draft_for_approval", inbox=inboxes[name], body=body, in_reply_to=found["message"]
                )
                await one.approve(held["draft"])
                assert (await one.until(held["draft"], "sent", "failed", "unknown", "refused"))["status"] == "sent"
            for name, left in zip(deliver, (left_by(first), second.left, kite.left, fourth.left), strict=True):
                ((mail, recipients),) = left
                assert recipients == ("no-reply@app.example",)
                assert mail.get_body(("plain",)).get_content().strip() == f"Thank you, {name}."


async def test_mail_comes_through_one_service_and_leaves_through_another_of_the_same_domain(home, kite):
    """AgentSend receives for a domain of one's own, and MailKite sends for it."""
    fake = AgentSend()
    with served(fake) as url, served(kite) as way_out:
        given = {**at_mailkite(kite, way_out), **at_agentsend(fake, url), "MAILMCP_SEND_BACKEND": "mailkite"}
        kite.domain(DOMAIN)
        async with assistant(home, **given) as one:
            done = await main_job(one, fake.deliver, lambda: kite.left)
        assert fake.left == []
    assert done["mail"]["in-reply-to"] == "<739154@app.example>"


async def test_a_service_that_does_not_know_the_senders_address_sends_nothing_and_that_is_said(home):
    fake, other = E2A(), FakeAgentmail()
    with served(fake) as url, serving(other) as way_out:
        given = {"MAILMCP_E2A__API_KEY": fake.account_key, "MAILMCP_E2A__URL": url, **at_agentmail(way_out)}
        given |= {"MAILMCP_BACKEND": "e2a", "MAILMCP_SEND_BACKEND": "agentmail"}
        async with assistant(home, **given) as one:
            inbox = (await one.call("create_inbox", name="shop"))["address"]
            held = await one.call("draft_for_approval", inbox=inbox, body="Hi", to=["bob@x.example"], subject="Hi")
            await one.approve(held["draft"])
            ended = await one.until(held["draft"], "sent", "failed", "unknown", "refused")
    assert ended["status"] == "failed"
    assert "Nothing left" in str(ended)
    assert f"no inbox {inbox}" in str(ended)
    assert (fake.left, other.sent) == ([], [])


async def test_what_agentmail_says_on_its_socket_brings_the_code_and_the_status_says_that_it_does(home):
    service = AgentmailStreams()
    async with streaming(service) as url:
        given = {"MAILMCP_BACKEND": "agentmail", "MAILMCP_AGENTMAIL__API_KEY": service.key}
        async with assistant(home, **given, MAILMCP_AGENTMAIL__URL=url) as one:
            inbox = (await one.call("create_inbox", name="shop"))["address"]
            await service.until(1)
            async with asyncio.timeout(LIMIT):
                while "tells of news by itself" not in (await one.call("mail_status"))["services"][0]["state"]:  # noqa: ASYNC110 - another process says it
                    await asyncio.sleep(0.05)
            await service.tell(inbox, service.deliver(inbox, code_mail(inbox, "482913")))
            found = await one.call("wait_for_otp", inbox=inbox, timeout=10)
            assert found["code"] == "482913"
        await service.until(0)
        assert [line.ended for line in service.past] == [1000], "it said goodbye when the server ended"
