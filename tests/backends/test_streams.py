"""What services say by themselves wakes a look, on real sockets; and nothing that is said or left out does any harm."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cutting_proxy import wire
from fake_streams import AgentmailStreams, E2aStreams, MailKiteStreams
from http_service import Said, transport
from letters import letter
from reception import KeepingReception
from service_contract import CALLS, LIMIT, PACE, Room
from streaming import Line, Streams, streaming

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import BACKENDS, class_of
from mailmcp.backends.services import StreamOver
from mailmcp.errors import BackendError, ConfigError, TryLater
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import RemoteInbox

pytestmark = pytest.mark.anyio

RARE = replace(PACE, fetch_idle=10_000, stream_longest=0.2)
"""Without news, an inbox is looked at once."""
SOCKETS = (AgentmailStreams, E2aStreams)
ANN = RemoteInbox(address="ann@x.test", id="ann@x.test")


@pytest.fixture(params=[AgentmailStreams, E2aStreams, MailKiteStreams])
def service(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.fixture(params=SOCKETS)
def with_socket(request: pytest.FixtureRequest) -> Any:
    return request.param()


def backend_of(service: Any, home: Path, url: str, reception: Any = None, **settings: str) -> Any:
    given = service.settings(home, url, **settings)
    (row,) = [row for row in BACKENDS if row.name == given.backend]
    return class_of(row)(given, reception or KeepingReception(), pace=CALLS)


@asynccontextmanager
async def opened(service: Any, home: Path, url: str, pace: Pace = RARE, **settings: str) -> AsyncIterator[Room]:
    room = await Mailroom.open(
        service.settings(home, url, **settings),
        lambda reception: backend_of(service, home, url, reception, **settings),
        pace,
        resolver=StaticResolver({}),
    )
    try:
        yield Room(room)
    finally:
        await room.aclose()


async def _told(room: Room) -> str:
    return (await room.room.status()).services[0].stream


async def test_news_bring_the_mail_at_once_though_the_next_look_is_far_away(service: Any, tmp_path: Path) -> None:
    async with streaming(service) as url, opened(service, tmp_path / "home", url) as room:
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        await service.until(1)
        await room.until(lambda: _told(room), "tells of news by itself")
        for number in range(3):
            event = service.deliver(inbox, letter(inbox, subject=f"{number}"))
            await service.tell(inbox, event)
            await room.until(lambda: room.subjects(inbox), [str(one) for one in range(number + 1)])
        assert service.tried == 1


async def test_what_came_while_nobody_listened_is_looked_for_once_somebody_does(service: Any, tmp_path: Path) -> None:
    async with streaming(service) as url, wire(int(url.rpartition(":")[2]), seed=1) as between:
        between.breaking = False
        async with opened(service, tmp_path / "home", f"http://127.0.0.1:{between.port}") as room:
            inbox = (await room.room.create_inbox(name="ann"))[0].address
            await service.until(1)
            for number in range(2):
                tried = service.tried
                service.deliver(inbox, letter(inbox, subject=f"{number}"))  # nothing is told
                assert between.cut()
                await service.until(1, tried + 1)
                await room.until(lambda: room.subjects(inbox), [str(one) for one in range(number + 1)])
            event = service.deliver(inbox, letter(inbox, subject="told"))
            await service.tell(inbox, event)
            await room.until(lambda: room.subjects(inbox), ["0", "1", "told"])


GARBAGE = (
    "",
    "no json",
    b"\xff\x00",
    "[" * 100_000,
    '{"type": ' + "9" * 10_000 + "}",
    [],
    None,
    {},
    {"type": 7},
    {"type": "event"},
    {"type": "event", "event_type": "message.received", "event_id": [], "message": {"inbox_id": {}}},
    {"type": "event", "event_type": "message.received", "event_id": "1", "message": {"inbox_id": "x@y.test"}},
    {"type": "email.received", "data": {"agent_email": "x@y.test"}},
    {"type": "subscribed", "inbox_ids": "all"},
    {"message": "Forbidden"},
)


async def test_garbage_on_a_socket_is_passed_over(with_socket: Any, tmp_path: Path) -> None:
    service = with_socket
    async with streaming(service) as url, opened(service, tmp_path / "home", url) as room:
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        await service.until(1)
        for one in GARBAGE:
            await service.lines[0].say(one if one is not None else "null")
        await service.tell(inbox, service.deliver(inbox, letter(inbox, subject="news")))
        await room.until(lambda: room.subjects(inbox), ["news"])
        assert service.tried == 1
        assert await _told(room) == "tells of news by itself"


async def test_events_of_any_form_are_a_reason_to_look_and_no_more(tmp_path: Path) -> None:
    service = MailKiteStreams()
    async with streaming(service) as url, opened(service, tmp_path / "home", url) as room:
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        await service.until(1)
        for one in (b"\xff\xfe\x00\n\n", "data: {\n\n", "id: 1\n\n", "retry: 9999999999999\n\n", ":" * 5000 + "\n\n"):
            await service.lines[0].say(one)
        service.deliver(inbox, letter(inbox, subject="news"))
        await service.lines[0].say("event: anything\ndata: x\n\n")
        await room.until(lambda: room.subjects(inbox), ["news"])
        assert service.tried == 1


@pytest.mark.slow
async def test_what_is_too_long_ends_the_stream_unread_and_the_mail_comes_all_the_same(
    service: Any, tmp_path: Path
) -> None:
    async with streaming(service) as url, opened(service, tmp_path / "home", url) as room:
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        await service.until(1)
        (line,) = service.lines
        service.deliver(inbox, letter(inbox, subject="news"))
        await line.say("data: " + "x" * 3_000_000 if service.is_stream(line.asked) else "x" * 3_000_000)
        await service.until(1, 2)
        await room.until(lambda: room.subjects(inbox), ["news"])
        assert line.ended in (1006, 1009)


@pytest.mark.slow
async def test_a_flood_of_nothing_that_can_be_read_is_ended(with_socket: Any, tmp_path: Path) -> None:
    service = with_socket
    async with streaming(service) as url:
        backend = backend_of(service, tmp_path, url)
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
        watching = backend.watch([inbox])
        assert await anext(watching) is None
        for _ in range(200):
            await service.lines[0].say("[]")
        with pytest.raises(BackendError, match="can be read"):
            await asyncio.wait_for(anext(watching), LIMIT)
        await service.until(0)
        await backend.aclose()


REFUSALS = (
    Said(401, {"error": {"code": "unauthorized", "message": "no"}}),
    Said(403, {"message": "Forbidden"}),
    Said(404, {"error": "no such thing"}),
    Said(429, {"message": "Too many."}, headers={"Retry-After": "1"}),
    Said(503, body=b"<html>not now</html>"),
    Said(200, {"fine": True}),
    Said(302, body=b"", headers={"Location": "http://127.0.0.1:9/elsewhere"}),
)


@pytest.mark.parametrize(
    "refusal",
    [pytest.param(one, id=str(one.status), marks=() if one.status == 403 else pytest.mark.slow) for one in REFUSALS],
)
async def test_where_nobody_may_listen_mail_is_looked_for_as_ever(service: Any, refusal: Said, tmp_path: Path) -> None:
    service.refusal = refusal
    async with streaming(service) as url, opened(service, tmp_path / "home", url, PACE) as room:
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        service.deliver(inbox, letter(inbox, subject="news"))
        await room.until(lambda: room.subjects(inbox), ["news"])
        async with asyncio.timeout(LIMIT):
            while not (said := await _told(room)).startswith("does not tell of news by itself now ("):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (await room.room.status()).services[0].trouble == ""
    assert service.key not in said


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 100,
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    ],
    ids=["nothing", "zeros", "half a handshake", "a long head"],
)
async def test_what_speaks_another_language_is_not_reached_now(service: Any, answer: bytes, tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        backend = backend_of(service, tmp_path, f"http://127.0.0.1:{port}")
        with pytest.raises(TryLater):
            await asyncio.wait_for(anext(backend.watch([ANN])), LIMIT)
        await backend.aclose()


async def test_a_key_that_no_header_can_hold_is_not_said(service: Any, tmp_path: Path) -> None:
    name = service.settings(tmp_path, "https://api.example.com").backend
    given = {f"MAILMCP_{name.upper()}__API_KEY": "schl\u00fcssel\u20ac"}
    with pytest.raises(ConfigError, match="copy it again") as told:
        backend_of(service, tmp_path, "http://127.0.0.1:9", **given)
    assert "schl" not in str(told.value)


async def test_a_proxy_that_wants_a_library_is_no_crash(
    with_socket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("socks_proxy", "socks5://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "python_socks", None)
    backend = backend_of(with_socket, tmp_path, "https://127.0.0.1:9")
    with pytest.raises(BackendError):
        await asyncio.wait_for(anext(backend.watch([ANN])), LIMIT)
    await backend.aclose()


async def test_the_key_is_in_no_log_and_no_address_while_a_stream_is_opened_and_told(
    service: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with streaming(service) as url, opened(service, tmp_path / "home", url) as room:
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        await service.until(1)
        (line,) = service.lines
        await service.tell(inbox, service.deliver(inbox, letter(inbox, subject="news")))
        await room.until(lambda: room.subjects(inbox), ["news"])
        service.refusal = REFUSALS[1]
        await line.end(1011)
        async with asyncio.timeout(LIMIT):
            while (await _told(room)) == "tells of news by itself":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert line.asked.headers["authorization"] == f"Bearer {service.key}"
    assert service.key not in line.asked.target
    assert service.key not in caplog.text


async def test_only_the_leader_listens_and_says_goodbye_before_another_leads(service: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with streaming(service) as url:
        async with opened(service, home, url) as first:
            inbox = (await first.room.create_inbox(name="ann"))[0].address
            await service.until(1)
            async with opened(service, home, url) as second:
                await second.until(lambda: _told(second), "tells of news by itself")
                (line,) = service.lines
                assert service.tried == 1
                await first.room.aclose()
                await service.until(1, 2)
                assert line not in service.lines
                await service.tell(inbox, service.deliver(inbox, letter(inbox, subject="news")))
                await second.until(lambda: second.subjects(inbox), ["news"])
        await service.until(0)
        assert service.tried == 2
    codes = {one.ended for one in service.past}
    assert codes == ({1006} if isinstance(service, MailKiteStreams) else {1000})


@pytest.mark.slow
async def test_another_inbox_is_listened_for_too(service: Any, tmp_path: Path) -> None:
    async with streaming(service) as url, opened(service, tmp_path / "home", url) as room:
        inboxes = [(await room.room.create_inbox(name=name))[0].address for name in ("ann", "bert")]
        async with asyncio.timeout(LIMIT):
            while not all(_is_told(service, one) for one in inboxes):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for one in inboxes:
            await service.tell(one, service.deliver(one, letter(one, subject=f"to {one}")))
            await room.until(lambda one=one: room.subjects(one), [f"to {one}"])


def _is_told(service: Streams, address: str) -> bool:
    return any(one.topics is None or address in one.topics for one in service.lines)


# --- agentmail -------------------------------------------------------------------------------------------------------


async def test_agentmail_says_that_it_has_no_such_inbox_and_is_looked_at_all_the_same(tmp_path: Path) -> None:
    service = AgentmailStreams()
    async with streaming(service) as url:
        backend = backend_of(service, tmp_path, url)
        with pytest.raises(BackendError, match="No inbox") as told:
            await anext(backend.watch([ANN]))
        assert not isinstance(told.value, TryLater | StreamOver)
        await backend.aclose()


async def test_agentmail_that_does_not_say_that_it_will_tell_is_not_believed_to(tmp_path: Path) -> None:
    class Silent(AgentmailStreams):
        async def serve(self, line: Line) -> None:
            await line.accept()
            while await line.heard() is not None:
                pass

    service = Silent()
    async with streaming(service) as url:
        given = service.settings(tmp_path, url)
        backend = class_of(next(row for row in BACKENDS if row.name == "agentmail"))(
            given, KeepingReception(), pace=replace(CALLS, seconds=0.2)
        )
        with pytest.raises(TryLater, match="says nothing"):
            await anext(backend.watch([ANN]))
        await backend.aclose()


@pytest.mark.parametrize(
    ("api", "sockets"),
    [
        ("https://api.agentmail.to", "https://ws.agentmail.to"),
        ("https://api.agentmail.eu", "https://ws.agentmail.eu"),
        ("https://x402.api.agentmail.to", "https://x402.ws.agentmail.to"),
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.agentmail.to.example.com", "https://api.agentmail.to.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_key_goes_to_hosts_of_the_service_alone(api: str, sockets: str) -> None:
    from mailmcp.backends.agentmail_wire import sockets_of

    assert sockets_of(api) == sockets


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what their client uses of the library is old
async def test_agentmails_own_client_is_content_with_the_stand_in_and_asks_as_we_do(tmp_path: Path) -> None:
    from agentmail import AgentMail, Subscribe
    from agentmail.environment import AgentMailEnvironment
    from agentmail.websockets.types.subscribed import Subscribed

    service = AgentmailStreams()
    async with streaming(service) as url:
        backend = backend_of(service, tmp_path, url)
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
        event = service.deliver(inbox.address, letter(inbox.address, subject="news"))

        def theirs() -> list[Any]:
            hosts = AgentMailEnvironment(http=url, websockets=url.replace("http", "ws"))
            client = AgentMail(api_key=service.key, environment=hosts)
            with client.websockets.connect() as line:
                line.send_subscribe(Subscribe(inbox_ids=[inbox.id]))
                return [line.recv(), line.recv()]

        their = asyncio.create_task(asyncio.to_thread(theirs))
        async with asyncio.timeout(LIMIT):
            while not their.done() and not any(one.topics for one in service.lines):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        (line,) = service.lines or (await their)
        await service.tell(inbox.address, event)
        subscribed, told = await asyncio.wait_for(their, LIMIT)
        assert isinstance(subscribed, Subscribed)
        assert told.message.inbox_id == inbox.id
        asked = (line.asked.target, line.asked.headers["authorization"], line.topics)
        await service.until(0)
        watching = backend.watch([inbox])
        await anext(watching)
        ours = service.lines[0]
        assert (ours.asked.target, ours.asked.headers["authorization"], ours.topics) == asked
        await watching.aclose()
        await backend.aclose()


# --- e2a -------------------------------------------------------------------------------------------------------------


async def _e2a_listener(url: str, key: str, agent: str, heard: list[Any]) -> None:
    """A program of the user's own, by e2a's client."""
    from e2a.v1.client import AsyncE2AClient

    async with AsyncE2AClient(api_key=key, base_url=url) as client:
        async for event in client.listen(agent):
            heard.append(event)  # noqa: PERF401 - whoever reads the list does so before it is whole


async def test_at_e2a_no_listener_of_the_users_own_is_ended_unless_they_ask_for_it(tmp_path: Path) -> None:
    service = E2aStreams()
    async with (
        streaming(service) as url,
        opened(service, tmp_path / "home", url, PACE, MAILMCP_E2A__STREAM="false") as room,
    ):
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        heard: list[Any] = []
        theirs = asyncio.create_task(_e2a_listener(url, service.key, inbox, heard))
        await service.until(1)
        event = service.deliver(inbox, letter(inbox, subject="news"))
        await service.tell(inbox, event)
        await room.until(lambda: room.subjects(inbox), ["news"])
        await room.rested()
        assert (service.tried, len(service.lines), await _told(room)) == (1, 1, "")
        async with asyncio.timeout(LIMIT):
            while not heard:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert heard[0].data["message_id"] == event["data"]["message_id"]
        theirs.cancel()
        await asyncio.wait([theirs])


async def test_at_e2a_whoever_listens_later_is_left_alone_and_mail_is_looked_for_as_ever(tmp_path: Path) -> None:
    service = E2aStreams()
    async with streaming(service) as url, opened(service, tmp_path / "home", url, PACE) as room:
        inbox = (await room.room.create_inbox(name="ann"))[0].address
        await service.until(1)
        theirs = asyncio.create_task(_e2a_listener(url, service.key, inbox, []))
        await service.until(1, 2)

        async def told() -> bool:
            return "Another program listens" in await _told(room)

        await room.until(told, True)
        service.deliver(inbox, letter(inbox, subject="news"))
        await room.until(lambda: room.subjects(inbox), ["news"])
        await room.rested()
        assert (service.tried, len(service.lines)) == (2, 1)
        theirs.cancel()
        await asyncio.wait([theirs])


@pytest.mark.parametrize("code", [1008, 4001, 4999])
async def test_what_e2a_calls_final_is_final(code: int, tmp_path: Path) -> None:
    service = E2aStreams()
    async with streaming(service) as url:
        backend = backend_of(service, tmp_path, url)
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
        watching = backend.watch([inbox])
        await anext(watching)
        await service.lines[0].end(code)
        with pytest.raises(StreamOver, match=str(code)):
            await anext(watching)
        await backend.aclose()


@pytest.mark.slow
@pytest.mark.parametrize("code", [1001, 1011, 3000])
async def test_what_e2a_calls_passing_is_tried_again(code: int, tmp_path: Path) -> None:
    service = E2aStreams()
    async with streaming(service) as url, opened(service, tmp_path / "home", url) as room:
        await room.room.create_inbox(name="ann")
        await service.until(1)
        await service.lines[0].end(code)
        await service.until(1, 2)


# --- all -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SOCKETS)
def test_no_socket_is_opened_beside_a_transport_that_is_the_only_way_out(kind: Any, tmp_path: Path) -> None:
    service = kind()
    given = service.settings(tmp_path, "https://api.example.com")
    make = class_of(next(row for row in BACKENDS if row.name == given.backend))
    assert list(make(given, KeepingReception()).streams_for([ANN])) == [(ANN,)]
    assert list(make(given, KeepingReception(), transport=transport(service.handler)).streams_for([ANN])) == []


@pytest.mark.parametrize("kind", [AgentmailStreams, E2aStreams, MailKiteStreams])
def test_settings_that_want_no_stream_get_none(kind: Any, tmp_path: Path) -> None:
    service = kind()
    name = service.settings(tmp_path, "https://api.example.com").backend
    backend = backend_of(service, tmp_path, "https://api.example.com", **{f"MAILMCP_{name.upper()}__STREAM": "false"})
    assert list(backend.streams_for([ANN])) == []


def test_many_inboxes_of_agentmail_are_watched_by_as_few_sockets_as_it_allows(tmp_path: Path) -> None:
    backend = backend_of(AgentmailStreams(), tmp_path, "https://api.example.com")
    inboxes = [RemoteInbox(address=f"{one}@x.test", id=f"{one}@x.test") for one in range(201)]
    groups = list(backend.streams_for(inboxes))
    assert [len(one) for one in groups] == [100, 100, 1]
    assert [one for group in groups for one in group] == inboxes


def test_the_library_of_sockets_is_not_loaded_before_a_socket_is_opened() -> None:
    script = (
        "import sys; from mailmcp.backends import agentmail, e2a, mailkite; print(json.dumps([n for n in sys.modules"
    )
    script = f"import json; {script} if n.split('.')[0] in ('websockets', 'httpx2')]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == []
