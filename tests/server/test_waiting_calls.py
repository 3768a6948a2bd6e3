"""wait_for_otp and wait_for_mail as a client meets them, in both eras."""

from __future__ import annotations

import json

import anyio
import pytest
from hosts import obeys, words_of
from letters import code_letter

pytestmark = pytest.mark.anyio


async def schema_of(door, tool: str):
    return next(one.output_schema for one in (await door.client.list_tools()).tools if one.name == tool)


async def test_one_call_gives_the_code_with_everything_one_wants_to_know(either_door):
    door = either_door
    inbox = await door.inbox()
    await door.accept(inbox, code_letter(inbox))
    text, found = await door.ask("wait_for_otp", inbox=inbox)
    assert obeys(found, await schema_of(door, "wait_for_otp"))
    assert (found["status"], found["code"]) == ("found", "482913")
    assert 0.5 < found["confidence"] <= 1
    assert "482913" in found["evidence"]
    assert found["sender"] == "Example App <no-reply@app.example>"
    assert found["trust"] == "unverified"
    assert "verified_domain" not in found
    assert found["message"].startswith("m_")
    assert found["thread"].startswith("t_")
    assert found["cursor"].startswith("c_")
    assert found["received_at"].endswith("Z")
    assert "repeated" not in found
    assert "482913" in text
    assert found["cursor"] in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert len(text) < 1_000


async def test_a_sign_in_link_is_given_where_there_is_no_code(door):
    inbox = await door.inbox()
    link = "https://app.example/verify?token=4f3c2b1a9d8e7f60"
    html = f'<p>Welcome!</p><p><a href="{link}">Verify your e-mail address</a></p>'
    raw = code_letter(inbox, subject="Confirm your address", text=f"Verify your e-mail address: {link}\n", html=html)
    await door.accept(inbox, raw)
    text, found = await door.ask("wait_for_otp", inbox=inbox)
    assert found["link"] == link
    assert "code" not in found
    assert link in text


@pytest.mark.parametrize(
    ("shown", "link", "flags", "told"),
    [
        (
            "https://app.example/verify",
            "https://evil.test/verify",
            ["text_names_another_host"],
            "; its text names another host",
        ),
        ("Verify your e-mail address", "https://192.0.2.7/verify", ["ip_address"], "; host is a number"),
        ("Verify your e-mail address", "https://app.example/verify", None, ""),
    ],
)
async def test_what_speaks_against_a_sign_in_link_is_said_with_it(either_door, shown, link, flags, told):
    door = either_door
    inbox = await door.inbox()
    link += "?token=4f3c2b1a9d8e7f60"
    html = f'<p>Welcome! Confirm your address to sign in:</p><p><a href="{link}">{shown}</a></p>'
    await door.accept(inbox, code_letter(inbox, subject="Confirm your address", text="", html=html))
    text, found = await door.ask("wait_for_otp", inbox=inbox)
    assert (found["link"], found.get("link_flags")) == (link, flags)
    assert obeys(found, await schema_of(door, "wait_for_otp"))
    (line,) = [one for one in text.splitlines() if link in one]
    assert line.startswith(f"link{told}")
    (read,) = (await door.call("read_thread", thread=found["message"]))["messages"]
    assert [one.get("flags") for one in read["links"]] == [flags]


async def test_an_empty_wait_is_a_normal_result_with_the_way_on(either_door):
    door = either_door
    inbox = await door.inbox()
    text, pending = await door.ask("wait_for_otp", inbox=inbox, timeout=0.1)
    assert obeys(pending, await schema_of(door, "wait_for_otp"))
    assert pending == {"status": "pending", "cursor": pending["cursor"], "waited": 0.1}
    assert f"since={pending['cursor']}" in text
    await door.accept(inbox, code_letter(inbox))
    found = await door.call("wait_for_otp", inbox=inbox, since=pending["cursor"])
    assert found["code"] == "482913"


async def test_a_wait_for_a_code_names_the_mail_that_came_without_one(door):
    inbox = await door.inbox()
    await door.accept(inbox, subject="Your account is locked", text="Please call us.")
    text, pending = await door.ask("wait_for_otp", inbox=inbox, timeout=0)
    assert pending["status"] == "pending"
    assert f"newest mail, {pending['without_code']}, holds none" in text
    read = await door.call("read_thread", thread=pending["without_code"])
    assert read["messages"][0]["subject"] == "Your account is locked"
    for filters in ({"since": pending["cursor"]}, {"from_": "bank.example"}):
        assert "without_code" not in await door.call("wait_for_otp", inbox=inbox, timeout=0, **filters)


async def test_only_a_wait_for_a_code_speaks_of_codes(door):
    text, _ = await door.ask("wait_for_mail", inbox=await door.inbox(), timeout=0)
    assert "code" not in text


async def test_a_repeat_is_marked_and_names_the_cursor_for_a_newer_one(either_door):
    door = either_door
    inbox = await door.inbox()
    await door.accept(inbox, code_letter(inbox))
    first = await door.call("wait_for_otp", inbox=inbox)
    text, again = await door.ask("wait_for_otp", inbox=inbox)
    assert (again["message"], again["repeated"]) == (first["message"], True)
    assert "same as before" in text
    await door.accept(inbox, code_letter(inbox, "111111"))
    newer = await door.call("wait_for_otp", inbox=inbox, since=again["cursor"])
    assert newer["code"] == "111111"


async def test_a_wait_for_mail_says_what_came_and_how_to_read_it(either_door):
    door = either_door
    inbox = await door.inbox()
    await door.accept(inbox, subject="Minutes of Tuesday")
    text, found = await door.ask("wait_for_mail", inbox=inbox, subject="minutes")
    assert obeys(found, await schema_of(door, "wait_for_mail"))
    assert (found["status"], found["subject"]) == ("found", "Minutes of Tuesday")
    assert "read_thread" in text


async def test_inboxes_are_written_in_any_case(door):
    inbox = await door.inbox()
    await door.accept(inbox, code_letter(inbox))
    assert (await door.call("wait_for_otp", inbox=inbox.upper(), timeout=60))["status"] == "found"


async def test_progress_comes_during_a_wait(either_door):
    door = either_door
    inbox = await door.inbox()
    told = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))
        if len(told) == 2:
            await door.accept(inbox, code_letter(inbox))

    with anyio.fail_after(60):
        result = await door.client.call_tool(
            "wait_for_otp", {"inbox": inbox, "timeout": 30}, progress_callback=progress
        )
    assert result.structured_content["code"] == "482913"
    assert len(told) >= 2
    assert all(total == 30 and message == f"waiting for mail to {inbox}" for _, total, message in told)


async def test_a_client_that_gives_up_ends_the_wait_and_loses_nothing(either_door):
    door = either_door
    inbox = await door.inbox()
    with anyio.move_on_after(0.2) as scope:
        await door.call("wait_for_otp", inbox=inbox, timeout=300)
    assert scope.cancelled_caught
    await anyio.wait_all_tasks_blocked()  # the server has heard of it
    await door.accept(inbox, code_letter(inbox))
    found = await door.call("wait_for_otp", inbox=inbox, timeout=60)
    assert (found["code"], found.get("repeated")) == ("482913", None)


async def test_two_clients_of_one_server_share_only_the_only_code(door):
    inbox = await door.inbox()
    given = []

    async def wait():
        given.append(await door.call("wait_for_otp", inbox=inbox, timeout=60))

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            await door.accept(inbox, code_letter(inbox, "111111"))
            await door.accept(inbox, code_letter(inbox, "222222"))
    assert {one["code"] for one in given} == {"111111", "222222"}


async def test_a_sender_filter_may_be_written_as_in_a_header_and_nonsense_is_refused(door):
    inbox = await door.inbox()
    await door.accept(inbox, code_letter(inbox))
    for filter_ in ("Example App <no-reply@app.example>", "@app.example", "APP.example", "  "):
        found = await door.call("wait_for_otp", inbox=inbox, from_=filter_, since="2000-01-01", timeout=60)
        assert found["code"] == "482913", filter_
    assert "give one address" in await words_of(door, "wait_for_otp", inbox=inbox, from_="*", timeout=0)


async def test_a_wait_ends_at_once_when_its_inbox_is_deleted(door):
    inbox = await door.inbox()
    words: list[str] = []

    async def wait() -> None:
        words.append(await words_of(door, "wait_for_mail", inbox=inbox, timeout=300))

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await door.call("list_inboxes")
            await door.call("delete_inbox", inbox=inbox)
    assert "no inbox" in words[0]


async def test_an_endless_link_does_not_fill_the_answer(door):
    inbox = await door.inbox()
    await door.accept(
        inbox, code_letter(inbox, text=f"Your code is 482913 or https://app.example/verify?t={'a' * 9000}")
    )
    text, found = await door.ask("wait_for_otp", inbox=inbox)
    assert found["code"] == "482913"
    assert "link" not in found
    assert len(text) < 2_000


@pytest.mark.parametrize(
    "wanted", ["@x", "x", '"x"', "GitHub", "Name <a@b>", "a@", "@", "<>", "a@b@app.example", "a..b"]
)
async def test_a_sender_filter_that_no_mail_could_match_is_refused_by_every_tool(door, wanted):
    inbox = await door.inbox()
    for tool, arguments in (
        ("find_mail", {}),
        ("wait_for_mail", {"inbox": inbox, "timeout": 0}),
        ("wait_for_otp", {"inbox": inbox, "timeout": 0}),
    ):
        words = await words_of(door, tool, from_=wanted, **arguments)
        assert words.startswith("`from_` is ")
        assert "give one address, or a domain such as app.example" in words
        assert "\n" not in words


@pytest.mark.parametrize(
    "wanted",
    ["No-Reply@App.example", "<no-reply@app.example>", "App <no-reply@app.example>", "@app.example", "app.example"],
)
async def test_the_ways_in_which_people_write_a_sender_are_understood(door, wanted):
    inbox = await door.inbox()
    await door.accept(inbox, code_letter(inbox))
    found = await door.call("wait_for_otp", inbox=inbox, from_=wanted, timeout=60)
    assert found["status"] == "found"


async def test_the_line_on_trust_ends_with_one_full_stop(door):
    inbox = await door.inbox()
    await door.accept(inbox, code_letter(inbox))
    for tool in ("wait_for_otp", "wait_for_mail"):
        text, _ = await door.ask(tool, inbox=inbox)
        assert ".." not in text
        assert ". " in text.splitlines()[0] or text.splitlines()[0].endswith(".")
