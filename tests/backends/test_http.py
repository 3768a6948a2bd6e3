"""One call to a service: what may be repeated, what is believed of an answer, and what never leaves or comes in."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from reception import FreeBudget

from mailmcp.backends.calls import Busy, Declined, Pace, Repeat, TooLong, Trouble, encoded, explained, seconds_of
from mailmcp.backends.http import Service
from mailmcp.errors import BackendError, ConfigError, NoAnswer, TryLater

KEY = "am_us_0123456789abcdef0123456789abcdef"
QUICK = Pace(back_off=0.001, longest=0.05, seconds=2)
Handler = Callable[[httpx2.Request], Any]


@dataclass
class Told:
    """A service that does what a test says, and keeps what it was asked."""

    says: list[Any]
    """An answer, or an error that the connection ends with, for each request; the last one goes on."""
    asked: list[httpx2.Request] = field(default_factory=list)
    budget: FreeBudget = field(default_factory=FreeBudget)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        said = self.says[min(len(self.asked), len(self.says)) - 1]
        if isinstance(said, Exception):
            raise said
        return said(request) if callable(said) else said

    def service(self, **how: Any) -> Service:
        given: dict[str, Any] = {"headers": {"Authorization": f"Bearer {KEY}"}, "secrets": (KEY,), "pace": QUICK, **how}
        base = given.pop("base", "https://api.toy.test")
        return Service("toy", base, budget=self.budget, transport=httpx2.MockTransport(self), **given)

    @property
    def paths(self) -> list[bytes]:
        return [one.url.raw_path for one in self.asked]


def said(status: int = 200, record: Any = None, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json={} if record is None else record, headers=headers)


async def called(told: Told, *, repeat: Repeat = Repeat.FREELY, path: Any = ("v0", "x"), **how: Any) -> Any:
    service = told.service(**{key: how.pop(key) for key in ("explain", "pace", "base") if key in how})
    try:
        return (await service.call("POST", path, repeat=repeat, **how)).json
    finally:
        await service.aclose()


# --- paths -----------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("id_", "path"),
    [
        ("<a/b?c#d@y>", b"/v0/messages/%3Ca%2Fb%3Fc%23d%40y%3E/reply"),
        ("<x/../../../drafts@y>", b"/v0/messages/%3Cx%2F..%2F..%2F..%2Fdrafts%40y%3E/reply"),
        ("100%41 \r\n€", b"/v0/messages/100%2541%20%0D%0A%E2%82%AC/reply"),
    ],
)
async def test_an_id_that_a_stranger_chose_stays_one_segment_of_the_path(id_: str, path: bytes) -> None:
    told = Told([said()])
    await called(told, path=("v0", "messages", id_, "reply"), query={"labels": '["a&b"]'})
    assert told.paths == [path + b"?labels=%5B%22a%26b%22%5D"]


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_an_id_that_would_be_no_segment_is_refused(id_: str) -> None:
    with pytest.raises(BackendError):
        encoded(("v0", id_))


@pytest.mark.anyio
async def test_the_path_of_the_services_address_stays_in_front() -> None:
    told = Told([said()])
    await called(told, base="https://toy.test/api/")
    assert told.paths == [b"/api/v0/x"]


@pytest.mark.parametrize("base", ["http://api.toy.test", "ftp://api.toy.test", "https://", "https://me:it@toy.test"])
def test_an_address_that_would_show_the_key_on_the_way_is_refused(base: str) -> None:
    with pytest.raises(ConfigError):
        Told([]).service(base=base)


# --- what may be repeated ------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("repeat", Repeat)
async def test_what_was_never_sent_is_tried_again_and_may_be_tried_later(repeat: Repeat) -> None:
    told = Told([httpx2.ConnectError("no")])
    with pytest.raises(TryLater):
        await called(told, repeat=repeat)
    assert len(told.asked) == QUICK.tries
    told = Told([httpx2.ConnectError("no"), said(200, {"done": 1})])
    assert await called(told, repeat=repeat) == {"done": 1}


LOST = [
    httpx2.ReadTimeout("late"),
    httpx2.RemoteProtocolError("cut"),
    httpx2.WriteError("reset"),
    said(500, {"message": "oops"}),
    said(503, {"message": "oops"}),
    httpx2.Response(200, content=b'{"message_id": "<a', headers={"Content-Type": "application/json"}),
]


@pytest.mark.anyio
@pytest.mark.parametrize("lost", LOST, ids=lambda one: type(one).__name__)
async def test_without_an_answer_a_deed_is_not_repeated_and_nobody_knows(lost: Any) -> None:
    told = Told([lost, said()])
    with pytest.raises(NoAnswer):
        await called(told, repeat=Repeat.NEVER)
    assert len(told.asked) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("lost", LOST, ids=lambda one: type(one).__name__)
async def test_without_an_answer_a_keyed_deed_is_repeated_to_the_byte(lost: Any) -> None:
    told = Told([lost, lost, said(200, {"id": 7})])
    body = {"to": ["a@x.test"], "text": "é"}
    assert await called(told, repeat=Repeat.BY_KEY, body=body, headers={"Idempotency-Key": "k"}) == {"id": 7}
    assert len({one.content for one in told.asked}) == 1
    assert json.loads(told.asked[0].content) == body
    assert {one.headers["idempotency-key"] for one in told.asked} == {"k"}
    with pytest.raises(NoAnswer):
        await called(Told([lost]), repeat=Repeat.BY_KEY)


@pytest.mark.anyio
@pytest.mark.parametrize("lost", LOST, ids=lambda one: type(one).__name__)
async def test_without_an_answer_a_look_may_be_had_later(lost: Any) -> None:
    with pytest.raises(TryLater):
        await called(Told([lost]), repeat=Repeat.FREELY)


@pytest.mark.anyio
async def test_a_doubt_is_not_forgotten_because_a_later_try_could_not_be_made() -> None:
    for second in (httpx2.ConnectError("no"), said(429, **{"Retry-After": "0"}), said(403, {"message": "edge"})):
        with pytest.raises(NoAnswer):
            await called(Told([httpx2.ReadTimeout("late"), second]), repeat=Repeat.BY_KEY)


@pytest.mark.anyio
async def test_a_refusal_by_a_service_that_knows_the_key_settles_a_doubt() -> None:
    told = Told([httpx2.ReadTimeout("late"), said(403, {"code": "message_rejected", "message": "suppressed"})])
    with pytest.raises(Declined) as declined:
        await called(told, repeat=Repeat.BY_KEY)
    assert declined.value.code == "message_rejected"


@pytest.mark.anyio
async def test_a_service_that_says_so_is_asked_again_though_its_status_is_a_refusals() -> None:
    told = Told([said(409, {"code": "race"}), said(200, {"id": 1})])

    def explain(record: Any) -> Trouble:
        return Trouble(code=record["code"], again=True)

    assert await called(told, explain=explain, repeat=Repeat.BY_KEY) == {"id": 1}


# --- too many calls ------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("repeat", Repeat)
async def test_too_many_calls_means_that_nothing_was_done(repeat: Repeat) -> None:
    told = Told([said(429, {"message": "slow down"}, **{"Retry-After": "0.01"}), said(200, {"id": 1})])
    assert await called(told, repeat=repeat) == {"id": 1}
    assert told.budget.rests == [0.01]


@pytest.mark.anyio
async def test_a_wish_for_a_long_rest_is_told_to_all_and_not_waited_for() -> None:
    told = Told([said(429, **{"Retry-After": "300"})])
    with pytest.raises(Busy) as busy:
        await called(told, repeat=Repeat.NEVER)
    assert (busy.value.after, told.budget.rests, len(told.asked)) == (300.0, [300.0], 1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("1e9", None), ("99999999", 3600.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_an_hour(header: str, seconds: float | None) -> None:
    assert seconds_of({"retry-after": header}) == seconds


@pytest.mark.anyio
async def test_each_try_takes_from_the_budget_and_an_empty_one_ends_the_call() -> None:
    told = Told([httpx2.ConnectError("no")])
    with pytest.raises(TryLater):
        await called(told)
    assert told.budget.taken == QUICK.tries

    class Empty(FreeBudget):
        async def take(self) -> None:
            raise TryLater("No more calls.")

    told = Told([said()], budget=Empty())
    with pytest.raises(TryLater):
        await called(told)
    assert told.asked == []


# --- what comes back -----------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_refusal_has_the_services_word_its_advice_and_nothing_that_could_be_followed() -> None:
    record = {
        "code": "limit_exceeded",
        "message": f'Bad\r\nkey {KEY}\u200b \x1b[31msee https://evil.test/x?y "now" Bearer abcdefg'
        " sk_live0123456789abc",
        "fix": "Ask for " + "more " * 500,
    }
    with pytest.raises(Declined) as declined:
        await called(Told([said(403, record)]))
    public = declined.value.public
    assert declined.value.code == "limit_exceeded"
    assert KEY not in public
    assert "evil.test" not in public
    assert "abcdefg" not in public
    assert "sk_live" not in public
    assert public.isprintable()
    assert 'Its advice: "Ask for more' in public
    assert len(public) < 700


@pytest.mark.parametrize(
    ("record", "trouble"),
    [
        ({"error": "no"}, Trouble(message="no")),
        ({"error": {"code": "x", "message": "m"}}, Trouble(code="x", message="m")),
        ({"name": "N", "message": 5, "fix": "f"}, Trouble(code="N", advice="f")),
        (["?"], Trouble()),
        (None, Trouble()),
    ],
)
def test_an_error_is_read_in_the_forms_that_services_write(record: Any, trouble: Trouble) -> None:
    assert explained(record) == trouble


@pytest.mark.anyio
async def test_a_page_instead_of_an_answer_is_no_crash() -> None:
    with pytest.raises(Declined, match="said 404"):
        await called(Told([httpx2.Response(404, content=b"<html>gone")]))


@pytest.mark.anyio
async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    read: list[int] = []

    async def endless() -> Any:
        while True:
            read.append(1)
            yield b"x" * 1000

    with pytest.raises(TooLong):
        await called(Told([lambda _: httpx2.Response(200, content=endless())]), largest=10_000)
    assert len(read) < 20
    with pytest.raises(NoAnswer):  # whatever was asked was done
        await called(Told([lambda _: httpx2.Response(200, content=endless())]), largest=10_000, repeat=Repeat.NEVER)


@pytest.mark.anyio
async def test_a_service_that_never_ends_its_answer_is_given_up_in_time() -> None:
    async def slow(_: Any) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    service = Service(
        "toy",
        "https://toy.test",
        budget=FreeBudget(),
        transport=httpx2.MockTransport(slow),
        pace=Pace(seconds=0.05, back_off=0.001),
    )
    with pytest.raises(NoAnswer):
        await service.call("POST", ("x",), repeat=Repeat.NEVER)
    await service.aclose()


# --- other hosts and signed links ----------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_the_key_goes_to_no_other_host() -> None:
    for there in ("https://evil.test/v0/x", "//evil.test/x", "http://api.toy.test/v0/x"):
        told = Told([said(302, Location=there)])
        service = told.service()
        with pytest.raises(BackendError, match="not followed"):
            await service.call("GET", ("v0", "x"), repeat=Repeat.FREELY)
        assert [one.url.host for one in told.asked] == ["api.toy.test"]
        await service.aclose()


@pytest.mark.anyio
async def test_a_redirect_within_the_host_is_followed_for_a_look_and_never_for_a_deed() -> None:
    told = Told([said(302, Location="/v0/there"), said(200, {"id": 1})])
    service = told.service()
    assert (await service.call("GET", ("v0", "x"), repeat=Repeat.FREELY)).json == {"id": 1}
    assert told.paths == [b"/v0/x", b"/v0/there"]
    with pytest.raises(BackendError):
        await called(Told([said(307, Location="/v0/there")]), repeat=Repeat.NEVER)
    told = Told([said(302, Location="/v0/x")])
    with pytest.raises(BackendError, match="without end"):
        await told.service().call("GET", ("v0", "x"), repeat=Repeat.FREELY)
    await service.aclose()


@pytest.mark.anyio
async def test_a_download_is_made_without_the_key_from_the_services_hosts_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    told = Told([httpx2.ReadTimeout("late"), httpx2.Response(200, content=b"raw\r\n\xff")])
    service = told.service()
    url = "https://bucket.cdn.toy.test/a%2Fb?Signature=s3cr3t"
    assert await service.download(url, hosts=("cdn.toy.test",), largest=100) == b"raw\r\n\xff"
    assert told.paths[-1] == b"/a%2Fb?Signature=s3cr3t"
    assert all("authorization" not in one.headers for one in told.asked)
    assert "s3cr3t" not in caplog.text
    for other in (
        "https://evilcdn.toy.test/a",
        "http://bucket.cdn.toy.test/a",
        "https://bucket.cdn.toy.test:8443/a",
        "https://bucket.cdn.toy.test@evil.test/a",
        "file:///etc/passwd",
        "https://169.254.169.254/latest",
    ):
        with pytest.raises(BackendError, match="somewhere else"):
            await service.download(other, hosts=("cdn.toy.test",), largest=100)
    assert len(told.asked) == 2
    await service.aclose()


@pytest.mark.anyio
async def test_a_download_is_bounded_and_says_what_became_of_it() -> None:
    url = "https://cdn.toy.test/a"
    for says, kind in (
        (httpx2.Response(200, content=b"x" * 101), TooLong),
        (httpx2.Response(403), Declined),
        (httpx2.Response(503), TryLater),
        (httpx2.ConnectError("no"), TryLater),
    ):
        service = Told([says]).service()
        with pytest.raises(kind) as raised:
            await service.download(url, hosts=("cdn.toy.test",), largest=100)
        assert "cdn.toy.test" not in str(raised.value)
        await service.aclose()


@pytest.mark.anyio
async def test_errors_and_their_causes_hold_neither_key_nor_link() -> None:
    service = Told([httpx2.ReadTimeout(f"asking https://api.toy.test/?key={KEY}")]).service()
    with pytest.raises(TryLater) as raised:
        await service.call("GET", ("x",), repeat=Repeat.FREELY)
    error: BaseException | None = raised.value
    while error is not None:
        assert KEY not in str(error)
        error = error.__cause__
    await service.aclose()
