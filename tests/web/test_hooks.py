"""What providers post: taken once, after the commit; everything else gets one and the same answer."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx2
from starlette.applications import Starlette

from mailmcp.errors import BadInput, StoreUnavailable
from mailmcp.mailroom.hooks import Hooks
from mailmcp.models import Hook, HookForm, HookSigning
from mailmcp.store import Store
from mailmcp.web.guard import HOOK_BODY, App, Guard
from mailmcp.web.hooks import HookDesk

NOW = 1_780_000_000
SECRET = "whsec_of_a_test"
HEADER = "x-toy-signature"
BODY = b'{"id": "evt_1", "inbox": "a@toy.example", "message": "msg_1"}'


class Toy:
    """A backend whose provider posts."""

    name = "toy"

    def __init__(self, *secrets: str) -> None:
        self.hook_signing = HookSigning(form=HookForm.STAMPED, header=HEADER, secrets=secrets)

    def read_hook(self, body: bytes) -> Hook:
        try:
            read = json.loads(body)
            return Hook(id=read["id"], inbox=read["inbox"], message=read["message"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput("The event cannot be read.") from error


class House:
    """A home that providers can post to, as far as a request goes."""

    def __init__(self, store: Store, bring: Callable[[str, Hook], Awaitable[None]], *secrets: str) -> None:
        toy = cast(Any, Toy(*secrets))
        desk = HookDesk(Hooks(store, [toy, cast(Any, object())], bring), clock=lambda: NOW)
        app = cast(App, Starlette(routes=desk.routes()))
        self._guard = cast(Any, Guard(app, host="127.0.0.1", port=1, hooks=desk.paths))

    async def ask(
        self,
        body: bytes = BODY,
        *,
        path: str = "/hooks/toy",
        method: str = "POST",
        peer: str = "127.0.0.1",
        **more: str,
    ) -> httpx2.Response:
        """One request as a tunnel brings it: under a name of its own."""
        headers = {"host": "mail.example", HEADER: sign(body), "content-type": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        transport = httpx2.ASGITransport(self._guard, client=(peer, 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://mail.example") as client:
            return await client.request(method, path, content=body, headers=headers)


def sign(body: bytes, *, at: int = NOW, secret: str = SECRET) -> str:
    return f"t={at},v1={hmac.digest(secret.encode(), f'{at}.'.encode() + body, 'sha256').hex()}"


@contextlib.asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Store]:
    store = await Store.open(home)
    try:
        yield store
    finally:
        await store.aclose()


class Brought:
    """What was fetched, and what goes wrong on the way."""

    def __init__(self, *troubles: Exception) -> None:
        self.hooks: list[tuple[str, Hook]] = []
        self.troubles = list(troubles)

    async def __call__(self, backend: str, hook: Hook) -> None:
        if self.troubles:
            raise self.troubles.pop()
        self.hooks.append((backend, hook))


def test_an_event_is_a_reason_to_fetch_and_is_done_once_for_ever(tmp_path):
    async def scene() -> None:
        brought = Brought()
        for _ in range(2):  # the second time after a restart
            async with opened(tmp_path) as store:
                house = House(store, brought, SECRET)
                for _ in range(2):
                    assert (await house.ask()).status_code == 200
        assert brought.hooks == [("toy", Hook(id="evt_1", inbox="a@toy.example", message="msg_1"))]

    asyncio.run(scene())


def test_the_same_event_delivered_twice_at_once_gets_its_two_answers(tmp_path):
    async def scene() -> None:
        async with opened(tmp_path) as store:
            house = House(store, Brought(), SECRET)
            answers = await asyncio.gather(*(house.ask() for _ in range(5)))
            assert {one.status_code for one in answers} == {200}

    asyncio.run(scene())


def test_what_could_not_be_stored_is_asked_for_again_and_then_taken(tmp_path):
    async def scene() -> None:
        brought = Brought(StoreUnavailable("The disk is full."))
        async with opened(tmp_path) as store:
            house = House(store, brought, SECRET)
            failed = await house.ask()
            assert (failed.status_code, b"disk" in failed.content) == (503, False)
            assert brought.hooks == []
            assert (await house.ask()).status_code == 200
            assert len(brought.hooks) == 1

    asyncio.run(scene())


def test_200_comes_only_after_the_mail_is_stored(tmp_path):
    async def scene() -> None:
        begun, gate, order = asyncio.Event(), asyncio.Event(), list[str]()

        async def bring(_: str, __: Hook) -> None:
            begun.set()
            await gate.wait()
            order.append("stored")

        async with opened(tmp_path) as store:
            house = House(store, bring, SECRET)
            asking = asyncio.create_task(house.ask())
            async with asyncio.timeout(30):
                await begun.wait()
                done, _ = await asyncio.wait([asking], timeout=0)
                assert not done
                gate.set()
                assert ((await asking).status_code, order) == (200, ["stored"])

    asyncio.run(scene())


WRONG: dict[str, dict[str, Any]] = {
    "another secret": {"x_toy_signature": sign(BODY, secret="whsec_else")},
    "another body": {"x_toy_signature": sign(BODY + b" ")},
    "old": {"x_toy_signature": sign(BODY, at=NOW - 301)},
    "from the future": {"x_toy_signature": sign(BODY, at=NOW + 301)},
    "not signed": {"x_toy_signature": ""},
    "read with GET": {"method": "GET"},
    "with PUT": {"method": "PUT"},
    "too large": {"body": b"x" * (HOOK_BODY + 1)},
    "said to be too large": {"content_length": str(HOOK_BODY + 1)},
    "of a browser": {"origin": "http://127.0.0.1:1"},
    "signed, and no JSON": {"body": b"?"},
    "signed, and no object": {"body": b"[]"},
    "signed, and of another form": {"body": b'{"id": "evt_1"}'},
}


def test_everything_that_is_wrong_gets_the_same_answer_and_does_nothing(tmp_path):
    async def scene() -> None:
        brought = Brought()
        async with opened(tmp_path) as store:
            house = House(store, brought, SECRET)
            answers = {name: await house.ask(**how) for name, how in WRONG.items()}
            seen = {(one.status_code, one.content, tuple(sorted(one.headers.items()))) for one in answers.values()}
            assert len(seen) == 1, {name: (one.status_code, one.headers) for name, one in answers.items()}
            assert answers["old"].status_code == 401
            assert brought.hooks == []
            assert (await house.ask()).status_code == 200  # nothing of that spent the event

    asyncio.run(scene())


def test_a_signature_that_stands_there_twice_counts_as_none(tmp_path):
    async def scene() -> None:
        async with opened(tmp_path) as store:
            house = House(store, Brought(), SECRET)
            transport = httpx2.ASGITransport(house._guard, client=("127.0.0.1", 5))
            async with httpx2.AsyncClient(transport=transport, base_url="http://mail.example") as client:
                twice = [(HEADER, sign(BODY)), (HEADER, sign(BODY))]
                assert (await client.post("/hooks/toy", content=BODY, headers=twice)).status_code == 401

    asyncio.run(scene())


def test_without_a_secret_there_is_no_such_address(tmp_path):
    async def scene() -> None:
        brought = Brought()
        async with opened(tmp_path) as store:
            house = House(store, brought)
            there = await house.ask()
            nowhere = await house.ask(path="/nothing")
            assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content) == (421, there.content)
            own = {"host": "127.0.0.1:1", "origin": "http://127.0.0.1:1"}
            assert (await house.ask(**own)).status_code == 404
            with_secret = House(store, brought, SECRET)
            assert (await with_secret.ask(path="/hooks/else")).status_code == 421
        assert brought.hooks == []

    asyncio.run(scene())


def test_a_hook_is_brought_by_a_program_of_this_machine_and_the_page_is_not_served_under_its_name(tmp_path):
    async def scene() -> None:
        async with opened(tmp_path) as store:
            house = House(store, Brought(), SECRET)
            assert (await house.ask(peer="203.0.113.9")).status_code in (401, 403)
            for path in ("/", "/api/drafts", "/page.js"):
                assert (await house.ask(path=path, method="GET")).status_code == 421

    asyncio.run(scene())


def test_two_secrets_count_while_one_replaces_the_other(tmp_path):
    async def scene() -> None:
        async with opened(tmp_path) as store:
            house = House(store, Brought(), "whsec_new", SECRET)
            assert (await house.ask()).status_code == 200
            other = BODY.replace(b"evt_1", b"evt_2")
            assert (await house.ask(other, x_toy_signature=sign(other, secret="whsec_new"))).status_code == 200
            after = House(store, Brought(), "whsec_new")
            assert (await after.ask()).status_code == 401

    asyncio.run(scene())


def test_a_flood_of_refused_requests_is_told_of_once(tmp_path, caplog):
    async def scene() -> None:
        async with opened(tmp_path) as store:
            house = House(store, Brought(), SECRET)
            for _ in range(20):
                await house.ask(x_toy_signature="t=1,v1=" + "0" * 64)

    began = time.monotonic()
    asyncio.run(scene())
    assert len([one for one in caplog.records if "was refused" in one.message]) == 1 or time.monotonic() - began > 60
    assert SECRET not in caplog.text
