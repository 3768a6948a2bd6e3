"""What goes wrong between us and a service, or is made to: nothing is lost, taken twice, sent twice, or taken over."""

from __future__ import annotations

import asyncio
import gzip
import json
import socketserver
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fake_agentsend import AgentSend
from fake_e2a import E2A
from fake_pigeon import Pigeon
from http_service import Asked, Said, Silence, serving, transport
from letters import letter
from reception import FreeBudget, KeepingReception
from service_contract import opened
from tampering import Tampered
from test_pigeon import PigeonStand
from test_services_keep_the_contract import AgentSendStand, E2aStand
from test_services_tampered import MAKE

from mailmcp.backends.calls import Answer, Pace, Repeat, legible
from mailmcp.backends.http import Service
from mailmcp.config import load_settings
from mailmcp.errors import AddressTaken, BackendError, ConfigError, NoAnswer, TryLater

pytestmark = pytest.mark.anyio
QUICK = Pace(tries=2, back_off=0.001, longest=0.01, seconds=5)
KEY = "toy_0123456789abcdef"


@pytest.fixture(params=MAKE)
def stand(request: pytest.FixtureRequest) -> Tampered:
    return Tampered(MAKE[request.param]())


def service(url: str = "https://toy.example", through: Any = None, pace: Pace = QUICK) -> Service:
    return Service(
        "toy",
        url,
        budget=FreeBudget(),
        headers={"Authorization": f"Bearer {KEY}"},
        secrets=[KEY],
        transport=through,
        pace=pace,
    )


# --- times and lists -------------------------------------------------------------------------------------------------


async def test_one_mail_with_a_time_of_the_future_hides_none_that_comes_after_it(stand: Any, tmp_path: Path) -> None:
    async with opened(stand, tmp_path / "home") as room:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        ahead = datetime.now(UTC) + timedelta(days=300)
        stand.receive(inbox.address, letter(inbox.address, subject="future"), ahead)
        await room.until(lambda: room.subjects(inbox.address), ["future"])
        await room.rested()
        stand.receive(inbox.address, letter(inbox.address, subject="now"))
        await room.until(lambda: room.subjects(inbox.address), ["future", "now"])


async def test_a_row_that_says_nothing_keeps_no_other_mail_from_being_had(stand: Any, tmp_path: Path) -> None:
    odd: tuple[Any, ...] = ({}, None, 5, {"id": None, "message_id": [], "created_at": "never"})

    def tamper(asked: Asked, said: Said) -> Said:
        if asked.method != "GET" or "essages" not in asked.target or not said.octets.startswith((b"{", b"[")):
            return said
        record = json.loads(said.octets)
        name = next((one for one in ("messages", "items", "data") if one in record), None)
        rows = record if isinstance(record, list) else record.get(name)
        if not isinstance(rows, list) or not rows:
            return said
        rows[:0] = odd
        return Said(said.status, record, headers=said.headers)

    stand.tamper = tamper
    async with opened(stand, tmp_path / "home") as room:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        for subject in ("one", "two"):
            stand.receive(inbox.address, letter(inbox.address, subject=subject))
        await room.until(lambda: room.subjects(inbox.address), ["one", "two"])


def test_a_list_of_which_nothing_can_be_read_is_trouble_and_no_empty_list() -> None:
    for said in ([{}], [None, 5], {}, 5, "x"):
        with pytest.raises(TryLater, match="cannot be read"):
            legible("toy", said, lambda row: row["id"])
    assert legible("toy", [{}, {"id": 1}], lambda row: row["id"]) == [1]
    assert legible("toy", None, lambda row: row["id"]) == []


class Circling(Pigeon):
    """Its cursors lead round: whatever is asked, there is more."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def _list(self, mails: list[dict[str, Any]], query: dict[str, str]) -> httpx2.Response:
        self.looks += 1
        shown = [{"id": one["id"], "received_at": one["at"].isoformat()} for one in mails]
        return httpx2.Response(200, json={"mails": shown, "cursor": f"0.{self.looks % 3}", "more": True})


async def test_a_cursor_that_leads_round_is_told_and_costs_no_mail(tmp_path: Path) -> None:
    stand = PigeonStand(Circling())
    async with opened(stand, tmp_path / "home") as room:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        stand.receive(inbox.address, letter(inbox.address, subject="one"))

        async def told() -> bool:
            return "circle" in (await room.room.status()).services[0].trouble

        await room.until(told, True)
        stand.receive(inbox.address, letter(inbox.address, subject="two"))
        await room.until(lambda: room.subjects(inbox.address), ["one", "two"])


async def test_a_mail_that_its_backend_stumbles_over_stands_in_no_others_way(tmp_path: Path) -> None:
    stand = PigeonStand(Pigeon())

    class Stumbling:
        def __init__(self, backend: Any) -> None:
            self._backend = backend
            self.tried: list[str] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(self._backend, name)

        async def fetch(self, inbox: Any, found: Any) -> Any:
            self.tried.append(found.id)
            if found.id == self.tried[0] and self.tried.count(found.id) < 3:
                raise AttributeError("'NoneType' object has no attribute 'get'")
            return await self._backend.fetch(inbox, found)

    made = stand.backend
    stand.backend = lambda *how: Stumbling(made(*how))  # type: ignore[method-assign]
    async with opened(stand, tmp_path / "home") as room:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        for subject in ("one", "two", "three"):
            stand.receive(inbox.address, letter(inbox.address, subject=subject))
        await room.until(lambda: room.subjects(inbox.address), ["one", "three", "two"])


# --- inboxes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["e2a", "agentsend"])
async def test_an_inbox_that_was_there_is_not_taken_for_one_that_a_lost_call_made(name: str, tmp_path: Path) -> None:
    stand = Tampered(E2aStand(E2A()) if name == "e2a" else AgentSendStand(AgentSend()))
    settings = load_settings(tmp_path / "home", stand.environment)
    backend = stand.backend(settings, KeepingReception(), transport(stand.handler), QUICK)
    await backend.create_inbox(name="boss", display_name="", key="k1")

    def lost(asked: Asked, said: Said) -> Said:
        if asked.method == "POST":
            raise Silence("no answer")
        return said

    stand.tamper = lost
    with pytest.raises(AddressTaken):
        await backend.create_inbox(name="boss", display_name="", key="k2")
    made = await backend.create_inbox(name="new", display_name="", key="k3")  # it was made, though nobody said so
    assert made.address.startswith("new@")
    await backend.aclose()


# --- calls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 402, 404])
async def test_a_key_that_is_revoked_between_two_tries_settles_no_doubt(status: int) -> None:
    answers = iter((Silence("late"), Said(status, {"code": "unauthorized", "message": f"{KEY} is revoked"})))

    def handler(_: Asked) -> Said:
        if isinstance(one := next(answers), Silence):
            raise one
        return one

    with pytest.raises(NoAnswer) as told:
        await service(through=transport(handler)).call("POST", ("send",), repeat=Repeat.BY_KEY, body={})
    assert KEY not in told.value.public


async def test_json_that_is_nested_beyond_reason_is_no_answer_and_no_crash() -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(ValueError, match=r"nested|recursion|JSON"):
        _ = Answer(status=200, body=deep).json
    for repeat, error in ((Repeat.FREELY, TryLater), (Repeat.NEVER, NoAnswer)):
        with pytest.raises(error, match="toy gave an answer that cannot be read"):
            await service(through=transport(lambda _: Said(200, body=deep))).call("POST", ("x",), repeat=repeat)
    with pytest.raises(BackendError, match="toy said 400"):
        await service(through=transport(lambda _: Said(400, body=deep))).ask(("x",))


async def test_half_a_character_in_an_id_is_an_error_of_ours() -> None:
    for how in ({"path": ("a", "\ud800")}, {"path": ("a",), "query": {"cursor": "\ud800"}}):
        with pytest.raises(BackendError, match="cannot be asked"):
            await service(through=transport(lambda _: Said(200, {}))).ask(**how)


@pytest.mark.parametrize("link", [None, 5, [], {}, "", "https://[", "https://toy.example:99999/x", "https://a@b:c@d/"])
async def test_what_is_no_link_is_not_followed(link: Any) -> None:
    asked: list[Asked] = []

    def handler(one: Asked) -> Said:
        asked.append(one)
        return Said(200, body=b"x")

    with pytest.raises(BackendError, match="link"):
        await service(through=transport(handler)).download(link, hosts=("toy.example",), largest=9)
    assert asked == []


@pytest.mark.parametrize("there", ["http://[", "https://[::1", "//evil.example/", "https://toy.example@evil.example/"])
async def test_a_redirect_that_leads_nowhere_or_elsewhere_is_an_error_of_ours(there: str) -> None:
    with pytest.raises(BackendError, match="toy sends to") as told:
        await service(through=transport(lambda _: Said(302, headers={"Location": there}))).ask(("x",))
    assert "evil" not in told.value.public


@pytest.mark.parametrize("key", ["good\n", "bad\0", "k\u00e9y", "x\r\nEvil: 1"])
def test_a_key_that_no_header_can_hold_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(ConfigError, match="copy it again") as told:
        Service("toy", "https://toy.example", budget=FreeBudget(), headers={"Authorization": f"Bearer {key}"})
    assert key.strip() not in told.value.public


async def test_a_header_that_cannot_be_written_says_that_nothing_was_asked() -> None:
    with serving(lambda _: Said(200, {})) as url:
        async with aclosing(service(url)) as asked:
            with pytest.raises(BackendError) as told:
                await asked.call("POST", ("x",), repeat=Repeat.NEVER, body={}, headers={"X": "a\nb"})
    assert not isinstance(told.value, NoAnswer)


# --- packed bodies, on a real port -----------------------------------------------------------------------------------


@contextmanager
def saying(body: bytes, coding: str) -> Iterator[str]:
    with serving(lambda _: Said(200, body=body, headers={"Content-Encoding": coding})) as url:
        yield url


async def test_a_packed_answer_is_unpacked_and_one_that_is_cut_is_none() -> None:
    packed = gzip.compress(b'{"id": 7}')
    with saying(packed, "gzip") as url:
        async with aclosing(service(url)) as asked:
            assert (await asked.ask(("x",))).record == {"id": 7}
    for body, coding in ((packed[:-6], "gzip"), (b"no gzip", "gzip"), (packed + packed, "gzip"), (packed, "br")):
        with saying(body, coding) as url:
            async with aclosing(service(url)) as asked:
                with pytest.raises(TryLater):
                    await asked.ask(("x",))


async def test_a_bomb_is_unpacked_no_further_than_an_answer_may_be() -> None:
    one = gzip.compress(bytes(64_000_000), 1)
    for body, coding in ((one, "gzip"), (gzip.compress(one), "gzip, gzip")):
        with saying(body, coding) as url:
            async with aclosing(service(url, pace=Pace(tries=1, seconds=20))) as asked:
                tracemalloc.start()
                with pytest.raises(BackendError):
                    await asked.call("GET", ("x",), repeat=Repeat.FREELY, largest=100_000)
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
            assert peak < 20_000_000, coding


async def test_a_body_that_drips_is_given_up_in_time() -> None:
    class Dripping(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not over.wait(0.02):
                self.wfile.write(b" ")
                self.wfile.flush()

    over = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            async with asyncio.timeout(10), aclosing(service(url, pace=Pace(tries=1, seconds=0.2))) as asked:
                with pytest.raises(TryLater):
                    await asked.ask(("x",))
        finally:
            over.set()
            server.shutdown()
            thread.join(5)
